//! Labs: how they are found, what is answered in them, and how fast time passes there.

use crate::panes::has;
use crate::rig::Rig;

const LAB: &str = include_str!("pack/mend.yaml");

#[test]
fn a_lab_is_found_by_its_title_in_the_search_and_among_the_commands() {
    let rig = Rig::new(80, 24).press("/").text("mend the");
    has(&rig, &["lab: Mend the nap"]);
    has(&rig.press("Enter"), &["The Pod nap should be there"]);
    let rig = Rig::new(80, 24).press(":").text("the nap");
    has(&rig, &["lab mend: Mend the nap"]);
    has(&rig.press("Enter"), &["The Pod nap should be there"]);
}

#[test]
fn an_answer_may_stand_in_quotes_and_among_commands() {
    let lab = LAB.replace("  - pod nap is Ready for 5s\n", "  - answer \"Who naps?\" is nobody\n");
    let lab = lab.replace("$ kubectl apply -f nap.yaml\n", "$ answer nobody\n");
    for line in ["answer 'Nobody'", "answer nobody; echo asked", "echo asked && answer nobody # sure"] {
        let rig = Rig::with(80, 24, &[("assets/labs/mend.yaml", &lab)]).press("↓ Enter 4");
        let rig = rig.text(line).press("Enter").wait(1);
        has(&rig, &["Passed"]);
        assert_eq!(rig.screen().contains("┃asked"), line.contains("asked"), "{}", rig.screen());
    }
}

#[test]
fn a_lab_starts_at_the_speed_that_is_set_whatever_the_last_one_was_hurried_to() {
    let rig = Rig::new(80, 24).press("↓ Enter > >");
    has(&rig, &["▶ ×5"]);
    let rig = rig.press("R y");
    has(&rig, &["▶ ×1"]);
    has(&rig.press("> Esc ↑ Enter"), &["▶ ×1"]);
}

#[test]
fn a_manifest_refused_behind_others_is_told_with_the_way_out() {
    let both = |seconds: u32| {
        format!(
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: notes}}\n---\napiVersion: v1\nkind: Pod\nmetadata: {{name: nap}}\nspec:\n  containers:\n  - {{name: app, image: \"busybox:1.36\", command: [sleep, \"{seconds}\"]}}\n"
        )
    };
    let rig = Rig::new(80, 24).press("Enter").apply("both.yaml", &both(600)).wait(3);
    let rig = rig.apply("both.yaml", &both(900)).wait(1);
    has(&rig, &["kubectl replace --force -f both.yaml"]);
    let wrong = both(600).replace("kind: Pod", "kind: Pood");
    let rig = Rig::new(80, 24).press("Enter").apply("both.yaml", &wrong).wait(1);
    has(&rig, &["Failed", "no matches for kind"]);
}

#[test]
fn what_a_program_leaves_unfinished_hides_nothing_behind_it() {
    let rig = Rig::new(80, 24).press("Enter 4").text("printf '\\033]0;x'; echo one").press("Enter").wait(1);
    let rig = rig.text("printf '\\033['; echo; echo two").press("Enter").wait(1);
    has(&rig, &["one", "┃two"]);
}
