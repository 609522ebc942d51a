//! Quiz files to questions. A question that cannot be read is complained about and left out; the others stay.

use super::{
    Asked, Choice, Column, Expected, FillIn, FindLine, Judgement, Kind, KnownWrong, Manifest, Match, Order,
    Prediction, Prose, Question, Quiz,
};
use crate::course::diagnostic::Report;
use crate::course::fields::{self, Fields};
use crate::course::markdown;
use crate::course::yaml::{self, Node, Value};
use std::collections::BTreeSet;

/// The kinds a question can have.
pub const KINDS: &[&str] =
    &["choose-one", "choose-all", "true-false", "fill-in", "order", "match", "predict", "find-line"];
/// The fields every question may have.
pub const COMMON: &[&str] = &["id", "kind", "objective", "points", "ask"];
/// The fields of an option.
pub const CHOICE: &[&str] = &["text", "correct", "because", "misconception"];
/// The fields of a known wrong answer.
pub const WRONG: &[&str] = &["answer", "because", "misconception"];

/// The fields a question of that kind may have beside [`COMMON`].
pub fn fields_of(kind: &str) -> &'static [&'static str] {
    match kind {
        "choose-one" | "choose-all" => &["options"],
        "true-false" => &["answer", "because", "misconception"],
        "fill-in" => &["answer", "because", "wrong"],
        "order" => &["items", "because"],
        "match" => &["pairs", "because"],
        "predict" => &["manifest", "yaml", "commands", "of", "at", "when", "because"],
        "find-line" => &["yaml", "line", "lines", "because"],
        _ => &[],
    }
}

/// The quiz of a chapter.
pub fn quiz(text: &str, chapter: &str, report: &mut Report) -> Quiz {
    let path = report.path().to_owned();
    let mut quiz = Quiz { chapter: chapter.to_owned(), path, ..Quiz::default() };
    let root = match yaml::read(text, 1, report) {
        Ok(root) => root,
        Err(trouble) => {
            report.error(trouble.place, trouble.text);
            return quiz;
        }
    };
    let Some(fields) = Fields::of(&root, "quiz file", &["questions"], report) else { return quiz };
    if fields.need("questions", report).is_none() {
        return quiz;
    }
    for node in fields.list("questions", report) {
        let Some(question) = question(node, report) else {
            quiz.left_out.push(id_of(node));
            continue;
        };
        if quiz.question(&question.id).is_some() {
            let text = format!("the id '{}' is taken by a question above", question.id);
            report.error_hint(question.place, text, "ids are unique over the whole pack");
            quiz.left_out.push(question.id);
        } else {
            quiz.questions.push(question);
        }
    }
    quiz
}

/// The id of a question that cannot be read otherwise.
fn id_of(node: &Node) -> String {
    let Value::Map(entries) = &node.value else { return String::new() };
    let id = entries.iter().find(|(key, _)| key.scalar().as_deref() == Some("id"));
    id.and_then(|(_, value)| value.scalar()).unwrap_or_default()
}

fn question(node: &Node, report: &mut Report) -> Option<Question> {
    let kind = kind_of(node, report)?;
    let known = [COMMON, fields_of(&kind)].concat();
    let fields = Fields::of(node, "question", &known, report)?;
    let before = report.errors();
    let id = fields.need_text("id", report);
    if let Some(id) = id.as_ref().filter(|id| !is_id(id)) {
        report.error(fields.place_of("id"), format!("'{id}' is not an id: a-z, 0-9 and '-', at most 80"));
    }
    let ask = prose(&fields, "ask", report);
    let objective = fields.whole("objective", 1..=99, report);
    let points = fields.whole("points", 1..=100, report).unwrap_or(1);
    let kind = read_kind(&kind, &fields, report);
    if report.errors() > before {
        return None;
    }
    Some(Question { id: id?, objective, points, ask: ask?, kind: kind?, place: fields.place })
}

fn kind_of(node: &Node, report: &mut Report) -> Option<String> {
    let Value::Map(_) = &node.value else {
        report.error(node.place, format!("a question is made of fields, this is {}", node.what()));
        return None;
    };
    let known =
        [COMMON, &KINDS.iter().flat_map(|kind| fields_of(kind)).copied().collect::<Vec<_>>()].concat();
    let mut quiet = Report::new("");
    let fields = Fields::of(node, "question", &known, &mut quiet)?;
    let kind = fields.need_text("kind", report)?;
    if KINDS.contains(&kind.as_str()) {
        return Some(kind);
    }
    let place = fields.place_of("kind");
    report.unknown(place, format!("there is no kind of question '{kind}'"), &kind, KINDS.iter().copied());
    None
}

/// Whether a text can be an id.
pub fn is_id(id: &str) -> bool {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    !id.is_empty() && id.len() <= 80 && id.chars().all(plain)
}

fn read_kind(kind: &str, fields: &Fields<'_>, report: &mut Report) -> Option<Kind> {
    match kind {
        "choose-one" => choices(fields, report).map(|options| one_right(options, fields, report)),
        "choose-all" => choices(fields, report).map(Kind::ChooseAll),
        "true-false" => judgement(fields, report),
        "fill-in" => fill_in(fields, report),
        "order" => order(fields, report),
        "match" => pairs(fields, report),
        "predict" => prediction(fields, report),
        _ => find_line(fields, report),
    }
}

/// Text of a field as Markdown; complained about if it is not there.
fn prose(fields: &Fields<'_>, name: &str, report: &mut Report) -> Option<Prose> {
    let source = fields.need_text(name, report)?;
    Some(prose_of(source, fields.get(name)?, report))
}

fn prose_of(source: String, node: &Node, report: &mut Report) -> Prose {
    let blocks = markdown::blocks(&source, node.place, report);
    Prose { source, blocks }
}

fn choices(fields: &Fields<'_>, report: &mut Report) -> Option<Vec<Choice>> {
    fields.need("options", report)?;
    let nodes = fields.list("options", report);
    let before = report.errors();
    let options: Vec<Choice> = nodes.iter().filter_map(|node| choice(node, report)).collect();
    if nodes.len() < 2 || nodes.len() > 12 {
        report.error(fields.place_of("options"), "a question has from 2 to 12 options");
    }
    if report.errors() == before && !options.iter().any(|option| option.correct) {
        report.error_hint(
            fields.place_of("options"),
            "no option is correct",
            "write 'correct: true' at the right one",
        );
    }
    Some(options)
}

fn choice(node: &Node, report: &mut Report) -> Option<Choice> {
    let fields = Fields::of(node, "option", CHOICE, report)?;
    let text = prose(&fields, "text", report);
    let because = prose(&fields, "because", report);
    Some(Choice {
        correct: fields.truth("correct", report).unwrap_or(false),
        misconception: fields.text("misconception", report),
        text: text?,
        because: because?,
        place: fields.place,
    })
}

fn one_right(options: Vec<Choice>, fields: &Fields<'_>, report: &mut Report) -> Kind {
    if options.iter().filter(|option| option.correct).count() > 1 {
        let place = fields.place_of("options");
        report.error_hint(place, "a choose-one has one correct option", "make it choose-all");
    }
    Kind::ChooseOne(options)
}

fn judgement(fields: &Fields<'_>, report: &mut Report) -> Option<Kind> {
    fields.need("answer", report);
    let answer = fields.truth("answer", report);
    let because = fields.need("because", report)?;
    let both = Fields::of(because, "because of a true-false", &["true", "false"], report)?;
    let because_true = prose(&both, "true", report);
    let because_false = prose(&both, "false", report);
    Some(Kind::TrueFalse(Judgement {
        answer: answer?,
        because_true: because_true?,
        because_false: because_false?,
        misconception: fields.text("misconception", report),
    }))
}

fn fill_in(fields: &Fields<'_>, report: &mut Report) -> Option<Kind> {
    let node = fields.need("answer", report);
    let expected = node.and_then(|node| expected(node, report));
    let because = prose(fields, "because", report);
    let wrong = fields.list("wrong", report).iter().filter_map(|node| known_wrong(node, report)).collect();
    Some(Kind::FillIn(FillIn { expected: expected?, because: because?, wrong }))
}

fn known_wrong(node: &Node, report: &mut Report) -> Option<KnownWrong> {
    let fields = Fields::of(node, "wrong answer", WRONG, report)?;
    let answer = fields.need_text("answer", report);
    let because = prose(&fields, "because", report);
    let misconception = fields.text("misconception", report);
    Some(KnownWrong { answer: answer?, because: because?, misconception })
}

fn expected(node: &Node, report: &mut Report) -> Option<Expected> {
    let before = report.errors();
    let fields = Fields::of(node, "answer", &["word", "number", "within", "unit", "command"], report)?;
    if let Some(number) = fields.get("number") {
        let value = real(number, "number", report)?;
        let within = fields.get("within").map_or(Some(0.0), |node| real(node, "within", report))?;
        let unit = fields.text("unit", report).unwrap_or_default();
        return Some(Expected::Number { value, within: within.abs(), unit });
    }
    if fields.get("word").is_some() {
        return one_or_more(&fields, "word", report).map(Expected::Word);
    }
    if fields.get("command").is_some() {
        return one_or_more(&fields, "command", report).map(Expected::Command);
    }
    if report.errors() > before {
        return None;
    }
    report.error_hint(
        fields.place,
        "an answer to type is a word, a number or a command",
        "answer: { word: [x] }",
    );
    None
}

/// A list of texts, or one text alone.
fn one_or_more(fields: &Fields<'_>, name: &str, report: &mut Report) -> Option<Vec<String>> {
    let node = fields.get(name)?;
    let texts = match &node.value {
        Value::List(_) => fields.texts(name, report).into_iter().map(|(text, _)| text).collect(),
        _ => vec![fields::text(node, name, report)?],
    };
    if texts.iter().any(|text| text.trim().is_empty()) || texts.is_empty() {
        report.error(node.place, format!("'{name}' is empty"));
        return None;
    }
    Some(texts)
}

fn real(node: &Node, name: &str, report: &mut Report) -> Option<f64> {
    let value = if let Value::Number(text) = &node.value { text.parse::<f64>().ok() } else { None };
    let value = value.filter(|value| value.is_finite());
    if value.is_none() {
        report.error(node.place, format!("'{name}' is a number, this is {}", node.what()));
    }
    value
}

fn order(fields: &Fields<'_>, report: &mut Report) -> Option<Kind> {
    let items = proses(fields, "items", report);
    if !(2..=12).contains(&items.len()) {
        report.error(fields.place_of("items"), "an order has from 2 to 12 items");
    }
    let because = prose(fields, "because", report)?;
    Some(Kind::Order(Order { items, because }))
}

fn proses(fields: &Fields<'_>, name: &str, report: &mut Report) -> Vec<Prose> {
    fields.need(name, report);
    let nodes = fields.list(name, report);
    nodes.iter().filter_map(|node| Some(prose_of(fields::text(node, name, report)?, node, report))).collect()
}

fn pairs(fields: &Fields<'_>, report: &mut Report) -> Option<Kind> {
    fields.need("pairs", report)?;
    let nodes = fields.list("pairs", report);
    let mut pairs = Vec::new();
    for node in nodes {
        let Some(fields) = Fields::of(node, "pair", &["left", "right"], report) else { continue };
        let left = prose(&fields, "left", report);
        let right = prose(&fields, "right", report);
        pairs.extend(left.zip(right));
    }
    if !(2..=12).contains(&nodes.len()) {
        report.error(fields.place_of("pairs"), "a match has from 2 to 12 pairs");
    }
    let because = prose(fields, "because", report)?;
    Some(Kind::Match(Match { pairs, because }))
}

fn prediction(fields: &Fields<'_>, report: &mut Report) -> Option<Kind> {
    let manifest = manifest(fields, report);
    let commands = fields.texts("commands", report);
    let commands = commands.into_iter().filter_map(|(line, place)| {
        let step = timed(&line);
        if step.is_none() {
            report.error_hint(place, "a step starts with its second", "write \"5 kubectl delete pod web\"");
        }
        step
    });
    let commands = commands.collect();
    let of =
        fields.need("of", report).and_then(|node| Fields::of(node, "prediction", &["pod", "column"], report));
    let pod = of.as_ref().and_then(|of| of.need_text("pod", report));
    let column = of.as_ref().and_then(|of| column(of, report));
    let asked = asked(fields, report);
    let because = prose(fields, "because", report)?;
    let prediction =
        Prediction { manifest: manifest?, commands, pod: pod?, column: column?, asked: asked?, because };
    Some(Kind::Predict(Box::new(prediction)))
}

fn manifest(fields: &Fields<'_>, report: &mut Report) -> Option<Manifest> {
    match (fields.text("manifest", report), fields.text("yaml", report)) {
        (Some(name), None) => Some(Manifest::File { name, place: fields.place_of("manifest") }),
        (None, Some(text)) => Some(Manifest::Inline { text, place: fields.place_of("yaml") }),
        _ => {
            report
                .error(fields.place, "a prediction has either 'manifest' (a file of the chapter) or 'yaml'");
            None
        }
    }
}

/// `5 kubectl delete pod web` as second and command.
pub fn timed(line: &str) -> Option<(f64, String)> {
    let (second, command) = line.trim().split_once(char::is_whitespace)?;
    let second: f64 = second.parse().ok()?;
    ((0.0..=86_400.0).contains(&second)).then(|| (second, command.trim().to_owned()))
}

fn column(of: &Fields<'_>, report: &mut Report) -> Option<Column> {
    let name = of.need_text("column", report)?;
    match name.to_lowercase().as_str() {
        "status" => Some(Column::Status),
        "ready" => Some(Column::Ready),
        "restarts" => Some(Column::Restarts),
        _ => {
            let text = format!("a prediction is not about the column '{name}'");
            report.unknown(of.place_of("column"), text, &name, ["status", "ready", "restarts"]);
            None
        }
    }
}

fn asked(fields: &Fields<'_>, report: &mut Report) -> Option<Asked> {
    match (fields.get("at"), fields.text("when", report)) {
        (Some(at), None) => {
            let at_second = real(at, "at", report)?;
            if (0.0..=86_400.0).contains(&at_second) {
                return Some(Asked::At(at_second));
            }
            report.error(at.place, "'at' is a second of the first simulated day");
            None
        }
        (None, Some(shown)) => Some(Asked::When(shown)),
        _ => {
            report.error(fields.place, "a prediction has either 'at' (a second) or 'when' (what is shown)");
            None
        }
    }
}

fn find_line(fields: &Fields<'_>, report: &mut Report) -> Option<Kind> {
    let yaml = fields.need_text("yaml", report);
    let last = yaml.as_ref().map_or(1, |yaml| yaml.lines().count());
    let named = ["line", "lines"].iter().any(|name| fields.get(name).is_some());
    let mut lines: BTreeSet<usize> = fields.whole("line", 1..=last, report).into_iter().collect();
    for node in fields.list("lines", report) {
        lines.extend(fields::whole(node, "lines", 1..=last, report));
    }
    if lines.is_empty() && !named {
        report.error(fields.place, "a find-line names the faulty 'line' or 'lines'");
    }
    let because = prose(fields, "because", report)?;
    if lines.is_empty() {
        return None;
    }
    Some(Kind::FindLine(FindLine { yaml: yaml?, lines, because }))
}
