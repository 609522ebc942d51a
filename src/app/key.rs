//! Keys as the tutor understands them. Does not know the terminal library: `world::input` translates.

use std::fmt;
use std::str::FromStr;

/// What was pressed, without modifiers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Code {
    /// A character, upper case when Shift was held.
    Char(char),
    /// Return.
    Enter,
    /// Escape.
    Esc,
    /// Tab.
    Tab,
    /// Shift-Tab.
    BackTab,
    /// Backspace.
    Backspace,
    /// Forward delete.
    Delete,
    /// Arrow left.
    Left,
    /// Arrow right.
    Right,
    /// Arrow up.
    Up,
    /// Arrow down.
    Down,
    /// Home.
    Home,
    /// End.
    End,
    /// Page up.
    PageUp,
    /// Page down.
    PageDown,
    /// A function key.
    F(u8),
}

/// A key press.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    /// What was pressed.
    pub code: Code,
    /// With Control.
    pub ctrl: bool,
    /// With Alt.
    pub alt: bool,
    /// With Shift; only for keys that are not characters.
    pub shift: bool,
}

impl Key {
    /// A key without modifiers.
    pub const fn plain(code: Code) -> Key {
        Key { code, ctrl: false, alt: false, shift: false }
    }

    /// A character without modifiers.
    pub const fn char(c: char) -> Key {
        Key::plain(Code::Char(c))
    }

    /// A character with Control.
    pub const fn ctrl(c: char) -> Key {
        Key { code: Code::Char(c), ctrl: true, alt: false, shift: false }
    }

    /// The character this key types into a text field.
    pub fn text(self) -> Option<char> {
        match self.code {
            Code::Char(c) if !self.ctrl && !self.alt => Some(c),
            _ => None,
        }
    }
}

/// The names of the keys that are not characters, for display and for scripts of keys.
const NAMES: &[(Code, &str)] = &[
    (Code::Enter, "Enter"),
    (Code::Esc, "Esc"),
    (Code::Tab, "Tab"),
    (Code::BackTab, "Shift-Tab"),
    (Code::Backspace, "Bksp"),
    (Code::Delete, "Del"),
    (Code::Left, "←"),
    (Code::Right, "→"),
    (Code::Up, "↑"),
    (Code::Down, "↓"),
    (Code::Home, "Home"),
    (Code::End, "End"),
    (Code::PageUp, "PgUp"),
    (Code::PageDown, "PgDn"),
    (Code::Char(' '), "Space"),
];

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.ctrl {
            f.write_str("Ctrl-")?;
        }
        if self.alt {
            f.write_str("Alt-")?;
        }
        if self.shift {
            f.write_str("Shift-")?;
        }
        match (NAMES.iter().find(|(code, _)| *code == self.code), self.code) {
            (Some((_, name)), _) => f.write_str(name),
            (None, Code::Char(c)) if self.ctrl => write!(f, "{}", c.to_ascii_uppercase()),
            (None, Code::Char(c)) => write!(f, "{c}"),
            (None, Code::F(n)) => write!(f, "F{n}"),
            (None, other) => write!(f, "{other:?}"),
        }
    }
}

impl FromStr for Key {
    type Err = String;

    fn from_str(text: &str) -> Result<Key, String> {
        let (mut rest, mut key) = (text, Key::char(' '));
        while let Some((prefix, after)) = ["Ctrl-", "Alt-", "Shift-"]
            .iter()
            .find_map(|p| rest.strip_prefix(p).filter(|after| !after.is_empty()).map(|after| (*p, after)))
            .filter(|_| !NAMES.iter().any(|(_, name)| name.eq_ignore_ascii_case(rest)))
        {
            match prefix {
                "Ctrl-" => key.ctrl = true,
                "Alt-" => key.alt = true,
                _ => key.shift = true,
            }
            rest = after;
        }
        key.code = code_named(rest).ok_or_else(|| format!("unknown key '{text}'"))?;
        if let (true, Code::Char(c)) = (key.ctrl, key.code) {
            key.code = Code::Char(c.to_ascii_lowercase());
        }
        Ok(key)
    }
}

fn code_named(name: &str) -> Option<Code> {
    if let Some((code, _)) = NAMES.iter().find(|(_, n)| n.eq_ignore_ascii_case(name)) {
        return Some(*code);
    }
    let mut chars = name.chars();
    match (chars.next(), chars.as_str()) {
        (Some(c), "") => Some(Code::Char(c)),
        (Some('F'), digits) => digits.parse().ok().map(Code::F),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_reads_back_what_it_shows() {
        for text in [
            "a",
            "G",
            "Ctrl-C",
            "Enter",
            "Esc",
            "PgDn",
            "F1",
            "Space",
            "Alt-Enter",
            "Shift-↓",
            "Shift-Tab",
            "-",
        ] {
            assert_eq!(text.parse::<Key>().map(|k| k.to_string()).as_deref(), Ok(text));
        }
    }

    #[test]
    fn an_unknown_name_is_refused() {
        assert!("Hyper-Q".parse::<Key>().is_err());
        assert!("".parse::<Key>().is_err());
    }

    #[test]
    fn only_bare_characters_are_text() {
        assert_eq!(Key::char('x').text(), Some('x'));
        assert_eq!(Key::ctrl('x').text(), None);
        assert_eq!(Key::plain(Code::Enter).text(), None);
    }
}
