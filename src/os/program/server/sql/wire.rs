//! What passes between a client and its server. Stands for the wire protocols of the real ones, of which it knows nothing.

use serde::{Deserialize, Serialize};

/// Who asks, and what: each batch is the text of one `-c` or `-e`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(in crate::os) struct Request {
    pub login: Login,
    pub batches: Vec<String>,
}

/// As whom a client comes in, and to which database (empty: none yet).
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(in crate::os) struct Login {
    pub user: String,
    pub database: String,
    pub proof: Proof,
}

/// Why a client should be believed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::os) enum Proof {
    /// It runs on the server's machine.
    Peer,
    /// A password, perhaps empty.
    Password(String),
}

/// What a server says to a request.
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::os) enum Answer {
    /// Nobody was let in, in the server's words.
    Refused(String),
    /// The outcomes of each batch.
    Results(Vec<Vec<Outcome>>),
}

/// What one statement gave.
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::os) enum Outcome {
    Rows(Table),
    /// The statement's command tag, such as `INSERT 0 1`.
    Tag(String),
    /// In the server's words; nothing of the batch follows.
    Error(String),
}

/// Columns and rows of text; `None` is NULL.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(in crate::os) struct Table {
    pub columns: Vec<Column>,
    pub rows: Vec<Vec<Option<String>>>,
}

/// A column of an answer.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(in crate::os) struct Column {
    pub name: String,
    /// Its values are numbers.
    pub numeric: bool,
}

impl Table {
    /// A table of texts.
    pub fn of_text(columns: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> Table {
        Table {
            columns: columns.iter().map(|name| Column { name: (*name).to_owned(), numeric: false }).collect(),
            rows: rows.into_iter().map(|row| row.into_iter().map(Some).collect()).collect(),
        }
    }
}

impl Request {
    pub fn from_bytes(bytes: &[u8]) -> Option<Request> {
        serde_json::from_slice(bytes).ok()
    }

    pub fn to_bytes(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_default()
    }
}

impl Answer {
    pub fn from_bytes(bytes: &[u8]) -> Option<Answer> {
        serde_json::from_slice(bytes).ok()
    }

    pub fn to_bytes(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_default()
    }
}
