//! The work queue of the controllers (client-go util/workqueue): a key stands in it once, and once more among those whose time has
//! not come; there it keeps its earliest time.

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
    /// Asked for by a change.
    soon: Places,
    /// Asked for by the clock: a change meanwhile leaves them as they are (`delaying_queue.go`).
    later: Places,
    failures: BTreeMap<(Controller, Key), u32>,
    /// What led to the sync under way: what it asks to be reminded of follows from the same.
    acting: Option<CauseId>,
}

type Places = BTreeMap<(Controller, Key), Waiting>;

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
        let waiting = Waiting { at: context.now.plus(LATENCY.0 + draw), cause: Some(cause) };
        add(&mut self.soon, controller, key, waiting, context);
    }

    /// Asks for a sync of `key` in `millis` milliseconds.
    pub fn add_after(&mut self, controller: Controller, key: Key, millis: u64, context: &mut Context) {
        let waiting = Waiting { at: context.now.plus(millis), cause: self.acting };
        add(&mut self.later, controller, key, waiting, context);
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
        let waiting = Waiting { at: context.now.plus(millis), cause: Some(cause) };
        add(&mut self.later, controller, key, waiting, context);
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

    /// Notes that the sync under way has ended.
    pub fn done(&mut self) {
        self.acting = None;
    }

    /// Takes a key whose time has come; `None` if it was moved to another time meanwhile. The answer's cause is what asked for it.
    #[expect(clippy::option_option, reason = "not due, due without a cause, due with one")]
    pub fn take(&mut self, due: &Due, now: SimTime) -> Option<Option<CauseId>> {
        let place = (due.controller, due.key.clone());
        let take = |places: &mut Places| {
            places.get(&place).filter(|waiting| waiting.at == now)?;
            places.remove(&place)
        };
        let (soon, later) = (take(&mut self.soon), take(&mut self.later));
        let cause = soon.and_then(|waiting| waiting.cause);
        let cause = cause.or(later.and_then(|waiting| waiting.cause));
        soon.or(later)?;
        self.acting = cause;
        Some(cause)
    }
}

/// Puts a key among others; one that waits there keeps its time if that is the earlier one.
fn add(places: &mut Places, controller: Controller, key: Key, new: Waiting, context: &mut Context) {
    let place = (controller, key.clone());
    match places.get_mut(&place) {
        Some(waiting) if waiting.at <= new.at => {
            waiting.cause = waiting.cause.or(new.cause);
            return;
        }
        Some(waiting) => *waiting = Waiting { at: new.at, cause: new.cause.or(waiting.cause) },
        None => {
            places.insert(place, new);
        }
    }
    context.agenda.push(new.at, cluster::Due::Controller(Due { controller, key }));
}
