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
            (Kind::Ping(ping), reply) => self.pinged(ping, &reply, ctx),
            (Kind::Redis(cli), reply) => self.redis_answered(&cli, reply),
            (Kind::Sql(session), reply) => Some(self.sql_answered(&session, reply, ctx)),
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
}
