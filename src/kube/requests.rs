//! What a Pod asks for as a whole: the larger of what its containers need together and what its init steps need one by one. After
//! component-helpers' `resource.PodRequests` and `PodLimits`. Knows nothing of nodes.

use super::quantity::Amount;
use k8s_openapi::api::core::v1::{Container, ContainerStatus, PodSpec, PodStatus, ResourceRequirements};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use std::collections::BTreeMap;

/// Amounts by resource name.
pub type Resources = BTreeMap<String, Amount>;

/// The amounts of an API resource list.
pub fn resources_of(list: Option<&BTreeMap<String, Quantity>>) -> Resources {
    list.into_iter().flatten().map(|(name, quantity)| (name.clone(), Amount::of(quantity))).collect()
}

/// The init containers, then the containers, of a Pod.
pub fn containers(spec: &PodSpec) -> impl Iterator<Item = &Container> {
    spec.init_containers.iter().flatten().chain(&spec.containers)
}

/// The resources of the init containers, the containers and the Pod itself.
pub fn of_all(spec: &PodSpec) -> impl Iterator<Item = Option<&ResourceRequirements>> {
    containers(spec).map(|container| container.resources.as_ref()).chain([spec.resources.as_ref()])
}

/// Whether an init container is a sidecar: it is started in order like one and runs on like a container.
pub fn is_sidecar(init: &Container) -> bool {
    init.restart_policy.as_deref() == Some("Always")
}

/// Adds `more` to `total`, resource by resource.
pub fn add(total: &mut Resources, more: &Resources) {
    for (name, amount) in more {
        let sum = total.entry(name.clone()).or_default();
        *sum = sum.plus(*amount);
    }
}

/// Raises `total` to at least `other`, resource by resource.
pub fn raise(total: &mut Resources, other: &Resources) {
    for (name, amount) in other {
        let highest = total.entry(name.clone()).or_insert(*amount);
        if *amount > *highest {
            *highest = *amount;
        }
    }
}

/// What the scheduler counts for a Pod: requests with overhead. `status` makes it aware of resizes in progress (the larger of
/// what is wanted, allocated and actual counts).
pub fn pod_requests(spec: &PodSpec, status: Option<&PodStatus>) -> Resources {
    let mut total = aggregate(spec, |container| requests_of(container, status));
    override_by_pod(&mut total, spec, |r| r.requests.as_ref());
    add(&mut total, &resources_of(spec.overhead.as_ref()));
    total
}

/// The limits of a Pod as a whole; overhead counts only where there is a limit.
pub fn pod_limits(spec: &PodSpec) -> Resources {
    let mut total = aggregate(spec, |container| {
        resources_of(container.resources.as_ref().and_then(|r| r.limits.as_ref()))
    });
    override_by_pod(&mut total, spec, |r| r.limits.as_ref());
    for (name, amount) in resources_of(spec.overhead.as_ref()) {
        if let Some(limit) = total.get_mut(&name).filter(|limit| !limit.is_zero()) {
            *limit = limit.plus(amount);
        }
    }
    total
}

/// max(Σ containers + Σ sidecars, each init step + the sidecars started before it).
pub fn aggregate(spec: &PodSpec, of: impl Fn(&Container) -> Resources) -> Resources {
    let mut together = Resources::new();
    for container in &spec.containers {
        add(&mut together, &of(container));
    }
    let mut sidecars = Resources::new();
    let mut steps = Resources::new();
    for init in spec.init_containers.iter().flatten() {
        let mut step = of(init);
        if is_sidecar(init) {
            add(&mut together, &step);
            add(&mut sidecars, &step);
            step = sidecars.clone();
        } else {
            add(&mut step, &sidecars);
        }
        raise(&mut steps, &step);
    }
    raise(&mut together, &steps);
    together
}

/// Whether resources of this name may be set for a Pod as a whole.
pub fn is_pod_level(name: &str) -> bool {
    name == "cpu" || name == "memory" || name.starts_with("hugepages-")
}

type List = BTreeMap<String, Quantity>;

fn override_by_pod(
    total: &mut Resources,
    spec: &PodSpec,
    of: impl Fn(&ResourceRequirements) -> Option<&List>,
) {
    for (name, amount) in resources_of(spec.resources.as_ref().and_then(of)) {
        if is_pod_level(&name) {
            total.insert(name, amount);
        }
    }
}

/// The requests of one container: those of its spec, raised during a resize to what is allocated and what runs.
fn requests_of(container: &Container, status: Option<&PodStatus>) -> Resources {
    let wanted = resources_of(container.resources.as_ref().and_then(|r| r.requests.as_ref()));
    let Some(status) = status else { return wanted };
    let reported = status
        .container_statuses
        .iter()
        .chain(&status.init_container_statuses)
        .flatten()
        .find(|s| s.name == container.name);
    let Some(ContainerStatus { resources: Some(actual), allocated_resources, .. }) = reported else {
        return wanted;
    };
    let mut counted = if resize_is_infeasible(status) { Resources::new() } else { wanted };
    raise(&mut counted, &resources_of(actual.requests.as_ref()));
    raise(&mut counted, &resources_of(allocated_resources.as_ref()));
    counted
}

fn resize_is_infeasible(status: &PodStatus) -> bool {
    status
        .conditions
        .iter()
        .flatten()
        .any(|c| c.type_ == "PodResizePending" && c.reason.as_deref() == Some("Infeasible"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn asks(name: &str, cpu: &str) -> Value {
        json!({"name": name, "resources": {"requests": {"cpu": cpu}, "limits": {"cpu": cpu}}})
    }

    fn sidecar(name: &str, cpu: &str) -> Value {
        let mut container = asks(name, cpu);
        container["restartPolicy"] = json!("Always");
        container
    }

    fn spec(value: Value) -> PodSpec {
        serde_json::from_value(value).expect("a spec")
    }

    fn cpu(resources: &Resources) -> String {
        resources.get("cpu").map(ToString::to_string).unwrap_or_default()
    }

    #[test]
    fn containers_add_up_and_a_larger_init_step_wins() {
        let small = spec(
            json!({"containers": [asks("a", "100m"), asks("b", "200m")], "initContainers": [asks("i", "250m")]}),
        );
        assert_eq!(cpu(&pod_requests(&small, None)), "300m");
        let large = spec(
            json!({"containers": [asks("a", "100m")], "initContainers": [asks("i", "1"), asks("j", "2")]}),
        );
        assert_eq!(cpu(&pod_requests(&large, None)), "2");
    }

    #[test]
    fn sidecars_count_with_the_containers_and_with_the_steps_after_them() {
        let pod = spec(json!({
            "containers": [asks("a", "100m")],
            "initContainers": [asks("i", "300m"), sidecar("s", "150m"), asks("j", "200m")],
        }));
        assert_eq!(cpu(&pod_requests(&pod, None)), "350m");
    }

    #[test]
    fn pod_level_requests_replace_the_sum_and_overhead_comes_on_top() {
        let pod = spec(json!({
            "containers": [asks("a", "100m")],
            "resources": {"requests": {"cpu": "500m"}},
            "overhead": {"cpu": "50m", "memory": "10Mi"},
        }));
        let requests = pod_requests(&pod, None);
        assert_eq!(cpu(&requests), "550m");
        assert_eq!(requests["memory"].to_string(), "10Mi");
        assert_eq!(cpu(&pod_limits(&pod)), "150m");
        assert!(!pod_limits(&pod).contains_key("memory"));
    }

    #[test]
    fn a_resize_in_progress_counts_the_largest_of_wanted_allocated_and_actual() {
        let pod = spec(json!({"containers": [asks("a", "100m")]}));
        let mut status: PodStatus = serde_json::from_value(json!({"containerStatuses": [{
            "name": "a", "allocatedResources": {"cpu": "300m"}, "resources": {"requests": {"cpu": "200m"}},
        }]}))
        .expect("a status");
        assert_eq!(cpu(&pod_requests(&pod, Some(&status))), "300m");
        let more = spec(json!({"containers": [asks("a", "4")]}));
        assert_eq!(cpu(&pod_requests(&more, Some(&status))), "4");
        let pending = json!([{"type": "PodResizePending", "status": "True", "reason": "Infeasible"}]);
        status.conditions = serde_json::from_value(pending).expect("conditions");
        assert_eq!(cpu(&pod_requests(&more, Some(&status))), "300m");
    }
}
