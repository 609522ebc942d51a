//! `alias`, `unalias`, and what bash's start-up files do besides: `shopt`, `complete`.

use std::sync::Arc;

use super::super::super::program::Ctx;
use super::super::{Flavour, Shell};
use super::Flow;
use super::environment::quoted;

/// An alias as the command that would make it.
fn shown(shell: &Shell, name: &str, value: &str) -> String {
    let word = if shell.flavour == Flavour::Bash { "alias " } else { "" };
    format!("{word}{name}={}\n", quoted(value))
}

pub(super) fn alias(shell: &mut Shell, _: &mut Ctx<'_>, args: &[String]) -> Flow {
    let words: Vec<&String> = args[1..].iter().filter(|word| *word != "-p" && *word != "--").collect();
    if words.is_empty() {
        let lines: String = shell.aliases.iter().map(|(name, value)| shown(shell, name, value)).collect();
        shell.out.text(1, &lines);
    }
    let mut status = 0;
    for word in words {
        if let Some((name, value)) = word.split_once('=').filter(|(name, _)| !name.is_empty()) {
            Arc::make_mut(&mut shell.aliases).insert(name.to_owned(), value.to_owned());
        } else if let Some(value) = shell.aliases.get(word) {
            let line = shown(shell, word, value);
            shell.out.text(1, &line);
        } else {
            not_found(shell, "alias", word);
            status = 1;
        }
    }
    Flow::Status(status)
}

fn not_found(shell: &mut Shell, command: &str, name: &str) {
    if shell.flavour == Flavour::Bash {
        shell.complain(command, &format!("{name}: not found"));
    } else {
        shell.out.text(2, &format!("{command}: {name} not found\n"));
    }
}

pub(super) fn unalias(shell: &mut Shell, _: &mut Ctx<'_>, args: &[String]) -> Flow {
    let mut status = 0;
    for word in args[1..].iter().filter(|word| *word != "--") {
        if word == "-a" {
            shell.aliases = Arc::default();
        } else if Arc::make_mut(&mut shell.aliases).remove(word).is_none() {
            not_found(shell, "unalias", word);
            status = 1;
        }
    }
    Flow::Status(status)
}

/// Of bash's options only that of the aliases changes anything.
pub(super) fn shopt(shell: &mut Shell, _: &mut Ctx<'_>, args: &[String]) -> Flow {
    if args.iter().any(|word| word == "expand_aliases") {
        shell.options.aliases = args.get(1).is_some_and(|option| option == "-s");
    }
    Flow::Status(0)
}

/// At the prompt words are completed by podlab, whatever is said here.
pub(super) fn complete(shell: &mut Shell, _: &mut Ctx<'_>, args: &[String]) -> Flow {
    if shell.expands_braces() {
        return Flow::Status(0);
    }
    shell.error(&format!("{}: not found", args[0]));
    Flow::Status(127)
}

/// Where a name leads if it is an alias, as `command -v` and `type` say it.
pub(super) fn whence(shell: &Shell, name: &str) -> Option<(String, String)> {
    let value = shell.aliases.get(name).filter(|_| shell.knows_aliases())?;
    let text = if shell.flavour == Flavour::Bash {
        format!("{name} is aliased to `{value}'")
    } else {
        format!("{name} is an alias for {value}")
    };
    Some((format!("alias {name}={}", quoted(value)), text))
}
