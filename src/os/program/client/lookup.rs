//! Names: `nslookup`, `dig`, `host`, `getent hosts`.

use std::fmt::Write as _;
use std::net::Ipv4Addr;

use super::super::{Call, Ctx, Program};
use super::{Client, Kind, known_host};
use crate::os::net::{Failure, Reply, Request};

/// How the answer is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::os) enum Shown {
    Nslookup,
    Getent,
    Host,
    Dig,
    /// `dig +short`
    DigShort,
}

pub(in super::super) fn nslookup(call: &mut Call<'_, '_>) -> Program {
    let getent = call.name() == "getent";
    let words: Vec<String> = call.args().into_iter().filter(|word| !word.starts_with('-')).collect();
    if getent
        && !words.first().is_some_and(|database| matches!(database.as_str(), "hosts" | "ahosts" | "ahostsv4"))
    {
        return database(call, &words);
    }
    let Some(name) = words.get(usize::from(getent)).cloned() else {
        return call.fail(if getent {
            "podlab: only getent hosts, passwd and group are simulated"
        } else {
            "podlab: nslookup needs a name"
        });
    };
    let known = known_host(call.ctx, &name);
    if getent && known != name {
        call.line(&format!("{known:<15} {name}"));
        return call.done(0);
    }
    ask(call, if getent { Shown::Getent } else { Shown::Nslookup }, name)
}

/// `getent passwd NAME`, `getent group NAME`
fn database(call: &mut Call<'_, '_>, words: &[String]) -> Program {
    let Some(file) = words.first().filter(|name| matches!(name.as_str(), "passwd" | "group")) else {
        return call.fail("podlab: only getent hosts, passwd and group are simulated");
    };
    let file = format!("/etc/{file}");
    let text = call.files(&file).and_then(|files| files.read(&file)).unwrap_or_default();
    let text = String::from_utf8_lossy(&text).into_owned();
    let mut found = words.len() == 1;
    for line in text.lines() {
        let fields: Vec<&str> = line.split(':').collect();
        if words.get(1).is_none_or(|wanted| {
            fields.first() == Some(&wanted.as_str()) || fields.get(2) == Some(&wanted.as_str())
        }) {
            call.line(line);
            found = true;
        }
    }
    call.done(if found { 0 } else { 2 })
}

/// `dig` and `host`
pub(in super::super) fn dig(call: &mut Call<'_, '_>) -> Program {
    let words = call.args();
    let shown = match (call.name().as_str(), words.iter().any(|word| word == "+short")) {
        ("host", _) => Shown::Host,
        (_, true) => Shown::DigShort,
        _ => Shown::Dig,
    };
    let search = shown == Shown::Host || words.iter().any(|word| word == "+search");
    let name = words
        .iter()
        .find(|word| !word.starts_with(['-', '+', '@']) && !matches!(word.as_str(), "A" | "IN" | "a"));
    let Some(name) = name.cloned() else { return call.fail("podlab: a name is needed") };
    if search || name.matches('.').count() > 1 {
        return ask(call, shown, name);
    }
    // dig does not look in the search domains of its own accord.
    let server = server(call.ctx);
    if shown == Shown::Dig {
        let text = dig_answer(&name, &[], &server, call.ctx);
        call.out.text(1, &text);
    }
    call.done(0)
}

fn ask(call: &mut Call<'_, '_>, shown: Shown, name: String) -> Program {
    let mut client = Client::new(call, Kind::Lookup(shown), &name, 53).wait_at_most(call, Some("15"));
    let key = call.ctx.key;
    client.id = Some(call.ctx.sys.request(key, Request::Resolve { name }));
    Program::Client(Box::new(client))
}

/// The name server of the container.
fn server(ctx: &mut Ctx<'_>) -> String {
    let conf = ctx
        .files("/etc/resolv.conf")
        .and_then(|files| files.read("/etc/resolv.conf").ok())
        .unwrap_or_default();
    let conf = String::from_utf8_lossy(&conf).into_owned();
    conf.lines().find_map(|line| line.strip_prefix("nameserver ")).unwrap_or("10.96.0.10").trim().to_owned()
}

/// The records of an answer as `dig` prints them.
fn records(name: &str, addresses: &[Ipv4Addr], aliases: &[(String, String)]) -> Vec<String> {
    let other = aliases.iter().map(|(name, target)| format!("{name}. 30\tIN\tCNAME\t{target}."));
    let own = addresses.iter().map(|address| format!("{}. 30\tIN\tA\t{address}", name.trim_end_matches('.')));
    other.chain(own).collect()
}

fn dig_answer(name: &str, records: &[String], server: &str, ctx: &Ctx<'_>) -> String {
    let status = if records.is_empty() { "NXDOMAIN" } else { "NOERROR" };
    let name = name.trim_end_matches('.');
    let id = ctx.now().0 % 65_521;
    let mut text = format!(
        "\n; <<>> DiG 9.18.37 <<>> {name}\n;; global options: +cmd\n;; Got answer:\n;; ->>HEADER<<- opcode: QUERY, status: {status}, id: {id}\n;; flags: qr aa rd; QUERY: 1, ANSWER: {}, AUTHORITY: 0, ADDITIONAL: 1\n\n;; QUESTION SECTION:\n;{name}.\tIN\tA\n\n",
        records.len()
    );
    if !records.is_empty() {
        text.push_str(";; ANSWER SECTION:\n");
        for record in records {
            let _ = writeln!(text, "{record}");
        }
        text.push('\n');
    }
    let when = super::super::info::strftime(ctx.wall(), "%a %b %d %H:%M:%S UTC %Y");
    let _ = writeln!(
        text,
        ";; Query time: 0 msec\n;; SERVER: {server}#53({server}) (UDP)\n;; WHEN: {when}\n;; MSG SIZE  rcvd: {}\n",
        49 + name.len() * 2
    );
    text
}

impl Client {
    pub(super) fn looked_up(&mut self, shown: Shown, reply: Reply, ctx: &mut Ctx<'_>) -> i32 {
        let server = server(ctx);
        let asked = self.host.clone();
        let (text, code) = match (shown, reply) {
            (Shown::Nslookup, Reply::Resolved { name, addresses, aliases }) => {
                let other =
                    aliases.iter().map(|(name, target)| format!("{name}\tcanonical name = {target}\n"));
                let other: String = other.collect();
                let found: String =
                    addresses.iter().map(|address| format!("Name:\t{name}\nAddress: {address}\n")).collect();
                // It asks for IPv4 and for IPv6, and the other name stands in both answers.
                let again = if other.is_empty() { String::new() } else { format!("{other}\n") };
                (format!("Server:\t\t{server}\nAddress:\t{server}:53\n\n{other}{found}\n{again}"), 0)
            }
            (Shown::Getent, Reply::Resolved { addresses, name, .. }) if !addresses.is_empty() => {
                (addresses.iter().map(|address| format!("{:<15} {name}\n", address.to_string())).collect(), 0)
            }
            (Shown::Host, Reply::Resolved { addresses, name, aliases }) => {
                let other =
                    aliases.iter().map(|(name, target)| format!("{name} is an alias for {target}.\n"));
                let own = addresses.iter().map(|address| format!("{name} has address {address}\n"));
                (other.chain(own).collect(), 0)
            }
            (Shown::DigShort, Reply::Resolved { addresses, aliases, .. }) => {
                let other = aliases.iter().map(|(_, target)| format!("{target}.\n"));
                (other.chain(addresses.iter().map(|address| format!("{address}\n"))).collect(), 0)
            }
            (Shown::Dig, Reply::Resolved { name, addresses, aliases }) => {
                let records = records(&name, &addresses, &aliases);
                let asked = aliases.first().map_or(&name, |(asked, _)| asked);
                (dig_answer(asked, &records, &server, ctx), 0)
            }
            (Shown::Getent, _) => (String::new(), 2),
            (_, Reply::Failed(Failure::TimedOut)) => {
                (";; connection timed out; no servers could be reached\n\n".to_owned(), 1)
            }
            (Shown::Nslookup, _) => (
                format!(
                    "Server:\t\t{server}\nAddress:\t{server}:53\n\n** server can't find {asked}: NXDOMAIN\n\n"
                ),
                1,
            ),
            (Shown::Host, _) => (format!("Host {asked} not found: 3(NXDOMAIN)\n"), 1),
            (Shown::DigShort, _) => (String::new(), 0),
            (Shown::Dig, _) => (dig_answer(&asked, &[], &server, ctx), 0),
        };
        self.out.text(1, &text);
        code
    }
}
