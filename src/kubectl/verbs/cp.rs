//! `kubectl cp` (`kubectl/pkg/cmd/cp`): files into a container and out of it.

use crate::kube::{Key, Pod, SimTime};
use crate::kubectl::complaint::Complaint;
use crate::kubectl::containers;
use crate::kubectl::desk::{Desk, Stream};
use crate::kubectl::flags::{Flag, Offers, Takes, flag};
use crate::kubectl::run::{Flow, Run};
use crate::kubectl::verb::{Verb, Words};
use crate::os;
use crate::sim::cluster::ExecOptions;
use crate::sim::runtime::VisitId;

const FLAGS: &[Flag] = &[
    flag("container", Takes::Text, "Container name. If omitted, use the kubectl.kubernetes.io/default-container annotation for selecting the container to be attached or the first container in the pod will be chosen").short('c').offers(Offers::Containers),
    flag("no-preserve", Takes::Switch, "The copied file/directory's ownership and permissions will not be preserved in the container"),
    flag("retries", Takes::Number, "Set number of retries to complete a copy operation from a container. Specify 0 to disable or any negative value for infinite retrying. The default is 0 (no retry).").default("0"),
];

pub(super) const VERB: Verb = Verb {
    name: "cp",
    path: "kubectl cp",
    summary: "Copy files and directories to and from containers.",
    usage: "<file-spec-src> <file-spec-dest> [options]",
    examples: "# Into a container\nkubectl cp index.html web:/usr/share/nginx/html/\n\n# Out of it\nkubectl cp web:/etc/hosts ./hosts",
    flags: &[FLAGS],
    words: Words::Pods,
    run: cp,
    ..Verb::EMPTY
};

/// A file here or there.
struct Spec {
    /// The Pod's namespace, if named, and its name; none for a file here.
    pod: Option<(Option<String>, String)>,
    path: String,
}

impl Spec {
    fn parse(text: &str) -> Result<Spec, Complaint> {
        let Some((pod, path)) = text.split_once(':') else {
            return Ok(Spec { pod: None, path: text.to_owned() });
        };
        let bad =
            || Complaint::plain("filespec must match the canonical format: [[namespace/]pod:]file/path");
        let pod = match pod.split('/').collect::<Vec<_>>().as_slice() {
            [""] => return Err(bad()),
            [name] => (None, (*name).to_owned()),
            [namespace, name] => (Some((*namespace).to_owned()), (*name).to_owned()),
            _ => return Err(bad()),
        };
        Ok(Spec { pod: Some(pod), path: path.to_owned() })
    }
}

/// A container files are copied to or from.
#[derive(Clone, Debug)]
struct Place {
    key: Key,
    container: String,
}

fn cp(run: &mut Run) -> Result<Flow, Complaint> {
    let words = run.args.words.clone();
    let [from, to] = words.as_slice() else {
        return Err(Complaint::plain("source and destination are required"));
    };
    let (from, to) = (Spec::parse(from)?, Spec::parse(to)?);
    match (&from.pod, &to.pod) {
        (Some(_), Some(_)) => Err(Complaint::plain("one of src or dest must be a local file specification")),
        (None, None) => Err(Complaint::plain("one of src or dest must be a remote file specification")),
        _ if from.path.is_empty() || to.path.is_empty() => Err(Complaint::plain("filepath can not be empty")),
        (None, Some(pod)) => {
            let files = local_files(run, &from.path)?;
            let place = place(run, pod)?;
            upload(run, &place, (&from.path, files), &to.path)
        }
        (Some(pod), None) => {
            let place = place(run, pod)?;
            download(run, &place, &from.path, &to.path)
        }
    }
}

/// The files at a path here: names below it, empty for the file itself, with their bytes.
fn local_files(run: &Run, path: &str) -> Result<Vec<(String, Vec<u8>)>, Complaint> {
    let clean = Desk::clean(path);
    if let Some(bytes) = run.desk.files.get(&clean) {
        return Ok(vec![(String::new(), bytes.clone())]);
    }
    let below = if clean.is_empty() { String::new() } else { format!("{clean}/") };
    let files: Vec<_> = run
        .desk
        .files
        .iter()
        .filter_map(|(name, bytes)| Some((name.strip_prefix(&below)?.to_owned(), bytes.clone())))
        .collect();
    if files.is_empty() {
        return Err(Complaint::plain(format!("{path} doesn't exist in local filesystem")));
    }
    Ok(files)
}

fn place(run: &mut Run, (namespace, name): &(Option<String>, String)) -> Result<Place, Complaint> {
    let namespace = namespace.as_deref().unwrap_or(run.namespace);
    let key = Key::pod(namespace, name);
    let found = run.cluster.store().get(&key).and_then(|object| object.as_pod()).cloned();
    let pod: Pod =
        found.ok_or_else(|| crate::kubectl::run::refused(crate::sim::api::Refusal::not_found(&key)))?;
    if crate::kubectl::status::is_final(&pod.status) {
        let phase = pod.status.phase.as_deref().unwrap_or_default();
        return Err(Complaint::plain(format!(
            "cannot exec into a container in a completed pod; current phase is {phase}"
        )));
    }
    let (container, note) = containers::choose(&pod, run.args.get("container"), true)?;
    if let Some(note) = note {
        run.warn(&note);
    }
    Ok(Place { key, container })
}

/// Starts a small command in the container.
fn visit(run: &mut Run, place: &Place, argv: &[&str]) -> Result<VisitId, Complaint> {
    let argv = argv.iter().map(|word| (*word).to_owned()).collect();
    let options = ExecOptions { argv, stdin: false, tty: false };
    run.cluster.exec(&place.key, &place.container, &options).map_err(|error| {
        // What kubectl runs is tar; a container without the one has not got the other.
        let text = super::exec::access_error(error).to_string();
        let text = text.trim_end_matches('\n').replace("\"test\"", "\"tar\"").replace("\"find\"", "\"tar\"");
        Complaint::Raw(text)
    })
}

fn upload(
    run: &mut Run,
    place: &Place,
    (source, files): (&str, Vec<(String, Vec<u8>)>),
    to: &str,
) -> Result<Flow, Complaint> {
    let last = source.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    let bare = to.trim_end_matches('/');
    // A folder cannot be read as a file, and says so: then the files go into it.
    let is_folder = match run.cluster.read_file(&place.key, &place.container, bare) {
        Err(crate::sim::cluster::AccessError::Failed(why)) => {
            why.contains("directory") && !why.contains("No such")
        }
        Err(other) => return Err(super::exec::access_error(other)),
        Ok(_) => false,
    };
    let target = if is_folder || to.ends_with('/') { format!("{bare}/{last}") } else { bare.to_owned() };
    for (name, bytes) in files {
        let path = if name.is_empty() { target.clone() } else { format!("{target}/{name}") };
        if let Some((folder, _)) = path.rsplit_once('/').filter(|_| !name.is_empty()) {
            visit(run, place, &["mkdir", "-p", folder])?;
        }
        if let Err(error) = run.cluster.write_file(&place.key, &place.container, &path, &bytes) {
            let why = match error {
                crate::sim::cluster::AccessError::Failed(text) => text,
                other => return Err(super::exec::access_error(other)),
            };
            let shown = path.trim_start_matches('/');
            run.warn(&format!("tar: can't open '{shown}': {why}"));
            run.warn("command terminated with exit code 1");
            return Ok(Flow::Exit(1));
        }
    }
    Ok(Flow::Done)
}

/// A folder of a container whose files are being listed, to be copied.
#[derive(Clone, Debug)]
pub struct Fetching {
    place: Place,
    visit: VisitId,
    listed: Vec<u8>,
    from: String,
    to: String,
}

impl Fetching {
    /// Copies once the list is complete.
    pub fn poll(&mut self, run: &mut Run) -> Result<Flow, Complaint> {
        let status = run.cluster.exec_status(self.visit);
        let out = run.cluster.exec_output(self.visit);
        self.listed.extend(out.into_iter().filter(|c| c.stream == os::Stream::Out).flat_map(|c| c.bytes));
        match status {
            None => Ok(Flow::Until(SimTime::NEVER)),
            Some(0) => store(run, &self.place, &self.listed, (&self.from, &self.to)),
            Some(_) => {
                run.say(&format!("tar: {}: No such file or directory", self.from));
                run.warn("command terminated with exit code 1");
                Ok(Flow::Exit(1))
            }
        }
    }
}

fn download(run: &mut Run, place: &Place, from: &str, to: &str) -> Result<Flow, Complaint> {
    if from.starts_with('/') {
        run.output.push((Stream::Out, "tar: removing leading '/' from member names\n".to_owned()));
    }
    if run.cluster.read_file(&place.key, &place.container, from).is_ok() {
        return store(run, place, from.as_bytes(), (from, to));
    }
    let visit = visit(run, place, &["find", from, "-type", "f"])?;
    let (from, to) = (from.to_owned(), to.to_owned());
    Ok(Flow::wait(Fetching { place: place.clone(), visit, listed: Vec::new(), from, to }))
}

/// Copies the files of a list to `to`.
fn store(run: &mut Run, place: &Place, listed: &[u8], (from, to): (&str, &str)) -> Result<Flow, Complaint> {
    let last = from.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    let folder = to.trim_end_matches('/');
    let is_folder = to.ends_with('/')
        || folder == "."
        || run
            .desk
            .files
            .keys()
            .any(|name| name.starts_with(&format!("{}/", folder.trim_start_matches("./"))));
    let base = if is_folder { format!("{folder}/{last}") } else { to.to_owned() };
    for path in String::from_utf8_lossy(listed).lines() {
        let below = path.strip_prefix(from).unwrap_or_default().trim_start_matches('/');
        let name = if below.is_empty() { base.clone() } else { format!("{base}/{below}") };
        if let Ok(bytes) = run.cluster.read_file(&place.key, &place.container, path) {
            run.desk.write(&name, &bytes);
        }
    }
    Ok(Flow::Done)
}
