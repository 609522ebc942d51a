//! One sync of a Pod, step by step: report, wait for volumes, stop what must stop, make the sandbox, start containers in order. Steps
//! that take time end with a reminder; everything else runs through (pkg/kubelet/kubelet.go `SyncPod`, kuberuntime `SyncPod`).

use super::actions::{self, Plan};
use super::desk::{Desk, PodDue, Said};
use super::kill::KillOrder;
use super::sandbox;
use super::spec::{self, Role, Target};
use super::worker::{Activity, Mode, Reason, Verdict, Worker};
use crate::kube::SimTime;
use crate::kube::core::PodCondition;
use crate::sim::chance;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

/// The condition of a Pod whose containers all start again.
const ALL_RESTART: &str = "AllContainersRestarting";

/// A step still to be done.
#[derive(Clone, Debug)]
pub(super) enum Step {
    /// Wait until every volume is mounted.
    Volumes,
    /// Find out what to do.
    Plan,
    /// Wait until every container that is being stopped has ended.
    AwaitKills,
    /// The sandbox is being made.
    Sandbox,
    /// The sandbox is up.
    SandboxUp,
    /// Check back-off and image of a container.
    Start(Target),
    /// The image of a container has arrived, or not.
    Pulled(Target, SimTime),
    /// Get the image of the volume at this place of the spec.
    VolumeImage(usize),
    /// It has arrived, or not.
    VolumeImagePulled(usize, SimTime),
    /// The container is being made.
    Create(Target),
    /// Its first process is being started.
    Launch(Target),
    /// Its start has failed.
    Failed(Target, Reason, String),
    /// Its postStart hook runs.
    Hook(Target),
    /// What runs in the sandbox has ended; the sandbox goes.
    Teardown,
}

/// A container start that was refused or failed.
#[derive(Clone, Debug)]
pub(super) struct StartFailure {
    /// The container.
    pub name: Arc<str>,
    /// Why, in one word.
    pub reason: Reason,
    /// Why, in a sentence.
    pub message: String,
    /// When it may be tried again, if it is the crash back-off that refused.
    pub until: Option<SimTime>,
}

/// The sync under way.
#[derive(Clone, Debug, Default)]
pub(super) struct Run {
    /// What is left to do.
    pub steps: VecDeque<Step>,
    /// Whether anything was done that changes what runs.
    pub acted: bool,
    /// Whether something failed that no container is to blame for.
    pub generic_error: bool,
    /// Containers whose start failed.
    pub failures: Vec<StartFailure>,
    /// Volumes whose image could not be had, and why.
    pub volume_images: BTreeMap<String, (Reason, String)>,
    /// Containers that were started.
    pub started: Vec<Arc<str>>,
    /// When the sync began to wait for volumes.
    pub waiting_since: Option<SimTime>,
}

/// How a step ends.
pub(super) enum Flow {
    /// At once.
    Next,
    /// After so many milliseconds.
    After(u64),
    /// When somebody calls [`Worker::proceed`].
    Wait,
}

impl Worker {
    /// Begins a sync of a Pod that is to run.
    pub fn sync(&mut self, desk: &mut Desk) {
        self.check_deadline(desk);
        self.refresh_volumes(desk);
        self.restarted_all(desk);
        self.write_status(desk);
        self.kick_readiness(desk);
        if spec::is_terminal(self.report.wanted.phase.as_deref()) {
            self.order.get_or_insert(KillOrder::finished(spec::grace(&self.pod)));
            self.probes.terminating();
            self.transition(Mode::Terminating, desk);
            return;
        }
        self.ensure_mirror(desk);
        self.steps().extend([Step::Volumes, Step::Plan]);
        self.proceed(desk);
    }

    /// The steps left of the current sync.
    pub fn steps(&mut self) -> &mut VecDeque<Step> {
        &mut self.current().steps
    }

    /// The sync under way; begins an empty one if there is none.
    pub fn current(&mut self) -> &mut Run {
        if !matches!(self.activity, Activity::Running(_)) {
            self.activity = Activity::Running(Run::default());
        }
        match &mut self.activity {
            Activity::Running(run) => run,
            _ => unreachable!("set just above"),
        }
    }

    /// A reminder for step `run` arrives; another sync may have begun since.
    pub fn resume(&mut self, run: u32, desk: &mut Desk) {
        if run == self.run && matches!(self.activity, Activity::Running(_)) {
            self.proceed(desk);
        }
    }

    /// Does one step after the other until one takes time.
    pub fn proceed(&mut self, desk: &mut Desk) {
        while matches!(self.activity, Activity::Running(_)) {
            let Some(step) = self.steps().pop_front() else {
                self.finish(desk);
                return;
            };
            match self.perform(step, desk) {
                Flow::Next => {}
                Flow::After(millis) => {
                    desk.later(millis, self.serial, PodDue::Step(self.run));
                    return;
                }
                Flow::Wait => return,
            }
        }
    }

    fn perform(&mut self, step: Step, desk: &mut Desk) -> Flow {
        match step {
            Step::Volumes => self.await_volumes(desk),
            Step::Plan => self.follow_plan(desk),
            Step::AwaitKills => self.await_kills(),
            Step::Sandbox => {
                self.steps().push_front(Step::SandboxUp);
                Flow::After(desk.machine.latency.sandbox)
            }
            Step::SandboxUp => {
                if sandbox::is_too_small(&self.pod) {
                    self.sandbox_failed(desk);
                } else {
                    self.make_sandbox(desk);
                }
                Flow::Next
            }
            Step::Start(target) => self.start(target, desk),
            Step::Pulled(target, since) => self.pulled(target, since, desk),
            Step::VolumeImage(place) => self.fetch_volume_image(place, desk),
            Step::VolumeImagePulled(place, since) => self.volume_image_pulled(place, since, desk),
            Step::Create(target) => self.create(target, desk),
            Step::Launch(target) => self.launch(target, desk),
            Step::Failed(target, reason, message) => {
                self.start_failed(target, reason, &message, desk);
                Flow::Next
            }
            Step::Hook(target) => self.post_start(target, desk),
            Step::Teardown => self.torn_down(desk),
        }
    }

    fn await_volumes(&mut self, desk: &mut Desk) -> Flow {
        if self.volumes.all_mounted() {
            return Flow::Next;
        }
        let now = desk.ctx.now;
        let since = *self.current().waiting_since.get_or_insert(now);
        // The wait gives up after two minutes and three seconds; the next sync waits again.
        if now.since(since) >= 123_000 {
            self.steps().clear();
            self.current().generic_error = true;
            return Flow::Next;
        }
        self.steps().push_front(Step::Volumes);
        self.begin_mounting(desk);
        if self.volumes.all_mounted() {
            return Flow::Next;
        }
        Flow::After(300)
    }

    fn follow_plan(&mut self, desk: &mut Desk) -> Flow {
        self.warn_of_missing_pull_secrets(desk);
        self.probes.add_workers(self.serial, &self.pod, desk);
        self.resize(desk);
        let sandbox = self.sandbox.and_then(|id| desk.ctx.runtime.get(id));
        let plan = actions::plan(self, sandbox);
        if plan.kill_pod {
            self.kill_all(spec::grace(&self.pod), false, desk);
            if !self.kills.is_empty() {
                self.current().acted = true;
            }
            self.steps().push_back(Step::AwaitKills);
            return Flow::Next;
        }
        self.enqueue(plan, desk);
        Flow::Next
    }

    fn enqueue(&mut self, plan: Plan, desk: &mut Desk) {
        for victim in plan.kill {
            self.kill_one(&victim, desk);
        }
        let mut steps = VecDeque::from([Step::AwaitKills]);
        if plan.restart_all
            && let Some(sandbox) = self.sandbox.and_then(|id| desk.ctx.runtime.get_mut(id))
        {
            sandbox.discard();
            // With a new sandbox all start again, too, but no rule of theirs has asked for it.
            if !plan.sandbox {
                self.restarts_all(desk);
            }
        }
        if plan.sandbox {
            self.replace_sandbox(desk);
            steps.push_back(Step::Sandbox);
        }
        if !plan.start.is_empty() {
            steps.extend(self.volume_images().into_iter().map(Step::VolumeImage));
        }
        steps.extend(plan.start.into_iter().map(Step::Start));
        self.steps().extend(steps);
    }

    /// A container's end has told all of them to start again (gate `RestartAllContainersOnContainerExits`).
    fn restarts_all(&mut self, desk: &Desk) {
        self.extra_conditions.retain(|c| c.type_ != ALL_RESTART);
        self.extra_conditions.push(PodCondition {
            type_: ALL_RESTART.into(),
            status: "True".into(),
            reason: Some("RestartAllContainersStarted".into()),
            message: Some("container exited with restart policy rule".into()),
            last_transition_time: Some(desk.stamp()),
            observed_generation: self.pod.metadata.generation,
            ..PodCondition::default()
        });
    }

    /// The sync after that one knows that they were.
    fn restarted_all(&mut self, desk: &Desk) {
        let up = |c: &&mut PodCondition| c.type_ == ALL_RESTART && c.status == "True";
        let told = self
            .report
            .wanted
            .conditions
            .iter()
            .flatten()
            .any(|c| c.type_ == ALL_RESTART && c.status == "True");
        if let Some(condition) = self.extra_conditions.iter_mut().find(up).filter(|_| told) {
            condition.status = "False".into();
            condition.last_transition_time = Some(desk.stamp());
        }
    }

    fn replace_sandbox(&mut self, desk: &mut Desk) {
        if self.sandbox.is_some() {
            let text = "Pod sandbox changed, it will be killed and re-created.";
            desk.event(&self.pod, Said::normal("", "SandboxChanged", text), self.because);
            self.kill_all(2, false, desk);
        }
    }

    fn make_sandbox(&mut self, desk: &mut Desk) {
        self.current().acted = true;
        desk.make_sandbox(self);
        self.sandbox_attempt += 1;
        self.because = desk.ctx.because(
            Some(self.because),
            "why-pods",
            format!(
                "the sandbox of Pod {} is up: network namespace, address, pause container",
                self.key.name
            ),
        );
        self.story.begin(self.because);
        self.sandbox_ready(true, desk);
    }

    /// The runtime could not bring the sandbox up within the Pod's memory limit; the next sync tries again.
    fn sandbox_failed(&mut self, desk: &mut Desk) {
        let told = format!("the memory limit of Pod {} is too small even for its sandbox", self.key.name);
        self.tell_failure("resources", told, desk);
        let id = chance::hex(desk.ctx.seed, &self.uid, &format!("sandbox/{}", self.run), 64);
        let text = format!(
            "Failed to create pod sandbox: rpc error: code = Unknown desc = failed to start sandbox \"{id}\": failed to create containerd \
             task: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: \
             container init was OOM-killed (memory limit too low?)"
        );
        desk.event(&self.events_pod(), Said::warning("", "FailedCreatePodSandBox", text), self.because);
        self.steps().clear();
        self.current().generic_error = true;
    }

    /// The condition for the sandbox is set at once, apart from the rest of the status.
    fn sandbox_ready(&mut self, up: bool, desk: &mut Desk) {
        let now = desk.stamp();
        let status = Arc::make_mut(&mut self.report.wanted);
        for condition in status.conditions.iter_mut().flatten() {
            let word = if up { "True" } else { "False" };
            if condition.type_ == "PodReadyToStartContainers" && condition.status != word {
                condition.status = word.into();
                condition.last_transition_time = Some(now.clone());
            }
        }
        self.report_soon(desk);
    }

    /// Notes that a container cannot be started now.
    pub fn fail(&mut self, target: Target, failure: StartFailure) {
        // An init container that cannot start keeps everything after it from starting; a sidecar does not.
        if target.role == Role::Init {
            self.steps().clear();
        }
        self.current().failures.push(failure);
    }

    /// Ends the Pod if it has been active for too long (`pkg/kubelet/active_deadline.go`).
    fn check_deadline(&mut self, desk: &mut Desk) {
        let Some(at) = self.deadline(desk) else { return };
        if self.verdict.is_some() || desk.ctx.now < at {
            return;
        }
        let text = "Pod was active on the node longer than the specified deadline";
        let told = format!("Pod {} was active longer than activeDeadlineSeconds allows", self.key.name);
        self.tell_failure("termination", told, desk);
        desk.event(&self.pod, Said::normal("", "DeadlineExceeded", text), self.because);
        self.verdict = Some(Verdict { reason: "DeadlineExceeded", message: text.into() });
    }

    /// When the Pod has been active for too long, counted from the whole second of its start by the node's clock.
    pub fn deadline(&self, desk: &Desk) -> Option<SimTime> {
        let limit = self.pod.spec.active_deadline_seconds?.saturating_mul(1000);
        let start = self.report.wanted.start_time.as_ref()?;
        let now = desk.ctx.now;
        Some(SimTime(now.0.saturating_add_signed(limit.saturating_sub(desk.wall().since(start, now)))))
    }
}
