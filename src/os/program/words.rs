//! The same complaint in the words of GNU: what busybox's programs say is what podlab's programs are written in.

/// The complaint of a GNU program of this name where busybox's says `text`.
pub(super) fn gnu(name: &str, text: &str) -> String {
    if let Some(path_and_error) = text.strip_prefix("can't open '") {
        let (path, error) = path_and_error.split_once("': ").unwrap_or((path_and_error, ""));
        return match name {
            "head" | "tail" | "tac" => format!("cannot open '{path}' for reading: {error}"),
            "sort" => format!("cannot read: {path}: {error}"),
            "sed" => format!("can't read {path}: {error}"),
            "ls" => format!("cannot open directory '{path}': {error}"),
            _ => format!("{path}: {error}"),
        };
    }
    if text == "missing operand"
        || text.starts_with("invalid option")
        || text.starts_with("unrecognized option")
    {
        return format!("{text}\nTry '{name} --help' for more information.");
    }
    if text == "no files" {
        return "no files remaining".to_owned();
    }
    if let Some((path, error)) = text.rsplit_once(": ").filter(|(path, _)| !path.contains('\'')) {
        let what = match name {
            "touch" => "cannot touch",
            "rmdir" => "failed to remove",
            "chmod" if error.starts_with("Operation") || error.starts_with("Read-only") => {
                "changing permissions of"
            }
            "chown" | "chgrp" if error.starts_with("Operation") || error.starts_with("Read-only") => {
                "changing ownership of"
            }
            "ls" | "chmod" | "chown" | "chgrp" => "cannot access",
            _ => return text.replacen("can't ", "cannot ", 1),
        };
        return format!("{what} '{path}': {error}");
    }
    text.replacen("can't ", "cannot ", 1)
}
