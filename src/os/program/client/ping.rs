//! `ping`: one packet a second, and what came back.

use std::fmt::Write as _;
use std::net::Ipv4Addr;

use super::super::{Call, Ctx, Program, Step};
use super::{Client, Kind, known_host};
use crate::os::net::{Failure, Reply, Request, is_loopback};

/// Milliseconds from one packet to the next.
const PERIOD: u64 = 1000;
/// Milliseconds busybox waits for an answer to the last packet.
const LAST_WAIT: u64 = 10_000;

/// A ping under way.
#[derive(Clone, Debug)]
pub(in crate::os) struct Ping {
    count: u32,
    sent: u32,
    /// Round trips in microseconds.
    trips: Vec<u64>,
    address: Option<Ipv4Addr>,
    /// Milliseconds to wait for the last answer.
    patience: u64,
}

pub(in super::super) fn ping(call: &mut Call<'_, '_>) -> Program {
    let options = match super::super::Options::parse(&call.args(), "c:w:W:i:q46s:I:t:n", &[]) {
        Ok(options) => options,
        Err(bad) => return call.bad_option(&bad),
    };
    let Some(host) = options.rest.first().cloned() else { return call.fail("missing host") };
    let count = options.value('c').and_then(|count| count.parse().ok()).unwrap_or(u32::MAX);
    let patience =
        options.value('W').or_else(|| options.value('w')).and_then(super::super::millis).unwrap_or(LAST_WAIT);
    let state = Ping { count, sent: 0, trips: Vec::new(), address: None, patience };
    let mut client = Client::new(call, Kind::Ping(state), &host, 0);
    let name = match known_host(call.ctx, &host) {
        name if is_loopback(&name) && name.parse::<Ipv4Addr>().is_err() => "127.0.0.1".to_owned(),
        name => name,
    };
    let key = call.ctx.key;
    client.id = Some(call.ctx.sys.request(key, Request::Resolve { name }));
    Program::Client(Box::new(client))
}

impl Client {
    /// The moment for the next packet has come, or for the end.
    pub(super) fn ping_again(&mut self, ctx: &mut Ctx<'_>) -> Step {
        self.until = None;
        let Kind::Ping(ping) = self.kind.clone() else { return Step::Wait(None) };
        let Some(address) = ping.address.filter(|_| ping.sent < ping.count) else {
            self.ending = Some(self.ping_summary(&ping));
            return Step::Again;
        };
        let host = address.to_string();
        if ctx.sys.own_address(&host).is_some() {
            self.ending = self.pinged(ping, &Reply::Pong(address, 60), ctx);
            return Step::Again;
        }
        let key = ctx.key;
        self.id = Some(ctx.sys.request(key, Request::Ping { host }));
        Step::Wait(None)
    }

    pub(super) fn pinged(&mut self, mut ping: Ping, reply: &Reply, ctx: &Ctx<'_>) -> Option<i32> {
        match (reply, ping.address) {
            (Reply::Resolved { addresses, .. }, _) if !addresses.is_empty() => {
                ping.address = addresses.first().copied();
                let address = addresses.first().map(ToString::to_string).unwrap_or_default();
                self.out.text(1, &format!("PING {} ({address}): 56 data bytes\n", self.host));
                self.until = Some(ctx.now());
                self.kind = Kind::Ping(ping);
                return None;
            }
            (_, None) => {
                self.out.text(2, &format!("ping: bad address '{}'\n", self.host));
                return Some(1);
            }
            (Reply::Pong(address, micros), _) => {
                let millis = *micros as f64 / 1000.0;
                let number = ping.sent;
                self.out
                    .text(1, &format!("64 bytes from {address}: seq={number} ttl=64 time={millis:.3} ms\n"));
                if ping.trips.len() < 100_000 {
                    ping.trips.push(*micros);
                }
            }
            (Reply::Failed(Failure::Unreachable), _) => {
                self.out.text(2, "ping: sendto: Network unreachable\n");
                return Some(1);
            }
            _ => {}
        }
        let answered = matches!(reply, Reply::Pong(..));
        ping.sent += 1;
        let wait = match (ping.sent >= ping.count, answered) {
            (true, true) => 0,
            (true, false) => ping.patience,
            _ => PERIOD,
        };
        self.until = Some(ctx.now().plus(wait));
        self.kind = Kind::Ping(ping);
        None
    }

    fn ping_summary(&mut self, ping: &Ping) -> i32 {
        let (sent, back) = (ping.sent, ping.trips.len());
        let lost = (u64::from(sent) - back as u64) * 100 / u64::from(sent.max(1));
        let mut text = format!(
            "\n--- {} ping statistics ---\n{sent} packets transmitted, {back} packets received, {lost}% packet loss\n",
            self.host
        );
        if let (Some(least), Some(most)) = (ping.trips.iter().min(), ping.trips.iter().max()) {
            let mean = ping.trips.iter().sum::<u64>() / back as u64;
            let shown =
                [*least, mean, *most].map(|micros| format!("{:.3}", micros as f64 / 1000.0)).join("/");
            let _ = writeln!(text, "round-trip min/avg/max = {shown} ms");
        }
        self.out.text(1, &text);
        i32::from(back == 0)
    }
}
