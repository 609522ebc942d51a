//! Why things happened. Every change names a cause, every cause names the one before it, up to something a person did or a fact of
//! the cluster. Texts are written for a learner; this module does not know how they are shown.

use crate::kube::SimTime;
use std::collections::{BTreeMap, VecDeque};

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

/// How many causes are kept: more than the change log has changes.
const LIMIT: usize = 400_000;

/// The causes so far. When there are too many, the older half goes; what is left keeps its chains by pointing at their roots, which
/// stay for ever (there are as many as commands and faults).
#[derive(Clone, Debug, Default)]
pub struct Causes {
    log: VecDeque<Cause>,
    /// The id of the first of the log.
    first: u32,
    /// Roots older than the log that something in it goes back to.
    roots: BTreeMap<CauseId, Cause>,
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
        if self.log.len() >= LIMIT {
            self.forget(LIMIT / 2);
        }
        self.log.push_back(Cause { at, because, text: text.into(), chapter });
        CauseId(self.first + self.log.len() as u32 - 1)
    }

    /// The cause with this id; `None` if it is long forgotten.
    pub fn get(&self, id: CauseId) -> Option<&Cause> {
        match id.0.checked_sub(self.first) {
            Some(place) => self.log.get(place as usize),
            None => self.roots.get(&id),
        }
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

    /// Drops the oldest `count` causes and ties what rested on them to their roots.
    fn forget(&mut self, count: usize) {
        let roots = self.roots_of_oldest(count);
        let old: Vec<Cause> = self.log.drain(..count).collect();
        let before = self.first;
        self.first += count as u32;
        let first = self.first;
        let mut kept = BTreeMap::new();
        for cause in &mut self.log {
            let Some(id) = cause.because.filter(|id| id.0 < first) else { continue };
            let root = id.0.checked_sub(before).map_or(Some(id), |place| roots.get(place as usize).copied());
            cause.because = root;
            let Some(root) = root else { continue };
            let known = root.0.checked_sub(before).and_then(|place| old.get(place as usize));
            if let Some(cause) = known.or_else(|| self.roots.get(&root)) {
                kept.entry(root).or_insert_with(|| cause.clone());
            }
        }
        self.roots = kept;
    }

    /// The root of each of the oldest causes, in order. A cause is younger than what it rests on, so one pass is enough.
    fn roots_of_oldest(&self, count: usize) -> Vec<CauseId> {
        let mut roots: Vec<CauseId> = Vec::with_capacity(count);
        for (place, cause) in self.log.iter().take(count).enumerate() {
            let own = CauseId(self.first + place as u32);
            let root = match cause.because {
                None => own,
                Some(id) => id.0.checked_sub(self.first).map_or(id, |place| roots[place as usize]),
            };
            roots.push(root);
        }
        roots
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_history_is_bounded_and_still_leads_to_its_root() {
        let mut causes = Causes::default();
        let command = causes.add(SimTime(0), None, "", "you ran: kubectl apply");
        let mut latest = command;
        for n in 1..=3 * LIMIT as u64 {
            latest = causes.add(SimTime(n), Some(latest), "", "");
        }
        assert!(causes.log.len() <= LIMIT);
        assert_eq!(causes.roots.len(), 1);
        let chain = causes.chain(latest);
        assert_eq!(chain.last().map(|root| root.text.as_str()), Some("you ran: kubectl apply"));
        assert_eq!(chain[0].at, SimTime(3 * LIMIT as u64));
        assert_eq!(causes.get(command).map(|root| root.at), Some(SimTime(0)));
    }
}
