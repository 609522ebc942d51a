//! Which objects a command means: `pods`, `pod/web svc/web`, `deploy,rs web`, `all` (`cli-runtime/pkg/resource/builder.go`).

use super::complaint::Complaint;
use super::run::{Run, refused};
use crate::kube::fields::FieldSelector;
use crate::kube::selector::Selector;
use crate::kube::{Key, Kind, Object};
use crate::sim::api::Refusal;

/// The kinds `all` stands for, in kubectl's order.
pub const ALL: &[Kind] = &[
    Kind::Pod,
    Kind::ReplicationController,
    Kind::Service,
    Kind::DaemonSet,
    Kind::Deployment,
    Kind::ReplicaSet,
    Kind::StatefulSet,
    Kind::HorizontalPodAutoscaler,
    Kind::CronJob,
    Kind::Job,
];

/// One thing asked for.
#[derive(Clone, Debug, PartialEq)]
pub enum Target {
    /// Every object of a kind.
    Kind(Kind),
    /// One object of the namespace in effect.
    Named(Kind, String),
    /// One object that a file names.
    Stored(Key),
}

impl Target {
    /// The kind asked for.
    pub fn kind(&self) -> Kind {
        match self {
            Target::Kind(kind) | Target::Named(kind, _) => *kind,
            Target::Stored(key) => key.kind,
        }
    }
}

/// The kind a word means, or kubectl's complaint that there is none.
pub fn kind(word: &str) -> Result<Kind, Complaint> {
    Kind::parse(word).ok_or_else(|| {
        // Behind a dot stand the version and the group.
        let word = word.split('.').next().unwrap_or_default();
        Complaint::plain(format!("the server doesn't have a resource type {word:?}"))
    })
}

/// What `words` ask for.
pub fn targets(words: &[String]) -> Result<Vec<Target>, Complaint> {
    let slashed = words.iter().filter(|w| w.contains('/')).count();
    if slashed == 0 {
        return typed(words);
    }
    if slashed < words.len() {
        return Err(Complaint::plain(
            "there is no need to specify a resource type as a separate argument when passing arguments in \
             resource/name form (e.g. 'kubectl get resource/<resource_name>' instead of 'kubectl get resource \
             resource/<resource_name>'",
        ));
    }
    let pair = |word: &String| {
        let (kinds, name) = word.split_once('/').unwrap_or_default();
        if name.contains('/') {
            return Err(Complaint::plain("arguments in resource/name form may not have more than one slash"));
        }
        if kinds.is_empty() || name.is_empty() || kinds.contains(',') {
            return Err(Complaint::plain(
                "arguments in resource/name form must have a single resource and name",
            ));
        }
        Ok(Target::Named(kind(kinds)?, name.to_owned()))
    };
    words.iter().map(pair).collect()
}

fn typed(words: &[String]) -> Result<Vec<Target>, Complaint> {
    let Some((first, names)) = words.split_first() else { return Ok(Vec::new()) };
    let mut kinds = Vec::new();
    for word in first.split(',') {
        if word.eq_ignore_ascii_case("all") {
            kinds.extend_from_slice(ALL);
        } else {
            kinds.push(kind(word)?);
        }
    }
    if names.iter().any(String::is_empty) {
        return Err(Complaint::plain("resource name may not be empty"));
    }
    if names.is_empty() {
        return Ok(kinds.into_iter().map(Target::Kind).collect());
    }
    let named = |kind: &Kind| names.iter().map(|name| Target::Named(*kind, name.clone())).collect::<Vec<_>>();
    Ok(kinds.iter().flat_map(named).collect())
}

/// The labels and fields objects must have.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    labels: Selector,
    fields: FieldSelector,
}

impl Filter {
    /// Reads `-l` and `--field-selector` for objects of `kind`.
    pub fn parse(labels: Option<&str>, fields: Option<&str>, kind: Kind) -> Result<Filter, Complaint> {
        let (labels, fields) = (labels.unwrap_or_default(), fields.unwrap_or_default());
        let info = kind.info();
        let group = if info.group.is_empty() { String::new() } else { info.group.to_owned() };
        let refuse = |why: String| {
            let what = format!("{group}/{}, Resource={}", info.version, info.plural);
            refused(Refusal::bad_request(format!(
                "Unable to find {what:?} that match label selector {labels:?}, field selector {fields:?}: {why}"
            )))
        };
        let selector = Selector::parse(labels).map_err(refuse)?;
        let wanted = FieldSelector::parse(fields).map_err(Complaint::plain)?;
        if let Some(field) = wanted.unsupported(kind) {
            return Err(refuse(format!("field label not supported: {field}")));
        }
        Ok(Filter { labels: selector, fields: wanted })
    }

    /// Whether `object` is meant.
    pub fn matches(&self, object: &Object) -> bool {
        self.labels.matches_opt(object.meta().labels.as_ref()) && self.fields.matches(object)
    }
}

/// What was found: objects by the target that asked for them, and what was not found.
#[derive(Debug, Default)]
pub struct Found {
    /// The objects of each target that is there, in order.
    pub groups: Vec<(Kind, Vec<Object>)>,
    /// What went wrong.
    pub errors: Vec<Complaint>,
}

impl Found {
    /// All objects, in order.
    pub fn objects(&self) -> impl Iterator<Item = &Object> + Clone {
        self.groups.iter().flat_map(|(_, objects)| objects)
    }
}

/// Looks the targets up, with the command's `-n`, `-A`, `-l` and `--field-selector`.
pub fn find(run: &Run, targets: &[Target]) -> Result<Found, Complaint> {
    let mut found = Found::default();
    let everywhere = run.args.is("all-namespaces");
    for target in targets {
        match target {
            Target::Named(kind, name) => match named(run, *kind, name) {
                Ok(object) => found.groups.push((*kind, vec![object])),
                Err(complaint) => found.errors.push(complaint),
            },
            Target::Stored(key) => match run.cluster.store().get(key) {
                Some(object) => found.groups.push((key.kind, vec![object.clone()])),
                None => found.errors.push(refused(Refusal::not_found(key))),
            },
            Target::Kind(kind) => {
                let filter = Filter::parse(run.args.get("selector"), run.args.get("field-selector"), *kind)?;
                let inside = kind.info().namespaced && !everywhere;
                let objects = run.cluster.store().list(*kind, inside.then_some(run.namespace));
                found.groups.push((*kind, objects.filter(|o| filter.matches(o)).cloned().collect()));
            }
        }
    }
    Ok(found)
}

/// One object of the namespace in effect.
pub fn named(run: &Run, kind: Kind, name: &str) -> Result<Object, Complaint> {
    let key = run.key(kind, name);
    run.cluster.store().get(&key).cloned().ok_or_else(|| missing(run, &key))
}

/// That an object is missing; a missing namespace is told as such, for kubectl asks for it then (`resource.Info.Get`).
pub fn missing(run: &Run, key: &Key) -> Complaint {
    let home = Key::new(Kind::Namespace, "", &key.namespace);
    let homeless = key.kind.info().namespaced && run.cluster.store().get(&home).is_none();
    refused(Refusal::not_found(if homeless { &home } else { key }))
}
