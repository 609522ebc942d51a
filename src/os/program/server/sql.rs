//! A stand-in for `PostgreSQL` and `MySQL`: tables of text, a few statements, the real ones' log lines and messages. What changes a table is
//! kept as text in the data folder and read again at the start, so that it lasts as long as the volume there does. Knows no types, joins,
//! expressions, transactions or indexes, and says so.

use std::collections::BTreeMap;

use super::super::super::signal::Signal;
use super::super::Ctx;
use super::super::info::strftime;
use crate::kube::SimTime;

/// Between fields and between records of what passes between server and client.
pub(in crate::os) const FIELD: char = '\u{1f}';
pub(in crate::os) const RECORD: char = '\u{1e}';
/// Bytes of the journal at most.
const JOURNAL_MAX: usize = 1 << 20;

/// Which of the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::os) enum Dialect {
    Postgres,
    Mysql,
}

/// Columns and rows.
#[derive(Clone, Debug, Default)]
struct Table {
    columns: Vec<String>,
    rows: Vec<Vec<String>>,
}

/// A running database.
#[derive(Clone, Debug)]
pub(in crate::os) struct Sql {
    dialect: Dialect,
    version: String,
    user: String,
    password: String,
    folder: String,
    journal: String,
    /// Databases by name, tables by name.
    databases: BTreeMap<String, BTreeMap<String, Table>>,
    /// Statements that are to be written to the journal.
    unwritten: String,
    written: usize,
}

/// What a statement gives.
enum Outcome {
    Rows(Vec<String>, Vec<Vec<String>>),
    Tag(String),
    Error(String),
}

impl Sql {
    pub(super) fn new(
        dialect: Dialect,
        env: &[(String, String)],
        journal: String,
        kept: Option<&[u8]>,
    ) -> Sql {
        let variable = |names: &[&str]| {
            names.iter().find_map(|wanted| {
                env.iter()
                    .find(|(name, value)| name == wanted && !value.is_empty())
                    .map(|(_, value)| value.clone())
            })
        };
        let postgres = dialect == Dialect::Postgres;
        let user = if postgres {
            variable(&["POSTGRES_USER", "POSTGRESQL_USERNAME"]).unwrap_or_else(|| "postgres".to_owned())
        } else {
            "root".to_owned()
        };
        let database =
            variable(&["POSTGRES_DB", "POSTGRESQL_DATABASE", "MYSQL_DATABASE", "MARIADB_DATABASE"]);
        let password = variable(&[
            "POSTGRES_PASSWORD",
            "POSTGRESQL_PASSWORD",
            "MYSQL_ROOT_PASSWORD",
            "MARIADB_ROOT_PASSWORD",
        ])
        .unwrap_or_default();
        let version =
            variable(&["PG_VERSION", "PG_MAJOR", "MYSQL_VERSION"]).unwrap_or_else(|| "16.10".to_owned());
        let folder =
            journal.rsplit_once('/').map_or("", |(folder, _)| folder).trim_end_matches("/base").to_owned();
        let own: &[&str] = if postgres {
            &["postgres"]
        } else {
            &["information_schema", "mysql", "performance_schema", "sys"]
        };
        let mut databases: BTreeMap<String, BTreeMap<String, Table>> =
            own.iter().map(|name| ((*name).to_owned(), BTreeMap::new())).collect();
        let database = database.or_else(|| postgres.then(|| user.clone()));
        databases.extend(database.map(|name| (name, BTreeMap::new())));
        let mut sql = Sql {
            dialect,
            version,
            user,
            password,
            folder,
            journal,
            databases,
            unwritten: String::new(),
            written: 0,
        };
        let kept = String::from_utf8_lossy(kept.unwrap_or_default()).into_owned();
        for (database, statement) in kept.split(RECORD).filter_map(|entry| entry.split_once(FIELD)) {
            sql.run(database, statement);
        }
        sql.written = kept.len();
        sql.unwritten.clear();
        sql
    }

    /// The fields of the request: password given (or `local`), user, database, statement. Records of the answer, each with its kind first.
    pub(super) fn answer(&mut self, payload: &[u8]) -> Vec<u8> {
        let text = String::from_utf8_lossy(payload).into_owned();
        let fields: Vec<&str> = text.splitn(4, FIELD).collect();
        let [password, user, database, statements] = fields.as_slice() else { return Vec::new() };
        if let Err(error) = self.admit(password, user, database) {
            return format!("fatal{FIELD}{error}").into_bytes();
        }
        let mut database = (*database).to_owned();
        let mut answers = Vec::new();
        for statement in statements.split(';').map(str::trim).filter(|statement| !statement.is_empty()) {
            if let Some(name) = statement
                .strip_prefix("use ")
                .or_else(|| statement.strip_prefix("USE "))
                .or_else(|| statement.strip_prefix("\\c "))
            {
                name.trim().clone_into(&mut database);
                continue;
            }
            let answer = match self.run(&database, statement) {
                Outcome::Rows(columns, rows) => {
                    let lines = std::iter::once(columns).chain(rows).map(|row| row.join(&FIELD.to_string()));
                    format!("rows{RECORD}{}", lines.collect::<Vec<_>>().join(&RECORD.to_string()))
                }
                Outcome::Tag(tag) => format!("tag{RECORD}{tag}"),
                Outcome::Error(error) => format!("error{RECORD}{error}"),
            };
            let failed = answer.starts_with("error");
            answers.push(answer);
            if failed {
                break;
            }
        }
        answers.join("\u{1d}").into_bytes()
    }

    fn admit(&self, password: &str, user: &str, database: &str) -> Result<(), String> {
        let postgres = self.dialect == Dialect::Postgres;
        if user != self.user {
            return Err(if postgres {
                format!("role \"{user}\" does not exist")
            } else {
                format!(
                    "ERROR 1045 (28000): Access denied for user '{user}'@'localhost' (using password: {})",
                    if password.is_empty() { "NO" } else { "YES" }
                )
            });
        }
        let local = postgres && password == "local";
        if !local && !self.password.is_empty() && password != self.password {
            return Err(match (postgres, password.is_empty()) {
                (true, true) => "fe_sendauth: no password supplied".to_owned(),
                (true, false) => format!("password authentication failed for user \"{user}\""),
                (false, empty) => format!(
                    "ERROR 1045 (28000): Access denied for user '{user}'@'localhost' (using password: {})",
                    if empty { "NO" } else { "YES" }
                ),
            });
        }
        if !database.is_empty() && !self.databases.contains_key(database) {
            return Err(if postgres {
                format!("database \"{database}\" does not exist")
            } else {
                format!("ERROR 1049 (42000): Unknown database '{database}'")
            });
        }
        Ok(())
    }

    /// Writes what has changed to the data folder.
    pub(super) fn write_down(&mut self, ctx: &mut Ctx<'_>) {
        if self.unwritten.is_empty() {
            return;
        }
        let path = self.journal.clone();
        let text = std::mem::take(&mut self.unwritten);
        if let Some(mut files) = ctx.files(&path) {
            let old = files.read(&path).unwrap_or_default();
            self.written = old.len() + text.len();
            // A full disk loses the change, as an unflushed write would.
            let _ = files.write(&path, &[old.as_slice(), text.as_bytes()].concat());
        }
    }

    fn run(&mut self, database: &str, statement: &str) -> Outcome {
        let words: Vec<String> = statement.split_whitespace().map(str::to_ascii_lowercase).collect();
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let changes = matches!(words.first(), Some(&("create" | "insert" | "drop" | "delete" | "truncate")));
        if changes && self.written + self.unwritten.len() + statement.len() > JOURNAL_MAX {
            return Outcome::Error("podlab: more than 1 MiB of statements is not kept".to_owned());
        }
        let outcome = match words.as_slice() {
            ["select", ..] => self.select(database, statement),
            ["create", "table", ..] => self.create_table(database, statement),
            ["insert", "into", ..] => self.insert(database, statement),
            ["create", "database", name, ..] => self.create_database(name),
            ["drop", "database", name, ..] => match self.databases.remove(*name) {
                Some(_) => Outcome::Tag("DROP DATABASE".to_owned()),
                None => self.error(
                    format!("database \"{name}\" does not exist"),
                    format!("1008 (HY000) at line 1: Can't drop database '{name}'; database doesn't exist"),
                ),
            },
            ["drop", "table", rest @ ..] => {
                let name = rest.last().map_or("", |name| *name);
                let gone = self.tables(database).is_some_and(|tables| tables.remove(name).is_some());
                if gone || rest.len() > 1 {
                    Outcome::Tag("DROP TABLE".to_owned())
                } else {
                    self.error(
                        format!("table \"{name}\" does not exist"),
                        format!("1051 (42S02) at line 1: Unknown table '{database}.{name}'"),
                    )
                }
            }
            ["delete", "from", name] | ["truncate", name] | ["truncate", "table", name] => {
                match self.table(database, name) {
                    Ok(table) => Outcome::Tag(format!("DELETE {}", std::mem::take(&mut table.rows).len())),
                    Err(error) => error,
                }
            }
            ["show", "databases"] | ["\\l"] => self.show_databases(),
            ["show", "tables"] | ["\\dt"] => self.show_tables(database),
            _ => Outcome::Error(format!("podlab: this statement is not simulated: {statement}")),
        };
        if changes && matches!(outcome, Outcome::Tag(_)) {
            self.unwritten.push_str(&format!("{database}{FIELD}{statement}{RECORD}"));
        }
        outcome
    }

    fn error(&self, postgres: String, mysql: String) -> Outcome {
        Outcome::Error(if self.dialect == Dialect::Postgres {
            format!("ERROR:  {postgres}")
        } else {
            format!("ERROR {mysql}")
        })
    }

    fn tables(&mut self, database: &str) -> Option<&mut BTreeMap<String, Table>> {
        self.databases.get_mut(database)
    }

    fn table(&mut self, database: &str, name: &str) -> Result<&mut Table, Outcome> {
        let missing = self.error(
            format!("relation \"{name}\" does not exist"),
            if database.is_empty() {
                "1046 (3D000) at line 1: No database selected".to_owned()
            } else {
                format!("1146 (42S02) at line 1: Table '{database}.{name}' doesn't exist")
            },
        );
        self.databases.get_mut(database).and_then(|tables| tables.get_mut(name)).ok_or(missing)
    }

    fn create_database(&mut self, name: &str) -> Outcome {
        if self.databases.contains_key(name) {
            return self.error(
                format!("database \"{name}\" already exists"),
                format!("1007 (HY000) at line 1: Can't create database '{name}'; database exists"),
            );
        }
        self.databases.insert(name.to_owned(), BTreeMap::new());
        Outcome::Tag("CREATE DATABASE".to_owned())
    }

    fn create_table(&mut self, database: &str, statement: &str) -> Outcome {
        let Some((head, rest)) = statement.split_once('(') else { return self.syntax(statement) };
        let name =
            head.split_whitespace().last().unwrap_or_default().trim_matches(['"', '`']).to_ascii_lowercase();
        let lenient = head.to_ascii_lowercase().contains("if not exists");
        let columns: Vec<String> = top_level(rest.trim_end().trim_end_matches(')'))
            .iter()
            .filter_map(|column| {
                column
                    .split_whitespace()
                    .next()
                    .map(|name| name.trim_matches(['"', '`']).to_ascii_lowercase())
            })
            .filter(|name| {
                !matches!(name.as_str(), "primary" | "foreign" | "unique" | "constraint" | "key" | "index")
            })
            .collect();
        let exists = self.error(
            format!("relation \"{name}\" already exists"),
            format!("1050 (42S01) at line 1: Table '{name}' already exists"),
        );
        let Some(tables) = self.databases.get_mut(database) else {
            return self.error(String::new(), "1046 (3D000) at line 1: No database selected".to_owned());
        };
        if tables.contains_key(&name) {
            return if lenient { Outcome::Tag("CREATE TABLE".to_owned()) } else { exists };
        }
        tables.insert(name, Table { columns, rows: Vec::new() });
        Outcome::Tag("CREATE TABLE".to_owned())
    }

    fn insert(&mut self, database: &str, statement: &str) -> Outcome {
        let lower = statement.to_ascii_lowercase();
        let Some(at) = lower.find("values") else { return self.syntax(statement) };
        let (head, values) = (&statement[..at], &statement[at + 6..]);
        let (head, named) = head
            .split_once('(')
            .map_or((head, None), |(head, names)| (head, Some(names.trim().trim_end_matches(')'))));
        let name =
            head.split_whitespace().nth(2).unwrap_or_default().trim_matches(['"', '`']).to_ascii_lowercase();
        let named: Option<Vec<String>> = named.map(|names| {
            names.split(',').map(|name| name.trim().trim_matches(['"', '`']).to_ascii_lowercase()).collect()
        });
        let table = match self.table(database, &name) {
            Ok(table) => table,
            Err(error) => return error,
        };
        let rows = top_level(values);
        let count = rows.len();
        for row in rows {
            let given: Vec<String> = top_level(row.trim().trim_start_matches('(').trim_end_matches(')'))
                .iter()
                .map(|value| literal(value))
                .collect();
            let number = (table.rows.len() + 1).to_string();
            let row = table.columns.iter().enumerate().map(|(index, column)| match &named {
                None => given.get(index).cloned().unwrap_or_default(),
                Some(named) => match named.iter().position(|name| name == column) {
                    Some(at) => given.get(at).cloned().unwrap_or_default(),
                    None if column == "id" => number.clone(),
                    None => String::new(),
                },
            });
            let row = row.collect();
            table.rows.push(row);
        }
        Outcome::Tag(format!("INSERT 0 {count}"))
    }

    fn syntax(&self, statement: &str) -> Outcome {
        let near = statement.split_whitespace().last().unwrap_or_default();
        self.error(format!("syntax error at or near \"{near}\""), format!("1064 (42000) at line 1: You have an error in your SQL syntax; check the manual that corresponds to your MySQL server version for the right syntax to use near '{near}' at line 1"))
    }

    /// `SELECT` without a table.
    fn plain_values(&self, body: &str, database: &str) -> Outcome {
        let mut columns = Vec::new();
        let mut row = Vec::new();
        for item in top_level(body) {
            let Some((column, value)) = self.expression(&item, database) else {
                return Outcome::Error(format!("podlab: this expression is not simulated: {}", item.trim()));
            };
            columns.push(column);
            row.push(value);
        }
        Outcome::Rows(columns, vec![row])
    }

    fn select(&mut self, database: &str, statement: &str) -> Outcome {
        let body = statement[6..].trim();
        let lower = body.to_ascii_lowercase();
        let Some(at) = lower.find(" from ") else { return self.plain_values(body, database) };
        let wanted: Vec<String> =
            top_level(&body[..at]).iter().map(|item| item.trim().to_ascii_lowercase()).collect();
        let rest: Vec<&str> = body[at + 6..].split_whitespace().collect();
        let name =
            rest.first().map_or(String::new(), |name| name.trim_matches(['"', '`']).to_ascii_lowercase());
        let limit = rest
            .iter()
            .position(|word| word.eq_ignore_ascii_case("limit"))
            .and_then(|at| rest.get(at + 1)?.parse().ok())
            .unwrap_or(usize::MAX);
        if rest.iter().any(|word| {
            ["where", "join", "group", "having", "union"].contains(&word.to_ascii_lowercase().as_str())
        }) || name.contains(',')
        {
            return Outcome::Error(
                "podlab: only SELECT columns FROM table [LIMIT n] is simulated".to_owned(),
            );
        }
        let table = match self.table(database, &name) {
            Ok(table) => table.clone(),
            Err(error) => return error,
        };
        if wanted.as_slice() == ["count(*)"] {
            let column = if self.dialect == Dialect::Postgres { "count" } else { "COUNT(*)" };
            return Outcome::Rows(vec![column.to_owned()], vec![vec![table.rows.len().to_string()]]);
        }
        let columns = if wanted.as_slice() == ["*"] { table.columns.clone() } else { wanted };
        let mut places = Vec::new();
        for column in &columns {
            match table.columns.iter().position(|known| known == column) {
                Some(place) => places.push(place),
                None => {
                    return self.error(
                        format!("column \"{column}\" does not exist"),
                        format!("1054 (42S22) at line 1: Unknown column '{column}' in 'field list'"),
                    );
                }
            }
        }
        let rows = table
            .rows
            .iter()
            .take(limit)
            .map(|row| places.iter().map(|place| row.get(*place).cloned().unwrap_or_default()).collect());
        Outcome::Rows(columns, rows.collect())
    }

    /// Name and value of something selected without a table.
    fn expression(&self, item: &str, database: &str) -> Option<(String, String)> {
        let item = item.trim();
        let lower = item.to_ascii_lowercase();
        let (value, name) = match lower.find(" as ") {
            Some(at) => (item[..at].trim(), Some(item[at + 4..].trim().to_owned())),
            None => (item, None),
        };
        let postgres = self.dialect == Dialect::Postgres;
        let (own, text) = match value.to_ascii_lowercase().as_str() {
            "version()" if postgres => {
                ("version".to_owned(), format!("PostgreSQL {} on x86_64-pc-linux-gnu", self.version))
            }
            "version()" => (value.to_owned(), self.version.clone()),
            "current_database()" | "database()" => {
                (value.trim_end_matches("()").to_owned(), database.to_owned())
            }
            "current_user" | "user()" => (value.to_owned(), self.user.clone()),
            number if number.parse::<f64>().is_ok() => {
                (if postgres { "?column?".to_owned() } else { value.to_owned() }, value.to_owned())
            }
            _ if value.starts_with('\'') && value.ends_with('\'') && value.len() > 1 => {
                (if postgres { "?column?".to_owned() } else { literal(value) }, literal(value))
            }
            _ => return None,
        };
        Some((name.unwrap_or(own), text))
    }

    fn show_databases(&self) -> Outcome {
        let mut rows: Vec<Vec<String>> = self.databases.keys().map(|name| vec![name.clone()]).collect();
        if self.dialect == Dialect::Postgres {
            rows.extend([vec!["template0".to_owned()], vec!["template1".to_owned()]]);
            rows = rows
                .into_iter()
                .map(|row| vec![row[0].clone(), self.user.clone(), "UTF8".to_owned()])
                .collect();
            return Outcome::Rows(vec!["Name".to_owned(), "Owner".to_owned(), "Encoding".to_owned()], rows);
        }
        Outcome::Rows(vec!["Database".to_owned()], rows)
    }

    fn show_tables(&self, database: &str) -> Outcome {
        let names: Vec<String> =
            self.databases.get(database).map(|tables| tables.keys().cloned().collect()).unwrap_or_default();
        if self.dialect == Dialect::Mysql {
            return Outcome::Rows(
                vec![format!("Tables_in_{database}")],
                names.into_iter().map(|name| vec![name]).collect(),
            );
        }
        if names.is_empty() {
            return Outcome::Tag("Did not find any relations.".to_owned());
        }
        let columns = ["Schema", "Name", "Type", "Owner"].map(str::to_owned).to_vec();
        Outcome::Rows(
            columns,
            names
                .into_iter()
                .map(|name| vec!["public".to_owned(), name, "table".to_owned(), self.user.clone()])
                .collect(),
        )
    }

    /// What is logged while the data folder is filled for the first time (the lines that matter).
    pub(super) fn first_words(&self) -> String {
        if self.dialect == Dialect::Mysql {
            return String::new();
        }
        format!(
            "The files belonging to this database system will be owned by user \"postgres\".\nThis user must also own the server process.\n\nThe database cluster will be initialized with locale \"en_US.utf8\".\nThe default database encoding has accordingly been set to \"UTF8\".\nThe default text search configuration will be set to \"english\".\n\nfixing permissions on existing directory {} ... ok\ncreating subdirectories ... ok\ncreating configuration files ... ok\nrunning bootstrap script ... ok\nperforming post-bootstrap initialization ... ok\nsyncing data to disk ... ok\n\n\nSuccess. You can now start the database server using:\n\n    pg_ctl -D {} -l logfile start\n\n\nPostgreSQL init process complete; ready for start up.\n\n",
            self.folder, self.folder
        )
    }

    /// What is logged when the data folder holds a database already.
    pub(super) fn again_words(&self) -> String {
        match self.dialect {
            Dialect::Postgres => {
                "\nPostgreSQL Database directory appears to contain a database; Skipping initialization\n\n"
                    .to_owned()
            }
            Dialect::Mysql => String::new(),
        }
    }

    /// What is logged when it takes connections.
    pub(super) fn ready_words(&self, now: SimTime) -> String {
        if self.dialect == Dialect::Mysql {
            let stamp = strftime(now, "%Y-%m-%dT%H:%M:%S.000000Z");
            return format!(
                "{stamp} 0 [System] [MY-010931] [Server] /usr/sbin/mysqld: ready for connections. Version: '{}'  socket: '/var/run/mysqld/mysqld.sock'  port: 3306  MySQL Community Server - GPL.\n",
                self.version
            );
        }
        let stamp = strftime(now, "%Y-%m-%d %H:%M:%S.000 UTC");
        [
            format!("starting PostgreSQL {} on x86_64-pc-linux-gnu", self.version),
            "listening on IPv4 address \"0.0.0.0\", port 5432".to_owned(),
            "listening on IPv6 address \"::\", port 5432".to_owned(),
            "listening on Unix socket \"/var/run/postgresql/.s.PGSQL.5432\"".to_owned(),
            "database system is ready to accept connections".to_owned(),
        ]
        .map(|text| format!("{stamp} [1] LOG:  {text}\n"))
        .concat()
    }

    pub(super) fn last_words(&self, signal: Signal, now: SimTime) -> String {
        if self.dialect == Dialect::Mysql {
            let stamp = strftime(now, "%Y-%m-%dT%H:%M:%S.000000Z");
            return format!(
                "{stamp} 0 [System] [MY-010910] [Server] /usr/sbin/mysqld: Shutdown complete (mysqld {})  MySQL Community Server - GPL.\n",
                self.version
            );
        }
        let stamp = strftime(now, "%Y-%m-%d %H:%M:%S.000 UTC");
        let how = if signal == Signal::INT { "fast" } else { "smart" };
        format!(
            "{stamp} [1] LOG:  received {how} shutdown request\n{stamp} [1] LOG:  database system is shut down\n"
        )
    }
}

/// The parts of a list, split at commas outside of brackets and quotes.
fn top_level(text: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let (mut depth, mut quoted) = (0_u32, false);
    for letter in text.chars() {
        match letter {
            '\'' => quoted = !quoted,
            '(' if !quoted => depth += 1,
            ')' if !quoted => depth = depth.saturating_sub(1),
            ',' if !quoted && depth == 0 => {
                parts.push(String::new());
                continue;
            }
            _ => {}
        }
        if let Some(last) = parts.last_mut() {
            last.push(letter);
        }
    }
    parts.retain(|part| !part.trim().is_empty());
    parts
}

/// The text of a value as written.
fn literal(text: &str) -> String {
    let text = text.trim();
    match text.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\'')) {
        Some(inner) => inner.replace("''", "'"),
        None => text.to_owned(),
    }
}
