//! Shell variables.

use std::collections::BTreeMap;
use std::sync::Arc;

#[derive(Clone, Debug, Default)]
pub(super) struct Variable {
    pub value: Option<String>,
    pub exported: bool,
    pub readonly: bool,
}

/// All variables of a shell.
#[derive(Clone, Debug, Default)]
pub(super) struct Variables {
    all: BTreeMap<String, Variable>,
    /// The exported ones as children get them, made when asked for.
    environment: Option<Arc<Vec<(String, String)>>>,
}

/// Bytes one variable holds at most.
const VALUE_MAX: usize = 4 << 20;

impl Variables {
    pub fn from_environment(environment: &[(String, String)]) -> Variables {
        let variable =
            |value: &String| Variable { value: Some(value.clone()), exported: true, readonly: false };
        Variables {
            all: environment.iter().map(|(name, value)| (name.clone(), variable(value))).collect(),
            environment: None,
        }
    }

    pub fn get(&self, name: &str) -> Option<&str> {
        self.all.get(name)?.value.as_deref()
    }

    /// Sets a variable; the error is that it is read-only.
    pub fn set(&mut self, name: &str, value: &str) -> Result<(), String> {
        let variable = self.all.entry(name.to_owned()).or_default();
        if variable.readonly {
            return Err(format!("{name}: is read only"));
        }
        if variable.exported {
            self.environment = None;
        }
        let mut end = value.len().min(VALUE_MAX);
        while !value.is_char_boundary(end) {
            end -= 1;
        }
        variable.value = Some(value[..end].to_owned());
        Ok(())
    }

    pub fn export(&mut self, name: &str, exported: bool) {
        self.all.entry(name.to_owned()).or_default().exported = exported;
        self.environment = None;
    }

    pub fn make_readonly(&mut self, name: &str) {
        self.all.entry(name.to_owned()).or_default().readonly = true;
    }

    /// Forgets a variable. False if it is read-only.
    pub fn unset(&mut self, name: &str) -> bool {
        if self.all.get(name).is_some_and(|variable| variable.readonly) {
            return false;
        }
        self.all.remove(name);
        self.environment = None;
        true
    }

    /// The state of a variable, for `local` to bring back.
    pub fn take(&mut self, name: &str) -> Option<Variable> {
        self.environment = None;
        self.all.remove(name)
    }

    pub fn restore(&mut self, name: &str, variable: Option<Variable>) {
        self.environment = None;
        match variable {
            Some(variable) => drop(self.all.insert(name.to_owned(), variable)),
            None => drop(self.all.remove(name)),
        }
    }

    pub fn environment(&mut self) -> Arc<Vec<(String, String)>> {
        let all = &self.all;
        let made = self.environment.get_or_insert_with(|| {
            let exported = all.iter().filter(|(_, variable)| variable.exported);
            Arc::new(
                exported
                    .filter_map(|(name, variable)| Some((name.clone(), variable.value.clone()?)))
                    .collect(),
            )
        });
        Arc::clone(made)
    }

    pub fn iter(&self) -> impl Iterator<Item = (&str, &Variable)> {
        self.all.iter().map(|(name, variable)| (name.as_str(), variable))
    }
}

/// Whether this can be the name of a variable.
pub(super) fn is_name(text: &str) -> bool {
    let first = text.chars().next().is_some_and(|letter| letter.is_ascii_alphabetic() || letter == '_');
    first && text.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
}
