//! `redis-cli`, `psql`, `mysql` and their like: what they send, and how they show what comes back.

use super::super::server::{FIELD, RECORD};
use super::super::{Call, Ctx, Program, Step};
use super::{Client, Kind, known_host};
use crate::os::net::{Failure, Reply};

/// What a database client was asked for.
#[derive(Clone, Debug)]
pub(in crate::os) struct Session {
    pub dialect: Dialect,
    /// The host was named: the connection is not local.
    pub named: bool,
    /// Password, user and database.
    pub login: (String, String, String),
    /// No frames, no heading.
    pub bare: bool,
    /// Only whether the server lives.
    pub ping: bool,
}

/// Which client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::os) enum Dialect {
    Postgres,
    Mysql,
}

/// A `redis-cli` that takes commands from its input.
#[derive(Clone, Debug, Default)]
pub(in crate::os) struct RedisCli {
    password: String,
    /// Lines not sent yet; none if one command was given.
    input: Option<Vec<u8>>,
    tty: bool,
}

pub(in super::super) fn redis_cli(call: &mut Call<'_, '_>) -> Program {
    let options = match super::super::Options::parse(
        &call.args(),
        "+h:p:a:n:u:r:i:x",
        &[("no-auth-warning", 'x'), ("pass", 'a'), ("version", 'v'), ("raw", 'x')],
    ) {
        Ok(options) => options,
        Err(bad) => {
            call.error(&format!("Unrecognized option or bad number of args for: '{bad}'"));
            return call.done(1);
        }
    };
    let host = options.value('h').unwrap_or("127.0.0.1").to_owned();
    let port = options.value('p').and_then(|port| port.parse().ok()).unwrap_or(6379);
    let password =
        options.value('a').map(str::to_owned).or_else(|| call.variable("REDISCLI_AUTH")).unwrap_or_default();
    let tty = call.ctx.is_tty(1);
    let input = options.rest.is_empty().then(Vec::new);
    let interactive = input.is_some();
    let payload = redis_payload(&password, &options.rest);
    let mut client = Client::new(call, Kind::Redis(RedisCli { password, input, tty }), &host, port);
    if interactive {
        client.prompt(tty);
    } else {
        client.tcp(call.ctx, payload);
    }
    Program::Client(Box::new(client))
}

fn redis_payload(password: &str, words: &[String]) -> Vec<u8> {
    let mut text = password.to_owned();
    for word in words {
        text.push(FIELD);
        text.push_str(word);
    }
    text.into_bytes()
}

impl Client {
    fn prompt(&mut self, tty: bool) {
        if tty {
            let prompt = format!("{}:{}> ", self.host, self.port);
            self.out.text(1, &prompt);
        }
    }

    /// The next line of an interactive `redis-cli`; `None` if this is no such client.
    pub(super) fn next_line(&mut self, ctx: &mut Ctx<'_>) -> Option<Step> {
        let Kind::Redis(RedisCli { password, input: Some(input), tty }) = &mut self.kind else { return None };
        let Some(end) = input.iter().position(|byte| *byte == b'\n') else {
            return Some(match ctx.read(0) {
                super::super::ReadResult::Data(data) if input.len() < 1 << 20 => {
                    input.extend(data);
                    Step::Again
                }
                super::super::ReadResult::Wait => Step::Wait(None),
                _ => {
                    self.ending = Some(0);
                    Step::Again
                }
            });
        };
        let line: Vec<u8> = input.drain(..=end).collect();
        let line = String::from_utf8_lossy(&line).into_owned();
        let words = quoted_words(line.trim());
        let (password, tty) = (password.clone(), *tty);
        match words.first().map(String::as_str) {
            None => self.prompt(tty),
            Some("exit" | "quit") => self.ending = Some(0),
            Some(_) => self.tcp(ctx, redis_payload(&password, &words)),
        }
        Some(Step::Again)
    }

    pub(super) fn redis_answered(&mut self, cli: &RedisCli, reply: Reply) -> Option<i32> {
        match reply {
            Reply::Tcp(bytes) => {
                let text = String::from_utf8_lossy(&bytes).into_owned();
                let mut rest = text.as_str();
                let shown = show(&mut rest, cli.tty, 0);
                self.out.text(1, &shown);
            }
            Reply::Failed(Failure::UnknownHost) => {
                self.out.text(
                    2,
                    &format!(
                        "Could not connect to Redis at {}:{}: Name or service not known\n",
                        self.host, self.port
                    ),
                );
                return Some(1);
            }
            _ => {
                self.out.text(
                    2,
                    &format!(
                        "Could not connect to Redis at {}:{}: Connection refused\n",
                        self.host, self.port
                    ),
                );
                return Some(1);
            }
        }
        if cli.input.is_none() {
            return Some(0);
        }
        self.prompt(cli.tty);
        None
    }
}

/// Words of a line, quotes taken off.
fn quoted_words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    for letter in line.chars() {
        match (quote, letter) {
            (Some(open), letter) if letter == open => quote = None,
            (None, '"' | '\'') => {
                quote = Some(letter);
                word.get_or_insert_default();
            }
            (None, letter) if letter.is_whitespace() => words.extend(word.take()),
            _ => word.get_or_insert_default().push(letter),
        }
    }
    words.extend(word);
    words
}

/// An answer of Redis as `redis-cli` shows it: raw into a pipe, with its type at a terminal.
fn show(rest: &mut &str, tty: bool, depth: usize) -> String {
    let (line, after) = rest.split_once("\r\n").unwrap_or((rest, ""));
    *rest = after;
    let (kind, text) = line.split_at(line.len().min(1));
    match (kind, tty) {
        ("+", _) | (":", false) => format!("{text}\n"),
        (":", true) => format!("(integer) {text}\n"),
        ("-", true) => format!("(error) {text}\n"),
        ("-", false) => format!("{text}\n\n"),
        ("$", _) if text == "-1" => if tty { "(nil)\n" } else { "\n" }.to_owned(),
        ("$", _) => {
            let length = text.parse::<usize>().unwrap_or(0).min(rest.len());
            let value = rest.get(..length).unwrap_or_default();
            let shown = if tty { format!("{value:?}\n") } else { format!("{value}\n") };
            *rest = rest.get(length + 2..).unwrap_or_default();
            shown
        }
        ("*", _) => {
            let count = text.parse::<usize>().unwrap_or(0).min(10_000);
            if count == 0 {
                return if tty { "(empty array)\n" } else { "\n" }.to_owned();
            }
            (1..=count)
                .map(|number| {
                    let item = if depth < 8 { show(rest, tty, depth + 1) } else { String::new() };
                    if tty { format!("{number}) {item}") } else { item }
                })
                .collect()
        }
        _ => String::new(),
    }
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
    let options = match super::super::Options::parse(&call.args(), "c:h:p:U:d:tAlqwWXT:v:V", long) {
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
    let own = if call.ctx.process().user.uid == 0 { "root" } else { "postgres" };
    let user = options
        .value('U')
        .map(str::to_owned)
        .or_else(|| call.variable("PGUSER"))
        .unwrap_or_else(|| own.to_owned());
    let database = options
        .value('d')
        .map(str::to_owned)
        .or_else(|| options.rest.first().cloned())
        .or_else(|| call.variable("PGDATABASE"))
        .unwrap_or_else(|| user.clone());
    let user = options.rest.get(1).cloned().unwrap_or(user);
    let port = options.value('p').and_then(|port| port.parse().ok()).unwrap_or(5432);
    let statements: Vec<&str> = options.values('c').collect();
    let statements = if options.has('l') { "\\l".to_owned() } else { statements.join(";") };
    let named = host.is_some();
    let host = host.unwrap_or_else(|| "127.0.0.1".to_owned());
    let near = matches!(known_host(call.ctx, &host).as_str(), "localhost" | "127.0.0.1");
    let password = if near { "local".to_owned() } else { call.variable("PGPASSWORD").unwrap_or_default() };
    let session = Session {
        dialect: Dialect::Postgres,
        named,
        login: (password, user, database),
        bare: options.has('t') || options.has('A'),
        ping,
    };
    database_client(call, session, (&host, port), statements)
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
    let options = match super::super::Options::parse(&args, "e:h:P:u:D:sBNVx:", long) {
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
    let named = options.value('h').is_some();
    let host = options.value('h').unwrap_or("127.0.0.1").to_owned();
    let port = options.value('P').and_then(|port| port.parse().ok()).unwrap_or(3306);
    let user = options.value('u').unwrap_or("root").to_owned();
    let database = options
        .value('D')
        .map(str::to_owned)
        .or_else(|| options.rest.first().filter(|_| !admin).cloned())
        .unwrap_or_default();
    let session = Session {
        dialect: Dialect::Mysql,
        named,
        login: (password, user, database),
        bare: options.has('N'),
        ping: admin,
    };
    let statements = options.value('e').unwrap_or_default().to_owned();
    database_client(call, session, (&host, port), statements)
}

fn database_client(
    call: &mut Call<'_, '_>,
    session: Session,
    (host, port): (&str, u16),
    statements: String,
) -> Program {
    if statements.is_empty() && !session.ping {
        let flag = if session.dialect == Dialect::Postgres { "-c" } else { "-e" };
        let name = call.name();
        call.error(&format!(
            "podlab: an interactive {name} is not simulated; give the statement with {flag}"
        ));
        return call.done(1);
    }
    let (password, user, database) = session.login.clone();
    let payload = if session.ping {
        Vec::new()
    } else {
        [password, user, database, statements].join(&FIELD.to_string()).into_bytes()
    };
    let mut client = Client::new(call, Kind::Database(session), host, port).wait_at_most(call, Some("20"));
    client.tcp(call.ctx, payload);
    Program::Client(Box::new(client))
}

impl Client {
    pub(super) fn database_answered(&mut self, session: &Session, reply: Reply, ctx: &mut Ctx<'_>) -> i32 {
        let bytes = match reply {
            Reply::Tcp(bytes) => bytes,
            Reply::Failed(failure) => return self.database_out_of_reach(session, failure, ctx),
            _ => Vec::new(),
        };
        if session.ping {
            let text = match session.dialect {
                Dialect::Postgres if session.named => {
                    format!("{}:{} - accepting connections\n", self.host, self.port)
                }
                Dialect::Postgres => format!("/var/run/postgresql:{} - accepting connections\n", self.port),
                Dialect::Mysql => "mysqld is alive\n".to_owned(),
            };
            self.out.text(1, &text);
            return 0;
        }
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some(error) = text.strip_prefix("fatal").and_then(|rest| rest.strip_prefix(FIELD)) {
            let message = match session.dialect {
                Dialect::Mysql => format!("{error}\n"),
                Dialect::Postgres if error.starts_with("fe_") => {
                    format!("psql: error: {} failed: {error}\n", self.server(session, ctx))
                }
                Dialect::Postgres => {
                    format!("psql: error: {} failed: FATAL:  {error}\n", self.server(session, ctx))
                }
            };
            self.out.text(2, &message);
            return if session.dialect == Dialect::Postgres { 2 } else { 1 };
        }
        for answer in text.split('\u{1d}') {
            let mut records = answer.split(RECORD);
            match records.next() {
                Some("rows") => {
                    let rows: Vec<Vec<&str>> = records.map(|record| record.split(FIELD).collect()).collect();
                    let shown = if session.dialect == Dialect::Postgres {
                        psql_table(&rows, session.bare)
                    } else {
                        mysql_table(&rows, session.bare, ctx.is_tty(1))
                    };
                    self.out.text(1, &shown);
                }
                Some("tag") if session.dialect == Dialect::Postgres => {
                    let tag = records.next().unwrap_or_default().to_owned();
                    self.out.text(1, &format!("{tag}\n"));
                }
                Some("error") => {
                    let error = records.next().unwrap_or_default().to_owned();
                    self.out.text(2, &format!("{error}\n"));
                    return 1;
                }
                _ => {}
            }
        }
        0
    }

    fn server(&self, session: &Session, ctx: &mut Ctx<'_>) -> String {
        if session.named {
            let address = known_host(ctx, &self.host);
            let address = if address == "localhost" { "127.0.0.1".to_owned() } else { address };
            let shown = if address == self.host { String::new() } else { format!(" ({address})") };
            format!("connection to server at \"{}\"{shown}, port {}", self.host, self.port)
        } else {
            format!("connection to server on socket \"/var/run/postgresql/.s.PGSQL.{}\"", self.port)
        }
    }

    fn database_out_of_reach(&mut self, session: &Session, failure: Failure, ctx: &mut Ctx<'_>) -> i32 {
        let (host, port) = (self.host.clone(), self.port);
        let (stream, text, code) = match (session.dialect, session.ping, failure) {
            (Dialect::Postgres, true, _) => {
                let place = if session.named { host } else { "/var/run/postgresql".to_owned() };
                (1, format!("{place}:{port} - no response\n"), 2)
            }
            (Dialect::Postgres, false, Failure::UnknownHost) => (2, format!("psql: error: could not translate host name \"{host}\" to address: Name or service not known\n"), 2),
            (Dialect::Postgres, false, Failure::TimedOut) => (2, format!("psql: error: {} failed: Connection timed out\n\tIs the server running on that host and accepting TCP/IP connections?\n", self.server(session, ctx)), 2),
            (Dialect::Postgres, false, _) if session.named => (2, format!("psql: error: {} failed: Connection refused\n\tIs the server running on that host and accepting TCP/IP connections?\n", self.server(session, ctx)), 2),
            (Dialect::Postgres, false, _) => (2, format!("psql: error: {} failed: No such file or directory\n\tIs the server running locally and accepting connections on that socket?\n", self.server(session, ctx)), 2),
            (Dialect::Mysql, true, _) => (2, format!("mysqladmin: connect to server at '{host}' failed\nerror: 'Can't connect to MySQL server on '{host}:{port}' (111)'\nCheck that mysqld is running on {host} and that the port is {port}.\n"), 1),
            (Dialect::Mysql, false, Failure::UnknownHost) => (2, format!("ERROR 2005 (HY000): Unknown MySQL server host '{host}' (-2)\n"), 1),
            (Dialect::Mysql, false, _) if session.named => (2, format!("ERROR 2003 (HY000): Can't connect to MySQL server on '{host}:{port}' (111)\n"), 1),
            (Dialect::Mysql, false, _) => (2, "ERROR 2002 (HY000): Can't connect to local MySQL server through socket '/var/run/mysqld/mysqld.sock' (2)\n".to_owned(), 1),
        };
        self.out.text(stream, &text);
        code
    }
}

/// Rows as `psql` sets them: names centred, numbers to the right.
fn psql_table(rows: &[Vec<&str>], bare: bool) -> String {
    let Some((heading, rows)) = rows.split_first() else { return String::new() };
    let width = |column: usize| {
        let all = rows.iter().filter_map(|row| row.get(column)).chain(heading.get(column).filter(|_| !bare));
        all.map(|text| text.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..heading.len()).map(width).collect();
    let numeric: Vec<bool> = (0..heading.len())
        .map(|column| {
            !rows.is_empty()
                && rows.iter().all(|row| row.get(column).is_some_and(|text| text.parse::<f64>().is_ok()))
        })
        .collect();
    let mut text = String::new();
    if !bare {
        let names: Vec<String> =
            heading.iter().zip(&widths).map(|(name, width)| format!(" {name:^width$} ")).collect();
        text.push_str(names.join("|").trim_end_matches('\n'));
        text.push('\n');
        text.push_str(&widths.iter().map(|width| "-".repeat(width + 2)).collect::<Vec<_>>().join("+"));
        text.push('\n');
    }
    for row in rows {
        let cells: Vec<String> = row
            .iter()
            .enumerate()
            .map(|(column, cell)| {
                let width = widths.get(column).copied().unwrap_or(0);
                if numeric.get(column) == Some(&true) {
                    format!(" {cell:>width$} ")
                } else {
                    format!(" {cell:<width$} ")
                }
            })
            .collect();
        text.push_str(cells.join("|").trim_end());
        text.push('\n');
    }
    if !bare {
        text.push_str(&format!("({} row{})\n", rows.len(), if rows.len() == 1 { "" } else { "s" }));
    }
    text.push('\n');
    text
}

/// Rows as `mysql` shows them: fields between tabs into a pipe, a frame at a terminal.
fn mysql_table(rows: &[Vec<&str>], bare: bool, tty: bool) -> String {
    let rows = if bare { rows.get(1..).unwrap_or_default() } else { rows };
    if rows.len() <= usize::from(!bare) {
        return String::new();
    }
    if !tty {
        return rows.iter().map(|row| format!("{}\n", row.join("\t"))).collect();
    }
    let columns = rows.first().map_or(0, Vec::len);
    let widths: Vec<usize> = (0..columns)
        .map(|column| {
            rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max().unwrap_or(0)
        })
        .collect();
    let rule =
        format!("+{}+\n", widths.iter().map(|width| "-".repeat(width + 2)).collect::<Vec<_>>().join("+"));
    let mut text = rule.clone();
    for (index, row) in rows.iter().enumerate() {
        let cells: Vec<String> = row
            .iter()
            .zip(&widths)
            .map(|(cell, width)| {
                if index > 0 && cell.parse::<f64>().is_ok() {
                    format!(" {cell:>width$} ")
                } else {
                    format!(" {cell:<width$} ")
                }
            })
            .collect();
        text.push_str(&format!("|{}|\n", cells.join("|")));
        if index == 0 {
            text.push_str(&rule);
        }
    }
    text.push_str(&rule);
    text
}
