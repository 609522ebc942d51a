use super::*;
use crate::course::diagnostic::Report;
use proptest::prelude::*;

fn read(text: &str) -> (Quiz, Vec<String>) {
    let mut report = Report::new("quizzes/01-x.yaml");
    let quiz = read::quiz(text, "x", &mut report);
    (quiz, report.found().iter().map(ToString::to_string).collect())
}

const ALL: &str = r#"questions:
  - id: one
    kind: choose-one
    objective: 1
    points: 2
    ask: Which?
    options:
      - { text: a, correct: true, because: yes it is }
      - { text: b, because: no, misconception: m1 }
      - { text: c, because: no }
  - id: all
    kind: choose-all
    points: 2
    ask: Which ones?
    options:
      - { text: a, correct: true, because: x }
      - { text: b, correct: true, because: x }
      - { text: c, because: x, misconception: m2 }
      - { text: d, because: x }
  - id: tf
    kind: true-false
    ask: It restarts.
    answer: false
    because: { true: no., false: right. }
    misconception: m3
  - id: word
    kind: fill-in
    ask: REASON?
    answer: { word: [OOMKilled, oom killed] }
    because: x
    wrong: [ { answer: Error, because: not quite, misconception: m4 } ]
  - id: number
    kind: fill-in
    ask: How long?
    answer: { number: 90, within: 5, unit: s }
    because: x
    wrong: [ { answer: "120", because: a quarter too much } ]
  - id: command
    kind: fill-in
    ask: How?
    answer: { command: ["kubectl logs web --previous -c app"] }
    because: x
  - id: order
    kind: order
    points: 3
    ask: Order?
    items: [a, b, c, d]
    because: x
  - id: match
    kind: match
    points: 3
    ask: Match?
    pairs: [ { left: 137, right: SIGKILL }, { left: 143, right: SIGTERM }, { left: 9, right: SIGKILL } ]
    because: x
  - id: predict
    kind: predict
    ask: What?
    manifest: crash.yaml
    commands: ["5 kubectl delete pod web"]
    of: { pod: web, column: restarts }
    at: 60
    because: x
  - id: when
    kind: predict
    points: 2
    ask: When?
    yaml: |
      kind: Pod
    of: { pod: web, column: status }
    when: CrashLoopBackOff
    because: x
  - id: line
    kind: find-line
    ask: Where?
    yaml: |
      a: 1
      b: 2
      c: 3
    lines: [2, 3]
    because: x
"#;

fn points(id: &str, answer: &Answer) -> f64 {
    grade(id, answer, None).points
}

fn grade(id: &str, answer: &Answer, predicted: Option<&Predicted>) -> Grade {
    let (quiz, found) = read(ALL);
    assert_eq!(found, Vec::<String>::new());
    grade::grade(quiz.question(id).unwrap(), answer, predicted)
}

fn typed(text: &str) -> Answer {
    Answer::Text(text.to_owned())
}

#[test]
fn every_kind_is_read() {
    let (quiz, found) = read(ALL);
    assert_eq!(found, Vec::<String>::new());
    let kinds: BTreeSet<&str> = quiz.questions.iter().map(|question| question.kind.name()).collect();
    assert_eq!(kinds.len(), read::KINDS.len());
    assert_eq!(quiz.questions[0].place.line, 2);
}

#[test]
fn choosing_is_graded_option_by_option() {
    let wrong = grade("one", &Answer::One(1), None);
    assert_eq!((wrong.points, wrong.of, wrong.verdict), (0.0, 2, Verdict::Wrong));
    assert_eq!(wrong.misconceptions, ["m1"]);
    assert_eq!(wrong.feedback.iter().map(|f| f.right).collect::<Vec<_>>(), [false, false, true]);
    assert!((points("one", &Answer::One(0)) - 2.0).abs() < 1e-9);
    assert!(points("one", &Answer::One(99)).abs() < 1e-9);
    let some = |indices: &[usize]| Answer::Many(indices.iter().copied().collect());
    assert!((points("all", &some(&[0, 1])) - 2.0).abs() < 1e-9);
    assert!((points("all", &some(&[0])) - 1.0).abs() < 1e-9);
    assert!((points("all", &some(&[0, 1, 2])) - 1.0).abs() < 1e-9);
    assert!(points("all", &some(&[0, 1, 2, 3])).abs() < 1e-9);
    assert_eq!(grade("all", &some(&[2]), None).misconceptions, ["m2"]);
}

#[test]
fn a_claim_is_answered_with_the_reason_for_what_was_said() {
    let wrong = grade("tf", &Answer::Truth(true), None);
    assert_eq!(wrong.feedback[0].because.source, "no.");
    assert_eq!(wrong.misconceptions, ["m3"]);
    assert_eq!(grade("tf", &Answer::Truth(false), None).verdict, Verdict::Right);
}

#[test]
fn typed_words_numbers_and_commands_are_compared_by_meaning() {
    for word in ["oomkilled", " OOMKilled ", "`OOMKilled`", "OOM  Killed"] {
        assert_eq!(grade("word", &typed(word), None).verdict, Verdict::Right, "{word}");
    }
    let known = grade("word", &typed("error"), None);
    assert_eq!(known.feedback[0].because.source, "not quite");
    assert_eq!(known.misconceptions, ["m4"]);
    for number in ["90", "90s", "94.5 s", "1m30s", "~90", "1 min 28 sec", "90 seconds"] {
        assert_eq!(grade("number", &typed(number), None).verdict, Verdict::Right, "{number}");
    }
    for number in ["96", "9o", "", "90m", "inf", "NaN"] {
        assert_eq!(grade("number", &typed(number), None).verdict, Verdict::Wrong, "{number}");
    }
    for known in ["120", "120 s", "2m"] {
        let told = &grade("number", &typed(known), None).feedback;
        assert_eq!(told[0].because.source, "a quarter too much", "{known}");
    }
    for command in [
        "kubectl logs -p -c app web",
        "k logs --previous web --container=app",
        "kubectl logs web -capp --previous=true",
        "$ kubectl  logs 'web' --container app -p",
    ] {
        assert_eq!(grade("command", &typed(command), None).verdict, Verdict::Right, "{command}");
    }
    for command in
        ["kubectl logs web -c app", "kubectl logs app -p -c web", "kubectl log web -p -c app", "", "--"]
    {
        assert_eq!(grade("command", &typed(command), None).verdict, Verdict::Wrong, "{command}");
    }
    let same = |one: &str, other: &str| fill::accepts(&Expected::Command(vec![one.to_owned()]), other);
    assert!(same("kubectl get pods web -o yaml", "kubectl get -oyaml po/web"));
    assert!(same("kubectl apply -f web.yaml", "kubectl apply --filename=web.yaml"));
    assert!(same("kubectl exec -it web -- sh -c 'a b'", "kubectl exec web -i -t -- sh -c \"a b\""));
    assert!(!same("kubectl exec web -- ls -l -a", "kubectl exec web -- ls -a -l"));
}

#[test]
fn parts_of_an_order_and_of_pairs_count() {
    assert!((points("order", &Answer::Order(vec![0, 1, 2, 3])) - 3.0).abs() < 1e-9);
    assert!((points("order", &Answer::Order(vec![0, 1, 3, 2])) - 2.0).abs() < 1e-9);
    assert!(points("order", &Answer::Order(vec![0, 0, 1, 2])).abs() < 1e-9);
    assert!(points("order", &Answer::Order(vec![])).abs() < 1e-9);
    assert!((points("match", &Answer::Pairs(vec![Some(2), Some(1), Some(0)])) - 3.0).abs() < 1e-9);
    assert!((points("match", &Answer::Pairs(vec![Some(0), None, None])) - 1.0).abs() < 1e-9);
    assert!(points("match", &Answer::Pairs(vec![])).abs() < 1e-9);
}

#[test]
fn predictions_are_judged_by_what_was_simulated() {
    let shows = Predicted::Shows("3 (25s ago)".into());
    assert_eq!(grade("predict", &typed("3"), Some(&shows)).verdict, Verdict::Right);
    assert_eq!(grade("predict", &typed("2"), Some(&shows)).verdict, Verdict::Wrong);
    assert_eq!(grade("predict", &typed("3"), None).verdict, Verdict::Wrong);
    let first = Predicted::FirstAt(100.0);
    assert_eq!(grade("when", &typed("115"), Some(&first)).verdict, Verdict::Right);
    assert_eq!(grade("when", &typed("1m"), Some(&first)).verdict, Verdict::Partly);
    assert!((grade("when", &typed("140 s"), Some(&first)).points - 1.0).abs() < 1e-9);
    assert_eq!(grade("when", &typed("141"), Some(&first)).verdict, Verdict::Wrong);
    let nothing = Predicted::Nothing("the Pod was refused".into());
    assert_eq!(grade("when", &typed("1"), Some(&nothing)).solution, "the Pod was refused");
}

#[test]
fn faulty_lines_are_found_together() {
    let lines = |lines: &[usize]| Answer::Lines(lines.iter().copied().collect());
    assert_eq!(grade("line", &lines(&[2, 3]), None).verdict, Verdict::Right);
    assert_eq!(grade("line", &lines(&[2]), None).verdict, Verdict::Partly);
    assert_eq!(grade("line", &lines(&[1, 2]), None).verdict, Verdict::Wrong);
}

#[test]
fn an_answer_of_another_kind_is_wrong_and_nothing_worse() {
    let (quiz, _) = read(ALL);
    for question in &quiz.questions {
        assert_eq!(grade::grade(question, &Answer::Pairs(vec![None]), None).of, question.points);
        assert!(grade::grade(question, &Answer::One(7), None).points.abs() < 1e-9);
    }
}

#[test]
fn the_order_shown_depends_on_the_seed_alone() {
    let (quiz, _) = read(ALL);
    let order = quiz.question("order").unwrap();
    let shuffles: BTreeSet<Vec<usize>> = (0..50).map(|seed| order.shuffled(seed)).collect();
    assert!(shuffles.len() > 5);
    for seed in 0..200 {
        let once = order.shuffled(seed);
        assert_eq!(once, order.shuffled(seed));
        assert!(!once.is_sorted(), "seed {seed} gives the answer away");
        assert_eq!(once.iter().collect::<BTreeSet<_>>().len(), 4);
    }
}

const MISTAKES: &str = r"questions:
  - id: a
    kind: choose-one
    ask: x
    options:
      - { text: a }
      - { text: b, becuase: x, because: y }
  - id: b
    kind: choose-on
    ask: x
  - id: c
    kind: choose-one
    ask: x
    options: [ { text: a, because: x }, { text: b, because: x } ]
  - id: d
    kind: choose-one
    ask: x
    options: [ { text: a, correct: true, because: x }, { text: b, correct: true, because: x } ]
  - id: Not An Id
    kind: true-false
    ask: x
    answer: perhaps
    because: { true: x, false: y }
  - id: e
    kind: fill-in
    ask: x
    answer: 5
    because: x
  - id: f
    kind: find-line
    ask: x
    yaml: 'a: 1'
    line: 2
    because: x
  - id: g
    kind: order
    ask: x
    items: [a, b]
    because: x
    points: 0
  - just text
  - id: h
    kind: order
    ask: fine
    items: [a, b]
    because: x
  - id: h
    kind: order
    ask: again
    items: [a, b]
    because: x
  - id: i
    kind: predict
    ask: x
    of: { pod: web, column: stats }
    at: 5
    because: x
    commands: [kubectl get pods]
";

const COMPLAINTS: &[&str] = &[
    ":6:9: error: this option has no 'because'",
    ":7:20: error: an option has no field 'becuase'; did you mean 'because'?",
    ":9:11: error: there is no kind of question 'choose-on'; did you mean 'choose-one'?",
    ":14:14: error: no option is correct; write 'correct: true' at the right one",
    ":18:14: error: a choose-one has one correct option; make it choose-all",
    ":19:9: error: 'Not An Id' is not an id: a-z, 0-9 and '-', at most 80",
    ":22:13: error: 'answer' is true or false, this is text",
    ":27:13: error: an answer is made of fields, this is a number",
    ":33:11: error: 'line' is a whole number from 1 to 1",
    ":40:13: error: 'points' is a whole number from 1 to 100",
    ":41:5: error: a question is made of fields, this is text",
    ":47:5: error: the id 'h' is taken by a question above; ids are unique over the whole pack",
    ":52:5: error: a prediction has either 'manifest' (a file of the chapter) or 'yaml'",
    ":58:16: error: a step starts with its second; write \"5 kubectl delete pod web\"",
    ":55:29: error: a prediction is not about the column 'stats'; did you mean 'status'?",
];

#[test]
fn each_mistake_is_complained_about_where_it_stands() {
    let (quiz, found) = read(MISTAKES);
    assert_eq!(quiz.questions.len(), 1);
    for (found, expected) in found.iter().zip(COMPLAINTS) {
        assert_eq!(found, &format!("quizzes/01-x.yaml{expected}"));
    }
    assert_eq!(found.len(), COMPLAINTS.len(), "{found:#?}");
}

proptest! {
    #[test]
    fn any_text_is_read_as_a_quiz(text in "(?s).{0,200}", tail in "[-{}\\[\\]:,a-z' \n&*!|>]{0,120}") {
        read(&text);
        read(&format!("questions:\n{tail}"));
    }

    #[test]
    fn any_words_are_compared_as_commands(one in ".{0,60}", other in "[-a-z=/ '\"|]{0,40}") {
        fill::accepts(&Expected::Command(vec![one.clone()]), &other);
        prop_assert!(fill::accepts(&Expected::Command(vec![one.clone()]), &one));
        fill::number(&one, "s");
    }
}
