//! `kubectl drain` (`kubectl/pkg/drain`).

use super::delete::is_there;
use crate::kube::{Key, Kind, Pod, SimTime};
use crate::kubectl::complaint::Complaint;
use crate::kubectl::flags::{Flag, Takes, flag};
use crate::kubectl::run::{DryRun, Flow, Run};
use crate::kubectl::status;
use crate::kubectl::verb::{DRY_RUN, SELECTOR, Verb, Words};
use crate::sim::api::{DeleteOptions, Reason};

const FLAGS: &[Flag] = &[
    flag("force", Takes::Switch, "also Pods that nobody will replace"),
    flag("ignore-daemonsets", Takes::Switch, "leave Pods of DaemonSets alone"),
    flag("delete-emptydir-data", Takes::Switch, "also Pods that lose data in emptyDir volumes"),
    flag("grace-period", Takes::Number, "seconds a Pod gets to stop").default("-1"),
    flag("timeout", Takes::Span, "how long to wait"),
    flag("pod-selector", Takes::Text, "only Pods with these labels"),
    flag("disable-eviction", Takes::Switch, "delete instead of evicting"),
    flag("skip-wait-for-delete-timeout", Takes::Number, "do not wait for Pods deleted longer ago than this"),
    flag("chunk-size", Takes::Number, "how many Pods to ask for at once").default("500"),
];

pub(super) const VERB: Verb = Verb {
    name: "drain",
    path: "kubectl drain",
    summary: "Empty a node before maintenance.",
    usage: "NODE [options]",
    examples: "# All Pods leave\nkubectl drain worker-1 --ignore-daemonsets",
    flags: &[FLAGS, SELECTOR, DRY_RUN],
    words: Words::Nodes,
    run: drain,
    ..Verb::EMPTY
};

/// Milliseconds between two tries to evict a Pod that a budget protects.
const RETRY: u64 = 5000;

/// A node that is being emptied.
#[derive(Clone, Debug)]
pub struct Draining {
    node: String,
    waiting: Vec<(Key, String)>,
    leaving: Vec<(Key, String)>,
    retry_at: SimTime,
    deadline: Option<SimTime>,
    options: DeleteOptions,
}

fn drain(run: &mut Run) -> Result<Flow, Complaint> {
    let nodes = super::node::nodes(run)?;
    let Some(node) = nodes.first() else { return Ok(Flow::Done) };
    super::node::mark(run, node, false)?;
    let name = node.meta().name.clone().unwrap_or_default();
    let here: Vec<Pod> = run
        .cluster
        .store()
        .list(Kind::Pod, None)
        .filter_map(|o| o.as_pod())
        .filter(|p| p.spec.node_name.as_deref() == Some(&name))
        .cloned()
        .collect();
    let sorted = sort(here);
    let problems = sorted.problems(run);
    if !problems.is_empty() {
        let text =
            if problems.len() == 1 { problems[0].clone() } else { format!("[{}]", problems.join(", ")) };
        return Err(Complaint::Raw(format!(
            "error: unable to drain node {name:?} due to error: {text}, continuing command...\nThere are pending nodes to be drained:\n \
             {name}\n{text}"
        )));
    }
    sorted.warn(run);
    if run.dry_run() != DryRun::No {
        for pod in &sorted.evicted {
            let suffix = run.dry_run().suffix();
            run.say(&format!("evicting pod {}/{}{suffix}", pod.namespace(), pod.name()));
        }
        let suffix = run.dry_run().suffix();
        run.say(&format!("node/{name} drained{suffix}"));
        return Ok(Flow::Done);
    }
    let grace = run.args.number("grace-period").filter(|g| *g >= 0);
    let patience = run.args.span("timeout").filter(|t| *t > 0);
    Ok(Flow::wait(Draining {
        node: name,
        waiting: sorted
            .evicted
            .iter()
            .map(|p| (Key::pod(p.namespace(), p.name()), p.uid().to_owned()))
            .collect(),
        leaving: Vec::new(),
        retry_at: run.now(),
        deadline: patience.map(|t| run.now().plus(t as u64)),
        options: DeleteOptions { grace_seconds: grace, ..DeleteOptions::default() },
    }))
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
        add(
            &self.local,
            run.args.is("delete-emptydir-data"),
            "Pods with local storage (use --delete-emptydir-data to override)",
        );
        add(&self.bare, run.args.is("force"), "Pods that declare no controller (use --force to override)");
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
    /// Evicts what may go and waits for what goes.
    pub fn poll(&mut self, run: &mut Run) -> Result<Flow, Complaint> {
        if self.retry_at <= run.now() {
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
            run.say(&format!("node/{} drained", self.node));
            return Ok(Flow::Done);
        }
        if self.deadline.is_some_and(|d| d <= run.now()) {
            let node = &self.node;
            let text = "drain did not complete within the timeout";
            return Err(Complaint::Raw(format!(
                "There are pending nodes to be drained:\n {node}\nerror: error when waiting for pods to leave {node}: {text}"
            )));
        }
        let retry = if self.waiting.is_empty() { SimTime::NEVER } else { self.retry_at };
        Ok(Flow::Until(retry.min(self.deadline.unwrap_or(SimTime::NEVER))))
    }

    fn evict(&mut self, run: &mut Run) {
        self.retry_at = run.now().plus(RETRY);
        for (key, uid) in std::mem::take(&mut self.waiting) {
            run.say(&format!("evicting pod {}/{}", key.namespace, key.name));
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
