//! What two texts do not share, line by line, as diff(1) shows it. Knows no files; what goes above the lines is the caller's.

use std::fmt::Write as _;

use similar::{Algorithm, DiffTag, capture_diff_slices, group_diff_ops};

/// Lines around a change, where nothing else is asked for.
pub const CONTEXT: usize = 3;
/// Lines of a text that it is sensible to compare: the work grows with their product where they share nothing.
pub const LINES_MAX: usize = 4000;

/// Changes between lines that stay: `@@ -1,3 +1,4 @@` and signed lines.
pub fn unified(old: &[&str], new: &[&str], context: usize) -> String {
    let mut text = String::new();
    for hunk in group_diff_ops(capture_diff_slices(Algorithm::Myers, old, new), context) {
        let (Some(first), Some(last)) = (hunk.first(), hunk.last()) else { continue };
        let range = |from: usize, to: usize| match to - from {
            0 => format!("{from},0"),
            1 => (from + 1).to_string(),
            count => format!("{},{count}", from + 1),
        };
        let was = range(first.old_range().start, last.old_range().end);
        let is = range(first.new_range().start, last.new_range().end);
        let _ = writeln!(text, "@@ -{was} +{is} @@");
        for change in hunk {
            if change.tag() == DiffTag::Equal {
                signed(&mut text, " ", &old[change.old_range()]);
            } else {
                signed(&mut text, "-", &old[change.old_range()]);
                signed(&mut text, "+", &new[change.new_range()]);
            }
        }
    }
    text
}

/// Changes alone, each after what is to be done (`1,2c1`, `3d2`, `0a1`).
pub fn changes(old: &[&str], new: &[&str]) -> String {
    let mut text = String::new();
    for change in capture_diff_slices(Algorithm::Myers, old, new) {
        let letter = match change.tag() {
            DiffTag::Equal => continue,
            DiffTag::Delete => 'd',
            DiffTag::Insert => 'a',
            DiffTag::Replace => 'c',
        };
        let span = |range: std::ops::Range<usize>| match range.len() {
            0 => range.start.to_string(),
            1 => range.end.to_string(),
            _ => format!("{},{}", range.start + 1, range.end),
        };
        let _ = writeln!(text, "{}{letter}{}", span(change.old_range()), span(change.new_range()));
        signed(&mut text, "< ", &old[change.old_range()]);
        if letter == 'c' {
            text.push_str("---\n");
        }
        signed(&mut text, "> ", &new[change.new_range()]);
    }
    text
}

fn signed(text: &mut String, sign: &str, lines: &[&str]) {
    for line in lines {
        let _ = writeln!(text, "{sign}{line}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(old: &str, new: &str, expected: &str) {
        let (old, new): (Vec<&str>, Vec<&str>) = (old.lines().collect(), new.lines().collect());
        assert_eq!(unified(&old, &new, CONTEXT), expected);
    }

    #[test]
    fn a_changed_line_is_shown_between_three_others() {
        let old = "a\nb\nc\nd\ne\nf\ng\nh\n";
        check(old, &old.replace('e', "E"), "@@ -2,7 +2,7 @@\n b\n c\n d\n-e\n+E\n f\n g\n h\n");
        check("", "x\n", "@@ -0,0 +1 @@\n+x\n");
        check(old, old, "");
    }

    #[test]
    fn changes_far_apart_are_hunks_of_their_own_and_near_ones_are_one() {
        let old: String = (1..=20).map(|n| format!("{n}\n")).collect();
        let far = old.replace("2\n3\n", "3\n").replace("18\n", "x\n");
        let near = old.replace("9\n10\n", "10\n").replace("14\n", "x\n");
        let hunks = |new: &str| {
            let (old, new): (Vec<&str>, Vec<&str>) = (old.lines().collect(), new.lines().collect());
            unified(&old, &new, CONTEXT).matches("@@ -").count()
        };
        assert_eq!((hunks(&far), hunks(&near)), (2, 1));
    }
}
