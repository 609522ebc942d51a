//! A tutor on a screen that exists only in memory: press keys, let time pass, look at what is drawn.

use podlab::app::key::{Code, Key};
use podlab::app::learner::Learner;
use podlab::app::settings::Settings;
use podlab::app::{App, Effect, Mouse, Msg, ThemeName, Touch};
use podlab::course::{Pack, pack};
use podlab::ui::{self, theme::Links, theme::Theme};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::style::Modifier;
use std::time::Duration;

/// A course with one of everything.
const FILES: &[(&str, &str)] = &[
    ("lessons/01-first.md", include_str!("pack/first.md")),
    ("lessons/02-second.md", include_str!("pack/second.md")),
    ("quizzes/01-first.yaml", include_str!("pack/first.yaml")),
    ("assets/misconceptions.yaml", include_str!("pack/misconceptions.yaml")),
    ("assets/labs/mend.yaml", include_str!("pack/mend.yaml")),
];

/// The tutor and its screen.
pub struct Rig {
    pub app: App,
    pub effects: Vec<Effect>,
    terminal: Terminal<TestBackend>,
    theme: ThemeName,
    links: Links,
}

impl Rig {
    /// A tutor that was never used, on a screen of this size.
    pub fn new(width: u16, height: u16) -> Rig {
        Rig::with(width, height, &[])
    }

    /// The same with some files of the course replaced.
    pub fn with(width: u16, height: u16, replaced: &[(&str, &str)]) -> Rig {
        let kept = FILES.iter().filter(|(path, _)| replaced.iter().all(|(other, _)| other != path));
        let files =
            kept.chain(replaced).map(|(path, text)| ((*path).to_owned(), text.as_bytes().to_vec().into()));
        let files = files.collect();
        let (course, problems) = pack::load(vec![Pack { prefix: String::new(), files }]);
        assert!(problems.is_empty(), "{problems:?}");
        assert_eq!(course.quiz_problems("first"), [], "the quiz of the rig can be read");
        let app = App::new(course, Learner::default(), Settings::default());
        let terminal = Terminal::new(TestBackend::new(width, height)).expect("a screen in memory");
        let mut rig =
            Rig { app, effects: Vec::new(), terminal, theme: ThemeName::Dark, links: Links::Written };
        rig.draw();
        rig
    }

    /// The same with another theme.
    pub fn theme(mut self, theme: ThemeName) -> Rig {
        self.theme = theme;
        self.draw();
        self
    }

    /// The same on a terminal that follows links.
    pub fn following_links(mut self) -> Rig {
        self.links = Links::Followed;
        self.draw();
        self
    }

    /// Turns the wheel over a cell, down or up.
    pub fn wheel(mut self, x: u16, y: u16, touch: Touch) -> Rig {
        self.send(Msg::Mouse(Mouse { x, y, touch }));
        self
    }

    /// Puts a manifest into the shell's folder and applies it.
    pub fn apply(mut self, name: &str, text: &str) -> Rig {
        self.app.bench.practice.write_file(name, text);
        self.app.bench.practice.apply(name);
        self.draw();
        self
    }

    /// Presses keys, named as the footer names them, blanks between.
    pub fn press(mut self, keys: &str) -> Rig {
        for key in keys.split_whitespace() {
            self.key(key.parse().expect("a key"));
        }
        self
    }

    /// Types text, a character at a time.
    pub fn text(mut self, text: &str) -> Rig {
        for c in text.chars() {
            self.key(Key::plain(Code::Char(c)));
        }
        self
    }

    /// Presses one key.
    pub fn key(&mut self, key: Key) {
        self.send(Msg::Key(key));
    }

    /// Clicks a cell.
    pub fn click(mut self, x: u16, y: u16) -> Rig {
        self.send(Msg::Mouse(Mouse { x, y, touch: Touch::Press }));
        self.send(Msg::Mouse(Mouse { x, y, touch: Touch::Release }));
        self
    }

    /// Takes in a message and draws.
    pub fn send(&mut self, msg: Msg) {
        let effects = self.app.update(msg);
        self.effects.extend(effects);
        self.draw();
    }

    /// Lets seconds pass, in steps as the loop takes them.
    pub fn wait(mut self, seconds: u64) -> Rig {
        for _ in 0..seconds * 10 {
            self.send(Msg::Tick(Duration::from_millis(100)));
        }
        self
    }

    /// Makes the screen another size.
    pub fn resize(&mut self, width: u16, height: u16) {
        self.terminal = Terminal::new(TestBackend::new(width, height)).expect("a screen in memory");
        self.send(Msg::Resized);
    }

    fn draw(&mut self) {
        let theme = Theme::named(self.theme).with_links(self.links);
        for _ in 0..3 {
            let mut extents = None;
            let app = &self.app;
            self.terminal.draw(|frame| extents = Some(ui::draw(frame, app, theme))).expect("drawn");
            let again = extents.map(|extents| self.app.update(Msg::Painted(extents))).unwrap_or_default();
            if again.is_empty() {
                return;
            }
        }
    }

    /// What is on the screen.
    pub fn screen(&self) -> String {
        let buffer = self.terminal.backend().buffer();
        let area = buffer.area;
        let rows = (0..area.height).map(|y| {
            let mut row = String::new();
            let mut skip = 0;
            for x in 0..area.width {
                let symbol = bare(buffer[(x, y)].symbol());
                if skip == 0 {
                    row.push_str(symbol);
                    skip = ui::text::width(symbol).saturating_sub(1);
                } else {
                    skip -= 1;
                }
            }
            row.trim_end().to_owned()
        });
        rows.collect::<Vec<_>>().join("\n")
    }

    /// The address of the link in each cell of the screen that is part of one.
    pub fn addresses(&self) -> Vec<String> {
        let symbols = self.terminal.backend().buffer().content().iter().map(ratatui::buffer::Cell::symbol);
        let address = |symbol: &str| Some(symbol.strip_prefix(LINK)?.split_once(END)?.0.to_owned());
        symbols.filter_map(address).collect()
    }

    /// How each cell looks: `R` reversed, `B` bold, `C` coloured, `.` plain.
    pub fn styles(&self) -> String {
        let buffer = self.terminal.backend().buffer();
        let area = buffer.area;
        let look = |x: u16, y: u16| {
            let cell = &buffer[(x, y)];
            let coloured = cell.fg != ratatui::style::Color::Reset || cell.bg != ratatui::style::Color::Reset;
            match cell.modifier {
                m if m.contains(Modifier::REVERSED) => 'R',
                m if m.contains(Modifier::BOLD) && coloured => 'A',
                m if m.contains(Modifier::BOLD) => 'B',
                _ if coloured => 'C',
                _ => '.',
            }
        };
        (0..area.height)
            .map(|y| (0..area.width).map(|x| look(x, y)).collect::<String>())
            .collect::<Vec<_>>()
            .join("\n")
    }

    /// The grounds that show in a row between its frames, reversed cells by the colour they show as ground.
    pub fn grounds(&self, y: u16) -> std::collections::BTreeSet<String> {
        let buffer = self.terminal.backend().buffer();
        let ground = |x: u16| {
            let cell = &buffer[(x, y)];
            let reversed = cell.modifier.contains(Modifier::REVERSED);
            format!("{:?}", if reversed { (cell.fg, cell.bg) } else { (cell.bg, cell.bg) })
        };
        (1..buffer.area.width - 2).map(ground).collect()
    }

    /// The footer.
    pub fn footer(&self) -> String {
        self.screen().lines().last().unwrap_or_default().to_owned()
    }

    /// Where on the screen a text stands.
    pub fn find(&self, text: &str) -> Option<(u16, u16)> {
        self.screen().lines().enumerate().find_map(|(y, line)| {
            let at = line.find(text)?;
            Some((ui::text::width(&line[..at]) as u16, y as u16))
        })
    }
}

/// How a link begins, and how its address ends.
const LINK: &str = "\x1b]8;;";
const END: &str = "\x1b\\";

/// What a cell shows without the link it is part of.
fn bare(symbol: &str) -> &str {
    let Some((_, shown)) = symbol.strip_prefix(LINK).and_then(|rest| rest.split_once(END)) else {
        return symbol;
    };
    shown.split(LINK).next().unwrap_or(shown)
}
