//! Files: the built-in content, content packs on disk, the platform's data folder. A pack is untrusted: nothing outside its folder is
//! read, and no more of it than fits.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use include_dir::{Dir, include_dir};

static LESSONS: Dir = include_dir!("$CARGO_MANIFEST_DIR/lessons");
static QUIZZES: Dir = include_dir!("$CARGO_MANIFEST_DIR/quizzes");
static LABS: Dir = include_dir!("$CARGO_MANIFEST_DIR/assets/labs");
static MISCONCEPTIONS: &str = include_str!("../../assets/misconceptions.yaml");

/// The largest file of a pack that is read, in bytes; larger ones are reported by the loader, which sees their size.
pub const LARGEST_FILE: u64 = 4 << 20;
/// How many files of a pack are read.
const MOST_FILES: usize = 2000;
/// How deep a pack's folders go.
const DEEPEST: usize = 6;

/// A file of a pack: its path inside the pack, with `/`, and its bytes.
pub type PackFile = (String, Vec<u8>);

/// A problem with reading a pack: which file, and what is wrong.
#[derive(Clone, Debug, PartialEq)]
pub struct Unreadable {
    /// The path as given or found.
    pub path: String,
    /// What is wrong and what to do.
    pub text: String,
}

/// The content that is part of the program.
pub fn built_in() -> Vec<PackFile> {
    let mut files = Vec::new();
    for (folder, dir) in [("lessons", &LESSONS), ("quizzes", &QUIZZES), ("assets/labs", &LABS)] {
        collect(folder, dir, &mut files);
    }
    files.push(("assets/misconceptions.yaml".to_owned(), MISCONCEPTIONS.as_bytes().to_vec()));
    files
}

fn collect(folder: &str, dir: &Dir, files: &mut Vec<PackFile>) {
    for file in dir.files() {
        if let Some(path) = file.path().to_str().filter(|p| !p.contains("/.") && !p.starts_with('.')) {
            files.push((format!("{folder}/{path}"), file.contents().to_vec()));
        }
    }
    for inner in dir.dirs() {
        collect(folder, inner, files);
    }
}

/// Where a run is saved.
const RUN: &str = "podlab-run.steps";

/// Writes a run into the current folder. A file of that name that podlab has not written is left alone.
pub fn save_run(steps: &str) -> Result<(), String> {
    let foreign = fs::read_to_string(RUN).is_ok_and(|there| !there.starts_with("# A run of podlab"));
    if foreign {
        return Err(format!("{RUN} in this folder is not a run of podlab; move it away first"));
    }
    fs::write(RUN, steps).map_err(|error| format!("cannot write {RUN} into this folder: {error}"))
}

/// The files of the pack in `folder`: its `lessons`, `quizzes` and `assets`. What cannot be read is named, the rest is returned.
pub fn read_pack(folder: &Path) -> (Vec<PackFile>, Vec<Unreadable>) {
    let mut pack = PackReader {
        given: folder.to_path_buf(),
        root: folder.to_path_buf(),
        files: Vec::new(),
        unreadable: Vec::new(),
    };
    match fs::canonicalize(folder) {
        Ok(root) if root.is_dir() => {
            pack.root = root;
            for part in ["lessons", "quizzes", "assets"] {
                let path = pack.root.join(part);
                if path.is_dir() {
                    pack.folder(&path, 0);
                }
            }
            let about = pack.root.join("pack.yaml");
            if about.exists() || about.is_symlink() {
                pack.entry(&about, 0);
            }
            if pack.files.is_empty() && pack.unreadable.is_empty() {
                pack.complain(
                    folder,
                    "holds no lessons/, quizzes/ or assets/; start one with `podlab new pack NAME`",
                );
            }
        }
        Ok(_) => pack.complain(folder, "is not a folder; name the folder that holds lessons/ and quizzes/"),
        Err(error) => pack.complain(folder, &format!("cannot be read: {error}")),
    }
    (pack.files, pack.unreadable)
}

struct PackReader {
    /// The folder as it was named.
    given: PathBuf,
    root: PathBuf,
    files: Vec<PackFile>,
    unreadable: Vec<Unreadable>,
}

impl PackReader {
    fn complain(&mut self, path: &Path, text: &str) {
        // As the author knows it, not as it really is.
        let path = path.strip_prefix(&self.root).map_or(path.to_path_buf(), |inside| self.given.join(inside));
        let path = path.strip_prefix(".").unwrap_or(&path).display().to_string();
        self.unreadable.push(Unreadable { path, text: text.to_owned() });
    }

    fn folder(&mut self, folder: &Path, depth: usize) {
        if depth > DEEPEST {
            return self.complain(folder, "is nested too deeply; a pack's folders go 6 deep at most");
        }
        let entries = match fs::read_dir(folder) {
            Ok(entries) => entries,
            Err(error) => return self.complain(folder, &format!("cannot be read: {error}")),
        };
        let mut paths: Vec<PathBuf> = entries.filter_map(|e| Some(e.ok()?.path())).collect();
        paths.sort();
        for path in paths {
            if path.file_name().is_some_and(|n| n.to_string_lossy().starts_with('.')) {
                continue;
            }
            if self.files.len() >= MOST_FILES {
                return self.complain(folder, "and what follows was left out: a pack has 2000 files at most");
            }
            self.entry(&path, depth);
        }
    }

    fn entry(&mut self, path: &Path, depth: usize) {
        let inside = match fs::canonicalize(path) {
            Ok(real) if real.starts_with(&self.root) => real,
            Ok(_) => return self.complain(path, "points out of the pack and was not read"),
            Err(error) => return self.complain(path, &format!("cannot be read: {error}")),
        };
        if inside.is_dir() {
            // A link to a folder above itself would never end; the depth bound catches what this does not.
            if path.is_symlink() {
                self.complain(path, "is a link to a folder and was not read");
            } else {
                self.folder(path, depth + 1);
            }
            return;
        }
        match read_bounded(&inside) {
            Ok(bytes) => {
                let name = path.strip_prefix(&self.root).unwrap_or(path).to_string_lossy().replace('\\', "/");
                self.files.push((name, bytes));
            }
            Err(error) => self.complain(path, &format!("cannot be read: {error}")),
        }
    }
}

fn read_bounded(path: &Path) -> io::Result<Vec<u8>> {
    let about = fs::metadata(path)?;
    if !about.is_file() {
        return Err(io::Error::other("it is not an ordinary file"));
    }
    if about.len() > LARGEST_FILE {
        let size = about.len() >> 20;
        return Err(io::Error::other(format!("it has {size} MiB, and 4 MiB are the limit; split it")));
    }
    fs::read(path)
}

/// The ordinary files of `folder` and three levels below it, by relative path: what the simulated shell sees. Hidden ones, large ones
/// and all beyond the first 500 stay out; the simulation says "no such file" for them.
pub fn read_folder(folder: &Path) -> Vec<PackFile> {
    let mut files = Vec::new();
    collect_folder(folder, folder, 0, &mut files);
    files
}

fn collect_folder(root: &Path, folder: &Path, depth: usize, files: &mut Vec<PackFile>) {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut paths: Vec<PathBuf> = entries.map(|e| e.path()).collect();
    paths.sort();
    for path in paths {
        let hidden = path.file_name().is_none_or(|n| n.to_string_lossy().starts_with('.'));
        let Ok(about) = fs::symlink_metadata(&path) else { continue };
        if hidden || files.len() >= 500 {
            continue;
        }
        if about.is_dir() && depth < 3 {
            collect_folder(root, &path, depth + 1, files);
        } else if about.is_file()
            && about.len() <= LARGEST_FILE
            && let (Ok(bytes), Some(name)) =
                (fs::read(&path), path.strip_prefix(root).ok().and_then(Path::to_str))
        {
            files.push((name.replace('\\', "/"), bytes));
        }
    }
}

/// Where the learner's record is kept unless the command line says otherwise; `None` without a home folder.
pub fn data_dir() -> Option<PathBuf> {
    use etcetera::{AppStrategy, AppStrategyArgs, choose_app_strategy};
    let args = AppStrategyArgs {
        top_level_domain: String::new(),
        author: String::new(),
        app_name: "podlab".to_owned(),
    };
    choose_app_strategy(args).ok().map(|strategy| strategy.data_dir())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_content_has_chapters() {
        assert!(built_in().iter().any(|(path, _)| path.starts_with("lessons/")));
    }

    #[test]
    fn a_pack_cannot_lead_out_of_its_folder() {
        let dir = tempfile::tempdir().unwrap();
        let secret = dir.path().join("secret.md");
        fs::write(&secret, "secret").unwrap();
        let lessons = dir.path().join("pack/lessons");
        fs::create_dir_all(&lessons).unwrap();
        fs::write(lessons.join("01-a.md"), "fine").unwrap();
        std::os::unix::fs::symlink(&secret, lessons.join("02-b.md")).unwrap();
        std::os::unix::fs::symlink(dir.path(), lessons.join("loop")).unwrap();
        let (files, unreadable) = read_pack(&dir.path().join("pack"));
        assert_eq!(files, [("lessons/01-a.md".to_owned(), b"fine".to_vec())]);
        assert_eq!(unreadable.len(), 2, "{unreadable:?}");
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        let (files, unreadable) = read_pack(Path::new("/nonexistent"));
        assert!(files.is_empty());
        assert!(unreadable[0].text.contains("cannot be read"), "{unreadable:?}");
    }

    #[test]
    fn a_file_beyond_the_limit_is_left_out_and_named() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("lessons")).unwrap();
        fs::write(dir.path().join("lessons/01-big.md"), vec![b'x'; 5 << 20]).unwrap();
        let (files, unreadable) = read_pack(dir.path());
        assert!(files.is_empty());
        assert!(unreadable[0].text.contains("split it"), "{unreadable:?}");
    }
}
