//! The only door to the clock, the files, the terminal, the environment. Everything it learns there it hands down as arguments.

/// The words of podlab's command line.
pub mod args;
/// Questions as plain text.
pub mod ask;
/// The machine's clock.
pub mod clock;
/// Which theme fits the terminal.
pub mod colours;
/// Content, and `podlab check`.
pub mod content;
/// Durations as people type them.
pub mod duration;
/// The built-in content, packs on disk, the data folder.
pub mod files;
/// What the terminal reports, in the tutor's words.
pub mod input;
/// `podlab lab`.
pub mod lab;
/// The tutor, started from the command line.
pub mod learn;
/// A page in words alone.
mod spoken;
/// The course as plain text.
pub mod plain;
/// How `podlab sim` writes down what it shows.
pub mod printer;
/// The learner's record on this machine.
pub mod record;
/// `podlab new`.
pub mod scaffold;
/// `podlab sim`.
pub mod scenario;
/// `podlab serve`.
pub mod serve;
/// What a simulation starts from.
pub mod setup;
/// `podlab shell`.
pub mod shell;
/// Signals that end or stop podlab.
pub mod signals;
/// The terminal, taken and given back.
pub mod terminal;
/// The loop of the tutor.
pub mod tutor;

use args::{Cli, Command};
use clap::{CommandFactory, Parser};
use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

/// Runs podlab with the arguments of this process.
pub fn main() -> ExitCode {
    match run(Cli::parse()) {
        Ok(code) => code,
        // Whoever read our output has gone (`podlab show x | head`): nothing is wrong.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(io::stderr(), "podlab: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(cli: Cli) -> io::Result<ExitCode> {
    // Not locked: the thread of signals must be able to give the terminal back.
    let mut out = io::BufWriter::new(io::stdout());
    let code = perform(cli, &mut out)?;
    out.flush()?;
    Ok(code)
}

fn perform(cli: Cli, out: &mut dyn Write) -> io::Result<ExitCode> {
    match cli.command {
        Some(Command::Completions { shell }) => {
            // Into memory first: generating panics where it cannot write, and a reader may leave (`| head`).
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "podlab", &mut script);
            out.write_all(&script)?;
        }
        Some(Command::Man { command }) => man(command.as_deref(), out)?,
        Some(Command::Shell(args)) => return shell::run(&cli.global, &args),
        Some(Command::Serve(args)) => return serve::run(&args, out),
        Some(Command::Sim(args)) => return scenario::run(&args, out),
        Some(Command::Check { dir, bless }) => return content::check(dir.as_deref(), bless, out),
        Some(Command::New { what, name }) => scaffold::run(Path::new(""), what, &name, out)?,
        Some(Command::List) => return plain::list(&cli.global, out),
        Some(Command::Show { chapter }) => return plain::show(&cli.global, &chapter, out),
        Some(Command::Quiz { chapter, export: Some(format), .. }) => {
            return ask::export_quiz(&cli.global, &chapter, format, out);
        }
        Some(Command::Quiz { chapter, restart, export: None }) => {
            return ask::quiz(&cli.global, &chapter, restart, out);
        }
        Some(Command::Lab { lab: None }) => return lab::list(&cli.global, out),
        Some(Command::Lab { lab: Some(lab) }) => return lab::play(&cli.global, &lab, out),
        Some(Command::Review) => return ask::review(&cli.global, out),
        Some(Command::Progress { output }) => return record::progress(&cli.global, output, out),
        Some(Command::Reset { yes }) => return record::reset(&cli.global, yes, out),
        None => return learn::run(&cli.global, None),
        Some(Command::Learn { chapter }) => return learn::run(&cli.global, chapter.as_deref()),
    }
    Ok(ExitCode::SUCCESS)
}

/// The man page of podlab, or that of one of its commands.
fn man(command: Option<&str>, out: &mut dyn Write) -> io::Result<()> {
    let mut whole = Cli::command();
    whole.build();
    let Some(name) = command else { return clap_mangen::Man::new(whole).render(out) };
    let Some(part) = whole.find_subcommand(name) else {
        let known: Vec<&str> = whole.get_subcommands().map(clap::Command::get_name).collect();
        let known = known.join(", ");
        return Err(io::Error::other(format!("there is no command '{name}'; there are {known}")));
    };
    clap_mangen::Man::new(part.clone()).render(out)
}
