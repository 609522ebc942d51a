//! Commands that a real kubectl answers by itself, without a server: generators, `--local`, templates. Their answers were recorded
//! from kubectl 1.32 and hold for 1.36 but for `creationTimestamp: null`, which newer ones no longer print and which was taken out.
//!
//! `tests/data/client/cases.jsonl` has one command a line with its output and exit code; the files it names lie in `files/`.
#![expect(clippy::unwrap_used, reason = "a test that cannot read its input should stop")]

use podlab::kubectl::session::Session;
use podlab::sim::Cluster;
use podlab::sim::cluster::{ClusterConfig, NodeSpec};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;

/// The files below a folder, by their path in it.
fn files(folder: &Path, prefix: &str, found: &mut BTreeMap<String, Vec<u8>>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = format!("{prefix}{}", path.file_name().unwrap().to_string_lossy());
        if path.is_dir() {
            files(&path, &format!("{name}/"), found);
        } else {
            found.insert(name, std::fs::read(&path).unwrap());
        }
    }
}

/// What a line prints on both streams, and its exit code.
fn run(line: &str, files: &BTreeMap<String, Vec<u8>>) -> (String, String, i32) {
    let nodes = vec![NodeSpec::named("worker-1")];
    let mut cluster = Cluster::new(ClusterConfig { nodes, ..ClusterConfig::default() });
    let mut session = Session::new(files.clone());
    let job = session.type_line(&mut cluster, line);
    session.poll(&mut cluster);
    let code = session.finished(job).unwrap_or(-1);
    let written = session.drain(job);
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (text(&written.stdout), text(&written.stderr), code)
}

#[test]
fn what_a_real_kubectl_answers_alone_is_answered_alike() {
    let mut all = BTreeMap::new();
    files(Path::new("tests/data/client/files"), "", &mut all);
    let cases = std::fs::read_to_string("tests/data/client/cases.jsonl").unwrap();
    let mut wrong = Vec::new();
    for case in cases.lines() {
        let case: Value = serde_json::from_str(case).unwrap();
        let line = case["cmd"].as_str().unwrap();
        let (stdout, stderr, exit) = run(line, &all);
        let same = case["stdout"] == stdout.as_str() && case["stderr"] == stderr.as_str() && case["exit"] == exit;
        if !same {
            wrong.push(format!("$ {line}\n{stdout}{stderr}({exit})\ninstead of\n{case}"));
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), cases.lines().count(), wrong.join("\n\n"));
}
