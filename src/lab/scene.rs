//! Everything of a practice session that rewinds: cluster, shell, watch, tracks, what the terminal shows, how far the goals of a lab
//! are. One `advance`, one `act`.

use super::past::Replayable;
use super::scrollback::Scrollback;
use super::stage::Stage;
use super::track::Tracks;
use super::verdict::Judge;
use crate::course::lab::goal::Goal;
use crate::kube::{Kind, SimTime};
use crate::kubectl::session::JobId;
use crate::kubectl::watch::{Watch, WatchRow};

/// Something the learner does.
#[derive(Clone, Debug, PartialEq)]
pub enum Input {
    /// Types a line: a command at the prompt, or input for the command that runs.
    Line(String),
    /// Ctrl-C, which also throws away the line that was being typed.
    Interrupt {
        /// That line.
        typed: String,
    },
    /// Ctrl-D: the end of input for the command that runs.
    EndOfInput,
    /// Puts a file into the shell's folder.
    File {
        /// Its name.
        name: String,
        /// Its content.
        text: String,
    },
    /// Answers the question of a lab.
    Answer(String),
    /// Closes the editor the shell has asked for: with the text to save, or without.
    Edited(Option<String>),
}

/// Rows of the watch that are kept for scrolling back.
const ROWS_KEPT: usize = 5000;

/// A practice session at one moment.
#[derive(Clone, Debug)]
pub struct Scene {
    /// The cluster and the shell.
    pub stage: Stage,
    watch: Watch,
    rows: Vec<WatchRow>,
    tracks: Tracks,
    seen: u64,
    terminal: Scrollback,
    foreground: Option<JobId>,
    /// The exit code of the command that ended last at the prompt.
    last_exit: i32,
    judge: Option<Judge>,
}

impl Scene {
    /// A scene on `stage`, watching the Pods of all or of one namespace.
    pub fn new(stage: Stage, namespace: Option<&str>) -> Scene {
        Scene {
            stage,
            watch: Watch::new(Kind::Pod, namespace),
            rows: Vec::new(),
            tracks: Tracks::default(),
            seen: 0,
            terminal: Scrollback::default(),
            foreground: None,
            last_exit: 0,
            judge: None,
        }
    }

    /// The same with goals to reach from here on.
    #[must_use]
    pub fn judged_by(mut self, goals: Vec<Goal>) -> Scene {
        self.judge = Some(Judge::new(goals, &self.stage.cluster));
        self
    }

    /// Who watches the goals, in a lab.
    pub fn judge(&self) -> Option<&Judge> {
        self.judge.as_ref()
    }

    /// The simulated time.
    pub fn now(&self) -> SimTime {
        self.stage.cluster.now()
    }

    /// What `kubectl get pods -w` has printed, oldest first, without the header.
    pub fn rows(&self) -> &[WatchRow] {
        &self.rows
    }

    /// What each container did.
    pub fn tracks(&self) -> &Tracks {
        &self.tracks
    }

    /// What the terminal shows.
    pub fn terminal(&self) -> &Scrollback {
        &self.terminal
    }

    /// Whether a command runs and the prompt is away.
    pub fn is_busy(&self) -> bool {
        self.foreground.is_some()
    }

    /// The exit code of the command that ended last at the prompt.
    pub fn last_exit(&self) -> i32 {
        self.last_exit
    }

    /// Lets time pass to the next row of the watch, but not beyond `limit`.
    pub fn advance_to_next_row(&mut self, limit: SimTime) {
        let rows = self.rows.len();
        while self.rows.len() == rows {
            match self.stage.next_at().filter(|at| *at <= limit) {
                Some(next) => self.advance(next),
                None => return self.advance(limit),
            }
        }
    }

    fn collect(&mut self) {
        let store = self.stage.cluster.store();
        for change in store.changes_since(self.seen).into_iter().flatten() {
            self.tracks.observe(change);
        }
        self.seen = store.revision();
        let now = self.now();
        let fresh = self.watch.rows(self.stage.cluster.store(), now);
        self.rows.extend(fresh.into_iter().filter(|row| row.key.is_some()));
        let extra = self.rows.len().saturating_sub(ROWS_KEPT);
        self.rows.drain(..extra);
        self.collect_output();
        if let Some(judge) = &mut self.judge {
            judge.observe(&self.stage.cluster);
        }
    }

    fn collect_output(&mut self) {
        let Some(job) = self.foreground else {
            // Jobs in the background print at the prompt.
            let written = self.stage.session.drain_prompt();
            return self.terminal.write(&written);
        };
        let written = self.stage.session.drain_terminal(job);
        self.terminal.write(&written);
        if let Some(exit) = self.stage.session.finished(job) {
            self.last_exit = exit;
            self.terminal.end_line();
            self.foreground = None;
        }
    }

    fn interrupt(&mut self, typed: &str) {
        if let Some(job) = self.foreground {
            self.terminal.write(format!("{typed}^C").as_bytes());
            return self.stage.session.interrupt(job);
        }
        self.terminal.write(format!("{}{typed}^C\n", self.stage.session.prompt()).as_bytes());
        self.stage.session.forget_line();
    }

    fn line(&mut self, line: &str) {
        if let Some(job) = self.foreground {
            self.terminal.write(format!("{line}\n").as_bytes());
            self.stage.session.write_input(job, format!("{line}\n").as_bytes());
        } else {
            self.terminal.write(format!("{}{line}\n", self.stage.session.prompt()).as_bytes());
            self.foreground = Some(self.stage.type_line(line));
        }
    }
}

impl Replayable for Scene {
    type Input = Input;

    fn advance(&mut self, until: SimTime) {
        // Step by step, so that no short break of a goal is missed.
        while let Some(next) = self.stage.next_at().filter(|at| *at <= until) {
            self.stage.advance(next);
            self.collect();
        }
        self.stage.advance(until);
        self.collect();
    }

    fn act(&mut self, input: &Input) {
        match input {
            Input::Line(line) => self.line(line),
            Input::Interrupt { typed } => self.interrupt(typed),
            Input::EndOfInput => {
                if let Some(job) = self.foreground {
                    self.stage.session.end_input(job);
                }
            }
            Input::File { name, text } => self.stage.session.write_file(name, text),
            Input::Answer(word) => {
                if let Some(judge) = &mut self.judge {
                    judge.answer(word);
                }
            }
            Input::Edited(text) => self.stage.session.editor_done(text.as_deref()),
        }
        let now = self.now();
        self.advance(now);
    }
}
