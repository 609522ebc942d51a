//! Programs that look at files and change them.

use std::sync::Arc;

use super::super::Errno;
use super::super::tree::{Body, Node};
use super::filter::options;
use super::{Call, Ctx, Program};
use crate::os::tree::Meta;

/// Files one walk visits at most.
const WALK_MAX: usize = 50_000;

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

pub(super) fn mode_text(node: &Node) -> String {
    let kind = match &node.body {
        Body::Directory(_) => 'd',
        Body::Link(_) => 'l',
        Body::Device(_) => 'c',
        Body::Socket => 's',
        _ => '-',
    };
    let mut text = String::from(kind);
    for shift in [6, 3, 0] {
        let bits = node.meta.mode >> shift;
        text.push(if bits & 4 != 0 { 'r' } else { '-' });
        text.push(if bits & 2 != 0 { 'w' } else { '-' });
        let sticky = shift == 0 && node.meta.mode & 0o1000 != 0;
        text.push(match (bits & 1 != 0, sticky) {
            (true, true) => 't',
            (false, true) => 'T',
            (true, false) => 'x',
            (false, false) => '-',
        });
    }
    text
}

/// The name of a user or group by number.
pub(super) fn name_of(ctx: &mut Ctx<'_>, id: u32, file: &str) -> String {
    let text = ctx.files(file).and_then(|files| files.read(file).ok()).unwrap_or_default();
    let text = String::from_utf8_lossy(&text).into_owned();
    let line = text
        .lines()
        .find(|line| line.split(':').nth(2) == Some(&id.to_string()))
        .and_then(|line| line.split(':').next().map(str::to_owned));
    line.unwrap_or_else(|| id.to_string())
}

pub(super) fn ls(call: &mut Call<'_, '_>) -> Program {
    let options = match options(
        call,
        "laA1RhdtrSFinpsq",
        &[("all", 'a'), ("almost-all", 'A'), ("recursive", 'R'), ("color", 'q')],
    ) {
        Ok(options) => options,
        Err(failed) => return failed,
    };
    let paths = if options.rest.is_empty() { vec![".".to_owned()] } else { options.rest.clone() };
    let mut plain = Vec::new();
    let mut folders = Vec::new();
    let mut code = 0;
    for path in &paths {
        let found = call.files(path).and_then(|files| {
            files
                .resolve(path, !options.has('l') || path.ends_with('/'))
                .and_then(|place| place.existing().cloned())
        });
        match found {
            Ok(node) if node.entries().is_some() && !options.has('d') => folders.push(path.clone()),
            Ok(node) => plain.push((Arc::from(path.as_str()), node)),
            Err(error) => {
                call.complain(&format!("{path}: {error}"));
                code = 1;
            }
        }
    }
    ls_entries(call, &plain, &options);
    let titled = paths.len() > 1 || options.has('R');
    let mut todo: std::collections::VecDeque<String> = folders.into();
    let mut first = plain.is_empty();
    let mut visited = 0;
    while let Some(path) = todo.pop_front() {
        visited += 1;
        if visited > WALK_MAX {
            break;
        }
        if titled {
            let gap = if first { "" } else { "\n" };
            call.out.text(1, &format!("{gap}{path}:\n"));
        }
        first = false;
        let entries = match call.files(&path).and_then(|files| files.list(&path)) {
            Ok(entries) => entries,
            Err(error) => {
                call.complain(&format!("can't open '{path}': {error}"));
                code = 1;
                continue;
            }
        };
        let shown: Vec<_> = entries
            .into_iter()
            .filter(|(name, _)| options.has('a') || options.has('A') || !name.starts_with('.'))
            .collect();
        if options.has('R') {
            let below: Vec<String> = shown
                .iter()
                .filter(|(_, node)| node.entries().is_some())
                .map(|(name, _)| format!("{path}/{name}"))
                .collect();
            below.into_iter().rev().for_each(|below| todo.push_front(below));
        }
        if options.has('l') {
            call.line(&format!(
                "total {}",
                shown.iter().map(|(_, node)| node.size().div_ceil(4096) * 4).sum::<u64>()
            ));
        }
        let mut shown = shown;
        if options.has('a') {
            let node = call.files(&path).and_then(|files| files.readable(&path));
            if let Ok(node) = node {
                shown.splice(0..0, [(Arc::from("."), Arc::clone(&node)), (Arc::from(".."), node)]);
            }
        }
        ls_entries(call, &shown, &options);
    }
    call.done(code)
}

fn ls_entries(call: &mut Call<'_, '_>, entries: &[(Arc<str>, Arc<Node>)], options: &super::Options) {
    let mut entries: Vec<_> = entries.to_vec();
    if options.has('t') {
        entries.sort_by_key(|(_, node)| std::cmp::Reverse(node.meta.mtime));
    }
    if options.has('S') {
        entries.sort_by_key(|(_, node)| std::cmp::Reverse(node.size()));
    }
    if options.has('r') {
        entries.reverse();
    }
    for (name, node) in &entries {
        if !options.has('l') {
            call.line(name);
            continue;
        }
        let (owner, group) = if options.has('n') {
            (node.meta.uid.to_string(), node.meta.gid.to_string())
        } else {
            (name_of(call.ctx, node.meta.uid, "/etc/passwd"), name_of(call.ctx, node.meta.gid, "/etc/group"))
        };
        let size = if options.has('h') { super::info::human(node.size()) } else { node.size().to_string() };
        let links = node
            .entries()
            .map_or(1, |entries| 2 + entries.values().filter(|node| node.entries().is_some()).count());
        let date = super::info::strftime(node.meta.mtime, "%b %e %H:%M");
        let target =
            if let Body::Link(target) = &node.body { format!(" -> {target}") } else { String::new() };
        call.line(&format!(
            "{} {links:4} {owner:<8} {group:<8} {size:>9} {date} {name}{target}",
            mode_text(node)
        ));
    }
}

/// Does one thing to each path; complaints in busybox's words.
fn each(
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
        if !options.has('p') {
            return call.files(path)?.mkdir(path, mode);
        }
        let mut made = if path.starts_with('/') { "/".to_owned() } else { String::new() };
        for part in path.split('/').filter(|part| !part.is_empty()) {
            made.push_str(part);
            match call.files(&made)?.mkdir(&made, mode) {
                Ok(()) | Err(Errno::Exists) => {}
                Err(error) => return Err(error),
            }
            made.push('/');
        }
        Ok(())
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
        let line = left[..same].iter().filter(|byte| **byte == b'\n').count() + 1;
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

pub(super) fn du(call: &mut Call<'_, '_>) -> Program {
    let options = match options(
        call,
        "shakmcd:x",
        &[("summarize", 's'), ("human-readable", 'h'), ("max-depth", 'd')],
    ) {
        Ok(options) => options,
        Err(failed) => return failed,
    };
    let paths = if options.rest.is_empty() { vec![".".to_owned()] } else { options.rest.clone() };
    for path in &paths {
        let all = walk(call.ctx, path);
        if all.is_empty() {
            call.complain(&format!("{path}: {}", Errno::NoEntry));
            return call.done(1);
        }
        for (name, node) in all
            .iter()
            .rev()
            .filter(|(name, node)| name == path || (!options.has('s') && node.entries().is_some()))
        {
            let bytes = node.usage().div_ceil(4096) * 4096 + 4096;
            let size = if options.has('h') {
                super::info::human(bytes)
            } else {
                (bytes / if options.has('m') { 1 << 20 } else { 1024 }).to_string()
            };
            call.line(&format!("{size}\t{name}"));
        }
    }
    call.done(0)
}

pub(super) fn stat(call: &mut Call<'_, '_>) -> Program {
    let options = match options(call, "c:Lft", &[("format", 'c')]) {
        Ok(options) => options,
        Err(failed) => return failed,
    };
    let format = options.value('c').map(str::to_owned);
    each(call, &options.rest, "can't stat", |call, path| {
        let node = call.files(path)?.resolve(path, options.has('L'))?.existing().cloned()?;
        let (owner, group) =
            (name_of(call.ctx, node.meta.uid, "/etc/passwd"), name_of(call.ctx, node.meta.gid, "/etc/group"));
        let mode = format!("{:o}", node.meta.mode);
        let text = match &format {
            Some(format) => format
                .replace("%a", &mode)
                .replace("%s", &node.size().to_string())
                .replace("%U", &owner)
                .replace("%G", &group)
                .replace("%u", &node.meta.uid.to_string())
                .replace("%g", &node.meta.gid.to_string())
                .replace("%n", path)
                .replace("%A", &mode_text(&node)),
            None => format!(
                "  File: {path}\n  Size: {}\nAccess: ({mode:0>4}/{})  Uid: ({:5}/{owner:>8})   Gid: ({:5}/{group:>8})",
                node.size(),
                mode_text(&node),
                node.meta.uid,
                node.meta.gid
            ),
        };
        call.line(&text);
        Ok(())
    })
}

pub(super) fn find(call: &mut Call<'_, '_>) -> Program {
    let words = call.args();
    let split = words
        .iter()
        .position(|word| word.starts_with('-') || word == "!" || word == "(")
        .unwrap_or(words.len());
    let roots = if split == 0 { vec![".".to_owned()] } else { words[..split].to_vec() };
    let mut code = 0;
    for root in &roots {
        let all = walk(call.ctx, root);
        if all.is_empty() {
            call.complain(&format!("{root}: {}", Errno::NoEntry));
            code = 1;
        }
        for (path, node) in &all {
            match find_one(call, path, node, root, &words[split..]) {
                Ok(()) => {}
                Err(text) => return call.fail(&text),
            }
        }
    }
    call.done(code)
}

/// Applies find's tests to one file and acts.
fn find_one(
    call: &mut Call<'_, '_>,
    path: &str,
    node: &Node,
    root: &str,
    tests: &[String],
) -> Result<(), String> {
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
            return Ok(());
        }
    }
    if delete {
        let _ = call.files(path).and_then(|mut files| files.remove(path, true));
    } else {
        call.line(path);
    }
    Ok(())
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
            call.error(&format!("{full}+{rest} records in\n{full}+{rest} records out\n{bytes} bytes ({}B) copied, {took:.6} seconds, {}B/s", super::info::human(bytes), super::info::human((bytes as f64 / took) as u64)));
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
