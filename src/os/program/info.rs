//! Programs that say something about the machine, the process or the time.

use super::super::process::ProcKey;
use super::super::system::Step;
use super::filter::options;
use super::{Call, Ctx, Flushed, Output, Program};
use k8s_openapi::jiff::Timestamp;

/// A time by a format of date(1).
pub(super) fn strftime(at: Timestamp, format: &str) -> String {
    let zoned = at.to_zoned(k8s_openapi::jiff::tz::TimeZone::UTC);
    let format = format.replace("%N", "000000000");
    k8s_openapi::jiff::fmt::strtime::format(&format, &zoned).unwrap_or_else(|_| format.clone())
}

pub(super) fn date(call: &mut Call<'_, '_>) -> Program {
    // The value of -I is optional and hangs on it.
    let (iso, words): (Vec<String>, Vec<String>) =
        call.args().into_iter().partition(|word| word.starts_with("-I") || word.starts_with("--iso"));
    call.argv.truncate(1);
    call.argv.extend(words);
    let options = match options(call, "uRd:D:r:s:", &[("utc", 'u'), ("date", 'd'), ("rfc-email", 'R')]) {
        Ok(options) => options,
        Err(failed) => return failed,
    };
    if options.value('s').is_some() {
        return call
            .fail("podlab: date -s is not simulated (`fault clock-jump NODE 1h` sets the clock of a node)");
    }
    let mut at = call.ctx.wall();
    if let Some(wanted) = options.value('d').filter(|wanted| *wanted != "now") {
        let seconds = wanted.strip_prefix('@').and_then(|text| text.parse::<i64>().ok());
        match seconds.and_then(|seconds| Timestamp::from_second(seconds).ok()) {
            Some(moment) => at = moment,
            None => {
                return call
                    .fail(&format!("podlab: date -d {wanted} is not simulated (date -d @SECONDS is)"));
            }
        }
    }
    let format = options.rest.iter().find_map(|word| word.strip_prefix('+')).map(str::to_owned);
    let default = match iso
        .first()
        .map(|word| word.trim_start_matches("-I").trim_start_matches("--iso-8601").trim_start_matches('='))
    {
        Some("seconds" | "s") => "%Y-%m-%dT%H:%M:%S+00:00",
        Some("minutes") => "%Y-%m-%dT%H:%M+00:00",
        Some("hours") => "%Y-%m-%dT%H+00:00",
        Some(_) => "%Y-%m-%d",
        None if options.has('R') => "%a, %d %b %Y %H:%M:%S +0000",
        None => "%a %b %e %H:%M:%S UTC %Y",
    };
    let text = strftime(at, format.as_deref().unwrap_or(default));
    call.line(&text);
    call.done(0)
}

pub(super) fn printenv(call: &mut Call<'_, '_>) -> Program {
    let words = call.args();
    let env = call.ctx.process().env.as_ref().clone();
    let mut code = 0;
    for (name, value) in env.iter().filter(|_| words.is_empty()) {
        call.line(&format!("{name}={value}"));
    }
    for word in &words {
        match env.iter().find(|(name, _)| name == word) {
            Some((_, value)) => call.line(value),
            None => code = 1,
        }
    }
    call.done(code)
}

pub(super) fn hostname(call: &mut Call<'_, '_>) -> Program {
    let name = call.ctx.sys.hostname().to_owned();
    let letter = call.args().iter().find_map(|word| word.strip_prefix('-')?.chars().next());
    // The full name is the first that stands beside the host's address.
    let full = |call: &mut Call<'_, '_>| super::client::full_name(call.ctx, &name);
    let text = match letter {
        Some('i' | 'I') => call.ctx.sys.addresses.join(" "),
        Some('f') => full(call),
        Some('s') => name.split('.').next().unwrap_or_default().to_owned(),
        Some('d') => match full(call).split_once('.') {
            Some((_, domain)) => domain.to_owned(),
            None => return call.done(0),
        },
        _ => name,
    };
    call.line(&text);
    call.done(0)
}

/// All groups of a user as the kernel keeps them, by number; GNU's programs put the main one first.
fn groups_of(user: &crate::os::User, main_first: bool) -> Vec<u32> {
    let mut groups = user.groups.clone();
    groups.push(user.gid);
    groups.sort_by_key(|group| (main_first && *group != user.gid, *group));
    groups.dedup();
    groups
}

pub(super) fn id(call: &mut Call<'_, '_>) -> Program {
    let user = std::sync::Arc::clone(&call.ctx.process().user);
    let name = super::list::name_of(call.ctx, user.uid, "/etc/passwd");
    let group = super::list::name_of(call.ctx, user.gid, "/etc/group");
    let options = if call.name() == "groups" { "Gn".to_owned() } else { call.args().join("") };
    let text = if call.name() == "whoami" {
        if name.parse::<u32>().is_ok() {
            return call.fail(&format!("unknown uid {}", user.uid));
        }
        name
    } else if options.contains('u') {
        if options.contains('n') { name } else { user.uid.to_string() }
    } else if options.contains('g') {
        if options.contains('n') { group } else { user.gid.to_string() }
    } else if options.contains('G') {
        let named = options.contains('n');
        let shown = groups_of(&user, call.gnu())
            .into_iter()
            .map(|id| if named { super::list::name_of(call.ctx, id, "/etc/group") } else { id.to_string() });
        shown.collect::<Vec<_>>().join(" ")
    } else {
        let named = |id: u32, name: &str| {
            if name.parse::<u32>().is_ok() { id.to_string() } else { format!("{id}({name})") }
        };
        let mut groups = Vec::new();
        for id in groups_of(&user, call.gnu()) {
            let name = super::list::name_of(call.ctx, id, "/etc/group");
            groups.push(named(id, &name));
        }
        format!("uid={} gid={} groups={}", named(user.uid, &name), named(user.gid, &group), groups.join(","))
    };
    call.line(&text);
    call.done(0)
}

pub(super) fn uname(call: &mut Call<'_, '_>) -> Program {
    let letters: String = call
        .args()
        .iter()
        .flat_map(|word| word.trim_start_matches('-').chars().collect::<Vec<_>>())
        .collect();
    let host = call.ctx.sys.hostname().to_owned();
    let parts = [
        ('s', "Linux"),
        ('n', host.as_str()),
        ('r', crate::os::KERNEL),
        ('v', "#1 SMP"),
        ('m', "x86_64"),
        ('o', "GNU/Linux"),
    ];
    let wanted = |letter: char| {
        letters.contains('a') || letters.contains(letter) || (letters.is_empty() && letter == 's')
    };
    let text: Vec<&str> = parts.iter().filter(|(letter, _)| wanted(*letter)).map(|(_, text)| *text).collect();
    call.line(&text.join(" "));
    call.done(0)
}

pub(super) fn kill(call: &mut Call<'_, '_>) -> Program {
    let args = call.args();
    let (text, complaints) = super::super::shell::send_signals(&args, call.ctx);
    call.out.text(1, &text);
    for complaint in &complaints {
        call.error(complaint);
    }
    call.done(i32::from(!complaints.is_empty()))
}

/// `killall`, `pkill`, `pgrep`, `pidof`
pub(super) fn by_name(call: &mut Call<'_, '_>) -> Program {
    let name = call.name();
    let words = call.args();
    let signal = words
        .iter()
        .find_map(|word| word.strip_prefix('-'))
        .and_then(super::super::Signal::parse)
        .unwrap_or(super::super::Signal::TERM);
    let wanted: Vec<&String> = words.iter().filter(|word| !word.starts_with('-')).collect();
    let own = call.ctx.key;
    let full = words.iter().any(|word| word == "-f");
    let hits = |process: &super::Process| {
        let text = if full { process.command_line() } else { process.comm.to_string() };
        wanted.iter().any(|word| {
            if name.starts_with('p') && name != "pidof" {
                text.contains(word.as_str())
            } else {
                text == **word
            }
        })
    };
    let found: Vec<ProcKey> = call
        .ctx
        .sys
        .procs
        .iter()
        .filter(|(key, process)| key.namespace == own.namespace && **key != own && hits(process))
        .map(|(key, _)| *key)
        .collect();
    if found.is_empty() {
        if name == "killall" {
            let text = format!("{}: no process killed", wanted.first().map_or("", |word| word.as_str()));
            call.complain(&text);
        }
        return call.done(1);
    }
    match name.as_str() {
        "pgrep" => found.iter().for_each(|key| call.line(&key.pid.to_string())),
        "pidof" => {
            call.line(&found.iter().rev().map(|key| key.pid.to_string()).collect::<Vec<_>>().join(" "));
        }
        _ => {
            for key in &found {
                call.ctx.sys.send(*key, signal, false);
            }
        }
    }
    call.done(0)
}

pub(super) fn seq(call: &mut Call<'_, '_>) -> Program {
    let options = match super::Options::parse(&negative_numbers_are_no_options(call.args()), "ws:f:", &[]) {
        Ok(options) => options,
        Err(bad) => return call.bad_option(&bad),
    };
    let separator = options.value('s').map_or("\n".to_owned(), str::to_owned);
    let wide = options.has('w');
    let words: Vec<String> =
        options.rest.iter().map(|word| word.trim_start_matches('\u{0}').to_owned()).collect();
    let numbers: Vec<Option<f64>> = words.iter().map(|word| word.parse().ok()).collect();
    let (first, step, last) = match numbers.as_slice() {
        [Some(last)] => (1.0, 1.0, *last),
        [Some(first), Some(last)] => (*first, 1.0, *last),
        [Some(first), Some(step), Some(last)] if *step != 0.0 => (*first, *step, *last),
        _ => return call.fail("invalid number"),
    };
    let decimals = words
        .iter()
        .map(|word| word.split_once('.').map_or(0, |(_, digits)| digits.len()))
        .max()
        .unwrap_or(0);
    let count = ((last - first) / step + 1e-9).floor();
    if count > 1_000_000.0 {
        return call.fail("podlab: more than a million numbers");
    }
    if count < 0.0 {
        return call.done(0);
    }
    let shown: Vec<String> =
        (0..=count as i64).map(|index| format!("{:.decimals$}", first + step * index as f64)).collect();
    let width = shown.iter().map(String::len).max().filter(|_| wide).unwrap_or(0);
    let shown: Vec<String> = shown.into_iter().map(|text| format!("{text:0>width$}")).collect();
    call.line(&shown.join(&separator));
    call.done(0)
}

/// `-1` is a number; marked, so that it is not read as an option.
fn negative_numbers_are_no_options(words: Vec<String>) -> Vec<String> {
    let is_number = |word: &String| word.starts_with('-') && word.parse::<f64>().is_ok();
    words.into_iter().map(|word| if is_number(&word) { format!("\u{0}{word}") } else { word }).collect()
}

/// Cursor to the first place, then everything behind it cleared: what busybox writes.
pub(super) fn clear(call: &mut Call<'_, '_>) -> Program {
    call.out.text(1, "\x1b[H\x1b[J");
    call.done(0)
}

pub(super) fn basename(call: &mut Call<'_, '_>) -> Program {
    let words = call.args();
    let Some(path) = words.first().map(|path| path.trim_end_matches('/')) else {
        return call.fail("missing operand");
    };
    let name = path.rsplit('/').next().unwrap_or(path);
    let name = words
        .get(1)
        .and_then(|suffix| name.strip_suffix(suffix.as_str()))
        .filter(|name| !name.is_empty())
        .unwrap_or(name);
    call.line(if name.is_empty() { "/" } else { name });
    call.done(0)
}

pub(super) fn dirname(call: &mut Call<'_, '_>) -> Program {
    let words = call.args();
    let Some(path) = words.first().map(|path| path.trim_end_matches('/')) else {
        return call.fail("missing operand");
    };
    let folder =
        path.rsplit_once('/').map_or(".", |(folder, _)| if folder.is_empty() { "/" } else { folder });
    call.line(folder);
    call.done(0)
}

pub(super) fn pwd(call: &mut Call<'_, '_>) -> Program {
    let cwd = call.ctx.process().cwd.clone();
    call.line(&cwd);
    call.done(0)
}

pub(super) fn test(call: &mut Call<'_, '_>) -> Program {
    let mut args = call.args();
    if call.name() == "[" && args.pop().as_deref() != Some("]") {
        return call.fail("missing ]");
    }
    match super::super::shell::test::evaluate(&args, call.ctx) {
        Ok(truth) => call.done(i32::from(!truth)),
        Err(message) => {
            call.complain(&message);
            call.done(2)
        }
    }
}

pub(super) fn which(call: &mut Call<'_, '_>) -> Program {
    let path = call.variable("PATH").unwrap_or_else(|| super::super::DEFAULT_PATH.to_owned());
    let mut code = 0;
    for name in call.args() {
        let found = path.split(':').map(|folder| format!("{folder}/{name}")).find(|file| {
            call.files(file)
                .is_ok_and(|files| files.resolve(file, true).is_ok_and(|place| place.node.is_some()))
        });
        match found {
            Some(file) => call.line(&file),
            None => code = 1,
        }
    }
    call.done(code)
}

/// `yes`: the same line for ever.
#[derive(Clone, Debug)]
pub(in super::super) struct Yes {
    line: Vec<u8>,
    out: Output,
}

pub(super) fn yes(call: &mut Call<'_, '_>) -> Program {
    let words = call.args();
    let text = if words.is_empty() { "y".to_owned() } else { words.join(" ") };
    Program::Yes(Box::new(Yes { line: format!("{text}\n").into_bytes(), out: Output::default() }))
}

impl Yes {
    pub fn step(&mut self, ctx: &mut Ctx<'_>) -> Step {
        if self.out.held() == 0 {
            self.out.push(1, &self.line.repeat((1024 / self.line.len()).max(1)));
        }
        match self.out.flush(ctx) {
            Flushed::Clean => Step::Again,
            Flushed::Wait => Step::Wait(None),
            Flushed::Broken => ctx.broken_pipe(),
        }
    }
}
