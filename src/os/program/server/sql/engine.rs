//! One database in memory while statements run on it: `SQLite`, shut in. No file, clock or dice can be reached from a statement, and no
//! statement works or answers without end. Knows neither of the dialects.

use rusqlite::config::DbConfig;
use rusqlite::functions::FunctionFlags;
use rusqlite::hooks::{AuthAction, AuthContext, Authorization};
use rusqlite::limits::Limit;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, Result, Row};

/// Bytes of a page, and pages of a database: 1 MiB at most.
const PAGE: u32 = 1024;
const PAGES_MAX: u32 = 1024;
/// Bytes of a value or of a row.
const LENGTH_MAX: i32 = 64 << 10;
/// Bytes of an answer.
const ANSWER_MAX: usize = 1 << 20;
/// Thousands of instructions of `SQLite`'s machine for the statements of a request.
const WORK_MAX: u32 = 500;

/// Functions that ask the machine podlab runs on: for its time, its dice, its files.
const IMPURE: &[&str] = &[
    "date",
    "datetime",
    "fts3_tokenizer",
    "julianday",
    "load_extension",
    "random",
    "randomblob",
    "strftime",
    "time",
    "timediff",
    "unixepoch",
];

/// A database that is open.
pub(super) struct Engine {
    db: Connection,
}

/// What a statement gave.
pub(super) struct Ran {
    pub columns: Vec<Declared>,
    pub rows: Vec<Vec<Cell>>,
    /// Rows inserted, changed or removed.
    pub changes: u64,
}

/// The name of a column, and the type it was declared with if it is a table's.
pub(super) struct Declared {
    pub name: String,
    pub kind: String,
}

/// A value.
pub(super) enum Cell {
    Null,
    Integer(i64),
    Real(f64),
    Text(String),
    Bytes(Vec<u8>),
}

impl Engine {
    /// Opens the bytes of a database (none: a new one) to statements that may call `facts`.
    ///
    /// # Errors
    /// The bytes are no database.
    pub fn open(bytes: &[u8], facts: Vec<(&'static str, String)>) -> Result<Engine> {
        let mut db = Connection::open_in_memory()?;
        if !bytes.is_empty() {
            db.deserialize_read_exact("main", bytes, bytes.len(), false)?;
        }
        db.execute_batch(&format!(
            "PRAGMA page_size={PAGE}; PRAGMA max_page_count={PAGES_MAX}; PRAGMA temp_store=MEMORY;"
        ))?;
        for config in [DbConfig::SQLITE_DBCONFIG_DQS_DML, DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA] {
            db.set_db_config(config, false)?;
        }
        db.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
        db.set_limit(Limit::SQLITE_LIMIT_LENGTH, LENGTH_MAX)?;
        db.set_limit(Limit::SQLITE_LIMIT_ATTACHED, 0)?;
        let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_INNOCUOUS;
        for (name, value) in facts {
            db.create_scalar_function(name, 0, flags, move |_| Ok(value.clone()))?;
        }
        let mut left = WORK_MAX;
        let spent = move || {
            left = left.saturating_sub(1);
            left == 0
        };
        db.progress_handler(1000, Some(spent))?;
        db.authorizer(Some(permitted))?;
        Ok(Engine { db })
    }

    /// Runs one statement.
    ///
    /// # Errors
    /// What `SQLite` has against it.
    pub fn run(&self, statement: &str) -> Result<Ran> {
        let mut prepared = self.db.prepare(statement)?;
        let columns: Vec<Declared> = prepared
            .columns()
            .map(|column| Declared {
                name: column.name().to_owned(),
                kind: column.decl_type().unwrap_or_default().to_ascii_lowercase(),
            })
            .collect();
        let mut rows = Vec::new();
        let mut size = 0;
        let mut answers = prepared.query([])?;
        while let Some(row) = answers.next()? {
            let cells = cells(row, columns.len())?;
            size += cells.iter().map(Cell::size).sum::<usize>();
            if size > ANSWER_MAX {
                return Err(rusqlite::Error::InvalidQuery);
            }
            rows.push(cells);
        }
        Ok(Ran { columns, rows, changes: self.db.changes() })
    }

    /// The names of the tables.
    ///
    /// # Errors
    /// The database is damaged.
    pub fn tables(&self) -> Result<Vec<String>> {
        let text =
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%' ORDER BY name";
        self.db.prepare(text)?.query_map([], |row| row.get(0))?.collect()
    }

    /// The bytes of the database, without what was not committed.
    ///
    /// # Errors
    /// There is no room for them.
    pub fn into_bytes(mut self) -> Result<Vec<u8>> {
        if !self.db.is_autocommit() {
            self.db.execute_batch("ROLLBACK")?;
        }
        // What follows is podlab's own doing: SQLite asks itself by a pragma how many pages there are.
        self.db.authorizer(None::<fn(AuthContext<'_>) -> Authorization>)?;
        self.db.serialize("main").map(|bytes| bytes.to_vec())
    }
}

impl Cell {
    fn size(&self) -> usize {
        match self {
            Cell::Text(text) => text.len(),
            Cell::Bytes(bytes) => bytes.len(),
            Cell::Null | Cell::Integer(_) | Cell::Real(_) => 8,
        }
    }
}

fn cells(row: &Row<'_>, count: usize) -> Result<Vec<Cell>> {
    (0..count)
        .map(|index| {
            Ok(match row.get_ref(index)? {
                ValueRef::Null => Cell::Null,
                ValueRef::Integer(number) => Cell::Integer(number),
                ValueRef::Real(number) => Cell::Real(number),
                ValueRef::Text(text) => Cell::Text(String::from_utf8_lossy(text).into_owned()),
                ValueRef::Blob(bytes) => Cell::Bytes(bytes.to_vec()),
            })
        })
        .collect()
}

/// What a statement may do: everything inside of the database, and nothing else.
fn permitted(context: AuthContext<'_>) -> Authorization {
    match context.action {
        AuthAction::Unknown { .. }
        | AuthAction::Attach { .. }
        | AuthAction::Detach { .. }
        | AuthAction::Pragma { .. }
        | AuthAction::CreateVtable { .. }
        | AuthAction::DropVtable { .. } => Authorization::Deny,
        AuthAction::Function { function_name }
            if IMPURE.contains(&function_name.to_ascii_lowercase().as_str()) =>
        {
            Authorization::Deny
        }
        _ => Authorization::Allow,
    }
}
