//! Programs that look at files and change them.

use std::sync::Arc;

use super::super::Errno;
use super::super::tree::{Body, Node};
use super::filter::options;
use super::{Call, Ctx, Program};
use crate::os::tree::Meta;

/// Files one walk visits at most.
pub(super) const WALK_MAX: usize = 50_000;

/// A path and all below it, parents first; links are not followed.
pub(super) fn walk(ctx: &mut Ctx<'_>, root: &str) -> Vec<(String, Arc<Node>)> {
    let Some(files) = ctx.files(root) else { return Vec::new() };
    let Ok(place) = files.resolve(root, false) else { return Vec::new() };
    let Some(node) = place.node else { return Vec::new() };
    let mut found = vec![(root.to_owned(), node)];
    let mut at = 0;
    while at < found.len() && found.len() < WALK_MAX {
        let (path, node) = found[at].clone();
        if node.entries().is_some()
            && let Ok(entries) = files.list(&path)
        {
            let below = entries
                .into_iter()
                .map(|(name, node)| (format!("{}/{name}", path.trim_end_matches('/')), node));
            found.splice((at + 1)..=at, below);
        }
        at += 1;
    }
    found
}

/// Does one thing to each path; complaints in busybox's words.
pub(super) fn each(
    call: &mut Call<'_, '_>,
    paths: &[String],
    what: &str,
    mut act: impl FnMut(&mut Call<'_, '_>, &str) -> Result<(), Errno>,
) -> Program {
    if paths.is_empty() {
        return call.fail("missing operand");
    }
    let mut code = 0;
    for path in paths {
        if let Err(error) = act(call, path) {
            let text = if what.is_empty() {
                format!("{path}: {error}")
            } else {
                format!("{what} '{path}': {error}")
            };
            call.complain(&text);
            code = 1;
        }
    }
    call.done(code)
}

pub(super) fn mkdir(call: &mut Call<'_, '_>) -> Program {
    let options = match options(call, "pm:v", &[("parents", 'p'), ("mode", 'm')]) {
        Ok(options) => options,
        Err(failed) => return failed,
    };
    let mode = options.value('m').and_then(|mode| u16::from_str_radix(mode, 8).ok()).unwrap_or(0o777);
    each(call, &options.rest, "can't create directory", |call, path| {
        let mut files = call.files(path)?;
        if options.has('p') { files.mkdir_all(path, mode) } else { files.mkdir(path, mode) }
    })
}

pub(super) fn touch(call: &mut Call<'_, '_>) -> Program {
    let options = match options(call, "camd:t:r:h", &[]) {
        Ok(options) => options,
        Err(failed) => return failed,
    };
    each(call, &options.rest, "", |call, path| call.files(path)?.touch(path, !options.has('c')))
}

pub(super) fn rm(call: &mut Call<'_, '_>) -> Program {
    let options = match options(call, "rfRiv", &[("recursive", 'r'), ("force", 'f')]) {
        Ok(options) => options,
        Err(failed) => return failed,
    };
    if options.rest.is_empty() && options.has('f') {
        return call.done(0);
    }
    let recursive = options.has('r') || options.has('R');
    each(call, &options.rest, "can't remove", |call, path| match call.files(path)?.remove(path, recursive) {
        Err(Errno::NoEntry) if options.has('f') => Ok(()),
        other => other,
    })
}

pub(super) fn rmdir(call: &mut Call<'_, '_>) -> Program {
    let paths: Vec<String> = call.args().into_iter().filter(|word| !word.starts_with('-')).collect();
    each(call, &paths, "", |call, path| {
        let mut files = call.files(path)?;
        if !files.list(path)?.is_empty() {
            return Err(Errno::NotEmpty);
        }
        files.remove(path, true)
    })
}

/// Where a copy goes: into the target if that is a directory.
fn into(call: &mut Call<'_, '_>, target: &str, source: &str) -> String {
    let folder = call.files(target).is_ok_and(|files| {
        files.resolve(target, true).is_ok_and(|place| place.node.is_some_and(|node| node.entries().is_some()))
    });
    let name = source.trim_end_matches('/').rsplit('/').next().unwrap_or(source);
    if folder { format!("{}/{name}", target.trim_end_matches('/')) } else { target.to_owned() }
}

pub(super) fn cp(call: &mut Call<'_, '_>) -> Program {
    let options = match options(call, "rRapfdiLPuvT", &[("recursive", 'r'), ("archive", 'a')]) {
        Ok(options) => options,
        Err(failed) => return failed,
    };
    let recursive = options.has('r') || options.has('R') || options.has('a');
    let Some((target, sources)) = options.rest.split_last().filter(|(_, sources)| !sources.is_empty()) else {
        return call.fail("missing file operand");
    };
    let mut code = 0;
    for source in sources {
        let destination = into(call, target, source);
        let result = call.files(source).and_then(|files| files.readable(source));
        let text = match result {
            Err(error) => format!("can't stat '{source}': {error}"),
            Ok(node) if node.entries().is_some() && !recursive => format!("omitting directory '{source}'"),
            Ok(node) => {
                let put = call.files(&destination).and_then(|mut files| {
                    let place = files.resolve(&destination, true)?;
                    if place.node.is_some() && node.entries().is_none() {
                        files.open_write(&destination, true)?;
                    }
                    let meta = Meta { mtime: files.now, ..files.fresh_meta(node.meta.mode) };
                    files.put(&place, Node { meta, body: node.body.clone() })
                });
                match put {
                    Ok(()) => continue,
                    Err(error) => format!("can't create '{destination}': {error}"),
                }
            }
        };
        call.complain(&text);
        code = 1;
    }
    call.done(code)
}

pub(super) fn mv(call: &mut Call<'_, '_>) -> Program {
    let words: Vec<String> = call.args().into_iter().filter(|word| !word.starts_with('-')).collect();
    let Some((target, sources)) = words.split_last().filter(|(_, sources)| !sources.is_empty()) else {
        return call.fail("missing file operand");
    };
    let mut code = 0;
    for source in sources {
        let destination = into(call, target, source);
        if let Err(error) = call.files(source).and_then(|mut files| files.rename(source, &destination)) {
            call.complain(&format!("can't rename '{source}': {error}"));
            code = 1;
        }
    }
    call.done(code)
}

pub(super) fn ln(call: &mut Call<'_, '_>) -> Program {
    let options = match options(call, "sfnv", &[("symbolic", 's'), ("force", 'f')]) {
        Ok(options) => options,
        Err(failed) => return failed,
    };
    let [source, target] = options.rest.as_slice() else { return call.fail("missing file operand") };
    let path = into(call, target, source);
    let result = call.files(&path).and_then(|mut files| {
        if options.has('f') {
            let _ = files.remove(&path, false);
        }
        if options.has('s') {
            return files.symlink(source, &path);
        }
        let node = files.readable(source)?;
        let place = files.resolve(&path, true)?;
        if place.node.is_some() { Err(Errno::Exists) } else { files.put(&place, node.as_ref().clone()) }
    });
    match result {
        Ok(()) => call.done(0),
        Err(error) => call.fail(&format!("{path}: {error}")),
    }
}

/// A mode such as `644`, `+x`, `u+rw,go-w`.
fn changed_mode(mode: u16, text: &str) -> Option<u16> {
    if let Ok(number) = u16::from_str_radix(text, 8) {
        return Some(number & 0o7777);
    }
    let mut mode = mode;
    for clause in text.split(',') {
        let sign = clause.find(['+', '-', '='])?;
        let who = &clause[..sign];
        let who = if who.is_empty() || who.contains('a') { "ugo" } else { who };
        let bits = clause[sign + 1..].chars().fold(0, |bits, letter| {
            bits | match letter {
                'r' => 4,
                'w' => 2,
                'x' | 'X' => 1,
                _ => 0,
            }
        });
        for (letter, shift) in [('u', 6), ('g', 3), ('o', 0)] {
            if who.contains(letter) {
                match &clause[sign..=sign] {
                    "+" => mode |= bits << shift,
                    "-" => mode &= !(bits << shift),
                    _ => mode = mode & !(7 << shift) | bits << shift,
                }
            }
        }
    }
    Some(mode)
}

fn targets(call: &mut Call<'_, '_>, paths: &[String], recursive: bool) -> Vec<String> {
    if recursive {
        paths.iter().flat_map(|path| walk(call.ctx, path)).map(|(path, _)| path).collect()
    } else {
        paths.to_vec()
    }
}

pub(super) fn chmod(call: &mut Call<'_, '_>) -> Program {
    let mut words = call.args();
    let recursive = words.first().is_some_and(|word| word == "-R");
    if recursive {
        words.remove(0);
    }
    if words.len() < 2 {
        return call.fail("missing operand");
    }
    let mode = words.remove(0);
    if changed_mode(0, &mode).is_none() {
        return call.fail(&format!("invalid mode '{mode}'"));
    }
    let paths = targets(call, &words, recursive);
    each(call, &paths, "", |call, path| {
        call.files(path)?
            .set_meta(path, |meta| meta.mode = changed_mode(meta.mode, &mode).unwrap_or(meta.mode))
    })
}

pub(super) fn chown(call: &mut Call<'_, '_>) -> Program {
    let options = match options(call, "Rhvf", &[("recursive", 'R')]) {
        Ok(options) => options,
        Err(failed) => return failed,
    };
    let Some((owner, paths)) = options.rest.split_first().filter(|(_, paths)| !paths.is_empty()) else {
        return call.fail("missing operand");
    };
    let (user, group) = owner.split_once([':', '.']).unwrap_or((owner, ""));
    let number = |call: &mut Call<'_, '_>, name: &str, file: &str| {
        let text = call.files(file).and_then(|files| files.read(file)).unwrap_or_default();
        let text = String::from_utf8_lossy(&text).into_owned();
        name.parse::<u32>().ok().or_else(|| {
            text.lines().find(|line| line.split(':').next() == Some(name))?.split(':').nth(2)?.parse().ok()
        })
    };
    let (user, group) = if call.name() == "chgrp" { ("", user) } else { (user, group) };
    let (uid, gid) = (number(call, user, "/etc/passwd"), number(call, group, "/etc/group"));
    if !user.is_empty() && uid.is_none() {
        return call.fail(&format!("unknown user {user}"));
    }
    let paths = targets(call, paths, options.has('R'));
    let root = call.ctx.process().user.uid == 0;
    each(call, &paths, "", |call, path| {
        if !root {
            return Err(Errno::NotPermitted);
        }
        call.files(path)?
            .set_meta(path, |meta| (meta.uid, meta.gid) = (uid.unwrap_or(meta.uid), gid.unwrap_or(meta.gid)))
    })
}

/// Whether two files hold the same bytes: 0, or 1 and where they part.
pub(super) fn cmp(call: &mut Call<'_, '_>) -> Program {
    let options = match options(call, "s", &[("quiet", 's'), ("silent", 's')]) {
        Ok(options) => options,
        Err(failed) => return failed,
    };
    let [one, other] = options.rest.as_slice() else { return call.fail("two files are to be named") };
    let mut texts = Vec::new();
    for path in [one, other] {
        match call.files(path).and_then(|files| files.read(path)) {
            Ok(text) => texts.push(text),
            Err(error) => {
                call.complain(&format!("{path}: {error}"));
                return call.done(2);
            }
        }
    }
    let (left, right) = (&texts[0], &texts[1]);
    let same = left.iter().zip(right.iter()).take_while(|(left, right)| left == right).count();
    if same == left.len() && same == right.len() {
        return call.done(0);
    }
    if options.has('s') {
        return call.done(1);
    }
    if let Some(shorter) = [(left, one), (right, other)].iter().find(|(text, _)| text.len() == same) {
        call.complain(&format!("EOF on {}", shorter.1));
    } else {
        let line = left[..same].split(|byte| *byte == b'\n').count();
        call.line(&format!("{one} {other} differ: char {}, line {line}", same + 1));
    }
    call.done(1)
}

pub(super) fn readlink(call: &mut Call<'_, '_>) -> Program {
    let words = call.args();
    let follow = call.name() == "realpath" || words.iter().any(|word| word == "-f");
    let Some(path) = words.iter().find(|word| !word.starts_with('-')).cloned() else {
        return call.fail("missing operand");
    };
    let found = call.files(&path).and_then(|files| files.resolve(&path, follow));
    match found {
        Ok(place) if follow => call.line(&place.path()),
        Ok(place) => match place.node.as_ref().map(|node| &node.body) {
            Some(Body::Link(target)) => call.line(target),
            _ => return call.done(1),
        },
        Err(error) => return call.fail(&format!("{path}: {error}")),
    }
    call.done(0)
}

pub(super) fn mktemp(call: &mut Call<'_, '_>) -> Program {
    let words = call.args();
    let template = words
        .iter()
        .find(|word| word.contains("XXXXXX"))
        .cloned()
        .unwrap_or_else(|| "/tmp/tmp.XXXXXX".to_owned());
    let number = call.ctx.sys.fresh_id();
    let path =
        template.replace("XXXXXX", &format!("{:06x}", number.wrapping_mul(2_654_435_761) & 0x00ff_ffff));
    let made = call.files(&path).and_then(|mut files| {
        if words.iter().any(|word| word.starts_with("-d")) {
            files.mkdir(&path, 0o700)
        } else {
            files.write(&path, b"")
        }
    });
    match made {
        Ok(()) => {
            call.line(&path);
            call.done(0)
        }
        Err(error) => call.fail(&format!("{path}: {error}")),
    }
}

pub(super) fn truncate(call: &mut Call<'_, '_>) -> Program {
    let options = match options(call, "s:cl:o:", &[("size", 's'), ("length", 'l')]) {
        Ok(options) => options,
        Err(failed) => return failed,
    };
    let size = options.value('s').or_else(|| options.value('l')).map_or(0, super::filter_size);
    each(call, &options.rest, "", |call, path| call.files(path)?.extend(path, size))
}

pub(super) fn dd(call: &mut Call<'_, '_>) -> Program {
    let words = call.args();
    let value = |name: &str| words.iter().find_map(|word| word.strip_prefix(name)).map(str::to_owned);
    let block = value("bs=").map_or(512, |text| super::filter_size(&text)).max(1);
    let count = value("count=").map(|text| super::filter_size(&text));
    let input = value("if=").unwrap_or_default();
    let output = value("of=").unwrap_or_default();
    if output.is_empty() || input.is_empty() || (count.is_none() && input.starts_with("/dev/")) {
        return call.fail("podlab: dd without if=, of= and count= is not simulated");
    }
    let wanted = count.map_or(u64::MAX, |count| count.saturating_mul(block));
    let result = if input.starts_with("/dev/") {
        call.files(&output).and_then(|mut files| files.extend(&output, wanted)).map(|()| wanted)
    } else {
        let read = call.files(&input).and_then(|files| files.read(&input));
        read.and_then(|mut bytes| {
            bytes.truncate(wanted.min(usize::MAX as u64) as usize);
            call.files(&output)?.write(&output, &bytes).map(|()| bytes.len() as u64)
        })
    };
    match result {
        Ok(bytes) => {
            let (full, rest) = (bytes / block, u64::from(!bytes.is_multiple_of(block)));
            let took = bytes as f64 / 1.5e9 + 0.000_2;
            call.error(&format!("{full}+{rest} records in\n{full}+{rest} records out\n{bytes} bytes ({}B) copied, {took:.6} seconds, {}B/s", super::machine::human(bytes), super::machine::human((bytes as f64 / took) as u64)));
            call.done(0)
        }
        Err(error) => {
            let path = if matches!(error, Errno::NoEntry) { &input } else { &output };
            let text = if error == Errno::NoSpace {
                format!("error writing '{output}': {error}")
            } else {
                format!("can't open '{path}': {error}")
            };
            call.fail(&text)
        }
    }
}
