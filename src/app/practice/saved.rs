//! A session written down as steps that `podlab sim --steps` plays again.

use crate::kube::SimTime;
use crate::lab::rehearse::SEED;
use crate::lab::replay::{Deed, Step, write_step};
use crate::lab::scene::Input;
use std::collections::BTreeMap;

/// What a session was made of.
#[derive(Debug)]
pub(super) struct Run<'a> {
    /// How many nodes there were.
    pub nodes: usize,
    /// The files it began with.
    pub files: &'a BTreeMap<String, String>,
    /// What set it up, and when it was typed.
    pub setup: &'a [(SimTime, String)],
    /// What was done.
    pub inputs: &'a [(SimTime, Input)],
    /// Until when.
    pub until: SimTime,
}

impl Run<'_> {
    /// The steps, from the start of the cluster on. What a learner answers to a lab's question changes nothing in the cluster and
    /// is left out.
    pub(super) fn steps(&self) -> String {
        let (nodes, until) = (self.nodes, self.until.0.div_ceil(1000).max(1));
        let mut text = format!(
            "# A run of podlab. To see it again:\n# podlab sim --steps podlab-run.steps --nodes {nodes} --seed {SEED} --for {until}s\n"
        );
        let mut step = |step: &Step| text.extend([&write_step(step), "\n"]);
        self.files.iter().for_each(|(name, content)| step(&writes(SimTime(0), name, content)));
        self.setup.iter().for_each(|(at, line)| step(&Step::command(*at, line)));
        for (at, input) in self.inputs {
            let deed = match input {
                Input::Line(line) => Deed::Line(line.clone()),
                Input::Interrupt { .. } => Deed::Interrupt,
                Input::EndOfInput => Deed::EndOfInput,
                Input::Edited(text) => Deed::Edited(text.clone()),
                Input::File { name, text } => {
                    step(&writes(*at, name, text));
                    continue;
                }
                Input::Answer(_) => continue,
            };
            step(&Step { at: *at, deed });
        }
        text
    }
}

/// A command that writes a file.
fn writes(at: SimTime, name: &str, text: &str) -> Step {
    let escaped: String = text
        .chars()
        .map(|c| match c {
            '\\' => "\\\\".to_owned(),
            '%' => "%%".to_owned(),
            '\'' => "\\047".to_owned(),
            '\n' => "\\n".to_owned(),
            other => other.to_string(),
        })
        .collect();
    Step::command(at, format!("printf '{escaped}' > {name}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_is_written_as_steps_with_its_files() {
        let files = BTreeMap::from([("a.yaml".to_owned(), "x: 'y%'\n".to_owned())]);
        let inputs = [
            (SimTime(1500), Input::Line("kubectl get pods".into())),
            (SimTime(1600), Input::Interrupt { typed: String::new() }),
            (SimTime(2000), Input::Line("  ".into())),
        ];
        let run = Run { nodes: 2, files: &files, setup: &[], inputs: &inputs, until: SimTime(2500) };
        let steps = run.steps();
        let lines: Vec<&str> = steps.lines().filter(|line| !line.starts_with('#')).collect();
        assert_eq!(
            lines,
            [
                "0.000 printf 'x: \\047y%%\\047\\n' > a.yaml",
                "1.500 $ kubectl get pods",
                "1.600 ^C",
                "2.000 $   "
            ]
        );
        assert!(steps.contains("--nodes 2 --seed 0 --for 3s"));
    }
}
