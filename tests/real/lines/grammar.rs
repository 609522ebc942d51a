//! What command lines are made of. Reads verbs and flags from podlab's own table; the rest is what people type, and what they do not.

use crate::dice::Dice;
use podlab::kubectl::flags::{Flag, Takes};
use podlab::kubectl::session::Session;
use podlab::kubectl::verb::{GLOBAL, Verb};
use podlab::kubectl::verbs::VERBS;
use std::collections::{BTreeMap, BTreeSet};

/// The words of `tests/data/command-words.yaml`, which says what each list is for.
#[derive(serde::Deserialize)]
struct Words {
    names: Vec<String>,
    values: Vec<String>,
    odd: Vec<String>,
    terms: Vec<String>,
    joints: Vec<String>,
    around: Vec<String>,
}

/// What lines are made of.
pub struct Grammar {
    words: Words,
    programs: Vec<String>,
    recorded: Vec<String>,
}

impl Grammar {
    /// The tables of podlab, the word lists, and the command lines that were recorded.
    pub fn read() -> Grammar {
        let session = Session::new(BTreeMap::new());
        let cluster = podlab::sim::Cluster::new(podlab::sim::ClusterConfig::default());
        let offered = ('a'..='z').flat_map(|letter| session.complete(&cluster, &letter.to_string()).1);
        let programs: BTreeSet<String> = offered.map(|name| name.trim_end().to_owned()).collect();
        let cases = std::fs::read_to_string("tests/data/cli/cases.jsonl").unwrap();
        let recorded = cases.lines().map(|line| {
            let case: serde_json::Value = serde_json::from_str(line).unwrap();
            case["cmd"].as_str().unwrap().to_owned()
        });
        let words = std::fs::read_to_string("tests/data/command-words.yaml").unwrap();
        Grammar {
            words: serde_yaml::from_str(&words).unwrap(),
            programs: programs.into_iter().collect(),
            recorded: recorded.collect(),
        }
    }

    /// A line as somebody might type it, or no one.
    pub fn line(&self, dice: &mut Dice) -> String {
        let mut line = match dice.roll(8) {
            0 | 1 => dice.pick(&self.recorded).clone(),
            2..=4 => self.kubectl(dice),
            _ => self.shell(dice, 2),
        };
        if dice.roll(2) == 0 {
            self.spoil(&mut line, dice);
        }
        line
    }

    /// Commands of the shell, joined somehow; `depth` bounds how deep.
    pub fn shell(&self, dice: &mut Dice, depth: usize) -> String {
        let pattern = if depth == 0 { "@" } else { dice.pick::<String>(&self.words.around) };
        let mut line = String::new();
        for (i, part) in pattern.split('@').enumerate() {
            if i > 0 {
                line.push_str(&self.command(dice, depth));
            }
            line.push_str(part);
        }
        if depth > 0 && dice.roll(2) == 0 {
            let joint: &String = dice.pick(&self.words.joints);
            line.push_str(joint);
            line.push_str(&self.shell(dice, depth - 1));
        }
        line
    }

    fn command(&self, dice: &mut Dice, depth: usize) -> String {
        match dice.roll(10) {
            0 => return self.kubectl(dice),
            1 if depth > 0 => return self.shell(dice, depth - 1),
            _ => {}
        }
        let mut words = vec![dice.pick(&self.programs).clone()];
        for _ in 0..dice.roll(5) {
            let list = if dice.roll(8) == 0 { &self.words.odd } else { &self.words.terms };
            words.push(dice.pick(list).clone());
        }
        words.join(" ")
    }

    fn value(&self, dice: &mut Dice) -> String {
        let list = match dice.roll(6) {
            0 => &self.words.odd,
            1 => &self.words.names,
            _ => &self.words.values,
        };
        quoted(&dice.pick(list).clone(), dice)
    }

    fn flag(&self, flags: &[&Flag], dice: &mut Dice) -> String {
        let flag = dice.pick(flags);
        let name = match flag.short {
            Some(letter) if dice.roll(2) == 0 => format!("-{letter}"),
            _ => format!("--{}", flag.long),
        };
        let value = self.value(dice);
        match (flag.takes, dice.roll(5)) {
            (Takes::Switch | Takes::Optional(_), 1..) | (_, 0) => name,
            (_, 1 | 2) => format!("{name}={value}"),
            _ => format!("{name} {value}"),
        }
    }

    /// A kubectl with a verb of the table, flags of that verb, and words that may or may not fit.
    fn kubectl(&self, dice: &mut Dice) -> String {
        let mut verb: &Verb = dice.pick::<&Verb>(VERBS);
        let mut line = format!("kubectl {}", verb.name);
        while !verb.verbs.is_empty() && dice.roll(10) > 0 {
            verb = dice.pick::<&Verb>(verb.verbs);
            line = format!("{line} {}", verb.name);
        }
        let mut flags: Vec<&Flag> = verb.flags.iter().copied().flatten().collect();
        if flags.is_empty() || dice.roll(10) == 0 {
            flags = GLOBAL.iter().collect();
        }
        let mut words: Vec<String> = Vec::new();
        for _ in 0..dice.roll(4) {
            let odd = dice.roll(8) == 0;
            words.push(if odd { self.value(dice) } else { dice.pick(&self.words.names).clone() });
        }
        for _ in 0..dice.roll(4) {
            let at = dice.roll(words.len() + 1);
            words.insert(at, self.flag(&flags, dice));
        }
        if dice.roll(8) == 0 {
            words.push("-- sh -c 'echo $X'".to_owned());
        }
        format!("{line} {}", words.join(" "))
    }

    /// Changes a few characters of a line.
    pub fn spoil(&self, line: &mut String, dice: &mut Dice) {
        const MARKS: &[u8] = b"'\"`$(){}|&;<>\\\n#*=-[] ~!";
        let mut letters: Vec<char> = line.chars().collect();
        for _ in 0..=dice.roll(3) {
            let at = dice.roll(letters.len());
            match dice.roll(5) {
                0 if !letters.is_empty() => drop(letters.remove(at)),
                1 => letters.truncate(at),
                2 => letters.splice(at..at, dice.pick(&self.words.odd).chars()).for_each(drop),
                3 => letters.insert(at, char::from_u32(dice.roll(0x3000) as u32).unwrap_or('x')),
                _ => letters.insert(at, char::from(*dice.pick(MARKS))),
            }
        }
        *line = letters.into_iter().collect();
    }
}

/// A word in quotes, or as it is.
fn quoted(word: &str, dice: &mut Dice) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-./:=,".contains(c);
    match dice.roll(12) {
        0..4 => format!("\"{word}\""),
        4 => word.to_owned(),
        _ if !word.is_empty() && word.chars().all(plain) => word.to_owned(),
        _ => format!("'{word}'"),
    }
}
