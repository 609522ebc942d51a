use super::*;
use crate::course::diagnostic::Report;
use proptest::prelude::*;

const LAB: &str = r#"title: The shop is down
chapter: crashloopbackoff
minutes: 10
brief: |
  The shop **fails**.
setup:
  nodes: 2
  files:
    web.yaml: |
      kind: Pod
  commands: ["kubectl apply -f web.yaml", "sleep 40"]
goals:
  - pod web is Ready for 30s
  - no restarts of web since start for 2m
hints: [look, there, "do: this"]
after: { wrong: a, why: b, prevent: c }
solution: |
  $ kubectl delete pod web
wrong-fixes:
  - name: delete it
    because: it comes back broken
    transcript: |
      $ kubectl delete pod web
"#;

fn read(text: &str) -> (Option<Lab>, Vec<String>) {
    let mut report = Report::new("assets/labs/x.yaml");
    let lab = read::lab(text, "x", &mut report);
    (lab, report.found().iter().map(ToString::to_string).collect())
}

#[test]
fn a_lab_is_read_whole() {
    let (lab, found) = read(LAB);
    assert_eq!(found, Vec::<String>::new());
    let lab = lab.unwrap();
    assert_eq!(lab.setup.nodes, 2);
    assert_eq!(lab.setup.files[0].text, "kind: Pod\n");
    assert_eq!(lab.setup.files[0].place.line, 10);
    assert_eq!(lab.setup.commands.len(), 2);
    assert_eq!(lab.goals[0].seconds, 30);
    assert_eq!(lab.solution.transcript.steps[0].command, "kubectl delete pod web");
    assert_eq!(lab.solution.transcript.steps[0].place.line, 18);
    assert_eq!(lab.wrong_fixes.len(), 1);
}

#[test]
fn each_mistake_in_a_lab_names_its_place() {
    let broken = LAB
        .replace("hints: [look, there, \"do: this\"]", "hints: [look]")
        .replace("pod web is Ready", "pod web is Redy")
        .replace("    web.yaml", "    ../web.yaml")
        .replace("minutes: 10", "minuts: 10")
        .replace("  $ kubectl delete pod web\nwrong", "  kubectl delete pod web\nwrong");
    let (lab, found) = read(&broken);
    assert!(lab.is_none());
    let expected = [
        ":3:1: error: a lab has no field 'minuts'; did you mean 'minutes'?",
        ":9:5: error: '../web.yaml' is not a file name inside the learner's folder",
        ":13:5: error: a Pod is not 'Redy'; did you mean 'Ready'?",
        ":15:8: error: a lab has three hints, this has 1; observation, direction, near-solution",
        ":18:3: error: output before the first command; start the block with '$ command'",
    ];
    assert_eq!(found, expected.map(|line| format!("assets/labs/x.yaml{line}")));
    assert!(read("- a\n").1[0].contains("a lab is made of fields"));
    assert!(read("a: [").0.is_none());
}

#[test]
fn every_sentence_is_a_goal_and_says_itself_again() {
    let sentences = [
        "pod web is Ready for 30s",
        "pod web is gone",
        "pod web shows CrashLoopBackOff for 2m",
        "container app of pod web is running for 90s",
        "container app of pod web is terminated with 137",
        "no restarts of web since start for 1m",
        "deployment web has 3 ready pods for 30s",
        "job report is complete",
        "service web has 2 endpoints",
        "configmap settings exists",
        "persistentvolumeclaim data is gone",
        "pod web has label app=web",
        "pod web uses image nginx:1.27",
        "pod web is on node worker-1",
        "log of web contains \"listening on 8080\"",
        "pod web keeps spec.containers[0].resources.limits.memory = 64Mi",
        "deployment web keeps spec.replicas = 3",
        "pod web has metadata.annotations.note = \"ask Ada\"",
        "deployment web sets spec.template.spec.containers[0].readinessProbe",
        "deployment web sets spec.paused or spec.replicas and spec.selector",
        "pod web is not replaced since start",
        "service web has at least 2 endpoints since start",
        "service web selects deployment web",
        "service web ignores deployment printer",
        "node worker-1 is Ready for 30s",
        "node worker-1 is drained",
        "node worker-1 is gone",
        "answer \"which exit code?\" is 137",
        "pod web has metadata.annotations.owner = Ada for 10s -- her note is where notes belong",
    ];
    for sentence in sentences {
        assert_eq!(goal::parse(sentence).map(|goal| goal.to_string()), Ok(sentence.to_owned()));
    }
}

#[test]
fn what_is_not_a_goal_suggests_the_nearest_sentence() {
    let suggestion = |sentence: &str| goal::parse(sentence).unwrap_err().suggestion;
    assert_eq!(suggestion("pod web is redy"), "did you mean 'Ready'?");
    assert_eq!(suggestion("node worker-1 is draind"), "did you mean 'drained'?");
    assert!(suggestion("deploymnt web keeps spec.replicas = 3").contains("deployment"));
    assert!(suggestion("deployment web has ready pods").contains("deployment NAME has N ready pods"));
    assert!(suggestion("there are no restarts of web").contains("no restarts of NAME"));
    assert!(suggestion("configmp x exists").contains("configmap"));
    assert!(suggestion("pod web is Ready for ever").contains("30s"));
    assert!(suggestion("").starts_with("write"));
}

proptest! {
    #[test]
    fn any_sentence_is_read(sentence in "(pod|log|no|--|answer|container|is|of|for|\"| |x|1|=){0,12}") {
        if let Ok(goal) = goal::parse(&sentence) {
            prop_assert_eq!(goal::parse(&goal.to_string()), Ok(goal));
        }
    }

    #[test]
    fn any_text_is_read_as_a_lab(text in "(?s).{0,200}") {
        read(&text);
    }
}
