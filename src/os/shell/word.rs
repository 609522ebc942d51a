//! Words taken apart: quotes, `$name`, `${…}`, `$(…)`, backquotes, `$((…))`, `~`. Linear in the length of the word, bounded in depth.

use std::sync::Arc;

use super::script::{Name, Operation, Parameter, Piece, Place, Subscript, Word};

/// Words within words at most.
const DEPTH: u32 = 40;

struct Reader {
    chars: Vec<char>,
    at: usize,
    depth: u32,
}

/// Where a word stands, which decides what quotes mean in it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Context {
    Plain,
    /// Inside double quotes.
    Double,
    /// A here-document: quotes are ordinary characters.
    Here,
}

/// A word of a command.
pub(super) fn parse(text: &str) -> Word {
    read(text, 0, Context::Plain)
}

/// The body of a here-document, or an arithmetic expression.
pub(super) fn parse_here(text: &str) -> Word {
    read(text, 0, Context::Here)
}

/// Text that stands for itself.
pub(super) fn literal(text: &str) -> Word {
    Word(vec![Piece::Text { text: text.to_owned(), quoted: true }])
}

fn read(text: &str, depth: u32, context: Context) -> Word {
    if depth > DEPTH {
        return Word(vec![Piece::Bad("too deeply nested".to_owned())]);
    }
    let mut reader = Reader { chars: text.chars().collect(), at: 0, depth };
    let mut pieces = Vec::new();
    if context == Context::Plain && reader.peek() == Some('~') {
        reader.home(&mut pieces);
    }
    while let Some(next) = reader.next() {
        reader.piece(next, context, &mut pieces);
    }
    Word(pieces)
}

fn push_text(pieces: &mut Vec<Piece>, letter: char, quoted: bool) {
    match pieces.last_mut() {
        Some(Piece::Text { text, quoted: last }) if *last == quoted => text.push(letter),
        _ => pieces.push(Piece::Text { text: letter.to_string(), quoted }),
    }
}

fn push_quoted(pieces: &mut Vec<Piece>, text: &str) {
    pieces.push(Piece::Text { text: text.to_owned(), quoted: true });
}

impl Reader {
    fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    fn peek_at(&self, ahead: usize) -> Option<char> {
        self.chars.get(self.at + ahead).copied()
    }

    fn next(&mut self) -> Option<char> {
        let next = self.peek()?;
        self.at += 1;
        Some(next)
    }

    fn take(&mut self, letter: char) -> bool {
        let found = self.peek() == Some(letter);
        self.at += usize::from(found);
        found
    }

    fn take_while(&mut self, accept: impl Fn(char) -> bool) -> String {
        let from = self.at;
        while self.peek().is_some_and(&accept) {
            self.at += 1;
        }
        self.chars[from..self.at].iter().collect()
    }

    fn home(&mut self, pieces: &mut Vec<Piece>) {
        let from = self.at;
        self.at += 1;
        let user =
            self.take_while(|letter| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '-' | '.'));
        if matches!(self.peek(), None | Some('/' | ':')) {
            pieces.push(Piece::Home(user));
        } else {
            self.at = from;
        }
    }

    fn piece(&mut self, next: char, context: Context, pieces: &mut Vec<Piece>) {
        let quoted = context != Context::Plain;
        match (next, context) {
            ('\\', _) => self.escape(context, pieces),
            ('\'', Context::Plain) => {
                let text = self.take_while(|letter| letter != '\'');
                self.at += 1;
                push_quoted(pieces, &text);
            }
            ('"', Context::Plain) => self.double_quoted(pieces),
            ('$', Context::Plain) if self.peek() == Some('\'') => {
                self.at += 1;
                self.ansi_quoted(pieces);
            }
            ('$', Context::Plain) if self.peek() == Some('"') => {
                self.at += 1;
                self.double_quoted(pieces);
            }
            ('$', _) => self.dollar(quoted, pieces),
            ('`', _) => {
                let source = self.backquoted(context == Context::Double);
                pieces.push(Piece::Command { source: source.into(), quoted });
            }
            (letter, _) => push_text(pieces, letter, quoted),
        }
    }

    fn escape(&mut self, context: Context, pieces: &mut Vec<Piece>) {
        let Some(next) = self.next() else {
            push_text(pieces, '\\', true);
            return;
        };
        let special = match context {
            Context::Plain => true,
            Context::Double => matches!(next, '$' | '`' | '"' | '\\' | '\n'),
            Context::Here => matches!(next, '$' | '`' | '\\' | '\n'),
        };
        if !special {
            push_text(pieces, '\\', true);
        }
        if !(special && next == '\n') {
            push_text(pieces, next, true);
        }
    }

    fn double_quoted(&mut self, pieces: &mut Vec<Piece>) {
        push_quoted(pieces, "");
        while let Some(next) = self.next() {
            if next == '"' {
                return;
            }
            self.piece(next, Context::Double, pieces);
        }
    }

    fn ansi_quoted(&mut self, pieces: &mut Vec<Piece>) {
        let mut raw = String::new();
        while let Some(next) = self.next() {
            match next {
                '\'' => break,
                '\\' => {
                    raw.push('\\');
                    raw.extend(self.next());
                }
                letter => raw.push(letter),
            }
        }
        push_quoted(pieces, &String::from_utf8_lossy(&super::super::program::text::unescape(&raw, false).0));
    }

    fn backquoted(&mut self, double: bool) -> String {
        let mut source = String::new();
        while let Some(next) = self.next() {
            match next {
                '`' => break,
                '\\' => match self.next() {
                    Some(letter @ ('`' | '\\' | '$')) => source.push(letter),
                    Some('"') if double => source.push('"'),
                    Some(letter) => source.extend(['\\', letter]),
                    None => source.push('\\'),
                },
                letter => source.push(letter),
            }
        }
        source
    }

    fn dollar(&mut self, quoted: bool, pieces: &mut Vec<Piece>) {
        match (self.peek(), self.peek_at(1)) {
            (Some('('), Some('(')) => {
                let from = self.at;
                self.at += 2;
                if let Some(expression) = self.arithmetic() {
                    let expression = read(&expression, self.depth + 1, Context::Here);
                    pieces.push(Piece::Arithmetic { expression, quoted });
                } else {
                    self.at = from + 1;
                    self.command(quoted, pieces);
                }
            }
            (Some('('), _) => {
                self.at += 1;
                self.command(quoted, pieces);
            }
            (Some('{'), _) => {
                self.at += 1;
                self.braced(quoted, pieces);
            }
            _ => match self.short_name() {
                Some(name) => pieces.push(Piece::Parameter {
                    parameter: Parameter { name, indirect: false, operation: Operation::Get },
                    quoted,
                }),
                None => push_text(pieces, '$', quoted),
            },
        }
    }

    fn command(&mut self, quoted: bool, pieces: &mut Vec<Piece>) {
        let source = self.balanced(')');
        pieces.push(Piece::Command { source: Arc::from(source), quoted });
    }

    /// The text up to `))`, if that is how it ends.
    fn arithmetic(&mut self) -> Option<String> {
        let inner = self.balanced(')');
        self.take(')').then_some(inner)
    }

    /// The text up to the closing character that belongs here; quotes and nested parentheses are skipped over.
    fn balanced(&mut self, close: char) -> String {
        let open = match close {
            ')' => '(',
            ']' => '[',
            _ => '{',
        };
        let mut text = String::new();
        let mut depth = 0u32;
        while let Some(next) = self.next() {
            match next {
                '\\' => {
                    text.push('\\');
                    text.extend(self.next());
                    continue;
                }
                '\'' => {
                    text.push('\'');
                    text.push_str(&self.take_while(|letter| letter != '\''));
                    text.extend(self.next());
                    continue;
                }
                '"' => {
                    text.push('"');
                    text.push_str(&self.skip_double());
                    continue;
                }
                letter if letter == close && depth == 0 => return text,
                letter if letter == close => depth -= 1,
                letter if letter == open => depth += 1,
                _ => {}
            }
            text.push(next);
        }
        text
    }

    /// The rest of a double-quoted string with its closing quote; command substitutions inside may hold quotes of their own.
    fn skip_double(&mut self) -> String {
        let mut text = String::new();
        let mut nested = 0u32;
        while let Some(next) = self.next() {
            text.push(next);
            match next {
                '\\' => text.extend(self.next()),
                '$' if self.peek() == Some('(') => {
                    nested += 1;
                    text.extend(self.next());
                }
                '(' if nested > 0 => nested += 1,
                ')' => nested = nested.saturating_sub(1),
                '"' if nested == 0 => break,
                _ => {}
            }
        }
        text
    }

    fn short_name(&mut self) -> Option<Name> {
        let first = self.peek()?;
        if first.is_ascii_alphabetic() || first == '_' {
            return Some(Name::Variable(
                self.take_while(|letter| letter.is_ascii_alphanumeric() || letter == '_'),
            ));
        }
        let name = special(first)?;
        self.at += 1;
        Some(name)
    }

    fn long_name(&mut self) -> Option<Name> {
        if self.peek().is_some_and(|first| first.is_ascii_digit()) {
            let digits = self.take_while(|letter| letter.is_ascii_digit());
            return Some(Name::Positional(digits.parse().unwrap_or(usize::MAX)));
        }
        self.short_name()
    }

    /// A name within braces, which may be that of an element.
    fn element_name(&mut self) -> Option<Name> {
        let name = match self.long_name()? {
            Name::Variable(name) if self.take('[') => name,
            other => return Some(other),
        };
        let text = self.balanced(']');
        let subscript = match text.as_str() {
            _ if self.chars.get(self.at - 1) != Some(&']') => return None,
            "" => return None,
            "@" => Subscript::At,
            "*" => Subscript::Star,
            _ => Subscript::Index(read(&text, self.depth + 1, Context::Plain)),
        };
        Some(Name::Element(name, subscript))
    }

    fn braced(&mut self, quoted: bool, pieces: &mut Vec<Piece>) {
        let body = self.balanced('}');
        let mut inner = Reader { chars: body.chars().collect(), at: 0, depth: self.depth + 1 };
        pieces.push(match inner.parameter(quoted) {
            Some(parameter) if inner.depth <= DEPTH => Piece::Parameter { parameter, quoted },
            _ => Piece::Bad(format!("${{{body}}}: bad substitution")),
        });
    }

    fn parameter(&mut self, quoted: bool) -> Option<Parameter> {
        if self.peek() == Some('#') && self.chars.len() > 1 {
            self.at = 1;
            let name = self.element_name()?;
            return (self.at == self.chars.len()).then_some(Parameter {
                name,
                indirect: false,
                operation: Operation::Length,
            });
        }
        let indirect = self.peek() == Some('!') && self.chars.len() > 1 && self.take('!');
        let name = self.element_name()?;
        let operation = self.operation(quoted)?;
        Some(Parameter { name, indirect, operation })
    }

    fn rest(&mut self, quoted: bool) -> Word {
        let rest: String = self.chars[self.at..].iter().collect();
        self.at = self.chars.len();
        let context = if quoted { Context::Double } else { Context::Plain };
        read(&rest, self.depth, context)
    }

    fn operation(&mut self, quoted: bool) -> Option<Operation> {
        let Some(first) = self.next() else { return Some(Operation::Get) };
        if first == ':' && !matches!(self.peek(), Some('-' | '=' | '?' | '+')) {
            return Some(self.substring());
        }
        let null = first == ':';
        let sign = if null { self.next()? } else { first };
        Some(match sign {
            '-' => Operation::Default { null, word: self.rest(quoted) },
            '=' => Operation::Assign { null, word: self.rest(quoted) },
            '?' => Operation::Error { null, word: self.rest(quoted) },
            '+' => Operation::Alternative { null, word: self.rest(quoted) },
            '#' | '%' => {
                let longest = self.take(sign);
                Operation::Trim { suffix: sign == '%', longest, pattern: self.rest(false) }
            }
            '/' => self.replace(),
            '^' | ',' => {
                let all = self.take(sign);
                Operation::Case { upper: sign == '^', all }
            }
            _ => return None,
        })
    }

    fn substring(&mut self) -> Operation {
        let rest: String = self.chars[self.at..].iter().collect();
        self.at = self.chars.len();
        let (offset, length) =
            rest.split_once(':').map_or((rest.as_str(), None), |(offset, length)| (offset, Some(length)));
        let word = |text: &str| read(text, self.depth, Context::Here);
        Operation::Substring { offset: word(offset), length: length.map(word) }
    }

    fn replace(&mut self) -> Operation {
        let place = match self.peek() {
            Some('/') => Place::All,
            Some('#') => Place::Prefix,
            Some('%') => Place::Suffix,
            _ => Place::First,
        };
        self.at += usize::from(place != Place::First);
        let mut pattern = String::new();
        while let Some(next) = self.next() {
            match next {
                '/' => break,
                '\\' => {
                    pattern.push('\\');
                    pattern.extend(self.next());
                }
                letter => pattern.push(letter),
            }
        }
        Operation::Replace {
            place,
            pattern: read(&pattern, self.depth, Context::Plain),
            replacement: self.rest(false),
        }
    }
}

fn special(letter: char) -> Option<Name> {
    Some(match letter {
        '@' => Name::At,
        '*' => Name::Star,
        '#' => Name::Count,
        '?' => Name::Status,
        '-' => Name::Flags,
        '$' => Name::Pid,
        '!' => Name::Background,
        digit if digit.is_ascii_digit() => Name::Positional(digit as usize - '0' as usize),
        _ => return None,
    })
}
