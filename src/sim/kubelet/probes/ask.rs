//! One attempt of a probe, for each kind of handler (pkg/probe).

use super::Answer;
use crate::kube::core::{Container, GRPCAction, HTTPGetAction, TCPSocketAction};
use crate::os::Health;
use crate::sim::chance;
use crate::sim::kubelet::desk::{Desk, PodDue};
use crate::sim::kubelet::errands::{Errand, port_number, timeout};
use crate::sim::kubelet::spec;
use crate::sim::kubelet::worker::Worker;

impl Worker {
    /// Asks; `None` if the answer comes later.
    pub(super) fn ask(&mut self, index: u16, name: &str, desk: &mut Desk) -> Option<Answer> {
        let prober = &self.probes.all[usize::from(index)];
        let (probe, ticket) = (prober.spec.clone(), prober.ticket);
        let target = spec::find(&self.pod, name)?;
        let container = spec::container(&self.pod, target)?.into_owned();
        if let Some(exec) = &probe.exec {
            let command = exec.command.clone().unwrap_or_default();
            return self.ask_command(index, ticket, (name, command, timeout(&probe)), desk);
        }
        if let Some(get) = &probe.http_get {
            return Some(self.ask_http(&container, get, desk));
        }
        if let Some(socket) = &probe.tcp_socket {
            return Some(self.ask_tcp(&container, socket, desk));
        }
        probe.grpc.as_ref().map(|grpc| self.ask_grpc(grpc, timeout(&probe), desk))
    }

    fn ask_command(
        &mut self,
        index: u16,
        ticket: u32,
        (name, command, seconds): (&str, Vec<String>, u64),
        desk: &mut Desk,
    ) -> Option<Answer> {
        match self.exec(name, command.clone(), desk) {
            Ok(id) => {
                let number = self.expect(id, Errand::Probe { index, ticket }, command, name);
                desk.later(seconds * 1000, self.serial, PodDue::ProbeTimeout(index, number));
                None
            }
            Err(why) => {
                let id = chance::hex(desk.ctx.seed, &self.uid, "exec", 64);
                let id = format!("{:016x}{}", desk.ctx.now.0, &id[16..]);
                Some(Answer::Unknown(format!(
                    "rpc error: code = Unknown desc = failed to exec in container: failed to start exec \"{id}\": OCI runtime exec \
                     failed: exec failed: unable to start container process: {why}"
                )))
            }
        }
    }

    fn ask_http(&mut self, container: &Container, get: &HTTPGetAction, desk: &mut Desk) -> Answer {
        if let Err(error) = port_number(container, &get.port) {
            return Answer::Unknown(error);
        }
        match self.http_get(container, get, desk) {
            Ok(response) if (200..400).contains(&response.status) => Answer::Success,
            Ok(response) => {
                Answer::Failure(format!("HTTP probe failed with statuscode: {}", response.status))
            }
            Err(error) => Answer::Failure(error),
        }
    }

    fn ask_tcp(&mut self, container: &Container, socket: &TCPSocketAction, desk: &mut Desk) -> Answer {
        let port = match port_number(container, &socket.port) {
            Ok(port) => port,
            Err(error) => return Answer::Unknown(error),
        };
        let host = socket.host.clone().filter(|host| !host.is_empty()).unwrap_or_else(|| self.address(desk));
        let open = self.sandbox.is_some_and(|sandbox| desk.ctx.runtime.listens(sandbox, port));
        if open {
            Answer::Success
        } else {
            Answer::Failure(format!("dial tcp {host}:{port}: connect: connection refused"))
        }
    }

    /// pkg/probe/grpc: a port nobody listens on, or that does not speak gRPC, is a connection that never comes about.
    fn ask_grpc(&mut self, grpc: &GRPCAction, seconds: u64, desk: &mut Desk) -> Answer {
        let service = grpc.service.as_deref().unwrap_or_default();
        let port = u16::try_from(grpc.port).unwrap_or(0);
        match self.sandbox.and_then(|sandbox| desk.ctx.runtime.health(sandbox, port, service)) {
            Some(Health::Serving) => Answer::Success,
            Some(Health::NotServing) => {
                Answer::Failure("service unhealthy (responded with \"NOT_SERVING\")".to_owned())
            }
            Some(Health::Unknown) => Answer::Failure(
                "error: health rpc probe failed: rpc error: code = NotFound desc = unknown service"
                    .to_owned(),
            ),
            None => Answer::Failure(format!(
                "timeout: failed to connect service \"{}:{port}\" within {seconds}s: context deadline exceeded",
                self.address(desk)
            )),
        }
    }
}
