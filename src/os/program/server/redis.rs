//! Redis: strings, counters, lists, sets and hashes in memory, with expiry; what it holds is written to `dump.rdb` at its end, in podlab's
//! own format, and read at its start. Answers are in Redis's protocol; `redis-cli` makes text of them.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fmt::Write;

use super::super::super::signal::Signal;
use super::super::{Call, Ctx, Program};
use super::{Kind, start};
use crate::kube::SimTime;
use crate::os::shell::pattern;

/// Bytes of keys and values at most; the program's own size is not counted.
const HELD_MAX: usize = 4 << 20;

/// A value.
#[derive(Clone, Debug)]
enum Value {
    Text(String),
    List(VecDeque<String>),
    Set(BTreeSet<String>),
    Hash(BTreeMap<String, String>),
}

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
    let stamp = super::super::info::strftime(call.ctx.now(), "%d %b %Y %H:%M:%S");
    let millis = call.ctx.now().0 % 1000;
    let pid = call.ctx.key.pid;
    call.line(&format!("{pid}:C {stamp}.{millis:03} * oO0OoO0OoO0Oo Redis is starting oO0OoO0OoO0Oo"));
    if call.ctx.sys.listens(port) {
        call.line(&format!("{pid}:M {stamp}.{millis:03} # Warning: Could not create server TCP listening socket *:{port}: bind: Address already in use\n{pid}:M {stamp}.{millis:03} # Failed listening on port {port} (tcp), aborting."));
        return call.done(1);
    }
    call.line(&format!("{pid}:M {stamp}.{millis:03} * Server initialized\n{pid}:M {stamp}.{millis:03} * Ready to accept connections tcp"));
    let version = call.variable("REDIS_VERSION").unwrap_or_else(|| "7.4.6".to_owned());
    let folder = settings.get("dir").cloned().unwrap_or_else(|| call.ctx.process().cwd.clone());
    let dump = format!("{}/dump.rdb", folder.trim_end_matches('/'));
    let mut redis = Redis { data: BTreeMap::new(), settings, version, dump: dump.clone(), ended: false };
    let saved = call.files(&dump).and_then(|files| files.read(&dump)).unwrap_or_default();
    redis.load(&String::from_utf8_lossy(&saved));
    Program::Server(Box::new(start(call, Kind::Redis(Box::new(redis)), &[port], 8 << 20)))
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

fn bulk(text: &str) -> String {
    format!("${}\r\n{text}\r\n", text.len())
}

fn array<'t>(items: impl IntoIterator<Item = &'t String>) -> String {
    let items: Vec<String> = items.into_iter().map(|item| bulk(item)).collect();
    format!("*{}\r\n{}", items.len(), items.concat())
}

fn number(value: impl std::fmt::Display) -> String {
    format!(":{value}\r\n")
}

const OK: &str = "+OK\r\n";
const NIL: &str = "$-1\r\n";
const WRONG_TYPE: &str = "-WRONGTYPE Operation against a key holding the wrong kind of value\r\n";

impl Redis {
    /// Answers one command: its words, one a line (words may hold blanks), or one line of words.
    pub(super) fn answer(&mut self, payload: &[u8], now: SimTime) -> Vec<u8> {
        let text = String::from_utf8_lossy(payload).into_owned();
        let words: Vec<String> = if text.contains('\u{1f}') {
            text.split('\u{1f}').map(str::to_owned).collect()
        } else {
            text.split_whitespace().map(str::to_owned).collect()
        };
        // The first word is the password the client knows.
        let (given, words) = match words.split_first() {
            Some((given, rest)) if text.contains('\u{1f}') => (given.clone(), rest),
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

    fn command(&mut self, name: &str, words: &[String], now: SimTime) -> String {
        let wrong = format!("-ERR wrong number of arguments for '{name}' command\r\n");
        if self.is_full(name, words) {
            return "-OOM command not allowed when used memory > 'maxmemory'.\r\n".to_owned();
        }
        match (name, words) {
            ("ping", []) => "+PONG\r\n".to_owned(),
            ("ping" | "echo", [text]) => bulk(text),
            ("auth", [.., password]) => {
                if self.settings.get("requirepass") == Some(password) {
                    OK.to_owned()
                } else {
                    "-WRONGPASS invalid username-password pair or user is disabled.\r\n".to_owned()
                }
            }
            ("select" | "save" | "bgsave", _) => OK.to_owned(),
            ("shutdown", _) => {
                self.ended = true;
                OK.to_owned()
            }
            ("flushall" | "flushdb", _) => {
                self.data.clear();
                OK.to_owned()
            }
            ("dbsize", []) => number(self.data.len()),
            ("info", _) => bulk(&format!(
                "# Server\r\nredis_version:{}\r\nredis_mode:standalone\r\ntcp_port:{}\r\n\r\n# Replication\r\nrole:master\r\nconnected_slaves:0\r\n\r\n# Keyspace\r\ndb0:keys={},expires=0,avg_ttl=0\r\n",
                self.version,
                self.settings.get("port").map_or("6379", String::as_str),
                self.data.len()
            )),
            ("config", [what, rest @ ..]) => self.config(&what.to_ascii_lowercase(), rest),
            ("keys" | "exists" | "del" | "unlink" | "type" | "expire" | "ttl", _) => {
                self.key_command(name, words, now).unwrap_or(wrong)
            }
            (
                "set" | "get" | "incr" | "decr" | "incrby" | "decrby" | "append" | "strlen" | "mset" | "mget"
                | "setnx",
                _,
            ) => self.text_command(name, words, now).unwrap_or(wrong),
            (
                "lpush" | "rpush" | "lpop" | "rpop" | "llen" | "lrange" | "sadd" | "smembers" | "scard"
                | "srem" | "hset" | "hget" | "hgetall" | "hdel",
                [key, rest @ ..],
            ) => self.collection(name, key, rest).unwrap_or(wrong),
            _ if KNOWN.contains(&name) => wrong,
            _ => {
                let begin: String = words.iter().map(|word| format!("'{word}' ")).collect();
                format!("-ERR unknown command '{name}', with args beginning with: {begin}\r\n")
            }
        }
    }

    /// Whether there is no room for what a command brings.
    fn is_full(&self, name: &str, words: &[String]) -> bool {
        let held: usize = self.data.iter().map(|(key, (value, _))| key.len() + value.size()).sum();
        let incoming: usize = words.iter().map(String::len).sum();
        let limit =
            self.settings.get("maxmemory").and_then(|bytes| bytes.parse().ok()).filter(|bytes| *bytes > 0);
        held + incoming > limit.unwrap_or(HELD_MAX).min(HELD_MAX)
            && matches!(name, "set" | "append" | "lpush" | "rpush" | "sadd" | "hset" | "mset")
    }

    fn key_command(&mut self, name: &str, words: &[String], now: SimTime) -> Option<String> {
        Some(match (name, words) {
            ("keys", [wanted]) => array(self.data.keys().filter(|key| pattern::matches(wanted, key))),
            ("exists", keys) if !keys.is_empty() => {
                number(keys.iter().filter(|key| self.data.contains_key(*key)).count())
            }
            ("del" | "unlink", keys) if !keys.is_empty() => {
                number(keys.iter().filter(|key| self.data.remove(*key).is_some()).count())
            }
            ("type", [key]) => {
                format!("+{}\r\n", self.data.get(key).map_or("none", |(value, _)| value.kind()))
            }
            ("expire", [key, seconds]) => match (self.data.get_mut(key), seconds.parse::<u64>()) {
                (_, Err(_)) => "-ERR value is not an integer or out of range\r\n".to_owned(),
                (None, _) => number(0),
                (Some(entry), Ok(seconds)) => {
                    entry.1 = Some(now.plus(seconds.saturating_mul(1000)));
                    number(1)
                }
            },
            ("ttl", [key]) => number(match self.data.get(key) {
                None => -2,
                Some((_, None)) => -1,
                Some((_, Some(until))) => (until.since(now) as i64 + 500) / 1000,
            }),
            _ => return None,
        })
    }

    fn config(&mut self, what: &str, words: &[String]) -> String {
        match (what, words) {
            ("get", [wanted, ..]) => {
                let found: Vec<&String> = self
                    .settings
                    .iter()
                    .filter(|(name, _)| pattern::matches(wanted, name))
                    .flat_map(|(name, value)| [name, value])
                    .collect();
                array(found)
            }
            ("set", [name, value]) if self.settings.contains_key(name) => {
                set(&mut self.settings, name, value);
                OK.to_owned()
            }
            ("set", [name, _]) => {
                format!("-ERR Unknown option or number of arguments for CONFIG SET - '{name}'\r\n")
            }
            _ => OK.to_owned(),
        }
    }

    fn text(&self, key: &str) -> Result<Option<&String>, String> {
        match self.data.get(key) {
            None => Ok(None),
            Some((Value::Text(text), _)) => Ok(Some(text)),
            Some(_) => Err(WRONG_TYPE.to_owned()),
        }
    }

    fn text_command(&mut self, name: &str, words: &[String], now: SimTime) -> Option<String> {
        Some(match (name, words) {
            ("set", [key, value, options @ ..]) => {
                let option = |name: &str| options.iter().position(|word| word.eq_ignore_ascii_case(name));
                let exists = self.data.contains_key(key);
                if option("nx").is_some() && exists || option("xx").is_some() && !exists {
                    return Some(NIL.to_owned());
                }
                let seconds = option("ex").and_then(|at| options.get(at + 1)?.parse::<u64>().ok());
                let until = seconds.map(|seconds| now.plus(seconds.saturating_mul(1000)));
                self.data.insert(key.clone(), (Value::Text(value.clone()), until));
                OK.to_owned()
            }
            ("setnx", [key, value]) => {
                let fresh = !self.data.contains_key(key);
                if fresh {
                    self.data.insert(key.clone(), (Value::Text(value.clone()), None));
                }
                number(i32::from(fresh))
            }
            ("mset", pairs) if !pairs.is_empty() && pairs.len().is_multiple_of(2) => {
                for pair in pairs.chunks_exact(2) {
                    self.data.insert(pair[0].clone(), (Value::Text(pair[1].clone()), None));
                }
                OK.to_owned()
            }
            ("mget", keys) if !keys.is_empty() => {
                let values: String = keys
                    .iter()
                    .map(|key| self.text(key).ok().flatten().map_or(NIL.to_owned(), |text| bulk(text)))
                    .collect();
                format!("*{}\r\n{values}", keys.len())
            }
            ("get", [key]) => match self.text(key) {
                Ok(found) => found.map_or(NIL.to_owned(), |text| bulk(text)),
                Err(error) => error,
            },
            ("strlen", [key]) => match self.text(key) {
                Ok(found) => number(found.map_or(0, String::len)),
                Err(error) => error,
            },
            ("append", [key, more]) => {
                match self.text(key).map(|found| format!("{}{more}", found.map_or("", String::as_str))) {
                    Ok(text) => {
                        let length = text.len();
                        self.data.insert(key.clone(), (Value::Text(text), None));
                        number(length)
                    }
                    Err(error) => error,
                }
            }
            ("incr" | "decr", [key]) => self.add(key, if name == "incr" { 1 } else { -1 }),
            ("incrby" | "decrby", [key, by]) => match by.parse::<i64>() {
                Ok(by) => self.add(key, if name == "incrby" { by } else { by.saturating_neg() }),
                Err(_) => "-ERR value is not an integer or out of range\r\n".to_owned(),
            },
            _ => return None,
        })
    }

    fn add(&mut self, key: &str, by: i64) -> String {
        let old = match self.text(key) {
            Ok(found) => found.map_or(Ok(0), |text| text.parse::<i64>()),
            Err(error) => return error,
        };
        let Ok(old) = old else { return "-ERR value is not an integer or out of range\r\n".to_owned() };
        let value = old.saturating_add(by);
        let until = self.data.get(key).and_then(|(_, until)| *until);
        self.data.insert(key.to_owned(), (Value::Text(value.to_string()), until));
        number(value)
    }

    fn collection(&mut self, name: &str, key: &String, words: &[String]) -> Option<String> {
        let fresh = match name.as_bytes()[0] {
            b's' => Value::Set(BTreeSet::new()),
            b'h' => Value::Hash(BTreeMap::new()),
            _ => Value::List(VecDeque::new()),
        };
        let (value, _) = self.data.entry(key.clone()).or_insert((fresh, None));
        let answer = match value {
            Value::List(list) => list_command(list, name, words),
            Value::Set(set) => set_command(set, name, words),
            Value::Hash(hash) => hash_command(hash, name, words),
            Value::Text(_) => Some(WRONG_TYPE.to_owned()),
        };
        if value.size() == 0 {
            self.data.remove(key);
        }
        answer
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
        let stamp = super::super::info::strftime(ctx.now(), "%d %b %Y %H:%M:%S.000");
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

const KNOWN: &[&str] = &[
    "ping", "echo", "auth", "dbsize", "keys", "exists", "del", "unlink", "type", "expire", "ttl", "config",
    "lpush", "rpush", "lpop", "rpop", "llen", "lrange", "sadd", "smembers", "scard", "srem", "hset", "hget",
    "hgetall", "hdel",
];

fn list_command(list: &mut VecDeque<String>, name: &str, words: &[String]) -> Option<String> {
    Some(match (name, words) {
        ("lpush", words) if !words.is_empty() => {
            words.iter().for_each(|word| list.push_front(word.clone()));
            number(list.len())
        }
        ("rpush", words) if !words.is_empty() => {
            list.extend(words.iter().cloned());
            number(list.len())
        }
        ("lpop", []) => list.pop_front().map_or(NIL.to_owned(), |word| bulk(&word)),
        ("rpop", []) => list.pop_back().map_or(NIL.to_owned(), |word| bulk(&word)),
        ("llen", []) => number(list.len()),
        ("lrange", [from, to]) => {
            let length = list.len() as i64;
            let place = |text: &String| {
                text.parse::<i64>().ok().map(|at| if at < 0 { (length + at).max(0) } else { at })
            };
            let (from, to) = (place(from)?, place(to)?);
            let taken: Vec<&String> =
                list.iter().skip(from as usize).take((to - from + 1).max(0) as usize).collect();
            array(taken)
        }
        ("lpush" | "rpush" | "lpop" | "rpop" | "llen" | "lrange", _) => return None,
        _ => WRONG_TYPE.to_owned(),
    })
}

fn set_command(set: &mut BTreeSet<String>, name: &str, words: &[String]) -> Option<String> {
    Some(match (name, words) {
        ("sadd", words) if !words.is_empty() => {
            number(words.iter().filter(|word| set.insert((*word).clone())).count())
        }
        ("srem", words) if !words.is_empty() => number(words.iter().filter(|word| set.remove(*word)).count()),
        ("smembers", []) => array(set.iter()),
        ("scard", []) => number(set.len()),
        ("sadd" | "srem" | "smembers" | "scard", _) => return None,
        _ => WRONG_TYPE.to_owned(),
    })
}

fn hash_command(hash: &mut BTreeMap<String, String>, name: &str, words: &[String]) -> Option<String> {
    Some(match (name, words) {
        ("hset", pairs) if !pairs.is_empty() && pairs.len().is_multiple_of(2) => {
            let fresh =
                pairs.chunks_exact(2).filter(|pair| hash.insert(pair[0].clone(), pair[1].clone()).is_none());
            number(fresh.count())
        }
        ("hget", [field]) => hash.get(field).map_or(NIL.to_owned(), |value| bulk(value)),
        ("hgetall", []) => array(hash.iter().flat_map(|(field, value)| [field, value]).collect::<Vec<_>>()),
        ("hdel", fields) if !fields.is_empty() => {
            number(fields.iter().filter(|field| hash.remove(*field).is_some()).count())
        }
        ("hset" | "hget" | "hgetall" | "hdel", _) => return None,
        _ => WRONG_TYPE.to_owned(),
    })
}

impl Value {
    fn size(&self) -> usize {
        match self {
            Value::Text(text) => text.len().max(1),
            Value::List(list) => list.iter().map(|word| word.len() + 1).sum(),
            Value::Set(set) => set.iter().map(|word| word.len() + 1).sum(),
            Value::Hash(hash) => hash.iter().map(|(field, value)| field.len() + value.len() + 1).sum(),
        }
    }

    fn kind(&self) -> &'static str {
        match self {
            Value::Text(_) => "string",
            Value::List(_) => "list",
            Value::Set(_) => "set",
            Value::Hash(_) => "hash",
        }
    }
}
