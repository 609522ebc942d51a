//! A session saved from the tutor is the same session again in `podlab sim`: the rows to the byte and to the hundredth of a second,
//! whatever was typed, interrupted, ended, answered, edited or taken back.
#![expect(clippy::unwrap_used, reason = "a test that cannot read its input should stop")]

use podlab::app::practice::Practice;
use podlab::course::{Pack, pack};
use podlab::kube::SimTime;
use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

const CRASH: &str = "apiVersion: v1\nkind: Pod\nmetadata: {name: crash}\nspec:\n  containers:\n  - name: app\n    image: busybox:1.36\n    command: [\"sh\", \"-c\", \"echo 'all' of 100 %; sleep 3; exit 1\"]\n";
const TALK: &str = "apiVersion: v1\nkind: Pod\nmetadata: {name: talk}\nspec:\n  restartPolicy: Never\n  containers:\n  - name: app\n    image: busybox:1.36\n    stdin: true\n    tty: true\n    command: [\"sh\"]\n";

fn session() -> Practice {
    let files = [("crash.yaml", CRASH), ("talk.yaml", TALK)];
    let files: BTreeMap<String, String> =
        files.into_iter().map(|(name, text)| (name.to_owned(), text.to_owned())).collect();
    Practice::of_page("page", files)
}

/// Lets simulated milliseconds pass, in steps that are no round numbers.
fn pass(practice: &mut Practice, millis: u64) {
    for at in (0..millis).step_by(37) {
        practice.tick(Duration::from_millis(37.min(millis - at)));
    }
}

/// What `podlab sim` prints for a saved run with the arguments its first lines name.
fn simulated(run: &str, more: &[&str]) -> String {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("podlab-run.steps"), run).unwrap();
    let how = run.lines().find_map(|line| line.strip_prefix("# podlab ")).unwrap();
    let out = Command::new(env!("CARGO_BIN_EXE_podlab"))
        .args(how.split(' '))
        .args(more)
        .current_dir(folder.path())
        .output()
        .unwrap();
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    String::from_utf8(out.stdout).unwrap()
}

/// The rows of the session as `podlab sim --timestamps` prints them, up to its end.
fn rows(practice: &Practice) -> Vec<String> {
    practice.rows().iter().map(|row| format!("{:8.2} | {}", row.at.as_secs_f64(), row.text)).collect()
}

#[track_caller]
fn is_the_same_again(practice: &Practice) -> String {
    let run = practice.saved();
    let printed = simulated(&run, &["--timestamps"]);
    let again: Vec<&str> = printed.lines().filter(|line| !line.contains("| NAME")).collect();
    let mine = rows(practice);
    assert!(mine.len() > 4, "{mine:#?}");
    assert_eq!(
        again.get(..mine.len()),
        Some(mine.iter().map(String::as_str).collect::<Vec<_>>().as_slice()),
        "{run}"
    );
    run
}

#[test]
fn commands_keys_and_input_are_replayed() {
    let mut practice = session();
    pass(&mut practice, 1234);
    practice.submit("kubectl apply -f talk.yaml && NAME=talk");
    pass(&mut practice, 3210);
    practice.submit("kubectl get pods -w");
    pass(&mut practice, 2000);
    practice.interrupt(String::new());
    pass(&mut practice, 100);
    practice.submit("kubectl attach -it $NAME");
    pass(&mut practice, 1500);
    practice.submit("exit 3");
    pass(&mut practice, 2500);
    practice.submit("cat > crash2.yaml");
    pass(&mut practice, 300);
    for line in CRASH.replace("name: crash", "name: second").lines() {
        practice.submit(line);
    }
    practice.end_input();
    pass(&mut practice, 300);
    practice.submit("kubectl apply -f crash2.yaml");
    pass(&mut practice, 40_000);
    let run = is_the_same_again(&practice);
    assert!(run.contains(" ^C\n") && run.contains(" ^D\n") && run.contains(" $ exit 3\n"), "{run}");
    let rows = rows(&practice).join("\n");
    assert!(
        rows.contains("talk   0/1     Error") && rows.contains("second   0/1     CrashLoopBackOff"),
        "{rows}"
    );
}

#[test]
fn edits_and_what_was_taken_back_are_replayed() {
    let mut practice = session();
    practice.apply("crash.yaml");
    pass(&mut practice, 20_000);
    practice.submit("kubectl delete pod crash");
    pass(&mut practice, 8000);
    practice.rewind_to(SimTime(15_000));
    practice.continue_here();
    pass(&mut practice, 2000);
    practice.write_file("crash.yaml", &CRASH.replace("sleep 3", "sleep 9"));
    practice.submit("vi talk.yaml");
    pass(&mut practice, 1000);
    let name = practice.edit_request().unwrap();
    practice.end_edit(&name, Some(&TALK.replace("name: talk", "name: edited")));
    pass(&mut practice, 100);
    practice.submit("kubectl apply -f talk.yaml; kubectl replace --force -f crash.yaml");
    pass(&mut practice, 60_000);
    let run = is_the_same_again(&practice);
    assert!(!run.contains("delete pod crash"), "what was taken back is not part of the run\n{run}");
    assert!(rows(&practice).join("\n").contains("edited"));
}

#[test]
fn a_lab_is_replayed_with_its_setup() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    for path in ["assets/labs/crashloopbackoff.yaml", "assets/labs/scheduling.yaml"] {
        files.push((path.to_owned(), std::fs::read(root.join(path)).unwrap().into()));
    }
    let (course, _) = pack::load(vec![Pack { prefix: String::new(), files }]);
    for slug in ["crashloopbackoff", "scheduling"] {
        let lab = course.lab(slug).unwrap();
        let mut practice = Practice::of_lab(lab);
        for step in &lab.solution.transcript.steps {
            practice.submit(&step.command);
            pass(&mut practice, 35_000);
        }
        assert!(practice.lab_passed(), "{slug}: {:?}", practice.goals());
        let mine = rows(&practice);
        let run = practice.saved();
        let printed = simulated(&run, &["--timestamps"]);
        // The tutor's watch begins when the learner does; by then the setup has happened.
        let began = practice.rows()[0].at.as_secs_f64();
        let later =
            |line: &str| line.split('|').next().unwrap().trim().parse::<f64>().is_ok_and(|at| at > began);
        // Columns are as wide as what was shown before needed, so it is the words that must agree.
        let words = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
        let again: Vec<String> = printed.lines().filter(|line| later(line)).map(words).collect();
        let mine: Vec<String> = mine.iter().filter(|line| later(line)).map(|line| words(line)).collect();
        assert_eq!(again.get(..mine.len()), Some(mine.as_slice()), "{slug}\n{run}");
        assert!(!mine.is_empty(), "{slug}");
    }
}

#[test]
fn a_recording_is_asciicast_and_says_what_the_watch_says() {
    let mut practice = session();
    practice.apply("crash.yaml");
    pass(&mut practice, 30_000);
    let run = practice.saved();
    let cast = simulated(&run, &["-o", "cast"]);
    let mut lines = cast.lines();
    let header: serde_json::Value = serde_json::from_str(lines.next().unwrap()).unwrap();
    assert_eq!(header["version"], 2);
    assert!(header["width"].is_u64() && header["height"].is_u64());
    let (mut before, mut shown) = (0.0, String::new());
    for line in lines {
        let event: (f64, String, String) = serde_json::from_str(line).unwrap();
        assert!(event.0 >= before, "time does not run backwards: {line}");
        assert_eq!(event.1, "o");
        assert!(!event.2.replace("\r\n", "").contains('\n'), "a terminal needs both: {line}");
        before = event.0;
        shown.push_str(&event.2.replace("\r\n", "\n"));
    }
    let watch = simulated(&run, &[]);
    let said: Vec<&str> = watch.lines().collect();
    let recorded: Vec<&str> = shown.lines().filter(|line| said.contains(line)).collect();
    assert_eq!(recorded, said);
}
