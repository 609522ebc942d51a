//! What is wrong with content, where, and what to do. Knows nothing of how content is read.

use super::suggest::closest;
use std::fmt;

/// A place in a text: line and column, both counted from 1, columns in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
}

impl Default for Place {
    fn default() -> Place {
        Place::START
    }
}

impl Place {
    /// The first character of a text.
    pub const START: Place = Place { line: 1, column: 1 };

    /// The start of a line (from 1).
    pub const fn line(line: usize) -> Place {
        Place { line, column: 1 }
    }

    /// This place, as many lines further down.
    #[must_use]
    pub const fn below(self, lines: usize) -> Place {
        Place { line: self.line + lines, column: self.column }
    }
}

/// How bad it is: an error fails `podlab check`, a warning does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Content that does not do what it should.
    Error,
    /// Content that could be better.
    Warning,
}

/// One complaint about content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// The file, as the author knows it.
    pub path: String,
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
    /// Whether it fails the check.
    pub severity: Severity,
    /// What is wrong, one sentence without a full stop.
    pub text: String,
    /// What to try next, empty if there is nothing to say.
    pub suggestion: String,
}

impl Diagnostic {
    /// The order in which complaints are listed: by file, then by place.
    pub fn order(&self) -> (&str, usize, usize, Severity, &str) {
        (&self.path, self.line, self.column, self.severity, &self.text)
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let severity = match self.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        write!(f, "{}:{}:{}: {severity}: {}", self.path, self.line, self.column, self.text)?;
        if self.suggestion.is_empty() { Ok(()) } else { write!(f, "; {}", self.suggestion) }
    }
}

/// Complaints about one file, gathered while it is read.
#[derive(Clone, Debug, Default)]
pub struct Report {
    path: String,
    found: Vec<Diagnostic>,
}

/// No file yields more complaints than this; the last one says that there are more.
const MOST: usize = 200;

impl Report {
    /// An empty report on the file at `path`.
    pub fn new(path: &str) -> Report {
        Report { path: path.to_owned(), found: Vec::new() }
    }

    /// The file the report is about.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Notes an error.
    pub fn error(&mut self, place: Place, text: impl Into<String>) {
        self.add(place, Severity::Error, text.into(), String::new());
    }

    /// Notes an error with the next thing to try.
    pub fn error_hint(&mut self, place: Place, text: impl Into<String>, suggestion: impl Into<String>) {
        self.add(place, Severity::Error, text.into(), suggestion.into());
    }

    /// Notes an error about a word that should have been one of `known`; suggests the closest.
    pub fn unknown<'a>(
        &mut self,
        place: Place,
        text: impl Into<String>,
        word: &str,
        known: impl IntoIterator<Item = &'a str>,
    ) {
        let known: Vec<&str> = known.into_iter().collect();
        let suggestion = match closest(word, known.iter().copied()) {
            Some(close) => format!("did you mean '{close}'?"),
            None if known.is_empty() || known.len() > 12 => String::new(),
            None => format!("known are: {}", known.join(", ")),
        };
        self.add(place, Severity::Error, text.into(), suggestion);
    }

    /// Notes a warning with the next thing to try (may be empty).
    pub fn warn(&mut self, place: Place, text: impl Into<String>, suggestion: impl Into<String>) {
        self.add(place, Severity::Warning, text.into(), suggestion.into());
    }

    /// Takes over complaints made elsewhere about the same file.
    pub fn adopt(&mut self, found: Vec<Diagnostic>) {
        let room = MOST.saturating_sub(self.found.len());
        self.found.extend(found.into_iter().take(room));
    }

    /// How many errors were noted so far.
    pub fn errors(&self) -> usize {
        self.found.iter().filter(|d| d.severity == Severity::Error).count()
    }

    /// What was found, in the order in which it was noted.
    pub fn found(&self) -> &[Diagnostic] {
        &self.found
    }

    /// What was found, the report given up.
    pub fn into_found(self) -> Vec<Diagnostic> {
        self.found
    }

    fn add(&mut self, place: Place, severity: Severity, text: String, suggestion: String) {
        let (text, suggestion) = match self.found.len() {
            0..MOST => (text, suggestion),
            MOST => (format!("more than {MOST} complaints about this file"), "fix the first ones".into()),
            _ => return,
        };
        self.found.push(Diagnostic {
            path: self.path.clone(),
            line: place.line,
            column: place.column,
            severity,
            text,
            suggestion,
        });
    }
}
