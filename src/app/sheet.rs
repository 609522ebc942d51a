//! A window of text above the screen: what kubectl says about a Pod, found in, scrolled and kept up to date while time goes on.

use super::extents::Extents;
use super::line_editor::LineEditor;
use super::scroll::Move;
use crate::kube::Key as ObjectKey;

/// What kubectl is asked about a Pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// `kubectl describe pod`.
    Describe,
    /// `kubectl logs`.
    Logs,
    /// `kubectl logs --previous`.
    PreviousLogs,
    /// `kubectl get pod -o yaml`.
    Yaml,
}

impl Asked {
    /// The command line about `pod`.
    pub fn command(self, pod: &str) -> String {
        match self {
            Asked::Describe => format!("kubectl describe pod {pod}"),
            Asked::Logs => format!("kubectl logs {pod} --all-containers"),
            Asked::PreviousLogs => format!("kubectl logs {pod} --all-containers --previous"),
            Asked::Yaml => format!("kubectl get pod {pod} -o yaml"),
        }
    }
}

/// Whether the newest lines stay in sight when there are more.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Follow {
    /// The place stays.
    #[default]
    Stay,
    /// The end stays in sight.
    End,
}

/// Looking for a text in the window.
#[derive(Clone, Debug, Default)]
pub enum Finding {
    /// Nothing is looked for.
    #[default]
    Off,
    /// What is looked for is being typed.
    Typing(LineEditor),
    /// This is looked for, lower case.
    For(String),
}

/// What kubectl says about a Pod.
#[derive(Clone, Debug)]
pub struct Sheet {
    /// What was asked.
    pub asked: Asked,
    /// About which Pod.
    pub pod: ObjectKey,
    /// The answer.
    pub lines: Vec<String>,
    /// The first visible line on the screen, of those the lines are folded into.
    pub top: usize,
    /// Whether the end stays in sight.
    pub follow: Follow,
    /// What is looked for.
    pub finding: Finding,
}

impl Sheet {
    /// The answer to `asked`; logs begin at their end.
    pub fn new(asked: Asked, pod: ObjectKey, answer: &str) -> Sheet {
        let follow = if asked == Asked::Logs { Follow::End } else { Follow::Stay };
        let mut sheet = Sheet { asked, pod, lines: Vec::new(), top: 0, follow, finding: Finding::Off };
        sheet.renew(answer);
        sheet
    }

    /// The command the window stands for.
    pub fn command(&self) -> String {
        self.asked.command(&self.pod.name)
    }

    /// Takes in a newer answer; true if it differs. What a terminal would obey is left out.
    pub fn renew(&mut self, answer: &str) -> bool {
        let lines = answer.lines().map(|line| crate::course::text::visible(line).replace('\t', "    "));
        let lines: Vec<String> = lines.collect();
        let differs = lines != self.lines;
        self.lines = lines;
        differs
    }

    /// The first visible line, when `total` lines are shown in `height`.
    pub fn first(&self, height: usize, total: usize) -> usize {
        let furthest = total.saturating_sub(height);
        if self.follow == Follow::End { furthest } else { self.top.min(furthest) }
    }

    /// Moves; logs follow their end again once it is reached.
    pub fn scroll(&mut self, way: Move, extents: &Extents) {
        let (height, total) = extents.overlay;
        self.top = way.scroll(self.first(height, total), height, total);
        let at_end = self.top + height >= total;
        self.follow = if self.asked == Asked::Logs && at_end { Follow::End } else { Follow::Stay };
    }

    /// What is looked for, lower case; empty if nothing is.
    pub fn wanted(&self) -> String {
        match &self.finding {
            Finding::Off => String::new(),
            Finding::Typing(line) => line.text().to_lowercase(),
            Finding::For(text) => text.clone(),
        }
    }

    /// Begins to look for something.
    pub fn find(&mut self) {
        self.finding = Finding::Typing(LineEditor::default());
    }

    /// Looks for what was typed, from the place on; with nothing typed the window looks for nothing.
    pub fn found(&mut self, extents: &Extents) {
        let wanted = self.wanted();
        if wanted.is_empty() {
            self.finding = Finding::Off;
            return;
        }
        self.finding = Finding::For(wanted);
        self.next_match(false, self.first(extents.overlay.0, extents.overlay.1), extents);
    }

    /// Goes to the next or previous line with what is looked for; round the ends.
    pub fn step(&mut self, back: bool, extents: &Extents) {
        let (height, total) = extents.overlay;
        let top = self.first(height, total);
        let from = if back { top } else { top + 1 };
        self.next_match(back, from, extents);
    }

    fn next_match(&mut self, back: bool, from: usize, extents: &Extents) {
        let hits = &extents.matches;
        let next = if back {
            hits.iter().rev().find(|line| **line < from).or(hits.last())
        } else {
            hits.iter().find(|line| **line >= from).or(hits.first())
        };
        if let Some(line) = next {
            (self.top, self.follow) = (*line, Follow::Stay);
        }
    }

    /// Stops looking; false if nothing was looked for.
    pub fn stop_finding(&mut self) -> bool {
        !matches!(std::mem::take(&mut self.finding), Finding::Off)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kube::Kind;

    fn pod() -> ObjectKey {
        ObjectKey { kind: Kind::Pod, namespace: "default".into(), name: "web".into() }
    }

    #[test]
    fn logs_follow_their_end_until_one_scrolls_up_and_again_at_the_end() {
        let text = "line\n".repeat(50);
        let mut sheet = Sheet::new(Asked::Logs, pod(), &text);
        let extents = Extents { overlay: (10, 50), ..Extents::default() };
        assert_eq!(sheet.first(10, 50), 40);
        sheet.scroll(Move::Lines(-1), &extents);
        assert_eq!(sheet.first(10, 60), 39);
        sheet.scroll(Move::Bottom, &extents);
        assert_eq!(sheet.first(10, 60), 50);
    }

    #[test]
    fn matches_are_gone_through_round_the_ends() {
        let mut sheet = Sheet::new(Asked::Describe, pod(), &"line\n".repeat(50));
        let extents = Extents { overlay: (10, 50), matches: vec![3, 30], ..Extents::default() };
        sheet.find();
        sheet.found(&extents);
        assert_eq!(sheet.top, 0, "nothing typed, nothing found");
        sheet.finding = Finding::For("line".into());
        for (back, at) in [(false, 3), (false, 30), (false, 3), (true, 30), (true, 3)] {
            sheet.step(back, &extents);
            assert_eq!(sheet.top, at);
        }
    }

    #[test]
    fn what_a_terminal_would_obey_is_left_out() {
        let sheet = Sheet::new(Asked::Logs, pod(), "a\u{1b}[31mb\tc");
        assert!(!sheet.lines[0].contains('\u{1b}'), "{:?}", sheet.lines);
    }
}
