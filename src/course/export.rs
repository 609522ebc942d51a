//! Quizzes in other programs' formats: GIFT for Moodle (docs.moodle.org, "GIFT format"), tab-separated text for Anki. Predictions need
//! the simulator; they are left out, and in GIFT a comment says so.

use super::block::plain_blocks;
use super::quiz::fill::shown;
use super::quiz::{Choice, Expected, FillIn, Kind, KnownWrong, Prose, Question, Quiz};
use std::fmt::Write;

/// The quiz in GIFT: texts are Markdown as written, and what is said to each answer comes along.
pub fn gift(quiz: &Quiz) -> String {
    let mut out = format!("$CATEGORY: podlab/{}\n\n", quiz.chapter);
    for question in &quiz.questions {
        let ask = gift_text(&question.ask);
        if let Some((more, body)) = gift_body(&question.kind) {
            let _ = writeln!(out, "::{}::[markdown]{ask}{more} {{{body}}}\n", question.id);
        } else {
            let kind = question.kind.name();
            let _ = writeln!(out, "// {}: a {kind} question, only in podlab\n", question.id);
        }
    }
    out
}

/// What is added to the question's text, and what stands in braces; `None` for what GIFT cannot ask.
fn gift_body(kind: &Kind) -> Option<(String, String)> {
    let plain = |body: String| Some((String::new(), body));
    match kind {
        Kind::ChooseOne(options) => {
            let mark = |choice: &Choice| if choice.correct { "=" } else { "~" }.to_owned();
            plain(gift_options(options, mark))
        }
        Kind::ChooseAll(options) => {
            let share = 100.0 / options.iter().filter(|option| option.correct).count().max(1) as f64;
            let mark = |choice: &Choice| format!("~%{:.5}%", if choice.correct { share } else { -share });
            plain(gift_options(options, mark))
        }
        Kind::TrueFalse(judgement) => {
            // GIFT wants what is said to a wrong answer before what is said to a right one.
            let because = [gift_text(&judgement.because_true), gift_text(&judgement.because_false)];
            let [right, wrong] =
                if judgement.answer { because } else { [because[1].clone(), because[0].clone()] };
            plain(format!("{}#{wrong}#{right}", if judgement.answer { "TRUE" } else { "FALSE" }))
        }
        Kind::FillIn(fill) => plain(gift_fill(fill)),
        Kind::Match(pairs) => {
            let pair = |(left, right): &(Prose, Prose)| gift_pair(left, &one_line(right));
            plain(pairs.pairs.iter().map(pair).collect::<String>() + &general(&pairs.because))
        }
        Kind::Order(order) => {
            let item = |(index, item): (usize, &Prose)| gift_pair(item, &(index + 1).to_string());
            let items: String = order.items.iter().enumerate().map(item).collect();
            Some(("\\n\\n(1 is the first.)".to_owned(), items + &general(&order.because)))
        }
        Kind::FindLine(find) => {
            let [line] = find.lines.iter().copied().collect::<Vec<_>>()[..] else { return None };
            let code = format!("\n\n```\n{}```\n\nThe number of the line?", numbered(&find.yaml));
            Some((gift_escape(&code), format!("#{line}{}", general(&find.because))))
        }
        Kind::Predict(_) => None,
    }
}

fn gift_options(options: &[Choice], mark: impl Fn(&Choice) -> String) -> String {
    let option = |choice: &Choice| {
        format!("  {}{} #{}\n", mark(choice), gift_text(&choice.text), gift_text(&choice.because))
    };
    format!("\n{}", options.iter().map(option).collect::<String>())
}

/// A pair of a matching question; an arrow within a text would be taken for the one between the two.
fn gift_pair(left: &Prose, right: &str) -> String {
    let bare = |text: &str| text.replace("->", "→");
    format!("\n  ={} -> {}", gift_escape(&bare(left.source.trim())), gift_escape(&bare(right)))
}

fn gift_fill(fill: &FillIn) -> String {
    let answers = match &fill.expected {
        Expected::Number { value, within, .. } => format!("#{value}:{within}\n"),
        Expected::Word(texts) | Expected::Command(texts) => {
            let answer = |text: &String| format!("  ={}\n", gift_escape(text));
            let wrong = |wrong: &KnownWrong| {
                format!("  =%0%{} #{}\n", gift_escape(&wrong.answer), gift_text(&wrong.because))
            };
            let right: String = texts.iter().map(answer).collect();
            format!("\n{right}{}", fill.wrong.iter().map(wrong).collect::<String>())
        }
    };
    answers + general(&fill.because).trim_start()
}

/// What is said whatever was answered.
fn general(because: &Prose) -> String {
    format!("\n  ####{}\n", gift_text(because))
}

fn gift_text(prose: &Prose) -> String {
    gift_escape(prose.source.trim())
}

/// GIFT gives these characters a meaning, which a backslash takes away; line ends are written `\n`, an empty line would end the question.
fn gift_escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        if c == '\n' {
            escaped.push_str("\\n");
            continue;
        }
        if "~=#{}:\\".contains(c) {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}

fn one_line(prose: &Prose) -> String {
    prose.plain()
}

/// The lines of a text with their numbers.
fn numbered(text: &str) -> String {
    text.lines().enumerate().map(|(index, line)| format!("{:>3}  {line}\n", index + 1)).collect()
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

/// What is asked, with all there is to choose from in an order that gives nothing away (authors write the right option first).
fn anki_front(question: &Question) -> String {
    let shown = question.shuffled(0);
    let more = match &question.kind {
        Kind::ChooseOne(options) | Kind::ChooseAll(options) => {
            html_items(shown.iter().map(|index| &options[*index].text))
        }
        Kind::Order(order) => html_items(shown.iter().map(|index| &order.items[*index])),
        Kind::Match(pairs) => {
            let left = html_items(pairs.pairs.iter().map(|(left, _)| left));
            let right = html_items(shown.iter().map(|index| &pairs.pairs[*index].1));
            format!("{left}<br>with{right}")
        }
        Kind::FindLine(find) => format!("<br>{}", html_lines(&numbered(&find.yaml))),
        Kind::TrueFalse(_) | Kind::FillIn(_) | Kind::Predict(_) => String::new(),
    };
    html(&question.ask) + &more
}

fn html_items<'a>(items: impl Iterator<Item = &'a Prose>) -> String {
    items.map(|item| format!("<br>- {}", html(item))).collect()
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
                Expected::Word(texts) | Expected::Command(texts) => texts.join(" / "),
                number @ Expected::Number { .. } => shown(number),
            };
            format!("{}<br>{}", html_lines(&answer), html(&fill.because))
        }
        Kind::Order(order) => {
            let items = order.items.iter().enumerate().map(|(i, item)| format!("{}. {}", i + 1, html(item)));
            joined(items.chain([html(&order.because)]).collect())
        }
        Kind::Match(pairs) => {
            let each = pairs.pairs.iter().map(|(l, r)| format!("{} → {}", html(l), html(r)));
            joined(each.chain([html(&pairs.because)]).collect())
        }
        Kind::FindLine(find) => {
            let lines: Vec<String> = find.lines.iter().map(usize::to_string).collect();
            format!("{}<br>{}", lines.join(", "), html(&find.because))
        }
        Kind::Predict(_) => return None,
    })
}

fn html(prose: &Prose) -> String {
    html_lines(plain_blocks(&prose.blocks).trim_end())
}

/// Lines as HTML on one line: the indents and columns of code stay, and nothing is left that Anki's reader or a browser would take for its own.
fn html_lines(text: &str) -> String {
    let line = |line: &str| {
        let escaped = line.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        let escaped = escaped.replace('"', "&quot;").replace('\t', " ").replace("  ", "&nbsp;&nbsp;");
        // A browser drops a blank at the beginning.
        escaped.strip_prefix(' ').map_or_else(|| escaped.clone(), |rest| format!("&nbsp;{rest}"))
    };
    text.trim_end().lines().map(line).collect::<Vec<_>>().join("<br>")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::course::diagnostic::Report;

    const QUIZ: &str = r#"questions:
  - id: q-one
    kind: choose-one
    ask: |
      What is 1 = 1?

      ```yaml
      a: {b: "~#"}
        c\d
      ```
    options:
      - { text: 'a: yes', correct: true, because: it is }
      - { text: b <no>, because: it is not }
  - { id: q-two, kind: true-false, ask: Sure?, answer: false, because: { true: no, false: right } }
  - { id: q-three, kind: match, ask: Which?, because: so, pairs: [{ left: a -> b, right: x }, { left: c, right: "y\tz" }] }
  - { id: q-four, kind: fill-in, ask: How long?, answer: { number: 10, within: 2, unit: s }, because: so }
  - { id: q-five, kind: find-line, ask: '"Where?"', yaml: "a:\n  b\n", line: 2, because: so }
  - { id: q-six, kind: predict, ask: Then?, yaml: x, of: { pod: a, column: ready }, at: 1, because: so }
  - { id: q-seven, kind: fill-in, ask: Word?, answer: { word: [x, y] }, wrong: [{ answer: z, because: no }], because: so }
  - { id: q-eight, kind: choose-all, ask: All?, options: [{ text: a, correct: true, because: x }, { text: b, correct: true, because: x }, { text: c, because: x }] }
"#;

    fn quiz() -> Quiz {
        let mut report = Report::new("quiz.yaml");
        let quiz = crate::course::quiz::read::quiz(QUIZ, "x", &mut report);
        assert_eq!(report.found(), []);
        quiz
    }

    #[test]
    fn gift_keeps_code_and_escapes_what_has_a_meaning() {
        let text = gift(&quiz());
        for part in [
            "$CATEGORY: podlab/x\n\n::q-one::[markdown]What is 1 \\= 1?\\n\\n```yaml\\na\\: \\{b\\: \"\\~\\#\"\\}\\n  c\\\\d\\n``` {\n  =a\\: yes #it is\n  ~b <no> #it is not\n}\n\n",
            "::q-two::[markdown]Sure? {FALSE#no#right}\n\n",
            "::q-three::[markdown]Which? {\n  =a → b -> x\n  =c -> y z\n  ####so\n}\n\n",
            "::q-four::[markdown]How long? {#10:2\n####so\n}\n\n",
            "\\n\\n```\\n  1  a\\:\\n  2    b\\n```\\n\\nThe number of the line? {#2\n  ####so\n}",
            "// q-six: a predict question, only in podlab\n\n",
            "::q-seven::[markdown]Word? {\n  =x\n  =y\n  =%0%z #no\n####so\n}\n\n",
            "~%50.00000%a #x\n  ~%50.00000%b #x\n  ~%-50.00000%c #x\n",
        ] {
            assert!(text.contains(part), "{part}\nis not in\n{text}");
        }
    }

    #[test]
    fn a_gift_question_holds_no_empty_line() {
        for question in gift(&quiz()).split("\n\n").filter(|block| !block.trim().is_empty()) {
            let open = question.matches('{').count() - question.matches("\\{").count();
            let closed = question.matches('}').count() - question.matches("\\}").count();
            assert_eq!(open, closed, "{question}");
        }
    }

    #[test]
    fn anki_gets_one_line_a_card_with_three_fields() {
        let text = anki(&quiz());
        let cards: Vec<&str> = text.lines().filter(|l| !l.starts_with('#')).collect();
        assert_eq!(cards.len(), 7, "{text}");
        assert!(cards.iter().all(|c| c.split('\t').count() == 3), "{text}");
        assert!(cards.iter().all(|card| !card.contains('"')), "{text}");
        assert!(
            cards[0].contains("What is 1 = 1?<br>a: {b: &quot;~#&quot;}<br>&nbsp;&nbsp;c\\d<br>- "),
            "{text}"
        );
        assert!(cards[0].contains("b &lt;no&gt;"), "{text}");
        assert!(cards[2].starts_with("Which?<br>- a -&gt; b<br>- c<br>with<br>- "), "{text}");
    }

    #[test]
    fn cards_for_anki_do_not_offer_the_right_option_at_one_place() {
        let options = "options: [{ text: yes, correct: true, because: x }, { text: b, because: x }, { text: c, because: x }]";
        let questions: String = (0..30)
            .map(|number| format!("  - {{ id: q-{number}, kind: choose-one, ask: Which?, {options} }}\n"))
            .collect();
        let mut report = Report::new("quiz.yaml");
        let quiz = crate::course::quiz::read::quiz(&format!("questions:\n{questions}"), "x", &mut report);
        let text = anki(&quiz);
        let first = text.lines().filter(|line| line.starts_with("Which?<br>- yes")).count();
        assert!((1..20).contains(&first), "{first} of {}", quiz.questions.len());
    }
}
