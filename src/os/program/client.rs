//! Programs that ask over the network: `wget`, `curl`, `nc`, `nslookup`, `ping`, `redis-cli`. Loopback is answered inside the system,
//! everything else by the host.

use super::super::net::{Failure, HttpRequest, HttpResponse, Incoming, Reply, Request, RequestId};
use super::super::system::Step;
use super::{Call, Ctx, Flushed, Output, Program};
use crate::kube::SimTime;

#[derive(Clone, Debug)]
enum Kind {
    Wget {
        to: Option<String>,
        spider: bool,
        quiet: bool,
    },
    Curl {
        to: Option<String>,
        fail: bool,
        silent: bool,
        show_error: bool,
        head: bool,
        include: bool,
        format: Option<String>,
    },
    Nc {
        verbose: bool,
        zero: bool,
    },
    Nslookup,
    Getent,
    Ping {
        count: u32,
        sent: u32,
    },
    Redis,
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

/// The address `/etc/hosts` gives a name, or the name.
fn known_host(ctx: &mut Ctx<'_>, name: &str) -> String {
    let text = ctx.files("/etc/hosts").and_then(|files| files.read("/etc/hosts").ok()).unwrap_or_default();
    let text = String::from_utf8_lossy(&text).into_owned();
    let line = text
        .lines()
        .map(|line| line.split('#').next().unwrap_or_default())
        .find(|line| line.split_whitespace().skip(1).any(|known| known == name));
    line.and_then(|line| line.split_whitespace().next()).unwrap_or(name).to_owned()
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
        self.patience = seconds.unwrap_or_default().to_owned();
        self
    }

    fn http(&mut self, call: &mut Call<'_, '_>, request: HttpRequest) {
        let key = call.ctx.key;
        let target = known_host(call.ctx, &request.host);
        self.id = Some(if call.ctx.sys.is_self(&target) {
            let port = request.port;
            let peer = if super::super::net::is_loopback(&target) { "127.0.0.1".to_owned() } else { target };
            call.ctx.sys.local_request(key, port, |to| Incoming::Http(to, HttpRequest { peer, ..request }))
        } else {
            call.ctx.sys.request(key, Request::Http(HttpRequest { host: target, ..request }))
        });
    }

    fn tcp(&mut self, call: &mut Call<'_, '_>, payload: Vec<u8>) {
        let key = call.ctx.key;
        let target = known_host(call.ctx, &self.host);
        let (host, port) = (target.clone(), self.port);
        self.id = Some(if call.ctx.sys.is_self(&target) {
            call.ctx.sys.local_request(key, port, |to| Incoming::Tcp(to, payload))
        } else {
            call.ctx.sys.request(key, Request::Tcp { host, port, payload })
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
            return if self.until.is_some_and(|until| ctx.now() < until) {
                Step::Wait(self.until)
            } else {
                self.ping_again(ctx)
            };
        };
        match ctx.reply(id) {
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

    fn ping_again(&mut self, ctx: &mut Ctx<'_>) -> Step {
        let key = ctx.key;
        self.until = None;
        self.id = Some(ctx.sys.request(key, Request::Ping { host: self.host.clone() }));
        Step::Wait(None)
    }

    fn answered(&mut self, reply: Reply, ctx: &mut Ctx<'_>) -> Option<i32> {
        match (self.kind.clone(), reply) {
            (Kind::Wget { to, spider, quiet }, reply) => Some(self.wget(to, spider, quiet, reply, ctx)),
            (Kind::Curl { to, fail, silent, show_error, head, include, format }, reply) => {
                let quiet = silent && !show_error;
                Some(self.curl(to, fail, quiet, head, include, format, reply, ctx))
            }
            (Kind::Nc { verbose, .. }, Reply::Tcp(bytes)) => {
                if verbose {
                    self.out.text(2, &format!("{} ({}:{}) open\n", self.host, self.host, self.port));
                }
                self.out.push(1, &bytes);
                Some(0)
            }
            (Kind::Nc { .. }, Reply::Failed(failure)) => {
                let text = match failure {
                    Failure::UnknownHost => format!("nc: bad address '{}'\n", self.host),
                    Failure::TimedOut => {
                        format!("nc: {} ({}:{}): Connection timed out\n", self.host, self.host, self.port)
                    }
                    _ => format!("nc: {} ({}:{}): Connection refused\n", self.host, self.host, self.port),
                };
                if failure == Failure::UnknownHost
                    || matches!(self.kind, Kind::Nc { verbose: true, .. } | Kind::Nc { zero: false, .. })
                {
                    self.out.text(2, &text);
                }
                Some(1)
            }
            (Kind::Nslookup, reply) => Some(self.nslookup(reply, ctx)),
            (Kind::Getent, Reply::Resolved { addresses, .. }) => {
                for address in addresses {
                    self.out.text(1, &format!("{:<17} {}\n", address.to_string(), self.host));
                }
                Some(0)
            }
            (Kind::Getent, _) => Some(2),
            (Kind::Ping { count, sent }, reply) => self.ping(count, sent, reply, ctx),
            (Kind::Redis, Reply::Tcp(bytes)) => {
                self.out.push(1, &bytes);
                Some(0)
            }
            (Kind::Redis, _) => {
                self.out.text(
                    2,
                    &format!(
                        "Could not connect to Redis at {}:{}: Connection refused\n",
                        self.host, self.port
                    ),
                );
                Some(1)
            }
            _ => Some(1),
        }
    }

    fn wget(
        &mut self,
        to: Option<String>,
        spider: bool,
        quiet: bool,
        reply: Reply,
        ctx: &mut Ctx<'_>,
    ) -> i32 {
        let address = known_host(ctx, &self.host);
        let address = if address == "localhost" { "127.0.0.1".to_owned() } else { address };
        if !quiet && !matches!(reply, Reply::Failed(Failure::UnknownHost)) {
            self.out.text(2, &format!("Connecting to {} ({address}:{})\n", self.display_host(), self.port));
        }
        match reply {
            Reply::Http(response, _) if response.status >= 400 => {
                self.out.text(
                    2,
                    &format!(
                        "wget: server returned error: HTTP/1.1 {} {}\n",
                        response.status,
                        HttpResponse::reason(response.status)
                    ),
                );
                1
            }
            Reply::Http(_, _) if spider => {
                if !quiet {
                    self.out.text(2, "remote file exists\n");
                }
                0
            }
            Reply::Http(response, _) => self.save(to, &response.body, ctx),
            Reply::Failed(failure) => {
                let text = match failure {
                    Failure::UnknownHost => format!("wget: bad address '{}'\n", self.display_host()),
                    Failure::TimedOut => "wget: download timed out\n".to_owned(),
                    Failure::Unreachable => {
                        format!("wget: can't connect to remote host ({address}): No route to host\n")
                    }
                    Failure::Closed => "wget: error getting response\n".to_owned(),
                    Failure::Refused => {
                        format!("wget: can't connect to remote host ({address}): Connection refused\n")
                    }
                };
                self.out.text(2, &text);
                1
            }
            _ => 1,
        }
    }

    fn display_host(&self) -> String {
        if self.port == 80 { self.host.clone() } else { format!("{}:{}", self.host, self.port) }
    }

    fn save(&mut self, to: Option<String>, body: &[u8], ctx: &mut Ctx<'_>) -> i32 {
        let Some(path) = to.filter(|path| path != "-") else {
            self.out.push(1, body);
            return 0;
        };
        match ctx.files(&path).map(|mut files| files.write(&path, body)) {
            Some(Ok(())) | None => 0,
            Some(Err(error)) => {
                self.out.text(2, &format!("{}: can't open '{path}': {error}\n", self.name));
                1
            }
        }
    }

    #[expect(clippy::too_many_arguments, reason = "curl's options, each used once")]
    fn curl(
        &mut self,
        to: Option<String>,
        fail: bool,
        quiet: bool,
        head: bool,
        include: bool,
        format: Option<String>,
        reply: Reply,
        ctx: &mut Ctx<'_>,
    ) -> i32 {
        let (code, status, message) = match reply {
            Reply::Http(response, _) if fail && response.status >= 400 => {
                (22, response.status, format!("The requested URL returned error: {}", response.status))
            }
            Reply::Http(response, _) => {
                if head || include {
                    let mut text =
                        format!("HTTP/1.1 {} {}\r\n", response.status, HttpResponse::reason(response.status));
                    response
                        .headers
                        .iter()
                        .for_each(|(name, value)| text.push_str(&format!("{name}: {value}\r\n")));
                    self.out.text(1, &format!("{text}Content-Length: {}\r\n\r\n", response.body.len()));
                }
                let code = if head { 0 } else { self.save(to, &response.body, ctx) };
                (if code == 0 { 0 } else { 23 }, response.status, String::new())
            }
            Reply::Failed(Failure::UnknownHost) => (6, 0, format!("Could not resolve host: {}", self.host)),
            Reply::Failed(Failure::TimedOut) => (
                28,
                0,
                format!(
                    "Connection timed out after {} milliseconds",
                    super::millis(&self.patience).unwrap_or(130_000)
                ),
            ),
            Reply::Failed(Failure::Closed) => (52, 0, "Empty reply from server".to_owned()),
            _ => (
                7,
                0,
                format!(
                    "Failed to connect to {} port {} after 0 ms: Could not connect to server",
                    self.host, self.port
                ),
            ),
        };
        if code != 0 && !quiet && !message.is_empty() {
            self.out.text(2, &format!("curl: ({code}) {message}\n"));
        }
        if let Some(format) = format {
            let text = format
                .replace("%{http_code}", &format!("{status:03}"))
                .replace("%{response_code}", &format!("{status:03}"));
            self.out.push(1, &super::text::unescape(&text, false).0);
        }
        code
    }

    fn nslookup(&mut self, reply: Reply, ctx: &mut Ctx<'_>) -> i32 {
        let conf = ctx
            .files("/etc/resolv.conf")
            .and_then(|files| files.read("/etc/resolv.conf").ok())
            .unwrap_or_default();
        let conf = String::from_utf8_lossy(&conf).into_owned();
        let server = conf
            .lines()
            .find_map(|line| line.strip_prefix("nameserver "))
            .unwrap_or("10.96.0.10")
            .trim()
            .to_owned();
        match reply {
            Reply::Resolved { name, addresses } => {
                self.out.text(1, &format!("Server:\t\t{server}\nAddress:\t{server}:53\n\n"));
                for address in addresses {
                    self.out.text(1, &format!("Name:\t{name}\nAddress: {address}\n"));
                }
                self.out.text(1, "\n");
                0
            }
            Reply::Failed(Failure::TimedOut) => {
                self.out.text(1, ";; connection timed out; no servers could be reached\n\n");
                1
            }
            _ => {
                let name = &self.host;
                self.out.text(1, &format!("Server:\t\t{server}\nAddress:\t{server}:53\n\n** server can't find {name}: NXDOMAIN\n\n"));
                1
            }
        }
    }

    fn ping(&mut self, count: u32, sent: u32, reply: Reply, ctx: &Ctx<'_>) -> Option<i32> {
        match reply {
            Reply::Pong(address, micros) => {
                if sent == 0 {
                    self.out.text(1, &format!("PING {} ({address}): 56 data bytes\n", self.host));
                }
                let millis = micros as f64 / 1000.0;
                self.out
                    .text(1, &format!("64 bytes from {address}: seq={sent} ttl=64 time={millis:.3} ms\n"));
                let sent = sent + 1;
                if sent >= count {
                    self.out.text(1, &format!("\n--- {} ping statistics ---\n{sent} packets transmitted, {sent} packets received, 0% packet loss\nround-trip min/avg/max = {millis:.3}/{millis:.3}/{millis:.3} ms\n", self.host));
                    return Some(0);
                }
                self.kind = Kind::Ping { count, sent };
                self.until = Some(ctx.now().plus(1000));
                None
            }
            Reply::Failed(Failure::UnknownHost) => {
                self.out.text(2, &format!("ping: bad address '{}'\n", self.host));
                Some(1)
            }
            _ => {
                self.out.text(1, &format!("PING {0} ({0}): 56 data bytes\n\n--- {0} ping statistics ---\n1 packets transmitted, 0 packets received, 100% packet loss\n", self.host));
                Some(1)
            }
        }
    }
}

pub(super) fn wget(call: &mut Call<'_, '_>) -> Program {
    let options = match super::Options::parse(
        &call.args(),
        "qO:T:St:U:cP:",
        &[
            ("spider", 'S'),
            ("quiet", 'q'),
            ("timeout", 'T'),
            ("output-document", 'O'),
            ("tries", 't'),
            ("no-check-certificate", 'c'),
            ("header", 'U'),
        ],
    ) {
        Ok(options) => options,
        Err(bad) => return call.bad_option(&bad),
    };
    let Some(text) = options.rest.first().cloned() else { return call.fail("missing URL") };
    let Some(url) = url(&text) else { return call.fail(&format!("bad address '{text}'")) };
    let name = url.path.rsplit('/').next().filter(|name| !name.is_empty()).unwrap_or("index.html").to_owned();
    let to = options.value('O').map_or(name, str::to_owned);
    let spider = call.args().iter().any(|word| word == "--spider");
    let kind = Kind::Wget { to: Some(to), spider, quiet: options.has('q') };
    let mut client = Client::new(call, kind, &url.host, url.port)
        .wait_at_most(call, Some(options.value('T').unwrap_or("900")));
    client.http(
        call,
        HttpRequest {
            method: "GET".to_owned(),
            host: url.host,
            port: url.port,
            path: url.path,
            headers: vec![("User-Agent".to_owned(), "Wget".to_owned())],
            tls: url.tls,
            ..HttpRequest::default()
        },
    );
    Program::Client(Box::new(client))
}

pub(super) fn curl(call: &mut Call<'_, '_>) -> Program {
    let long = [
        ("silent", 's'),
        ("fail", 'f'),
        ("output", 'o'),
        ("write-out", 'w'),
        ("max-time", 'm'),
        ("head", 'I'),
        ("include", 'i'),
        ("show-error", 'S'),
        ("location", 'L'),
        ("insecure", 'k'),
        ("request", 'X'),
        ("header", 'H'),
        ("data", 'd'),
        ("connect-timeout", 'c'),
        ("verbose", 'v'),
        ("retry", 'c'),
        ("user", 'u'),
        ("user-agent", 'A'),
    ];
    let options = match super::Options::parse(&call.args(), "sfSo:w:m:IiLkX:H:d:c:vu:A:gN46", &long) {
        Ok(options) => options,
        Err(bad) => {
            call.error(&format!(
                "curl: option {bad}: is unknown\ncurl: try 'curl --help' for more information"
            ));
            return call.done(2);
        }
    };
    let Some(text) = options.rest.first().cloned() else {
        call.error("curl: try 'curl --help' for more information");
        return call.done(2);
    };
    let Some(url) = url(&text) else {
        call.error("curl: (3) URL rejected: Bad hostname");
        return call.done(3);
    };
    let kind = Kind::Curl {
        to: options.value('o').map(str::to_owned),
        fail: options.has('f'),
        silent: options.has('s'),
        show_error: options.has('S'),
        head: options.has('I'),
        include: options.has('i'),
        format: options.value('w').map(str::to_owned),
    };
    let mut headers = vec![("User-Agent".to_owned(), options.value('A').unwrap_or("curl/8.5.0").to_owned())];
    headers.extend(
        options
            .values('H')
            .filter_map(|header| header.split_once(':'))
            .map(|(name, value)| (name.to_owned(), value.trim().to_owned())),
    );
    let method = options
        .value('X')
        .unwrap_or(if options.has('I') {
            "HEAD"
        } else if options.has('d') {
            "POST"
        } else {
            "GET"
        })
        .to_owned();
    let body = options.value('d').unwrap_or_default().as_bytes().to_vec();
    let patience = options.value('m').or_else(|| options.value('c')).unwrap_or("130").to_owned();
    let mut client = Client::new(call, kind, &url.host, url.port).wait_at_most(call, Some(&patience));
    client.url = text;
    client.http(
        call,
        HttpRequest {
            method,
            host: url.host,
            port: url.port,
            path: url.path,
            headers,
            body,
            tls: url.tls,
            ..HttpRequest::default()
        },
    );
    Program::Client(Box::new(client))
}

pub(super) fn nc(call: &mut Call<'_, '_>) -> Program {
    let options = match super::Options::parse(&call.args(), "zvw:lp:uke:nN", &[]) {
        Ok(options) => options,
        Err(bad) => return call.bad_option(&bad),
    };
    if options.has('l') {
        return super::server::listener(
            call,
            options
                .value('p')
                .or_else(|| options.rest.last().map(String::as_str))
                .and_then(|port| port.parse().ok()),
        );
    }
    let [host, port] = options.rest.as_slice() else {
        return call.fail("podlab: nc needs a host and a port");
    };
    let Ok(port) = port.parse::<u16>() else { return call.fail(&format!("bad port '{port}'")) };
    let kind = Kind::Nc { verbose: options.has('v'), zero: options.has('z') };
    let mut client =
        Client::new(call, kind, host, port).wait_at_most(call, Some(options.value('w').unwrap_or("127")));
    client.tcp(call, Vec::new());
    Program::Client(Box::new(client))
}

/// `nslookup`, `dig`, `host`, `getent hosts`
pub(super) fn nslookup(call: &mut Call<'_, '_>) -> Program {
    let getent = call.name() == "getent";
    let words: Vec<String> = call
        .args()
        .into_iter()
        .filter(|word| !word.starts_with(['-', '+', '@']))
        .skip(usize::from(getent))
        .collect();
    let Some(name) = words.first().cloned() else { return call.fail("missing host name") };
    let known = known_host(call.ctx, &name);
    if getent && known != name {
        call.line(&format!("{known:<17} {name}"));
        return call.done(0);
    }
    let kind = if getent { Kind::Getent } else { Kind::Nslookup };
    let mut client = Client::new(call, kind, &name, 53).wait_at_most(call, Some("15"));
    let key = call.ctx.key;
    client.id = Some(call.ctx.sys.request(key, Request::Resolve { name }));
    Program::Client(Box::new(client))
}

pub(super) fn ping(call: &mut Call<'_, '_>) -> Program {
    let options = match super::Options::parse(&call.args(), "c:w:W:i:q46s:I:", &[]) {
        Ok(options) => options,
        Err(bad) => return call.bad_option(&bad),
    };
    let Some(host) = options.rest.first().cloned() else { return call.fail("missing host") };
    let count = options.value('c').and_then(|count| count.parse().ok()).unwrap_or(u32::MAX);
    let mut client = Client::new(call, Kind::Ping { count, sent: 0 }, &host, 0)
        .wait_at_most(call, options.value('w').or_else(|| options.value('W')));
    let key = call.ctx.key;
    client.id = Some(call.ctx.sys.request(key, Request::Ping { host }));
    Program::Client(Box::new(client))
}

pub(super) fn redis_cli(call: &mut Call<'_, '_>) -> Program {
    let options = match super::Options::parse(&call.args(), "+h:p:a:n:", &[]) {
        Ok(options) => options,
        Err(bad) => return call.bad_option(&bad),
    };
    let host = options.value('h').unwrap_or("127.0.0.1").to_owned();
    let port = options.value('p').and_then(|port| port.parse().ok()).unwrap_or(6379);
    let mut client = Client::new(call, Kind::Redis, &host, port);
    client.tcp(call, options.rest.join(" ").into_bytes());
    Program::Client(Box::new(client))
}
