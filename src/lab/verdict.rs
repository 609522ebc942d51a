//! The verdict on a lab: which goals hold, for how long, and what is still missing, in words for the learner. Looks at API objects
//! alone, so that any correct way to the goal counts.

mod look;
#[cfg(test)]
mod tests;

use super::track::statuses;
use crate::course::lab::goal::{Condition, Goal, Wish};
use crate::kube::core::ContainerStatus;
use crate::kube::{Kind, Object, Pod, SimTime};
use crate::sim::Cluster;
use std::collections::BTreeMap;

/// How far a goal is reached.
#[derive(Clone, Debug, PartialEq)]
pub enum Met {
    /// It holds, and has held long enough.
    Yes,
    /// It holds, but must hold some milliseconds longer.
    Holding {
        /// How long it still has to hold, in milliseconds.
        left: u64,
    },
    /// It does not hold; what is missing.
    NotYet(String),
}

/// A goal under observation.
#[derive(Clone, Debug)]
struct Watched {
    goal: Goal,
    /// Since when it holds without a break, or what is missing.
    state: Result<SimTime, String>,
    /// For a goal about every moment since the start: how it was broken.
    broken: Option<String>,
    /// For a goal about an object that must stay, or must not: its UID at the start.
    original: Option<String>,
    /// For a question: its number, counted from 1.
    question: usize,
}

impl Watched {
    /// What the learner is told of what is missing: what a sentence is not to give away, its reason must not tell either.
    fn told(&self, missing: String) -> String {
        match (&self.goal.says, &self.goal.condition) {
            (None, _) => missing,
            (Some(_), Condition::Field { wish: Wish::Keeps(_) | Wish::KeepsText(_), .. }) => {
                "no longer so".to_owned()
            }
            (Some(_), _) => "not so yet".to_owned(),
        }
    }
}

/// Watches the goals of a lab over simulated time.
#[derive(Clone, Debug)]
pub struct Judge {
    goals: Vec<Watched>,
    /// Restarts that each Pod (by UID) had when the lab began.
    restarts: BTreeMap<String, i32>,
    /// What the learner answered last to each question, by its number.
    answers: BTreeMap<usize, String>,
    revision: Option<u64>,
}

impl Judge {
    /// A judge of `goals` on a cluster as the learner finds it.
    pub fn new(goals: Vec<Goal>, cluster: &Cluster) -> Judge {
        let pods = cluster.store().list(Kind::Pod, None).filter_map(Object::as_pod);
        let restarts = pods.map(|pod| (pod.uid().to_owned(), restarts(pod))).collect();
        let mut questions = 0;
        let watched = |goal: Goal| {
            questions += usize::from(matches!(goal.condition, Condition::Answer { .. }));
            let original = match &goal.condition {
                Condition::Original { kind, name } | Condition::Another { kind, name } => {
                    look::uid(cluster, *kind, name)
                }
                _ => None,
            };
            Watched { goal, state: Err(String::new()), broken: None, original, question: questions }
        };
        let goals = goals.into_iter().map(watched).collect();
        let mut judge = Judge { goals, restarts, answers: BTreeMap::new(), revision: None };
        judge.observe(cluster);
        judge
    }

    /// Takes in what the learner answered: `WORD`, or `2 WORD` where there are several questions.
    pub fn answer(&mut self, words: &str) {
        let words = words.trim();
        let numbered = words.split_once(char::is_whitespace);
        let numbered = numbered.and_then(|(number, word)| Some((number.parse().ok()?, word)));
        let (number, word) = match numbered {
            Some(numbered) if self.questions() > 1 => numbered,
            _ if self.questions() == 1 => (1, words),
            _ => return,
        };
        self.answers.insert(number, word.trim().to_lowercase());
        self.revision = None;
    }

    fn questions(&self) -> usize {
        self.goals.iter().map(|watched| watched.question).max().unwrap_or(0)
    }

    /// Looks at the cluster; to be called after every change, so that no short break is missed.
    pub fn observe(&mut self, cluster: &Cluster) {
        // Logs grow without a change of the store, so they are looked at each time.
        let logs = self.goals.iter().any(|w| matches!(w.goal.condition, Condition::Log { .. }));
        if self.revision == Some(cluster.store().revision()) && !logs {
            return;
        }
        self.revision = Some(cluster.store().revision());
        let told = |watched: &Watched| self.missing(watched, cluster).map(|missing| watched.told(missing));
        let found: Vec<_> = self.goals.iter().map(told).collect();
        for (watched, missing) in self.goals.iter_mut().zip(found) {
            if matches!(watched.goal.condition, Condition::NeverFewer { .. }) {
                watched.broken.clone_from(&missing);
            }
            watched.state = match (missing, &watched.state) {
                (Some(missing), _) => Err(missing),
                (None, Ok(since)) => Ok(*since),
                (None, Err(_)) => Ok(cluster.now()),
            };
        }
    }

    /// What the learner reads of each goal and how far it is reached at `now`. A question does not say its answer.
    pub fn verdicts(&self, now: SimTime) -> Vec<(String, Met)> {
        self.goals.iter().map(|watched| (self.sentence(watched), met(watched, now))).collect()
    }

    fn sentence(&self, watched: &Watched) -> String {
        match &watched.goal.condition {
            Condition::Answer { question, .. } if self.questions() > 1 => {
                format!("{}. {question}", watched.question)
            }
            Condition::Answer { question, .. } => question.clone(),
            _ => watched.goal.says.clone().unwrap_or_else(|| watched.goal.to_string()),
        }
    }

    /// Whether all goals are reached at once.
    pub fn passed(&self, now: SimTime) -> bool {
        self.goals.iter().all(|watched| met(watched, now) == Met::Yes)
    }

    /// When a goal that holds will have held long enough, if nothing changes.
    pub fn next_at(&self, now: SimTime) -> Option<SimTime> {
        let ends = self.goals.iter().filter_map(|watched| {
            let since = watched.state.as_ref().ok()?;
            Some(since.plus(watched.goal.seconds * 1000)).filter(|at| *at > now)
        });
        ends.min()
    }

    /// What is missing for a goal's condition to hold now; `None` if it holds.
    fn missing(&self, watched: &Watched, cluster: &Cluster) -> Option<String> {
        match &watched.goal.condition {
            Condition::NoRestarts { pod } => look::with_pod(cluster, pod, |p| {
                let since = restarts(p) - self.restarts.get(p.uid()).copied().unwrap_or(0);
                let restarts = p.spec.restart_policy.as_deref() != Some("Never");
                // Guests (ephemeral containers) end when they like: nobody starts them again.
                let guests = p.status.ephemeral_container_statuses.as_deref().unwrap_or_default();
                let is_guest = |status: &ContainerStatus| guests.iter().any(|g| g.name == status.name);
                let waits = |status: &ContainerStatus| {
                    let Some(state) = &status.state else { return false };
                    let waiting = state.waiting.as_ref().and_then(|waiting| waiting.reason.as_deref());
                    let failed = state.terminated.as_ref().is_some_and(|ended| ended.exit_code != 0);
                    waiting == Some("CrashLoopBackOff") || (restarts && failed)
                };
                if since > 0 {
                    let times = times(since);
                    Some(format!(
                        "{pod} has restarted {since} {times} since the start; a new Pod counts anew"
                    ))
                } else {
                    statuses(p)
                        .any(|s| !is_guest(s) && waits(s))
                        .then(|| format!("the next restart of {pod} is due"))
                }
            }),
            Condition::Original { kind, name } => match look::uid(cluster, *kind, name) {
                None => Some(format!("there is no {} {name}", kind.info().singular)),
                now if now != watched.original => Some(format!("{name} is another one now; start over")),
                _ => None,
            },
            Condition::Another { kind, name } => match look::uid(cluster, *kind, name) {
                None => Some(format!("there is no {} {name}", kind.info().singular)),
                now => (now == watched.original).then(|| format!("{name} is the one that was there")),
            },
            Condition::NeverFewer { service, endpoints } => watched.broken.clone().or_else(|| {
                let ready = look::ready_endpoints(cluster, service);
                (ready < *endpoints).then(|| {
                    format!("{service} was down to {ready}, {} s in; start over", cluster.now().0 / 1000)
                })
            }),
            Condition::Answer { answer, .. } => self.answer_is(watched.question, answer),
            other => look::missing(other, cluster),
        }
    }

    fn answer_is(&self, question: usize, answer: &str) -> Option<String> {
        match self.answers.get(&question) {
            Some(given) if *given == answer.to_lowercase() => None,
            Some(given) => Some(format!("not {given}")),
            None if self.questions() > 1 => Some(format!("type `answer {question} WORD`")),
            None => Some("type `answer WORD`".to_owned()),
        }
    }
}

fn met(watched: &Watched, now: SimTime) -> Met {
    match &watched.state {
        Err(missing) => Met::NotYet(missing.clone()),
        Ok(since) => {
            let left = (watched.goal.seconds * 1000).saturating_sub(now.since(*since));
            if left == 0 { Met::Yes } else { Met::Holding { left } }
        }
    }
}

fn times(n: i32) -> &'static str {
    if n == 1 { "time" } else { "times" }
}

fn restarts(pod: &Pod) -> i32 {
    statuses(pod).map(|s| s.restart_count).sum()
}
