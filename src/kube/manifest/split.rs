//! A file to its documents, as kubectl splits it: at lines of `---`, before any YAML is read.

/// One document's text and how many lines stand before it in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Chunk<'a> {
    pub(super) text: &'a str,
    pub(super) lines_before: usize,
}

/// The chunks of a YAML file. A separator before anything else belongs to the first chunk.
pub(super) fn chunks(text: &str) -> Vec<Chunk<'_>> {
    let mut chunks = Vec::new();
    let (mut start, mut start_line) = (0, 0);
    let mut at = 0;
    for (number, line) in text.split_inclusive('\n').enumerate() {
        let next = at + line.len();
        if is_separator(line) && at > start {
            chunks.push(Chunk { text: &text[start..at], lines_before: start_line });
            (start, start_line) = (next, number + 1);
        }
        at = next;
    }
    if start < text.len() {
        chunks.push(Chunk { text: &text[start..], lines_before: start_line });
    }
    chunks
}

fn is_separator(line: &str) -> bool {
    line.strip_prefix("---").is_some_and(|rest| rest.trim().is_empty() || rest.trim().starts_with('#'))
}

/// Whether a file is read as JSON: its first character that is not a blank is `{`.
pub(super) fn is_json(text: &str) -> bool {
    text.trim_start().starts_with('{')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_split_at_separator_lines() {
        let lines =
            |text| -> Vec<(&str, usize)> { chunks(text).iter().map(|c| (c.text, c.lines_before)).collect() };
        assert_eq!(lines("a: 1\n---\nb: 2\n"), [("a: 1\n", 0), ("b: 2\n", 2)]);
        assert_eq!(lines("---\na: 1\n--- # next\nb: 2"), [("---\na: 1\n", 0), ("b: 2", 3)]);
        assert_eq!(lines("a: 1\n--- b\n"), [("a: 1\n--- b\n", 0)]);
        assert_eq!(lines("a: |\n  ---\n  x\n"), [("a: |\n  ---\n  x\n", 0)]);
        assert_eq!(lines(""), []);
    }
}
