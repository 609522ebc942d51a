//! Shell patterns: `*`, `?`, `[…]`, with backslash for the literal. Matching takes time proportional to text times pattern at most.

/// Whether the whole text matches.
pub(in super::super) fn matches(pattern: &str, text: &str) -> bool {
    let pattern: Vec<char> = pattern.chars().collect();
    let text: Vec<char> = text.chars().collect();
    matches_chars(&pattern, &text)
}

fn matches_chars(pattern: &[char], text: &[char]) -> bool {
    let (mut p, mut t) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while t < text.len() {
        let step = if p < pattern.len() && pattern[p] != '*' { one(&pattern[p..], text[t]) } else { None };
        if let Some(used) = step {
            p += used;
            t += 1;
        } else if p < pattern.len() && pattern[p] == '*' {
            star = Some((p, t));
            p += 1;
        } else if let Some((star_p, star_t)) = star {
            p = star_p + 1;
            t = star_t + 1;
            star = Some((star_p, t));
        } else {
            return false;
        }
    }
    pattern[p..].iter().all(|letter| *letter == '*')
}

/// Matches one character against the first element of a pattern: the length of that element if it matches.
fn one(pattern: &[char], letter: char) -> Option<usize> {
    match pattern[0] {
        '?' => Some(1),
        '\\' if pattern.len() > 1 => (pattern[1] == letter).then_some(2),
        '[' => match set(pattern, letter) {
            Some((true, length)) => Some(length),
            Some((false, _)) => None,
            None => (letter == '[').then_some(1),
        },
        plain => (plain == letter).then_some(1),
    }
}

/// A bracket expression: whether the character is in it, and how long it is. None if it does not close.
fn set(pattern: &[char], letter: char) -> Option<(bool, usize)> {
    let mut at = 1;
    let negated = matches!(pattern.get(at), Some('!' | '^'));
    at += usize::from(negated);
    let first = at;
    let mut found = false;
    loop {
        let mut low = *pattern.get(at)?;
        if low == ']' && at > first {
            return Some((found != negated, at + 1));
        }
        if low == '[' && pattern.get(at + 1) == Some(&':') {
            let end = (at + 2..pattern.len())
                .find(|end| pattern[*end] == ':' && pattern.get(end + 1) == Some(&']'))?;
            let class: String = pattern[at + 2..end].iter().collect();
            found |= in_class(&class, letter);
            at = end + 2;
            continue;
        }
        if low == '\\' {
            at += 1;
            low = *pattern.get(at)?;
        }
        at += 1;
        if pattern.get(at) == Some(&'-') && pattern.get(at + 1).is_some_and(|high| *high != ']') {
            let high = *pattern.get(at + 1)?;
            found |= (low..=high).contains(&letter);
            at += 2;
        } else {
            found |= low == letter;
        }
    }
}

fn in_class(class: &str, letter: char) -> bool {
    match class {
        "alpha" => letter.is_alphabetic(),
        "digit" => letter.is_ascii_digit(),
        "alnum" => letter.is_alphanumeric(),
        "upper" => letter.is_uppercase(),
        "lower" => letter.is_lowercase(),
        "space" => letter.is_whitespace(),
        "blank" => letter == ' ' || letter == '\t',
        "punct" => letter.is_ascii_punctuation(),
        "xdigit" => letter.is_ascii_hexdigit(),
        _ => false,
    }
}

/// Whether a pattern has anything but literal text in it.
pub(in super::super) fn is_pattern(pattern: &str) -> bool {
    let mut escaped = false;
    pattern.chars().any(|letter| {
        let special = !escaped && matches!(letter, '*' | '?' | '[');
        escaped = letter == '\\' && !escaped;
        special
    })
}

/// Removes what matches at the start or end, the shortest or longest such piece.
pub(super) fn trim(text: &str, pattern: &str, suffix: bool, longest: bool) -> String {
    let chars: Vec<char> = text.chars().collect();
    let pattern: Vec<char> = pattern.chars().collect();
    let count = chars.len();
    let lengths: Vec<usize> = if longest { (0..=count).rev().collect() } else { (0..=count).collect() };
    for length in lengths {
        let piece = if suffix { &chars[count - length..] } else { &chars[..length] };
        if matches_chars(&pattern, piece) {
            let rest = if suffix { &chars[..count - length] } else { &chars[length..] };
            return rest.iter().collect();
        }
    }
    text.to_owned()
}

/// `${x/pattern/text}` and its relatives.
pub(super) fn replace(text: &str, pattern: &str, replacement: &str, place: super::script::Place) -> String {
    use super::script::Place;
    let chars: Vec<char> = text.chars().collect();
    let pattern: Vec<char> = pattern.chars().collect();
    if pattern.is_empty() {
        return match place {
            Place::Prefix => format!("{replacement}{text}"),
            Place::Suffix => format!("{text}{replacement}"),
            Place::First | Place::All => text.to_owned(),
        };
    }
    let mut result = String::new();
    let mut at = 0;
    let mut replaced = false;
    while at <= chars.len() {
        let allowed = match place {
            Place::First | Place::Suffix => !replaced,
            Place::All => true,
            Place::Prefix => at == 0,
        };
        let ends = |end: &usize| place != Place::Suffix || *end == chars.len();
        let found = if allowed {
            (at..=chars.len())
                .rev()
                .filter(ends)
                .find(|end| *end > at && matches_chars(&pattern, &chars[at..*end]))
        } else {
            None
        };
        if let Some(end) = found {
            result.push_str(replacement);
            replaced = true;
            at = end;
        } else {
            result.extend(chars.get(at));
            at += 1;
        }
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_as_in_a_shell() {
        for (pattern, text, expected) in [
            ("*", "", true),
            ("a*c", "abbc", true),
            ("a*c", "abbd", false),
            ("[a-c]?", "bz", true),
            ("[!a-c]", "b", false),
            ("\\*", "*", true),
            ("\\*", "x", false),
            ("[[:digit:]]*", "7up", true),
            ("[", "[", true),
            ("*.tar.*", "x.tar.gz", true),
        ] {
            assert_eq!(matches(pattern, text), expected, "{pattern} on {text}");
        }
    }

    #[test]
    fn many_stars_take_no_time() {
        assert!(!matches(&"*a".repeat(200), &"a".repeat(190)));
    }
}
