//! The files a kubectl sees: those of the folder it runs in, and those its words name elsewhere. Does not know what it does with them.

use super::Session;
use crate::kube::SimTime;
use crate::kubectl::desk::Desk;
use std::collections::{BTreeMap, BTreeSet};

/// How many files a command sees, at most.
const FILES_MAX: usize = 2000;
/// How many folders deep it looks.
const DEPTH: usize = 8;

/// Files by path, as [`crate::kubectl::desk::Desk`] keeps them.
pub(super) type Files = BTreeMap<String, Vec<u8>>;

/// What lies in a folder, for a desk.
#[derive(Default)]
struct Found {
    files: Files,
    /// Folders in which nothing lies.
    empty: BTreeSet<String>,
}

/// Where the files of a command are: its folder, and the places outside it that its words name.
#[derive(Clone, Debug, Default)]
pub(super) struct Places {
    folder: String,
    /// The start of a path as the desk has it, and the path it stands for.
    outside: Vec<(String, String)>,
}

impl Places {
    /// The places of a command line that was typed in `folder`.
    pub fn of(folder: &str, argv: &[String]) -> Places {
        let mut outside = Vec::new();
        for word in argv {
            let value = word.split_once('=').map_or(word.as_str(), |(_, value)| value);
            let value = value.rsplit_once(':').map_or(value, |(_, path)| path);
            let value = ["-f", "-k"].iter().find_map(|flag| value.strip_prefix(flag)).unwrap_or(value);
            let path = if value.starts_with('/') {
                value.to_owned()
            } else if value.starts_with("..") {
                format!("{folder}/{value}")
            } else {
                continue;
            };
            outside.push((Desk::clean(value), path));
        }
        if argv
            .iter()
            .any(|word| word == "kustomize" || word.starts_with("-k") || word.starts_with("--kustomize"))
        {
            outside.extend(above(folder));
            let tops: Vec<_> = outside.iter().filter_map(|(name, _)| top(name)).collect();
            outside.extend(tops.into_iter().map(|top| (top.clone(), top)));
        }
        Places { folder: folder.to_owned(), outside }
    }

    /// The whole path of what the desk calls `name`.
    pub fn path(&self, name: &str) -> String {
        for (start, path) in &self.outside {
            if let Some(rest) = name.strip_prefix(start.as_str())
                && (rest.is_empty() || rest.starts_with('/'))
            {
                return format!("{path}{rest}");
            }
        }
        if name.starts_with('/') { name.to_owned() } else { format!("{}/{name}", self.folder) }
    }
}

/// The folders above one, which its kustomization may lead to, but for the root.
fn above(folder: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let (mut path, mut name) = (folder, String::new());
    while let Some((up, _)) = path.rsplit_once('/').filter(|(up, _)| !up.is_empty()) {
        name = if name.is_empty() { "..".to_owned() } else { format!("../{name}") };
        found.push((name.clone(), up.to_owned()));
        path = up;
    }
    found
}

/// The first folder of a whole path.
fn top(path: &str) -> Option<String> {
    let (first, _) = path.strip_prefix('/')?.split_once('/')?;
    Some(format!("/{first}"))
}

impl Session {
    /// Hands the files of a command's places to the desk.
    pub(super) fn load_files(&mut self, now: SimTime, places: &Places) {
        let mut found = Found::default();
        self.read_below(now, &places.folder, "", &mut found);
        for (name, path) in &places.outside {
            match self.read_path(now, path) {
                Some(bytes) => {
                    found.files.insert(name.clone(), bytes);
                }
                None => self.read_below(now, path, name, &mut found),
            }
        }
        (self.desk.files, self.desk.folders) = (found.files, found.empty);
        self.desk.folder.clone_from(&places.folder);
    }

    fn read_below(&mut self, now: SimTime, folder: &str, name: &str, found: &mut Found) {
        let Some(files) = self.system.files(now, self.cell, &mut self.volumes) else { return };
        let mut open = vec![String::new()];
        while let Some(below) = open.pop() {
            let Ok(entries) = files.list(&format!("{folder}/{below}")) else { continue };
            let shown = [name, below.as_str()]
                .into_iter()
                .filter(|part| !part.is_empty())
                .collect::<Vec<_>>()
                .join("/");
            if entries.is_empty() && found.empty.len() < FILES_MAX {
                found.empty.insert(shown);
            }
            for (entry, node) in entries {
                let path = if below.is_empty() { entry.to_string() } else { format!("{below}/{entry}") };
                if node.entries().is_some() {
                    if path.matches('/').count() < DEPTH {
                        open.push(path);
                    }
                } else if found.files.len() < FILES_MAX
                    && let Ok(bytes) = files.read(&format!("{folder}/{path}"))
                {
                    let shown = if name.is_empty() { path } else { format!("{name}/{path}") };
                    found.files.insert(shown, bytes);
                }
            }
        }
    }

    /// Writes back what a command has changed.
    pub(super) fn save_files(&mut self, now: SimTime, places: &Places, before: &Files) {
        let Some(mut files) = self.system.files(now, self.cell, &mut self.volumes) else { return };
        for (name, bytes) in &self.desk.files {
            if before.get(name) != Some(bytes) {
                let path = places.path(name);
                if let Some((folder, _)) = path.rsplit_once('/') {
                    let _ = files.mkdir_all(folder, 0o755);
                }
                let _ = files.write(&path, bytes);
            }
        }
    }

    pub(super) fn read_path(&mut self, now: SimTime, path: &str) -> Option<Vec<u8>> {
        self.system.files(now, self.cell, &mut self.volumes)?.read(path).ok()
    }

    pub(super) fn write_path(&mut self, now: SimTime, path: &str, bytes: &[u8]) {
        if let Some(mut files) = self.system.files(now, self.cell, &mut self.volumes) {
            let _ = files.write(path, bytes);
        }
    }
}
