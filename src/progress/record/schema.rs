//! The tables, version by version. A file is brought up to date when it is opened; the version is kept in `user_version`.

use rusqlite::{Connection, TransactionBehavior};

/// What each version adds to the one before. Never changed once released: a new version is a new row.
pub const MIGRATIONS: &[&str] = &["CREATE TABLE log (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        at INTEGER NOT NULL,
        day INTEGER NOT NULL,
        kind TEXT NOT NULL,
        about TEXT NOT NULL,
        body TEXT NOT NULL
    ) STRICT;
    CREATE INDEX log_about ON log (about);
    CREATE TRIGGER log_only_grows BEFORE UPDATE ON log BEGIN
        SELECT RAISE(ABORT, 'entries are never changed');
    END;
    CREATE TABLE settings (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;"];

/// Brings a database up to date. Of two programs that try at once one waits and then finds nothing left to do.
pub fn migrate(db: &mut Connection) -> rusqlite::Result<()> {
    let write = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let version: i64 = write.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    for (index, migration) in MIGRATIONS.iter().enumerate().skip(usize::try_from(version).unwrap_or(0)) {
        write.execute_batch(migration)?;
        write.pragma_update(None, "user_version", index as i64 + 1)?;
    }
    write.commit()
}
