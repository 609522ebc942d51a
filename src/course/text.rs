//! Text made safe to show, and places in it. Knows nothing of Markdown or YAML.

use super::diagnostic::Place;
use std::borrow::Cow;

/// The largest content file that is read, in bytes; chapters are some 20 KB.
pub const LARGEST: usize = 1024 * 1024;

/// The text with everything a terminal would obey made visible: control characters become their pictures (`␛`), directional
/// overrides their code (`<U+202E>`). Line feeds and tabs stay, carriage returns before a line feed go.
pub fn visible(text: &str) -> Cow<'_, str> {
    if hostiles(text).next().is_none() {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '\r' if rest.peek() == Some(&'\n') => {}
            c if !is_hostile(c) => shown.push(c),
            '\u{7f}' => shown.push('␡'),
            '\0'..='\u{1f}' => shown.push(char::from_u32(0x2400 + u32::from(c)).unwrap_or('␦')),
            c => shown.extend(["<U+", &format!("{:04X}", u32::from(c)), ">"]),
        }
    }
    Cow::Owned(shown)
}

/// Pasted text with line feeds at its line ends: terminals send carriage returns.
pub fn pasted(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\r', "\n")
}

/// Whether a terminal might do something else with the character than show it.
pub fn is_hostile(c: char) -> bool {
    match c {
        '\n' | '\t' => false,
        '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}' => true,
        c => c.is_control(),
    }
}

/// The characters of the text that are hostile, with the bytes where they begin. All content passes through here at every start, so only
/// bytes with which such a character can begin are looked at twice.
fn hostiles(text: &str) -> impl Iterator<Item = (usize, char)> {
    let suspects = text.bytes().enumerate().filter(|(_, byte)| match byte {
        b'\n' | b'\t' => false,
        // C1 controls begin with C2; directions, separators and the byte order mark with E2 or EF.
        0..=0x1f | 0x7f | 0xc2 | 0xe2 | 0xef => true,
        _ => false,
    });
    let begun = suspects.filter_map(|(at, _)| Some((at, text.get(at..)?.chars().next()?)));
    begun.filter(|(_, c)| is_hostile(*c))
}

/// The byte and the first character that [`visible`] would replace, a byte order mark at the start and line ends aside.
pub fn first_hostile(text: &str) -> Option<(usize, char)> {
    let line_end = |at: usize| text.get(at..).is_some_and(|rest| rest.starts_with("\r\n"));
    let mark = |at: usize, c: char| at == 0 && c == '\u{feff}';
    hostiles(text).find(|(at, c)| !line_end(*at) && !mark(*at, *c))
}

/// A file's bytes as text that can be read and shown, or why not. A byte order mark is dropped.
pub fn decode(bytes: &[u8]) -> Result<Cow<'_, str>, String> {
    if bytes.len() > LARGEST {
        return Err(format!(
            "the file has {} bytes; content files are read up to {LARGEST} bytes (1 MiB)",
            bytes.len()
        ));
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => Ok(visible(text.strip_prefix('\u{feff}').unwrap_or(text))),
        Err(error) => Err(format!("the file is not UTF-8 text (byte {})", error.valid_up_to() + 1)),
    }
}

/// Where the lines of a text begin, to turn byte offsets into places.
#[derive(Clone, Debug)]
pub struct Lines {
    starts: Vec<usize>,
    first: usize,
}

impl Lines {
    /// The lines of `text`, whose first line counts as line `first` (from 1).
    pub fn new(text: &str, first: usize) -> Lines {
        let breaks = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at + 1);
        Lines { starts: std::iter::once(0).chain(breaks).collect(), first }
    }

    /// The place of byte `offset` of `text`, which must be the text the lines were made of.
    pub fn place(&self, text: &str, offset: usize) -> Place {
        let index = self.starts.partition_point(|start| *start <= offset).saturating_sub(1);
        let before = text.get(self.starts[index]..offset).unwrap_or_default();
        Place { line: self.first + index, column: before.chars().count() + 1 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escape_sequences_become_pictures_of_themselves() {
        assert_eq!(visible("a\x1b[31mb\x07\u{7f}\u{9b}\r\nc\td"), "a␛[31mb␇␡<U+009B>\nc\td");
        assert_eq!(visible("x\u{202e}y"), "x<U+202E>y");
        assert!(matches!(visible("plain ünï 日本"), Cow::Borrowed(_)));
    }

    #[test]
    fn no_hostile_character_is_passed_over() {
        for c in '\0'..=char::MAX {
            let text = format!("é{c}…");
            assert_eq!(hostiles(&text).next(), is_hostile(c).then_some((2, c)), "U+{:04X}", u32::from(c));
        }
    }

    #[test]
    fn a_file_that_is_too_big_is_refused_by_name_of_the_limit() {
        let refusal = decode(&vec![b'a'; 10 * LARGEST]).unwrap_err();
        assert!(refusal.contains("1 MiB"), "{refusal}");
        assert!(decode(&[0xff, 0xfe]).unwrap_err().contains("UTF-8"));
    }

    #[test]
    fn places_count_characters_not_bytes() {
        let text = "äö\nx日y";
        let lines = Lines::new(text, 10);
        assert_eq!(lines.place(text, 2), Place { line: 10, column: 2 });
        assert_eq!(lines.place(text, text.len() - 1), Place { line: 11, column: 3 });
        assert_eq!(lines.place(text, 9999).line, 11);
    }
}
