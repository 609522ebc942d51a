//! Changing the tree: making, removing, renaming, and what is known of a file besides its bytes.

use std::sync::Arc;

use super::super::Errno;
use super::super::tree::{Body, Meta, Node};
use super::{Access, Files, Place, may};

impl Files<'_> {
    /// Makes a directory.
    pub fn mkdir(&mut self, path: &str, mode: u16) -> Result<(), Errno> {
        let trimmed = path.trim_end_matches('/');
        let place = self.resolve(if trimmed.is_empty() { "/" } else { trimmed }, true)?;
        if place.node.is_some() {
            return Err(Errno::Exists);
        }
        let meta = self.fresh_meta(mode);
        self.put(&place, Node::directory(meta))
    }

    /// Makes a directory and those above it; one that is there already will do.
    pub fn mkdir_all(&mut self, path: &str, mode: u16) -> Result<(), Errno> {
        let mut prefix = if path.starts_with('/') { "/".to_owned() } else { String::new() };
        for part in path.split('/').filter(|part| !part.is_empty()) {
            prefix.push_str(part);
            match self.mkdir(&prefix, mode) {
                Ok(()) | Err(Errno::Exists) => {}
                Err(error) => return Err(error),
            }
            prefix.push('/');
        }
        Ok(())
    }

    /// Removes a file or link; directories only if `directories` (with all that is in them).
    pub fn remove(&mut self, path: &str, directories: bool) -> Result<(), Errno> {
        let place = self.resolve(path.trim_end_matches('/'), false)?;
        let node = place.existing()?;
        if node.entries().is_some() && !directories {
            return Err(Errno::IsDirectory);
        }
        if self.cell.mounts.iter().any(|mount| mount.at.starts_with(&place.parts)) {
            return Err(Errno::Busy);
        }
        if self.read_only(&place) {
            return Err(Errno::ReadOnly);
        }
        self.parent_writable(&place)?;
        self.sticky(&place, node)?;
        let now = self.now;
        let (tree, inner) = self.writable(&place.parts)?;
        let (name, above) = inner.split_last().ok_or(Errno::Busy)?;
        tree.remove(above, name, now).map(drop).ok_or(Errno::NoEntry)
    }

    /// In `/tmp` and the like only the owner may remove.
    fn sticky(&self, place: &Place, node: &Node) -> Result<(), Errno> {
        let above = place.parts.split_last().and_then(|(_, above)| self.node_at(above));
        let sticky =
            above.is_some_and(|parent| parent.meta.mode & 0o1000 != 0 && parent.meta.uid != self.user.uid);
        if sticky && self.user.uid != 0 && self.user.uid != node.meta.uid {
            Err(Errno::NotPermitted)
        } else {
            Ok(())
        }
    }

    /// Moves a file or directory.
    pub fn rename(&mut self, from: &str, to: &str) -> Result<(), Errno> {
        let source = self.resolve(from.trim_end_matches('/'), false)?;
        let node = Arc::clone(source.existing()?);
        let target = self.resolve(to.trim_end_matches('/'), false)?;
        if target.parts == source.parts {
            return Ok(());
        }
        if target.parts.starts_with(&source.parts) {
            return Err(Errno::Invalid);
        }
        if let Some(old) = &target.node {
            match (node.entries(), old.entries()) {
                (Some(_), None) => return Err(Errno::NotDirectory),
                (None, Some(_)) => return Err(Errno::IsDirectory),
                (Some(_), Some(inside)) if !inside.is_empty() => return Err(Errno::NotEmpty),
                _ => {}
            }
        }
        self.put(&target, node.as_ref().clone())?;
        self.remove(from, true)
    }

    /// Changes mode, owner or age; only the owner or root may.
    pub fn set_meta(&mut self, path: &str, edit: impl FnOnce(&mut Meta)) -> Result<(), Errno> {
        let place = self.resolve(path, true)?;
        let node = place.existing()?;
        if self.read_only(&place) {
            return Err(Errno::ReadOnly);
        }
        if self.user.uid != 0 && self.user.uid != node.meta.uid {
            return Err(Errno::NotPermitted);
        }
        let (tree, inner) = self.writable(&place.parts)?;
        let node = tree.get_mut(inner.iter().map(String::as_str)).ok_or(Errno::NoEntry)?;
        edit(&mut node.meta);
        Ok(())
    }

    /// Sets a file's age to now, making it if it is not there.
    pub fn touch(&mut self, path: &str, create: bool) -> Result<(), Errno> {
        let place = self.resolve(path, true)?;
        let now = self.now;
        let Some(node) = &place.node else {
            return if create { self.open_write(path, false).map(drop) } else { Ok(()) };
        };
        if self.read_only(&place) {
            return Err(Errno::ReadOnly);
        }
        if !may(&self.user, &node.meta, Access::Write) && self.user.uid != node.meta.uid {
            return Err(Errno::Denied);
        }
        self.change(&place.parts, |node| node.meta.mtime = now)
    }

    /// Makes a symbolic link.
    pub fn symlink(&mut self, target: &str, path: &str) -> Result<(), Errno> {
        let place = self.resolve(path, false)?;
        if place.node.is_some() {
            return Err(Errno::Exists);
        }
        let meta = self.fresh_meta(0o777);
        self.put(&place, Node { meta, body: Body::Link(target.into()) })
    }
}
