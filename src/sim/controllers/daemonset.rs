//! `DaemonSets` (pkg/controller/daemon): one Pod on each node that wants one.

mod rollout;

use super::history;
use super::owning::{Owner, controller_key};
use super::queue::Queue;
use super::{Controller, Work, pods};
use crate::kube::core::{
    NodeAffinity, NodeSelector, NodeSelectorRequirement, NodeSelectorTerm, PodTemplateSpec, Toleration,
};
use crate::kube::{Key, Kind, Object, Pod};
use crate::sim::api::Subresource;
use crate::sim::cluster::Context;
use crate::sim::events::EventType;
use crate::sim::scheduler;
use crate::sim::store::Change;
use k8s_openapi::api::apps::v1::{DaemonSet, DaemonSetSpec, DaemonSetStatus};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The chapter about all this.
const CHAPTER: &str = "controllers";
/// Taints every daemon tolerates: key, effect (util.AddOrUpdateDaemonPodTolerations).
const TOLERATED: [(&str, &str); 6] = [
    ("node.kubernetes.io/not-ready", "NoExecute"),
    ("node.kubernetes.io/unreachable", "NoExecute"),
    ("node.kubernetes.io/disk-pressure", "NoSchedule"),
    ("node.kubernetes.io/memory-pressure", "NoSchedule"),
    ("node.kubernetes.io/pid-pressure", "NoSchedule"),
    ("node.kubernetes.io/unschedulable", "NoSchedule"),
];

/// Asks for the sync of `DaemonSets` a change concerns.
pub fn observe(change: &Change, queue: &mut Queue, context: &mut Context) {
    match &change.object {
        Object::DaemonSet(_) => queue.add(Controller::DaemonSet, change.key.clone(), change.cause, context),
        Object::Pod(pod) => {
            if let Some(key) = controller_key(&change.key, &change.object, Kind::DaemonSet)
                && queue.is_concerned(Controller::DaemonSet, &key, change)
            {
                remind_of_availability(pod, change, &key, queue, context);
                queue.add(Controller::DaemonSet, key, change.cause, context);
            }
        }
        Object::Node(_) => {
            let keys: Vec<Key> = context.store.list(Kind::DaemonSet, None).map(Object::key).collect();
            for key in keys {
                queue.add(Controller::DaemonSet, key, change.cause, context);
            }
        }
        _ => {}
    }
}

/// A daemon that has become ready is available later, without any further change; a second more covers the clocks (`updatePod`).
fn remind_of_availability(pod: &Pod, change: &Change, key: &Key, queue: &mut Queue, context: &mut Context) {
    let Some(Object::DaemonSet(set)) = context.store.get(key) else { return };
    let min_ready = set.spec.as_ref().and_then(|spec| spec.min_ready_seconds).unwrap_or(0);
    let was_ready = change.former.as_ref().and_then(Object::as_pod).is_some_and(pods::is_ready);
    if min_ready > 0 && pods::is_ready(pod) && !was_ready {
        let wait = (u64::from(min_ready.unsigned_abs()) + 1) * 1000;
        queue.add_later(Controller::DaemonSet, key.clone(), wait, change.cause, context);
    }
}

/// A `DaemonSet` at work.
struct Daemons {
    owner: Owner,
    set: Arc<DaemonSet>,
    spec: DaemonSetSpec,
    /// The Pods by the node they are for.
    by_node: BTreeMap<String, Vec<Pod>>,
    /// The nodes that should run one, and those where one may stay.
    wanted: Vec<String>,
    tolerable: Vec<String>,
    /// All nodes there are.
    nodes: Vec<String>,
    hash: String,
}

/// Brings every node and the status up to date.
pub fn sync(work: &Work, queue: &mut Queue, context: &mut Context) {
    let Some(Object::DaemonSet(set)) = context.store.get(&work.key).cloned() else { return };
    let Some(spec) = set.spec.clone() else { return };
    let cause =
        context.because(work.cause, CHAPTER, format!("the DaemonSet {} looks at every node", work.key.name));
    let owner = Owner { object: Object::DaemonSet(set.clone()), component: "daemonset-controller", cause };
    let claimed = owner.claim(&spec.selector, context);
    let labels = spec.selector.match_labels.clone().unwrap_or_default();
    let hash = history::hash_of(&history::current(&owner, &spec.template, labels, context));
    let mut by_node: BTreeMap<String, Vec<Pod>> = BTreeMap::new();
    for pod in claimed {
        by_node.entry(target(&pod)).or_default().push(pod);
    }
    for pods in by_node.values_mut() {
        pods.sort_by_key(|pod| (pod.metadata.creation_timestamp.clone().map(|t| t.0), pod.name().to_owned()));
    }
    let (wanted, tolerable, nodes) = (Vec::new(), Vec::new(), Vec::new());
    let mut daemons = Daemons { owner, set, spec, by_node, wanted, tolerable, nodes, hash };
    daemons.choose_nodes(context);
    if daemons.set.metadata.deletion_timestamp.is_none() {
        if daemons.manage(context) {
            daemons.rolling_update(context);
        } else {
            queue.retry(Controller::DaemonSet, work.key.clone(), context);
        }
    }
    daemons.report(context);
    let status = daemons.set.status.clone().unwrap_or_default();
    let min_ready = daemons.spec.min_ready_seconds.unwrap_or(0);
    if min_ready > 0 && status.number_available.unwrap_or(0) != status.number_ready {
        queue.add_after(Controller::DaemonSet, work.key.clone(), min_ready as u64 * 1000, context);
    }
}

/// The node a daemon is on or is meant for.
fn target(pod: &Pod) -> String {
    if let Some(node) = pod.spec.node_name.clone() {
        return node;
    }
    let affinity = pod.spec.affinity.as_ref().and_then(|a| a.node_affinity.as_ref());
    let required = affinity.and_then(|a| a.required_during_scheduling_ignored_during_execution.as_ref());
    let terms = required.into_iter().flat_map(|selector| &selector.node_selector_terms);
    let mut fields = terms.flat_map(|term| term.match_fields.iter().flatten());
    let name = fields.find(|field| field.key == "metadata.name").and_then(|field| field.values.as_ref());
    name.and_then(|values| values.first().cloned()).unwrap_or_default()
}

impl Daemons {
    /// A Pod for a node as this set makes it.
    fn pod(&self, node: &str) -> Pod {
        let template: PodTemplateSpec = self.spec.template.clone();
        let mut pod = self.owner.pod(&template);
        let metadata = Arc::make_mut(&mut pod.metadata);
        metadata.generate_name = Some(format!("{}-", self.owner.name()));
        let labels = metadata.labels.get_or_insert_default();
        labels.insert(history::HASH_LABEL.into(), self.hash.clone());
        let generation = self.set.metadata.generation.unwrap_or(1);
        labels.insert("pod-template-generation".into(), generation.to_string());
        let spec = Arc::make_mut(&mut pod.spec);
        pin(spec.affinity.get_or_insert_default().node_affinity.get_or_insert_default(), node);
        let host_network = spec.host_network == Some(true);
        let tolerations = spec.tolerations.get_or_insert_default();
        let network = host_network.then_some(("node.kubernetes.io/network-unavailable", "NoSchedule"));
        for (key, effect) in TOLERATED.into_iter().chain(network) {
            tolerations.retain(|t| t.key.as_deref() != Some(key) || t.effect.as_deref() != Some(effect));
            tolerations.push(Toleration {
                key: Some(key.into()),
                operator: Some("Exists".into()),
                effect: Some(effect.into()),
                ..Toleration::default()
            });
        }
        pod
    }

    fn choose_nodes(&mut self, context: &Context) {
        for object in context.store.list(Kind::Node, None) {
            let Object::Node(node) = object else { continue };
            let name = node.metadata.name.clone().unwrap_or_default();
            let (run, stay) = scheduler::daemon_fits(&self.pod(&name), node);
            if run {
                self.wanted.push(name.clone());
            }
            if stay {
                self.tolerable.push(name.clone());
            }
            self.nodes.push(name);
        }
    }

    /// Creates missing daemons and deletes those in the wrong place; whether everything was granted.
    fn manage(&mut self, context: &mut Context) -> bool {
        let mut doomed: Vec<Pod> = Vec::new();
        let mut missing: Vec<String> = Vec::new();
        for node in self.wanted.clone() {
            let pods = self.by_node.get(&node).cloned().unwrap_or_default();
            let mut standing: Vec<Pod> = Vec::new();
            for pod in pods {
                if pods::phase(&pod) == "Failed" && !pods::is_leaving(&pod) {
                    self.say_failed(&pod, &node, context);
                    doomed.push(pod);
                } else if !(pods::is_over(&pod) && pods::is_leaving(&pod)) {
                    standing.push(pod);
                }
            }
            if standing.is_empty() {
                missing.push(node);
            } else {
                standing.retain(|pod| !pods::is_leaving(pod));
                doomed.extend(self.surplus(standing, context));
            }
        }
        for (node, pods) in &self.by_node {
            if !self.tolerable.contains(node) {
                // A daemon whose node is gone belongs to the garbage collector of Pods, unless it never got there.
                let here = |pod: &&Pod| self.nodes.contains(node) || pod.spec.node_name.is_none();
                doomed.extend(pods.iter().filter(here).filter(|pod| !pods::is_leaving(pod)).cloned());
            }
        }
        for pod in &doomed {
            self.owner.delete(pod, context);
            let gone = |other: &Pod| other.name() == pod.name();
            self.by_node.values_mut().for_each(|pods| pods.retain(|other| !gone(other)));
        }
        self.create_on(missing, context)
    }

    /// Creates daemons, twice as many at a time as the time before, until some are refused; whether none was.
    fn create_on(&mut self, missing: Vec<String>, context: &mut Context) -> bool {
        let mut missing = missing.into_iter().peekable();
        let (mut granted, mut batch) = (true, 1);
        while granted && missing.peek().is_some() {
            for node in missing.by_ref().take(batch) {
                let pod = self.pod(&node);
                match self.owner.create(pod, context) {
                    Ok(pod) => self.by_node.entry(node).or_default().push(pod),
                    Err(_) => granted = false,
                }
            }
            batch *= 2;
        }
        granted
    }

    fn say_failed(&self, pod: &Pod, node: &str, context: &mut Context) {
        let message = format!(
            "Found failed daemon pod {}/{} on node {node}, will try to kill it",
            pod.namespace(),
            pod.name()
        );
        self.owner.event(EventType::Warning, "FailedDaemonPod", message, context);
    }

    fn is_current(&self, pod: &Pod) -> bool {
        pod.metadata.labels.as_ref().and_then(|labels| labels.get(history::HASH_LABEL)) == Some(&self.hash)
    }

    fn report(&mut self, context: &mut Context) {
        let min_ready = self.spec.min_ready_seconds.unwrap_or(0);
        let on =
            |node: &String| self.by_node.get(node).into_iter().flatten().filter(|pod| !pods::is_leaving(pod));
        // Where two stand side by side, the older one counts.
        let count = |test: &dyn Fn(&Pod) -> bool| {
            self.wanted.iter().filter(|node| on(node).next().is_some_and(test)).count() as i32
        };
        let some = |n: i32| Some(n).filter(|n| *n > 0);
        let desired = self.wanted.len() as i32;
        let available = count(&|pod| pods::is_available(pod, min_ready, context.now));
        let astray = self.by_node.iter().filter(|(node, pods)| {
            !self.wanted.contains(*node) && pods.iter().any(|pod| !pods::is_leaving(pod))
        });
        let status = DaemonSetStatus {
            current_number_scheduled: count(&|_| true),
            desired_number_scheduled: desired,
            number_misscheduled: astray.count() as i32,
            number_ready: count(&pods::is_ready),
            number_available: some(available),
            number_unavailable: some(desired - available),
            updated_number_scheduled: some(count(&|pod| self.is_current(pod))),
            observed_generation: self.set.metadata.generation,
            ..self.set.status.clone().unwrap_or_default()
        };
        let mut set = (*self.set).clone();
        set.status = Some(status);
        self.set = Arc::new(set.clone());
        set.metadata.resource_version = None;
        let _ = context.update(Object::DaemonSet(Arc::new(set)), Subresource::Status, &self.owner.write());
        let used = vec![self.hash.clone()];
        history::prune(&self.owner, self.spec.revision_history_limit.unwrap_or(10), &used, context);
    }
}

/// Lets a Pod run on one node only (util.ReplaceDaemonSetPodNodeNameNodeAffinity).
fn pin(affinity: &mut NodeAffinity, node: &str) {
    let field = NodeSelectorRequirement {
        key: "metadata.name".into(),
        operator: "In".into(),
        values: Some(vec![node.to_owned()]),
    };
    let required = affinity.required_during_scheduling_ignored_during_execution.get_or_insert_default();
    if required.node_selector_terms.is_empty() {
        required.node_selector_terms.push(NodeSelectorTerm::default());
    }
    let NodeSelector { node_selector_terms } = required;
    for term in node_selector_terms {
        term.match_fields = Some(vec![field.clone()]);
    }
}
