//! The conditions a lab can ask for, one sentence each; [`Goal`]'s `Display` is the sentence again. Knows no cluster.

use crate::course::quiz::fill::seconds;
use crate::course::suggest::closest;
use crate::kube::Kind;
use crate::kube::kind::KINDS;
use std::fmt;

/// A condition, and how long it must hold without a break.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Goal {
    /// What must hold.
    pub condition: Condition,
    /// For how many seconds of simulated time; 0: a moment will do.
    pub seconds: u64,
}

/// What must hold. Objects are those of the namespace `default`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Condition {
    /// A Pod is in a state.
    Pod {
        /// Its name.
        name: String,
        /// The state.
        is: PodIs,
    },
    /// `kubectl get pods` shows that STATUS for a Pod.
    Shows {
        /// The Pod's name.
        pod: String,
        /// The STATUS column.
        status: String,
    },
    /// A container is in a state.
    Container {
        /// The Pod's name.
        pod: String,
        /// The container's name.
        container: String,
        /// The state.
        is: ContainerIs,
    },
    /// No container of a Pod was restarted since the lab began; a Pod created since counts from its creation.
    NoRestarts {
        /// The Pod's name.
        pod: String,
    },
    /// A Deployment has that many ready Pods.
    ReadyPods {
        /// The Deployment's name.
        deployment: String,
        /// How many.
        pods: usize,
    },
    /// A Job is complete.
    Complete {
        /// The Job's name.
        job: String,
    },
    /// A Service leads to that many ready endpoints.
    Endpoints {
        /// The Service's name.
        service: String,
        /// How many.
        endpoints: usize,
    },
    /// An object is there.
    Exists {
        /// Its kind.
        kind: Kind,
        /// Its name.
        name: String,
    },
    /// An object is not there.
    Gone {
        /// Its kind.
        kind: Kind,
        /// Its name.
        name: String,
    },
    /// A Pod has a label.
    Label {
        /// The Pod's name.
        pod: String,
        /// The label's key.
        key: String,
        /// The label's value.
        value: String,
    },
    /// A container of a Pod uses an image.
    Image {
        /// The Pod's name.
        pod: String,
        /// The image as the manifest writes it.
        image: String,
    },
    /// A Pod is bound to a node.
    Node {
        /// The Pod's name.
        pod: String,
        /// The node's name.
        node: String,
    },
    /// The log of a Pod, the instance before included, contains a text.
    Log {
        /// The Pod's name.
        pod: String,
        /// The text.
        text: String,
    },
    /// A field of a Pod still has its value.
    Keeps {
        /// The Pod's name.
        pod: String,
        /// The field's path below the Pod, such as `spec.containers[0].resources.limits.memory`.
        path: String,
        /// The value as it is printed.
        value: String,
    },
    /// The learner typed `answer WORD` with the right word.
    Answer {
        /// What is asked.
        question: String,
        /// The answer; case does not count.
        answer: String,
    },
}

/// A state of a Pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(
    missing_docs,
    reason = "phases by Kubernetes' names, the condition Ready, and whether there is such a Pod"
)]
pub enum PodIs {
    Ready,
    Running,
    Succeeded,
    Failed,
    Pending,
    Gone,
    Present,
}

const POD_IS: &[(&str, PodIs)] = &[
    ("Ready", PodIs::Ready),
    ("Running", PodIs::Running),
    ("Succeeded", PodIs::Succeeded),
    ("Failed", PodIs::Failed),
    ("Pending", PodIs::Pending),
    ("gone", PodIs::Gone),
    ("present", PodIs::Present),
];

/// A state of a container.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ContainerIs {
    /// It runs.
    Running,
    /// It runs and is ready.
    Ready,
    /// It ended with that exit code.
    Terminated(i32),
}

/// The sentences, for help and complaints.
pub const SENTENCES: &[&str] = &[
    "pod NAME is Ready|Running|Succeeded|Failed|Pending|gone|present [for 30s]",
    "pod NAME shows STATUS [for 30s]",
    "pod NAME has label KEY=VALUE",
    "pod NAME uses image IMAGE",
    "pod NAME is on node NODE",
    "pod NAME keeps FIELD.PATH = VALUE",
    "container NAME of pod POD is running|ready|terminated with N [for 30s]",
    "no restarts of NAME since start [for 60s]",
    "deployment NAME has N ready pods [for 30s]",
    "job NAME is complete",
    "service NAME has N endpoints [for 30s]",
    "KIND NAME exists",
    "KIND NAME is gone",
    "log of NAME contains \"TEXT\"",
    "answer \"QUESTION\" is WORD",
];

/// Why a sentence is not a goal, and what to try.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotAGoal {
    /// What is wrong.
    pub text: String,
    /// What to try.
    pub suggestion: String,
}

/// The goal a sentence stands for.
pub fn parse(sentence: &str) -> Result<Goal, NotAGoal> {
    let words = words(sentence);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let (words, seconds) = match words[..] {
        [ref before @ .., "for", time] if !before.is_empty() => {
            let held = seconds(time).filter(|held| *held > 0.0 && *held <= 3600.0);
            let held = held.ok_or_else(|| NotAGoal {
                text: format!("'{time}' is not a time to hold"),
                suggestion: "write 30s or 2m, at most 1h".into(),
            })?;
            (before, held as u64)
        }
        _ => (&words[..], 0),
    };
    Ok(Goal { condition: condition(words, sentence)?, seconds })
}

fn condition(words: &[&str], sentence: &str) -> Result<Condition, NotAGoal> {
    let own = |text: &str| text.to_owned();
    Ok(match *words {
        ["pod", pod, "is", "on", "node", node] => Condition::Node { pod: own(pod), node: own(node) },
        ["pod", name, "is", state] => {
            Condition::Pod { name: own(name), is: one_of(POD_IS, state, "a Pod is not")? }
        }
        ["pod", pod, "shows", status] => Condition::Shows { pod: own(pod), status: own(status) },
        ["pod", pod, "has", "label", label] => match label.split_once('=') {
            Some((key, value)) => Condition::Label { pod: own(pod), key: own(key), value: own(value) },
            None => return Err(unknown(sentence, "pod NAME has label KEY=VALUE")),
        },
        ["pod", pod, "uses", "image", image] => Condition::Image { pod: own(pod), image: own(image) },
        ["pod", pod, "keeps", path, "=", value] => {
            Condition::Keeps { pod: own(pod), path: own(path), value: own(value) }
        }
        ["container", container, "of", "pod", pod, "is", ref state @ ..] => Condition::Container {
            pod: own(pod),
            container: own(container),
            is: container_is(state, sentence)?,
        },
        ["no", "restarts", "of", pod, "since", "start"] => Condition::NoRestarts { pod: own(pod) },
        ["deployment", name, "has", count, "ready", "pods" | "pod"] => {
            Condition::ReadyPods { deployment: own(name), pods: number(count)? }
        }
        ["job", name, "is", "complete"] => Condition::Complete { job: own(name) },
        ["service", name, "has", count, "endpoints" | "endpoint"] => {
            Condition::Endpoints { service: own(name), endpoints: number(count)? }
        }
        ["log", "of", pod, "contains", text] => Condition::Log { pod: own(pod), text: own(text) },
        ["answer", question, "is", answer] => {
            Condition::Answer { question: own(question), answer: own(answer) }
        }
        [kind, name, "exists"] => Condition::Exists { kind: kind_of(kind)?, name: own(name) },
        [kind, name, "is", "gone"] => Condition::Gone { kind: kind_of(kind)?, name: own(name) },
        _ => return Err(unknown(sentence, nearest(words))),
    })
}

fn one_of<T: Copy>(known: &[(&str, T)], word: &str, what: &str) -> Result<T, NotAGoal> {
    if let Some((_, found)) = known.iter().find(|(name, _)| *name == word) {
        return Ok(*found);
    }
    let suggestion = match closest(word, known.iter().map(|(name, _)| *name)) {
        Some(close) => format!("did you mean '{close}'?"),
        None => format!("known are: {}", known.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ")),
    };
    Err(NotAGoal { text: format!("{what} '{word}'"), suggestion })
}

fn container_is(state: &[&str], sentence: &str) -> Result<ContainerIs, NotAGoal> {
    match *state {
        ["running"] => Ok(ContainerIs::Running),
        ["ready"] => Ok(ContainerIs::Ready),
        ["terminated", "with", code] => code.parse().map(ContainerIs::Terminated).map_err(|_| NotAGoal {
            text: format!("'{code}' is not an exit code"),
            suggestion: "write a number from 0 to 255".into(),
        }),
        _ => Err(unknown(sentence, "container NAME of pod POD is running|ready|terminated with N")),
    }
}

fn number(word: &str) -> Result<usize, NotAGoal> {
    word.parse().ok().filter(|number| *number <= 10_000).ok_or_else(|| NotAGoal {
        text: format!("'{word}' is not a number of objects"),
        suggestion: "write a number such as 3".into(),
    })
}

fn kind_of(word: &str) -> Result<Kind, NotAGoal> {
    let lower = word.to_lowercase();
    let known: Vec<(&str, Kind)> = KINDS.iter().map(|info| (info.singular, info.kind)).collect();
    one_of(&known, &lower, "there is no kind")
}

fn unknown(sentence: &str, nearest: &str) -> NotAGoal {
    NotAGoal { text: format!("not a goal: '{sentence}'"), suggestion: format!("write '{nearest}'") }
}

/// The sentence that shares most words with what was written.
fn nearest(words: &[&str]) -> &'static str {
    let shared = |sentence: &&&str| {
        let known: Vec<&str> = sentence.split([' ', '|', '[', ']']).collect();
        let first = usize::from(words.first() == known.first()) * 2;
        first + words.iter().filter(|word| known.contains(word)).count()
    };
    SENTENCES.iter().max_by_key(shared).copied().unwrap_or(SENTENCES[0])
}

/// The words of a sentence; what stands in double quotes is one word.
fn words(sentence: &str) -> Vec<String> {
    let mut words = Vec::new();
    for (index, part) in sentence.split('"').enumerate() {
        if index % 2 == 1 {
            words.push(part.to_owned());
        } else {
            words.extend(part.split_whitespace().map(str::to_owned));
        }
    }
    words
}

impl fmt::Display for Goal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.condition)?;
        match self.seconds {
            0 => Ok(()),
            seconds if seconds % 60 == 0 => write!(f, " for {}m", seconds / 60),
            seconds => write!(f, " for {seconds}s"),
        }
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Condition::Pod { name, is } => {
                let state = POD_IS.iter().find(|(_, known)| known == is).map_or("", |(state, _)| state);
                write!(f, "pod {name} is {state}")
            }
            Condition::Shows { pod, status } => write!(f, "pod {pod} shows {status}"),
            Condition::Container { pod, container, is } => {
                write!(f, "container {container} of pod {pod} is ")?;
                match is {
                    ContainerIs::Running => f.write_str("running"),
                    ContainerIs::Ready => f.write_str("ready"),
                    ContainerIs::Terminated(code) => write!(f, "terminated with {code}"),
                }
            }
            Condition::NoRestarts { pod } => write!(f, "no restarts of {pod} since start"),
            Condition::ReadyPods { deployment, pods } => {
                write!(f, "deployment {deployment} has {pods} ready pods")
            }
            Condition::Complete { job } => write!(f, "job {job} is complete"),
            Condition::Endpoints { service, endpoints } => {
                write!(f, "service {service} has {endpoints} endpoints")
            }
            Condition::Exists { kind, name } => write!(f, "{} {name} exists", kind.info().singular),
            Condition::Gone { kind, name } => write!(f, "{} {name} is gone", kind.info().singular),
            Condition::Label { pod, key, value } => write!(f, "pod {pod} has label {key}={value}"),
            Condition::Image { pod, image } => write!(f, "pod {pod} uses image {image}"),
            Condition::Node { pod, node } => write!(f, "pod {pod} is on node {node}"),
            Condition::Log { pod, text } => write!(f, "log of {pod} contains \"{text}\""),
            Condition::Keeps { pod, path, value } => write!(f, "pod {pod} keeps {path} = {}", quoted(value)),
            Condition::Answer { question, answer } => {
                write!(f, "answer \"{question}\" is {}", quoted(answer))
            }
        }
    }
}

fn quoted(word: &str) -> String {
    if word.contains(char::is_whitespace) || word.is_empty() {
        format!("\"{word}\"")
    } else {
        word.to_owned()
    }
}
