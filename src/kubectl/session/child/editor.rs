//! Editors that commands of the shell wait for: `$EDITOR` as a program of the small Unix, podlab's own, and one on a node.

use super::{Child, Work};
use crate::kubectl::session::{EditorRequest, Session};
use crate::os::{Pid, Spawn, Stdin};

/// Editors that are podlab's own.
const EDITORS: [&str; 4] = ["vi", "vim", "nano", "edit"];

/// An editor on a node, seen from here.
#[derive(Clone, Debug, Default)]
pub(in super::super) enum NodeEditor {
    /// None is open.
    #[default]
    None,
    /// It is open, and waits.
    Open(EditorRequest),
    /// It was closed: with the text to save, or without.
    Closed(Option<String>),
}

impl Session {
    /// Starts `$EDITOR` for a kubectl that wants a text edited, if it is a program of the small Unix.
    pub(super) fn start_editor(&mut self, now: crate::kube::SimTime, child: &mut Child) -> bool {
        let Work::Kubectl(command) = &mut child.work else { return false };
        let Some(request) = command.editor_request().filter(|_| child.editor.is_none()) else { return false };
        let editor = command.editor().unwrap_or("vi").to_owned();
        let program = editor.split_whitespace().next().unwrap_or_default();
        if EDITORS.contains(&program.rsplit('/').next().unwrap_or_default()) {
            if command.is_on_terminal() {
                return false;
            }
            command.editor_failed(&editor);
            return true;
        }
        let path = request.name;
        self.write_path(now, &path, request.text.as_bytes());
        let spawn = Spawn {
            argv: vec!["sh".to_owned(), "-c".to_owned(), format!("{editor} {path}")],
            stdin: Stdin::Empty,
            ..Spawn::default()
        };
        match self.system.spawn(now, self.cell, spawn, &mut self.volumes) {
            Ok(pid) => child.editor = Some((pid, path)),
            Err(_) => {
                if let Work::Kubectl(command) = &mut child.work {
                    command.editor_failed(&editor);
                }
            }
        }
        true
    }

    /// Takes in that a process of `$EDITOR` has ended, if `pid` is one.
    pub(in super::super) fn editor_ended(&mut self, now: crate::kube::SimTime, pid: Pid, code: i32) {
        let found = self.children.iter().find_map(|(child, state)| {
            let (editor, path) = state.editor.as_ref()?;
            (*editor == pid).then(|| (*child, path.clone()))
        });
        let Some((child, path)) = found else { return };
        let text = self.read_path(now, &path).unwrap_or_default();
        let Some(child) = self.children.get_mut(&child) else { return };
        child.editor = None;
        if let Work::Kubectl(command) = &mut child.work {
            if code == 0 {
                command.edited(Some(&String::from_utf8_lossy(&text)));
            } else {
                let editor = command.editor().unwrap_or("vi").to_owned();
                command.editor_failed(&editor);
            }
        }
    }

    /// What the learner is to edit now, if a command waits for that.
    pub fn editor_request(&self) -> Option<EditorRequest> {
        self.children.values().find_map(|child| match &child.work {
            Work::Editor { path } => {
                Some(EditorRequest { name: path.clone(), text: self.text_of(path).unwrap_or_default() })
            }
            Work::Kubectl(command) if child.editor.is_none() => command.editor_request(),
            Work::Ssh { editor: NodeEditor::Open(request), .. } => Some(request.clone()),
            _ => None,
        })
    }

    /// Answers [`Session::editor_request`]: the text as saved, `None` if it was closed without saving.
    pub fn editor_done(&mut self, text: Option<&str>) {
        let found = self.children.iter_mut().find_map(|(pid, child)| match &mut child.work {
            Work::Editor { path } => Some((*pid, Some(path.clone()))),
            Work::Kubectl(command) if child.editor.is_none() && command.editor_request().is_some() => {
                command.edited(text);
                Some((*pid, None))
            }
            Work::Ssh { editor, .. } if matches!(editor, NodeEditor::Open(_)) => {
                *editor = NodeEditor::Closed(text.map(str::to_owned));
                Some((*pid, None))
            }
            _ => None,
        });
        let Some((pid, Some(path))) = found else { return };
        let now = self.now;
        if let Some(text) = text {
            self.write_path(now, &path, text.as_bytes());
        }
        self.children.remove(&pid);
        self.system.foreign_exit(now, self.cell, pid, 0);
    }

    fn text_of(&self, path: &str) -> Option<String> {
        let node = self.system.node(self.cell, path)?;
        let crate::os::Body::File(content) = &node.body else { return None };
        let bytes = content.to_vec();
        Some(String::from_utf8_lossy(&bytes).into_owned())
    }
}
