//! The cluster and its main loop: take the next thing due, let its component act, then let every component see what changed.

use super::agenda::Agenda;
use super::cause::Causes;
use super::store::Store;
use crate::kube::SimTime;

/// What can be due. One variant for each component.
#[derive(Clone, Debug)]
pub enum Due {
    /// Nothing: time merely passes. Keeps the loop whole until components bring their own variants.
    Tick,
}

/// What every component acts on: the time, the store, the agenda, the causes, the seed.
#[derive(Debug)]
pub struct Context<'a> {
    /// The simulated time of this step.
    pub now: SimTime,
    /// Objects and their change log.
    pub store: &'a mut Store,
    /// Things to do later.
    pub agenda: &'a mut Agenda<Due>,
    /// Why things happen.
    pub causes: &'a mut Causes,
    /// The seed of every draw.
    pub seed: u64,
}

/// A simulated cluster.
#[derive(Clone, Debug, Default)]
pub struct Cluster {
    now: SimTime,
    store: Store,
    agenda: Agenda<Due>,
    causes: Causes,
}

impl Cluster {
    /// The simulated time reached so far.
    pub fn now(&self) -> SimTime {
        self.now
    }

    /// The objects and the change log.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Why things happened.
    pub fn causes(&self) -> &Causes {
        &self.causes
    }

    /// When something can change next without anybody acting; `None` if never.
    pub fn next_at(&self) -> Option<SimTime> {
        self.agenda.next_at()
    }

    /// Lets time pass until `until`. Advancing in parts gives the same log as advancing at once.
    pub fn advance(&mut self, until: SimTime) {
        while let Some((at, due)) = self.agenda.pop_until(until) {
            self.now = at;
            match due {
                Due::Tick => {}
            }
        }
        self.now = self.now.max(until);
    }
}
