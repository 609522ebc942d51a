//! What a terminal has shown: lines, bounded, with control sequences taken out. The programs that write here are simulated and their
//! output may come from anywhere, so nothing of it may reach the real terminal raw.

use super::escape;

/// How many lines are kept.
const KEPT: usize = 10_000;
/// How long a line gets, in bytes, before it is cut.
const LONGEST: usize = 4_000;

/// Stands for "clear the screen" between two steps of reading; a form feed in the text itself is left out like any control character.
const CLEARED: char = '\u{c}';

/// Lines of text, oldest first.
#[derive(Clone, Debug, Default)]
pub struct Scrollback {
    lines: Vec<String>,
    /// Whether the last line is still being written.
    open: bool,
    /// Bytes of a character that has not arrived whole.
    partial: Vec<u8>,
    /// How many lines have been dropped at the top.
    dropped: usize,
    /// How many lines, with those dropped, stood there when the screen was cleared last.
    cleared: usize,
}

impl Scrollback {
    /// The lines kept.
    pub fn lines(&self) -> &[String] {
        &self.lines
    }

    /// How many lines were dropped because there were too many.
    pub fn dropped(&self) -> usize {
        self.dropped
    }

    /// How many lines, with those dropped, had been shown when a program cleared the screen last. They are kept.
    pub fn cleared(&self) -> usize {
        self.cleared
    }

    /// Takes in what a program wrote.
    pub fn write(&mut self, bytes: &[u8]) {
        let mut all = std::mem::take(&mut self.partial);
        all.extend_from_slice(bytes);
        let whole = match std::str::from_utf8(&all) {
            Err(error) if error.error_len().is_none() => error.valid_up_to(),
            _ => all.len(),
        };
        self.partial = all.split_off(whole);
        let seen = self.skip_flood(&all);
        let text = strip_sequences(&String::from_utf8_lossy(seen));
        for (at, screen) in text.split(CLEARED).enumerate() {
            if at > 0 {
                self.open = false;
                self.cleared = self.dropped + self.lines.len();
            }
            screen.split_inclusive('\n').for_each(|piece| self.piece(piece));
        }
    }

    /// What can still be seen once all of `bytes` is written: of a flood (`yes`) only its last lines are read, the others are counted.
    fn skip_flood<'a>(&mut self, bytes: &'a [u8]) -> &'a [u8] {
        let ends = |byte: &u8| *byte == b'\n';
        let Some(skipped) = bytes.iter().filter(|byte| ends(byte)).count().checked_sub(KEPT) else {
            return bytes;
        };
        let before = bytes.iter().enumerate().rev().filter(|(_, byte)| ends(byte)).nth(KEPT);
        let from = before.map_or(0, |(last, _)| last + 1);
        if from > 0 {
            let joined = usize::from(self.open && !self.lines.is_empty());
            self.dropped += self.lines.len() + skipped - joined;
            self.lines.clear();
            self.open = false;
        }
        &bytes[from..]
    }

    /// Ends the last line if it is still open, so that a prompt begins on a line of its own.
    pub fn end_line(&mut self) {
        self.open = false;
    }

    fn piece(&mut self, piece: &str) {
        let (text, ended) = piece.strip_suffix('\n').map_or((piece, false), |t| (t, true));
        if !self.open {
            self.lines.push(String::new());
            if self.lines.len() > KEPT {
                // Dropping in blocks keeps a flood of output linear.
                self.lines.drain(..KEPT / 10);
                self.dropped += KEPT / 10;
            }
        }
        if let Some(line) = self.lines.last_mut() {
            for c in text.chars() {
                match c {
                    '\r' => {}
                    '\t' => line.push_str(&" ".repeat(8 - line.chars().count() % 8)),
                    c if line.len() < LONGEST => line.push(c),
                    _ => {}
                }
            }
        }
        self.open = !ended;
    }
}

/// `text` without escape sequences and control characters other than newline, carriage return and tab. "Clear the screen" becomes
/// [`CLEARED`].
fn strip_sequences(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let end = if c == '\u{1b}' { escape::sequence(rest) } else { c.len_utf8() };
        let (head, tail) = rest.split_at(end);
        match c {
            // What is left behind the cursor is as good as the screen: programs put that first.
            '\u{1b}' if ["\u{1b}[J", "\u{1b}[2J"].contains(&head) => plain.push(CLEARED),
            '\n' | '\r' | '\t' => plain.push(c),
            c if c.is_control() => {}
            c => plain.push(c),
        }
        rest = tail;
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(parts: &[&[u8]]) -> Vec<String> {
        let mut scrollback = Scrollback::default();
        for p in parts {
            scrollback.write(p);
        }
        scrollback.lines().to_vec()
    }

    #[test]
    fn a_flood_at_once_leaves_what_the_same_flood_in_pieces_leaves() {
        let flood: String = (0..KEPT * 7 / 2).map(|n| format!("line {n}\n")).collect();
        let flood = format!("{flood}and the rest");
        let (mut whole, mut pieces) = (Scrollback::default(), Scrollback::default());
        for scrollback in [&mut whole, &mut pieces] {
            scrollback.write(b"before\nopen ");
        }
        whole.write(flood.as_bytes());
        flood.as_bytes().chunks(1000).for_each(|piece| pieces.write(piece));
        let all = |s: &Scrollback| s.dropped() + s.lines().len();
        assert_eq!(all(&whole), all(&pieces));
        assert_eq!(whole.lines().last().map(String::as_str), Some("and the rest"));
        let last = |s: &Scrollback| s.lines()[s.lines().len() - KEPT / 2..].to_vec();
        assert_eq!(last(&whole), last(&pieces));
    }

    #[test]
    fn lines_come_in_pieces() {
        assert_eq!(shown(&[b"a", b"b\nc", b"\n"]), ["ab", "c"]);
    }

    #[test]
    fn a_character_may_arrive_in_two_halves() {
        let (head, tail) = "é\n".as_bytes().split_at(1);
        assert_eq!(shown(&[head, tail]), ["é"]);
        assert_eq!(shown(&[b"\xff\xfe!\n"]), ["\u{fffd}\u{fffd}!"]);
    }

    #[test]
    fn nothing_that_commands_a_terminal_gets_through() {
        assert_eq!(shown(&[b"\x1b[31mred\x1b[0m \x1b]0;title\x07x\x08y\x0c\x1b[K\n"]), ["red xy"]);
    }

    #[test]
    fn a_sequence_that_is_not_finished_hides_nothing() {
        assert_eq!(shown(&[b"\x1b]0;x\nnext\n", b"later \x1b[\n"]), ["0;x", "next", "later "]);
        assert_eq!(shown(&[b"\x1b[", b"hello\n"]), ["hello"]);
    }

    #[test]
    fn a_cleared_screen_begins_behind_what_was_shown() {
        let mut scrollback = Scrollback::default();
        scrollback.write(b"old\nhalf\x1b[H\x1b[Jnew\n");
        assert_eq!(scrollback.lines(), ["old", "half", "new"]);
        assert_eq!(scrollback.cleared(), 2);
    }

    #[test]
    fn a_flood_is_bounded() {
        let mut scrollback = Scrollback::default();
        for _ in 0..50_000 {
            scrollback.write(b"y\n");
        }
        scrollback.write(&vec![b'x'; 1 << 20]);
        assert!(scrollback.lines().len() <= KEPT);
        assert!(scrollback.lines().last().unwrap().len() <= LONGEST);
        assert!(scrollback.dropped() > 0);
    }
}
