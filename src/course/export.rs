//! Quizzes in other programs' formats: GIFT for Moodle, tab-separated text for Anki. Predictions and lines to be found need the
//! simulator or the tutor's screen; they are left out, and a comment says so.

use super::quiz::{Expected, FillIn, Kind, Prose, Question, Quiz};
use std::fmt::Write;

/// The quiz in GIFT.
pub fn gift(quiz: &Quiz) -> String {
    let mut out = String::new();
    for question in &quiz.questions {
        let ask = gift_text(&question.ask);
        let body = match &question.kind {
            Kind::ChooseOne(options) => {
                options.iter().map(|o| gift_option(o.correct, None, (&o.text, &o.because))).collect()
            }
            Kind::ChooseAll(options) => {
                let right = options.iter().filter(|o| o.correct).count().max(1);
                let share =
                    |correct: bool| if correct { 100.0 / right as f64 } else { -100.0 / right as f64 };
                options
                    .iter()
                    .map(|o| gift_option(false, Some(share(o.correct)), (&o.text, &o.because)))
                    .collect()
            }
            Kind::TrueFalse(judgement) => if judgement.answer { "TRUE" } else { "FALSE" }.to_owned(),
            Kind::FillIn(fill) => gift_fill(fill),
            Kind::Match(pairs) => pairs
                .pairs
                .iter()
                .map(|(l, r)| format!("  ={} -> {}\n", gift_text(l), gift_text(r)))
                .collect::<Vec<_>>()
                .concat(),
            Kind::Order(order) => order
                .items
                .iter()
                .enumerate()
                .map(|(index, item)| format!("  ={} -> {}\n", gift_text(item), index + 1))
                .collect::<Vec<_>>()
                .concat(),
            Kind::Predict(_) | Kind::FindLine(_) => {
                let _ = writeln!(
                    out,
                    "// {}: a {} question, only in podlab\n",
                    question.id,
                    question.kind.name()
                );
                continue;
            }
        };
        let block = if body.contains('\n') { format!("{{\n{body}}}") } else { format!("{{{body}}}") };
        let _ = writeln!(out, "::{}:: {ask} {block}\n", question.id);
    }
    out
}

fn gift_option(correct: bool, share: Option<f64>, (text, because): (&Prose, &Prose)) -> String {
    let mark = match share {
        Some(share) => format!("~%{share:.5}%"),
        None if correct => "=".to_owned(),
        None => "~".to_owned(),
    };
    format!("  {mark}{} #{}\n", gift_text(text), gift_text(because))
}

fn gift_fill(fill: &FillIn) -> String {
    match &fill.expected {
        Expected::Word(words) => {
            words.iter().map(|word| format!("  ={}\n", gift_escape(word))).collect::<Vec<_>>().concat()
        }
        Expected::Number { value, within, .. } => format!("#{value}:{within}"),
        Expected::Command(commands) => {
            commands.iter().map(|line| format!("  ={}\n", gift_escape(line))).collect::<Vec<_>>().concat()
        }
    }
}

fn gift_text(prose: &Prose) -> String {
    gift_escape(&one_line(prose))
}

/// GIFT gives these characters a meaning; a backslash takes it away.
fn gift_escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        if "~=#{}:\\".contains(c) {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}

fn one_line(prose: &Prose) -> String {
    prose.plain().split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The quiz as lines of front, tab, back, tab, tag.
pub fn anki(quiz: &Quiz) -> String {
    let mut out = String::from("#separator:tab\n#html:true\n#tags column:3\n");
    for question in &quiz.questions {
        if let Some(back) = anki_back(question) {
            let front = anki_front(question);
            let _ = writeln!(out, "{front}\t{back}\tpodlab::{}", quiz.chapter);
        }
    }
    out
}

fn anki_front(question: &Question) -> String {
    let mut front = html(&question.ask);
    if let Kind::ChooseOne(options) | Kind::ChooseAll(options) = &question.kind {
        for option in options {
            let _ = write!(front, "<br>- {}", html(&option.text));
        }
    }
    front
}

fn anki_back(question: &Question) -> Option<String> {
    let joined = |parts: Vec<String>| parts.join("<br>");
    Some(match &question.kind {
        Kind::ChooseOne(options) | Kind::ChooseAll(options) => {
            let right = options.iter().filter(|o| o.correct);
            joined(right.map(|o| format!("{}<br>{}", html(&o.text), html(&o.because))).collect())
        }
        Kind::TrueFalse(judgement) => {
            let because = if judgement.answer { &judgement.because_true } else { &judgement.because_false };
            format!("{}<br>{}", judgement.answer, html(because))
        }
        Kind::FillIn(fill) => {
            let answer = match &fill.expected {
                Expected::Word(words) => words.join(" / "),
                Expected::Number { value, .. } => value.to_string(),
                Expected::Command(commands) => commands.join(" / "),
            };
            format!("{}<br>{}", html_escape(&answer), html(&fill.because))
        }
        Kind::Order(order) => {
            let items = order.items.iter().enumerate().map(|(i, item)| format!("{}. {}", i + 1, html(item)));
            joined(items.chain([html(&order.because)]).collect())
        }
        Kind::Match(pairs) => {
            let each = pairs.pairs.iter().map(|(l, r)| format!("{} → {}", html(l), html(r)));
            joined(each.chain([html(&pairs.because)]).collect())
        }
        Kind::Predict(_) | Kind::FindLine(_) => return None,
    })
}

fn html(prose: &Prose) -> String {
    html_escape(prose.plain().trim()).replace('\n', "<br>")
}

fn html_escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('\t', " ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::course::diagnostic::Report;

    const QUIZ: &str = "questions:\n  - id: q-one\n    kind: choose-one\n    objective: 1\n    ask: What is 1 = 1?\n    options:\n      - { text: 'a: yes', correct: true, because: it is }\n      - { text: b <no>, because: it is not }\n  - id: q-two\n    kind: true-false\n    objective: 1\n    ask: Sure?\n    answer: true\n    because: { true: yes, false: no }\n";

    fn quiz() -> Quiz {
        let mut report = Report::new("quiz.yaml");
        crate::course::quiz::read::quiz(QUIZ, "x", &mut report)
    }

    #[test]
    fn characters_with_a_meaning_in_gift_are_escaped() {
        let text = gift(&quiz());
        assert!(
            text.contains("::q-one:: What is 1 \\= 1? {\n  =a\\: yes #it is\n  ~b <no> #it is not\n}"),
            "{text}"
        );
        assert!(text.contains("::q-two:: Sure? {TRUE}"), "{text}");
    }

    #[test]
    fn anki_gets_one_line_a_card() {
        let text = anki(&quiz());
        let cards: Vec<&str> = text.lines().filter(|l| !l.starts_with('#')).collect();
        assert_eq!(cards.len(), 2, "{text}");
        assert!(cards.iter().all(|c| c.split('\t').count() == 3), "{text}");
        assert!(cards[0].contains("b &lt;no&gt;"), "{text}");
    }
}
