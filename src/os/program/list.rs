//! Programs that show what files there are: `ls`, `stat`, `du`.

use std::sync::Arc;

use super::super::Errno;
use super::super::tree::{Body, Node};
use super::files::{each, walk};
use super::filter::options;
use super::{Call, Ctx, Program};

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
        let special = node.meta.mode >> 9 & 1 << (shift / 3) != 0;
        text.push(match (bits & 1 != 0, special, shift) {
            (true, true, 0) => 't',
            (false, true, 0) => 'T',
            (true, true, _) => 's',
            (false, true, _) => 'S',
            (true, false, _) => 'x',
            (false, false, _) => '-',
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
                code = if call.gnu() { 2 } else { 1 };
            }
        }
    }
    ls_entries(call, &plain, &options);
    let titled = paths.len() > 1 || options.has('R');
    let mut todo: std::collections::VecDeque<String> = folders.into();
    let mut first = plain.is_empty();
    let mut left = super::files::WALK_MAX;
    while let Some(path) = todo.pop_front().filter(|_| left > 0) {
        left -= 1;
        if titled {
            let gap = if first { "" } else { "\n" };
            call.out.text(1, &format!("{gap}{path}:\n"));
        }
        first = false;
        match ls_folder(call, &path, &options) {
            Ok(below) if options.has('R') => {
                for below in below.into_iter().rev() {
                    todo.push_front(below);
                }
            }
            Ok(_) => {}
            Err(error) => {
                call.complain(&format!("can't open '{path}': {error}"));
                code = 1;
            }
        }
    }
    call.done(code)
}

/// Lists one directory; the directories in it come back.
fn ls_folder(call: &mut Call<'_, '_>, path: &str, options: &super::Options) -> Result<Vec<String>, Errno> {
    let hidden = options.has('a') || options.has('A');
    let mut shown = call.files(path)?.list(path)?;
    shown.retain(|(name, _)| hidden || !name.starts_with('.'));
    let below = shown
        .iter()
        .filter(|(_, node)| node.entries().is_some())
        .map(|(name, _)| format!("{path}/{name}"))
        .collect();
    if options.has('l') {
        let blocks: u64 = shown.iter().map(|(_, node)| node.size().div_ceil(4096) * 4).sum();
        call.line(&format!("total {blocks}"));
    }
    if options.has('a')
        && let Ok(node) = call.files(path)?.readable(path)
    {
        shown.splice(0..0, [(Arc::from("."), Arc::clone(&node)), (Arc::from(".."), node)]);
    }
    ls_entries(call, &shown, options);
    Ok(below)
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
        let size =
            if options.has('h') { super::machine::human(node.size()) } else { node.size().to_string() };
        let links = node
            .entries()
            .map_or(1, |entries| 2 + entries.values().filter(|node| node.entries().is_some()).count());
        let date = super::info::strftime(call.ctx.sys.wall.timestamp(node.meta.mtime), "%b %e %H:%M");
        let target =
            if let Body::Link(target) = &node.body { format!(" -> {target}") } else { String::new() };
        call.line(&format!(
            "{} {links:4} {owner:<8} {group:<8} {size:>9} {date} {name}{target}",
            mode_text(node)
        ));
    }
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
                super::machine::human(bytes)
            } else {
                (bytes / if options.has('m') { 1 << 20 } else { 1024 }).to_string()
            };
            call.line(&format!("{size}\t{name}"));
        }
    }
    call.done(0)
}
