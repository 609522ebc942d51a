//! `podlab new`: first files of a pack, a chapter, a quiz, a lab. Never overwrites.

use super::args::Scaffold;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

const CHAPTER: &str = include_str!("../../assets/templates/chapter.md");
const QUIZ: &str = include_str!("../../assets/templates/quiz.yaml");
const LAB: &str = include_str!("../../assets/templates/lab.yaml");

/// Makes `what` under `folder` and returns the paths written.
pub fn create(folder: &Path, what: Scaffold, name: &str) -> io::Result<Vec<PathBuf>> {
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
    let files = match what {
        Scaffold::Pack => {
            let pack = folder.join(name);
            vec![
                (pack.join(format!("lessons/01-{name}.md")), CHAPTER),
                (pack.join(format!("quizzes/01-{name}.yaml")), QUIZ),
                (pack.join(format!("assets/labs/{name}.yaml")), LAB),
            ]
        }
        Scaffold::Chapter => vec![(folder.join(format!("lessons/{}.md", numbered(folder, name))), CHAPTER)],
        Scaffold::Quiz => vec![(folder.join(format!("quizzes/{}.yaml", stem_of(folder, name))), QUIZ)],
        Scaffold::Lab => vec![(folder.join(format!("assets/labs/{name}.yaml")), LAB)],
    };
    files.into_iter().map(|(path, template)| write(path, template, name)).collect()
}

/// `NN-name` with the number after the highest in `lessons/`.
fn numbered(folder: &Path, name: &str) -> String {
    let highest = stems(folder).iter().filter_map(|s| s.split('-').next()?.parse::<u32>().ok()).max();
    format!("{:02}-{name}", highest.unwrap_or(0) + 1)
}

/// The stem of the chapter `name`, so that its quiz belongs to it; a new number if there is none yet.
fn stem_of(folder: &Path, name: &str) -> String {
    let same = |stem: &&String| stem.split_once('-').is_some_and(|(_, slug)| slug == name);
    stems(folder).iter().find(same).cloned().unwrap_or_else(|| numbered(folder, name))
}

fn stems(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder.join("lessons")).into_iter().flatten().flatten();
    let mut stems: Vec<String> =
        entries.filter_map(|e| e.path().file_stem().map(|s| s.to_string_lossy().into_owned())).collect();
    stems.sort();
    stems
}

fn write(path: PathBuf, template: &str, name: &str) -> io::Result<PathBuf> {
    let told = |error: io::Error| io::Error::other(format!("cannot write {}: {error}", path.display()));
    if path.exists() {
        return Err(io::Error::other(format!(
            "{} exists already; choose another name or remove it first",
            path.display()
        )));
    }
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent).map_err(told)?;
    }
    fs::write(&path, template.replace("SLUG", name).replace("TITLE", &title(name)).replace("CHAPTER", name))
        .map_err(told)?;
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

    #[test]
    fn a_pack_has_a_chapter_its_quiz_and_a_lab() {
        let dir = tempfile::tempdir().unwrap();
        let made = create(dir.path(), Scaffold::Pack, "my-pack").unwrap();
        assert_eq!(made.len(), 3);
        let text = fs::read_to_string(&made[0]).unwrap();
        assert!(text.contains("title: My pack"), "{text}");
    }

    #[test]
    fn chapters_are_numbered_and_quizzes_follow_their_chapter() {
        let dir = tempfile::tempdir().unwrap();
        create(dir.path(), Scaffold::Chapter, "one").unwrap();
        let second = create(dir.path(), Scaffold::Chapter, "two").unwrap();
        assert!(second[0].ends_with("lessons/02-two.md"));
        assert!(create(dir.path(), Scaffold::Quiz, "one").unwrap()[0].ends_with("quizzes/01-one.yaml"));
    }

    #[test]
    fn nothing_is_overwritten_and_no_name_leads_elsewhere() {
        let dir = tempfile::tempdir().unwrap();
        create(dir.path(), Scaffold::Lab, "x").unwrap();
        assert!(create(dir.path(), Scaffold::Lab, "x").unwrap_err().to_string().contains("exists already"));
        for name in ["../x", "", "Upper", "a b", "-x"] {
            assert!(create(dir.path(), Scaffold::Lab, name).is_err(), "{name}");
        }
    }
}
