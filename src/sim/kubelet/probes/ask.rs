//! One attempt of a probe, for each kind of handler (pkg/probe).

use super::Answer;
use crate::kube::core::{Container, GRPCAction, HTTPGetAction, TCPSocketAction};
use crate::os::Health;
use crate::sim::chance;
use crate::sim::kubelet::desk::{Desk, PodDue};
use crate::sim::kubelet::errands::{
    Errand, Fetch, Fetched, Turn, is_own_machine, port_number, timeout, turn,
};
use crate::sim::kubelet::spec;
use crate::sim::kubelet::worker::Worker;
use std::borrow::Cow;

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
            return self.ask_http(index, &container, get, desk);
        }
        if let Some(socket) = &probe.tcp_socket {
            return self.ask_tcp(index, &container, socket, desk);
        }
        self.ask_grpc(index, &container, probe.grpc.as_ref()?, desk)
    }

    /// Nobody answers: that is known when the probe's time is over.
    fn in_vain(&mut self, index: u16, container: &Container, text: String, desk: &mut Desk) {
        let prober = &self.probes.all[usize::from(index)];
        let (ticket, wait) = (prober.ticket, timeout(&prober.spec) * 1000);
        let number = self.await_in_vain(text, Errand::Probe { index, ticket }, &container.name);
        desk.later(wait, self.serial, PodDue::ProbeTimeout(index, number));
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

    fn ask_http(
        &mut self,
        index: u16,
        container: &Container,
        get: &HTTPGetAction,
        desk: &mut Desk,
    ) -> Option<Answer> {
        if let Err(error) = port_number(container, &get.port) {
            return Some(Answer::Unknown(error));
        }
        let fetched = self.http_get(container, get, desk);
        self.judge(index, container, (get, 0), fetched, desk)
    }

    /// What an answer means for a probe; `None` if another is awaited.
    fn judge(
        &mut self,
        index: u16,
        container: &Container,
        (get, hops): (&HTTPGetAction, u8),
        fetched: Fetched,
        desk: &mut Desk,
    ) -> Option<Answer> {
        let response = match fetched {
            Fetched::Failed(error) => return Some(Answer::Failure(error)),
            Fetched::Never(error) => {
                self.in_vain(index, container, error, desk);
                return None;
            }
            Fetched::Later(id, url) => {
                let prober = &self.probes.all[usize::from(index)];
                let (ticket, wait) = (prober.ticket, timeout(&prober.spec) * 1000);
                let fetch = Fetch { hops, ..Fetch::new(id, url, get) };
                let number = self.await_answer(fetch, Errand::Probe { index, ticket }, &container.name);
                desk.later(wait, self.serial, PodDue::ProbeTimeout(index, number));
                return None;
            }
            Fetched::Answer(response) => response,
        };
        let host = get.host.clone().filter(|host| !host.is_empty()).unwrap_or_else(|| self.address(desk));
        match turn(&format!("http://{host}/"), hops, &response) {
            Turn::To(path) => {
                let get = HTTPGetAction { path: Some(path), ..get.clone() };
                let fetched = self.http_get(container, &get, desk);
                self.judge(index, container, (&get, hops + 1), fetched, desk)
            }
            Turn::Away => {
                let body = String::from_utf8_lossy(&response.body).into_owned();
                Some(Answer::Warning(format!("Probe terminated redirects, Response body: {body}")))
            }
            Turn::Stay if (200..400).contains(&response.status) => Some(Answer::Success),
            Turn::Stay => {
                Some(Answer::Failure(format!("HTTP probe failed with statuscode: {}", response.status)))
            }
        }
    }

    /// A probe's request that had to wait was answered.
    pub fn probe_fetched(
        &mut self,
        index: u16,
        ticket: u32,
        fetch: Fetch,
        fetched: Fetched,
        desk: &mut Desk,
    ) {
        let Some(prober) = self.probes.all.get(usize::from(index)) else { return };
        if prober.ticket != ticket || prober.stopped {
            return;
        }
        let target = spec::find(&self.pod, &prober.container);
        let container = target.and_then(|target| spec::container(&self.pod, target)).map(Cow::into_owned);
        let Some(container) = container else { return };
        if let Some(answer) = self.judge(index, &container, (&fetch.get, fetch.hops), fetched, desk) {
            self.probe_result(index, answer, desk);
        }
    }

    fn ask_tcp(
        &mut self,
        index: u16,
        container: &Container,
        socket: &TCPSocketAction,
        desk: &mut Desk,
    ) -> Option<Answer> {
        let port = match port_number(container, &socket.port) {
            Ok(port) => port,
            Err(error) => return Some(Answer::Unknown(error)),
        };
        let host = socket.host.clone().filter(|host| !host.is_empty()).unwrap_or_else(|| self.address(desk));
        match self.end_of(&host, port, desk) {
            Some((sandbox, to)) if desk.ctx.runtime.listens(sandbox, to) => Some(Answer::Success),
            None if !is_own_machine(&host) => {
                self.in_vain(index, container, format!("dial tcp {host}:{port}: i/o timeout"), desk);
                None
            }
            _ => Some(Answer::Failure(format!("dial tcp {host}:{port}: connect: connection refused"))),
        }
    }

    /// pkg/probe/grpc: a port nobody listens on, or that does not speak gRPC, is a connection that never comes about.
    fn ask_grpc(
        &mut self,
        index: u16,
        container: &Container,
        grpc: &GRPCAction,
        desk: &mut Desk,
    ) -> Option<Answer> {
        let service = grpc.service.as_deref().unwrap_or_default();
        let port = u16::try_from(grpc.port).unwrap_or(0);
        let end = self.end_of(&self.address(desk), port, desk);
        match end.and_then(|(sandbox, to)| desk.ctx.runtime.health(sandbox, to, service)) {
            Some(Health::Serving) => Some(Answer::Success),
            Some(Health::NotServing) => {
                Some(Answer::Failure("service unhealthy (responded with \"NOT_SERVING\")".to_owned()))
            }
            Some(Health::Unknown) => Some(Answer::Failure(
                "error: health rpc probe failed: rpc error: code = NotFound desc = unknown service"
                    .to_owned(),
            )),
            None => {
                let seconds = timeout(&self.probes.all[usize::from(index)].spec);
                let text = format!(
                    "timeout: failed to connect service \"{}:{port}\" within {seconds}s: context deadline exceeded",
                    self.address(desk)
                );
                self.in_vain(index, container, text, desk);
                None
            }
        }
    }
}
