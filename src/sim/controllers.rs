//! The control loops. Each watches the change log for objects that concern it, puts their keys into its queue, and later brings the
//! world one step closer to what the object wants (`sync`). All of them share one queue; a key stands in it at most once at a time.

mod autoscaler;
mod cronjob;
mod daemonset;
mod deployment;
/// Disruption budgets.
pub mod disruption;
pub(in crate::sim) mod endpoints;
mod ephemeral;
mod garbage;
mod history;
mod job;
pub(in crate::sim) mod kubernetes_service;
mod namespace;
/// Nodes that fall silent.
pub mod nodelife;
mod owning;
/// Questions about Pods.
pub mod pods;
mod protection;
mod queue;
mod quota;
mod replicaset;
/// Plain numbers and percentages.
pub mod share;
mod statefulset;
mod taints;
mod volumes;

use super::cause::CauseId;
use super::cluster::Context;
use super::store::Change;
use crate::kube::{Key, Kind};
use queue::Queue;

/// Which control loop.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Controller {
    /// Keeps the number of Pods of a template.
    ReplicaSet,
    /// Leads from one template to the next.
    Deployment,
    /// Keeps named Pods in order.
    StatefulSet,
    /// Keeps a Pod on each node.
    DaemonSet,
    /// Runs Pods to completion.
    Job,
    /// Starts Jobs by the clock.
    CronJob,
    /// Keeps a number of Pods within bounds.
    Autoscaler,
    /// Keeps the addresses behind Services.
    Endpoints,
    /// Counts what namespaces use.
    Quota,
    /// Keeps the status of disruption budgets.
    Disruption,
    /// Deletes what nobody owns any more.
    Garbage,
    /// Empties deleted namespaces.
    Namespace,
    /// Finds silent kubelets.
    NodeSilence,
    /// Makes taints follow conditions.
    NodeTaints,
    /// Clears away Pods without a node.
    PodGc,
    /// Brings claims and volumes together.
    Volumes,
    /// Makes claims for volumes of one Pod.
    Ephemeral,
    /// Lets deleted claims and volumes go once nothing uses them.
    Protection,
    /// Keeps the Service that leads to the API server.
    KubernetesService,
    /// Deletes Pods that do not tolerate a taint.
    TaintEviction,
}

/// A key of a controller's queue whose time has come.
#[derive(Clone, Debug)]
pub struct Due {
    controller: Controller,
    key: Key,
}

/// What a sync is about.
#[derive(Clone, Debug)]
pub struct Work {
    /// The object.
    pub key: Key,
    /// The change that asked for it, if it was one.
    pub cause: Option<CauseId>,
}

/// All control loops.
#[derive(Clone, Debug, Default)]
pub struct Controllers {
    queue: Queue,
    evictions: taints::Evictions,
    jobs: job::Jobs,
}

impl Controllers {
    /// Sees a change.
    pub fn observe(&mut self, change: &Change, context: &mut Context) {
        let queue = &mut self.queue;
        disruption::observe(change, queue, context);
        replicaset::observe(change, queue, context);
        deployment::observe(change, queue, context);
        statefulset::observe(change, queue, context);
        daemonset::observe(change, queue, context);
        job::observe(change, queue, context);
        cronjob::observe(change, queue, context);
        autoscaler::observe(change, queue, context);
        endpoints::observe(change, queue, context);
        ephemeral::observe(change, queue, context);
        volumes::observe(change, queue, context);
        protection::observe(change, queue, context);
        kubernetes_service::observe(change, queue, context);
        quota::observe(change, queue, context);
        garbage::observe(change, queue, context);
        namespace::observe(change, queue, context);
        nodelife::observe(change, queue, context);
        self.evictions.observe(change, queue, context);
    }

    /// A node's kubelet fell silent: looks at it when the grace is over.
    pub fn watch_silence(&mut self, node: &str, cause: CauseId, context: &mut Context) {
        let Some(machine) = context.machines.get(node) else { return };
        let at = nodelife::found_silent(machine.last_renewal(context.now));
        let key = Key::new(Kind::Node, "", node);
        let wait = at.since(context.now);
        self.queue.add_later(Controller::NodeSilence, key, wait, cause, context);
    }

    /// Does what is due.
    pub fn handle(&mut self, due: Due, context: &mut Context) {
        let Some(cause) = self.queue.take(&due, context.now) else { return };
        let work = Work { key: due.key, cause };
        let queue = &mut self.queue;
        match due.controller {
            Controller::ReplicaSet => replicaset::sync(&work, queue, context),
            Controller::Deployment => deployment::sync(&work, queue, context),
            Controller::StatefulSet => statefulset::sync(&work, queue, context),
            Controller::DaemonSet => daemonset::sync(&work, queue, context),
            Controller::Job => self.jobs.sync(&work, queue, context),
            Controller::CronJob => cronjob::sync(&work, queue, context),
            Controller::Autoscaler => autoscaler::sync(&work, queue, context),
            Controller::Endpoints => endpoints::sync(&work, context),
            Controller::Volumes => volumes::sync(&work, queue, context),
            Controller::Ephemeral => ephemeral::sync(&work, queue, context),
            Controller::Protection => protection::sync(&work, context),
            Controller::KubernetesService => kubernetes_service::sync(&work, context),
            Controller::Quota => quota::sync(&work, context),
            Controller::Disruption => disruption::sync(&work, context),
            Controller::Garbage => garbage::sync(&work, context),
            Controller::Namespace => namespace::sync(&work, queue, context),
            Controller::NodeSilence => nodelife::check_silence(&work, context),
            Controller::NodeTaints => nodelife::sync_taints(&work, queue, context),
            Controller::PodGc => nodelife::collect(&work, context),
            Controller::TaintEviction => self.evictions.sync(&work, queue, context),
        }
        self.queue.done();
    }
}

#[cfg(test)]
mod tests;
