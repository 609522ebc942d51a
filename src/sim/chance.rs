//! Jitter as a hash of (seed, subject, purpose), never a shared stream: a second Pod does not shift the first one's times.

use std::fmt::Write;

/// A number in `[0, 1)` that depends only on its arguments. `subject` is a UID or name, `purpose` what the draw is for, `n` its count.
pub fn uniform(seed: u64, subject: &str, purpose: &str, n: u64) -> f64 {
    (hash(seed, subject, purpose, n) >> 11) as f64 / (1u64 << 53) as f64
}

/// 64 well-mixed bits that depend only on the arguments (FNV-1a, then the `SplitMix64` finaliser).
pub fn hash(seed: u64, subject: &str, purpose: &str, n: u64) -> u64 {
    let mut h = 0xcbf2_9ce4_8422_2325_u64 ^ seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    for byte in subject.bytes().chain([0xff]).chain(purpose.bytes()).chain(n.to_le_bytes()) {
        h = (h ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    }
    h = (h ^ (h >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    h = (h ^ (h >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    h ^ (h >> 31)
}

/// The alphabet of generated names and ids: no vowels, no look-alikes.
const SAFE: &[u8] = b"bcdfghjklmnpqrstvwxz2456789";

/// `length` characters as Kubernetes appends them to generated names.
pub fn suffix(seed: u64, subject: &str, purpose: &str, n: u64, length: usize) -> String {
    (0..length as u64)
        .map(|i| char::from(SAFE[(hash(seed, subject, purpose, n * 64 + i) % SAFE.len() as u64) as usize]))
        .collect()
}

/// A version 4 UUID.
pub fn uid(seed: u64, subject: &str, n: u64) -> String {
    let (a, b) = (hash(seed, subject, "uid-a", n), hash(seed, subject, "uid-b", n));
    let variant = 0x8000 | ((b >> 48) & 0x3fff);
    format!(
        "{:08x}-{:04x}-4{:03x}-{variant:04x}-{:012x}",
        a >> 32,
        (a >> 16) & 0xffff,
        a & 0xfff,
        b & 0xffff_ffff_ffff
    )
}

/// `length` hexadecimal digits, as container ids have (64).
pub fn hex(seed: u64, subject: &str, purpose: &str, length: usize) -> String {
    let mut text = String::with_capacity(length + 16);
    let mut n = 0;
    while text.len() < length {
        let _ = write!(text, "{:016x}", hash(seed, subject, purpose, n));
        n += 1;
    }
    text.truncate(length);
    text
}
