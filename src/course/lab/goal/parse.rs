//! Sentences to goals, and what to say of a sentence that is none. Knows no cluster.

use super::{Condition, ContainerIs, Goal, NODE_IS, POD_IS, SENTENCES, Wish};
use crate::course::quiz::fill::seconds;
use crate::course::suggest::closest;
use crate::kube::Kind;
use crate::kube::kind::KINDS;

/// Why a sentence is not a goal, and what to try.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotAGoal {
    /// What is wrong.
    pub text: String,
    /// What to try.
    pub suggestion: String,
}

/// The goal a sentence stands for. After `--` comes what the learner reads in its stead.
pub fn parse(sentence: &str) -> Result<Goal, NotAGoal> {
    let words = words(sentence);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let (words, says) = match words.iter().position(|word| *word == "--") {
        Some(at) => (&words[..at], Some(words[at + 1..].join(" "))),
        None => (&words[..], None),
    };
    let says = says.map(|says| says.split_whitespace().collect::<Vec<_>>().join(" "));
    let (words, seconds) = match *words {
        [ref before @ .., "for", time] if !before.is_empty() => {
            let held = seconds(time).filter(|held| *held > 0.0 && *held <= 3600.0);
            let held = held.ok_or_else(|| NotAGoal {
                text: format!("'{time}' is not a time to hold"),
                suggestion: "write 30s or 2m, at most 1h".into(),
            })?;
            (before, held as u64)
        }
        _ => (words, 0),
    };
    Ok(Goal { condition: condition(words, sentence)?, seconds, says: says.filter(|says| !says.is_empty()) })
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
        ["container", container, "of", "pod", pod, "is", ref state @ ..] => Condition::Container {
            pod: own(pod),
            container: own(container),
            is: container_is(state, sentence)?,
        },
        ["no", "pod", "but", name] => Condition::NoPodBut { name: own(name) },
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
        ["service", name, "has", "at", "least", count, "endpoints" | "endpoint", "since", "start"] => {
            Condition::NeverFewer { service: own(name), endpoints: number(count)? }
        }
        ["service", name, "selects", "deployment", deployment] => {
            Condition::Selects { service: own(name), deployment: own(deployment) }
        }
        ["service", name, "ignores", "deployment", deployment] => {
            Condition::Ignores { service: own(name), deployment: own(deployment) }
        }
        ["node", node, "is", state] if state != "gone" => {
            Condition::Machine { node: own(node), is: one_of(NODE_IS, state, "a node is not")? }
        }
        _ => return of_any_kind(words, sentence),
    })
}

/// The conditions that an object of any kind can meet.
fn of_any_kind(words: &[&str], sentence: &str) -> Result<Condition, NotAGoal> {
    let field = |kind: &str, name: &str, path: &str, wish: Wish| {
        Ok(Condition::Field { kind: kind_of(kind)?, name: name.to_owned(), path: path.to_owned(), wish })
    };
    match *words {
        [kind, name, "keeps", path, "=", value] => field(kind, name, path, Wish::Keeps(value.to_owned())),
        [kind, name, "has", path, "=", value] => field(kind, name, path, Wish::Has(value.to_owned())),
        [kind, name, "keeps", path, "containing", text] => {
            field(kind, name, path, Wish::KeepsText(text.to_owned()))
        }
        [kind, name, "has", "no", path, "containing", text] => {
            field(kind, name, path, Wish::Lacks(text.to_owned()))
        }
        [kind, name, "sets", ref paths @ ..] if is_enumeration(paths) => {
            field(kind, name, &paths.join(" "), Wish::Sets)
        }
        [kind, name, "is", "not", "replaced", "since", "start"] => {
            Ok(Condition::Original { kind: kind_of(kind)?, name: name.to_owned() })
        }
        [kind, name, "is", "another", "one", "since", "start"] => {
            Ok(Condition::Another { kind: kind_of(kind)?, name: name.to_owned() })
        }
        [kind, name, "exists"] => Ok(Condition::Exists { kind: kind_of(kind)?, name: name.to_owned() }),
        [kind, name, "is", "gone"] => Ok(Condition::Gone { kind: kind_of(kind)?, name: name.to_owned() }),
        _ => Err(unknown(sentence, nearest(words))),
    }
}

/// Whether words are paths with `and` or `or` between them.
fn is_enumeration(words: &[&str]) -> bool {
    let joined = |(at, word): (usize, &&str)| (at % 2 == 1) == matches!(*word, "and" | "or");
    words.len() % 2 == 1 && words.iter().enumerate().all(joined)
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
