//! Answers to the questions of a lab, among the commands of a line: `answer web`, `answer 2 'web'; ls`. Knows no shell beyond its quotes
//! and what parts one command from the next.

/// The answers on a line in order, without their quotes, and what is left of it for the shell.
pub fn split(line: &str) -> (Vec<String>, String) {
    let (mut answers, mut rest) = (Vec::new(), String::new());
    for (command, end) in commands(line) {
        let words = words(command);
        match words.split_first() {
            Some((first, given)) if first == "answer" && !given.is_empty() => answers.push(given.join(" ")),
            _ => rest.extend([command, end]),
        }
    }
    let trailing = rest.trim_end();
    let left = trailing.strip_suffix("&&").or(trailing.strip_suffix(';')).filter(|_| !answers.is_empty());
    let rest = left.map_or(rest.clone(), str::to_owned);
    (answers, rest)
}

/// The commands of a line, each with what ends it.
fn commands(line: &str) -> Vec<(&str, &str)> {
    let mut commands = Vec::new();
    let (mut from, mut depth) = (0, 0usize);
    let mut quotes = Quotes::default();
    let mut at = 0;
    while let Some(c) = line[at..].chars().next() {
        let next = at + c.len_utf8();
        if !quotes.take(c) {
            match c {
                '(' | '{' => depth += 1,
                ')' | '}' => depth = depth.saturating_sub(1),
                _ => {}
            }
            let end = [";", "&&", "\n"].into_iter().find(|end| depth == 0 && line[at..].starts_with(end));
            if let Some(end) = end.filter(|_| !line[at..].starts_with(";;")) {
                commands.push((&line[from..at], &line[at..at + end.len()]));
                from = at + end.len();
                at = from;
                continue;
            }
        }
        at = next;
    }
    commands.push((&line[from..], ""));
    commands
}

/// The words of a command without their quotes, up to a comment.
fn words(command: &str) -> Vec<String> {
    let (mut words, mut word): (Vec<String>, Option<String>) = (Vec::new(), None);
    let mut quotes = Quotes::default();
    for c in command.chars() {
        let before = quotes;
        let held = quotes.take(c);
        match c {
            '#' if !held && word.is_none() => break,
            c if !held && c.is_whitespace() => words.extend(word.take()),
            _ if quotes.mark != before.mark || (quotes.escaped && !before.escaped) => {
                word.get_or_insert_default();
            }
            c => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}

/// Whether what is read stands in quotes.
#[derive(Clone, Copy, Default)]
struct Quotes {
    mark: Option<char>,
    escaped: bool,
}

impl Quotes {
    /// Takes in a character; whether it is part of something quoted, or quotes itself.
    fn take(&mut self, c: char) -> bool {
        if std::mem::take(&mut self.escaped) {
            return true;
        }
        match (self.mark, c) {
            (None | Some('"'), '\\') => self.escaped = true,
            (None, '\'' | '"') => self.mark = Some(c),
            (Some(mark), c) if c == mark => self.mark = None,
            (None, _) => return false,
            (Some(_), _) => {}
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn halves(line: &str) -> (Vec<String>, String) {
        split(line)
    }

    #[test]
    fn an_answer_is_found_among_commands_and_quotes() {
        let own = |answers: &[&str], rest: &str| {
            (answers.iter().map(|answer| (*answer).to_owned()).collect::<Vec<_>>(), rest.to_owned())
        };
        assert_eq!(halves("answer web"), own(&["web"], ""));
        assert_eq!(halves("  answer 2 \"web\"  # I think"), own(&["2 web"], ""));
        assert_eq!(halves("answer web; ls"), own(&["web"], " ls"));
        assert_eq!(halves("kubectl get pods && answer 'the web'"), own(&["the web"], "kubectl get pods "));
        assert_eq!(halves("answer a;answer b"), own(&["a", "b"], ""));
        assert_eq!(halves("answer we\\ b"), own(&["we b"], ""));
    }

    #[test]
    fn every_other_line_is_left_to_the_shell_as_it_is() {
        for line in [
            "",
            "ls",
            "echo 'answer web; ls'",
            "answer",
            "a=(x; answer y)",
            "for i in 1; do echo; done",
            "ls;",
            "echo \"it's",
        ] {
            assert_eq!(halves(line), (Vec::new(), line.to_owned()));
        }
    }
}
