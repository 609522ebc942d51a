//! `curl`: what it sends, how often it tries, and what it tells of the answer.

use std::fmt::Write as _;

use super::web::{self, given_headers, head_of};
use super::{Client, Kind, Url, known_host, url};
use crate::os::net::{Failure, HttpRequest, HttpResponse, Reply};
use crate::os::program::{Call, Ctx, Options, Program};

/// Redirections `curl -L` follows at most.
const REDIRECTS_MAX: u32 = 50;

/// Which part of an answer `curl` shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Body,
    Head,
    Both,
}

/// How much `curl` says besides the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Talk {
    /// `-s`
    Nothing,
    /// `-sS`, or at a terminal
    Errors,
    /// The meter too.
    Progress,
}

/// Whose certificates `curl` takes.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Trust {
    /// Those the machine knows, which no cluster's is.
    Known,
    /// Those that a file vouches for (`--cacert`).
    File(String),
    /// Everybody's (`-k`).
    All,
}

/// What `curl` says of a certificate that nobody it trusts has signed.
const UNTRUSTED: &str = "SSL certificate problem: unable to get local issuer certificate\nMore details here: https://curl.se/docs/sslcerts.html\n\ncurl failed to verify the legitimacy of the server and therefore could not\nestablish a secure connection to it. To learn more about this situation and\nhow to fix it, please visit the web page mentioned above.";

/// What `curl` was asked for.
#[derive(Clone, Debug)]
pub(in crate::os) struct Curl {
    to: Option<String>,
    fail: bool,
    talk: Talk,
    part: Part,
    verbose: bool,
    follow: bool,
    redirects: u32,
    retries: u32,
    format: Option<String>,
    trust: Trust,
    request: HttpRequest,
}

/// Long options of `curl` and the letters they stand for.
const CURL_OPTIONS: &[(&str, char)] = &[
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
    ("data-raw", 'd'),
    ("json", 'd'),
    ("connect-timeout", 'c'),
    ("verbose", 'v'),
    ("retry", 'R'),
    ("retry-delay", 'Y'),
    ("retry-connrefused", 'g'),
    ("user", 'u'),
    ("user-agent", 'A'),
    ("noproxy", 'u'),
    ("cacert", 'E'),
    ("no-progress-meter", 'N'),
    ("http1.1", 'g'),
    ("fail-with-body", 'f'),
    ("resolve", 'Z'),
];

pub(in super::super) fn curl(call: &mut Call<'_, '_>) -> Program {
    let options = match Options::parse(&call.args(), "sfSo:w:m:IiLkX:H:d:c:vu:A:gN46R:Y:E:Z:OV", CURL_OPTIONS)
    {
        Ok(options) => options,
        Err(bad) => {
            call.error(&format!(
                "curl: option {bad}: is unknown\ncurl: try 'curl --help' for more information"
            ));
            return call.done(2);
        }
    };
    if options.has('V') || call.args().iter().any(|word| word == "--version") {
        call.line("curl 8.5.0 (x86_64-pc-linux-gnu) libcurl/8.5.0");
        return call.done(0);
    }
    let Some(text) = options.rest.first().cloned() else {
        call.error("curl: (2) no URL specified\ncurl: try 'curl --help' for more information");
        return call.done(2);
    };
    let Some(url) = url(&text) else {
        call.error("curl: (3) URL rejected: Bad hostname");
        return call.done(3);
    };
    let part = match (options.has('I'), options.has('i')) {
        (true, _) => Part::Head,
        (false, true) => Part::Both,
        (false, false) => Part::Body,
    };
    let remote = url.path.rsplit('/').next().filter(|name| !name.is_empty()).map(str::to_owned);
    let to = options.value('o').map(str::to_owned).or(remote.filter(|_| options.has('O')));
    let metered = to.as_deref().map_or(!call.ctx.is_tty(1), |to| to != "-");
    let talk = match (options.has('s'), options.has('S')) {
        (true, false) => Talk::Nothing,
        (true, true) => Talk::Errors,
        _ if metered && !options.has('N') => Talk::Progress,
        _ => Talk::Errors,
    };
    let patience = options.value('m').or_else(|| options.value('c')).unwrap_or("130").to_owned();
    let (host, port) = (url.host.clone(), url.port);
    let request = curl_request(&options, url);
    let kind = Kind::Curl(Box::new(Curl {
        to,
        fail: options.has('f'),
        talk,
        part,
        verbose: options.has('v'),
        follow: options.has('L'),
        redirects: 0,
        retries: options.value('R').and_then(|count| count.parse().ok()).unwrap_or(0),
        format: options.value('w').map(str::to_owned),
        trust: match (options.has('k'), options.value('E')) {
            (true, _) => Trust::All,
            (false, Some(file)) => Trust::File(file.to_owned()),
            (false, None) => Trust::Known,
        },
        request: request.clone(),
    }));
    let mut client = Client::new(call, kind, &host, port).wait_at_most(call, Some(&patience));
    client.url = text;
    client.http(call.ctx, request);
    Program::Client(Box::new(client))
}

/// What `curl` sends.
fn curl_request(options: &Options, url: Url) -> HttpRequest {
    let mut headers = vec![
        ("User-Agent".to_owned(), options.value('A').unwrap_or("curl/8.5.0").to_owned()),
        ("Accept".to_owned(), "*/*".to_owned()),
    ];
    headers.extend(given_headers(options));
    let implied = if options.has('I') {
        "HEAD"
    } else if options.has('d') {
        "POST"
    } else {
        "GET"
    };
    web::request(url, options.value('X').unwrap_or(implied), headers, options.value('d'))
}

impl Client {
    pub(super) fn curl(&mut self, mut asked: Curl, reply: Reply, ctx: &mut Ctx<'_>) -> Option<i32> {
        if asked.retries > 0 && matches!(&reply, Reply::Failed(Failure::TimedOut)) {
            asked.retries -= 1;
            let request = asked.request.clone();
            self.kind = Kind::Curl(Box::new(asked));
            self.http(ctx, request);
            return None;
        }
        if asked.request.tls
            && matches!(reply, Reply::Http(..))
            && let Some((code, message)) = distrust(&asked.trust, ctx)
        {
            if asked.talk != Talk::Nothing {
                self.out.text(2, &format!("curl: ({code}) {message}\n"));
            }
            return Some(code);
        }
        if asked.verbose {
            self.conversation(&asked, &reply, ctx);
        }
        if let Reply::Http(response, _) = &reply
            && asked.follow
            && (300..400).contains(&response.status)
            && asked.redirects < REDIRECTS_MAX
            && let Some(next) = redirected(&asked.request, response)
        {
            asked.redirects += 1;
            asked.request = next.clone();
            (self.host, self.port) = (next.host.clone(), next.port);
            self.kind = Kind::Curl(Box::new(asked));
            self.http(ctx, next);
            return None;
        }
        let size = if let Reply::Http(response, _) = &reply { response.body.len() } else { 0 };
        let address = if let Reply::Http(_, Some(address)) = &reply {
            address.to_string()
        } else {
            "127.0.0.1".to_owned()
        };
        let (code, status, message) = self.curl_result(&asked, reply, ctx);
        if asked.talk == Talk::Progress && code != 6 {
            self.meter(if code == 0 { size } else { 0 });
        }
        if code != 0 && asked.talk != Talk::Nothing && !message.is_empty() {
            self.out.text(2, &format!("curl: ({code}) {message}\n"));
        }
        if let Some(format) = asked.format {
            let text = format
                .replace("%{http_code}", &format!("{status:03}"))
                .replace("%{response_code}", &format!("{status:03}"))
                .replace("%{size_download}", &size.to_string())
                .replace("%{remote_ip}", &address)
                .replace("%{remote_port}", &self.port.to_string())
                .replace("%{url_effective}", &self.url)
                .replace("%{time_total}", "0.000800")
                .replace("%{time_connect}", "0.000300")
                .replace("%{num_redirects}", &asked.redirects.to_string())
                .replace("%{exitcode}", &code.to_string());
            self.out.push(1, &crate::os::program::text::unescape(&text, false).0);
        }
        Some(code)
    }

    fn curl_result(&mut self, asked: &Curl, reply: Reply, ctx: &mut Ctx<'_>) -> (i32, u16, String) {
        match reply {
            Reply::Http(response, _) if asked.fail && response.status >= 400 => {
                (22, response.status, format!("The requested URL returned error: {}", response.status))
            }
            Reply::Http(response, _) => {
                if asked.part != Part::Body {
                    self.out.text(1, &head_of(&response));
                }
                let shown: &[u8] = if asked.part == Part::Head { &[] } else { &response.body };
                let code = if asked.part == Part::Head { 0 } else { self.save(asked.to.clone(), shown, ctx) };
                (if code == 0 { 0 } else { 23 }, response.status, String::new())
            }
            Reply::Failed(Failure::UnknownHost) => (6, 0, format!("Could not resolve host: {}", self.host)),
            Reply::Failed(Failure::TimedOut) => {
                let waited = crate::os::program::millis(&self.patience).unwrap_or(130_000);
                (28, 0, format!("Connection timed out after {} milliseconds", waited + 1))
            }
            Reply::Failed(Failure::Closed) => (52, 0, "Empty reply from server".to_owned()),
            _ => (
                7,
                0,
                format!(
                    "Failed to connect to {} port {} after 0 ms: Couldn't connect to server",
                    self.host, self.port
                ),
            ),
        }
    }

    /// The meter curl shows when the page goes elsewhere than to the screen.
    fn meter(&mut self, size: usize) {
        let share = if size == 0 { 0 } else { 100 };
        let speed = size * 1000;
        let shown = if speed > 99_999 { format!("{}k", speed / 1024) } else { speed.to_string() };
        self.out.text(2, "  % Total    % Received % Xferd  Average Speed   Time    Time     Time  Current\n                                 Dload  Upload   Total   Spent    Left  Speed\n");
        self.out.text(2, &format!("\r  0     0    0     0    0     0      0      0 --:--:-- --:--:-- --:--:--     0\r{share:3} {size:5}  {share:3} {size:5}    0     0 {shown:>6}      0 --:--:-- --:--:-- --:--:-- {shown:>5}\n"));
    }

    /// What `-v` tells.
    fn conversation(&mut self, asked: &Curl, reply: &Reply, ctx: &mut Ctx<'_>) {
        let (host, port) = (self.host.clone(), self.port);
        let known = known_host(ctx, &host);
        let address = match reply {
            Reply::Http(_, Some(address)) => address.to_string(),
            _ if known == "localhost" => "127.0.0.1".to_owned(),
            _ => known,
        };
        let text = match reply {
            Reply::Failed(Failure::UnknownHost) => {
                format!("* Could not resolve host: {host}\n* Closing connection\n")
            }
            Reply::Http(response, _) => {
                let request = &asked.request;
                let authority = if port == 80 { host.clone() } else { format!("{host}:{port}") };
                let mut text = format!(
                    "*   Trying {address}:{port}...\n* Connected to {host} ({address}) port {port}\n> {} {} HTTP/1.1\r\n> Host: {authority}\r\n",
                    request.method, request.path
                );
                for (name, value) in &request.headers {
                    let _ = write!(text, "> {name}: {value}\r\n");
                }
                text.push_str("> \r\n");
                for line in head_of(response).split_inclusive('\n') {
                    let _ = write!(text, "< {line}");
                }
                let _ = writeln!(text, "* Connection #0 to host {host} left intact");
                text
            }
            Reply::Failed(Failure::TimedOut) => {
                format!("*   Trying {address}:{port}...\n* Connection timed out\n* Closing connection\n")
            }
            _ => format!(
                "*   Trying {address}:{port}...\n* connect to {address} port {port} failed: Connection refused\n* Failed to connect to {host} port {port} after 0 ms: Couldn't connect to server\n* Closing connection\n"
            ),
        };
        self.out.text(2, &text);
    }
}

/// Why `curl` does not talk to a server of the cluster, with its exit code.
fn distrust(trust: &Trust, ctx: &mut Ctx<'_>) -> Option<(i32, String)> {
    match trust {
        Trust::All => None,
        Trust::Known => Some((60, UNTRUSTED.to_owned())),
        Trust::File(path) => {
            let readable = ctx.files(path).is_some_and(|files| files.read(path).is_ok());
            (!readable).then(|| (77, format!("error setting certificate file: {path}")))
        }
    }
}

/// The request a redirection leads to.
fn redirected(from: &HttpRequest, response: &HttpResponse) -> Option<HttpRequest> {
    let (_, place) = response.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("location"))?;
    if place.starts_with('/') {
        return Some(HttpRequest { path: place.clone(), ..from.clone() });
    }
    let Url { host, port, path, tls } = url(place)?;
    Some(HttpRequest { host, port, path, tls, ..from.clone() })
}
