//! What an answer is worth, and why.

use super::fill;
use super::{
    Answer, Asked, Choice, Column, FillIn, FindLine, Judgement, Kind, Match, Order, Predicted, Prediction,
    Prose, Question,
};
use std::collections::BTreeSet;

/// What an answer is worth.
#[derive(Clone, Debug, PartialEq)]
pub struct Grade {
    /// Points won, in hundredths of a point at the finest.
    pub points: f64,
    /// Points there are.
    pub of: usize,
    /// The whole answer in one word.
    pub verdict: Verdict,
    /// What to say, option by option where there are options.
    pub feedback: Vec<Feedback>,
    /// The right answer in words, where there are no options that show it.
    pub solution: String,
    /// The misconceptions the answer gave away, by id.
    pub misconceptions: Vec<String>,
}

/// How good an answer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Verdict {
    Right,
    Partly,
    Wrong,
}

/// What to say about one option, or about the whole answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Feedback {
    /// The option, item, pair or line it is about; `None`: the whole.
    pub about: Option<usize>,
    /// Whether the learner judged it right.
    pub right: bool,
    /// Why.
    pub because: Prose,
}

/// The part of the points an answer is worth, with what to say.
struct Outcome {
    share: f64,
    feedback: Vec<Feedback>,
    solution: String,
    misconceptions: Vec<String>,
}

/// Grades an answer. Predictions need what the simulator said. An answer that does not fit the question is wrong.
pub fn grade(question: &Question, answer: &Answer, predicted: Option<&Predicted>) -> Grade {
    let outcome = match (&question.kind, answer) {
        (Kind::ChooseOne(options), Answer::One(chosen)) => chosen_one(options, *chosen),
        (Kind::ChooseAll(options), Answer::Many(chosen)) => chosen_all(options, chosen),
        (Kind::TrueFalse(judgement), Answer::Truth(said)) => judged(judgement, *said),
        (Kind::FillIn(fill), Answer::Text(typed)) => filled(fill, typed),
        (Kind::Order(order), Answer::Order(given)) => ordered(order, given),
        (Kind::Match(pairs), Answer::Pairs(given)) => matched(pairs, given),
        (Kind::Predict(prediction), Answer::Text(typed)) => foretold(prediction, typed, predicted),
        (Kind::FindLine(find), Answer::Lines(lines)) => found(find, lines),
        _ => plain(0.0, &Prose::default(), String::new()),
    };
    let share = outcome.share.clamp(0.0, 1.0);
    let verdict = match share {
        share if share >= 1.0 => Verdict::Right,
        share if share > 0.0 => Verdict::Partly,
        _ => Verdict::Wrong,
    };
    Grade {
        points: (share * question.points as f64 * 100.0).round() / 100.0,
        of: question.points,
        verdict,
        feedback: outcome.feedback,
        solution: outcome.solution,
        misconceptions: outcome.misconceptions,
    }
}

fn plain(share: f64, because: &Prose, solution: String) -> Outcome {
    let feedback = vec![Feedback { about: None, right: share >= 1.0, because: because.clone() }];
    Outcome { share, feedback, solution, misconceptions: Vec::new() }
}

fn of_choices(options: &[Choice], chosen: &BTreeSet<usize>, share: f64) -> Outcome {
    let judged = options.iter().enumerate();
    let feedback = judged.clone().map(|(index, option)| Feedback {
        about: Some(index),
        right: chosen.contains(&index) == option.correct,
        because: option.because.clone(),
    });
    let believed = judged.filter(|(index, option)| chosen.contains(index) && !option.correct);
    Outcome {
        share,
        feedback: feedback.collect(),
        solution: String::new(),
        misconceptions: believed.filter_map(|(_, option)| option.misconception.clone()).collect(),
    }
}

fn chosen_one(options: &[Choice], chosen: usize) -> Outcome {
    let right = options.get(chosen).is_some_and(|option| option.correct);
    of_choices(options, &BTreeSet::from([chosen]), f64::from(u8::from(right)))
}

fn chosen_all(options: &[Choice], chosen: &BTreeSet<usize>) -> Outcome {
    let correct: BTreeSet<usize> = (0..options.len()).filter(|index| options[*index].correct).collect();
    of_choices(options, chosen, share_of(&correct, chosen))
}

/// The share of what is right that was found; each thing that is not right takes one back.
fn share_of(right: &BTreeSet<usize>, given: &BTreeSet<usize>) -> f64 {
    let hits = given.intersection(right).count() as f64;
    let slips = given.difference(right).count() as f64;
    (hits - slips).max(0.0) / right.len().max(1) as f64
}

fn judged(judgement: &Judgement, said: bool) -> Outcome {
    let because = if said { &judgement.because_true } else { &judgement.because_false };
    let right = said == judgement.answer;
    let mut outcome = plain(f64::from(u8::from(right)), because, judgement.answer.to_string());
    outcome.misconceptions.extend(judgement.misconception.clone().filter(|_| !right));
    outcome
}

fn filled(fill_in: &FillIn, typed: &str) -> Outcome {
    let solution = fill::shown(&fill_in.expected);
    if fill::accepts(&fill_in.expected, typed) {
        return plain(1.0, &fill_in.because, solution);
    }
    let mut outcome = plain(0.0, &fill_in.because, solution);
    if let Some(known) =
        fill_in.wrong.iter().find(|known| fill::same_answer(&fill_in.expected, &known.answer, typed))
    {
        outcome.feedback.insert(0, Feedback { about: None, right: false, because: known.because.clone() });
        outcome.misconceptions.extend(known.misconception.clone());
    }
    outcome
}

fn ordered(order: &Order, given: &[usize]) -> Outcome {
    let neighbours = given.windows(2).filter(|pair| pair[0] < pair[1]).count();
    let complete = given.iter().collect::<BTreeSet<_>>().len() == order.items.len()
        && given.iter().all(|index| *index < order.items.len());
    let share = match order.items.len() {
        count if complete && count > 1 => neighbours as f64 / (count - 1) as f64,
        _ => 0.0,
    };
    let solution =
        order.items.iter().enumerate().map(|(index, item)| format!("{}. {}", index + 1, item.plain()));
    plain(share, &order.because, solution.collect::<Vec<_>>().join("\n"))
}

fn matched(pairs: &Match, given: &[Option<usize>]) -> Outcome {
    let same = |left: usize, right: usize| {
        pairs.pairs.get(right).is_some_and(|pair| pair.1.source == pairs.pairs[left].1.source)
    };
    let right = |left: usize| given.get(left).copied().flatten().is_some_and(|right| same(left, right));
    let hits: Vec<bool> = (0..pairs.pairs.len()).map(right).collect();
    let share = hits.iter().filter(|hit| **hit).count() as f64 / pairs.pairs.len().max(1) as f64;
    let solution = pairs.pairs.iter().map(|(left, right)| format!("{} → {}", left.plain(), right.plain()));
    let mut outcome = plain(share, &pairs.because, solution.collect::<Vec<_>>().join("\n"));
    let marks = hits.iter().enumerate();
    outcome.feedback.extend(marks.map(|(index, hit)| Feedback {
        about: Some(index),
        right: *hit,
        because: Prose::default(),
    }));
    outcome
}

/// Within this part of the true second a prediction counts in full, within the other half.
const FULL: f64 = 0.15;
const HALF: f64 = 0.40;

fn foretold(prediction: &Prediction, typed: &str, predicted: Option<&Predicted>) -> Outcome {
    match (predicted, &prediction.asked) {
        (Some(Predicted::Shows(shown)), Asked::At(_)) => {
            let right = column_matches(prediction.column, shown, typed);
            plain(f64::from(u8::from(right)), &prediction.because, shown.clone())
        }
        (Some(Predicted::FirstAt(second)), Asked::When(_)) => {
            let off = fill::number(typed, "s").map(|typed| (typed - second).abs());
            let share = match off {
                Some(off) if off <= (second * FULL).max(1.0) => 1.0,
                Some(off) if off <= (second * HALF).max(2.0) => 0.5,
                _ => 0.0,
            };
            plain(share, &prediction.because, format!("{second:.0} s"))
        }
        (Some(Predicted::Nothing(why)), _) => plain(0.0, &prediction.because, why.clone()),
        _ => plain(0.0, &prediction.because, String::new()),
    }
}

/// Whether the words mean what the column shows: `Restarts` is `3 (25s ago)` or just `3`.
fn column_matches(column: Column, shown: &str, typed: &str) -> bool {
    let first = |text: &str| text.split_whitespace().next().unwrap_or_default().to_owned();
    match column {
        Column::Status => fill::same_word(shown, typed),
        Column::Ready => fill::same_word(&shown.replace(' ', ""), &typed.replace(' ', "")),
        Column::Restarts => first(shown) == first(typed),
    }
}

fn found(find: &FindLine, lines: &BTreeSet<usize>) -> Outcome {
    let named: Vec<String> = find.lines.iter().map(ToString::to_string).collect();
    let word = if named.len() == 1 { "line" } else { "lines" };
    let mut outcome =
        plain(share_of(&find.lines, lines), &find.because, format!("{word} {}", named.join(", ")));
    for line in find.lines.union(lines) {
        let right = find.lines.contains(line) && lines.contains(line);
        outcome.feedback.push(Feedback { about: Some(*line), right, because: Prose::default() });
    }
    outcome
}
