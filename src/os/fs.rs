//! The files of one container as a process sees them: the image's tree, the volumes on top, links followed, permissions checked.

mod edit;

use std::sync::Arc;

use super::Errno;
use super::cell::{Cell, User};
use super::system::MACHINE_DISK;
use super::tree::{Body, Content, Meta, Node, Tree};
use super::volume::{Medium, Volumes};
use crate::kube::SimTime;

/// Longest path, as Linux has it.
const PATH_MAX: usize = 4096;
/// Longest chain of links.
const LINKS_MAX: u32 = 40;

/// Reading, writing or entering, as permission bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Read a file or list a directory.
    Read,
    /// Write a file or change a directory's entries.
    Write,
    /// Execute a file or enter a directory.
    Execute,
}

/// A path with its links resolved; the last part need not exist.
#[derive(Clone, Debug)]
pub struct Place {
    pub(super) parts: Vec<String>,
    /// What is there, if anything.
    pub node: Option<Arc<Node>>,
}

impl Place {
    /// The absolute path.
    pub fn path(&self) -> String {
        format!("/{}", self.parts.join("/"))
    }

    /// The node, or ENOENT.
    pub fn existing(&self) -> Result<&Arc<Node>, Errno> {
        self.node.as_ref().ok_or(Errno::NoEntry)
    }
}

/// The files of one container, seen by one user.
pub struct Files<'a> {
    pub(super) cell: &'a mut Cell,
    pub(super) volumes: &'a mut Volumes,
    pub(super) user: Arc<User>,
    pub(super) cwd: String,
    pub(super) now: SimTime,
    pub(super) proc: Option<Arc<Node>>,
    pub(super) umask: u16,
}

/// Whether `user` may do this to a node.
pub fn may(user: &User, meta: &Meta, access: Access) -> bool {
    let bit = match access {
        Access::Read => 4,
        Access::Write => 2,
        Access::Execute => 1,
    };
    if user.uid == 0 {
        return access != Access::Execute || meta.mode & 0o111 != 0;
    }
    let shift = if user.uid == meta.uid {
        6
    } else if user.gid == meta.gid || user.groups.contains(&meta.gid) {
        3
    } else {
        0
    };
    (meta.mode >> shift) & bit != 0
}

/// A name in a directory and what it stands for.
pub type Entry = (Arc<str>, Arc<Node>);

impl Files<'_> {
    /// Resolves a path; the last link is followed if `follow`.
    pub fn resolve(&self, path: &str, follow: bool) -> Result<Place, Errno> {
        if path.is_empty() {
            return Err(Errno::NoEntry);
        }
        if path.len() > PATH_MAX {
            return Err(Errno::NameTooLong);
        }
        let mut links = 0;
        let mut todo: Vec<String> = Vec::new();
        if !path.starts_with('/') {
            push_parts(&mut todo, &self.cwd);
        }
        todo.splice(0..0, path.split('/').rev().filter(|part| !part.is_empty()).map(str::to_owned));
        let directory_wanted = path.ends_with('/');
        let mut done: Vec<String> = Vec::new();
        let mut node = self.node_at(&done);
        while let Some(part) = todo.pop() {
            if part == "." {
                continue;
            }
            if part == ".." {
                done.pop();
                node = self.node_at(&done);
                continue;
            }
            let Some(here) = node else { return Err(Errno::NoEntry) };
            if !matches!(here.body, Body::Directory(_)) {
                return Err(Errno::NotDirectory);
            }
            if !may(&self.user, &here.meta, Access::Execute) {
                return Err(Errno::Denied);
            }
            if part.len() > 255 {
                return Err(Errno::NameTooLong);
            }
            done.push(part);
            node = self.child(&here, &done);
            if let Some(target) = link_target(node.as_deref())
                && (follow || !todo.is_empty() || directory_wanted)
            {
                links += 1;
                if links > LINKS_MAX {
                    return Err(Errno::Loop);
                }
                done.pop();
                if target.starts_with('/') {
                    done.clear();
                }
                push_parts(&mut todo, &target);
                node = self.node_at(&done);
            }
        }
        if directory_wanted && node.as_ref().is_some_and(|node| node.entries().is_none()) {
            return Err(Errno::NotDirectory);
        }
        Ok(Place { parts: done, node })
    }

    fn child(&self, parent: &Arc<Node>, path: &[String]) -> Option<Arc<Node>> {
        let special =
            path.len() == 1 && path[0] == "proc" || self.cell.mounts.iter().any(|mount| mount.at == path);
        if special { self.node_at(path) } else { parent.entries()?.get(path.last()?.as_str()).cloned() }
    }

    /// The node at a resolved path.
    fn node_at(&self, path: &[String]) -> Option<Arc<Node>> {
        if let (Some(proc), Some("proc")) = (&self.proc, path.first().map(String::as_str)) {
            return path[1..]
                .iter()
                .try_fold(Arc::clone(proc), |node, part| node.entries()?.get(part.as_str()).cloned());
        }
        match self.mount_of(path) {
            Some(index) => {
                let mount = &self.cell.mounts[index];
                let inner = mount.sub.iter().chain(&path[mount.at.len()..]).map(String::as_str);
                self.volumes.get(mount.volume)?.tree.get(inner).cloned()
            }
            None => self.cell.root.get(path.iter().map(String::as_str)).cloned(),
        }
    }

    /// The innermost mount that holds a resolved path.
    pub(super) fn mount_of(&self, path: &[String]) -> Option<usize> {
        self.cell.mounts.iter().rposition(|mount| path.starts_with(&mount.at))
    }

    /// The tree that holds a resolved path, for change, with the path inside it; EROFS where writing is not allowed.
    fn writable(&mut self, path: &[String]) -> Result<(&mut Tree, Vec<String>), Errno> {
        if path.first().is_some_and(|first| first == "proc" || first == "sys") {
            return Err(Errno::ReadOnly);
        }
        let Some(index) = self.mount_of(path) else {
            let device = path.first().is_some_and(|first| first == "dev");
            return if self.cell.read_only_root && !device {
                Err(Errno::ReadOnly)
            } else {
                Ok((&mut self.cell.root, path.to_vec()))
            };
        };
        let mount = &self.cell.mounts[index];
        if mount.read_only {
            return Err(Errno::ReadOnly);
        }
        let inner = mount.sub.iter().chain(&path[mount.at.len()..]).cloned().collect();
        let volume = self.volumes.get_mut(mount.volume).ok_or(Errno::NoEntry)?;
        Ok((&mut volume.tree, inner))
    }

    /// Checks that `extra` bytes fit where a path lies.
    fn room(&self, path: &[String], extra: u64) -> Result<(), Errno> {
        if extra > MACHINE_DISK {
            return Err(Errno::NoSpace);
        }
        let Some(index) = self.mount_of(path) else { return Ok(()) };
        let Some(volume) = self.volumes.get(self.cell.mounts[index].volume) else { return Ok(()) };
        match (volume.medium, volume.capacity) {
            (Medium::Memory, Some(capacity)) if volume.tree.usage() + extra > capacity => Err(Errno::NoSpace),
            _ => Ok(()),
        }
    }

    fn parent_writable(&self, place: &Place) -> Result<(), Errno> {
        let (_, above) = place.parts.split_last().ok_or(Errno::Busy)?;
        let parent = self.node_at(above).ok_or(Errno::NoEntry)?;
        if parent.entries().is_none() {
            return Err(Errno::NotDirectory);
        }
        if may(&self.user, &parent.meta, Access::Write) { Ok(()) } else { Err(Errno::Denied) }
    }

    /// Whether a path lies where nothing can be written.
    pub fn read_only(&self, place: &Place) -> bool {
        match self.mount_of(&place.parts) {
            Some(index) => self.cell.mounts[index].read_only,
            None => {
                self.cell.read_only_root
                    || place.parts.first().is_some_and(|first| first == "proc" || first == "sys")
            }
        }
    }

    /// Puts a new node at a place whose last part does not exist (or is to be replaced).
    pub fn put(&mut self, place: &Place, node: Node) -> Result<(), Errno> {
        if self.read_only(place) {
            return Err(Errno::ReadOnly);
        }
        self.parent_writable(place)?;
        let now = self.now;
        let mut node = node;
        let above = place.parts.split_last().and_then(|(_, above)| self.node_at(above));
        if let Some(above) = above.filter(|above| above.meta.mode & 0o2000 != 0) {
            // What is made in a set-group-id directory has its group (inode(7)).
            node.meta.gid = above.meta.gid;
            node.meta.mode |= if node.entries().is_some() { 0o2000 } else { 0 };
        }
        let (tree, inner) = self.writable(&place.parts)?;
        let (name, above) = inner.split_last().ok_or(Errno::Busy)?;
        tree.insert(above, name, Arc::new(node), now)
    }

    /// Owner and mode of something this user makes now.
    pub fn fresh_meta(&self, mode: u16) -> Meta {
        Meta { mode: mode & !self.umask, uid: self.user.uid, gid: self.user.gid, mtime: self.now }
    }

    /// Opens a file for writing: makes it if `create`, empties it if `truncate`. Returns where it is.
    pub fn open_write(&mut self, path: &str, truncate: bool) -> Result<Place, Errno> {
        let place = self.resolve(path, true)?;
        if path.ends_with('/') {
            return Err(Errno::IsDirectory);
        }
        let Some(node) = place.node.clone() else {
            let meta = self.fresh_meta(0o666);
            self.put(&place, Node { meta, body: Body::File(Content::default()) })?;
            return Ok(place);
        };
        match &node.body {
            Body::Directory(_) => return Err(Errno::IsDirectory),
            Body::Device(_) => return Ok(place),
            _ if self.read_only(&place) => return Err(Errno::ReadOnly),
            _ => {}
        }
        if !may(&self.user, &node.meta, Access::Write) {
            return Err(Errno::Denied);
        }
        if truncate && node.size() > 0 {
            self.change(&place.parts, |node| node.body = Body::File(Content::default()))?;
        }
        Ok(place)
    }

    /// Changes the node at a resolved path in place.
    pub(super) fn change(&mut self, parts: &[String], edit: impl FnOnce(&mut Node)) -> Result<(), Errno> {
        let now = self.now;
        let (tree, inner) = self.writable(parts)?;
        let node = tree.get_mut(inner.iter().map(String::as_str)).ok_or(Errno::NoEntry)?;
        edit(node);
        node.meta.mtime = now;
        Ok(())
    }

    /// Writes bytes into the file at a resolved path; `None` appends. Returns the offset after them.
    pub(super) fn write_at(
        &mut self,
        parts: &[String],
        offset: Option<u64>,
        data: &[u8],
    ) -> Result<u64, Errno> {
        self.room(parts, data.len() as u64)?;
        let now = self.now;
        let (tree, inner) = self.writable(parts)?;
        let node = tree.get_mut(inner.iter().map(String::as_str)).ok_or(Errno::NoEntry)?;
        node.meta.mtime = now;
        if let Body::Program(_) = node.body {
            node.body = Body::File(Content::default());
        }
        let Body::File(content) = &mut node.body else { return Err(Errno::Invalid) };
        let from = offset.unwrap_or_else(|| content.len());
        content.write(from, data)?;
        Ok(from + data.len() as u64)
    }

    /// Extends a file with zeros that take no room in podlab's memory.
    pub fn extend(&mut self, path: &str, size: u64) -> Result<(), Errno> {
        let place = self.open_write(path, false)?;
        self.room(&place.parts, size)?;
        self.change(&place.parts, |node| {
            if let Body::File(content) = &mut node.body {
                content.truncate(size);
            }
        })
    }

    /// The content of a file.
    pub fn read(&self, path: &str) -> Result<Vec<u8>, Errno> {
        let node = self.readable(path)?;
        match &node.body {
            Body::File(content) => Ok(content.to_vec()),
            Body::Directory(_) => Err(Errno::IsDirectory),
            Body::Program(name) => Ok(format!("\u{7f}ELF\u{2}\u{1}\u{1} {name}\n").into_bytes()),
            _ => Ok(Vec::new()),
        }
    }

    /// The node at a path if it may be read.
    pub fn readable(&self, path: &str) -> Result<Arc<Node>, Errno> {
        let place = self.resolve(path, true)?;
        let node = place.existing()?;
        if may(&self.user, &node.meta, Access::Read) { Ok(Arc::clone(node)) } else { Err(Errno::Denied) }
    }

    /// Writes a whole file, making it if needed.
    pub fn write(&mut self, path: &str, bytes: &[u8]) -> Result<(), Errno> {
        let place = self.open_write(path, true)?;
        if matches!(place.node.as_ref().map(|node| &node.body), Some(Body::Device(_))) {
            return Ok(());
        }
        self.write_at(&place.parts, Some(0), bytes).map(drop)
    }

    /// The names and nodes of a directory.
    pub fn list(&self, path: &str) -> Result<Vec<Entry>, Errno> {
        let place = self.resolve(path, true)?;
        let node = place.existing()?;
        let entries = node.entries().ok_or(Errno::NotDirectory)?;
        if !may(&self.user, &node.meta, Access::Read) {
            return Err(Errno::Denied);
        }
        let mut parts = place.parts.clone();
        let shown = entries.iter().map(|(name, node)| {
            parts.push(name.to_string());
            let here = if self.cell.mounts.iter().any(|mount| mount.at == parts) {
                self.node_at(&parts)
            } else {
                None
            };
            parts.pop();
            (Arc::clone(name), here.unwrap_or_else(|| Arc::clone(node)))
        });
        Ok(shown.collect())
    }
}

/// Puts the parts of a path on the stack of parts to walk, first on top.
fn push_parts(todo: &mut Vec<String>, path: &str) {
    todo.extend(path.split('/').rev().filter(|part| !part.is_empty()).map(str::to_owned));
}

fn link_target(node: Option<&Node>) -> Option<Arc<str>> {
    match &node?.body {
        Body::Link(target) => Some(Arc::clone(target)),
        _ => None,
    }
}
