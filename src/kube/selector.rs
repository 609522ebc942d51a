//! Label selectors: kubectl's `-l` grammar and the `matchLabels`/`matchExpressions` of objects. Field selectors are in
//! [`super::fields`]. Knows nothing of where the labels come from.

use super::names::{label_key_errors, label_value_errors};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{LabelSelector, LabelSelectorRequirement};
use std::collections::BTreeMap;
use std::fmt;

/// What one requirement asks of the value at its key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Operator {
    /// `k=v` (one value) or `k in (v, w)`.
    In,
    /// `k notin (v, w)`: also true without the key.
    NotIn,
    /// `k=v`, prints with `=`.
    Equals,
    /// `k!=v`: also true without the key.
    NotEquals,
    /// `k`.
    Exists,
    /// `!k`.
    DoesNotExist,
    /// `k>1`, whole numbers only.
    GreaterThan,
    /// `k<1`, whole numbers only.
    LessThan,
}

/// One requirement of a selector.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Requirement {
    /// The label's key.
    pub key: String,
    /// What is asked of its value.
    pub operator: Operator,
    /// The values, sorted.
    pub values: Vec<String>,
}

/// Labels as objects carry them.
pub type Labels = BTreeMap<String, String>;

impl Requirement {
    /// Whether `labels` meet this requirement.
    pub fn matches(&self, labels: &Labels) -> bool {
        let value = labels.get(&self.key);
        let among = |value: &String| self.values.contains(value);
        match self.operator {
            Operator::In | Operator::Equals => value.is_some_and(among),
            Operator::NotIn | Operator::NotEquals => !value.is_some_and(among),
            Operator::Exists => value.is_some(),
            Operator::DoesNotExist => value.is_none(),
            Operator::GreaterThan => self.compare(value).is_some_and(|(value, bound)| value > bound),
            Operator::LessThan => self.compare(value).is_some_and(|(value, bound)| value < bound),
        }
    }

    fn compare(&self, value: Option<&String>) -> Option<(i64, i64)> {
        Some((value?.parse().ok()?, self.values.first()?.parse().ok()?))
    }
}

impl fmt::Display for Requirement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let values = self.values.join(",");
        match self.operator {
            Operator::In => write!(f, "{} in ({values})", self.key),
            Operator::NotIn => write!(f, "{} notin ({values})", self.key),
            Operator::Equals => write!(f, "{}={values}", self.key),
            Operator::NotEquals => write!(f, "{}!={values}", self.key),
            Operator::Exists => f.write_str(&self.key),
            Operator::DoesNotExist => write!(f, "!{}", self.key),
            Operator::GreaterThan => write!(f, "{}>{values}", self.key),
            Operator::LessThan => write!(f, "{}<{values}", self.key),
        }
    }
}

/// A label selector: all requirements must hold. `Display` is the form kubectl prints (empty for everything).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selector {
    /// The requirements, sorted by key.
    pub requirements: Vec<Requirement>,
    /// Whether it matches nothing at all (an absent selector of an object).
    pub nothing: bool,
}

impl Selector {
    /// Reads the grammar of `kubectl -l`; the error is the API server's text.
    pub fn parse(text: &str) -> Result<Selector, String> {
        let requirements = Parser::new(text).requirements()?;
        Ok(Selector::of_requirements(requirements))
    }

    /// The selector of equal labels (a Service's `spec.selector`, a node selector); empty matches everything.
    pub fn of_labels(labels: &Labels) -> Selector {
        Selector::of_requirements(labels.iter().map(equals).collect())
    }

    /// The selector of an object's `matchLabels` and `matchExpressions`. `None` matches nothing, an empty one everything; an
    /// unknown operator, which validation refuses, matches nothing.
    pub fn of(selector: Option<&LabelSelector>) -> Selector {
        let Some(selector) = selector else { return Selector { nothing: true, ..Selector::default() } };
        let mut requirements: Vec<Requirement> = selector.match_labels.iter().flatten().map(equals).collect();
        for expression in selector.match_expressions.iter().flatten() {
            match expressed(expression) {
                Some(requirement) => requirements.push(requirement),
                None => return Selector { nothing: true, ..Selector::default() },
            }
        }
        Selector::of_requirements(requirements)
    }

    /// Whether `labels` meet every requirement.
    pub fn matches(&self, labels: &Labels) -> bool {
        !self.nothing && self.requirements.iter().all(|r| r.matches(labels))
    }

    /// As [`Selector::matches`] for an object's optional labels.
    pub fn matches_opt(&self, labels: Option<&Labels>) -> bool {
        match labels {
            Some(labels) => self.matches(labels),
            None => self.matches(&Labels::new()),
        }
    }

    /// Whether every object matches.
    pub fn is_everything(&self) -> bool {
        !self.nothing && self.requirements.is_empty()
    }

    fn of_requirements(mut requirements: Vec<Requirement>) -> Selector {
        requirements.sort_by(|a, b| a.key.cmp(&b.key));
        Selector { requirements, nothing: false }
    }
}

impl fmt::Display for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, requirement) in self.requirements.iter().enumerate() {
            write!(f, "{}{requirement}", if i == 0 { "" } else { "," })?;
        }
        Ok(())
    }
}

fn equals((key, value): (&String, &String)) -> Requirement {
    Requirement { key: key.clone(), operator: Operator::Equals, values: vec![value.clone()] }
}

fn expressed(expression: &LabelSelectorRequirement) -> Option<Requirement> {
    let operator = match expression.operator.as_str() {
        "In" => Operator::In,
        "NotIn" => Operator::NotIn,
        "Exists" => Operator::Exists,
        "DoesNotExist" => Operator::DoesNotExist,
        _ => return None,
    };
    let mut values = expression.values.clone().unwrap_or_default();
    values.sort();
    Some(Requirement { key: expression.key.clone(), operator, values })
}

/// One token of the `-l` grammar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Token<'a> {
    Word(&'a str),
    Symbol(&'a str),
    End,
}

impl<'a> Token<'a> {
    fn literal(self) -> &'a str {
        match self {
            Token::Word(text) | Token::Symbol(text) => text,
            Token::End => "",
        }
    }
}

/// A recursive-descent reader of the `-l` grammar, after apimachinery's `labels.Parser`.
struct Parser<'a> {
    tokens: Vec<Token<'a>>,
    at: usize,
}

/// What ends a word.
const SPECIAL: &str = "=!(),><";
const SYMBOLS: [&str; 9] = ["==", "!=", "=", "!", "(", ")", ",", ">", "<"];

impl<'a> Parser<'a> {
    fn new(mut text: &'a str) -> Parser<'a> {
        let mut tokens = Vec::new();
        let blank = [' ', '\t', '\r', '\n'];
        loop {
            text = text.trim_start_matches(blank);
            if text.is_empty() {
                return Parser { tokens, at: 0 };
            }
            let symbol = SYMBOLS.into_iter().find(|s| text.starts_with(*s));
            let length = symbol.map_or_else(
                || text.find(|c| SPECIAL.contains(c) || blank.contains(&c)).unwrap_or(text.len()),
                str::len,
            );
            let (token, rest) = text.split_at(length);
            tokens.push(if symbol.is_some() { Token::Symbol(token) } else { Token::Word(token) });
            text = rest;
        }
    }

    fn peek(&self) -> Token<'a> {
        self.tokens.get(self.at).copied().unwrap_or(Token::End)
    }

    fn next(&mut self) -> Token<'a> {
        let token = self.peek();
        self.at += 1;
        token
    }

    fn requirements(&mut self) -> Result<Vec<Requirement>, String> {
        let mut found = Vec::new();
        loop {
            match self.peek() {
                Token::Word(_) | Token::Symbol("!") => {
                    found.push(self.requirement().map_err(|e| format!("unable to parse requirement: {e}"))?);
                }
                Token::End => return Ok(found),
                token @ Token::Symbol(_) => return Err(expected(token, "!, identifier, or 'end of string'")),
            }
            match self.next() {
                Token::End => return Ok(found),
                Token::Symbol(",") if matches!(self.peek(), Token::Word(_) | Token::Symbol("!")) => {}
                Token::Symbol(",") => return Err(expected(self.peek(), "identifier after ','")),
                token => return Err(expected(token, "',' or 'end of string'")),
            }
        }
    }

    fn requirement(&mut self) -> Result<Requirement, String> {
        let absent = self.peek() == Token::Symbol("!");
        if absent {
            self.next();
        }
        let Token::Word(key) = self.next() else {
            self.at -= 1;
            return Err(expected(self.peek(), "identifier"));
        };
        check_key(key)?;
        if absent || matches!(self.peek(), Token::End | Token::Symbol(",")) {
            let operator = if absent { Operator::DoesNotExist } else { Operator::Exists };
            return Ok(Requirement { key: key.into(), operator, values: Vec::new() });
        }
        let operator = self.operator()?;
        let mut values = match operator {
            Operator::In | Operator::NotIn => self.values()?,
            _ => vec![self.exact_value()?],
        };
        values.sort();
        values.dedup();
        check_values(key, operator, &values)?;
        Ok(Requirement { key: key.into(), operator, values })
    }

    fn operator(&mut self) -> Result<Operator, String> {
        Ok(match self.next() {
            Token::Word("in") => Operator::In,
            Token::Word("notin") => Operator::NotIn,
            Token::Symbol("=" | "==") => Operator::Equals,
            Token::Symbol("!=") => Operator::NotEquals,
            Token::Symbol(">") => Operator::GreaterThan,
            Token::Symbol("<") => Operator::LessThan,
            token => return Err(expected(token, "in, notin, =, ==, !=, gt, lt")),
        })
    }

    fn exact_value(&mut self) -> Result<String, String> {
        match self.peek() {
            Token::End | Token::Symbol(",") => Ok(String::new()),
            Token::Word(value) => {
                self.next();
                Ok(value.into())
            }
            token @ Token::Symbol(_) => Err(expected(token, "identifier")),
        }
    }

    fn values(&mut self) -> Result<Vec<String>, String> {
        let open = self.next();
        if open != Token::Symbol("(") {
            return Err(expected(open, "'('"));
        }
        let mut values = Vec::new();
        let mut pending = true;
        loop {
            match self.next() {
                Token::Word(value) if pending => {
                    values.push(value.into());
                    pending = false;
                }
                Token::Symbol(",") => {
                    if pending {
                        values.push(String::new());
                    }
                    pending = true;
                }
                Token::Symbol(")") => {
                    if pending {
                        values.push(String::new());
                    }
                    return Ok(values);
                }
                token if pending => return Err(expected(token, "',', ')' or identifier")),
                token => return Err(expected(token, "',' or ')'")),
            }
        }
    }
}

fn expected(found: Token<'_>, what: &str) -> String {
    format!("found '{}', expected: {what}", found.literal())
}

fn check_key(key: &str) -> Result<(), String> {
    match label_key_errors(key).first() {
        Some(error) => Err(format!("key: Invalid value: \"{key}\": {error}")),
        None => Ok(()),
    }
}

fn check_values(key: &str, operator: Operator, values: &[String]) -> Result<(), String> {
    let ordered = matches!(operator, Operator::GreaterThan | Operator::LessThan);
    for (i, value) in values.iter().enumerate() {
        if ordered && value.parse::<i64>().is_err() {
            return Err(format!(
                "values[{i}]: Invalid value: \"{value}\": for 'Gt', 'Lt' operators, the value must be an integer"
            ));
        }
        if let Some(error) = label_value_errors(value).first() {
            return Err(format!("values[{i}][{key}]: Invalid value: \"{value}\": {error}"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(pairs: &[(&str, &str)]) -> Labels {
        pairs.iter().map(|(k, v)| ((*k).into(), (*v).into())).collect()
    }

    fn matches(selector: &str, pairs: &[(&str, &str)]) -> bool {
        Selector::parse(selector).expect(selector).matches(&labels(pairs))
    }

    #[test]
    fn the_grammar_of_dash_l_is_understood() {
        let web = [("app", "web"), ("tier", "front"), ("n", "5")];
        for selector in [
            "",
            "app=web",
            "app==web",
            "app!=db",
            "nokey!=x",
            "app in (web,db)",
            "app notin (db)",
            "app",
            "!other",
            "n>4",
            "n<6",
            " app = web , tier",
            "app in (db, web),!x",
            "app in (),app notin ()",
            "nokey notin (a)",
        ] {
            let expect = selector != "app in (),app notin ()";
            assert_eq!(matches(selector, &web), expect, "{selector}");
        }
        for selector in ["app=db", "app!=web", "app notin (web)", "!app", "n>5", "app>1", "other", "app="] {
            assert!(!matches(selector, &web), "{selector}");
        }
        assert!(matches("app=", &[("app", "")]));
    }

    #[test]
    fn a_bad_selector_is_refused_in_the_servers_words() {
        for (selector, error) in [
            ("app=web,,", "found ',', expected: identifier after ','"),
            ("a b", "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt"),
            ("app=web,", "found '', expected: identifier after ','"),
            ("=a", "found '=', expected: !, identifier, or 'end of string'"),
            ("a in b", "unable to parse requirement: found 'b', expected: '('"),
            ("a=b c", "found 'c', expected: ',' or 'end of string'"),
        ] {
            assert_eq!(Selector::parse(selector).expect_err(selector), error);
        }
    }

    #[test]
    fn selectors_print_sorted_by_key() {
        let text = Selector::parse("z!=1,b notin (y,x),a=1,!c,d").expect("valid").to_string();
        assert_eq!(text, "a=1,b notin (x,y),!c,d,z!=1");
    }

    #[test]
    fn an_absent_selector_matches_nothing_and_an_empty_one_everything() {
        assert!(!Selector::of(None).matches(&Labels::new()));
        assert!(Selector::of(Some(&LabelSelector::default())).matches(&labels(&[("a", "b")])));
    }
}
