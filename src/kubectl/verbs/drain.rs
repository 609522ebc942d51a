//! `kubectl drain` (`kubectl/pkg/drain`).

use super::delete::is_there;
use crate::kube::selector::Selector;
use crate::kube::{Key, Kind, Pod, SimTime};
use crate::kubectl::complaint::Complaint;
use crate::kubectl::flags::{Flag, Takes, flag};
use crate::kubectl::run::{DryRun, Flow, Run};
use crate::kubectl::status;
use crate::kubectl::verb::{DRY_RUN, SELECTOR, Verb, Words};
use crate::sim::api::{DeleteOptions, Reason};

const FLAGS: &[Flag] = &[
    flag("force", Takes::Switch, "Continue even if there are pods that do not declare a controller."),
    flag("ignore-daemonsets", Takes::Switch, "Ignore DaemonSet-managed pods."),
    flag("delete-emptydir-data", Takes::Switch, "Continue even if there are pods using emptyDir (local data that will be deleted when the node is drained)."),
    flag("grace-period", Takes::Number, "Period of time in seconds given to each pod to terminate gracefully. If negative, the default value specified in the pod will be used.").default("-1"),
    flag("timeout", Takes::Span, "The length of time to wait before giving up, zero means infinite"),
    flag("pod-selector", Takes::Text, "Label selector to filter pods on the node"),
    flag("disable-eviction", Takes::Switch, "Force drain to use delete, even if eviction is supported. This will bypass checking PodDisruptionBudgets, use with caution."),
    flag("skip-wait-for-delete-timeout", Takes::Number, "If pod DeletionTimestamp older than N seconds, skip waiting for the pod.  Seconds must be greater than 0 to skip."),
    flag("chunk-size", Takes::Number, "Return large lists in chunks rather than all at once. Pass 0 to disable. This flag is beta and may change in the future.").default("500"),
];

pub(super) const VERB: Verb = Verb {
    name: "drain",
    path: "kubectl drain",
    summary: "Drain node in preparation for maintenance.",
    usage: "NODE [options]",
    examples: "# All Pods leave\nkubectl drain worker-1 --ignore-daemonsets",
    flags: &[FLAGS, SELECTOR, DRY_RUN],
    words: Words::Nodes,
    run: drain,
    ..Verb::EMPTY
};

/// Milliseconds between two tries to evict a Pod that a budget protects.
const RETRY: u64 = 5000;

/// Nodes that are being emptied, one after the other.
#[derive(Clone, Debug)]
pub struct Draining {
    /// The nodes still to do, the one in hand first.
    nodes: Vec<String>,
    /// The nodes that could not be emptied, and why.
    failed: Vec<(String, Vec<String>)>,
    /// Whether the Pods of the node in hand are known.
    begun: bool,
    waiting: Vec<(Key, String)>,
    leaving: Vec<(Key, String)>,
    retry_at: SimTime,
    deadline: Option<SimTime>,
    options: DeleteOptions,
}

fn drain(run: &mut Run) -> Result<Flow, Complaint> {
    if !run.args.words.is_empty() && run.args.get("selector").is_some() {
        let text = "cannot specify both a node name and a --selector option";
        return Err(Complaint::Usage(text.to_owned(), run.verb.path));
    }
    selector(run)?;
    let nodes = super::node::nodes(run)?;
    for node in &nodes {
        super::node::mark(run, node, false)?;
    }
    let grace = run.args.number("grace-period").filter(|g| *g >= 0);
    Ok(Flow::wait(Draining {
        nodes: nodes.iter().filter_map(|node| node.meta().name.clone()).collect(),
        failed: Vec::new(),
        begun: false,
        waiting: Vec::new(),
        leaving: Vec::new(),
        retry_at: run.now(),
        deadline: None,
        options: DeleteOptions { grace_seconds: grace, ..DeleteOptions::default() },
    }))
}

/// What `--pod-selector` asks for.
fn selector(run: &Run) -> Result<Selector, Complaint> {
    Selector::parse(run.args.or("pod-selector", ""))
        .map_err(|_| Complaint::plain("--pod-selector=<pod_selector> must be a valid label selector"))
}

/// The Pods on a node that are meant.
fn pods_on(run: &Run, node: &str) -> Vec<Pod> {
    let selector = selector(run).unwrap_or_default();
    let pods = run.cluster.store().list(Kind::Pod, None).filter_map(|o| o.as_pod());
    let here = pods.filter(|p| p.spec.node_name.as_deref() == Some(node));
    here.filter(|p| selector.matches_opt(p.metadata.labels.as_ref())).cloned().collect()
}

/// The Pods of a node by what draining does with them.
#[derive(Default)]
struct Sorted {
    evicted: Vec<Pod>,
    daemons: Vec<String>,
    bare: Vec<String>,
    local: Vec<String>,
}

fn sort(pods: Vec<Pod>) -> Sorted {
    let mut sorted = Sorted::default();
    for pod in pods {
        let name = format!("{}/{}", pod.namespace(), pod.name());
        if pod.metadata.annotations.as_ref().is_some_and(|a| a.contains_key("kubernetes.io/config.mirror")) {
            continue;
        }
        let owner = pod.metadata.owner_references.iter().flatten().find(|o| o.controller == Some(true));
        if owner.is_some_and(|o| o.kind == "DaemonSet") {
            sorted.daemons.push(name);
            continue;
        }
        let done = status::is_final(&pod.status);
        if owner.is_none() && !done {
            sorted.bare.push(name.clone());
        }
        if !done && pod.spec.volumes.iter().flatten().any(|v| v.empty_dir.is_some()) {
            sorted.local.push(name);
        }
        sorted.evicted.push(pod);
    }
    sorted
}

impl Sorted {
    fn problems(&self, run: &Run) -> Vec<String> {
        let mut problems = Vec::new();
        let mut add = |names: &[String], allowed: bool, text: &str| {
            if !names.is_empty() && !allowed {
                problems.push(format!("cannot delete {text}: {}", names.join(", ")));
            }
        };
        add(
            &self.daemons,
            run.args.is("ignore-daemonsets"),
            "DaemonSet-managed Pods (use --ignore-daemonsets to ignore)",
        );
        let may_empty = run.args.is("delete-emptydir-data");
        add(&self.local, may_empty, "Pods with local storage (use --delete-emptydir-data to override)");
        // Each Pod is told its first problem only (`GetPodsForDeletion` leaves the filters there).
        let others = self.bare.iter().filter(|name| may_empty || !self.local.contains(name));
        let others: Vec<String> = others.cloned().collect();
        add(&others, run.args.is("force"), "Pods that declare no controller (use --force to override)");
        problems
    }

    fn warn(&self, run: &mut Run) {
        let mut parts = Vec::new();
        if !self.daemons.is_empty() {
            parts.push(format!("ignoring DaemonSet-managed Pods: {}", self.daemons.join(", ")));
        }
        if !self.bare.is_empty() {
            parts.push(format!("deleting Pods that declare no controller: {}", self.bare.join(", ")));
        }
        if !parts.is_empty() {
            run.warn(&format!("Warning: {}", parts.join("; ")));
        }
    }
}

impl Draining {
    /// Evicts what may go and waits for what goes, node by node.
    pub fn poll(&mut self, run: &mut Run) -> Result<Flow, Complaint> {
        while let Some(node) = self.nodes.first().cloned() {
            if !self.begun {
                self.begun = true;
                self.begin(run, &node);
            }
            if let Some(flow) = self.step(run, &node) {
                return Ok(flow);
            }
            self.begun = false;
            self.nodes.remove(0);
        }
        if self.failed.is_empty() {
            return Ok(Flow::Done);
        }
        let pending: String = self.failed.iter().map(|(name, _)| format!(" {name}\n")).collect();
        let reasons: Vec<&str> =
            self.failed.iter().flat_map(|(_, reasons)| reasons).map(String::as_str).collect();
        let reasons = reasons.join("\n");
        Err(Complaint::Raw(format!("There are pending nodes to be drained:\n{pending}{reasons}")))
    }

    /// Sorts the Pods of a node; what may not be touched keeps the node from being emptied.
    fn begin(&mut self, run: &mut Run, node: &str) {
        let sorted = sort(pods_on(run, node));
        let problems = sorted.problems(run);
        if !problems.is_empty() {
            self.fail(run, node, problems);
            return;
        }
        sorted.warn(run);
        if run.dry_run() != DryRun::No {
            let suffix = run.dry_run().suffix();
            for pod in &sorted.evicted {
                run.say(&format!("evicting pod {}/{}{suffix}", pod.namespace(), pod.name()));
            }
            return;
        }
        let key = |p: &Pod| (Key::pod(p.namespace(), p.name()), p.uid().to_owned());
        self.waiting = sorted.evicted.iter().map(key).collect();
        self.retry_at = run.now();
        let patience = run.args.span("timeout").filter(|t| *t > 0);
        self.deadline = patience.map(|t| run.now().plus(t as u64));
    }

    fn fail(&mut self, run: &mut Run, node: &str, reasons: Vec<String>) {
        let why =
            if let [one] = reasons.as_slice() { one.clone() } else { format!("[{}]", reasons.join(", ")) };
        run.warn(&format!("error: unable to drain node {node:?} due to error: {why}, continuing command..."));
        self.failed.push((node.to_owned(), reasons));
        self.waiting.clear();
        self.leaving.clear();
    }

    /// One look at the node in hand: when to look again, or nothing if it is done with.
    fn step(&mut self, run: &mut Run, node: &str) -> Option<Flow> {
        if self.retry_at <= run.now() && !self.waiting.is_empty() {
            self.evict(run);
        }
        let (gone, leaving): (Vec<_>, Vec<_>) = std::mem::take(&mut self.leaving)
            .into_iter()
            .partition(|(key, uid)| !is_there(run.cluster, key, uid));
        self.leaving = leaving;
        for (key, _) in gone {
            run.say(&format!("pod/{} evicted", key.name));
        }
        if self.waiting.is_empty() && self.leaving.is_empty() {
            if self.failed.last().is_none_or(|(failed, _)| failed != node) {
                let suffix = run.dry_run().suffix();
                run.say(&format!("node/{node} drained{suffix}"));
            }
            return None;
        }
        if self.deadline.is_some_and(|deadline| deadline <= run.now()) {
            self.fail(run, node, vec!["drain did not complete within the timeout".to_owned()]);
            return None;
        }
        let retry = if self.waiting.is_empty() { SimTime::NEVER } else { self.retry_at };
        Some(Flow::Until(retry.min(self.deadline.unwrap_or(SimTime::NEVER))))
    }

    fn evict(&mut self, run: &mut Run) {
        self.retry_at = run.now().plus(RETRY);
        // All requests go out at once, so the answers come after the last of them.
        for (key, _) in &self.waiting {
            run.say(&format!("evicting pod {}/{}", key.namespace, key.name));
        }
        for (key, uid) in std::mem::take(&mut self.waiting) {
            let write = run.write();
            let delete = run.args.is("disable-eviction");
            let answer = if delete {
                run.cluster.delete(&key, &self.options, &write)
            } else {
                run.cluster.evict(&key, &self.options, &write)
            };
            match answer {
                Ok(_) => self.leaving.push((key, uid)),
                Err(refusal) if refusal.reason == Reason::NotFound => {}
                Err(refusal) => {
                    run.warn(&format!(
                        "error when evicting pods/{:?} -n {:?} (will retry after 5s): {}",
                        key.name, key.namespace, refusal.message
                    ));
                    self.waiting.push((key, uid));
                }
            }
        }
    }
}
