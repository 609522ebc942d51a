//! Rules about quizzes.

use super::{manifest, needs_chapter};
use crate::course::diagnostic::{Diagnostic, Place, Report};
use crate::course::pack::Course;
use crate::course::quiz::fill::accepts;
use crate::course::quiz::{Choice, Kind, Prose, Question, Quiz};
use std::collections::BTreeSet;

/// A quiz has at least so many questions …
const QUESTIONS: usize = 6;
/// … of at least so many kinds.
const KINDS: usize = 4;

/// What is wrong with the quiz of a chapter as part of its course.
pub fn check(course: &Course, id: &str) -> Vec<Diagnostic> {
    let Some(quiz) = course.quiz(id) else { return Vec::new() };
    let mut report = Report::new(&quiz.path);
    needs_chapter(course, id, Place::START, &mut report);
    // A file that cannot be read at all holds no questions either, which need not be said.
    let readable =
        !quiz.questions.is_empty() || !quiz.left_out.is_empty() || course.quiz_problems(id).is_empty();
    if readable && course.chapter(id).is_some() {
        size(quiz, &mut report);
    }
    for question in &quiz.questions {
        unique(course, id, question, &mut report);
        misconceptions(course, question, &mut report);
        if let Kind::Predict(prediction) = &question.kind {
            manifest::needed(course, id, &prediction.manifest, &mut report);
        }
        giveaway(question, &mut report);
        twins(question, &mut report);
        contradictions(question, &mut report);
    }
    let mut found = report.into_found();
    found.extend(objectives(course, id, quiz));
    found
}

fn size(quiz: &Quiz, report: &mut Report) {
    let kinds: BTreeSet<&str> = quiz.questions.iter().map(|question| question.kind.name()).collect();
    let count = quiz.questions.len() + quiz.left_out.len();
    if count < QUESTIONS {
        let text = format!("the quiz has {count} {}", if count == 1 { "question" } else { "questions" });
        report.warn(Place::START, text, format!("ask {QUESTIONS} or more"));
    } else if kinds.len() < KINDS && quiz.left_out.is_empty() {
        let text = format!("the quiz has {} kinds of questions", kinds.len());
        report.warn(Place::START, text, format!("use {KINDS} or more"));
    }
}

/// Ids are unique over all quizzes; the one in the later chapter is complained about, so in a pack that lies over another its own.
fn unique(course: &Course, id: &str, question: &Question, report: &mut Report) {
    let turn = |id: &str| {
        (course.chapters.iter().position(|chapter| chapter.id == id).unwrap_or(usize::MAX), id.to_owned())
    };
    let own = turn(id);
    let others = course.quizzes.keys().filter(|other| turn(other) < own);
    for other in others.filter_map(|other| course.quiz(other)) {
        if other.question(&question.id).is_some() {
            let text = format!("the id '{}' is taken in {}", question.id, other.path);
            report.error_hint(question.place, text, "ids are unique over all packs: a record refers to them");
        }
    }
}

fn misconceptions(course: &Course, question: &Question, report: &mut Report) {
    let mut named: Vec<(&str, Place)> = Vec::new();
    match &question.kind {
        Kind::ChooseOne(options) | Kind::ChooseAll(options) => {
            named.extend(
                options.iter().filter_map(|option| Some((option.misconception.as_deref()?, option.place))),
            );
        }
        Kind::TrueFalse(judgement) => {
            named.extend(judgement.misconception.as_deref().map(|id| (id, question.place)));
        }
        Kind::FillIn(fill) => {
            named.extend(
                fill.wrong.iter().filter_map(|wrong| Some((wrong.misconception.as_deref()?, question.place))),
            );
        }
        _ => {}
    }
    // One that could not be read has been complained about.
    let all_read = course.misconception_problems().next().is_none();
    for (id, place) in named {
        if all_read && course.misconception(id).is_none() {
            let known = course.misconceptions().map(|(_, known)| known.id.as_str());
            report.unknown(place, format!("there is no misconception '{id}'"), id, known);
        }
    }
}

/// The right option should not be the one that is much longer than all others.
fn giveaway(question: &Question, report: &mut Report) {
    let Kind::ChooseOne(options) = &question.kind else { return };
    let length = |option: &Choice| option.text.plain().chars().count();
    let right = options.iter().filter(|option| option.correct).map(length).max().unwrap_or(0);
    let wrong = options.iter().filter(|option| !option.correct).map(length).max().unwrap_or(0);
    if right > 40 && right > wrong * 2 {
        let text = "the right option is more than twice as long as any other";
        report.warn(question.place, text, "shorten it, or give the others as much to say");
    }
}

/// What is shown twice cannot be told apart, so that one of the two would be graded wrong.
fn twins(question: &Question, report: &mut Report) {
    let texts: Vec<&Prose> = match &question.kind {
        Kind::ChooseOne(options) | Kind::ChooseAll(options) => {
            options.iter().map(|option| &option.text).collect()
        }
        Kind::Order(order) => order.items.iter().collect(),
        Kind::Match(pairs) => pairs.pairs.iter().flat_map(|(left, right)| [left, right]).collect(),
        _ => Vec::new(),
    };
    let mut seen = BTreeSet::new();
    for text in texts {
        if !seen.insert(text.source.trim()) {
            let text = format!("'{}' stands twice in the question", text.plain());
            report.error_hint(question.place, text, "learners cannot tell them apart; reword one");
        }
    }
}

/// A known wrong answer must not be right.
fn contradictions(question: &Question, report: &mut Report) {
    let Kind::FillIn(fill) = &question.kind else { return };
    for wrong in &fill.wrong {
        if accepts(&fill.expected, &wrong.answer) {
            let text = format!("'{}' is listed as wrong, and is accepted as right", wrong.answer);
            report.error_hint(question.place, text, "remove it from 'wrong', or from 'answer'");
        }
    }
}

/// Each objective is tested, and each question tests one that exists.
fn objectives(course: &Course, id: &str, quiz: &Quiz) -> Vec<Diagnostic> {
    let Some(chapter) = course.chapter(id) else { return Vec::new() };
    let count = chapter.front.objectives.len();
    if count == 0 {
        return Vec::new();
    }
    let mut of_quiz = Report::new(&quiz.path);
    for question in &quiz.questions {
        if let Some(objective) = question.objective.filter(|objective| *objective > count) {
            let text = format!("objective {objective} of a chapter that has {count}");
            of_quiz.error_hint(question.place, text, "count the objectives in its front matter from 1");
        }
    }
    let mut of_chapter = Report::new(&chapter.file.path);
    for (index, (_, place)) in chapter.front.objectives.iter().enumerate() {
        let tested = quiz.questions.iter().any(|question| question.objective == Some(index + 1));
        if !tested && course.quiz_problems(id).is_empty() {
            let text = format!("objective {} is tested by no question", index + 1);
            of_chapter.warn(*place, text, format!("give a question of the quiz 'objective: {}'", index + 1));
        }
    }
    [of_quiz.into_found(), of_chapter.into_found()].concat()
}
