//! Questions being answered: the quiz of a chapter, one question by itself, or what is due for review. Every answer is handed out to
//! be kept before the next question is shown. Does not know how questions are drawn.

/// An answer in the making.
pub mod draft;
/// What came of a prediction.
pub mod show;

use super::action::Action;
use super::bench::way;
use super::extents::{Extents, PageExtent};
use super::key::Key;
use super::keymap::Context;
use super::learner::{Answered, Asked, Entry, Learner};
use super::{Place, Reaction, Reactions};
use crate::course::quiz::{Grade, Kind, grade::grade};
use crate::course::{Course, Question};
use draft::Draft;
use show::Show;
use std::time::Duration;

/// Why questions are asked.
#[derive(Clone, Debug, PartialEq)]
pub enum Purpose {
    /// The quiz of a chapter, by its id.
    Quiz(String),
    /// One question, by its id.
    One(String),
    /// What is due again.
    Review,
}

/// A question that was or will be asked.
#[derive(Clone, Debug, PartialEq)]
pub struct Slot {
    /// Its chapter.
    pub chapter: String,
    /// Its id.
    pub id: String,
    /// The points won and the points there were, once answered.
    pub result: Option<(f64, usize)>,
}

/// Where in a question the learner is.
#[derive(Clone, Debug, PartialEq)]
pub enum Stage {
    /// Thinking.
    Asking,
    /// Watching what comes of a prediction; how good it was is told then.
    Watching(Box<Grade>),
    /// Told how good the answer was.
    Told(Box<Grade>),
    /// Behind the last question.
    Over,
}

/// Questions being answered.
#[derive(Clone, Debug)]
pub struct Exam {
    /// Why.
    pub purpose: Purpose,
    /// The questions.
    pub slots: Vec<Slot>,
    /// The one being asked.
    pub at: usize,
    /// What the answer looks like so far.
    pub draft: Draft,
    /// Where in the question the learner is.
    pub stage: Stage,
    /// What came of the prediction, if the question was one and is answered.
    pub show: Option<Box<Show>>,
    /// The first visible line, if the learner has scrolled; otherwise the view chooses it.
    pub top: Option<usize>,
    /// How the quiz went before, if it was taken.
    pub earlier: Option<Earlier>,
    /// Decides the order of options.
    seed: u64,
}

/// How a quiz went before: points won, points there were.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Earlier {
    /// The best run.
    pub best: (f64, usize),
    /// The latest one.
    pub latest: (f64, usize),
}

impl Earlier {
    fn of(purpose: &Purpose, learner: &Learner) -> Option<Earlier> {
        let Purpose::Quiz(chapter) = purpose else { return None };
        let state = learner.quizzes.get(chapter)?;
        Some(Earlier { best: state.best?, latest: state.latest? })
    }

    /// What is said to whoever takes the quiz again.
    pub fn sentence(self) -> String {
        let ((best, of), (latest, of_latest)) = (self.best, self.latest);
        format!(
            "You have taken this quiz: best {} of {of}, latest {} of {of_latest}. This run begins anew; all are kept.",
            points(best),
            points(latest)
        )
    }
}

impl Exam {
    /// The questions of that purpose, at the first one that is not answered; `None` if there are none.
    pub fn new(purpose: Purpose, course: &Course, learner: &Learner) -> Option<Exam> {
        let again = learner.review_order();
        let (slots, seed) = match &purpose {
            Purpose::Quiz(chapter) => (quiz_slots(chapter, course, learner)?, learner.quiz_order(chapter)),
            Purpose::One(id) => (vec![slot(id, course)?], again),
            Purpose::Review => (learner.due.iter().filter_map(|id| slot(id, course)).collect(), again),
        };
        if slots.is_empty() {
            return None;
        }
        let at = slots.iter().position(|slot| slot.result.is_none()).unwrap_or(slots.len());
        let mut exam = Exam {
            earlier: Earlier::of(&purpose, learner),
            purpose,
            slots,
            at,
            draft: Draft::default(),
            stage: Stage::Asking,
            show: None,
            top: None,
            seed,
        };
        exam.begin(course);
        Some(exam)
    }

    /// The question being asked.
    pub fn question<'a>(&self, course: &'a Course) -> Option<&'a Question> {
        let slot = self.slots.get(self.at)?;
        course.quiz(&slot.chapter)?.question(&slot.id)
    }

    /// Points won and points there were, of what is answered.
    pub fn score(&self) -> (f64, usize) {
        let results = self.slots.iter().filter_map(|slot| slot.result);
        results.fold((0.0, 0), |(points, of), (p, o)| (points + p, of + o))
    }

    /// The contexts whose keys hold now.
    pub fn contexts(&self) -> &'static [Context] {
        match (&self.stage, &self.draft) {
            (Stage::Asking, Draft::Text(_)) => &[Context::Blank, Context::Typing],
            (Stage::Asking, _) => &[Context::Question, Context::Anywhere],
            (Stage::Watching(_), _) => &[Context::Outcome, Context::Anywhere],
            (Stage::Told(_), _) => &[Context::Answered, Context::Anywhere],
            (Stage::Over, _) => &[Context::Score, Context::Anywhere],
        }
    }

    /// Gives a key to the text being typed.
    pub fn type_key(&mut self, key: Key) {
        if let (Stage::Asking, Draft::Text(line)) = (&self.stage, &mut self.draft) {
            line.key(key);
            // What is typed is to be seen.
            self.top = None;
        }
    }

    /// Puts pasted text into the text being typed.
    pub fn paste(&mut self, text: &str) {
        if let (Stage::Asking, Draft::Text(line)) = (&self.stage, &mut self.draft) {
            line.insert(text);
            self.top = None;
        }
    }

    /// Acts on a key.
    pub fn perform(&mut self, action: Action, course: &Course, extents: &Extents) -> Reactions {
        match (&self.stage, action) {
            (_, Action::Back) => vec![Reaction::Leave],
            (_, Action::PageUp | Action::PageDown) => self.scroll(action, &extents.page),
            (Stage::Asking, Action::Up | Action::Down) if matches!(self.draft, Draft::Text(_)) => {
                self.scroll(action, &extents.page)
            }
            (Stage::Asking, Action::Submit) => self.submit(course),
            (Stage::Asking, _) => {
                self.top = None;
                if let Some(question) = self.question(course) {
                    self.draft.perform(action, question);
                }
                Vec::new()
            }
            (Stage::Watching(_), Action::Act) => {
                self.skip();
                Vec::new()
            }
            (Stage::Told(_), Action::Act) if self.is_unread(&extents.page) => {
                self.scroll(Action::PageDown, &extents.page)
            }
            (Stage::Told(_), Action::Act) => self.next(course),
            (Stage::Told(grade), Action::Experiment) => match experiment(grade, course) {
                Some(id) => vec![Reaction::Go(Place::Experiment(id.to_owned()))],
                None => Vec::new(),
            },
            (Stage::Told(_) | Stage::Over, Action::Up | Action::Down | Action::Top | Action::Bottom) => {
                self.scroll(action, &extents.page)
            }
            (Stage::Over, _) => self.over(action, course),
            _ => Vec::new(),
        }
    }

    fn scroll(&mut self, action: Action, page: &PageExtent) -> Reactions {
        if let Some(way) = way(action) {
            let top = page.starts.first().copied().unwrap_or(0);
            self.top = Some(way.scroll(top, page.height, page.total));
        }
        Vec::new()
    }

    /// Whether there is more to read below what is shown.
    pub fn is_unread(&self, page: &PageExtent) -> bool {
        let top = page.starts.first().copied().unwrap_or(0);
        top + page.height < page.total
    }

    /// Chooses the option that was clicked; a second click on it answers, where one option is the answer.
    pub fn click(&mut self, row: usize, course: &Course) -> Reactions {
        self.top = None;
        match (&self.stage, self.question(course)) {
            (Stage::Asking, Some(question)) => {
                if self.draft.click(row, question) {
                    return self.submit(course);
                }
                Vec::new()
            }
            (Stage::Told(_), _) => self.next(course),
            _ => Vec::new(),
        }
    }

    /// Grades the answer, if it is complete.
    fn submit(&mut self, course: &Course) -> Reactions {
        let Some(question) = self.question(course) else { return self.next(course) };
        let answer = match self.draft.answer(question) {
            Ok(answer) => answer,
            Err(missing) => return vec![Reaction::Say(missing.to_owned())],
        };
        let slot = &self.slots[self.at];
        let predicted = match &question.kind {
            Kind::Predict(prediction) => Some(show::predicted(prediction, course, &slot.chapter)),
            _ => None,
        };
        let show = match (&question.kind, &predicted) {
            (Kind::Predict(prediction), Some(predicted)) => {
                Show::new(prediction, predicted, course, &slot.chapter).map(Box::new)
            }
            _ => None,
        };
        let grade = grade(question, &answer, predicted.as_ref());
        let asked = match self.purpose {
            Purpose::Quiz(_) => Asked::Quiz,
            Purpose::One(_) => Asked::Text,
            Purpose::Review => Asked::Review,
        };
        let entry = Entry::Answered(Answered {
            chapter: slot.chapter.clone(),
            question: slot.id.clone(),
            answer,
            points: grade.points,
            of: grade.of,
            asked,
            misconceptions: grade.misconceptions.clone(),
        });
        self.slots[self.at].result = Some((grade.points, grade.of));
        let grade = Box::new(grade);
        self.stage = if show.is_some() { Stage::Watching(grade) } else { Stage::Told(grade) };
        self.show = show;
        self.top = None;
        let mut reactions = vec![Reaction::Record(entry)];
        reactions.extend(self.finished());
        reactions
    }

    /// Whether time passing can change what is shown.
    pub fn is_moving(&self) -> bool {
        matches!(self.stage, Stage::Watching(_))
    }

    /// Lets real time pass.
    pub fn tick(&mut self, real: Duration) {
        if let (Stage::Watching(grade), Some(show)) = (&self.stage, &mut self.show) {
            show.play(real);
            if show.is_over() {
                self.stage = Stage::Told(grade.clone());
            }
        }
    }

    /// Does not wait for the moment that was asked for.
    fn skip(&mut self) {
        if let (Stage::Watching(grade), Some(show)) = (&self.stage, &mut self.show) {
            show.finish();
            self.stage = Stage::Told(grade.clone());
        }
    }

    /// A quiz is finished with the answer to its last open question.
    fn finished(&self) -> Option<Reaction> {
        let Purpose::Quiz(chapter) = &self.purpose else { return None };
        if self.slots.iter().any(|slot| slot.result.is_none()) {
            return None;
        }
        let (points, of) = self.score();
        Some(Reaction::Record(Entry::Finished { chapter: chapter.clone(), points, of }))
    }

    /// The next question that is not answered, or the end.
    fn next(&mut self, course: &Course) -> Reactions {
        if matches!(self.purpose, Purpose::One(_)) {
            return vec![Reaction::Leave];
        }
        let open = |at: &usize| self.slots[*at].result.is_none();
        self.at = (self.at + 1..self.slots.len()).find(open).unwrap_or(self.slots.len());
        self.begin(course);
        Vec::new()
    }

    fn begin(&mut self, course: &Course) {
        self.top = None;
        self.show = None;
        self.stage = Stage::Over;
        if let Some(question) = self.question(course) {
            self.draft = Draft::new(question, self.seed);
            self.stage = Stage::Asking;
        }
    }

    fn over(&mut self, action: Action, course: &Course) -> Reactions {
        match (action, &self.purpose) {
            (Action::Act, Purpose::Quiz(chapter)) => super::reader::neighbour(chapter, course, false),
            (Action::Act, _) => vec![Reaction::Leave],
            (Action::Retake, Purpose::Quiz(chapter)) => vec![Reaction::Replace(Place::Quiz(chapter.clone()))],
            _ => Vec::new(),
        }
    }

    /// What to read again: the objectives of the questions that were not right, in order.
    pub fn to_read_again<'a>(&self, course: &'a Course) -> Vec<&'a str> {
        let mut again: Vec<&str> = Vec::new();
        for slot in self.slots.iter().filter(|s| s.result.is_some_and(|(p, of)| p < of as f64)) {
            let objective = course.quiz(&slot.chapter).and_then(|quiz| quiz.question(&slot.id)?.objective);
            let chapter = course.chapter(&slot.chapter);
            let text = objective.zip(chapter).and_then(|(n, c)| c.front.objectives.get(n.checked_sub(1)?));
            if let Some(text) = text.map(|(text, _)| text.as_str()).filter(|t| !again.contains(t)) {
                again.push(text);
            }
        }
        again
    }
}

/// Points without needless decimals: `4`, `4.5`.
pub fn points(points: f64) -> String {
    if points.fract() == 0.0 { format!("{points:.0}") } else { format!("{points:.1}") }
}

/// The misconception behind an answer that an experiment refutes, by id.
pub fn experiment<'a>(grade: &Grade, course: &'a Course) -> Option<&'a str> {
    let known = grade.misconceptions.iter().filter_map(|id| course.misconception(id));
    known.into_iter().find(|known| known.experiment.is_some()).map(|known| known.id.as_str())
}

fn quiz_slots(chapter: &str, course: &Course, learner: &Learner) -> Option<Vec<Slot>> {
    let quiz = course.quiz(chapter)?;
    let state = learner.quizzes.get(chapter);
    let result = |id: &str| {
        let given = state?.open.iter().find(|answered| answered.question == id)?;
        Some((given.points, given.of))
    };
    let slots = quiz.questions.iter().map(|question| Slot {
        chapter: chapter.to_owned(),
        id: question.id.clone(),
        result: result(&question.id),
    });
    Some(slots.collect())
}

fn slot(id: &str, course: &Course) -> Option<Slot> {
    let (quiz, question) = course.question(id)?;
    Some(Slot { chapter: quiz.chapter.clone(), id: question.id.clone(), result: None })
}
