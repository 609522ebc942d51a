use super::*;
use crate::course::Answer;
use proptest::prelude::*;

fn answer(day: i64, question: &str, points: f64, asked: Asked) -> Logged {
    let answered = Answered {
        chapter: "a".into(),
        question: question.into(),
        answer: Answer::Truth(true),
        points,
        of: 1,
        asked,
        misconceptions: Vec::new(),
    };
    Logged { id: day, at: on(day), entry: Entry::Answered(answered) }
}

fn on(day: i64) -> Moment {
    Moment { millis: day * crate::progress::entry::DAY, day }
}

#[test]
fn a_wrong_answer_comes_back_at_once_and_a_right_one_later() {
    let log = [answer(0, "wrong", 0.0, Asked::Quiz), answer(0, "right", 1.0, Asked::Quiz)];
    let schedule = Schedule::of(&log);
    let standing = |day| schedule.standing(&log, on(day), 20, |_| true);
    assert_eq!(standing(0).due, ["wrong"]);
    let back = schedule.cards["right"].due;
    assert!((1..=5).contains(&back), "{back}");
    assert_eq!(standing(back).due, ["wrong", "right"]);
    assert_eq!(schedule.standing(&log, on(back), 20, |id| id != "wrong").due, ["right"]);
}

#[test]
fn waits_grow_with_every_right_answer_and_shrink_with_a_wrong_one() {
    let mut log = Vec::new();
    let mut waits = Vec::new();
    let mut day = 0;
    for _ in 0..5 {
        log.push(answer(day, "q", 1.0, Asked::Review));
        let due = Schedule::of(&log).cards["q"].due;
        waits.push(due - day);
        day = due;
    }
    assert!(waits.is_sorted() && waits[4] > 10 * waits[0], "{waits:?}");
    log.push(answer(day, "q", 0.0, Asked::Review));
    log.push(answer(day + 1, "q", 1.0, Asked::Review));
    let schedule = Schedule::of(&log);
    assert!(schedule.cards["q"].due - day - 1 < waits[4]);
    assert_eq!((schedule.cards["q"].answers, schedule.cards["q"].rights), (7, 6));
}

#[test]
fn no_more_than_the_daily_amount_is_asked_for() {
    let mut log: Vec<Logged> = (0..100).map(|n| answer(0, &format!("q{n:03}"), 0.0, Asked::Quiz)).collect();
    let standing = Schedule::of(&log).standing(&log, on(5), 10, |_| true);
    assert_eq!((standing.due.len(), standing.waiting), (10, 30));
    assert_eq!(standing.forecast, [10, 10, 10, 10, 10, 10, 10, 10, 10, 10, 0, 0, 0, 0]);
    log.push(answer(5, "q000", 1.0, Asked::Review));
    let standing = Schedule::of(&log).standing(&log, on(5), 10, |_| true);
    assert_eq!(standing.due.len(), 9);
    assert_eq!(Schedule::of(&log).standing(&log, on(5), 0, |_| true).due.len(), 0);
}

#[test]
fn what_was_learned_fades() {
    let log = [answer(0, "q", 1.0, Asked::Quiz), answer(0, "r", 0.0, Asked::Quiz)];
    let schedule = Schedule::of(&log);
    let recall: Vec<f64> = [0, 1, 10, 100, 1000].map(|day| schedule.recall("q", on(day))).to_vec();
    assert!(recall.windows(2).all(|pair| pair[0] > pair[1]), "{recall:?}");
    assert!(schedule.recall("r", on(0)).abs() < 1e-9 && schedule.recall("never", on(0)).abs() < 1e-9);
    assert!((schedule.mastery(["q", "r"], on(0)) - 0.5).abs() < 0.01);
    assert!(schedule.mastery([], on(0)).abs() < 1e-9);
}

proptest! {
    #[test]
    fn any_log_makes_a_schedule(answers in proptest::collection::vec((-5i64..5000, 0u8..4, 0u8..3), 0..60), daily in 0u32..50) {
        let log: Vec<Logged> = answers
            .iter()
            .map(|(day, question, points)| answer(*day, &question.to_string(), f64::from(*points) / 2.0, Asked::Review))
            .collect();
        let schedule = Schedule::of(&log);
        let now = on(2500);
        let standing = schedule.standing(&log, now, daily, |_| true);
        prop_assert!(standing.due.len() <= daily as usize);
        prop_assert!(standing.forecast.iter().all(|count| *count <= daily));
        prop_assert_eq!(standing.forecast.len(), AHEAD);
        for card in schedule.cards.values() {
            prop_assert!(card.memory.stability.is_finite() && card.due >= card.last.day);
        }
        prop_assert_eq!(Schedule::of(&log), schedule);
    }
}
