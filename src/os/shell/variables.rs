//! Shell variables, and bash's arrays. An element is named as bash writes it: `a[3]`; `a[]` is the array without elements.

use std::collections::BTreeMap;
use std::sync::Arc;

#[derive(Clone, Debug, Default)]
pub(super) struct Variable {
    pub value: Option<String>,
    pub exported: bool,
    pub readonly: bool,
    /// What an array holds; the value is then that of no element.
    pub elements: Option<Elements>,
}

/// The elements of an array.
#[derive(Clone, Debug, Default)]
pub(super) struct Elements {
    /// Whether it is told apart by texts instead of numbers.
    pub associative: bool,
    pub all: BTreeMap<Key, String>,
}

/// Which element.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Key {
    Number(u64),
    Text(String),
}

impl Elements {
    fn key(&self, text: &str) -> Key {
        if self.associative { Key::Text(text.to_owned()) } else { Key::Number(text.parse().unwrap_or(0)) }
    }

    fn get(&self, key: &str) -> Option<&str> {
        self.all.get(&self.key(key)).map(String::as_str)
    }
}

impl Variable {
    fn made_array(&mut self) -> &mut Elements {
        let first = self.value.take();
        self.elements.get_or_insert_with(|| Elements {
            associative: false,
            all: first.map(|value| (Key::Number(0), value)).into_iter().collect(),
        })
    }
}

/// The array and the key of an element's name.
fn element(name: &str) -> Option<(&str, &str)> {
    let (array, rest) = name.split_once('[')?;
    Some((array, rest.strip_suffix(']')?))
}

/// All variables of a shell.
#[derive(Clone, Debug, Default)]
pub(super) struct Variables {
    all: BTreeMap<String, Variable>,
    /// The exported ones as children get them, made when asked for.
    environment: Option<Arc<Vec<(String, String)>>>,
}

/// Bytes one variable holds at most.
const VALUE_MAX: usize = 1 << 20;
/// Elements one array holds at most.
const ELEMENTS_MAX: usize = 200_000;

impl Variables {
    pub fn from_environment(environment: &[(String, String)]) -> Variables {
        let variable =
            |value: &String| Variable { value: Some(value.clone()), exported: true, ..Variable::default() };
        Variables {
            all: environment.iter().map(|(name, value)| (name.clone(), variable(value))).collect(),
            environment: None,
        }
    }

    pub fn get(&self, name: &str) -> Option<&str> {
        let (array, key) = element(name).unwrap_or((name, "0"));
        let variable = self.all.get(array)?;
        match &variable.elements {
            Some(elements) => elements.get(key),
            None => variable.value.as_deref().filter(|_| key == "0"),
        }
    }

    /// Sets a variable or an element; the error is that it is read-only, or too large.
    pub fn set(&mut self, name: &str, value: &str) -> Result<(), String> {
        let (array, key) = element(name).map_or((name, None), |(array, key)| (array, Some(key)));
        let variable = self.all.entry(array.to_owned()).or_default();
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
        let value = value[..end].to_owned();
        match key {
            None if variable.elements.is_none() => variable.value = Some(value),
            Some("") => {
                variable.value = None;
                variable.made_array().all.clear();
            }
            _ => {
                let elements = variable.made_array();
                if elements.all.len() >= ELEMENTS_MAX {
                    return Err(format!("{array}: too many elements"));
                }
                elements.all.insert(elements.key(key.unwrap_or("0")), value);
            }
        }
        Ok(())
    }

    /// Makes a variable an array.
    pub fn make_array(&mut self, name: &str, associative: bool) {
        let elements = self.all.entry(name.to_owned()).or_default().made_array();
        if elements.all.is_empty() {
            elements.associative = associative;
        }
    }

    /// Whether the elements of a variable are told apart by texts.
    pub fn is_associative(&self, name: &str) -> bool {
        let elements = self.all.get(name).and_then(|variable| variable.elements.as_ref());
        elements.is_some_and(|elements| elements.associative)
    }

    /// The elements of a variable in the order of their keys; one that is no array is its own first element.
    pub fn elements(&self, name: &str) -> Vec<(Key, String)> {
        let Some(variable) = self.all.get(name) else { return Vec::new() };
        match &variable.elements {
            Some(elements) => elements.all.iter().map(|(key, value)| (key.clone(), value.clone())).collect(),
            None => variable.value.iter().map(|value| (Key::Number(0), value.clone())).collect(),
        }
    }

    /// The number after the last element.
    pub fn next_index(&self, name: &str) -> u64 {
        match self.elements(name).last() {
            Some((Key::Number(last), _)) => last.saturating_add(1),
            _ => 0,
        }
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
        let (array, key) = element(name).map_or((name, None), |(array, key)| (array, Some(key)));
        if self.all.get(array).is_some_and(|variable| variable.readonly) {
            return false;
        }
        if let Some(key) = key {
            let elements = self.all.get_mut(array).and_then(|variable| variable.elements.as_mut());
            if let Some(elements) = elements {
                elements.all.remove(&elements.key(key));
            }
            return true;
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
