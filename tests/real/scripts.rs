//! Container scripts made at random run in a Pod with probes, hooks, limits and a neighbour: whatever they do (spin, fork, fill the disk
//! or the log, ignore signals), time goes on, what is kept stays bounded, and the Pod can be deleted. Every case can be repeated by its
//! number.
//!
//! `PODLAB_FUZZ_CASES=20000 PODLAB_FUZZ_FIRST=1000 cargo test --release --test real container_script` runs so many other cases.

use crate::dice::{Dice, cases};
use crate::each::each;
use crate::lines::grammar::Grammar;
use crate::stage;
use podlab::kube::{Kind, SimTime};
use serde_json::json;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Cases of an ordinary run.
const CASES: u64 = 60;
/// More changes than any script may cause in three minutes.
const MOST_CHANGES: u64 = 5_000;
/// More bytes than the log of one container may show.
const MOST_LOG: usize = 64 << 20;

/// What scripts do for longer than a moment, around what the grammar makes; `@` is one more command.
const FRAMES: &[&str] = &[
    "@",
    "while true; do @; sleep 1; done",
    "while :; do @; done",
    "until @; do sleep 0.1; done",
    "for i in 1 2 3 4 5; do @; done; exit $?",
    "trap '@' TERM; while true; do sleep 1 & wait $!; done",
    "trap '' TERM INT; @; sleep 1000",
    "trap 'exit 3' EXIT; @",
    "f() { @; f; }; f",
    "f() { f & f; @; }; f",
    "set -e; @; @; echo end",
    "exec @",
    "eval \"@\"; kill -9 $$",
    "@ & @ & wait; kill 0",
    "(@; exit 7) | (@; cat >> /data/x)",
    "cat <<E > /data/s; sh /data/s\n@\nE\n",
    "case $(@) in a*) @;; *) echo \"$(@)\" >&2;; esac",
    "x=a; while true; do x=$x$x; @; done",
    "yes > /data/full & @; wait",
    "head -c 300M /dev/zero | tail; @",
    "i=0; while [ $i -lt 100000 ]; do i=$((i+1)); echo $i; done; @",
    "read line < /data/pipe; @",
    "sh -c '@' | sh; kill -TERM 1",
    "cd /data && while sleep 1; do date >> log; @; done",
];

fn script(grammar: &Grammar, dice: &mut Dice) -> String {
    let mut parts = dice.pick(FRAMES).split('@');
    let mut script = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        script.push_str(&grammar.shell(dice, 1));
        script.push_str(part);
    }
    if dice.roll(4) == 0 {
        grammar.spoil(&mut script, dice);
    }
    // What the API server would refuse, and a container could not be given.
    script.replace('\0', "")
}

/// A Pod in which every place that can hold a script holds one, more or less often.
fn pod(grammar: &Grammar, dice: &mut Dice) -> String {
    let mut run =
        |one_in: usize| (dice.roll(one_in) == 0).then(|| json!(["sh", "-c", script(grammar, dice)]));
    let command = |script: &serde_json::Value| json!({"exec": {"command": script}});
    let (main, beside) = (run(1), run(1));
    let (probe, live, first, last, init) = (run(2), run(3), run(4), run(3), run(4));
    let mut container = json!({
        "name": "main", "image": "busybox:1.36", "command": main,
        "resources": {"limits": {"memory": "64Mi", "ephemeral-storage": "100Mi"}},
        "volumeMounts": [{"name": "data", "mountPath": "/data"}],
    });
    if let Some(probe) = &probe {
        container["readinessProbe"] = command(probe);
        container["readinessProbe"]["periodSeconds"] = json!(1);
    }
    if let Some(live) = &live {
        container["livenessProbe"] = command(live);
    }
    let hooks = [("postStart", first), ("preStop", last)].into_iter();
    let hooks: serde_json::Map<_, _> =
        hooks.filter_map(|(name, script)| Some((name.to_owned(), command(&script?)))).collect();
    container["lifecycle"] = json!(hooks);
    let mut spec = json!({
        "terminationGracePeriodSeconds": 5, "shareProcessNamespace": dice.roll(4) == 0,
        "restartPolicy": *dice.pick(&["Always", "OnFailure", "Never"]),
        "volumes": [{"name": "data", "emptyDir": {"sizeLimit": "200Mi"}}],
        "containers": [container, {
            "name": "beside", "image": "nginx", "command": beside,
            "volumeMounts": [{"name": "data", "mountPath": "/data"}],
        }],
    });
    if let Some(init) = init {
        spec["initContainers"] = json!([{"name": "init", "image": "alpine", "command": init}]);
    }
    json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}, "spec": spec}).to_string()
}

fn run(text: &str) {
    let files = BTreeMap::from([("p.yaml".to_owned(), text.as_bytes().to_vec())]);
    let mut stage = stage::stage(1, "fuzz", files);
    let applied = stage.start("kubectl apply -f p.yaml");
    stage.advance(SimTime::from_secs(60));
    if stage.session.finished(applied) != Some(0) {
        return;
    }
    let looked = stage.start(
        "kubectl logs p --all-containers; kubectl describe pod p; kubectl exec p -c beside -- ls -la /data",
    );
    stage.advance(SimTime::from_secs(100));
    let shown = stage.session.drain_terminal(looked).len();
    assert!(shown < MOST_LOG, "{shown} bytes");
    stage.start("kubectl delete pod p --wait=false");
    stage.advance(SimTime::from_secs(180));
    let left = stage.cluster.store().list(Kind::Pod, Some("fuzz")).count();
    assert_eq!(left, 0, "the Pod outlives its deletion");
    let changes = stage.cluster.store().revision();
    assert!(changes < MOST_CHANGES, "{changes} changes");
}

#[test]
fn no_container_script_makes_podlab_panic_or_hang() {
    let grammar = Grammar::read();
    let results = each(cases(CASES), |case| {
        let text = pod(&grammar, &mut Dice::of(case));
        #[expect(clippy::disallowed_methods, reason = "how long a case took is told, not judged")]
        let begun = std::time::Instant::now();
        let ended = catch_unwind(AssertUnwindSafe(|| run(&text)));
        (begun.elapsed(), ended.is_ok(), format!("case {case}: {text}"))
    });
    let slowest = results.iter().max_by_key(|(took, ..)| *took);
    println!("{} cases, the slowest took {slowest:?}", results.len());
    let failed: Vec<String> =
        results.into_iter().filter(|(_, fine, _)| !fine).map(|(.., told)| told).collect();
    assert!(failed.is_empty(), "{}", failed.join("\n\n"));
}
