//! `find`.

use super::super::Errno;
use super::super::tree::{Body, Node};
use super::files::walk;
use super::{Call, Program};

pub(super) fn find(call: &mut Call<'_, '_>) -> Program {
    let words = call.args();
    let split = words
        .iter()
        .position(|word| word.starts_with('-') || word == "!" || word == "(")
        .unwrap_or(words.len());
    let roots = if split == 0 { vec![".".to_owned()] } else { words[..split].to_vec() };
    let (tests, after) = match execution(&words[split..]) {
        Ok(found) => found,
        Err(text) => return call.fail(&text),
    };
    let mut found = Vec::new();
    let mut code = 0;
    for root in &roots {
        let all = walk(call.ctx, root);
        if all.is_empty() {
            call.complain(&format!("{root}: {}", Errno::NoEntry));
            code = 1;
        }
        for (path, node) in &all {
            match find_one(call, path, node, root, &tests) {
                Ok(true) => found.push(path.clone()),
                Ok(false) => {}
                Err(text) => return call.fail(&text),
            }
        }
    }
    let Some(execution) = after else {
        for path in &found {
            call.line(path);
        }
        return call.done(code);
    };
    let mut out = std::mem::take(&mut call.out);
    out.flush(call.ctx);
    super::runner::for_each(execution.argv, execution.together, found, code)
}

/// `-exec COMMAND ;` and `-exec COMMAND +`.
struct Execution {
    argv: Vec<String>,
    together: bool,
}

/// Takes `-exec` off the end of the tests.
fn execution(words: &[String]) -> Result<(Vec<String>, Option<Execution>), String> {
    let Some(at) = words.iter().position(|word| word == "-exec") else { return Ok((words.to_vec(), None)) };
    let Some((end, argv)) = words[at + 1..].split_last().filter(|(_, argv)| !argv.is_empty()) else {
        return Err("-exec: missing argument".to_owned());
    };
    if argv.iter().any(|word| word == ";" || word.starts_with("-exec")) {
        return Err("podlab: only one -exec, at the end, is simulated".to_owned());
    }
    let together = match end.as_str() {
        ";" => false,
        "+" => true,
        _ => return Err("-exec: missing ';'".to_owned()),
    };
    let argv =
        if together { argv.iter().filter(|word| *word != "{}").cloned().collect() } else { argv.to_vec() };
    Ok((words[..at].to_vec(), Some(Execution { argv, together })))
}

/// Applies find's tests to one file. True if it passes and is not deleted.
fn find_one(
    call: &mut Call<'_, '_>,
    path: &str,
    node: &Node,
    root: &str,
    tests: &[String],
) -> Result<bool, String> {
    let name = path.rsplit('/').next().unwrap_or(path);
    let depth = path[root.len()..].matches('/').count();
    let mut words = tests.iter();
    let mut negate = false;
    let mut delete = false;
    while let Some(word) = words.next() {
        let mut value = || words.next().cloned().ok_or_else(|| format!("{word}: missing argument"));
        let truth = match word.as_str() {
            "!" | "-not" => {
                negate = true;
                continue;
            }
            "-print" | "-a" | "-xdev" | "-print0" => true,
            "-name" => super::super::shell::pattern::matches(&value()?, name),
            "-iname" => super::super::shell::pattern::matches(&value()?.to_lowercase(), &name.to_lowercase()),
            "-path" => super::super::shell::pattern::matches(&value()?, path),
            "-type" => match value()?.as_str() {
                "f" => matches!(node.body, Body::File(_) | Body::Program(_)),
                "d" => node.entries().is_some(),
                "l" => matches!(node.body, Body::Link(_)),
                _ => false,
            },
            "-maxdepth" => depth <= value()?.parse().unwrap_or(usize::MAX),
            "-mindepth" => depth >= value()?.parse().unwrap_or(0),
            "-empty" => node.entries().map_or(node.size() == 0, std::collections::BTreeMap::is_empty),
            "-size" => {
                let text = value()?;
                let bytes = super::filter_size(text.trim_start_matches(['+', '-']));
                if text.starts_with('+') {
                    node.size() > bytes
                } else if text.starts_with('-') {
                    node.size() < bytes
                } else {
                    node.size() == bytes
                }
            }
            "-delete" => {
                delete = true;
                true
            }
            other => return Err(format!("podlab: find {other} is not simulated")),
        };
        if truth == std::mem::take(&mut negate) {
            return Ok(false);
        }
    }
    if delete {
        // What cannot be removed is passed over.
        let _ = call.files(path).and_then(|mut files| files.remove(path, true));
    }
    Ok(!delete)
}
