//! The work queue of the controllers (client-go util/workqueue): a key stands in it once; a delayed key keeps its earliest time.

use super::{Controller, Due, pods};
use crate::kube::{Key, SimTime};
use crate::sim::cause::CauseId;
use crate::sim::chance;
use crate::sim::cluster::{self, Context};
use crate::sim::store::Change;
use std::collections::BTreeMap;

/// How long a controller takes from seeing a change to acting on it, milliseconds: between these two (recordings: 3 to 20 ms).
const LATENCY: (u64, u64) = (4, 10);
/// The first delay after a failed sync and the longest, milliseconds: `DefaultTypedControllerRateLimiter`, and what Jobs have instead
/// (pkg/controller/job: `DefaultJobApiBackOff`, `MaxJobApiBackOff`).
const fn retry_delays(controller: Controller) -> (u64, u64) {
    match controller {
        Controller::Job => (1000, 60_000),
        _ => (5, 1_000_000),
    }
}

/// Keys waiting for their controllers.
#[derive(Clone, Debug, Default)]
pub struct Queue {
    waiting: BTreeMap<(Controller, Key), Waiting>,
    failures: BTreeMap<(Controller, Key), u32>,
    /// What led to the sync under way: what it asks to be reminded of follows from the same.
    acting: Option<CauseId>,
}

#[derive(Clone, Copy, Debug)]
struct Waiting {
    at: SimTime,
    cause: Option<CauseId>,
}

impl Queue {
    /// Asks for a sync of `key` soon, because of a change.
    pub fn add(&mut self, controller: Controller, key: Key, cause: CauseId, context: &mut Context) {
        let spread = LATENCY.1 - LATENCY.0 + 1;
        let draw = chance::hash(context.seed, &key.name, "controller", context.now.0) % spread;
        self.add_at(controller, key, context.now.plus(LATENCY.0 + draw), Some(cause), context);
    }

    /// Asks for a sync of `key` in `millis` milliseconds.
    pub fn add_after(&mut self, controller: Controller, key: Key, millis: u64, context: &mut Context) {
        self.add_at(controller, key, context.now.plus(millis), self.acting, context);
    }

    /// Asks for a sync of `key` in `millis` milliseconds, because of a change.
    pub fn add_later(
        &mut self,
        controller: Controller,
        key: Key,
        millis: u64,
        cause: CauseId,
        context: &mut Context,
    ) {
        self.add_at(controller, key, context.now.plus(millis), Some(cause), context);
    }

    /// Asks for another try after a failure, later each time.
    pub fn retry(&mut self, controller: Controller, key: Key, context: &mut Context) {
        let failures = self.failures.entry((controller, key.clone())).or_default();
        let (first, longest) = retry_delays(controller);
        let delay = (first << (*failures).min(30)).min(longest);
        *failures += 1;
        self.add_after(controller, key, delay, context);
    }

    /// Whether the change of a Pod may give its owner something to do. A sync that failed is tried again at every change.
    pub fn is_concerned(&self, controller: Controller, owner: &Key, pod: &Change) -> bool {
        let failing =
            || !self.failures.is_empty() && self.failures.contains_key(&(controller, owner.clone()));
        !pods::only_containers_changed(pod) || failing()
    }

    /// Notes that a sync went well.
    pub fn forget(&mut self, controller: Controller, key: &Key) {
        if !self.failures.is_empty() {
            self.failures.remove(&(controller, key.clone()));
        }
    }

    fn add_at(
        &mut self,
        controller: Controller,
        key: Key,
        at: SimTime,
        cause: Option<CauseId>,
        context: &mut Context,
    ) {
        let place = (controller, key.clone());
        match self.waiting.get_mut(&place) {
            Some(waiting) if waiting.at <= at => {
                waiting.cause = waiting.cause.or(cause);
                return;
            }
            Some(waiting) => *waiting = Waiting { at, cause: cause.or(waiting.cause) },
            None => {
                self.waiting.insert(place, Waiting { at, cause });
            }
        }
        context.agenda.push(at, cluster::Due::Controller(Due { controller, key }));
    }

    /// Notes that the sync under way has ended.
    pub fn done(&mut self) {
        self.acting = None;
    }

    /// Takes a key whose time has come; `None` if it was moved to another time meanwhile. The answer's cause is what asked for it.
    #[expect(clippy::option_option, reason = "not due, due without a cause, due with one")]
    pub fn take(&mut self, due: &Due, now: SimTime) -> Option<Option<CauseId>> {
        let place = (due.controller, due.key.clone());
        if self.waiting.get(&place)?.at != now {
            return None;
        }
        let cause = self.waiting.remove(&place)?.cause;
        self.acting = cause;
        Some(cause)
    }
}
