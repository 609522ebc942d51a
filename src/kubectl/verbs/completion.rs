//! `kubectl completion`: podlab's prompt completes words by itself, so that there is nothing to load; the lines of a set-up that load it
//! go through.

use crate::kubectl::complaint::Complaint;
use crate::kubectl::run::{Flow, Run};
use crate::kubectl::verb::Verb;

pub(super) const VERB: Verb = Verb {
    name: "completion",
    path: "kubectl completion",
    summary: "Output shell completion code for the specified shell (bash, zsh, fish, or powershell). The shell code must be evaluated to provide interactive completion of kubectl commands.  This can be done by sourcing it from the .bash_profile.",
    usage: "SHELL [options]",
    examples: "# Load it into this shell\nsource <(kubectl completion bash)",
    run,
    ..Verb::EMPTY
};

fn run(run: &mut Run) -> Result<Flow, Complaint> {
    let usage = |text: String| Complaint::Usage(text, run.verb.path);
    match run.args.words.as_slice() {
        [] => Err(usage("Shell not specified.".to_owned())),
        [shell] if ["bash", "zsh", "fish", "powershell"].contains(&shell.as_str()) => {
            run.say("# podlab: words of kubectl and of its aliases are completed without this code");
            Ok(Flow::Done)
        }
        [shell] => Err(usage(format!("Unsupported shell type {shell:?}."))),
        _ => Err(usage("Too many arguments. Expected only the shell type.".to_owned())),
    }
}
