//! `fileKeyRef`: a variable from a file that an earlier container has written into a volume (`pkg/kubelet/kubelet_pods.go`, gate
//! `EnvFiles`). Such a file has lines `NAME='value'`, with the quotes, between which anything may stand; blank lines and comments are
//! passed over.

use crate::kube::core::FileKeySelector;
use crate::sim::kubelet::desk::Desk;
use crate::sim::kubelet::worker::Worker;

/// The variable's value; `None` if there is none and need not be.
pub(super) fn value(
    worker: &Worker,
    selector: &FileKeySelector,
    desk: &Desk,
) -> Result<Option<String>, String> {
    let optional = selector.optional == Some(true);
    let Some((volume, base)) = worker.volumes.place(&selector.volume_name) else {
        return Err(format!("cannot find the volume {:?} referenced by FileKeyRef", selector.volume_name));
    };
    let path = format!("{base}/{}", selector.path);
    let bytes = desk.ctx.runtime.volumes.get(volume).and_then(|volume| volume.tree.read(&path));
    let Some(bytes) = bytes else {
        return if optional { Ok(None) } else { Err("couldn't parse env file".into()) };
    };
    let text = String::from_utf8_lossy(&bytes);
    match find(&text, &selector.key).map_err(|()| "couldn't parse env file")? {
        None if !optional => {
            Err(format!("environment variable key {:?} not found in file {:?}", selector.key, selector.path))
        }
        found => Ok(found),
    }
}

/// The last value a file gives a name, or that it is not written as it has to be.
fn find(text: &str, key: &str) -> Result<Option<String>, ()> {
    let (mut rest, mut found) = (text, None);
    loop {
        rest = rest.trim_start();
        if rest.is_empty() {
            return Ok(found);
        }
        if rest.starts_with('#') {
            rest = rest.split_once('\n').map_or("", |(_, after)| after);
            continue;
        }
        let (name, after) = rest.split_once('=').ok_or(())?;
        let inner = after.trim_start_matches([' ', '\t']).strip_prefix('\'').ok_or(())?;
        let (value, after) = inner.split_once('\'').ok_or(())?;
        let (behind, next) = after.split_once('\n').unwrap_or((after, ""));
        if name.trim().contains(char::is_whitespace) || !behind.trim().is_empty() {
            return Err(());
        }
        if name.trim() == key {
            found = Some(value.to_owned());
        }
        rest = next;
    }
}

#[cfg(test)]
mod tests {
    use super::find;

    #[test]
    fn values_stand_in_single_quotes_and_may_go_over_lines() {
        let text = "# a comment\n\n  DB = 'address'\nKEY='one\ntwo # three'  \nDB='other'\n";
        assert_eq!(find(text, "DB"), Ok(Some("other".into())));
        assert_eq!(find(text, "KEY"), Ok(Some("one\ntwo # three".into())));
        assert_eq!(find(text, "NONE"), Ok(None));
    }

    #[test]
    fn what_is_quoted_otherwise_makes_the_file_unreadable() {
        for text in ["A=1\n", "A=\"1\"\n", "A='1' B\n", "just words", "A='open"] {
            assert_eq!(find(text, "A"), Err(()), "{text}");
        }
    }
}
