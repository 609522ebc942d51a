//! Dice for cases made at random, and which cases are run. Knows nothing of what is thrown for.

/// Numbers that look random and are the same every time.
#[derive(Clone, Debug)]
pub struct Dice(u64);

impl Dice {
    /// The dice of a case: neighbouring numbers give throws that have nothing in common.
    pub fn of(case: u64) -> Dice {
        Dice(case.wrapping_mul(0x0123_4567_89ab_cdef) + 1)
    }

    /// A number below `sides`.
    pub fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % sides.max(1) as u64) as usize
    }

    /// One of a list that is not empty.
    pub fn pick<'a, T>(&mut self, list: &'a [T]) -> &'a T {
        &list[self.roll(list.len())]
    }
}

/// The numbers of the cases to run: the first `usual` of them, unless the environment says otherwise.
pub fn cases(usual: u64) -> Vec<u64> {
    let number = |name: &str| std::env::var(name).ok().and_then(|value| value.parse::<u64>().ok());
    let first = number("PODLAB_FUZZ_FIRST").unwrap_or(0);
    (first..first + number("PODLAB_FUZZ_CASES").unwrap_or(usual)).collect()
}
