//! What things look like. One table of colours for each theme, one function from meaning to style. Meaning never rests on colour
//! alone: whatever uses a role also carries a word, a sign or a modifier. Does not know where a style is used.

use crate::app::ThemeName;
use ratatui::style::{Color, Modifier, Style};

/// What a piece of the screen means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Running text.
    Text,
    /// Text of lesser weight: ages, line numbers, comments.
    Quiet,
    /// Frames of panes without focus.
    Border,
    /// The frame of the pane with focus.
    Focus,
    /// Headings and names.
    Title,
    /// What draws the eye: keys, markers, the current thing.
    Accent,
    /// The chosen row.
    Selected,
    /// Right, healthy, done.
    Good,
    /// Waiting, worth a look.
    Warn,
    /// Wrong, failed.
    Bad,
    /// Code in a line of text.
    Code,
    /// A link.
    Link,
    /// A match of a search.
    Match,
    /// Keys of a mapping, keywords.
    Word,
    /// Strings.
    Literal,
    /// Numbers and truth values.
    Number,
}

/// A set of colours, and what else the terminal can show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Theme {
    palette: &'static Palette,
    /// How links to the web are shown.
    pub links: Links,
}

/// How links to the web are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Links {
    /// As text with the address behind it.
    #[default]
    Written,
    /// As text the terminal itself can follow (OSC 8).
    Followed,
}

/// The colours of a theme; `None` leaves the terminal's own.
#[derive(Debug, PartialEq, Eq)]
struct Palette {
    text: Option<Color>,
    ground: Option<Color>,
    quiet: Option<Color>,
    border: Option<Color>,
    accent: Option<Color>,
    good: Option<Color>,
    warn: Option<Color>,
    bad: Option<Color>,
    literal: Option<Color>,
    number: Option<Color>,
    /// Behind the chosen row; without one the row is shown in reverse.
    chosen: Option<Color>,
}

const fn index(n: u8) -> Option<Color> {
    Some(Color::Indexed(n))
}

const DARK: Palette = Palette {
    text: None,
    ground: None,
    quiet: index(246),
    border: index(240),
    accent: index(75),
    good: index(114),
    warn: index(179),
    bad: index(210),
    literal: index(151),
    number: index(180),
    chosen: index(238),
};
const LIGHT: Palette = Palette {
    text: None,
    ground: None,
    quiet: index(241),
    border: index(249),
    accent: index(25),
    good: index(28),
    warn: index(94),
    bad: index(124),
    literal: index(22),
    number: index(94),
    chosen: index(253),
};
const CONTRAST: Palette = Palette {
    text: index(231),
    ground: index(16),
    quiet: index(252),
    border: index(231),
    accent: index(87),
    good: index(120),
    warn: index(227),
    bad: index(217),
    literal: index(157),
    number: index(227),
    chosen: None,
};
const SIXTEEN: Palette = Palette {
    text: None,
    ground: None,
    quiet: None,
    border: None,
    accent: Some(Color::Cyan),
    good: Some(Color::Green),
    warn: Some(Color::Yellow),
    bad: Some(Color::Red),
    literal: Some(Color::Green),
    number: Some(Color::Yellow),
    chosen: None,
};
/// No colour at all. Under `NO_COLOR` crossterm answers a colour with a reset that would wipe bold and reverse.
const NONE: Palette = Palette {
    text: None,
    ground: None,
    quiet: None,
    border: None,
    accent: None,
    good: None,
    warn: None,
    bad: None,
    literal: None,
    number: None,
    chosen: None,
};

impl Theme {
    /// The theme of this name.
    pub fn named(name: ThemeName) -> Theme {
        let palette = match name {
            ThemeName::Dark => &DARK,
            ThemeName::Light => &LIGHT,
            ThemeName::Contrast => &CONTRAST,
            ThemeName::Sixteen => &SIXTEEN,
            ThemeName::None => &NONE,
        };
        Theme { palette, links: Links::default() }
    }

    /// The same with links shown like this.
    #[must_use]
    pub fn with_links(self, links: Links) -> Theme {
        Theme { links, ..self }
    }

    /// The style everything starts from.
    pub fn base(self) -> Style {
        colour(Style::new(), self.palette.text, self.palette.ground)
    }

    /// A style for words on a frame: what has no colour of its own keeps that of text instead of taking on the frame's.
    pub fn on_frame(self, style: Style) -> Style {
        match (style.fg, self.palette.border) {
            (None, Some(_)) => style.fg(self.palette.text.unwrap_or(Color::Reset)),
            _ => style,
        }
    }

    /// The style of a role.
    pub fn style(self, role: Role) -> Style {
        let p = self.palette;
        let plain = Style::new();
        let fg = |c: Option<Color>| colour(plain, c, None);
        match role {
            Role::Text => plain,
            Role::Quiet => fg(p.quiet),
            Role::Border => fg(p.border),
            Role::Title => plain.add_modifier(Modifier::BOLD),
            Role::Accent | Role::Focus => fg(p.accent).add_modifier(Modifier::BOLD),
            Role::Selected => match p.chosen {
                Some(_) => colour(plain, None, p.chosen).add_modifier(Modifier::BOLD),
                // One ground for the whole row, whatever colours its pieces have of their own.
                None if p.accent.is_some() => {
                    colour(plain, p.text.or(Some(Color::Reset)), p.ground.or(Some(Color::Reset)))
                        .add_modifier(Modifier::REVERSED)
                }
                None => plain.add_modifier(Modifier::REVERSED),
            },
            Role::Good => fg(p.good),
            Role::Warn => fg(p.warn),
            Role::Bad => fg(p.bad).add_modifier(Modifier::BOLD),
            Role::Code => fg(p.literal).add_modifier(if p.literal.is_none() {
                Modifier::BOLD
            } else {
                Modifier::empty()
            }),
            Role::Link => fg(p.accent).add_modifier(Modifier::UNDERLINED),
            Role::Match => plain.add_modifier(Modifier::REVERSED),
            Role::Word => fg(p.accent),
            Role::Literal => fg(p.literal),
            Role::Number => fg(p.number),
        }
    }
}

fn colour(style: Style, fg: Option<Color>, bg: Option<Color>) -> Style {
    let style = fg.map_or(style, |c| style.fg(c));
    bg.map_or(style, |c| style.bg(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROLES: &[Role] = &[
        Role::Text,
        Role::Quiet,
        Role::Border,
        Role::Focus,
        Role::Title,
        Role::Accent,
        Role::Selected,
        Role::Good,
        Role::Warn,
        Role::Bad,
        Role::Code,
        Role::Link,
        Role::Match,
        Role::Word,
        Role::Literal,
        Role::Number,
    ];

    #[test]
    fn the_theme_without_colour_sets_none_and_still_marks_the_chosen_row() {
        let theme = Theme::named(ThemeName::None);
        for role in ROLES {
            let style = theme.style(*role);
            assert_eq!((style.fg, style.bg), (None, None), "{role:?}");
        }
        assert!(theme.style(Role::Selected).add_modifier.contains(Modifier::REVERSED));
    }

    #[test]
    fn the_chosen_row_differs_from_plain_text_in_every_theme() {
        for name in ThemeName::ALL {
            assert_ne!(Theme::named(*name).style(Role::Selected), Style::new(), "{name:?}");
        }
    }
}
