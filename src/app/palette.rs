//! Every command by name: the actions that make sense where one is, and the places one can go to. Found by typing some of their
//! letters.

use super::action::Action;
use super::keymap::{self, Context};
use super::line_editor::LineEditor;
use super::scroll::Cursor;
use super::{Place, settings::ThemeName};
use nucleo_matcher::pattern::{CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};

/// What an entry of the palette does.
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    /// What a key does.
    Act(Action),
    /// Go to a place.
    Go(Place),
    /// Change the theme.
    Theme(ThemeName),
}

/// One entry.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// What it is called.
    pub name: String,
    /// The key that does the same; may be empty.
    pub key: String,
    /// What it does.
    pub run: Command,
}

/// The palette, open.
#[derive(Clone, Debug)]
pub struct Palette {
    /// What is typed.
    pub line: LineEditor,
    /// All entries.
    pub entries: Vec<Entry>,
    /// Those that match, best first, as indices.
    pub found: Vec<usize>,
    /// The chosen one of those.
    pub cursor: Cursor,
}

impl Palette {
    /// A palette of what can be done where `contexts` hold, and of `places`.
    pub fn new(contexts: &[Context], places: Vec<(String, Place)>) -> Palette {
        // What can be done here comes before where one can go.
        let here =
            keymap::bindings(contexts).into_iter().filter(|b| b.run != Action::Palette && !b.help.is_empty());
        let mut entries: Vec<Entry> = here
            .map(|b| Entry { name: b.help.to_owned(), key: b.keys[0].to_string(), run: Command::Act(b.run) })
            .collect();
        let go = |(name, place)| Entry { name, key: String::new(), run: Command::Go(place) };
        entries.extend(places.into_iter().map(go));
        entries.extend(ThemeName::ALL.iter().map(|theme| Entry {
            name: format!("theme: {}", theme.name()),
            key: String::new(),
            run: Command::Theme(*theme),
        }));
        let mut palette =
            Palette { line: LineEditor::default(), entries, found: Vec::new(), cursor: Cursor::default() };
        palette.find();
        palette
    }

    /// The same with something typed already.
    #[must_use]
    pub fn typed(mut self, text: &str) -> Palette {
        self.line.set(text);
        self.find();
        self
    }

    /// Looks again for what is typed.
    pub fn find(&mut self) {
        let names: Vec<&str> = self.entries.iter().map(|e| e.name.as_str()).collect();
        self.found = fuzzy(self.line.text(), &names);
        self.cursor = Cursor::default();
    }

    /// What the chosen entry does.
    pub fn chosen(&self) -> Option<&Command> {
        let at = self.found.get(self.cursor.at)?;
        self.entries.get(*at).map(|e| &e.run)
    }
}

/// The names that match `typed`, best first, as indices; all of them if nothing is typed. Names that hold every word of it come
/// first, the word at a beginning before the word elsewhere; only if no name does, letters in that order are enough.
pub fn fuzzy(typed: &str, names: &[&str]) -> Vec<usize> {
    let words: Vec<String> = typed.split_whitespace().map(str::to_lowercase).collect();
    let held = |name: &str| {
        let name = name.to_lowercase();
        let ranks = words.iter().map(|word| match name.find(word.as_str()) {
            Some(0) => Some(0),
            Some(at) if name[..at].ends_with(|c: char| !c.is_alphanumeric()) => Some(1),
            Some(_) => Some(2),
            None => None,
        });
        ranks.sum::<Option<u32>>()
    };
    let mut whole: Vec<(u32, usize)> =
        names.iter().enumerate().filter_map(|(i, name)| Some((held(name)?, i))).collect();
    if !whole.is_empty() {
        whole.sort_unstable();
        return whole.into_iter().map(|(_, i)| i).collect();
    }
    by_letters(typed, names)
}

fn by_letters(typed: &str, names: &[&str]) -> Vec<usize> {
    let pattern = Pattern::parse(typed, CaseMatching::Ignore, Normalization::Smart);
    let mut matcher = Matcher::new(Config::DEFAULT);
    let mut buffer = Vec::new();
    let mut scored: Vec<(u32, usize)> = names
        .iter()
        .enumerate()
        .filter_map(|(i, name)| Some((pattern.score(Utf32Str::new(name, &mut buffer), &mut matcher)?, i)))
        .collect();
    scored.sort_by_key(|(score, i)| (std::cmp::Reverse(*score), *i));
    scored.into_iter().map(|(_, i)| i).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_match_comes_first_and_misses_are_left_out() {
        let names = ["next chapter", "pause or go on", "settings"];
        assert_eq!(fuzzy("pau", &names), [1]);
        assert_eq!(fuzzy("", &names), [0, 1, 2]);
        assert_eq!(fuzzy("zzz", &names), Vec::<usize>::new());
        assert_eq!(fuzzy("stgs", &names), [2], "letters in order, if no name holds the word");
        assert_eq!(fuzzy("go", &["cargo", "pause or go on", "go: map"]), [2, 1, 0]);
    }
}
