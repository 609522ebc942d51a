//! Content from the program and from packs on disk, and `podlab check`.

use super::args::Global;
use super::files::{self, Unreadable};
use crate::course::check::{check as check_rules, taken};
use crate::course::pack::{Pack, load};
use crate::course::run::{Edit, edited};
use crate::course::text::visible;
use crate::course::{Course, Diagnostic, Severity};
use crate::lab::rehearse;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// The course of the built-in content and the packs of the command line, and what was wrong with loading them.
pub fn course(global: &Global) -> (Course, Vec<Diagnostic>) {
    let mut packs = vec![built_in()];
    let mut unreadable = Vec::new();
    for folder in &global.content {
        let (pack, problems) = pack(folder);
        packs.push(pack);
        unreadable.extend(problems);
    }
    let (course, mut found) = load(packs);
    found.extend(unreadable);
    (course, found)
}

/// The same for plain output: what could not be loaded is said on standard error, and the rest is the course.
pub fn course_aloud(global: &Global) -> io::Result<Course> {
    let (course, found) = course(global);
    for one in found.iter().filter(|one| one.severity == Severity::Error) {
        writeln!(io::stderr(), "podlab: {one}")?;
    }
    Ok(course)
}

fn built_in() -> Pack {
    let files = files::built_in().into_iter().map(|(path, bytes)| (path, Cow::Owned(bytes))).collect();
    Pack { prefix: String::new(), files }
}

fn pack(folder: &Path) -> (Pack, Vec<Diagnostic>) {
    let (files, unreadable) = files::read_pack(folder);
    let files = files.into_iter().map(|(path, bytes)| (path, Cow::Owned(bytes))).collect();
    let prefix = prefix(folder);
    (Pack { prefix, files }, unreadable.into_iter().map(diagnostic).collect())
}

/// What stands before the paths of a pack in complaints.
fn prefix(folder: &Path) -> String {
    match folder.display().to_string().trim_end_matches('/') {
        "." => String::new(),
        folder => format!("{folder}/"),
    }
}

/// The errors in the packs of the command line that can be seen without running anything; `loaded` is what loading complained about.
pub fn errors_in_packs(global: &Global, course: &Course, loaded: Vec<Diagnostic>) -> Vec<Diagnostic> {
    let prefixes: Vec<String> = global.content.iter().map(|folder| prefix(folder)).collect();
    let mut found = check_rules(course, loaded);
    found.retain(|one| {
        one.severity == Severity::Error && prefixes.iter().any(|prefix| one.path.starts_with(prefix.as_str()))
    });
    found
}

fn diagnostic(unreadable: Unreadable) -> Diagnostic {
    let Unreadable { path, text } = unreadable;
    Diagnostic { path, line: 1, column: 1, severity: Severity::Error, text, suggestion: String::new() }
}

/// Checks a pack (the built-in content without `dir`), runs all of it, and prints what is wrong. With `bless`, transcripts of a pack
/// on disk are rewritten to what the simulator prints.
pub fn check(dir: Option<&Path>, bless: bool, out: &mut dyn Write) -> io::Result<ExitCode> {
    let root = dir.map(Path::to_path_buf).or_else(|| bless.then(|| PathBuf::from(".")));
    let (pack, unreadable) = root.as_deref().map_or_else(|| (built_in(), Vec::new()), pack);
    let (course, mut loaded) = load(vec![pack]);
    loaded.extend(unreadable);
    let mut found = check_rules(&course, loaded);
    if root.is_some() {
        found.extend(taken(&course, &load(vec![built_in()]).0));
    }
    let mut edits: BTreeMap<String, Vec<Edit>> = BTreeMap::new();
    for finding in rehearse::course(&course) {
        match finding.mend.filter(|_| bless) {
            Some(edit) => {
                let of_file = edits.entry(finding.what.path).or_default();
                if !of_file.contains(&edit) {
                    of_file.push(edit);
                }
            }
            None => found.push(finding.what),
        }
    }
    write_edits(&edits, out)?;
    report(found, &course, out)
}

fn write_edits(edits: &BTreeMap<String, Vec<Edit>>, out: &mut dyn Write) -> io::Result<()> {
    for (path, edits) in edits {
        let told = |error: io::Error| io::Error::other(format!("cannot rewrite {path}: {error}"));
        let written = fs::read_to_string(path).map_err(told)?;
        let lines_end_in_crlf = written.contains("\r\n");
        let text = visible(written.strip_prefix('\u{feff}').unwrap_or(&written)).into_owned();
        let mut text = edited(&text, edits);
        if lines_end_in_crlf {
            text = text.replace('\n', "\r\n");
        }
        fs::write(path, text).map_err(told)?;
        let count = edits.len();
        writeln!(out, "{path}: {count} {} rewritten", if count == 1 { "transcript" } else { "transcripts" })?;
    }
    Ok(())
}

fn report(mut found: Vec<Diagnostic>, course: &Course, out: &mut dyn Write) -> io::Result<ExitCode> {
    found.sort_by(|a, b| a.order().cmp(&b.order()));
    found.dedup();
    for diagnostic in &found {
        writeln!(out, "{diagnostic}")?;
    }
    let errors = found.iter().filter(|d| d.severity == Severity::Error).count();
    let (chapters, quizzes, labs) = (course.chapters.len(), course.quizzes.len(), course.labs.len());
    let warnings = found.len() - errors;
    let count =
        |count: usize, one: &str, more: &str| format!("{count} {}", if count == 1 { one } else { more });
    writeln!(
        out,
        "{}, {}, {}: {}, {}",
        count(chapters, "chapter", "chapters"),
        count(quizzes, "quiz", "quizzes"),
        count(labs, "lab", "labs"),
        count(errors, "error", "errors"),
        count(warnings, "warning", "warnings")
    )?;
    Ok(if errors == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
