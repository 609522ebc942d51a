//! Volumes that come from elsewhere: the node's disk, claims, file servers and drivers. Those that nobody has are told from those that
//! take time.

use super::{Hitch, set_up};
use crate::kube::core::{HostPathVolumeSource, NFSVolumeSource, PersistentVolume, Volume as Spec};
use crate::os::{Meta, Node, VolumeId};
use crate::sim::kubelet::desk::Desk;
use crate::sim::kubelet::worker::Worker;
use crate::sim::storage::{self, Used};

/// How long `mount.nfs` tries to reach a server that does not answer, milliseconds (nfs(5): `retry` is two minutes in the foreground).
const NFS_PATIENCE: u64 = 125_000;

/// A folder of the node, checked for its type.
pub(super) fn host_path(
    source: &HostPathVolumeSource,
    desk: &mut Desk,
) -> Result<(VolumeId, String), String> {
    let id = desk.ctx.runtime.node_volume(desk.machine.index);
    let path = source.path.trim_end_matches('/').to_owned();
    let kind = source.type_.as_deref().unwrap_or_default();
    let refused = |what: &str| Err(format!("hostPath type check failed: {path} is not {what}"));
    match (kind, desk.ctx.runtime.path_kind(id, &path)) {
        ("Directory", found) if found != Some(true) => return refused("a directory"),
        ("File", found) if found != Some(false) => return refused("a file"),
        ("Socket", _) => return refused("a socket file"),
        ("CharDevice", _) => return refused("a character device"),
        ("BlockDevice", _) => return refused("a block device"),
        ("DirectoryOrCreate", Some(false)) => return refused("a directory"),
        ("FileOrCreate", Some(true)) => return refused("a file"),
        ("FileOrCreate", None) => desk.ctx.runtime.put(id, &path, Node::file(Meta::root(0o644), b"")),
        (_, None) => desk.ctx.runtime.put(id, &path, Node::directory(Meta::root(0o755))),
        _ => {}
    }
    Ok((id, path.trim_start_matches('/').to_owned()))
}

/// The claim a volume stands for.
pub(super) fn claim_of(worker: &Worker, spec: &Spec) -> Option<Used> {
    match (&spec.persistent_volume_claim, &spec.ephemeral) {
        (Some(source), _) => Some(Used { claim: source.claim_name.clone(), made_for_pod: false }),
        (None, Some(_)) => {
            let claim = storage::made_for(&worker.key.name, &spec.name);
            Some(Used { claim, made_for_pod: true })
        }
        (None, None) => None,
    }
}

/// Mounts the volume of a claim. The kubelet waits for the binding and does not say so.
pub(super) fn claimed(worker: &Worker, used: &Used, desk: &mut Desk) -> Result<(VolumeId, String), Hitch> {
    let namespace = &worker.key.namespace;
    let claim = storage::claim(namespace, &used.claim, desk.ctx.store).ok_or(Hitch::Waiting)?;
    let foreign =
        used.made_for_pod && storage::belongs_to(claim, namespace, &worker.key.name, &worker.uid).is_err();
    if foreign || !storage::is_bound(claim) {
        return Err(Hitch::Waiting);
    }
    let name = storage::volume_of(claim).unwrap_or_default().to_owned();
    let volume = storage::volume(&name, desk.ctx.store).ok_or(Hitch::Waiting)?.clone();
    persistent(worker, &name, &volume, desk)
}

fn persistent(
    worker: &Worker,
    name: &str,
    volume: &PersistentVolume,
    desk: &mut Desk,
) -> Result<(VolumeId, String), Hitch> {
    let Some(spec) = &volume.spec else { return Err(Hitch::Never) };
    if let Some(source) = &spec.host_path {
        // What the runtime does not find it makes.
        let create =
            HostPathVolumeSource { path: source.path.clone(), type_: Some("DirectoryOrCreate".into()) };
        return host_path(&create, desk).map_err(|why| Hitch::Failed(set_up(name, &why)));
    }
    if let Some(source) = &spec.local {
        let id = desk.ctx.runtime.node_volume(desk.machine.index);
        if desk.ctx.runtime.path_kind(id, &source.path).is_none() {
            return Err(Hitch::Failed(format!(
                "MountVolume.NewMounter initialization failed for volume \"{name}\" : path \"{}\" does not exist",
                source.path
            )));
        }
        return Ok((id, source.path.trim_matches('/').to_owned()));
    }
    if let Some(source) = &spec.nfs {
        return Err(no_answer(worker, name, source));
    }
    Err(Hitch::Never)
}

/// What becomes of a volume whose server or driver nobody has. Disks of clouds wait for a driver to attach them; plugins that were
/// removed from Kubernetes are passed over without a word.
pub(super) fn absent(worker: &Worker, spec: &Spec) -> Hitch {
    if let Some(source) = &spec.csi {
        let why = format!(
            "kubernetes.io/csi: mounter.SetUpAt failed to get CSI client: driver name {} not found in the list of registered CSI drivers",
            source.driver
        );
        return Hitch::Failed(set_up(&spec.name, &why));
    }
    if spec.git_repo.is_some() {
        let why = "git-repo volume plugin has been disabled; if necessary, it may be re-enabled by enabling the feature-gate \
                   `GitRepoVolumeDriver`";
        return Hitch::Failed(set_up(&spec.name, why));
    }
    spec.nfs.as_ref().map_or(Hitch::Never, |source| no_answer(worker, &spec.name, source))
}

/// There is no file server in the network.
fn no_answer(worker: &Worker, volume: &str, source: &NFSVolumeSource) -> Hitch {
    let why = format!(
        "mount failed: exit status 32\nMounting command: mount\nMounting arguments: -t nfs {}:{} \
         /var/lib/kubelet/pods/{}/volumes/kubernetes.io~nfs/{volume}\nOutput: mount.nfs: Connection timed out",
        source.server, source.path, worker.uid
    );
    Hitch::Slow(NFS_PATIENCE, set_up(volume, &why))
}
