//! Servers as models: a port, a log, an answer, a way to end.

mod answer;

use super::super::net::{Incoming, Reply};
use super::super::signal::Signal;
use super::super::system::Step;
use super::{Call, Ctx, Flushed, Output, Program};
use crate::kube::SimTime;

/// What kind of server this is, where they differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) enum Kind {
    Nginx,
    /// busybox httpd: the folder it serves.
    Httpd(String),
    Apache,
    Redis,
    /// `registry.k8s.io/liveness`: healthy for ten seconds.
    Liveness,
    /// agnhost netexec.
    Netexec,
    /// Answers with its host name.
    ServeHostname,
    Hello,
    /// Takes connections and says nothing podlab knows.
    Silent,
}

/// A running server.
#[derive(Clone, Debug)]
pub(in super::super) struct Server {
    kind: Kind,
    ports: Vec<u16>,
    started: SimTime,
    ready_at: SimTime,
    ready_log: String,
    listening: bool,
    out: Output,
    exit_code: i32,
    ending: Option<i32>,
    data: std::collections::BTreeMap<String, String>,
}

fn start(call: &mut Call<'_, '_>, kind: Kind, ports: &[u16], memory: u64) -> Server {
    let key = call.ctx.key;
    call.ctx.sys.set_load(key, |load| (load.memory, load.cpu) = (memory, 1));
    let now = call.ctx.now();
    Server {
        kind,
        ports: ports.to_vec(),
        started: now,
        ready_at: now,
        ready_log: String::new(),
        listening: false,
        out: std::mem::take(&mut call.out),
        exit_code: 0,
        ending: None,
        data: std::collections::BTreeMap::new(),
    }
}

pub(super) fn nginx(call: &mut Call<'_, '_>) -> Program {
    let words = call.args();
    let version = call.variable("NGINX_VERSION").unwrap_or_else(|| "1.27.5".to_owned());
    match words.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["-v"] if call.ctx.key.pid != 1 => {
            call.error(&format!("nginx version: nginx/{version}"));
            return call.done(0);
        }
        ["-t"] => {
            call.error("nginx: the configuration file /etc/nginx/nginx.conf syntax is ok\nnginx: configuration file /etc/nginx/nginx.conf test is successful");
            return call.done(0);
        }
        ["-s", what] => {
            let signal = match *what {
                "quit" => Signal::QUIT,
                "stop" => Signal::TERM,
                _ => Signal::HUP,
            };
            let target = super::ProcKey { pid: 1, ..call.ctx.key };
            call.ctx.sys.send(target, signal, false);
            return call.done(0);
        }
        _ => {}
    }
    let config = call
        .files("/etc/nginx/conf.d/default.conf")
        .and_then(|files| files.read("/etc/nginx/conf.d/default.conf"))
        .unwrap_or_default();
    let config = String::from_utf8_lossy(&config).into_owned();
    let listens = config.lines().filter_map(|line| line.trim().strip_prefix("listen")).filter_map(|rest| {
        rest.trim().trim_end_matches(';').split_whitespace().next()?.rsplit(':').next()?.parse().ok()
    });
    let env_port = call.variable("NGINX_HTTP_PORT_NUMBER").and_then(|port| port.parse().ok());
    let port: u16 = env_port.or_else(|| listens.into_iter().next()).unwrap_or(80);
    let stamp = super::info::strftime(call.ctx.now(), "%Y/%m/%d %H:%M:%S");
    let pid = call.ctx.key.pid;
    let uid = call.ctx.process().user.uid;
    if call.ctx.sys.listens(port) || (port < 1024 && uid != 0) {
        let why = if uid != 0 { "13: Permission denied" } else { "98: Address already in use" };
        call.error(&format!("{stamp} [emerg] {pid}#{pid}: bind() to 0.0.0.0:{port} failed ({why})\nnginx: [emerg] bind() to 0.0.0.0:{port} failed ({why})"));
        return call.done(1);
    }
    call.error(&format!(
        "{stamp} [notice] {pid}#{pid}: nginx/{version}\n{stamp} [notice] {pid}#{pid}: start worker processes"
    ));
    Program::Server(Box::new(start(call, Kind::Nginx, &[port], 3 << 20)))
}

/// busybox httpd goes to the background unless `-f`.
pub(super) fn httpd(call: &mut Call<'_, '_>) -> Program {
    let options = match super::filter::options(call, "p:h:fvc:u:i", &[]) {
        Ok(options) => options,
        Err(failed) => return failed,
    };
    let port = options.value('p').and_then(|port| port.rsplit(':').next()?.parse().ok()).unwrap_or(80);
    let home = options.value('h').map_or_else(|| call.ctx.process().cwd.clone(), str::to_owned);
    if call.ctx.sys.listens(port) {
        return call.fail("bind: Address already in use");
    }
    let mut server = start(call, Kind::Httpd(home), &[port], 600 << 10);
    if options.has('f') {
        return Program::Server(Box::new(server));
    }
    server.begin(call.ctx);
    let fds = call.ctx.process().fds.clone();
    let argv = call.argv.clone();
    let mut child = call.ctx.child(argv, fds);
    child.program = Program::Server(Box::new(server.clone()));
    child.group = Some(0);
    if let Ok(pid) = call.ctx.sys.fork(call.ctx.key, child) {
        let key = super::ProcKey { pid, ..call.ctx.key };
        for port in &server.ports {
            call.ctx.sys.listeners.insert(*port, key);
        }
    }
    call.done(0)
}

/// `python3 -m http.server [PORT]`; other Python is said to be out of reach.
pub(super) fn python(call: &mut Call<'_, '_>) -> Program {
    let words = call.args();
    let module = words.iter().position(|word| word == "-m").and_then(|index| words.get(index + 1)).cloned();
    if module.as_deref() != Some("http.server") {
        return call.fail("podlab: Python code is not simulated");
    }
    let port = words.iter().skip(2).find_map(|word| word.parse().ok()).unwrap_or(8000);
    if call.ctx.sys.listens(port) {
        return call.fail("OSError: [Errno 98] Address already in use");
    }
    let home = call.ctx.process().cwd.clone();
    Program::Server(Box::new(start(call, Kind::Httpd(home), &[port], 20 << 20)))
}

pub(super) fn apache(call: &mut Call<'_, '_>) -> Program {
    if call.ctx.sys.listens(80) {
        call.error("(98)Address already in use: AH00072: make_sock: could not bind to address 0.0.0.0:80\nno listening sockets available, shutting down\nAH00015: Unable to open logs");
        return call.done(1);
    }
    let stamp = super::info::strftime(call.ctx.now(), "%a %b %d %H:%M:%S.000000 %Y");
    let pid = call.ctx.key.pid;
    let line = call.argv.join(" ");
    call.error(&format!("[{stamp}] [mpm_event:notice] [pid {pid}:tid {pid}] AH00489: Apache/2.4.65 (Unix) configured -- resuming normal operations\n[{stamp}] [core:notice] [pid {pid}:tid {pid}] AH00094: Command line: '{line}'"));
    Program::Server(Box::new(start(call, Kind::Apache, &[80], 6 << 20)))
}

pub(super) fn redis(call: &mut Call<'_, '_>) -> Program {
    let words = call.args();
    let port = words
        .iter()
        .position(|word| word == "--port")
        .and_then(|index| words.get(index + 1)?.parse().ok())
        .unwrap_or(6379);
    let stamp = super::info::strftime(call.ctx.now(), "%d %b %Y %H:%M:%S");
    let millis = call.ctx.now().0 % 1000;
    let pid = call.ctx.key.pid;
    call.line(&format!("{pid}:C {stamp}.{millis:03} * oO0OoO0OoO0Oo Redis is starting oO0OoO0OoO0Oo"));
    if call.ctx.sys.listens(port) {
        call.line(&format!("{pid}:M {stamp}.{millis:03} # Warning: Could not create server TCP listening socket *:{port}: bind: Address already in use\n{pid}:M {stamp}.{millis:03} # Failed listening on port {port} (tcp), aborting."));
        return call.done(1);
    }
    call.line(&format!("{pid}:M {stamp}.{millis:03} * Server initialized\n{pid}:M {stamp}.{millis:03} * Ready to accept connections tcp"));
    Program::Server(Box::new(start(call, Kind::Redis, &[port], 8 << 20)))
}

fn with_port(call: &mut Call<'_, '_>, kind: Kind, port: u16, log: &str, code: i32) -> Program {
    let port = call.variable("PORT").and_then(|port| port.parse().ok()).unwrap_or(port);
    if call.ctx.sys.listens(port) {
        return call.fail(&format!("listen tcp :{port}: bind: address already in use"));
    }
    if !log.is_empty() {
        call.error(log);
    }
    let mut server = start(call, kind, &[port], 10 << 20);
    server.exit_code = code;
    Program::Server(Box::new(server))
}

pub(super) fn liveness(call: &mut Call<'_, '_>) -> Program {
    with_port(call, Kind::Liveness, 8080, "", 143)
}

pub(super) fn serve_hostname(call: &mut Call<'_, '_>) -> Program {
    with_port(call, Kind::ServeHostname, 9376, "Serving on port 9376.", 143)
}

pub(super) fn hello(call: &mut Call<'_, '_>) -> Program {
    with_port(call, Kind::Hello, 8080, "Server listening on port 8080", 143)
}

/// A service podlab knows only by name: it runs and takes connections.
pub(super) fn service(call: &mut Call<'_, '_>) -> Program {
    let name = call.name();
    let port = match name.as_str() {
        "mysqld" => 3306,
        "mongod" => 27017,
        "memcached" => 11211,
        "rabbitmq-server" => 5672,
        "envoy" => 10000,
        "fluent-bit" => 2020,
        "etcd" => 2379,
        "kube-apiserver" => 6443,
        _ => 8080,
    };
    with_port(call, Kind::Silent, port, "", 0)
}

/// postgres and mysqld refuse to start without a password.
pub(super) fn database(call: &mut Call<'_, '_>) -> Program {
    let postgres = call.name() == "postgres";
    let needed: &[&str] = if postgres {
        &["POSTGRES_PASSWORD", "POSTGRES_HOST_AUTH_METHOD"]
    } else {
        &[
            "MYSQL_ROOT_PASSWORD",
            "MARIADB_ROOT_PASSWORD",
            "MYSQL_ALLOW_EMPTY_PASSWORD",
            "MYSQL_RANDOM_ROOT_PASSWORD",
            "MARIADB_ALLOW_EMPTY_ROOT_PASSWORD",
        ]
    };
    if !needed.iter().any(|name| call.variable(name).is_some_and(|value| !value.is_empty())) {
        let text = if postgres {
            "Error: Database is uninitialized and superuser password is not specified.\n       You must specify POSTGRES_PASSWORD to a non-empty value for the\n       superuser. For example, \"-e POSTGRES_PASSWORD=password\" on \"docker run\"."
        } else {
            "[ERROR] [Entrypoint]: Database is uninitialized and password option is not specified\n    You need to specify one of the following as an environment variable:\n    - MYSQL_ROOT_PASSWORD\n    - MYSQL_ALLOW_EMPTY_PASSWORD\n    - MYSQL_RANDOM_ROOT_PASSWORD"
        };
        call.error(text);
        return call.done(1);
    }
    let port = if postgres { 5432 } else { 3306 };
    let mut server = start(call, Kind::Silent, &[port], 40 << 20);
    server.ready_at = server.started.plus(if postgres { 2000 } else { 6000 });
    server.ready_log = if postgres {
        "LOG:  database system is ready to accept connections\n".to_owned()
    } else {
        "[Server] mysqld: ready for connections. port: 3306\n".to_owned()
    };
    Program::Server(Box::new(server))
}

pub(super) fn agnhost(call: &mut Call<'_, '_>) -> Program {
    let words = call.args();
    let port = words
        .iter()
        .find_map(|word| word.strip_prefix("--http-port=").or_else(|| word.strip_prefix("--port=")));
    let port = port.and_then(|port| port.parse().ok());
    match words.first().map(String::as_str) {
        None | Some("pause") => {
            call.line("Paused");
            let mut out = std::mem::take(&mut call.out);
            out.flush(call.ctx);
            Program::Pause
        }
        Some("liveness") => with_port(call, Kind::Liveness, port.unwrap_or(8080), "", 143),
        Some("netexec") => {
            with_port(call, Kind::Netexec, port.unwrap_or(8080), "Started HTTP server on port 8080", 143)
        }
        Some("serve-hostname") => {
            with_port(call, Kind::ServeHostname, port.unwrap_or(9376), "Serving on port 9376.", 143)
        }
        Some(other) => call.fail(&format!("podlab: agnhost {other} is not simulated")),
    }
}

pub(super) fn hello_world(call: &mut Call<'_, '_>) -> Program {
    call.line(
        "\nHello from Docker!\nThis message shows that your installation appears to be working correctly.\n",
    );
    call.done(0)
}

impl Server {
    pub fn handles(&self, signal: Signal) -> bool {
        match self.kind {
            Kind::Httpd(_) | Kind::Liveness | Kind::Netexec | Kind::Hello | Kind::ServeHostname => false,
            Kind::Apache => matches!(signal, Signal::TERM | Signal::WINCH | Signal::INT),
            _ => matches!(signal, Signal::TERM | Signal::QUIT | Signal::INT | Signal::HUP),
        }
    }

    fn begin(&mut self, ctx: &mut Ctx<'_>) {
        self.listening = true;
        for port in &self.ports {
            ctx.sys.listen(ctx.key, *port);
        }
        let log = std::mem::take(&mut self.ready_log);
        self.out.text(2, &log);
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
        if signals.iter().any(|signal| *signal != Signal::HUP) {
            self.ending = Some(self.exit_code);
            if self.kind == Kind::Redis {
                self.out.text(1, "1:signal-handler Received SIGTERM scheduling shutdown...\n");
            }
            return Step::Again;
        }
        if !self.listening {
            if ctx.now() < self.ready_at {
                return Step::Wait(Some(self.ready_at));
            }
            self.begin(ctx);
            return Step::Again;
        }
        let incoming =
            ctx.process_mut().map(|process| std::mem::take(&mut process.inbox)).unwrap_or_default();
        if incoming.is_empty() {
            return Step::Wait(None);
        }
        for request in incoming {
            match request {
                Incoming::Http(to, request) => {
                    let response = self.http(&request, ctx);
                    ctx.sys.reply(to, Reply::Http(response, None));
                }
                Incoming::Tcp(to, payload) => {
                    let answer = self.tcp(&payload);
                    ctx.sys.reply(to, Reply::Tcp(answer));
                }
            }
        }
        Step::Again
    }
}

/// `nc -l`: takes connections, and answers an HTTP request with what its standard input holds.
pub(super) fn listener(call: &mut Call<'_, '_>, port: Option<u16>) -> Program {
    let Some(port) = port else { return call.fail("podlab: nc -l needs a port") };
    if call.ctx.sys.listens(port) {
        return call.fail("bind: Address already in use");
    }
    Program::Server(Box::new(start(call, Kind::Silent, &[port], 600 << 10)))
}
