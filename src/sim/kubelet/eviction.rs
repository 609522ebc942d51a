//! Local storage limits: volumes, logs and written files of a Pod are measured now and then, and a Pod over its limit is evicted
//! (pkg/kubelet/eviction, `localStorageEviction`).

use super::desk::{Desk, PodDue, Said};
use super::kill::KillOrder;
use super::spec;
use super::worker::{Mode, Verdict, Worker};
use crate::kube::SimTime;
use crate::kube::core::PodCondition;
use crate::kube::quantity::Amount;
use crate::sim::api::disruption_target;
use crate::sim::runtime::{self, State};

/// Milliseconds between two rounds of the eviction manager.
pub(super) const ROUND: u64 = 10_000;
/// Where in ten seconds the rounds stand, milliseconds.
pub(super) const PHASE: u64 = 1_600;
/// Milliseconds after which a new Pod's volumes are first measured: the round of a minute, stretched by its jitter
/// (volumeStatsAggPeriod; 95 s in recording emptydir-sizelimit).
const FIRST_MEASURE: u64 = 92_000;

/// Milliseconds between two looks of the runtime at what containers have written (containerd's `stats_collect_period`).
const STATS: u64 = 10_000;

impl Worker {
    /// Has the Pod's storage watched, if it has limits at all.
    pub fn watch_storage(&mut self, desk: &mut Desk) {
        if self.has_storage_limits() {
            let now = desk.ctx.now;
            let next = (now.0 + ROUND - PHASE) / ROUND * ROUND + PHASE;
            desk.at(SimTime(next), self.serial, PodDue::Storage);
        }
    }

    fn has_storage_limits(&self) -> bool {
        let volumes = self.pod.spec.volumes.iter().flatten();
        let sized = volumes.filter_map(|v| v.empty_dir.as_ref()).any(|dir| dir.size_limit.is_some());
        sized
            || spec::targets(&self.pod)
                .into_iter()
                .any(|target| spec::container(&self.pod, target).is_some_and(|c| storage_limit(&c).is_some()))
    }

    /// One round of the eviction manager.
    pub fn check_storage(&mut self, desk: &mut Desk) {
        if self.mode != Mode::Syncing {
            return;
        }
        if let Some(message) = self.over_limit(desk) {
            self.evict(message, desk);
        } else {
            self.watch_storage(desk);
        }
    }

    fn over_limit(&self, desk: &Desk) -> Option<String> {
        let started = self.report.wanted.start_time.as_ref().map(SimTime::of)?;
        let measured = desk.ctx.now.since(started) >= FIRST_MEASURE;
        for volume in self.pod.spec.volumes.iter().flatten().filter(|_| measured) {
            let Some(dir) = volume.empty_dir.as_ref().filter(|dir| dir.medium.as_deref() != Some("Memory"))
            else {
                continue;
            };
            let Some(limit) = &dir.size_limit else { continue };
            let id = self.volumes.ids().find(|(name, _)| *name == volume.name).map(|(_, id)| id)?;
            if desk.ctx.runtime.volume_usage(id)
                > u64::try_from(Amount::of(limit).value()).unwrap_or(u64::MAX)
            {
                return Some(format!(
                    "Usage of EmptyDir volume \"{}\" exceeds the limit \"{}\". ",
                    volume.name, limit.0
                ));
            }
        }
        self.over_own_limits(measured, desk)
    }

    /// Files and logs of the containers, and volumes if they were measured, against `ephemeral-storage` limits, in sum and each by itself.
    fn over_own_limits(&self, volumes_measured: bool, desk: &Desk) -> Option<String> {
        let sandbox = desk.ctx.runtime.get(self.sandbox?)?;
        let (mut total, mut sum) = (0, Some(0));
        let mut worst = None;
        for target in spec::targets(&self.pod) {
            let Some(container) = spec::container(&self.pod, target) else { continue };
            let instance = sandbox.newest(&container.name).filter(|c| is_measured(c, desk.ctx.now));
            let used = instance.map_or(0, |instance| sandbox.disk_usage(instance));
            total += used;
            let limit = storage_limit(&container);
            sum = sum.zip(limit.as_ref()).map(|(sum, limit): (u64, &(u64, String))| sum + limit.0);
            if let Some((_, text)) = limit.filter(|(bytes, _)| used > *bytes) {
                worst.get_or_insert(format!(
                    "Container {} exceeded its local ephemeral storage limit \"{text}\". ",
                    container.name
                ));
            }
        }
        let volumes = self.volumes.ids().filter(|_| volumes_measured);
        let volumes: u64 = volumes.map(|(_, id)| desk.ctx.runtime.volume_usage(id)).sum();
        match sum {
            Some(limit) if total + volumes > limit => {
                let text = Amount::from_bytes(limit as i64).to_quantity().0;
                Some(format!(
                    "Pod ephemeral local storage usage exceeds the total limit of containers {text}. "
                ))
            }
            _ => worst,
        }
    }

    /// Notes that the Pod is ended for the sake of its node (`pkg/kubelet/eviction`, gate `PodDisruptionConditions`).
    pub fn disrupt(&mut self, message: &str, desk: &Desk) {
        self.extra_conditions.retain(|c| c.type_ != "DisruptionTarget");
        self.extra_conditions.push(PodCondition {
            last_transition_time: Some(desk.stamp()),
            observed_generation: self.pod.metadata.generation,
            ..disruption_target("TerminationByKubelet", message)
        });
    }

    /// Ends the Pod because the node needs what it uses.
    pub fn evict(&mut self, message: String, desk: &mut Desk) {
        let told = format!("the kubelet evicts Pod {}: {}", self.key.name, message.trim_end());
        self.tell_failure("qos-eviction", told, desk);
        desk.event(&self.events_pod(), Said::warning("", "Evicted", message.clone()), self.because);
        self.end_with(Verdict { reason: "Evicted", message }, 1, desk);
    }

    /// Ends the Pod for a reason of the kubelet's own, with this many seconds for everything.
    pub fn end_with(&mut self, verdict: Verdict, grace: u64, desk: &mut Desk) {
        self.verdict = Some(verdict);
        let because = self.because;
        self.write_status(desk);
        self.stop(KillOrder::finished(grace), because, desk);
    }
}

/// Whether the runtime has looked at a container's files since it started: it does so every ten seconds.
fn is_measured(container: &runtime::Container, now: SimTime) -> bool {
    let started = match &container.state {
        State::Created => None,
        State::Running(at) => Some(*at),
        State::Exited(at, _) => *at,
    };
    started.is_some_and(|at| at.0 <= now.0 / STATS * STATS)
}

fn storage_limit(container: &crate::kube::core::Container) -> Option<(u64, String)> {
    let limit = container.resources.as_ref()?.limits.as_ref()?.get("ephemeral-storage")?;
    Some((u64::try_from(Amount::of(limit).value()).ok()?, limit.0.clone()))
}
