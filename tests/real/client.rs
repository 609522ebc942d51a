//! Commands that a real kubectl answers by itself, without a server: generators, `--local`, templates. Their answers were recorded
//! from kubectl 1.32 and hold for 1.36 but for `creationTimestamp: null`, which newer ones no longer print and which was taken out.
//!
//! `tests/data/client/cases.jsonl` has one command a line with its output and exit code; the files it names lie in `files/`.

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

/// What a line prints, as a terminal shows it, and its exit code.
fn run(line: &str, files: &BTreeMap<String, Vec<u8>>) -> (String, i32) {
    let nodes = vec![NodeSpec::named("worker-1")];
    let mut cluster = Cluster::new(ClusterConfig { nodes, ..ClusterConfig::default() });
    let mut session = Session::new(files.clone());
    let job = session.type_line(&mut cluster, line);
    session.poll(&mut cluster);
    let code = session.finished(job).unwrap_or(-1);
    let written = session.drain(job);
    (String::from_utf8_lossy(&[written.stdout, written.stderr].concat()).into_owned(), code)
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
        let (text, exit) = run(line, &all);
        let (stdout, stderr) = (case["stdout"].as_str().unwrap(), case["stderr"].as_str().unwrap());
        let known = [format!("{stdout}{stderr}"), format!("{stderr}{stdout}")];
        let same = known.contains(&text) && case["exit"] == exit;
        if !same {
            wrong.push(format!("$ {line}\n{text}({exit})\ninstead of\n{case}"));
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), cases.lines().count(), wrong.join("\n\n"));
}

/// A generator of numbers that gives the same ones each time (xorshift).
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % limit.max(1) as u64) as usize
    }
}

/// What is put in places where a manifest does not expect it.
const ODD: &[&str] = &[
    "null",
    "true",
    "[]",
    "{}",
    "[",
    "}",
    "\"",
    "'",
    "-1",
    "1e999",
    "99999999999999999999",
    "0777",
    "0x1f",
    "1_000",
    "2001-01-01",
    "\t",
    "&a [*a]",
    "*nosuch",
    "<<: *a",
    "!!binary x",
    "!foo",
    "|",
    ">-\n",
    "---\n",
    "...\n",
    "? x",
    "%YAML 9",
    "\u{feff}",
    "é\u{1F600}",
    "\0",
    "a: b: c",
    "- - -",
    "#",
    "500m",
    "1Gi",
    "-0",
    ".inf",
    "~",
    "yes",
    "2147483648",
    "metadata: {name: \"x/y\"}",
];

/// A manifest with something wrong in it.
fn mutated(text: &str, dice: &mut Dice) -> String {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    for _ in 0..=dice.below(3) {
        let at = dice.below(lines.len());
        let Some(line) = lines.get(at).cloned() else { break };
        let odd = ODD[dice.below(ODD.len())];
        match dice.below(8) {
            0 => drop(lines.remove(at)),
            1 => lines.insert(at, line),
            2 => lines[at] = format!("  {line}"),
            3 => line.trim_start().clone_into(&mut lines[at]),
            4 => {
                lines[at] =
                    line.split_once(": ").map_or_else(|| odd.to_owned(), |(key, _)| format!("{key}: {odd}"));
            }
            5 => {
                let place =
                    (0..=dice.below(line.len() + 1)).rev().find(|i| line.is_char_boundary(*i)).unwrap_or(0);
                lines[at].insert_str(place.min(line.len()), odd);
            }
            6 => lines[at] = line.chars().rev().collect(),
            _ => lines[at] = line.replacen(['a', 'e', '1', ':'], odd, 1),
        }
    }
    lines.join("\n") + "\n"
}

/// Applies a text, and says what is printed.
fn apply(text: &str) -> (String, i32) {
    let files = BTreeMap::from([("m.yaml".to_owned(), text.as_bytes().to_vec())]);
    run(
        "kubectl apply -f m.yaml; kubectl describe -f m.yaml >/dev/null 2>&1; kubectl get -f m.yaml -o wide >/dev/null 2>&1",
        &files,
    )
}

#[test]
fn no_manifest_however_broken_stops_the_cluster() {
    let rounds: usize = std::env::var("FUZZ").ok().and_then(|n| n.parse().ok()).unwrap_or(1);
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    let mut manifests: Vec<String> = Vec::new();
    let mut folders: Vec<_> =
        std::fs::read_dir("tests/recordings").unwrap().map(|e| e.unwrap().path()).collect();
    folders.sort();
    for folder in folders {
        manifests.extend(std::fs::read_to_string(folder.join("manifest.yaml")));
    }
    assert!(manifests.len() > 50, "{} manifests", manifests.len());
    for _ in 0..rounds {
        for text in &manifests {
            let text = mutated(text, &mut dice);
            let outcome = std::panic::catch_unwind(|| apply(&text));
            assert!(outcome.is_ok(), "a panic at this manifest:\n{text}");
        }
    }
}

#[test]
fn huge_deep_and_endless_manifests_are_answered() {
    let pod = |containers: &str| {
        format!("apiVersion: v1\nkind: Pod\nmetadata: {{name: x}}\nspec:\n  containers:\n{containers}")
    };
    let many: String =
        (0..10_000).map(|i| format!("  - {{name: c{i}, image: \"busybox:1.36\"}}\n")).collect();
    let laughs: String = (1..30).map(|i| format!("a{i}: &a{i} [*a{}, *a{}]\n", i - 1, i - 1)).collect();
    let cases = [
        pod(&many),
        format!("a0: &a0 [x]\n{laughs}kind: Pod\n"),
        "[".repeat(100_000),
        "{a: ".repeat(20_000),
        "- ".repeat(50_000),
        "a: &a {b: *a}\n".to_owned(),
        format!(
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: big}}\ndata: {{a: \"{}\"}}\n",
            "x".repeat(5_000_000)
        ),
        String::new(),
        "---\n---\n".to_owned(),
        "\u{feff}# only a remark\n".to_owned(),
        "\0\0\0".to_owned(),
        format!("{{\"apiVersion\": \"v1\", \"kind\": \"List\", \"items\": [{}]}}", "{},".repeat(1000)),
    ];
    for text in cases {
        let start: String = text.chars().take(60).collect();
        let (said, code) = apply(&text);
        assert!((0..=1).contains(&code) && !said.is_empty(), "{start:?}: {said} {code}");
    }
}
