//! The table of programs: name and how it starts. Looked up by the name an executable file carries.

use super::super::shell;
use super::{Call, Program, text, wait};

/// Sets a program up.
pub(in super::super) type Start = fn(&mut Call<'_, '_>) -> Program;

/// Every program podlab has a model of, sorted by name.
pub(in super::super) const PROGRAMS: &[(&str, Start)] = &[
    ("ash", shell::start_ash),
    ("bash", shell::start_bash),
    ("dash", shell::start_dash),
    ("echo", text::run_echo),
    ("false", wait::false_),
    ("pause", wait::pause),
    ("printf", text::run_printf),
    ("sh", shell::start_ash),
    ("sleep", wait::sleep),
    ("true", wait::true_),
];

/// The start of a program.
pub(in super::super) fn find(name: &str) -> Option<Start> {
    PROGRAMS.binary_search_by(|(known, _)| (*known).cmp(name)).ok().map(|index| PROGRAMS[index].1)
}
