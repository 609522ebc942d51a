//! `--sort-by` (`kubectl/pkg/cmd/get/sorter.go`).

use crate::kube::quantity::Amount;
use crate::kube::{Mask, Object};
use crate::kubectl::jsonpath::JsonPath;
use serde_json::Value;
use std::cmp::Ordering;

/// Sorts objects by a field; the error says that no object has it.
pub fn sort(objects: &mut Vec<&Object>, path: &str) -> Result<(), String> {
    let parsed = JsonPath::relaxed(path)?;
    let mut mask = Mask::default();
    parsed.want(&mut mask);
    let mut keyed = Vec::with_capacity(objects.len());
    for object in objects.iter() {
        let value = object.to_masked(&mask);
        let key = parsed.find(&value)?.first().map(|v| (*v).clone());
        keyed.push((key, *object));
    }
    if !keyed.is_empty() && keyed.iter().all(|(key, _)| key.is_none()) {
        let path = path.trim_start_matches(['{', '.']).trim_end_matches('}');
        return Err(format!("couldn't find any field with path \"{{.{path}}}\" in the list of objects"));
    }
    // A field that is null comes before all values, as a missing one does (isLess).
    for (key, _) in &mut keyed {
        *key = key.take().filter(|value| !value.is_null());
    }
    let amount = |key: &Option<Value>| key.as_ref().and_then(Value::as_str).map(Amount::parse);
    let mut keyed: Vec<_> = keyed.into_iter().map(|(key, object)| (amount(&key), key, object)).collect();
    keyed.sort_by(|(x, a, _), (y, b, _)| match (a, b) {
        (None, None) => Ordering::Equal,
        (None, Some(_)) => Ordering::Less,
        (Some(_), None) => Ordering::Greater,
        (Some(a), Some(b)) => match (x, y) {
            (Some(Ok(x)), Some(Ok(y))) => x.milli().cmp(&y.milli()),
            _ => compare(a, b),
        },
    });
    *objects = keyed.into_iter().map(|(.., object)| object).collect();
    Ok(())
}

/// The order of two values that are not both quantities.
fn compare(a: &Value, b: &Value) -> Ordering {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => {
            a.as_f64().partial_cmp(&b.as_f64()).unwrap_or(Ordering::Equal)
        }
        (Value::String(a), Value::String(b)) => natural(a, b),
        (a, b) => a.to_string().cmp(&b.to_string()),
    }
}

/// Text order in which numbers inside count as numbers: `web-2` before `web-10`.
#[expect(clippy::many_single_char_names, reason = "two texts side by side: a and b, n and m")]
fn natural(a: &str, b: &str) -> Ordering {
    let (mut a, mut b) = (a, b);
    loop {
        let digits = |s: &str| s.find(|c: char| !c.is_ascii_digit()).unwrap_or(s.len());
        let (n, m) = (digits(a), digits(b));
        if n > 0 && m > 0 {
            let (x, y) = (a[..n].trim_start_matches('0'), b[..m].trim_start_matches('0'));
            let order = x.len().cmp(&y.len()).then_with(|| x.cmp(y)).then_with(|| n.cmp(&m));
            if order != Ordering::Equal {
                return order;
            }
            (a, b) = (&a[n..], &b[m..]);
            continue;
        }
        match (a.chars().next(), b.chars().next()) {
            (Some(x), Some(y)) if x == y => (a, b) = (&a[x.len_utf8()..], &b[y.len_utf8()..]),
            (x, y) => return x.cmp(&y),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_in_names_count_as_numbers() {
        assert_eq!(natural("web-2", "web-10"), Ordering::Less);
        assert_eq!(natural("a", "b"), Ordering::Less);
        assert_eq!(natural("a1", "a"), Ordering::Greater);
    }
}
