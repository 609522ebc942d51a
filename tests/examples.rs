//! Examples of the course's sources and of the Kubernetes documentation, run in the shell as their texts say. `podlab check --bless
//! tests/data/examples` writes down what is printed; read every line of it before it is kept.

use podlab::course::{Pack, Severity, pack, run};
use podlab::lab::rehearse;
use std::path::Path;

fn examples() -> Pack {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/examples/lessons");
    let entries = std::fs::read_dir(folder).expect("the examples lie beside the tests");
    let files = entries.map(|entry| {
        let entry = entry.expect("the folder can be read");
        let text = std::fs::read(entry.path()).expect("an example can be read");
        (format!("lessons/{}", entry.file_name().to_string_lossy()), text.into())
    });
    Pack { prefix: "tests/data/examples/".to_owned(), files: files.collect() }
}

#[test]
fn every_example_prints_what_is_written_under_it() {
    let (course, loaded) = pack::load(vec![examples()]);
    let errors: Vec<String> =
        loaded.iter().filter(|one| one.severity == Severity::Error).map(ToString::to_string).collect();
    assert!(errors.is_empty(), "{}", errors.join("\n"));
    let runs = run::runs(&course);
    assert!(runs.len() > 30, "only {} examples", runs.len());
    let found: Vec<String> =
        course.chapters.iter().flat_map(rehearse::chapter_runs).map(|one| one.what.to_string()).collect();
    assert!(found.is_empty(), "{}", found.join("\n"));
}
