//! The kubelet's configuration file on its node's disk, read when the kubelet starts. Of all its fields only those for graceful
//! shutdown have an effect.

use super::{Cluster, NodeIndex};
use crate::kube::duration::go_millis;
use crate::os::Body;
use crate::sim::kubelet::{Band, ShutdownGrace};
use serde::Deserialize;

/// Where a kubeadm node has it.
const PATH: &str = "/var/lib/kubelet/config.yaml";

/// What is read of it.
#[derive(Default, Deserialize)]
#[serde(default)]
struct KubeletConfiguration {
    #[serde(rename = "shutdownGracePeriod")]
    whole: Option<String>,
    #[serde(rename = "shutdownGracePeriodCriticalPods")]
    critical: Option<String>,
    #[serde(rename = "shutdownGracePeriodByPodPriority")]
    by_priority: Option<Vec<ByPriority>>,
}

/// The time for Pods from a priority on.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct ByPriority {
    priority: i32,
    shutdown_grace_period_seconds: i64,
}

impl Cluster {
    /// What a kubelet that starts now would go by; the error is what it would end with.
    pub(in crate::sim::cluster) fn kubelet_settings(
        &mut self,
        index: NodeIndex,
    ) -> Result<ShutdownGrace, String> {
        let disk = self.runtime.node_volume(index);
        let parts = PATH.split('/').filter(|part| !part.is_empty());
        let node = self.runtime.volumes.get(disk).and_then(|volume| volume.tree.get(parts));
        match node.map(|node| &node.body) {
            Some(Body::File(content)) => grace(&content.to_vec()),
            _ => Err(format!(
                "failed to load kubelet config file, path: {PATH}, error: failed to read kubelet config file \"{PATH}\", error: open {PATH}: \
                 no such file or directory"
            )),
        }
    }
}

fn grace(file: &[u8]) -> Result<ShutdownGrace, String> {
    let undecoded = |why: String| {
        format!("failed to load kubelet config file, path: {PATH}, error: failed to decode: {why}")
    };
    let settings: KubeletConfiguration =
        serde_yaml::from_slice(file).map_err(|error| undecoded(error.to_string()))?;
    let millis = |text: Option<String>| {
        let text = text.unwrap_or_else(|| "0s".to_owned());
        let millis = go_millis(&text).ok_or_else(|| undecoded(format!("time: invalid duration {text:?}")))?;
        Ok::<_, String>((millis, text))
    };
    let (whole, whole_text) = millis(settings.whole)?;
    let (critical, critical_text) = millis(settings.critical)?;
    let invalid = |why: String| {
        Err(format!("failed to validate kubelet configuration, error: invalid configuration: {why}"))
    };
    if critical > whole {
        return invalid(format!(
            "shutdownGracePeriodCriticalPods {{{critical_text}}} must be <= shutdownGracePeriod {{{whole_text}}}"
        ));
    }
    if whole > 0 && whole < 1000 {
        return invalid(format!(
            "shutdownGracePeriod {{{whole_text}}} must be either zero or otherwise >= 1 sec"
        ));
    }
    let by_priority = settings.by_priority.unwrap_or_default();
    if by_priority.is_empty() {
        return Ok(ShutdownGrace::with_critical(whole, critical));
    }
    if whole > 0 || critical > 0 {
        return invalid(
            "Cannot specify both shutdownGracePeriodByPodPriority and shutdownGracePeriod at the same time"
                .to_owned(),
        );
    }
    let band = |one: &ByPriority| Band {
        priority: one.priority,
        grace: u64::try_from(one.shutdown_grace_period_seconds).unwrap_or(0) * 1000,
    };
    Ok(ShutdownGrace::new(by_priority.iter().map(band).collect()))
}
