//! The table of programs: name and how it starts. Looked up by the name an executable file carries.

use super::{Call, Program, wait};

/// Sets a program up.
pub(in super::super) type Start = fn(&mut Call<'_, '_>) -> Program;

/// Every program podlab has a model of, sorted by name.
pub(in super::super) const PROGRAMS: &[(&str, Start)] = &[
    ("ash", super::super::shell::start),
    ("bash", super::super::shell::start),
    ("dash", super::super::shell::start),
    ("false", wait::false_),
    ("pause", wait::pause),
    ("sh", super::super::shell::start),
    ("sleep", wait::sleep),
    ("true", wait::true_),
];

/// The start of a program.
pub(in super::super) fn find(name: &str) -> Option<Start> {
    PROGRAMS.binary_search_by(|(known, _)| (*known).cmp(name)).ok().map(|index| PROGRAMS[index].1)
}
