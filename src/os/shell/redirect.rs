//! Redirections: opening what they name, for a child or for the shell itself.

use std::collections::BTreeMap;

use super::super::Errno;
use super::super::descriptor::FileKind;
use super::super::program::{Ctx, Opened};
use super::expand::{Expander, Stop};
use super::frame::Frame;
use super::script::{Redirect, RedirectKind};
use super::{Flavour, Shell};

/// A redirection with its words expanded.
#[derive(Clone, Debug)]
pub(super) struct Ready {
    fd: u32,
    target: Target,
}

#[derive(Clone, Debug)]
enum Target {
    Read(String),
    Write { path: String, append: bool },
    ReadWrite(String),
    Duplicate(u32),
    Close,
    Both { path: String, append: bool },
    Text(String),
    Bad(String),
}

impl Ready {
    pub fn expand(redirect: &Redirect, expander: &mut Expander<'_, '_>) -> Result<Ready, Stop> {
        let target = match &redirect.kind {
            RedirectKind::Read(word) => Target::Read(expander.text(word)?),
            RedirectKind::Write(word) => Target::Write { path: expander.text(word)?, append: false },
            RedirectKind::Append(word) => Target::Write { path: expander.text(word)?, append: true },
            RedirectKind::ReadWrite(word) => Target::ReadWrite(expander.text(word)?),
            RedirectKind::Both(word, append) => Target::Both { path: expander.text(word)?, append: *append },
            RedirectKind::Text(word) => Target::Text(expander.text(word)?),
            RedirectKind::Duplicate(word) => {
                let text = expander.text(word)?;
                match text.parse::<u32>() {
                    Ok(number) => Target::Duplicate(number),
                    Err(_) if text == "-" => Target::Close,
                    Err(_) if redirect.fd == 1 => Target::Both { path: text, append: false },
                    Err(_) => Target::Bad(format!("{text}: bad file descriptor")),
                }
            }
            RedirectKind::Unsupported => {
                Target::Bad("podlab: process substitution is not simulated".to_owned())
            }
        };
        Ok(Ready { fd: redirect.fd, target })
    }
}

impl Shell {
    /// The descriptors of a child with these redirections. What was opened for it is held in `opened`; let go of it when the child is
    /// there.
    pub(super) fn descriptors(
        &self,
        redirects: &[Ready],
        opened: &mut Vec<u32>,
        ctx: &mut Ctx<'_>,
    ) -> Result<BTreeMap<u32, u32>, String> {
        let mut fds = ctx.process().fds.clone();
        for ready in redirects {
            match &ready.target {
                Target::Duplicate(from) => {
                    let file =
                        fds.get(from).copied().ok_or_else(|| format!("{from}: {}", Errno::BadDescriptor))?;
                    fds.insert(ready.fd, file);
                }
                Target::Close => drop(fds.remove(&ready.fd)),
                target => {
                    let file = self.open_target(target, ctx)?;
                    ctx.sys.retain(file);
                    opened.push(file);
                    fds.insert(ready.fd, file);
                    if matches!(target, Target::Both { .. }) {
                        fds.insert(2, file);
                    }
                }
            }
        }
        Ok(fds)
    }

    fn open_target(&self, target: &Target, ctx: &mut Ctx<'_>) -> Result<u32, String> {
        let opened = match target {
            Target::Read(path) => ctx.readable_kind(path).map_err(|error| self.cannot(path, error, false))?,
            Target::Write { path, append } | Target::Both { path, append } => {
                ctx.writable_kind(path, *append, false).map_err(|error| self.cannot(path, error, true))?
            }
            Target::ReadWrite(path) => {
                ctx.writable_kind(path, false, true).map_err(|error| self.cannot(path, error, true))?
            }
            Target::Text(text) => {
                let (read, write) = ctx.sys.pipe();
                ctx.sys.fill_pipe(write, text.as_bytes());
                return Ok(read);
            }
            Target::Bad(message) => return Err(message.clone()),
            Target::Duplicate(_) | Target::Close => return Err(Errno::Invalid.to_string()),
        };
        Ok(match opened {
            Opened::Kind(kind) => ctx.sys.open(kind),
            Opened::Same(file) => file,
        })
    }

    /// Each shell's words for a file that cannot be opened.
    fn cannot(&self, path: &str, error: Errno, create: bool) -> String {
        let missing = matches!(error, Errno::NoEntry | Errno::NotDirectory);
        match (self.flavour, create) {
            (Flavour::Bash, _) => format!("{path}: {error}"),
            (Flavour::Ash, true) if missing => format!("can't create {path}: nonexistent directory"),
            (Flavour::Ash, false) if missing => format!("can't open {path}: no such file"),
            (Flavour::Ash, true) => format!("can't create {path}: {error}"),
            (Flavour::Ash, false) => format!("can't open {path}: {error}"),
            (Flavour::Dash, true) if missing => format!("cannot create {path}: Directory nonexistent"),
            (Flavour::Dash, false) if missing => format!("cannot open {path}: No such file"),
            (Flavour::Dash, true) => format!("cannot create {path}: {error}"),
            (Flavour::Dash, false) => format!("cannot open {path}: {error}"),
        }
    }

    /// Redirects the shell itself until the frame it pushes is left.
    pub(super) fn redirect(&mut self, redirects: &[Ready], ctx: &mut Ctx<'_>) -> bool {
        if redirects.is_empty() {
            return true;
        }
        let before = ctx.process().fds.clone();
        let Some(after) = self.apply(redirects, ctx) else { return false };
        let mut saved = Vec::new();
        for fd in before.keys().chain(after.keys()).copied().collect::<std::collections::BTreeSet<u32>>() {
            let (old, new) = (before.get(&fd).copied(), after.get(&fd).copied());
            if old != new {
                if let Some(old) = old {
                    ctx.sys.retain(old);
                }
                saved.push((fd, old));
            }
        }
        self.switch(&before, &after, ctx);
        self.frames.push(Frame::Descriptors(saved));
        true
    }

    /// Redirects the shell itself and leaves it so.
    pub(super) fn redirect_for_good(&mut self, redirects: &[Ready], ctx: &mut Ctx<'_>) -> bool {
        let before = ctx.process().fds.clone();
        let Some(after) = self.apply(redirects, ctx) else { return false };
        self.switch(&before, &after, ctx);
        true
    }

    fn apply(&mut self, redirects: &[Ready], ctx: &mut Ctx<'_>) -> Option<BTreeMap<u32, u32>> {
        let mut opened = Vec::new();
        let fds = self.descriptors(redirects, &mut opened, ctx);
        match fds {
            Ok(fds) => {
                // Held by the caller's descriptors from here on; see `switch`.
                self.held.extend(opened);
                Some(fds)
            }
            Err(message) => {
                ctx.release_all(opened);
                self.error(&message);
                None
            }
        }
    }

    fn switch(&mut self, before: &BTreeMap<u32, u32>, after: &BTreeMap<u32, u32>, ctx: &mut Ctx<'_>) {
        for (fd, file) in after {
            if before.get(fd) != Some(file) {
                ctx.sys.set_fd(ctx.key, *fd, *file);
            }
        }
        for fd in before.keys().filter(|fd| !after.contains_key(fd)) {
            ctx.close(*fd);
        }
        for file in std::mem::take(&mut self.held) {
            ctx.sys.release(file);
        }
    }
}

impl super::super::System {
    /// Writes a here-document into a pipe nobody waits for, however long it is.
    pub(in super::super) fn fill_pipe(&mut self, write: u32, bytes: &[u8]) {
        if let Some(FileKind::PipeWrite(id)) = self.files.get(&write).map(|open| open.kind.clone())
            && let Some(pipe) = self.pipes.get_mut(&id)
        {
            pipe.data.extend(bytes);
        }
        self.retain(write);
        self.release(write);
    }

    /// A number that differs from moment to moment and not from run to run.
    pub(in super::super) fn noise(&self) -> u64 {
        (self.files.len() as u64 + 1).wrapping_mul(0x9e37_79b9) ^ self.procs.len() as u64
    }
}
