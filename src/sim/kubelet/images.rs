//! Images on a node: what is present, one pull at a time (pkg/kubelet/images). What registries hold is known to [`crate::os`].

use super::credentials::{Credential, logs_in};
use crate::kube::SimTime;
use crate::os::{Catalogue, PullError, Reference};
use crate::sim::chance;
use crate::sim::nodes::Registry;
use std::collections::BTreeMap;

/// Images every node brings along, as the recorded cluster's did.
const PRELOADED: [&str; 4] = [
    "docker.io/library/busybox:1.36",
    "docker.io/library/nginx:1.27",
    "docker.io/library/nginx:1.29",
    "docker.io/library/redis:7",
];

/// Bytes a node pulls in a millisecond: 40 MB/s.
const BYTES_PER_MILLI: u64 = 40_000;

/// The images of one node.
#[derive(Clone, Debug, Default)]
pub(super) struct ImageStore {
    /// Full names of what was pulled, with bytes.
    pulled: BTreeMap<String, u64>,
    /// Until when the one pull that runs, and those that wait for it, take.
    busy_until: SimTime,
    /// How long the pulls under way take by themselves, milliseconds.
    pulling: BTreeMap<String, u64>,
}

impl ImageStore {
    /// Whether the image is on the node.
    pub fn has(&self, reference: &Reference) -> bool {
        let name = reference.to_string();
        PRELOADED.contains(&name.as_str()) || self.pulled.contains_key(&name)
    }

    /// Whether the image is on the node for somebody with these logins: a private one is given only to those who could pull it
    /// themselves (`KubeletEnsureSecretPulledImages`).
    pub fn serves(&self, reference: &Reference, credentials: &[Credential]) -> bool {
        self.has(reference) && logs_in(Catalogue::builtin().login(reference), reference, credentials).is_ok()
    }

    /// Full names of the images on the node, sorted.
    pub fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = PRELOADED.iter().map(|name| (*name).to_owned()).collect();
        names.extend(self.pulled.keys().filter(|name| !PRELOADED.contains(&name.as_str())).cloned());
        names.sort();
        names
    }

    /// Begins a pull; answers when it will have ended. Pulls of a node run one after the other.
    pub fn begin_pull(
        &mut self,
        reference: &Reference,
        now: SimTime,
        (seed, uid): (u64, &str),
        registry: Registry,
    ) -> SimTime {
        let name = reference.to_string();
        let draw = chance::uniform(seed, uid, &name, now.0);
        let took = match Catalogue::builtin().find(reference) {
            // Only the registry is asked whether the tag still means what is here.
            Ok(_) if self.has(reference) => 25.0 + 15.0 * draw,
            Ok(image) => 100.0 + (image.size / BYTES_PER_MILLI) as f64 + 100.0 * draw,
            // A registry knows its tags at once; for a repository it does not have, the runtime first asks for a token (as recorded).
            Err(PullError::UnknownTag) => 5.0 + 15.0 * draw,
            Err(PullError::UnknownRepository) => 90.0 + 20.0 * draw,
            Err(PullError::UnknownHost) => 60.0,
        };
        let took = match registry {
            Registry::Up => took,
            Registry::Slow(times) => took * f64::from(times),
            Registry::Down => 5000.0,
        };
        self.busy_until = self.busy_until.max(now).plus(took as u64);
        self.pulling.insert(name, took as u64);
        self.busy_until
    }

    /// Ends a pull that was tried with `credentials`: the image's size in bytes and the milliseconds it took, or the runtime's error.
    pub fn end_pull(
        &mut self,
        reference: &Reference,
        registry: Registry,
        credentials: &[Credential],
    ) -> Result<(u64, u64), String> {
        let name = reference.to_string();
        let took = self.pulling.remove(&name).unwrap_or(30);
        if registry == Registry::Down {
            return Err(unanswered(reference));
        }
        let image = Catalogue::builtin().find(reference).map_err(|error| error_text(error, reference))?;
        let login = Catalogue::builtin().login(reference);
        logs_in(login, reference, credentials).map_err(|error| {
            format!("failed to pull and unpack image \"{name}\": failed to resolve image: {error}")
        })?;
        self.pulled.insert(name, image.size);
        Ok((image.size, took))
    }
}

/// What containerd says when a registry does not answer.
fn unanswered(reference: &Reference) -> String {
    let (name, host) = (reference.to_string(), &reference.host);
    let server = if host == "docker.io" { "registry-1.docker.io" } else { host };
    format!(
        "failed to pull and unpack image \"{name}\": failed to resolve image: failed to do request: Head \"https://{server}/v2/{}/manifests/{}\": \
         dial tcp: i/o timeout",
        reference.repository,
        reference.tag.as_deref().unwrap_or("latest")
    )
}

/// What containerd 2.3 says when a registry does not give an image.
fn error_text(error: PullError, reference: &Reference) -> String {
    let name = reference.to_string();
    match error {
        PullError::UnknownRepository => format!(
            "failed to pull and unpack image \"{name}\": failed to resolve image: pull access denied, repository does not exist or may \
             require authorization: server message: insufficient_scope: authorization failed"
        ),
        PullError::UnknownTag => format!(
            "rpc error: code = NotFound desc = failed to pull and unpack image \"{name}\": failed to resolve image: {name}: not found"
        ),
        PullError::UnknownHost => {
            let host = &reference.host;
            let path = reference.repository.clone();
            let version = name.rsplit_once('@').map(|(_, digest)| digest.to_owned());
            let version = version.or_else(|| reference.tag.clone()).unwrap_or_else(|| "latest".into());
            let (server, port) = host.split_once(':').unwrap_or((host, "443"));
            // On the machine itself containerd asks without TLS, but for the port of TLS (docker.MatchLocalhost).
            let here = server == "localhost" || server.starts_with("127.");
            let scheme = if here && port != "443" { "http" } else { "https" };
            let dial = if here {
                format!("dial tcp 127.0.0.1:{port}: connect: connection refused")
            } else {
                format!("dial tcp: lookup {server} on 10.255.255.53:53: no such host")
            };
            format!(
                "failed to pull and unpack image \"{name}\": failed to resolve image: failed to do request: Head \
                 \"{scheme}://{host}/v2/{path}/manifests/{version}\": {dial}"
            )
        }
    }
}
