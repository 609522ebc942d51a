//! Redis: strings, counters, lists, sets and hashes in memory, with expiry; what it holds is written to `dump.rdb` at its end, in podlab's
//! own format, and read at its start. Answers are in Redis's protocol; `redis-cli` makes text of them.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::net::SocketAddrV4;

mod command;
mod reply;
mod value;

use super::super::super::signal::Signal;
use super::super::{Call, Ctx, Program};
use super::{Kind, start};
use crate::kube::SimTime;
use value::Value;

/// Between the words of a command that a client sends; the first is the password it knows.
pub(in crate::os) const FIELD: char = '\u{1f}';
/// Bytes of keys and values at most; the program's own size is not counted.
const HELD_MAX: usize = 4 << 20;

/// A running Redis.
#[derive(Clone, Debug)]
pub(in crate::os) struct Redis {
    data: BTreeMap<String, (Value, Option<SimTime>)>,
    settings: BTreeMap<String, String>,
    version: String,
    dump: String,
    ended: bool,
}

pub(in super::super) fn redis(call: &mut Call<'_, '_>) -> Program {
    let settings = settings(call);
    let port = settings.get("port").and_then(|port| port.parse().ok()).unwrap_or(6379);
    let stamp = super::super::info::strftime(call.ctx.wall(), "%d %b %Y %H:%M:%S");
    let millis = call.ctx.now().0 % 1000;
    let pid = call.ctx.key.pid;
    call.line(&format!("{pid}:C {stamp}.{millis:03} * oO0OoO0OoO0Oo Redis is starting oO0OoO0OoO0Oo"));
    let sockets = sockets(call, settings.get("bind").map_or("*", String::as_str), port);
    if let Some((at, error)) = super::refused(call, &sockets) {
        let host = if at.ip().is_unspecified() { "*".to_owned() } else { at.ip().to_string() };
        call.line(&format!("{pid}:M {stamp}.{millis:03} # Warning: Could not create server TCP listening socket {host}:{port}: bind: {error}\n{pid}:M {stamp}.{millis:03} # Failed listening on port {port} (tcp), aborting."));
        return call.done(1);
    }
    call.line(&format!("{pid}:M {stamp}.{millis:03} * Server initialized\n{pid}:M {stamp}.{millis:03} * Ready to accept connections tcp"));
    let version = call.variable("REDIS_VERSION").unwrap_or_else(|| "7.4.6".to_owned());
    let folder = settings.get("dir").cloned().unwrap_or_else(|| call.ctx.process().cwd.clone());
    let dump = format!("{}/dump.rdb", folder.trim_end_matches('/'));
    let mut redis = Redis { data: BTreeMap::new(), settings, version, dump: dump.clone(), ended: false };
    let saved = call.files(&dump).and_then(|files| files.read(&dump)).unwrap_or_default();
    redis.load(&String::from_utf8_lossy(&saved));
    Program::Server(Box::new(start(call, Kind::Redis(Box::new(redis)), &sockets, 8 << 20)))
}

/// Where it is to listen; a dash before an address says that it may be missing.
fn sockets(call: &mut Call<'_, '_>, bind: &str, port: u16) -> Vec<SocketAddrV4> {
    let hosts = bind.split_whitespace().map(|host| host.trim_start_matches('-'));
    let mut sockets: Vec<SocketAddrV4> =
        hosts.filter(|host| *host != "::*").map(|host| super::socket(call.ctx, host, port)).collect();
    sockets.sort_unstable();
    sockets.dedup();
    sockets
}

/// Settings of the configuration file, then of the command line.
fn settings(call: &mut Call<'_, '_>) -> BTreeMap<String, String> {
    let mut settings: BTreeMap<String, String> = [
        ("maxmemory", "0"),
        ("maxmemory-policy", "noeviction"),
        ("appendonly", "no"),
        ("save", "3600 1 300 100 60 10000"),
        ("databases", "16"),
        ("port", "6379"),
        ("bind", "* -::*"),
        ("requirepass", ""),
        ("timeout", "0"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into();
    let words = call.args();
    let mut words = words.as_slice();
    if let Some((file, rest)) = words.split_first().filter(|(file, _)| !file.starts_with('-')) {
        let text = call.files(file).and_then(|files| files.read(file)).unwrap_or_default();
        for line in
            String::from_utf8_lossy(&text).lines().map(str::trim).filter(|line| !line.starts_with('#'))
        {
            if let Some((name, value)) = line.split_once(char::is_whitespace) {
                set(&mut settings, name, value.trim().trim_matches('"'));
            }
        }
        words = rest;
    }
    for group in words
        .split(|word| word.starts_with("--"))
        .skip(1)
        .zip(words.iter().filter(|word| word.starts_with("--")))
    {
        set(&mut settings, group.1.trim_start_matches('-'), &group.0.join(" "));
    }
    settings
}

/// Sizes are kept in bytes, as `CONFIG GET` shows them.
fn set(settings: &mut BTreeMap<String, String>, name: &str, value: &str) {
    let name = name.to_ascii_lowercase();
    let sized = (name == "maxmemory").then(|| super::super::filter_size(value)).filter(|bytes| *bytes > 0);
    settings.insert(name, sized.map_or_else(|| value.to_owned(), |bytes| bytes.to_string()));
}

impl Redis {
    /// Answers one command: its words, one a line (words may hold blanks), or one line of words.
    pub(super) fn answer(&mut self, payload: &[u8], now: SimTime) -> Vec<u8> {
        let text = String::from_utf8_lossy(payload).into_owned();
        let words: Vec<String> = if text.contains(FIELD) {
            text.split(FIELD).map(str::to_owned).collect()
        } else {
            text.split_whitespace().map(str::to_owned).collect()
        };
        // The first word is the password the client knows.
        let (given, words) = match words.split_first() {
            Some((given, rest)) if text.contains(FIELD) => (given.clone(), rest),
            _ => (String::new(), words.as_slice()),
        };
        let wanted = self.settings.get("requirepass").cloned().unwrap_or_default();
        let Some((name, words)) = words.split_first() else { return Vec::new() };
        if !wanted.is_empty() && given != wanted && !name.eq_ignore_ascii_case("auth") {
            return b"-NOAUTH Authentication required.\r\n".to_vec();
        }
        self.data.retain(|_, (_, until)| until.is_none_or(|until| until > now));
        self.command(&name.to_ascii_lowercase(), words, now).into_bytes()
    }

    pub(super) fn shut_down(&self) -> bool {
        self.ended
    }

    /// What is kept, as text: a line for each key.
    fn dump(&self) -> String {
        let mut text = "REDIS0011 podlab\n".to_owned();
        for (key, (value, _)) in &self.data {
            if let Value::Text(value) = value {
                let _ = writeln!(text, "{}\t{}", key.escape_default(), value.escape_default());
            }
        }
        text
    }

    fn load(&mut self, text: &str) {
        for line in text.lines().skip(1) {
            if let Some((key, value)) = line.split_once('\t') {
                let unescape = |text: &str| {
                    String::from_utf8_lossy(&super::super::text::unescape(text, false).0).into_owned()
                };
                self.data.insert(unescape(key), (Value::Text(unescape(value)), None));
            }
        }
    }

    /// Says goodbye and writes down what it holds.
    pub(super) fn finish(&mut self, signal: Signal, ctx: &mut Ctx<'_>) -> String {
        let stamp = super::super::info::strftime(ctx.wall(), "%d %b %Y %H:%M:%S.000");
        let pid = ctx.key.pid;
        let name = if signal == Signal::INT { "SIGINT" } else { "SIGTERM" };
        let saves = self.settings.get("save").is_some_and(|save| !save.is_empty());
        let mut words = format!(
            "{pid}:signal-handler Received {name} scheduling shutdown...\n{pid}:M {stamp} * User requested shutdown...\n"
        );
        if saves {
            let (path, text) = (self.dump.clone(), self.dump());
            let saved = ctx.files(&path).is_some_and(|mut files| files.write(&path, text.as_bytes()).is_ok());
            let _ = writeln!(words, "{pid}:M {stamp} * Saving the final RDB snapshot before exiting.");
            if saved {
                let _ = writeln!(words, "{pid}:M {stamp} * DB saved on disk");
            }
        }
        let _ = writeln!(words, "{pid}:M {stamp} # Redis is now ready to exit, bye bye...");
        words
    }
}
