//! `ssh` and `scp`: a command on a node, and a file for it.

use super::Session;
use super::child::{NodeEditor, Work};
use crate::sim::Cluster;
use crate::sim::cluster::{AccessError, ExecOptions};

/// What a program that could not start says, and its exit code.
pub(super) type Failed = (String, i32);

/// Options of ssh and scp that take a value.
const VALUED: [&str; 10] = ["-i", "-p", "-P", "-o", "-l", "-F", "-J", "-E", "-b", "-c"];

/// The words that are no options; what follows the first of them is left as it is if `rest` is.
fn words(argv: &[String], rest: Rest) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let mut at = 0;
    while let Some(word) = argv.get(at) {
        if rest == Rest::AsIs && !found.is_empty() {
            found.extend(argv[at..].iter().cloned());
            break;
        }
        if VALUED.contains(&word.as_str()) {
            at += 1;
        } else if !word.starts_with('-') {
            found.push(word.clone());
        }
        at += 1;
    }
    found
}

/// What becomes of the words behind the first one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rest {
    /// They are a command line for somebody else.
    AsIs,
    /// They may be options too.
    Options,
}

/// `ssh [OPTIONS] NODE [COMMAND…]`
pub(super) fn ssh(cluster: &mut Cluster, argv: &[String], tty: bool) -> Result<Work, Failed> {
    let words = words(argv, Rest::AsIs);
    let Some((node, command)) = words.split_first() else {
        return Err(("usage: ssh NODE [COMMAND]".to_owned(), 255));
    };
    let node = node.rsplit('@').next().unwrap_or_default();
    let shell = command.is_empty();
    let sh = "sh".to_owned();
    let argv = if shell { vec![sh] } else { vec![sh, "-c".to_owned(), command.join(" ")] };
    let options = ExecOptions { argv, stdin: true, tty: shell && tty };
    let visit = cluster.node_exec(node, &options).map_err(unreachable)?;
    Ok(Work::Ssh { visit, shell, interrupted: false, editor: NodeEditor::None })
}

impl Session {
    /// `scp FILE NODE:PATH`: the file goes in as the input of a `cat` on the node; the other way round its `cat` is our output.
    pub(super) fn scp(&mut self, cluster: &mut Cluster, argv: &[String], cwd: &str) -> Result<Work, Failed> {
        let words = words(argv, Rest::Options);
        let [from, to] = words.as_slice() else {
            return Err(("usage: scp FILE NODE:PATH".to_owned(), 1));
        };
        let Some((node, path)) = to.split_once(':') else {
            return fetch(cluster, from, (cwd, to));
        };
        let node = node.rsplit('@').next().unwrap_or_default();
        let file = if from.starts_with('/') { from.clone() } else { format!("{cwd}/{from}") };
        let bytes = self.read_path(cluster.now(), &file);
        let bytes = bytes.ok_or_else(|| (format!("scp: {from}: No such file or directory"), 1))?;
        let last = from.rsplit('/').next().unwrap_or_default();
        let path = match path {
            "" => format!("./{last}"),
            path if path.ends_with('/') => format!("{path}{last}"),
            path => path.to_owned(),
        };
        let script = "if [ -d \"$0\" ]; then cat > \"$0/$1\"; else cat > \"$0\"; fi";
        let argv = ["sh", "-c", script, &path, last].map(str::to_owned).to_vec();
        let visit =
            cluster.node_exec(node, &ExecOptions { argv, stdin: true, tty: false }).map_err(unreachable)?;
        cluster.exec_input(visit, Some(&bytes));
        cluster.exec_input(visit, None);
        Ok(Work::Copy(visit))
    }
}

/// `scp NODE:PATH FILE`: what a `cat` on the node prints goes into the file.
fn fetch(cluster: &mut Cluster, from: &str, (cwd, to): (&str, &str)) -> Result<Work, Failed> {
    let Some((node, path)) = from.split_once(':') else {
        return Err(("usage: scp FILE NODE:PATH, or scp NODE:PATH FILE".to_owned(), 1));
    };
    let node = node.rsplit('@').next().unwrap_or_default();
    let argv = ["cat", path].map(str::to_owned).to_vec();
    let visit =
        cluster.node_exec(node, &ExecOptions { argv, stdin: false, tty: false }).map_err(unreachable)?;
    let base = if to.starts_with('/') { to.to_owned() } else { format!("{cwd}/{to}") };
    let last = path.rsplit('/').next().unwrap_or_default().to_owned();
    Ok(Work::Fetch {
        visit,
        to: base,
        last,
        missing: format!("scp: {path}: No such file or directory\n"),
        bytes: Vec::new(),
    })
}

/// Why a node was not reached, and ssh's exit code.
fn unreachable(error: AccessError) -> Failed {
    match error {
        AccessError::Refused(refusal) => (refusal.message, 255),
        AccessError::Unreachable(text, _) | AccessError::Failed(text) => (text, 255),
    }
}
