//! The shipped content is clean: what `podlab check` sees without running anything.

use podlab::course::quiz::read;
use podlab::course::{Diagnostic, Pack, Severity, check, front, lab, misconception, pack};
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
    // Chapters, labs and misconceptions that are still to be written may be referred to already.
    let errors: Vec<&Diagnostic> = errors.filter(|one| !one.text.starts_with("there is no ")).collect();
    let lines: Vec<String> = errors.iter().map(ToString::to_string).collect();
    assert!(errors.is_empty(), "{}", lines.join("\n"));
    assert!(course.chapters.len() >= 10);
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
