//! What the view reports back after drawing: how much room there was, where things came to lie, what a click would hit. The view
//! changes nothing itself; scrolling and clicking are decided from these numbers.

use super::action::Action;
use super::bench::Pane;

/// A rectangle of the screen, in cells.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Area {
    /// Left column.
    pub x: u16,
    /// Top row.
    pub y: u16,
    /// Columns.
    pub width: u16,
    /// Rows.
    pub height: u16,
}

impl Area {
    /// Whether the cell lies inside.
    pub fn contains(self, x: u16, y: u16) -> bool {
        x >= self.x && y >= self.y && x - self.x < self.width && y - self.y < self.height
    }
}

/// How the panes are arranged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Shape {
    /// Text left, panes right.
    Wide,
    /// One pane at a time, with a strip of the watch under the text.
    #[default]
    Narrow,
    /// Too small for anything but a line that says so.
    Tiny,
}

/// A border between panes that can be dragged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Divide {
    /// Between the text and the panes at its right.
    Column,
    /// Between the watch and the x-ray.
    Watch,
    /// Between the x-ray and the shell.
    Xray,
}

/// What a click can hit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// A pane.
    Pane(Pane),
    /// A row of the screen's list, or an option of its question.
    Row(usize),
    /// A row of the overlay's list.
    OverlayRow(usize),
    /// A row of the watch.
    WatchRow(usize),
    /// Something in the page that can be acted on.
    Item(usize),
    /// A hint in the footer.
    Hint(Action),
    /// A border.
    Divide(Divide),
    /// The inside of an overlay; clicks beside it close it.
    Overlay,
}

/// How a page came out at the current width.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PageExtent {
    /// Visible lines.
    pub height: usize,
    /// Lines in all.
    pub total: usize,
    /// The first line of each block.
    pub starts: Vec<usize>,
    /// First line and number of lines of each item, in order.
    pub items: Vec<(usize, usize)>,
}

/// Everything the last frame reports.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Extents {
    /// Size of the screen.
    pub screen: Area,
    /// How the panes are arranged.
    pub shape: Shape,
    /// The page of the screen.
    pub page: PageExtent,
    /// Visible rows of the screen's list.
    pub list: usize,
    /// Visible and total lines of the overlay's text or list.
    pub overlay: (usize, usize),
    /// The lines of the overlay's text with what is looked for.
    pub matches: Vec<usize>,
    /// Visible rows of the watch.
    pub watch: usize,
    /// Visible lines and all lines of the x-ray.
    pub xray: (usize, usize),
    /// Visible lines of the shell.
    pub shell: usize,
    /// The box that holds the panes, for dragging borders.
    pub body: Area,
    /// What a click hits; later entries lie above earlier ones.
    pub hits: Vec<(Area, Target)>,
}

impl Extents {
    /// What lies at a cell.
    pub fn hit(&self, x: u16, y: u16) -> Option<Target> {
        self.hits.iter().rev().find(|(area, _)| area.contains(x, y)).map(|(_, target)| *target)
    }
}
