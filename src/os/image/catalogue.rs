//! The simulated registries, read once from `assets/images.yaml`.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::{LazyLock, OnceLock};

use regex_lite::Regex;
use serde::Deserialize;

use super::Reference;
use crate::os::signal::Signal;
use crate::os::tree::{Body, Meta, Node, Tree};
use crate::os::{User, cell::parts_of};

/// So many bases may start from one another.
const DEEPEST: usize = 8;

const SOURCE: &str = include_str!("../../../assets/images.yaml");

/// An image, ready to be run.
#[derive(Clone, Debug)]
pub struct Image {
    /// What was asked for, in full.
    pub reference: Reference,
    /// `sha256:…` of its manifest.
    pub digest: String,
    /// Bytes to pull.
    pub size: u64,
    /// First words of every command line.
    pub entrypoint: Vec<String>,
    /// Words used when the container names no arguments.
    pub cmd: Vec<String>,
    /// Environment.
    pub env: Vec<(String, String)>,
    /// As in the image: empty, `1000`, `node`, `101:101`.
    pub user: String,
    /// Working directory, empty for `/`.
    pub workdir: String,
    /// How it wants to be stopped, SIGTERM if it does not say.
    pub stop_signal: Option<Signal>,
    /// Ports it documents.
    pub ports: Vec<u16>,
    /// Its files.
    pub root: Tree,
}

/// Why a registry does not give an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PullError {
    /// No such repository, or it is private: the Hub does not tell which.
    UnknownRepository,
    /// The repository has no such tag or digest.
    UnknownTag,
    /// The registry's host name does not resolve.
    UnknownHost,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Source {
    bases: BTreeMap<String, Base>,
    images: Vec<Entry>,
}

#[derive(Debug, Deserialize, Default)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
struct Base {
    /// Starts from another base.
    from: Option<String>,
    /// Folder to program names.
    programs: BTreeMap<String, String>,
    /// Path to text.
    files: BTreeMap<String, String>,
    /// Path to what the symbolic link there points to.
    links: BTreeMap<String, String>,
    /// `path`, `path mode` or `path mode uid`.
    directories: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Entry {
    /// Full names, separated by blanks.
    repositories: String,
    /// Tags there are, as a regular expression that must match whole.
    tags: String,
    /// `user:password` for whoever wants to pull it; a public image has none.
    #[serde(default)]
    login: Option<String>,
    /// Bases, one on top of the other. A tag with `alpine` in it has `alpine` where others have `debian`.
    #[serde(default)]
    base: String,
    size: u64,
    /// Tag to version, for `$VERSION` in `env`; else the tag.
    #[serde(default)]
    versions: BTreeMap<String, String>,
    #[serde(default)]
    digests: BTreeMap<String, String>,
    /// Tag to bytes, where it differs from `size`.
    #[serde(default)]
    sizes: BTreeMap<String, u64>,
    #[serde(default)]
    entrypoint: Vec<String>,
    #[serde(default)]
    cmd: Vec<String>,
    #[serde(default)]
    env: Vec<String>,
    #[serde(default)]
    user: String,
    #[serde(default)]
    workdir: String,
    #[serde(default)]
    stop_signal: Option<String>,
    #[serde(default)]
    ports: Vec<u16>,
    #[serde(default)]
    programs: BTreeMap<String, String>,
    /// Programs that tags with `slim` or `alpine` in them lack.
    #[serde(default)]
    full: BTreeMap<String, String>,
    #[serde(default)]
    files: BTreeMap<String, String>,
    #[serde(default)]
    links: BTreeMap<String, String>,
    #[serde(default)]
    directories: Vec<String>,
}

#[derive(Debug)]
struct Known {
    entry: Entry,
    tags: Regex,
    /// The files of its tags by flavour, laid out when first asked for: a session uses few of the images.
    files: [OnceLock<Tree>; 3],
}

/// What the tags of an image differ in.
#[derive(Clone, Copy)]
enum Flavour {
    Full,
    Slim,
    Alpine,
}

impl Known {
    /// What a tag has. Images that know no Debian have the files of the slim ones under `alpine`, too.
    fn flavour(&self, tag: &str) -> Flavour {
        match (tag.contains("alpine"), tag.contains("slim")) {
            (true, _) if self.entry.base.contains("debian") => Flavour::Alpine,
            (false, false) => Flavour::Full,
            _ => Flavour::Slim,
        }
    }

    /// The files a tag has.
    fn files_of(&self, bases: &BTreeMap<String, Base>, tag: &str) -> &Tree {
        let flavour = self.flavour(tag);
        self.files[flavour as usize].get_or_init(|| match flavour {
            Flavour::Slim => entry_tree(bases, &self.entry, &self.entry.base),
            Flavour::Alpine => entry_tree(bases, &self.entry, &self.entry.base.replace("debian", "alpine")),
            Flavour::Full => {
                let mut tree = entry_tree(bases, &self.entry, &self.entry.base);
                fill(&mut tree, &self.entry.full, &BTreeMap::new(), &BTreeMap::new(), &[]);
                tree
            }
        })
    }
}

/// All images of the simulated registries.
#[derive(Debug, Default)]
pub struct Catalogue {
    bases: BTreeMap<String, Base>,
    known: Vec<Known>,
    names: BTreeMap<String, usize>,
}

static BUILTIN: LazyLock<Catalogue> = LazyLock::new(|| Catalogue::read(SOURCE).unwrap_or_default());

impl Catalogue {
    /// The catalogue podlab is built with.
    pub fn builtin() -> &'static Catalogue {
        &BUILTIN
    }

    fn read(source: &str) -> Result<Catalogue, String> {
        let source: Source = serde_yaml::from_str(source).map_err(|error| error.to_string())?;
        let mut catalogue = Catalogue { bases: source.bases, ..Catalogue::default() };
        for entry in source.images {
            let tags = Regex::new(&format!("^(?:{})$", entry.tags)).map_err(|error| error.to_string())?;
            for name in entry.repositories.split_whitespace() {
                catalogue.names.insert(name.to_owned(), catalogue.known.len());
            }
            catalogue.known.push(Known { entry, tags, files: Default::default() });
        }
        Ok(catalogue)
    }

    /// Hosts whose names resolve in the simulated world.
    fn host_resolves(&self, host: &str) -> bool {
        self.names.keys().any(|name| name.split('/').next() == Some(host))
    }

    /// Asks the registry for an image.
    pub fn find(&self, reference: &Reference) -> Result<Image, PullError> {
        if !self.host_resolves(&reference.host) {
            return Err(PullError::UnknownHost);
        }
        let known = self
            .names
            .get(&reference.name())
            .map(|index| &self.known[*index])
            .ok_or(PullError::UnknownRepository)?;
        let tag = reference.tag.clone().unwrap_or_else(|| "latest".to_owned());
        if !known.tags.is_match(&tag) {
            return Err(PullError::UnknownTag);
        }
        let entry = &known.entry;
        let digest = entry
            .digests
            .get(&tag)
            .cloned()
            .unwrap_or_else(|| digest(&format!("{}:{tag}", reference.name())));
        if reference
            .digest
            .as_ref()
            .is_some_and(|wanted| *wanted != digest && !entry.digests.values().any(|known| known == wanted))
        {
            return Err(PullError::UnknownTag);
        }
        let version = entry
            .versions
            .get(&tag)
            .or_else(|| entry.versions.get(tag.split('-').next().unwrap_or(&tag)))
            .unwrap_or(&tag);
        let env = entry
            .env
            .iter()
            .filter_map(|line| line.split_once('='))
            .map(|(name, value)| (name.to_owned(), value.replace("$VERSION", version)));
        Ok(Image {
            digest: reference.digest.clone().unwrap_or(digest),
            reference: reference.clone(),
            size: entry.sizes.get(&tag).copied().unwrap_or(entry.size),
            entrypoint: entry.entrypoint.clone(),
            cmd: entry.cmd.clone(),
            env: env.collect(),
            user: entry.user.clone(),
            workdir: entry.workdir.clone(),
            stop_signal: entry.stop_signal.as_deref().and_then(Signal::parse),
            ports: entry.ports.clone(),
            root: known.files_of(&self.bases, &tag).clone(),
        })
    }

    /// The `user:password` that a private image asks for.
    pub fn login(&self, reference: &Reference) -> Option<&str> {
        self.known[*self.names.get(&reference.name())?].entry.login.as_deref()
    }

    /// Every repository, sorted.
    pub fn repositories(&self) -> impl Iterator<Item = &str> {
        self.names.keys().map(String::as_str)
    }
}

impl Image {
    /// The user processes run as when the Pod does not say: ids by number or by the image's `/etc/passwd`. None if the name is unknown.
    pub fn run_as(&self) -> Option<User> {
        let (user, group) =
            self.user.split_once(':').map_or((self.user.as_str(), None), |(user, group)| (user, Some(group)));
        if user.is_empty() {
            return Some(User::default());
        }
        let passwd = self.root.read("/etc/passwd").unwrap_or_default();
        let passwd = String::from_utf8_lossy(&passwd).into_owned();
        let fields = passwd.lines().map(|line| line.split(':').collect::<Vec<_>>());
        let line =
            fields.filter(|fields| fields.len() > 3).find(|fields| fields[0] == user || fields[2] == user);
        let uid = user.parse().ok().or_else(|| line.as_ref()?[2].parse().ok())?;
        let gid = group.and_then(|group| group.parse().ok()).or_else(|| line?[3].parse().ok()).unwrap_or(0);
        Some(User { uid, gid, groups: Vec::new() })
    }

    /// Whether the image names its user by number (kubelet cannot judge `runAsNonRoot` otherwise).
    pub fn user_is_numeric(&self) -> bool {
        self.user
            .split(':')
            .next()
            .is_none_or(|user| user.is_empty() || user.bytes().all(|byte| byte.is_ascii_digit()))
    }
}

/// The files of an image: its bases, then its own.
fn entry_tree(bases: &BTreeMap<String, Base>, entry: &Entry, names: &str) -> Tree {
    let mut tree = Tree::default();
    for base in names.split_whitespace().flat_map(|name| line_of(bases, name)) {
        fill(&mut tree, &base.programs, &base.files, &base.links, &base.directories);
    }
    fill(&mut tree, &entry.programs, &entry.files, &entry.links, &entry.directories);
    tree
}

/// A base after those it starts from. One that does not exist, which the tests exclude, is left out.
fn line_of<'a>(bases: &'a BTreeMap<String, Base>, name: &str) -> Vec<&'a Base> {
    let first = bases.get(name);
    let mut line: Vec<&Base> =
        std::iter::successors(first, |base| bases.get(base.from.as_ref()?)).take(DEEPEST).collect();
    line.reverse();
    line
}

fn fill(
    tree: &mut Tree,
    programs: &BTreeMap<String, String>,
    files: &BTreeMap<String, String>,
    links: &BTreeMap<String, String>,
    directories: &[String],
) {
    for directory in directories {
        let mut words = directory.split_whitespace();
        let path = words.next().unwrap_or_default();
        let mode = words.next().and_then(|mode| u16::from_str_radix(mode, 8).ok()).unwrap_or(0o755);
        let owner = words.next().and_then(|owner| owner.parse().ok()).unwrap_or(0);
        let meta = Meta { uid: owner, gid: owner, ..Meta::root(mode) };
        match tree.get_mut(path.split('/').filter(|part| !part.is_empty())) {
            Some(node) if node.entries().is_some() => node.meta = meta,
            _ => tree.put(path, Node::directory(meta)),
        }
    }
    for (path, target) in links {
        tree.put(path, Node::link(target));
    }
    for (folder, names) in programs {
        for name in names.split_whitespace() {
            // `name=model`: a file name that runs another model.
            let (name, model) = name.split_once('=').unwrap_or((name, name));
            tree.put(
                &format!("{folder}/{name}"),
                Node { meta: Meta::root(0o755), body: Body::Program(model.into()) },
            );
        }
    }
    for (path, text) in files {
        let mode = if parts_of(path).first().is_some_and(|first| first == "docker-entrypoint.d")
            || text.starts_with("#!")
        {
            0o755
        } else {
            0o644
        };
        tree.put(path, Node::file(Meta::root(mode), text.as_bytes()));
    }
}

/// A digest that depends only on the name.
fn digest(name: &str) -> String {
    let mut text = "sha256:".to_owned();
    let mut state: u64 = 0xcbf2_9ce4_8422_2325;
    for round in 0..4u8 {
        for byte in name.bytes().chain([round]) {
            state = (state ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
        let mixed = (state ^ (state >> 31)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let _ = write!(text, "{:016x}", mixed ^ (mixed >> 29));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(text: &str) -> Result<Image, PullError> {
        Catalogue::builtin().find(&Reference::parse(text).unwrap())
    }

    #[test]
    fn the_catalogue_can_be_read() {
        assert_eq!(Catalogue::read(SOURCE).map(|catalogue| catalogue.known.len() > 20), Ok(true));
    }

    #[test]
    fn every_base_that_is_named_exists() {
        let catalogue = Catalogue::builtin();
        let named = catalogue
            .known
            .iter()
            .flat_map(|known| [known.entry.base.clone(), known.entry.base.replace("debian", "alpine")]);
        for names in named.collect::<Vec<_>>() {
            for name in names.split_whitespace() {
                let line = line_of(&catalogue.bases, name);
                assert!((1..DEEPEST).contains(&line.len()), "{name}");
                assert!(line[0].from.is_none(), "{name} starts from a base that is missing");
            }
        }
    }

    #[test]
    fn registries_answer_as_recorded() {
        assert_eq!(find("nginx:1.99").unwrap_err(), PullError::UnknownTag);
        assert_eq!(find("nginx:9.9").unwrap_err(), PullError::UnknownTag);
        assert_eq!(find("busybox:nosuch").unwrap_err(), PullError::UnknownTag);
        assert_eq!(find("ngnix:1.27").unwrap_err(), PullError::UnknownRepository);
        assert_eq!(find("doesnotexist:1.0").unwrap_err(), PullError::UnknownRepository);
        assert_eq!(find("registry.example.com/team/app:v1").unwrap_err(), PullError::UnknownHost);
        assert_eq!(find("nginx:1.27").unwrap().env.last().unwrap().1, "1.27.5");
    }
}
