//! `redis-cli`: what it sends, and how it shows what comes back.

use super::super::server::FIELD;
use super::super::{Call, Ctx, Options, Program, ReadResult, Step};
use super::{Client, Kind};
use crate::os::net::{Failure, Reply};

/// A `redis-cli` that takes commands from its input.
#[derive(Clone, Debug, Default)]
pub(in crate::os) struct RedisCli {
    password: String,
    /// Lines not sent yet; none if one command was given.
    input: Option<Vec<u8>>,
    tty: bool,
}

pub(in super::super) fn redis_cli(call: &mut Call<'_, '_>) -> Program {
    let options = match Options::parse(
        &call.args(),
        "+h:p:a:n:u:r:i:x",
        &[("no-auth-warning", 'x'), ("pass", 'a'), ("version", 'v'), ("raw", 'x')],
    ) {
        Ok(options) => options,
        Err(bad) => {
            call.error(&format!("Unrecognized option or bad number of args for: '{bad}'"));
            return call.done(1);
        }
    };
    let host = options.value('h').unwrap_or("127.0.0.1").to_owned();
    let port = options.value('p').and_then(|port| port.parse().ok()).unwrap_or(6379);
    let password =
        options.value('a').map(str::to_owned).or_else(|| call.variable("REDISCLI_AUTH")).unwrap_or_default();
    let tty = call.ctx.is_tty(1);
    let input = options.rest.is_empty().then(Vec::new);
    let interactive = input.is_some();
    let payload = redis_payload(&password, &options.rest);
    let mut client = Client::new(call, Kind::Redis(RedisCli { password, input, tty }), &host, port);
    if interactive {
        client.prompt(tty);
    } else {
        client.tcp(call.ctx, payload);
    }
    Program::Client(Box::new(client))
}

fn redis_payload(password: &str, words: &[String]) -> Vec<u8> {
    let mut text = password.to_owned();
    for word in words {
        text.push(FIELD);
        text.push_str(word);
    }
    text.into_bytes()
}

impl Client {
    fn prompt(&mut self, tty: bool) {
        if tty {
            let prompt = format!("{}:{}> ", self.host, self.port);
            self.out.text(1, &prompt);
        }
    }

    /// The next line of an interactive `redis-cli`; `None` if this is no such client.
    pub(super) fn next_line(&mut self, ctx: &mut Ctx<'_>) -> Option<Step> {
        let Kind::Redis(RedisCli { password, input: Some(input), tty }) = &mut self.kind else { return None };
        let Some(end) = input.iter().position(|byte| *byte == b'\n') else {
            return Some(match ctx.read(0) {
                ReadResult::Data(data) if input.len() < 1 << 20 => {
                    input.extend(data);
                    Step::Again
                }
                ReadResult::Wait => Step::Wait(None),
                _ => {
                    self.ending = Some(0);
                    Step::Again
                }
            });
        };
        let line: Vec<u8> = input.drain(..=end).collect();
        let line = String::from_utf8_lossy(&line).into_owned();
        let words = quoted_words(line.trim());
        let (password, tty) = (password.clone(), *tty);
        match words.first().map(String::as_str) {
            None => self.prompt(tty),
            Some("exit" | "quit") => self.ending = Some(0),
            Some(_) => self.tcp(ctx, redis_payload(&password, &words)),
        }
        Some(Step::Again)
    }

    pub(super) fn redis_answered(&mut self, cli: &RedisCli, reply: Reply) -> Option<i32> {
        match reply {
            Reply::Tcp(bytes) => {
                let text = String::from_utf8_lossy(&bytes).into_owned();
                let mut rest = text.as_str();
                let shown = show(&mut rest, cli.tty, 0);
                self.out.text(1, &shown);
            }
            Reply::Failed(Failure::UnknownHost) => {
                self.out.text(
                    2,
                    &format!(
                        "Could not connect to Redis at {}:{}: Name or service not known\n",
                        self.host, self.port
                    ),
                );
                return Some(1);
            }
            _ => {
                self.out.text(
                    2,
                    &format!(
                        "Could not connect to Redis at {}:{}: Connection refused\n",
                        self.host, self.port
                    ),
                );
                return Some(1);
            }
        }
        if cli.input.is_none() {
            return Some(0);
        }
        self.prompt(cli.tty);
        None
    }
}

/// Words of a line, quotes taken off.
fn quoted_words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    for letter in line.chars() {
        match (quote, letter) {
            (Some(open), letter) if letter == open => quote = None,
            (None, '"' | '\'') => {
                quote = Some(letter);
                word.get_or_insert_default();
            }
            (None, letter) if letter.is_whitespace() => words.extend(word.take()),
            _ => word.get_or_insert_default().push(letter),
        }
    }
    words.extend(word);
    words
}

/// An answer of Redis as `redis-cli` shows it: raw into a pipe, with its type at a terminal.
fn show(rest: &mut &str, tty: bool, depth: usize) -> String {
    let (line, after) = rest.split_once("\r\n").unwrap_or((rest, ""));
    *rest = after;
    let (kind, text) = line.split_at(line.len().min(1));
    match (kind, tty) {
        ("+", _) | (":", false) => format!("{text}\n"),
        (":", true) => format!("(integer) {text}\n"),
        ("-", true) => format!("(error) {text}\n"),
        ("-", false) => format!("{text}\n\n"),
        ("$", _) if text == "-1" => if tty { "(nil)\n" } else { "\n" }.to_owned(),
        ("$", _) => {
            let length = text.parse::<usize>().unwrap_or(0).min(rest.len());
            let value = rest.get(..length).unwrap_or_default();
            let shown = if tty { format!("{value:?}\n") } else { format!("{value}\n") };
            *rest = rest.get(length + 2..).unwrap_or_default();
            shown
        }
        ("*", _) => {
            let count = text.parse::<usize>().unwrap_or(0).min(10_000);
            if count == 0 {
                return if tty { "(empty array)\n" } else { "\n" }.to_owned();
            }
            (1..=count)
                .map(|number| {
                    let item = if depth < 8 { show(rest, tty, depth + 1) } else { String::new() };
                    if tty { format!("{number}) {item}") } else { item }
                })
                .collect()
        }
        _ => String::new(),
    }
}
