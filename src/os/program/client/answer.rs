//! What the clients print once their answer is there.

use super::super::super::net::{Failure, Reply};
use super::super::Ctx;
use super::{Client, Kind};

impl Client {
    pub(super) fn answered(&mut self, reply: Reply, ctx: &mut Ctx<'_>) -> Option<i32> {
        match (self.kind.clone(), reply) {
            (Kind::Wget(wget), reply) => Some(self.wget(wget, reply, ctx)),
            (Kind::Curl(curl), reply) => self.curl(*curl, reply, ctx),
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
            (Kind::Lookup(shown), reply) => Some(self.looked_up(shown, reply, ctx)),
            (Kind::Ping { count, sent }, reply) => self.ping((count, sent), &reply, ctx),
            (Kind::Redis(cli), reply) => self.redis_answered(&cli, reply),
            (Kind::Database(session), reply) => Some(self.database_answered(&session, reply, ctx)),
            _ => Some(1),
        }
    }

    pub(super) fn display_host(&self) -> String {
        if self.port == 80 { self.host.clone() } else { format!("{}:{}", self.host, self.port) }
    }

    pub(super) fn save(&mut self, to: Option<String>, body: &[u8], ctx: &mut Ctx<'_>) -> i32 {
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
