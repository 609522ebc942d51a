//! Builtins that change variables, options and the working directory.

use std::sync::Arc;

use super::super::super::Errno;
use super::super::super::fs::{Access, may};
use super::super::super::program::Ctx;
use super::super::{Flavour, Shell};
use super::{Flow, declaration};
use crate::os::shell::frame::Frame;
use crate::os::shell::variables::Key;

pub(super) fn cd(shell: &mut Shell, ctx: &mut Ctx<'_>, args: &[String]) -> Flow {
    let target = args[1..].iter().find(|word| !matches!(word.as_str(), "-P" | "-L" | "--")).cloned();
    let back = target.as_deref() == Some("-");
    let target = match target {
        None => shell.variables.get("HOME").unwrap_or("/").to_owned(),
        Some(_) if back => {
            if let Some(old) = shell.variables.get("OLDPWD") {
                old.to_owned()
            } else {
                shell.complain("cd", "OLDPWD not set");
                return Flow::Status(1);
            }
        }
        Some(target) => target,
    };
    match enter(ctx, &target) {
        Ok(path) => {
            let old = ctx.process().cwd.clone();
            let _ = shell.variables.set("OLDPWD", &old);
            let _ = shell.variables.set("PWD", &path);
            if back {
                shell.out.text(1, &format!("{path}\n"));
            }
            if let Some(process) = ctx.process_mut() {
                process.cwd = path;
            }
            Flow::Status(0)
        }
        Err(error) => {
            let text = match shell.flavour {
                Flavour::Bash => format!("{target}: {error}"),
                Flavour::Dash => format!("can't cd to {target}"),
                Flavour::Ash => format!("can't cd to {target}: {error}"),
            };
            shell.complain("cd", &text);
            Flow::Status(if shell.flavour == Flavour::Dash { 2 } else { 1 })
        }
    }
}

fn enter(ctx: &mut Ctx<'_>, target: &str) -> Result<String, Errno> {
    let files = ctx.files(target).ok_or(Errno::NoEntry)?;
    let place = files.resolve(target, true)?;
    let node = place.existing()?;
    if node.entries().is_none() {
        return Err(Errno::NotDirectory);
    }
    if may(&files.user, &node.meta, Access::Execute) { Ok(place.path()) } else { Err(Errno::Denied) }
}

pub(super) fn pwd(shell: &mut Shell, ctx: &mut Ctx<'_>, _: &[String]) -> Flow {
    shell.out.text(1, &format!("{}\n", ctx.process().cwd));
    Flow::Status(0)
}

pub(super) fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\"'\"'"))
}

pub(super) fn export(shell: &mut Shell, _: &mut Ctx<'_>, args: &[String]) -> Flow {
    let words: Vec<&String> = args[1..].iter().filter(|word| !word.starts_with('-')).collect();
    let unexport = args[1..].iter().any(|word| word == "-n");
    if words.is_empty() {
        for (name, variable) in shell.variables.iter().filter(|(_, variable)| variable.exported) {
            let value = quoted(variable.value.as_deref().unwrap_or_default());
            shell.out.text(1, &format!("export {name}={value}\n"));
        }
        return Flow::Status(0);
    }
    declare(shell, "export", &words, |shell, name| shell.variables.export(name, !unexport))
}

pub(super) fn readonly(shell: &mut Shell, _: &mut Ctx<'_>, args: &[String]) -> Flow {
    let words: Vec<&String> = args[1..].iter().filter(|word| !word.starts_with('-')).collect();
    declare(shell, "readonly", &words, |shell, name| shell.variables.make_readonly(name))
}

fn declare(shell: &mut Shell, command: &str, words: &[&String], mark: impl Fn(&mut Shell, &str)) -> Flow {
    let mut status = 0;
    for word in words {
        let Some((name, value)) = declaration(word) else {
            let text = if shell.flavour == Flavour::Bash {
                format!("`{word}': not a valid identifier")
            } else {
                format!("{word}: bad variable name")
            };
            shell.complain(command, &text);
            status = if shell.flavour == Flavour::Bash { 1 } else { 2 };
            continue;
        };
        if let Some(value) = value
            && !shell.assign(name, value)
        {
            status = 1;
        }
        mark(shell, name);
    }
    Flow::Status(status)
}

pub(super) fn local(shell: &mut Shell, _: &mut Ctx<'_>, args: &[String]) -> Flow {
    let words: Vec<&String> = args[1..].iter().filter(|word| !word.starts_with('-')).collect();
    let function = shell.frames.iter().rposition(|frame| matches!(frame, Frame::Function { .. }));
    if function.is_none() && args[0] == "local" {
        shell.complain(
            "local",
            if shell.flavour == Flavour::Bash {
                "can only be used in a function"
            } else {
                "not in a function"
            },
        );
        return Flow::Status(1);
    }
    let options: String = args[1..].iter().filter_map(|word| word.strip_prefix('-')).collect();
    if options.contains('p') && function.is_none() {
        return show(shell, &args[0], &words);
    }
    let exported = options.contains('x');
    for word in &words {
        let Some((name, value)) = declaration(word) else {
            shell.complain(&args[0], &format!("{word}: bad variable name"));
            return Flow::Status(1);
        };
        if let Some(index) = function {
            let old = shell.variables.take(name);
            if let Some(Frame::Function { locals, .. }) = shell.frames.get_mut(index) {
                locals.push((name.to_owned(), old));
            }
        }
        if options.contains(['a', 'A']) {
            shell.variables.make_array(name, options.contains('A'));
        }
        if let Some(value) = value {
            shell.assign(name, value);
        }
        if exported {
            shell.variables.export(name, true);
        }
    }
    Flow::Status(0)
}

/// `declare -p`: variables as commands that would make them.
fn show(shell: &mut Shell, command: &str, words: &[&String]) -> Flow {
    let mut status = 0;
    for name in words {
        let found = shell.variables.iter().find(|(known, _)| known == &name.as_str());
        let Some((_, variable)) = found else {
            shell.complain(command, &format!("{name}: not found"));
            status = 1;
            continue;
        };
        let text = match (&variable.elements, &variable.value) {
            (Some(elements), _) => {
                let shown = elements.all.iter().map(|(key, value)| match key {
                    Key::Number(number) => format!("[{number}]={value:?}"),
                    Key::Text(text) => format!("[{text}]={value:?}"),
                });
                let (letter, end) = if elements.associative { ('A', " ") } else { ('a', "") };
                format!("declare -{letter} {name}=({}{end})\n", shown.collect::<Vec<_>>().join(" "))
            }
            (None, value) => {
                let letter = if variable.exported { 'x' } else { '-' };
                let value = value.as_ref().map(|value| format!("={value:?}")).unwrap_or_default();
                format!("declare -{letter} {name}{value}\n")
            }
        };
        shell.out.text(1, &text);
    }
    Flow::Status(status)
}

pub(super) fn unset(shell: &mut Shell, _: &mut Ctx<'_>, args: &[String]) -> Flow {
    let functions = args.get(1).is_some_and(|option| option == "-f");
    let mut status = 0;
    for name in args[1..].iter().filter(|word| !word.starts_with('-')) {
        if functions {
            shell.functions.remove(name);
        } else if !shell.variables.unset(name) {
            shell.complain("unset", &format!("{name}: is read only"));
            status = 1;
        }
    }
    Flow::Status(status)
}

pub(super) fn umask(shell: &mut Shell, ctx: &mut Ctx<'_>, args: &[String]) -> Flow {
    match args.get(1) {
        None => shell.out.text(1, &format!("{:04o}\n", ctx.process().umask)),
        Some(mask) => {
            if let Ok(mask) = u16::from_str_radix(mask, 8) {
                if let Some(process) = ctx.process_mut() {
                    process.umask = mask & 0o777;
                }
            } else {
                shell.complain("umask", &format!("illegal mode: {mask}"));
                return Flow::Status(1);
            }
        }
    }
    Flow::Status(0)
}

pub(super) fn set(shell: &mut Shell, _: &mut Ctx<'_>, args: &[String]) -> Flow {
    if args.len() == 1 {
        let lines: String = shell
            .variables
            .iter()
            .filter_map(|(name, variable)| Some(format!("{name}={}\n", quoted(variable.value.as_deref()?))))
            .collect();
        shell.out.text(1, &lines);
        return Flow::Status(0);
    }
    let mut words = args[1..].iter();
    while let Some(word) = words.next() {
        let on = word.starts_with('-');
        match word.as_str() {
            "--" => {
                shell.positional = Arc::new(words.cloned().collect());
                return Flow::Status(0);
            }
            "-o" | "+o" => match words.next() {
                Some(name) => shell.option_named(name, on),
                None => return Flow::Status(0),
            },
            _ if word.len() > 1 && (on || word.starts_with('+')) => {
                for letter in word.chars().skip(1) {
                    if letter == 'o' {
                        if let Some(name) = words.next() {
                            shell.option_named(name, on);
                        }
                    } else if !shell.option_letter(letter, on) {
                        shell.complain("set", &format!("illegal option {word}"));
                        return Flow::Status(2);
                    }
                }
            }
            _ => {
                shell.positional = Arc::new(std::iter::once(word).chain(words).cloned().collect());
                return Flow::Status(0);
            }
        }
    }
    Flow::Status(0)
}

impl Shell {
    /// `set -e` and its like; false for a letter no shell knows.
    pub(in super::super) fn option_letter(&mut self, letter: char, on: bool) -> bool {
        match letter {
            'e' => self.options.errexit = on,
            'u' => self.options.nounset = on,
            'x' => self.options.xtrace = on,
            'f' => self.options.noglob = on,
            'B' => self.options.braces = on,
            'i' => self.options.interactive = on,
            'a' | 'b' | 'h' | 'm' | 'n' | 'v' | 'C' | 'E' | 'H' | 'T' => {}
            _ => return false,
        }
        true
    }

    /// `set -o pipefail` and its like.
    pub(in super::super) fn option_named(&mut self, name: &str, on: bool) {
        match name {
            "errexit" => self.options.errexit = on,
            "nounset" => self.options.nounset = on,
            "xtrace" => self.options.xtrace = on,
            "noglob" => self.options.noglob = on,
            "braceexpand" => self.options.braces = on,
            "pipefail" => self.options.pipefail = on,
            _ => {}
        }
    }
}

pub(super) fn getopts(shell: &mut Shell, _: &mut Ctx<'_>, args: &[String]) -> Flow {
    let (Some(letters), Some(variable)) = (args.get(1).cloned(), args.get(2).cloned()) else {
        return Flow::Status(2);
    };
    let words: Vec<String> =
        if args.len() > 3 { args[3..].to_vec() } else { shell.positional.as_ref().clone() };
    // OPTIND counts words; the place within a cluster is kept beside it as `index.offset`.
    let state = shell.variables.get("OPTIND").unwrap_or("1").to_owned();
    let (index, offset) =
        state.split_once('.').map_or((state.as_str(), "1"), |(index, offset)| (index, offset));
    let (mut index, offset): (usize, usize) = (index.parse().unwrap_or(1), offset.parse().unwrap_or(1));
    let word = words.get(index - 1).filter(|word| word.len() > 1 && word.starts_with('-') && *word != "--");
    let Some(letter) = word.and_then(|word| word.chars().nth(offset)) else {
        shell.assign(&variable, "?");
        return Flow::Status(1);
    };
    let word = words[index - 1].clone();
    let rest: String = word.chars().skip(offset + 1).collect();
    let known = letter != ':' && letters.contains(letter);
    let takes_value = letters.contains(&format!("{letter}:"));
    let mut found = letter.to_string();
    if !known {
        shell.error(&format!("Illegal option -{letter}"));
        "?".clone_into(&mut found);
    }
    if known && takes_value {
        let value = if rest.is_empty() {
            index += 1;
            words.get(index - 1).cloned().unwrap_or_default()
        } else {
            rest.clone()
        };
        shell.assign("OPTARG", &value);
        index += 1;
    }
    let next = if takes_value || rest.is_empty() {
        if takes_value { index.to_string() } else { (index + 1).to_string() }
    } else {
        format!("{index}.{}", offset + 1)
    };
    shell.assign("OPTIND", &next);
    shell.assign(&variable, &found);
    Flow::Status(0)
}
