//! What `--help` prints, made from the table of verbs.

use super::flags::{Flag, Takes};
use super::verb::Verb;
use super::verbs::VERBS;
use std::fmt::Write;

/// The help of kubectl itself.
pub fn root() -> String {
    let mut text = "kubectl controls the simulated Kubernetes cluster.\n\nCommands:\n".to_owned();
    for verb in VERBS {
        let _ = writeln!(text, "  {:<15} {}", verb.name, verb.summary);
    }
    text.push_str("\nUsage:\n  kubectl [flags] [options]\n\nUse \"kubectl <command> --help\" for more information about a given command.\n");
    text
}

/// The help of a verb.
pub fn verb(verb: &Verb) -> String {
    let mut text = format!("{}\n", verb.summary);
    if !verb.aliases.is_empty() {
        let _ = write!(text, "\nAliases:\n{}, {}\n", verb.name, verb.aliases.join(", "));
    }
    if !verb.examples.is_empty() {
        text.push_str("\nExamples:\n");
        for line in verb.examples.lines() {
            let _ = writeln!(text, "  {}", line.trim_start());
        }
    }
    if !verb.verbs.is_empty() {
        text.push_str("\nAvailable Commands:\n");
        let width = verb.verbs.iter().map(|v| v.name.len()).max().unwrap_or(0);
        for below in verb.verbs {
            let _ = writeln!(text, "  {:<width$}   {}", below.name, below.summary);
        }
    }
    if verb.flags.iter().any(|group| !group.is_empty()) {
        text.push_str("\nOptions:\n");
        text.push_str(&options(verb));
    }
    let _ = write!(text, "\nUsage:\n  {} {}\n", verb.path, verb.usage);
    text.push_str(
        "\nUse \"kubectl options\" for a list of global command-line options (applies to all commands).\n",
    );
    text
}

fn options(verb: &Verb) -> String {
    let mut flags: Vec<&Flag> = verb.flags.iter().copied().flatten().collect();
    flags.sort_by_key(|f| f.long);
    let blocks: Vec<String> = flags.into_iter().map(option).collect();
    blocks.join("\n")
}

fn option(flag: &Flag) -> String {
    let letter = flag.short.map_or("    ".to_owned(), |c| format!("-{c}, "));
    let default = match (flag.takes, flag.default) {
        (Takes::Switch, "") => "false".to_owned(),
        (Takes::Number, "") => "0".to_owned(),
        (Takes::Span, "") => "0s".to_owned(),
        (Takes::List | Takes::Texts, "") => "[]".to_owned(),
        (Takes::Text | Takes::Optional(_), value) => format!("'{value}'"),
        (_, value) => value.to_owned(),
    };
    format!("    {letter}--{}={default}:\n\t{}\n", flag.long, flag.help)
}
