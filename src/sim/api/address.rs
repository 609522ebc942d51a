//! Paths of the API, taken apart: `/apis/apps/v1/namespaces/default/deployments/web/scale`. Knows nothing of what lies there.

use crate::kube::kind::KINDS;
use crate::kube::{Key, Kind};

/// What a path leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    /// Objects, or a part of one.
    Resource(Resource),
    /// A question about permissions: the resource it is posted to (`selfsubjectaccessreviews`).
    Review(String),
    /// Whether the server is well.
    Health,
    /// Which version it is.
    Version,
    /// What it can do.
    Discovery(Catalogue),
    /// The types, of one group and version (`apis/apps/v1`) or the list of those.
    OpenApi(Option<String>),
    /// The same in the old version of the form.
    OpenApiOld,
}

/// Which list of what the server can do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Catalogue {
    /// The core group's versions.
    Core,
    /// The other groups.
    Groups,
    /// The kinds of a group and version; the core group is empty.
    Kinds(String, String),
}

/// Objects of a kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resource {
    /// What they are.
    pub kind: Kind,
    /// In which namespace; `None` for all of them, and for kinds without.
    pub namespace: Option<String>,
    /// Which of them; `None` for all.
    pub name: Option<String>,
    /// A part of it with an address of its own (`status`, `log`, `exec`).
    pub part: Option<String>,
}

impl Resource {
    /// Where the one object is stored, if the path names one.
    pub fn key(&self) -> Option<Key> {
        let namespace = self.namespace.as_deref().unwrap_or_default();
        self.name.as_deref().map(|name| Key::new(self.kind, namespace, name))
    }
}

impl Address {
    /// Takes a path apart; `None` if nothing can lie there.
    pub fn parse(path: &str) -> Option<Address> {
        let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
        Some(match parts.as_slice() {
            ["healthz" | "livez" | "readyz", ..] => Address::Health,
            ["version"] => Address::Version,
            ["api"] => Address::Discovery(Catalogue::Core),
            ["apis"] => Address::Discovery(Catalogue::Groups),
            ["api", "v1"] => Address::Discovery(Catalogue::Kinds(String::new(), "v1".to_owned())),
            ["apis", group, version] => {
                Address::Discovery(Catalogue::Kinds((*group).to_owned(), (*version).to_owned()))
            }
            ["openapi", "v2"] => Address::OpenApiOld,
            ["openapi", "v3"] => Address::OpenApi(None),
            ["openapi", "v3", rest @ ..] => Address::OpenApi(Some(rest.join("/"))),
            ["apis", "authorization.k8s.io" | "authentication.k8s.io", "v1", rest @ ..] => {
                Address::Review((*rest.last()?).to_owned())
            }
            ["api", "v1", rest @ ..] => Address::Resource(resource("", "v1", rest)?),
            ["apis", group, version, rest @ ..] => Address::Resource(resource(group, version, rest)?),
            _ => return None,
        })
    }
}

fn resource(group: &str, version: &str, parts: &[&str]) -> Option<Resource> {
    let (namespace, rest) = match parts {
        // What lies under a namespace, unless it is a part of the namespace itself.
        ["namespaces", namespace, rest @ ..]
            if !rest.is_empty() && !matches!(rest, ["status" | "finalize"]) =>
        {
            (Some(*namespace), rest)
        }
        _ => (None, parts),
    };
    let (plural, rest) = rest.split_first()?;
    let info = KINDS.iter().find(|i| i.plural == *plural && i.group == group && i.version == version)?;
    let (name, part) = match rest {
        [] => (None, None),
        [name] => (Some(*name), None),
        [name, part] => (Some(*name), Some(*part)),
        _ => return None,
    };
    if !info.namespaced && namespace.is_some() || info.namespaced && namespace.is_none() && name.is_some() {
        return None;
    }
    let owned = |text: Option<&str>| text.map(str::to_owned);
    Some(Resource { kind: info.kind, namespace: owned(namespace), name: owned(name), part: owned(part) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(path: &str) -> Option<(Kind, String)> {
        match Address::parse(path)? {
            Address::Resource(r) => {
                let text = |part: Option<String>| part.unwrap_or_else(|| "-".to_owned());
                Some((r.kind, format!("{} {} {}", text(r.namespace), text(r.name), text(r.part))))
            }
            _ => None,
        }
    }

    #[test]
    fn objects_lie_where_the_api_puts_them() {
        for (path, kind, rest) in [
            ("/api/v1/pods", Kind::Pod, "- - -"),
            ("/api/v1/namespaces/a/pods/web/log", Kind::Pod, "a web log"),
            ("/api/v1/namespaces/a", Kind::Namespace, "- a -"),
            ("/api/v1/namespaces/a/finalize", Kind::Namespace, "- a finalize"),
            ("/apis/apps/v1/namespaces/a/deployments/web/scale", Kind::Deployment, "a web scale"),
            ("/api/v1/nodes/worker-1", Kind::Node, "- worker-1 -"),
        ] {
            assert_eq!(at(path), Some((kind, rest.to_owned())), "{path}");
        }
    }

    #[test]
    fn what_cannot_exist_has_no_address() {
        for path in [
            "/",
            "/api/v2/pods",
            "/apis/apps/v1/pods",
            "/api/v1/pods/web",
            "/api/v1/namespaces/a/nodes",
            "/api/v1/x",
        ] {
            assert_eq!(Address::parse(path), None, "{path}");
        }
    }
}
