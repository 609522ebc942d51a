use super::*;
use crate::course::lab::goal;
use crate::lab::rehearse::stage;
use crate::lab::script::type_line;
use crate::lab::stage::Stage;

const WEB: &str = r"apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  replicas: 2
  selector:
    matchLabels: {app: web}
  template:
    metadata:
      labels: {app: web, tier: front}
    spec:
      containers:
      - name: app
        image: nginx:1.27
---
apiVersion: v1
kind: Service
metadata:
  name: web
spec:
  selector: {app: web}
  ports: [{port: 80}]
---
apiVersion: v1
kind: Pod
metadata:
  name: alone
spec:
  containers:
  - name: app
    image: nginx:1.27
";

/// A cluster of two nodes on which [`WEB`] runs.
fn cluster() -> Stage {
    let mut stage = stage(2, [("web.yaml", WEB)]);
    for line in ["kubectl apply -f web.yaml", "sleep 10"] {
        type_line(&mut stage, line);
    }
    stage
}

fn judge(stage: &Stage, sentences: &[&str]) -> Judge {
    let goals = sentences.iter().map(|sentence| goal::parse(sentence).unwrap()).collect();
    Judge::new(goals, &stage.cluster)
}

/// What is missing for each goal, empty for one that is reached, after the lines were typed.
fn missing(stage: &mut Stage, judge: &mut Judge, lines: &[&str]) -> Vec<String> {
    for line in lines {
        type_line(stage, line);
        judge.observe(&stage.cluster);
    }
    let verdicts = judge.verdicts(stage.cluster.now()).into_iter();
    verdicts
        .map(|(_, met)| match met {
            Met::Yes => String::new(),
            Met::Holding { .. } => "holding".to_owned(),
            Met::NotYet(missing) => missing,
        })
        .collect()
}

#[test]
fn a_moment_with_too_few_endpoints_is_not_forgotten() {
    let mut stage = cluster();
    let mut judge = judge(&stage, &["service web has at least 2 endpoints since start"]);
    assert_eq!(missing(&mut stage, &mut judge, &["sleep 10"]), [""]);
    let lines = [
        "kubectl scale deployment web --replicas=1",
        "sleep 5",
        "kubectl scale deployment web --replicas=3",
        "sleep 10",
    ];
    let found = missing(&mut stage, &mut judge, &lines);
    assert!(found[0].starts_with("web was down to 1, "), "{found:?}");
}

#[test]
fn a_pod_of_the_same_name_is_not_the_same_pod() {
    let mut stage = cluster();
    let mut judge = judge(&stage, &["pod alone is not replaced since start"]);
    assert_eq!(missing(&mut stage, &mut judge, &["kubectl label pod alone a=b"]), [""]);
    assert_eq!(
        missing(&mut stage, &mut judge, &["kubectl delete pod alone --now"]),
        ["there is no pod alone"]
    );
    let found = missing(&mut stage, &mut judge, &["kubectl run alone --image=nginx:1.27"]);
    assert_eq!(found, ["alone is another one now; start over"]);
}

#[test]
fn a_node_is_drained_when_it_is_closed_and_empty() {
    let mut stage = cluster();
    let mut judge = judge(&stage, &["node worker-1 is Ready", "node worker-1 is drained"]);
    let found = missing(&mut stage, &mut judge, &["kubectl cordon worker-1"]);
    assert!(found[1].starts_with("still on worker-1: "), "{found:?}");
    assert_eq!(missing(&mut stage, &mut judge, &["kubectl drain worker-1 --force"]), ["", ""]);
    let found = missing(&mut stage, &mut judge, &["kubectl uncordon worker-1"]);
    assert_eq!(found, ["", "worker-1 still takes new Pods"]);
}

#[test]
fn a_service_selects_by_the_template_and_not_by_hand_made_labels() {
    let mut stage = cluster();
    let mut judge =
        judge(&stage, &["service web selects deployment web", "service web ignores deployment web"]);
    let lines =
        ["kubectl set selector service web tier=shop", "kubectl label pods -l app=web tier=shop --overwrite"];
    assert_eq!(
        missing(&mut stage, &mut judge, &lines),
        ["a new Pod of web would not be selected by web", ""]
    );
    assert_eq!(
        missing(&mut stage, &mut judge, &["kubectl set selector service web tier=front"]),
        ["", "web selects the Pods of web"]
    );
}

#[test]
fn fields_of_any_kind_are_kept_reached_or_set() {
    let mut stage = cluster();
    let goals = [
        "deployment web keeps spec.replicas = 2",
        "deployment web has spec.template.spec.containers[0].image = nginx:1.29",
        "deployment web sets spec.paused or spec.template.spec.containers[0].resources.limits.memory and spec.replicas",
    ];
    let mut judge = judge(&stage, &goals);
    assert_eq!(
        missing(&mut stage, &mut judge, &["kubectl scale deployment web --replicas=3"]),
        [
            "spec.replicas of web must stay 2, and is 3",
            "spec.template.spec.containers[0].image of web is nginx:1.27",
            "web does not set spec.paused or spec.template.spec.containers[0].resources.limits.memory",
        ]
    );
    let lines = [
        "kubectl scale deployment web --replicas=2",
        "kubectl set image deployment web app=nginx:1.29",
        "kubectl set resources deployment web --limits=memory=64Mi",
    ];
    assert_eq!(missing(&mut stage, &mut judge, &lines), ["", "", ""]);
}

#[test]
fn questions_are_answered_by_number_and_do_not_tell_their_answer() {
    let mut stage = cluster();
    let mut judge = judge(&stage, &["answer \"which node?\" is worker-2", "answer \"how many?\" is 3"]);
    let sentences: Vec<String> =
        judge.verdicts(stage.cluster.now()).into_iter().map(|(text, _)| text).collect();
    assert_eq!(sentences, ["1. which node?", "2. how many?"]);
    assert_eq!(missing(&mut stage, &mut judge, &[]), ["type `answer 1 WORD`", "type `answer 2 WORD`"]);
    judge.answer("1 Worker-2");
    judge.answer("2 worker-2");
    assert_eq!(missing(&mut stage, &mut judge, &["true"]), ["", "not worker-2"]);
    judge.answer("2 3");
    assert_eq!(missing(&mut stage, &mut judge, &["true"]), ["", ""]);
}

#[test]
fn a_single_question_needs_no_number() {
    let mut stage = cluster();
    let mut judge = judge(&stage, &["answer \"how many?\" is 3"]);
    judge.answer(" 3 ");
    assert_eq!(missing(&mut stage, &mut judge, &["true"]), [""]);
}

#[test]
fn a_goal_in_other_words_does_not_tell_its_field() {
    let mut stage = cluster();
    let mut judge = judge(&stage, &["pod alone has metadata.annotations.owner = Ada -- her note is there"]);
    assert_eq!(judge.verdicts(stage.cluster.now())[0].0, "her note is there");
    assert_eq!(missing(&mut stage, &mut judge, &[]), ["not so yet"]);
    assert_eq!(missing(&mut stage, &mut judge, &["kubectl annotate pod alone owner=Ada"]), [""]);
}

#[test]
fn a_field_of_a_container_is_found_by_its_name_and_a_stranger_beside_a_pod_is_seen() {
    let mut stage = cluster();
    let image = "pod alone has spec.containers[app].image = nginx:1.27";
    let any = "pod alone has spec.containers[*].image = nginx:1.27";
    let mut judge =
        judge(&stage, &[image, any, "pod alone has spec.containers[web].image = x", "no pod but alone"]);
    let found = missing(&mut stage, &mut judge, &["kubectl delete deployment web", "sleep 40"]);
    assert_eq!(found, ["", "", "spec.containers[web].image of alone is not set", ""]);
    let found = missing(&mut stage, &mut judge, &["kubectl run other --image=nginx:1.27"]);
    assert_eq!(found[3], "there is other, too");
}

#[test]
fn a_guest_that_ends_badly_is_no_restart() {
    let mut stage = cluster();
    let mut judge = judge(&stage, &["no restarts of alone since start"]);
    let left = missing(
        &mut stage,
        &mut judge,
        &["kubectl debug alone -q -i --image=busybox:1.36 -- sh -c 'exit 1'", "sleep 5"],
    );
    assert_eq!(left, [""]);
}
