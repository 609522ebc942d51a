//! What is wrong with a statement, in the words of the server that is stood in for. Where its words are not known, `SQLite`'s are shown as
//! podlab's own.

use regex_lite::Regex;

use super::Dialect;
use crate::os::Errno;

/// Why a statement failed.
#[derive(Debug)]
pub(super) enum Kind {
    Engine(rusqlite::Error),
    File(Errno),
    NotSimulated,
    NoDatabase(String),
    NoDatabaseToDrop(String),
    DatabaseExists(String),
}

/// One complaint in three languages. `$1` and `$2` are what the pattern found; `$database` is the database in use.
struct Words {
    sqlite: &'static str,
    postgres: &'static str,
    mysql: &'static str,
}

const WORDS: &[Words] = &[
    Words {
        sqlite: r"^no such table: (?:main\.)?(.+)$",
        postgres: r#"relation "$1" does not exist"#,
        mysql: "1146 (42S02) at line 1: Table '$database.$1' doesn't exist",
    },
    Words {
        sqlite: r"^no such (index|view): (?:main\.)?(.+)$",
        postgres: r#"$1 "$2" does not exist"#,
        mysql: "1051 (42S02) at line 1: Unknown table '$database.$2'",
    },
    Words {
        sqlite: r"^no such column: (.+)$",
        postgres: r#"column "$1" does not exist"#,
        mysql: "1054 (42S22) at line 1: Unknown column '$1' in 'field list'",
    },
    Words {
        sqlite: r"^table (.+) has no column named (.+)$",
        postgres: r#"column "$2" of relation "$1" does not exist"#,
        mysql: "1054 (42S22) at line 1: Unknown column '$2' in 'field list'",
    },
    Words {
        sqlite: r"^ambiguous column name: (.+)$",
        postgres: r#"column reference "$1" is ambiguous"#,
        mysql: "1052 (23000) at line 1: Column '$1' in field list is ambiguous",
    },
    Words {
        sqlite: r#"^(?:table|view|index) "?([^"]+?)"? already exists$"#,
        postgres: r#"relation "$1" already exists"#,
        mysql: "1050 (42S01) at line 1: Table '$1' already exists",
    },
    Words {
        sqlite: r"^table (.+) has (?:\d+) columns but (?:\d+) values were supplied$",
        postgres: "INSERT has more expressions than target columns",
        mysql: "1136 (21S01) at line 1: Column count doesn't match value count at row 1",
    },
    Words {
        sqlite: r"^(?:\d+) values for (?:\d+) columns$",
        postgres: "INSERT and its target columns differ in number",
        mysql: "1136 (21S01) at line 1: Column count doesn't match value count at row 1",
    },
    Words {
        sqlite: r"^UNIQUE constraint failed: ([^.]+)\.([^,]+)",
        postgres: r#"duplicate key value violates unique constraint "${1}_${key}""#,
        mysql: "1062 (23000) at line 1: Duplicate entry for key '$1.$key'",
    },
    Words {
        sqlite: r"^NOT NULL constraint failed: ([^.]+)\.(.+)$",
        postgres: r#"null value in column "$2" of relation "$1" violates not-null constraint"#,
        mysql: "1048 (23000) at line 1: Column '$2' cannot be null",
    },
    Words {
        sqlite: r"^CHECK constraint failed: (.+)$",
        postgres: "new row violates check constraint ($1)",
        mysql: "3819 (HY000) at line 1: Check constraint '$1' is violated.",
    },
    Words {
        sqlite: r"^FOREIGN KEY constraint failed$",
        postgres: "insert, update or delete violates foreign key constraint",
        mysql: "1452 (23000) at line 1: Cannot add, delete or update a row: a foreign key constraint fails",
    },
    Words {
        sqlite: r"^no such function: (.+)$",
        postgres: "function $1 does not exist",
        mysql: "1305 (42000) at line 1: FUNCTION $database.$1 does not exist",
    },
    Words {
        sqlite: r#"^near "(.+)": syntax error$"#,
        postgres: r#"syntax error at or near "$1""#,
        mysql: "1064 (42000) at line 1: You have an error in your SQL syntax; check the manual that corresponds to your MySQL server version for the right syntax to use near '$rest' at line 1",
    },
    Words {
        sqlite: "^incomplete input$",
        postgres: "syntax error at end of input",
        mysql: "1064 (42000) at line 1: You have an error in your SQL syntax; check the manual that corresponds to your MySQL server version for the right syntax to use near '' at line 1",
    },
    Words {
        sqlite: "^cannot start a transaction within a transaction$",
        postgres: "there is already a transaction in progress",
        mysql: "podlab: a transaction within a transaction is not simulated",
    },
];

/// A complaint about `statement` in the words of the server.
pub(super) fn worded(kind: &Kind, dialect: Dialect, statement: &str, database: &str) -> String {
    let error = |postgres: String, mysql: String| match dialect {
        Dialect::Postgres => format!("ERROR:  {postgres}"),
        Dialect::Mysql => format!("ERROR {mysql}"),
    };
    match kind {
        Kind::Engine(wrong) => of_engine(wrong, dialect, statement, database),
        Kind::NotSimulated => format!("podlab: this statement is not simulated: {statement}"),
        Kind::File(Errno::Invalid) => "podlab: this name of a database is not simulated".to_owned(),
        Kind::File(wrong) => error(
            format!("could not extend file \"base/{database}\": {wrong}\nHINT:  Check free disk space."),
            format!("3 (HY000) at line 1: Error writing file (OS errno {} - {wrong})", wrong.number()),
        ),
        Kind::NoDatabase(name) => error(
            format!("database \"{name}\" does not exist"),
            format!("1049 (42000) at line 1: Unknown database '{name}'"),
        ),
        Kind::NoDatabaseToDrop(name) => error(
            format!("database \"{name}\" does not exist"),
            format!("1008 (HY000) at line 1: Can't drop database '{name}'; database doesn't exist"),
        ),
        Kind::DatabaseExists(name) => error(
            format!("database \"{name}\" already exists"),
            format!("1007 (HY000) at line 1: Can't create database '{name}'; database exists"),
        ),
    }
}

fn of_engine(wrong: &rusqlite::Error, dialect: Dialect, statement: &str, database: &str) -> String {
    let message = match wrong {
        rusqlite::Error::SqlInputError { msg, .. } => msg.clone(),
        rusqlite::Error::SqliteFailure(_, Some(message)) => message.clone(),
        rusqlite::Error::InvalidQuery => {
            return "podlab: an answer of more than 1 MiB is not simulated".to_owned();
        }
        other => other.to_string(),
    };
    match wrong.sqlite_error_code() {
        Some(rusqlite::ErrorCode::OperationInterrupted) => {
            return "podlab: this statement takes more work than is simulated".to_owned();
        }
        Some(rusqlite::ErrorCode::DiskFull) => {
            return "podlab: a database of more than 1 MiB is not kept".to_owned();
        }
        Some(rusqlite::ErrorCode::NotADatabase | rusqlite::ErrorCode::DatabaseCorrupt) => {
            return "podlab: the files of this database are damaged".to_owned();
        }
        _ => {}
    }
    let said = WORDS.iter().find_map(|words| words.said(&message, wrong, dialect, statement, database));
    said.unwrap_or_else(|| format!("podlab: SQLite, which stands in for this server, says: {message}"))
}

impl Words {
    fn said(
        &self,
        message: &str,
        wrong: &rusqlite::Error,
        dialect: Dialect,
        statement: &str,
        database: &str,
    ) -> Option<String> {
        let pattern = Regex::new(self.sqlite).ok()?;
        let found = pattern.captures(message)?;
        let part = |index: usize| found.get(index).map_or("", |part| part.as_str());
        let at = place(wrong, statement, found.get(found.len() - 1).map_or("", |part| part.as_str()));
        let near = at.map_or("", |at| &statement[at..]);
        let primary = wrong.sqlite_error().is_some_and(|error| {
            matches!(
                error.extended_code,
                rusqlite::ffi::SQLITE_CONSTRAINT_PRIMARYKEY | rusqlite::ffi::SQLITE_CONSTRAINT_ROWID
            )
        });
        let (template, key) = match (dialect, primary) {
            (Dialect::Postgres, true) => (self.postgres, "pkey".to_owned()),
            (Dialect::Postgres, false) => (self.postgres, format!("{}_key", part(2))),
            (Dialect::Mysql, true) => (self.mysql, "PRIMARY".to_owned()),
            (Dialect::Mysql, false) => (self.mysql, part(2).to_owned()),
        };
        let mut text = template.to_owned();
        for (name, value) in [
            ("${1}", part(1)),
            ("$1", part(1)),
            ("$2", part(2)),
            ("${key}", &key),
            ("$key", &key),
            ("$database", database),
            ("$rest", near),
        ] {
            text = text.replace(name, value);
        }
        Some(match dialect {
            _ if text.starts_with("podlab:") => text,
            Dialect::Mysql if database.is_empty() && text.starts_with("1146") => {
                "ERROR 1046 (3D000) at line 1: No database selected".to_owned()
            }
            Dialect::Mysql => format!("ERROR {text}"),
            // What exists already is not a matter of where it stands.
            Dialect::Postgres if text.ends_with("already exists") => format!("ERROR:  {text}"),
            Dialect::Postgres => {
                format!("ERROR:  {text}{}", at.map_or(String::new(), |at| marked(statement, at)))
            }
        })
    }
}

/// Where in the statement the wrong word stands; none if the statement is not what is wrong.
fn place(wrong: &rusqlite::Error, statement: &str, word: &str) -> Option<usize> {
    let offset = match wrong {
        rusqlite::Error::SqlInputError { offset, .. } => usize::try_from(*offset).ok(),
        // What is not there is told without its place.
        rusqlite::Error::SqliteFailure(error, _) if error.code == rusqlite::ErrorCode::Unknown => None,
        _ => return None,
    };
    let (text, word) = (statement.to_ascii_lowercase(), word.to_ascii_lowercase());
    let told = offset.filter(|at| text.get(*at..).is_some_and(|rest| rest.starts_with(&word)));
    told.or_else(|| text.find(&word)).filter(|_| !word.is_empty())
}

/// The line of a place, and a mark under it, as `psql` shows them.
fn marked(statement: &str, at: usize) -> String {
    let before = &statement[..at];
    let number = before.matches('\n').count() + 1;
    let line = statement.lines().nth(number - 1).unwrap_or_default();
    let label = format!("LINE {number}: ");
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + label.len();
    format!("\n{label}{line}\n{:column$}^", "")
}
