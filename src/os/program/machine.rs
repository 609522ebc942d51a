//! Programs that say something about the machine: disks, memory, processors, uptime.

use super::filter::options;
use super::info::strftime;
use super::{Call, Program};

/// A size as `ls -h` and `df -h` write it: `16.0M`.
pub(super) fn human(bytes: u64) -> String {
    let mut value = bytes as f64;
    for unit in ["", "K", "M", "G", "T"] {
        if value < 1024.0 {
            return if unit.is_empty() { bytes.to_string() } else { format!("{value:.1}{unit}") };
        }
        value /= 1024.0;
    }
    format!("{value:.1}P")
}

/// A mounted file system: device, size and use in bytes, place.
type FileSystem = (&'static str, u64, u64, String);

fn file_systems(call: &Call<'_, '_>) -> Vec<FileSystem> {
    let disk: u64 = 100 << 30;
    let mut rows = vec![("overlay", disk, disk / 5, "/".to_owned())];
    let own = call.ctx.cell();
    for mount in call.ctx.sys.cells.get(&own).into_iter().flat_map(|cell| &cell.mounts) {
        let Some(volume) = call.ctx.volumes.get(mount.volume) else { continue };
        let memory = volume.medium == super::super::Medium::Memory;
        let size = if memory { volume.capacity.unwrap_or(12 << 30) } else { disk };
        let used = if memory { volume.tree.usage() } else { disk / 5 };
        let device = if memory { "tmpfs" } else { "/dev/sda1" };
        rows.push((device, size, used, format!("/{}", mount.at.join("/"))));
    }
    rows
}

pub(super) fn df(call: &mut Call<'_, '_>) -> Program {
    let options = match options(call, "hkmPTaiB:t:", &[]) {
        Ok(options) => options,
        Err(failed) => return failed,
    };
    let show = |bytes: u64| {
        if bytes == 0 {
            "0".to_owned()
        } else if options.has('h') {
            human(bytes)
        } else {
            (bytes / 1024).to_string()
        }
    };
    let heading = if options.has('h') {
        "Filesystem                Size      Used Available Use% Mounted on"
    } else {
        "Filesystem           1K-blocks      Used Available Use% Mounted on"
    };
    call.line(heading);
    let rows = file_systems(call);
    let wanted = options.rest.clone();
    for path in &wanted {
        if call
            .files(path)
            .is_ok_and(|files| files.resolve(path, true).is_ok_and(|place| place.node.is_some()))
        {
            continue;
        }
        call.complain(&format!("{path}: can't find mount point"));
        return call.done(1);
    }
    let holds = |at: &str| {
        wanted.is_empty()
            || wanted.iter().any(|path| {
                rows.iter()
                    .filter(|row| path.starts_with(&row.3))
                    .max_by_key(|row| row.3.len())
                    .is_some_and(|row| row.3 == at)
            })
    };
    let lines: Vec<String> = rows
        .iter()
        .filter(|row| holds(&row.3))
        .map(|(name, size, used, at)| {
            let percent = (used * 100).div_ceil((*size).max(1));
            format!(
                "{name:<20} {:>9} {:>9} {:>9} {percent:3}% {at}",
                show(*size),
                show(*used),
                show(size - used)
            )
        })
        .collect();
    for line in &lines {
        call.line(line);
    }
    call.done(0)
}

pub(super) fn free(call: &mut Call<'_, '_>) -> Program {
    let unit = if call.args().iter().any(|word| word == "-m") { 1 << 20 } else { 1 << 10 };
    let total = call.ctx.sys.machine_memory / unit;
    let used = total / 5;
    call.line("              total        used        free      shared  buff/cache   available");
    call.line(&format!(
        "Mem:     {total:10}  {used:10}  {:10}           0           0  {:10}",
        total - used,
        total - used
    ));
    call.line("Swap:             0           0           0");
    call.done(0)
}

pub(super) fn nproc(call: &mut Call<'_, '_>) -> Program {
    call.line("2");
    call.done(0)
}

pub(super) fn uptime(call: &mut Call<'_, '_>) -> Program {
    let clock = strftime(call.ctx.now(), "%H:%M:%S");
    call.line(&format!(" {clock} up 1 day,  0 users,  load average: 0.08, 0.03, 0.01"));
    call.done(0)
}
