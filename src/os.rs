//! A small Unix in virtual time: containers, processes, pipes, files, signals, a POSIX shell and the usual programs.
//!
//! A [`System`] is one machine (a Pod's sandbox, a node, the learner's desk). It is plain data: `Clone` it to remember it. Nothing in it
//! waits: [`System::run`] does all that can be done at a moment, [`System::next_wake`] says when to come again, and what leaves the
//! box is a [`Notice`] the host answers when it likes. This layer knows nothing of Kubernetes.

mod cell;
mod descriptor;
/// What two texts do not share.
pub mod diff;
mod errno;
mod fs;
mod image;
mod net;
mod process;
mod program;
mod rights;
mod shell;
mod signal;
mod system;
mod tree;
mod volume;

#[cfg(test)]
mod tests;

pub use cell::{Cell, CellId, CellSpec, Mount, OomRule, Span, User};
pub use descriptor::{Chunk, Stream};
pub use errno::Errno;
pub use fs::{Access, Files, Place};
pub use image::{Catalogue, Image, PullError, Reference, ReferenceError};
pub use net::{
    Failure, Health, HttpRequest, HttpResponse, Reply, Request, RequestId, ServeId, Served, is_loopback,
};
pub use process::{Pid, ProcessInfo, Status};
pub use rights::{CAPABILITIES, Rights};
pub use shell::LineStatus;
pub use signal::{DefaultAction, Signal};
pub use system::{
    ARGUMENT_MAX, DEFAULT_PATH, KERNEL, MACHINE_DISK, MACHINE_MEMORY, MAX_PROCESSES, Notice, Spawn,
    StartError, Stdin, System,
};
pub use tree::{Body, Content, Device, Meta, Node, Tree};
pub use volume::{Medium, Volume, VolumeId, Volumes};
