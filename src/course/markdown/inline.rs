//! Running text: stress, code, links, breaks, references to footnotes.

use super::{Builder, DEEPEST};
use crate::course::block::{Inline, Link, Target};
use crate::course::text::visible;
use pulldown_cmark::{Event, Tag};
use std::ops::Range;

/// Whether an element is part of running text.
pub fn is_inline(tag: &Tag<'_>) -> bool {
    matches!(tag, Tag::Emphasis | Tag::Strong | Tag::Strikethrough | Tag::Link { .. } | Tag::Image { .. })
        || matches!(tag, Tag::Superscript | Tag::Subscript)
}

/// Text made safe and put on one line.
pub fn one_line(text: &str) -> String {
    visible(text).replace(['\n', '\t'], " ")
}

impl<'a> Builder<'a> {
    /// Running text up to the end of the element it is in.
    pub fn inlines(&mut self, depth: usize) -> Vec<Inline> {
        let mut out = Vec::new();
        let mut flattened = 0usize;
        while let Some((event, range)) = self.events.next() {
            match event {
                Event::End(_) if flattened == 0 => break,
                Event::End(_) => flattened -= 1,
                Event::Start(_) if depth >= DEEPEST => flattened += 1,
                event => self.inline(event, &range, depth, &mut out),
            }
        }
        out
    }

    /// Running text that no paragraph is around (in the items of a tight list), starting with `event`.
    pub fn loose(&mut self, event: Event<'a>, range: &Range<usize>) -> Vec<Inline> {
        let mut out = Vec::new();
        self.inline(event, range, 0, &mut out);
        while let Some((event, range)) = self.events.next_if(|(event, _)| goes_on(event)) {
            self.inline(event, &range, 0, &mut out);
        }
        out
    }

    fn inline(&mut self, event: Event<'a>, range: &Range<usize>, depth: usize, out: &mut Vec<Inline>) {
        match event {
            Event::Text(text) => {
                self.undefined_footnote(range);
                push_text(out, &text);
            }
            Event::Html(text)
            | Event::InlineHtml(text)
            | Event::InlineMath(text)
            | Event::DisplayMath(text) => push_text(out, &text),
            Event::Code(code) => out.push(Inline::Code(one_line(&code))),
            Event::SoftBreak => out.push(Inline::SoftBreak),
            Event::HardBreak => out.push(Inline::HardBreak),
            Event::FootnoteReference(label) => {
                let number = self.footnote_number(&label, range);
                out.push(Inline::Footnote(number));
            }
            Event::TaskListMarker(done) => self.task = Some(done),
            Event::Start(tag) => self.stressed(tag, range, depth + 1, out),
            Event::End(_) | Event::Rule => {}
        }
    }

    fn stressed(&mut self, tag: Tag<'a>, range: &Range<usize>, depth: usize, out: &mut Vec<Inline>) {
        let place = self.place(range);
        let inner = self.inlines(depth);
        match tag {
            Tag::Emphasis => out.push(Inline::Emphasis(inner)),
            Tag::Strong => out.push(Inline::Strong(inner)),
            Tag::Strikethrough => out.push(Inline::Strike(inner)),
            Tag::Link { dest_url, .. } => {
                let target = target(&dest_url);
                if let Target::Nowhere(written) = &target {
                    let text = format!("the link '{written}' leads nowhere podlab can go");
                    let how = "link a chapter as NN-slug.md, a heading as #its-id, the web as https://…";
                    self.report.error_hint(place, text, how);
                }
                out.push(Inline::Link(Link { target, text: inner, place }));
            }
            Tag::Image { .. } => {
                push_text(out, "[image: ");
                out.extend(inner);
                push_text(out, "]");
            }
            _ => out.extend(inner),
        }
    }

    /// A reference without a definition is plain text to Markdown, and a slip of its author.
    fn undefined_footnote(&mut self, range: &Range<usize>) {
        let label =
            self.source.text.get(range.start..).and_then(|text| text.strip_prefix("[^")?.split_once(']'));
        if let Some((label, _)) =
            label.filter(|(label, _)| !label.is_empty() && !label.contains(char::is_whitespace))
        {
            let (place, label) = (self.place(range), one_line(label));
            let how = format!("write '[^{label}]: …' at the end of the page");
            self.report.error_hint(place, format!("footnote '{label}' is not defined"), how);
        }
    }

    fn footnote_number(&mut self, label: &str, range: &Range<usize>) -> usize {
        let label = one_line(label);
        if let Some(index) = self.labels.iter().position(|(known, _)| *known == label) {
            return index + 1;
        }
        let place = self.place(range);
        self.labels.push((label, place));
        self.labels.len()
    }
}

fn goes_on(event: &Event<'_>) -> bool {
    match event {
        Event::Start(tag) => is_inline(tag),
        Event::End(_) | Event::Rule | Event::Html(_) => false,
        _ => true,
    }
}

fn push_text(out: &mut Vec<Inline>, text: &str) {
    let text = one_line(text);
    match out.last_mut() {
        Some(Inline::Text(before)) => before.push_str(&text),
        _ if text.is_empty() => {}
        _ => out.push(Inline::Text(text)),
    }
}

/// Where a link leads.
fn target(written: &str) -> Target {
    let written = one_line(written);
    if let Some(id) = written.strip_prefix('#') {
        return Target::Heading(id.to_owned());
    }
    if ["https://", "http://", "mailto:"].iter().any(|scheme| written.starts_with(scheme)) {
        return Target::Web(written);
    }
    let (path, heading) = match written.split_once('#') {
        Some((path, heading)) => (path, Some(heading.to_owned())),
        None => (written.as_str(), None),
    };
    let file = path.rsplit('/').next().unwrap_or(path);
    match file.strip_suffix(".md") {
        Some(stem) if !path.contains(':') => {
            Target::Chapter { id: crate::course::name::slug(stem).to_owned(), heading }
        }
        _ => Target::Nowhere(written),
    }
}
