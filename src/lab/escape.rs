//! Escape sequences in what simulated programs write: how far one reaches. Nothing behind an unfinished one is lost. Knows no terminal.

/// How long the escape sequence is that `text` begins with, in bytes; `text` begins with an escape (ECMA-48, section 5). A sequence ends
/// before the first character that cannot belong to it. A string of a terminal (its title, a link) that does not end on its line is none:
/// only what would have begun it counts.
pub fn sequence(text: &str) -> usize {
    match text.as_bytes().get(1) {
        // A control sequence: parameters, intermediates, one final letter.
        Some(b'[') => 2 + finished(&text[2..], 0x30..=0x3f, 0x40..=0x7e),
        // An operating system command and its kin: up to BEL or ST.
        Some(b']' | b'P' | b'X' | b'^' | b'_') => string(text).unwrap_or(2),
        // Any other: intermediates, one final letter.
        Some(_) => 1 + finished(&text[1..], 0x20..=0x2f, 0x30..=0x7e),
        None => 1,
    }
}

/// How many bytes of `text` are `parameters`, then intermediates, then one of `finals`.
fn finished(
    text: &str,
    parameters: std::ops::RangeInclusive<u8>,
    finals: std::ops::RangeInclusive<u8>,
) -> usize {
    let bytes = text.as_bytes();
    let count = |from: usize, of: &std::ops::RangeInclusive<u8>| {
        bytes[from..].iter().take_while(|byte| of.contains(byte)).count()
    };
    let mut at = count(0, &parameters);
    at += count(at, &(0x20..=0x2f));
    at + usize::from(bytes.get(at).is_some_and(|byte| finals.contains(byte)))
}

/// How long a terminal's string is, with its end; `None` if it does not end on its line.
fn string(text: &str) -> Option<usize> {
    let rest = &text[2..];
    let end = rest.find(['\u{7}', '\u{1b}', '\u{9c}', '\n', '\u{18}', '\u{1a}'])?;
    match &rest[end..] {
        tail if tail.starts_with('\u{7}') => Some(2 + end + 1),
        tail if tail.starts_with("\u{1b}\\") || tail.starts_with('\u{9c}') => Some(2 + end + 2),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is left of a text without its sequences.
    fn left(text: &str) -> String {
        let (mut kept, mut rest) = (String::new(), text);
        while let Some(at) = rest.find('\u{1b}') {
            kept.push_str(&rest[..at]);
            rest = &rest[at + sequence(&rest[at..])..];
        }
        kept + rest
    }

    #[test]
    fn whole_sequences_are_left_out() {
        assert_eq!(
            left(
                "\x1b[1;31mred\x1b[0m \x1b]0;title\x07a \x1b]8;;https://x\\y\x1b\\b \x1b(Bc \x1bP1$q\u{9c}d"
            ),
            "red a b c d"
        );
    }

    #[test]
    fn what_is_not_finished_swallows_nothing_behind_it() {
        assert_eq!(left("\x1b]0;x\nnext\n"), "0;x\nnext\n");
        assert_eq!(left("\x1b]0;x"), "0;x");
        assert_eq!(left("\x1b]0;x \x1b[1mbold"), "0;x bold");
        assert_eq!(left("\x1b[\nnext"), "\nnext");
        assert_eq!(left("\x1b[12é"), "é");
        assert_eq!(left("a\x1b"), "a");
        assert_eq!(left("\x1b\nb"), "\nb");
        assert_eq!(left("\x1bé"), "é");
    }
}
