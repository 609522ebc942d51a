//! The hash that `--append-hash` puts behind a name (`kubectl/pkg/util/hash/hash.go`): the start of the SHA-256 of the content as
//! JSON, in an alphabet without vowels.

use serde_json::Value;

/// The ten letters that stand for this content.
pub(super) fn of(content: &Value) -> String {
    let digest = sha256(content.to_string().as_bytes());
    let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    let letter = |c| match c {
        '0' => 'g',
        '1' => 'h',
        '3' => 'k',
        'a' => 'm',
        'e' => 't',
        other => other,
    };
    hex.chars().take(10).map(letter).collect()
}

/// The first 32 bits of the fractions of the cube roots of the first 64 primes (FIPS 180-4, 4.2.2), found by their definition.
fn constants() -> [u32; 64] {
    let mut primes = (2u64..).filter(|n| (2..*n).take_while(|d| d * d <= *n).all(|d| n % d != 0));
    std::array::from_fn(|_| root(primes.next().unwrap_or(2), 3))
}

/// The first 32 bits of the fraction of the `power`th root of a number, in whole numbers.
fn root(number: u64, power: u32) -> u32 {
    let target = u128::from(number) << (32 * power);
    let (mut low, mut high) = (0u128, 1u128 << 37);
    while low + 1 < high {
        let middle = low.midpoint(high);
        if middle.pow(power) <= target { low = middle } else { high = middle }
    }
    low as u32
}

/// SHA-256 (FIPS 180-4, 6.2).
fn sha256(text: &[u8]) -> [u8; 32] {
    let mut message = text.to_vec();
    message.push(0x80);
    message.resize(message.len().next_multiple_of(64) + if message.len() % 64 > 56 { 64 } else { 0 } - 8, 0);
    message.extend(((text.len() as u64) * 8).to_be_bytes());
    let constants = constants();
    let mut state: [u32; 8] = [2, 3, 5, 7, 11, 13, 17, 19].map(|prime| root(prime, 2));
    for block in message.chunks(64) {
        let mut words = [0u32; 64];
        for (word, bytes) in words.iter_mut().zip(block.chunks(4)) {
            *word = bytes.iter().fold(0, |all, byte| all << 8 | u32::from(*byte));
        }
        for i in 16..64 {
            let (a, b) = (words[i - 15], words[i - 2]);
            let s0 = a.rotate_right(7) ^ a.rotate_right(18) ^ (a >> 3);
            let s1 = b.rotate_right(17) ^ b.rotate_right(19) ^ (b >> 10);
            words[i] = words[i - 16].wrapping_add(s0).wrapping_add(words[i - 7]).wrapping_add(s1);
        }
        let [mut a, mut b, mut c, mut d, mut e, mut f, mut g, mut h] = state;
        for (word, constant) in words.iter().zip(constants) {
            let s1 = e.rotate_right(6) ^ e.rotate_right(11) ^ e.rotate_right(25);
            let choice = (e & f) ^ (!e & g);
            let t1 = h.wrapping_add(s1).wrapping_add(choice).wrapping_add(constant).wrapping_add(*word);
            let s0 = a.rotate_right(2) ^ a.rotate_right(13) ^ a.rotate_right(22);
            let t2 = s0.wrapping_add((a & b) ^ (a & c) ^ (b & c));
            (h, g, f, e, d, c, b, a) = (g, f, e, d.wrapping_add(t1), c, b, a, t1.wrapping_add(t2));
        }
        for (word, change) in state.iter_mut().zip([a, b, c, d, e, f, g, h]) {
            *word = word.wrapping_add(change);
        }
    }
    let mut digest = [0; 32];
    for (bytes, word) in digest.chunks_mut(4).zip(state) {
        bytes.copy_from_slice(&word.to_be_bytes());
    }
    digest
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_name_gets_the_hash_that_kubectl_gives_it() {
        assert_eq!(of(&json!({"data": {"a": "b"}, "kind": "ConfigMap", "name": "c"})), "m4h6ctkgb2");
    }

    #[test]
    fn long_texts_are_hashed_in_blocks() {
        let hex = |n: usize| {
            sha256("a".repeat(n).as_bytes())[..4].iter().map(|b| format!("{b:02x}")).collect::<String>()
        };
        assert_eq!([hex(0), hex(55), hex(56), hex(64)], ["e3b0c442", "9f4390f8", "b35439a4", "ffe054fe"]);
    }
}
