//! Programs that say something about the machine: disks, memory, processors, uptime.

use super::filter::options;
use super::info::strftime;
use super::{Call, Program};
use crate::os::tree::{Body, Meta, Node};

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
        let at = format!("/{}", mount.at.join("/"));
        let device = match at.as_str() {
            "/dev/shm" if memory => "shm",
            _ if memory => "tmpfs",
            _ => "/dev/sda1",
        };
        rows.push((device, size, used, at));
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
    let options = match options(call, "bkmgh", &[("human", 'h')]) {
        Ok(options) => options,
        Err(failed) => return failed,
    };
    let total = call.ctx.sys.machine_memory;
    if options.has('h') {
        let used = total / 5;
        call.line("              total        used        free      shared  buff/cache   available");
        let (all, used, free) = (human(total), human(used), human(total - used));
        call.line(&format!("Mem:     {all:>10}  {used:>10}  {free:>10}           0           0  {free:>10}\nSwap:             0           0           0"));
        return call.done(0);
    }
    let unit: u64 = match options.last_of("bkmg") {
        Some('b') => 1,
        Some('m') => 1 << 20,
        Some('g') => 1 << 30,
        _ => 1 << 10,
    };
    let total = total / unit;
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
    let clock = strftime(call.ctx.wall(), "%H:%M:%S");
    call.line(&format!(" {clock} up 1 day,  0 users,  load average: 0.08, 0.03, 0.01"));
    call.done(0)
}

/// `mount` shows what is mounted; nothing can be.
pub(super) fn mount(call: &mut Call<'_, '_>) -> Program {
    if !call.args().is_empty() {
        let root = call.ctx.process().user.uid == 0;
        return call.fail(if root {
            "permission denied (are you root?)"
        } else {
            "must be superuser to use mount"
        });
    }
    let text = call.files("/proc/mounts").and_then(|files| files.read("/proc/mounts")).unwrap_or_default();
    for line in String::from_utf8_lossy(&text).lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        if let [device, place, kind, options, ..] = words.as_slice() {
            call.line(&format!("{device} on {place} type {kind} ({options})"));
        }
    }
    call.done(0)
}

/// `vi` and its like need a screen of their own, which a container of podlab has not.
pub(super) fn editor(call: &mut Call<'_, '_>) -> Program {
    call.fail("podlab: no editor runs inside a container here; write the file with cat > FILE, sed -i or kubectl cp")
}

pub(super) fn arch(call: &mut Call<'_, '_>) -> Program {
    call.line("x86_64");
    call.done(0)
}

pub(super) fn tty(call: &mut Call<'_, '_>) -> Program {
    let is_tty = call.ctx.is_tty(0);
    call.line(if is_tty { "/dev/pts/0" } else { "not a tty" });
    call.done(i32::from(!is_tty))
}

/// Packages and the programs they bring.
const PACKAGES: &[(&str, &str)] = &[
    ("curl", "curl"),
    ("wget", "wget"),
    ("procps", "ps=ps:procps free top kill pgrep pkill uptime watch"),
    ("iputils-ping", "ping"),
    ("iputils", "ping"),
    ("iproute2", "ip ss"),
    ("net-tools", "ifconfig netstat route"),
    ("dnsutils", "dig host nslookup"),
    ("bind9-dnsutils", "dig host nslookup"),
    ("bind-tools", "dig host nslookup"),
    ("netcat-openbsd", "nc"),
    ("netcat-traditional", "nc"),
    ("redis-tools", "redis-cli"),
    ("postgresql-client", "psql pg_isready"),
    ("default-mysql-client", "mysql mysqladmin"),
    ("mysql-client", "mysql mysqladmin"),
    ("bash", "bash"),
    ("python3", "python3"),
    ("vim", "vi vim"),
    ("nano", "nano"),
    ("stress", "stress"),
    ("stress-ng", "stress-ng=stress"),
];

/// `apt-get install`, `apk add`: puts the programs in place that podlab has a model of. Nothing is fetched, and it takes no time.
pub(super) fn packages(call: &mut Call<'_, '_>) -> Program {
    let words: Vec<String> = call.args().into_iter().filter(|word| !word.starts_with('-')).collect();
    let alpine = call.name() == "apk";
    if call.ctx.process().user.uid != 0 {
        return call.fail(if alpine {
            "ERROR: Unable to lock database: Permission denied"
        } else {
            "E: Could not open lock file /var/lib/dpkg/lock-frontend - open (13: Permission denied)"
        });
    }
    let Some((verb, names)) = words.split_first() else {
        return call.fail("podlab: only update, install and add are simulated");
    };
    match verb.as_str() {
        "update" => call.line(if alpine {
            "OK: 24000 distinct packages available"
        } else {
            "Reading package lists... Done"
        }),
        "install" | "add" => {
            for name in names {
                if let Err(text) = install(call, name.split(['=', '/']).next().unwrap_or(name), alpine) {
                    call.error(&text);
                    return call.done(if alpine { 1 } else { 100 });
                }
            }
        }
        other => {
            return call.fail(&format!("podlab: {other} is not simulated (update, install and add are)"));
        }
    }
    call.done(0)
}

fn install(call: &mut Call<'_, '_>, name: &str, alpine: bool) -> Result<(), String> {
    let missing = || {
        if alpine {
            format!(
                "ERROR: unable to select packages:\n  {name} (no such package):\n    required by: world[{name}]"
            )
        } else {
            format!("E: Unable to locate package {name}")
        }
    };
    let (_, programs) = PACKAGES.iter().find(|(known, _)| *known == name).ok_or_else(missing)?;
    for program in programs.split_whitespace() {
        let (file, model) = program.split_once('=').unwrap_or((program, program));
        let path = format!("/usr/bin/{file}");
        let node = Node { meta: Meta::root(0o755), body: Body::Program(model.into()) };
        let put = call.files(&path).and_then(|mut files| {
            let place = files.resolve(&path, true)?;
            files.put(&place, node)
        });
        put.map_err(|error| format!("{path}: {error}"))?;
    }
    if !alpine {
        call.line(&format!("Setting up {name} ..."));
    }
    Ok(())
}
