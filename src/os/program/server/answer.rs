//! What the servers answer and log.

use super::super::super::net::{HttpRequest, HttpResponse};
use super::super::Ctx;
use super::{Kind, Server};

impl Server {
    pub(super) fn http(&mut self, request: &HttpRequest, ctx: &mut Ctx<'_>) -> HttpResponse {
        let path = request.path.split('?').next().unwrap_or("/").to_owned();
        let age = ctx.now().since(self.started);
        let host = ctx.sys.hostname().to_owned();
        match &self.kind {
            Kind::Nginx => {
                let response = nginx_answer(&path, age, ctx);
                self.access_log(request, &response, ctx);
                response
            }
            Kind::Httpd(home) => file_answer(&home.clone(), &path, ctx).unwrap_or_else(|| HttpResponse::text(404, "<HTML><HEAD><TITLE>404 Not Found</TITLE></HEAD>\n<BODY><H1>404 Not Found</H1>\nThe requested URL was not found\n</BODY></HTML>\n")),
            Kind::Apache => {
                let response = file_answer("/usr/local/apache2/htdocs", &path, ctx).unwrap_or_else(|| HttpResponse::text(404, "<!DOCTYPE HTML PUBLIC \"-//IETF//DTD HTML 2.0//EN\">\n<html><head>\n<title>404 Not Found</title>\n</head><body>\n<h1>Not Found</h1>\n<p>The requested URL was not found on this server.</p>\n</body></html>\n"));
                self.access_log(request, &response, ctx);
                response
            }
            Kind::Liveness if path == "/healthz" && age > 10_000 => HttpResponse::text(500, format!("error: {:.6}", age as f64 / 1000.0)),
            Kind::Netexec if path == "/" => HttpResponse::text(200, format!("NOW: {}", super::super::info::strftime(ctx.now(), "%Y-%m-%d %H:%M:%S.000000000 +0000 UTC"))),
            Kind::Netexec if path == "/hostname" => HttpResponse::text(200, host),
            Kind::ServeHostname => HttpResponse::text(200, host),
            Kind::Hello => HttpResponse::text(200, format!("Hello, world!\nVersion: 1.0.0\nHostname: {host}\n")),
            Kind::Redis => HttpResponse::default(),
            _ => HttpResponse::text(200, "ok"),
        }
    }

    pub(super) fn access_log(&mut self, request: &HttpRequest, response: &HttpResponse, ctx: &Ctx<'_>) {
        let stamp = super::super::info::strftime(ctx.now(), "%d/%b/%Y:%H:%M:%S +0000");
        let agent = request
            .headers
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case("user-agent"))
            .map_or("-", |(_, value)| value.as_str());
        let peer = if request.peer.is_empty() { "127.0.0.1" } else { &request.peer };
        self.out.text(
            1,
            &format!(
                "{peer} - - [{stamp}] \"{} {} HTTP/1.1\" {} {} \"-\" \"{agent}\" \"-\"\n",
                request.method,
                request.path,
                response.status,
                response.body.len()
            ),
        );
    }

    pub(super) fn tcp(&mut self, payload: &[u8]) -> Vec<u8> {
        if self.kind != Kind::Redis {
            return Vec::new();
        }
        let text = String::from_utf8_lossy(payload).into_owned();
        let words: Vec<&str> = text.split_whitespace().collect();
        let answer = match (words.first().map(|word| word.to_ascii_lowercase()).as_deref(), words.get(1)) {
            (Some("ping"), None) => "PONG".to_owned(),
            (Some("set"), Some(key)) if words.len() > 2 => {
                self.data.insert((*key).to_owned(), words[2..].join(" "));
                "OK".to_owned()
            }
            (Some("get"), Some(key)) => {
                self.data.get(*key).map_or("(nil)".to_owned(), |value| format!("\"{value}\""))
            }
            (Some("incr"), Some(key)) => {
                let value = self
                    .data
                    .get(*key)
                    .and_then(|value| value.parse::<i64>().ok())
                    .unwrap_or(0)
                    .saturating_add(1);
                self.data.insert((*key).to_owned(), value.to_string());
                format!("(integer) {value}")
            }
            (Some("del"), Some(key)) => format!("(integer) {}", u8::from(self.data.remove(*key).is_some())),
            (Some("dbsize"), None) => format!("(integer) {}", self.data.len()),
            _ => format!("(error) ERR unknown command '{}'", words.first().unwrap_or(&"")),
        };
        format!("{answer}\n").into_bytes()
    }
}

fn file_answer(home: &str, path: &str, ctx: &mut Ctx<'_>) -> Option<HttpResponse> {
    let clean = super::super::super::cell::parts_of(path).join("/");
    let mut file = format!("{}/{clean}", home.trim_end_matches('/'));
    let files = ctx.files(&file)?;
    if files.resolve(&file, true).ok()?.node?.entries().is_some() {
        file = format!("{}/index.html", file.trim_end_matches('/'));
    }
    let body = files.read(&file).ok()?;
    let kind =
        if file.to_ascii_lowercase().ends_with("html") { "text/html" } else { "application/octet-stream" };
    Some(HttpResponse { status: 200, headers: vec![("Content-Type".to_owned(), kind.to_owned())], body })
}

/// nginx as recorded: `/healthz` is answered by the server itself and fails after `$FAIL_AFTER` seconds or while `/tmp/down` exists.
fn nginx_answer(path: &str, age: u64, ctx: &mut Ctx<'_>) -> HttpResponse {
    if let Some(found) = file_answer("/usr/share/nginx/html", path, ctx) {
        return found;
    }
    if path == "/healthz" {
        let fails_after =
            ctx.process().variable("FAIL_AFTER").and_then(|seconds| seconds.parse::<u64>().ok());
        let down = ctx
            .files("/tmp/down")
            .is_some_and(|files| files.resolve("/tmp/down", true).is_ok_and(|place| place.node.is_some()));
        let failing = down || fails_after.is_some_and(|seconds| age >= seconds * 1000);
        return if failing { HttpResponse::text(500, "fail\n") } else { HttpResponse::text(200, "ok\n") };
    }
    let version = ctx.process().variable("NGINX_VERSION").unwrap_or("1.27.5").to_owned();
    let body = format!(
        "<html>\r\n<head><title>404 Not Found</title></head>\r\n<body>\r\n<center><h1>404 Not Found</h1></center>\r\n<hr><center>nginx/{version}</center>\r\n</body>\r\n</html>\r\n"
    );
    HttpResponse {
        status: 404,
        headers: vec![("Content-Type".to_owned(), "text/html".to_owned())],
        body: body.into_bytes(),
    }
}
