//! The house rules that a compiler does not check: which module may use which, where the world may be touched, how long a file is.
//! The order of the layers is read from `src/lib.rs`; there is no second table to keep in step.
#![expect(clippy::unwrap_used, reason = "a test that cannot read its input should stop")]

use std::fs;
use std::path::{Path, PathBuf};

/// Crates with a fixed address: used elsewhere, they spread what should stay behind one door.
const ADDRESSES: &[(&str, &[&str])] = &[
    ("crossterm", &["world", "app"]),
    ("include_dir", &["world"]),
    ("ratatui", &["app", "ui", "world"]),
    ("ratatui_textarea", &["app", "ui"]),
    ("rusqlite", &["os", "progress"]),
    ("fsrs", &["progress"]),
    ("syntect", &["course"]),
    ("pulldown_cmark", &["course"]),
    ("brush_parser", &["os"]),
    ("serde_yaml", &["course", "os", "lab", "kube", "sim"]),
    ("clap", &["world"]),
    ("hyper", &["world"]),
    ("tokio", &["world"]),
    ("prost", &["rest"]),
    ("terminal_colorsaurus", &["world"]),
    ("etcetera", &["world"]),
    ("signal_hook", &["world"]),
    ("similar", &["os"]),
];

/// Ways out of the process; only `world` may use them.
const DOORS: &[&str] = &[
    "std::fs",
    "std::env",
    "TcpStream",
    "TcpListener",
    "UdpSocket",
    "std::thread::",
    "std::process",
    "std::io::stdin",
    "std::io::stdout",
];

/// What excuses a long function; nothing does.
const LONG: &str = "clippy::too_many_lines";

/// Files of the source may be this long; tests beside them are not counted.
const LONGEST_FILE: usize = 470;

fn rust_files(dir: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|e| e == "rs") {
            files.push(path);
        }
    }
    files.sort();
    files
}

/// The layers, lowest first, as `src/lib.rs` lists them.
fn layers(lib: &str) -> Vec<String> {
    lib.lines().filter_map(|l| l.strip_prefix("pub mod ")?.strip_suffix(';')).map(str::to_owned).collect()
}

fn is_comment(line: &str) -> bool {
    line.trim_start().starts_with("//")
}

/// The modules of this crate that a line names after `crate::` (or `podlab::`), groups included.
fn crate_uses(text: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for (number, line) in text.lines().enumerate().filter(|(_, l)| !is_comment(l)) {
        for (at, marker) in line.match_indices("crate::") {
            let rest = &line[at + marker.len()..];
            let names = rest.strip_prefix('{').map_or_else(|| vec![rest], |group| group.split(',').collect());
            for name in names {
                let word: String =
                    name.trim().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
                found.push((number + 1, word));
            }
        }
    }
    found
}

/// What is wrong with one file of layer `layer`.
fn complaints(layers: &[String], layer: &str, text: &str) -> Vec<String> {
    let mut wrong = Vec::new();
    let rank = |name: &str| layers.iter().position(|l| l == name);
    let Some(own) = rank(layer) else { return wrong };
    for (line, used) in crate_uses(text) {
        if rank(&used).is_some_and(|r| r > own) {
            wrong.push(format!("line {line}: {layer} uses {used}, which stands below it in lib.rs"));
        }
    }
    for (number, line) in text.lines().enumerate().filter(|(_, l)| !is_comment(l)) {
        for (name, homes) in ADDRESSES {
            let named = line.contains(&format!("{name}::")) || line.contains(&format!("use {name};"));
            if named && !homes.contains(&layer) {
                wrong.push(format!("line {}: {name} belongs to {homes:?}, not {layer}", number + 1));
            }
        }
        if line.contains(LONG) {
            wrong.push(format!("line {}: a function that long is several", number + 1));
        }
        if layer != "world" {
            for door in DOORS.iter().filter(|d| line.contains(*d)) {
                wrong.push(format!("line {}: only world may use {door}", number + 1));
            }
        }
    }
    wrong
}

/// The lines before the first `mod tests` with a body: what the length rule counts.
fn source_lines(text: &str) -> usize {
    text.lines()
        .position(|l| l.starts_with("mod tests {") || l.starts_with("#[cfg(test)]"))
        .unwrap_or(text.lines().count())
}

fn layer_of(path: &Path) -> String {
    let inside = path.strip_prefix("src").unwrap();
    let first = inside.components().next().unwrap().as_os_str().to_string_lossy().into_owned();
    first.trim_end_matches(".rs").to_owned()
}

#[test]
fn a_module_uses_only_those_listed_above_it() {
    let layers = layers(&fs::read_to_string("src/lib.rs").unwrap());
    assert!(layers.len() >= 8, "lib.rs lists the layers: {layers:?}");
    let mut wrong = Vec::new();
    for path in rust_files(Path::new("src")) {
        if path.ends_with("tests.rs") {
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
        wrong.extend(
            complaints(&layers, &layer_of(&path), &text)
                .into_iter()
                .map(|c| format!("{}: {c}", path.display())),
        );
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn no_file_is_so_long_that_it_is_two_things() {
    let long: Vec<String> = rust_files(Path::new("src"))
        .into_iter()
        .filter(|p| !p.ends_with("tests.rs"))
        .filter_map(|p| {
            let lines = source_lines(&fs::read_to_string(&p).unwrap());
            (lines > LONGEST_FILE).then(|| format!("{}: {lines} lines", p.display()))
        })
        .collect();
    assert!(long.is_empty(), "longer than {LONGEST_FILE} lines:\n{}", long.join("\n"));
}

#[test]
fn modules_are_named_after_their_file() {
    let bad: Vec<_> = rust_files(Path::new("src")).into_iter().filter(|p| p.ends_with("mod.rs")).collect();
    assert!(bad.is_empty(), "{bad:?}");
}

#[test]
fn each_rule_can_fail() {
    let layers: Vec<String> = ["kube", "sim", "world"].map(str::to_owned).to_vec();
    assert!(complaints(&layers, "sim", "use crate::kube::Pod;").is_empty());
    assert_eq!(complaints(&layers, "kube", "use crate::sim::Cluster;").len(), 1);
    assert_eq!(complaints(&layers, "kube", "use crate::{kube::Pod, world::x};").len(), 1);
    assert_eq!(complaints(&layers, "sim", "let x = std::fs::read(p);").len(), 1);
    assert_eq!(complaints(&layers, "sim", "use rusqlite::Connection;").len(), 1);
    assert!(complaints(&layers, "sim", "// crate::world is not used here").is_empty());
    assert_eq!(complaints(&layers, "sim", "#[expect(clippy::too_many_lines)]").len(), 1);
    assert_eq!(source_lines("a\nb\n#[cfg(test)]\nmod tests {\n"), 2);
}
