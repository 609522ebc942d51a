//! What is done in a scenario, and when: one line each, the second first. A plain line is a command of its own, which runs beside
//! what still runs. Lines that a saved session is made of go to its terminal instead: `$ LINE` is typed at the prompt, or into the
//! program that has it; `^C` and `^D` are keys; `:save "TEXT"` and `:quit` close the editor.

use crate::kube::SimTime;

/// Something that is done, and when.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// Simulated time.
    pub at: SimTime,
    /// What is done.
    pub deed: Deed,
}

/// What can be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Deed {
    /// A command is started beside all others.
    Command(String),
    /// A line is typed at the terminal.
    Line(String),
    /// Ctrl-C at the terminal.
    Interrupt,
    /// Ctrl-D at the terminal.
    EndOfInput,
    /// The editor a command has opened is closed, with a text to save or without.
    Edited(Option<String>),
}

impl Step {
    /// A command of its own.
    pub fn command(at: SimTime, line: impl Into<String>) -> Step {
        Step { at, deed: Deed::Command(line.into()) }
    }

    /// The command, if it is one.
    pub fn line(&self) -> Option<&str> {
        match &self.deed {
            Deed::Command(line) => Some(line),
            _ => None,
        }
    }
}

/// Reads lines of `<seconds> <what is done>`; empty lines and `#` comments are skipped. The error names the line.
pub fn parse_steps(text: &str) -> Result<Vec<Step>, String> {
    let mut steps = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let line = line.trim_start();
        if line.trim().is_empty() || line.starts_with('#') {
            continue;
        }
        let (at, done) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        match at.parse::<f64>() {
            Ok(seconds) if (0.0..=8_640_000.0).contains(&seconds) && !done.trim().is_empty() => {
                let at = SimTime((seconds * 1000.0).round() as u64);
                let deed = deed(done.trim_start()).map_err(|why| format!("line {}: {why}", number + 1))?;
                steps.push(Step { at, deed });
            }
            _ => {
                return Err(format!(
                    "line {}: expected `<seconds> <command>`, found '{}'",
                    number + 1,
                    line.trim()
                ));
            }
        }
    }
    steps.sort_by_key(|step| step.at);
    Ok(steps)
}

fn deed(text: &str) -> Result<Deed, String> {
    let quoted = |text: &str| {
        serde_json::from_str::<String>(text.trim())
            .map_err(|_| format!("expected a text in double quotes, found '{text}'"))
    };
    Ok(match text.trim_end() {
        "^C" => Deed::Interrupt,
        "^D" => Deed::EndOfInput,
        ":quit" => Deed::Edited(None),
        "$" => Deed::Line(String::new()),
        _ => match (text.strip_prefix("$ "), text.strip_prefix("$\""), text.strip_prefix(":save ")) {
            (Some(line), ..) => Deed::Line(line.to_owned()),
            (_, Some(_), _) => Deed::Line(quoted(&text[1..])?),
            (.., Some(saved)) => Deed::Edited(Some(quoted(saved)?)),
            _ => Deed::Command(text.trim_end().to_owned()),
        },
    })
}

/// The line of a step, without a line end; [`parse_steps`] reads it back.
pub fn write_step(step: &Step) -> String {
    let text = match &step.deed {
        Deed::Command(line) => line.clone(),
        Deed::Line(line) if line.contains(['\n', '\r']) => format!("${}", in_quotes(line)),
        Deed::Line(line) => format!("$ {line}"),
        Deed::Interrupt => "^C".to_owned(),
        Deed::EndOfInput => "^D".to_owned(),
        Deed::Edited(None) => ":quit".to_owned(),
        Deed::Edited(Some(text)) => format!(":save {}", in_quotes(text)),
    };
    format!("{:.3} {text}", step.at.as_secs_f64())
}

fn in_quotes(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_read_in_order_of_time() {
        let steps = parse_steps("# tour\n8.5 kubectl get pods\n\n0 kubectl apply -f x.yaml\n").unwrap();
        assert_eq!(steps[0], Step::command(SimTime(0), "kubectl apply -f x.yaml"));
        assert_eq!(steps[1].at, SimTime(8500));
    }

    #[test]
    fn a_bad_step_is_named() {
        assert!(parse_steps("0 ls\nsoon kubectl get pods").unwrap_err().starts_with("line 2:"));
        assert!(
            parse_steps("0 ls\n1 :save x")
                .unwrap_err()
                .starts_with("line 2: expected a text in double quotes")
        );
        assert!(parse_steps("5").is_err());
        assert!(parse_steps("-1 ls").is_err());
    }

    #[test]
    fn what_is_written_is_read_back() {
        let deeds = [
            Deed::Command("kubectl get pods".into()),
            Deed::Line("  cat <<EOF > x ".into()),
            Deed::Line("a\nb\"c\\".into()),
            Deed::Line(String::new()),
            Deed::Line("\"quoted\"".into()),
            Deed::Interrupt,
            Deed::EndOfInput,
            Deed::Edited(None),
            Deed::Edited(Some("kind: Pod\n\t# ^C\n".into())),
        ];
        let steps: Vec<Step> = deeds
            .into_iter()
            .enumerate()
            .map(|(at, deed)| Step { at: SimTime(at as u64 * 1500), deed })
            .collect();
        let text: Vec<String> = steps.iter().map(write_step).collect();
        assert_eq!(parse_steps(&text.join("\n")), Ok(steps));
    }
}
