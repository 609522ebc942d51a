//! Why things happened. Every change names a cause, every cause names the one before it, up to something a person did or a fact of
//! the cluster. Texts are written for a learner; this module does not know how they are shown.

use crate::kube::SimTime;

/// A cause's place in the log of causes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CauseId(pub u32);

/// One link of a chain of causes.
#[derive(Clone, Debug, PartialEq)]
pub struct Cause {
    /// When it happened.
    pub at: SimTime,
    /// What led to it; `None` for a root (a command, a fault, the start of the cluster).
    pub because: Option<CauseId>,
    /// One sentence for a learner.
    pub text: String,
    /// The slug of the chapter that teaches it, empty if none does.
    pub chapter: &'static str,
}

/// All causes so far.
#[derive(Clone, Debug, Default)]
pub struct Causes {
    log: Vec<Cause>,
}

impl Causes {
    /// Records a cause and returns its id.
    pub fn add(
        &mut self,
        at: SimTime,
        because: Option<CauseId>,
        chapter: &'static str,
        text: impl Into<String>,
    ) -> CauseId {
        self.log.push(Cause { at, because, text: text.into(), chapter });
        CauseId(self.log.len() as u32 - 1)
    }

    /// The cause with this id.
    pub fn get(&self, id: CauseId) -> Option<&Cause> {
        self.log.get(id.0 as usize)
    }

    /// The chain from `id` back to its root, newest first.
    pub fn chain(&self, id: CauseId) -> Vec<&Cause> {
        let mut chain = Vec::new();
        let mut next = Some(id);
        while let Some(cause) = next.and_then(|id| self.get(id)) {
            chain.push(cause);
            next = cause.because;
        }
        chain
    }
}
