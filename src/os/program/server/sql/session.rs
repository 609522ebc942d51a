//! What one client does: batches of statements against the databases of the folder. Knows the statements that are the server's own matter
//! (databases, lists of tables); all others are the engine's.

use super::complaint::{Kind, worded};
use super::dialect::statements;
use super::engine::{Engine, Ran};
use super::{Dialect, Outcome, Sql, Table};
use crate::os::Errno;
use crate::os::fs::Files;
use k8s_openapi::jiff::Timestamp;

/// Words a statement may begin with that `SQLite` understands as the real servers do.
const KNOWN: &[&str] = &[
    "alter table",
    "begin",
    "commit",
    "create index",
    "create table",
    "create unique index",
    "create view",
    "delete",
    "drop index",
    "drop table",
    "drop view",
    "end",
    "insert",
    "release",
    "replace",
    "rollback",
    "savepoint",
    "select",
    "update",
    "values",
    "with",
];

/// A client that was let in.
pub(super) struct Session<'a> {
    server: &'a Sql,
    files: Files<'a>,
    database: String,
    now: Timestamp,
    /// The database while statements run on it.
    open: Option<Engine>,
}

/// Statements that no engine is asked for.
enum Own<'a> {
    Use(&'a str),
    CreateDatabase(&'a str),
    DropDatabase(&'a str),
    ListDatabases,
    ListTables,
}

impl<'a> Own<'a> {
    fn read(words: &[&'a str], dialect: Dialect) -> Option<Own<'a>> {
        let lower: Vec<String> = words.iter().map(|word| word.to_ascii_lowercase()).collect();
        let lower: Vec<&str> = lower.iter().map(String::as_str).collect();
        let name = words.last().map(|name| name.trim_matches(['"', '`']))?;
        Some(match (lower.as_slice(), dialect) {
            (["use", _], Dialect::Mysql) | (["\\c", _], Dialect::Postgres) => Own::Use(name),
            (["create", "database", ..], _) => Own::CreateDatabase(words.get(2)?.trim_matches(['"', '`'])),
            (["drop", "database", ..], _) => Own::DropDatabase(name),
            (["show", "databases"], Dialect::Mysql) | (["\\l"], Dialect::Postgres) => Own::ListDatabases,
            (["show", "tables"], Dialect::Mysql) | (["\\dt"], Dialect::Postgres) => Own::ListTables,
            _ => return None,
        })
    }
}

impl<'a> Session<'a> {
    pub fn new(server: &'a Sql, files: Files<'a>, database: &str, now: Timestamp) -> Session<'a> {
        Session { server, files, database: database.to_owned(), now, open: None }
    }

    /// Runs statements until one fails. `PostgreSQL` then keeps nothing of the batch: it is one transaction.
    pub fn batch(&mut self, batch: &str) -> Vec<Outcome> {
        let mut outcomes = Vec::new();
        for statement in statements(batch) {
            match self.statement(statement) {
                Ok(outcome) => outcomes.extend(outcome),
                Err(kind) => {
                    outcomes.push(Outcome::Error(worded(&kind, self.dialect(), statement, &self.database)));
                    break;
                }
            }
        }
        let failed = matches!(outcomes.last(), Some(Outcome::Error(_)));
        if failed && self.dialect() == Dialect::Postgres {
            self.open = None;
        } else if let Err(kind) = self.close() {
            outcomes.push(Outcome::Error(worded(&kind, self.dialect(), batch, &self.database)));
        }
        outcomes
    }

    fn dialect(&self) -> Dialect {
        self.server.store.dialect
    }

    fn statement(&mut self, statement: &str) -> Result<Vec<Outcome>, Kind> {
        let words: Vec<&str> = statement.split_whitespace().collect();
        if let Some(own) = Own::read(&words, self.dialect()) {
            return self.own(&own).map(|outcome| outcome.into_iter().collect());
        }
        let [first, rest @ ..] = words.as_slice() else { return Ok(Vec::new()) };
        if first.eq_ignore_ascii_case("truncate") {
            let name = rest.last().copied().unwrap_or_default();
            let emptied = self.dialect().translated(&format!("DELETE FROM {name}"));
            self.engine()?.run(&emptied)?;
            return Ok(vec![Outcome::Tag("TRUNCATE TABLE".to_owned())]);
        }
        let beginning = words.join(" ").to_ascii_lowercase();
        let dialect = self.dialect();
        if !KNOWN.iter().any(|known| beginning.starts_with(known)) {
            return Err(Kind::NotSimulated);
        }
        let ran = self.engine()?.run(&dialect.translated(statement))?;
        Ok(shown(&ran, dialect, &beginning))
    }

    fn own(&mut self, own: &Own<'_>) -> Result<Option<Outcome>, Kind> {
        let known = self.server.store.databases(&self.files);
        let tag = |text: &str| Ok(Some(Outcome::Tag(text.to_owned())));
        match *own {
            Own::Use(name) if !known.iter().any(|known| known == name) => {
                Err(Kind::NoDatabase(name.to_owned()))
            }
            Own::Use(name) => {
                self.close()?;
                name.clone_into(&mut self.database);
                Ok(None)
            }
            Own::CreateDatabase(name) if known.iter().any(|known| known == name) => {
                Err(Kind::DatabaseExists(name.to_owned()))
            }
            Own::CreateDatabase(name) => {
                self.server.store.create(&mut self.files, name)?;
                tag("CREATE DATABASE")
            }
            Own::DropDatabase(name) if !known.iter().any(|known| known == name) => {
                Err(Kind::NoDatabaseToDrop(name.to_owned()))
            }
            Own::DropDatabase(name) => {
                self.server.store.remove(&mut self.files, name)?;
                tag("DROP DATABASE")
            }
            Own::ListDatabases => Ok(Some(Outcome::Rows(self.list_databases(known)))),
            Own::ListTables => self.list_tables().map(Some),
        }
    }

    fn list_databases(&self, names: Vec<String>) -> Table {
        match self.dialect() {
            Dialect::Mysql => Table::of_text(&["Database"], names.into_iter().map(|name| vec![name])),
            Dialect::Postgres => {
                let templates = ["template0", "template1"].map(str::to_owned);
                let rows = names.into_iter().chain(templates);
                let rows = rows.map(|name| vec![name, self.server.user.clone(), "UTF8".to_owned()]);
                Table::of_text(&["Name", "Owner", "Encoding"], rows)
            }
        }
    }

    fn list_tables(&mut self) -> Result<Outcome, Kind> {
        let names = self.engine()?.tables()?;
        let user = self.server.user.clone();
        Ok(match self.dialect() {
            Dialect::Mysql => Outcome::Rows(Table::of_text(
                &[&format!("Tables_in_{}", self.database)],
                names.into_iter().map(|name| vec![name]),
            )),
            Dialect::Postgres if names.is_empty() => Outcome::Tag("Did not find any relations.".to_owned()),
            Dialect::Postgres => Outcome::Rows(Table::of_text(
                &["Schema", "Name", "Type", "Owner"],
                names
                    .into_iter()
                    .map(|name| vec!["public".to_owned(), name, "table".to_owned(), user.clone()]),
            )),
        })
    }

    /// The database that statements go to, opened if it is not yet.
    fn engine(&mut self) -> Result<&Engine, Kind> {
        let engine = if let Some(engine) = self.open.take() {
            engine
        } else {
            // MySQL lets clients in that have chosen none, and answers them what needs none.
            let bytes = match self.database.as_str() {
                "" => Vec::new(),
                name => self.server.store.read(&self.files, name),
            };
            Engine::open(&bytes, self.server.facts(&self.database, self.now))?
        };
        Ok(self.open.insert(engine))
    }

    /// Writes the open database down if it has changed.
    fn close(&mut self) -> Result<(), Kind> {
        let Some(engine) = self.open.take() else { return Ok(()) };
        if self.database.is_empty() {
            return Ok(());
        }
        let bytes = engine.into_bytes()?;
        let store = &self.server.store;
        if bytes != store.read(&self.files, &self.database) {
            store.write(&mut self.files, &self.database, &bytes)?;
        }
        Ok(())
    }
}

impl From<rusqlite::Error> for Kind {
    fn from(error: rusqlite::Error) -> Kind {
        Kind::Engine(error)
    }
}

impl From<Errno> for Kind {
    fn from(error: Errno) -> Kind {
        Kind::File(error)
    }
}

/// What a statement gave, as the server sends it: rows if it has columns, else (or besides, after RETURNING) its command tag.
fn shown(ran: &Ran, dialect: Dialect, beginning: &str) -> Vec<Outcome> {
    let mut outcomes = Vec::new();
    if !ran.columns.is_empty() {
        let columns = ran.columns.iter().enumerate();
        outcomes.push(Outcome::Rows(Table {
            columns: columns
                .map(|(at, declared)| dialect.column(declared, ran.rows.iter().filter_map(|row| row.get(at))))
                .collect(),
            rows: ran
                .rows
                .iter()
                .map(|row| {
                    row.iter().zip(&ran.columns).map(|(cell, column)| dialect.shown(cell, column)).collect()
                })
                .collect(),
        }));
    }
    let mut words = beginning.split(' ').filter(|word| *word != "unique").map(str::to_ascii_uppercase);
    let first = words.next().unwrap_or_default();
    let tag = match first.as_str() {
        "SELECT" | "VALUES" => return outcomes,
        "WITH" if !ran.columns.is_empty() => return outcomes,
        "INSERT" | "REPLACE" | "WITH" => format!("INSERT 0 {}", ran.changes),
        "UPDATE" | "DELETE" => format!("{first} {}", ran.changes),
        "CREATE" | "DROP" | "ALTER" => format!("{first} {}", words.next().unwrap_or_default()),
        _ => first,
    };
    outcomes.push(Outcome::Tag(tag));
    outcomes
}
