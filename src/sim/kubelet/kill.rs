//! Stopping containers: preStop, then SIGTERM, then SIGKILL, all within one grace; native sidecars after the main containers and in
//! reverse order (`pkg/kubelet/kuberuntime/kuberuntime_container.go` `killContainer`, `kuberuntime_termination_order.go`).

use super::actions::Victim;
use super::desk::{Desk, PodDue, Said};
use super::errands::Errand;
use super::spec::{self, Role};
use super::sync::{Flow, Step};
use super::worker::{Mode, Worker};
use crate::kube::SimTime;
use crate::os::Signal;

/// SIGTERM is never given less than this before SIGKILL, seconds.
const MINIMUM_GRACE: u64 = 2;

/// What stopping the Pod was asked with.
#[derive(Clone, Copy, Debug)]
pub(super) struct KillOrder {
    /// Seconds for everything.
    pub grace: u64,
}

impl KillOrder {
    /// The API wants the Pod gone.
    pub fn deleted(grace: i64) -> KillOrder {
        KillOrder { grace: u64::try_from(grace).unwrap_or(1).max(1) }
    }

    /// The Pod is over by itself or was ended by the kubelet.
    pub fn finished(grace: u64) -> KillOrder {
        KillOrder { grace: grace.max(1) }
    }
}

/// Where the stopping of one container stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// Its preStop hook runs.
    Hook,
    /// Others must end first.
    Turn,
    /// SIGTERM was sent.
    Term,
    /// SIGKILL was sent.
    Killed,
}

/// A container that is being stopped.
#[derive(Clone, Debug)]
pub(super) struct Kill {
    /// Its instance.
    pub id: String,
    /// Its name.
    pub name: String,
    /// When it began.
    since: SimTime,
    /// Seconds for everything.
    grace: u64,
    /// Its place in the order of stopping: it waits for all with a higher one.
    rank: usize,
    stage: Stage,
    /// Distinguishes reminders.
    ticket: u32,
}

impl Worker {
    /// Stops everything that runs in the Pod; `ordered` makes sidecars wait for their turn.
    pub fn kill_all(&mut self, grace: u64, ordered: bool, desk: &mut Desk) {
        let because = self.because;
        for target in spec::targets(&self.pod) {
            self.because = because;
            let Some(container) = spec::container(&self.pod, target) else { continue };
            let Some(sandbox) = self.sandbox.and_then(|id| desk.ctx.runtime.get(id)) else { return };
            let Some(id) =
                sandbox.newest(&container.name).filter(|c| c.state.is_running()).map(|c| c.id.clone())
            else {
                continue;
            };
            let message = format!("Stopping container {}", container.name);
            let rank = if ordered && target.role == Role::Sidecar { target.index } else { usize::MAX };
            self.add_kill(&Victim { target, id, message, grace: Some(grace) }, rank, desk);
        }
        self.next_turns(desk);
    }

    /// Stops one container for a reason of its own.
    pub fn kill_one(&mut self, victim: &Victim, desk: &mut Desk) {
        self.current().acted = true;
        self.add_kill(victim, usize::MAX, desk);
        self.next_turns(desk);
    }

    /// Stops the newest instance of a container; if that has ended meanwhile, it is only said.
    pub fn kill_named(&mut self, name: &str, message: &str, desk: &mut Desk) {
        let sandbox = self.sandbox.and_then(|id| desk.ctx.runtime.get(id));
        let id = sandbox.and_then(|s| s.newest(name)).filter(|c| c.state.is_running()).map(|c| c.id.clone());
        if let (Some(id), Some(target)) = (id, spec::find(&self.pod, name)) {
            self.kill_one(&Victim { target, id, message: message.into(), grace: None }, desk);
        } else if let Some(target) = spec::find(&self.pod, name) {
            let said = Said::normal(&target.role.field(name), "Killing", message);
            desk.event(&self.events_pod(), said, self.because);
        }
    }

    fn add_kill(&mut self, victim: &Victim, rank: usize, desk: &mut Desk) {
        let Some(container) = spec::container(&self.pod, victim.target).map(std::borrow::Cow::into_owned)
        else {
            return;
        };
        if self.kills.iter().any(|kill| kill.id == victim.id) {
            return;
        }
        let field = victim.target.role.field(&container.name);
        let told = format!("the kubelet stops container {}: {}", container.name, victim.message);
        self.tell_after(self.because, &container.name, ("termination", told), desk);
        desk.event(&self.events_pod(), Said::normal(&field, "Killing", victim.message.clone()), self.because);
        let grace = victim.grace.unwrap_or_else(|| spec::grace(&self.pod));
        self.kills.push(Kill {
            id: victim.id.clone(),
            name: container.name.clone(),
            since: desk.ctx.now,
            grace,
            rank,
            stage: Stage::Turn,
            ticket: 0,
        });
        let hook = container.lifecycle.as_ref().and_then(|lifecycle| lifecycle.pre_stop.clone());
        if let Some(hook) = hook.filter(|_| grace > 0) {
            let index = self.kills.len() - 1;
            self.kills[index].stage = Stage::Hook;
            self.remind(index, grace * 1000, desk);
            self.run_hook(&container, &hook, Errand::PreStop { id: victim.id.clone() }, desk);
        }
    }

    fn remind(&mut self, index: usize, millis: u64, desk: &mut Desk) {
        self.kills[index].ticket += 1;
        let ticket = self.kills[index].ticket;
        let number = self.kill_number(index);
        desk.later(millis, self.serial, PodDue::Kill(number, ticket));
    }

    /// A short name for a kill that stays the same while others end: the first digits of the instance's id.
    fn kill_number(&self, index: usize) -> u32 {
        u32::from_str_radix(&self.kills[index].id[..8], 16).unwrap_or_default()
    }

    /// Sends SIGTERM to every container whose turn has come.
    fn next_turns(&mut self, desk: &mut Desk) {
        let highest = self.kills.iter().map(|kill| kill.rank).max().unwrap_or_default();
        for index in 0..self.kills.len() {
            let kill = &self.kills[index];
            if kill.stage != Stage::Turn || kill.rank < highest {
                continue;
            }
            let used = desk.ctx.now.since(kill.since) / 1000;
            let left = kill.grace.saturating_sub(used).max(MINIMUM_GRACE);
            self.kills[index].stage = Stage::Term;
            self.remind(index, left * 1000, desk);
            let id = self.kills[index].id.clone();
            self.send(&id, None, desk);
        }
    }

    fn send(&mut self, id: &str, signal: Option<Signal>, desk: &mut Desk) {
        if let Some(sandbox) = self.sandbox {
            let now = desk.ctx.now;
            desk.ctx.runtime.stop(sandbox, id, signal, now);
            desk.wake(sandbox, now);
        }
    }

    /// A preStop hook has ended, well or with this error.
    pub fn pre_stopped(&mut self, id: &str, error: Option<String>, desk: &mut Desk) {
        let Some(index) = self.kills.iter().position(|kill| kill.id == id) else { return };
        if let Some(error) = error {
            let name = self.kills[index].name.clone();
            self.hook_failed(&name, &error, desk);
        }
        // Nobody waits for one that has outlasted the grace.
        if self.kills[index].stage == Stage::Hook {
            self.kills[index].stage = Stage::Turn;
            self.next_turns(desk);
        }
    }

    fn hook_failed(&mut self, name: &str, error: &str, desk: &mut Desk) {
        let Some(target) = spec::find(&self.pod, name) else { return };
        let told = format!("the preStop hook of container {name} failed ({error}); stopping goes on");
        self.tell(name, "hooks", told, desk);
        let field = target.role.field(name);
        desk.event(
            &self.events_pod(),
            Said::warning(&field, "FailedPreStopHook", "PreStopHook failed"),
            self.because,
        );
    }

    /// A stage has lasted as long as it may.
    pub fn kill_timer(&mut self, number: u32, ticket: u32, desk: &mut Desk) {
        let found = (0..self.kills.len()).find(|index| self.kill_number(*index) == number);
        let Some(index) = found.filter(|index| self.kills[*index].ticket == ticket) else { return };
        match self.kills[index].stage {
            Stage::Hook => {
                // Its command runs on, until the container ends (`executePreStopHook`).
                self.kills[index].stage = Stage::Turn;
                self.next_turns(desk);
            }
            Stage::Term => {
                let (id, name) = (self.kills[index].id.clone(), self.kills[index].name.clone());
                self.kills[index].stage = Stage::Killed;
                let told = format!("the grace period is over and container {name} still runs: SIGKILL");
                self.tell(&name, "termination", told, desk);
                self.send(&id, Some(Signal::KILL), desk);
            }
            Stage::Turn | Stage::Killed => {}
        }
    }

    /// An instance has ended: whoever waited for it goes on.
    pub fn ended(&mut self, id: &str, desk: &mut Desk) {
        let before = self.kills.len();
        if let Some(name) = self.drop_pre_stop(id) {
            self.hook_failed(&name, "it ended with its container", desk);
        }
        self.kills.retain(|kill| kill.id != id);
        if before == self.kills.len() {
            return;
        }
        self.next_turns(desk);
        let waits = matches!(self.steps_if_running(), Some(Step::AwaitKills));
        if self.kills.is_empty() && waits {
            desk.later(20, self.serial, PodDue::Step(self.run));
        }
    }

    fn steps_if_running(&self) -> Option<&Step> {
        match &self.activity {
            super::worker::Activity::Running(run) => run.steps.front(),
            _ => None,
        }
    }

    /// Waits until nothing is being stopped any more.
    pub fn await_kills(&mut self) -> Flow {
        if self.kills.is_empty() {
            return Flow::Next;
        }
        self.steps().push_front(Step::AwaitKills);
        Flow::Wait
    }

    /// Stops the Pod: reports, kills, tears the sandbox down (pkg/kubelet/kubelet.go, `SyncTerminatingPod`).
    pub fn sync_terminating(&mut self, desk: &mut Desk) {
        self.write_status(desk);
        let order = *self.order.get_or_insert(KillOrder::finished(spec::grace(&self.pod)));
        self.kill_all(order.grace, true, desk);
        self.steps().extend([Step::AwaitKills, Step::Teardown]);
        self.proceed(desk);
    }

    /// Everything in the sandbox has ended.
    pub fn torn_down(&mut self, desk: &mut Desk) -> Flow {
        let standing = self.sandbox.and_then(|id| desk.ctx.runtime.get_mut(id)).filter(|sandbox| sandbox.up);
        if let Some(sandbox) = standing {
            sandbox.up = false;
            self.steps().push_front(Step::Teardown);
            return Flow::After(desk.machine.latency.teardown);
        }
        if let Some(sandbox) = self.sandbox.and_then(|id| desk.ctx.runtime.get_mut(id)) {
            sandbox.look();
        }
        self.ended = true;
        self.probes.stop();
        self.write_status(desk);
        // A Pod that is over holds nothing any more, although its volumes are still to go (`filterOutInactivePods`).
        desk.machine.taken.release(self.serial);
        self.transition(Mode::Terminated, desk);
        Flow::Next
    }

    /// Nothing runs any more: volumes go, the last status is written (pkg/kubelet/kubelet.go, `SyncTerminatedPod`).
    pub fn sync_terminated(&mut self, desk: &mut Desk) {
        self.write_status(desk);
        desk.clean_up(self);
        self.transition(Mode::Finished, desk);
    }

    /// The worker is done: the API object goes if it is to go.
    pub fn leave(&mut self, desk: &mut Desk) {
        if self.is_static() {
            if self.orphan {
                self.report(desk);
                self.remove_object(desk);
            }
            return;
        }
        self.try_leave(desk);
    }

    /// Does what could not be done while the API server was out of reach.
    pub fn leave_late(&mut self, desk: &mut Desk) {
        match self.mode {
            Mode::Finished => self.leave(desk),
            _ => self.ensure_mirror(desk),
        }
    }

    /// Asks for the API object's removal if nothing stands in its way.
    pub fn try_leave(&mut self, desk: &mut Desk) {
        if self.mode == Mode::Finished && spec::deleting(&self.pod) {
            desk.later(desk.machine.latency.report + 4, self.serial, PodDue::Remove);
        }
    }
}
