//! Embedded content is rebuilt when a file is added or removed; without this only changes to known files are seen.

fn main() {
    for folder in ["lessons", "quizzes", "assets"] {
        println!("cargo::rerun-if-changed={folder}");
    }
}
