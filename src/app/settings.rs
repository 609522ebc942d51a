//! What the learner can set, and the screen that sets it.

use super::action::Action;
use super::scroll::Cursor;
use serde::{Deserialize, Serialize};

/// The name of a theme.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ThemeName {
    /// For dark terminals.
    #[default]
    Dark,
    /// For light terminals.
    Light,
    /// White on black, strong colours.
    Contrast,
    /// The sixteen colours every terminal has, as the terminal defines them.
    Sixteen,
    /// No colour.
    None,
}

impl ThemeName {
    /// All themes.
    pub const ALL: &[ThemeName] =
        &[ThemeName::Dark, ThemeName::Light, ThemeName::Contrast, ThemeName::Sixteen, ThemeName::None];

    /// The name as it is typed and shown.
    pub const fn name(self) -> &'static str {
        match self {
            ThemeName::Dark => "dark",
            ThemeName::Light => "light",
            ThemeName::Contrast => "contrast",
            ThemeName::Sixteen => "ansi",
            ThemeName::None => "none",
        }
    }

    /// The theme of that name.
    pub fn named(name: &str) -> Option<ThemeName> {
        ThemeName::ALL.iter().copied().find(|theme| theme.name() == name)
    }
}

/// A theme that was chosen, or the one that fits the terminal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ThemeChoice {
    /// Whatever fits the terminal.
    #[default]
    Auto,
    /// This one.
    Chosen(ThemeName),
}

/// Whether something is wanted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Wanted {
    /// Yes.
    Yes,
    /// No.
    #[default]
    No,
}

impl Wanted {
    /// Whether it is.
    pub fn is_yes(self) -> bool {
        self == Wanted::Yes
    }

    fn other(self) -> Wanted {
        if self.is_yes() { Wanted::No } else { Wanted::Yes }
    }

    fn word(self) -> &'static str {
        if self.is_yes() { "yes" } else { "no" }
    }
}

/// What the learner set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// The theme.
    pub theme: ThemeChoice,
    /// The speed with which simulated time starts.
    pub speed: u32,
    /// No movement on the screen but what the simulation needs.
    pub calm: Wanted,
    /// Questions to review on a day.
    pub daily: u32,
    /// Whether days in a row are counted.
    pub streak: Wanted,
    /// Whether the mouse is used; without it the terminal's own selection works.
    pub mouse: Wanted,
    /// The theme that the command line or the environment asks for; it wins for this run and is not kept.
    #[serde(skip)]
    pub forced: Option<ThemeName>,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            theme: ThemeChoice::Auto,
            speed: 1,
            calm: Wanted::No,
            daily: 20,
            streak: Wanted::No,
            mouse: Wanted::Yes,
            forced: None,
        }
    }
}

/// One thing that can be set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "named after the fields of Settings")]
pub enum Setting {
    Theme,
    Speed,
    Calm,
    Daily,
    Streak,
    Mouse,
}

impl Setting {
    /// All of them in the order shown.
    pub const ALL: &[Setting] =
        &[Setting::Theme, Setting::Speed, Setting::Calm, Setting::Daily, Setting::Streak, Setting::Mouse];

    /// What it is called, and a word of explanation.
    pub const fn words(self) -> (&'static str, &'static str) {
        match self {
            Setting::Theme => ("Theme", "auto follows the background of your terminal"),
            Setting::Speed => {
                ("Speed at start", "simulated seconds in a real one; < and > change it any time")
            }
            Setting::Calm => {
                ("Reduced motion", "nothing moves by itself: the clock is drawn anew with what happens")
            }
            Setting::Daily => ("Questions a day", "as many old questions come back at most"),
            Setting::Streak => ("Count days in a row", "off by default: learning is no contest"),
            Setting::Mouse => ("Mouse", "without it, your terminal's own text selection works"),
        }
    }
}

const SPEEDS: &[u32] = &[1, 2, 5, 10, 20, 50, 100];
const DAILY: &[u32] = &[5, 10, 20, 30, 50, 100];

impl Settings {
    /// What is to be known about a setting beyond its words; `None` if nothing is.
    pub fn remark(&self, setting: Setting) -> Option<String> {
        let name = self.forced.filter(|_| setting == Setting::Theme)?.name();
        Some(format!("this run uses {name}: --theme, --no-color or NO_COLOR wins; kept for the next run"))
    }

    /// The value as it is shown.
    pub fn value(&self, setting: Setting) -> String {
        match setting {
            Setting::Theme => match self.theme {
                ThemeChoice::Auto => "auto".to_owned(),
                ThemeChoice::Chosen(name) => name.name().to_owned(),
            },
            Setting::Speed => format!("×{}", self.speed),
            Setting::Calm => self.calm.word().to_owned(),
            Setting::Daily => self.daily.to_string(),
            Setting::Streak => self.streak.word().to_owned(),
            Setting::Mouse => self.mouse.word().to_owned(),
        }
    }

    /// Takes the next or previous value.
    pub fn change(&mut self, setting: Setting, back: bool) {
        match setting {
            Setting::Theme => {
                let mut all = vec![ThemeChoice::Auto];
                all.extend(ThemeName::ALL.iter().map(|name| ThemeChoice::Chosen(*name)));
                self.theme = next(&all, self.theme, back);
            }
            Setting::Speed => self.speed = next(SPEEDS, self.speed, back),
            Setting::Calm => self.calm = self.calm.other(),
            Setting::Daily => self.daily = next(DAILY, self.daily, back),
            Setting::Streak => self.streak = self.streak.other(),
            Setting::Mouse => self.mouse = self.mouse.other(),
        }
    }
}

fn next<T: Copy + PartialEq>(all: &[T], now: T, back: bool) -> T {
    let at = all.iter().position(|value| *value == now).unwrap_or(0);
    all[(at + if back { all.len() - 1 } else { 1 }) % all.len()]
}

/// The screen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SettingsScreen {
    /// The chosen row.
    pub cursor: Cursor,
}

impl SettingsScreen {
    /// The chosen setting.
    pub fn chosen(self) -> Setting {
        Setting::ALL[self.cursor.at.min(Setting::ALL.len() - 1)]
    }

    /// Acts on a key; true if settings changed.
    pub fn perform(&mut self, action: Action, settings: &mut Settings) -> bool {
        let count = Setting::ALL.len();
        match action {
            Action::Right => settings.change(self.chosen(), false),
            Action::Left => settings.change(self.chosen(), true),
            other => {
                if let Some(way) = super::bench::way(other) {
                    self.cursor.go(way, count, count);
                }
                return false;
            }
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_setting_comes_round_to_where_it_started() {
        for setting in Setting::ALL {
            let mut settings = Settings::default();
            let start = settings.value(*setting);
            settings.change(*setting, false);
            assert_ne!(settings.value(*setting), start);
            settings.change(*setting, true);
            assert_eq!(settings.value(*setting), start);
        }
    }
}
