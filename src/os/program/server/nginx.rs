//! nginx: its configuration, its logs, its answers. The log lines at its start and `/healthz` (which nginx answers itself, and fails after
//! `$FAIL_AFTER` seconds or while `/tmp/down` exists) are those of the recorded stand-in.

mod config;

use std::collections::BTreeSet;
use std::net::{Ipv4Addr, SocketAddrV4};

use super::super::super::net::{
    HttpRequest, HttpResponse, Incoming, Reply, ReplyTo, Request, RequestId, is_loopback,
};
use super::super::super::signal::Signal;
use super::super::{Call, Ctx, Opened, Program};
use super::answer::{file_answer, header, http_date};
use super::{Kind, Server, start};
use crate::os::Errno;
use config::{Action, Config, Upstream};

/// What a running nginx remembers.
#[derive(Clone, Debug)]
pub(in crate::os) struct Nginx {
    config: Config,
    version: String,
    /// Names of upstream servers that are being looked up at the start.
    lookups: Vec<(RequestId, Upstream)>,
    /// Requests passed on to another server.
    passed: Vec<(RequestId, ReplyTo, HttpRequest, bool)>,
}

impl Nginx {
    /// Whether a port is one for TLS by its configuration.
    pub fn speaks_tls(&self, port: u16) -> bool {
        self.config.sites.iter().any(|site| site.tls.contains(&port))
    }
}

pub(in super::super) fn nginx(call: &mut Call<'_, '_>) -> Program {
    let words = call.args();
    let version = call.variable("NGINX_VERSION").unwrap_or_else(|| "1.27.5".to_owned());
    let after =
        |flag: &str| words.iter().position(|word| word == flag).and_then(|at| words.get(at + 1)).cloned();
    let main = after("-c").unwrap_or_else(|| config::MAIN.to_owned());
    if words.first().is_some_and(|word| matches!(word.as_str(), "-v" | "-V")) && call.ctx.key.pid != 1 {
        call.error(&format!("nginx version: nginx/{version}"));
        return call.done(0);
    }
    if let Some(what) = after("-s") {
        return tell(call, &what);
    }
    let globals = after("-g").unwrap_or_default();
    let config = match config::read(call, &globals, &main) {
        Ok(config) => config,
        Err(text) => return emergency(call, &text, words.iter().any(|word| word == "-t").then_some(&main)),
    };
    if words.iter().any(|word| word == "-t") {
        call.error(&format!("nginx: the configuration file {main} syntax is ok\nnginx: configuration file {main} test is successful"));
        return call.done(0);
    }
    // The recorded stand-in serves when it is a container's `nginx -v`.
    let foreground = config.foreground || words == ["-v"];
    match begin(call, config, version) {
        Ok(server) if foreground => Program::Server(Box::new(server)),
        Ok(server) => super::to_background(call, server),
        Err(text) => emergency(call, &text, None),
    }
}

/// `nginx -s quit` and its like: a signal for the process whose number the pid file holds.
fn tell(call: &mut Call<'_, '_>, what: &str) -> Program {
    let signal = match what {
        "quit" => Signal::QUIT,
        "stop" => Signal::TERM,
        "reload" | "reopen" => Signal::HUP,
        other => {
            call.error(&format!("nginx: invalid option: \"-s {other}\""));
            return call.done(1);
        }
    };
    let path = "/var/run/nginx.pid";
    let text = call.files(path).and_then(|files| files.read(path)).unwrap_or_default();
    let Ok(pid) = String::from_utf8_lossy(&text).trim().parse::<u32>() else {
        return emergency(call, &format!("open() \"{path}\" failed (2: No such file or directory)"), None);
    };
    let key = super::super::ProcKey { pid, ..call.ctx.key };
    call.ctx.sys.send(key, signal, false);
    call.done(0)
}

/// nginx cannot go on: once for its log, once for whoever started it.
fn emergency(call: &mut Call<'_, '_>, text: &str, tested: Option<&String>) -> Program {
    let stamp = super::super::info::strftime(call.ctx.wall(), "%Y/%m/%d %H:%M:%S");
    let pid = call.ctx.key.pid;
    call.error(&format!("{stamp} [emerg] {pid}#{pid}: {text}\nnginx: [emerg] {text}"));
    if let Some(main) = tested {
        call.error(&format!("nginx: configuration file {main} test failed"));
    }
    call.done(1)
}

/// Opens logs, makes folders, takes ports: what nginx does before it serves.
fn begin(call: &mut Call<'_, '_>, config: Config, version: String) -> Result<Server, String> {
    let failed = |what: &str, error: Errno| format!("{what} failed ({}: {error})", error.number());
    let error_log = log_file(call, &config.error_log, 2)
        .map_err(|error| failed(&format!("open() \"{}\"", config.error_log), error))?;
    for folder in &config.temporary {
        let made = call.files(folder).and_then(|mut files| files.mkdir(folder, 0o700));
        if let Err(error) = made
            && error != Errno::Exists
        {
            return Err(failed(&format!("mkdir() \"{folder}\""), error));
        }
    }
    let access_log = match config.access_log.as_str() {
        "off" => None,
        path => Some(log_file(call, path, 1).map_err(|error| failed(&format!("open() \"{path}\""), error))?),
    };
    let sockets = sockets(call, &config);
    if let Some((socket, error)) = super::refused(call, &sockets) {
        return Err(failed(&format!("bind() to {socket}"), error));
    }
    let pid = call.ctx.key.pid;
    let pid_file = config.pid.clone();
    call.files(&pid_file)
        .and_then(|mut files| files.write(&pid_file, format!("{pid}\n").as_bytes()))
        .map_err(|error| failed(&format!("open() \"{pid_file}\""), error))?;
    let stamp = super::super::info::strftime(call.ctx.wall(), "%Y/%m/%d %H:%M:%S");
    let notices = format!(
        "{stamp} [notice] {pid}#{pid}: nginx/{version}\n{stamp} [notice] {pid}#{pid}: start worker processes\n"
    );
    let lookups = look_up(call, &config);
    let nginx = Nginx { config, version, lookups, passed: Vec::new() };
    let mut server = start(call, Kind::Nginx(Box::new(nginx)), &sockets, 3 << 20);
    (server.access_log, server.error_log) = (access_log, error_log);
    server.ready_log = notices;
    Ok(server)
}

/// Where it is to listen. Who listens at all addresses of the machine listens at each of them.
fn sockets(call: &mut Call<'_, '_>, config: &Config) -> Vec<SocketAddrV4> {
    let places = config.sites.iter().flat_map(|site| &site.listens);
    let all: BTreeSet<SocketAddrV4> =
        places.map(|(host, port)| super::socket(call.ctx, host, *port)).collect();
    let everywhere = |port| all.contains(&SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, port));
    all.iter().copied().filter(|at| at.ip().is_unspecified() || !everywhere(at.port())).collect()
}

/// Opens a log to write at its end; `stderr`, and what leads to the own output, are those.
fn log_file(call: &mut Call<'_, '_>, path: &str, _stream: u32) -> Result<u32, Errno> {
    if path == "stderr" {
        return Ok(2);
    }
    let file = match call.ctx.writable_kind(path, true, false)? {
        Opened::Kind(kind) => call.ctx.sys.open(kind),
        Opened::Same(file) => file,
    };
    Ok(call.ctx.install(file))
}

/// Asks for the addresses of the upstream servers that are named, not numbered.
fn look_up(call: &mut Call<'_, '_>, config: &Config) -> Vec<(RequestId, Upstream)> {
    let key = call.ctx.key;
    let mut asked = Vec::new();
    for location in config.sites.iter().flat_map(|site| &site.locations) {
        let Action::Pass(upstream) = &location.action else { continue };
        let known = super::super::client::known_host(call.ctx, &upstream.host);
        let numbered = known.parse::<Ipv4Addr>().is_ok() || is_loopback(&known);
        if !numbered && !upstream.host.contains('$') {
            let name = upstream.host.clone();
            asked.push((call.ctx.sys.request(key, Request::Resolve { name }), upstream.clone()));
        }
    }
    asked
}

impl Nginx {
    /// Whether all names are known; an upstream without an address is nginx's end.
    pub(super) fn looked_up(&mut self, ctx: &mut Ctx<'_>) -> Result<bool, String> {
        let mut waiting = Vec::new();
        for (id, upstream) in std::mem::take(&mut self.lookups) {
            match ctx.reply(id) {
                None => waiting.push((id, upstream)),
                Some(Reply::Resolved { addresses, .. }) if !addresses.is_empty() => {}
                Some(_) => {
                    return Err(format!(
                        "host not found in upstream \"{}\" in {}",
                        upstream.host, upstream.at
                    ));
                }
            }
        }
        self.lookups = waiting;
        Ok(self.lookups.is_empty())
    }

    /// The answer to a request, or none yet: it was passed on.
    pub(super) fn http(
        &mut self,
        (to, request): (ReplyTo, &HttpRequest),
        age: u64,
        ctx: &mut Ctx<'_>,
    ) -> Option<HttpResponse> {
        let path = request.path.split('?').next().unwrap_or("/").to_owned();
        let site =
            self.config.sites.iter().find(|site| site.listens_on(request.port)).or(self.config.sites.first());
        let location = site.and_then(|site| {
            let exact = site.locations.iter().find(|location| location.exact && location.prefix == path);
            exact.or_else(|| {
                let fitting = site
                    .locations
                    .iter()
                    .filter(|location| !location.exact && path.starts_with(&location.prefix));
                fitting.max_by_key(|location| location.prefix.len())
            })
        });
        let location = location?.clone();
        match &location.action {
            Action::Return(code, text) => Some(self.returned(*code, text, request, ctx)),
            Action::Pass(upstream) => {
                let logs = site.is_none_or(|site| site.logs);
                self.pass((to, request, logs), upstream, &location.prefix, ctx);
                None
            }
            Action::Files(folder, in_place) => {
                let wanted =
                    if *in_place { path.strip_prefix(&location.prefix).unwrap_or(&path) } else { &path };
                Some(self.page(folder, wanted, &path, age, ctx))
            }
        }
    }

    /// Whether requests on this port are logged.
    pub(super) fn logs(&self, port: u16) -> bool {
        self.config.sites.iter().find(|site| site.listens_on(port)).is_none_or(|site| site.logs)
    }

    fn returned(&self, code: u16, text: &str, request: &HttpRequest, ctx: &Ctx<'_>) -> HttpResponse {
        let text = text
            .replace("$hostname", ctx.sys.hostname())
            .replace("$host", &request.host)
            .replace("$request_uri", &request.path)
            .replace("$remote_addr", &request.peer);
        if (300..400).contains(&code) {
            let mut response = self.error_page(code, ctx);
            response.headers.push(header("Location", &text));
            response
        } else if text.is_empty() && code >= 400 {
            self.error_page(code, ctx)
        } else {
            self.complete(
                HttpResponse {
                    status: code,
                    headers: vec![header("Content-Type", "application/octet-stream")],
                    body: text.into_bytes(),
                },
                ctx,
            )
        }
    }

    fn page(&self, folder: &str, wanted: &str, path: &str, age: u64, ctx: &mut Ctx<'_>) -> HttpResponse {
        if let Some(found) = file_answer(folder, wanted, ctx) {
            return self.complete(found, ctx);
        }
        if path == "/healthz" {
            return stand_in_health(age, ctx);
        }
        let file = format!("{}/{}", folder.trim_end_matches('/'), wanted.trim_start_matches('/'));
        let is_folder = ctx.files(&file).is_some_and(|files| files.list(&file).is_ok());
        self.error_page(if is_folder { 403 } else { 404 }, ctx)
    }

    fn error_page(&self, code: u16, ctx: &Ctx<'_>) -> HttpResponse {
        let title = format!("{code} {}", HttpResponse::reason(code));
        let title = if code == 302 { "302 Found".to_owned() } else { title };
        let body = format!(
            "<html>\r\n<head><title>{title}</title></head>\r\n<body>\r\n<center><h1>{title}</h1></center>\r\n<hr><center>nginx/{}</center>\r\n</body>\r\n</html>\r\n",
            self.version
        );
        self.complete(
            HttpResponse {
                status: code,
                headers: vec![header("Content-Type", "text/html")],
                body: body.into_bytes(),
            },
            ctx,
        )
    }

    /// Adds the headers every answer of nginx has.
    fn complete(&self, mut response: HttpResponse, ctx: &Ctx<'_>) -> HttpResponse {
        let length = response.body.len().to_string();
        let own =
            [header("Server", &format!("nginx/{}", self.version)), header("Date", &http_date(ctx.wall()))];
        response.headers.splice(0..0, own);
        response.headers.push(header("Content-Length", &length));
        response.headers.push(header("Connection", "keep-alive"));
        response
    }

    fn pass(
        &mut self,
        (to, request, logs): (ReplyTo, &HttpRequest, bool),
        upstream: &Upstream,
        prefix: &str,
        ctx: &mut Ctx<'_>,
    ) {
        let path = match &upstream.path {
            Some(path) => format!("{path}{}", request.path.strip_prefix(prefix).unwrap_or_default()),
            None => request.path.clone(),
        };
        let host = super::super::client::known_host(ctx, &upstream.host);
        let asked = HttpRequest { host: host.clone(), port: upstream.port, path, ..request.clone() };
        let key = ctx.key;
        let id = if let Some(inside) = ctx.sys.inside(&host, upstream.port) {
            let peer = inside.ip().to_string();
            ctx.sys.local_request(key, inside, |to| Incoming::Http(to, HttpRequest { peer, ..asked }))
        } else {
            ctx.sys.request(key, Request::Http(asked))
        };
        if self.passed.len() < 1024 {
            self.passed.push((id, to, request.clone(), logs));
        }
    }

    /// Answers that came back from upstream servers.
    pub(super) fn returned_by_upstream(
        &mut self,
        ctx: &mut Ctx<'_>,
    ) -> Vec<(ReplyTo, HttpRequest, HttpResponse, bool)> {
        let mut done = Vec::new();
        for (id, to, request, logs) in std::mem::take(&mut self.passed) {
            match ctx.reply(id) {
                None => self.passed.push((id, to, request, logs)),
                Some(Reply::Http(response, _)) => {
                    let headers = response.headers.iter().filter(|(name, _)| {
                        !["server", "date", "content-length", "connection"]
                            .contains(&name.to_ascii_lowercase().as_str())
                    });
                    let headers = headers.cloned().collect();
                    let response = self.complete(HttpResponse { headers, ..response }, ctx);
                    done.push((to, request, response, logs));
                }
                Some(Reply::Failed(crate::os::Failure::TimedOut)) => {
                    done.push((to, request, self.error_page(504, ctx), logs));
                }
                Some(_) => done.push((to, request, self.error_page(502, ctx), logs)),
            }
        }
        done
    }
}

/// `/healthz` of the recorded stand-in.
fn stand_in_health(age: u64, ctx: &mut Ctx<'_>) -> HttpResponse {
    let fails_after = ctx.process().variable("FAIL_AFTER").and_then(|seconds| seconds.parse::<u64>().ok());
    let down = ctx
        .files("/tmp/down")
        .is_some_and(|files| files.resolve("/tmp/down", true).is_ok_and(|place| place.node.is_some()));
    let failing = down || fails_after.is_some_and(|seconds| age >= seconds * 1000);
    if failing { HttpResponse::text(500, "fail\n") } else { HttpResponse::text(200, "ok\n") }
}
