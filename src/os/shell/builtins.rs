//! Builtin commands, in one table.

mod alias;
mod environment;
mod jobs;
mod reading;

pub(in super::super) use jobs::send_signals;

use super::super::program::{Ctx, text};
use super::execute::Command;
use super::frame::Frame;
use super::variables::is_name;
use super::{Flavour, Shell, test};

/// What a builtin did.
pub(super) enum Flow {
    /// It is done, with this status.
    Status(i32),
    /// Frames were pushed or left: the status comes from there.
    Elsewhere,
}

type Builtin = fn(&mut Shell, &mut Ctx<'_>, &[String]) -> Flow;

/// All builtins, sorted by name.
const BUILTINS: &[(&str, Builtin)] = &[
    (".", source),
    (":", true_),
    ("[", bracket),
    ("alias", alias::alias),
    ("bg", true_),
    ("break", break_),
    ("builtin", command),
    ("cd", environment::cd),
    ("command", command),
    ("complete", alias::complete),
    ("continue", continue_),
    ("declare", environment::local),
    ("disown", true_),
    ("echo", echo),
    ("eval", eval),
    ("exec", true_),
    ("exit", exit),
    ("export", environment::export),
    ("false", false_),
    ("fg", jobs::fg),
    ("getopts", environment::getopts),
    ("hash", true_),
    ("jobs", jobs::jobs),
    ("kill", jobs::kill),
    ("let", let_),
    ("local", environment::local),
    ("logout", exit),
    ("printf", printf),
    ("pwd", environment::pwd),
    ("read", reading::read),
    ("readonly", environment::readonly),
    ("return", return_),
    ("set", environment::set),
    ("shift", shift),
    ("shopt", alias::shopt),
    ("source", source),
    ("test", test_),
    ("times", times),
    ("trap", jobs::trap),
    ("true", true_),
    ("type", type_),
    ("typeset", environment::local),
    ("ulimit", ulimit),
    ("umask", environment::umask),
    ("unalias", alias::unalias),
    ("unset", environment::unset),
    ("wait", jobs::wait),
];

/// The builtin of a name.
pub(super) fn find(name: &str) -> Option<Builtin> {
    BUILTINS.binary_search_by(|(known, _)| (*known).cmp(name)).ok().map(|index| BUILTINS[index].1)
}

/// POSIX's special builtins: assignments before them stay, errors in them end a script.
pub(super) fn is_special(name: &str) -> bool {
    matches!(
        name,
        "." | ":"
            | "break"
            | "continue"
            | "eval"
            | "exec"
            | "exit"
            | "export"
            | "readonly"
            | "return"
            | "set"
            | "shift"
            | "source"
            | "times"
            | "trap"
            | "unset"
    )
}

fn true_(_: &mut Shell, _: &mut Ctx<'_>, _: &[String]) -> Flow {
    Flow::Status(0)
}

fn false_(_: &mut Shell, _: &mut Ctx<'_>, _: &[String]) -> Flow {
    Flow::Status(1)
}

fn echo(shell: &mut Shell, _: &mut Ctx<'_>, args: &[String]) -> Flow {
    let bytes = match shell.flavour {
        Flavour::Dash => text::echo_always_escaped(&args[1..]),
        _ => text::echo(&args[1..]),
    };
    shell.out.push(1, &bytes);
    Flow::Status(0)
}

fn printf(shell: &mut Shell, _: &mut Ctx<'_>, args: &[String]) -> Flow {
    let mut words = &args[1..];
    let variable = (words.first().map(String::as_str) == Some("-v")).then(|| words.get(1).cloned()).flatten();
    if variable.is_some() {
        words = &words[2..];
    }
    let (bytes, complaints) = text::printf(words);
    for complaint in &complaints {
        shell.complain("printf", complaint);
    }
    match variable {
        Some(name) => drop(shell.assign(&name, &String::from_utf8_lossy(&bytes))),
        None => shell.out.push(1, &bytes),
    }
    Flow::Status(i32::from(!complaints.is_empty()))
}

fn truth(shell: &mut Shell, ctx: &mut Ctx<'_>, name: &str, args: &[String]) -> Flow {
    match test::evaluate(args, ctx) {
        Ok(truth) => Flow::Status(i32::from(!truth)),
        Err(message) => {
            let text = match shell.flavour {
                Flavour::Ash => format!("{}: {message}", shell.name),
                _ => message,
            };
            if shell.flavour == Flavour::Ash {
                shell.out.text(2, &format!("{text}\n"));
            } else {
                shell.complain(name, &text);
            }
            Flow::Status(2)
        }
    }
}

fn test_(shell: &mut Shell, ctx: &mut Ctx<'_>, args: &[String]) -> Flow {
    truth(shell, ctx, "test", &args[1..])
}

fn bracket(shell: &mut Shell, ctx: &mut Ctx<'_>, args: &[String]) -> Flow {
    match args.split_last() {
        Some((last, rest)) if last == "]" && !rest.is_empty() => truth(shell, ctx, "[", &rest[1..]),
        _ => {
            shell.complain("[", "missing ]");
            Flow::Status(2)
        }
    }
}

fn eval(shell: &mut Shell, _: &mut Ctx<'_>, args: &[String]) -> Flow {
    shell.status = 0;
    shell.run_source(&args[1..].join(" "), false);
    Flow::Elsewhere
}

fn source(shell: &mut Shell, ctx: &mut Ctx<'_>, args: &[String]) -> Flow {
    let Some(path) = args.get(1) else {
        shell.complain(".", "filename argument required");
        return Flow::Status(2);
    };
    let read = ctx.files(path).map(|files| files.read(path));
    if let Some(Ok(bytes)) = read {
        if args.len() > 2 {
            shell.positional = std::sync::Arc::new(args[2..].to_vec());
        }
        shell.status = 0;
        shell.frames.push(Frame::Sourced);
        shell.run_source(&String::from_utf8_lossy(&bytes), false);
        return Flow::Elsewhere;
    }
    let text = if shell.flavour == Flavour::Bash {
        format!("{path}: No such file or directory")
    } else {
        format!(".: can't open '{path}': No such file or directory")
    };
    shell.error(&text);
    if shell.flavour != Flavour::Bash && !shell.options.interactive {
        shell.exit(2);
        return Flow::Elsewhere;
    }
    Flow::Status(1)
}

fn exit(shell: &mut Shell, _: &mut Ctx<'_>, args: &[String]) -> Flow {
    let code = match args.get(1) {
        None => shell.status,
        Some(word) => {
            if let Ok(code) = word.parse::<i64>() {
                (code & 0xff) as i32
            } else {
                let text = if shell.flavour == Flavour::Bash {
                    "numeric argument required"
                } else {
                    "Illegal number"
                };
                let text = if shell.flavour == Flavour::Bash {
                    format!("exit: {word}: {text}")
                } else {
                    format!("exit: {text}: {word}")
                };
                shell.error(&text);
                2
            }
        }
    };
    shell.exit(code);
    Flow::Elsewhere
}

fn return_(shell: &mut Shell, ctx: &mut Ctx<'_>, args: &[String]) -> Flow {
    let code = args.get(1).and_then(|word| word.parse::<i32>().ok()).map_or(shell.status, |code| code & 0xff);
    if shell.leave_function(ctx) {
        return Flow::Status(code);
    }
    shell.exit(code);
    Flow::Elsewhere
}

fn count(args: &[String]) -> usize {
    args.get(1).and_then(|word| word.parse().ok()).unwrap_or(1).max(1)
}

fn break_(shell: &mut Shell, ctx: &mut Ctx<'_>, args: &[String]) -> Flow {
    shell.status = 0;
    shell.leave_loops(count(args), false, ctx);
    Flow::Elsewhere
}

fn continue_(shell: &mut Shell, ctx: &mut Ctx<'_>, args: &[String]) -> Flow {
    shell.status = 0;
    shell.leave_loops(count(args), true, ctx);
    Flow::Elsewhere
}

fn shift(shell: &mut Shell, _: &mut Ctx<'_>, args: &[String]) -> Flow {
    let count = args.get(1).and_then(|word| word.parse::<usize>().ok()).unwrap_or(1);
    if count > shell.positional.len() {
        if shell.flavour == Flavour::Dash {
            shell.complain("shift", "can't shift that many");
        }
        return Flow::Status(1);
    }
    shell.positional = std::sync::Arc::new(shell.positional[count..].to_vec());
    Flow::Status(0)
}

fn let_(shell: &mut Shell, _: &mut Ctx<'_>, args: &[String]) -> Flow {
    let mut value = 0;
    for expression in &args[1..] {
        let mut changes = Vec::new();
        let mut scope = super::arithmetic::Scope {
            variables: &shell.variables,
            changes: &mut changes,
            positional: &shell.positional,
        };
        match super::arithmetic::evaluate(expression, &mut scope) {
            Ok(result) => value = result,
            Err(message) => {
                shell.complain("let", &message);
                return Flow::Status(1);
            }
        }
        for (name, value) in changes {
            shell.assign(&name, &value);
        }
    }
    Flow::Status(i32::from(value == 0))
}

fn times(shell: &mut Shell, _: &mut Ctx<'_>, _: &[String]) -> Flow {
    shell.out.text(1, "0m0.00s 0m0.00s\n0m0.00s 0m0.00s\n");
    Flow::Status(0)
}

fn ulimit(shell: &mut Shell, _: &mut Ctx<'_>, args: &[String]) -> Flow {
    if args.len() < 3 {
        let number = if args.get(1).is_some_and(|option| option == "-n") { "1048576" } else { "unlimited" };
        shell.out.text(1, &format!("{number}\n"));
    }
    Flow::Status(0)
}

/// Where a command name leads, as `type` and `command -v` say it.
fn whence(shell: &mut Shell, ctx: &mut Ctx<'_>, name: &str) -> Option<(String, String)> {
    if let Some(found) = alias::whence(shell, name) {
        return Some(found);
    }
    if shell.functions.contains_key(name) {
        return Some((name.to_owned(), format!("{name} is a function")));
    }
    if find(name).is_some() {
        return Some((name.to_owned(), format!("{name} is a shell builtin")));
    }
    let path = shell.variables.get("PATH").unwrap_or(super::super::DEFAULT_PATH).to_owned();
    let cell = ctx.cell();
    if ctx.sys.is_foreign(cell, Some(&name.to_owned())) {
        return Some((format!("/usr/local/bin/{name}"), format!("{name} is /usr/local/bin/{name}")));
    }
    ctx.locate(&[name.to_owned()], Some(&path)).ok()?;
    let found = path.split(':').map(|folder| format!("{folder}/{name}")).find(|file| {
        ctx.files(file).is_some_and(|files| files.resolve(file, true).is_ok_and(|place| place.node.is_some()))
    });
    let found = if name.contains('/') { name.to_owned() } else { found? };
    Some((found.clone(), format!("{name} is {found}")))
}

fn type_(shell: &mut Shell, ctx: &mut Ctx<'_>, args: &[String]) -> Flow {
    let mut status = 0;
    for name in &args[1..] {
        if let Some((_, text)) = whence(shell, ctx, name) {
            shell.out.text(1, &format!("{text}\n"));
        } else {
            if shell.flavour == Flavour::Bash {
                shell.complain("type", &format!("{name}: not found"));
            } else {
                shell.out.text(1, &format!("{name}: not found\n"));
            }
            status = if shell.flavour == Flavour::Bash { 1 } else { 127 };
        }
    }
    Flow::Status(status)
}

fn command(shell: &mut Shell, ctx: &mut Ctx<'_>, args: &[String]) -> Flow {
    match args.get(1).map(String::as_str) {
        None => Flow::Status(0),
        Some(option @ ("-v" | "-V")) => {
            let mut status = 0;
            for name in &args[2..] {
                match whence(shell, ctx, name) {
                    Some((path, text)) => {
                        shell.out.text(1, &format!("{}\n", if option == "-v" { path } else { text }));
                    }
                    None => status = if shell.flavour == Flavour::Bash { 1 } else { 127 },
                }
            }
            Flow::Status(status)
        }
        Some(_) => {
            let rest: Vec<String> =
                args[1..].iter().skip_while(|word| *word == "-p" || *word == "--").cloned().collect();
            if rest.is_empty() {
                return Flow::Status(0);
            }
            let function = shell.functions.remove(&rest[0]);
            let name = rest[0].clone();
            let command = Command {
                assignments: Vec::new(),
                declared: Vec::new(),
                args: rest,
                redirects: Vec::new(),
                tail: false,
            };
            shell.command(command, ctx);
            if let Some(function) = function {
                shell.functions.insert(name, function);
            }
            Flow::Elsewhere
        }
    }
}

/// A name and perhaps a value: `export A`, `export A=1`.
fn declaration(word: &str) -> Option<(&str, Option<&str>)> {
    let (name, value) = word.split_once('=').map_or((word, None), |(name, value)| (name, Some(value)));
    is_name(name).then_some((name, value))
}
