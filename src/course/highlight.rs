//! Code to toned spans. A tone says what a piece of code is; what colour that has is the view's business. The first use costs some
//! 12 ms (patterns are compiled), later ones a millisecond per hundred lines: highlight a block once and keep it. Transcripts are
//! toned by hand.

mod console;

use std::sync::OnceLock;
use syntect::parsing::{ParseState, Scope, ScopeStack, SyntaxReference, SyntaxSet};

/// What a piece of code is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Tone {
    /// Nothing in particular.
    Plain,
    /// The name of a field.
    Key,
    /// Text.
    Text,
    /// A number.
    Number,
    /// `true`, `null` and other words with a value.
    Constant,
    /// A remark.
    Comment,
    /// A word of the language.
    Keyword,
    /// The name of something that is called.
    Function,
    /// The name of something that holds a value.
    Variable,
    /// Brackets, dashes, colons.
    Punctuation,
    /// What the language does not allow.
    Error,
    /// The `$` before a command.
    Prompt,
    /// A command.
    Command,
    /// A flag of a command.
    Flag,
    /// What a command printed.
    Output,
    /// What stands for something left out.
    Placeholder,
}

/// A piece of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span {
    /// What it is.
    pub tone: Tone,
    /// The text, without line feed.
    pub text: String,
}

/// Text longer than this is not toned: nobody reads it for its colours.
const LONGEST: usize = 64 * 1024;

/// The lines of a text, each in toned pieces that together are the line.
pub fn highlight(language: &str, text: &str) -> Vec<Vec<Span>> {
    let syntax = if text.len() > LONGEST { None } else { syntax(language) };
    match syntax {
        _ if language == "console" => text.lines().map(console::line).collect(),
        Some((set, syntax)) => parsed(set, syntax, text),
        None => text.lines().map(|line| vec![span(Tone::Plain, line)]).collect(),
    }
}

fn span(tone: Tone, text: &str) -> Span {
    Span { tone, text: text.to_owned() }
}

fn syntax(language: &str) -> Option<(&'static SyntaxSet, &'static SyntaxReference)> {
    static SYNTAXES: OnceLock<SyntaxSet> = OnceLock::new();
    let token = match language {
        "" | "text" | "txt" | "output" | "console" => return None,
        "shell" | "sh" | "bash" => "bash",
        "yml" => "yaml",
        other => other,
    };
    let set = SYNTAXES.get_or_init(SyntaxSet::load_defaults_newlines);
    set.find_syntax_by_token(token).map(|syntax| (set, syntax))
}

fn parsed(set: &SyntaxSet, syntax: &SyntaxReference, text: &str) -> Vec<Vec<Span>> {
    let mut state = ParseState::new(syntax);
    let mut stack = ScopeStack::new();
    let mut lines = Vec::new();
    for line in text.lines() {
        let whole = format!("{line}\n");
        let Ok(changes) = state.parse_line(&whole, set) else {
            lines.push(vec![span(Tone::Plain, line)]);
            continue;
        };
        let mut spans: Vec<Span> = Vec::new();
        let mut done = 0;
        for (at, change) in changes {
            push(&mut spans, tone(&stack), line.get(done..at.min(line.len())).unwrap_or_default());
            done = at;
            if stack.apply(&change).is_err() {
                stack = ScopeStack::new();
            }
        }
        push(&mut spans, tone(&stack), line.get(done..).unwrap_or_default());
        lines.push(spans);
    }
    lines
}

fn push(spans: &mut Vec<Span>, tone: Tone, text: &str) {
    match spans.last_mut() {
        _ if text.is_empty() => {}
        Some(last) if last.tone == tone => last.text.push_str(text),
        _ => spans.push(span(tone, text)),
    }
}

/// Scopes and the tone they mean; of several, the innermost scope decides.
const TONES: &[(&str, Tone)] = &[
    ("comment", Tone::Comment),
    ("entity.name.tag", Tone::Key),
    ("meta.mapping.key", Tone::Key),
    ("support.type.property-name", Tone::Key),
    ("constant.numeric", Tone::Number),
    ("constant.language", Tone::Constant),
    ("constant.character.escape", Tone::Constant),
    ("invalid", Tone::Error),
    ("keyword", Tone::Keyword),
    ("storage", Tone::Keyword),
    ("entity.name.function", Tone::Function),
    ("support.function", Tone::Function),
    ("variable", Tone::Variable),
    ("punctuation.definition.variable", Tone::Variable),
    ("punctuation.definition.comment", Tone::Comment),
    ("punctuation.definition.string", Tone::Text),
    ("punctuation", Tone::Punctuation),
    ("string", Tone::Text),
];

fn tone(stack: &ScopeStack) -> Tone {
    static SCOPES: OnceLock<Vec<(Scope, Tone)>> = OnceLock::new();
    let scopes = SCOPES.get_or_init(|| {
        TONES.iter().filter_map(|(name, tone)| Some((Scope::new(name).ok()?, *tone))).collect()
    });
    let of =
        |scope: &Scope| scopes.iter().find(|(known, _)| known.is_prefix_of(*scope)).map(|(_, tone)| *tone);
    stack.scopes.iter().rev().find_map(of).unwrap_or(Tone::Plain)
}

#[cfg(test)]
mod tests;
