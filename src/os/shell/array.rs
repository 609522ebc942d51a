//! bash's arrays in expansions and assignments. Does not know how variables are kept.

use super::Flavour;
use super::expand::{Expander, Stop, Value};
use super::script::{Assigned, Assignment, Name, Subscript, Word};
use super::variables::Key;

impl Expander<'_, '_> {
    /// What `${a[…]}` stands for; of `${!a[@]}` the keys.
    pub(super) fn element(&mut self, name: &str, subscript: &Subscript, keys: bool) -> Result<Value, Stop> {
        match self.shell.flavour {
            Flavour::Bash => {}
            Flavour::Ash => return Err(Stop::Error("syntax error: bad substitution".to_owned())),
            Flavour::Dash => return Err(Stop::Error("Bad substitution".to_owned())),
        }
        let Subscript::Index(index) = subscript else {
            let all = self.shell.variables.elements(name);
            let shown = |(key, value): (Key, String)| match key {
                _ if !keys => value,
                Key::Number(number) => number.to_string(),
                Key::Text(text) => text,
            };
            return Ok(Value::Many(all.into_iter().map(shown).collect()));
        };
        let place = self.place(name, index, false)?;
        Ok(self.variable(&place).map_or(Value::Unset, Value::One))
    }

    /// The name of an element; `associative`: its array will be, even if it is not yet.
    fn place(&mut self, name: &str, index: &Word, associative: bool) -> Result<String, Stop> {
        if associative || self.shell.variables.is_associative(name) {
            return Ok(format!("{name}[{}]", self.text(index)?));
        }
        let index = self.arithmetic(index)?;
        let index = self.scope().index(name, index).map_err(Stop::Error)?;
        Ok(format!("{name}[{index}]"))
    }

    /// `${a[@]:1:2}`, `${@:2}`: some of the texts.
    pub(super) fn slice(
        &mut self,
        name: &Name,
        many: Vec<String>,
        offset: &Word,
        length: Option<&Word>,
    ) -> Result<Vec<String>, Stop> {
        let offset = self.arithmetic(offset)?;
        let length = length.map(|length| self.arithmetic(length)).transpose()?;
        // The first of `$@` is number 1; number 0 is the name of the shell.
        let zeroth = matches!(name, Name::At | Name::Star).then(|| self.shell.name.clone());
        let all: Vec<String> = zeroth.into_iter().chain(many).collect();
        let from =
            if offset < 0 { all.len().checked_add_signed(offset as isize) } else { Some(offset as usize) };
        let Some(from) = from else { return Ok(Vec::new()) };
        let length = length.map_or(usize::MAX, |length| usize::try_from(length).unwrap_or(0));
        Ok(all.into_iter().skip(from).take(length).collect())
    }

    /// What an assignment comes to: names, those of elements among them, and their values.
    pub(super) fn assigned(
        &mut self,
        assignment: &Assignment,
        associative: bool,
    ) -> Result<Vec<(String, String)>, Stop> {
        let name = &assignment.name;
        match &assignment.value {
            Assigned::Text(word) => {
                let place = match &assignment.subscript {
                    Some(index) => self.place(name, index, false)?,
                    None => name.clone(),
                };
                let mut value = self.text(word)?;
                if assignment.append {
                    value = self.variable(&place).unwrap_or_default() + &value;
                }
                Ok(vec![(place, value)])
            }
            Assigned::List(items) => self.list(assignment, items, associative),
        }
    }

    fn list(
        &mut self,
        assignment: &Assignment,
        items: &[(Option<Word>, Vec<Word>)],
        associative: bool,
    ) -> Result<Vec<(String, String)>, Stop> {
        let name = &assignment.name;
        let mut found = Vec::new();
        let mut next = 0;
        if assignment.append {
            next = self.shell.variables.next_index(name);
        } else {
            found.push((format!("{name}[]"), String::new()));
        }
        for (key, words) in items {
            let Some(key) = key else {
                for text in self.fields(words)? {
                    found.push((format!("{name}[{next}]"), text));
                    next += 1;
                }
                continue;
            };
            let place = self.place(name, key, associative)?;
            let number = place[name.len() + 1..place.len() - 1].parse::<u64>();
            next = number.map_or(next, |number| number.saturating_add(1));
            let texts = words.iter().map(|word| self.text(word)).collect::<Result<Vec<_>, _>>()?;
            found.push((place, texts.join(" ")));
        }
        Ok(found)
    }
}
