//! A scenario run from its start: manifests applied at 0 s, commands at their times, and what a watcher, the events and the commands
//! show. This is what `podlab sim` prints and what recordings are compared with. Does not know how its output is written down.

use super::stage::Stage;
use crate::kube::core::Event;
use crate::kube::{Kind, Object, SimTime};
use crate::kubectl::session::JobId;
use crate::kubectl::watch::{Watch, WatchRow};
use crate::sim::ChangeKind;
use std::sync::Arc;

/// A command and when it is typed.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// Simulated time.
    pub at: SimTime,
    /// The command line.
    pub line: String,
}

/// Reads lines of `<seconds> <command line>`; empty lines and `#` comments are skipped. The error names the line.
pub fn parse_steps(text: &str) -> Result<Vec<Step>, String> {
    let mut steps = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let (at, command) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        match at.parse::<f64>() {
            Ok(seconds) if (0.0..=8_640_000.0).contains(&seconds) && !command.is_empty() => {
                let at = SimTime((seconds * 1000.0).round() as u64);
                steps.push(Step { at, line: command.trim_start().to_owned() });
            }
            _ => return Err(format!("line {}: expected `<seconds> <command>`, found '{line}'", number + 1)),
        }
    }
    steps.sort_by_key(|step| step.at);
    Ok(steps)
}

/// Something a scenario shows.
#[derive(Clone, Debug)]
pub enum Shown {
    /// A row of the watch, the header among them.
    Row(WatchRow),
    /// An Event that is new or was counted up.
    Event {
        /// When.
        at: SimTime,
        /// The Event as the API has it.
        event: Arc<Event>,
    },
    /// A command that has ended.
    Command(Ended),
}

/// A command that has ended.
#[derive(Clone, Debug, PartialEq)]
pub struct Ended {
    /// When it was typed.
    pub at: SimTime,
    /// The command line.
    pub line: String,
    /// What it wrote to standard output.
    pub stdout: String,
    /// What it wrote to standard error.
    pub stderr: String,
    /// Its exit code.
    pub exit: i32,
    /// Milliseconds it took.
    pub took: u64,
}

#[derive(Clone, Debug)]
struct Running {
    job: JobId,
    step: Step,
    stdout: Vec<u8>,
    stderr: Vec<u8>,
}

/// A scenario on its way.
#[derive(Clone, Debug)]
pub struct Replay {
    stage: Stage,
    watch: Watch,
    namespace: String,
    events_seen: u64,
    steps: Vec<Step>,
    next_step: usize,
    running: Vec<Running>,
}

impl Replay {
    /// A scenario on `stage`, watching the Pods of `namespace`; `steps` in order of time.
    pub fn new(stage: Stage, namespace: &str, steps: Vec<Step>) -> Replay {
        let events_seen = stage.cluster.store().revision();
        Replay {
            stage,
            watch: Watch::new(Kind::Pod, Some(namespace)),
            namespace: namespace.to_owned(),
            events_seen,
            steps,
            next_step: 0,
            running: Vec::new(),
        }
    }

    /// The same with the columns of `-o wide`.
    #[must_use]
    pub fn wide(mut self) -> Replay {
        self.watch = self.watch.wide();
        self
    }

    /// The simulated time reached.
    pub fn now(&self) -> SimTime {
        self.stage.cluster.now()
    }

    /// Lets time pass until `until` and returns what was shown meanwhile, in order.
    pub fn advance(&mut self, until: SimTime) -> Vec<Shown> {
        let mut shown = Vec::new();
        loop {
            while self.steps.get(self.next_step).is_some_and(|step| step.at <= self.now()) {
                self.start_step();
            }
            self.collect(&mut shown);
            let Some(next) = self.next_at().filter(|at| *at <= until) else { break };
            self.stage.advance(next);
        }
        self.stage.advance(until);
        self.collect(&mut shown);
        shown
    }

    /// Whether every step has been typed and has ended, and nothing can change the Pods any more.
    pub fn is_over(&self) -> bool {
        self.next_step == self.steps.len()
            && self.running.is_empty()
            && self.stage.is_settled(self.now().plus(600_000))
    }

    fn next_at(&self) -> Option<SimTime> {
        let step = self.steps.get(self.next_step).map(|step| step.at);
        [step, self.stage.next_at()].into_iter().flatten().min()
    }

    fn start_step(&mut self) {
        let step = self.steps[self.next_step].clone();
        self.next_step += 1;
        let job = self.stage.start(&step.line);
        self.running.push(Running { job, step, stdout: Vec::new(), stderr: Vec::new() });
    }

    fn collect(&mut self, shown: &mut Vec<Shown>) {
        let now = self.now();
        shown.extend(self.watch.rows(self.stage.cluster.store(), now).into_iter().map(Shown::Row));
        self.collect_events(shown);
        let stage = &mut self.stage;
        self.running.retain_mut(|running| match running.collect(stage, now) {
            Some(ended) => {
                shown.push(Shown::Command(ended));
                false
            }
            None => true,
        });
    }

    fn collect_events(&mut self, shown: &mut Vec<Shown>) {
        let store = self.stage.cluster.store();
        for change in store.changes_since(self.events_seen).into_iter().flatten() {
            if let Object::Event(event) = &change.object
                && change.kind != ChangeKind::Deleted
                && event.metadata.namespace.as_deref() == Some(&self.namespace)
            {
                shown.push(Shown::Event { at: change.at, event: event.clone() });
            }
        }
        self.events_seen = store.revision();
    }
}

impl Running {
    /// Takes what the command has written; the whole command once it has ended.
    fn collect(&mut self, stage: &mut Stage, now: SimTime) -> Option<Ended> {
        let written = stage.session.drain(self.job);
        self.stdout.extend(written.stdout);
        self.stderr.extend(written.stderr);
        let exit = stage.session.finished(self.job)?;
        Some(Ended {
            at: self.step.at,
            line: self.step.line.clone(),
            stdout: String::from_utf8_lossy(&self.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&self.stderr).into_owned(),
            exit,
            took: now.since(self.step.at),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_read_in_order_of_time() {
        let steps = parse_steps("# tour\n8.5 kubectl get pods\n\n0 kubectl apply -f x.yaml\n").unwrap();
        assert_eq!(steps[0], Step { at: SimTime(0), line: "kubectl apply -f x.yaml".into() });
        assert_eq!(steps[1].at, SimTime(8500));
    }

    #[test]
    fn a_bad_step_is_named() {
        assert!(parse_steps("0 ls\nsoon kubectl get pods").unwrap_err().starts_with("line 2:"));
        assert!(parse_steps("5").is_err());
        assert!(parse_steps("-1 ls").is_err());
    }
}
