//! The conditions a lab can ask for, one sentence each; [`Goal`]'s `Display` is the sentence again. Knows no cluster.

mod parse;

pub use parse::{NotAGoal, parse};

use crate::kube::Kind;
use std::fmt;

/// A condition, and how long it must hold without a break.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Goal {
    /// What must hold.
    pub condition: Condition,
    /// For how many seconds of simulated time; 0: a moment will do.
    pub seconds: u64,
    /// What the learner reads instead of the sentence.
    pub says: Option<String>,
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
    /// There is no Pod but this one.
    NoPodBut {
        /// Its name.
        name: String,
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
    /// A field of an object is as wished.
    Field {
        /// The object's kind.
        kind: Kind,
        /// The object's name.
        name: String,
        /// The field's path below the object, such as `spec.containers[app].resources.limits.memory`.
        path: String,
        /// What is wished.
        wish: Wish,
    },
    /// An object is still the one that was there when the lab began, by its UID.
    Original {
        /// Its kind.
        kind: Kind,
        /// Its name.
        name: String,
    },
    /// An object is there, and is not the one that was there when the lab began, by its UID.
    Another {
        /// Its kind.
        kind: Kind,
        /// Its name.
        name: String,
    },
    /// A Service has never led to fewer ready endpoints since the lab began.
    NeverFewer {
        /// The Service's name.
        service: String,
        /// How many it must have had at every moment.
        endpoints: usize,
    },
    /// A Service's selector fits the Pods that a Deployment makes, and not only those that somebody has labelled by hand.
    Selects {
        /// The Service's name.
        service: String,
        /// The Deployment's name.
        deployment: String,
    },
    /// A Service's selector leaves out the Pods that a Deployment makes, ready or not.
    Ignores {
        /// The Service's name.
        service: String,
        /// The Deployment's name.
        deployment: String,
    },
    /// A node is in a state.
    Machine {
        /// Its name.
        node: String,
        /// The state.
        is: NodeIs,
    },
    /// The learner typed `answer WORD` with the right word.
    Answer {
        /// What is asked.
        question: String,
        /// The answer; case does not count.
        answer: String,
    },
}

/// What is wished of a field. The first two are checked alike and worded differently.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wish {
    /// It still has this value, as it is printed: nobody may repair by taking it away.
    Keeps(String),
    /// It gets this value, as it is printed.
    Has(String),
    /// What is printed of it still contains this text.
    KeepsText(String),
    /// What is printed of it does not contain this text; it need not be there at all.
    Lacks(String),
    /// It is there, whatever its value. The path may be several with `and` and `or` between them; `or` binds tighter.
    Sets,
}

impl Wish {
    /// The end of the sentence: what is wished of the field at `path`.
    fn of(&self, path: &str) -> String {
        match self {
            Wish::Keeps(value) => format!("keeps {path} = {}", quoted(value)),
            Wish::Has(value) => format!("has {path} = {}", quoted(value)),
            Wish::KeepsText(text) => format!("keeps {path} containing \"{text}\""),
            Wish::Lacks(text) => format!("has no {path} containing \"{text}\""),
            Wish::Sets => format!("sets {path}"),
        }
    }
}

/// A state of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NodeIs {
    /// Its kubelet says so.
    Ready,
    /// It takes no new Pods, and none are left on it but those a drain leaves alone.
    Drained,
}

const NODE_IS: &[(&str, NodeIs)] = &[("Ready", NodeIs::Ready), ("drained", NodeIs::Drained)];

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
    "no pod but NAME [for 30s]",
    "pod NAME shows STATUS [for 30s]",
    "pod NAME has label KEY=VALUE",
    "pod NAME uses image IMAGE",
    "pod NAME is on node NODE",
    "KIND NAME keeps|has FIELD.PATH = VALUE",
    "KIND NAME keeps FIELD.PATH containing \"TEXT\"",
    "KIND NAME has no FIELD.PATH containing \"TEXT\"",
    "KIND NAME sets FIELD.PATH [and|or FIELD.PATH]",
    "KIND NAME is not replaced since start",
    "KIND NAME is another one since start",
    "container NAME of pod POD is running|ready|terminated with N [for 30s]",
    "no restarts of NAME since start [for 60s]",
    "deployment NAME has N ready pods [for 30s]",
    "job NAME is complete",
    "service NAME has N endpoints [for 30s]",
    "service NAME has at least N endpoints since start",
    "service NAME selects|ignores deployment NAME",
    "node NAME is Ready|drained [for 30s]",
    "KIND NAME exists",
    "KIND NAME is gone",
    "log of NAME contains \"TEXT\"",
    "answer \"QUESTION\" is WORD",
];

impl fmt::Display for Goal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.condition)?;
        match self.seconds {
            0 => {}
            seconds if seconds % 60 == 0 => write!(f, " for {}m", seconds / 60)?,
            seconds => write!(f, " for {seconds}s")?,
        }
        self.says.as_ref().map_or(Ok(()), |says| write!(f, " -- {says}"))
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Condition::Pod { name, is } => {
                let state = POD_IS.iter().find(|(_, known)| known == is).map_or("", |(state, _)| state);
                write!(f, "pod {name} is {state}")
            }
            Condition::NoPodBut { name } => write!(f, "no pod but {name}"),
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
                write!(f, "deployment {deployment} has {pods} ready pod{}", plural(*pods))
            }
            Condition::Complete { job } => write!(f, "job {job} is complete"),
            Condition::Endpoints { service, endpoints } => {
                write!(f, "service {service} has {endpoints} endpoint{}", plural(*endpoints))
            }
            Condition::Exists { kind, name } => write!(f, "{} {name} exists", kind.info().singular),
            Condition::Gone { kind, name } => write!(f, "{} {name} is gone", kind.info().singular),
            Condition::Label { pod, key, value } => write!(f, "pod {pod} has label {key}={value}"),
            Condition::Image { pod, image } => write!(f, "pod {pod} uses image {image}"),
            Condition::Node { pod, node } => write!(f, "pod {pod} is on node {node}"),
            Condition::Log { pod, text } => write!(f, "log of {pod} contains \"{text}\""),
            Condition::Field { kind, name, path, wish } => {
                write!(f, "{} {name} {}", kind.info().singular, wish.of(path))
            }
            Condition::Original { kind, name } => {
                write!(f, "{} {name} is not replaced since start", kind.info().singular)
            }
            Condition::Another { kind, name } => {
                write!(f, "{} {name} is another one since start", kind.info().singular)
            }
            Condition::NeverFewer { service, endpoints } => {
                write!(
                    f,
                    "service {service} has at least {endpoints} endpoint{} since start",
                    plural(*endpoints)
                )
            }
            Condition::Selects { service, deployment } => {
                write!(f, "service {service} selects deployment {deployment}")
            }
            Condition::Ignores { service, deployment } => {
                write!(f, "service {service} ignores deployment {deployment}")
            }
            Condition::Machine { node, is } => {
                let state = NODE_IS.iter().find(|(_, known)| known == is).map_or("", |(state, _)| state);
                write!(f, "node {node} is {state}")
            }
            Condition::Answer { question, answer } => {
                write!(f, "answer \"{question}\" is {}", quoted(answer))
            }
        }
    }
}

fn plural(count: usize) -> &'static str {
    if count == 1 { "" } else { "s" }
}

fn quoted(word: &str) -> String {
    if word.contains(char::is_whitespace) || word.is_empty() {
        format!("\"{word}\"")
    } else {
        word.to_owned()
    }
}
