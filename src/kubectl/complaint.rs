//! Why a command failed, worded as kubectl words it (`cmd/util/helpers.go`). Does not print and does not decide what happens next.

use std::fmt;

/// A reason to stop, with the text a learner reads on stderr.
#[derive(Clone, Debug, PartialEq)]
pub enum Complaint {
    /// `error: …`
    Plain(String),
    /// `error: …` and where the command's help is. The path is what was typed up to the verb: `kubectl create job`.
    Usage(String, &'static str),
    /// A flag that does not parse.
    Flag(String, &'static str),
    /// The text alone.
    Raw(String),
    /// The server refused: reason and message, and what kubectl was doing (`error when creating "x.yaml": `).
    Refused {
        /// The refusal's reason as one word.
        reason: String,
        /// What kubectl puts before the server's words.
        doing: String,
        /// The server's words.
        message: String,
    },
    /// The object is invalid: what it is, and each fault.
    Invalid {
        /// The kind.
        kind: String,
        /// Its name.
        name: String,
        /// `field: message`, in the server's order, without repetitions.
        faults: Vec<String>,
        /// What kubectl puts before the server's words when it has several errors to tell.
        doing: String,
        /// The server's words.
        message: String,
    },
    /// Several at once.
    Many(Vec<Complaint>),
    /// `error: …` after something on standard output, where a template that stops tells what it worked on.
    Telling {
        /// What standard output gets.
        stdout: String,
        /// Why it failed.
        why: String,
    },
    /// Nothing to say, just the exit code.
    Exit(i32),
    /// The command reads standard input, which has not ended yet.
    NeedsInput,
}

impl Complaint {
    /// An ordinary error.
    pub fn plain(text: impl Into<String>) -> Complaint {
        Complaint::Plain(text.into())
    }

    /// A command that acts on objects was told of none (`resource/builder.go`).
    pub fn nothing_named() -> Complaint {
        Complaint::plain(
            "You must provide one or more resources by argument or filename.\nExample resource specifications include:\n   '-f \
             rsrc.yaml'\n   '--filename=rsrc.json'\n   '<resource> <name>'\n   '<resource>'",
        )
    }

    /// Words that name objects stand beside files that do.
    pub fn words_beside_files() -> Complaint {
        Complaint::plain(
            "when paths, URLs, or stdin is provided as input, you may not specify resource arguments as well",
        )
    }

    /// One complaint of many, or the one there is.
    pub fn of(mut all: Vec<Complaint>) -> Complaint {
        if all.len() == 1 { all.remove(0) } else { Complaint::Many(all) }
    }

    /// Whether this says that something does not exist.
    pub fn is_not_found(&self) -> bool {
        matches!(self, Complaint::Refused { reason, .. } if reason == "NotFound")
    }

    /// The same, said while doing something: only what the server refused for another reason than its content shows it.
    #[must_use]
    pub fn while_doing(self, what: &str) -> Complaint {
        match self {
            Complaint::Refused { reason, doing, message } => {
                Complaint::Refused { reason, doing: format!("{what}{doing}"), message }
            }
            Complaint::Invalid { kind, name, faults, doing, message } => {
                Complaint::Invalid { kind, name, faults, doing: format!("{what}{doing}"), message }
            }
            other => other,
        }
    }

    /// The exit code of a command that failed so.
    pub fn exit_code(&self) -> i32 {
        if let Complaint::Exit(code) = self { *code } else { 1 }
    }
}

impl fmt::Display for Complaint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Complaint::Plain(text) if text.starts_with("error: ") => writeln!(f, "{text}"),
            Complaint::Plain(text) => writeln!(f, "error: {text}"),
            Complaint::Telling { why, .. } => writeln!(f, "error: {why}"),
            Complaint::Usage(text, path) => {
                writeln!(f, "error: {text}\nSee '{path} -h' for help and examples")
            }
            Complaint::Flag(text, path) => writeln!(f, "error: {text}\nSee '{path} --help' for usage."),
            Complaint::Raw(text) => writeln!(f, "{text}"),
            Complaint::Refused { reason, doing, message } if reason.is_empty() => {
                writeln!(f, "Error from server: {doing}{message}")
            }
            Complaint::Refused { reason, doing, message } => {
                writeln!(f, "Error from server ({reason}): {doing}{message}")
            }
            Complaint::Invalid { kind, name, faults, .. } => match faults.as_slice() {
                [one] => writeln!(f, "The {kind} \"{name}\" is invalid: {one}"),
                all => {
                    writeln!(f, "The {kind} \"{name}\" is invalid: ")?;
                    all.iter().try_for_each(|fault| writeln!(f, "* {fault}"))
                }
            },
            Complaint::Many(all) => all.iter().try_for_each(|one| match one {
                Complaint::Plain(text) => writeln!(f, "{text}"),
                // Only a lone fault of content has a form of its own (`cmdutil.checkErr`).
                Complaint::Invalid { doing, message, .. } => {
                    writeln!(f, "Error from server (Invalid): {doing}{message}")
                }
                other => write!(f, "{other}"),
            }),
            Complaint::Exit(_) | Complaint::NeedsInput => Ok(()),
        }
    }
}
