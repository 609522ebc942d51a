//! Check sums: MD5 (RFC 1321), SHA-1, SHA-256 and SHA-512 (FIPS 180-4).

/// Which sum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::os) enum Sum {
    Md5,
    Sha1,
    Sha256,
    Sha512,
}

impl Sum {
    /// The sum a program of this name computes.
    pub fn of_program(name: &str) -> Option<Sum> {
        Some(match name {
            "md5sum" => Sum::Md5,
            "sha1sum" => Sum::Sha1,
            "sha256sum" => Sum::Sha256,
            "sha512sum" => Sum::Sha512,
            _ => return None,
        })
    }

    /// The sum of these bytes in hexadecimal.
    pub fn hex(self, data: &[u8]) -> String {
        let bytes = match self {
            Sum::Md5 => md5(data),
            Sum::Sha1 => sha1(data),
            Sum::Sha256 => sha256(data),
            Sum::Sha512 => sha512(data),
        };
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

/// The data with a bit, zeros and its length in bits behind it, in whole blocks.
fn padded(data: &[u8], block: usize, little: bool) -> Vec<u8> {
    let mut all = data.to_vec();
    all.push(0x80);
    let length = if block == 128 { 16 } else { 8 };
    while all.len() % block != block - length {
        all.push(0);
    }
    let bits = data.len() as u128 * 8;
    let tail = bits.to_be_bytes();
    if little {
        all.extend(tail.iter().rev().take(length));
    } else {
        all.extend(&tail[16 - length..]);
    }
    all
}

/// The first primes, whose roots SHA-2 takes its constants from.
fn primes() -> impl Iterator<Item = u64> {
    (2..).filter(|number| (2..*number).take_while(|by| by * by <= *number).all(|by| number % by != 0))
}

/// The first 64 bits of the fraction of a square or cube root, by whole numbers: the root of `prime * 2^(64*power)`.
fn root_fraction(prime: u64, power: u32) -> u64 {
    let (mut low, mut high) = (0_u128, 1_u128 << 68);
    while high - low > 1 {
        let middle = u128::midpoint(low, high);
        if at_most(middle, power, prime) { low = middle } else { high = middle }
    }
    low as u64
}

/// Whether `root^power <= prime * 2^(64*power)`.
fn at_most(root: u128, power: u32, prime: u64) -> bool {
    let square = multiply(&limbs(root), &limbs(root));
    let product = if power == 3 { multiply(&square, &limbs(root)) } else { square };
    let mut bound = vec![0_u64; (2 * power) as usize];
    bound.extend(limbs(u128::from(prime)));
    let width = product.len().max(bound.len());
    let wide =
        |number: &[u64]| (0..width).rev().map(|at| number.get(at).copied().unwrap_or(0)).collect::<Vec<_>>();
    wide(&product) <= wide(&bound)
}

/// 32-bit limbs, lowest first.
fn limbs(number: u128) -> Vec<u64> {
    (0..4).map(|at| (number >> (32 * at)) as u64 & 0xffff_ffff).collect()
}

fn multiply(left: &[u64], right: &[u64]) -> Vec<u64> {
    let mut product = vec![0_u64; left.len() + right.len()];
    for (i, one) in left.iter().enumerate() {
        let mut carry = 0;
        for (j, two) in right.iter().enumerate() {
            let value = product[i + j] + one * two + carry;
            product[i + j] = value & 0xffff_ffff;
            carry = value >> 32;
        }
        product[i + right.len()] += carry;
    }
    product
}

fn words32(chunk: &[u8]) -> Vec<u32> {
    chunk.chunks_exact(4).map(|four| u32::from_be_bytes([four[0], four[1], four[2], four[3]])).collect()
}

fn md5(data: &[u8]) -> Vec<u8> {
    const SHIFTS: [[u32; 4]; 4] = [[7, 12, 17, 22], [5, 9, 14, 20], [4, 11, 16, 23], [6, 10, 15, 21]];
    let mut state: [u32; 4] = [0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476];
    for chunk in padded(data, 64, true).chunks_exact(64) {
        let words: Vec<u32> = chunk
            .chunks_exact(4)
            .map(|four| u32::from_le_bytes([four[0], four[1], four[2], four[3]]))
            .collect();
        let [mut a, mut b, mut c, mut d] = state;
        for round in 0..64_usize {
            let (mixed, word) = match round / 16 {
                0 => ((b & c) | (!b & d), round),
                1 => ((d & b) | (!d & c), (5 * round + 1) % 16),
                2 => (b ^ c ^ d, (3 * round + 5) % 16),
                _ => (c ^ (b | !d), (7 * round) % 16),
            };
            let constant = (((round + 1) as f64).sin().abs() * 4_294_967_296.0) as u32;
            let sum = mixed.wrapping_add(a).wrapping_add(constant).wrapping_add(words[word]);
            (a, d, c) = (d, c, b);
            b = b.wrapping_add(sum.rotate_left(SHIFTS[round / 16][round % 4]));
        }
        for (old, new) in state.iter_mut().zip([a, b, c, d]) {
            *old = old.wrapping_add(new);
        }
    }
    state.iter().flat_map(|word| word.to_le_bytes()).collect()
}

fn sha1(data: &[u8]) -> Vec<u8> {
    let mut state: [u32; 5] = [0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476, 0xc3d2_e1f0];
    for chunk in padded(data, 64, false).chunks_exact(64) {
        let mut words = words32(chunk);
        for at in 16..80 {
            words.push((words[at - 3] ^ words[at - 8] ^ words[at - 14] ^ words[at - 16]).rotate_left(1));
        }
        let [mut a, mut b, mut c, mut d, mut e] = state;
        for (round, word) in words.iter().enumerate() {
            let (mixed, constant) = match round / 20 {
                0 => ((b & c) | (!b & d), 0x5a82_7999),
                1 => (b ^ c ^ d, 0x6ed9_eba1),
                2 => ((b & c) | (b & d) | (c & d), 0x8f1b_bcdc),
                _ => (b ^ c ^ d, 0xca62_c1d6_u32),
            };
            let next = a
                .rotate_left(5)
                .wrapping_add(mixed)
                .wrapping_add(e)
                .wrapping_add(constant)
                .wrapping_add(*word);
            (e, d, c, b, a) = (d, c, b.rotate_left(30), a, next);
        }
        for (old, new) in state.iter_mut().zip([a, b, c, d, e]) {
            *old = old.wrapping_add(new);
        }
    }
    state.iter().flat_map(|word| word.to_be_bytes()).collect()
}

fn sha256(data: &[u8]) -> Vec<u8> {
    let high = |number: u64| (number >> 32) as u32;
    let constants: Vec<u32> = primes().take(64).map(|prime| high(root_fraction(prime, 3))).collect();
    let mut state: Vec<u32> = primes().take(8).map(|prime| high(root_fraction(prime, 2))).collect();
    for chunk in padded(data, 64, false).chunks_exact(64) {
        let mut words = words32(chunk);
        for at in 16..64 {
            let (near, far) = (words[at - 2], words[at - 15]);
            let one = far.rotate_right(7) ^ far.rotate_right(18) ^ (far >> 3);
            let two = near.rotate_right(17) ^ near.rotate_right(19) ^ (near >> 10);
            words.push(words[at - 16].wrapping_add(one).wrapping_add(words[at - 7]).wrapping_add(two));
        }
        let mut v = state.clone();
        for round in 0..64 {
            let big = v[4].rotate_right(6) ^ v[4].rotate_right(11) ^ v[4].rotate_right(25);
            let choice = (v[4] & v[5]) ^ (!v[4] & v[6]);
            let one = v[7]
                .wrapping_add(big)
                .wrapping_add(choice)
                .wrapping_add(constants[round])
                .wrapping_add(words[round]);
            let small = v[0].rotate_right(2) ^ v[0].rotate_right(13) ^ v[0].rotate_right(22);
            let two = small.wrapping_add((v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]));
            v.rotate_right(1);
            v[4] = v[4].wrapping_add(one);
            v[0] = one.wrapping_add(two);
        }
        for (old, new) in state.iter_mut().zip(v) {
            *old = old.wrapping_add(new);
        }
    }
    state.iter().flat_map(|word| word.to_be_bytes()).collect()
}

fn sha512(data: &[u8]) -> Vec<u8> {
    let constants: Vec<u64> = primes().take(80).map(|prime| root_fraction(prime, 3)).collect();
    let mut state: Vec<u64> = primes().take(8).map(|prime| root_fraction(prime, 2)).collect();
    for chunk in padded(data, 128, false).chunks_exact(128) {
        let mut words: Vec<u64> =
            words32(chunk).chunks_exact(2).map(|two| u64::from(two[0]) << 32 | u64::from(two[1])).collect();
        for at in 16..80 {
            let (near, far) = (words[at - 2], words[at - 15]);
            let one = far.rotate_right(1) ^ far.rotate_right(8) ^ (far >> 7);
            let two = near.rotate_right(19) ^ near.rotate_right(61) ^ (near >> 6);
            words.push(words[at - 16].wrapping_add(one).wrapping_add(words[at - 7]).wrapping_add(two));
        }
        let mut v = state.clone();
        for round in 0..80 {
            let big = v[4].rotate_right(14) ^ v[4].rotate_right(18) ^ v[4].rotate_right(41);
            let choice = (v[4] & v[5]) ^ (!v[4] & v[6]);
            let one = v[7]
                .wrapping_add(big)
                .wrapping_add(choice)
                .wrapping_add(constants[round])
                .wrapping_add(words[round]);
            let small = v[0].rotate_right(28) ^ v[0].rotate_right(34) ^ v[0].rotate_right(39);
            let two = small.wrapping_add((v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]));
            v.rotate_right(1);
            v[4] = v[4].wrapping_add(one);
            v[0] = one.wrapping_add(two);
        }
        for (old, new) in state.iter_mut().zip(v) {
            *old = old.wrapping_add(new);
        }
    }
    state.iter().flat_map(|word| word.to_be_bytes()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_are_those_of_the_standards() {
        assert_eq!(Sum::Md5.hex(b"abc"), "900150983cd24fb0d6963f7d28e17f72");
        assert_eq!(Sum::Sha1.hex(b"abc"), "a9993e364706816aba3e25717850c26c9cd0d89d");
        assert_eq!(
            Sum::Sha256.hex(b"abc"),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
        assert_eq!(Sum::Sha256.hex(b""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
        assert!(Sum::Sha512.hex(b"abc").starts_with("ddaf35a193617abacc417349ae204131"));
    }
}
