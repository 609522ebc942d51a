//! What hands do out of habit: pasting, Ctrl-C, one Esc too many, typing ahead, `clear`.

use crate::panes::{PROBED, has};
use crate::rig::Rig;
use podlab::app::{Effect, Msg};

fn paste(mut rig: Rig, text: &str) -> Rig {
    rig.send(Msg::Paste(text.to_owned()));
    rig
}

fn lacks(rig: &Rig, part: &str) {
    assert!(!rig.screen().contains(part), "{part} in\n{}", rig.screen());
}

#[test]
fn lines_pasted_into_the_shell_are_entered_one_after_the_other() {
    let text = "echo one\rcat > note <<END\ra\tb\rEND\rcat note; echo half";
    let rig = paste(Rig::new(80, 24).press("Enter 4"), text).wait(1);
    has(&rig, &["$ echo one", "> END", "$ cat note; echo half"]);
    has(&rig.press("Enter").wait(1), &["a    b", "half"]);
}

#[test]
fn lines_pasted_into_the_editor_are_lines() {
    let rig = Rig::new(80, 24).press("Enter 4").text("vi note").press("Enter").wait(1);
    let rig = paste(rig, "one\rtwo\r\nthree");
    lacks(&rig, "␍");
    let rig = rig.press("Ctrl-S").wait(1).text("wc -l note").press("Enter").wait(1);
    has(&rig, &["3 note"]);
}

#[test]
fn what_is_typed_while_a_command_runs_is_the_next_command() {
    let rig = Rig::new(80, 24).press("Enter 4").text("sleep 2").press("Enter").text("echo hi").press("Enter");
    has(&rig.wait(3), &["$ echo hi\u{20}", "┃hi "]);
}

#[test]
fn clear_and_ctrl_l_leave_an_empty_shell_and_ctrl_c_shows_what_it_drops() {
    let rig = Rig::new(80, 24).press("Enter 4").text("echo old").press("Enter").wait(1);
    let rig = rig.text("clear").press("Enter").wait(1);
    lacks(&rig, "old");
    let rig = rig.text("abc").press("Ctrl-C").text("echo new").press("Enter").wait(1);
    has(&rig, &["$ abc^C", "$ echo new"]);
    let rig = rig.press("Ctrl-R").text("new").press("Ctrl-C").text("pwd").press("Enter").wait(1);
    has(&rig, &["$ echo new^C", "$ pwd", "/home/learner"]);
}

#[test]
fn ctrl_c_asks_before_it_ends_podlab_and_an_editor_asks_for_its_text() {
    let rig = Rig::new(80, 24).press("Enter Ctrl-C");
    has(&rig, &["Leave podlab?"]);
    assert!(!rig.effects.contains(&Effect::Quit));
    assert!(rig.press("Ctrl-C").effects.contains(&Effect::Quit));
    let rig = Rig::new(80, 24).press("↓ Enter Enter").text("x").press("Ctrl-C Ctrl-C Ctrl-C");
    assert!(!rig.effects.contains(&Effect::Quit), "{}", rig.screen());
}

#[test]
fn a_lab_left_by_one_esc_too_many_is_found_as_it_was_left() {
    let rig = Rig::new(80, 24).press("↓ Enter h 4").text("echo kept > note").press("Enter").wait(1);
    let rig = rig.press("Esc Esc Enter");
    has(&rig, &["as you left it", "Hint 1"]);
    let rig = rig.press("4").text("cat note").press("Enter").wait(1);
    has(&rig, &["┃kept "]);
    let rig = rig.press("Esc R y 4").text("cat note").press("Enter").wait(1);
    has(&rig, &["No such file"]);
}

#[test]
fn a_container_follows_from_the_init_container_before_it() {
    let pod = "
apiVersion: v1
kind: Pod
metadata: {name: two}
spec:
  initContainers:
  - {name: first, image: \"busybox:1.36\", command: [sleep, \"3\"]}
  containers:
  - {name: app, image: \"busybox:1.36\", command: [sleep, \"1000\"]}
";
    let rig = Rig::new(80, 40).press("Enter").apply("two.yaml", pod).wait(12).press("Space 2 w");
    has(&rig, &["the kubelet started container app", "container first ended", "started container first"]);
}

#[test]
fn a_pod_that_was_never_ready_is_explained_by_its_probe() {
    let rig = Rig::new(80, 40).press("Enter").apply("sick.yaml", PROBED).wait(9).press("Space 2 w");
    has(&rig, &["Readiness probe failed"]);
}

#[test]
fn the_past_takes_no_manifest() {
    let rig = Rig::new(80, 24).press("Enter a").wait(3).press(", , a");
    has(&rig, &["This is the past"]);
}

#[test]
fn whoever_leaves_is_told_if_something_was_not_saved() {
    let mut rig = Rig::new(80, 24);
    rig.send(Msg::Told("the record was damaged and a new one begun".to_owned()));
    let mut rig = rig.press("Esc");
    has(&rig, &["What you did is kept"]);
    rig.send(Msg::Unsaved("the disk is full".to_owned()));
    has(&rig.press("n Esc"), &["Not all of what you did"]);
}

#[test]
fn a_step_in_which_nothing_changes_says_so() {
    let pod = "{apiVersion: v1, kind: Pod, metadata: {name: calm}, spec: {containers: [{name: app, image: \"nginx:1.27\"}]}}";
    let rig = Rig::new(80, 24).press("Enter").apply("calm.yaml", pod).wait(20).press(".");
    has(&rig, &["Nothing has changed in these ten minutes"]);
}

#[test]
fn nothing_due_is_said_in_words() {
    has(&Rig::new(80, 24).press("r"), &["Nothing is due"]);
}
