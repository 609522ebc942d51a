//! `journalctl -u kubelet`: lines in the form of a kubelet's log, one for each thing that the API server was told of. Knows what
//! Events and Pod statuses say, nothing else: what a kubelet does without telling anybody is not here.

use super::follow::Follow;
use super::{Answer, Cluster, NodeIndex};
use crate::kube::core::{ContainerState, Event};
use crate::kube::{Object, Pod, SimTime};
use crate::sim::nodes::{Machine, Unusable};
use crate::sim::store::{Change, ChangeKind};
use k8s_openapi::jiff::Timestamp;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The kubelet's first process number.
pub(super) const PID: u32 = 712;
/// How often the kubelet looks through the folder of manifests, in milliseconds (fileCheckFrequency).
const FOLDER_PERIOD: u64 = 20_000;
/// How many of its looks at a file that is no Pod are told.
const LOOKS_TOLD: usize = 1000;
/// Lines shown before those that are followed.
const LAST: usize = 10;

/// A journal that is shown.
#[derive(Clone, Debug)]
pub(in crate::sim::cluster) struct Journal {
    since: SimTime,
    /// How many lines were shown or passed over.
    shown: usize,
    bare: bool,
    errors_only: bool,
}

/// One line.
pub(super) struct Line {
    at: SimTime,
    /// What the node's clock showed then.
    stamp: Timestamp,
    text: String,
}

impl Line {
    /// The line as `journalctl` shows it.
    fn shown(&self, node: &str, bare: bool) -> String {
        if bare {
            return format!("{}\n", self.text.split_once(": ").map_or("", |(_, rest)| rest));
        }
        format!("{} {node} {}\n", self.stamp.strftime("%b %d %H:%M:%S"), self.text)
    }
}

impl Journal {
    /// The lines that are new since it was last asked.
    pub fn news(&mut self, cluster: &Cluster, index: NodeIndex) -> String {
        let node = cluster.kubelets[index.0 as usize].spec().name.clone();
        let lines = cluster.journal_lines(&node);
        let text = self.pick(&lines).skip(self.shown).map(|line| line.shown(&node, self.bare)).collect();
        self.shown = self.pick(&lines).count();
        text
    }

    fn pick<'a>(&self, lines: &'a [Line]) -> impl Iterator<Item = &'a Line> {
        let (since, errors) = (self.since, self.errors_only);
        lines.iter().filter(move |line| line.at >= since && (!errors || line.text.contains("]: E")))
    }
}

impl Cluster {
    /// Runs journalctl with these words.
    pub(super) fn journalctl(&self, index: NodeIndex, words: &[&str]) -> Answer {
        let mut journal = Journal { since: SimTime(0), shown: 0, bare: false, errors_only: false };
        let (mut last, mut follow, mut reverse, mut unit) = (None, false, false, None);
        let mut words = words.iter().copied();
        while let Some(word) = words.next() {
            let (flag, joined) =
                word.split_once('=').map_or((word, None), |(flag, value)| (flag, Some(value)));
            let mut value = || joined.or_else(|| words.next()).unwrap_or_default();
            match flag {
                "-u" | "--unit" | "-xeu" | "-eu" | "-xu" => unit = Some(value()),
                "-f" | "--follow" => follow = true,
                "-fu" | "-xefu" | "-xfu" => (follow, unit) = (true, Some(value())),
                "-n" | "--lines" => last = value().parse().ok(),
                "-S" | "--since" => journal.since = since(self.now, value()),
                "-o" | "--output" => journal.bare = value() == "cat",
                "-p" | "--priority" => journal.errors_only = matches!(value(), "err" | "3"),
                "-r" | "--reverse" => reverse = true,
                "--no-pager" | "-e" | "-x" | "-xe" | "-q" | "-a" | "-l" | "--no-hostname" => {}
                n if n.strip_prefix("-n").is_some_and(|n| n.parse::<usize>().is_ok()) => {
                    last = n[2..].parse().ok();
                }
                n if n.strip_prefix("-u").is_some() => unit = Some(&n[2..]),
                other => return Answer::failed(format!("journalctl: unrecognized option '{other}'\n")),
            }
        }
        if !unit.is_none_or(super::is_kubelet) {
            return Answer::done("-- No entries --\n");
        }
        let node = self.kubelets[index.0 as usize].spec().name.clone();
        let all = self.journal_lines(&node);
        let mut lines: Vec<&Line> = journal.pick(&all).collect();
        let kept = last.unwrap_or(if follow { LAST } else { usize::MAX });
        lines.drain(..lines.len().saturating_sub(kept));
        if reverse {
            lines.reverse();
        }
        if follow {
            journal.shown = journal.pick(&all).count() - lines.len();
            return Answer::Follow(Follow::Journal(journal));
        }
        if lines.is_empty() {
            return Answer::done("-- No entries --\n");
        }
        Answer::done(lines.into_iter().map(|line| line.shown(&node, journal.bare)).collect::<String>())
    }

    /// The last lines of a node's journal, as `systemctl status` shows them.
    pub(super) fn journal_tail(&self, node: &str) -> String {
        let lines = self.journal_lines(node);
        lines[lines.len().saturating_sub(LAST)..].iter().map(|line| line.shown(node, false)).collect()
    }

    /// Everything the journal of a node's kubelet holds.
    pub(super) fn journal_lines(&self, node: &str) -> Vec<Line> {
        let Some(machine) = self.machine(node) else { return Vec::new() };
        let mut writer = Writer::new(node, machine);
        for (at, runs) in &machine.kubelet_log {
            writer.unit(*at, *runs);
        }
        for (at, why) in &machine.refusals {
            writer.refusal(*at, why);
        }
        for file in &machine.unusable {
            writer.unusable(file, self.now);
        }
        for change in self.store.changes() {
            writer.change(change);
        }
        writer.catch_up(self.now);
        writer.lines.sort_by_key(|line| line.at);
        writer.lines
    }
}

/// `5m ago`, `-5m`, `today`, `10:30`, `2026-01-05 09:10:00`.
fn since(now: SimTime, text: &str) -> SimTime {
    let text = text.trim();
    let span = text.strip_prefix('-').or_else(|| text.strip_suffix("ago")).map(str::trim);
    if let Some(span) = span {
        let number: String = span.chars().take_while(char::is_ascii_digit).collect();
        let unit = span[number.len()..].trim();
        let millis = match unit.chars().next() {
            Some('h') => 3_600_000,
            Some('m') => 60_000,
            Some('d') => 86_400_000,
            _ => 1000,
        };
        return SimTime(now.0.saturating_sub(number.parse::<u64>().unwrap_or(0).saturating_mul(millis)));
    }
    let clock = text.rsplit([' ', 'T']).next().filter(|clock| clock.contains(':'));
    let Some(clock) = clock else { return SimTime(0) };
    let mut parts = clock.split(':').map(|part| part.parse::<u64>().unwrap_or(0));
    let mut next = || parts.next().unwrap_or(0);
    let wanted = next() * 3600 + next() * 60 + next();
    let start = crate::kube::time::EPOCH_SECONDS.unsigned_abs() % 86_400;
    SimTime(wanted.saturating_sub(start) * 1000)
}

/// Makes lines of changes.
struct Writer<'a> {
    node: &'a str,
    /// When the kubelet was started, with the number of its process.
    starts: Vec<(SimTime, u32)>,
    machine: &'a Machine,
    /// The Pods of the node as the kubelet saw them last.
    pods: BTreeMap<String, Pod>,
    /// What has become of Pods while no kubelet ran to see it; none if they are gone.
    missed: BTreeMap<String, Option<Pod>>,
    lines: Vec<Line>,
}

impl<'a> Writer<'a> {
    fn new(node: &'a str, machine: &'a Machine) -> Writer<'a> {
        let (starts, lines) = (Vec::new(), Vec::new());
        Writer { node, starts, machine, pods: BTreeMap::new(), missed: BTreeMap::new(), lines }
    }
}

impl Writer<'_> {
    /// The last start or stop of the kubelet before `at`.
    fn state(&self, at: SimTime) -> (SimTime, bool) {
        let log = &self.machine.kubelet_log;
        let last = log.iter().rev().find(|(from, _)| *from <= at);
        last.copied().unwrap_or((SimTime(0), true))
    }

    /// A kubelet that was started again gets to know all Pods at once.
    fn catch_up(&mut self, now: SimTime) {
        let (start, runs) = self.state(now);
        if !runs || self.missed.is_empty() {
            return;
        }
        for (name, pod) in std::mem::take(&mut self.missed) {
            match pod {
                Some(pod) => drop(self.pods.insert(name, pod)),
                None => drop(self.pods.remove(&name)),
            }
        }
        let names: Vec<String> = self.pods.keys().map(|name| format!("{name:?}")).collect();
        let text = format!("\"SyncLoop ADD\" source=\"api\" pods=[{}]", names.join(","));
        self.klog(start, 'I', "kubelet.go:2549", &text);
    }

    fn pid(&self, at: SimTime) -> u32 {
        self.starts.iter().rev().find(|(start, _)| *start <= at).map_or(PID, |(_, pid)| *pid)
    }

    /// A line of systemd's about the unit.
    fn unit(&mut self, at: SimTime, runs: bool) {
        let what = "kubelet.service - kubelet: The Kubernetes Node Agent";
        if runs {
            let pid = PID + 40 * self.starts.len() as u32;
            self.starts.push((at, pid));
            self.put(at, format!("systemd[1]: Started {what}."));
            self.klog(
                at,
                'I',
                "kubelet_node_status.go:75",
                &format!("\"Attempting to register node\" node=\"{}\"", self.node),
            );
            self.klog(
                at,
                'I',
                "kubelet_node_status.go:78",
                &format!("\"Successfully registered node\" node=\"{}\"", self.node),
            );
        } else {
            self.put(at, format!("systemd[1]: Stopping {what}..."));
            self.put(at, "systemd[1]: kubelet.service: Deactivated successfully.".to_owned());
            self.put(at, format!("systemd[1]: Stopped {what}."));
        }
    }

    /// A kubelet that ended at once, because of its configuration.
    fn refusal(&mut self, at: SimTime, why: &str) {
        self.klog(at, 'E', "run.go:72", &format!("\"command failed\" err={why:?}"));
        for text in [
            "kubelet.service: Main process exited, code=exited, status=1/FAILURE",
            "kubelet.service: Failed with result 'exit-code'.",
        ] {
            self.put(at, format!("systemd[1]: {text}"));
        }
    }

    /// A manifest that is no Pod: told when it appears, and at each look through the folder (pkg/kubelet/config/file.go).
    fn unusable(&mut self, file: &Unusable, now: SimTime) {
        let Unusable { path, why, from, until } = file;
        if *until == Some(*from) {
            // A file that was opened and not yet written.
            return;
        }
        let event = format!("can't process config file {path:?}: {why}");
        self.klog(
            *from,
            'E',
            "file_linux.go:61",
            &format!("\"Unable to process watch event\" err={event:?}"),
        );
        let until = until.unwrap_or(now);
        let looks = (from.0 / FOLDER_PERIOD + 1..).map(|look| SimTime(look * FOLDER_PERIOD));
        for at in looks.take_while(|at| *at <= until).take(LOOKS_TOLD) {
            if self.state(at).1 {
                self.klog(
                    at,
                    'E',
                    "file.go:187",
                    &format!("\"Could not process manifest file\" err={why:?} path={path:?}"),
                );
            }
        }
    }

    fn put(&mut self, at: SimTime, text: String) {
        self.lines.push(Line { at, stamp: self.machine.wall.timestamp(at), text });
    }

    fn klog(&mut self, at: SimTime, level: char, place: &str, message: &str) {
        let pid = self.pid(at);
        let clock = self.machine.wall.timestamp(at).strftime("%m%d %H:%M:%S%.6f");
        self.put(at, format!("kubelet[{pid}]: {level}{clock} {pid:>7} {place}] {message}"));
    }

    fn change(&mut self, change: &Change) {
        match &change.object {
            Object::Pod(pod) if pod.spec.node_name.as_deref() == Some(self.node) => self.pod(change, pod),
            Object::Event(event) => self.event(change.at, event),
            _ => {}
        }
    }

    fn pod(&mut self, change: &Change, pod: &Pod) {
        let at = change.at;
        let name = format!("{}/{}", pod.namespace(), pod.name());
        self.catch_up(at);
        if !self.state(at).1 {
            let left = (change.kind != ChangeKind::Deleted).then(|| pod.clone());
            self.missed.insert(name, left);
            return;
        }
        let before = self.pods.get(&name).filter(|before| before.uid() == pod.uid()).cloned();
        let leaves = |pod: &Pod| pod.metadata.deletion_timestamp.is_some();
        let what = match &before {
            _ if change.kind == ChangeKind::Deleted => Some("REMOVE"),
            None => Some("ADD"),
            Some(before) if leaves(pod) && !leaves(before) => Some("DELETE"),
            Some(before) if before.metadata.generation != pod.metadata.generation => Some("UPDATE"),
            Some(_) => None,
        };
        if let Some(what) = what {
            let text = format!("\"SyncLoop {what}\" source=\"api\" pods=[\"{name}\"]");
            self.klog(at, 'I', "kubelet.go:2549", &text);
        }
        if change.kind == ChangeKind::Deleted {
            self.pods.remove(&name);
            return;
        }
        let (old, new) = (before.map(|pod| instances(&pod)).unwrap_or_default(), instances(pod));
        for (id, runs) in &new {
            let event = match (old.get(id), runs) {
                (None, true) => Some("ContainerStarted"),
                (None | Some(true), false) => Some("ContainerDied"),
                _ => None,
            };
            if let Some(event) = event {
                let data = format!("{{\"ID\":\"{}\",\"Type\":\"{event}\",\"Data\":\"{id}\"}}", pod.uid());
                let text = format!("\"SyncLoop (PLEG): event for pod\" pod=\"{name}\" event={data}");
                self.klog(at, 'I', "kubelet.go:2573", &text);
            }
        }
        self.pods.insert(name, pod.clone());
    }

    fn event(&mut self, at: SimTime, event: &Event) {
        let source = event.source.as_ref();
        let mine = source.is_some_and(|s| {
            s.component.as_deref() == Some("kubelet") && s.host.as_deref() == Some(self.node)
        });
        if !mine {
            return;
        }
        let about = &event.involved_object;
        let (namespace, name) =
            (about.namespace.as_deref().unwrap_or(""), about.name.as_deref().unwrap_or(""));
        let uid = about.uid.as_deref().unwrap_or_default();
        let field = about.field_path.as_deref().unwrap_or_default();
        let container = field.split_once('{').map_or("", |(_, rest)| rest.trim_end_matches('}'));
        let message = event.message.as_deref().unwrap_or_default();
        let of = format!("pod=\"{namespace}/{name}\" podUID=\"{uid}\"");
        let sync = |reason: &str, why: &str| {
            let inner = format!("failed to \"StartContainer\" for \"{container}\" with {reason}: {why:?}");
            format!("\"Error syncing pod, skipping\" err={inner:?} {of}")
        };
        let (level, place, text) = match event.reason.as_deref().unwrap_or_default() {
            "BackOff" if message.starts_with("Back-off restarting") => (
                'E',
                "pod_workers.go:1324",
                sync("CrashLoopBackOff", &message.replacen("Back-off", "back-off", 1)),
            ),
            "BackOff" => ('E', "pod_workers.go:1324", sync("ImagePullBackOff", message)),
            "Failed" if message.starts_with("Failed to pull") => {
                ('E', "kuberuntime_image.go:43", format!("\"Failed to pull image\" err={message:?} {of}"))
            }
            "Failed" => ('E', "pod_workers.go:1324", sync("StartError", message)),
            "Unhealthy" => ('I', "prober.go:120", probe_failed(message, &of, container)),
            "Killing" => (
                'I',
                "kuberuntime_container.go:856",
                format!("\"Killing container\" {of} containerName=\"{container}\" reason={message:?}"),
            ),
            "FailedMount" => (
                'E',
                "nestedpendingoperations.go:348",
                format!("\"Unable to attach or mount volumes\" err={message:?} {of}"),
            ),
            "Evicted" | "EvictionThresholdMet" => {
                ('I', "eviction_manager.go:604", format!("\"Eviction manager\" message={message:?} {of}"))
            }
            "Scheduled" | "Pulling" | "Pulled" | "Created" | "Started" => return,
            reason if about.kind.as_deref() == Some("Node") => {
                let text = format!("\"Recording event message for node\" node=\"{name}\" event=\"{reason}\"");
                ('I', "kubelet_node_status.go:724", text)
            }
            reason => (
                'I',
                "event.go:389",
                format!(
                    "\"Event occurred\" object=\"{namespace}/{name}\" reason=\"{reason}\" message={message:?}"
                ),
            ),
        };
        self.klog(at, level, place, &text);
    }
}

/// What the kubelet logs of a failed probe, from the message of its event.
fn probe_failed(message: &str, of: &str, container: &str) -> String {
    let (what, output) = message.split_once(": ").unwrap_or((message, ""));
    let kind = what.split(' ').next().unwrap_or_default();
    format!(
        "\"Probe failed\" probeType=\"{kind}\" {of} containerName=\"{container}\" probeResult=\"failure\" output={output:?}"
    )
}

/// The container instances a status names, and whether each runs.
fn instances(pod: &Pod) -> BTreeMap<Arc<str>, bool> {
    let lists = [
        &pod.status.init_container_statuses,
        &pod.status.container_statuses,
        &pod.status.ephemeral_container_statuses,
    ];
    let mut found = BTreeMap::new();
    let ended = |state: &Option<ContainerState>| {
        state
            .as_ref()
            .and_then(|state| state.terminated.as_ref())
            .and_then(|ended| ended.container_id.clone())
    };
    for status in lists.into_iter().flatten().flatten() {
        let runs = status.state.as_ref().is_some_and(|state| state.running.is_some());
        let bare = |id: String| Arc::<str>::from(id.trim_start_matches("containerd://"));
        if let Some(id) = ended(&status.last_state) {
            found.insert(bare(id), false);
        }
        if let Some(id) = ended(&status.state) {
            found.insert(bare(id), false);
        }
        if let (true, Some(id)) = (runs, status.container_id.clone()) {
            found.insert(bare(id), true);
        }
    }
    found
}
