//! What the servers answer and log.

use std::fmt::Write as _;

use super::super::super::net::{HttpRequest, HttpResponse};
use super::super::Ctx;
use super::super::info::strftime;
use super::{Kind, Server};
use k8s_openapi::jiff::Timestamp;

/// A header.
pub(super) fn header(name: &str, value: &str) -> (String, String) {
    (name.to_owned(), value.to_owned())
}

/// A moment as HTTP writes it.
pub(super) fn http_date(at: Timestamp) -> String {
    strftime(at, "%a, %d %b %Y %H:%M:%S GMT")
}

impl Server {
    /// The answer of a server that has it at once (nginx may have to ask first).
    pub(super) fn http(&mut self, request: &HttpRequest, ctx: &mut Ctx<'_>) -> HttpResponse {
        let path = request.path.split('?').next().unwrap_or("/").to_owned();
        let age = ctx.now().since(self.started);
        let host = ctx.sys.hostname().to_owned();
        match &mut self.kind {
            Kind::Httpd(home) | Kind::Python(home) | Kind::Apache(home) => {
                let home = home.clone();
                file_answer(&home, &path, ctx).unwrap_or_else(|| self.not_found(&home, &path, ctx))
            }
            Kind::Liveness if path == "/healthz" && age > 10_000 => {
                HttpResponse::text(500, format!("error: {:.6}", age as f64 / 1000.0))
            }
            Kind::Netexec => super::demo::netexec(request, &path, ctx, &mut self.ending),
            Kind::Grpc(serving) => {
                match path.as_str() {
                    "/make-not-serving" => *serving = false,
                    "/make-serving" => *serving = true,
                    _ => return HttpResponse::text(404, "404 page not found\n"),
                }
                HttpResponse::text(
                    200,
                    format!("Updated status to {}\n", if *serving { "SERVING" } else { "NOT_SERVING" }),
                )
            }
            Kind::ServeHostname => HttpResponse::text(200, host),
            Kind::Fixed(status, text) => HttpResponse::text(*status, text.replace("$HOST", &host)),
            Kind::Nc { stay, given } => {
                let mut text = format!("{} {} HTTP/1.1\r\n", request.method, request.path);
                for (name, value) in &request.headers {
                    let _ = write!(text, "{name}: {value}\r\n");
                }
                self.out.text(1, &format!("{text}\r\n"));
                self.ending = (!*stay).then_some(0);
                raw_answer(given)
            }
            Kind::Redis(_) | Kind::Sql(_) => HttpResponse::default(),
            Kind::Liveness | Kind::Silent | Kind::Nginx(_) => HttpResponse::text(200, "ok"),
        }
    }

    fn not_found(&self, home: &str, path: &str, ctx: &mut Ctx<'_>) -> HttpResponse {
        if let (Kind::Python(_), Some(listing)) = (&self.kind, super::web::listing(home, path, ctx)) {
            return HttpResponse {
                status: 200,
                headers: vec![header("Content-Type", "text/html; charset=utf-8")],
                body: listing.into_bytes(),
            };
        }
        let body = match self.kind {
            Kind::Apache(_) => {
                "<!DOCTYPE HTML PUBLIC \"-//IETF//DTD HTML 2.0//EN\">\n<html><head>\n<title>404 Not Found</title>\n</head><body>\n<h1>Not Found</h1>\n<p>The requested URL was not found on this server.</p>\n</body></html>\n"
            }
            Kind::Python(_) => {
                "<!DOCTYPE HTML>\n<html lang=\"en\">\n    <head>\n        <meta charset=\"utf-8\">\n        <title>Error response</title>\n    </head>\n    <body>\n        <h1>Error response</h1>\n        <p>Error code: 404</p>\n        <p>Message: File not found.</p>\n        <p>Error code explanation: 404 - Nothing matches the given URI.</p>\n    </body>\n</html>\n"
            }
            _ => {
                "<HTML><HEAD><TITLE>404 Not Found</TITLE></HEAD>\n<BODY><H1>404 Not Found</H1>\nThe requested URL was not found\n</BODY></HTML>\n"
            }
        };
        HttpResponse {
            status: 404,
            headers: vec![header("Content-Type", "text/html")],
            body: body.as_bytes().to_vec(),
        }
    }

    /// A line of the access log, in the format of the server.
    pub(super) fn log_request(&mut self, request: &HttpRequest, response: &HttpResponse, ctx: &Ctx<'_>) {
        let stamp = strftime(ctx.wall(), "%d/%b/%Y:%H:%M:%S +0000");
        let peer = if request.peer.is_empty() { "127.0.0.1" } else { &request.peer };
        let line = format!("{} {} HTTP/1.1", request.method, request.path);
        let size = if request.method == "HEAD" { 0 } else { response.body.len() };
        let sent = |name: &str| {
            let found = request.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
            found.map_or("-", |(_, value)| value.as_str()).to_owned()
        };
        let text = match self.kind {
            Kind::Nginx(_) => format!(
                "{peer} - - [{stamp}] \"{line}\" {} {size} \"{}\" \"{}\" \"{}\"\n",
                response.status,
                sent("referer"),
                sent("user-agent"),
                sent("x-forwarded-for")
            ),
            Kind::Apache(_) => format!("{peer} - - [{stamp}] \"{line}\" {} {size}\n", response.status),
            Kind::Python(_) => {
                let stamp = strftime(ctx.wall(), "%d/%b/%Y %H:%M:%S");
                let mut text = format!("{peer} - - [{stamp}] \"{line}\" {} -\n", response.status);
                if response.status == 404 {
                    text = format!("{peer} - - [{stamp}] code 404, message File not found\n{text}");
                }
                self.out.text(2, &text);
                return;
            }
            _ => return,
        };
        if let Some(log) = self.access_log {
            self.out.text(log, &text);
        }
    }

    pub(super) fn tcp(&mut self, payload: &[u8], ctx: &mut Ctx<'_>) -> Vec<u8> {
        match &mut self.kind {
            Kind::Redis(redis) => {
                let answer = redis.answer(payload, ctx.now());
                if redis.shut_down() {
                    self.ending = Some(0);
                }
                answer
            }
            Kind::Sql(sql) => sql.answer(payload, ctx),
            Kind::Nc { stay, given } => {
                self.out.push(1, payload);
                self.ending = (!*stay).then_some(0);
                given.clone()
            }
            _ => Vec::new(),
        }
    }
}

/// What `nc` was given to say, read as an HTTP answer; text without a head is what old servers sent: all body.
fn raw_answer(given: &[u8]) -> HttpResponse {
    let text = String::from_utf8_lossy(given);
    let Some(rest) = text.strip_prefix("HTTP/") else {
        return HttpResponse { status: 200, headers: Vec::new(), body: given.to_vec() };
    };
    let (head, body) = rest.split_once("\r\n\r\n").or_else(|| rest.split_once("\n\n")).unwrap_or((rest, ""));
    let mut lines = head.lines();
    let status = lines.next().and_then(|line| line.split_whitespace().nth(1)?.parse().ok()).unwrap_or(200);
    let headers = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| header(name, value.trim()))
        .collect();
    HttpResponse { status, headers, body: body.as_bytes().to_vec() }
}

/// The file a path leads to below a folder; a folder's `index.html`.
pub(super) fn file_answer(home: &str, path: &str, ctx: &mut Ctx<'_>) -> Option<HttpResponse> {
    let clean = super::super::super::cell::parts_of(path).join("/");
    let mut file = format!("{}/{clean}", home.trim_end_matches('/'));
    let files = ctx.files(&file)?;
    if files.resolve(&file, true).ok()?.node?.entries().is_some() {
        file = format!("{}/index.html", file.trim_end_matches('/'));
    }
    let body = files.read(&file).ok()?;
    let kind = match file.rsplit('.').next().unwrap_or_default().to_ascii_lowercase().as_str() {
        "html" | "htm" => "text/html",
        "txt" => "text/plain",
        "css" => "text/css",
        "js" => "application/javascript",
        "json" => "application/json",
        _ => "application/octet-stream",
    };
    Some(HttpResponse { status: 200, headers: vec![header("Content-Type", kind)], body })
}
