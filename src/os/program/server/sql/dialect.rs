//! Where the SQL of `PostgreSQL` and `MySQL` differs from that of `SQLite`, in words: what can be said in the other's words is translated,
//! and nothing is parsed. Knows no tables.

use std::ops::Range;

use regex_lite::{Captures, Regex};

use super::engine::{Cell, Declared};
use super::wire::Column;

/// Whose SQL is spoken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::os) enum Dialect {
    Postgres,
    Mysql,
}

/// What opens and what closes text that is not code.
const ENCLOSED: &[(&str, &str)] = &[("'", "'"), ("\"", "\""), ("`", "`"), ("--", "\n"), ("/*", "*/")];

/// The parts of a text outside of quotes and comments.
fn code(text: &str) -> Vec<Range<usize>> {
    let mut ranges = Vec::new();
    let (mut start, mut at) = (0, 0);
    while let Some(next) = text[at..].chars().next() {
        match ENCLOSED.iter().find(|(open, _)| text[at..].starts_with(open)) {
            Some((open, close)) => {
                ranges.push(start..at);
                let inside = at + open.len();
                at = text[inside..].find(close).map_or(text.len(), |end| inside + end + close.len());
                start = at;
            }
            None => at += next.len_utf8(),
        }
    }
    ranges.push(start..text.len());
    ranges
}

/// The statements of a text, as they stand there.
pub(super) fn statements(text: &str) -> Vec<&str> {
    let ends = code(text)
        .into_iter()
        .flat_map(|range| text[range.clone()].match_indices(';').map(move |(at, _)| range.start + at));
    let mut start = 0;
    let mut found: Vec<&str> = Vec::new();
    for end in ends.chain([text.len()]) {
        found.push(text[start..end].trim());
        start = end + 1;
    }
    found.retain(|statement| !statement.is_empty());
    found
}

impl Dialect {
    /// A statement in the words of `SQLite`.
    pub(super) fn translated(self, statement: &str) -> String {
        let first = statement.split_whitespace().next().unwrap_or_default();
        let defines = ["create", "alter"].iter().any(|word| first.eq_ignore_ascii_case(word));
        // A column counts where it is the key; one that is none becomes it if the table has no other.
        let keyed = statement.to_ascii_lowercase().contains("primary key");
        let key = if keyed { "" } else { "primary key" };
        let mut translated = String::new();
        let mut end = 0;
        for range in code(statement) {
            translated.push_str(&statement[end..range.start]);
            let words = self.words(&statement[range.clone()]);
            translated.push_str(&if defines { self.types(&words, key) } else { words });
            end = range.end;
        }
        translated
    }

    fn words(self, code: &str) -> String {
        let code = replaced(code, r"(?i)\bcurrent_user\b(?:\s*\(\s*\))?", |_| "current_user()".to_owned());
        match self {
            // Names that are not quoted are small, whatever was typed.
            Dialect::Postgres => code.to_ascii_lowercase(),
            Dialect::Mysql => code,
        }
    }

    /// Types that count by themselves, and what may stand behind a table.
    fn types(self, code: &str, key: &str) -> String {
        match self {
            Dialect::Postgres => {
                replaced(code, r"\b(?:big|small)?serial\b([^,()]*?)(\bprimary\s+key\b|,|\)|$)", |found| {
                    numbered(&found[1], key, &found[2])
                })
            }
            Dialect::Mysql => {
                let counts = r"(?i)\b(?:big|small|tiny|medium)?int(?:eger)?(?:\(\d+\))?([^,()]*?)\bauto_increment\b([^,()]*?)(\bprimary\s+key\b|,|\)|$)";
                let code = replaced(code, counts, |found| numbered(&found[1], &found[2], &found[3]));
                let options =
                    r"(?i)\)\s*(?:engine|auto_increment|default|charset|character|collate)\b[^()]*$";
                replaced(&code, options, |_| ")".to_owned())
            }
        }
    }

    /// The heading of a column, as this server words it.
    fn heading(self, name: &str) -> String {
        let plain = |c: char| c.is_alphanumeric() || matches!(c, '_' | ' ' | '$' | '?');
        match (self, name.split_once('(')) {
            (Dialect::Mysql, _) => {
                name.strip_prefix('\'').map_or(name, |text| text.trim_end_matches('\'')).to_owned()
            }
            (Dialect::Postgres, Some((function, _)))
                if !function.is_empty() && function.chars().all(plain) =>
            {
                function.trim().to_owned()
            }
            (Dialect::Postgres, _)
                if name.starts_with(|c: char| c.is_ascii_digit()) || !name.chars().all(plain) =>
            {
                "?column?".to_owned()
            }
            (Dialect::Postgres, _) => name.to_owned(),
        }
    }

    /// A column, with what its values in these rows are.
    pub(super) fn column<'a>(
        self,
        declared: &Declared,
        mut values: impl Iterator<Item = &'a Cell>,
    ) -> Column {
        let boolean = self == Dialect::Postgres && declared.kind.starts_with("bool");
        Column {
            name: self.heading(&declared.name),
            numeric: !boolean
                && values.all(|value| matches!(value, Cell::Integer(_) | Cell::Real(_) | Cell::Null)),
        }
    }

    /// A value as this server shows it in a column of the declared type.
    pub(super) fn shown(self, cell: &Cell, declared: &Declared) -> Option<String> {
        let boolean = self == Dialect::Postgres && declared.kind.starts_with("bool");
        Some(match cell {
            Cell::Null => return None,
            Cell::Integer(number) if boolean => if *number == 0 { "f" } else { "t" }.to_owned(),
            Cell::Integer(number) => match decimals(&declared.kind) {
                Some(places) => format!("{number}.{:0<places$}", ""),
                None => number.to_string(),
            },
            Cell::Real(number) => match decimals(&declared.kind) {
                Some(places) => format!("{number:.places$}"),
                None => number.to_string(),
            },
            Cell::Text(text) => text.clone(),
            Cell::Bytes(bytes) => {
                let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
                let mark = if self == Dialect::Postgres { "\\x" } else { "0x" };
                format!("{mark}{digits}")
            }
        })
    }
}

/// The digits after the point of a type such as `numeric(10,2)`; none if there are none.
fn decimals(kind: &str) -> Option<usize> {
    let (name, rest) = kind.split_once('(')?;
    let places = rest.trim_end_matches(')').split_once(',')?.1.trim().parse().ok()?;
    (matches!(name.trim(), "numeric" | "decimal") && (1..=16).contains(&places)).then_some(places)
}

/// The type of a column that counts by itself. `SQLite` counts where the type is INTEGER and the column the primary key.
fn numbered(before: &str, after: &str, end: &str) -> String {
    let key = r"(?i)\bprimary\s+key\b";
    let all = format!("{before} {after} {end}");
    let rest = replaced(&replaced(&all, key, |_| String::new()), r"(?i)\bunsigned\b", |_| String::new());
    let (rest, close) = rest.split_at(rest.find([',', ')']).unwrap_or(rest.len()));
    let mut words = vec!["INTEGER"];
    words.extend(rest.split_whitespace());
    if Regex::new(key).is_ok_and(|key| key.is_match(&all)) {
        words.push("PRIMARY KEY AUTOINCREMENT");
    }
    words.join(" ") + close
}

fn replaced(text: &str, pattern: &str, by: impl Fn(&Captures<'_>) -> String) -> String {
    match Regex::new(pattern) {
        Ok(pattern) => pattern.replace_all(text, by).into_owned(),
        Err(_) => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_semicolon_in_a_quote_or_a_comment_ends_no_statement() {
        assert_eq!(
            statements("INSERT INTO t VALUES ('a;b', 'it''s; so'); -- no; end\nSELECT 1;;"),
            ["INSERT INTO t VALUES ('a;b', 'it''s; so')", "-- no; end\nSELECT 1"]
        );
        assert_eq!(statements("SELECT 'never closed; "), ["SELECT 'never closed;"]);
    }

    #[test]
    fn columns_that_count_by_themselves_are_said_in_sqlites_words() {
        let postgres = |text| Dialect::Postgres.translated(text);
        assert_eq!(
            postgres("CREATE TABLE T (Id SERIAL PRIMARY KEY, Word TEXT DEFAULT 'Serial')"),
            "create table t (id INTEGER PRIMARY KEY AUTOINCREMENT, word text default 'Serial')"
        );
        assert_eq!(
            postgres("CREATE TABLE t (id BIGSERIAL, PRIMARY KEY (id))"),
            "create table t (id INTEGER, primary key (id))"
        );
        assert_eq!(postgres("SELECT serial FROM t"), "select serial from t");
        assert_eq!(
            postgres("CREATE TABLE t (n SERIAL\n  NOT NULL)"),
            "create table t (n INTEGER not null PRIMARY KEY AUTOINCREMENT)"
        );
        let mysql = |text| Dialect::Mysql.translated(text);
        assert_eq!(
            mysql(
                "CREATE TABLE t (id INT(11) UNSIGNED NOT NULL AUTO_INCREMENT, PRIMARY KEY (id)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4"
            ),
            "CREATE TABLE t (id INTEGER NOT NULL, PRIMARY KEY (id))"
        );
        assert_eq!(
            mysql("CREATE TABLE t (id INT PRIMARY KEY AUTO_INCREMENT)"),
            "CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT)"
        );
    }
}
