//! The small servers of the Kubernetes documentation: agnhost, liveness, hello-app, `serve_hostname`. They are Go programs: one that has no
//! handler for SIGTERM ends with 2 when it is the first process (`runtime/signal_unix.go`, `dieFromSignal`).

use super::super::super::net::{HttpRequest, HttpResponse};
use super::super::info::strftime;
use super::super::{Call, Ctx, Program};
use super::{Kind, everywhere, go_refusal, host_and_port, socket, start, value_of, with_port, with_socket};

/// The exit code of a Go program that SIGTERM ends.
fn go_end(call: &Call<'_, '_>) -> i32 {
    if call.ctx.key.pid == 1 { 2 } else { 143 }
}

pub(in super::super) fn liveness(call: &mut Call<'_, '_>) -> Program {
    let code = go_end(call);
    with_port(call, Kind::Liveness, 8080, "", code)
}

pub(in super::super) fn serve_hostname(call: &mut Call<'_, '_>) -> Program {
    let code = go_end(call);
    with_port(call, Kind::ServeHostname, 9376, "Serving on port 9376.", code)
}

/// `hello-app` and the many images like it: they say hello and their host name.
pub(in super::super) fn hello(call: &mut Call<'_, '_>) -> Program {
    let code = go_end(call);
    let words = call.args();
    if let Some(text) = value_of(&words, &["text"]) {
        let listen = value_of(&words, &["listen"]).unwrap_or_else(|| ":5678".to_owned());
        let (host, port) = host_and_port(&listen);
        let at = socket(call.ctx, host, port.unwrap_or(5678));
        let stamp = strftime(call.ctx.wall(), "%Y/%m/%d %H:%M:%S");
        return with_socket(
            call,
            Kind::Fixed(200, format!("{text}\n")),
            at,
            &format!("{stamp} [INFO] server is listening on {listen}"),
            0,
        );
    }
    let port = call.variable("PORT").and_then(|port| port.parse().ok()).unwrap_or(call.setting_port(8080));
    let stamp = strftime(call.ctx.wall(), "%Y/%m/%d %H:%M:%S");
    let version = call.variable("HELLO_VERSION").unwrap_or_else(|| "1.0.0".to_owned());
    let text = format!("Hello, world!\nVersion: {version}\nHostname: $HOST\n");
    with_port(call, Kind::Fixed(200, text), port, &format!("{stamp} Server listening on port {port}"), code)
}

pub(in super::super) fn hello_world(call: &mut Call<'_, '_>) -> Program {
    call.line(
        "\nHello from Docker!\nThis message shows that your installation appears to be working correctly.\n",
    );
    call.done(0)
}

/// `agnhost COMMAND`: the test images' many tools in one.
pub(in super::super) fn agnhost(call: &mut Call<'_, '_>) -> Program {
    let words = call.args();
    let code = go_end(call);
    let port = |names: &[&str], default: u16| {
        let given = names.iter().find_map(|name| value_of(&words, &[*name]));
        given.and_then(|port| port.parse().ok()).unwrap_or(default)
    };
    match words.first().map_or("pause", String::as_str) {
        "pause" => {
            call.line("Paused");
            let mut out = std::mem::take(&mut call.out);
            out.flush(call.ctx);
            Program::Pause
        }
        "liveness" => with_port(call, Kind::Liveness, port(&["http-port", "port"], 8080), "", code),
        "netexec" => {
            let port = port(&["http-port", "port"], 8080);
            let stamp = strftime(call.ctx.wall(), "%Y/%m/%d %H:%M:%S");
            with_port(call, Kind::Netexec, port, &format!("{stamp} Started HTTP server on port {port}"), code)
        }
        "serve-hostname" => {
            let port = port(&["http-port", "port"], 9376);
            let stamp = strftime(call.ctx.wall(), "%Y/%m/%d %H:%M:%S");
            with_port(call, Kind::ServeHostname, port, &format!("{stamp} Serving on port {port}."), code)
        }
        "test-webserver" => with_port(call, Kind::Httpd("/".to_owned()), port(&["port"], 80), "", code),
        "grpc-health-checking" => {
            let (port, http) = (port(&["port"], 5000), port(&["http-port"], 8080));
            let sockets = [everywhere(port), everywhere(http)];
            if let Some(failed) = go_refusal(call, &sockets) {
                return failed;
            }
            let mut server = start(call, Kind::Grpc(true), &sockets, 12 << 20);
            server.exit_code = code;
            Program::Server(Box::new(server))
        }
        "connect" => {
            let mut argv = vec!["nc".to_owned(), "-z".to_owned()];
            let target = words.get(1).cloned().unwrap_or_default();
            let (host, port) = target.rsplit_once(':').unwrap_or((&target, "80"));
            argv.extend([host.to_owned(), port.to_owned()]);
            call.argv = argv;
            super::super::client::nc(call)
        }
        "help" | "--help" | "-h" => {
            call.line("Usage:\n  app [command]");
            call.done(0)
        }
        other => call.fail(&format!("podlab: agnhost {other} is not simulated (pause, netexec, liveness, serve-hostname, test-webserver, grpc-health-checking and connect are)")),
    }
}

/// What `agnhost netexec` answers (test/images/agnhost/netexec).
pub(super) fn netexec(
    request: &HttpRequest,
    path: &str,
    ctx: &Ctx<'_>,
    ending: &mut Option<i32>,
) -> HttpResponse {
    let query = request.path.split_once('?').map_or("", |(_, query)| query);
    let value = |name: &str| {
        let pair = query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
        pair.map(percent_decoded).unwrap_or_default()
    };
    let text = match path {
        "/" => {
            format!("NOW: {}", strftime(ctx.wall(), "%Y-%m-%d %H:%M:%S.000000000 +0000 UTC m=+0.000000000"))
        }
        "/hostname" | "/hostName" => ctx.sys.hostname().to_owned(),
        "/echo" => value("msg"),
        "/clientip" => format!("{}:40000", if request.peer.is_empty() { "127.0.0.1" } else { &request.peer }),
        "/healthz" => String::new(),
        "/header" => {
            let wanted = value("key");
            let found = request.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case(&wanted));
            found.map(|(_, value)| value.clone()).unwrap_or_default()
        }
        "/exit" => {
            *ending = Some(value("code").parse().unwrap_or(0));
            String::new()
        }
        _ => return HttpResponse::text(404, "404 page not found\n"),
    };
    HttpResponse::text(200, text)
}

/// `%20` and `+` as what they stand for.
fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let code =
            (*first == b'%').then(|| after.get(..2)).flatten().and_then(|two| std::str::from_utf8(two).ok());
        if let Some(byte) = code.and_then(|two| u8::from_str_radix(two, 16).ok()) {
            bytes.push(byte);
            rest = &after[2..];
        } else {
            bytes.push(if *first == b'+' { b' ' } else { *first });
            rest = after;
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
