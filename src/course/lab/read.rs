//! Lab files to labs. A lab that cannot be read is complained about and left out.

use super::{After, Goal, Lab, LabFile, Script, Setup, WrongFix, goal};
use crate::course::diagnostic::{Place, Report};
use crate::course::fields::{self, Fields};
use crate::course::markdown::{self, fence::is_file_name};
use crate::course::quiz::Prose;
use crate::course::yaml::{self, Node};

/// The fields of a lab.
pub const FIELDS: &[&str] =
    &["title", "chapter", "minutes", "brief", "setup", "goals", "hints", "after", "solution", "wrong-fixes"];
/// The fields of `setup`.
pub const SETUP: &[&str] = &["nodes", "files", "broken", "commands"];
/// The fields of `after`.
pub const AFTER: &[&str] = &["wrong", "why", "prevent"];
/// The fields of a wrong fix.
pub const WRONG_FIX: &[&str] = &["name", "because", "transcript"];

/// The lab `id`, if it can be read.
pub fn lab(text: &str, id: &str, report: &mut Report) -> Option<Lab> {
    let root = match yaml::read(text, 1, report) {
        Ok(root) => root,
        Err(trouble) => {
            report.error(trouble.place, trouble.text);
            return None;
        }
    };
    let fields = Fields::of(&root, "lab", FIELDS, report)?;
    let before = report.errors();
    let title = fields.need_text("title", report);
    let chapter = fields.need_text("chapter", report).map(|chapter| (chapter, fields.place_of("chapter")));
    let lab = Lab {
        id: id.to_owned(),
        path: report.path().to_owned(),
        title: title.unwrap_or_default(),
        chapter: chapter.unwrap_or((String::new(), Place::START)),
        minutes: fields.whole("minutes", 1..=240, report).unwrap_or(10),
        brief: prose(&fields, "brief", report).unwrap_or_default(),
        setup: setup(&fields, report),
        goals_place: fields.place_of("goals"),
        goals: goals(&fields, report),
        hints: hints(&fields, report),
        after: after(&fields, report).unwrap_or_default(),
        solution: script(&fields, "solution", report).unwrap_or_default(),
        wrong_fixes: wrong_fixes(&fields, report),
    };
    (report.errors() == before).then_some(lab)
}

fn prose(fields: &Fields<'_>, name: &str, report: &mut Report) -> Option<Prose> {
    let source = fields.need_text(name, report)?;
    let blocks = markdown::blocks(&source, fields.place_of(name), report);
    Some(Prose { source, blocks })
}

fn setup(fields: &Fields<'_>, report: &mut Report) -> Setup {
    let empty = Setup { nodes: 1, ..Setup::default() };
    let Some(node) = fields.get("setup") else { return empty };
    let Some(fields) = Fields::of(node, "setup", SETUP, report) else { return empty };
    Setup {
        nodes: fields.whole("nodes", 1..=100, report).unwrap_or(1),
        files: files(&fields, report),
        broken: fields.texts("broken", report),
        commands: fields.texts("commands", report),
    }
}

fn files(fields: &Fields<'_>, report: &mut Report) -> Vec<LabFile> {
    let Some(node) = fields.get("files") else { return Vec::new() };
    let yaml::Value::Map(entries) = &node.value else {
        report.error(node.place, format!("'files' are names with their text, this is {}", node.what()));
        return Vec::new();
    };
    let mut files = Vec::new();
    for (key, value) in entries {
        let name = key.scalar().unwrap_or_default();
        if !is_file_name(&name) {
            report.error(key.place, format!("'{name}' is not a file name inside the learner's folder"));
            continue;
        }
        if let Some(text) = fields::text(value, &name, report) {
            files.push(LabFile { name, text, place: value.place });
        }
    }
    files
}

fn goals(fields: &Fields<'_>, report: &mut Report) -> Vec<Goal> {
    let mut goals = Vec::new();
    fields.need("goals", report);
    for (sentence, place) in fields.texts("goals", report) {
        match goal::parse(&sentence) {
            Ok(goal) => goals.push(goal),
            Err(wrong) => report.error_hint(place, wrong.text, wrong.suggestion),
        }
    }
    if goals.is_empty() {
        report.error(fields.place_of("goals"), "a lab needs a goal");
    }
    goals
}

fn hints(fields: &Fields<'_>, report: &mut Report) -> Vec<Prose> {
    let nodes = fields.list("hints", report);
    if nodes.len() != 3 {
        report.error_hint(
            fields.place_of("hints"),
            format!("a lab has three hints, this has {}", nodes.len()),
            "observation, direction, near-solution",
        );
    }
    let hint = |node: &Node, report: &mut Report| {
        let source = fields::text(node, "hints", report)?;
        let blocks = markdown::blocks(&source, node.place, report);
        Some(Prose { source, blocks })
    };
    nodes.iter().filter_map(|node| hint(node, report)).collect()
}

fn after(fields: &Fields<'_>, report: &mut Report) -> Option<After> {
    let node = fields.need("after", report)?;
    let fields = Fields::of(node, "after", AFTER, report)?;
    let wrong = prose(&fields, "wrong", report);
    let why = prose(&fields, "why", report);
    let prevent = prose(&fields, "prevent", report);
    Some(After { wrong: wrong?, why: why?, prevent: prevent? })
}

fn script(fields: &Fields<'_>, name: &str, report: &mut Report) -> Option<Script> {
    let text = fields.need_text(name, report)?;
    let script = Script::of(fields.get(name)?, text, report);
    // Output without a command has been complained about already.
    if script.text.trim().is_empty() {
        report.error_hint(script.place, format!("'{name}' holds no command"), "start a line with '$ '");
    }
    Some(script)
}

fn wrong_fixes(fields: &Fields<'_>, report: &mut Report) -> Vec<WrongFix> {
    let mut fixes = Vec::new();
    for node in fields.list("wrong-fixes", report) {
        let Some(fields) = Fields::of(node, "wrong fix", WRONG_FIX, report) else { continue };
        let name = fields.need_text("name", report);
        let because = prose(&fields, "because", report);
        let script = script(&fields, "transcript", report);
        if let (Some(name), Some(because), Some(script)) = (name, because, script) {
            fixes.push(WrongFix { name, because, script });
        }
    }
    fixes
}
