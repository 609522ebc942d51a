//! `vi`, `nano` and `edit` on a node: the file they are open on, for whoever has a screen to edit it on.

use super::follow::Follow;
use super::{Cluster, FOLDERS};
use crate::os::Body;
use crate::sim::runtime::VisitId;

/// Their names.
pub(super) const EDITORS: [&str; 4] = ["vi", "vim", "nano", "edit"];

/// The file named in the words behind an editor's name, from the folder it was started in; or what the editor says.
pub(super) fn file_of(name: &str, words: &[&str], cwd: &str) -> Result<String, String> {
    let file = words.iter().find(|word| !word.starts_with(['-', '+']));
    let file = file.ok_or_else(|| format!("podlab: {name} needs the name of a file\n"))?;
    let path = if file.starts_with('/') { (*file).to_owned() } else { format!("{cwd}/{file}") };
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/').filter(|part| !part.is_empty() && *part != ".") {
        match part {
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    let path = parts.join("/");
    let own =
        FOLDERS.iter().any(|folder| path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/')));
    if own {
        Ok(path)
    } else {
        Err(format!("podlab: /{path} belongs to the node's image and is not edited\n"))
    }
}

impl Cluster {
    /// The file an editor is open on, on the node that a visit is to, and what is in it.
    pub fn node_editor(&mut self, visit: VisitId) -> Option<(String, String)> {
        let path = self.links.iter().find_map(|link| link.edits(visit.sandbox()))?.to_owned();
        let index = self.runtime.node_of(visit.sandbox())?;
        let disk = self.runtime.node_volume(index);
        let found = self.runtime.volumes.get(disk).and_then(|volume| volume.tree.get(path.split('/')));
        let text = match found.map(|node| &node.body) {
            Some(Body::File(content)) => String::from_utf8_lossy(&content.to_vec()).into_owned(),
            _ => String::new(),
        };
        Some((format!("/{path}"), text))
    }

    /// Closes the editor that is open on a node: with the text to save, or without.
    pub fn close_node_editor(&mut self, visit: VisitId, text: Option<&str>) {
        let shell = visit.sandbox();
        let Some(at) = self.links.iter().position(|link| link.edits(shell).is_some()) else { return };
        let link = self.links.remove(at);
        if let (Follow::Editor(path), Some(text), Some(index)) =
            (&link.follow, text, self.runtime.node_of(shell))
        {
            let node = self.kubelets[index.0 as usize].spec().name.to_string();
            // The node is there: its shell runs.
            let _ = self.write_node_file(&node, path, text.as_bytes());
        }
        self.runtime.finish_foreign(shell, link.process, 0, self.now);
        self.run_node_shell(shell);
    }
}
