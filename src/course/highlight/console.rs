//! Transcripts, toned by hand.

use super::{Span, Tone, push, span};
use crate::course::transcript::{ANY_LINES, ANY_TEXT, OPEN};

/// The spans of one line of a transcript.
pub fn line(line: &str) -> Vec<Span> {
    if line == ANY_LINES {
        return vec![span(Tone::Placeholder, line)];
    }
    for prompt in ["$ ", "> "] {
        if let Some(command) = line.strip_prefix(prompt) {
            let mut spans = vec![span(Tone::Prompt, prompt)];
            push_command(command, prompt == "$ ", &mut spans);
            return spans;
        }
    }
    let mut spans = Vec::new();
    for (index, part) in line.split(ANY_TEXT).enumerate() {
        if index > 0 {
            spans.push(span(Tone::Placeholder, ANY_TEXT));
        }
        for (index, part) in part.split(OPEN).enumerate() {
            if index > 0 {
                spans.push(span(Tone::Placeholder, "…"));
            }
            push(&mut spans, Tone::Output, part);
        }
    }
    spans
}

/// A command word by word; `starts`: whether the first word is the name of a program.
fn push_command(command: &str, starts: bool, spans: &mut Vec<Span>) {
    let mut at_name = starts;
    let mut quote: Option<char> = None;
    for word in command.split_inclusive(' ') {
        let bare = word.trim_end();
        let tone = match bare {
            _ if quote.is_some() => Tone::Text,
            "|" | "||" | "&&" | ";" | "&" | "<" | ">" | ">>" => Tone::Punctuation,
            bare if bare.starts_with('#') => Tone::Comment,
            bare if bare.starts_with('-') => Tone::Flag,
            bare if bare.starts_with(['\'', '"']) => Tone::Text,
            _ if at_name && !bare.is_empty() => Tone::Command,
            _ => Tone::Plain,
        };
        at_name =
            (at_name && bare.is_empty()) || (quote.is_none() && matches!(bare, "|" | "||" | "&&" | ";"));
        for c in bare.chars().filter(|c| *c == '\'' || *c == '"') {
            quote = match quote {
                None => Some(c),
                Some(open) if open == c => None,
                open => open,
            };
        }
        push(spans, tone, word);
    }
}
