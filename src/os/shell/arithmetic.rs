//! Arithmetic of the shell: 64-bit integers, C's operators, variables by name.

use super::variables::Variables;

/// Parentheses and variables within variables at most.
const DEPTH: u32 = 50;

/// What an expression sees and changes; the changes are kept apart until the whole word is done.
pub(super) struct Scope<'a> {
    pub variables: &'a Variables,
    pub changes: &'a mut Vec<(String, String)>,
    pub positional: &'a [String],
}

impl Scope<'_> {
    fn get(&self, name: &str) -> Option<&str> {
        if let Ok(number) = name.parse::<usize>() {
            return self.positional.get(number.checked_sub(1)?).map(String::as_str);
        }
        let changed = self.changes.iter().rev().find(|(known, _)| known == name);
        changed.map(|(_, value)| value.as_str()).or_else(|| self.variables.get(name))
    }
}

impl Scope<'_> {
    /// The number of an element, counted from the end if it is negative.
    pub fn index(&self, array: &str, index: i64) -> Result<u64, String> {
        let from_end = || self.variables.next_index(array).checked_add_signed(index);
        let found = u64::try_from(index).ok().or_else(from_end);
        found.ok_or_else(|| format!("{array}: bad array subscript"))
    }
}

#[derive(Clone, Debug, PartialEq)]
enum Token {
    Number(i64),
    Name(String),
    Operator(&'static str),
}

const OPERATORS: [&str; 41] = [
    "<<=", ">>=", "**", "++", "--", "<<", ">>", "<=", ">=", "==", "!=", "&&", "||", "+=", "-=", "*=", "/=",
    "%=", "&=", "^=", "|=", "+", "-", "*", "/", "%", "<", ">", "!", "~", "&", "|", "^", "?", ":", "(", ")",
    "=", ",", "[", "]",
];

/// The value of an expression; an empty one is 0.
pub(super) fn evaluate(text: &str, scope: &mut Scope<'_>) -> Result<i64, String> {
    evaluate_at(text, scope, 0)
}

fn evaluate_at(text: &str, scope: &mut Scope<'_>, depth: u32) -> Result<i64, String> {
    let tokens = tokens(text)?;
    if tokens.is_empty() {
        return Ok(0);
    }
    let mut parser = Parser { tokens, at: 0, scope, depth, live: true };
    let value = parser.comma()?;
    if parser.at == parser.tokens.len() { Ok(value) } else { Err("arithmetic syntax error".to_owned()) }
}

fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let token_length = if first.is_ascii_digit() {
            let length = rest
                .find(|letter: char| !letter.is_ascii_alphanumeric() && letter != '#')
                .unwrap_or(rest.len());
            tokens.push(Token::Number(number(&rest[..length])?));
            length
        } else if first.is_ascii_alphabetic() || first == '_' {
            let length = rest
                .find(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_')
                .unwrap_or(rest.len());
            tokens.push(Token::Name(rest[..length].to_owned()));
            length
        } else {
            let operator = OPERATORS
                .iter()
                .find(|operator| rest.starts_with(**operator))
                .ok_or("arithmetic syntax error")?;
            tokens.push(Token::Operator(operator));
            operator.len()
        };
        rest = rest[token_length..].trim_start();
        if tokens.len() > 10_000 {
            return Err("expression too long".to_owned());
        }
    }
    Ok(tokens)
}

fn number(text: &str) -> Result<i64, String> {
    let bad = || "arithmetic syntax error".to_owned();
    if let Some(hex) = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        return u64::from_str_radix(hex, 16).map(u64::cast_signed).map_err(|_| bad());
    }
    if let Some((base, digits)) = text.split_once('#') {
        let base = base.parse::<u32>().ok().filter(|base| (2..=36).contains(base)).ok_or_else(bad)?;
        return i64::from_str_radix(digits, base).map_err(|_| bad());
    }
    if text.len() > 1 && text.starts_with('0') {
        return i64::from_str_radix(text, 8).map_err(|_| bad());
    }
    text.parse::<i64>().map_err(|_| bad())
}

struct Parser<'a, 'b> {
    tokens: Vec<Token>,
    at: usize,
    scope: &'a mut Scope<'b>,
    depth: u32,
    /// False in the branch of `?:`, `&&`, `||` that is not taken.
    live: bool,
}

impl Parser<'_, '_> {
    fn operator(&self) -> Option<&'static str> {
        match self.tokens.get(self.at) {
            Some(Token::Operator(operator)) => Some(operator),
            _ => None,
        }
    }

    fn take(&mut self, operator: &str) -> bool {
        let found = self.operator() == Some(operator);
        self.at += usize::from(found);
        found
    }

    fn comma(&mut self) -> Result<i64, String> {
        let mut value = self.assignment()?;
        while self.take(",") {
            value = self.assignment()?;
        }
        Ok(value)
    }

    fn assignment(&mut self) -> Result<i64, String> {
        self.depth += 1;
        if self.depth > DEPTH {
            return Err("expression too deeply nested".to_owned());
        }
        let result = self.assignment_inner();
        self.depth -= 1;
        result
    }

    /// Makes one name of an array's name and the subscript behind it.
    fn fold_element(&mut self) -> Result<(), String> {
        let start = self.at;
        let Some(Token::Name(name)) = self.tokens.get(start).cloned() else { return Ok(()) };
        if self.tokens.get(start + 1) != Some(&Token::Operator("[")) {
            return Ok(());
        }
        self.at += 2;
        let index = self.assignment()?;
        if !self.take("]") {
            return Err("arithmetic syntax error".to_owned());
        }
        let index = self.scope.index(&name, index)?;
        self.tokens.splice(start..self.at, [Token::Name(format!("{name}[{index}]"))]);
        self.at = start;
        Ok(())
    }

    fn assignment_inner(&mut self) -> Result<i64, String> {
        self.fold_element()?;
        if let (Some(Token::Name(name)), Some(Token::Operator(operator))) =
            (self.tokens.get(self.at).cloned(), self.tokens.get(self.at + 1).cloned())
            && let Some(binary) =
                operator.strip_suffix('=').filter(|rest| !matches!(*rest, "=" | "!" | "<" | ">"))
        {
            self.at += 2;
            let right = self.assignment()?;
            let left = if binary.is_empty() { 0 } else { self.variable(&name)? };
            let value = if binary.is_empty() { right } else { self.apply(binary, left, right)? };
            self.assign(&name, value);
            return Ok(value);
        }
        let condition = self.binary(0)?;
        if !self.take("?") {
            return Ok(condition);
        }
        let live = self.live;
        self.live = live && condition != 0;
        let yes = self.assignment()?;
        if !self.take(":") {
            return Err("arithmetic syntax error".to_owned());
        }
        self.live = live && condition == 0;
        let no = self.assignment()?;
        self.live = live;
        Ok(if condition != 0 { yes } else { no })
    }

    fn binary(&mut self, minimum: u8) -> Result<i64, String> {
        let mut left = self.unary()?;
        while let Some(operator) = self.operator() {
            let Some(strength) = precedence(operator).filter(|strength| *strength >= minimum) else { break };
            self.at += 1;
            let live = self.live;
            self.live = live && !((operator == "&&" && left == 0) || (operator == "||" && left != 0));
            let right = self.binary(if operator == "**" { strength } else { strength + 1 })?;
            left = if self.live {
                self.apply(operator, left, right)?
            } else {
                i64::from(operator == "||" && left != 0)
            };
            self.live = live;
        }
        Ok(left)
    }

    fn apply(&self, operator: &str, left: i64, right: i64) -> Result<i64, String> {
        Ok(match operator {
            "+" => left.wrapping_add(right),
            "-" => left.wrapping_sub(right),
            "*" => left.wrapping_mul(right),
            "/" | "%" if right == 0 => {
                if self.live {
                    return Err("divide by zero".to_owned());
                }
                0
            }
            "/" => left.wrapping_div(right),
            "%" => left.wrapping_rem(right),
            "**" => left.wrapping_pow(u32::try_from(right.clamp(0, 1000)).unwrap_or(0)),
            "<<" => left.wrapping_shl(right as u32),
            ">>" => left.wrapping_shr(right as u32),
            "&" => left & right,
            "|" => left | right,
            "^" => left ^ right,
            "<" => i64::from(left < right),
            ">" => i64::from(left > right),
            "<=" => i64::from(left <= right),
            ">=" => i64::from(left >= right),
            "==" => i64::from(left == right),
            "!=" => i64::from(left != right),
            "&&" => i64::from(left != 0 && right != 0),
            "||" => i64::from(left != 0 || right != 0),
            _ => return Err("arithmetic syntax error".to_owned()),
        })
    }

    fn unary(&mut self) -> Result<i64, String> {
        let mut prefixes = Vec::new();
        while let Some(prefix) =
            self.operator().filter(|operator| matches!(*operator, "+" | "-" | "!" | "~" | "++" | "--"))
        {
            prefixes.push(prefix);
            self.at += 1;
        }
        self.fold_element()?;
        let mut value = match (prefixes.last().copied(), self.tokens.get(self.at).cloned()) {
            (Some(step @ ("++" | "--")), Some(Token::Name(name))) => {
                prefixes.pop();
                self.at += 1;
                let value = self.variable(&name)?.wrapping_add(if step == "++" { 1 } else { -1 });
                self.assign(&name, value);
                value
            }
            _ => self.primary()?,
        };
        for prefix in prefixes.iter().rev() {
            value = match *prefix {
                "-" => value.wrapping_neg(),
                "!" => i64::from(value == 0),
                "~" => !value,
                _ => value,
            };
        }
        Ok(value)
    }

    fn primary(&mut self) -> Result<i64, String> {
        let token = self.tokens.get(self.at).cloned().ok_or("arithmetic syntax error")?;
        self.at += 1;
        match token {
            Token::Number(number) => Ok(number),
            Token::Name(name) => {
                let value = self.variable(&name)?;
                let step = if self.take("++") {
                    1
                } else if self.take("--") {
                    -1
                } else {
                    return Ok(value);
                };
                self.assign(&name, value.wrapping_add(step));
                Ok(value)
            }
            Token::Operator("(") => {
                let value = self.comma_nested()?;
                if self.take(")") { Ok(value) } else { Err("arithmetic syntax error".to_owned()) }
            }
            Token::Operator(_) => Err("arithmetic syntax error".to_owned()),
        }
    }

    fn comma_nested(&mut self) -> Result<i64, String> {
        self.comma()
    }

    fn variable(&mut self, name: &str) -> Result<i64, String> {
        let value = self.scope.get(name).unwrap_or_default().trim().to_owned();
        if value.is_empty() {
            return Ok(0);
        }
        if self.depth > DEPTH {
            return Err("expression recursion loop detected".to_owned());
        }
        let depth = self.depth + 10;
        value.parse::<i64>().or_else(|_| evaluate_at(&value, self.scope, depth))
    }

    fn assign(&mut self, name: &str, value: i64) {
        if self.live {
            self.scope.changes.push((name.to_owned(), value.to_string()));
        }
    }
}

fn precedence(operator: &str) -> Option<u8> {
    Some(match operator {
        "||" => 1,
        "&&" => 2,
        "|" => 3,
        "^" => 4,
        "&" => 5,
        "==" | "!=" => 6,
        "<" | ">" | "<=" | ">=" => 7,
        "<<" | ">>" => 8,
        "+" | "-" => 9,
        "*" | "/" | "%" => 10,
        "**" => 11,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arithmetic_is_that_of_c() {
        for (text, expected) in [
            ("1+2*3", Ok(7)),
            ("(1+2)*3", Ok(9)),
            ("7/2%2", Ok(1)),
            ("-2 ** 2", Ok(4)),
            ("1 ? 10 : 1/0", Ok(10)),
            ("0 && 1/0", Ok(0)),
            ("x = 5, x++ + x", Ok(11)),
            ("0x10 + 010 + 2#101", Ok(29)),
            ("1 << 3 | 1", Ok(9)),
            ("", Ok(0)),
            ("1/0", Err("divide by zero")),
            ("1 +", Err("arithmetic syntax error")),
            ("09", Err("arithmetic syntax error")),
        ] {
            let mut changes = Vec::new();
            let mut scope =
                Scope { variables: &Variables::default(), changes: &mut changes, positional: &[] };
            assert_eq!(evaluate(text, &mut scope), expected.map_err(str::to_owned), "{text}");
        }
    }

    #[test]
    fn endless_definitions_and_deep_nesting_are_errors() {
        let mut variables = Variables::default();
        variables.set("a", "a+1").unwrap();
        let mut changes = Vec::new();
        let mut scope = Scope { variables: &variables, changes: &mut changes, positional: &[] };
        assert!(evaluate("a", &mut scope).is_err());
        assert!(evaluate(&format!("{}1{}", "(".repeat(5000), ")".repeat(5000)), &mut scope).is_err());
    }
}
