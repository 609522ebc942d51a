//! Flags as kubectl's flag library reads them: long and short, joined and apart, anywhere before `--`. Knows the shape of the
//! values, not what they mean.

use super::complaint::Complaint;
use crate::kube::duration::parse_span;

/// What a flag takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Takes {
    /// Nothing, or `=true|false`.
    Switch,
    /// A text.
    Text,
    /// A text; several are given by repeating the flag or with commas.
    List,
    /// A text; several are given by repeating the flag.
    Texts,
    /// A whole number.
    Number,
    /// A time span such as `1m30s`.
    Span,
    /// A text that may be left out; this one is meant then.
    Optional(&'static str),
}

/// What completion offers for a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Offers {
    /// Nothing.
    Nothing,
    /// These words.
    Words(&'static [&'static str]),
    /// Files of the session.
    Files,
    /// Namespaces.
    Namespaces,
    /// Containers of the Pod named so far.
    Containers,
    /// Kinds.
    Kinds,
}

/// One flag of a verb.
#[derive(Clone, Copy, Debug)]
pub struct Flag {
    /// The long name, without dashes.
    pub long: &'static str,
    /// The letter, if there is one.
    pub short: Option<char>,
    /// What it takes.
    pub takes: Takes,
    /// The value when it is not given, as help shows it.
    pub default: &'static str,
    /// What it is for.
    pub help: &'static str,
    /// What completion offers for its value.
    pub offers: Offers,
}

/// A flag without letter.
pub const fn flag(long: &'static str, takes: Takes, help: &'static str) -> Flag {
    Flag { long, short: None, takes, default: "", help, offers: Offers::Nothing }
}

impl Flag {
    /// The same with a letter.
    #[must_use]
    pub const fn short(mut self, letter: char) -> Flag {
        self.short = Some(letter);
        self
    }

    /// The same with a default to show.
    #[must_use]
    pub const fn default(mut self, value: &'static str) -> Flag {
        self.default = value;
        self
    }

    /// The same with something to complete.
    #[must_use]
    pub const fn offers(mut self, offers: Offers) -> Flag {
        self.offers = offers;
        self
    }

    /// The name as messages show it: `-o, --output` or `--tail`.
    fn shown(&self) -> String {
        match self.short {
            Some(letter) => format!("-{letter}, --{}", self.long),
            None => format!("--{}", self.long),
        }
    }

    /// Why `value` cannot be given to this flag.
    fn refuse(&self, value: &str) -> Option<String> {
        let why = match self.takes {
            Takes::Switch => {
                let known = ["1", "t", "T", "TRUE", "true", "True", "0", "f", "F", "FALSE", "false", "False"];
                if known.contains(&value) {
                    return None;
                }
                format!("strconv.ParseBool: parsing {value:?}: invalid syntax")
            }
            Takes::Number => {
                let digits = value.strip_prefix(['-', '+']).unwrap_or(value);
                if value.parse::<i64>().is_ok() {
                    return None;
                }
                let range = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
                let what = if range { "value out of range" } else { "invalid syntax" };
                format!("strconv.ParseInt: parsing {value:?}: {what}")
            }
            Takes::Span => parse_span(value).err()?,
            _ => return None,
        };
        Some(format!("invalid argument {value:?} for \"{}\" flag: {why}", self.shown()))
    }
}

/// What was typed after the verb.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Args {
    /// The words that are no flags.
    pub words: Vec<String>,
    /// How many words stood before `--`, if it was there.
    pub dash: Option<usize>,
    given: Vec<(&'static str, String)>,
}

impl Args {
    /// Reads `argv` by the flags of the verb `path`.
    pub fn parse(argv: &[String], flags: &[&[Flag]], path: &'static str) -> Result<Args, Complaint> {
        let mut args = Args::default();
        let mut rest = argv.iter();
        while let Some(word) = rest.next() {
            if word == "--" {
                args.dash = Some(args.words.len());
                args.words.extend(rest.cloned());
                break;
            }
            if let Some(long) = word.strip_prefix("--") {
                args.long(long, &mut rest, flags).map_err(|text| Complaint::Flag(text, path))?;
            } else if word.len() > 1 && word.starts_with('-') {
                args.letters(&word[1..], &mut rest, flags).map_err(|text| Complaint::Flag(text, path))?;
            } else {
                args.words.push(word.clone());
            }
        }
        Ok(args)
    }

    fn long<'a>(
        &mut self,
        text: &str,
        rest: &mut impl Iterator<Item = &'a String>,
        flags: &[&[Flag]],
    ) -> Result<(), String> {
        let (name, joined) = text.split_once('=').map_or((text, None), |(name, value)| (name, Some(value)));
        if name.is_empty() || name.starts_with('-') {
            return Err(format!("bad flag syntax: --{text}"));
        }
        let wanted = name.replace('_', "-");
        let found = flags.iter().copied().flatten().find(|f| f.long == wanted);
        let flag = found.ok_or_else(|| format!("unknown flag: --{name}"))?;
        let value = match (joined, flag.takes) {
            (None, Takes::Switch) => "true".to_owned(),
            (Some(value), _) | (None, Takes::Optional(value)) => value.to_owned(),
            (None, _) => rest.next().ok_or_else(|| format!("flag needs an argument: --{name}"))?.clone(),
        };
        self.put(flag, value)
    }

    fn letters<'a>(
        &mut self,
        text: &str,
        rest: &mut impl Iterator<Item = &'a String>,
        flags: &[&[Flag]],
    ) -> Result<(), String> {
        let letters = text.char_indices();
        for (i, letter) in letters {
            let found = flags.iter().copied().flatten().find(|f| f.short == Some(letter));
            let flag =
                found.ok_or_else(|| format!("unknown shorthand flag: {letter:?} in -{}", &text[i..]))?;
            let after = &text[i + letter.len_utf8()..];
            if let Some(value) = after.strip_prefix('=') {
                return self.put(flag, value.to_owned());
            }
            match flag.takes {
                Takes::Switch => self.put(flag, "true".to_owned())?,
                Takes::Optional(value) => self.put(flag, value.to_owned())?,
                _ if !after.is_empty() => return self.put(flag, after.to_owned()),
                _ => {
                    let value = rest
                        .next()
                        .ok_or_else(|| format!("flag needs an argument: {letter:?} in -{}", &text[i..]))?;
                    return self.put(flag, value.clone());
                }
            }
        }
        Ok(())
    }

    fn put(&mut self, flag: &Flag, value: String) -> Result<(), String> {
        if let Some(why) = flag.refuse(&value) {
            return Err(why);
        }
        if flag.takes == Takes::List {
            self.given.extend(value.split(',').map(|part| (flag.long, part.to_owned())));
        } else {
            self.given.push((flag.long, value));
        }
        Ok(())
    }

    /// The value of a flag that was given, the last one if it was given several times.
    pub fn get(&self, long: &str) -> Option<&str> {
        self.given.iter().rev().find(|(name, _)| *name == long).map(|(_, value)| value.as_str())
    }

    /// The value of a flag, `other` if it was not given.
    pub fn or<'a>(&'a self, long: &str, other: &'a str) -> &'a str {
        self.get(long).unwrap_or(other)
    }

    /// Every value of a flag, in order.
    pub fn all<'a>(&'a self, long: &'a str) -> impl Iterator<Item = &'a str> {
        self.given.iter().filter(move |(name, _)| *name == long).map(|(_, value)| value.as_str())
    }

    /// Every flag that was given with its value, in the order of their names.
    pub fn given(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let mut given: Vec<_> = self.given.iter().map(|(flag, value)| (*flag, value.as_str())).collect();
        given.sort_by_key(|(flag, _)| *flag);
        given.into_iter()
    }

    /// Whether the objects are named by files: `-f` or `-k`.
    pub fn has_files(&self) -> bool {
        self.get("filename").is_some() || self.get("kustomize").is_some()
    }

    /// Whether a switch is on.
    pub fn is(&self, long: &str) -> bool {
        matches!(self.get(long), Some("1" | "t" | "T" | "TRUE" | "true" | "True"))
    }

    /// Whether a switch that is on by default still is.
    pub fn is_not_off(&self, long: &str) -> bool {
        self.get(long).is_none() || self.is(long)
    }

    /// The number given to a flag.
    pub fn number(&self, long: &str) -> Option<i64> {
        self.get(long).and_then(|value| value.parse().ok())
    }

    /// The time span given to a flag, in milliseconds.
    pub fn span(&self, long: &str) -> Option<i64> {
        self.get(long).and_then(|value| parse_span(value).ok())
    }

    /// The words before `--`.
    pub fn before_dash(&self) -> &[String] {
        &self.words[..self.dash.unwrap_or(self.words.len())]
    }

    /// The words after `--`.
    pub fn after_dash(&self) -> &[String] {
        &self.words[self.dash.unwrap_or(self.words.len())..]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FLAGS: &[Flag] = &[
        flag("output", Takes::Text, "").short('o'),
        flag("stdin", Takes::Switch, "").short('i'),
        flag("tty", Takes::Switch, "").short('t'),
        flag("tail", Takes::Number, ""),
        flag("since", Takes::Span, ""),
        flag("filename", Takes::List, "").short('f'),
        flag("dry-run", Takes::Optional("unchanged"), ""),
    ];

    fn parse(line: &str) -> Result<Args, Complaint> {
        let argv: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        Args::parse(&argv, &[FLAGS], "kubectl x")
    }

    #[test]
    fn values_are_read_joined_or_apart() {
        for line in ["a -oyaml", "-o yaml a", "--output=yaml a", "a --output yaml", "-o=yaml a"] {
            let args = parse(line).unwrap();
            assert_eq!((args.get("output"), args.words.as_slice()), (Some("yaml"), &["a".to_owned()][..]));
        }
        assert!(parse("-it").unwrap().is("tty"));
        assert_eq!(parse("-f a,b -f c").unwrap().all("filename").collect::<Vec<_>>(), ["a", "b", "c"]);
        assert_eq!(parse("x -- ls -l").unwrap().after_dash(), ["ls", "-l"]);
    }

    #[test]
    fn mistakes_are_told_as_kubectl_tells_them() {
        for (line, text) in [
            ("--wide", "unknown flag: --wide"),
            ("-ide", "unknown shorthand flag: 'd' in -de"),
            ("--output", "flag needs an argument: --output"),
            ("-o", "flag needs an argument: 'o' in -o"),
            (
                "--tail=abc",
                "invalid argument \"abc\" for \"--tail\" flag: strconv.ParseInt: parsing \"abc\": invalid syntax",
            ),
            ("--since bad", "invalid argument \"bad\" for \"--since\" flag: time: invalid duration \"bad\""),
        ] {
            assert_eq!(parse(line), Err(Complaint::Flag(text.to_owned(), "kubectl x")), "{line}");
        }
    }
}
