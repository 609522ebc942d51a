//! The view. `draw` paints the state of the tutor and reports how it came out; it changes nothing.
//!
//! ```text
//! ┌ 09 CrashLoopBackOff ──────────────┬ kubectl get pods -w ── ▶ ×10  1m35s ┐
//! │ the page                          │ the watch                           │
//! │                                   ├ x-ray ──────────────────────────────┤
//! │                                   │ the picture of a Pod                │
//! │                                   ├ shell ──────────────────────────────┤
//! │                                   │ $ kubectl logs web --previous       │
//! ├───────────────────────────────────┴─────────────────────────────────────┤
//! │ what the keys do here                                                   │
//! └─────────────────────────────────────────────────────────────────────────┘
//! ```

/// The YAML editor.
mod editor;
/// Questions.
mod exam;
/// Frames around panes, and rows with a mark.
mod frame;
/// All keys of a place.
mod help;
/// The footer.
mod hints;
/// Links the terminal follows.
mod link;
/// The map of the course.
mod map;
/// What lies above the screen.
mod overlay;
/// Pages set into lines.
pub mod page;
/// Who gets which part of the screen.
mod panes;
/// Scores and charts.
mod progress;
/// A chapter or a lab.
mod reader;
/// Search.
mod search;
/// Settings.
mod settings;
/// The shell.
mod shell;
/// Running text.
pub mod text;
/// Colours.
pub mod theme;
/// The watch.
mod watch;
/// The picture of a Pod.
mod xray;

use crate::app::editor::Editor;
use crate::app::extents::{Area, Extents, Shape};
use crate::app::{App, Screen};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::widgets::{Paragraph, Wrap};
use theme::{Role, Theme};

/// The narrowest screen that has panes beside the text, in columns.
const WIDE: u16 = 110;
/// The smallest screen that shows anything, in columns and rows.
const SMALLEST: (u16, u16) = (40, 10);

/// What drawing needs to know and what it reports: handed down to every part of the view.
pub(crate) struct Canvas<'a, 'b> {
    /// What is drawn on.
    pub frame: &'a mut Frame<'b>,
    /// What is drawn.
    pub app: &'a App,
    /// How.
    pub theme: Theme,
    /// What is reported.
    pub out: Extents,
}

/// Paints the state of the tutor and says how it came out.
pub fn draw(frame: &mut Frame<'_>, app: &App, theme: Theme) -> Extents {
    let whole = frame.area();
    let shape = match (whole.width, whole.height) {
        (width, height) if width < SMALLEST.0 || height < SMALLEST.1 => Shape::Tiny,
        (width, _) if width >= WIDE => Shape::Wide,
        _ => Shape::Narrow,
    };
    frame.buffer_mut().set_style(whole, theme.base());
    let out = Extents { screen: area(whole), shape, ..Extents::default() };
    let mut canvas = Canvas { frame, app, theme, out };
    if shape == Shape::Tiny {
        canvas.too_small(whole);
    } else {
        let footer = Rect { y: whole.bottom() - 1, height: 1, ..whole };
        let body = Rect { height: whole.height - 1, ..whole };
        canvas.screen(body);
        canvas.hints(footer);
        canvas.overlay(body);
        canvas.notice(body);
    }
    canvas.out
}

/// Paints the editor alone, for a shell outside of the tutor.
pub fn draw_editor(frame: &mut Frame<'_>, app: &App, editor: &Editor, theme: Theme) {
    let whole = frame.area();
    frame.buffer_mut().set_style(whole, theme.base());
    let out = Extents { screen: area(whole), ..Extents::default() };
    Canvas { frame, app, theme, out }.editor(editor, whole);
}

impl Canvas<'_, '_> {
    fn screen(&mut self, body: Rect) {
        match &self.app.trail.screen {
            Screen::Map(map) => self.map(map, body),
            Screen::Chapter(reader) | Screen::Lab(reader) | Screen::Experiment(reader) => {
                self.bench(reader, body);
            }
            Screen::Exam(exam) => self.exam(exam, body),
            Screen::Progress(scrolled) => self.progress(*scrolled, body),
            Screen::Search(search) => self.search(search, body),
            Screen::Settings(screen) => self.settings(*screen, body),
        }
    }

    fn too_small(&mut self, whole: Rect) {
        let long = format!(
            "podlab needs {}×{} at least; this is {}×{}. Make the window larger, or press Ctrl-C.",
            SMALLEST.0, SMALLEST.1, whole.width, whole.height
        );
        // Lines break at blanks, so that not every cell is filled.
        let fits = whole.area() as usize >= text::width(&long) * 5 / 4;
        let text = if fits { long } else { format!("podlab needs {}×{}", SMALLEST.0, SMALLEST.1) };
        let words = Paragraph::new(text).wrap(Wrap { trim: true }).style(self.theme.style(Role::Warn));
        self.frame.render_widget(words, whole);
    }
}

/// A rectangle in the tutor's own terms.
pub(crate) fn area(rect: Rect) -> Area {
    Area { x: rect.x, y: rect.y, width: rect.width, height: rect.height }
}
