//! `podlab sim`: a scenario from the command line, run as fast as possible or at a pace.

use super::args::Sim;
use super::clock::Paced;
use super::printer::Printer;
use super::setup;
use crate::kube::SimTime;
use crate::lab::replay::{Replay, Shown, Step, parse_steps};
use std::io::{self, Write};
use std::process::ExitCode;

/// Simulated milliseconds a scenario without `--for` takes at most.
const LONGEST: u64 = 600_000;
/// Simulated milliseconds between two looks at whether it is over.
const LOOK_EVERY: u64 = 1000;
/// Real milliseconds between two frames of a paced run.
const FRAME: f64 = 50.0;

/// Runs the scenario and prints it to `out`. What is wrong with the arguments is the error.
pub fn run(args: &Sim, out: &mut dyn Write) -> io::Result<ExitCode> {
    let (mut replay, applied) = scenario(args)?;
    let mut printer = Printer::new(args);
    printer.begin(out)?;
    let until = SimTime(args.duration.unwrap_or(LONGEST));
    let paced = args.speed.map(Paced::start);
    let slice = args.speed.map_or(LOOK_EVERY, |speed| ((FRAME * speed) as u64).max(1));
    let mut code = ExitCode::SUCCESS;
    loop {
        let next = replay.now().plus(slice).min(until);
        for shown in replay.advance(next) {
            if applied.iter().any(|line| is_failure_of(&shown, line)) {
                code = ExitCode::FAILURE;
            }
            printer.print(out, &shown)?;
        }
        if let Some(paced) = &paced {
            out.flush()?;
            paced.wait_for(next);
        }
        if next >= until || (args.duration.is_none() && replay.is_over()) {
            break;
        }
    }
    out.flush()?;
    Ok(code)
}

/// Whether `shown` says that the command `line` failed.
fn is_failure_of(shown: &Shown, line: &str) -> bool {
    matches!(shown, Shown::Command(ended) if ended.line == line && ended.exit != 0)
}

/// The scenario that the arguments describe, and the command lines that apply its manifests.
fn scenario(args: &Sim) -> io::Result<(Replay, Vec<String>)> {
    if args.file.is_empty() && args.steps.is_none() {
        return Err(io::Error::other(
            "nothing to simulate: name a manifest with -f, or commands with --steps",
        ));
    }
    // Without commands of its own, a scenario sees nothing but its manifests.
    let mut files = if args.steps.is_some() { setup::folder_files() } else { setup::Files::new() };
    let mut steps = Vec::new();
    let mut applied = Vec::new();
    for name in &args.file {
        let (name, bytes) = setup::manifest(name)?;
        let line = format!("kubectl apply -f {}", setup::quoted(&name));
        files.insert(name, bytes);
        steps.push(Step::command(SimTime(0), &line));
        applied.push(line);
    }
    if let Some(path) = &args.steps {
        let bytes = setup::read(path)?;
        let text = String::from_utf8_lossy(&bytes);
        let more = parse_steps(&text).map_err(|error| io::Error::other(format!("{path}: {error}")))?;
        steps.extend(more);
    }
    steps.sort_by_key(|step| step.at);
    let stage = setup::stage(&args.nodes, args.seed, &args.namespace, files)?;
    let replay = Replay::new(stage, &args.namespace, steps);
    let wide = matches!(args.output, super::args::SimFormat::Wide);
    Ok((if wide { replay.wide() } else { replay }, applied))
}
