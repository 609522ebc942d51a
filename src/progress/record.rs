//! The file the log is kept in. Each entry is on the disk before [`Record::save`] returns; two programs may write at once. Moves and
//! creates no files itself: whoever can hands in how a damaged file is set aside.

mod schema;

use super::entry::{Entry, Logged, Moment};
use rusqlite::{Connection, ErrorCode, OpenFlags, OptionalExtension, TransactionBehavior, params};
use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The learner's record.
#[derive(Debug)]
pub struct Record {
    keep: Keep,
}

/// Where entries go.
#[derive(Debug)]
enum Keep {
    /// To a file.
    File(Connection),
    /// Nowhere: forgotten at the end.
    Memory(Memory),
}

#[derive(Debug, Default)]
struct Memory {
    log: Vec<Logged>,
    settings: BTreeMap<String, String>,
}

/// A record, and what the learner should know about how it was opened.
#[derive(Debug)]
pub struct Opened {
    /// The record; kept in memory only if the file cannot be used.
    pub record: Record,
    /// What went wrong and what became of it.
    pub notice: Option<String>,
}

/// Something was not saved or could not be read, in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unsaved(pub String);

impl fmt::Display for Unsaved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "not saved: {}", self.0)
    }
}

impl From<rusqlite::Error> for Unsaved {
    fn from(error: rusqlite::Error) -> Unsaved {
        Unsaved(worded(&error))
    }
}

/// How long one program waits for another that is writing.
const PATIENCE: Duration = Duration::from_secs(5);

/// Why a file cannot be used as the record.
enum Trouble {
    Damaged(String),
    Newer(i64),
    Unwritable(String),
}

/// Opens the record at `path`, whose folder exists. A damaged file goes to `set_aside`, which moves it (and its `-wal` and `-shm`)
/// and says where to. Whatever happens there is a record to work with.
pub fn open(path: &Path, set_aside: impl FnOnce(&Path) -> Result<PathBuf, String>) -> Opened {
    let shown = path.display();
    let trouble = match Record::at(path) {
        Ok(record) => return Opened { record, notice: None },
        Err(trouble) => trouble,
    };
    let notice = match trouble {
        Trouble::Damaged(why) => match set_aside(path).map(|to| (to, Record::at(path))) {
            Ok((to, Ok(record))) => {
                let notice = format!(
                    "the record {shown} is damaged ({why}); it was kept as {} and a new one begun",
                    to.display()
                );
                return Opened { record, notice: Some(notice) };
            }
            Ok((to, Err(_))) => format!("the record {shown} is damaged, was kept as {}", to.display()),
            Err(failed) => format!("the record {shown} is damaged ({why}) and cannot be moved ({failed})"),
        },
        Trouble::Newer(version) => {
            let known = schema::MIGRATIONS.len();
            format!("the record {shown} is of a newer podlab (version {version}, this one knows {known})")
        }
        Trouble::Unwritable(why) => format!("cannot write the record {shown} ({why})"),
    };
    let how = "what you do now is forgotten at the end; choose another folder with --data-dir";
    Opened { record: Record::remembering(path), notice: Some(format!("{notice}; {how}")) }
}

impl Record {
    /// A record that is forgotten at the end.
    pub fn in_memory() -> Record {
        Record { keep: Keep::Memory(Memory::default()) }
    }

    /// A record that is forgotten at the end and starts with what can be read at `path`.
    fn remembering(path: &Path) -> Record {
        Record { keep: Keep::Memory(remembered(path).unwrap_or_default()) }
    }

    fn at(path: &Path) -> Result<Record, Trouble> {
        let mut db = Connection::open(path).map_err(|error| trouble(&error))?;
        let version = prepare(&mut db).map_err(|error| trouble(&error))?;
        if version > schema::MIGRATIONS.len() as i64 {
            return Err(Trouble::Newer(version));
        }
        schema::migrate(&mut db).map_err(|error| trouble(&error))?;
        Ok(Record { keep: Keep::File(db) })
    }

    /// Whether what is saved outlives the program.
    pub fn lasts(&self) -> bool {
        matches!(self.keep, Keep::File(_))
    }

    /// Keeps an entry; it is on the disk when this returns its number.
    pub fn save(&mut self, entry: &Entry, at: Moment) -> Result<i64, Unsaved> {
        match &mut self.keep {
            Keep::File(db) => {
                let body = serde_json::to_string(entry).map_err(|error| Unsaved(error.to_string()))?;
                let write = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
                write.execute(INSERT, params![at.millis, at.day, entry.kind(), entry.about(), body])?;
                let id = write.last_insert_rowid();
                write.commit()?;
                Ok(id)
            }
            Keep::Memory(memory) => {
                let id = memory.log.last().map_or(1, |last| last.id + 1);
                memory.log.push(Logged { id, at, entry: entry.clone() });
                Ok(id)
            }
        }
    }

    /// Every entry after the one of that number, in order; 0 for all. Entries that this version cannot read are left out (and kept).
    pub fn entries_after(&self, id: i64) -> Result<Vec<Logged>, Unsaved> {
        match &self.keep {
            Keep::File(db) => Ok(entries(db, id)?),
            Keep::Memory(memory) => Ok(memory.log.iter().filter(|one| one.id > id).cloned().collect()),
        }
    }

    /// Every entry, in order.
    pub fn entries(&self) -> Result<Vec<Logged>, Unsaved> {
        self.entries_after(0)
    }

    /// A setting by name, as it was kept.
    pub fn setting(&self, key: &str) -> Result<Option<String>, Unsaved> {
        match &self.keep {
            Keep::File(db) => {
                let read = db.query_row("SELECT value FROM settings WHERE key = ?1", [key], |row| row.get(0));
                Ok(read.optional()?)
            }
            Keep::Memory(memory) => Ok(memory.settings.get(key).cloned()),
        }
    }

    /// Keeps a setting.
    pub fn keep_setting(&mut self, key: &str, value: &str) -> Result<(), Unsaved> {
        match &mut self.keep {
            Keep::File(db) => {
                let write = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
                write.execute(KEEP, params![key, value])?;
                write.commit()?;
            }
            Keep::Memory(memory) => {
                memory.settings.insert(key.to_owned(), value.to_owned());
            }
        }
        Ok(())
    }

    /// Writes a copy beside the file, named by the time, and says where; `None` if nothing is on the disk.
    pub fn back_up(&self, millis: i64) -> Result<Option<PathBuf>, Unsaved> {
        let Keep::File(db) = &self.keep else { return Ok(None) };
        let Some(path) = db.path().filter(|path| !path.is_empty()).map(PathBuf::from) else {
            return Ok(None);
        };
        let copy = path.with_file_name(format!("record-before-reset-{millis}.db"));
        db.execute("VACUUM INTO ?1", [copy.to_string_lossy()])?;
        Ok(Some(copy))
    }

    /// Forgets what was done, all of it or what is about one chapter or lab; settings stay. Says how many entries went.
    pub fn reset(&mut self, about: Option<&str>) -> Result<usize, Unsaved> {
        match &mut self.keep {
            Keep::File(db) => {
                let write = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
                let gone = match about {
                    Some(about) => write.execute("DELETE FROM log WHERE about = ?1", [about])?,
                    None => write.execute("DELETE FROM log", [])?,
                };
                write.commit()?;
                Ok(gone)
            }
            Keep::Memory(memory) => {
                let before = memory.log.len();
                memory.log.retain(|one| about.is_some_and(|about| one.entry.about() != about));
                Ok(before - memory.log.len())
            }
        }
    }
}

fn entries(db: &Connection, after: i64) -> rusqlite::Result<Vec<Logged>> {
    let mut rows = db.prepare("SELECT id, at, day, body FROM log WHERE id > ?1 ORDER BY id")?;
    let read = rows.query_map([after], |row| {
        let body: String = row.get(3)?;
        let at = Moment { millis: row.get(1)?, day: row.get(2)? };
        Ok((row.get(0)?, at, serde_json::from_str::<Entry>(&body)))
    })?;
    let mut entries = Vec::new();
    for row in read {
        let (id, at, entry) = row?;
        entries.extend(entry.ok().map(|entry| Logged { id, at, entry }));
    }
    Ok(entries)
}

/// What can be read of a file that cannot be written. Beside a read-only file the index of its journal cannot be put, so the
/// file is declared immutable if it cannot be read otherwise.
fn remembered(path: &Path) -> rusqlite::Result<Memory> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let escaped = path.to_string_lossy().replace('%', "%25").replace('?', "%3f").replace('#', "%23");
    let uri = format!("file:{escaped}?immutable=1");
    Connection::open_with_flags(path, flags)
        .and_then(|db| remembered_of(&db))
        .or_else(|_| remembered_of(&Connection::open_with_flags(uri, flags | OpenFlags::SQLITE_OPEN_URI)?))
}

fn remembered_of(db: &Connection) -> rusqlite::Result<Memory> {
    let mut rows = db.prepare("SELECT key, value FROM settings")?;
    let settings = rows.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(Memory { log: entries(db, 0)?, settings: settings.collect::<rusqlite::Result<_>>()? })
}

const INSERT: &str = "INSERT INTO log (at, day, kind, about, body) VALUES (?1, ?2, ?3, ?4, ?5)";
const KEEP: &str =
    "INSERT INTO settings (key, value) VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET value = ?2";

/// Makes writes durable and says which version of the schema the file has; fails if the file is damaged or cannot be written.
fn prepare(db: &mut Connection) -> rusqlite::Result<i64> {
    db.busy_timeout(PATIENCE)?;
    let sound: String = db.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    if sound != "ok" {
        let damaged = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_CORRUPT);
        return Err(rusqlite::Error::SqliteFailure(damaged, Some(sound)));
    }
    let version = db.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    if version > schema::MIGRATIONS.len() as i64 {
        return Ok(version);
    }
    // Some network file systems have no shared memory: then the older journal does, which is as durable.
    let _journal: String = db.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0))?;
    db.execute_batch("PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;")?;
    db.transaction_with_behavior(TransactionBehavior::Immediate)?.commit()?;
    Ok(version)
}

fn trouble(error: &rusqlite::Error) -> Trouble {
    match error.sqlite_error_code() {
        Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => Trouble::Damaged(worded(error)),
        _ => Trouble::Unwritable(worded(error)),
    }
}

fn worded(error: &rusqlite::Error) -> String {
    let text = match error.sqlite_error_code() {
        Some(ErrorCode::NotADatabase) => "it is not a database".to_owned(),
        Some(ErrorCode::DatabaseCorrupt) => "parts of it cannot be read".to_owned(),
        Some(ErrorCode::ReadOnly) => "it is read-only".to_owned(),
        Some(ErrorCode::CannotOpen) => "it cannot be opened".to_owned(),
        Some(ErrorCode::DiskFull) => "the disk is full".to_owned(),
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => "another podlab is writing".to_owned(),
        _ => error.to_string(),
    };
    crate::course::text::visible(&text.replace('\n', " ")).into_owned()
}

#[cfg(test)]
mod tests;
