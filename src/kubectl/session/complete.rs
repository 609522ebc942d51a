//! What can follow the line being typed: commands, verbs, kinds, names, flags and their values, files. Reads the cluster, changes nothing.

use super::{FOREIGN, HOME, Session};
use crate::kube::{Key, Kind};
use crate::kubectl::containers;
use crate::kubectl::flags::{Flag, Offers, Takes};
use crate::kubectl::verb::{GLOBAL, Verb, Words};
use crate::kubectl::verbs::VERBS;
use crate::sim::{Cluster, Fault};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

/// How many candidates are offered at most.
const MOST: usize = 200;
/// Where programs are.
const PROGRAMS: [&str; 4] = ["/bin", "/usr/bin", "/sbin", "/usr/sbin"];
/// Commands of the shell itself.
const BUILTINS: [&str; 15] = [
    "alias", "bg", "cd", "echo", "exit", "export", "fg", "history", "jobs", "read", "set", "trap", "unalias",
    "unset", "wait",
];

/// The words of the command being typed: those that are complete, and the one at the cursor.
struct Typed<'a> {
    words: Vec<&'a str>,
    word: &'a str,
}

impl Typed<'_> {
    /// The part of `before` that belongs to the last command of the line.
    fn of(before: &str) -> Typed<'_> {
        let start = before.rfind(['|', ';', '&', '(', '`']).map_or(0, |at| at + 1);
        let command = &before[start..];
        let word = command.rfind(char::is_whitespace).map_or(command, |at| &command[at + 1..]);
        let words = command[..command.len() - word.len()].split_whitespace();
        // `VAR=value kubectl …` and words such as `do` stand before a command.
        let lead = |w: &&str| w.contains('=') || ["do", "then", "else", "time", "!"].contains(w);
        Typed { words: words.skip_while(lead).collect(), word }
    }
}

impl Session {
    /// What can follow `before`, the line up to the cursor: the byte from which a candidate replaces, and the candidates, sorted.
    pub fn complete(&self, cluster: &Cluster, before: &str) -> (usize, Vec<String>) {
        let line = self.unaliased(before);
        let typed = Typed::of(&line);
        let redirected = typed.words.last().is_some_and(|w| matches!(*w, ">" | ">>" | "<" | "2>"));
        let (cut, found) = match typed.words.as_slice() {
            _ if redirected => (0, self.files(typed.word)),
            [] => (0, self.programs(typed.word)),
            ["kubectl" | "k", rest @ ..] => self.kubectl(cluster, rest, typed.word),
            ["fault"] => {
                (0, Fault::names().map(str::to_owned).filter(|n| n.starts_with(typed.word)).collect())
            }
            ["ssh"] | ["fault", _] => (0, names(cluster, Kind::Node, None, typed.word)),
            _ => (0, self.files(typed.word)),
        };
        let found: BTreeSet<String> = found.into_iter().collect();
        (before.len() - typed.word.len() + cut, found.into_iter().take(MOST).collect())
    }

    fn aliases(&self) -> Option<&BTreeMap<String, String>> {
        self.system.shell_aliases(self.cell, self.shell?)
    }

    /// The line with the alias that its last command begins with written out.
    fn unaliased<'a>(&self, before: &'a str) -> Cow<'a, str> {
        let typed = Typed::of(before);
        let value = typed.words.first().and_then(|first| self.aliases()?.get(*first));
        let Some(value) = value else { return Cow::Borrowed(before) };
        Cow::Owned(format!("{value} {} {}", typed.words[1..].join(" "), typed.word))
    }

    fn programs(&self, start: &str) -> Vec<String> {
        if start.contains('/') {
            return self.files(start);
        }
        let mut found: Vec<String> = FOREIGN.iter().chain(&BUILTINS).map(|name| (*name).to_owned()).collect();
        found.extend(self.aliases().into_iter().flat_map(BTreeMap::keys).cloned());
        for folder in PROGRAMS {
            found.extend(self.listed(folder).into_iter().map(|(name, _)| name));
        }
        found.retain(|name| name.starts_with(start));
        found
    }

    /// Files and folders whose path starts so; folders end in a slash.
    fn files(&self, start: &str) -> Vec<String> {
        let (folder, last) = start.rsplit_once('/').map_or(("", start), |(folder, last)| (folder, last));
        let cwd = self.shell.and_then(|pid| self.system.working_directory(self.cell, pid)).unwrap_or(HOME);
        let place = match folder {
            "" if start.starts_with('/') => "/".to_owned(),
            folder if folder.starts_with('/') => folder.to_owned(),
            folder => match folder.strip_prefix('~') {
                Some(below) => format!("{HOME}{below}"),
                None => format!("{cwd}/{folder}"),
            },
        };
        let shown = &start[..start.len() - last.len()];
        let fitting =
            |name: &String| name.starts_with(last) && (last.starts_with('.') || !name.starts_with('.'));
        let entries = self.listed(&place).into_iter().filter(|(name, _)| fitting(name));
        entries.map(|(name, folder)| format!("{shown}{name}{}", if folder { "/" } else { "" })).collect()
    }

    fn listed(&self, folder: &str) -> Vec<(String, bool)> {
        let entries = self.system.node(self.cell, folder).and_then(|node| node.entries());
        entries
            .into_iter()
            .flatten()
            .map(|(name, node)| (name.to_string(), node.entries().is_some()))
            .collect()
    }

    fn kubectl(&self, cluster: &Cluster, words: &[&str], word: &str) -> (usize, Vec<String>) {
        let Some(found) = Line::read(words) else { return (0, verbs_or_flags(cluster, words, word)) };
        if found.after_dash {
            return (0, self.files(word));
        }
        let flags: Vec<&Flag> = found.verb.flags.iter().copied().chain([GLOBAL]).flatten().collect();
        let namespace = found.namespace.unwrap_or_else(|| self.desk.namespace());
        let value = |flag: &Flag, start: &str| self.value(cluster, (flag, namespace), &found, start);
        if let Some(flag) = found.open {
            return (0, value(flag, word));
        }
        if let Some((name, start)) = word.strip_prefix("--").and_then(|flag| flag.split_once('=')) {
            let flag = flags.iter().find(|flag| flag.long == name);
            return (name.len() + 3, flag.map(|flag| value(flag, start)).unwrap_or_default());
        }
        if word.starts_with('-') {
            return (0, flag_words(&flags, word));
        }
        if !found.verb.verbs.is_empty() {
            return (0, verb_words(found.verb.verbs, word));
        }
        (0, self.words(cluster, &found, namespace, word))
    }

    fn value(
        &self,
        cluster: &Cluster,
        (flag, namespace): (&Flag, &str),
        line: &Line,
        start: &str,
    ) -> Vec<String> {
        match flag.offers {
            Offers::Nothing => Vec::new(),
            Offers::Words(words) => {
                words.iter().filter(|w| w.starts_with(start)).map(|w| (*w).to_owned()).collect()
            }
            Offers::Files => self.files(start),
            Offers::Namespaces => names(cluster, Kind::Namespace, None, start),
            Offers::Kinds => kinds(start),
            Offers::Containers => {
                let name = line.words.first().map(|word| word.rsplit('/').next().unwrap_or(word));
                let key = Key::pod(namespace, name.unwrap_or_default());
                let pod = cluster.store().get(&key).and_then(|object| object.as_pod());
                let all = pod.map(containers::names).unwrap_or_default();
                all.into_iter().filter(|name| name.starts_with(start)).collect()
            }
        }
    }

    fn words(&self, cluster: &Cluster, line: &Line, namespace: &str, word: &str) -> Vec<String> {
        let of = |kind: Kind, start: &str| names(cluster, kind, Some(namespace), start);
        let joined = || {
            let (kind, start) = word.split_once('/')?;
            let found = of(Kind::parse(kind)?, start);
            Some(found.into_iter().map(|name| format!("{kind}/{name}")).collect::<Vec<_>>())
        };
        match line.verb.words {
            Words::Nothing if line.verb.name == "config" => Vec::new(),
            Words::Nothing => self.files(word),
            Words::Objects => joined().unwrap_or_else(|| match line.words.as_slice() {
                [] => kinds(word),
                [first, ..] => Kind::parse(first).map(|kind| of(kind, word)).unwrap_or_default(),
            }),
            Words::Pods => joined().unwrap_or_else(|| {
                let mut found = of(Kind::Pod, word);
                if line.verb.name == "cp" {
                    found =
                        found.into_iter().map(|name| format!("{name}:")).chain(self.files(word)).collect();
                }
                found
            }),
            Words::Nodes => names(cluster, Kind::Node, None, word.trim_start_matches("node/")),
            Words::Contexts => {
                self.desk.contexts.keys().filter(|name| name.starts_with(word)).cloned().collect()
            }
            Words::Fields => kinds(word),
            Words::Of(kind) => of(kind, word),
        }
    }
}

fn verbs_or_flags(cluster: &Cluster, words: &[&str], word: &str) -> Vec<String> {
    match words.last().filter(|w| matches!(**w, "-n" | "--namespace")) {
        Some(_) => names(cluster, Kind::Namespace, None, word),
        None if word.starts_with('-') => flag_words(&GLOBAL.iter().collect::<Vec<_>>(), word),
        None => verb_words(VERBS, word),
    }
}

/// What is known of a kubectl line before the word at the cursor.
struct Line<'a> {
    verb: &'static Verb,
    words: Vec<&'a str>,
    namespace: Option<&'a str>,
    /// A flag that still needs its value.
    open: Option<&'static Flag>,
    after_dash: bool,
}

impl<'a> Line<'a> {
    /// Reads the words; `None` while there is no verb.
    fn read(words: &[&'a str]) -> Option<Line<'a>> {
        let mut line =
            Line { verb: &Verb::EMPTY, words: Vec::new(), namespace: None, open: None, after_dash: false };
        let mut below: &'static [&'static Verb] = VERBS;
        let mut named = false;
        for word in words {
            if let Some(flag) = line.open.take() {
                if flag.long == "namespace" {
                    line.namespace = Some(word);
                }
            } else if *word == "--" {
                line.after_dash = true;
                break;
            } else if word.starts_with('-') {
                line.flag(word);
            } else if let Some(verb) = below.iter().find(|verb| verb.is(word)) {
                (line.verb, below, named) = (verb, verb.verbs, true);
            } else if named {
                below = &[];
                line.words.push(word);
            } else {
                return None;
            }
        }
        named.then_some(line)
    }

    fn flag(&mut self, word: &'a str) {
        let mut flags = self.verb.flags.iter().copied().chain([GLOBAL]).flatten();
        let found = if let Some(long) = word.strip_prefix("--") {
            match long.split_once('=') {
                Some(("namespace", value)) => {
                    self.namespace = Some(value);
                    None
                }
                Some(_) => None,
                None => flags.find(|flag| flag.long == long),
            }
        } else {
            // Of letters joined in one word only the last can still need a value.
            let last = word.chars().next_back();
            flags.find(|flag| flag.short == last)
        };
        self.open = found.filter(|flag| !matches!(flag.takes, Takes::Switch | Takes::Optional(_)));
    }
}

fn verb_words(verbs: &[&Verb], start: &str) -> Vec<String> {
    verbs.iter().map(|verb| verb.name).filter(|name| name.starts_with(start)).map(str::to_owned).collect()
}

fn flag_words(flags: &[&Flag], start: &str) -> Vec<String> {
    let word = |flag: &&Flag| {
        let end = if matches!(flag.takes, Takes::Switch | Takes::Optional(_)) { "" } else { "=" };
        format!("--{}{end}", flag.long)
    };
    flags.iter().map(word).filter(|word| word.starts_with(start)).collect()
}

fn kinds(start: &str) -> Vec<String> {
    let plurals = crate::kube::kind::KINDS.iter().map(|info| info.plural);
    plurals.filter(|name| name.starts_with(start)).map(str::to_owned).collect()
}

fn names(cluster: &Cluster, kind: Kind, namespace: Option<&str>, start: &str) -> Vec<String> {
    let inside = namespace.filter(|_| kind.info().namespaced);
    let objects = cluster.store().list(kind, inside).filter_map(|object| object.meta().name.as_deref());
    objects.filter(|name| name.starts_with(start)).take(MOST).map(str::to_owned).collect()
}
