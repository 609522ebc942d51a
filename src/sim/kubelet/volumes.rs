//! A Pod's volumes: mounted before anything starts, retried on their own clock when something is missing, refreshed at each sync
//! (pkg/kubelet/volumemanager, pkg/volume/util/operationexecutor).

mod content;
mod source;

use super::desk::{Desk, PodDue, Said};
use super::worker::{Worker, same_wish};
use crate::kube::Pod;
use crate::kube::core::Volume as Spec;
use crate::os::VolumeId;
use crate::sim::nodes::Scarce;
pub(super) use content::{folder, payload};
use std::collections::BTreeMap;

/// The first wait after a failed mount, milliseconds; doubled up to [`LONGEST`] (pkg/util/goroutinemap/exponentialbackoff).
const FIRST: u64 = 500;
/// The longest wait after a failed mount.
const LONGEST: u64 = 122_000;

/// How often the kubelet looks whether what a volume waits for is there, milliseconds; it says nothing about that. A real one looks ten
/// times as often.
const POPULATE: u64 = 1000;

/// Why a volume is not there yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Hitch {
    /// It was tried and failed: what the event says.
    Failed(String),
    /// The same, but the attempt takes so many milliseconds to fail.
    Slow(u64, String),
    /// Something else has to happen first.
    Waiting,
    /// Nobody will ever bring it.
    Never,
}

/// What an event says of a plugin that could not set a volume up.
fn set_up(volume: &str, why: &str) -> String {
    format!("MountVolume.SetUp failed for volume \"{volume}\" : {why}")
}

/// The state of one volume.
#[derive(Clone, Debug, Default)]
struct Entry {
    /// Where its files are, once it is mounted, and the folder in there.
    mounted: Option<(VolumeId, String)>,
    /// The wait after the next failure, milliseconds.
    wait: u64,
    /// When it may be tried again.
    next: u64,
    /// Whether an attempt is under way that takes long to fail.
    trying: bool,
    /// Whether what it was made of is gone since: it is tried again until it is back.
    stale: bool,
}

/// All volumes of a Pod.
#[derive(Clone, Debug, Default)]
pub(super) struct Volumes {
    entries: BTreeMap<String, Entry>,
    begun: bool,
    done: bool,
    /// What the files were last made of: the state of all configuration, and the Pod.
    made_of: Option<(u64, Pod)>,
}

impl Volumes {
    /// Whether nothing is left to mount.
    pub fn all_mounted(&self) -> bool {
        self.done
    }

    /// Where the files of a volume are: the volume and the folder in it.
    pub fn place(&self, name: &str) -> Option<(VolumeId, String)> {
        self.entries.get(name).and_then(|entry| entry.mounted.clone())
    }

    /// The volumes' numbers with their names.
    pub fn ids(&self) -> impl Iterator<Item = (&str, VolumeId)> {
        self.entries
            .iter()
            .filter_map(|(name, entry)| entry.mounted.as_ref().map(|(id, _)| (name.as_str(), *id)))
    }
}

/// Whether the files of a volume follow API objects.
pub fn follows_objects(pod: &Pod, name: &str) -> bool {
    let spec = pod.spec.volumes.iter().flatten().find(|spec| spec.name == name);
    spec.is_some_and(content::changes)
}

/// Whether a volume can only be read, whatever its mounts say (`GetAttributes`, `mustMountRO`).
pub fn is_read_only(pod: &Pod, name: &str) -> bool {
    let spec = pod.spec.volumes.iter().flatten().find(|spec| spec.name == name);
    spec.is_some_and(|spec| {
        let claim = spec.persistent_volume_claim.as_ref();
        content::changes(spec)
            || spec.image.is_some()
            || claim.is_some_and(|claim| claim.read_only == Some(true))
    })
}

impl Volumes {
    /// The Pod's own scratch volumes that take this resource.
    pub fn owned(&self, pod: &Pod, what: Scarce) -> Vec<VolumeId> {
        let scratch = |spec: &&Spec| {
            let medium = spec.empty_dir.as_ref().map(|dir| dir.medium.as_deref() == Some("Memory"));
            medium == Some(what == Scarce::Memory)
        };
        let wanted = pod.spec.volumes.iter().flatten().filter(scratch);
        wanted.filter_map(|spec| self.entries.get(&spec.name)?.mounted.as_ref().map(|(id, _)| *id)).collect()
    }
}

impl Worker {
    /// Has the volume manager begin, at the first sync.
    pub fn begin_mounting(&mut self, desk: &mut Desk) {
        if self.volumes.begun {
            return;
        }
        self.volumes.begun = true;
        let specs = self.pod.spec.volumes.as_deref().unwrap_or_default();
        for spec in specs {
            self.volumes.entries.insert(spec.name.clone(), Entry { wait: FIRST, ..Entry::default() });
        }
        self.volumes.done = specs.is_empty();
        if !specs.is_empty() {
            desk.later(desk.machine.latency.mount, self.serial, PodDue::Mount);
        }
    }

    /// Tries every volume whose time has come.
    pub fn mount(&mut self, desk: &mut Desk) {
        if self.mode != super::worker::Mode::Syncing {
            return;
        }
        let now = desk.ctx.now.0;
        let pod_spec = self.pod.spec.clone();
        for spec in pod_spec.volumes.iter().flatten() {
            let Some(entry) = self.volumes.entries.get(&spec.name) else { continue };
            if entry.next > now || (entry.mounted.is_some() && !entry.stale) {
                continue;
            }
            if entry.mounted.is_some() {
                self.refresh(spec, desk);
                continue;
            }
            match content::mount(self, spec, desk) {
                Ok(place) => self.set_mounted(&spec.name, place),
                Err(hitch) => self.hitch(&spec.name, hitch, desk),
            }
        }
        self.volumes.done = self.volumes.entries.values().all(|entry| entry.mounted.is_some());
    }

    /// A volume could not be mounted now.
    fn hitch(&mut self, name: &str, hitch: Hitch, desk: &mut Desk) {
        let Some(entry) = self.volumes.entries.get_mut(name) else { return };
        let wait = match hitch {
            Hitch::Never => {
                entry.next = u64::MAX;
                return;
            }
            Hitch::Waiting => POPULATE,
            Hitch::Slow(span, _) if !entry.trying => {
                entry.trying = true;
                span
            }
            Hitch::Slow(_, text) | Hitch::Failed(text) => {
                entry.trying = false;
                return self.mount_failed(name, text, desk);
            }
        };
        entry.next = desk.ctx.now.plus(wait).0;
        desk.later(wait, self.serial, PodDue::Mount);
    }

    fn set_mounted(&mut self, name: &str, place: (VolumeId, String)) {
        if let Some(entry) = self.volumes.entries.get_mut(name) {
            entry.mounted = Some(place);
            entry.wait = FIRST;
        }
    }

    fn mount_failed(&mut self, name: &str, text: String, desk: &mut Desk) {
        if !self.volumes.done {
            let why = text.split_once(" : ").map_or(text.as_str(), |(_, why)| why);
            let told = format!("volume {name} cannot be mounted ({why}), so no container is started");
            self.tell_failure("volumes", told, desk);
        }
        desk.event(&self.events_pod(), Said::warning("", "FailedMount", text), self.because);
        let Some(entry) = self.volumes.entries.get_mut(name) else { return };
        // The reconciler looks every 100 ms, so each try comes a little after its wait is over.
        let wait = entry.wait + 10;
        entry.wait = (entry.wait * 2).min(LONGEST);
        entry.next = desk.ctx.now.plus(wait).0;
        desk.later(wait, self.serial, PodDue::Mount);
    }

    /// Brings `ConfigMaps`, Secrets and the downward API in the volumes up to date; happens with every sync.
    pub fn refresh_volumes(&mut self, desk: &mut Desk) {
        if !self.volumes.done {
            return;
        }
        let configured = desk.ctx.store.configured();
        let same = |(revision, pod): &(u64, Pod)| *revision == configured && same_wish(pod, &self.pod);
        let made = self.volumes.made_of.as_ref().is_some_and(same);
        // The Pod as it is now, whether or not it matters: an older one would be kept for this alone.
        self.volumes.made_of = Some((configured, self.pod.clone()));
        if made {
            return;
        }
        let pod_spec = self.pod.spec.clone();
        for spec in pod_spec.volumes.iter().flatten().filter(|spec| content::changes(spec)) {
            let tried = self.volumes.entries.get(&spec.name).is_some_and(|entry| entry.stale);
            if !tried {
                self.refresh(spec, desk);
            }
        }
    }

    /// Makes the files of a mounted volume anew; if that cannot be done they stay, and it is tried again as a first mount is.
    fn refresh(&mut self, spec: &Spec, desk: &mut Desk) {
        let place = self.volumes.entries.get(&spec.name).and_then(|entry| entry.mounted.clone());
        let Some((id, _)) = place else { return };
        let made = content::tree(self, spec, desk);
        if let Some(entry) = self.volumes.entries.get_mut(&spec.name) {
            entry.stale = made.is_err();
            if made.is_ok() {
                entry.wait = FIRST;
            }
        }
        let payload = match made {
            Ok(payload) => payload,
            Err(why) => return self.mount_failed(&spec.name, set_up(&spec.name, &why), desk),
        };
        let known = desk.ctx.runtime.volumes.get(id).and_then(|volume| content::payload(&volume.tree));
        if known.and_then(|folder| folder.entries()) != payload.root().entries() {
            let tree = content::published(&payload, &self.uid, desk);
            desk.ctx.runtime.refresh_volume(id, tree);
        }
    }
}
