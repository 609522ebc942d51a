//! Servers as models: a port, a log, an answer, a way to end. What they say is in the modules below.

mod answer;
mod data;
mod demo;
mod nginx;
mod redis;
mod sql;
mod web;

use std::net::{Ipv4Addr, SocketAddrV4};

use super::super::Errno;
use super::super::net::{Health, HttpRequest, HttpResponse, Incoming, Reply, ReplyTo};
use super::super::signal::Signal;
use super::super::system::Step;
use super::{Call, Ctx, Flushed, Output, Program};
use crate::kube::SimTime;
pub(super) use data::{database, memcached, mongod, service};
pub(super) use demo::{agnhost, hello, hello_world, liveness, serve_hostname};
pub(super) use nginx::nginx;
pub(super) use redis::FIELD;
pub(super) use redis::redis;
pub(super) use sql::{Answer, Column, Dialect, Login, Outcome, Proof, Request, Table};
pub(super) use web::{apache, httpd, python_http};

/// What kind of server this is, where they differ.
#[derive(Clone, Debug)]
pub(in super::super) enum Kind {
    Nginx(Box<nginx::Nginx>),
    /// busybox httpd: the folder it serves.
    Httpd(String),
    /// Python's `http.server`: the folder it serves.
    Python(String),
    /// Apache: the folder it serves.
    Apache(String),
    Redis(Box<redis::Redis>),
    Sql(Box<sql::Sql>),
    /// `registry.k8s.io/liveness`: healthy for ten seconds.
    Liveness,
    /// agnhost netexec.
    Netexec,
    /// agnhost grpc-health-checking, etcd: whether it says that it serves.
    Grpc(bool),
    /// Answers with its host name.
    ServeHostname,
    /// Answers every request with this text; `$HOST` stands for the host name.
    Fixed(u16, String),
    /// `nc -l`: gives what it reads to whoever comes first, and shows what that one sends.
    Nc {
        stay: bool,
        /// Each connection gets this command's output.
        given: Vec<u8>,
    },
    /// Takes connections and says nothing podlab knows.
    Silent,
}

/// A running server.
#[derive(Clone, Debug)]
pub(in super::super) struct Server {
    kind: Kind,
    sockets: Vec<SocketAddrV4>,
    started: SimTime,
    ready_at: SimTime,
    /// Said to the error log when it begins to listen.
    ready_log: String,
    listening: bool,
    out: Output,
    exit_code: i32,
    ending: Option<i32>,
    /// Descriptors of the logs; no access log if none.
    access_log: Option<u32>,
    error_log: u32,
}

/// The two parts of `HOST:PORT`, `HOST` or `PORT`; no host if there is none.
fn host_and_port(text: &str) -> (&str, Option<u16>) {
    if let Ok(port) = text.parse() {
        return ("", Some(port));
    }
    match text.rsplit_once(':') {
        Some((host, port)) if !host.contains(':') || host.ends_with(']') => (host, port.parse().ok()),
        _ => (text, None),
    }
}

/// A port of a host as programs name it: no name, `*` and zeros are all addresses of the machine, and so is what nobody knows. Of IPv6
/// there is the loopback address alone.
fn socket(ctx: &mut Ctx<'_>, host: &str, port: u16) -> SocketAddrV4 {
    let address = match host {
        "" | "*" | "::" | "[::]" => Ipv4Addr::UNSPECIFIED,
        "localhost" | "::1" | "[::1]" => Ipv4Addr::LOCALHOST,
        name => super::client::known_host(ctx, name).parse().unwrap_or(Ipv4Addr::UNSPECIFIED),
    };
    SocketAddrV4::new(address, port)
}

/// A port of all addresses.
fn everywhere(port: u16) -> SocketAddrV4 {
    SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, port)
}

/// The first socket that the kernel does not give, and why.
fn refused(call: &Call<'_, '_>, sockets: &[SocketAddrV4]) -> Option<(SocketAddrV4, Errno)> {
    sockets.iter().find_map(|socket| Some((*socket, call.ctx.sys.may_listen(*socket).err()?)))
}

/// The value of `--name=value`, `--name value` or the same with one dash.
fn value_of(words: &[String], names: &[&str]) -> Option<String> {
    let mut places = words.iter().enumerate();
    places.find_map(|(at, word)| {
        let word = word.strip_prefix('-').map(|word| word.strip_prefix('-').unwrap_or(word))?;
        let (name, value) = word.split_once('=').map_or((word, None), |(name, value)| (name, Some(value)));
        let value = value.map(str::to_owned).or_else(|| words.get(at + 1).cloned());
        value.filter(|_| names.contains(&name))
    })
}

/// A server that is ready as soon as it runs.
fn start(call: &mut Call<'_, '_>, kind: Kind, sockets: &[SocketAddrV4], memory: u64) -> Server {
    let key = call.ctx.key;
    call.ctx.sys.set_load(key, |load| (load.memory, load.cpu) = (memory, 1));
    for at in sockets {
        call.ctx.sys.bind(key, *at);
    }
    let now = call.ctx.now();
    Server {
        kind,
        sockets: sockets.to_vec(),
        started: now,
        ready_at: now,
        ready_log: String::new(),
        listening: false,
        out: std::mem::take(&mut call.out),
        exit_code: 0,
        ending: None,
        access_log: Some(1),
        error_log: 2,
    }
}

/// The server goes on as a child; the program that was called ends.
fn to_background(call: &mut Call<'_, '_>, mut server: Server) -> Program {
    let fds = call.ctx.process().fds.clone();
    let argv = call.argv.clone();
    server.begin(call.ctx);
    let mut child = call.ctx.child(argv, fds);
    child.group = Some(0);
    let sockets = server.sockets.clone();
    child.program = Program::Server(Box::new(server));
    if let Ok(pid) = call.ctx.sys.fork(call.ctx.key, child) {
        let key = super::ProcKey { pid, ..call.ctx.key };
        for socket in sockets {
            call.ctx.sys.listeners.insert(socket, key);
        }
    }
    call.done(0)
}

/// A server on one port of all addresses, whose log begins with a line.
fn with_port(call: &mut Call<'_, '_>, kind: Kind, port: u16, log: &str, code: i32) -> Program {
    with_socket(call, kind, everywhere(port), log, code)
}

/// A server with one socket, whose log begins with a line. It complains as Go programs do.
fn with_socket(call: &mut Call<'_, '_>, kind: Kind, at: SocketAddrV4, log: &str, code: i32) -> Program {
    if let Some(failed) = go_refusal(call, &[at]) {
        return failed;
    }
    if !log.is_empty() {
        call.error(log);
    }
    let mut server = start(call, kind, &[at], 10 << 20);
    server.exit_code = code;
    Program::Server(Box::new(server))
}

/// The end of a Go program that does not get one of its sockets.
fn go_refusal(call: &mut Call<'_, '_>, sockets: &[SocketAddrV4]) -> Option<Program> {
    let (at, error) = refused(call, sockets)?;
    let place = if at.ip().is_unspecified() { format!(":{}", at.port()) } else { at.to_string() };
    Some(call.fail(&format!("listen tcp {place}: bind: {}", error.text().to_lowercase())))
}

impl Server {
    pub fn handles(&self, signal: Signal) -> bool {
        match self.kind {
            Kind::Httpd(_)
            | Kind::Liveness
            | Kind::Netexec
            | Kind::Fixed(..)
            | Kind::ServeHostname
            | Kind::Nc { .. } => false,
            Kind::Python(_) => signal == Signal::INT,
            Kind::Apache(_) => matches!(signal, Signal::TERM | Signal::WINCH | Signal::INT),
            _ => matches!(signal, Signal::TERM | Signal::QUIT | Signal::INT | Signal::HUP),
        }
    }

    /// What the server says of its health over gRPC; none if it does not speak it.
    pub fn health(&self, service: &str) -> Option<Health> {
        match self.kind {
            Kind::Grpc(_) if !service.is_empty() => Some(Health::Unknown),
            Kind::Grpc(serving) => Some(if serving { Health::Serving } else { Health::NotServing }),
            _ => None,
        }
    }

    /// Whether it speaks TLS on a port; of services known by name only it is believed.
    pub fn speaks_tls(&self, port: u16) -> bool {
        match &self.kind {
            Kind::Nginx(nginx) => nginx.speaks_tls(port),
            Kind::Silent => true,
            _ => false,
        }
    }

    fn begin(&mut self, ctx: &mut Ctx<'_>) {
        self.listening = true;
        for socket in &self.sockets {
            ctx.sys.listen(ctx.key, *socket);
        }
        let log = std::mem::take(&mut self.ready_log);
        self.out.text(self.error_log, &log);
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
        let signals =
            ctx.process_mut().map(|process| std::mem::take(&mut process.pending)).unwrap_or_default();
        if let Some(signal) = signals.iter().find(|signal| **signal != Signal::HUP) {
            self.ending = Some(self.exit_code);
            self.last_words(*signal, ctx);
            return Step::Again;
        }
        if !self.listening {
            return self.prepare(ctx);
        }
        let incoming =
            ctx.process_mut().map(|process| std::mem::take(&mut process.inbox)).unwrap_or_default();
        let returned = self.returned(ctx);
        if incoming.is_empty() && !returned {
            return self.idle(ctx);
        }
        for request in incoming {
            match request {
                Incoming::Http(to, request) => self.take_http(to, &request, ctx),
                Incoming::Tcp(to, payload) => {
                    let answer = self.tcp(&payload, ctx);
                    ctx.sys.reply(to, Reply::Tcp(answer));
                }
            }
        }
        Step::Again
    }

    /// What is to be done before the first request can be taken.
    fn prepare(&mut self, ctx: &mut Ctx<'_>) -> Step {
        if ctx.now() < self.ready_at {
            return Step::Wait(Some(self.ready_at));
        }
        if let Kind::Nginx(nginx) = &mut self.kind {
            match nginx.looked_up(ctx) {
                Ok(true) => {}
                Ok(false) => return Step::Wait(None),
                Err(text) => {
                    let stamp = super::info::strftime(ctx.wall(), "%Y/%m/%d %H:%M:%S");
                    let pid = ctx.key.pid;
                    self.out.text(self.error_log, &format!("{stamp} [emerg] {pid}#{pid}: {text}\n"));
                    self.out.text(2, &format!("nginx: [emerg] {text}\n"));
                    self.ending = Some(1);
                    return Step::Again;
                }
            }
        }
        self.begin(ctx);
        Step::Again
    }

    /// Nothing came in: `nc` still reads what it is to give.
    fn idle(&mut self, ctx: &mut Ctx<'_>) -> Step {
        if let Kind::Nc { given, .. } = &mut self.kind
            && given.len() < super::filter::HELD_MAX
            && let super::ReadResult::Data(data) = ctx.read(0)
        {
            given.extend(data);
            return Step::Again;
        }
        Step::Wait(None)
    }

    fn take_http(&mut self, to: ReplyTo, request: &HttpRequest, ctx: &mut Ctx<'_>) {
        if let Kind::Nginx(nginx) = &mut self.kind {
            let age = ctx.now().since(self.started);
            let logs = nginx.logs(request.port);
            if let Some(response) = nginx.http((to, request), age, ctx) {
                self.answer(to, request, response, logs, ctx);
            }
            return;
        }
        let response = self.http(request, ctx);
        self.answer(to, request, response, true, ctx);
    }

    fn answer(
        &mut self,
        to: ReplyTo,
        request: &HttpRequest,
        mut response: HttpResponse,
        logs: bool,
        ctx: &mut Ctx<'_>,
    ) {
        if logs {
            self.log_request(request, &response, ctx);
        }
        if request.method == "HEAD" {
            response.body.clear();
        }
        ctx.sys.reply(to, Reply::Http(response, None));
    }

    /// Answers of upstream servers go to those who asked. False if there were none.
    fn returned(&mut self, ctx: &mut Ctx<'_>) -> bool {
        let Kind::Nginx(nginx) = &mut self.kind else { return false };
        let returned = nginx.returned_by_upstream(ctx);
        let any = !returned.is_empty();
        for (to, request, response, logs) in returned {
            self.answer(to, &request, response, logs, ctx);
        }
        any
    }

    fn last_words(&mut self, signal: Signal, ctx: &mut Ctx<'_>) {
        match &mut self.kind {
            Kind::Redis(redis) => {
                let words = redis.finish(signal, ctx);
                self.out.text(1, &words);
            }
            Kind::Sql(sql) => {
                let words = sql.last_words(signal, ctx.wall());
                self.out.text(self.error_log, &words);
            }
            _ => {}
        }
    }
}

/// A server that answers every request alike (JavaScript on one line); it ends as Node.js does, which has no handlers. The error
/// is what it says when it gets no port.
pub(super) fn fixed(
    call: &mut Call<'_, '_>,
    (host, port): (&str, u16),
    (status, text): (u16, String),
    said: &[String],
) -> Result<Program, String> {
    let at = socket(call.ctx, host, port);
    if let Some((at, error)) = refused(call, &[at]) {
        let place = if at.ip().is_unspecified() { format!(":::{port}") } else { at.to_string() };
        let code = if error == Errno::AddressInUse { "EADDRINUSE" } else { "EADDRNOTAVAIL" };
        return Err(format!("Error: listen {code}: {} {place}", error.text().to_lowercase()));
    }
    for line in said {
        call.line(line);
    }
    Ok(Program::Server(Box::new(start(call, Kind::Fixed(status, text), &[at], 40 << 20))))
}

/// `nc -l`: takes a connection, gives it what it reads, and ends; with `-k` it stays.
pub(super) fn listener(call: &mut Call<'_, '_>, (host, port): (&str, Option<u16>), stay: bool) -> Program {
    let Some(port) = port else { return call.fail("podlab: nc -l needs a port") };
    let at = socket(call.ctx, host, port);
    if let Some((_, error)) = refused(call, &[at]) {
        return call.fail(&format!("bind: {error}"));
    }
    Program::Server(Box::new(start(call, Kind::Nc { stay, given: Vec::new() }, &[at], 600 << 10)))
}
