//! A session written down as steps that `podlab sim --steps` plays again.

use crate::kube::SimTime;
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
    /// The steps, from the start of the cluster on. Keys such as Ctrl-C have no place in them.
    pub(super) fn steps(&self) -> String {
        let (nodes, until) = (self.nodes, self.until.0.div_ceil(1000).max(1));
        let mut text = format!(
            "# A run of podlab. To see it again:\n# podlab sim --steps podlab-run.steps --nodes {nodes} --for {until}s\n"
        );
        let mut step =
            |at: SimTime, line: &str| text.push_str(&format!("{:.3} {}\n", at.as_secs_f64(), line.trim()));
        self.files.iter().for_each(|(name, content)| step(SimTime(0), &writes(name, content)));
        self.setup.iter().for_each(|(at, line)| step(*at, line));
        for (at, input) in self.inputs {
            match input {
                Input::Line(line) if !line.trim().is_empty() => step(*at, line),
                Input::File { name, text } => step(*at, &writes(name, text)),
                _ => {}
            }
        }
        text
    }
}

/// A command line that writes a file.
fn writes(name: &str, text: &str) -> String {
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
    format!("printf '{escaped}' > {name}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_is_written_as_steps_with_its_files() {
        let files = BTreeMap::from([("a.yaml".to_owned(), "x: 'y%'\n".to_owned())]);
        let inputs = [
            (SimTime(1500), Input::Line("kubectl get pods".into())),
            (SimTime(1600), Input::Interrupt),
            (SimTime(2000), Input::Line("  ".into())),
        ];
        let run = Run { nodes: 2, files: &files, setup: &[], inputs: &inputs, until: SimTime(2500) };
        let steps = run.steps();
        let lines: Vec<&str> = steps.lines().filter(|line| !line.starts_with('#')).collect();
        assert_eq!(lines, ["0.000 printf 'x: \\047y%%\\047\\n' > a.yaml", "1.500 kubectl get pods"]);
        assert!(steps.contains("--nodes 2 --for 3s"));
    }
}
