//! The unified diff the server prints between two Pod specs: Python's difflib, which Go's port of it follows line by line.

use std::collections::BTreeMap;
use std::fmt::Write;

/// Lines around each change.
const CONTEXT: usize = 3;
/// From this many lines on, a line that makes up more than a hundredth of the text is not used to find what is alike.
const POPULAR_FROM: usize = 200;

/// A stretch of lines: the same on both sides or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Step {
    same: bool,
    a: (usize, usize),
    b: (usize, usize),
}

/// The hunks between two texts, without file names; empty if they are alike.
pub(super) fn unified(a: &str, b: &str) -> String {
    let (a, b): (Vec<&str>, Vec<&str>) = (a.lines().collect(), b.lines().collect());
    let mut text = String::new();
    for group in groups(&steps(&a, &b)) {
        let (Some(first), Some(last)) = (group.first(), group.last()) else { continue };
        let (old, new) = (range(first.a.0, last.a.1), range(first.b.0, last.b.1));
        let _ = writeln!(text, "@@ -{old} +{new} @@");
        for step in &group {
            if step.same {
                lines(&mut text, ' ', &a[step.a.0..step.a.1]);
            } else {
                lines(&mut text, '-', &a[step.a.0..step.a.1]);
                lines(&mut text, '+', &b[step.b.0..step.b.1]);
            }
        }
    }
    text
}

fn lines(text: &mut String, mark: char, lines: &[&str]) {
    for line in lines {
        let _ = writeln!(text, "{mark}{line}");
    }
}

fn range(start: usize, end: usize) -> String {
    match end - start {
        1 => format!("{}", start + 1),
        0 => format!("{start},0"),
        length => format!("{},{length}", start + 1),
    }
}

/// Steps with at most [`CONTEXT`] lines that are the same at the ends, split where more lie between changes.
fn groups(steps: &[Step]) -> Vec<Vec<Step>> {
    let mut steps = steps.to_vec();
    if !steps.iter().any(|step| !step.same) {
        return Vec::new();
    }
    if let Some(first) = steps.first_mut().filter(|step| step.same) {
        first.a.0 = first.a.0.max(first.a.1.saturating_sub(CONTEXT));
        first.b.0 = first.b.0.max(first.b.1.saturating_sub(CONTEXT));
    }
    if let Some(last) = steps.last_mut().filter(|step| step.same) {
        last.a.1 = last.a.1.min(last.a.0 + CONTEXT);
        last.b.1 = last.b.1.min(last.b.0 + CONTEXT);
    }
    let mut all = Vec::new();
    let mut group: Vec<Step> = Vec::new();
    for step in steps {
        if step.same && step.a.1 - step.a.0 > 2 * CONTEXT {
            group.push(Step { a: (step.a.0, step.a.0 + CONTEXT), b: (step.b.0, step.b.0 + CONTEXT), ..step });
            all.push(std::mem::take(&mut group));
            group.push(Step { a: (step.a.1 - CONTEXT, step.a.1), b: (step.b.1 - CONTEXT, step.b.1), ..step });
        } else {
            group.push(step);
        }
    }
    if group.iter().any(|step| !step.same) {
        all.push(group);
    }
    all
}

fn steps(a: &[&str], b: &[&str]) -> Vec<Step> {
    let mut steps = Vec::new();
    let (mut i, mut j) = (0, 0);
    for (ai, bj, size) in matching_blocks(a, b) {
        if i < ai || j < bj {
            steps.push(Step { same: false, a: (i, ai), b: (j, bj) });
        }
        if size > 0 {
            steps.push(Step { same: true, a: (ai, ai + size), b: (bj, bj + size) });
        }
        (i, j) = (ai + size, bj + size);
    }
    steps
}

/// Where each line of `b` stands, lines that are everywhere left out.
fn places<'a>(b: &[&'a str]) -> BTreeMap<&'a str, Vec<usize>> {
    let mut places: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (j, line) in b.iter().enumerate() {
        places.entry(line).or_default().push(j);
    }
    if b.len() >= POPULAR_FROM {
        places.retain(|_, at| at.len() <= b.len() / 100 + 1);
    }
    places
}

/// Stretches that are the same: start in `a`, start in `b`, length; the last one is empty and at both ends.
fn matching_blocks(a: &[&str], b: &[&str]) -> Vec<(usize, usize, usize)> {
    let places = places(b);
    let mut todo = vec![((0, a.len()), (0, b.len()))];
    let mut found = Vec::new();
    while let Some((in_a, in_b)) = todo.pop() {
        let (i, j, size) = longest(a, b, &places, in_a, in_b);
        if size == 0 {
            continue;
        }
        found.push((i, j, size));
        if in_a.0 < i && in_b.0 < j {
            todo.push(((in_a.0, i), (in_b.0, j)));
        }
        if i + size < in_a.1 && j + size < in_b.1 {
            todo.push(((i + size, in_a.1), (j + size, in_b.1)));
        }
    }
    found.sort_unstable();
    let mut merged: Vec<(usize, usize, usize)> = Vec::new();
    for (i, j, size) in found {
        match merged.last_mut() {
            Some(last) if last.0 + last.2 == i && last.1 + last.2 == j => last.2 += size,
            _ => merged.push((i, j, size)),
        }
    }
    merged.push((a.len(), b.len(), 0));
    merged
}

/// The longest stretch that is the same within two ranges, the earliest if there are several.
fn longest(
    a: &[&str],
    b: &[&str],
    places: &BTreeMap<&str, Vec<usize>>,
    in_a: (usize, usize),
    in_b: (usize, usize),
) -> (usize, usize, usize) {
    let (mut best_i, mut best_j, mut best) = (in_a.0, in_b.0, 0);
    let mut lengths: BTreeMap<usize, usize> = BTreeMap::new();
    for (i, line) in a.iter().enumerate().take(in_a.1).skip(in_a.0) {
        let mut next = BTreeMap::new();
        for &j in places.get(line).into_iter().flatten().filter(|j| (in_b.0..in_b.1).contains(*j)) {
            let before = j.checked_sub(1).and_then(|j| lengths.get(&j)).copied().unwrap_or(0);
            next.insert(j, before + 1);
            if before + 1 > best {
                (best_i, best_j, best) = (i - before, j - before, before + 1);
            }
        }
        lengths = next;
    }
    // Lines left out above may still extend the stretch.
    while best_i > in_a.0 && best_j > in_b.0 && a[best_i - 1] == b[best_j - 1] {
        (best_i, best_j, best) = (best_i - 1, best_j - 1, best + 1);
    }
    while best_i + best < in_a.1 && best_j + best < in_b.1 && a[best_i + best] == b[best_j + best] {
        best += 1;
    }
    (best_i, best_j, best)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hunks_carry_three_lines_of_context() {
        let a: Vec<String> = (1..=20).map(|n| n.to_string()).collect();
        let mut b = a.clone();
        b[9] = "ten".into();
        let text = unified(&a.join("\n"), &b.join("\n"));
        assert_eq!(text, "@@ -7,7 +7,7 @@\n 7\n 8\n 9\n-10\n+ten\n 11\n 12\n 13\n");
        assert_eq!(unified("a\nb", "a\nb"), "");
        assert_eq!(unified("a", "a\nb"), "@@ -1 +1,2 @@\n a\n+b\n");
    }
}
