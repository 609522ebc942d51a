//! `test`, `[` and `[[`.

use brush_parser::ast::{BinaryPredicate, UnaryPredicate};

use super::super::fs::{Access, may};
use super::super::program::Ctx;
use super::super::tree::Body;
use super::expand::{Expander, Stop};
use super::pattern;
use super::script::Test;

/// `[[ … ]]`
pub(super) fn extended(test: &Test, expander: &mut Expander<'_, '_>) -> Result<bool, Stop> {
    Ok(match test {
        Test::And(left, right) => extended(left, expander)? && extended(right, expander)?,
        Test::Or(left, right) => extended(left, expander)? || extended(right, expander)?,
        Test::Not(inner) => !extended(inner, expander)?,
        Test::Unary(predicate, operand) => {
            let operand = expander.text(operand)?;
            match predicate {
                UnaryPredicate::ShellVariableIsSetAndAssigned => {
                    expander.shell.variables.get(&operand).is_some()
                }
                _ => unary_letter(predicate).is_some_and(|letter| unary(letter, &operand, expander.ctx)),
            }
        }
        Test::Binary(predicate, left, right) => {
            let left = expander.text(left)?;
            match predicate {
                BinaryPredicate::StringExactlyMatchesPattern => {
                    pattern::matches(&expander.pattern(right)?, &left)
                }
                BinaryPredicate::StringDoesNotExactlyMatchPattern => {
                    !pattern::matches(&expander.pattern(right)?, &left)
                }
                BinaryPredicate::StringMatchesRegex => {
                    let right = expander.text(right)?;
                    let regex = regex_lite::Regex::new(&right)
                        .map_err(|_| Stop::Error(format!("{right}: invalid regular expression")))?;
                    let found = regex.captures(&left);
                    expander.changes.push(("BASH_REMATCH[]".to_owned(), String::new()));
                    for (i, part) in found.iter().flat_map(|found| found.iter()).enumerate() {
                        let part = part.map_or("", |part| part.as_str());
                        expander.changes.push((format!("BASH_REMATCH[{i}]"), part.to_owned()));
                    }
                    found.is_some()
                }
                BinaryPredicate::StringContainsSubstring => left.contains(&expander.text(right)?),
                _ => {
                    let right = expander.text(right)?;
                    let operator = binary_word(predicate);
                    binary(&left, operator, &right, expander.ctx).map_err(Stop::Error)?
                }
            }
        }
    })
}

fn unary_letter(predicate: &UnaryPredicate) -> Option<char> {
    use UnaryPredicate as U;
    Some(match predicate {
        U::FileExists => 'e',
        U::FileExistsAndIsBlockSpecialFile => 'b',
        U::FileExistsAndIsCharSpecialFile => 'c',
        U::FileExistsAndIsDir => 'd',
        U::FileExistsAndIsRegularFile => 'f',
        U::FileExistsAndIsSymlink => 'L',
        U::FileExistsAndIsFifo => 'p',
        U::FileExistsAndIsReadable => 'r',
        U::FileExistsAndIsNotZeroLength => 's',
        U::FdIsOpenTerminal => 't',
        U::FileExistsAndIsWritable => 'w',
        U::FileExistsAndIsExecutable => 'x',
        U::FileExistsAndIsSocket => 'S',
        U::StringHasZeroLength => 'z',
        U::StringHasNonZeroLength => 'n',
        _ => return None,
    })
}

fn binary_word(predicate: &BinaryPredicate) -> &'static str {
    use BinaryPredicate as B;
    match predicate {
        B::FilesReferToSameDeviceAndInodeNumbers => "-ef",
        B::LeftFileIsNewerOrExistsWhenRightDoesNot => "-nt",
        B::LeftFileIsOlderOrDoesNotExistWhenRightDoes => "-ot",
        B::StringDoesNotExactlyMatchString => "!=",
        B::LeftSortsBeforeRight => "<",
        B::LeftSortsAfterRight => ">",
        B::ArithmeticEqualTo => "-eq",
        B::ArithmeticNotEqualTo => "-ne",
        B::ArithmeticLessThan => "-lt",
        B::ArithmeticLessThanOrEqualTo => "-le",
        B::ArithmeticGreaterThan => "-gt",
        B::ArithmeticGreaterThanOrEqualTo => "-ge",
        _ => "=",
    }
}

/// `test` with its arguments (without the closing bracket): the truth, or the message of a syntax error.
pub(in super::super) fn evaluate(args: &[String], ctx: &mut Ctx<'_>) -> Result<bool, String> {
    let mut parser = Parser { args, at: 0, ctx, depth: 0 };
    let simple = parser.by_count();
    if let Some(result) = simple {
        return result;
    }
    let truth = parser.or()?;
    match args.get(parser.at) {
        None => Ok(truth),
        Some(extra) => Err(format!("{extra}: unknown operand")),
    }
}

struct Parser<'a, 'c> {
    args: &'a [String],
    at: usize,
    ctx: &'a mut Ctx<'c>,
    depth: u32,
}

impl Parser<'_, '_> {
    /// The cases POSIX settles by the number of arguments.
    fn by_count(&mut self) -> Option<Result<bool, String>> {
        let words: Vec<&str> = self.args.iter().map(String::as_str).collect();
        match words.as_slice() {
            [] => Some(Ok(false)),
            [word] => Some(Ok(!word.is_empty())),
            ["!", word] => Some(Ok(word.is_empty())),
            [left, operator, right] if is_binary(operator) => Some(binary(left, operator, right, self.ctx)),
            ["!", left, operator, right] if is_binary(operator) => {
                Some(binary(left, operator, right, self.ctx).map(|truth| !truth))
            }
            _ => None,
        }
    }

    fn word(&self) -> Option<&str> {
        self.args.get(self.at).map(String::as_str)
    }

    fn or(&mut self) -> Result<bool, String> {
        let mut truth = self.and()?;
        while self.word() == Some("-o") {
            self.at += 1;
            truth |= self.and()?;
        }
        Ok(truth)
    }

    fn and(&mut self) -> Result<bool, String> {
        let mut truth = self.not()?;
        while self.word() == Some("-a") {
            self.at += 1;
            truth &= self.not()?;
        }
        Ok(truth)
    }

    fn not(&mut self) -> Result<bool, String> {
        self.depth += 1;
        if self.depth > 200 {
            return Err("too many arguments".to_owned());
        }
        if self.word() == Some("!") && self.at + 1 < self.args.len() {
            self.at += 1;
            return self.not().map(|truth| !truth);
        }
        self.primary()
    }

    fn primary(&mut self) -> Result<bool, String> {
        let word = self.word().ok_or("argument expected")?.to_owned();
        let next = self.args.get(self.at + 1).cloned();
        if let (Some(operator), Some(right)) = (&next, self.args.get(self.at + 2).cloned())
            && is_binary(operator)
        {
            self.at += 3;
            return binary(&word, operator, &right, self.ctx);
        }
        if word == "(" {
            self.at += 1;
            let truth = self.or()?;
            if self.word() != Some(")") {
                return Err("closing paren expected".to_owned());
            }
            self.at += 1;
            return Ok(truth);
        }
        let mut letters = word.chars();
        if let (Some('-'), Some(letter), None, Some(operand)) =
            (letters.next(), letters.next(), letters.next(), next)
            && "bcdefghknprsuwxzGLOStN".contains(letter)
        {
            self.at += 2;
            return Ok(unary(letter, &operand, self.ctx));
        }
        self.at += 1;
        Ok(!word.is_empty())
    }
}

fn is_binary(operator: &str) -> bool {
    matches!(
        operator,
        "=" | "==" | "!=" | "<" | ">" | "-eq" | "-ne" | "-lt" | "-le" | "-gt" | "-ge" | "-nt" | "-ot" | "-ef"
    )
}

fn unary(letter: char, operand: &str, ctx: &mut Ctx<'_>) -> bool {
    match letter {
        'z' => return operand.is_empty(),
        'n' => return !operand.is_empty(),
        't' => return operand.parse().is_ok_and(|fd| ctx.sys.is_tty(ctx.key, fd)),
        _ => {}
    }
    let Some(files) = ctx.files(operand) else { return false };
    let Ok(place) = files.resolve(operand, !matches!(letter, 'L' | 'h')) else { return false };
    let Some(node) = &place.node else { return false };
    match letter {
        'f' => matches!(node.body, Body::File(_) | Body::Program(_)),
        'd' => node.entries().is_some(),
        'L' | 'h' => matches!(node.body, Body::Link(_)),
        'c' => matches!(node.body, Body::Device(_)),
        's' => node.size() > 0,
        'S' | 'p' => matches!(node.body, Body::Socket),
        'b' => false,
        'r' => may(&files.user, &node.meta, Access::Read),
        'w' => may(&files.user, &node.meta, Access::Write) && !files.read_only(&place),
        'x' => may(&files.user, &node.meta, Access::Execute),
        'O' => node.meta.uid == files.user.uid,
        'G' => node.meta.gid == files.user.gid,
        'u' => node.meta.mode & 0o4000 != 0,
        'g' => node.meta.mode & 0o2000 != 0,
        'k' => node.meta.mode & 0o1000 != 0,
        _ => true,
    }
}

fn binary(left: &str, operator: &str, right: &str, ctx: &mut Ctx<'_>) -> Result<bool, String> {
    let number = |text: &str| text.trim().parse::<i64>().map_err(|_| format!("{text}: bad number"));
    let compare = |accept: fn(std::cmp::Ordering) -> bool| Ok(accept(number(left)?.cmp(&number(right)?)));
    match operator {
        "=" | "==" => Ok(left == right),
        "!=" => Ok(left != right),
        "<" => Ok(left < right),
        ">" => Ok(left > right),
        "-eq" => compare(std::cmp::Ordering::is_eq),
        "-ne" => compare(std::cmp::Ordering::is_ne),
        "-lt" => compare(std::cmp::Ordering::is_lt),
        "-le" => compare(std::cmp::Ordering::is_le),
        "-gt" => compare(std::cmp::Ordering::is_gt),
        "-ge" => compare(std::cmp::Ordering::is_ge),
        _ => {
            let Some(files) = ctx.files(left) else { return Ok(false) };
            let place = |path: &str| files.resolve(path, true).ok().filter(|place| place.node.is_some());
            let age = |path: &str| place(path).and_then(|place| place.node).map(|node| node.meta.mtime);
            Ok(match operator {
                "-nt" => age(left) > age(right),
                "-ot" => age(left) < age(right),
                _ => place(left)
                    .is_some_and(|left| place(right).is_some_and(|right| left.path() == right.path())),
            })
        }
    }
}
