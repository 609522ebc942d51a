//! Where Pods go: filters nodes, scores them, binds.

use super::cluster::Context;
use super::store::Change;
use crate::kube::Key;

/// What the scheduler asks to be reminded of.
#[derive(Clone, Debug)]
pub enum Due {
    /// Take the next Pod of the queue.
    Cycle,
    /// A Pod's back-off or its time in the pool of the unschedulable is over.
    Retry(Key),
}

/// The default scheduler.
#[derive(Clone, Debug, Default)]
pub struct Scheduler {}

impl Scheduler {
    /// Sees a change.
    pub fn observe(&mut self, _change: &Change, _context: &mut Context) {}

    /// Does what is due.
    pub fn handle(&mut self, _due: Due, _context: &mut Context) {}
}
