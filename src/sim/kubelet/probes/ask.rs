//! One attempt of a probe, for each kind of handler (pkg/probe).

use super::Answer;
use crate::kube::core::{Container, GRPCAction, HTTPGetAction, TCPSocketAction};
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

    /// No program of the catalogue speaks gRPC: a port that is open does not answer as a health service.
    fn ask_grpc(&mut self, grpc: &GRPCAction, seconds: u64, desk: &mut Desk) -> Answer {
        let address = format!("{}:{}", self.address(desk), grpc.port);
        Answer::Failure(format!(
            "timeout: failed to connect service \"{address}\" within {seconds}s: context deadline exceeded"
        ))
    }
}
