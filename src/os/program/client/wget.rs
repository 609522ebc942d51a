//! `wget`, as busybox has it.

use super::web::{self, given_headers, head_of};
use super::{Client, Kind, known_host, url};
use crate::os::net::{Failure, HttpResponse, Reply};
use crate::os::program::{Call, Ctx, Options, Program};

/// What `wget` was asked for.
#[derive(Clone, Debug)]
pub(in crate::os) struct Wget {
    /// Where the page goes; none to see only whether it is there.
    to: Option<String>,
    quiet: bool,
    head: bool,
    /// Over TLS, and nobody said that the certificate does not matter.
    unverified: bool,
}

pub(in super::super) fn wget(call: &mut Call<'_, '_>) -> Program {
    let options = match Options::parse(
        &call.args(),
        "qO:T:t:U:cP:ST:H:D:s",
        &[
            ("spider", 's'),
            ("quiet", 'q'),
            ("timeout", 'T'),
            ("output-document", 'O'),
            ("tries", 't'),
            ("no-check-certificate", 'c'),
            ("header", 'H'),
            ("post-data", 'D'),
            ("server-response", 'S'),
            ("user-agent", 'U'),
        ],
    ) {
        Ok(options) => options,
        Err(bad) => return call.bad_option(&bad),
    };
    let Some(text) = options.rest.first().cloned() else {
        return call.fail("missing URL");
    };
    let Some(url) = url(&text) else { return call.fail(&format!("bad address '{text}'")) };
    let name = url.path.rsplit('/').next().filter(|name| !name.is_empty()).unwrap_or("index.html").to_owned();
    let to = options.value('O').map_or(name, str::to_owned);
    let kind = Kind::Wget(Wget {
        to: (!options.has('s')).then_some(to),
        quiet: options.has('q'),
        head: options.has('S'),
        unverified: url.tls && !options.has('c'),
    });
    let mut client = Client::new(call, kind, &url.host, url.port)
        .wait_at_most(call, Some(options.value('T').unwrap_or("900")));
    let mut headers = vec![("User-Agent".to_owned(), options.value('U').unwrap_or("Wget").to_owned())];
    headers.extend(given_headers(&options));
    let method = if options.has('D') { "POST" } else { "GET" };
    let request = web::request(url, method, headers, options.value('D'));
    client.http(call.ctx, request);
    Program::Client(Box::new(client))
}

impl Client {
    pub(super) fn wget(&mut self, wget: Wget, reply: Reply, ctx: &mut Ctx<'_>) -> i32 {
        let address = match (&reply, known_host(ctx, &self.host)) {
            (Reply::Http(_, Some(address)), _) => address.to_string(),
            (_, known) if known == "localhost" => "127.0.0.1".to_owned(),
            (_, known) => known,
        };
        if !wget.quiet && !matches!(reply, Reply::Failed(Failure::UnknownHost)) {
            self.out.text(2, &format!("Connecting to {} ({address}:{})\n", self.display_host(), self.port));
        }
        if wget.unverified && matches!(reply, Reply::Http(..)) {
            self.out.text(2, "wget: note: TLS certificate validation not implemented\n");
        }
        match reply {
            Reply::Http(response, _) if response.status >= 400 => {
                let reason = HttpResponse::reason(response.status);
                let shown = if wget.head {
                    format!("  HTTP/1.1 {} {reason}\n", response.status)
                } else {
                    String::new()
                };
                self.out.text(
                    2,
                    &format!("{shown}wget: server returned error: HTTP/1.1 {} {reason}\n", response.status),
                );
                1
            }
            Reply::Http(_, _) if wget.to.is_none() => {
                if !wget.quiet {
                    self.out.text(2, "remote file exists\n");
                }
                0
            }
            Reply::Http(response, _) => {
                if wget.head {
                    let head: String = head_of(&response)
                        .lines()
                        .filter(|line| !line.is_empty())
                        .map(|line| format!("  {line}\n"))
                        .collect();
                    self.out.text(2, &head);
                }
                self.wget_saved(&wget, &response.body, ctx)
            }
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

    /// Saves the page, and says so in the words of busybox's progress meter.
    fn wget_saved(&mut self, wget: &Wget, body: &[u8], ctx: &mut Ctx<'_>) -> i32 {
        let to = wget.to.clone().unwrap_or_default();
        let to_stdout = to == "-";
        if !wget.quiet {
            let text =
                if to_stdout { "writing to stdout\n".to_owned() } else { format!("saving to '{to}'\n") };
            self.out.text(2, &text);
        }
        let code = self.save(Some(to.clone()), body, ctx);
        if !wget.quiet && code == 0 {
            let last = if to_stdout { "written to stdout\n".to_owned() } else { format!("'{to}' saved\n") };
            let bar = "*".repeat(31);
            let name: String = to.chars().take(20).collect();
            self.out.text(2, &format!("{name:<20} 100% |{bar}| {:5}  0:00:00 ETA\n{last}", body.len()));
        }
        code
    }
}
