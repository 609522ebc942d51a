//! An answer in the making, one shape for each kind of question.

use super::super::action::Action;
use super::super::bench::way;
use super::super::line_editor::LineEditor;
use crate::course::quiz::Kind;
use crate::course::{Answer, Question};
use std::collections::BTreeSet;

/// An answer in the making.
#[derive(Clone, Debug)]
pub enum Draft {
    /// One of several: options in the order shown, the chosen row.
    One {
        /// Options by index.
        shown: Vec<usize>,
        /// The row with the cursor.
        at: usize,
        /// Whether it is chosen.
        chosen: Chosen,
    },
    /// Some of several.
    Many {
        /// Options by index.
        shown: Vec<usize>,
        /// The row with the cursor.
        at: usize,
        /// Marked options, by index.
        marked: BTreeSet<usize>,
    },
    /// True (row 0) or false (row 1).
    Truth {
        /// The row with the cursor.
        at: usize,
        /// Whether it is chosen.
        chosen: Chosen,
    },
    /// Something typed.
    Text(LineEditor),
    /// Items in the order given so far.
    Order {
        /// Items by index.
        items: Vec<usize>,
        /// The row with the cursor.
        at: usize,
        /// Whether the row is being carried.
        grip: Grip,
    },
    /// For each left side a right side.
    Pairs {
        /// Right sides in the order offered.
        offered: Vec<usize>,
        /// The right side given to each left side.
        given: Vec<Option<usize>>,
        /// The row with the cursor.
        at: usize,
    },
    /// Lines of a text, from 0.
    Lines {
        /// Marked lines.
        marked: BTreeSet<usize>,
        /// The line with the cursor.
        at: usize,
        /// How many there are.
        count: usize,
        /// How many are to be found.
        wanted: usize,
        /// Whether the line with the cursor is meant, where one is to be found.
        chosen: Chosen,
    },
}

/// Whether the row with the cursor is chosen. At first none is, so that Enter pressed once too often answers nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Chosen {
    /// Nothing is chosen yet.
    #[default]
    Nothing,
    /// The row with the cursor is.
    Row,
}

/// Whether an item moves with the cursor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grip {
    /// It stays.
    Loose,
    /// It moves.
    Held,
}

impl Default for Draft {
    fn default() -> Draft {
        Draft::Truth { at: 0, chosen: Chosen::Nothing }
    }
}

impl Draft {
    /// An empty answer to `question`, options in the order of `seed`.
    pub fn new(question: &Question, seed: u64) -> Draft {
        let shown = question.shuffled(seed);
        match &question.kind {
            Kind::ChooseOne(_) => Draft::One { shown, at: 0, chosen: Chosen::Nothing },
            Kind::ChooseAll(_) => Draft::Many { shown, at: 0, marked: BTreeSet::new() },
            Kind::TrueFalse(_) => Draft::Truth { at: 0, chosen: Chosen::Nothing },
            Kind::FillIn(_) | Kind::Predict(_) => Draft::Text(LineEditor::default()),
            Kind::Order(_) => Draft::Order { items: shown, at: 0, grip: Grip::Loose },
            Kind::Match(pairs) => {
                Draft::Pairs { offered: shown, given: vec![None; pairs.pairs.len()], at: 0 }
            }
            Kind::FindLine(find) => Draft::Lines {
                marked: BTreeSet::new(),
                at: 0,
                count: find.yaml.lines().count(),
                wanted: find.lines.len(),
                chosen: Chosen::Nothing,
            },
        }
    }

    /// How many rows there are to choose from.
    pub fn rows(&self) -> usize {
        match self {
            Draft::One { shown, .. } | Draft::Many { shown, .. } => shown.len(),
            Draft::Truth { .. } => 2,
            Draft::Text(_) => 0,
            Draft::Order { items, .. } => items.len(),
            Draft::Pairs { given, .. } => given.len(),
            Draft::Lines { count, .. } => *count,
        }
    }

    /// The row with the cursor.
    pub fn at(&self) -> usize {
        match self {
            Draft::One { at, .. }
            | Draft::Many { at, .. }
            | Draft::Truth { at, .. }
            | Draft::Order { at, .. }
            | Draft::Pairs { at, .. }
            | Draft::Lines { at, .. } => *at,
            Draft::Text(_) => 0,
        }
    }

    fn at_mut(&mut self) -> Option<&mut usize> {
        match self {
            Draft::One { at, .. }
            | Draft::Many { at, .. }
            | Draft::Truth { at, .. }
            | Draft::Order { at, .. }
            | Draft::Pairs { at, .. }
            | Draft::Lines { at, .. } => Some(at),
            Draft::Text(_) => None,
        }
    }

    /// Whether Enter would answer nothing: one row is to be chosen, and none is.
    pub fn is_unchosen(&self) -> bool {
        match self {
            Draft::One { chosen, .. } | Draft::Truth { chosen, .. } => *chosen == Chosen::Nothing,
            Draft::Lines { chosen, marked, wanted: 1, .. } => *chosen == Chosen::Nothing && marked.is_empty(),
            _ => false,
        }
    }

    /// Whoever moves the cursor or names a row means that row.
    fn choose(&mut self) {
        if let Draft::One { chosen, .. } | Draft::Truth { chosen, .. } | Draft::Lines { chosen, .. } = self {
            *chosen = Chosen::Row;
        }
    }

    /// Acts on a key.
    pub fn perform(&mut self, action: Action, _question: &Question) {
        let rows = self.rows();
        match (action, &mut *self) {
            (Action::Choose(n), _) => self.pick(usize::from(n).saturating_sub(1)),
            (Action::Toggle, _) => self.toggle(),
            (Action::MoveUp | Action::Left, Draft::Pairs { .. }) => self.turn_right_side(true),
            (Action::MoveDown | Action::Right, Draft::Pairs { .. }) => self.turn_right_side(false),
            (Action::MoveUp, Draft::Order { .. }) | (Action::Up, Draft::Order { grip: Grip::Held, .. }) => {
                self.carry(-1);
            }
            (Action::MoveDown, Draft::Order { .. })
            | (Action::Down, Draft::Order { grip: Grip::Held, .. }) => {
                self.carry(1);
            }
            (other, _) => {
                if let (Some(way), Some(at)) = (way(other), self.at_mut()) {
                    *at = way.from(*at, rows, rows);
                    self.choose();
                }
            }
        }
    }

    /// Chooses the row; where only one can be chosen, that is all.
    fn pick(&mut self, row: usize) {
        if row >= self.rows() {
            return;
        }
        if let Some(at) = self.at_mut() {
            *at = row;
        }
        self.choose();
        if matches!(self, Draft::Many { .. } | Draft::Lines { .. }) {
            self.toggle();
        }
    }

    fn toggle(&mut self) {
        let flip = |set: &mut BTreeSet<usize>, value: usize| {
            if !set.remove(&value) {
                set.insert(value);
            }
        };
        match self {
            Draft::Many { shown, at, marked } => flip(marked, shown[*at]),
            Draft::Lines { marked, at, .. } => flip(marked, *at),
            Draft::Order { grip, .. } => {
                *grip = match grip {
                    Grip::Loose => Grip::Held,
                    Grip::Held => Grip::Loose,
                }
            }
            Draft::Pairs { .. } => self.turn_right_side(false),
            Draft::One { .. } | Draft::Truth { .. } => self.choose(),
            Draft::Text(_) => {}
        }
    }

    /// Moves the item with the cursor, and the cursor with it.
    fn carry(&mut self, by: isize) {
        if let Draft::Order { items, at, .. } = self {
            let to = at.saturating_add_signed(by).min(items.len().saturating_sub(1));
            items.swap(*at, to);
            *at = to;
        }
    }

    /// Gives the left side with the cursor the next or previous right side that no other one has.
    fn turn_right_side(&mut self, back: bool) {
        let Draft::Pairs { offered, given, at } = self else { return };
        let free: Vec<usize> = offered
            .iter()
            .copied()
            .filter(|right| given.iter().enumerate().all(|(i, g)| i == *at || *g != Some(*right)))
            .collect();
        let now = given[*at].and_then(|right| free.iter().position(|f| *f == right));
        let count = free.len() + 1;
        // Place 0 is "none", so that a right side can be given back.
        let next = (now.map_or(0, |n| n + 1) + if back { count - 1 } else { 1 }) % count;
        given[*at] = next.checked_sub(1).map(|i| free[i]);
    }

    /// A click on a row; true if that completes an answer.
    pub fn click(&mut self, row: usize, question: &Question) -> bool {
        if row >= self.rows() {
            return false;
        }
        let again = self.at() == row && !self.is_unchosen();
        match self {
            Draft::One { .. } | Draft::Truth { .. } if again => return true,
            Draft::Order { at, grip: Grip::Held, .. } => {
                let by = row as isize - *at as isize;
                for _ in 0..by.abs() {
                    self.carry(by.signum());
                }
                self.perform(Action::Toggle, question);
            }
            Draft::Order { .. } => {
                self.pick(row);
                self.toggle();
            }
            Draft::Pairs { .. } if again => self.turn_right_side(false),
            _ => self.pick(row),
        }
        false
    }

    /// The answer, or what is missing.
    pub fn answer(&self, question: &Question) -> Result<Answer, &'static str> {
        if self.is_unchosen() {
            return Err("Choose first: ↓ or a number, or Space for ›.");
        }
        Ok(match self {
            Draft::One { shown, at, .. } => {
                Answer::One(*shown.get(*at).ok_or("There is nothing to choose.")?)
            }
            Draft::Many { marked, .. } if marked.is_empty() => {
                return Err("Mark at least one with Space, then Enter.");
            }
            Draft::Many { marked, .. } => Answer::Many(marked.clone()),
            Draft::Truth { at, .. } => Answer::Truth(*at == 0),
            Draft::Text(line) if line.text().trim().is_empty() => {
                return Err("Type your answer first.");
            }
            Draft::Text(line) => {
                let typed = line.text().trim();
                if let Kind::Predict(prediction) = &question.kind
                    && let Some(wanted) = prediction.asks_for(typed)
                {
                    return Err(wanted);
                }
                Answer::Text(typed.to_owned())
            }
            Draft::Order { items, .. } => Answer::Order(items.clone()),
            Draft::Pairs { given, .. } if given.iter().any(Option::is_none) => {
                return Err("Give every row its partner: ← and → go through them.");
            }
            Draft::Pairs { given, .. } => Answer::Pairs(given.clone()),
            Draft::Lines { marked, at, wanted, .. } => {
                // Where one line is wanted, the cursor is enough.
                let lines =
                    if marked.is_empty() && *wanted == 1 { BTreeSet::from([*at]) } else { marked.clone() };
                if lines.is_empty() {
                    return Err("Mark the faulty lines with Space, then Enter.");
                }
                debug_assert!(matches!(question.kind, Kind::FindLine(_)), "lines are for find-line");
                Answer::Lines(lines.into_iter().map(|line| line + 1).collect())
            }
        })
    }
}
