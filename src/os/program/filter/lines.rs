//! The small filters: `cat`, `head`, `tail`, `sort`, `uniq`, `wc`, `cut`, `tr`, `tee`, `rev`, `tac`, `nl`.

use std::collections::{BTreeMap, VecDeque};

use super::super::{Call, Output, Program, text};
use super::{Filter, HELD_MAX, Kind, More, options};

#[derive(Clone, Debug)]
pub(in super::super) enum Lines {
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
        complement: bool,
        last: Option<u8>,
    },
    Tee {
        fds: Vec<u32>,
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
pub(in super::super) enum CutBy {
    Field(char, String),
    Character,
}

pub(in super::super) fn cat(call: &mut Call<'_, '_>) -> Program {
    match options(call, "nAevtu", &[]) {
        Ok(options) => {
            let number = options.has('n');
            Filter::start(call, options.rest, Kind::Cat { number, count: 0 })
        }
        Err(failed) => failed,
    }
}

/// `-5` as `-n 5`.
fn with_old_count(call: &mut Call<'_, '_>) {
    if let Some(first) = call
        .argv
        .get(1)
        .and_then(|word| word.strip_prefix('-'))
        .filter(|rest| !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_digit()))
        .map(str::to_owned)
    {
        call.argv.splice(1..2, ["-n".to_owned(), first]);
    }
}

/// A count with a unit: `10`, `2k`, `1M`.
pub(in super::super) fn size(text: &str) -> Option<u64> {
    let digits = text.trim_end_matches(|letter: char| letter.is_ascii_alphabetic());
    let unit: u64 = match &text[digits.len()..] {
        "" | "c" => 1,
        "b" => 512,
        "k" | "K" | "KB" | "kB" | "KiB" | "Ki" => 1 << 10,
        "m" | "M" | "MB" | "MiB" | "Mi" => 1 << 20,
        "g" | "G" | "GB" | "GiB" | "Gi" => 1 << 30,
        _ => return None,
    };
    digits.parse::<u64>().ok()?.checked_mul(unit)
}

pub(in super::super) fn head(call: &mut Call<'_, '_>) -> Program {
    with_old_count(call);
    let options = match options(call, "n:c:qv", &[("lines", 'n'), ("bytes", 'c')]) {
        Ok(options) => options,
        Err(failed) => return failed,
    };
    for letter in ['n', 'c'] {
        if let Some(bad) = options.value(letter).filter(|value| size(value.trim_start_matches('-')).is_none())
        {
            let text = format!("invalid number '{bad}'");
            return call.fail(&text);
        }
    }
    let bytes = options.value('c').and_then(size);
    let lines = options.value('n').and_then(size);
    if lines == Some(0) || bytes == Some(0) {
        return call.done(0);
    }
    Filter::start(call, options.rest, Kind::Head { lines, bytes })
}

pub(in super::super) fn tail(call: &mut Call<'_, '_>) -> Program {
    with_old_count(call);
    let options = match options(call, "n:c:fFqvs:", &[("lines", 'n'), ("bytes", 'c'), ("follow", 'f')]) {
        Ok(options) => options,
        Err(failed) => return failed,
    };
    let bytes = options.value('c').is_some();
    let count = options.value('c').or_else(|| options.value('n')).unwrap_or("10").to_owned();
    let Some(number) = size(count.trim_start_matches(['+', '-'])) else {
        let text = format!("invalid number '{count}'");
        return call.fail(&text);
    };
    if options.rest.len() == 1 && options.rest[0] == "/dev/zero" {
        return super::super::load::endless_tail(call);
    }
    let from = count.starts_with('+').then_some(number.max(1));
    let header = options.rest.len() > 1 && !options.has('q');
    let kind = Lines::Tail {
        keep: number.min(HELD_MAX as u64) as usize,
        from,
        bytes,
        seen: 0,
        held: VecDeque::new(),
        size: 0,
        header,
        files: 0,
    };
    let follow = options.last_of("fF");
    let program = Filter::start(call, options.rest, Kind::Lines(kind));
    match follow {
        Some(letter) => Filter::following(program, letter == 'F'),
        None => program,
    }
}

pub(in super::super) fn sort(call: &mut Call<'_, '_>) -> Program {
    let options = match options(
        call,
        "nrugfbhk:t:o:dVsMzc",
        &[
            ("numeric-sort", 'n'),
            ("reverse", 'r'),
            ("unique", 'u'),
            ("key", 'k'),
            ("human-numeric-sort", 'h'),
        ],
    ) {
        Ok(options) => options,
        Err(failed) => return failed,
    };
    let key_text = options.value('k').unwrap_or_default().to_owned();
    let letters: String = key_text.chars().filter(char::is_ascii_alphabetic).collect();
    let number = |text: &str| {
        text.trim_end_matches(|letter: char| letter.is_ascii_alphabetic())
            .split('.')
            .next()
            .and_then(|number| number.parse::<usize>().ok())
            .filter(|number| *number > 0)
    };
    let key = key_text
        .split(',')
        .next()
        .and_then(number)
        .map(|from| (from, key_text.split(',').nth(1).and_then(number)));
    let lines = Lines::Sort {
        lines: Vec::new(),
        size: 0,
        numeric: options.has('n') || options.has('g') || letters.contains('n') || letters.contains('g'),
        human: options.has('h') || letters.contains('h'),
        reverse: options.has('r') || letters.contains('r'),
        unique: options.has('u'),
        key,
        separator: options.value('t').and_then(|text| text.chars().next()),
        fold: options.has('f'),
    };
    Filter::start(call, options.rest, Kind::Lines(lines))
}

pub(in super::super) fn uniq(call: &mut Call<'_, '_>) -> Program {
    match options(call, "cduif:s:w:", &[("count", 'c'), ("repeated", 'd'), ("unique", 'u')]) {
        Ok(options) => {
            let lines = Lines::Uniq {
                last: None,
                count: 0,
                counted: options.has('c'),
                repeated: options.has('d'),
                single: options.has('u'),
            };
            Filter::start(call, options.rest.into_iter().take(1).collect(), Kind::Lines(lines))
        }
        Err(failed) => failed,
    }
}

pub(in super::super) fn wc(call: &mut Call<'_, '_>) -> Program {
    match options(call, "lwcmL", &[("lines", 'l'), ("words", 'w'), ("bytes", 'c'), ("chars", 'm')]) {
        Ok(options) => {
            let asked: String = "lwmc".chars().filter(|letter| options.has(*letter)).collect();
            let show = if asked.is_empty() { "lwc".to_owned() } else { asked };
            let lines = Lines::Wc {
                lines: 0,
                words: 0,
                bytes: 0,
                chars: 0,
                in_word: false,
                show,
                name: String::new(),
                totals: Vec::new(),
            };
            Filter::start(call, options.rest, Kind::Lines(lines))
        }
        Err(failed) => failed,
    }
}

/// `1,3-5,7-` as ranges.
fn ranges(text: &str) -> Option<Vec<(usize, usize)>> {
    let range = |part: &str| {
        let (from, to) = part.split_once('-').unwrap_or((part, part));
        let from = if from.is_empty() { 1 } else { from.parse().ok()? };
        let to = if to.is_empty() { usize::MAX } else { to.parse().ok()? };
        (from > 0).then_some((from, to))
    };
    text.split(',').map(range).collect()
}

pub(in super::super) fn cut(call: &mut Call<'_, '_>) -> Program {
    let options = match options(
        call,
        "f:d:c:b:sn",
        &[
            ("fields", 'f'),
            ("delimiter", 'd'),
            ("characters", 'c'),
            ("bytes", 'b'),
            ("output-delimiter", 'o'),
        ],
    ) {
        Ok(options) => options,
        Err(failed) => return failed,
    };
    let delimiter = options.value('d').and_then(|text| text.chars().next()).unwrap_or('\t');
    let (list, by) = match (options.value('f'), options.value('c').or_else(|| options.value('b'))) {
        (Some(fields), _) => (fields, CutBy::Field(delimiter, delimiter.to_string())),
        (None, Some(characters)) => (characters, CutBy::Character),
        (None, None) => return call.fail("expected a list of bytes, characters, or fields"),
    };
    if let Some(fields) = ranges(list) {
        let only_delimited = options.has('s');
        Filter::start(call, options.rest.clone(), Kind::Lines(Lines::Cut { fields, by, only_delimited }))
    } else {
        let text = format!("invalid range '{list}'");
        call.fail(&text)
    }
}

/// The characters of a `tr` set.
fn tr_set(source: &str) -> Vec<u8> {
    let class = |name: &str| -> Option<Vec<u8>> {
        let all = 0u8..=127;
        Some(match name {
            "[:upper:]" => all.filter(u8::is_ascii_uppercase).collect(),
            "[:lower:]" => all.filter(u8::is_ascii_lowercase).collect(),
            "[:digit:]" => all.filter(u8::is_ascii_digit).collect(),
            "[:alpha:]" => all.filter(u8::is_ascii_alphabetic).collect(),
            "[:alnum:]" => all.filter(u8::is_ascii_alphanumeric).collect(),
            "[:space:]" => vec![b' ', b'\t', b'\n', b'\r', 11, 12],
            "[:punct:]" => all.filter(u8::is_ascii_punctuation).collect(),
            _ => return None,
        })
    };
    let mut result = Vec::new();
    let mut rest = source;
    while !rest.is_empty() {
        if rest.starts_with("[:")
            && let Some(end) = rest.find(":]")
            && let Some(letters) = class(&rest[..end + 2])
        {
            result.extend(letters);
            rest = &rest[end + 2..];
            continue;
        }
        let take = if rest.starts_with('\\') {
            rest.char_indices().nth(2).map_or(rest.len(), |(at, _)| at)
        } else {
            rest.char_indices().nth(1).map_or(rest.len(), |(at, _)| at)
        };
        let letters = text::unescape(&rest[..take], false).0;
        rest = &rest[take..];
        if let (Some(range), [first]) =
            (rest.strip_prefix('-').filter(|range| !range.is_empty()), letters.as_slice())
        {
            let last = range.bytes().next().unwrap_or(*first);
            result.extend(*first..=last);
            rest = range.char_indices().nth(1).map_or("", |(at, _)| &range[at..]);
        } else {
            result.extend(letters);
        }
    }
    result
}

pub(in super::super) fn tr(call: &mut Call<'_, '_>) -> Program {
    let options =
        match options(call, "dscC", &[("delete", 'd'), ("squeeze-repeats", 's'), ("complement", 'c')]) {
            Ok(options) => options,
            Err(failed) => return failed,
        };
    let sets: Vec<Vec<u8>> = options.rest.iter().map(|set| tr_set(set)).collect();
    let Some(first) = sets.first().cloned() else { return call.fail("missing operand") };
    let complement = options.has('c') || options.has('C');
    let second = sets.get(1).cloned().unwrap_or_default();
    let from: Vec<u8> =
        if complement { (0..=255).filter(|byte| !first.contains(byte)).collect() } else { first.clone() };
    let delete = if options.has('d') { from.clone() } else { Vec::new() };
    let map = match second.last() {
        Some(last) if !options.has('d') => {
            from.iter().enumerate().map(|(index, byte)| (*byte, *second.get(index).unwrap_or(last))).collect()
        }
        _ => BTreeMap::new(),
    };
    let squeeze = if options.has('s') { sets.get(1).cloned().unwrap_or(from) } else { Vec::new() };
    Filter::start(call, Vec::new(), Kind::Lines(Lines::Tr { map, delete, squeeze, complement, last: None }))
}

pub(in super::super) fn tee(call: &mut Call<'_, '_>) -> Program {
    let options = match options(call, "ai", &[("append", 'a')]) {
        Ok(options) => options,
        Err(failed) => return failed,
    };
    let mut fds = Vec::new();
    for path in &options.rest {
        match call.ctx.writable_kind(path, options.has('a'), false) {
            Ok(opened) => {
                let file = match opened {
                    super::super::Opened::Kind(kind) => call.ctx.sys.open(kind),
                    super::super::Opened::Same(file) => file,
                };
                fds.push(call.ctx.install(file));
            }
            Err(error) => call.complain(&format!("{path}: {error}")),
        }
    }
    Filter::start(call, Vec::new(), Kind::Lines(Lines::Tee { fds }))
}

pub(in super::super) fn rev(call: &mut Call<'_, '_>) -> Program {
    let files = call.args();
    Filter::start(call, files, Kind::Lines(Lines::Rev))
}

pub(in super::super) fn tac(call: &mut Call<'_, '_>) -> Program {
    let files = call.args();
    Filter::start(call, files, Kind::Lines(Lines::Tac { lines: Vec::new(), size: 0 }))
}

pub(in super::super) fn nl(call: &mut Call<'_, '_>) -> Program {
    let files = call.args().into_iter().filter(|word| !word.starts_with('-')).collect();
    Filter::start(call, files, Kind::Lines(Lines::Nl { count: 0 }))
}

impl Lines {
    pub fn takes_bytes(&self) -> bool {
        matches!(
            self,
            Lines::Wc { .. } | Lines::Tr { .. } | Lines::Tee { .. } | Lines::Tail { bytes: true, .. }
        )
    }

    pub fn begin(&mut self, path: &str, out: &mut Output) {
        match self {
            Lines::Wc { name, .. } => path.clone_into(name),
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
            Lines::Uniq { last, count, .. } => {
                if last.as_deref() == Some(line) {
                    *count += 1;
                } else {
                    self.end(out);
                    if let Lines::Uniq { last, count, .. } = self {
                        *last = Some(line.to_vec());
                        *count = 1;
                    }
                }
            }
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
            Lines::Wc { .. } | Lines::Tr { .. } | Lines::Tee { .. } => {}
        }
        More::Yes
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
