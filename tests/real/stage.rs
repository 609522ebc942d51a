//! Recordings replayed inside the test, so that the cluster itself can be looked at.

use podlab::kube::SimTime;
use podlab::kubectl::session::Session;
use podlab::lab::stage::Stage;
use podlab::sim::{Cluster, ClusterConfig, NodeSpec};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The files of a folder by name.
type Files = BTreeMap<String, Vec<u8>>;

/// A recording as it is replayed.
pub struct Recorded {
    pub name: String,
    folder: PathBuf,
    meta: serde_json::Value,
}

/// Every recording.
pub fn all() -> Vec<Recorded> {
    let mut found: Vec<Recorded> = std::fs::read_dir("tests/recordings")
        .unwrap()
        .filter_map(|entry| {
            let folder = entry.unwrap().path();
            let meta = std::fs::read(folder.join("meta.json")).ok()?;
            let name = folder.file_name()?.to_string_lossy().into_owned();
            Some(Recorded { name, folder, meta: serde_json::from_slice(&meta).unwrap() })
        })
        .collect();
    found.sort_by(|a, b| a.name.cmp(&b.name));
    found
}

impl Recorded {
    /// The cluster before the first command.
    pub fn stage(&self) -> Stage {
        let namespace = self.meta["namespace"].as_str().unwrap_or("default");
        let nodes = self.meta["nodes"].as_u64().unwrap_or(1);
        stage(nodes, namespace, files(&self.folder))
    }

    /// When it ends.
    pub fn end(&self) -> SimTime {
        SimTime((self.meta["seconds"].as_f64().unwrap_or(60.0) * 1000.0) as u64)
    }

    /// The commands with their times.
    pub fn steps(&self) -> Vec<(SimTime, String)> {
        let text = std::fs::read_to_string(self.folder.join("steps.txt")).unwrap_or_default();
        let steps = podlab::lab::replay::parse_steps(&text).unwrap();
        steps.iter().filter_map(|step| Some((step.at, step.line()?.to_owned()))).collect()
    }

    /// Its manifest, if it has one.
    pub fn manifest(&self) -> Option<String> {
        std::fs::read_to_string(self.folder.join("manifest.yaml")).ok()
    }
}

/// An empty cluster with these files in the learner's folder.
pub fn stage(nodes: u64, namespace: &str, files: Files) -> Stage {
    let nodes = (1..=nodes).map(|n| NodeSpec::named(&format!("worker-{n}"))).collect();
    let cluster = Cluster::new(ClusterConfig { seed: 0, nodes, namespaces: vec![namespace.to_owned()] });
    let mut session = Session::new(files);
    session.set_namespace(namespace);
    Stage { cluster, session }
}

fn files(folder: &Path) -> Files {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let small = entries.filter(|path| path.is_file() && path.metadata().is_ok_and(|m| m.len() < 1 << 20));
    small
        .map(|path| (path.file_name().unwrap().to_string_lossy().into_owned(), std::fs::read(&path).unwrap()))
        .collect()
}

/// Runs all of a recording, in slices of at most `slice` milliseconds.
pub fn run(recorded: &Recorded, slice: u64) -> Stage {
    let mut stage = recorded.stage();
    for (at, line) in recorded.steps() {
        advance(&mut stage, at, slice);
        stage.start(&line);
    }
    advance(&mut stage, recorded.end(), slice);
    stage
}

fn advance(stage: &mut Stage, until: SimTime, slice: u64) {
    while stage.cluster.now() < until {
        let next = stage.cluster.now().plus(slice).min(until);
        stage.advance(next);
    }
}
