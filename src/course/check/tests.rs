use super::*;
use crate::course::pack::{Pack, load};

const CHAPTER: &str = "---\ntitle: One\npart: I\nobjectives:\n  - see\n---\n\n## Idea\n\n";
const QUIZ: &str =
    "questions:\n  - { id: a1, kind: order, objective: 1, ask: x, items: [a, b], because: x }\n";
const LAB: &str = "title: x\nchapter: one\nbrief: x\ngoals: [pod web is Ready]\nhints: [a, b, c]\n\
                   after: { wrong: a, why: b, prevent: c }\nsolution: |\n  $ x\n";

fn found(files: &[(&str, &str)]) -> Vec<String> {
    let files = files.iter().map(|(path, text)| ((*path).to_owned(), text.as_bytes().to_vec().into()));
    let (course, loaded) = load(vec![Pack { prefix: String::new(), files: files.collect() }]);
    check(&course, loaded).iter().map(ToString::to_string).collect()
}

/// What is found in the chapter `one` with that body, beyond what is found in it when it is empty.
fn in_chapter(body: &str) -> Vec<String> {
    let quiz = ("quizzes/01-one.yaml", QUIZ);
    let all = |text: &str| found(&[("lessons/01-one.md", text), quiz, ("assets/labs/fix.yaml", LAB)]);
    let before = all(CHAPTER);
    all(&format!("{CHAPTER}{body}"))
        .into_iter()
        .filter(|line| !before.contains(line) && !line.contains("words"))
        .collect()
}

#[test]
fn what_is_fine_is_not_complained_about() {
    let body = "[x](#idea) [y](01-one.md#idea) [z](https://k8s.io)\n\n```yaml name=a.yaml\napiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers:\n  - { name: a, image: nginx }\n```\n\n\
                ```diagram pod=a.yaml\n```\n\n```quiz a1\n```\n\n```lab fix\n```\n\n```quiz\n```\n\n```console\n$ x\n```\n\n\
                ```console continue\n$ y\n```\n";
    assert_eq!(in_chapter(body), Vec::<String>::new());
}

#[test]
fn links_and_references_that_lead_nowhere_suggest_the_closest() {
    let body = "[x](#idae) [y](02-on.md) [z](01-one.md#no)\n\n```diagram pod=a.yaml\n```\n\n```quiz a2\n```\n\n\
                ```predict a1\n```\n\n```lab fxi\n```\n";
    assert_eq!(
        in_chapter(body),
        [
            "lessons/01-one.md:10:1: error: there is no heading '#idae'; did you mean 'idea'?",
            "lessons/01-one.md:10:12: error: there is no chapter 'on'; did you mean 'one'?",
            "lessons/01-one.md:10:26: error: there is no heading '#no'; known are: idea",
            "lessons/01-one.md:12:1: error: there is no file 'a.yaml'",
            "lessons/01-one.md:15:1: error: there is no question 'a2'; did you mean 'a1'?",
            "lessons/01-one.md:18:1: error: the question 'a1' is not a prediction; write ```quiz instead",
            "lessons/01-one.md:21:1: error: there is no lab 'fxi'; did you mean 'fix'?",
        ]
    );
}

#[test]
fn blocks_at_odds_with_others_are_complained_about() {
    let body = "# One\n\n```quiz\n```\n\n```quiz\n```\n\n```console continue\n$ x\n```\n\n```yaml name=a.yaml\nx: 1\n```\n\n\
                ```yaml name=a.yaml\napiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: [{name: a, image: ngnix:1}]}\n```\n";
    assert_eq!(
        in_chapter(body),
        [
            "lessons/01-one.md:10:1: warning: the title stands in the front matter already; start sections with '##'",
            "lessons/01-one.md:15:1: error: the quiz is placed twice; remove one of the quiz blocks",
            "lessons/01-one.md:19:1: error: there is no console block above to continue",
            "lessons/01-one.md:23:1: error: a cluster refuses a.yaml: [apiVersion not set, kind not set]; write 'broken' after the fence if that is meant",
            "lessons/01-one.md:27:1: error: the chapter has two files 'a.yaml'; name each version on its own",
            "lessons/01-one.md:30:31: warning: no registry has the image 'ngnix:1'; did you mean 'nginx'? or write 'no-such-image' after the fence",
        ]
    );
}

#[test]
fn quizzes_are_checked_against_their_chapter() {
    let chapter = "---\ntitle: One\npart: I\nprerequisites: [tow, two]\nobjectives:\n  - see\n  - do\n---\n";
    let quiz = "questions:\n  - { id: a1, kind: order, objective: 3, ask: x, items: [a, b], because: x }\n  - id: b1\n    kind: choose-one\n    ask: x\n    options:\n      - { text: a, correct: true, because: x }\n      - { text: b, because: x, misconception: mm }\n  - { id: c1, kind: predict, ask: x, manifest: b.yaml, of: { pod: a, column: ready }, at: 1, because: x }\n";
    let list = found(&[
        ("lessons/01-one.md", chapter),
        ("lessons/02-two.md", CHAPTER),
        ("quizzes/01-one.yaml", quiz),
        ("quizzes/02-two.yaml", QUIZ),
        ("quizzes/03-three.yaml", "questions: []\n"),
        ("assets/misconceptions.yaml", "- { id: m, claim: x, truth: y, chapter: onne }\n"),
    ]);
    let expected = [
        "assets/misconceptions.yaml:1:41: error: there is no chapter 'onne'; did you mean 'one'?",
        "lessons/01-one.md:4:17: error: there is no chapter 'tow'; did you mean 'two'?",
        "lessons/01-one.md:4:22: warning: 'two' is to be read before, but comes after; reorder the chapters",
        "lessons/01-one.md:6:5: warning: objective 1 is tested by no question; give a question of the quiz 'objective: 1'",
        "quizzes/01-one.yaml:2:5: error: objective 3 of a chapter that has 2; count the objectives in its front matter from 1",
        "quizzes/01-one.yaml:8:9: error: there is no misconception 'mm'; did you mean 'm'?",
        "quizzes/01-one.yaml:9:48: error: there is no file 'b.yaml' in lessons/01-one.md",
        "quizzes/02-two.yaml:2:5: error: the id 'a1' is taken in quizzes/01-one.yaml; ids are unique over all packs: a record refers to them",
        "quizzes/03-three.yaml:1:1: error: there is no chapter 'three'; known are: one, two",
        "quizzes/01-one.yaml:1:1: warning: the quiz has 3 questions; ask 6 or more",
    ];
    for line in expected {
        assert!(list.iter().any(|found| found == line), "missing: {line}\nin {list:#?}");
    }
}

#[test]
fn labs_belong_to_a_chapter() {
    let list = found(&[("lessons/01-oen.md", CHAPTER), ("assets/labs/fix.yaml", LAB)]);
    assert!(
        list.iter()
            .any(|line| line.starts_with("assets/labs/fix.yaml:2:10: error: there is no chapter 'one'")),
        "{list:#?}"
    );
    assert!(list.iter().any(|line| line.contains("the lab has no wrong fixes")));
}
