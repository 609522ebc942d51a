//! The settings.

use super::Canvas;
use super::frame::{Focus, Titles};
use super::text::{self, Piece};
use super::theme::Role;
use crate::app::extents::Target;
use crate::app::settings::{Setting, SettingsScreen};
use ratatui::layout::Rect;
use ratatui::text::Line;

/// Columns of the names.
const NAMES: usize = 22;
/// Columns of the values with their arrows.
const VALUES: usize = 16;

impl Canvas<'_, '_> {
    pub(super) fn settings(&mut self, screen: SettingsScreen, body: Rect) {
        let inside = self.pane(body, Titles { left: "settings", right: Line::default() }, Focus::Here);
        let inside = Rect { x: inside.x + 1, width: inside.width.saturating_sub(2), ..inside };
        self.out.list = usize::from(inside.height);
        for (i, setting) in Setting::ALL.iter().enumerate() {
            let (name, words) = setting.words();
            let y = i * 3 + 1;
            let value = format!("◂ {} ▸", self.app.settings.value(*setting));
            let row = vec![
                Piece::new(text::pad(&format!(" {name}"), NAMES), self.theme.style(Role::Title)),
                Piece::new(text::pad(&value, VALUES), self.theme.style(Role::Accent)),
            ];
            self.row(inside, y, row);
            let (words, role) = match self.app.settings.remark(*setting) {
                Some(remark) => (remark, Role::Warn),
                None => (words.to_owned(), Role::Quiet),
            };
            self.text(inside, y + 1, &format!("   {words}"), self.theme.style(role));
            if *setting == screen.chosen() {
                self.choose(inside, y);
            }
            self.clickable(inside, y, Target::Row(i));
        }
    }
}
