//! Names of images: `nginx`, `nginx:1.27`, `registry.k8s.io/pause:3.10`, `busybox@sha256:…` (distribution/reference).

/// A name taken apart, defaults filled in.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Reference {
    /// The registry's host, `docker.io` by default.
    pub host: String,
    /// The repository on that host, `library/nginx`.
    pub repository: String,
    /// The tag, `latest` by default; none if there is only a digest.
    pub tag: Option<String>,
    /// `sha256:` and 64 hexadecimal digits.
    pub digest: Option<String>,
}

/// Why a name is no image name; its text is what containerd says after `couldn't parse image name "…": `.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReferenceError {
    /// Does not follow the grammar.
    Format,
    /// Upper case letters in the repository.
    Uppercase {
        /// The repository with its default prefix.
        repository: String,
    },
}

impl std::fmt::Display for ReferenceError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            ReferenceError::Format => f.write_str("invalid reference format"),
            ReferenceError::Uppercase { repository } => {
                write!(f, "invalid reference format: repository name ({repository}) must be lowercase")
            }
        }
    }
}

impl Reference {
    /// Reads a name as `docker pull` would.
    pub fn parse(text: &str) -> Result<Reference, ReferenceError> {
        let (name, digest) = match text.split_once('@') {
            Some((name, digest)) if is_digest(digest) => (name, Some(digest.to_owned())),
            Some(_) => return Err(ReferenceError::Format),
            None => (text, None),
        };
        let (name, tag) = match name.rsplit_once(':') {
            Some((before, tag)) if !tag.contains('/') => (before, Some(tag.to_owned())),
            _ => (name, None),
        };
        if tag.as_deref().is_some_and(|tag| !is_tag(tag)) {
            return Err(ReferenceError::Format);
        }
        let (host, path) = match name.split_once('/') {
            Some((first, rest)) if is_host(first) => (first, rest.to_owned()),
            _ => ("docker.io", name.to_owned()),
        };
        let repository =
            if host == "docker.io" && !path.contains('/') { format!("library/{path}") } else { path };
        if !repository.split('/').all(|part| is_component(&part.to_lowercase())) || !is_host_name(host) {
            return Err(ReferenceError::Format);
        }
        if repository.chars().any(char::is_uppercase) {
            return Err(ReferenceError::Uppercase { repository });
        }
        let tag = tag.or_else(|| digest.is_none().then(|| "latest".to_owned()));
        let host = if host == "index.docker.io" { "docker.io" } else { host };
        Ok(Reference { host: host.to_owned(), repository, tag, digest })
    }

    /// `docker.io/library/nginx`
    pub fn name(&self) -> String {
        format!("{}/{}", self.host, self.repository)
    }
}

impl std::fmt::Display for Reference {
    /// The full name, as a container's status shows it: `docker.io/library/nginx:1.27`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.name())?;
        if let Some(tag) = &self.tag {
            write!(f, ":{tag}")?;
        }
        self.digest.as_ref().map_or(Ok(()), |digest| write!(f, "@{digest}"))
    }
}

fn is_digest(text: &str) -> bool {
    text.strip_prefix("sha256:").is_some_and(|hex| {
        hex.len() == 64 && hex.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
    })
}

fn is_tag(text: &str) -> bool {
    let first = text.bytes().next().is_some_and(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    first
        && text.len() <= 128
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-'))
}

/// Whether the part before the first slash names a registry.
fn is_host(text: &str) -> bool {
    text.contains('.') || text.contains(':') || text == "localhost" || text.chars().any(char::is_uppercase)
}

fn is_host_name(text: &str) -> bool {
    let (name, port) = text.split_once(':').unwrap_or((text, "0"));
    let label = |label: &str| {
        !label.is_empty()
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    name.split('.').all(label) && !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit())
}

/// Lower-case letters and digits, joined by `.`, `_`, `__` or hyphens.
fn is_component(text: &str) -> bool {
    let alphanumeric = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let ends = text.bytes().next().is_some_and(alphanumeric) && text.bytes().last().is_some_and(alphanumeric);
    let separators = text
        .split(|letter: char| letter.is_ascii_alphanumeric())
        .all(|run| matches!(run, "" | "." | "_" | "__") || run.bytes().all(|byte| byte == b'-'));
    ends && separators
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_names_get_the_hub_and_the_latest_tag() {
        for (text, full) in [
            ("nginx", "docker.io/library/nginx:latest"),
            ("nginx:1.27", "docker.io/library/nginx:1.27"),
            ("polinux/stress", "docker.io/polinux/stress:latest"),
            ("registry.k8s.io/pause:3.10", "registry.k8s.io/pause:3.10"),
            ("localhost:5000/team/app:v1", "localhost:5000/team/app:v1"),
        ] {
            assert_eq!(Reference::parse(text).map(|reference| reference.to_string()), Ok(full.to_owned()));
        }
    }

    #[test]
    fn bad_names_are_told_as_the_runtime_tells_them() {
        for (text, error) in [
            ("nginx::1", "invalid reference format"),
            ("nginx latest", "invalid reference format"),
            ("Bad Name", "invalid reference format"),
            ("Nginx:1.27", "invalid reference format: repository name (library/Nginx) must be lowercase"),
            ("", "invalid reference format"),
            ("nginx:", "invalid reference format"),
            ("a//b", "invalid reference format"),
            ("busybox@sha256:12", "invalid reference format"),
        ] {
            assert_eq!(
                Reference::parse(text).map_err(|error| error.to_string()),
                Err(error.to_owned()),
                "{text}"
            );
        }
    }
}
