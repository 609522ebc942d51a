//! The fields a word splits into.

#[derive(Default)]
pub(super) struct Field {
    pub text: String,
    /// The text with what was quoted escaped.
    pub pattern: String,
    pub globs: bool,
}

/// Words as they come about.
#[derive(Default)]
pub(super) struct Fields {
    pub done: Vec<Field>,
    pub open: Option<Field>,
}

/// What means something in a pattern.
const SPECIAL: [char; 8] = ['*', '?', '[', ']', '\\', '-', '!', '^'];

impl Fields {
    pub fn push(&mut self, text: &str, quoted: bool) {
        let field = self.open.get_or_insert_default();
        field.text.push_str(text);
        // Most text has none of them, and may be long.
        if !SPECIAL.iter().any(|special| text.contains(*special)) {
            return field.pattern.push_str(text);
        }
        for letter in text.chars() {
            if SPECIAL.contains(&letter) && (quoted || letter == '\\') {
                field.pattern.push('\\');
            }
            field.globs |= !quoted && matches!(letter, '*' | '?' | '[');
            field.pattern.push(letter);
        }
    }

    pub fn cut(&mut self) {
        self.done.extend(self.open.take());
    }

    /// Adds the result of an unquoted expansion, split at the separators.
    pub fn split(&mut self, text: &str, separators: &str) {
        let mut rest = text;
        loop {
            let blank = |letter: char| letter.is_ascii_whitespace() && separators.contains(letter);
            let trimmed = rest.trim_start_matches(blank);
            if trimmed.len() < rest.len() {
                self.cut();
            }
            rest = trimmed;
            if rest.is_empty() {
                return;
            }
            let end = rest.find(|letter| separators.contains(letter)).unwrap_or(rest.len());
            if end > 0 {
                self.push(&rest[..end], false);
            }
            rest = &rest[end..];
            let after = rest.trim_start_matches(blank);
            if let Some(separator) = after.chars().next()
                && separators.contains(separator)
            {
                self.open.get_or_insert_default();
                self.cut();
                rest = &after[separator.len_utf8()..];
            }
        }
    }
}
