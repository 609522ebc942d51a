//! The shipped content is clean: what `podlab check` sees without running anything.

use podlab::course::quiz::read;
use podlab::course::{Course, Diagnostic, Pack, Severity, check, front, lab, misconception, pack};
use podlab::lab::rehearse;
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::Path;

type Files = Vec<(String, std::borrow::Cow<'static, [u8]>)>;

/// The files of a folder of the repository, with their paths from its root.
fn files(folder: &str, found: &mut Files) -> std::io::Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for entry in std::fs::read_dir(root.join(folder))? {
        let entry = entry?;
        let path = format!("{folder}/{}", entry.file_name().to_string_lossy());
        if entry.file_type()?.is_dir() {
            files(&path, found)?;
        } else {
            found.push((path, std::fs::read(entry.path())?.into()));
        }
    }
    Ok(())
}

fn shipped() -> Pack {
    let mut found = Vec::new();
    for folder in ["lessons", "quizzes", "assets"] {
        files(folder, &mut found).expect("the content lies beside the tests");
    }
    Pack { prefix: String::new(), files: found }
}

#[test]
fn the_shipped_content_has_no_errors() {
    let (course, loaded) = pack::load(vec![shipped()]);
    let found = check::check(&course, loaded);
    let errors = found.iter().filter(|one| one.severity == Severity::Error);
    let lines: Vec<String> = errors.map(ToString::to_string).collect();
    assert!(lines.is_empty(), "{}", lines.join("\n"));
    assert!(course.chapters.len() >= 10);
}

/// What running the transcripts and predictions of every `step`th chapter, beginning with `first`, brings to light.
fn executed(course: &Course, first: usize, step: usize) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for chapter in course.chapters.iter().skip(first).step_by(step) {
        found.extend(rehearse::chapter_runs(chapter).into_iter().map(|finding| finding.what));
        found.extend(rehearse::predictions(course, &chapter.id));
    }
    found
}

#[track_caller]
fn none(found: &[Diagnostic]) {
    let lines: Vec<String> = found.iter().map(ToString::to_string).collect();
    assert!(lines.is_empty(), "{}", lines.join("\n"));
}

#[test]
fn the_odd_chapters_print_what_they_say() {
    none(&executed(&pack::load(vec![shipped()]).0, 0, 2));
}

#[test]
fn the_even_chapters_print_what_they_say() {
    none(&executed(&pack::load(vec![shipped()]).0, 1, 2));
}

#[test]
fn labs_start_broken_and_are_repaired_by_their_solution_alone() {
    let (course, _) = pack::load(vec![shipped()]);
    let found: Vec<Diagnostic> =
        course.labs.keys().filter_map(|slug| course.lab(slug)).flat_map(rehearse::lab).collect();
    none(&found);
    assert!(course.labs.len() >= 30);
}

#[test]
fn every_experiment_shows_what_its_misconception_denies() {
    let (course, _) = pack::load(vec![shipped()]);
    let found: Vec<Diagnostic> =
        rehearse::experiments(&course).into_iter().map(|finding| finding.what).collect();
    none(&found);
    for (_, known) in course.misconceptions() {
        let proof = known.experiment.as_ref().and_then(|experiment| experiment.proof.as_ref());
        assert!(proof.is_some(), "{} is refuted by nothing", known.id);
    }
}

#[test]
fn a_transcript_that_lies_is_found() {
    let text = "---\ntitle: x\npart: y\n---\n\n```console\n$ echo one\ntwo\n```\n";
    let files = vec![("lessons/01-x.md".to_owned(), text.as_bytes().to_vec().into())];
    let (course, _) = pack::load(vec![Pack { prefix: String::new(), files }]);
    let lines: Vec<String> = executed(&course, 0, 1).iter().map(ToString::to_string).collect();
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert!(
        lines[0].starts_with("lessons/01-x.md:8:1: error: `echo one` prints something else"),
        "{lines:?}"
    );
}

/// The names of the fields an object of a schema may have.
fn fields(schema: &Value, pointer: &str) -> BTreeSet<String> {
    let properties = schema.pointer(pointer).and_then(Value::as_object);
    properties.unwrap_or_else(|| panic!("the schema has no {pointer}")).keys().cloned().collect()
}

fn schema(name: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/schemas").join(name);
    let text = std::fs::read_to_string(&path).expect("the schemas lie beside the content");
    serde_json::from_str(&text).expect("a schema is JSON")
}

fn names(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

#[test]
fn the_schemas_name_the_fields_that_are_read() {
    let quiz = schema("quiz.json");
    let kinds = quiz.pointer("/properties/questions/items/oneOf").and_then(Value::as_array);
    let kinds = kinds.expect("a variant for each kind");
    assert_eq!(kinds.len(), read::KINDS.len());
    for variant in kinds {
        let kind = variant["title"].as_str().unwrap_or_default();
        assert!(read::KINDS.contains(&kind), "{kind}");
        let known = [read::COMMON, read::fields_of(kind)].concat();
        assert_eq!(fields(variant, "/properties"), names(&known), "{kind}");
    }
    assert_eq!(fields(&kinds[0], "/properties/options/items/properties"), names(read::CHOICE));
    assert_eq!(fields(&kinds[3], "/properties/wrong/items/properties"), names(read::WRONG));
    let of_lab = schema("lab.json");
    assert_eq!(fields(&of_lab, "/properties"), names(lab::read::FIELDS));
    assert_eq!(fields(&of_lab, "/properties/setup/properties"), names(lab::read::SETUP));
    assert_eq!(fields(&of_lab, "/properties/after/properties"), names(lab::read::AFTER));
    assert_eq!(fields(&of_lab, "/properties/wrong-fixes/items/properties"), names(lab::read::WRONG_FIX));
    assert_eq!(fields(&schema("front-matter.json"), "/properties"), names(front::FIELDS));
    let believed = schema("misconceptions.json");
    assert_eq!(fields(&believed, "/items/properties"), names(misconception::FIELDS));
    assert_eq!(
        fields(&believed, "/items/properties/experiment/properties"),
        names(misconception::EXPERIMENT)
    );
}
