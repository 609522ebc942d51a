//! What a container is made from: environment, command line, user, limits, mounts. The errors are those of
//! `CreateContainerConfigError` (`pkg/kubelet/kubelet_pods.go`, `makeEnvironmentVariables`; `kuberuntime/security_context.go`).

mod envfile;
mod environment;
mod fields;
mod mounts;
mod rights;

use super::desk::Desk;
use super::worker::Worker;
use crate::kube::core::{Container, PodSecurityContext, SecurityContext};
use crate::kube::quantity::Amount;
use crate::os::{ARGUMENT_MAX, Catalogue, Image, Mount, Reference, Rights, User};
use std::collections::BTreeMap;

pub(super) use fields::{pod_field, resource_field};

/// Everything the runtime needs to make a container.
#[derive(Clone, Debug)]
pub(super) struct Prepared {
    pub image: Image,
    pub argv: Vec<String>,
    pub env: Vec<(String, String)>,
    pub workdir: String,
    pub user: User,
    pub read_only_root: bool,
    pub rights: Rights,
    /// Bytes.
    pub memory_limit: Option<u64>,
    /// Thousandths of a CPU.
    pub cpu_limit: Option<u64>,
    pub mounts: Vec<Mount>,
}

/// Works out a container's configuration, or says why it cannot be.
pub(super) fn prepare(worker: &Worker, container: &Container, desk: &mut Desk) -> Result<Prepared, String> {
    let asked = container.image.as_deref().unwrap_or_default();
    let reference = Reference::parse(asked).map_err(|error| error.to_string())?;
    let image = Catalogue::builtin()
        .find(&reference)
        .map_err(|_| format!("failed to get image from containerd \"{asked}\": image not found"))?;
    let given = environment::variables(worker, container, desk)?;
    let user = user(worker, container, &image)?;
    let mut env = vec![
        ("PATH".to_owned(), "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin".to_owned()),
        ("HOSTNAME".into(), super::names::hostname(&worker.pod, &desk.machine.spec.name)),
    ];
    for (name, value) in image.env.iter().cloned().chain(given.iter().cloned()) {
        match env.iter_mut().find(|(known, _)| *known == name) {
            Some(known) => known.1 = value,
            None => env.push((name, value)),
        }
    }
    let limit = |name: &str| {
        let limits = container.resources.as_ref()?.limits.as_ref()?;
        limits.get(name).map(Amount::of)
    };
    let context = container.security_context.clone().unwrap_or_default();
    Ok(Prepared {
        argv: command_line(container, &image, &given),
        env,
        workdir: container
            .working_dir
            .clone()
            .filter(|dir| !dir.is_empty())
            .unwrap_or_else(|| image.workdir.clone()),
        user,
        read_only_root: context.read_only_root_filesystem == Some(true),
        rights: rights::of(&worker.pod, container),
        memory_limit: limit("memory").and_then(|amount| u64::try_from(amount.value()).ok()),
        cpu_limit: limit("cpu").and_then(|amount| u64::try_from(amount.milli()).ok()),
        mounts: mounts::of(worker, container, &given, desk)?,
        image,
    })
}

/// `command` replaces the image's entrypoint and its arguments, `args` only the arguments.
fn command_line(container: &Container, image: &Image, env: &[(String, String)]) -> Vec<String> {
    let known: BTreeMap<&str, &str> =
        env.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let expand = |words: &Vec<String>| -> Vec<String> {
        let mut bytes = 0;
        let fits = |word: &String| {
            bytes += word.len();
            // A list that is too long to be started need not be complete.
            bytes <= 2 * ARGUMENT_MAX.1
        };
        words
            .iter()
            .map(|word| environment::expand(word, |name| known.get(name).copied()))
            .take_while(fits)
            .collect()
    };
    let command = container.command.as_ref().filter(|words| !words.is_empty());
    let args = container.args.as_ref().filter(|words| !words.is_empty());
    let mut argv = command.map_or_else(|| image.entrypoint.clone(), expand);
    match (command, args) {
        (_, Some(args)) => argv.extend(expand(args)),
        (None, None) => argv.extend(image.cmd.clone()),
        (Some(_), None) => {}
    }
    argv
}

fn user(worker: &Worker, container: &Container, image: &Image) -> Result<User, String> {
    let pod = worker.pod.spec.security_context.clone().unwrap_or_default();
    let own = container.security_context.clone().unwrap_or_default();
    verify_non_root(worker, container, (&pod, &own), image)?;
    let mut user = image.run_as().unwrap_or_default();
    let id = |value: Option<i64>| value.and_then(|id| u32::try_from(id).ok());
    if let Some(uid) = id(own.run_as_user.or(pod.run_as_user)) {
        user = User { uid, gid: 0, groups: Vec::new() };
    }
    if let Some(gid) = id(own.run_as_group.or(pod.run_as_group)) {
        user.gid = gid;
    }
    user.groups.insert(0, user.gid);
    let more = pod.supplemental_groups.iter().flatten().copied().chain(pod.fs_group);
    for group in more.filter_map(|group| u32::try_from(group).ok()) {
        if !user.groups.contains(&group) {
            user.groups.push(group);
        }
    }
    Ok(user)
}

fn verify_non_root(
    worker: &Worker,
    container: &Container,
    (pod, own): (&PodSecurityContext, &SecurityContext),
    image: &Image,
) -> Result<(), String> {
    if own.run_as_non_root.or(pod.run_as_non_root) != Some(true) {
        return Ok(());
    }
    let place = format!(
        "(pod: \"{}_{}({})\", container: {})",
        worker.key.name, worker.key.namespace, worker.uid, container.name
    );
    match own.run_as_user.or(pod.run_as_user) {
        Some(0) => Err(format!("container's runAsUser breaks non-root policy {place}")),
        None if !image.user_is_numeric() => Err(format!(
            "container has runAsNonRoot and image has non-numeric user ({}), cannot verify user is non-root {place}",
            image.user.split(':').next().unwrap_or_default()
        )),
        None if image.run_as().is_none_or(|user| user.uid == 0) => {
            Err(format!("container has runAsNonRoot and image will run as root {place}"))
        }
        Some(_) | None => Ok(()),
    }
}
