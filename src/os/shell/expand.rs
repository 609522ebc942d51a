//! Expansion of words: parameters, command substitution, arithmetic, splitting, file names.
//!
//! A command substitution takes time, so it cannot be waited for in here. Expansion runs over the outputs known so far and stops at
//! the first that is missing; the shell runs that command and expands again. Assignments made on the way (`${x:=1}`, `$((i++))`) are
//! collected and take effect once, when all is known.

use std::sync::Arc;

use super::super::program::Ctx;
use super::Shell;
use super::arithmetic::{self, Scope};
use super::fields::{Field, Fields};
use super::pattern;
use super::script::{Name, Operation, Parameter, Piece, Word};

/// Bytes one expansion gives at most.
const EXPANSION_MAX: usize = 4 << 20;
/// Bytes of expanded text that count as one step.
const BYTES_PER_STEP: usize = 128;
/// Words one expansion gives at most.
const FIELDS_MAX: usize = 200_000;

/// Why an expansion did not end.
#[derive(Debug)]
pub(super) enum Stop {
    /// The output of this command is needed.
    Command(Arc<str>),
    /// The message; the command fails.
    Error(String),
}

/// How a value goes into the fields: whether quotes keep it whole, and whether it is split at all.
#[derive(Clone, Copy, Debug)]
struct Manner {
    quoted: bool,
    split: bool,
}

/// The values of a parameter: one text, or one for each of `$@`.
pub(super) enum Value {
    Unset,
    One(String),
    Many(Vec<String>),
}

pub(super) struct Expander<'a, 'b> {
    pub shell: &'a Shell,
    pub ctx: &'a mut Ctx<'b>,
    /// Outputs of the command substitutions met so far, in order.
    pub known: &'a [String],
    pub used: usize,
    pub changes: Vec<(String, String)>,
}

impl<'a, 'b> Expander<'a, 'b> {
    pub fn new(shell: &'a Shell, ctx: &'a mut Ctx<'b>, known: &'a [String]) -> Expander<'a, 'b> {
        Expander { shell, ctx, known, used: 0, changes: Vec::new() }
    }

    /// Expands words to the arguments of a command.
    pub fn fields(&mut self, words: &[Word]) -> Result<Vec<String>, Stop> {
        let mut all = Vec::new();
        for word in words {
            let mut fields = Fields::default();
            self.pieces(word, &mut fields, true)?;
            fields.cut();
            for field in fields.done {
                if field.globs && !self.shell.options.noglob {
                    let found = self.glob(&field.pattern);
                    if !found.is_empty() {
                        all.extend(found);
                        continue;
                    }
                }
                all.push(field.text);
            }
            self.charge(all.last().map_or(0, String::len));
            if all.len() > FIELDS_MAX || all.iter().map(String::len).sum::<usize>() > EXPANSION_MAX {
                return Err(Stop::Error("argument list too long".to_owned()));
            }
        }
        Ok(all)
    }

    /// Lets long texts take the time they take: a script that doubles one for ever is busy, not stuck.
    fn charge(&mut self, bytes: usize) {
        self.ctx.sys.charge(self.ctx.key, (bytes / BYTES_PER_STEP) as u32);
    }

    /// Expands a word to one text, neither split nor globbed.
    pub fn text(&mut self, word: &Word) -> Result<String, Stop> {
        Ok(self.joined(word)?.text)
    }

    /// Expands a word to a pattern, what was quoted in it escaped.
    pub fn pattern(&mut self, word: &Word) -> Result<String, Stop> {
        Ok(self.joined(word)?.pattern)
    }

    fn joined(&mut self, word: &Word) -> Result<Field, Stop> {
        let mut fields = Fields::default();
        self.pieces(word, &mut fields, false)?;
        fields.cut();
        let mut all = fields.done.into_iter();
        let mut first = all.next().unwrap_or_default();
        for next in all {
            first.text.push(' ');
            first.text.push_str(&next.text);
            first.pattern.push(' ');
            first.pattern.push_str(&next.pattern);
        }
        self.charge(first.text.len());
        if first.text.len() > EXPANSION_MAX {
            Err(Stop::Error("out of memory".to_owned()))
        } else {
            Ok(first)
        }
    }

    /// The value of an arithmetic expression.
    pub fn arithmetic(&mut self, word: &Word) -> Result<i64, Stop> {
        let text = self.text(word)?;
        arithmetic::evaluate(&text, &mut self.scope()).map_err(Stop::Error)
    }

    pub fn scope(&mut self) -> Scope<'_> {
        Scope {
            variables: &self.shell.variables,
            changes: &mut self.changes,
            positional: &self.shell.positional,
        }
    }

    fn pieces(&mut self, word: &Word, fields: &mut Fields, split: bool) -> Result<(), Stop> {
        for piece in &word.0 {
            match piece {
                Piece::Text { text, quoted } => fields.push(text, *quoted),
                Piece::Home(user) => {
                    let home = self.home(user);
                    fields.push(&home, true);
                }
                Piece::Bad(message) => return Err(Stop::Error(message.clone())),
                Piece::Command { source, quoted } => {
                    let output =
                        self.known.get(self.used).ok_or_else(|| Stop::Command(Arc::clone(source)))?;
                    self.used += 1;
                    let output = output.trim_end_matches('\n');
                    self.put(fields, output, *quoted, split);
                }
                Piece::Arithmetic { expression, quoted } => {
                    let value = self.arithmetic(expression)?.to_string();
                    self.put(fields, &value, *quoted, split);
                }
                Piece::Parameter { parameter, quoted } => {
                    self.parameter(parameter, *quoted, fields, split)?;
                }
            }
        }
        Ok(())
    }

    fn put(&self, fields: &mut Fields, text: &str, quoted: bool, split: bool) {
        if quoted || !split {
            fields.push(text, quoted);
        } else {
            fields.split(text, self.separators());
        }
    }

    fn separators(&self) -> &str {
        self.shell.variables.get("IFS").unwrap_or(" \t\n")
    }

    fn home(&mut self, user: &str) -> String {
        if user.is_empty() {
            return self.shell.variables.get("HOME").unwrap_or("~").to_owned();
        }
        if user == "root" { "/root".to_owned() } else { format!("/home/{user}") }
    }

    pub fn variable(&self, name: &str) -> Option<String> {
        let changed = self.changes.iter().rev().find(|(known, _)| known == name);
        changed
            .map(|(_, value)| value.clone())
            .or_else(|| self.shell.special(name, self.ctx))
            .or_else(|| self.shell.variables.get(name).map(str::to_owned))
    }

    fn value(&self, name: &Name) -> Value {
        let one = |text: String| Value::One(text);
        match name {
            Name::Variable(name) | Name::Element(name, _) => self.variable(name).map_or(Value::Unset, one),
            Name::Positional(0) => one(self.shell.name.clone()),
            Name::Positional(index) => {
                self.shell.positional.get(index - 1).cloned().map_or(Value::Unset, one)
            }
            Name::At | Name::Star => Value::Many(self.shell.positional.as_ref().clone()),
            Name::Count => one(self.shell.positional.len().to_string()),
            Name::Status => one(self.shell.status.to_string()),
            Name::Flags => one(self.shell.options.letters()),
            Name::Pid => one(self.shell.pid.to_string()),
            Name::Background => self.shell.background.map_or(Value::Unset, |pid| one(pid.to_string())),
        }
    }

    fn parameter(
        &mut self,
        parameter: &Parameter,
        quoted: bool,
        fields: &mut Fields,
        split: bool,
    ) -> Result<(), Stop> {
        let mut value = match &parameter.name {
            Name::Element(name, subscript) => self.element(name, subscript, parameter.indirect)?,
            name => self.value(name),
        };
        if parameter.indirect && !parameter.name.is_list() {
            let Value::One(target) = value else { return Ok(()) };
            value = self.variable(&target).map_or(Value::Unset, Value::One);
        }
        let null = match &value {
            Value::Unset => true,
            Value::One(text) => text.is_empty(),
            Value::Many(all) => all.iter().all(String::is_empty),
        };
        let unset = matches!(&value, Value::Unset) || matches!(&value, Value::Many(all) if all.is_empty());
        let absent = |null_too: bool| unset || (null_too && null);
        match &parameter.operation {
            Operation::Default { null: check, word } if absent(*check) => {
                return self.pieces(word, fields, split);
            }
            Operation::Alternative { null: check, word } => {
                return if absent(*check) { Ok(()) } else { self.pieces(word, fields, split) };
            }
            Operation::Assign { null: check, word } if absent(*check) => {
                let text = self.text(word)?;
                if let Name::Variable(name) = &parameter.name {
                    self.changes.push((name.clone(), text.clone()));
                }
                self.put(fields, &text, quoted, split);
                return Ok(());
            }
            Operation::Error { null: check, word } if absent(*check) => {
                let text = self.text(word)?;
                let text = if text.is_empty() {
                    if *check {
                        "parameter null or not set".to_owned()
                    } else {
                        "parameter not set".to_owned()
                    }
                } else {
                    text
                };
                return Err(Stop::Error(format!("{}: {text}", plain_name(&parameter.name))));
            }
            _ => {}
        }
        if unset
            && self.shell.options.nounset
            && !parameter.name.is_list()
            && !matches!(parameter.operation, Operation::Default { .. })
        {
            return Err(Stop::Error(format!(
                "{}: {}",
                plain_name(&parameter.name),
                self.shell.flavour.unbound()
            )));
        }
        self.put_value(parameter, value, Manner { quoted, split }, fields)
    }

    fn put_value(
        &mut self,
        parameter: &Parameter,
        value: Value,
        manner: Manner,
        fields: &mut Fields,
    ) -> Result<(), Stop> {
        let Manner { quoted, split } = manner;
        if let Operation::Length = parameter.operation {
            let length = match &value {
                Value::Unset => 0,
                Value::One(text) => text.chars().count(),
                Value::Many(all) => all.len(),
            };
            fields.push(&length.to_string(), quoted);
            return Ok(());
        }
        let many = match value {
            Value::Unset => {
                if quoted {
                    fields.push("", true);
                }
                return Ok(());
            }
            Value::One(text) => {
                let text = self.operate(&parameter.operation, text)?;
                self.put(fields, &text, quoted, split);
                return Ok(());
            }
            Value::Many(many) => many,
        };
        let results = match &parameter.operation {
            Operation::Substring { offset, length } => {
                self.slice(&parameter.name, many, offset, length.as_ref())?
            }
            operation => {
                many.into_iter().map(|text| self.operate(operation, text)).collect::<Result<Vec<_>, _>>()?
            }
        };
        if quoted && parameter.name.is_joined() || !split {
            let separator =
                self.shell.variables.get("IFS").map_or(" ".to_owned(), |ifs| ifs.chars().take(1).collect());
            fields.push(&results.join(if split { &separator } else { " " }), quoted);
            return Ok(());
        }
        if quoted && results.is_empty() && fields.open.as_ref().is_some_and(|field| field.text.is_empty()) {
            fields.open = None;
        }
        for (index, text) in results.iter().enumerate() {
            if index > 0 {
                fields.cut();
            }
            self.put(fields, text, quoted, split);
        }
        Ok(())
    }

    fn operate(&mut self, operation: &Operation, text: String) -> Result<String, Stop> {
        Ok(match operation {
            Operation::Trim { suffix, longest, pattern } => {
                let pattern = self.pattern(pattern)?;
                Self::costly(text.len(), pattern.len())?;
                pattern::trim(&text, &pattern, *suffix, *longest)
            }
            Operation::Replace { place, pattern, replacement } => {
                let pattern = self.pattern(pattern)?;
                let replacement = self.text(replacement)?;
                Self::costly(text.len(), pattern.len())?;
                pattern::replace(&text, &pattern, &replacement, *place)
            }
            Operation::Substring { offset, length } => {
                let offset = self.arithmetic(offset)?;
                let length = length.as_ref().map(|length| self.arithmetic(length)).transpose()?;
                substring(&text, offset, length)
            }
            Operation::Case { upper, all } => change_case(&text, *upper, *all),
            _ => text,
        })
    }

    /// Pattern operations on very long texts would take too long.
    fn costly(text: usize, pattern: usize) -> Result<(), Stop> {
        let work = text.saturating_mul(text).saturating_mul(pattern.max(1));
        if work > 1 << 32 { Err(Stop::Error("text too long for a pattern".to_owned())) } else { Ok(()) }
    }

    /// File names that match a pattern, sorted.
    fn glob(&mut self, pattern: &str) -> Vec<String> {
        let absolute = pattern.starts_with('/');
        let mut found = vec![if absolute { "/".to_owned() } else { String::new() }];
        for part in pattern.split('/').filter(|part| !part.is_empty()) {
            let mut next = Vec::new();
            for base in &found {
                self.glob_part(base, part, &mut next);
                if next.len() > 10_000 {
                    return Vec::new();
                }
            }
            found = next;
        }
        found
    }

    fn glob_part(&mut self, base: &str, part: &str, found: &mut Vec<String>) {
        let join = |name: &str| {
            if base.is_empty() || base.ends_with('/') {
                format!("{base}{name}")
            } else {
                format!("{base}/{name}")
            }
        };
        if !pattern::is_pattern(part) {
            let name = join(&part.replace('\\', ""));
            let exists = self
                .ctx
                .files(&name)
                .is_some_and(|files| files.resolve(&name, false).is_ok_and(|place| place.node.is_some()));
            found.extend(exists.then_some(name));
            return;
        }
        let folder = if base.is_empty() { "." } else { base };
        let entries = self.ctx.files(folder).and_then(|files| files.list(folder).ok()).unwrap_or_default();
        let hidden = part.starts_with('.');
        found.extend(
            entries
                .iter()
                .filter(|(name, _)| (hidden || !name.starts_with('.')) && pattern::matches(part, name))
                .map(|(name, _)| join(name)),
        );
    }
}

fn plain_name(name: &Name) -> String {
    match name {
        Name::Variable(name) | Name::Element(name, _) => name.clone(),
        Name::Positional(index) => index.to_string(),
        Name::Background => "!".to_owned(),
        _ => "parameter".to_owned(),
    }
}

fn substring(text: &str, offset: i64, length: Option<i64>) -> String {
    let chars: Vec<char> = text.chars().collect();
    let count = chars.len() as i64;
    let from = if offset < 0 { (count + offset).max(0) } else { offset.min(count) };
    let to = match length {
        None => count,
        Some(length) if length < 0 => (count + length).max(from),
        Some(length) => from.saturating_add(length).min(count),
    };
    chars[from as usize..to as usize].iter().collect()
}

fn change_case(text: &str, upper: bool, all: bool) -> String {
    let change = |letter: char| {
        if upper { letter.to_uppercase().collect::<String>() } else { letter.to_lowercase().collect() }
    };
    text.chars()
        .enumerate()
        .map(|(index, letter)| if all || index == 0 { change(letter) } else { letter.to_string() })
        .collect()
}
