//! Parsing with a memory: the same text gives the same script, and ten thousand containers run the same line.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::Flavour;
use super::compile::{SyntaxError, compile};
use super::script::Script;

/// Scripts remembered, and the longest of them in bytes.
const REMEMBERED: usize = 512;
const LONGEST: usize = 4096;

/// A memo of a pure function: it changes nothing but the time parsing takes.
static SCRIPTS: Mutex<BTreeMap<(bool, String), Arc<Script>>> = Mutex::new(BTreeMap::new());

/// Parses a script, or finds it among those parsed before.
pub(super) fn parse(source: &str, bash: bool) -> Result<Arc<Script>, SyntaxError> {
    if source.len() > LONGEST {
        return compile(source, bash).map(Arc::new);
    }
    let key = (bash, source.to_owned());
    if let Some(known) = SCRIPTS.lock().unwrap_or_else(PoisonError::into_inner).get(&key) {
        return Ok(Arc::clone(known));
    }
    let script = Arc::new(compile(source, bash)?);
    let mut scripts = SCRIPTS.lock().unwrap_or_else(PoisonError::into_inner);
    if scripts.len() >= REMEMBERED {
        scripts.clear();
    }
    scripts.insert(key, Arc::clone(&script));
    Ok(script)
}

/// The message of each shell for a syntax error.
pub(super) fn describe(error: &SyntaxError, flavour: Flavour) -> String {
    match (error, flavour) {
        (SyntaxError::TooBig, _) => "script too long or too deeply nested".to_owned(),
        (SyntaxError::Incomplete(what), Flavour::Dash) => format!(
            "Syntax error: {}",
            if what.contains("end of file") {
                "end of file unexpected"
            } else {
                "Unterminated quoted string"
            }
        ),
        (SyntaxError::Incomplete(what), Flavour::Ash) => format!("syntax error: {what}"),
        (SyntaxError::Incomplete(_), Flavour::Bash) => "syntax error: unexpected end of file".to_owned(),
        (SyntaxError::Unexpected { token, .. }, Flavour::Ash) => {
            format!("syntax error: unexpected \"{token}\"")
        }
        (SyntaxError::Unexpected { token, .. }, Flavour::Dash) => {
            format!("Syntax error: \"{token}\" unexpected")
        }
        (SyntaxError::Unexpected { token, .. }, Flavour::Bash) => {
            format!("syntax error near unexpected token `{token}'")
        }
    }
}
