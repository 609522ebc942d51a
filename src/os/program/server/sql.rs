//! Stand-ins for `PostgreSQL` and `MySQL`: who may come in, which databases there are, and what a batch of statements answers. The tables
//! are `SQLite`'s, in memory while statements run and in the data folder between them, so that they last as long as the volume there does.
//! Knows no wire protocol of the real ones, no concurrent transactions, and of their dialects what `dialect` translates.

mod complaint;
mod dialect;
mod engine;
mod log;
mod session;
mod store;
mod wire;

use super::super::Ctx;
pub(in crate::os) use dialect::Dialect;
use k8s_openapi::jiff::Timestamp;
use session::Session;
pub(in crate::os) use store::Store;
pub(in crate::os) use wire::{Answer, Column, Login, Outcome, Proof, Request, Table};

/// A running database server. What it holds is in its data folder alone.
#[derive(Clone, Debug)]
pub(in crate::os) struct Sql {
    store: Store,
    version: String,
    /// The one role there is.
    user: String,
    /// Empty if none is asked for.
    password: String,
}

/// The first of these variables that is set to something.
fn variable(env: &[(String, String)], names: &[&str]) -> Option<String> {
    names.iter().find_map(|wanted| {
        env.iter().find(|(name, value)| name == wanted && !value.is_empty()).map(|(_, value)| value.clone())
    })
}

/// The superuser that the variables of the image ask for.
fn superuser(dialect: Dialect, env: &[(String, String)]) -> String {
    match dialect {
        Dialect::Postgres => {
            variable(env, &["POSTGRES_USER", "POSTGRESQL_USERNAME"]).unwrap_or_else(|| "postgres".to_owned())
        }
        Dialect::Mysql => "root".to_owned(),
    }
}

/// The databases that the entry point makes besides those every server has.
pub(super) fn asked_for(dialect: Dialect, env: &[(String, String)]) -> Option<String> {
    let names = ["POSTGRES_DB", "POSTGRESQL_DATABASE", "MYSQL_DATABASE", "MARIADB_DATABASE"];
    variable(env, &names).or_else(|| (dialect == Dialect::Postgres).then(|| superuser(dialect, env)))
}

impl Sql {
    pub(super) fn new(store: Store, env: &[(String, String)]) -> Sql {
        let passwords =
            ["POSTGRES_PASSWORD", "POSTGRESQL_PASSWORD", "MYSQL_ROOT_PASSWORD", "MARIADB_ROOT_PASSWORD"];
        Sql {
            version: variable(env, &["PG_VERSION", "PG_MAJOR", "MYSQL_VERSION"])
                .unwrap_or_else(|| "16.10".to_owned()),
            user: superuser(store.dialect, env),
            password: variable(env, &passwords).unwrap_or_default(),
            store,
        }
    }

    /// The answer to a request, both as bytes. Bytes that are no request get none.
    pub(super) fn answer(&self, payload: &[u8], ctx: &mut Ctx<'_>) -> Vec<u8> {
        let Some(request) = Request::from_bytes(payload) else { return Vec::new() };
        self.serve(&request, ctx).to_bytes()
    }

    fn serve(&self, request: &Request, ctx: &mut Ctx<'_>) -> Answer {
        let now = ctx.wall();
        let Some(files) = ctx.files(&self.store.folder) else { return Answer::Results(Vec::new()) };
        let databases = self.store.databases(&files);
        if let Err(refusal) = self.admit(&request.login, &databases) {
            return Answer::Refused(refusal);
        }
        let mut session = Session::new(self, files, &request.login.database, now);
        Answer::Results(request.batches.iter().map(|batch| session.batch(batch)).collect())
    }

    fn admit(&self, login: &Login, databases: &[String]) -> Result<(), String> {
        let Login { user, database, proof } = login;
        let given = match proof {
            Proof::Password(password) => password.as_str(),
            Proof::Peer => "",
        };
        let denied = format!(
            "ERROR 1045 (28000): Access denied for user '{user}'@'localhost' (using password: {})",
            if given.is_empty() { "NO" } else { "YES" }
        );
        let dialect = self.store.dialect;
        if *user != self.user {
            return Err(match dialect {
                Dialect::Postgres => format!("role \"{user}\" does not exist"),
                Dialect::Mysql => denied,
            });
        }
        let trusted = self.password.is_empty() || (dialect == Dialect::Postgres && *proof == Proof::Peer);
        if !trusted && given != self.password {
            return Err(match (dialect, given) {
                (Dialect::Postgres, "") => "fe_sendauth: no password supplied".to_owned(),
                (Dialect::Postgres, _) => format!("password authentication failed for user \"{user}\""),
                (Dialect::Mysql, _) => denied,
            });
        }
        if !database.is_empty() && !databases.contains(database) {
            return Err(match dialect {
                Dialect::Postgres => format!("database \"{database}\" does not exist"),
                Dialect::Mysql => format!("ERROR 1049 (42000): Unknown database '{database}'"),
            });
        }
        Ok(())
    }

    /// What statements may ask the server of itself: functions without arguments and their values.
    fn facts(&self, database: &str, now: Timestamp) -> Vec<(&'static str, String)> {
        let zone = if self.store.dialect == Dialect::Postgres { "+00" } else { "" };
        let at = |format: &str| super::super::info::strftime(now, format);
        let moment = format!("{}{zone}", at("%Y-%m-%d %H:%M:%S"));
        let version = match self.store.dialect {
            Dialect::Postgres => format!("PostgreSQL {} on x86_64-pc-linux-gnu", self.version),
            Dialect::Mysql => self.version.clone(),
        };
        vec![
            ("version", version),
            ("current_database", database.to_owned()),
            ("database", database.to_owned()),
            ("current_user", self.user.clone()),
            ("user", self.user.clone()),
            ("now", moment.clone()),
            ("current_timestamp", moment),
            ("current_date", at("%Y-%m-%d")),
            ("current_time", at("%H:%M:%S")),
        ]
    }
}
