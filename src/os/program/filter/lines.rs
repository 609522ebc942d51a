//! The small filters: `cat`, `head`, `tail`, `sort`, `uniq`, `wc`, `cut`, `tr`, `tee`, `rev`, `tac`, `nl`.

use std::collections::{BTreeMap, VecDeque};

use super::super::Output;
use super::{HELD_MAX, More};

#[derive(Clone, Debug)]
pub(in crate::os) enum Lines {
    /// The last lines, or all from a line on.
    Tail {
        keep: usize,
        from: Option<u64>,
        bytes: bool,
        seen: u64,
        held: VecDeque<Vec<u8>>,
        size: usize,
        header: bool,
        files: u32,
    },
    Sort {
        lines: Vec<Vec<u8>>,
        size: usize,
        numeric: bool,
        human: bool,
        reverse: bool,
        unique: bool,
        key: Option<(usize, Option<usize>)>,
        separator: Option<char>,
        fold: bool,
    },
    Uniq {
        last: Option<Vec<u8>>,
        count: u64,
        counted: bool,
        repeated: bool,
        single: bool,
    },
    Wc {
        lines: u64,
        words: u64,
        bytes: u64,
        chars: u64,
        in_word: bool,
        show: String,
        name: String,
        totals: Vec<(u64, u64, u64)>,
    },
    Cut {
        fields: Vec<(usize, usize)>,
        by: CutBy,
        only_delimited: bool,
    },
    Tr {
        map: BTreeMap<u8, u8>,
        delete: Vec<u8>,
        squeeze: Vec<u8>,
        last: Option<u8>,
    },
    Tee {
        fds: Vec<u32>,
    },
    /// All bytes, coded or decoded at the end.
    Base64 {
        decode: bool,
        wrap: usize,
        held: Vec<u8>,
    },
    /// A check sum of each file.
    Sum {
        sum: super::digest::Sum,
        held: Vec<u8>,
        name: String,
    },
    Rev,
    Tac {
        lines: Vec<Vec<u8>>,
        size: usize,
    },
    Nl {
        count: u64,
    },
}

#[derive(Clone, Debug)]
pub(in crate::os) enum CutBy {
    Field(char, String),
    Character,
}

impl Lines {
    pub fn takes_bytes(&self) -> bool {
        matches!(
            self,
            Lines::Wc { .. }
                | Lines::Tr { .. }
                | Lines::Base64 { .. }
                | Lines::Sum { .. }
                | Lines::Tee { .. }
                | Lines::Tail { bytes: true, .. }
        )
    }

    pub fn begin(&mut self, path: &str, out: &mut Output) {
        match self {
            Lines::Wc { name, .. } | Lines::Sum { name, .. } => path.clone_into(name),
            Lines::Tail { header: true, files, .. } => {
                let gap = if *files > 0 { "\n" } else { "" };
                *files += 1;
                out.text(1, &format!("{gap}==> {path} <==\n"));
            }
            _ => {}
        }
    }

    pub fn bytes(&mut self, data: &[u8], out: &mut Output) {
        match self {
            Lines::Base64 { held, .. } | Lines::Sum { held, .. } => {
                held.extend(&data[..data.len().min(HELD_MAX - held.len())]);
            }
            Lines::Wc { lines, words, bytes, chars, in_word, .. } => {
                *bytes += data.len() as u64;
                for byte in data {
                    *lines += u64::from(*byte == b'\n');
                    *chars += u64::from(byte & 0xc0 != 0x80);
                    let inside = !byte.is_ascii_whitespace();
                    *words += u64::from(inside && !*in_word);
                    *in_word = inside;
                }
            }
            Lines::Tr { map, delete, squeeze, last, .. } => {
                let mut result = Vec::with_capacity(data.len());
                for byte in data.iter().filter(|byte| !delete.contains(byte)) {
                    let byte = *map.get(byte).unwrap_or(byte);
                    if *last == Some(byte) && squeeze.contains(&byte) {
                        continue;
                    }
                    *last = Some(byte);
                    result.push(byte);
                }
                out.push(1, &result);
            }
            Lines::Tee { fds } => {
                out.push(1, data);
                for fd in fds {
                    out.push(*fd, data);
                }
            }
            Lines::Tail { keep, from, seen, held, .. } => {
                let bytes = held.pop_front().unwrap_or_default();
                let mut all = bytes;
                if let Some(from) = from {
                    let skip = (*from - 1).saturating_sub(*seen).min(data.len() as u64) as usize;
                    out.push(1, &data[skip..]);
                    *seen += data.len() as u64;
                } else {
                    all.extend_from_slice(data);
                    let cut = all.len().saturating_sub(*keep);
                    all.drain(..cut);
                    held.push_back(all);
                }
            }
            _ => {}
        }
    }

    pub fn line(&mut self, line: &[u8], ended: bool, out: &mut Output) -> More {
        match self {
            Lines::Tail { keep, from, seen, held, size, .. } => {
                *seen += 1;
                let mut line = line.to_vec();
                if ended {
                    line.push(b'\n');
                }
                match from {
                    Some(from) if *seen >= *from => out.push(1, &line),
                    Some(_) => {}
                    None => {
                        *size += line.len();
                        held.push_back(line);
                        while held.len() > *keep || *size > HELD_MAX {
                            let Some(gone) = held.pop_front() else { break };
                            *size -= gone.len();
                        }
                    }
                }
            }
            Lines::Sort { lines, size, .. } | Lines::Tac { lines, size } => {
                *size += line.len() + 1;
                if *size > HELD_MAX {
                    out.text(2, "out of memory\n");
                    return More::Done(2);
                }
                lines.push(line.to_vec());
            }
            Lines::Uniq { .. } => self.unique(line, out),
            Lines::Cut { fields, by, only_delimited } => {
                cut_line(&String::from_utf8_lossy(line), fields, by, *only_delimited, out);
            }
            Lines::Rev => {
                let reversed: String = String::from_utf8_lossy(line).chars().rev().collect();
                out.text(1, &format!("{reversed}\n"));
            }
            Lines::Nl { count } => {
                if line.is_empty() {
                    out.text(1, "       \n");
                } else {
                    *count += 1;
                    out.text(1, &format!("{count:6}\t{}\n", String::from_utf8_lossy(line)));
                }
            }
            Lines::Wc { .. }
            | Lines::Tr { .. }
            | Lines::Base64 { .. }
            | Lines::Sum { .. }
            | Lines::Tee { .. } => {}
        }
        More::Yes
    }

    fn unique(&mut self, line: &[u8], out: &mut Output) {
        let Lines::Uniq { last, count, .. } = self else { return };
        if last.as_deref() == Some(line) {
            *count += 1;
            return;
        }
        self.end(out);
        if let Lines::Uniq { last, count, .. } = self {
            *last = Some(line.to_vec());
            *count = 1;
        }
    }

    pub fn end_file(&mut self, out: &mut Output) {
        match self {
            Lines::Wc { lines, words, bytes, chars, in_word, show, name, totals } => {
                let label = if name == "-" { "" } else { name };
                out.text(
                    1,
                    &wc_line(&[('l', *lines), ('w', *words), ('m', *chars), ('c', *bytes)], show, label),
                );
                totals.push((*lines, *words, *bytes));
                (*lines, *words, *bytes, *chars, *in_word) = (0, 0, 0, 0, false);
            }
            Lines::Sum { sum, held, name } => {
                let line = format!("{}  {name}\n", sum.hex(&std::mem::take(held)));
                out.text(1, &line);
            }
            Lines::Tail { held, seen, size, .. } => {
                for line in std::mem::take(held) {
                    out.push(1, &line);
                }
                (*seen, *size) = (0, 0);
            }
            _ => {}
        }
    }

    pub fn end(&mut self, out: &mut Output) {
        match self {
            Lines::Base64 { decode, wrap, held } => super::base64::code(held, *decode, *wrap, out),
            Lines::Wc { totals, show, .. } if totals.len() > 1 => {
                let sum = totals
                    .iter()
                    .fold((0, 0, 0), |sum, next| (sum.0 + next.0, sum.1 + next.1, sum.2 + next.2));
                out.text(1, &wc_line(&[('l', sum.0), ('w', sum.1), ('c', sum.2)], show, "total"));
            }
            Lines::Tail { held, .. } => {
                for line in std::mem::take(held) {
                    out.push(1, &line);
                }
            }
            Lines::Sort { .. } => self.print_sorted(out),
            Lines::Tac { lines, .. } => {
                for line in lines.iter().rev() {
                    out.push(1, line);
                    out.text(1, "\n");
                }
            }
            Lines::Uniq { last, count, counted, repeated, single } => {
                let wanted = !(*repeated && *count < 2 || *single && *count > 1);
                if let Some(line) = last.take().filter(|_| wanted) {
                    let prefix = if *counted { format!("{count:7} ") } else { String::new() };
                    out.text(1, &prefix);
                    out.push(1, &line);
                    out.text(1, "\n");
                }
            }
            _ => {}
        }
    }

    fn print_sorted(&mut self, out: &mut Output) {
        let Lines::Sort { lines, numeric, human, reverse, unique, key, separator, fold, .. } = self else {
            return;
        };
        let mut keyed: Vec<(String, String)> = std::mem::take(lines)
            .into_iter()
            .map(|line| String::from_utf8_lossy(&line).into_owned())
            .map(|line| (sort_key(&line, *key, *separator), line))
            .collect();
        let compare = |left: &(String, String), right: &(String, String)| {
            if *human {
                human_value(&left.0).total_cmp(&human_value(&right.0))
            } else if *numeric {
                leading_number(&left.0).total_cmp(&leading_number(&right.0))
            } else if *fold {
                left.0.to_lowercase().cmp(&right.0.to_lowercase())
            } else {
                left.0.cmp(&right.0)
            }
        };
        keyed.sort_by(|left, right| {
            let order = compare(left, right);
            let order = if *reverse { order.reverse() } else { order };
            order.then_with(|| {
                if *unique {
                    std::cmp::Ordering::Equal
                } else if *reverse {
                    right.1.cmp(&left.1)
                } else {
                    left.1.cmp(&right.1)
                }
            })
        });
        if *unique {
            keyed.dedup_by(|next, first| compare(next, first).is_eq());
        }
        for (_, line) in keyed {
            out.text(1, &line);
            out.text(1, "\n");
        }
    }
}

fn wc_line(counts: &[(char, u64)], show: &str, label: &str) -> String {
    let shown: Vec<u64> =
        counts.iter().filter(|(letter, _)| show.contains(*letter)).map(|(_, count)| *count).collect();
    let numbers = if shown.len() == 1 {
        shown[0].to_string()
    } else {
        shown.iter().map(|count| format!("{count:9}")).collect::<Vec<_>>().join(" ")
    };
    if label.is_empty() { format!("{numbers}\n") } else { format!("{numbers} {label}\n") }
}

fn sort_key(line: &str, key: Option<(usize, Option<usize>)>, separator: Option<char>) -> String {
    let Some((from, to)) = key else { return line.to_owned() };
    let fields: Vec<&str> = match separator {
        Some(separator) => line.split(separator).collect(),
        None => line.split_whitespace().collect(),
    };
    let to = to.unwrap_or(fields.len()).min(fields.len());
    fields.get(from - 1..to).unwrap_or_default().join(" ")
}

/// The number a text begins with, 0 if none.
pub(in super::super) fn leading_number(text: &str) -> f64 {
    let text = text.trim_start();
    let end = text
        .char_indices()
        .find(|(at, letter)| {
            !(letter.is_ascii_digit() || *letter == '.' || (*at == 0 && matches!(letter, '-' | '+')))
        })
        .map_or(text.len(), |(at, _)| at);
    (1..=end).rev().find_map(|end| text.get(..end)?.parse().ok()).unwrap_or(0.0)
}

fn human_value(text: &str) -> f64 {
    let unit = text.trim().chars().find(char::is_ascii_alphabetic);
    let power =
        unit.and_then(|letter| "KMGTP".find(letter.to_ascii_uppercase())).map_or(0, |index| index as i32 + 1);
    leading_number(text) * 1024f64.powi(power)
}

fn cut_line(line: &str, fields: &[(usize, usize)], by: &CutBy, only_delimited: bool, out: &mut Output) {
    let chosen = |number: usize| fields.iter().any(|(from, to)| (*from..=*to).contains(&number));
    let text = match by {
        CutBy::Character => line
            .chars()
            .enumerate()
            .filter(|(index, _)| chosen(index + 1))
            .map(|(_, letter)| letter)
            .collect(),
        CutBy::Field(delimiter, _) if !line.contains(*delimiter) => {
            if only_delimited {
                return;
            }
            line.to_owned()
        }
        CutBy::Field(delimiter, joint) => line
            .split(*delimiter)
            .enumerate()
            .filter(|(index, _)| chosen(index + 1))
            .map(|(_, field)| field)
            .collect::<Vec<_>>()
            .join(joint),
    };
    out.text(1, &text);
    out.text(1, "\n");
}
