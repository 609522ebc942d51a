//! Looks whether the files of packs on disk have changed, and reads them again if so.

use crate::app::Msg;
use crate::world::args::Global;
use crate::world::content;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

/// How often to look.
pub const EVERY: Duration = Duration::from_secs(1);
/// How many files are looked at.
const MOST_FILES: usize = 2000;
/// How deep the folders of a pack go.
const DEEPEST: usize = 6;

/// A file, when it was written last, and its length in bytes.
type Stamp = (PathBuf, Option<SystemTime>, u64);

/// What the packs of the command line looked like.
#[derive(Debug)]
pub struct Changes<'a> {
    global: &'a Global,
    seen: Vec<Stamp>,
    looked: Instant,
}

impl<'a> Changes<'a> {
    /// Looks from `now` on; `None` if no pack on disk is used.
    pub fn of(global: &'a Global, now: Instant) -> Option<Changes<'a>> {
        (!global.content.is_empty()).then(|| Changes { global, seen: stamps(&global.content), looked: now })
    }

    /// The course as it is now, if a file has changed since the last look; looks at most once in a while.
    pub fn look(&mut self, now: Instant) -> Option<Msg> {
        if now.duration_since(self.looked) < EVERY {
            return None;
        }
        self.looked = now;
        let found = stamps(&self.global.content);
        if found == self.seen {
            return None;
        }
        self.seen = found;
        let (course, problems) = content::course(self.global);
        let problems = content::errors_in_packs(self.global, &course, problems);
        Some(Msg::Course { course: Box::new(course), problems })
    }
}

fn stamps(folders: &[PathBuf]) -> Vec<Stamp> {
    let mut found = Vec::new();
    for folder in folders {
        for part in ["lessons", "quizzes", "assets"] {
            collect(&folder.join(part), DEEPEST, &mut found);
        }
    }
    found.sort();
    found
}

fn collect(folder: &Path, deeper: usize, found: &mut Vec<Stamp>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if found.len() >= MOST_FILES {
            return;
        }
        match entry.metadata() {
            Ok(about) if about.is_dir() && deeper > 0 => collect(&entry.path(), deeper - 1, found),
            Ok(about) if about.is_file() => found.push((entry.path(), about.modified().ok(), about.len())),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_added_or_grows_is_seen() {
        let folder = std::env::temp_dir().join(format!("podlab-changes-{}", std::process::id()));
        fs::create_dir_all(folder.join("lessons")).unwrap();
        let packs = [folder.clone()];
        let empty = stamps(&packs);
        fs::write(folder.join("lessons/01-a.md"), "one").unwrap();
        let one = stamps(&packs);
        fs::write(folder.join("lessons/01-a.md"), "one and more").unwrap();
        let more = stamps(&packs);
        fs::remove_dir_all(&folder).unwrap();
        assert!(empty.is_empty() && one.len() == 1 && one != more);
    }
}
