//! What the servers log of their lives: a selection of the real lines. Knows no statements.

use super::{Dialect, Sql};
use crate::os::program::info::strftime;
use crate::os::signal::Signal;
use k8s_openapi::jiff::Timestamp;
use std::net::SocketAddrV4;

impl Sql {
    /// What is logged while the data folder is filled for the first time (the lines that matter).
    pub(in crate::os::program::server) fn first_words(&self) -> String {
        if self.store.dialect == Dialect::Mysql {
            return String::new();
        }
        format!(
            "The files belonging to this database system will be owned by user \"postgres\".\nThis user must also own the server process.\n\nThe database cluster will be initialized with locale \"en_US.utf8\".\nThe default database encoding has accordingly been set to \"UTF8\".\nThe default text search configuration will be set to \"english\".\n\nfixing permissions on existing directory {} ... ok\ncreating subdirectories ... ok\ncreating configuration files ... ok\nrunning bootstrap script ... ok\nperforming post-bootstrap initialization ... ok\nsyncing data to disk ... ok\n\n\nSuccess. You can now start the database server using:\n\n    pg_ctl -D {} -l logfile start\n\n\nPostgreSQL init process complete; ready for start up.\n\n",
            self.store.folder, self.store.folder
        )
    }

    /// What is logged when the data folder holds a database already.
    pub(in crate::os::program::server) fn again_words(&self) -> String {
        match self.store.dialect {
            Dialect::Postgres => {
                "\nPostgreSQL Database directory appears to contain a database; Skipping initialization\n\n"
                    .to_owned()
            }
            Dialect::Mysql => String::new(),
        }
    }

    /// What is logged when it takes connections.
    pub(in crate::os::program::server) fn ready_words(&self, at: SocketAddrV4, now: Timestamp) -> String {
        let port = at.port();
        if self.store.dialect == Dialect::Mysql {
            let stamp = strftime(now, "%Y-%m-%dT%H:%M:%S.000000Z");
            return format!(
                "{stamp} 0 [System] [MY-010931] [Server] /usr/sbin/mysqld: ready for connections. Version: '{}'  socket: '/var/run/mysqld/mysqld.sock'  port: {port}  MySQL Community Server - GPL.\n",
                self.version
            );
        }
        let stamp = strftime(now, "%Y-%m-%d %H:%M:%S.000 UTC");
        let ip = at.ip();
        let everywhere =
            ip.is_unspecified().then(|| format!("listening on IPv6 address \"::\", port {port}"));
        let lines = [
            Some(format!("starting PostgreSQL {} on x86_64-pc-linux-gnu", self.version)),
            Some(format!("listening on IPv4 address \"{ip}\", port {port}")),
            everywhere,
            Some(format!("listening on Unix socket \"/var/run/postgresql/.s.PGSQL.{port}\"")),
            Some("database system is ready to accept connections".to_owned()),
        ];
        lines.into_iter().flatten().map(|text| format!("{stamp} [1] LOG:  {text}\n")).collect()
    }

    pub(in crate::os::program::server) fn last_words(&self, signal: Signal, now: Timestamp) -> String {
        if self.store.dialect == Dialect::Mysql {
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
