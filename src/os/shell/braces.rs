//! Brace expansion, which bash does and the Almquist shells do not: `{1..5}`, `{a,b}`.

/// Words one expansion gives at most.
const LIMIT: usize = 20_000;

/// The words a word stands for, itself if it has no braces.
pub(super) fn expand(word: &str) -> Vec<String> {
    let mut done = Vec::new();
    let mut todo = vec![word.to_owned()];
    while let Some(next) = todo.pop() {
        if done.len() + todo.len() > LIMIT {
            return vec![word.to_owned()];
        }
        match first_brace(&next) {
            Some((before, choices, after)) => {
                todo.extend(choices.into_iter().rev().map(|choice| format!("{before}{choice}{after}")));
            }
            None => done.push(next),
        }
    }
    done
}

/// The first brace expression of a word: what stands before it, its choices, what stands after it.
fn first_brace(word: &str) -> Option<(String, Vec<String>, String)> {
    let chars: Vec<char> = word.chars().collect();
    let mut at = 0;
    while at < chars.len() {
        match chars[at] {
            '\\' => at += 1,
            quote @ ('\'' | '"' | '`') => at = skip(&chars, at + 1, quote),
            '$' if matches!(chars.get(at + 1), Some('{' | '(')) => at = closing(&chars, at + 1)?,
            '{' => {
                if let Some(end) = closing(&chars, at)
                    && let Some(choices) = choices(&chars[at + 1..end])
                {
                    return Some((chars[..at].iter().collect(), choices, chars[end + 1..].iter().collect()));
                }
            }
            _ => {}
        }
        at += 1;
    }
    None
}

fn skip(chars: &[char], from: usize, quote: char) -> usize {
    (from..chars.len()).find(|at| chars[*at] == quote).unwrap_or(chars.len())
}

/// The index of the brace or parenthesis that closes the one at `open`.
fn closing(chars: &[char], open: usize) -> Option<usize> {
    let mut depth = 0usize;
    let mut at = open;
    while at < chars.len() {
        match chars[at] {
            '\\' => at += 1,
            quote @ ('\'' | '"') => at = skip(chars, at + 1, quote),
            '{' | '(' => depth += 1,
            '}' | ')' => {
                depth -= 1;
                if depth == 0 {
                    return Some(at);
                }
            }
            _ => {}
        }
        at += 1;
    }
    None
}

fn choices(inside: &[char]) -> Option<Vec<String>> {
    let text: String = inside.iter().collect();
    if let Some(range) = range(&text) {
        return Some(range);
    }
    let mut parts = vec![String::new()];
    let mut depth = 0u32;
    for letter in inside {
        match letter {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                parts.push(String::new());
                continue;
            }
            _ => {}
        }
        if let Some(last) = parts.last_mut() {
            last.push(*letter);
        }
    }
    (parts.len() > 1).then_some(parts)
}

fn range(text: &str) -> Option<Vec<String>> {
    let mut parts = text.split("..");
    let (from, to, step) = (parts.next()?, parts.next()?, parts.next());
    let step = step.map_or(Some(1), |step| step.parse::<i64>().ok())?.unsigned_abs().max(1);
    if let (Ok(from), Ok(to)) = (from.parse::<i64>(), to.parse::<i64>()) {
        if from.abs_diff(to) / step >= LIMIT as u64 {
            return None;
        }
        let width = if text.starts_with('0') || text.contains("..0") {
            text.split("..").take(2).map(str::len).max()?
        } else {
            0
        };
        let mut numbers: Vec<i64> = (from.min(to)..=from.max(to)).collect();
        if from > to {
            numbers.reverse();
        }
        return Some(
            numbers.into_iter().step_by(step as usize).map(|number| format!("{number:0width$}")).collect(),
        );
    }
    let mut letters = (from.chars(), to.chars());
    let (first, last) = (letters.0.next()?, letters.1.next()?);
    if from.len() != 1 || to.len() != 1 || !first.is_ascii_alphabetic() || !last.is_ascii_alphabetic() {
        return None;
    }
    let mut all: Vec<String> = (first.min(last)..=first.max(last)).map(String::from).collect();
    if first > last {
        all.reverse();
    }
    Some(all.into_iter().step_by(step as usize).collect())
}
