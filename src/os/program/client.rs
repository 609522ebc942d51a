//! Programs that ask over the network: `wget`, `curl`, `nc`, `nslookup`, `ping`, `redis-cli`. Loopback is answered inside the system,
//! everything else by the host.

mod answer;
mod curl;
mod redis;
mod sql;
mod lookup;
mod ping;
mod web;
mod wget;

use super::super::net::{Failure, HttpRequest, Incoming, Reply, Request, RequestId};
use super::super::system::Step;
use super::{Call, Ctx, Flushed, Output, Program};
use crate::kube::SimTime;
use curl::Curl;
pub(super) use curl::curl;
use lookup::Shown;
pub(super) use lookup::{dig, nslookup};
use ping::Ping;
pub(super) use ping::ping;
use redis::RedisCli;
pub(super) use redis::redis_cli;
use sql::Session;
pub(super) use sql::{mysql, psql};
use wget::Wget;
pub(super) use wget::wget;

#[derive(Clone, Debug)]
enum Kind {
    Wget(Wget),
    Curl(Box<Curl>),
    Nc { verbose: bool, zero: bool },
    Lookup(Shown),
    Ping(Ping),
    Redis(RedisCli),
    Sql(Session),
}

/// A client that waits for its answer.
#[derive(Clone, Debug)]
pub(in super::super) struct Client {
    kind: Kind,
    name: String,
    host: String,
    port: u16,
    url: String,
    id: Option<RequestId>,
    until: Option<SimTime>,
    patience: String,
    out: Output,
    ending: Option<i32>,
}

struct Url {
    host: String,
    port: u16,
    path: String,
    tls: bool,
}

fn url(text: &str) -> Option<Url> {
    let (tls, rest) = match text.split_once("://") {
        Some(("http", rest)) => (false, rest),
        Some(("https", rest)) => (true, rest),
        Some(_) => return None,
        None => (false, text),
    };
    let (authority, path) = rest.find('/').map_or((rest, "/"), |at| rest.split_at(at));
    let authority = authority.rsplit('@').next()?;
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) => (host, port.parse().ok()?),
        None => (authority, if tls { 443 } else { 80 }),
    };
    (!host.is_empty()).then(|| Url { host: host.to_owned(), port, path: path.to_owned(), tls })
}

/// The first words of the line that `/etc/hosts` has for a name: an address and a name.
fn host_line(ctx: &mut Ctx<'_>, name: &str) -> Option<(String, String)> {
    let text = ctx.files("/etc/hosts").and_then(|files| files.read("/etc/hosts").ok()).unwrap_or_default();
    let text = String::from_utf8_lossy(&text).into_owned();
    let line = text
        .lines()
        .map(|line| line.split('#').next().unwrap_or_default())
        .find(|line| line.split_whitespace().skip(1).any(|known| known == name))?;
    let mut words = line.split_whitespace().map(str::to_owned);
    words.next().zip(words.next())
}

/// The address `/etc/hosts` gives a name, or the name.
pub(super) fn known_host(ctx: &mut Ctx<'_>, name: &str) -> String {
    host_line(ctx, name).map_or_else(|| name.to_owned(), |(address, _)| address)
}

/// The name that stands first beside the address `/etc/hosts` gives a name, or the name.
pub(super) fn full_name(ctx: &mut Ctx<'_>, name: &str) -> String {
    host_line(ctx, name).map_or_else(|| name.to_owned(), |(_, first)| first)
}

impl Client {
    fn new(call: &mut Call<'_, '_>, kind: Kind, host: &str, port: u16) -> Client {
        Client {
            kind,
            name: call.name(),
            host: host.to_owned(),
            port,
            url: String::new(),
            id: None,
            until: None,
            patience: String::new(),
            out: std::mem::take(&mut call.out),
            ending: None,
        }
    }

    fn wait_at_most(mut self, call: &Call<'_, '_>, seconds: Option<&str>) -> Client {
        self.until = seconds.and_then(super::millis).map(|wait| call.ctx.now().plus(wait));
        seconds.unwrap_or_default().clone_into(&mut self.patience);
        self
    }

    fn http(&mut self, ctx: &mut Ctx<'_>, request: HttpRequest) {
        let key = ctx.key;
        let target = known_host(ctx, &request.host);
        self.id = Some(if let Some(inside) = ctx.sys.inside(&target, request.port) {
            let peer = inside.ip().to_string();
            ctx.sys.local_request(key, inside, |to| Incoming::Http(to, HttpRequest { peer, ..request }))
        } else {
            ctx.sys.request(key, Request::Http(HttpRequest { host: target, ..request }))
        });
    }

    fn tcp(&mut self, ctx: &mut Ctx<'_>, payload: Vec<u8>) {
        let key = ctx.key;
        let target = known_host(ctx, &self.host);
        let (host, port) = (target.clone(), self.port);
        self.id = Some(if let Some(inside) = ctx.sys.inside(&target, port) {
            ctx.sys.local_request(key, inside, |to| Incoming::Tcp(to, payload))
        } else {
            ctx.sys.request(key, Request::Tcp { host, port, payload })
        });
    }

    pub fn step(&mut self, ctx: &mut Ctx<'_>) -> Step {
        match self.out.flush(ctx) {
            Flushed::Clean => {}
            Flushed::Wait => return Step::Wait(None),
            Flushed::Broken => return ctx.broken_pipe(),
        }
        if let Some(code) = self.ending {
            return Step::Exit(code);
        }
        let Some(id) = self.id else {
            if let Some(step) = self.next_line(ctx) {
                return step;
            }
            return if self.until.is_some_and(|until| ctx.now() < until) {
                Step::Wait(self.until)
            } else {
                self.ping_again(ctx)
            };
        };
        match ctx.reply(id) {
            // Nobody answers: the client finds out when its patience is over.
            Some(Reply::Failed(Failure::TimedOut)) if self.until.is_some_and(|until| ctx.now() < until) => {
                Step::Wait(self.until)
            }
            Some(reply) => {
                self.id = None;
                self.ending = self.answered(reply, ctx);
                Step::Again
            }
            None if self.until.is_some_and(|until| ctx.now() >= until) => {
                self.id = None;
                self.ending = self.answered(Reply::Failed(Failure::TimedOut), ctx);
                Step::Again
            }
            None => Step::Wait(self.until),
        }
    }
}

pub(super) fn nc(call: &mut Call<'_, '_>) -> Program {
    let options = match super::Options::parse(&call.args(), "zvw:lp:s:uke:nNq:", &[]) {
        Ok(options) => options,
        Err(bad) => return call.bad_option(&bad),
    };
    if options.has('l') {
        let port = options.value('p').or_else(|| options.rest.last().map(String::as_str));
        let place = (options.value('s').unwrap_or_default(), port.and_then(|port| port.parse().ok()));
        return super::server::listener(call, place, options.has('k'));
    }
    let [host, port] = options.rest.as_slice() else {
        return call.fail("podlab: nc needs a host and a port");
    };
    let Ok(port) = port.parse::<u16>() else { return call.fail(&format!("bad port '{port}'")) };
    let kind = Kind::Nc { verbose: options.has('v'), zero: options.has('z') };
    let mut client =
        Client::new(call, kind, host, port).wait_at_most(call, Some(options.value('w').unwrap_or("127")));
    client.tcp(call.ctx, Vec::new());
    Program::Client(Box::new(client))
}
