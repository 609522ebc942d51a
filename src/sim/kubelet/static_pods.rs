//! Static Pods: manifests in a folder of the node, run without anybody's leave, and the mirror Pods that show them in the API
//! (pkg/kubelet/config/file.go, `pkg/kubelet/pod/mirror_client.go`).

use super::desk::{Desk, PodDue};
use super::kill::KillOrder;
use super::spec;
use super::worker::{Mode, Worker};
use super::{Due, Kubelet};
use crate::kube::core::{Pod as ApiPod, PodSpec, Toleration};
use crate::kube::manifest::{self, Truths, Validation};
use crate::kube::{Key, Kind, Object, Pod};
use crate::sim::api::Write;
use crate::sim::cause::CauseId;
use crate::sim::cluster::{self, Context};
use crate::sim::nodes::Unusable;
use crate::sim::store::{Change, ChangeKind};
use crate::sim::{admission, chance};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::OwnerReference;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Where the kubelet looks for manifests.
pub const MANIFESTS: &str = "/etc/kubernetes/manifests";

/// The annotation that names the static Pod a mirror stands for.
const MIRROR: &str = "kubernetes.io/config.mirror";

/// What the manifest folder held when the kubelet last looked.
#[derive(Clone, Debug, Default)]
pub(super) struct Manifests {
    /// The hash of each file's Pod, with its worker.
    known: BTreeMap<String, (Arc<str>, Option<u64>)>,
    /// The files themselves.
    files: BTreeMap<String, Vec<u8>>,
    /// Pods that wait for their predecessor to be gone.
    waiting: BTreeMap<String, (Arc<str>, Pod)>,
}

impl Kubelet {
    /// The manifest folder has changed: these are its files.
    pub fn read_manifests(
        &mut self,
        files: &BTreeMap<String, Vec<u8>>,
        because: CauseId,
        context: &mut Context,
    ) {
        let changed = |name: &str| self.manifests.files.get(name) != files.get(name);
        if let Some(machine) = context.machines.get_mut(&self.machine.spec.name) {
            let settled = |file: &&mut Unusable| file.until.is_none() && changed(name_of(&file.path));
            machine.unusable.iter_mut().filter(settled).for_each(|file| file.until = Some(context.now));
        }
        self.manifests.files.clone_from(files);
        let gone: Vec<String> =
            self.manifests.known.keys().filter(|name| !files.contains_key(*name)).cloned().collect();
        for name in gone {
            self.drop_manifest(&name, because, context);
        }
        for (name, bytes) in files.iter().filter(|(name, _)| !name.starts_with('.')) {
            let hash: Arc<str> = chance::hex(0, &String::from_utf8_lossy(bytes), name, 32).into();
            if self.manifests.known.get(name).is_some_and(|(known, _)| *known == hash) {
                continue;
            }
            // A file that cannot be read as a Pod is passed over; what it held before goes on.
            let pod = match self.static_pod(bytes, &hash, context) {
                Ok(pod) => pod,
                Err(why) => {
                    self.complain_of(name, &why, context);
                    continue;
                }
            };
            self.drop_manifest(name, because, context);
            self.manifests.known.insert(name.clone(), (hash.clone(), None));
            self.manifests.waiting.insert(name.clone(), (hash, pod));
        }
        self.start_waiting(because, context);
    }

    /// Notes in the journal what is wrong with a file (pkg/kubelet/config/file.go).
    fn complain_of(&mut self, name: &str, why: &str, context: &mut Context) {
        let path = format!("{MANIFESTS}/{name}");
        let why = format!("{path}: couldn't parse as pod({why}), please check config file");
        let now = context.now;
        let Some(machine) = context.machines.get_mut(&self.machine.spec.name) else { return };
        if machine.unusable.iter().all(|file| file.path != path || file.until.is_some()) {
            machine.unusable.push(Unusable { path, why, from: now, until: None });
        }
    }

    /// Whether the manifest folder is as the kubelet knows it.
    pub fn knows_manifests(&self, files: &BTreeMap<String, Vec<u8>>) -> bool {
        self.manifests.files == *files
    }

    fn drop_manifest(&mut self, name: &str, because: CauseId, context: &mut Context) {
        self.manifests.waiting.remove(name);
        let Some((_, Some(serial))) = self.manifests.known.remove(name) else { return };
        let mut desk = Desk { machine: &mut self.machine, ctx: context };
        if let Some(worker) = self.workers.get_mut(&serial) {
            worker.orphan = true;
            let grace = spec::grace(&worker.pod);
            worker.stop(KillOrder::finished(grace), because, &mut desk);
        }
    }

    /// Starts every static Pod whose name is free; asks again later for the others.
    pub(super) fn start_waiting(&mut self, because: CauseId, context: &mut Context) {
        let waiting = std::mem::take(&mut self.manifests.waiting);
        for (name, (hash, pod)) in waiting {
            let key = Key::pod(pod.namespace(), pod.name());
            if self.workers.values().any(|worker| worker.key == key && worker.mode < Mode::Finished) {
                self.manifests.waiting.insert(name, (hash, pod));
                let at = self.machine.clock.tick(context.now.plus(12_500));
                context.agenda.push(at, cluster::Due::Kubelet(self.machine.index, Due::Manifests(because)));
                continue;
            }
            let serial = self.next_serial;
            self.next_serial += 1;
            let mut worker = Worker::new(serial, key, pod, (because, context.now));
            worker.static_hash = Some(hash.clone());
            self.by_uid.insert(worker.uid.clone(), serial);
            self.workers.insert(serial, worker);
            self.manifests.known.insert(name, (hash, Some(serial)));
            let mut desk = Desk { machine: &mut self.machine, ctx: context };
            desk.later(desk.machine.latency.watch, serial, PodDue::Start);
        }
    }

    /// The Pod of a manifest as the kubelet completes it, or why it is none.
    fn static_pod(&self, bytes: &[u8], hash: &str, context: &mut Context) -> Result<Pod, String> {
        let mut pod = read(bytes)?;
        let node = &self.machine.spec.name;
        let seen = context
            .machines
            .get(node)
            .map_or_else(|| context.now.timestamp(), |m| m.wall.timestamp(context.now));
        let meta = &mut pod.metadata;
        meta.name = Some(format!(
            "{}-{}",
            meta.name.as_deref().filter(|name| !name.is_empty()).ok_or("metadata.name: Required value")?,
            node.to_lowercase()
        ));
        meta.namespace.get_or_insert_with(|| "default".into());
        meta.uid = Some(hash.into());
        let annotations = meta.annotations.get_or_insert_default();
        annotations.insert("kubernetes.io/config.hash".into(), hash.into());
        annotations.insert("kubernetes.io/config.seen".into(), format!("{seen:.9}"));
        annotations.insert("kubernetes.io/config.source".into(), "file".into());
        annotations.insert(MIRROR.into(), hash.into());
        let spec = pod.spec.get_or_insert_default();
        spec.node_name = Some(node.to_string());
        spec.tolerations.get_or_insert_default().push(Toleration {
            operator: Some("Exists".into()),
            effect: Some("NoExecute".into()),
            ..Toleration::default()
        });
        let mut object = Object::Pod(pod.into());
        admission::mutate(&mut object, context).map_err(|refusal| refusal.message)?;
        match object {
            Object::Pod(pod) if !pod.spec.containers.is_empty() => Ok(pod),
            _ => Err("spec.containers: Required value".to_owned()),
        }
    }

    /// Sees a change of a mirror Pod; false if it is none.
    pub(super) fn observe_mirror(&mut self, change: &Change, pod: &Pod, context: &mut Context) -> bool {
        let Some(hash) = pod.metadata.annotations.as_ref().and_then(|annotations| annotations.get(MIRROR))
        else {
            return false;
        };
        let mut desk = Desk { machine: &mut self.machine, ctx: context };
        let worker = self.workers.values_mut().find(|worker| worker.static_hash.as_deref() == Some(hash));
        if let Some(worker) = worker {
            worker.see_mirror(change, pod, &mut desk);
        }
        true
    }
}

/// The Pod that a file holds.
fn read(bytes: &[u8]) -> Result<ApiPod, String> {
    let text = String::from_utf8_lossy(bytes);
    let value = manifest::values(&text, Truths::Many)?.into_iter().next().unwrap_or_default();
    if value.get("kind").and_then(|kind| kind.as_str()).is_none_or(str::is_empty) {
        return Err(format!("Object 'Kind' is missing in '{value}'"));
    }
    let said =
        |error: String| error.rsplit_once("handled as a Pod: ").map_or(error.clone(), |(_, why)| why.into());
    let document = manifest::of_value(value, "").into_iter().next();
    let document = document.ok_or("no Pod")?.map_err(|complaint| said(complaint.text))?;
    let (object, _) = document.object(Validation::Ignore).map_err(|complaint| said(complaint.text))?;
    let Object::Pod(pod) = object else {
        return Err(format!("invalid pod: it is a {}", document.kind.info().name));
    };
    match referred(&pod.spec) {
        Some(what) => Err(format!("static pods may not reference {what}")),
        None => Ok(pod.to_api()),
    }
}

/// The API objects that a manifest needs to run, which no static Pod may (gate `PreventStaticPodAPIReferences`).
fn referred(spec: &PodSpec) -> Option<&'static str> {
    if spec.service_account_name.as_deref().is_some_and(|name| !name.is_empty()) {
        return Some("serviceaccounts");
    }
    let volumes = spec.volumes.iter().flatten().find_map(|volume| {
        let mut parts = volume.projected.iter().flat_map(|projected| projected.sources.iter().flatten());
        if volume.secret.is_some() || parts.clone().any(|p| p.secret.is_some()) {
            Some("secrets")
        } else if volume.config_map.is_some() || parts.any(|p| p.config_map.is_some()) {
            Some("configmaps")
        } else {
            volume.persistent_volume_claim.is_some().then_some("persistentvolumeclaims")
        }
    });
    let env = spec.init_containers.iter().flatten().chain(&spec.containers).find_map(|container| {
        let from = container.env_from.iter().flatten().map(|from| from.secret_ref.is_some());
        let sources = container.env.iter().flatten().filter_map(|variable| variable.value_from.as_ref());
        let values = sources.filter_map(|from| match (&from.secret_key_ref, &from.config_map_key_ref) {
            (Some(_), _) => Some(true),
            (None, Some(_)) => Some(false),
            (None, None) => None,
        });
        from.chain(values).next().map(|secret| if secret { "secrets" } else { "configmaps" })
    });
    let claims = spec.resource_claims.as_ref().is_some_and(|list| !list.is_empty());
    volumes.or(env).or(claims.then_some("resourceclaims"))
}

/// The last part of a path.
fn name_of(path: &str) -> &str {
    path.rsplit_once('/').map_or(path, |(_, name)| name)
}

impl Worker {
    /// The mirror has changed. One that is to go is let go and made anew; the containers do not care.
    fn see_mirror(&mut self, change: &Change, pod: &Pod, desk: &mut Desk) {
        let marked = pod.metadata.deletion_timestamp.is_some();
        let final_mark = pod.metadata.deletion_grace_period_seconds == Some(0);
        match change.kind {
            ChangeKind::Modified if marked && !final_mark && self.mode == Mode::Syncing => {
                self.because = change.cause;
                desk.later(desk.machine.latency.watch, self.serial, PodDue::Mirror);
            }
            ChangeKind::Added => desk.later(desk.machine.latency.watch, self.serial, PodDue::Mirror),
            _ => {}
        }
    }

    /// Acts on what became of the mirror.
    pub fn tend_mirror(&mut self, desk: &mut Desk) {
        let marked = match desk.ctx.store.get(&self.key) {
            Some(object) => object.meta().deletion_timestamp.is_some(),
            None => return,
        };
        if marked {
            self.remove_object(desk);
            self.ensure_mirror(desk);
            // That was a sync; the new mirror asks for another, which tells it the status.
            self.last_sync = desk.ctx.now;
            return;
        }
        let because = self.because;
        self.trigger(because, desk);
    }

    /// Makes the mirror if there is none.
    pub fn ensure_mirror(&mut self, desk: &mut Desk) {
        if !self.is_static() || self.mode != Mode::Syncing || !desk.is_connected() {
            return;
        }
        if desk.ctx.store.get(&self.key).is_some() {
            // What the API holds may have been made since the last report.
            self.report_soon(desk);
            return;
        }
        let mut pod = self.pod.clone();
        let node = desk.ctx.store.find(Kind::Node, "", &desk.machine.spec.name);
        let owner = OwnerReference {
            api_version: "v1".into(),
            kind: "Node".into(),
            name: desk.machine.spec.name.to_string(),
            uid: node.and_then(|node| node.meta().uid.clone()).unwrap_or_default(),
            controller: Some(true),
            ..OwnerReference::default()
        };
        let meta = Arc::make_mut(&mut pod.metadata);
        meta.uid = None;
        meta.owner_references = Some(vec![owner]);
        pod.status = Arc::default();
        self.because = desk.ctx.because(
            Some(self.because),
            "static-pods",
            format!("the kubelet shows its static Pod {} in the API: a mirror Pod", self.key.name),
        );
        let write = Write::component(self.because);
        // A name somebody else has taken leaves the static Pod without a mirror.
        let _ = desk.ctx.create(Object::Pod(pod), &write);
    }
}
