//! The mouse: what a click, the wheel or a drag means, from what the last frame says lies there.

use super::action::Action;
use super::bench::Pane;
use super::extents::Target;
use super::overlay::Overlay;
use super::scroll::Move;
use super::{App, Effect, Mouse, Reactions, Screen, Touch};

/// Lines that one notch of the wheel moves.
const NOTCH: isize = 3;

impl App {
    /// Takes in what the mouse did.
    pub(super) fn mouse(&mut self, mouse: Mouse) -> Vec<Effect> {
        match mouse.touch {
            Touch::Press => self.press(mouse),
            Touch::Drag => self.drag(mouse),
            Touch::Release => {
                self.trail.held = None;
                Vec::new()
            }
            Touch::WheelUp => self.wheel(mouse, -1),
            Touch::WheelDown => self.wheel(mouse, 1),
        }
    }

    fn press(&mut self, mouse: Mouse) -> Vec<Effect> {
        self.notice = None;
        let hit = self.extents.hit(mouse.x, mouse.y);
        if let Some(Target::Hint(action)) = hit {
            return self.perform(action);
        }
        let reactions = match (hit, &mut self.overlay) {
            (Some(Target::Divide(divide)), None) => {
                self.trail.held = Some(divide);
                Vec::new()
            }
            (Some(Target::OverlayRow(row)), Some(_)) => return self.press_overlay_row(row),
            (Some(Target::Overlay), Some(_)) | (_, Some(Overlay::Editor(_))) | (None, None) => Vec::new(),
            (_, Some(_)) => {
                self.overlay = None;
                Vec::new()
            }
            (Some(target), None) => self.press_screen(target),
        };
        let mut effects = vec![Effect::Draw];
        self.commit(reactions, &mut effects);
        effects
    }

    fn press_overlay_row(&mut self, row: usize) -> Vec<Effect> {
        let cursor = match &mut self.overlay {
            Some(Overlay::Palette(palette)) => &mut palette.cursor,
            Some(Overlay::Why(chain)) => &mut chain.cursor,
            _ => return Vec::new(),
        };
        let again = cursor.at == row;
        cursor.at = row;
        if again { self.perform(Action::Act) } else { vec![Effect::Draw] }
    }

    fn press_screen(&mut self, target: Target) -> Reactions {
        if self.shows_bench() {
            match target {
                Target::Pane(pane) => self.bench.focus = pane,
                Target::Item(_) => self.bench.focus = Pane::Text,
                Target::WatchRow(row) => {
                    self.bench.focus = Pane::Watch;
                    let now = self.bench.chosen_row().unwrap_or(0);
                    self.bench.choose_row(Move::Lines(row as isize - now as isize), &self.extents);
                }
                _ => {}
            }
        }
        match (&mut self.trail.screen, target) {
            (Screen::Map(map), Target::Row(row)) => map.click(row, &self.course),
            (Screen::Exam(exam), Target::Row(row)) => exam.click(row, &self.course),
            (Screen::Search(search), Target::Row(row)) => search.open(row),
            (Screen::Settings(screen), Target::Row(row)) => {
                screen.cursor.at = row;
                self.in_screen(Action::Right)
            }
            (Screen::Chapter(reader) | Screen::Lab(reader) | Screen::Experiment(reader), Target::Item(i)) => {
                let again = reader.focus == Some(i);
                reader.focus = Some(i);
                match reader.items.get(i) {
                    Some(item) if again || matches!(item.thing, super::page::Thing::Link(_)) => {
                        reader.act_on(&item.thing.clone(), &self.course)
                    }
                    _ => Vec::new(),
                }
            }
            _ => Vec::new(),
        }
    }

    fn drag(&mut self, mouse: Mouse) -> Vec<Effect> {
        let Some(divide) = self.trail.held else { return Vec::new() };
        self.bench.drag(divide, mouse.x, mouse.y, &self.extents);
        vec![Effect::Draw]
    }

    /// The wheel moves what the pointer is over, wherever the focus is.
    fn wheel(&mut self, mouse: Mouse, direction: isize) -> Vec<Effect> {
        let action = if direction < 0 { Action::Up } else { Action::Down };
        let over = self.extents.hit(mouse.x, mouse.y);
        if self.overlay.is_some() || !self.shows_bench() {
            return (0..NOTCH).flat_map(|_| self.perform(action)).collect();
        }
        let before = self.bench.focus;
        self.bench.focus = match over {
            Some(Target::Pane(pane)) => pane,
            Some(Target::WatchRow(_)) => Pane::Watch,
            _ => Pane::Text,
        };
        let action = match (self.bench.focus, direction < 0) {
            (Pane::Shell, true) => Action::OutputUp,
            (Pane::Shell, false) => Action::OutputDown,
            _ => action,
        };
        let times = if self.bench.focus == Pane::Shell { 1 } else { NOTCH };
        let effects = (0..times).flat_map(|_| self.perform(action)).collect();
        self.bench.focus = before;
        effects
    }
}
