//! Error numbers of the kernel, with the C library's texts.

/// Why a system call was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Errno {
    /// EPERM
    NotPermitted,
    /// ENOENT
    NoEntry,
    /// ESRCH
    NoProcess,
    /// EBADF
    BadDescriptor,
    /// EAGAIN (fork)
    Again,
    /// EACCES
    Denied,
    /// EEXIST
    Exists,
    /// EXDEV or EBUSY: the thing is a mount point
    Busy,
    /// ENOTDIR
    NotDirectory,
    /// EISDIR
    IsDirectory,
    /// EINVAL
    Invalid,
    /// ENOSPC
    NoSpace,
    /// EROFS
    ReadOnly,
    /// ENAMETOOLONG
    NameTooLong,
    /// ENOTEMPTY
    NotEmpty,
    /// ELOOP
    Loop,
    /// EFBIG: podlab's own bound on a file
    TooBig,
    /// EADDRINUSE
    AddressInUse,
    /// EADDRNOTAVAIL
    AddressNotAvailable,
}

impl Errno {
    /// The text of strerror(3).
    pub fn text(self) -> &'static str {
        match self {
            Errno::NotPermitted => "Operation not permitted",
            Errno::NoEntry => "No such file or directory",
            Errno::NoProcess => "No such process",
            Errno::BadDescriptor => "Bad file descriptor",
            Errno::Again => "Resource temporarily unavailable",
            Errno::Denied => "Permission denied",
            Errno::Exists => "File exists",
            Errno::Busy => "Resource busy",
            Errno::NotDirectory => "Not a directory",
            Errno::IsDirectory => "Is a directory",
            Errno::Invalid => "Invalid argument",
            Errno::NoSpace => "No space left on device",
            Errno::ReadOnly => "Read-only file system",
            Errno::NameTooLong => "File name too long",
            Errno::NotEmpty => "Directory not empty",
            Errno::Loop => "Too many levels of symbolic links",
            Errno::TooBig => "File too large",
            Errno::AddressInUse => "Address already in use",
            Errno::AddressNotAvailable => "Cannot assign requested address",
        }
    }
}

impl Errno {
    /// The number programs show beside the text (asm-generic/errno-base.h).
    pub fn number(self) -> i32 {
        match self {
            Errno::NotPermitted => 1,
            Errno::NoEntry => 2,
            Errno::NoProcess => 3,
            Errno::BadDescriptor => 9,
            Errno::Again => 11,
            Errno::Denied => 13,
            Errno::Busy => 16,
            Errno::Exists => 17,
            Errno::NotDirectory => 20,
            Errno::IsDirectory => 21,
            Errno::Invalid => 22,
            Errno::TooBig => 27,
            Errno::NoSpace => 28,
            Errno::ReadOnly => 30,
            Errno::NameTooLong => 36,
            Errno::NotEmpty => 39,
            Errno::Loop => 40,
            Errno::AddressInUse => 98,
            Errno::AddressNotAvailable => 99,
        }
    }
}

impl std::fmt::Display for Errno {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.text())
    }
}
