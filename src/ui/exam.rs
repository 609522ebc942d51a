//! Questions: what is asked, what can be answered, and, once answered, why each answer is right or wrong.

/// What came of a prediction, and what a wrong answer gives away.
mod outcome;

use super::Canvas;
use super::frame::{Focus, Titles};
use super::page::{self, Setting, tinted};
use super::text::{self, Piece, Row};
use super::theme::Role;
use crate::app::exam::draft::{Draft, Grip};
use crate::app::exam::{Exam, Purpose, Stage};
use crate::app::extents::{PageExtent, Target};
use crate::course::Question;
use crate::course::block::{Block, Page};
use crate::course::quiz::{Grade, Kind, Prose, Verdict};
use ratatui::layout::{Position, Rect};
use ratatui::text::Line;

/// Rows being gathered, each with what a click on it chooses.
#[derive(Default)]
struct Sheet {
    rows: Vec<(Row, Option<usize>)>,
    /// First row after which everything should be seen once answered.
    told: usize,
    /// The row and column of the text cursor.
    cursor: Option<(usize, usize)>,
}

impl Sheet {
    fn push(&mut self, row: Row) {
        self.rows.push((row, None));
    }

    fn blank(&mut self) {
        self.push(Row::new());
    }
}

impl Canvas<'_, '_> {
    pub(super) fn exam(&mut self, exam: &Exam, body: Rect) {
        let title = match &exam.purpose {
            Purpose::Quiz(chapter) => {
                let title = self.app.course.chapter(chapter).map_or(chapter.as_str(), |c| &c.front.title);
                format!("quiz: {title}")
            }
            Purpose::One(_) => "question".to_owned(),
            Purpose::Review => "review".to_owned(),
        };
        let right = Line::from(self.dots(exam));
        let inside = self.pane(body, Titles { left: &title, right }, Focus::Here);
        let inside = Rect { x: inside.x + 1, width: inside.width.saturating_sub(2), ..inside };
        let cells = usize::from(inside.width).saturating_sub(1).clamp(1, page::MEASURE);
        let sheet = match (&exam.stage, exam.question(&self.app.course)) {
            (Stage::Over, _) | (_, None) => self.score(exam, cells),
            (Stage::Asking, Some(question)) => self.asking(exam, question, cells),
            (Stage::Watching(_), Some(question)) => self.watching(exam, question, cells),
            (Stage::Told(grade), Some(question)) => self.told(exam, question, grade, cells),
        };
        self.exam_sheet(exam, sheet, inside);
    }

    fn exam_sheet(&mut self, exam: &Exam, sheet: Sheet, inside: Rect) {
        let (height, total) = (usize::from(inside.height), sheet.rows.len());
        let furthest = total.saturating_sub(height);
        // While asking, the chosen row is kept in sight; after the answer, its verdict is.
        let chosen = sheet.rows.iter().rposition(|(_, row)| *row == Some(exam.draft.at())).unwrap_or(0);
        let top = match exam.stage {
            Stage::Asking => (chosen + 2).saturating_sub(height).max(exam.top).min(furthest),
            Stage::Watching(_) => furthest,
            Stage::Told(_) => exam.top.min(sheet.told).min(furthest),
            Stage::Over => exam.top.min(furthest),
        };
        self.out.page = PageExtent { height, total, ..PageExtent::default() };
        for (y, (row, target)) in sheet.rows.into_iter().skip(top).take(height).enumerate() {
            self.row(inside, y, row);
            if let Some(target) = target {
                self.clickable(inside, y, Target::Row(target));
                if exam.stage == Stage::Asking && target == exam.draft.at() {
                    self.choose(Rect { width: inside.width.saturating_sub(1), ..inside }, y);
                }
            }
        }
        if let Some((row, column)) = sheet.cursor.filter(|(row, _)| *row >= top && row - top < height)
            && self.app.overlay.is_none()
        {
            let x = inside.x + (column as u16).min(inside.width.saturating_sub(1));
            self.frame.set_cursor_position(Position::new(x, inside.y + (row - top) as u16));
        }
        self.scroll_bar(Rect { width: inside.width + 1, ..inside }, top, total);
    }

    /// One sign for each question: right, partly, wrong, being asked, to come.
    fn dots(&self, exam: &Exam) -> Vec<ratatui::text::Span<'static>> {
        let mut spans: Vec<_> = exam
            .slots
            .iter()
            .enumerate()
            .map(|(i, slot)| {
                let hidden = i == exam.at && exam.is_moving();
                let (sign, role) = match slot.result.filter(|_| !hidden) {
                    Some((points, of)) if points >= of as f64 => ("+", Role::Good),
                    Some((points, _)) if points > 0.0 => ("~", Role::Warn),
                    Some(_) => ("x", Role::Bad),
                    None if i == exam.at => ("?", Role::Accent),
                    None => (".", Role::Quiet),
                };
                ratatui::text::Span::styled(sign, self.theme.style(role))
            })
            .collect();
        let count = format!(" {} of {}", (exam.at + 1).min(exam.slots.len()), exam.slots.len());
        spans.push(ratatui::text::Span::styled(count, self.theme.style(Role::Quiet)));
        if exam.slots.len() > 30 { spans.split_off(exam.slots.len()) } else { spans }
    }

    fn blocks(&self, blocks: &[Block], cells: usize) -> Vec<Row> {
        let page = Page { blocks: blocks.to_vec(), ..Page::default() };
        page::set(&page, Setting { theme: self.theme, cells, items: &[], focus: None, tones: &[], find: "" })
            .rows
    }

    fn prose(&self, prose: &Prose, cells: usize) -> Vec<Row> {
        self.blocks(&prose.blocks, cells)
    }

    fn question_head(&self, question: &Question, cells: usize) -> Sheet {
        let mut sheet = Sheet::default();
        sheet.blank();
        self.prose(&question.ask, cells).into_iter().for_each(|row| sheet.push(row));
        sheet.blank();
        let points =
            if question.points == 1 { "1 point".to_owned() } else { format!("{} points", question.points) };
        let words = format!("{} {points}.", question.kind.rule());
        for row in text::wrap(&[Piece::new(words, self.theme.style(Role::Quiet))], cells) {
            sheet.push(row);
        }
        sheet.blank();
        sheet
    }

    fn asking(&self, exam: &Exam, question: &Question, cells: usize) -> Sheet {
        let mut sheet = self.question_head(question, cells);
        match (&exam.draft, &question.kind) {
            (Draft::One { shown, .. }, Kind::ChooseOne(options)) => {
                for (row, option) in shown.iter().enumerate() {
                    self.option(&mut sheet, row, &format!("{}. ", row + 1), &options[*option].text, cells);
                }
            }
            (Draft::Many { shown, marked, .. }, Kind::ChooseAll(options)) => {
                for (row, option) in shown.iter().enumerate() {
                    let sign = if marked.contains(option) { "[x] " } else { "[ ] " };
                    self.option(&mut sheet, row, sign, &options[*option].text, cells);
                }
            }
            (Draft::Truth { .. }, _) => {
                for (row, word) in ["True", "False"].into_iter().enumerate() {
                    let piece = Piece::new(format!(" {}. {word}", row + 1), self.theme.style(Role::Text));
                    sheet.rows.push((vec![piece], Some(row)));
                }
            }
            (Draft::Text(line), _) => {
                let prompt = "> ";
                let row = vec![
                    Piece::new(prompt, self.theme.style(Role::Accent)),
                    Piece::new(line.text(), self.theme.style(Role::Title)),
                ];
                sheet.cursor =
                    Some((sheet.rows.len(), text::width(prompt) + text::width(line.before_cursor())));
                sheet.push(row);
            }
            (Draft::Order { items, at, grip }, Kind::Order(order)) => {
                for (row, item) in items.iter().enumerate() {
                    let held = *grip == Grip::Held && row == *at;
                    let sign = if held { format!("{}. ↕ ", row + 1) } else { format!("{}.   ", row + 1) };
                    self.option(&mut sheet, row, &sign, &order.items[*item], cells);
                }
            }
            (Draft::Pairs { given, .. }, Kind::Match(pairs)) => self.pairs(&mut sheet, given, pairs, cells),
            (Draft::Lines { marked, .. }, Kind::FindLine(find)) => {
                for (row, line) in tinted("yaml", &find.yaml, self.theme).into_iter().enumerate() {
                    let sign = if marked.contains(&row) { "[x]" } else { "   " };
                    let mut whole =
                        vec![Piece::new(format!("{sign}{:>3} ", row + 1), self.theme.style(Role::Quiet))];
                    whole.extend(line);
                    sheet.rows.push((whole, Some(row)));
                }
            }
            _ => {}
        }
        sheet
    }

    fn option(&self, sheet: &mut Sheet, row: usize, sign: &str, prose: &Prose, cells: usize) {
        let margin = text::width(sign) + 1;
        for (i, line) in self.prose(prose, cells.saturating_sub(margin)).into_iter().enumerate() {
            let head = if i == 0 { format!(" {sign}") } else { " ".repeat(margin) };
            let mut whole = vec![Piece::new(head, self.theme.style(Role::Accent))];
            whole.extend(line);
            sheet.rows.push((whole, Some(row)));
        }
    }

    fn pairs(
        &self,
        sheet: &mut Sheet,
        given: &[Option<usize>],
        pairs: &crate::course::quiz::Match,
        cells: usize,
    ) {
        let left = pairs.pairs.iter().map(|(l, _)| text::width(&l.plain())).max().unwrap_or(0).min(cells / 2);
        for (row, ((left_side, _), right)) in pairs.pairs.iter().zip(given).enumerate() {
            let right = match right {
                Some(right) => pairs.pairs.get(*right).map(|(_, r)| r.plain()).unwrap_or_default(),
                None => "?".to_owned(),
            };
            let lead = vec![Piece::new(
                format!(" {} ◂▸ ", text::pad(&left_side.plain(), left)),
                self.theme.style(Role::Text),
            )];
            let margin = text::row_width(&lead);
            let words = [Piece::new(right, self.theme.style(Role::Accent))];
            for (i, line) in text::wrap(&words, cells.saturating_sub(margin).max(8)).into_iter().enumerate() {
                let mut whole = if i == 0 {
                    lead.clone()
                } else {
                    vec![Piece::new(" ".repeat(margin), self.theme.style(Role::Text))]
                };
                whole.extend(line);
                sheet.rows.push((whole, Some(row)));
            }
        }
    }

    /// The question with its answer: verdict first, then each option with its reason.
    fn told(&self, exam: &Exam, question: &Question, grade: &Grade, cells: usize) -> Sheet {
        let mut sheet = self.question_head(question, cells);
        sheet.told = sheet.rows.len().saturating_sub(1);
        let (words, role) = match grade.verdict {
            Verdict::Right => ("Right.", Role::Good),
            Verdict::Partly => ("Partly right.", Role::Warn),
            Verdict::Wrong => ("Not right.", Role::Bad),
        };
        sheet.push(vec![
            Piece::new(format!("{words} "), self.theme.style(role)),
            Piece::new(
                format!("{} of {} points", points(grade.points), grade.of),
                self.theme.style(Role::Quiet),
            ),
        ]);
        sheet.blank();
        match (&exam.draft, &question.kind) {
            (Draft::One { shown, at }, Kind::ChooseOne(options)) => {
                for (row, option) in shown.iter().enumerate() {
                    self.judged(&mut sheet, &options[*option], row == *at, cells);
                }
            }
            (Draft::Many { shown, marked, .. }, Kind::ChooseAll(options)) => {
                for option in shown {
                    self.judged(&mut sheet, &options[*option], marked.contains(option), cells);
                }
            }
            _ => self.plain_feedback(&mut sheet, exam, grade, cells),
        }
        self.outcome(&mut sheet, exam, cells);
        self.beliefs(&mut sheet, grade, cells);
        sheet
    }

    /// One option after the answer: whether it is right, whether it was chosen, why.
    fn judged(&self, sheet: &mut Sheet, option: &crate::course::quiz::Choice, chosen: bool, cells: usize) {
        let (sign, role) = match (option.correct, chosen) {
            (true, true) => ("right, yours  ", Role::Good),
            (true, false) => ("right         ", Role::Good),
            (false, true) => ("wrong, yours  ", Role::Bad),
            (false, false) => ("wrong         ", Role::Quiet),
        };
        let margin = text::width(sign);
        let mut rows = self.prose(&option.text, cells.saturating_sub(margin));
        let because = self.prose(&option.because, cells.saturating_sub(margin));
        let quiet = self.theme.style(Role::Quiet);
        rows.extend(because.into_iter().map(|row| {
            row.into_iter().map(|piece| Piece { style: quiet.patch(piece.style), ..piece }).collect()
        }));
        for (i, line) in rows.into_iter().enumerate() {
            let head = if i == 0 { sign.to_owned() } else { " ".repeat(margin) };
            let mut whole = vec![Piece::new(head, self.theme.style(role))];
            whole.extend(line);
            sheet.push(whole);
        }
        sheet.blank();
    }

    fn plain_feedback(&self, sheet: &mut Sheet, exam: &Exam, grade: &Grade, cells: usize) {
        let mut say = |label: &str, words: &str, role: Role| {
            let style = self.theme.style(role);
            for (i, line) in words.lines().enumerate() {
                let label = if i == 0 { label.to_owned() } else { " ".repeat(text::width(label)) };
                let pieces = [Piece::new(label, self.theme.style(Role::Quiet)), Piece::new(line, style)];
                text::wrap(&pieces, cells).into_iter().for_each(|row| sheet.push(row));
            }
        };
        if let Draft::Text(line) = &exam.draft {
            say("You said: ", line.text(), Role::Text);
        }
        if !grade.solution.is_empty() {
            say("Answer:   ", &grade.solution, Role::Title);
        }
        sheet.blank();
        for feedback in grade.feedback.iter().filter(|f| !f.because.blocks.is_empty()) {
            self.prose(&feedback.because, cells).into_iter().for_each(|row| sheet.push(row));
            sheet.blank();
        }
    }

    fn score(&self, exam: &Exam, cells: usize) -> Sheet {
        let mut sheet = Sheet::default();
        let (won, of) = exam.score();
        let share = if of == 0 { 0.0 } else { won / of as f64 };
        let role = if share >= 0.8 { Role::Good } else { Role::Warn };
        sheet.blank();
        sheet.push(vec![
            Piece::new(format!("{} of {of} points", points(won)), self.theme.style(Role::Title)),
            Piece::new(format!("  {:.0} %", share * 100.0), self.theme.style(role)),
        ]);
        let filled = (share * 30.0).round() as usize;
        sheet.push(vec![
            Piece::new("█".repeat(filled), self.theme.style(role)),
            Piece::new("░".repeat(30 - filled.min(30)), self.theme.style(Role::Border)),
        ]);
        if let Purpose::Quiz(chapter) = &exam.purpose
            && let Some(state) = self.app.learner.quizzes.get(chapter)
            && let Some((best, best_of)) = state.best
        {
            let times = if state.runs == 1 { "once".to_owned() } else { format!("{} times", state.runs) };
            let words = format!("best so far {} of {best_of}, taken {times}", points(best));
            sheet.push(vec![Piece::new(words, self.theme.style(Role::Quiet))]);
        }
        sheet.blank();
        let again = exam.to_read_again(&self.app.course);
        if again.is_empty() {
            let words = "Everything right: nothing to read again.";
            sheet.push(vec![Piece::new(words, self.theme.style(Role::Good))]);
        } else {
            sheet.push(vec![Piece::new(
                "Worth reading again, so that you can",
                self.theme.style(Role::Title),
            )]);
            for objective in again {
                for (i, row) in text::wrap(&[Piece::new(objective, self.theme.style(Role::Text))], cells - 2)
                    .into_iter()
                    .enumerate()
                {
                    let mut whole =
                        vec![Piece::new(if i == 0 { "• " } else { "  " }, self.theme.style(Role::Accent))];
                    whole.extend(row);
                    sheet.push(whole);
                }
            }
            sheet.blank();
            let words = "What was not right comes back in a review, some days from now.";
            text::wrap(&[Piece::new(words, self.theme.style(Role::Quiet))], cells)
                .into_iter()
                .for_each(|row| sheet.push(row));
        }
        sheet
    }
}

/// Points without needless decimals.
fn points(points: f64) -> String {
    if points.fract() == 0.0 { format!("{points:.0}") } else { format!("{points:.1}") }
}
