//! What led to what in one Pod: each thing that happens to a container follows from the last one, and the first from the Pod's being
//! wanted. Knows nothing of what happens, only of the order.

use super::desk::Desk;
use super::worker::Worker;
use crate::sim::cause::CauseId;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The causes a Pod's next happenings follow from.
#[derive(Clone, Debug)]
pub(super) struct Story {
    /// Why the Pod runs as it does: its arrival, its last change, its sandbox.
    pub origin: CauseId,
    /// The last thing that happened to each container.
    last: BTreeMap<Arc<str>, CauseId>,
}

impl Story {
    /// The story of a Pod new to the node.
    pub fn new(origin: CauseId) -> Story {
        Story { origin, last: BTreeMap::new() }
    }

    /// What the next thing that happens to a container follows from.
    pub fn of(&self, container: &str) -> CauseId {
        self.last.get(container).copied().unwrap_or(self.origin)
    }

    /// The containers begin anew, in a sandbox made because of `origin`.
    pub fn begin(&mut self, origin: CauseId) {
        *self = Story::new(origin);
    }
}

impl Worker {
    /// Tells what happens to a container and follows from the last thing that happened to it.
    pub fn tell(&mut self, name: &str, chapter: &'static str, text: String, desk: &mut Desk) {
        let because = self.story.last.get(name).copied().or_else(|| self.told_of_earlier(name));
        let because = because.unwrap_or(self.story.origin);
        if desk.ctx.causes.get(because).is_some_and(|cause| cause.text == text) {
            // Looked at again, nothing new: the same cause once more would read like a second happening.
            self.because = because;
            return;
        }
        self.tell_after(because, name, (chapter, text), desk);
    }

    /// The last thing that happened to the init containers whose turn was before a container's, if anything did.
    fn told_of_earlier(&self, name: &str) -> Option<CauseId> {
        let inits = self.pod.spec.init_containers.as_deref().unwrap_or_default();
        let turn = inits.iter().position(|init| init.name == name).unwrap_or(inits.len());
        inits[..turn].iter().rev().find_map(|init| self.story.last.get(init.name.as_str()).copied())
    }

    /// Tells what happens to a container and follows from `because`.
    pub fn tell_after(
        &mut self,
        because: CauseId,
        name: &str,
        (chapter, text): (&'static str, String),
        desk: &mut Desk,
    ) {
        self.because = desk.ctx.because(Some(because), chapter, text);
        self.story.last.insert(name.into(), self.because);
    }

    /// Tells of an attempt that came to nothing; the next one follows from the same wish, not from this failure.
    pub fn tell_failure(&mut self, chapter: &'static str, text: String, desk: &mut Desk) {
        self.because = desk.ctx.because(Some(self.story.origin), chapter, text);
    }
}
