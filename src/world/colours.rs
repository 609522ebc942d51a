//! Which theme fits the terminal.

use crate::app::settings::ThemeName;
use std::env;
use std::time::Duration;
use terminal_colorsaurus::{QueryOptions, ThemeMode, theme_mode};

/// How long a terminal may take to say its background.
const PATIENCE: Duration = Duration::from_millis(120);

/// The theme that fits this terminal: none under `NO_COLOR`, sixteen colours where no more are promised, else dark or light by what
/// the terminal says of its background.
pub fn fitting() -> ThemeName {
    let is_set = |name: &str| env::var_os(name).is_some_and(|value| !value.is_empty());
    if is_set("NO_COLOR") {
        return ThemeName::None;
    }
    let term = env::var("TERM").unwrap_or_default();
    if !is_set("COLORTERM") && !term.contains("256color") && !term.contains("direct") {
        return ThemeName::Sixteen;
    }
    let mut options = QueryOptions::default();
    options.timeout = PATIENCE;
    match theme_mode(options) {
        Ok(ThemeMode::Light) => ThemeName::Light,
        Ok(ThemeMode::Dark) | Err(_) => ThemeName::Dark,
    }
}
