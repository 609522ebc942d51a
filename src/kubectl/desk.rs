//! What lies beside the cluster when kubectl runs: files by name and the kubeconfig. Knows nothing of the machine's files.

use super::complaint::Complaint;
use std::collections::{BTreeMap, BTreeSet};

/// Where a command writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    /// Standard output.
    Out,
    /// Standard error.
    Err,
}

/// One context of the kubeconfig.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Context {
    /// The cluster it names.
    pub cluster: String,
    /// The user it names.
    pub user: String,
    /// Its namespace, empty for the default one.
    pub namespace: String,
}

/// The learner's files and kubeconfig.
#[derive(Clone, Debug)]
pub struct Desk {
    /// Files by path, relative to the folder the learner is in.
    pub files: BTreeMap<String, Vec<u8>>,
    /// Folders in which nothing lies, by path.
    pub folders: BTreeSet<String>,
    /// The whole path of that folder.
    pub folder: String,
    /// Clusters by name, with the fields of each.
    pub clusters: Entries,
    /// Users by name, with the fields of each.
    pub users: Entries,
    /// Contexts by name.
    pub contexts: BTreeMap<String, Context>,
    /// The name of the context in use, empty if there is none.
    pub current: String,
}

/// Entries of the kubeconfig by name: their fields as they are written.
pub type Entries = BTreeMap<String, serde_json::Map<String, serde_json::Value>>;

/// Where the simulated API server is.
pub const SERVER: &str = "https://10.10.0.2:6443";

/// What kubectl calls the kubeconfig.
pub const KUBECONFIG: &str = "/home/learner/.kube/config";

/// The name of the one context a session starts with.
pub const CONTEXT: &str = "podlab";

/// The folder a session starts in.
pub const HOME: &str = "/home/learner";

impl Desk {
    /// A desk with these files and one context.
    pub fn new(files: BTreeMap<String, Vec<u8>>) -> Desk {
        let context =
            Context { cluster: CONTEXT.to_owned(), user: "learner".to_owned(), namespace: String::new() };
        let fields = |pairs: &[(&str, &str)]| {
            pairs.iter().map(|(field, text)| ((*field).to_owned(), (*text).into())).collect()
        };
        let cluster = fields(&[("certificate-authority-data", "TFMwdA=="), ("server", SERVER)]);
        let user = fields(&[("client-certificate-data", "TFMwdA=="), ("client-key-data", "TFMwdA==")]);
        Desk {
            files,
            folders: BTreeSet::new(),
            clusters: BTreeMap::from([(CONTEXT.to_owned(), cluster)]),
            users: BTreeMap::from([("learner".to_owned(), user)]),
            folder: HOME.to_owned(),
            contexts: BTreeMap::from([(CONTEXT.to_owned(), context)]),
            current: CONTEXT.to_owned(),
        }
    }

    /// The namespace of the context in use.
    pub fn namespace(&self) -> &str {
        let context = self.contexts.get(&self.current);
        context.map(|c| c.namespace.as_str()).filter(|n| !n.is_empty()).unwrap_or("default")
    }

    /// The address of the server that a context, a cluster of the kubeconfig or `--server` leads to.
    pub fn server<'a>(&'a self, context: &str, cluster: Option<&str>, server: Option<&'a str>) -> &'a str {
        let named = self.contexts.get(context).map(|context| context.cluster.as_str());
        let entry = cluster.or(named).and_then(|name| self.clusters.get(name));
        let written = entry.and_then(|fields| fields.get("server")).and_then(serde_json::Value::as_str);
        server.or(written).filter(|server| !server.is_empty()).unwrap_or("http://localhost:8080")
    }

    /// Sets the namespace of the context in use.
    pub fn set_namespace(&mut self, namespace: &str) {
        let context = self.contexts.entry(self.current.clone()).or_default();
        namespace.clone_into(&mut context.namespace);
    }

    /// The whole path of what a command calls `path`, without `..` in it.
    pub fn absolute(&self, path: &str) -> String {
        let whole = if path.starts_with('/') { path.to_owned() } else { format!("{}/{path}", self.folder) };
        let mut parts: Vec<&str> = Vec::new();
        for part in whole.split('/') {
            match part {
                "" | "." => {}
                ".." => drop(parts.pop()),
                part => parts.push(part),
            }
        }
        format!("/{}", parts.join("/"))
    }

    /// The text of a file.
    pub fn read(&self, path: &str) -> Option<String> {
        Some(String::from_utf8_lossy(self.bytes(path)?).into_owned())
    }

    /// What a file holds.
    pub fn bytes(&self, path: &str) -> Option<&[u8]> {
        self.files.get(Self::clean(path).as_str()).map(Vec::as_slice)
    }

    /// The files that lie in a folder, by name, without those of the folders in it.
    pub fn inside(&self, folder: &str) -> BTreeMap<String, &[u8]> {
        let folder = Self::clean(folder);
        let prefix = if folder.is_empty() { folder } else { folder + "/" };
        let files = self.files.iter().filter_map(|(path, bytes)| Some((path.strip_prefix(&prefix)?, bytes)));
        files
            .filter(|(name, _)| !name.contains('/'))
            .map(|(name, bytes)| (name.to_owned(), bytes.as_slice()))
            .collect()
    }

    /// Writes a file.
    pub fn write(&mut self, path: &str, bytes: &[u8]) {
        self.files.insert(Self::clean(path), bytes.to_vec());
    }

    /// The name under which a file is kept: its path without `./` in it. One outside the folder begins with a slash or with `..`.
    pub fn clean(path: &str) -> String {
        let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
        format!("{}{}", if path.starts_with('/') { "/" } else { "" }, parts.join("/"))
    }

    /// The manifests a `-f` names, each with its path and text, in kubectl's order.
    pub fn manifests(&self, path: &str, recursive: bool) -> Result<Vec<(String, String)>, Complaint> {
        if let Some(text) = self.read(path) {
            return Ok(vec![(path.to_owned(), text)]);
        }
        let missing = || Complaint::plain(format!("the path {path:?} does not exist"));
        if path.contains(['*', '?']) {
            let found = self.files.keys().filter(|name| matches_glob(path, name));
            let found: Vec<_> = found.filter_map(|name| Some((name.clone(), self.read(name)?))).collect();
            return if found.is_empty() { Err(missing()) } else { Ok(found) };
        }
        let folder = Self::clean(path);
        let prefix = if folder.is_empty() { String::new() } else { format!("{folder}/") };
        let inside: Vec<&String> = self.files.keys().filter(|name| name.starts_with(&prefix)).collect();
        if inside.is_empty() && !folder.is_empty() && !self.folders.contains(&folder) {
            return Err(missing());
        }
        let manifests = inside.into_iter().filter(|name| {
            let known = [".json", ".yaml", ".yml"].iter().any(|end| name.ends_with(end));
            known && (recursive || !name[prefix.len()..].contains('/'))
        });
        let shown = |name: &str| {
            if folder.is_empty() {
                name.to_owned()
            } else {
                format!("{}/{}", path.trim_end_matches('/'), &name[prefix.len()..])
            }
        };
        let found: Vec<_> = manifests.filter_map(|name| Some((shown(name), self.read(name)?))).collect();
        if found.is_empty() {
            let text = format!("error reading [{path}]: recognized file extensions are [.json .yaml .yml]");
            return Err(Complaint::Plain(text));
        }
        Ok(found)
    }
}

/// Whether `name` fits a pattern of `*` and `?`, neither of which crosses a slash.
pub fn matches_glob(pattern: &str, name: &str) -> bool {
    let (pattern, name): (Vec<char>, Vec<char>) = (pattern.chars().collect(), name.chars().collect());
    // The row of a table: which beginnings of the name fit the pattern read so far.
    let mut fits = vec![false; name.len() + 1];
    fits[0] = true;
    for p in pattern {
        let mut next = vec![false; name.len() + 1];
        for i in 0..=name.len() {
            next[i] = match p {
                '*' => fits[i] || (i > 0 && next[i - 1] && name[i - 1] != '/'),
                '?' => i > 0 && fits[i - 1] && name[i - 1] != '/',
                c => i > 0 && fits[i - 1] && name[i - 1] == c,
            };
        }
        fits = next;
    }
    fits[name.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_gives_its_manifests_in_order() {
        let files = ["d/b.yaml", "d/a.json", "d/x.txt", "d/sub/c.yaml"];
        let desk = Desk::new(files.iter().map(|f| ((*f).to_owned(), Vec::new())).collect());
        let names = |path, recursive| {
            desk.manifests(path, recursive)
                .map(|all| all.into_iter().map(|(name, _)| name).collect::<Vec<_>>())
        };
        assert_eq!(names("d", false).unwrap(), ["d/a.json", "d/b.yaml"]);
        assert_eq!(names("./d/", true).unwrap().len(), 3);
        assert_eq!(names("d/*.yaml", false).unwrap(), ["d/b.yaml"]);
        let missing = names("nosuch.yaml", false).unwrap_err().to_string();
        assert_eq!(missing, "error: the path \"nosuch.yaml\" does not exist\n");
    }
}
