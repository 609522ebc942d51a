//! `psql`, `mysql` and their like: what they send, and how they show what comes back.

mod table;

use super::super::server::{Answer, Dialect, Login, Outcome, Proof, Request};
use super::super::{Call, Ctx, Options, Program};
use super::{Client, Kind, known_host};
use crate::os::net::{Failure, Reply};

/// What a database client was asked for.
#[derive(Clone, Debug)]
pub(in crate::os) struct Session {
    dialect: Dialect,
    place: Place,
    errand: Errand,
}

/// How the server was named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// By its host.
    Host,
    /// Not at all: the one on this machine, by its socket.
    Socket,
}

/// What is to be done there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Errand {
    /// Only to see whether it lives.
    Ping,
    /// To run statements, and show rows so.
    Run(Style),
}

/// How rows are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Style {
    /// Heading, columns, footing.
    Framed,
    /// Columns alone (`-t`, `-N`).
    Bare,
    /// Heading, fields one after the other, footing (`-A`).
    Unaligned,
    /// Fields one after the other (`-tA`).
    Values,
}

/// `psql`, `pg_isready`
pub(in super::super) fn psql(call: &mut Call<'_, '_>) -> Program {
    let ping = call.name() == "pg_isready";
    let long = &[
        ("command", 'c'),
        ("host", 'h'),
        ("port", 'p'),
        ("username", 'U'),
        ("dbname", 'd'),
        ("tuples-only", 't'),
        ("no-align", 'A'),
        ("list", 'l'),
        ("timeout", 'T'),
        ("quiet", 'q'),
        ("no-password", 'w'),
        ("version", 'V'),
    ];
    let options = match Options::parse(&call.args(), "c:h:p:U:d:tAlqwWXT:v:V", long) {
        Ok(options) => options,
        Err(bad) => {
            let name = call.name();
            call.error(&format!(
                "{name}: invalid option -- '{}'\n{name}: hint: Try \"{name} --help\" for more information.",
                bad.trim_start_matches('-')
            ));
            return call.done(1);
        }
    };
    let version = call.variable("PG_MAJOR").unwrap_or_else(|| "16".to_owned());
    if options.has('V') {
        call.line(&format!("psql (PostgreSQL) {version}"));
        return call.done(0);
    }
    let host = options.value('h').map(str::to_owned).or_else(|| call.variable("PGHOST"));
    let (user, database) = psql_login(call, &options);
    let port = options.value('p').and_then(|port| port.parse().ok()).unwrap_or(5432);
    let batches = if options.has('l') {
        vec!["\\l".to_owned()]
    } else {
        options.values('c').map(str::to_owned).collect()
    };
    let place = if host.is_some() { Place::Host } else { Place::Socket };
    let host = host.unwrap_or_else(|| "127.0.0.1".to_owned());
    let near = matches!(known_host(call.ctx, &host).as_str(), "localhost" | "127.0.0.1");
    let proof =
        if near { Proof::Peer } else { Proof::Password(call.variable("PGPASSWORD").unwrap_or_default()) };
    let style = psql_style(&options);
    let errand = if ping { Errand::Ping } else { Errand::Run(style) };
    let session = Session { dialect: Dialect::Postgres, place, errand };
    client(call, session, (&host, port), Request { login: Login { user, database, proof }, batches })
}

/// As whom `psql` comes in, and to which database: options, then words, then variables, then the user it runs as.
fn psql_login(call: &Call<'_, '_>, options: &Options) -> (String, String) {
    let own = if call.ctx.process().user.uid == 0 { "root" } else { "postgres" };
    let user = options.value('U').map(str::to_owned).or_else(|| call.variable("PGUSER"));
    let user = user.unwrap_or_else(|| own.to_owned());
    let database = options
        .value('d')
        .map(str::to_owned)
        .or_else(|| options.rest.first().cloned())
        .or_else(|| call.variable("PGDATABASE"))
        .unwrap_or_else(|| user.clone());
    (options.rest.get(1).cloned().unwrap_or(user), database)
}

fn psql_style(options: &Options) -> Style {
    match (options.has('t'), options.has('A')) {
        (false, false) => Style::Framed,
        (true, false) => Style::Bare,
        (false, true) => Style::Unaligned,
        (true, true) => Style::Values,
    }
}

/// `mysql`, `mysqladmin`
pub(in super::super) fn mysql(call: &mut Call<'_, '_>) -> Program {
    let admin = call.name().ends_with("admin");
    let mut args = call.args();
    // `-pSECRET` is the password, `-p` asks for one.
    let mut password = call.variable("MYSQL_PWD").unwrap_or_default();
    let mut asks = false;
    args.retain(|word| match word.strip_prefix("--password=").or_else(|| word.strip_prefix("-p")) {
        Some(secret) if !word.starts_with("--p") || word.starts_with("--password=") => {
            asks |= secret.is_empty();
            secret.clone_into(&mut password);
            false
        }
        _ => true,
    });
    let long = &[
        ("execute", 'e'),
        ("host", 'h'),
        ("port", 'P'),
        ("user", 'u'),
        ("database", 'D'),
        ("silent", 's'),
        ("batch", 'B'),
        ("skip-column-names", 'N'),
        ("version", 'V'),
        ("protocol", 'x'),
    ];
    let options = match Options::parse(&args, "e:h:P:u:D:sBNVx:", long) {
        Ok(options) => options,
        Err(bad) => {
            let name = call.name();
            call.error(&format!("{name}: [ERROR] unknown option '{bad}'."));
            return call.done(2);
        }
    };
    if asks && password.is_empty() {
        call.error("podlab: a password typed at a prompt is not simulated; use -pPASSWORD");
        return call.done(1);
    }
    if !password.is_empty() && call.variable("MYSQL_PWD").is_none() {
        let name = call.name();
        call.error(&format!(
            "{name}: [Warning] Using a password on the command line interface can be insecure."
        ));
    }
    let place = if options.value('h').is_some() { Place::Host } else { Place::Socket };
    let host = options.value('h').unwrap_or("127.0.0.1").to_owned();
    let port = options.value('P').and_then(|port| port.parse().ok()).unwrap_or(3306);
    let user = options.value('u').unwrap_or("root").to_owned();
    let database = options
        .value('D')
        .map(str::to_owned)
        .or_else(|| options.rest.first().filter(|_| !admin).cloned())
        .unwrap_or_default();
    let style = if options.has('N') { Style::Bare } else { Style::Framed };
    let errand = if admin { Errand::Ping } else { Errand::Run(style) };
    let session = Session { dialect: Dialect::Mysql, place, errand };
    let batches = options.value('e').map(str::to_owned).into_iter().collect();
    let login = Login { user, database, proof: Proof::Password(password) };
    client(call, session, (&host, port), Request { login, batches })
}

fn client(call: &mut Call<'_, '_>, session: Session, (host, port): (&str, u16), request: Request) -> Program {
    if request.batches.is_empty() && session.errand != Errand::Ping {
        let flag = if session.dialect == Dialect::Postgres { "-c" } else { "-e" };
        let name = call.name();
        call.error(&format!(
            "podlab: an interactive {name} is not simulated; give the statement with {flag}"
        ));
        return call.done(1);
    }
    let payload = if session.errand == Errand::Ping { Vec::new() } else { request.to_bytes() };
    let mut client = Client::new(call, Kind::Sql(session), host, port).wait_at_most(call, Some("20"));
    client.tcp(call.ctx, payload);
    Program::Client(Box::new(client))
}

impl Client {
    pub(super) fn sql_answered(&mut self, session: &Session, reply: Reply, ctx: &mut Ctx<'_>) -> i32 {
        let bytes = match reply {
            Reply::Tcp(bytes) => bytes,
            Reply::Failed(failure) => return self.sql_out_of_reach(session, failure, ctx),
            _ => Vec::new(),
        };
        let Errand::Run(style) = session.errand else {
            let text = match (session.dialect, session.place) {
                (Dialect::Postgres, Place::Host) => {
                    format!("{}:{} - accepting connections\n", self.host, self.port)
                }
                (Dialect::Postgres, Place::Socket) => {
                    format!("/var/run/postgresql:{} - accepting connections\n", self.port)
                }
                (Dialect::Mysql, _) => "mysqld is alive\n".to_owned(),
            };
            self.out.text(1, &text);
            return 0;
        };
        match Answer::from_bytes(&bytes) {
            Some(Answer::Results(batches)) => {
                // The status is that of the last batch.
                batches.iter().fold(0, |_, outcomes| self.show_batch(session, style, outcomes, ctx))
            }
            Some(Answer::Refused(error)) => {
                let message = match session.dialect {
                    Dialect::Mysql => format!("{error}\n"),
                    Dialect::Postgres => {
                        let fatal = if error.starts_with("fe_") { "" } else { "FATAL:  " };
                        format!("psql: error: {} failed: {fatal}{error}\n", self.server(session, ctx))
                    }
                };
                self.out.text(2, &message);
                if session.dialect == Dialect::Postgres { 2 } else { 1 }
            }
            None => 0,
        }
    }

    /// Shows what a batch gave; the status of the client if it was the last.
    fn show_batch(
        &mut self,
        session: &Session,
        style: Style,
        outcomes: &[Outcome],
        ctx: &mut Ctx<'_>,
    ) -> i32 {
        for outcome in outcomes {
            match (outcome, session.dialect) {
                (Outcome::Rows(rows), Dialect::Postgres) => self.out.text(1, &table::psql(rows, style)),
                (Outcome::Rows(rows), Dialect::Mysql) => {
                    let shown = table::mysql(rows, style, ctx.is_tty(1));
                    self.out.text(1, &shown);
                }
                (Outcome::Tag(tag), Dialect::Postgres) => self.out.text(1, &format!("{tag}\n")),
                (Outcome::Tag(_), Dialect::Mysql) => {}
                (Outcome::Error(error), _) => {
                    self.out.text(2, &format!("{error}\n"));
                    return 1;
                }
            }
        }
        0
    }

    fn server(&self, session: &Session, ctx: &mut Ctx<'_>) -> String {
        if session.place == Place::Host {
            let address = known_host(ctx, &self.host);
            let address = if address == "localhost" { "127.0.0.1".to_owned() } else { address };
            let shown = if address == self.host { String::new() } else { format!(" ({address})") };
            format!("connection to server at \"{}\"{shown}, port {}", self.host, self.port)
        } else {
            format!("connection to server on socket \"/var/run/postgresql/.s.PGSQL.{}\"", self.port)
        }
    }

    fn sql_out_of_reach(&mut self, session: &Session, failure: Failure, ctx: &mut Ctx<'_>) -> i32 {
        let (host, port) = (self.host.clone(), self.port);
        let (stream, text, code) = match (session.dialect, session.errand, failure) {
            (Dialect::Postgres, Errand::Ping, _) => {
                let place = if session.place == Place::Host { host } else { "/var/run/postgresql".to_owned() };
                (1, format!("{place}:{port} - no response\n"), 2)
            }
            (Dialect::Postgres, Errand::Run(_), Failure::UnknownHost) => (2, format!("psql: error: could not translate host name \"{host}\" to address: Name or service not known\n"), 2),
            (Dialect::Postgres, Errand::Run(_), Failure::TimedOut) => (2, format!("psql: error: {} failed: Connection timed out\n\tIs the server running on that host and accepting TCP/IP connections?\n", self.server(session, ctx)), 2),
            (Dialect::Postgres, Errand::Run(_), _) if session.place == Place::Host => (2, format!("psql: error: {} failed: Connection refused\n\tIs the server running on that host and accepting TCP/IP connections?\n", self.server(session, ctx)), 2),
            (Dialect::Postgres, Errand::Run(_), _) => (2, format!("psql: error: {} failed: No such file or directory\n\tIs the server running locally and accepting connections on that socket?\n", self.server(session, ctx)), 2),
            (Dialect::Mysql, Errand::Ping, _) => (2, format!("mysqladmin: connect to server at '{host}' failed\nerror: 'Can't connect to MySQL server on '{host}:{port}' (111)'\nCheck that mysqld is running on {host} and that the port is {port}.\n"), 1),
            (Dialect::Mysql, Errand::Run(_), Failure::UnknownHost) => (2, format!("ERROR 2005 (HY000): Unknown MySQL server host '{host}' (-2)\n"), 1),
            (Dialect::Mysql, Errand::Run(_), _) if session.place == Place::Host => (2, format!("ERROR 2003 (HY000): Can't connect to MySQL server on '{host}:{port}' (111)\n"), 1),
            (Dialect::Mysql, Errand::Run(_), _) => (2, "ERROR 2002 (HY000): Can't connect to local MySQL server through socket '/var/run/mysqld/mysqld.sock' (2)\n".to_owned(), 1),
        };
        self.out.text(stream, &text);
        code
    }
}
