//! What a terminal has shown: lines, bounded, with control sequences taken out. The programs that write here are simulated and their
//! output may come from anywhere, so nothing of it may reach the real terminal raw.

/// How many lines are kept.
const KEPT: usize = 10_000;
/// How long a line gets, in bytes, before it is cut.
const LONGEST: usize = 4_000;

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

    /// Takes in what a program wrote.
    pub fn write(&mut self, bytes: &[u8]) {
        let mut all = std::mem::take(&mut self.partial);
        all.extend_from_slice(bytes);
        let whole = match std::str::from_utf8(&all) {
            Err(error) if error.error_len().is_none() => error.valid_up_to(),
            _ => all.len(),
        };
        self.partial = all.split_off(whole);
        let text = strip_sequences(&String::from_utf8_lossy(&all));
        for piece in text.split_inclusive('\n') {
            self.piece(piece);
        }
    }

    /// Ends the last line if it is still open, so that a prompt begins on a line of its own.
    pub fn end_line(&mut self) {
        self.open = false;
    }

    /// Forgets everything, as `clear` does.
    pub fn clear(&mut self) {
        *self = Scrollback::default();
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
/// nothing: the scrollback keeps what was shown.
fn strip_sequences(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\u{1b}' => skip_sequence(&mut chars),
            '\n' | '\r' | '\t' => plain.push(c),
            c if c.is_control() => {}
            c => plain.push(c),
        }
    }
    plain
}

fn skip_sequence(chars: &mut std::iter::Peekable<std::str::Chars>) {
    match chars.next() {
        // CSI: parameters, then one final letter.
        Some('[') => {
            chars.by_ref().find(|c| ('\u{40}'..='\u{7e}').contains(c));
        }
        // OSC: up to BEL or ST.
        Some(']') => {
            chars.by_ref().find(|c| matches!(c, '\u{7}' | '\\'));
        }
        _ => {}
    }
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
        assert_eq!(shown(&[b"\x1b[31mred\x1b[0m \x1b]0;title\x07x\x08y\x1b[2J\n"]), ["red xy"]);
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
