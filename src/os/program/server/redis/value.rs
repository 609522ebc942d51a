//! What a key holds, and what the commands of one kind of value do to it.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::reply::{NIL, WRONG_TYPE, array, bulk, number};

/// A value.
#[derive(Clone, Debug)]
pub(super) enum Value {
    Text(String),
    List(VecDeque<String>),
    Set(BTreeSet<String>),
    Hash(BTreeMap<String, String>),
}

impl Value {
    /// Bytes it takes; none if it holds nothing.
    pub fn size(&self) -> usize {
        match self {
            Value::Text(text) => text.len().max(1),
            Value::List(list) => list.iter().map(|word| word.len() + 1).sum(),
            Value::Set(set) => set.iter().map(|word| word.len() + 1).sum(),
            Value::Hash(hash) => hash.iter().map(|(field, value)| field.len() + value.len() + 1).sum(),
        }
    }

    /// The name of its kind, as `TYPE` says it.
    pub fn kind(&self) -> &'static str {
        match self {
            Value::Text(_) => "string",
            Value::List(_) => "list",
            Value::Set(_) => "set",
            Value::Hash(_) => "hash",
        }
    }

    /// A command of lists, sets or hashes; none if its words are not as many as it takes.
    pub fn command(&mut self, name: &str, words: &[String]) -> Option<String> {
        match self {
            Value::List(list) => list_command(list, name, words),
            Value::Set(set) => set_command(set, name, words),
            Value::Hash(hash) => hash_command(hash, name, words),
            Value::Text(_) => Some(WRONG_TYPE.to_owned()),
        }
    }
}

fn list_command(list: &mut VecDeque<String>, name: &str, words: &[String]) -> Option<String> {
    Some(match (name, words) {
        ("lpush", words) if !words.is_empty() => {
            for word in words {
                list.push_front(word.clone());
            }
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
