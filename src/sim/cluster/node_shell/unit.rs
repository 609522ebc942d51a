//! `systemctl` on a node: the kubelet's unit, and containerd's to look at.

use super::journal::PID;
use super::{Answer, Cluster};
use crate::kube::SimTime;
use crate::sim::fault::Fault;
use crate::sim::nodes::AfterHalt;
use std::fmt::Write as _;

/// What an ordinary kubeadm node starts its kubelet with.
const COMMAND: &str = "/usr/bin/kubelet --bootstrap-kubeconfig=/etc/kubernetes/bootstrap-kubelet.conf --kubeconfig=/etc/kubernetes/kubelet.conf \
                       --config=/var/lib/kubelet/config.yaml";

/// After how many seconds systemd tries again to start a kubelet that failed (`RestartSec`).
const RESTART_SEC: u64 = 10;

impl Cluster {
    /// Runs systemctl with these words.
    pub(super) fn systemctl(&mut self, node: &str, words: &[&str]) -> Answer {
        let words: Vec<&str> = words.iter().copied().filter(|word| !word.starts_with('-')).collect();
        match words.as_slice() {
            ["reboot"] => self.halt_node(node, AfterHalt::ComesBack),
            ["poweroff" | "halt"] => self.halt_node(node, AfterHalt::StaysOff),
            [] | ["list-units"] => Answer::done(self.units(node)),
            ["cat", unit] if super::is_kubelet(unit) => Answer::done(unit_file()),
            ["daemon-reload"] => Answer::done(""),
            [verb, unit] if super::is_kubelet(unit) => self.kubelet_unit(node, verb),
            ["status", unit] if is_containerd(unit) => Answer::done(
                "● containerd.service - containerd container runtime\n     Loaded: loaded (/usr/lib/systemd/system/containerd.service; enabled; preset: \
                 enabled)\n     Active: active (running) since Mon 2026-01-05 09:00:00 UTC\n",
            ),
            ["is-active", unit] if is_containerd(unit) => Answer::done("active\n"),
            ["is-active", _] => Answer::Done { out: "inactive\n".into(), err: String::new(), code: 4 },
            ["status", unit] => Answer::Done {
                out: String::new(),
                err: format!("Unit {} could not be found.\n", service(unit)),
                code: 4,
            },
            [verb @ ("start" | "stop" | "restart"), unit] if !is_containerd(unit) => Answer::Done {
                out: String::new(),
                err: format!("Failed to {verb} {0}: Unit {0} not found.\n", service(unit)),
                code: 5,
            },
            _ => Answer::failed(format!("podlab: systemctl {} is not simulated\n", words.join(" "))),
        }
    }

    /// The units that run, as `systemctl` lists them.
    fn units(&self, node: &str) -> String {
        let runs = self.machine(node).is_some_and(|machine| machine.kubelet_runs);
        let kubelet = ("kubelet.service", "kubelet: The Kubernetes Node Agent");
        let units: Vec<(&str, &str)> =
            std::iter::once(("containerd.service", "containerd container runtime"))
                .chain(runs.then_some(kubelet))
                .collect();
        let width = units.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
        let mut text = format!("  {:<width$} LOAD   ACTIVE SUB     DESCRIPTION\n", "UNIT");
        for (name, description) in &units {
            let _ = writeln!(text, "  {name:<width$} loaded active running {description}");
        }
        text.push_str(
            "\nLOAD   = Reflects whether the unit definition was properly loaded.\nACTIVE = The high-level unit activation state, i.e. \
             generalization of SUB.\nSUB    = The low-level unit activation state, values depend on unit type.\n",
        );
        let _ = writeln!(
            text,
            "{} loaded units listed. Pass --all to see loaded but inactive units, too.\nTo show all installed unit files use \
             'systemctl list-unit-files'.",
            units.len()
        );
        text
    }

    fn kubelet_unit(&mut self, node: &str, verb: &str) -> Answer {
        let runs = self.machine(node).is_some_and(|machine| machine.kubelet_runs);
        match verb {
            "stop" if !runs => Answer::done(""),
            "start" if runs => Answer::done(""),
            "stop" => self.strike_node(&Fault::StopKubelet(node.to_owned())),
            "start" => self.start_kubelet(node),
            "restart" => {
                if runs {
                    self.strike_node(&Fault::StopKubelet(node.to_owned()));
                }
                self.start_kubelet(node)
            }
            "status" => self.kubelet_status(node, runs),
            "is-active" if runs => Answer::done("active\n"),
            "is-active" => Answer::Done { out: "inactive\n".into(), err: String::new(), code: 3 },
            "is-enabled" => Answer::done("enabled\n"),
            "enable" | "disable" => Answer::done(""),
            other => Answer::failed(format!("podlab: systemctl {other} is not simulated\n")),
        }
    }

    /// Starts the kubelet, unless it would end at once because of its configuration.
    fn start_kubelet(&mut self, node: &str) -> Answer {
        let now = self.now;
        let Some(&index) = self.node_index.get(node) else { return Answer::done("") };
        if let Err(why) = self.kubelet_settings(index) {
            if let Some(machine) = self.machines.get_mut(node) {
                machine.refusals.push((now, why));
            }
            return Answer::done("");
        }
        self.strike_node(&Fault::StartKubelet(node.to_owned()))
    }

    fn halt_node(&mut self, node: &str, then: AfterHalt) -> Answer {
        self.go_down(node, then);
        Answer::done("")
    }

    fn kubelet_status(&self, node: &str, runs: bool) -> Answer {
        let log = self.machine(node).map(|machine| machine.kubelet_log.clone()).unwrap_or_default();
        let since = log.last().map_or(SimTime(0), |(at, _)| *at);
        let starts = log.iter().filter(|(_, runs)| *runs).count().max(1);
        let pid = PID as usize + 40 * (starts - 1);
        let (sign, state) = if runs { ("●", "active (running)") } else { ("○", "inactive (dead)") };
        let wall = self.machine(node).map(|machine| machine.wall.clone()).unwrap_or_default();
        let when = wall.timestamp(since).strftime("%a %Y-%m-%d %H:%M:%S UTC");
        let head = format!(
            "{sign} kubelet.service - kubelet: The Kubernetes Node Agent\n     Loaded: loaded (/usr/lib/systemd/system/kubelet.service; enabled; \
             preset: enabled)\n    Drop-In: /usr/lib/systemd/system/kubelet.service.d\n             └─10-kubeadm.conf\n     Active: {state} since \
             {when}; {} ago\n       Docs: https://kubernetes.io/docs/\n",
            span(self.now.since(since) / 1000)
        );
        let tail = self.journal_tail(node);
        if runs {
            let out = format!(
                "{head}   Main PID: {pid} (kubelet)\n      Tasks: 13 (limit: 28862)\n     Memory: 41.2M\n     CGroup: \
                 /system.slice/kubelet.service\n             └─{pid} {COMMAND}\n\n{tail}"
            );
            return Answer::done(out);
        }
        let refused = self.machine(node).and_then(|machine| machine.refusals.last()).map(|(at, _)| *at);
        if let Some(at) = refused.filter(|at| *at >= since) {
            let failed = "(code=exited, status=1/FAILURE)";
            let ago = span(self.now.since(at) / 1000 % RESTART_SEC);
            let out = format!(
                "{}\n    Process: {pid} ExecStart={COMMAND} {failed}\n   Main PID: {pid} {failed}\n\n{tail}",
                head.replace(
                    &format!("{state} since"),
                    "activating (auto-restart) (Result: exit-code) since"
                )
                .replace(&format!("{} ago", span(self.now.since(since) / 1000)), &format!("{ago} ago"))
                .trim_end()
            );
            return Answer::Done { out, err: String::new(), code: 3 };
        }
        let ended = "(code=exited, status=0/SUCCESS)";
        let out = format!(
            "{head}    Process: {pid} ExecStart={COMMAND} {ended}\n   Main PID: {pid} {ended}\n\n{tail}"
        );
        Answer::Done { out, err: String::new(), code: 3 }
    }

    fn strike_node(&mut self, fault: &Fault) -> Answer {
        match self.inject(fault) {
            Ok(_) => Answer::done(""),
            Err(text) => Answer::failed(format!("{text}\n")),
        }
    }
}

/// The kubelet's unit with its drop-in, as `kubeadm` installs them.
fn unit_file() -> String {
    format!(
        "# /usr/lib/systemd/system/kubelet.service\n[Unit]\nDescription=kubelet: The Kubernetes Node Agent\n\
         Documentation=https://kubernetes.io/docs/\nWants=network-online.target\nAfter=network-online.target\n\n[Service]\n\
         ExecStart=/usr/bin/kubelet\nRestart=always\nStartLimitInterval=0\nRestartSec={RESTART_SEC}\n\n[Install]\n\
         WantedBy=multi-user.target\n\n# /usr/lib/systemd/system/kubelet.service.d/10-kubeadm.conf\n[Service]\nExecStart=\n\
         ExecStart={COMMAND}\n"
    )
}

fn service(unit: &str) -> String {
    if unit.contains('.') { unit.to_owned() } else { format!("{unit}.service") }
}

fn is_containerd(unit: &str) -> bool {
    matches!(unit, "containerd" | "containerd.service")
}

/// `1min 3s`, as systemd writes how long ago something was.
fn span(seconds: u64) -> String {
    match seconds {
        0..=59 => format!("{seconds}s"),
        60..=3599 => format!("{}min {}s", seconds / 60, seconds % 60),
        _ => format!("{}h {}min", seconds / 3600, seconds % 3600 / 60),
    }
}
