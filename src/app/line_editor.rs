//! One line of text being typed: cursor, words, history, history search. Does not know what the text is for.

use super::key::{Code, Key};
use unicode_segmentation::UnicodeSegmentation;

/// How many characters a line may have; more is ignored.
const LINE_LIMIT: usize = 8192;
/// How many lines the history keeps.
const HISTORY_LIMIT: usize = 500;

/// The line, its cursor and what was entered before.
#[derive(Clone, Debug, Default)]
pub struct LineEditor {
    text: String,
    /// A byte offset on a grapheme boundary.
    cursor: usize,
    history: Vec<String>,
    /// Where in the history the line comes from, and what was typed before going there.
    browsing: Option<(usize, String)>,
    /// What Ctrl-R looks for, while it looks.
    searching: Option<String>,
    killed: String,
}

impl LineEditor {
    /// An editor that already holds `text`, cursor at its end.
    pub fn with_text(text: &str) -> LineEditor {
        let mut editor = LineEditor::default();
        editor.set(text);
        editor
    }

    /// The text typed so far.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The text before the cursor.
    pub fn before_cursor(&self) -> &str {
        &self.text[..self.cursor]
    }

    /// The byte offset of the cursor.
    pub fn cursor(&self) -> usize {
        self.cursor
    }

    /// What the history search looks for, while it does.
    pub fn searching(&self) -> Option<&str> {
        self.searching.as_deref()
    }

    /// Replaces the whole line; the cursor goes to its end.
    pub fn set(&mut self, text: &str) {
        text.clone_into(&mut self.text);
        self.cursor = self.text.len();
    }

    /// Replaces the bytes from `start` to the cursor with `text`.
    pub fn replace_from(&mut self, start: usize, text: &str) {
        if start <= self.cursor && self.text.is_char_boundary(start) {
            self.text.replace_range(start..self.cursor, text);
            self.cursor = start + text.len();
        }
    }

    /// Types text; line breaks and control characters are left out.
    pub fn insert(&mut self, text: &str) {
        for c in text.chars().filter(|c| !c.is_control()) {
            if self.text.len() + c.len_utf8() <= LINE_LIMIT {
                self.text.insert(self.cursor, c);
                self.cursor += c.len_utf8();
            }
        }
        self.browsing = None;
    }

    /// Takes the line away, and ends a search in the history.
    pub fn abandon(&mut self) -> String {
        self.cursor = 0;
        self.browsing = None;
        self.searching = None;
        std::mem::take(&mut self.text)
    }

    /// Takes the line and keeps it in the history.
    pub fn take(&mut self) -> String {
        let line = self.abandon();
        self.remember(&line);
        line
    }

    /// Puts a line into the history.
    pub fn remember(&mut self, line: &str) {
        if !line.trim().is_empty() && self.history.last().is_none_or(|last| last != line) {
            self.history.push(line.to_owned());
        }
        if self.history.len() > HISTORY_LIMIT {
            self.history.remove(0);
        }
    }

    /// Lets the line act on `key`; false if it has no meaning here.
    pub fn key(&mut self, key: Key) -> bool {
        if self.searching.is_some() && self.search_key(key) {
            return true;
        }
        match (key.ctrl, key.alt, key.code) {
            (true, _, Code::Char(c)) => self.control(c),
            (false, true, Code::Char('b')) | (true, _, Code::Left) => self.cursor = self.word_start(),
            (false, true, Code::Char('f')) | (true, _, Code::Right) => self.cursor = self.word_end(),
            (false, true, Code::Char('d')) => {
                let end = self.word_end();
                self.cut(self.cursor, end);
            }
            (false, true, Code::Backspace) | (true, _, Code::Backspace) => {
                self.cut(self.word_start(), self.cursor);
            }
            (_, _, Code::Left) => self.cursor = self.previous(),
            (_, _, Code::Right) => self.cursor = self.next(),
            (_, _, Code::Home) => self.cursor = 0,
            (_, _, Code::End) => self.cursor = self.text.len(),
            (_, _, Code::Backspace) => self.erase(self.previous(), self.cursor),
            (_, _, Code::Delete) => self.erase(self.cursor, self.next()),
            (_, _, Code::Up) => self.older(),
            (_, _, Code::Down) => self.newer(),
            _ => match key.text() {
                Some(c) => self.insert(c.encode_utf8(&mut [0; 4])),
                None => return false,
            },
        }
        true
    }

    fn control(&mut self, c: char) {
        match c {
            'a' => self.cursor = 0,
            'e' => self.cursor = self.text.len(),
            'b' => self.cursor = self.previous(),
            'f' => self.cursor = self.next(),
            'd' => self.erase(self.cursor, self.next()),
            'h' => self.erase(self.previous(), self.cursor),
            'k' => self.cut(self.cursor, self.text.len()),
            'u' => self.cut(0, self.cursor),
            'w' => self.cut(self.word_start(), self.cursor),
            'y' => self.insert(&self.killed.clone()),
            'p' => self.older(),
            'n' => self.newer(),
            'r' => self.searching = Some(String::new()),
            _ => {}
        }
    }

    fn search_key(&mut self, key: Key) -> bool {
        let Some(mut wanted) = self.searching.take() else { return false };
        match (key.ctrl, key.code) {
            (true, Code::Char('r')) => {
                let before = self.browsing.as_ref().map_or(self.history.len(), |(at, _)| *at);
                self.find_older(&wanted, before);
            }
            (true, Code::Char('g')) | (_, Code::Esc) => {
                let typed = self.browsing.take().map(|(_, typed)| typed).unwrap_or_default();
                self.set(&typed);
                return true;
            }
            (_, Code::Backspace) => {
                wanted.pop();
                self.find_older(&wanted, self.history.len());
            }
            _ => match key.text() {
                Some(c) => {
                    wanted.push(c);
                    self.find_older(&wanted, self.history.len());
                }
                // Any other key ends the search and acts on the line found.
                None => return false,
            },
        }
        self.searching = Some(wanted);
        true
    }

    fn find_older(&mut self, wanted: &str, before: usize) {
        if wanted.is_empty() {
            return;
        }
        if let Some(at) = self.history[..before].iter().rposition(|line| line.contains(wanted)) {
            self.browse(at);
        }
    }

    fn older(&mut self) {
        let at = self.browsing.as_ref().map_or(self.history.len(), |(at, _)| *at);
        if at > 0 {
            self.browse(at - 1);
        }
    }

    fn newer(&mut self) {
        let Some((at, typed)) = self.browsing.clone() else { return };
        if at + 1 < self.history.len() {
            self.browse(at + 1);
        } else {
            self.browsing = None;
            self.set(&typed);
        }
    }

    fn browse(&mut self, at: usize) {
        let typed = self.browsing.take().map_or_else(|| self.text.clone(), |(_, typed)| typed);
        let line = self.history[at].clone();
        self.set(&line);
        self.browsing = Some((at, typed));
    }

    fn erase(&mut self, start: usize, end: usize) {
        self.text.replace_range(start..end, "");
        self.cursor = start;
        self.browsing = None;
    }

    fn cut(&mut self, start: usize, end: usize) {
        self.text[start..end].clone_into(&mut self.killed);
        self.erase(start, end);
    }

    fn previous(&self) -> usize {
        self.before_cursor().grapheme_indices(true).next_back().map_or(0, |(at, _)| at)
    }

    fn next(&self) -> usize {
        let after = self.text[self.cursor..].graphemes(true).next();
        self.cursor + after.map_or(0, str::len)
    }

    fn word_start(&self) -> usize {
        let before = self.before_cursor().trim_end();
        before
            .rfind(char::is_whitespace)
            .map_or(0, |at| at + before[at..].chars().next().map_or(0, char::len_utf8))
    }

    fn word_end(&self) -> usize {
        let after = &self.text[self.cursor..];
        let blanks = after.len() - after.trim_start().len();
        let word = after[blanks..].find(char::is_whitespace).unwrap_or(after.len() - blanks);
        self.cursor + blanks + word
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(keys: &str) -> LineEditor {
        let mut editor = LineEditor::default();
        for line in ["kubectl get pods", "kubectl logs web"] {
            editor.remember(line);
        }
        for key in keys.split(' ') {
            editor.key(key.parse().expect("a key"));
        }
        editor
    }

    #[test]
    fn keys_edit_the_line() {
        for (keys, expected) in [
            ("a b c", "abc"),
            ("a b ← x", "axb"),
            ("a é Bksp", "a"),
            ("a b Ctrl-A Del", "b"),
            ("a Space b c Ctrl-W", "a "),
            ("a Space b Ctrl-U Ctrl-Y", "a b"),
            ("a b Home Ctrl-K", ""),
            ("a Space b Alt-b x", "a xb"),
        ] {
            assert_eq!(typed(keys).text(), expected, "{keys}");
        }
    }

    #[test]
    fn history_goes_back_and_returns_to_what_was_typed() {
        assert_eq!(typed("x ↑").text(), "kubectl logs web");
        assert_eq!(typed("x ↑ ↑ ↑").text(), "kubectl get pods");
        assert_eq!(typed("x ↑ ↓").text(), "x");
    }

    #[test]
    fn ctrl_r_finds_older_lines_and_esc_gives_up() {
        assert_eq!(typed("Ctrl-R g e t").text(), "kubectl get pods");
        assert_eq!(typed("Ctrl-R k u b Ctrl-R").text(), "kubectl get pods");
        assert_eq!(typed("x Ctrl-R g e t Esc").text(), "x");
    }

    #[test]
    fn pasted_control_characters_are_left_out() {
        let mut editor = LineEditor::default();
        editor.insert("a\x1b[31mb\nc");
        assert_eq!(editor.text(), "a[31mbc");
    }
}
