//! Aliases: a word that stands for the beginning of a command. They are replaced in the source before it is parsed, as POSIX has it
//! (2.3.1 Alias Substitution). Knows quotes, operators and the words after which a command begins, and no other grammar.

use super::compile::is_too_big;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// Names and what they stand for.
pub(super) type Aliases = BTreeMap<String, String>;

/// Bytes of source from which on nothing is replaced any more.
const OUT_MAX: usize = 1 << 20;

/// Reserved words after which a command begins.
const LEADERS: [&str; 9] = ["!", "{", "do", "elif", "else", "if", "then", "until", "while"];

/// `source` with its aliases replaced.
pub(super) fn expand<'a>(source: &'a str, aliases: &Aliases) -> Cow<'a, str> {
    let mentioned = aliases.keys().any(|name| source.contains(name.as_str()));
    if !mentioned || is_too_big(source) {
        return Cow::Borrowed(source);
    }
    let mut reader = Reader {
        aliases,
        out: String::new(),
        replaced: false,
        place: Place::Command,
        target: None,
        again: false,
        cases: 0,
        documents: Vec::new(),
    };
    reader.walk(source, &mut Vec::new());
    if reader.replaced { Cow::Owned(reader.out) } else { Cow::Borrowed(source) }
}

/// What a word at this place would be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// The name of a command.
    Command,
    /// One of its arguments.
    Argument,
    /// What `case` looks at; `in` follows.
    Subject,
    /// A pattern of `case`.
    Pattern,
}

/// A document that begins after the line being read: the line that ends it, and whether tabs before that do not count.
struct Document {
    end: String,
    tabs: bool,
}

struct Reader<'a> {
    aliases: &'a Aliases,
    out: String,
    replaced: bool,
    place: Place,
    /// The next word is the file of a redirection, or the end of a document.
    target: Option<Target>,
    /// The alias before ended in a blank: the next word may be one too.
    again: bool,
    /// How many `case` are open.
    cases: usize,
    documents: Vec<Document>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Target {
    File,
    Document { tabs: bool },
}

impl<'a> Reader<'a> {
    /// Reads a text; `within` are the aliases whose values it is part of, which are not replaced again.
    fn walk(&mut self, text: &str, within: &mut Vec<&'a str>) {
        let mut rest = text;
        while let Some(letter) = rest.chars().next() {
            let length = match letter {
                '\n' => self.line_end(rest),
                blank if blank.is_ascii_whitespace() => self.copy(&rest[..1]),
                '#' => self.copy(rest.split('\n').next().unwrap_or_default()),
                ';' | '&' | '|' | '(' | ')' => self.operator(rest),
                '<' | '>' => self.redirection(rest),
                _ => self.word(rest, within),
            };
            rest = &rest[length..];
        }
    }

    fn copy(&mut self, text: &str) -> usize {
        self.out.push_str(text);
        text.len()
    }

    /// The end of a line, and the documents that stand below it.
    fn line_end(&mut self, rest: &str) -> usize {
        let mut length = self.copy("\n");
        if self.place == Place::Argument {
            self.place = Place::Command;
        }
        (self.target, self.again) = (None, false);
        for document in std::mem::take(&mut self.documents) {
            for line in rest[length..].split_inclusive('\n') {
                length += self.copy(line);
                let bare = line.trim_end_matches('\n');
                let bare = if document.tabs { bare.trim_start_matches('\t') } else { bare };
                if bare == document.end {
                    break;
                }
            }
        }
        length
    }

    fn operator(&mut self, rest: &str) -> usize {
        self.again = false;
        let long = [";;&", ";;", ";&", "&&", "||"].into_iter().find(|operator| rest.starts_with(operator));
        let found = long.unwrap_or(&rest[..1]);
        self.place = match (found, self.place) {
            (";;&" | ";;" | ";&", _) if self.cases > 0 => Place::Pattern,
            ("(" | "|", Place::Pattern) => Place::Pattern,
            (")", Place::Pattern) => Place::Command,
            (")", _) => Place::Argument,
            _ => Place::Command,
        };
        self.copy(found)
    }

    fn redirection(&mut self, rest: &str) -> usize {
        let operators = ["<<-", "<<<", "<<", "<>", "<&", ">>", ">&", ">|", "<(", ">("];
        let found =
            operators.iter().find(|operator| rest.starts_with(**operator)).copied().unwrap_or(&rest[..1]);
        self.target = match found {
            "<<" => Some(Target::Document { tabs: false }),
            "<<-" => Some(Target::Document { tabs: true }),
            "<(" | ">(" => {
                self.place = Place::Command;
                None
            }
            _ => Some(Target::File),
        };
        self.copy(found)
    }

    fn word(&mut self, rest: &str, within: &mut Vec<&'a str>) -> usize {
        let word = &rest[..word_end(rest)];
        match self.target.take() {
            Some(Target::Document { tabs }) => {
                let end = word.chars().filter(|letter| !"\"'\\".contains(*letter)).collect();
                self.documents.push(Document { end, tabs });
                return self.copy(word);
            }
            Some(Target::File) => return self.copy(word),
            None => {}
        }
        // The number of a descriptor belongs to the redirection after it.
        let descriptor =
            word.bytes().all(|byte| byte.is_ascii_digit()) && rest[word.len()..].starts_with(['<', '>']);
        let may_be = std::mem::take(&mut self.again) || self.place == Place::Command;
        if descriptor {
            return self.copy(word);
        }
        if may_be && self.replace(word, within) {
            return word.len();
        }
        self.place = self.after(word);
        self.copy(word)
    }

    /// Puts in what a word stands for, if it is an alias.
    fn replace(&mut self, word: &str, within: &mut Vec<&'a str>) -> bool {
        let Some((name, value)) = self.aliases.get_key_value(word) else { return false };
        if within.contains(&name.as_str()) || self.out.len() > OUT_MAX {
            return false;
        }
        self.replaced = true;
        within.push(name);
        // Its first word may be an alias again, wherever it stands.
        self.again = true;
        self.walk(value, within);
        within.pop();
        self.again = value.ends_with([' ', '\t']);
        true
    }

    /// What comes after a word.
    fn after(&mut self, word: &str) -> Place {
        match (self.place, word) {
            (Place::Subject, "in") => Place::Pattern,
            (Place::Subject, _) => Place::Subject,
            (Place::Pattern | Place::Command, "esac") => {
                self.cases = self.cases.saturating_sub(1);
                Place::Argument
            }
            (Place::Pattern, _) => Place::Pattern,
            (Place::Command, "case") => {
                self.cases += 1;
                Place::Subject
            }
            (Place::Command, word) if LEADERS.contains(&word) || is_assignment(word) => Place::Command,
            _ => Place::Argument,
        }
    }
}

fn is_assignment(word: &str) -> bool {
    word.split_once('=').is_some_and(|(name, _)| super::variables::is_name(name.trim_end_matches('+')))
}

/// Where the word at the start of `text` ends: at the first blank or operator that no quotes and no brackets hold.
fn word_end(text: &str) -> usize {
    let mut at = 0;
    while let Some(letter) = text[at..].chars().next() {
        if letter.is_ascii_whitespace() || ";&|()<>".contains(letter) {
            break;
        }
        at += piece(&text[at..], letter);
    }
    at
}

/// The length of a letter, or of what is quoted or bracketed from it on.
fn piece(text: &str, letter: char) -> usize {
    match letter {
        '\\' => text.chars().take(2).map(char::len_utf8).sum(),
        '\'' => text[1..].find('\'').map_or(text.len(), |end| end + 2),
        '"' | '`' => closed(text, 1, letter),
        '$' if text.starts_with("$(") => closed(text, 2, ')'),
        '$' if text.starts_with("${") => closed(text, 2, '}'),
        other => other.len_utf8(),
    }
}

/// The length up to and with `end`, from `from` on.
fn closed(text: &str, from: usize, end: char) -> usize {
    let mut at = from;
    while let Some(letter) = text[at..].chars().next() {
        if letter == end {
            return at + letter.len_utf8();
        }
        at += match letter {
            // Between double quotes a single quote is a letter like any other.
            '\'' if end == '"' => 1,
            '(' if end == ')' => closed(&text[at..], 1, ')'),
            _ => piece(&text[at..], letter),
        };
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn aliases(pairs: &[(&str, &str)]) -> Aliases {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[track_caller]
    fn becomes(source: &str, expected: &str) {
        let known = aliases(&[
            ("k", "kubectl "),
            ("gp", "get pods"),
            ("ls", "ls -l"),
            ("up", "grep ' Running' |"),
            ("n", "wc -l"),
            ("a", "b"),
            ("b", "a x"),
        ]);
        assert_eq!(expand(source, &known), expected);
    }

    #[test]
    fn the_first_word_of_every_command_is_replaced() {
        becomes("k get n", "kubectl  get n");
        becomes("echo k; k a | n && n || n", "echo k; kubectl  a x | wc -l && wc -l || wc -l");
        becomes("A=1 n >f 2>n n", "A=1 wc -l >f 2>n n");
        becomes("2>f n", "2>f wc -l");
        becomes("if n; then n; else n; fi", "if wc -l; then wc -l; else wc -l; fi");
        becomes("for n in n n; do n; done\nn", "for n in n n; do wc -l; done\nwc -l");
        becomes("(n) ; { n; }", "(wc -l) ; { wc -l; }");
    }

    #[test]
    fn a_value_that_ends_in_a_blank_lets_the_next_word_be_an_alias() {
        becomes("k gp -o wide", "kubectl  get pods -o wide");
        becomes("n gp", "wc -l gp");
    }

    #[test]
    fn an_alias_is_not_replaced_within_itself() {
        becomes("ls /tmp", "ls -l /tmp");
        becomes("a", "a x");
        becomes("up n", "grep ' Running' | wc -l");
    }

    #[test]
    fn quotes_documents_comments_and_patterns_are_left_alone() {
        becomes("'n'; \\n; \"n\"; $n", "'n'; \\n; \"n\"; $n");
        becomes("echo \"a $(n 'b)') \" n # n\nn", "echo \"a $(n 'b)') \" n # n\nwc -l");
        becomes("cat <<EOF | n\nn\nEOF\nn", "cat <<EOF | wc -l\nn\nEOF\nwc -l");
        becomes("case n in n|a) n;; n) n;; esac; n", "case n in n|a) wc -l;; n) wc -l;; esac; wc -l");
    }
}
