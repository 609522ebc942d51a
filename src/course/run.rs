//! What of a course must be executed to be checked, and how the outcome is written back. Executes nothing itself.

use super::block::{Block, Console};
use super::lab::Script;
use super::pack::{Chapter, Course};
use super::transcript::bless;
use std::ops::Range;

/// Console blocks that share a cluster, with the files that lie in the shell's folder.
#[derive(Clone, Debug)]
pub struct Run<'a> {
    /// The chapter.
    pub chapter: &'a Chapter,
    /// Name and text of each of the chapter's files.
    pub files: Vec<(&'a str, &'a str)>,
    /// The blocks, in order; all but the first continue.
    pub consoles: Vec<&'a Console>,
}

/// Every run of a course, in reading order.
pub fn runs(course: &Course) -> Vec<Run<'_>> {
    course.chapters.iter().flat_map(runs_of).collect()
}

/// Every run of a chapter.
pub fn runs_of(chapter: &Chapter) -> Vec<Run<'_>> {
    let page = chapter.page();
    let named = page.files();
    let files: Vec<(&str, &str)> =
        named.iter().filter_map(|code| Some((code.name.as_deref()?, code.text.as_str()))).collect();
    let mut runs: Vec<Run<'_>> = Vec::new();
    for block in page.walk() {
        let Block::Console(console) = block else { continue };
        match runs.last_mut() {
            Some(run) if console.continues => run.consoles.push(console),
            _ => runs.push(Run { chapter, files: files.clone(), consoles: vec![console] }),
        }
    }
    runs
}

/// A change of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// The bytes to replace.
    pub bytes: Range<usize>,
    /// What to put there.
    pub text: String,
}

/// The change that makes a console block agree with what its commands printed: `(step, output)` of each step that was run. `None`
/// if it agrees already or cannot be rewritten as one piece (inside a quote or list).
pub fn edit(console: &Console, printed: &[(usize, String)]) -> Option<Edit> {
    let text = bless(&console.text, &console.transcript, printed);
    let bytes = console.bytes.clone()?;
    (text != console.text).then_some(Edit { bytes, text })
}

/// The same for a transcript within a YAML file, whose text is `file`; `None` also if it is not written as an indented block.
pub fn edit_script(file: &str, script: &Script, printed: &[(usize, String)]) -> Option<Edit> {
    let text = bless(&script.text, &script.transcript, printed);
    let margin = " ".repeat(script.place.column - 1);
    let written = file.get(script.bytes.clone())?;
    let bare = |line: &str| line.strip_prefix(&margin).unwrap_or(line).to_owned();
    let dedented: Vec<String> = written.lines().map(bare).collect();
    if text == script.text || dedented.join("\n").trim_end() != script.text.trim_end() {
        return None;
    }
    let indent = |(index, line): (usize, &str)| match (index, line.is_empty()) {
        (0, _) | (_, true) => line.to_owned(),
        _ => format!("{margin}{line}"),
    };
    let lines: Vec<String> = text.lines().enumerate().map(indent).collect();
    let end = &written[written.trim_end().len()..];
    Some(Edit { bytes: script.bytes.clone(), text: lines.join("\n") + end })
}

/// A file's text with its edits made; edits that overlap an earlier one or lie outside are left out.
pub fn edited(text: &str, edits: &[Edit]) -> String {
    let mut ordered: Vec<&Edit> = edits.iter().collect();
    ordered.sort_by_key(|edit| edit.bytes.start);
    let mut out = String::with_capacity(text.len());
    let mut done = 0;
    for edit in ordered {
        let Some(between) = text.get(done..edit.bytes.start) else { continue };
        if text.get(edit.bytes.clone()).is_none() {
            continue;
        }
        out.push_str(between);
        out.push_str(&edit.text);
        done = edit.bytes.end;
    }
    out.push_str(text.get(done..).unwrap_or_default());
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::course::pack::{Pack, load};

    #[test]
    fn blocks_that_continue_share_a_run_and_are_blessed_in_place() {
        let text = "---\ntitle: x\npart: y\n---\n```yaml name=a.yaml\nx: 1\n```\n\n```console\n$ a\nold\n```\n\n\
                    ```console continue\n$ b\nfine\n```\n\n```console\n$ c\n```\n";
        let files = vec![("lessons/01-x.md".to_owned(), text.as_bytes().to_vec().into())];
        let (course, found) = load(vec![Pack { prefix: String::new(), files }]);
        assert_eq!(found, []);
        let runs = runs(&course);
        assert_eq!(runs.iter().map(|run| run.consoles.len()).collect::<Vec<_>>(), [2, 1]);
        assert_eq!(runs[0].files, [("a.yaml", "x: 1\n")]);
        let one = edit(runs[0].consoles[0], &[(0, "new\n".into())]).unwrap();
        assert_eq!(edit(runs[0].consoles[1], &[(0, "fine\n".into())]), None);
        let two = edit(runs[1].consoles[0], &[(0, "more\n".into())]).unwrap();
        let after = edited(&runs[0].chapter.file.text, &[two, one]);
        assert_eq!(after, text.replace("old", "new").replace("$ c\n", "$ c\nmore\n"));
    }
}
