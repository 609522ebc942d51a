//! A tree of files as plain data. Nodes are shared ([`Arc`]) and copied on write, so an image layer costs each container that uses it
//! one pointer, and a snapshot of the whole cluster shares every file. Knows nothing of mounts, users or processes.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Errno;
use crate::kube::SimTime;

/// The longest content podlab keeps for one file, in bytes that are not zeros (holes are free).
pub const MAX_FILE: usize = 16 << 20;

/// Owner, permissions and age of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Meta {
    /// Permission bits, 0o7777 at most.
    pub mode: u16,
    /// User id.
    pub uid: u32,
    /// Group id.
    pub gid: u32,
    /// Last change of the content.
    pub mtime: SimTime,
}

impl Meta {
    /// Owned by root, changed at the start of the simulation.
    pub const fn root(mode: u16) -> Meta {
        Meta { mode, uid: 0, gid: 0, mtime: SimTime(0) }
    }
}

/// The bytes of a file: what was written, then a number of zeros that take no room.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Content {
    bytes: Arc<Vec<u8>>,
    zeros: u64,
}

impl Content {
    /// A file of these bytes.
    pub fn of(bytes: &[u8]) -> Content {
        Content { bytes: Arc::new(bytes.to_vec()), zeros: 0 }
    }

    /// Size in bytes.
    pub fn len(&self) -> u64 {
        self.bytes.len() as u64 + self.zeros
    }

    /// No bytes at all.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// At most `limit` bytes from `offset`.
    pub fn read(&self, offset: u64, limit: usize) -> Vec<u8> {
        let stored = self.bytes.len() as u64;
        if offset >= stored {
            return vec![0; self.len().saturating_sub(offset).min(limit as u64) as usize];
        }
        let from = offset as usize;
        let to = self.bytes.len().min(from.saturating_add(limit));
        self.bytes[from..to].to_vec()
    }

    /// The whole content; holes beyond [`MAX_FILE`] are cut.
    pub fn to_vec(&self) -> Vec<u8> {
        let mut all = self.bytes.as_ref().clone();
        let room = MAX_FILE.saturating_sub(all.len()) as u64;
        all.resize(all.len() + self.zeros.min(room) as usize, 0);
        all
    }

    /// Writes at `offset`; a long run of zeros at the end is kept as a count.
    pub fn write(&mut self, offset: u64, data: &[u8]) -> Result<(), Errno> {
        if offset >= self.len() && data.len() >= 512 && data.iter().all(|byte| *byte == 0) {
            self.zeros += offset - self.len() + data.len() as u64;
            return Ok(());
        }
        if offset.saturating_add(data.len() as u64) > MAX_FILE as u64 {
            return Err(Errno::TooBig);
        }
        let from = offset as usize;
        let end = from + data.len();
        let total = self.len();
        let bytes = Arc::make_mut(&mut self.bytes);
        if bytes.len() < end {
            bytes.resize(end, 0);
        }
        bytes[from..end].copy_from_slice(data);
        self.zeros = total.saturating_sub(bytes.len() as u64);
        Ok(())
    }

    /// Cuts or extends (with zeros) to `size`.
    pub fn truncate(&mut self, size: u64) {
        if size < self.bytes.len() as u64 {
            Arc::make_mut(&mut self.bytes).truncate(size as usize);
        }
        self.zeros = size - self.bytes.len() as u64;
    }
}

/// A device that reads or swallows without end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Device {
    /// `/dev/null`
    Null,
    /// `/dev/zero`
    Zero,
    /// `/dev/full`
    Full,
    /// `/dev/random`, `/dev/urandom`
    Random,
    /// `/dev/tty`, `/dev/console`
    Tty,
    /// Another name of the opener's own descriptor (`/dev/stdout`, `/proc/self/fd/1`), or of another process's (`/proc/1/fd/1`).
    Descriptor {
        /// 0 stands for the opener itself.
        pid: u32,
        /// Its descriptor.
        fd: u32,
    },
}

/// What a node is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Body {
    /// A directory.
    Directory(BTreeMap<Arc<str>, Arc<Node>>),
    /// A regular file.
    File(Content),
    /// A symbolic link.
    Link(Arc<str>),
    /// An executable podlab has a model of, by the model's name.
    Program(Arc<str>),
    /// A device.
    Device(Device),
    /// A named pipe or socket: shown, not opened.
    Socket,
}

/// A file, directory or link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// Owner, permissions, age.
    pub meta: Meta,
    /// What it is.
    pub body: Body,
}

impl Node {
    /// An empty directory.
    pub fn directory(meta: Meta) -> Node {
        Node { meta, body: Body::Directory(BTreeMap::new()) }
    }

    /// A regular file.
    pub fn file(meta: Meta, bytes: &[u8]) -> Node {
        Node { meta, body: Body::File(Content::of(bytes)) }
    }

    /// A symbolic link.
    pub fn link(target: &str) -> Node {
        Node { meta: Meta::root(0o777), body: Body::Link(target.into()) }
    }

    /// The children of a directory.
    pub fn entries(&self) -> Option<&BTreeMap<Arc<str>, Arc<Node>>> {
        match &self.body {
            Body::Directory(entries) => Some(entries),
            _ => None,
        }
    }

    /// Size as `ls -l` shows it.
    pub fn size(&self) -> u64 {
        match &self.body {
            Body::Directory(_) => 4096,
            Body::File(content) => content.len(),
            Body::Link(target) => target.len() as u64,
            Body::Program(_) => 1_131_168,
            Body::Device(_) | Body::Socket => 0,
        }
    }

    /// Bytes of all files below.
    pub fn usage(&self) -> u64 {
        match &self.body {
            Body::Directory(entries) => entries.values().map(|node| node.usage()).sum(),
            Body::File(content) => content.len(),
            _ => 0,
        }
    }
}

/// A file system: one root directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tree {
    root: Arc<Node>,
}

impl Default for Tree {
    fn default() -> Self {
        Tree::new(Meta::root(0o755))
    }
}

impl Tree {
    /// An empty file system whose root has this owner and mode.
    pub fn new(meta: Meta) -> Tree {
        Tree { root: Arc::new(Node::directory(meta)) }
    }

    /// The node at a path of plain names; links are not followed.
    pub fn get<'a>(&self, path: impl IntoIterator<Item = &'a str>) -> Option<&Arc<Node>> {
        path.into_iter().try_fold(&self.root, |node, name| node.entries()?.get(name))
    }

    /// The node at a path of plain names, for change; copies what is shared with others.
    pub fn get_mut<'a>(&mut self, path: impl IntoIterator<Item = &'a str>) -> Option<&mut Node> {
        path.into_iter().try_fold(Arc::make_mut(&mut self.root), |node, name| match &mut node.body {
            Body::Directory(entries) => entries.get_mut(name).map(Arc::make_mut),
            _ => None,
        })
    }

    /// Puts a node under `name` into the directory at `parent`, replacing what was there.
    pub fn insert(
        &mut self,
        parent: &[String],
        name: &str,
        node: Arc<Node>,
        now: SimTime,
    ) -> Result<(), Errno> {
        let directory = self.get_mut(parent.iter().map(String::as_str)).ok_or(Errno::NoEntry)?;
        let Body::Directory(entries) = &mut directory.body else { return Err(Errno::NotDirectory) };
        entries.insert(name.into(), node);
        directory.meta.mtime = now;
        Ok(())
    }

    /// Takes a node out of its directory.
    pub fn remove(&mut self, parent: &[String], name: &str, now: SimTime) -> Option<Arc<Node>> {
        let directory = self.get_mut(parent.iter().map(String::as_str))?;
        let Body::Directory(entries) = &mut directory.body else { return None };
        let node = entries.remove(name)?;
        directory.meta.mtime = now;
        Some(node)
    }

    /// Writes a whole file (`/a/b`), making the directories above it; for hosts that fill images and volumes.
    pub fn put(&mut self, path: &str, node: Node) {
        let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
        let Some((name, above)) = parts.split_last() else {
            self.root = Arc::new(node);
            return;
        };
        let mut here = Arc::make_mut(&mut self.root);
        for part in above {
            if !matches!(here.body, Body::Directory(_)) {
                here.body = Body::Directory(BTreeMap::new());
            }
            let Body::Directory(entries) = &mut here.body else { return };
            let next = entries
                .entry(Arc::from(*part))
                .or_insert_with(|| Arc::new(Node::directory(Meta::root(0o755))));
            here = Arc::make_mut(next);
        }
        if let Body::Directory(entries) = &mut here.body {
            entries.insert(Arc::from(*name), Arc::new(node));
        }
    }

    /// Removes a path (`/a/b`) and all below; nothing if it is not there.
    pub fn unlink(&mut self, path: &str) {
        let mut parts: Vec<String> =
            path.split('/').filter(|part| !part.is_empty()).map(str::to_owned).collect();
        if let Some(name) = parts.pop() {
            let now = SimTime(0);
            self.remove(&parts, &name, now);
        }
    }

    /// The content of a regular file (`/a/b`), links not followed.
    pub fn read(&self, path: &str) -> Option<Vec<u8>> {
        match &self.get(path.split('/').filter(|part| !part.is_empty()))?.body {
            Body::File(content) => Some(content.to_vec()),
            _ => None,
        }
    }

    /// Gives everything to a group that may read it, and write it unless `read_only`; directories hand the group down (what kubelets do
    /// for `fsGroup`, `pkg/volume/volume_linux.go`).
    pub fn give_to_group(&mut self, group: u32, read_only: bool) {
        give(Arc::make_mut(&mut self.root), group, if read_only { 0o440 } else { 0o660 });
    }

    /// Bytes of all files.
    pub fn usage(&self) -> u64 {
        self.root.usage()
    }

    /// The root directory.
    pub fn root(&self) -> &Arc<Node> {
        &self.root
    }
}

fn give(node: &mut Node, group: u32, mask: u16) {
    node.meta.gid = group;
    node.meta.mode |= mask;
    if let Body::Directory(entries) = &mut node.body {
        node.meta.mode |= 0o2110;
        for node in entries.values_mut() {
            give(Arc::make_mut(node), group, mask);
        }
    }
}
