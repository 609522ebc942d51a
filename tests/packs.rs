//! Content packs on disk, as their authors meet them: every fault `podlab check` knows is planted alone and must be reported at its
//! place, with nothing else beside it; a pack of another style passes and is played; transcripts are rewritten; the guide's worked
//! example is followed to the letter.
#![expect(clippy::unwrap_used, reason = "a test that cannot read its input should stop")]

use podlab::world::content;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Output, Stdio};

fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name)
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// What `podlab check` says of a pack, paths from the pack's folder, without the last line that counts; and whether it passes.
fn checked(pack: &Path) -> (Vec<String>, bool) {
    let mut out = Vec::new();
    let code = content::check(Some(pack), false, &mut out).unwrap();
    let text = String::from_utf8(out).unwrap().replace(&format!("{}/", pack.display()), "");
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    lines.pop();
    (lines, code == ExitCode::SUCCESS)
}

/// A fault: what it is, how it is planted, and what must be said of it.
#[derive(Debug, Default)]
struct Plant {
    name: String,
    deeds: Vec<Deed>,
    said: Vec<String>,
}

#[derive(Debug, Default)]
struct Deed {
    words: Vec<String>,
    old: Vec<String>,
    new: Vec<String>,
}

fn plants(text: &str) -> Vec<Plant> {
    let mut plants: Vec<Plant> = Vec::new();
    for line in text.lines() {
        if let Some(name) = line.strip_prefix("== ") {
            plants.push(Plant { name: name.to_owned(), ..Plant::default() });
            continue;
        }
        let Some(plant) = plants.last_mut() else { continue };
        let rest = line.get(2..).unwrap_or_default().to_owned();
        match line.chars().next() {
            Some('!') => plant.said.push(rest),
            Some('-') => plant.deeds.last_mut().unwrap().old.push(rest),
            Some('+') => plant.deeds.last_mut().unwrap().new.push(rest),
            None | Some('#') => {}
            _ => {
                let words = line.split(' ').map(str::to_owned).collect();
                plant.deeds.push(Deed { words, ..Deed::default() });
            }
        }
    }
    plants
}

fn perform(deed: &Deed, pack: &Path) {
    let words: Vec<&str> = deed.words.iter().map(String::as_str).collect();
    let new = deed.new.join("\n").replace("␛ESC", "\u{1b}").replace("␛RLO", "\u{202e}");
    let path = pack.join(words[1]);
    match words[..] {
        ["in", file] => {
            let (text, old) = (fs::read_to_string(&path).unwrap(), deed.old.join("\n"));
            assert!(text.contains(&old), "{file} does not hold {old}");
            fs::write(&path, text.replacen(&old, &new, 1)).unwrap();
        }
        ["add", _] => fs::write(&path, new).unwrap(),
        ["remove", _] => fs::remove_file(&path).unwrap(),
        ["link", _, target] => std::os::unix::fs::symlink(target, &path).unwrap(),
        ["size", _, bytes] => fs::write(&path, vec![b'x'; bytes.parse().unwrap()]).unwrap(),
        ["bytes", _, hex] => {
            let byte = |at: usize| u8::from_str_radix(&hex[at..at + 2], 16).unwrap();
            fs::write(&path, (0..hex.len()).step_by(2).map(byte).collect::<Vec<u8>>()).unwrap();
        }
        _ => panic!("no such deed: {words:?}"),
    }
}

#[test]
fn a_pack_without_a_fault_has_nothing_said_of_it() {
    assert_eq!(checked(&data("pack-bad/pack")), (Vec::new(), true));
}

#[test]
fn every_fault_is_reported_at_its_place_and_nothing_else_is() {
    let plants = plants(&fs::read_to_string(data("pack-bad/plants.txt")).unwrap());
    assert!(plants.len() > 120, "{}", plants.len());
    for plant in plants {
        let folder = tempfile::tempdir().unwrap();
        let pack = folder.path().join("pack");
        copy(&data("pack-bad/pack"), &pack);
        plant.deeds.iter().for_each(|deed| perform(deed, &pack));
        let (said, passes) = checked(&pack);
        assert_eq!(said, plant.said, "{}", plant.name);
        assert!(!said.is_empty(), "{}", plant.name);
        assert_eq!(passes, !said.iter().any(|line| line.contains(": error: ")), "{}", plant.name);
    }
}

/// Runs podlab in `folder` with a record of its own.
fn podlab(folder: &Path, arguments: &[&str], input: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_podlab"))
        .args(arguments)
        .current_dir(folder)
        .env("PODLAB_DATA_DIR", folder.join(".record"))
        .env_remove("COLUMNS")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // Whoever reads nothing closes the pipe; that is not what is tested here.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    child.wait_with_output().unwrap()
}

#[test]
fn a_pack_of_another_style_passes_and_its_quiz_is_taken() {
    let pack = data("pack-other");
    let (said, passes) = checked(&pack);
    assert!(passes, "{said:#?}");
    let folder = tempfile::tempdir().unwrap();
    let content = pack.display().to_string();
    let show = podlab(folder.path(), &["--content", &content, "show", "wuerfel"], "");
    let text = String::from_utf8(show.stdout).unwrap();
    for part in
        ["Würfel, die gezählt werden wollen", "┌─ becher.json", "! Lab", "Die Leiter steht nicht", "Predict"]
    {
        assert!(text.contains(part), "{part} is missing in\n{text}");
    }
    let quiz = podlab(folder.path(), &["--content", &content, "quiz", "wuerfel"], "3\nRunning\ntrue\n");
    let text = String::from_utf8(quiz.stdout).unwrap();
    assert!(text.ends_with("6 of 6 points.\n"), "{text}");
    let list = podlab(folder.path(), &["--content", &content, "list"], "");
    let text = String::from_utf8(list.stdout).unwrap();
    assert!(text.lines().any(|line| line.contains("wuerfel") && line.ends_with("quiz 6/6")), "{text}");
}

#[test]
fn what_is_blessed_agrees_and_keeps_its_line_ends_and_patterns() {
    let folder = tempfile::tempdir().unwrap();
    let pack = folder.path().join("pack");
    copy(&data("pack-bad/pack"), &pack);
    let change = |file: &str, old: &str, new: &str| {
        let text = fs::read_to_string(pack.join(file)).unwrap();
        assert!(text.contains(old), "{file}");
        fs::write(pack.join(file), text.replace(old, new)).unwrap();
    };
    let lesson = "lessons/01-start.md";
    change(lesson, "web    1/1     Running   0          5s", "web    <any>   Pending   0          5s");
    change(lesson, "hello\n```", "old\nlines\n```");
    change("assets/misconceptions.yaml", "      Running\n", "      Pending\n");
    let crlf = fs::read_to_string(pack.join(lesson)).unwrap().replace('\n', "\r\n");
    fs::write(pack.join(lesson), crlf).unwrap();
    assert_eq!(checked(&pack).0.len(), 3);
    let mut out = Vec::new();
    let code = content::check(Some(&pack), true, &mut out).unwrap();
    assert_eq!(code, ExitCode::SUCCESS, "{}", String::from_utf8_lossy(&out));
    assert_eq!(checked(&pack), (Vec::new(), true));
    let good = fs::read_to_string(data("pack-bad/pack").join(lesson)).unwrap();
    assert_eq!(fs::read_to_string(pack.join(lesson)).unwrap(), good.replace('\n', "\r\n"));
    let good = fs::read_to_string(data("pack-bad/pack/assets/misconceptions.yaml")).unwrap();
    assert_eq!(fs::read_to_string(pack.join("assets/misconceptions.yaml")).unwrap(), good);
}

/// A fenced block of the guide: the words after its fence, and its text.
fn blocks(guide: &str) -> Vec<(String, String)> {
    let mut blocks: Vec<(String, String)> = Vec::new();
    let mut open: Option<String> = None;
    for line in guide.lines() {
        let fence: String = line.chars().take_while(|c| *c == '`').collect();
        match &open {
            None if fence.len() >= 3 => {
                blocks.push((line[fence.len()..].to_owned(), String::new()));
                open = Some(fence);
            }
            Some(fence) if line == fence => open = None,
            Some(_) => blocks.last_mut().unwrap().1.extend([line, "\n"]),
            None => {}
        }
    }
    blocks
}

#[test]
fn the_guide_can_be_followed_to_the_letter() {
    use podlab::course::{Place, diagnostic::Report, transcript};
    let guide = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/AUTHORS.md")).unwrap();
    let example = guide.split("## Chapters").next().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let bin = Path::new(env!("CARGO_BIN_EXE_podlab")).parent().unwrap();
    let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap_or_default());
    let mut here = folder.path().to_path_buf();
    let mut ran = 0;
    for (info, text) in blocks(example) {
        if let Some((_, name)) = info.split_once("file=") {
            fs::write(here.join(name), text).unwrap();
            continue;
        }
        assert_eq!(info, "console");
        for step in transcript::parse(&text, Place::START, &mut Report::new("")).steps {
            if let Some(name) = step.command.strip_prefix("cd ") {
                here = here.join(name);
                continue;
            }
            let told = Command::new("sh")
                .arg("-c")
                .arg(&step.command)
                .env("PATH", &path)
                .current_dir(&here)
                .output();
            let told = told.unwrap();
            let printed = String::from_utf8_lossy(&[told.stdout, told.stderr].concat()).into_owned();
            assert_eq!(step.compare(&printed), Ok(()), "{}\n{printed}", step.command);
            ran += 1;
        }
    }
    assert!(ran >= 8);
    let goals = guide.split("Goals are judged").nth(1).unwrap();
    for sentence in podlab::course::lab::goal::SENTENCES {
        let start: String = sentence.split([' ', '[']).take(1).collect();
        assert!(goals.contains(&start), "the guide does not name: {sentence}");
    }
}
