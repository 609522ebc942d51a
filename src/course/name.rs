//! The names of content files. Knows nothing of what is in them.

/// The id in a file name: what follows the leading number.
pub fn slug(stem: &str) -> &str {
    match stem.split_once('-') {
        Some((number, slug)) if !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()) => {
            slug
        }
        _ => stem,
    }
}
