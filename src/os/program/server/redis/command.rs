//! What the commands of Redis do to what it holds, and what they answer.

use super::reply::{NIL, OK, WRONG_TYPE, array, bulk, number};
use super::value::Value;
use super::{HELD_MAX, Redis, set};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::kube::SimTime;
use crate::os::shell::pattern;

const KNOWN: &[&str] = &[
    "ping", "echo", "auth", "dbsize", "keys", "exists", "del", "unlink", "type", "expire", "ttl", "config",
    "lpush", "rpush", "lpop", "rpop", "llen", "lrange", "sadd", "smembers", "scard", "srem", "hset", "hget",
    "hgetall", "hdel",
];

impl Redis {
    pub(super) fn command(&mut self, name: &str, words: &[String], now: SimTime) -> String {
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
        let answer = value.command(name, words);
        if value.size() == 0 {
            self.data.remove(key);
        }
        answer
    }
}
