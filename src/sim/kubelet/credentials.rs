//! Who a pull says it is: the logins in a Pod's pull secrets (pkg/credentialprovider). Knows no image but by its name.

use crate::kube::core::LocalObjectReference;
use crate::kube::{Kind, Object};
use crate::os::Reference;
use crate::sim::store::Store;
use serde::Deserialize;
use std::collections::BTreeMap;

/// The key under which a Secret of the type `kubernetes.io/dockerconfigjson` holds its logins.
const DOCKER_CONFIG: &str = ".dockerconfigjson";

/// A login at a registry, or at a part of one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Credential {
    /// Host and perhaps path, without a scheme.
    server: String,
    /// `user:password`.
    login: String,
}

#[derive(Deserialize)]
struct DockerConfig {
    auths: BTreeMap<String, Login>,
}

#[derive(Deserialize)]
struct Login {
    #[serde(default)]
    username: String,
    #[serde(default)]
    password: String,
}

impl Credential {
    fn new(server: &str, login: &Login) -> Credential {
        let bare =
            server.strip_prefix("https://").or_else(|| server.strip_prefix("http://")).unwrap_or(server);
        let bare = bare.trim_end_matches('/');
        let bare = bare.strip_suffix("/v1").or_else(|| bare.strip_suffix("/v2")).unwrap_or(bare);
        let server = if bare == "index.docker.io" { "docker.io" } else { bare };
        Credential { server: server.to_owned(), login: format!("{}:{}", login.username, login.password) }
    }

    /// Whether it is meant for that image: same host, and the path begins the image's.
    fn is_for(&self, reference: &Reference) -> bool {
        let name = reference.name();
        name.strip_prefix(&self.server).is_some_and(|rest| rest.starts_with('/') || rest.is_empty())
    }
}

/// The logins that the wanted secrets hold. A Secret that is missing, of another type or unreadable holds none.
pub(super) fn of(wanted: &[LocalObjectReference], namespace: &str, store: &Store) -> Vec<Credential> {
    let secrets =
        wanted.iter().filter_map(|reference| match store.find(Kind::Secret, namespace, &reference.name) {
            Some(Object::Secret(secret)) => secret.data.as_ref()?.get(DOCKER_CONFIG),
            _ => None,
        });
    let configs = secrets.filter_map(|bytes| serde_json::from_slice::<DockerConfig>(&bytes.0).ok());
    configs.flat_map(|config| config.auths).map(|(server, login)| Credential::new(&server, &login)).collect()
}

/// Whether a registry that asks for `login` gives the image; else the end of what containerd says. The right login among several will do.
pub(super) fn logs_in(
    login: Option<&str>,
    reference: &Reference,
    credentials: &[Credential],
) -> Result<(), String> {
    let Some(login) = login else { return Ok(()) };
    let mut tried = credentials.iter().filter(|credential| credential.is_for(reference)).peekable();
    if tried.peek().is_none() {
        return Err("pull access denied, repository does not exist or may require authorization: \
                    authorization failed: no basic auth credentials"
            .to_owned());
    }
    if tried.any(|credential| credential.login == login) {
        return Ok(());
    }
    let tag = reference.tag.as_deref().unwrap_or("latest");
    Err(format!(
        "unexpected status from HEAD request to https://{}/v2/{}/manifests/{tag}: 401 Unauthorized",
        reference.host, reference.repository
    ))
}

/// The names of pull secrets that do not exist.
pub(super) fn missing_secrets(
    wanted: &[LocalObjectReference],
    namespace: &str,
    store: &Store,
) -> Vec<String> {
    let missing = |name: &&String| store.find(Kind::Secret, namespace, name).is_none();
    wanted.iter().map(|reference| &reference.name).filter(missing).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn login_for(server: &str) -> Credential {
        Credential::new(server, &Login { username: "ada".into(), password: "pw".into() })
    }

    #[test]
    fn a_login_is_offered_to_its_server_and_to_no_other() {
        let image = Reference::parse("registry.harbour.example/shop/till:2.4").unwrap();
        for server in [
            "registry.harbour.example",
            "https://registry.harbour.example/v2/",
            "registry.harbour.example/shop",
        ] {
            assert_eq!(logs_in(Some("ada:pw"), &image, &[login_for(server)]), Ok(()), "{server}");
        }
        for server in ["https://index.docker.io/v1/", "harbour.example", "registry.harbour.example/shopping"]
        {
            let error = logs_in(Some("ada:pw"), &image, &[login_for(server)]).unwrap_err();
            assert!(error.ends_with("no basic auth credentials"), "{server}: {error}");
        }
    }

    #[test]
    fn a_wrong_password_is_told_apart_from_none() {
        let image = Reference::parse("registry.harbour.example/shop/till:2.4").unwrap();
        let error = logs_in(Some("ada:other"), &image, &[login_for("registry.harbour.example")]).unwrap_err();
        assert!(error.ends_with("/v2/shop/till/manifests/2.4: 401 Unauthorized"), "{error}");
    }

    #[test]
    fn a_public_image_asks_nobody() {
        assert_eq!(logs_in(None, &Reference::parse("nginx").unwrap(), &[]), Ok(()));
    }
}
