//! What `kubectl port-forward` says when the Pod does not take a connection.

use crate::kube::{Object, SimTime};
use crate::kubectl::run::klog_time;

/// The lines of a lost connection (`client-go/tools/portforward`), as recorded in `port-forward`.
pub(super) fn refused(now: SimTime, local: u16, to: u16, pod: Option<&Object>) -> String {
    let clock = klog_time(now);
    let uid = pod.and_then(|pod| pod.meta().uid.clone()).unwrap_or_default();
    let id = crate::sim::chance::hex(0, &uid, "sandbox", 64);
    let namespace = crate::sim::chance::hex(0, &uid, "netns", 8);
    format!(
        "E{clock}       1 portforward.go:522] \"Unhandled Error\" err=\"an error occurred forwarding {local} -> {to}: error forwarding \
         port {to} to pod {id}, uid : failed to execute portforward in network namespace \\\"/var/run/netns/cni-{namespace}\\\": failed to \
         connect to localhost:{to} inside namespace \\\"{id}\\\", IPv4: dial tcp4 127.0.0.1:{to}: connect: connection refused IPv6 dial \
         tcp6 [::1]:{to}: connect: connection refused \"\nerror: lost connection to pod\n"
    )
}
