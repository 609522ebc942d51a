//! Cutting a template into text and the tokens of its actions (`text/template/parse/lex.go`).

use serde_json::Value;

/// Where something stands, for messages: line from one, byte of the line from zero.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Spot {
    pub line: usize,
    pub column: usize,
}

/// What a token is.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Kind {
    /// Text between actions.
    Text,
    /// The end of an action, or of the template.
    Close,
    End,
    /// `.name`, the name without its dot.
    Field(String),
    /// `$name`.
    Variable(String),
    /// A bare word: a function or a keyword.
    Word,
    Constant(Value),
    Nil,
    Dot,
    /// Any other sign, `:=` included.
    Sign,
}

/// A token and its text in the template.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Token {
    pub kind: Kind,
    pub text: String,
    pub spot: Spot,
    /// Whether a blank stands before it.
    pub spaced: bool,
}

/// The tokens of a template. The error is the lexer's own, after the number of its line.
pub(super) fn tokens(template: &str) -> Result<Vec<Token>, String> {
    let mut lexer = Lexer { template, at: 0, tokens: Vec::new() };
    let mut trim = false;
    while let Some(open) = template[lexer.at..].find("{{") {
        let open = lexer.at + open;
        let inside = &template[open + 2..];
        let trims = inside.starts_with("- ") || inside.starts_with("-\n") || inside.starts_with("-\t");
        lexer.text(open, trim, trims);
        lexer.at = open + 2 + usize::from(trims);
        trim = match template[lexer.at..].trim_start().strip_prefix("/*") {
            Some(comment) => lexer.comment(template.len() - comment.len())?,
            None => lexer.action()?,
        };
    }
    lexer.text(template.len(), trim, false);
    lexer.push(Kind::End, 0, false);
    Ok(lexer.tokens)
}

struct Lexer<'a> {
    template: &'a str,
    at: usize,
    tokens: Vec<Token>,
}

impl Lexer<'_> {
    fn spot(&self, at: usize) -> Spot {
        let before = &self.template[..at];
        let start = before.rfind('\n').map_or(0, |newline| newline + 1);
        Spot { line: before.matches('\n').count() + 1, column: at - start }
    }

    fn error<T>(&self, why: impl std::fmt::Display) -> Result<T, String> {
        Err(format!("{}: {why}", self.spot(self.at).line))
    }

    /// Takes the next bytes as a token.
    fn push(&mut self, kind: Kind, length: usize, spaced: bool) {
        let text = self.template[self.at..self.at + length].to_owned();
        self.tokens.push(Token { kind, text, spot: self.spot(self.at), spaced });
        self.at += length;
    }

    fn text(&mut self, end: usize, trim_start: bool, trim_end: bool) {
        let mut text = &self.template[self.at..end];
        if trim_start {
            text = text.trim_start();
        }
        if trim_end {
            text = text.trim_end();
        }
        if !text.is_empty() {
            let spot = self.spot(self.at);
            self.tokens.push(Token { kind: Kind::Text, text: text.to_owned(), spot, spaced: false });
        }
        self.at = end;
    }

    fn comment(&mut self, start: usize) -> Result<bool, String> {
        let Some(end) = self.template[start..].find("*/") else { return self.error("unclosed comment") };
        self.at = start + end + 2;
        let rest = &self.template[self.at..];
        let trims = rest.starts_with(" -}}");
        match rest.strip_prefix(if trims { " -}}" } else { "}}" }) {
            Some(rest) => self.at = self.template.len() - rest.len(),
            None => return self.error("comment ends before closing delimiter"),
        }
        Ok(trims)
    }

    /// Takes the tokens of one action; returns whether the text after it loses its leading blanks.
    fn action(&mut self) -> Result<bool, String> {
        let mut open = 0usize;
        loop {
            let rest = &self.template[self.at..];
            let blank = rest.len() - rest.trim_start_matches([' ', '\t', '\r', '\n']).len();
            let (spaced, rest) = (blank > 0, &rest[blank..]);
            self.at += blank;
            let trims = spaced && rest.starts_with("-}}");
            if trims || rest.starts_with("}}") {
                if open > 0 {
                    return self.error("unclosed left paren");
                }
                self.push(Kind::Close, 2 + usize::from(trims), spaced);
                return Ok(trims);
            }
            match rest.chars().next() {
                None => return self.error("unclosed action"),
                Some('(') => open += 1,
                Some(')') if open == 0 => return self.error("unexpected right paren"),
                Some(')') => open -= 1,
                Some(_) => {}
            }
            self.token(spaced)?;
        }
    }

    fn token(&mut self, spaced: bool) -> Result<(), String> {
        let rest = &self.template[self.at..];
        let c = rest.chars().next().unwrap_or_default();
        let word_end = |from: usize| {
            rest[from..].find(|c: char| !c.is_alphanumeric() && c != '_').map_or(rest.len(), |end| end + from)
        };
        match c {
            '"' => self.quoted(spaced),
            '`' => match rest[1..].find('`') {
                Some(end) => {
                    self.push(Kind::Constant(rest[1..=end].into()), end + 2, spaced);
                    Ok(())
                }
                None => self.error("unterminated raw quoted string"),
            },
            '\'' => self.character(spaced),
            '.' if !rest[1..].starts_with(|c: char| c.is_ascii_digit()) => {
                let end = word_end(1);
                let kind = if end == 1 { Kind::Dot } else { Kind::Field(rest[1..end].to_owned()) };
                self.word(kind, end, spaced)
            }
            '$' => self.word(Kind::Variable(rest[1..word_end(1)].to_owned()), word_end(1), spaced),
            c if c.is_ascii_digit() || "+-.".contains(c) => self.number(spaced),
            c if c.is_alphabetic() || c == '_' => {
                let end = word_end(0);
                let kind = match &rest[..end] {
                    "true" => Kind::Constant(true.into()),
                    "false" => Kind::Constant(false.into()),
                    "nil" => Kind::Nil,
                    _ => Kind::Word,
                };
                self.word(kind, end, spaced)
            }
            ':' if !rest.starts_with(":=") => self.error("expected :="),
            c if c.is_ascii_graphic() => {
                self.push(Kind::Sign, if c == ':' { 2 } else { 1 }, spaced);
                Ok(())
            }
            c => self.error(format!("unrecognized character in action: {}", code(c))),
        }
    }

    /// A word, after which something else has to begin.
    fn word(&mut self, kind: Kind, length: usize, spaced: bool) -> Result<(), String> {
        let after = &self.template[self.at + length..];
        let ends = after.is_empty() || after.starts_with("}}") || kind == Kind::Dot;
        match after.chars().next().filter(|c| !c.is_whitespace() && !".,|:()=".contains(*c)) {
            Some(c) if !ends => self.error(format!("bad character {}", code(c))),
            _ => {
                self.push(kind, length, spaced);
                Ok(())
            }
        }
    }

    fn number(&mut self, spaced: bool) -> Result<(), String> {
        let rest = &self.template[self.at..];
        let mut end = 1;
        for (i, c) in rest.char_indices().skip(1) {
            let sign = (c == '+' || c == '-') && rest[..i].ends_with(['e', 'E']);
            if !c.is_alphanumeric() && c != '.' && c != '_' && !sign {
                break;
            }
            end = i + c.len_utf8();
        }
        match number(&rest[..end]) {
            Some(value) => {
                self.push(Kind::Constant(value), end, spaced);
                Ok(())
            }
            None => self.error(format!("bad number syntax: {:?}", &rest[..end])),
        }
    }

    fn character(&mut self, spaced: bool) -> Result<(), String> {
        let rest = &self.template[self.at..];
        let Some(end) = rest[1..].find('\'').map(|end| end + 1) else {
            return self.error("unterminated character constant");
        };
        match unquote(&rest[1..end]).filter(|text| text.chars().count() == 1) {
            Some(text) => {
                let number = text.chars().next().map_or(0, u32::from);
                self.push(Kind::Constant(number.into()), end + 1, spaced);
                Ok(())
            }
            None => self.error(format!("malformed character constant: {}", &rest[..=end])),
        }
    }

    fn quoted(&mut self, spaced: bool) -> Result<(), String> {
        let rest = &self.template[self.at..];
        let mut escaped = false;
        for (i, c) in rest.char_indices().skip(1) {
            match c {
                _ if escaped => escaped = false,
                '\\' => escaped = true,
                '\n' => break,
                '"' => {
                    let Some(text) = unquote(&rest[1..i]) else { return self.error("invalid syntax") };
                    self.push(Kind::Constant(text.into()), i + 1, spaced);
                    return Ok(());
                }
                _ => {}
            }
        }
        self.error("unterminated quoted string")
    }
}

fn code(c: char) -> String {
    format!("U+{:04X} {c:?}", u32::from(c))
}

fn number(text: &str) -> Option<Value> {
    let plain = text.replace('_', "");
    let (sign, digits) = match plain.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, plain.strip_prefix('+').unwrap_or(&plain)),
    };
    let radix = match digits.get(..2) {
        Some("0x" | "0X") => 16,
        Some("0b" | "0B") => 2,
        Some("0o" | "0O") => 8,
        _ => 10,
    };
    if radix != 10 {
        return i64::from_str_radix(&digits[2..], radix).ok().map(|n| (n * sign).into());
    }
    if digits.len() > 1 && digits.starts_with('0') && digits.bytes().all(|b| b.is_ascii_digit()) {
        return i64::from_str_radix(digits, 8).ok().map(|n| (n * sign).into());
    }
    if let Ok(whole) = plain.parse::<i64>() {
        return Some(whole.into());
    }
    let float: f64 = plain.parse().ok().filter(|n: &f64| n.is_finite())?;
    // `1e3` is a whole number to Go, `1.0` is not.
    let whole = !plain.contains('.') && float.fract() == 0.0 && float.abs() < 1e18;
    Some(if whole { (float as i64).into() } else { float.into() })
}

/// The text of a Go string without its quotes; `None` for an escape that Go does not know.
fn unquote(inner: &str) -> Option<String> {
    let (mut text, mut rest) = (String::new(), inner);
    while let Some(c) = rest.chars().next() {
        rest = &rest[c.len_utf8()..];
        if c != '\\' {
            text.push(c);
            continue;
        }
        let escape = rest.chars().next()?;
        let (skipped, length, radix) = match escape {
            'x' => (1, 2, 16),
            'u' => (1, 4, 16),
            'U' => (1, 8, 16),
            '0'..='7' => (0, 3, 8),
            _ => {
                text.push(plain_escape(escape)?);
                rest = &rest[escape.len_utf8()..];
                continue;
            }
        };
        let digits = rest.get(skipped..skipped + length)?;
        text.push(char::from_u32(u32::from_str_radix(digits, radix).ok()?)?);
        rest = &rest[skipped + length..];
    }
    Some(text)
}

fn plain_escape(escape: char) -> Option<char> {
    Some(match escape {
        'n' => '\n',
        't' => '\t',
        'r' => '\r',
        'a' => '\u{7}',
        'b' => '\u{8}',
        'f' => '\u{c}',
        'v' => '\u{b}',
        '\\' | '"' | '\'' => escape,
        _ => return None,
    })
}
