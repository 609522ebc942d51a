//! Which theme fits the terminal.

use crate::app::settings::ThemeName;
use std::env;
use std::time::Duration;
use terminal_colorsaurus::{QueryOptions, ThemeMode, theme_mode};

/// How long a terminal may take to say its background.
const PATIENCE: Duration = Duration::from_millis(120);

/// The theme that fits this terminal, by what it says of its background: dark or light, if it can show them at all. Keys pressed
/// before it has answered are lost with the answer, so this is only for where nobody chose a theme.
pub fn fitting() -> ThemeName {
    let promised = promised();
    if promised != ThemeName::Dark {
        return promised;
    }
    let mut options = QueryOptions::default();
    options.timeout = PATIENCE;
    match theme_mode(options) {
        Ok(ThemeMode::Light) => ThemeName::Light,
        Ok(ThemeMode::Dark) | Err(_) => ThemeName::Dark,
    }
}

/// The theme that fits by what the environment promises: none under `NO_COLOR`, sixteen colours where no more are named, else dark.
pub fn promised() -> ThemeName {
    let is_set = |name: &str| env::var_os(name).is_some_and(|value| !value.is_empty());
    if is_set("NO_COLOR") {
        return ThemeName::None;
    }
    let term = env::var("TERM").unwrap_or_default();
    let many = is_set("COLORTERM") || term.contains("256color") || term.contains("direct");
    if many { ThemeName::Dark } else { ThemeName::Sixteen }
}
