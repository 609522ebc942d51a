//! What `wget` and `curl` share of HTTP.

use std::fmt::Write as _;

use super::Url;
use crate::os::net::{HttpRequest, HttpResponse};
use crate::os::program::Options;

/// The headers given with `-H`.
pub(super) fn given_headers(options: &Options) -> Vec<(String, String)> {
    let given = options.values('H').filter_map(|header| header.split_once(':'));
    given.map(|(name, value)| (name.to_owned(), value.trim().to_owned())).collect()
}

/// A request to a URL.
pub(super) fn request(
    url: Url,
    method: &str,
    headers: Vec<(String, String)>,
    body: Option<&str>,
) -> HttpRequest {
    HttpRequest {
        method: method.to_owned(),
        host: url.host,
        port: url.port,
        path: url.path,
        headers,
        body: body.unwrap_or_default().as_bytes().to_vec(),
        tls: url.tls,
        ..HttpRequest::default()
    }
}

/// The answer's first line and headers, as they come over the wire.
pub(super) fn head_of(response: &HttpResponse) -> String {
    let mut text = format!("HTTP/1.1 {} {}\r\n", response.status, HttpResponse::reason(response.status));
    for (name, value) in &response.headers {
        let _ = write!(text, "{name}: {value}\r\n");
    }
    if !response.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-length")) {
        let _ = write!(text, "Content-Length: {}\r\n", response.body.len());
    }
    text.push_str("\r\n");
    text
}
