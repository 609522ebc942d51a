//! `/proc`, made when somebody looks.

use std::fmt::Write;
use std::sync::Arc;

use super::super::process::{ProcKey, Process};
use super::super::rights::Rights;
use super::super::tree::{Body, Device, Meta, Node, Tree};
use super::System;
use crate::kube::time::EPOCH_SECONDS;

impl System {
    pub(super) fn proc_tree(&self, viewer: ProcKey) -> Arc<Node> {
        let mut tree = Tree::new(Meta::root(0o555));
        let text = |content: &str| Node::file(Meta::root(0o444), content.as_bytes());
        let total = self.machine_memory / 1024;
        let free = total * 3 / 4;
        tree.put("/meminfo", text(&format!("MemTotal:       {total:8} kB\nMemFree:        {free:8} kB\nMemAvailable:   {free:8} kB\nBuffers:               0 kB\nCached:                0 kB\nSwapTotal:             0 kB\nSwapFree:              0 kB\n")));
        let mut cpus = String::new();
        for number in 0..2 {
            let _ = writeln!(
                cpus,
                "processor\t: {number}\nvendor_id\t: GenuineIntel\nmodel name\t: podlab virtual CPU\ncpu MHz\t\t: 2000.000\n"
            );
        }
        tree.put("/cpuinfo", text(&cpus));
        tree.put("/version", text(&format!("Linux version {} (podlab) #1 SMP\n", super::KERNEL)));
        let uptime = self.clock.as_secs_f64() + 86_400.0;
        tree.put("/uptime", text(&format!("{uptime:.2} {:.2}\n", uptime * 1.8)));
        tree.put("/loadavg", text("0.08 0.03 0.01 1/100 42\n"));
        tree.put("/stat", text(&format!("cpu  0 0 0 0 0 0 0 0 0 0\nbtime {}\n", EPOCH_SECONDS - 86_400)));
        tree.put("/mounts", text(&self.mounts_text(viewer)));
        tree.put("/filesystems", text("nodev\ttmpfs\n\text4\n"));
        tree.put("/sys/kernel/hostname", text(&format!("{}\n", self.hostname)));
        tree.put("/sys/kernel/pid_max", text("4194304\n"));
        tree.put("/sys/net/core/somaxconn", text("4096\n"));
        let range = ProcKey { namespace: viewer.namespace, pid: 0 }..=ProcKey {
            namespace: viewer.namespace,
            pid: u32::MAX,
        };
        for key in self.procs.range(range).map(|(key, _)| *key) {
            self.put_process(&mut tree, (key, viewer), &key.pid.to_string());
        }
        self.put_process(&mut tree, (viewer, viewer), "self");
        Arc::clone(tree.root())
    }

    fn mounts_text(&self, viewer: ProcKey) -> String {
        let mut text = "overlay / overlay rw,relatime 0 0\nproc /proc proc rw,nosuid,nodev,noexec,relatime 0 0\ntmpfs /dev tmpfs rw,nosuid 0 0\n".to_owned();
        let cell = self.procs.get(&viewer).and_then(|process| self.cells.get(&process.cell));
        for mount in cell.into_iter().flat_map(|cell| &cell.mounts) {
            if mount.at == ["dev", "shm"] {
                text.push_str("shm /dev/shm tmpfs rw,nosuid,nodev,noexec,relatime,size=65536k 0 0\n");
                continue;
            }
            let _ = writeln!(
                text,
                "/dev/sda1 /{} ext4 {},relatime 0 0",
                mount.at.join("/"),
                if mount.read_only { "ro" } else { "rw" }
            );
        }
        text
    }

    /// The root folder of a process: the viewer's own, or, of a container next door, its image and what was written to it, to be
    /// read. Volumes mounted there are empty folders from here.
    fn root_of(&self, key: ProcKey, viewer: ProcKey) -> Node {
        let cell = |key: ProcKey| self.procs.get(&key).map(|process| process.cell);
        match cell(key).filter(|home| Some(*home) != cell(viewer)).and_then(|home| self.cells.get(&home)) {
            Some(home) => (**home.root.root()).clone(),
            None => Node::link("/"),
        }
    }

    /// `/proc/PID/status` (fs/proc/array.c), without what nobody looks for.
    fn status_text(&self, process: &Process, pid: u32) -> String {
        let state = if process.stopped { "T (stopped)" } else { "S (sleeping)" };
        let (uid, gid) = (process.user.uid, process.user.gid);
        let mut groups = process.user.groups.clone();
        groups.sort_unstable();
        let groups: String = groups.iter().map(|group| format!("{group} ")).collect();
        let memory = process.load.memory_at(self.clock) / 1024;
        let rights = self.rights.get(&process.cell).copied().unwrap_or(Rights::ALL);
        // Who is not root has none until a program brings some along, however many the container may have.
        let (bound, own) = (rights.capabilities, if uid == 0 { rights.capabilities } else { 0 });
        let filters = u8::from(rights.filtered);
        format!(
            "Name:\t{}\nUmask:\t{:04o}\nState:\t{state}\nTgid:\t{pid}\nNgid:\t0\nPid:\t{pid}\nPPid:\t{}\nTracerPid:\t0\nUid:\t{uid}\t{uid}\t{uid}\t{uid}\n\
             Gid:\t{gid}\t{gid}\t{gid}\t{gid}\nFDSize:\t64\nGroups:\t{groups}\nVmRSS:\t{memory:8} kB\nThreads:\t1\nCapInh:\t{:016x}\nCapPrm:\t{own:016x}\n\
             CapEff:\t{own:016x}\nCapBnd:\t{bound:016x}\nCapAmb:\t{:016x}\nNoNewPrivs:\t{}\nSeccomp:\t{}\nSeccomp_filters:\t{filters}\n",
            process.comm,
            process.umask,
            process.parent,
            0,
            0,
            u8::from(rights.no_new_privileges),
            2 * filters,
        )
    }

    fn put_process(&self, tree: &mut Tree, (key, viewer): (ProcKey, ProcKey), name: &str) {
        let Some(process) = self.procs.get(&key) else { return };
        let meta = Meta { mode: 0o444, uid: process.user.uid, gid: process.user.gid, mtime: process.started };
        let text = |content: &str| Node::file(meta, content.as_bytes());
        tree.put(
            &format!("/{name}/cmdline"),
            text(&process.argv.iter().flat_map(|word| [word.as_str(), "\0"]).collect::<String>()),
        );
        tree.put(&format!("/{name}/comm"), text(&format!("{}\n", process.comm)));
        tree.put(
            &format!("/{name}/environ"),
            text(
                &process
                    .env
                    .iter()
                    .flat_map(|(name, value)| [name.as_str(), "=", value.as_str(), "\0"])
                    .collect::<String>(),
            ),
        );
        tree.put(&format!("/{name}/cgroup"), text("0::/\n"));
        let ids = self.cells.get(&process.cell).and_then(|cell| cell.host_ids).unwrap_or((0, u32::MAX));
        for map in ["uid_map", "gid_map"] {
            tree.put(&format!("/{name}/{map}"), text(&format!("{:>10} {:>10} {:>10}\n", 0, ids.0, ids.1)));
        }
        tree.put(&format!("/{name}/mounts"), text(&self.mounts_text(key)));
        tree.put(&format!("/{name}/status"), text(&self.status_text(process, key.pid)));
        // The user namespace of the machine has this number on every Linux (include/linux/proc_ns.h).
        let own = if ids.0 == 0 { 4_026_531_837 } else { 4_026_532_000 + u64::from(ids.0 / 65_536) };
        tree.put(&format!("/{name}/ns/user"), Node::link(&format!("user:[{own}]")));
        let cwd = Node::link(&process.cwd);
        tree.put(&format!("/{name}/cwd"), cwd);
        tree.put(&format!("/{name}/root"), self.root_of(key, viewer));
        tree.put(&format!("/{name}/exe"), Node::link(&format!("/bin/{}", process.comm)));
        for fd in process.fds.keys() {
            let device = Body::Device(Device::Descriptor { pid: key.pid, fd: *fd });
            tree.put(&format!("/{name}/fd/{fd}"), Node { meta, body: device });
        }
    }
}
