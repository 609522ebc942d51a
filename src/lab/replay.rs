//! A scenario run from its start: manifests applied at 0 s, commands at their times, and what a watcher, the events and the commands
//! show. This is what `podlab sim` prints and what recordings are compared with. Does not know how its output is written down.

/// What is done in a scenario, and how it is written down.
mod step;

use super::stage::Stage;
use crate::kube::core::Event;
use crate::kube::{Kind, Object, SimTime};
use crate::kubectl::session::JobId;
use crate::kubectl::watch::{Watch, WatchRow};
use crate::sim::ChangeKind;
use std::sync::Arc;
pub use step::{Deed, Step, parse_steps, write_step};

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
    at: SimTime,
    line: String,
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
    /// The command that has the terminal, if one was typed at it.
    foreground: Option<JobId>,
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
            foreground: None,
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
        let Step { at, deed } = self.steps[self.next_step].clone();
        self.next_step += 1;
        let session = &mut self.stage.session;
        match (deed, self.foreground) {
            (Deed::Command(line), _) => {
                let job = self.stage.start(&line);
                self.runs(job, at, line);
            }
            (Deed::Line(line), Some(job)) => session.write_input(job, format!("{line}\n").as_bytes()),
            (Deed::Line(line), None) => {
                let job = self.stage.type_line(&line);
                self.foreground = Some(job);
                self.runs(job, at, line);
            }
            (Deed::Interrupt, Some(job)) => session.interrupt(job),
            (Deed::Interrupt, None) => session.forget_line(),
            (Deed::EndOfInput, Some(job)) => session.end_input(job),
            (Deed::EndOfInput, None) => {}
            (Deed::Edited(text), _) => session.editor_done(text.as_deref()),
        }
        // What was done takes effect before anything else happens, as at a terminal.
        self.stage.advance(self.stage.cluster.now());
    }

    fn runs(&mut self, job: JobId, at: SimTime, line: String) {
        self.running.push(Running { job, at, line, stdout: Vec::new(), stderr: Vec::new() });
    }

    fn collect(&mut self, shown: &mut Vec<Shown>) {
        let now = self.now();
        shown.extend(self.watch.rows(self.stage.cluster.store(), now).into_iter().map(Shown::Row));
        self.collect_events(shown);
        let stage = &mut self.stage;
        let foreground = &mut self.foreground;
        self.running.retain_mut(|running| match running.collect(stage, now) {
            Some(ended) => {
                *foreground = foreground.filter(|job| *job != running.job);
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
            at: self.at,
            line: self.line.clone(),
            stdout: String::from_utf8_lossy(&self.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&self.stderr).into_owned(),
            exit,
            took: now.since(self.at),
        })
    }
}
