//! Where a server keeps its databases: files in its data folder, at the places of the real ones. Knows no SQL.

use super::Dialect;
use crate::os::Errno;
use crate::os::fs::Files;

/// The data folder of a server.
#[derive(Clone, Debug)]
pub(in crate::os) struct Store {
    pub dialect: Dialect,
    pub folder: String,
}

/// Databases that every `MySQL` has; the first is no folder.
const MYSQL_OWN: [&str; 4] = ["information_schema", "mysql", "performance_schema", "sys"];

impl Store {
    /// Whether the entry point would find a database here already: it looks for the same.
    pub fn initialized(&self, files: &Files<'_>) -> bool {
        match self.dialect {
            Dialect::Postgres => files.read(&self.path("PG_VERSION")).is_ok_and(|text| !text.is_empty()),
            Dialect::Mysql => files.list(&self.path("mysql")).is_ok(),
        }
    }

    /// Fills an empty folder: the databases every server has, and one more if asked for.
    ///
    /// # Errors
    /// What the file system says.
    pub fn initialize(&self, files: &mut Files<'_>, major: &str, more: Option<&str>) -> Result<(), Errno> {
        let own: &[&str] = match self.dialect {
            Dialect::Postgres => {
                make_directory(files, &self.folder)?;
                make_directory(files, &self.path("base"))?;
                files.write(&self.path("PG_VERSION"), format!("{major}\n").as_bytes())?;
                &["postgres"]
            }
            Dialect::Mysql => {
                make_directory(files, &self.folder)?;
                &MYSQL_OWN[1..]
            }
        };
        for name in own.iter().copied().chain(more.filter(|name| !own.contains(name))) {
            self.create(files, name)?;
        }
        Ok(())
    }

    /// The names of the databases.
    pub fn databases(&self, files: &Files<'_>) -> Vec<String> {
        let mut names: Vec<String> = match self.dialect {
            Dialect::Postgres => files.list(&self.path("base")).unwrap_or_default(),
            Dialect::Mysql => {
                let mut entries = files.list(&self.folder).unwrap_or_default();
                entries.retain(|(_, node)| node.entries().is_some());
                entries
            }
        }
        .into_iter()
        .map(|(name, _)| name.to_string())
        .collect();
        if self.dialect == Dialect::Mysql {
            names.push(MYSQL_OWN[0].to_owned());
        }
        names.sort();
        names
    }

    /// Makes an empty database.
    ///
    /// # Errors
    /// What the file system says; `Invalid` for names that are no file names.
    pub fn create(&self, files: &mut Files<'_>, name: &str) -> Result<(), Errno> {
        let plain = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '$');
        if name.is_empty() || name.len() > 63 || !name.chars().all(plain) {
            return Err(Errno::Invalid);
        }
        if self.dialect == Dialect::Mysql {
            files.mkdir(&self.path(name), 0o750)?;
        }
        self.write(files, name, b"")
    }

    /// Removes a database.
    ///
    /// # Errors
    /// What the file system says.
    pub fn remove(&self, files: &mut Files<'_>, name: &str) -> Result<(), Errno> {
        match self.dialect {
            Dialect::Postgres => files.remove(&self.file(name), false),
            Dialect::Mysql => files.remove(&self.path(name), true),
        }
    }

    /// The bytes of a database; none if it is new.
    pub fn read(&self, files: &Files<'_>, name: &str) -> Vec<u8> {
        files.read(&self.file(name)).unwrap_or_default()
    }

    /// Keeps the bytes of a database.
    ///
    /// # Errors
    /// What the file system says: mostly that it is full.
    pub fn write(&self, files: &mut Files<'_>, name: &str, bytes: &[u8]) -> Result<(), Errno> {
        files.write(&self.file(name), bytes)
    }

    fn path(&self, name: &str) -> String {
        format!("{}/{name}", self.folder)
    }

    fn file(&self, name: &str) -> String {
        match self.dialect {
            Dialect::Postgres => self.path(&format!("base/{name}")),
            Dialect::Mysql => self.path(&format!("{name}/tables.ibd")),
        }
    }
}

fn make_directory(files: &mut Files<'_>, path: &str) -> Result<(), Errno> {
    match files.mkdir(path, 0o700) {
        Err(Errno::Exists) => Ok(()),
        done => done,
    }
}
