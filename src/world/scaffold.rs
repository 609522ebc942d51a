//! `podlab new`: first files of a pack, a chapter, a quiz, a lab. Never overwrites. What it writes passes `podlab check` as it is.

use super::args::Scaffold;
use crate::course::name::slug;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

const CHAPTER: &str = include_str!("../../assets/templates/chapter.md");
const QUIZ: &str = include_str!("../../assets/templates/quiz.yaml");
const LAB: &str = include_str!("../../assets/templates/lab.yaml");
const PACK: &str = "title: TITLE\nformat: 1\n";

/// What stands for the card of a lab in a chapter's template.
const CARD: &str = "CARD";

/// A file to write: its path, and its text with words to fill in.
type Draft = (PathBuf, String);

/// Makes `what` under `folder`, and says what was written and what to do next.
pub fn run(folder: &Path, what: Scaffold, name: &str, out: &mut dyn Write) -> io::Result<()> {
    for path in create(folder, what, name)? {
        writeln!(out, "wrote {}", path.display())?;
    }
    match what {
        Scaffold::Pack => {
            writeln!(
                out,
                "Check it with `podlab check {name}`, read it with `podlab learn --content {name}`."
            )
        }
        Scaffold::Chapter => writeln!(out, "Its quiz: `podlab new quiz {name}`."),
        Scaffold::Quiz => writeln!(out, "Check it with `podlab check .`."),
        Scaffold::Lab => {
            let chapter = chapter_for_lab(folder, name);
            writeln!(out, "Place its card in the chapter {chapter}: a block that starts with ```lab {name}")
        }
    }
}

/// Makes `what` under `folder` and returns the paths written.
fn create(folder: &Path, what: Scaffold, name: &str) -> io::Result<Vec<PathBuf>> {
    let well_formed = !name.is_empty()
        && name.len() <= 60
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
        && !name.starts_with('-')
        && !name.ends_with('-');
    if !well_formed {
        return Err(io::Error::other(format!(
            "'{name}' is no good name: use lower case words joined by `-`, such as my-pack"
        )));
    }
    let is_pack = ["lessons", "quizzes", "assets", "pack.yaml"].iter().any(|part| folder.join(part).exists());
    if what != Scaffold::Pack && !is_pack {
        return Err(io::Error::other(
            "this folder is no pack; go into one with `cd`, or start one with `podlab new pack NAME`",
        ));
    }
    let drafts = drafts(folder, what, name);
    if let Some((path, _)) = drafts.iter().find(|(path, _)| path.exists()) {
        let path = path.display();
        return Err(io::Error::other(format!(
            "{path} exists already; choose another name or remove it first"
        )));
    }
    let chapter = chapter_for_lab(folder, name);
    drafts.into_iter().map(|draft| write(draft, name, &chapter)).collect()
}

fn drafts(folder: &Path, what: Scaffold, name: &str) -> Vec<Draft> {
    let stem = |stem: String, part: &str, ending: &str| folder.join(format!("{part}/{stem}.{ending}"));
    match what {
        Scaffold::Pack => {
            let pack = folder.join(name);
            let card = format!("```lab {name}\n```\n\n");
            vec![
                (pack.join("pack.yaml"), PACK.to_owned()),
                (pack.join(format!("lessons/01-{name}.md")), CHAPTER.replace(CARD, &card)),
                (pack.join(format!("quizzes/01-{name}.yaml")), QUIZ.to_owned()),
                (pack.join(format!("assets/labs/{name}.yaml")), LAB.to_owned()),
            ]
        }
        Scaffold::Chapter => {
            vec![(stem(numbered(folder, name), "lessons", "md"), CHAPTER.replace(CARD, ""))]
        }
        Scaffold::Quiz => vec![(stem(stem_of(folder, name), "quizzes", "yaml"), QUIZ.to_owned())],
        Scaffold::Lab => vec![(stem(name.to_owned(), "assets/labs", "yaml"), LAB.to_owned())],
    }
}

/// `NN-name` with the number after the highest in `lessons/`; the stem of the chapter `name` if there is one.
fn numbered(folder: &Path, name: &str) -> String {
    let highest = stems(folder).iter().filter_map(|s| s.split('-').next()?.parse::<u32>().ok()).max();
    let new = format!("{:02}-{name}", highest.unwrap_or(0) + 1);
    existing(folder, name).unwrap_or(new)
}

/// The stem of the chapter `name`, so that its quiz belongs to it; a new number if there is none yet.
fn stem_of(folder: &Path, name: &str) -> String {
    existing(folder, name).unwrap_or_else(|| numbered(folder, name))
}

fn existing(folder: &Path, name: &str) -> Option<String> {
    stems(folder).into_iter().find(|stem| slug(stem) == name)
}

/// The chapter a lab belongs to at first: the one of its name, else the last one.
fn chapter_for_lab(folder: &Path, name: &str) -> String {
    let stems = stems(folder);
    let same = stems.iter().find(|stem| slug(stem) == name);
    same.or(stems.last()).map_or(name, |stem| slug(stem)).to_owned()
}

fn stems(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder.join("lessons")).into_iter().flatten().flatten();
    let mut stems: Vec<String> = entries
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "md"))
        .filter_map(|path| path.file_stem().map(|stem| stem.to_string_lossy().into_owned()))
        .collect();
    stems.sort();
    stems
}

fn write((path, template): Draft, name: &str, chapter: &str) -> io::Result<PathBuf> {
    let told = |error: io::Error| io::Error::other(format!("cannot write {}: {error}", path.display()));
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent).map_err(told)?;
    }
    let text = template.replace("SLUG", name).replace("TITLE", &title(name)).replace("CHAPTER", chapter);
    fs::write(&path, text).map_err(told)?;
    Ok(path)
}

/// `my-pack` as a title: `My pack`.
fn title(name: &str) -> String {
    let mut words = name.replace('-', " ");
    if let Some(first) = words.get_mut(0..1) {
        first.make_ascii_uppercase();
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::content;
    use std::process::ExitCode;

    fn check(pack: &Path) -> (String, ExitCode) {
        let mut out = Vec::new();
        let code = content::check(Some(pack), false, &mut out).unwrap();
        (String::from_utf8(out).unwrap(), code)
    }

    #[test]
    fn what_is_made_passes_the_check_without_a_word() {
        let dir = tempfile::tempdir().unwrap();
        let pack = dir.path().join("my-pack");
        let made = create(dir.path(), Scaffold::Pack, "my-pack").unwrap();
        assert_eq!(made.len(), 4);
        assert!(fs::read_to_string(&made[1]).unwrap().contains("title: My pack"));
        let (said, code) = check(&pack);
        assert_eq!(
            (said.as_str(), code),
            ("1 chapter, 1 quiz, 1 lab: 0 errors, 0 warnings\n", ExitCode::SUCCESS)
        );
        create(&pack, Scaffold::Chapter, "more").unwrap();
        create(&pack, Scaffold::Quiz, "more").unwrap();
        let (said, _) = check(&pack);
        assert_eq!(said, "2 chapters, 2 quizzes, 1 lab: 0 errors, 0 warnings\n");
        create(&pack, Scaffold::Lab, "break-it").unwrap();
        let (said, code) = check(&pack);
        assert!(said.contains("no card in") && said.contains("02-more.md leads to the lab"), "{said}");
        assert_eq!(code, ExitCode::SUCCESS);
    }

    #[test]
    fn chapters_are_numbered_and_quizzes_follow_their_chapter() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("lessons")).unwrap();
        create(dir.path(), Scaffold::Chapter, "one").unwrap();
        let second = create(dir.path(), Scaffold::Chapter, "two").unwrap();
        assert!(second[0].ends_with("lessons/02-two.md"));
        assert!(create(dir.path(), Scaffold::Quiz, "one").unwrap()[0].ends_with("quizzes/01-one.yaml"));
        let again = create(dir.path(), Scaffold::Chapter, "two").unwrap_err();
        assert!(again.to_string().contains("02-two.md exists already"), "{again}");
    }

    #[test]
    fn nothing_is_overwritten_and_no_name_leads_elsewhere() {
        let dir = tempfile::tempdir().unwrap();
        let outside = create(dir.path(), Scaffold::Lab, "x").unwrap_err();
        assert!(outside.to_string().contains("this folder is no pack"), "{outside}");
        fs::create_dir(dir.path().join("lessons")).unwrap();
        create(dir.path(), Scaffold::Lab, "x").unwrap();
        assert!(create(dir.path(), Scaffold::Lab, "x").unwrap_err().to_string().contains("exists already"));
        for name in ["../x", "", "Upper", "a b", "-x"] {
            assert!(create(dir.path(), Scaffold::Lab, name).is_err(), "{name}");
        }
    }
}
