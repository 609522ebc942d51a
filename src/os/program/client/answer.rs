//! What the clients print once their answer is there.

use super::super::super::net::{Failure, HttpResponse, Reply};
use super::super::Ctx;
use super::{Client, Curl, Kind, Part, Wget, known_host};

impl Client {
    pub(super) fn answered(&mut self, reply: Reply, ctx: &mut Ctx<'_>) -> Option<i32> {
        match (self.kind.clone(), reply) {
            (Kind::Wget(wget), reply) => Some(self.wget(wget, reply, ctx)),
            (Kind::Curl(curl), reply) => Some(self.curl(curl, reply, ctx)),
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
            (Kind::Ping { count, sent }, reply) => self.ping((count, sent), &reply, ctx),
            (Kind::Redis(cli), reply) => self.redis_answered(&cli, reply),
            (Kind::Database(session), reply) => Some(self.database_answered(&session, reply, ctx)),
            _ => Some(1),
        }
    }

    fn wget(&mut self, Wget { to, spider, quiet }: Wget, reply: Reply, ctx: &mut Ctx<'_>) -> i32 {
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

    fn curl(&mut self, asked: Curl, reply: Reply, ctx: &mut Ctx<'_>) -> i32 {
        let Curl { to, fail, quiet, part, format } = asked;
        let (code, status, message) = match reply {
            Reply::Http(response, _) if fail && response.status >= 400 => {
                (22, response.status, format!("The requested URL returned error: {}", response.status))
            }
            Reply::Http(response, _) => {
                if part != Part::Body {
                    let reason = HttpResponse::reason(response.status);
                    self.out.text(1, &format!("HTTP/1.1 {} {reason}\r\n", response.status));
                    for (name, value) in &response.headers {
                        self.out.text(1, &format!("{name}: {value}\r\n"));
                    }
                    self.out.text(1, &format!("Content-Length: {}\r\n\r\n", response.body.len()));
                }
                let code = if part == Part::Head { 0 } else { self.save(to, &response.body, ctx) };
                (if code == 0 { 0 } else { 23 }, response.status, String::new())
            }
            Reply::Failed(Failure::UnknownHost) => (6, 0, format!("Could not resolve host: {}", self.host)),
            Reply::Failed(Failure::TimedOut) => (
                28,
                0,
                format!(
                    "Connection timed out after {} milliseconds",
                    super::super::millis(&self.patience).unwrap_or(130_000)
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
            self.out.push(1, &super::super::text::unescape(&text, false).0);
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

    fn ping(&mut self, (count, sent): (u32, u32), reply: &Reply, ctx: &Ctx<'_>) -> Option<i32> {
        match reply {
            Reply::Pong(address, micros) => {
                if sent == 0 {
                    self.out.text(1, &format!("PING {} ({address}): 56 data bytes\n", self.host));
                }
                let millis = *micros as f64 / 1000.0;
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
