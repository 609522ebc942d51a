//! Probe workers: one for each probe of each container, with its own ticker that starts with the Pod's first sync and goes on over
//! restarts (pkg/kubelet/prober/worker.go).

mod ask;

use super::desk::{Desk, PodDue, Said};
use super::errands::{Abandoned, timeout};
use super::spec::{self, Role};
use super::worker::Worker;
use crate::kube::Pod;
use crate::kube::core::{Container, ContainerStatus, Probe};
use crate::sim::cause::CauseId;
use crate::sim::runtime::Outcome;
use std::sync::Arc;

/// What a probe is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ProbeKind {
    Startup,
    Liveness,
    Readiness,
}

impl ProbeKind {
    /// The word in messages.
    pub fn word(self) -> &'static str {
        match self {
            ProbeKind::Startup => "startup",
            ProbeKind::Liveness => "liveness",
            ProbeKind::Readiness => "readiness",
        }
    }

    fn title(self) -> &'static str {
        match self {
            ProbeKind::Startup => "Startup",
            ProbeKind::Liveness => "Liveness",
            ProbeKind::Readiness => "Readiness",
        }
    }

    /// What holds before the first answer.
    fn initial(self) -> Standing {
        match self {
            ProbeKind::Startup => Standing::Unknown,
            ProbeKind::Liveness => Standing::Success,
            ProbeKind::Readiness => Standing::Failure,
        }
    }
}

/// What a probe has established.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    Unknown,
    Success,
    Failure,
}

/// What one attempt said.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Answer {
    /// Fine.
    Success,
    /// Fine, with something to remark.
    Warning(String),
    /// Not fine.
    Failure(String),
    /// The attempt itself failed: it does not count.
    Unknown(String),
}

/// One probe's worker.
#[derive(Clone, Debug)]
struct Prober {
    container: Arc<str>,
    role: Role,
    kind: ProbeKind,
    spec: Arc<Probe>,
    /// The instance the standing is about.
    instance: Option<String>,
    standing: Standing,
    last: Option<bool>,
    run: u32,
    on_hold: bool,
    ticket: u32,
    stopped: bool,
}

/// A probe that has failed for good.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Failed {
    /// Which kind.
    pub kind: ProbeKind,
    /// Its own grace period, seconds.
    pub grace: Option<u64>,
}

/// All probes of a Pod.
#[derive(Clone, Debug, Default)]
pub(super) struct Probes {
    all: Vec<Prober>,
    terminating: bool,
}

impl Probes {
    /// Makes workers for probes that have none yet; their tickers start now.
    pub fn add_workers(&mut self, serial: u64, pod: &Pod, desk: &mut Desk) {
        for target in spec::targets(pod) {
            if matches!(target.role, Role::Init | Role::Ephemeral) {
                continue;
            }
            let Some(container) = spec::container(pod, target) else { continue };
            let kinds = [
                (ProbeKind::Startup, &container.startup_probe),
                (ProbeKind::Readiness, &container.readiness_probe),
                (ProbeKind::Liveness, &container.liveness_probe),
            ];
            for (kind, probe) in kinds {
                let Some(probe) = probe else { continue };
                if self.all.iter().any(|p| *p.container == *container.name && p.kind == kind) {
                    continue;
                }
                let prober = Prober {
                    container: container.name.as_str().into(),
                    role: target.role,
                    kind,
                    spec: Arc::new(probe.clone()),
                    instance: None,
                    standing: kind.initial(),
                    last: None,
                    run: 0,
                    on_hold: false,
                    ticket: 0,
                    stopped: false,
                };
                let index = self.all.len() as u16;
                desk.later(prober.period(), serial, PodDue::Probe(index, 0));
                self.all.push(prober);
            }
        }
    }

    fn find(&self, container: &str, kind: ProbeKind) -> Option<&Prober> {
        self.all.iter().find(|p| *p.container == *container && p.kind == kind)
    }

    /// Whether a running instance of a container counts as started; what a probe said of an earlier one does not count.
    pub fn started(&self, container: &Container, instance: &str) -> bool {
        match self.find(&container.name, ProbeKind::Startup) {
            Some(prober) => prober.passed(instance),
            None => container.startup_probe.is_none(),
        }
    }

    /// Whether a started instance of a container counts as ready.
    pub fn ready(&self, container: &Container, instance: &str) -> bool {
        match self.find(&container.name, ProbeKind::Readiness) {
            Some(prober) => prober.passed(instance),
            None => container.readiness_probe.is_none(),
        }
    }

    /// The probe because of which this instance must be restarted, if any.
    pub fn failed(&self, container: &str, instance: &str) -> Option<Failed> {
        let failed = |p: &&Prober| {
            *p.container == *container
                && p.kind != ProbeKind::Readiness
                && p.standing == Standing::Failure
                && p.instance.as_deref() == Some(instance)
        };
        self.all.iter().filter(failed).min_by_key(|p| p.kind == ProbeKind::Startup).map(|p| Failed {
            kind: p.kind,
            grace: p.spec.termination_grace_period_seconds.and_then(|s| u64::try_from(s).ok()),
        })
    }

    /// The Pod is to go: only readiness goes on being asked.
    pub fn terminating(&mut self) {
        self.terminating = true;
        for prober in self.all.iter_mut().filter(|p| p.kind != ProbeKind::Readiness) {
            prober.stopped = true;
            prober.standing = Standing::Success;
        }
    }

    /// Nothing is asked any more.
    pub fn stop(&mut self) {
        for prober in &mut self.all {
            prober.stopped = true;
        }
    }
}

impl Prober {
    fn period(&self) -> u64 {
        u64::try_from(self.spec.period_seconds.unwrap_or(10)).unwrap_or(10).max(1) * 1000
    }

    /// Whether this instance passed; a stopped probe is content with any.
    fn passed(&self, instance: &str) -> bool {
        self.standing == Standing::Success && (self.stopped || self.instance.as_deref() == Some(instance))
    }

    fn delay(&self) -> u64 {
        u64::try_from(self.spec.initial_delay_seconds.unwrap_or(0)).unwrap_or(0) * 1000
    }

    /// Counts an answer; whether the standing changed.
    fn count(&mut self, good: bool) -> bool {
        self.run = if self.last == Some(good) { self.run + 1 } else { 1 };
        self.last = Some(good);
        let threshold = if good {
            self.spec.success_threshold.unwrap_or(1)
        } else {
            self.spec.failure_threshold.unwrap_or(3)
        };
        if i64::from(self.run) < i64::from(threshold) {
            return false;
        }
        let standing = if good { Standing::Success } else { Standing::Failure };
        if !good && self.kind != ProbeKind::Readiness {
            self.on_hold = true;
            self.run = 0;
        }
        std::mem::replace(&mut self.standing, standing) != standing
    }

    fn renew(&mut self, instance: &str) {
        self.instance = Some(instance.into());
        self.standing = self.kind.initial();
        self.on_hold = false;
        self.last = None;
        self.run = 0;
    }
}

impl Worker {
    /// A probe's ticker ticks.
    pub fn probe_tick(&mut self, index: u16, ticket: u32, desk: &mut Desk) {
        let Some(prober) = self.probes.all.get(usize::from(index)) else { return };
        if prober.stopped || prober.ticket != ticket {
            return;
        }
        let period = prober.period();
        desk.later(period, self.serial, PodDue::Probe(index, ticket));
        self.probe(index, desk);
    }

    /// Asks at once and counts the next period from here: a started container is waiting to become ready.
    pub fn kick_readiness(&mut self, desk: &mut Desk) {
        for index in 0..self.probes.all.len() {
            let prober = &self.probes.all[index];
            if prober.kind != ProbeKind::Readiness || prober.stopped {
                continue;
            }
            let Some(status) = self.container_status(&prober.container) else { continue };
            if status.started != Some(true) || status.ready {
                continue;
            }
            let prober = &mut self.probes.all[index];
            prober.ticket += 1;
            desk.later(25, self.serial, PodDue::Probe(index as u16, prober.ticket));
        }
    }

    fn container_status(&self, name: &str) -> Option<&ContainerStatus> {
        let status = &self.report.wanted;
        let lists = [&status.container_statuses, &status.init_container_statuses];
        lists.into_iter().flatten().flatten().find(|status| status.name == name)
    }

    /// One attempt, if the container is in a state to be asked.
    fn probe(&mut self, index: u16, desk: &mut Desk) {
        let at = usize::from(index);
        let (name, kind) = (self.probes.all[at].container.clone(), self.probes.all[at].kind);
        let Some(status) = self.container_status(&name) else { return };
        let Some(instance) = status.container_id.as_deref().map(|id| spec::instance_of(id).to_owned()) else {
            return;
        };
        let running = status.state.as_ref().and_then(|state| state.running.as_ref());
        let since = running
            .and_then(|running| running.started_at.as_ref())
            .map(|at| desk.wall().since(at, desk.ctx.now));
        let started = status.started == Some(true);
        let prober = &mut self.probes.all[at];
        if prober.instance.as_deref() != Some(instance.as_str()) {
            prober.renew(&instance);
        }
        if prober.on_hold {
            return;
        }
        let Some(since) = since else {
            if kind == ProbeKind::Readiness {
                prober.standing = Standing::Failure;
            }
            return;
        };
        if since < i64::try_from(prober.delay()).unwrap_or(i64::MAX)
            || started == (kind == ProbeKind::Startup)
        {
            return;
        }
        let Some(answer) = self.ask(index, &name, desk) else { return };
        self.probe_result(index, answer, desk);
    }

    /// A probe's command has ended.
    pub fn probe_answered(
        &mut self,
        index: u16,
        ticket: u32,
        outcome: Result<Outcome, String>,
        desk: &mut Desk,
    ) {
        if self.probes.all.get(usize::from(index)).is_none_or(|p| p.ticket != ticket || p.stopped) {
            return;
        }
        let answer = match outcome {
            Ok(outcome) if outcome.code == 0 => Answer::Success,
            Ok(outcome) => Answer::Failure(outcome.output.chars().take(10 << 10).collect()),
            Err(error) => Answer::Unknown(error),
        };
        self.probe_result(index, answer, desk);
    }

    /// A probe's command has taken too long.
    pub fn probe_timeout(&mut self, index: u16, number: u32, desk: &mut Desk) {
        let Some(errand) = self.abandon(number, desk) else { return };
        let Some(prober) = self.probes.all.get(usize::from(index)) else { return };
        let seconds = timeout(&prober.spec);
        let text = match errand {
            Abandoned::Command(line) => format!("command timed out: \"{line}\" timed out after {seconds}s"),
            Abandoned::Request(url) => format!(
                "Get \"{url}\": context deadline exceeded (Client.Timeout exceeded while awaiting headers)"
            ),
            Abandoned::Connection(text) => text,
        };
        self.probe_result(index, Answer::Failure(text), desk);
    }

    fn probe_result(&mut self, index: u16, answer: Answer, desk: &mut Desk) {
        let prober = &self.probes.all[usize::from(index)];
        let (kind, name, field) =
            (prober.kind, prober.container.clone(), prober.role.field(&prober.container));
        let title = kind.title();
        let (good, said) = match answer {
            Answer::Success => (true, None),
            Answer::Warning(text) => {
                let text = format!("{title} probe warning: {text}");
                desk.event(&self.events_pod(), Said::warning(&field, "ProbeWarning", text), self.because);
                (true, None)
            }
            Answer::Failure(text) => {
                (false, Some(Said::warning(&field, "Unhealthy", format!("{title} probe failed: {text}"))))
            }
            Answer::Unknown(text) => {
                let text = format!("{title} probe errored and resulted in unknown state: {text}");
                desk.event(&self.events_pod(), Said::warning(&field, "Unhealthy", text), self.because);
                return;
            }
        };
        let mut because = self.story.of(&name);
        if let Some(said) = said {
            let text = format!("{} (container {name})", said.message.trim_end());
            because = desk.ctx.because(Some(because), kind.word(), text);
            desk.event(&self.events_pod(), said, because);
        }
        if self.probes.all[usize::from(index)].count(good) {
            self.standing_changed(kind, &name, (good, because), desk);
        }
    }

    fn standing_changed(
        &mut self,
        kind: ProbeKind,
        name: &str,
        (good, because): (bool, CauseId),
        desk: &mut Desk,
    ) {
        let text = match (kind, good) {
            (ProbeKind::Readiness, true) => {
                format!("container {name} passed its readiness probe: it is ready for traffic")
            }
            (ProbeKind::Readiness, false) => {
                format!(
                    "container {name} failed its readiness probe too often: no traffic, but no restart either"
                )
            }
            (ProbeKind::Startup, true) => {
                format!("container {name} passed its startup probe: its other probes begin")
            }
            (_, true) => format!("container {name} passed its {} probe", kind.word()),
            (_, false) => {
                format!("container {name} failed its {} probe too often: it must be restarted", kind.word())
            }
        };
        let because = desk.ctx.because(Some(because), kind.word(), text);
        self.because = because;
        if kind != ProbeKind::Liveness {
            self.write_status(desk);
        }
        if kind != ProbeKind::Liveness || !good {
            self.trigger(because, desk);
        }
    }
}
