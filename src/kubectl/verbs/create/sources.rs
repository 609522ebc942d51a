//! Where `create configmap` and `create secret` take their keys and values from: `--from-literal`, `--from-file`,
//! `--from-env-file` (`kubectl/pkg/cmd/create/create_configmap.go` and `create_secret.go`, `pkg/util/env_file.go`).

use crate::kube::names;
use crate::kubectl::complaint::Complaint;
use crate::kubectl::run::Run;
use std::collections::BTreeMap;

/// Keys and values, the values being any bytes.
pub(super) type Data = BTreeMap<String, Vec<u8>>;

/// For whom the data is read: the two kinds word their refusals differently.
#[derive(Clone, Copy, Debug)]
pub(super) enum Target<'a> {
    /// A config map of this name.
    ConfigMap(&'a str),
    /// A Secret.
    Secret,
}

impl Target<'_> {
    /// Adds a key, if it can be one and is new.
    fn add(self, data: &mut Data, key: &str, value: Vec<u8>) -> Result<(), Complaint> {
        let faults = names::config_key_errors(key);
        if !faults.is_empty() {
            let list = faults.join(";");
            return Err(Complaint::plain(match self {
                Target::ConfigMap(_) => format!("{key:?} is not a valid key name for a ConfigMap: {list}"),
                Target::Secret => format!("{key:?} is not valid key name for a Secret {list}"),
            }));
        }
        if data.contains_key(key) {
            return Err(Complaint::plain(match self {
                Target::ConfigMap(name) => format!(
                    "cannot add key {key:?}, another key by that name already exists in Data for ConfigMap {name:?}"
                ),
                Target::Secret => format!("cannot add key {key}, another key by that name already exists"),
            }));
        }
        data.insert(key.to_owned(), value);
        Ok(())
    }
}

/// All that the flags of a command name.
pub(super) fn read(run: &Run, target: Target) -> Result<Data, Complaint> {
    let args = run.args;
    let env_files: Vec<&str> = args.all("from-env-file").collect();
    if !env_files.is_empty() && (args.get("from-file").is_some() || args.get("from-literal").is_some()) {
        return Err(Complaint::plain("from-env-file cannot be combined with from-file or from-literal"));
    }
    let mut data = Data::new();
    for source in args.all("from-file") {
        file(run, source, target, &mut data)?;
    }
    for text in args.all("from-literal") {
        let wrong = || Complaint::plain(format!("invalid literal source {text}, expected key=value"));
        let (key, value) = text.split_once('=').filter(|(k, _)| !k.is_empty()).ok_or_else(wrong)?;
        target.add(&mut data, key, value.into())?;
    }
    for path in env_files {
        env_file(run, path, target, &mut data)?;
    }
    Ok(data)
}

/// One `--from-file`: a file, `key=file`, or a folder whose files are the keys.
pub(super) fn file(run: &Run, source: &str, target: Target, data: &mut Data) -> Result<(), Complaint> {
    let (key, path) = parse(source)?;
    if let Some(bytes) = run.desk.bytes(path) {
        let name = path.rsplit('/').next().unwrap_or_default();
        return target.add(data, key.unwrap_or(name), bytes.to_vec());
    }
    let inside = run.desk.inside(path);
    if inside.is_empty() {
        return Err(missing(path));
    }
    if key.is_some() {
        return Err(Complaint::plain("cannot give a key name for a directory path"));
    }
    inside.into_iter().try_for_each(|(name, bytes)| target.add(data, &name, bytes.to_vec()))
}

/// The key, if there is one, and the path.
fn parse(source: &str) -> Result<(Option<&str>, &str), Complaint> {
    let wrong = |text: String| Err(Complaint::Plain(text));
    match source.split('=').collect::<Vec<_>>().as_slice() {
        [path] => Ok((None, path)),
        ["", path] => wrong(format!("key name for file path {path} missing")),
        [key, ""] => wrong(format!("file path for key name {key} missing")),
        [key, path] => Ok((Some(key), path)),
        _ => wrong("key names or file paths cannot contain '='".to_owned()),
    }
}

fn missing(path: &str) -> Complaint {
    Complaint::plain(format!("error reading {path}: no such file or directory"))
}

/// Lines of `key=value`; a key alone takes its value from the environment, which is empty here.
fn env_file(run: &Run, path: &str, target: Target, data: &mut Data) -> Result<(), Complaint> {
    let Some(bytes) = run.desk.bytes(path) else {
        let folder = !run.desk.inside(path).is_empty();
        return Err(if folder {
            Complaint::plain("env config file cannot be a directory")
        } else {
            missing(path)
        });
    };
    let lines = bytes.split(|b| *b == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    for (i, line) in lines.enumerate() {
        let line = if i == 0 { line.strip_prefix("\u{feff}".as_bytes()).unwrap_or(line) } else { line };
        let text = std::str::from_utf8(line).map_err(|_| {
            let bytes: Vec<String> = line.iter().map(u8::to_string).collect();
            Complaint::Plain(format!(
                "env file {path} contains invalid utf8 bytes at line {}: [{}]",
                i + 1,
                bytes.join(" ")
            ))
        })?;
        let text = text.trim_start();
        if text.is_empty() || text.starts_with('#') {
            continue;
        }
        let (key, value) = text.split_once('=').unwrap_or((text, ""));
        let faults = names::strict_env_name_errors(key);
        if !faults.is_empty() {
            return Err(Complaint::Plain(format!("{key:?} is not a valid key name: {}", faults.join(";"))));
        }
        target.add(data, key, value.into())?;
    }
    Ok(())
}
