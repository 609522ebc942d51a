//! Where one is in something longer than the screen.

/// A chosen row and the first visible one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cursor {
    /// The chosen row.
    pub at: usize,
    /// The first visible row.
    pub top: usize,
}

/// A text that is only scrolled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Scrolled {
    /// The first visible line.
    pub top: usize,
}

/// A way to move.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Move {
    /// By lines; negative is up.
    Lines(isize),
    /// By screens; negative is up.
    Pages(isize),
    /// To the first line.
    Top,
    /// To the last line.
    Bottom,
}

impl Move {
    /// Where this leads from `at` when `height` of `count` lines fit: any line may be reached.
    pub fn from(self, at: usize, height: usize, count: usize) -> usize {
        let last = count.saturating_sub(1);
        let page = height.saturating_sub(1).max(1);
        match self {
            Move::Lines(n) => at.saturating_add_signed(n).min(last),
            Move::Pages(n) => at.saturating_add_signed(n.saturating_mul(page as isize)).min(last),
            Move::Top => 0,
            Move::Bottom => last,
        }
    }

    /// Where this leads the first visible line: never past the last full screen.
    pub fn scroll(self, top: usize, height: usize, count: usize) -> usize {
        let furthest = count.saturating_sub(height);
        match self {
            Move::Bottom => furthest,
            other => other.from(top, height, count).min(furthest),
        }
    }
}

impl Cursor {
    /// Moves the chosen row and keeps it visible.
    pub fn go(&mut self, way: Move, height: usize, count: usize) {
        self.at = way.from(self.at, height, count);
        self.fit(height, count);
    }

    /// Chooses a row and keeps it visible.
    pub fn choose(&mut self, at: usize, height: usize, count: usize) {
        self.at = at;
        self.fit(height, count);
    }

    /// Brings both into range and the chosen row into view.
    pub fn fit(&mut self, height: usize, count: usize) {
        self.at = self.at.min(count.saturating_sub(1));
        self.top = self.top.min(self.at).max((self.at + 1).saturating_sub(height.max(1)));
        self.top = self.top.min(count.saturating_sub(height));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_chosen_row_stays_in_range_and_in_view() {
        let mut cursor = Cursor::default();
        for way in
            [Move::Lines(-3), Move::Pages(2), Move::Lines(50), Move::Top, Move::Bottom, Move::Pages(-1)]
        {
            for (height, count) in [(0, 0), (0, 5), (5, 0), (3, 10), (10, 3)] {
                cursor.go(way, height, count);
                assert!(cursor.at < count.max(1));
                assert!(cursor.top <= cursor.at && cursor.at < cursor.top + height.max(1));
            }
        }
    }

    #[test]
    fn a_text_never_scrolls_past_its_end() {
        assert_eq!(Move::Lines(100).scroll(0, 10, 25), 15);
        assert_eq!(Move::Bottom.scroll(0, 10, 25), 15);
        assert_eq!(Move::Lines(1).scroll(0, 10, 4), 0);
        assert_eq!(Move::Pages(1).scroll(0, 10, 25), 9);
    }
}
