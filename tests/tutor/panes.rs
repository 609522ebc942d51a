//! The panes beside the text, and the windows above them: what their keys do, read off the screen.

use crate::rig::Rig;
use podlab::app::overlay::Overlay;
use podlab::app::{ThemeName, Touch};

/// A Pod that is never ready and is restarted by its liveness probe.
pub const PROBED: &str = "
apiVersion: v1
kind: Pod
metadata:
  name: sick
spec:
  volumes:
  - name: data
    emptyDir: {}
  initContainers:
  - name: prepare
    image: busybox:1.36
    command: [\"sleep\", \"2\"]
  containers:
  - name: app
    image: busybox:1.36
    command: [\"sleep\", \"600\"]
    readinessProbe:
      exec: {command: [\"false\"]}
      periodSeconds: 5
    livenessProbe:
      exec: {command: [\"false\"]}
      periodSeconds: 10
";

pub fn has(rig: &Rig, parts: &[&str]) {
    for part in parts {
        assert!(rig.screen().contains(part), "{part}:\n{}", rig.screen());
    }
}

#[test]
fn the_x_ray_shows_probes_failing_along_the_time_line() {
    let rig = Rig::new(80, 24).press("Enter").apply("sick.yaml", PROBED).wait(50).press("Space 3");
    golden!("xray_80x24", rig.screen());
    let rig = Rig::new(120, 40).press("Enter").apply("sick.yaml", PROBED).wait(50).press("Space 3");
    golden!("xray_120x40", rig.screen());
}

#[test]
fn the_time_line_is_zoomed_and_gone_along_and_each_mark_explains_itself_and_leads_to_its_moment() {
    let rig = Rig::new(80, 24).press("Enter").apply("sick.yaml", PROBED).wait(50).press("Space 3 ←");
    has(&rig, &["probe of app failed"]);
    let rig = rig.press("+ +");
    has(&rig, &["15s of 50s", "^ "]);
    let rig = rig.press("w");
    has(&rig, &["why is sick like this?", "because"]);
    let rig = rig.press("Esc ← Enter");
    has(&rig, &["past", "As it was at"]);
    assert!(rig.footer().contains("c go on here"), "{}", rig.footer());
    has(&rig.press("c"), &["▶"]);
}

#[test]
fn the_scale_of_the_time_line_names_round_times_where_they_are() {
    let rig = Rig::new(120, 40).press("Enter a").wait(12).press("Space 3 z");
    has(&rig, &["╵0s", "╵2s", "╵14s"]);
    let column = |text: &str| rig.find(text).map(|(x, _)| x).expect("on the scale");
    assert!(
        (column("╵14s") - column("╵0s")).abs_diff(7 * (column("╵2s") - column("╵0s"))) < 7,
        "{}",
        rig.screen()
    );
}

#[test]
fn one_comes_back_to_the_pane_one_left() {
    let rig = Rig::new(80, 24).press("Enter a").wait(5).press("3 /");
    assert!(!rig.screen().contains("x-ray: nap"), "{}", rig.screen());
    has(&rig.press("Esc"), &["┏ x-ray: nap"]);
}

#[test]
fn the_past_leads_with_the_way_back_and_keeps_the_keys_of_the_pane() {
    let rig = Rig::new(80, 24).press("Enter a").wait(5).press("3 ← Enter ←");
    let footer = rig.footer();
    for part in ["c go on here", "Space to now", "← mark", "w why", "Enter go there"] {
        assert!(footer.contains(part), "{part}: {footer}");
    }
}

#[test]
fn what_is_too_long_for_the_footer_is_told_whole_above_the_strip() {
    let rig = Rig::new(80, 24).press("Enter a").wait(2).press("e Ctrl-F").text("600").press("Enter Esc");
    let rig = rig.press("Home").text("x").press("Ctrl-S Ctrl-S").wait(1);
    has(&rig, &["just now", "Failed (the shell, key 4, shows all of it)", "kubectl get pods -w"]);
}

#[test]
fn a_lab_that_is_passed_is_read_to_its_end_and_left_with_enter() {
    let rig = Rig::new(80, 24).press("↓ Enter a").wait(12);
    has(&rig, &["Passed"]);
    assert!(!rig.footer().contains("hint"), "{}", rig.footer());
    let rig = rig.press("G");
    assert!(rig.footer().contains("Enter leave the lab"), "{}", rig.footer());
    has(&rig.press("Enter"), &["chapters read"]);
}

#[test]
fn events_are_a_view_of_the_watch_and_lead_to_their_moment() {
    let rig = Rig::new(80, 24).press("Enter").apply("sick.yaml", PROBED).wait(20).press("Space 2 v v");
    golden!("events_80x24", rig.screen());
    let rig = rig.press("g w");
    has(&rig, &["why is this event like this?", "you ran: kubectl apply -f sick.yaml"]);
    has(&rig.press("Esc Enter"), &["past"]);
    let narrow = Rig::new(80, 24).press("Enter").apply("sick.yaml", PROBED).wait(20).press("Space 2 v v");
    has(&narrow, &["LAST SEEN", "TYPE", "REASON", "OBJECT", "Warning", "pod/sick"]);
}

#[test]
fn what_kubectl_says_can_be_searched_and_leads_from_one_to_the_other() {
    let rig = Rig::new(80, 24).press("Enter").apply("sick.yaml", PROBED).wait(20).press("Space 2 d");
    golden!("describe_80x24", rig.screen());
    let rig = rig.press("/").text("restart count").press("Enter");
    has(&rig, &["/restart count", "Restart Count"]);
    assert!(rig.footer().contains("n next"), "{}", rig.footer());
    let rig = rig.press("n N Esc y");
    has(&rig, &["$ kubectl get pod sick -o yaml", "apiVersion: v1"]);
    let rig = rig.press("?");
    has(&rig, &["About a Pod", "kubectl describe pod"]);
    let rig = rig.press("Esc");
    has(&rig, &["$ kubectl get pod sick -o yaml"]);
    has(&rig.press("w"), &["why is sick like this?"]);
}

#[test]
fn what_kubectl_says_is_asked_again_while_time_goes_on_and_on_every_step() {
    let rig = Rig::new(80, 24).press("Enter").apply("sick.yaml", PROBED).wait(1).press("2 y /");
    let rig = rig.text("phase:").press("Enter");
    has(&rig, &["phase: Pending"]);
    let rig = rig.wait(10);
    has(&rig, &["phase: Running"]);
}

#[test]
fn a_chain_of_causes() {
    let rig = Rig::new(80, 24).press("Enter a").wait(5).press("Space 2 w");
    golden!("why_80x24", rig.screen());
}

#[test]
fn a_lab_can_be_mended_in_the_editor_that_its_footer_names() {
    let rig = Rig::new(80, 24).press("↓ Enter");
    golden!("lab_80x24", rig.screen());
    assert!(rig.footer().contains("Enter edit"), "{}", rig.footer());
    let rig = rig.press("Enter");
    golden!("editor_80x24", rig.screen());
    let rig = rig.press("Ctrl-S").wait(12);
    has(&rig, &["Passed"]);
}

#[test]
fn an_editor_that_the_shell_opens_saves_and_does_not_apply() {
    let rig = Rig::new(80, 24).press("Enter 4").text("vi todo.yaml").press("Enter").wait(1);
    assert!(rig.footer().contains("Ctrl-S save"), "{}", rig.screen());
    let rig = rig.text("kind: Pod").press("Esc");
    has(&rig, &["Your changes are not saved."]);
}

#[test]
fn a_page_begins_with_its_text_whatever_pane_was_looked_at_before() {
    let rig = Rig::new(80, 24).press("Enter Tab Tab m Enter");
    has(&rig, &["┏ 01 The first chapter"]);
    let rig = Rig::new(80, 24).press("↓ Enter Tab Tab h");
    has(&rig, &["Hint 1 of 3"]);
}

#[test]
fn the_command_a_key_stands_for_is_told_with_what_came_of_it() {
    let rig = Rig::new(80, 24).press("Enter a").wait(1).press("a").wait(1);
    assert!(rig.footer().contains("$ kubectl apply -f nap.yaml: pod/nap"), "{}", rig.footer());
    let rig = Rig::new(80, 24).press("Enter e").text("x").press("Ctrl-S");
    has(&rig, &["(changed)", "2!", "kind: Pod"]);
}

#[test]
fn the_wheel_moves_what_is_under_the_pointer() {
    let rig = Rig::new(120, 40).press("Enter").apply("sick.yaml", PROBED).wait(30).press("Space");
    let before = rig.screen();
    let rig = rig.wheel(5, 10, Touch::WheelDown);
    assert_ne!(rig.screen(), before, "the text moved");
    let rig = rig.press("2 d");
    let top = rig.screen();
    let rig = rig.wheel(40, 10, Touch::WheelDown);
    assert_ne!(rig.screen(), top, "the window moved");
    assert_eq!(rig.wheel(40, 10, Touch::WheelUp).screen(), top);
}

#[test]
fn a_shell_with_what_it_printed() {
    let rig =
        Rig::new(80, 24).press("Enter a").wait(5).press("4").text("kubectl get pods").press("Enter").wait(1);
    golden!("shell_80x24", rig.screen());
}

#[test]
fn the_map_and_the_scores_of_somebody_who_has_begun() {
    let rig = Rig::new(120, 40).press("t").text("Running").press("Enter Enter Enter 1 Enter Esc");
    golden!("map_120x40", rig.screen());
    golden!("scores_120x40", rig.press("s").screen());
}

#[test]
fn a_question_and_its_answer_on_a_wide_screen() {
    let rig = Rig::new(120, 40).press("t");
    golden!("predict_120x40", rig.screen());
    golden!("predicted_120x40", rig.text("Error").press("Enter Enter").screen());
}

#[test]
fn what_was_missed_comes_back_in_the_review() {
    let rig = Rig::new(80, 24).press("t").text("Error").press("Enter Enter Esc");
    has(&rig, &["question comes back to be asked again", "t with the quiz you left"]);
    let rig = rig.press("r");
    has(&rig, &["review", "What does STATUS say"]);
}

#[test]
fn links_to_the_web_carry_their_address_where_the_terminal_follows_them() {
    let plain = Rig::new(80, 40).press("Enter G");
    assert!(plain.addresses().is_empty());
    let linked = Rig::new(80, 40).following_links().press("Enter G");
    assert_eq!(linked.screen(), plain.screen(), "links change no cell");
    let addresses = linked.addresses();
    // The words of the link and the address written behind them.
    assert_eq!(addresses.len(), "link(https://kubernetes.io/docs/)".len());
    assert!(addresses.iter().all(|address| address == "https://kubernetes.io/docs/"), "{addresses:?}");
    let covered = Rig::new(80, 40).following_links().press("Enter G ?");
    assert!(covered.addresses().len() < addresses.len(), "a window above a link hides it");
}

#[test]
fn every_screen_marks_what_is_chosen_without_colour() {
    for keys in ["", "o", ":", "/ p o d", "t T o Esc", "Enter a Tab"] {
        let rig = Rig::new(80, 24).theme(ThemeName::None).press(keys);
        assert!(rig.styles().contains("RRR"), "{keys}:\n{}\n{}", rig.screen(), rig.styles());
    }
}

/// Pods that hang, each for a reason of its own.
const HANGING: &[(&str, &str, &[&str])] = &[
    (
        "volumes: [{name: v, configMap: {name: missing}}]",
        "image: nginx:1.27, volumeMounts: [{name: v, mountPath: /v}]",
        &["Event FailedMount", "configmap \"missing\" not found", "cannot be mounted"],
    ),
    (
        "volumes: [{name: v, secret: {secretName: missing}}]",
        "image: nginx:1.27, volumeMounts: [{name: v, mountPath: /v}]",
        &["Event FailedMount", "secret \"missing\" not found", "cannot be mounted"],
    ),
    (
        "volumes: [{name: v, persistentVolumeClaim: {claimName: missing}}]",
        "image: nginx:1.27, volumeMounts: [{name: v, mountPath: /v}]",
        &["Event FailedScheduling", "persistentvolumeclaim", "the scheduler found no node"],
    ),
    (
        "",
        "image: nginx:1.27, resources: {requests: {cpu: \"90\"}}",
        &["Event FailedScheduling", "Insufficient cpu"],
    ),
    (
        "",
        "image: nginx:1.27, envFrom: [{configMapRef: {name: missing}}]",
        &["Event Failed: Error: configmap \"missing\" not found"],
    ),
    ("", "image: ngnix:1.27, imagePullPolicy: Never", &["Event ErrImageNeverPull"]),
    ("", "image: ngnix:1.27", &["Event", "ngnix:1.27"]),
];

#[test]
fn every_pod_that_hangs_is_explained_by_its_event() {
    for (spec, container, parts) in HANGING {
        let pod = format!(
            "apiVersion: v1\nkind: Pod\nmetadata: {{name: stuck}}\nspec:\n  containers:\n  - {{name: app, {container}}}\n  {spec}\n"
        );
        let rig = Rig::new(80, 40).press("Enter").apply("stuck.yaml", &pod).wait(25).press("Space");
        assert!(rig.footer().contains("w why it hangs"), "{}", rig.screen());
        let rig = rig.press("w");
        has(&rig, parts);
        has(&rig, &["you ran: kubectl apply"]);
        let taught = rig.app.overlay.as_ref().is_some_and(|overlay| match overlay {
            Overlay::Why(chain) => !chain.links[0].chapter.is_empty(),
            _ => false,
        });
        assert!(taught, "{}", rig.screen());
    }
}

#[test]
fn a_pod_that_a_quota_keeps_from_being_is_explained_as_well() {
    let quota = "{apiVersion: v1, kind: ResourceQuota, metadata: {name: none}, spec: {hard: {pods: \"0\"}}}";
    let web = "
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers: [{name: app, image: \"nginx:1.27\"}]
";
    let rig = Rig::new(80, 40).press("Enter").apply("quota.yaml", quota).wait(1);
    let rig = rig.apply("web.yaml", web).wait(5).press("Space w");
    has(&rig, &["why is there no Pod?", "Event FailedCreate", "exceeded quota"]);
}
