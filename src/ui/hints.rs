//! The footer: what the keys do here, from the one table of keys, as many as fit.

use super::frame::{Focus, Titles};
use super::text::{self, Piece, Row};
use super::theme::Role;
use super::watch::is_stuck;
use super::{Canvas, area};
use crate::app::Screen;
use crate::app::action::Action;
use crate::app::bench::{Pane, WatchView};
use crate::app::editor;
use crate::app::exam::draft::Draft;
use crate::app::exam::{self, Purpose, Stage};
use crate::app::extents::Target;
use crate::app::keymap::{self, Binding, Context};
use crate::app::overlay::Overlay;
use crate::app::page::{Thing, is_manifest};
use crate::app::reader::{Reader, is_done};
use crate::app::sheet::Asked;
use ratatui::layout::Rect;
use ratatui::text::Line;
use ratatui::widgets::Clear;

/// What leads on from a moment gone by, the first first.
const PAST: [Action; 2] = [Action::Live, Action::Pause];
/// What is shown only where room is left.
const LATE: [Action; 2] = [Action::Restart, Action::NextSection];
/// Cells that the keys leading on need beside a notice: the first of them, and back.
const KEYS: usize = 24;
/// Rows of the tallest notice above the footer.
const NOTICE: usize = 4;

impl Canvas<'_, '_> {
    pub(super) fn hints(&mut self, rect: Rect) {
        let contexts = self.app.contexts();
        let mut shown: Vec<(&Binding, String)> = keymap::bindings(&contexts)
            .into_iter()
            .filter(|b| !b.hint.is_empty())
            .map(|b| (b, self.hint_words(b)))
            .filter(|(_, words)| !words.is_empty())
            .collect();
        shown.sort_by_cached_key(|(b, _)| self.rank(b.run));
        // What leads out and what explains the rest is always there.
        let fits = self.app.notice.as_ref().filter(|notice| fits_footer(notice, rect));
        let always: &[Action] = if fits.is_some() { &[Action::Back] } else { &[Action::Help, Action::Back] };
        let last: Vec<_> = always
            .iter()
            .filter_map(|run| shown.iter().position(|(b, _)| b.run == *run).map(|at| shown.remove(at)))
            .collect();
        let width =
            |(b, words): &(&Binding, String)| text::width(&b.keys[0].to_string()) + text::width(words) + 3;
        let mut room = usize::from(rect.width).saturating_sub(1 + last.iter().map(width).sum::<usize>());
        let mut rect = rect;
        // What just happened is told first; the keys that lead on stay beside it.
        if let Some(notice) = fits {
            let words = format!(" {notice} ");
            self.text(rect, 0, &words, self.theme.style(Role::Warn));
            let used = text::width(&words);
            rect = Rect { x: rect.x + used as u16, width: rect.width.saturating_sub(used as u16), ..rect };
            room = room.saturating_sub(used);
        }
        let mut fitting = Vec::new();
        for hint in shown {
            let needs = width(&hint);
            if needs <= room {
                room -= needs;
                fitting.push(hint);
            }
        }
        fitting.extend(last);
        self.write_hints(rect, fitting);
    }

    /// What just happened, if it is too long for the footer: over the last rows of the text.
    pub(super) fn notice(&mut self, body: Rect) {
        let Some(notice) = self.app.notice.as_ref().filter(|notice| !fits_footer(notice, body)) else {
            return;
        };
        let style = self.theme.style(Role::Warn);
        let cells = usize::from(body.width).saturating_sub(4).max(1);
        let mut rows = text::wrap(&[Piece::new(notice.clone(), style)], cells);
        if rows.len() > NOTICE {
            rows.truncate(NOTICE);
            if let Some(last) = rows.last_mut() {
                let words: String = last.iter().map(|piece| piece.text.as_str()).collect();
                *last = vec![Piece::new(text::clip(&format!("{words} …"), cells), style)];
            }
        }
        let height = (rows.len() as u16 + 2).min(body.height);
        // The strip of the watch stays in sight: what was done shows there.
        let below = if self.app.overlay.is_none() { self.strip_height(body) } else { 0 };
        let rect = Rect { y: body.bottom().saturating_sub(below + height), height, ..body };
        self.frame.render_widget(Clear, rect);
        self.frame.buffer_mut().set_style(rect, self.theme.base());
        let titles = Titles { left: "just now", right: Line::default() };
        let inside = self.pane(rect, titles, Focus::Elsewhere);
        let inside = Rect { x: inside.x + 1, width: inside.width.saturating_sub(1), ..inside };
        for (y, row) in rows.into_iter().enumerate() {
            self.row(inside, y, row);
        }
    }

    /// The place of an action among the others: in the past, what leads back to the present comes first.
    fn rank(&self, run: Action) -> usize {
        let past = self.app.bench.practice.is_past() && self.app.overlay.is_none() && self.app.shows_bench();
        let reading = self.app.bench.focus == Pane::Text && self.pod_is_stuck();
        match PAST.iter().position(|one| *one == run) {
            Some(at) if past => at,
            _ if run == Action::Act && reading => PAST.len(),
            // It is shown while something needs an explanation, and then it is what helps.
            _ if run == Action::Why && reading => PAST.len() + 1,
            _ if LATE.contains(&run) => PAST.len() + 3,
            _ => PAST.len() + 2,
        }
    }

    fn write_hints(&mut self, rect: Rect, hints: Vec<(&Binding, String)>) {
        let mut row: Row = vec![Piece::new(" ", self.theme.style(Role::Text))];
        let mut x = rect.x + 1;
        for (binding, words) in hints {
            let key = binding.keys[0].to_string();
            let width = (text::width(&key) + 1 + text::width(&words)) as u16;
            self.out.hits.push((area(Rect { x, width, ..rect }), Target::Hint(binding.run)));
            x += width + 2;
            row.push(Piece::new(key, self.theme.style(Role::Accent)));
            row.push(Piece::new(format!(" {words}  "), self.theme.style(Role::Quiet)));
        }
        self.row(rect, 0, row);
    }

    /// The footer's word for a binding: the table's, made exact where what it does depends on where one is.
    fn hint_words(&self, binding: &Binding) -> String {
        let reader = match &self.app.trail.screen {
            Screen::Chapter(reader) | Screen::Lab(reader) | Screen::Experiment(reader)
                if self.app.overlay.is_none() && self.app.bench.focus == Pane::Text =>
            {
                Some(reader)
            }
            _ => None,
        };
        let exact = reader.and_then(|reader| self.reading_word(binding.run, reader));
        exact.or_else(|| self.pane_word(binding)).or_else(|| self.exam_word(binding.run)).unwrap_or_else(
            || match (binding.run, &self.app.trail.screen) {
                (Action::Back, Screen::Map(_)) if self.app.overlay.is_none() => "quit".to_owned(),
                (Action::Save, _) => self.save_word().to_owned(),
                _ => binding.hint.to_owned(),
            },
        )
    }

    /// What becomes of the open editor's text.
    fn save_word(&self) -> &'static str {
        match &self.app.overlay {
            Some(Overlay::Editor(editor)) if editor.purpose == editor::Purpose::HandBack => "save",
            _ => "apply",
        }
    }

    /// What a key does to the marked thing of the page; `None` if that does not depend on it.
    fn reading_word(&self, run: Action, reader: &Reader) -> Option<String> {
        let item = reader.marked();
        let done = item.is_some_and(|item| is_done(item, &self.app.bench.practice));
        let passed = reader.has_passed();
        let word = match (run, item.map(|item| &item.thing)) {
            (Action::Act, _) if passed && self.page_ends(reader) => "leave the lab",
            (Action::Act, _) if passed => "read on",
            (Action::Apply, Some(Thing::File(name))) if done && is_manifest(name) => "apply again",
            (Action::Apply, Some(thing)) if done => again_word(thing),
            (Action::Act, Some(_)) if done => return None,
            (Action::Act, Some(Thing::File(_))) if reader.lab.is_some() => "edit",
            (Action::Act, _) if reader.to_predict(&self.app.bench.practice).is_some() => "predict first",
            (Action::Act, Some(Thing::File(_))) => "apply",
            (Action::Act, Some(Thing::Quiz)) => "start the quiz",
            (Action::Act, Some(Thing::Question(_))) => "answer",
            (Action::Act, Some(Thing::Predict(_))) => "predict",
            (Action::Act, Some(Thing::Lab(_))) => "start the lab",
            (Action::Act, Some(Thing::Link(_))) => "follow",
            (Action::Edit, Some(Thing::File(_))) if reader.lab.is_some() => "",
            (Action::Apply, Some(Thing::File(name))) if reader.lab.is_none() || !is_manifest(name) => "",
            (Action::Apply | Action::Edit, _) if !has_file(reader) => "",
            (Action::TakeQuiz | Action::NextSection, _) if reader.own.is_some() => "",
            _ => return None,
        };
        Some(word.to_owned())
    }

    /// Whether the end of the page is on the screen.
    fn page_ends(&self, reader: &Reader) -> bool {
        reader.line(&self.out.page) + self.out.page.height >= self.out.page.total
    }

    /// What a key does in the panes as they are.
    fn pane_word(&self, binding: &Binding) -> Option<String> {
        let bench = &self.app.bench;
        let word = match (binding.within, binding.run) {
            (Context::Time, Action::Live) if !bench.practice.is_past() => "",
            (Context::Time, Action::Pause) if bench.practice.is_past() => "to now",
            (Context::Time, Action::Pause) if !bench.practice.pace().is_running() => "run",
            (Context::Watch, run) if run != Action::Table && bench.row_count() == 0 => "",
            (Context::Xray, _) if bench.pod().is_none() => "",
            (Context::Watch, Action::Act) if bench.watch.view == WatchView::Table => "",
            (Context::Watch, Action::Table) => bench.watch.view.next().name(),
            (Context::Xray, Action::Act) if bench.xray.at.is_none() => "",
            (Context::Xray, Action::NextPod) if bench.practice.pods().len() < 2 => "",
            (Context::Page, Action::Why) if !self.pod_is_stuck() => "",
            (Context::Page, Action::Why) => "why it hangs",
            (Context::Lab, Action::Hint) => return self.hints_left(),
            (Context::Shell, Action::Complete) if bench.shell.line.text().is_empty() => "panes",
            (Context::Shell, Action::Interrupt) if bench.practice.is_busy() => "stop",
            (Context::Shell, Action::Interrupt | Action::PreviousPane)
                if bench.shell.line.text().is_empty() =>
            {
                ""
            }
            (Context::Sheet, run) => return self.sheet_word(run),
            _ => return None,
        };
        Some(word.to_owned())
    }

    /// What a key asks of the Pod in the open window; nothing for what it shows already.
    fn sheet_word(&self, run: Action) -> Option<String> {
        let Some(Overlay::Text(sheet)) = &self.app.overlay else { return None };
        let shown = match sheet.asked {
            Asked::Describe => Action::Describe,
            Asked::Logs => Action::Logs,
            Asked::PreviousLogs => Action::PreviousLogs,
            Asked::Yaml => Action::Yaml,
        };
        (run == shown).then(String::new)
    }

    /// Whether the Pod of the newest row needs an explanation: its STATUS is that of something gone wrong, or it does not get on.
    fn pod_is_stuck(&self) -> bool {
        let rows = self.app.bench.watch_rows();
        let bench = &self.app.bench;
        let row =
            bench.chosen_row().and_then(|at| rows.get(at)).filter(|_| bench.watch.view != WatchView::Events);
        row.is_some_and(|row| is_stuck(row, bench.practice.now()))
    }

    /// How many hints of the lab are left.
    fn hints_left(&self) -> Option<String> {
        let Screen::Lab(reader) = &self.app.trail.screen else { return None };
        let all = self.app.course.lab(&reader.id)?.hints.len();
        let taken = reader.lab.as_ref().map_or(0, |run| run.hints);
        Some(if taken < all && !reader.has_passed() {
            format!("hint {} of {all}", taken + 1)
        } else {
            String::new()
        })
    }

    /// What a key does to the question being asked.
    fn exam_word(&self, run: Action) -> Option<String> {
        let Screen::Exam(exam) = &self.app.trail.screen else { return None };
        if self.app.overlay.is_some() {
            return None;
        }
        let word = match (run, &exam.purpose) {
            (Action::Experiment, _) if !self.has_experiment() => "",
            (Action::Submit, _) if exam.stage == Stage::Asking && exam.draft.is_unchosen() => {
                "nothing chosen yet"
            }
            (Action::Toggle, _) => self.toggle_word(),
            (Action::Act, _) if self.reads_on() => "read on",
            (Action::Act, Purpose::One(_)) if matches!(exam.stage, Stage::Told(_)) => "back to the text",
            (Action::Act, _) if self.exam_is_at_its_end() => "see the score",
            (Action::Act, Purpose::Quiz(_)) if exam.stage == Stage::Over => "next chapter",
            (Action::Act, _) if exam.stage == Stage::Over => "done",
            (Action::Down | Action::Up, _) if scrolls_only(exam) && !self.scrolls() => "",
            (Action::Find | Action::Palette, _) => "",
            _ => return None,
        };
        Some(word.to_owned())
    }

    fn scrolls(&self) -> bool {
        self.out.page.total > self.out.page.height
    }

    /// Whether Enter shows more of the explanation before it leads on.
    fn reads_on(&self) -> bool {
        let Screen::Exam(exam) = &self.app.trail.screen else { return false };
        matches!(exam.stage, Stage::Told(_)) && exam.is_unread(&self.out.page)
    }

    fn toggle_word(&self) -> &'static str {
        use crate::app::exam::draft::{Draft, Grip};
        let Screen::Exam(exam) = &self.app.trail.screen else { return "" };
        match &exam.draft {
            Draft::Many { .. } | Draft::Lines { .. } => "mark",
            Draft::Order { grip: Grip::Loose, .. } => "take up",
            Draft::Order { grip: Grip::Held, .. } => "put down",
            Draft::Pairs { .. } => "next partner",
            draft if draft.is_unchosen() => "take this one",
            _ => "",
        }
    }

    fn has_experiment(&self) -> bool {
        let Screen::Exam(exam) = &self.app.trail.screen else { return false };
        let Stage::Told(grade) = &exam.stage else { return false };
        exam::experiment(grade, &self.app.course).is_some()
    }

    fn exam_is_at_its_end(&self) -> bool {
        let Screen::Exam(exam) = &self.app.trail.screen else { return false };
        matches!(exam.stage, Stage::Told(_)) && exam.slots.iter().all(|slot| slot.result.is_some())
    }
}

/// What doing a thing of the page once more is called.
fn again_word(thing: &Thing) -> &'static str {
    match thing {
        Thing::Quiz => "retake the quiz",
        Thing::Question(_) => "answer again",
        Thing::Predict(_) => "predict again",
        Thing::Lab(_) => "do the lab again",
        Thing::File(_) | Thing::Link(_) => "",
    }
}

/// Whether a notice leaves room beside it for the keys that lead on.
fn fits_footer(notice: &str, rect: Rect) -> bool {
    text::width(notice) + KEYS <= usize::from(rect.width)
}

fn has_file(reader: &Reader) -> bool {
    reader.items.iter().any(|item| matches!(item.thing, Thing::File(_)))
}

/// Whether ↓ does nothing in a question but scroll.
fn scrolls_only(exam: &exam::Exam) -> bool {
    match exam.stage {
        Stage::Told(_) => true,
        Stage::Asking => matches!(exam.draft, Draft::Text(_)),
        Stage::Watching(_) | Stage::Over => false,
    }
}
