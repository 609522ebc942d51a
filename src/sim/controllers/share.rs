//! Numbers that are given plainly or as a percentage of a whole (apimachinery: intstr).

use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

/// Which way a percentage is rounded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it all")]
pub enum Round {
    Up,
    Down,
}

/// `value` of `total`; what is not a percentage counts as 0 if it is no number.
pub fn share(value: &IntOrString, total: i32, round: Round) -> i32 {
    match value {
        IntOrString::Int(n) => *n,
        IntOrString::String(text) => {
            let percent: i64 = text.trim_end_matches('%').parse().unwrap_or(0);
            let product = percent * i64::from(total);
            let rest = i64::from(round == Round::Up) * 99;
            i32::try_from((product + rest).div_euclid(100)).unwrap_or(i32::MAX)
        }
    }
}

/// Whether the value is a percentage.
pub fn is_percent(value: &IntOrString) -> bool {
    matches!(value, IntOrString::String(text) if text.ends_with('%'))
}
