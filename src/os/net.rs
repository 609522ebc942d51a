//! What leaves a container or enters it: names, connections, HTTP. Byte streams are not modelled, only requests and answers.
//! Knows nothing of Services or Pods; the host routes.

use std::net::Ipv4Addr;

/// Names a question a process asked the host.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequestId(pub u64);

/// Names a request the host handed to a server inside the system.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ServeId(pub u64);

/// An HTTP request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HttpRequest {
    /// Upper case.
    pub method: String,
    /// Name or address as the client wrote it.
    pub host: String,
    /// Port.
    pub port: u16,
    /// Path with query, starting with `/`.
    pub path: String,
    /// Header names as sent, with values.
    pub headers: Vec<(String, String)>,
    /// Body.
    pub body: Vec<u8>,
    /// Over TLS.
    pub tls: bool,
    /// Address the request comes from, as servers log it.
    pub peer: String,
}

/// An HTTP answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HttpResponse {
    /// Status code.
    pub status: u16,
    /// Header names with values.
    pub headers: Vec<(String, String)>,
    /// Body.
    pub body: Vec<u8>,
}

impl HttpResponse {
    /// An answer with a plain text body.
    pub fn text(status: u16, body: impl Into<Vec<u8>>) -> HttpResponse {
        HttpResponse {
            status,
            headers: vec![("Content-Type".to_owned(), "text/plain; charset=utf-8".to_owned())],
            body: body.into(),
        }
    }

    /// The words that follow a status code.
    pub fn reason(status: u16) -> &'static str {
        match status {
            200 => "OK",
            201 => "Created",
            204 => "No Content",
            301 => "Moved Permanently",
            302 => "Found",
            304 => "Not Modified",
            400 => "Bad Request",
            401 => "Unauthorized",
            403 => "Forbidden",
            404 => "Not Found",
            405 => "Method Not Allowed",
            500 => "Internal Server Error",
            501 => "Not Implemented",
            502 => "Bad Gateway",
            503 => "Service Unavailable",
            504 => "Gateway Timeout",
            _ => "Unknown",
        }
    }
}

/// Why a connection did not come about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// Nobody listens.
    Refused,
    /// No answer within the client's patience.
    TimedOut,
    /// No route to the host.
    Unreachable,
    /// The name does not resolve.
    UnknownHost,
    /// The other side closed without an answer.
    Closed,
}

/// What a process asks the world outside its system.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// The addresses of a name, as the resolver of the container is asked (search domains not yet applied).
    Resolve {
        /// As typed.
        name: String,
    },
    /// An HTTP exchange.
    Http(HttpRequest),
    /// A TCP connection; bytes sent at once, the answer's bytes come back.
    Tcp {
        /// Name or address.
        host: String,
        /// Port.
        port: u16,
        /// What the client sends first.
        payload: Vec<u8>,
    },
    /// A round trip to a host.
    Ping {
        /// Name or address.
        host: String,
    },
    /// A command the host runs itself; see [`super::System::foreign_write`] and its neighbours.
    Foreign {
        /// Name and arguments.
        argv: Vec<String>,
        /// Environment.
        env: Vec<(String, String)>,
        /// Working directory.
        cwd: String,
    },
}

/// What the host answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// The full name found and its addresses.
    Resolved {
        /// Fully qualified, without the final dot.
        name: String,
        /// Addresses; none of a name that only stands for one without.
        addresses: Vec<Ipv4Addr>,
        /// Names on the way that stand for another, each with that.
        aliases: Vec<(String, String)>,
    },
    /// An HTTP answer, with the address that gave it.
    Http(HttpResponse, Option<Ipv4Addr>),
    /// The connection came about; what the other side sent.
    Tcp(Vec<u8>),
    /// The host lives; round trip in microseconds.
    Pong(Ipv4Addr, u64),
    /// None of it.
    Failed(Failure),
}

/// What a gRPC health service says of a service (grpc.health.v1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Health {
    /// SERVING
    Serving,
    /// `NOT_SERVING`
    NotServing,
    /// It does not know the service.
    Unknown,
}

/// What a server inside the system said to the host's request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Served {
    /// Nobody listens on the port.
    Refused,
    /// The answer.
    Response(HttpResponse),
    /// The answer comes later as [`super::Notice::Served`].
    Pending(ServeId),
}

/// Who waits for a server's answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ReplyTo {
    Process(super::process::ProcKey, RequestId),
    Host(ServeId),
}

/// A request on its way to a server inside the system.
#[derive(Clone, Debug)]
pub(super) enum Incoming {
    Http(ReplyTo, HttpRequest),
    Tcp(ReplyTo, Vec<u8>),
}

/// Whether a host name means this very system.
pub fn is_loopback(host: &str) -> bool {
    host == "localhost"
        || host == "0.0.0.0"
        || host == "::1"
        || host == "[::1]"
        || host.parse::<Ipv4Addr>().is_ok_and(|address| address.is_loopback())
}
