//! Servers of files: busybox httpd, Apache, Python's `http.server`.

use std::fmt::Write as _;

use super::super::info::strftime;
use super::super::{Call, Ctx, Program};
use super::{Kind, host_and_port, refused, socket, start, to_background, value_of};

/// busybox httpd goes to the background unless `-f`.
pub(in super::super) fn httpd(call: &mut Call<'_, '_>) -> Program {
    let options = match super::super::filter::options(call, "p:h:fvc:u:i", &[]) {
        Ok(options) => options,
        Err(failed) => return failed,
    };
    let (host, port) = host_and_port(options.value('p').unwrap_or_default());
    let at = socket(call.ctx, host, port.unwrap_or(80));
    let home = options.value('h').map_or_else(|| call.ctx.process().cwd.clone(), str::to_owned);
    if let Some((_, error)) = refused(call, &[at]) {
        return call.fail(&format!("bind: {error}"));
    }
    let server = start(call, Kind::Httpd(home), &[at], 600 << 10);
    if options.has('f') { Program::Server(Box::new(server)) } else { to_background(call, server) }
}

/// `python3 -m http.server [PORT] [--directory DIR] [--bind ADDRESS]`
pub(in super::super) fn python_http(call: &mut Call<'_, '_>, words: &[String]) -> Program {
    let port = words.iter().find_map(|word| word.parse().ok()).unwrap_or(8000);
    let host = value_of(words, &["bind", "b"]).unwrap_or_default();
    let at = socket(call.ctx, &host, port);
    if let Some((_, error)) = refused(call, &[at]) {
        return call.fail(&format!("OSError: [Errno {}] {error}", error.number()));
    }
    let home = value_of(words, &["directory", "d"]).unwrap_or_else(|| call.ctx.process().cwd.clone());
    if call.ctx.is_tty(1) || call.variable("PYTHONUNBUFFERED").is_some_and(|value| !value.is_empty()) {
        call.line(&format!("Serving HTTP on {} port {port} (http://{at}/) ...", at.ip()));
    }
    Program::Server(Box::new(start(call, Kind::Python(home), &[at], 20 << 20)))
}

/// The names in a folder as Python lists them.
pub(super) fn listing(home: &str, path: &str, ctx: &mut Ctx<'_>) -> Option<String> {
    let clean = super::super::super::cell::parts_of(path).join("/");
    let folder = format!("{}/{clean}", home.trim_end_matches('/'));
    let entries = ctx.files(&folder)?.list(&folder).ok()?;
    let mut text = format!(
        "<!DOCTYPE HTML>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<title>Directory listing for {path}</title>\n</head>\n<body>\n<h1>Directory listing for {path}</h1>\n<hr>\n<ul>\n"
    );
    for (name, node) in entries.iter().take(1000) {
        let slash = if node.entries().is_some() { "/" } else { "" };
        let _ = writeln!(text, "<li><a href=\"{name}{slash}\">{name}{slash}</a></li>");
    }
    text.push_str("</ul>\n<hr>\n</body>\n</html>\n");
    Some(text)
}

/// Apache logs to what its configuration links to: standard output and standard error.
pub(in super::super) fn apache(call: &mut Call<'_, '_>) -> Program {
    let php = call.name() == "apache2-foreground";
    let file = "/usr/local/apache2/conf/httpd.conf";
    let config = call.files(file).and_then(|files| files.read(file)).unwrap_or_default();
    let config = String::from_utf8_lossy(&config).into_owned();
    let setting = |name: &str| {
        config
            .lines()
            .find_map(|line| line.trim().strip_prefix(name))
            .map(|value| value.trim().trim_matches('"').to_owned())
    };
    let listen = setting("Listen ").unwrap_or_default();
    let (host, port) = host_and_port(&listen);
    let at = socket(call.ctx, host, port.unwrap_or(80));
    if let Some((_, error)) = refused(call, &[at]) {
        let number = error.number();
        call.error(&format!("({number}){error}: AH00072: make_sock: could not bind to address {at}\nno listening sockets available, shutting down\nAH00015: Unable to open logs"));
        return call.done(1);
    }
    let home = setting("DocumentRoot ")
        .filter(|_| !php)
        .unwrap_or_else(|| if php { "/var/www/html" } else { "/usr/local/apache2/htdocs" }.to_owned());
    let version = call.variable("HTTPD_VERSION").unwrap_or_else(|| "2.4.65".to_owned());
    let stamp = strftime(call.ctx.wall(), "%a %b %d %H:%M:%S.000000 %Y");
    let pid = call.ctx.key.pid;
    let line = if php { "apache2 -D FOREGROUND" } else { "httpd -D FOREGROUND" };
    let system = if php { "Debian" } else { "Unix" };
    let address = call.ctx.sys.addresses.first().cloned().unwrap_or_else(|| "127.0.0.1".to_owned());
    let name = if php { "apache2" } else { "httpd" };
    let own_name = format!(
        "AH00558: {name}: Could not reliably determine the server's fully qualified domain name, using {address}. Set the 'ServerName' directive globally to suppress this message"
    );
    call.error(&format!("{own_name}\n{own_name}\n[{stamp}] [mpm_event:notice] [pid {pid}:tid {pid}] AH00489: Apache/{version} ({system}) configured -- resuming normal operations\n[{stamp}] [core:notice] [pid {pid}:tid {pid}] AH00094: Command line: '{line}'"));
    Program::Server(Box::new(start(call, Kind::Apache(home), &[at], 6 << 20)))
}
