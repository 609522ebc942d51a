//! `expr`.

use super::{Call, Program};

/// What an expression may nest.
const DEPTH_MAX: u32 = 50;

/// `expr`: 0 if the result is neither empty nor zero, 1 if it is, 2 if there is none.
pub(super) fn expr(call: &mut Call<'_, '_>) -> Program {
    let words = call.args();
    let mut reader = Reader { words: &words, at: 0, depth: 0 };
    let result = reader.level(0);
    match result {
        Ok(value) if reader.at == words.len() => {
            call.line(&value);
            call.done(i32::from(is_null(&value)))
        }
        Ok(_) => {
            call.complain("syntax error");
            call.done(2)
        }
        Err(message) => {
            call.complain(message);
            call.done(2)
        }
    }
}

fn is_null(value: &str) -> bool {
    value.is_empty() || value.parse() == Ok(0i64)
}

struct Reader<'a> {
    words: &'a [String],
    at: usize,
    depth: u32,
}

const LEVELS: &[&[&str]] =
    &[&["|"], &["&"], &["<", "<=", "=", "==", "!=", ">=", ">"], &["+", "-"], &["*", "/", "%"], &[":"]];

impl<'a> Reader<'a> {
    fn next(&mut self) -> Option<&'a str> {
        let word = self.words.get(self.at)?;
        self.at += 1;
        Some(word)
    }

    fn level(&mut self, level: usize) -> Result<String, &'static str> {
        let Some(signs) = LEVELS.get(level) else { return self.primary() };
        let mut left = self.level(level + 1)?;
        while let Some(sign) = self.words.get(self.at).filter(|word| signs.contains(&word.as_str())) {
            self.at += 1;
            let right = self.level(level + 1)?;
            left = apply(sign, left, right)?;
        }
        Ok(left)
    }

    fn primary(&mut self) -> Result<String, &'static str> {
        self.depth += 1;
        if self.depth > DEPTH_MAX * 100 {
            return Err("argument list too long");
        }
        let words = self.words;
        match self.next() {
            Some("(") => {
                if self.depth > DEPTH_MAX {
                    return Err("nested too deeply");
                }
                let inner = self.level(0)?;
                if self.next() == Some(")") { Ok(inner) } else { Err("syntax error") }
            }
            Some("length") if self.at < words.len() => {
                let text = self.primary()?;
                Ok(text.chars().count().to_string())
            }
            Some(")") | None => Err("syntax error"),
            Some(word) => Ok(word.to_owned()),
        }
    }
}

fn apply(sign: &str, left: String, right: String) -> Result<String, &'static str> {
    let numbers = || match (left.parse::<i64>(), right.parse::<i64>()) {
        (Ok(left), Ok(right)) => Ok((left, right)),
        _ => Err("non-numeric argument"),
    };
    let truth = |yes: bool| Ok(u8::from(yes).to_string());
    match sign {
        "|" => Ok(if is_null(&left) { right } else { left }),
        "&" => Ok(if is_null(&left) || is_null(&right) { "0".to_owned() } else { left }),
        ":" => matched(&left, &right),
        "+" | "-" | "*" | "/" | "%" => {
            let (one, two) = numbers()?;
            if two == 0 && matches!(sign, "/" | "%") {
                return Err("division by zero");
            }
            let result = match sign {
                "+" => one.checked_add(two),
                "-" => one.checked_sub(two),
                "*" => one.checked_mul(two),
                "/" => one.checked_div(two),
                _ => one.checked_rem(two),
            };
            result.map(|number| number.to_string()).ok_or("integer overflow")
        }
        _ => {
            let order = numbers().map_or_else(|_| left.cmp(&right), |(one, two)| one.cmp(&two));
            truth(match sign {
                "<" => order.is_lt(),
                "<=" => order.is_le(),
                ">" => order.is_gt(),
                ">=" => order.is_ge(),
                "!=" => order.is_ne(),
                _ => order.is_eq(),
            })
        }
    }
}

/// `TEXT : PATTERN`, matched from the start: the first group, or how long the match is.
fn matched(text: &str, pattern: &str) -> Result<String, &'static str> {
    let source = format!("^(?:{})", super::filter::from_basic(pattern));
    let regex = super::filter::regex(&source, false).map_err(|_| "bad regex")?;
    let grouped = regex.captures_len() > 1;
    let Some(found) = regex.captures(text) else {
        return Ok(if grouped { String::new() } else { "0".to_owned() });
    };
    Ok(if grouped {
        found.get(1).map_or("", |group| group.as_str()).to_owned()
    } else {
        found.get(0).map_or("", |all| all.as_str()).chars().count().to_string()
    })
}
