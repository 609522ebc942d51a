//! Databases and services of which podlab knows how they start and that they take connections.

use std::net::SocketAddrV4;

use super::super::{Call, Program};
use super::sql::{Dialect, Sql, Store, asked_for};
use super::{Kind, host_and_port, refused, socket, start, value_of, with_socket};
use k8s_openapi::jiff::Timestamp;

/// A service podlab knows only by name: it runs and takes connections, on the port the catalogue gives it.
pub(in super::super) fn service(call: &mut Call<'_, '_>) -> Program {
    let port = call.setting_port(8080);
    let name = call.name();
    let etcd = name == "etcd";
    let words = call.args();
    let given = value_of(&words, &["listen-client-urls", "web.listen-address"]).unwrap_or_default();
    let first = given.split(',').next().unwrap_or_default();
    let address = first.split_once("://").map_or(first, |(_, rest)| rest).trim_end_matches('/');
    let (host, own) = host_and_port(address);
    let at = socket(call.ctx, host, own.unwrap_or(port));
    let kind = if etcd { Kind::Grpc(true) } else { Kind::Silent };
    with_socket(call, kind, at, "", 0)
}

pub(in super::super) fn memcached(call: &mut Call<'_, '_>) -> Program {
    if call.ctx.process().user.uid == 0 && !call.args().iter().any(|word| word.starts_with("-u")) {
        call.error("can't run as root without the -u switch");
        return call.done(71);
    }
    let words = call.args();
    let port = value_of(&words, &["p", "port"]).and_then(|port| port.parse().ok()).unwrap_or(11211);
    let host = value_of(&words, &["l", "listen"]).unwrap_or_default();
    let at = socket(call.ctx, &host, port);
    if let Some((_, error)) = refused(call, &[at]) {
        call.error(&format!("failed to listen on TCP port {port}: {error}"));
        return call.done(71);
    }
    Program::Server(Box::new(start(call, Kind::Silent, &[at], 10 << 20)))
}

pub(in super::super) fn mongod(call: &mut Call<'_, '_>) -> Program {
    let stamp = super::super::info::strftime(call.ctx.wall(), "%Y-%m-%dT%H:%M:%S.000+00:00");
    let words = call.args();
    let port = value_of(&words, &["port"]).and_then(|port| port.parse().ok()).unwrap_or(27017);
    let server_ready = format!(
        "{{\"t\":{{\"$date\":\"{stamp}\"}},\"s\":\"I\",  \"c\":\"NETWORK\",  \"id\":23016,   \"ctx\":\"listener\",\"msg\":\"Waiting for connections\",\"attr\":{{\"port\":{port},\"ssl\":\"off\"}}}}\n"
    );
    // Left to itself it listens to its own machine alone (since 3.6); the image's entry point asks for all addresses.
    let everywhere = words.iter().any(|word| word == "--bind_ip_all");
    let hosts = value_of(&words, &["bind_ip"]).unwrap_or_else(|| "localhost".to_owned());
    let hosts = if everywhere { "*".to_owned() } else { hosts };
    let mut sockets: Vec<SocketAddrV4> =
        hosts.split(',').map(|host| socket(call.ctx, host.trim(), port)).collect();
    sockets.sort_unstable();
    sockets.dedup();
    if let Some((_, error)) = refused(call, &sockets) {
        return call.fail(error.text());
    }
    let mut server = start(call, Kind::Silent, &sockets, 60 << 20);
    server.ready_at = server.started.plus(1000);
    server.error_log = 1;
    server.ready_log = server_ready;
    Program::Server(Box::new(server))
}

/// Variables any of which lets the image of a database initialize itself.
const POSTGRES_NEEDS: &[&str] = &[
    "POSTGRES_PASSWORD",
    "POSTGRES_PASSWORD_FILE",
    "POSTGRES_HOST_AUTH_METHOD",
    "POSTGRESQL_PASSWORD",
    "ALLOW_EMPTY_PASSWORD",
];
const MYSQL_NEEDS: &[&str] = &[
    "MYSQL_ROOT_PASSWORD",
    "MYSQL_ROOT_PASSWORD_FILE",
    "MARIADB_ROOT_PASSWORD",
    "MYSQL_ALLOW_EMPTY_PASSWORD",
    "MYSQL_RANDOM_ROOT_PASSWORD",
    "MARIADB_ALLOW_EMPTY_ROOT_PASSWORD",
    "MARIADB_ALLOW_EMPTY_PASSWORD",
    "MARIADB_RANDOM_ROOT_PASSWORD",
    "ALLOW_EMPTY_PASSWORD",
];

/// postgres and mysqld refuse to start on an empty folder without a password.
pub(in super::super) fn database(call: &mut Call<'_, '_>) -> Program {
    let dialect = if call.name() == "postgres" { Dialect::Postgres } else { Dialect::Mysql };
    let folder = match dialect {
        Dialect::Postgres => call.variable("PGDATA").unwrap_or_else(|| "/var/lib/postgresql/data".to_owned()),
        Dialect::Mysql => "/var/lib/mysql".to_owned(),
    };
    let store = Store { dialect, folder };
    let kept = call.files(&store.folder).is_ok_and(|files| store.initialized(&files));
    let needs = if dialect == Dialect::Postgres { POSTGRES_NEEDS } else { MYSQL_NEEDS };
    if !kept && !needs.iter().any(|name| call.variable(name).is_some_and(|value| !value.is_empty())) {
        call.error(&no_password(dialect, call.ctx.wall(), call.variable("MYSQL_VERSION")));
        return call.done(1);
    }
    let at = place(call, dialect);
    if let Some((at, error)) = refused(call, &[at]) {
        let (ip, port) = (at.ip(), at.port());
        return call.fail(&format!("could not bind IPv4 address \"{ip}\": {error} (port {port})"));
    }
    let env = std::sync::Arc::clone(&call.ctx.process().env);
    let major = call.variable("PG_MAJOR").unwrap_or_else(|| "16".to_owned());
    let made = if kept {
        Ok(())
    } else {
        let more = asked_for(dialect, &env);
        call.files(&store.folder).and_then(|mut files| store.initialize(&mut files, &major, more.as_deref()))
    };
    if let Err(error) = made {
        call.error(&match dialect {
            Dialect::Postgres => {
                format!(
                    "initdb: error: could not change permissions of directory \"{}\": {error}",
                    store.folder
                )
            }
            Dialect::Mysql => format!(
                "mysqld: Can't create/write to file '{}/is_writable' (OS errno {} - {error})",
                store.folder,
                error.number()
            ),
        });
        return call.done(1);
    }
    let sql = Sql::new(store, &env);
    let now = call.ctx.now();
    let first = if kept { sql.again_words() } else { sql.first_words() };
    call.out.text(1, &first);
    let wait = match (dialect, kept) {
        (Dialect::Postgres, false) => 2000,
        (Dialect::Postgres, true) => 300,
        (Dialect::Mysql, false) => 6000,
        (Dialect::Mysql, true) => 1000,
    };
    let ready = sql.ready_words(at, call.ctx.sys.wall.timestamp(now.plus(wait)));
    let mut server = start(call, Kind::Sql(Box::new(sql)), &[at], 40 << 20);
    server.ready_at = server.started.plus(wait);
    server.ready_log = ready;
    Program::Server(Box::new(server))
}

/// Where a database listens: the images' settings name all addresses.
fn place(call: &mut Call<'_, '_>, dialect: Dialect) -> SocketAddrV4 {
    let words = call.args();
    // `-c name=value` is `--name=value`.
    let set = |name: &str| {
        let settings = words.windows(2).filter(|pair| pair[0] == "-c").map(|pair| pair[1].as_str());
        settings.filter_map(|setting| setting.split_once('=')).find(|(own, _)| *own == name)
    };
    let set = |name: &str| set(name).map(|(_, value)| value.trim_matches('\'').to_owned());
    let (host, port, default) = match dialect {
        Dialect::Postgres => (
            set("listen_addresses").or_else(|| value_of(&words, &["listen_addresses", "h"])),
            set("port").or_else(|| value_of(&words, &["port", "p"])),
            5432,
        ),
        Dialect::Mysql => {
            (value_of(&words, &["bind-address", "bind_address"]), value_of(&words, &["port", "P"]), 3306)
        }
    };
    let host = host.unwrap_or_default();
    let port = port.and_then(|port| port.parse().ok()).unwrap_or(default);
    socket(call.ctx, host.split(',').next().unwrap_or_default().trim(), port)
}

/// What the entry points of the official images say.
fn no_password(dialect: Dialect, now: Timestamp, version: Option<String>) -> String {
    if dialect == Dialect::Postgres {
        return "Error: Database is uninitialized and superuser password is not specified.\n       You must specify POSTGRES_PASSWORD to a non-empty value for the\n       superuser. For example, \"-e POSTGRES_PASSWORD=password\" on \"docker run\".\n\n       You may also use \"POSTGRES_HOST_AUTH_METHOD=trust\" to allow all\n       connections without a password. This is *not* recommended.\n\n       See PostgreSQL documentation about \"trust\":\n       https://www.postgresql.org/docs/current/auth-trust.html".to_owned();
    }
    let stamp = super::super::info::strftime(now, "%Y-%m-%d %H:%M:%S+00:00");
    let version = version.unwrap_or_else(|| "9.4.0".to_owned());
    format!(
        "{stamp} [Note] [Entrypoint]: Entrypoint script for MySQL Server {version}-1.el9 started.\n{stamp} [ERROR] [Entrypoint]: Database is uninitialized and password option is not specified\n    You need to specify one of the following as an environment variable:\n    - MYSQL_ROOT_PASSWORD\n    - MYSQL_ALLOW_EMPTY_PASSWORD\n    - MYSQL_RANDOM_ROOT_PASSWORD"
    )
}
