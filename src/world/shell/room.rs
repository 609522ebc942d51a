//! Where lines are typed: a cluster with its shell and, if a lab is played, whoever watches its goals. Knows no terminal.

use super::play::{Own, PATIENCE, Play};
use crate::kube::SimTime;
use crate::kubectl::session::JobId;
use crate::lab::stage::Stage;

/// A cluster with its shell, and the lab that is played on it.
pub struct Room {
    /// The cluster and its shell.
    pub stage: Stage,
    /// The lab.
    pub play: Option<Play>,
}

impl Room {
    /// Lets time pass until `until`; in a lab from one thing due to the next, so that no short break of a goal is missed.
    pub fn advance(&mut self, until: SimTime) {
        while let Some(at) = self.next_at().filter(|at| self.play.is_some() && *at <= until) {
            self.step(at);
        }
        self.step(until);
    }

    fn step(&mut self, until: SimTime) {
        self.stage.advance(until);
        if let Some(play) = &mut self.play {
            play.observe(&self.stage);
        }
    }

    /// When something is due next: in the cluster, in the shell, or for a goal that must hold some time.
    pub fn next_at(&self) -> Option<SimTime> {
        let goal = self.play.as_ref().and_then(|play| play.next_at(self.stage.cluster.now()));
        [self.stage.next_at(), goal].into_iter().flatten().min()
    }

    /// Starts a script as a job of its own.
    pub fn start_script(&mut self, argv: &[&str]) -> JobId {
        self.stage.session.start_script(&mut self.stage.cluster, argv)
    }

    /// Waits for goals that may still be reached after the last line of a script.
    pub fn wait_for_goals(&mut self) {
        let until = self.stage.cluster.now().plus(PATIENCE);
        while self.play.as_ref().is_some_and(|play| !play.is_passed()) {
            match self.next_at().filter(|at| *at <= until) {
                Some(next) => self.advance(next),
                None => return,
            }
        }
    }

    /// Lets what was just done take effect.
    pub fn settle(&mut self) {
        self.advance(self.stage.cluster.now());
    }

    /// Whether something may have to be said while nobody types.
    pub fn is_live(&self) -> bool {
        self.play.is_some() || self.stage.session.is_busy()
    }

    /// Does what a line asks of podlab itself: what there is to say, and what is left of the line for the shell.
    pub fn own(&mut self, line: &str) -> (String, Option<String>) {
        let now = self.stage.cluster.now();
        let play = self.play.as_mut().filter(|_| !self.stage.session.is_unfinished());
        let Some(own) = play.and_then(|play| play.own(line, now)) else {
            return (String::new(), Some(line.to_owned()));
        };
        match own {
            Own::Say(text) => {
                self.settle();
                (text, None)
            }
            Own::SayAndRun(text, left) => (text, Some(left)),
            Own::Skip(millis) => {
                self.advance(now.plus(millis));
                (String::new(), None)
            }
            Own::Again(stage, text) => {
                self.stage = *stage;
                (text, None)
            }
        }
    }

    /// What has become of the goals since it was last asked.
    pub fn news(&mut self) -> String {
        let now = self.stage.cluster.now();
        self.play.as_mut().map_or_else(String::new, |play| play.news(now))
    }
}
