//! Probes and lifecycle hooks.

use super::faults::Faults;
use crate::kube::names;
use k8s_openapi::api::core::v1 as api;
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

/// Which probe it is; they differ in what they allow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Probe {
    Liveness,
    Readiness,
    Startup,
}

pub(super) fn probe(probe: &api::Probe, which: Probe, at: &str, faults: &mut Faults) {
    let mut handler = Handler::new(at, faults);
    handler.exec(probe.exec.as_ref());
    handler.http_get(probe.http_get.as_ref());
    handler.tcp_socket(probe.tcp_socket.as_ref());
    handler.grpc(probe.grpc.as_ref());
    handler.end();
    for (field, value) in [
        ("initialDelaySeconds", probe.initial_delay_seconds),
        ("timeoutSeconds", probe.timeout_seconds),
        ("periodSeconds", probe.period_seconds),
        ("successThreshold", probe.success_threshold),
        ("failureThreshold", probe.failure_threshold),
    ] {
        faults.non_negative(&format!("{at}.{field}"), value.unwrap_or(0).into());
    }
    let grace = probe.termination_grace_period_seconds;
    let at_grace = format!("{at}.terminationGracePeriodSeconds");
    if let Some(seconds) = grace.filter(|seconds| *seconds <= 0) {
        faults.invalid(&at_grace, seconds, "must be greater than 0");
    }
    if which == Probe::Readiness {
        if let Some(seconds) = grace {
            faults.invalid(&at_grace, seconds, "must not be set for readinessProbes");
        }
    } else if probe.success_threshold != Some(1) {
        let value = probe.success_threshold.unwrap_or(0);
        faults.invalid(&format!("{at}.successThreshold"), value, "must be 1");
    }
}

/// The hooks of a container. `grace` is the Pod's grace period in seconds.
pub(super) fn lifecycle(lifecycle: &api::Lifecycle, grace: i64, at: &str, faults: &mut Faults) {
    let hooks = [("postStart", &lifecycle.post_start), ("preStop", &lifecycle.pre_stop)];
    for (name, hook) in hooks.into_iter().filter_map(|(name, hook)| Some((name, hook.as_ref()?))) {
        let mut handler = Handler::new(&format!("{at}.{name}"), faults);
        handler.exec(hook.exec.as_ref());
        handler.http_get(hook.http_get.as_ref());
        handler.tcp_socket(hook.tcp_socket.as_ref());
        handler.sleep(hook.sleep.as_ref(), grace);
        handler.end();
    }
}

/// One handler and no more.
struct Handler<'a> {
    at: String,
    count: usize,
    faults: &'a mut Faults,
}

impl<'a> Handler<'a> {
    fn new(at: &str, faults: &'a mut Faults) -> Handler<'a> {
        Handler { at: at.into(), count: 0, faults }
    }

    /// Counts a handler; the second is refused, and then not looked into.
    fn first(&mut self, name: &str) -> bool {
        self.count += 1;
        if self.count > 1 {
            self.faults.forbidden(&format!("{}.{name}", self.at), "may not specify more than 1 handler type");
        }
        self.count == 1
    }

    fn exec(&mut self, exec: Option<&api::ExecAction>) {
        let Some(exec) = exec else { return };
        if self.first("exec") && exec.command.as_ref().is_none_or(Vec::is_empty) {
            self.faults.required(&format!("{}.exec.command", self.at), "");
        }
    }

    fn http_get(&mut self, get: Option<&api::HTTPGetAction>) {
        let Some(get) = get else { return };
        if !self.first("httpGet") {
            return;
        }
        let at = format!("{}.httpGet", self.at);
        if get.path.as_deref().unwrap_or_default().is_empty() {
            self.faults.required(&format!("{at}.path"), "");
        }
        port(&get.port, &format!("{at}.port"), self.faults);
        let scheme = get.scheme.as_deref().unwrap_or_default();
        self.faults.one_of(&format!("{at}.scheme"), scheme, &["HTTP", "HTTPS"]);
        for header in get.http_headers.iter().flatten() {
            let errors = names::header_errors(&header.name);
            self.faults.invalid_all(&format!("{at}.httpHeaders"), &header.name, errors);
        }
    }

    fn tcp_socket(&mut self, socket: Option<&api::TCPSocketAction>) {
        let Some(socket) = socket else { return };
        if self.first("tcpSocket") {
            port(&socket.port, &format!("{}.tcpSocket.port", self.at), self.faults);
        }
    }

    fn grpc(&mut self, grpc: Option<&api::GRPCAction>) {
        let Some(grpc) = grpc else { return };
        if self.first("grpc") {
            port(&IntOrString::Int(grpc.port), &format!("{}.grpc.port", self.at), self.faults);
        }
    }

    fn sleep(&mut self, sleep: Option<&api::SleepAction>, grace: i64) {
        let Some(sleep) = sleep else { return };
        if self.first("sleep") && !(0..=grace).contains(&sleep.seconds) {
            let detail =
                format!("must be non-negative and less than terminationGracePeriodSeconds ({grace})");
            self.faults.invalid(&format!("{}.sleep", self.at), sleep.seconds, &detail);
        }
    }

    fn end(self) {
        if self.count == 0 {
            self.faults.required(&self.at, "must specify a handler type");
        }
    }
}

/// A port by number or name.
pub(super) fn port(port: &IntOrString, at: &str, faults: &mut Faults) {
    match port {
        IntOrString::Int(number) => port_number(*number, at, faults),
        IntOrString::String(name) => faults.invalid_all(at, name, names::port_name_errors(name)),
    }
}

pub(super) fn port_number(number: i32, at: &str, faults: &mut Faults) {
    if !(1..=65_535).contains(&number) {
        faults.invalid(at, number, "must be between 1 and 65535, inclusive");
    }
}
