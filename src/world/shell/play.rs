//! A lab played by line: what the learner is told, the words that are podlab's own beside those of the shell, and when it is passed.
//! Does not know where lines come from, nor how long anybody waits.

use crate::course::Page;
use crate::course::lab::Lab;
use crate::course::quiz::Prose;
use crate::kube::SimTime;
use crate::lab::answer;
use crate::lab::rehearse;
use crate::lab::stage::Stage;
use crate::lab::verdict::{Judge, Met};
use crate::progress::{Entry, Record};
use crate::world::args::Global;
use crate::world::duration::parse_millis;
use crate::world::{plain, record};
use std::fmt::Write;

/// The longest time that can be skipped at once, in simulated milliseconds: an hour.
const LONGEST_SKIP: u64 = 3_600_000;
/// Simulated milliseconds that pass after the last line of a script before its lab counts as not passed, as in `podlab check`.
pub const PATIENCE: u64 = 300_000;
/// What can be typed beside commands.
const WORDS: &str = "Type commands as in any shell. Beside them there are: goals, hint, skip 30s (lets time pass), \
brief (reads this again), again (starts over). Ctrl-D or exit ends it.";

/// A lab under way.
pub struct Play {
    lab: Lab,
    judge: Judge,
    global: Global,
    record: Record,
    /// Hints taken.
    hints: usize,
    /// Which goals held when they were last told of.
    told: Vec<bool>,
    outcome: Outcome,
}

/// Whether a lab is passed, and whether the learner has been told.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Open,
    Reached,
    Told,
}

/// What a line means that is not for the shell.
pub enum Own {
    /// Something to tell.
    Say(String),
    /// Something to tell, and what is left of the line for the shell.
    SayAndRun(String, String),
    /// So many simulated milliseconds are to pass.
    Skip(u64),
    /// The lab starts over, on this stage.
    Again(Box<Stage>, String),
}

impl Play {
    /// A lab at its start, and the cluster with its fault.
    pub fn begin(lab: Lab, global: Global, record: Record) -> (Play, Stage) {
        let (stage, judge) = fresh(&lab);
        let mut play =
            Play { lab, judge, global, record, hints: 0, told: Vec::new(), outcome: Outcome::Open };
        play.told = play.held(stage.cluster.now());
        (play, stage)
    }

    /// What the learner reads first.
    pub fn introduction(&self) -> String {
        let mut text = format!("{}\n\n{}", self.lab.title, self.brief());
        for line in plain::folded("", WORDS) {
            let _ = writeln!(text, "{line}");
        }
        text.push('\n');
        text
    }

    fn brief(&self) -> String {
        let mut text = self.prose(&self.lab.brief);
        let files: Vec<&str> = self.lab.setup.files.iter().map(|file| file.name.as_str()).collect();
        if !files.is_empty() {
            let _ = writeln!(text, "Your files: {}\n", files.join(", "));
        }
        text.push_str("Goals:\n");
        for (number, (goal, _)) in (1..).zip(self.judge.verdicts(SimTime(0))) {
            text.extend(plain::folded(&format!("{number}. "), &goal).iter().map(|line| format!("{line}\n")));
        }
        text.push('\n');
        text
    }

    fn prose(&self, prose: &Prose) -> String {
        let page = Page { blocks: prose.blocks.clone(), ..Page::default() };
        let mut text = plain::text(&self.global, &page, &[]).join("\n");
        text.truncate(text.trim_end().len());
        text + "\n\n"
    }

    /// Looks at the cluster; to be called after every change, so that no moment is missed in which all goals hold.
    pub fn observe(&mut self, stage: &Stage) {
        self.judge.observe(&stage.cluster);
        if self.outcome == Outcome::Open && self.judge.passed(stage.cluster.now()) {
            self.outcome = Outcome::Reached;
        }
    }

    /// When a goal that holds will have held long enough.
    pub fn next_at(&self, now: SimTime) -> Option<SimTime> {
        self.judge.next_at(now)
    }

    /// Whether all goals were reached at once.
    pub fn is_passed(&self) -> bool {
        self.outcome != Outcome::Open
    }

    fn held(&self, now: SimTime) -> Vec<bool> {
        self.judge.verdicts(now).iter().map(|(_, met)| *met == Met::Yes).collect()
    }

    /// What has become of the goals since the learner was told last; nothing if nothing has.
    pub fn news(&mut self, now: SimTime) -> String {
        let mut text = String::new();
        if self.outcome == Outcome::Told {
            return text;
        }
        let held = self.held(now);
        for ((goal, met), before) in self.judge.verdicts(now).into_iter().zip(&self.told) {
            match met {
                Met::Yes if !before => tell(&mut text, "Reached: ", &goal),
                Met::NotYet(missing) if *before => {
                    tell(&mut text, "No longer: ", &format!("{goal} ({missing})"));
                }
                _ => {}
            }
        }
        self.told = held;
        if self.outcome == Outcome::Reached {
            self.outcome = Outcome::Told;
            text.push_str(&self.passed());
        }
        text
    }

    /// What is to be learned from a lab that is passed. The pass is kept.
    fn passed(&mut self) -> String {
        let entry = Entry::Passed { lab: self.lab.id.clone(), hints: self.hints };
        let kept = self.record.save(&entry, record::now());
        let mut text = "\nPassed.\n\n".to_owned();
        for (head, prose) in [
            ("What lay behind it", &self.lab.after.wrong),
            ("Why it is right now", &self.lab.after.why),
            ("For the next time", &self.lab.after.prevent),
        ] {
            let _ = write!(text, "{head}\n{}", self.prose(prose));
        }
        if let Err(unsaved) = kept {
            let _ = writeln!(text, "The pass could not be kept: {}", unsaved.0);
        }
        text
    }

    /// How far all goals are.
    pub fn goals(&self, now: SimTime) -> String {
        let mut text = String::new();
        for (number, (goal, met)) in (1..).zip(self.judge.verdicts(now)) {
            let lead = format!("{number}. ");
            match met {
                Met::Yes => tell(&mut text, &lead, &format!("reached: {goal}")),
                Met::Holding { left } => {
                    tell(&mut text, &lead, &format!("holds, {} s more: {goal}", left.div_ceil(1000)));
                }
                Met::NotYet(missing) => tell(&mut text, &lead, &format!("not yet: {goal} ({missing})")),
            }
        }
        text
    }

    /// What a line means that is podlab's own; `None` if it is for the shell.
    pub fn own(&mut self, line: &str, now: SimTime) -> Option<Own> {
        let (answers, left) = answer::split(line);
        if !answers.is_empty() {
            return Some(self.answered(&answers, left));
        }
        let (word, rest) = line.trim().split_once(char::is_whitespace).unwrap_or((line.trim(), ""));
        let rest = rest.trim();
        match (word, rest.is_empty()) {
            ("goals", true) => Some(Own::Say(self.goals(now))),
            ("hint", true) => Some(Own::Say(self.hint())),
            ("brief", true) => Some(Own::Say(self.brief())),
            ("again", true) => Some(self.again()),
            ("answer", true) => Some(Own::Say("Type `answer WORD`.\n".to_owned())),
            ("skip", _) => Some(skip(rest)),
            _ => None,
        }
    }

    fn answered(&mut self, answers: &[String], left: String) -> Own {
        for answer in answers {
            self.judge.answer(answer);
        }
        let said: String = answers.iter().map(|answer| format!("You answered: {answer}\n")).collect();
        if left.trim().is_empty() { Own::Say(said) } else { Own::SayAndRun(said, left) }
    }

    fn hint(&mut self) -> String {
        let Some(hint) = self.lab.hints.get(self.hints) else {
            return "There is no further hint.\n".to_owned();
        };
        let text = format!("Hint {} of {}\n{}", self.hints + 1, self.lab.hints.len(), self.prose(hint));
        self.hints += 1;
        text
    }

    fn again(&mut self) -> Own {
        let (stage, judge) = fresh(&self.lab);
        self.judge = judge;
        self.outcome = Outcome::Open;
        self.told = self.held(stage.cluster.now());
        Own::Again(Box::new(stage), "The lab starts over; your files are as they were.\n".to_owned())
    }
}

/// A lab's cluster as the learner finds it, and who watches its goals.
fn fresh(lab: &Lab) -> (Stage, Judge) {
    let (stage, _) = rehearse::set_up(lab);
    let judge = Judge::new(lab.goals.clone(), &stage.cluster);
    (stage, judge)
}

fn skip(span: &str) -> Own {
    match parse_millis(span) {
        Ok(millis) if millis <= LONGEST_SKIP => Own::Skip(millis),
        Ok(_) => Own::Say("An hour at most can be skipped at once: skip 1h\n".to_owned()),
        Err(_) => Own::Say("Say how long, such as: skip 30s\n".to_owned()),
    }
}

fn tell(text: &mut String, lead: &str, words: &str) {
    text.extend(plain::folded(lead, words).iter().map(|line| format!("{line}\n")));
}
