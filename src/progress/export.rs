//! The log and the scores as CSV and JSON. Cells a spreadsheet would take for formulas are made text.

use super::entry::{Entry, Logged, Moment};
use super::review::Schedule;
use super::score::{ChapterScore, Scores};
use serde_json::{Value, json};

/// The scores of the chapters, one a line, with a header.
pub fn scores_csv(log: &[Logged], now: Moment) -> String {
    let scores = Scores::of(log);
    let schedule = Schedule::of(log);
    let mastery = scores.mastery(&schedule, now);
    let mut lines = vec!["chapter,read,runs,best,latest,of,mastery,minutes".to_owned()];
    for (id, chapter) in &scores.chapters {
        let points =
            |result: Option<(f64, usize)>| result.map(|(points, _)| points.to_string()).unwrap_or_default();
        let of = chapter.latest.or(chapter.best).map(|(_, of)| of.to_string()).unwrap_or_default();
        let known = mastery.get(id.as_str()).map(|known| format!("{known:.2}")).unwrap_or_default();
        let cells = [
            id.clone(),
            yes(chapter.read).to_owned(),
            chapter.runs.to_string(),
            points(chapter.best),
            points(chapter.latest),
            of,
            known,
            (chapter.millis / 60_000).to_string(),
        ];
        lines.push(row(&cells));
    }
    lines.join("\n") + "\n"
}

/// Everything that was done, one entry a line, with a header.
pub fn log_csv(log: &[Logged]) -> String {
    let mut lines = vec!["time,what,about,question,points,of".to_owned()];
    for logged in log {
        let (question, points, of) = match &logged.entry {
            Entry::Answered(answered) => {
                (answered.question.clone(), answered.points.to_string(), answered.of.to_string())
            }
            Entry::Finished { points, of, .. } => (String::new(), points.to_string(), of.to_string()),
            _ => Default::default(),
        };
        let what = logged.entry.kind().to_owned();
        lines.push(row(&[time(logged.at), what, logged.entry.about().to_owned(), question, points, of]));
    }
    lines.join("\n") + "\n"
}

/// Scores of chapters, questions and labs, misconceptions and what is due.
pub fn scores_json(log: &[Logged], now: Moment) -> Value {
    let scores = Scores::of(log);
    let schedule = Schedule::of(log);
    let mastery = scores.mastery(&schedule, now);
    let chapter = |(id, chapter): (&String, &ChapterScore)| {
        json!({
            "chapter": id, "read": chapter.read, "runs": chapter.runs,
            "best": result(chapter.best), "latest": result(chapter.latest),
            "mastery": mastery.get(id.as_str()), "seconds": chapter.millis / 1000,
        })
    };
    let questions = scores.questions.iter().map(|(id, question)| {
        json!({
            "question": id, "chapter": question.chapter, "answers": question.answers, "right": question.rights,
            "latest": result(Some(question.latest)), "time": question.at.map(time),
            "recall": schedule.recall(id, now),
        })
    });
    let believed = scores.misconceptions.iter().map(|(id, believed)| {
        json!({ "misconception": id, "times": believed.times, "question": believed.question, "overcome": believed.overcome })
    });
    json!({
        "chapters": scores.chapters.iter().map(chapter).collect::<Vec<_>>(),
        "questions": questions.collect::<Vec<_>>(),
        "labs": scores.labs.iter().map(|(lab, hints)| json!({ "lab": lab, "hints": hints })).collect::<Vec<_>>(),
        "misconceptions": believed.collect::<Vec<_>>(),
        "minutes": scores.minutes(),
    })
}

fn result(result: Option<(f64, usize)>) -> Value {
    result.map_or(Value::Null, |(points, of)| json!({ "points": points, "of": of }))
}

fn yes(truth: bool) -> &'static str {
    if truth { "yes" } else { "no" }
}

/// A moment as RFC 3339 in UTC.
fn time(at: Moment) -> String {
    jiff::Timestamp::from_millisecond(at.millis).map(|time| time.to_string()).unwrap_or_default()
}

fn row(cells: &[String]) -> String {
    cells.iter().map(|cell| quoted(cell)).collect::<Vec<_>>().join(",")
}

fn quoted(cell: &str) -> String {
    let formula =
        cell.starts_with(['=', '+', '@']) || (cell.starts_with('-') && cell.parse::<f64>().is_err());
    let cell = if formula { format!("'{cell}") } else { cell.to_owned() };
    if cell.contains([',', '"', '\n', '\r']) { format!("\"{}\"", cell.replace('"', "\"\"")) } else { cell }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scores_and_log_are_tables_a_spreadsheet_reads() {
        let finished = Entry::Finished { chapter: "=a,\"b\"".into(), points: 3.5, of: 8 };
        let log = [Logged { id: 1, at: Moment::new(0, 0), entry: finished }];
        assert_eq!(
            scores_csv(&log, Moment::new(0, 0)),
            "chapter,read,runs,best,latest,of,mastery,minutes\n\"'=a,\"\"b\"\"\",no,1,3.5,3.5,8,,0\n"
        );
        assert_eq!(
            log_csv(&log),
            "time,what,about,question,points,of\n1970-01-01T00:00:00Z,finished,\"'=a,\"\"b\"\"\",,3.5,8\n"
        );
        let json = scores_json(&log, Moment::new(0, 0));
        assert_eq!(json["chapters"][0]["best"], json!({ "points": 3.5, "of": 8 }));
    }
}
