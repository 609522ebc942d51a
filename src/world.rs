//! The only door to the clock, the files, the terminal, the environment. Everything it learns there it hands down as arguments.

/// The words of podlab's command line.
pub mod args;
/// Durations as people type them.
pub mod duration;

use clap::Parser;
use std::process::ExitCode;

/// Runs podlab with the arguments of this process.
pub fn main() -> ExitCode {
    let cli = args::Cli::parse();
    let _ = cli;
    ExitCode::SUCCESS
}
