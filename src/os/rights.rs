//! What the processes of a container may do besides what files allow, as `/proc` tells it. Nothing in the system asks for it.

/// Capabilities by their numbers (linux/capability.h).
pub const CAPABILITIES: [&str; 41] = [
    "CHOWN",
    "DAC_OVERRIDE",
    "DAC_READ_SEARCH",
    "FOWNER",
    "FSETID",
    "KILL",
    "SETGID",
    "SETUID",
    "SETPCAP",
    "LINUX_IMMUTABLE",
    "NET_BIND_SERVICE",
    "NET_BROADCAST",
    "NET_ADMIN",
    "NET_RAW",
    "IPC_LOCK",
    "IPC_OWNER",
    "SYS_MODULE",
    "SYS_RAWIO",
    "SYS_CHROOT",
    "SYS_PTRACE",
    "SYS_PACCT",
    "SYS_ADMIN",
    "SYS_BOOT",
    "SYS_NICE",
    "SYS_RESOURCE",
    "SYS_TIME",
    "SYS_TTY_CONFIG",
    "MKNOD",
    "LEASE",
    "AUDIT_WRITE",
    "AUDIT_CONTROL",
    "SETFCAP",
    "MAC_OVERRIDE",
    "MAC_ADMIN",
    "SYSLOG",
    "WAKE_ALARM",
    "BLOCK_SUSPEND",
    "AUDIT_READ",
    "PERFMON",
    "BPF",
    "CHECKPOINT_RESTORE",
];

/// The rights of a container's processes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rights {
    /// A bit for each capability that root has here.
    pub capabilities: u64,
    /// Nothing it starts gets more.
    pub no_new_privileges: bool,
    /// System calls are filtered.
    pub filtered: bool,
}

impl Rights {
    /// Those of a machine's own processes.
    pub const ALL: Rights =
        Rights { capabilities: (1 << CAPABILITIES.len()) - 1, no_new_privileges: false, filtered: false };
}
