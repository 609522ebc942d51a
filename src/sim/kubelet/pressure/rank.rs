//! Who goes first: Pods above their request before those below, then by priority, then by how far above
//! (`pkg/kubelet/eviction/helpers.go`, `rankMemoryPressure`, `rankDiskPressureFunc`).

use crate::kube::core::Container;
use crate::kube::quantity::Amount;
use crate::kube::requests;
use crate::sim::cluster::Context;
use crate::sim::kubelet::spec;
use crate::sim::kubelet::worker::Worker;
use crate::sim::nodes::Scarce;
use std::cmp::Reverse;

/// A resource as requests, messages and events name it.
pub(super) fn resource(what: Scarce) -> &'static str {
    match what {
        Scarce::Memory => "memory",
        Scarce::Disk => "ephemeral-storage",
    }
}

/// Bytes each container of a Pod uses of a resource. What is in volumes counts once, for the first container.
pub(super) fn usage(worker: &Worker, what: Scarce, context: &Context) -> Vec<(String, u64)> {
    let Some(sandbox) = worker.sandbox.and_then(|id| context.runtime.get(id)) else { return Vec::new() };
    let volumes = worker.volumes.owned(&worker.pod, what);
    let mut shared: u64 = volumes.into_iter().map(|id| context.runtime.volume_usage(id)).sum();
    let mut all = Vec::new();
    for target in spec::targets(&worker.pod) {
        let Some(container) = spec::container(&worker.pod, target) else { continue };
        let Some(instance) = sandbox.newest(&container.name) else { continue };
        let own = match what {
            Scarce::Memory => sandbox.system.memory(instance.cell, context.now),
            Scarce::Disk => sandbox.disk_usage(instance),
        };
        all.push((container.name.clone(), own + std::mem::take(&mut shared)));
    }
    all
}

/// The order of eviction; the smallest goes first.
pub(super) fn order(worker: &Worker, what: Scarce, context: &Context) -> (bool, i32, Reverse<i128>, u64) {
    let used: u64 = usage(worker, what, context).iter().map(|(_, bytes)| bytes).sum();
    let wanted = requests::pod_requests(&worker.pod.spec, None);
    let request = wanted.get(resource(what)).map_or(0, |amount| i128::from(amount.value()));
    let above = i128::from(used) - request;
    (above <= 0, worker.pod.spec.priority.unwrap_or_default(), Reverse(above), worker.serial)
}

/// The containers that use more than they asked for: name, bytes, request.
pub(super) fn above_request(worker: &Worker, what: Scarce, context: &Context) -> Vec<(String, u64, String)> {
    let used = usage(worker, what, context);
    let asked = |name: &str| {
        let container = worker.pod.spec.containers.iter().find(|c| c.name == name);
        container.and_then(|c| request(c, what))
    };
    let above = used.into_iter().filter_map(|(name, bytes)| {
        let (limit, text) = asked(&name).unwrap_or((0, "0".into()));
        (bytes > limit).then_some((name, bytes, text))
    });
    above.collect()
}

fn request(container: &Container, what: Scarce) -> Option<(u64, String)> {
    let quantity = container.resources.as_ref()?.requests.as_ref()?.get(resource(what))?;
    Some((u64::try_from(Amount::of(quantity).value()).unwrap_or(0), quantity.0.clone()))
}
