//! Check sums of the programs `md5sum`, `sha1sum`, `sha256sum` and `sha512sum`.

use sha2::Digest;

/// Which sum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::os) enum Sum {
    Md5,
    Sha1,
    Sha256,
    Sha512,
}

impl Sum {
    /// The sum a program of this name computes.
    pub fn of_program(name: &str) -> Option<Sum> {
        Some(match name {
            "md5sum" => Sum::Md5,
            "sha1sum" => Sum::Sha1,
            "sha256sum" => Sum::Sha256,
            "sha512sum" => Sum::Sha512,
            _ => return None,
        })
    }

    /// The sum of these bytes in hexadecimal.
    pub fn hex(self, data: &[u8]) -> String {
        match self {
            Sum::Md5 => hex(&md5::Md5::digest(data)),
            Sum::Sha1 => hex(&sha1::Sha1::digest(data)),
            Sum::Sha256 => hex(&sha2::Sha256::digest(data)),
            Sum::Sha512 => hex(&sha2::Sha512::digest(data)),
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_are_those_of_the_standards() {
        assert_eq!(Sum::Md5.hex(b"abc"), "900150983cd24fb0d6963f7d28e17f72");
        assert_eq!(Sum::Sha1.hex(b"abc"), "a9993e364706816aba3e25717850c26c9cd0d89d");
        assert_eq!(
            Sum::Sha256.hex(b"abc"),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
        assert_eq!(Sum::Sha256.hex(b""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
        assert!(Sum::Sha512.hex(b"abc").starts_with("ddaf35a193617abacc417349ae204131"));
    }
}
