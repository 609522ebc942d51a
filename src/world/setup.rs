//! What a simulation starts from: the nodes, the files of the current folder, the learner's shell.

use super::files;
use crate::kube::Object;
use crate::kube::manifest::{self, Validation};
use crate::kube::quantity::Amount;
use crate::kubectl::session::Session;
use crate::lab::stage::Stage;
use crate::sim::Cluster;
use crate::sim::cluster::{ClusterConfig, NodeSpec};
use std::collections::BTreeMap;
use std::io::{self, Read};
use std::path::Path;

/// Files by name.
pub type Files = BTreeMap<String, Vec<u8>>;

/// How many nodes `--nodes N` makes at most: the largest cluster Kubernetes supports.
const MOST_NODES: u32 = 5000;
/// How much is read from standard input or one file, in bytes.
const MOST_BYTES: u64 = 16 << 20;

/// A cluster of `nodes`, with a shell in `namespace` that sees `files`.
pub fn stage(nodes: &str, seed: u64, namespace: &str, files: Files) -> io::Result<Stage> {
    let namespaces = vec![namespace.to_owned()];
    let cluster = Cluster::new(ClusterConfig { seed, nodes: node_specs(nodes)?, namespaces });
    let mut session = Session::new(files);
    session.set_namespace(namespace);
    Ok(Stage { cluster, session })
}

fn node_specs(nodes: &str) -> io::Result<Vec<NodeSpec>> {
    match nodes.parse::<u32>() {
        Ok(n) if (1..=MOST_NODES).contains(&n) => {
            Ok((1..=n).map(|i| NodeSpec::named(&format!("worker-{i}"))).collect())
        }
        Ok(n) => {
            Err(io::Error::other(format!("--nodes {n}: between 1 and {MOST_NODES} nodes can be simulated")))
        }
        Err(_) => node_file(nodes),
    }
}

/// The nodes of a file of Node manifests: names, labels, capacity.
fn node_file(path: &str) -> io::Result<Vec<NodeSpec>> {
    let text = String::from_utf8_lossy(&read(path)?).into_owned();
    let mut specs = Vec::new();
    for document in manifest::parse(&text, path).into_iter().take(MOST_NODES as usize) {
        let node = document.and_then(|document| document.object(Validation::Strict));
        let (object, _) = node.map_err(|complaint| io::Error::other(complaint.text))?;
        specs.push(node_spec(&object).map_err(|e| io::Error::other(format!("{path}: {e}")))?);
    }
    if specs.is_empty() {
        return Err(io::Error::other(format!(
            "{path} holds no Node; give a number, or manifests of kind Node"
        )));
    }
    Ok(specs)
}

fn node_spec(object: &Object) -> Result<NodeSpec, String> {
    let Object::Node(node) = object else { return Err("not a Node".to_owned()) };
    let name = node.metadata.name.as_deref().ok_or("a Node needs metadata.name")?;
    let mut spec = NodeSpec::named(name);
    spec.labels = node.metadata.labels.clone().unwrap_or_default();
    let capacity = node.status.as_ref().and_then(|s| s.capacity.as_ref());
    let amount = |resource: &str| -> Result<Option<Amount>, String> {
        let Some(text) = capacity.and_then(|c| c.get(resource)) else { return Ok(None) };
        Amount::parse(&text.0)
            .map(Some)
            .map_err(|_| format!("{name}: '{}' is no quantity for {resource}", text.0))
    };
    if let Some(cpu) = amount("cpu")? {
        spec.cpu_millis = cpu.milli() as u64;
    }
    if let Some(memory) = amount("memory")? {
        spec.memory = memory.value() as u64;
    }
    if let Some(pods) = amount("pods")? {
        spec.max_pods = pods.value() as u32;
    }
    Ok(spec)
}

/// The files of the current folder, as the simulated shell sees them: a bounded copy.
pub fn folder_files() -> Files {
    files::read_folder(Path::new(".")).into_iter().collect()
}

/// A manifest as `-f` names it: its name in the simulated folder, and its bytes. `-` is standard input.
pub fn manifest(name: &str) -> io::Result<(String, Vec<u8>)> {
    if name == "-" {
        let mut bytes = Vec::new();
        io::stdin().lock().take(MOST_BYTES).read_to_end(&mut bytes)?;
        return Ok(("stdin.yaml".to_owned(), bytes));
    }
    let bytes = read(name)?;
    // A path outside the current folder gets its last part as its name in the simulation.
    let path = Path::new(name);
    let inside =
        path.is_relative() && path.components().all(|c| matches!(c, std::path::Component::Normal(_)));
    let shown = if inside {
        name.to_owned()
    } else {
        path.file_name().map_or(name.to_owned(), |n| n.to_string_lossy().into_owned())
    };
    Ok((shown, bytes))
}

/// The content of a file; the error names it and says what to do.
pub fn read(path: &str) -> io::Result<Vec<u8>> {
    let about =
        std::fs::metadata(path).map_err(|error| io::Error::other(format!("cannot read {path}: {error}")))?;
    if about.is_dir() {
        return Err(io::Error::other(format!("{path} is a folder; name a file in it")));
    }
    if about.len() > MOST_BYTES {
        return Err(io::Error::other(format!("{path} is larger than {} MiB; split it", MOST_BYTES >> 20)));
    }
    std::fs::read(path).map_err(|error| io::Error::other(format!("cannot read {path}: {error}")))
}

/// `name` as one word of a shell.
pub fn quoted(name: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-/+:@%".contains(c);
    if name.chars().all(plain) { name.to_owned() } else { format!("'{}'", name.replace('\'', r"'\''")) }
}
