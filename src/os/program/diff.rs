//! `diff`: which lines two files do not share. busybox shows them in unified form, GNU diff by default as changes.

use super::filter::options;
use super::{Call, Program};
use crate::os::diff::{CONTEXT, LINES_MAX, changes, unified};

pub(super) fn diff(call: &mut Call<'_, '_>) -> Program {
    let options = match options(
        call,
        "abBdiNqrTtwuU:yL:s",
        &[
            ("brief", 'q'),
            ("unified", 'u'),
            ("report-identical-files", 's'),
            ("recursive", 'r'),
            ("color", 'a'),
        ],
    ) {
        Ok(options) => options,
        Err(failed) => return failed,
    };
    let [one, other] = options.rest.clone().try_into().unwrap_or_else(|_| [String::new(), String::new()]);
    if one.is_empty() || other.is_empty() {
        call.complain("two files are to be named");
        return call.done(2);
    }
    let mut texts = Vec::new();
    for path in [&one, &other] {
        match call.files(path).and_then(|files| files.read(path)) {
            Ok(bytes) => texts.push(String::from_utf8_lossy(&bytes).into_owned()),
            Err(error) => {
                call.complain(&if call.gnu() {
                    format!("{path}: {error}")
                } else {
                    format!("can't stat '{path}': {error}")
                });
                return call.done(2);
            }
        }
    }
    let lines: Vec<Vec<&str>> = texts.iter().map(|text| text.lines().collect()).collect();
    if texts[0] == texts[1] {
        if options.has('s') {
            call.line(&format!("Files {one} and {other} are identical"));
        }
        return call.done(0);
    }
    if options.has('q') {
        call.line(&format!("Files {one} and {other} differ"));
        return call.done(1);
    }
    if lines.iter().any(|lines| lines.len() > LINES_MAX) {
        call.complain(&format!("podlab: files of more than {LINES_MAX} lines are not compared"));
        return call.done(2);
    }
    let text = if call.gnu() && !options.has('u') && !options.has('U') {
        changes(&lines[0], &lines[1])
    } else {
        let context = options.value('U').and_then(|count| count.parse().ok()).unwrap_or(CONTEXT);
        format!("--- {one}\n+++ {other}\n{}", unified(&lines[0], &lines[1], context))
    };
    call.out.text(1, &text);
    call.done(1)
}
