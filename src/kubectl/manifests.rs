//! The manifests a command names with `-f`, read as kubectl reads them, and the objects in them.

use super::complaint::Complaint;
use super::run::Run;
use crate::kube::{Key, Kind, Object};
use serde_json::Value;

/// One object of a manifest.
#[derive(Clone, Debug, PartialEq)]
pub struct Manifest {
    /// Where it comes from: a path, or `STDIN`.
    pub source: String,
    /// What it is.
    pub kind: Kind,
    /// Its name, empty if it has none.
    pub name: String,
    /// The namespace it is for, empty for cluster-wide kinds.
    pub namespace: String,
    /// The whole object as it was written, its namespace filled in.
    pub value: Value,
    /// Whether the namespace in it comes from the command, not from the file.
    pub filled: bool,
}

impl Manifest {
    /// The object as the file has it.
    pub fn written(&self) -> Value {
        let mut value = self.value.clone();
        if self.filled
            && let Some(metadata) = value.get_mut("metadata").and_then(Value::as_object_mut)
        {
            metadata.remove("namespace");
        }
        value
    }

    /// Where the object is stored.
    pub fn key(&self) -> Key {
        Key::new(self.kind, &self.namespace, &self.name)
    }
}

/// What could be read, and what is wrong with the rest.
#[derive(Debug, Default)]
pub struct Read {
    /// The objects, in order.
    pub objects: Vec<Manifest>,
    /// What went wrong, in order.
    pub errors: Vec<Complaint>,
}

/// Reads every file that `-f` names, or what the folder of `-k` comes to.
pub fn read(run: &mut Run) -> Result<Read, Complaint> {
    let paths: Vec<String> = run.args.all("filename").map(str::to_owned).collect();
    let recursive = run.args.is("recursive");
    if paths.iter().filter(|p| *p == "-").count() > 1 {
        return Err(Complaint::plain("standard input cannot be used for multiple arguments"));
    }
    if let Some(folder) = run.args.get("kustomize") {
        let built = super::kustomize::build(run.desk, folder)?;
        let (source, mut read) = (folder.to_owned(), Read::default());
        for warning in &built.warnings {
            run.warn(warning);
        }
        super::documents::built(&source, built.objects, run, &mut read);
        return Ok(read);
    }
    let mut texts = Vec::new();
    for path in &paths {
        if path == "-" {
            texts.push(("STDIN".to_owned(), run.all_input()?));
        } else if let Some(host) = path.strip_prefix("https://").or_else(|| path.strip_prefix("http://")) {
            let host = host.split(['/', ':']).next().unwrap_or_default();
            return Err(Complaint::Raw(format!(
                "Unable to connect to the server: dial tcp: lookup {host}: no such host"
            )));
        } else {
            texts.extend(run.desk.manifests(path, recursive)?);
        }
    }
    let mut read = Read::default();
    for (source, text) in texts {
        super::documents::read(&source, &text, run, &mut read);
    }
    Ok(read)
}

/// The object of a manifest, judged as the server judges it.
pub fn object(run: &mut Run, manifest: &Manifest) -> Result<Object, Complaint> {
    super::documents::decode(run, manifest.kind, &manifest.value)
}

/// The object of a manifest that is not sent: no field but its metadata is looked at.
pub fn sketch(manifest: &Manifest) -> Result<Object, Complaint> {
    super::documents::sketch(manifest.kind, &manifest.value)
}
