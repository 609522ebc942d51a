//! Commands and requests the kubelet sends into a Pod: lifecycle hooks and probes. What comes back is handed to whoever asked.

mod fetch;

use super::desk::{Desk, PodDue, Said};
use super::spec::Target;
use super::worker::Worker;
use crate::kube::core::{Container, HTTPGetAction, LifecycleHandler, Probe};
use crate::os::{HttpResponse, ServeId};
use crate::sim::runtime::{ErrandId, Outcome};
pub(super) use fetch::{Fetch, Fetched, Turn, is_own_machine, turn};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

/// What an errand is for.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Errand {
    /// The postStart hook of a container, in this sync.
    PostStart {
        /// The container.
        target: Target,
        /// The sync's number.
        run: u32,
    },
    /// The preStop hook of an instance.
    PreStop {
        /// The instance.
        id: String,
    },
    /// A probe and the number it was asked under.
    Probe {
        /// Which.
        index: u16,
        /// Its number.
        ticket: u32,
    },
}

/// An errand under way.
#[derive(Clone, Debug)]
pub(super) struct Pending {
    /// Its name in the runtime; none for one that only waits.
    pub id: Option<ErrandId>,
    /// What it is for.
    pub errand: Errand,
    /// A number for its reminder.
    pub number: u32,
    /// The request that waits for its answer, if it is one.
    pub fetch: Option<Fetch>,
    /// What is said when nothing has come by the end of its time, if nothing will.
    silence: Option<String>,
    /// The command, for messages.
    command: Vec<String>,
    /// The container's name, for messages.
    container: String,
}

/// A probe's errand that took too long.
#[derive(Clone, Debug)]
pub(super) enum Abandoned {
    /// A command line.
    Command(String),
    /// The address of a request.
    Request(String),
    /// What is said of a connection that did not come about.
    Connection(String),
}

impl Worker {
    /// Runs a lifecycle hook; its end arrives at [`Worker::settle`].
    pub fn run_hook(
        &mut self,
        container: &Container,
        hook: &LifecycleHandler,
        errand: Errand,
        desk: &mut Desk,
    ) {
        self.errand_number += 1;
        let number = self.errand_number;
        let mut pending = Pending {
            id: None,
            errand,
            number,
            fetch: None,
            silence: None,
            command: Vec::new(),
            container: container.name.clone(),
        };
        if let Some(exec) = &hook.exec {
            pending.command = exec.command.clone().unwrap_or_default();
            match self.exec(&container.name, pending.command.clone(), desk) {
                Ok(id) => pending.id = Some(id),
                Err(error) => return self.settle(&pending, Err(error), desk),
            }
        } else if let Some(sleep) = &hook.sleep {
            desk.later(u64::try_from(sleep.seconds).unwrap_or(0) * 1000, self.serial, PodDue::Hook(number));
        } else if let Some(get) = &hook.http_get {
            let mut fetched = self.http_get(container, get, desk);
            if fetched.was_plain() {
                let plain = HTTPGetAction { scheme: Some("HTTP".into()), ..get.clone() };
                fetched = self.http_get(container, &plain, desk);
                self.say_fallback(desk);
            }
            match fetched {
                Fetched::Later(id, url) => pending.fetch = Some(Fetch::new(id, url, get)),
                fetched => return self.settle(&pending, fetched.for_hook(), desk),
            }
        } else {
            return self.settle(&pending, Ok(Outcome { code: 0, output: String::new() }), desk);
        }
        self.errands.push(pending);
    }

    /// A hook over TLS was answered in plain text and asked again without (`pkg/kubelet/lifecycle/handlers.go`).
    fn say_fallback(&self, desk: &mut Desk) {
        let text = "request to HTTPS lifecycle hook got HTTP response, retry with HTTP succeeded";
        desk.event(&self.events_pod(), Said::warning("", "LifecycleHTTPFallback", text), self.because);
    }

    /// Starts a command in the newest instance of a container.
    pub fn exec(
        &mut self,
        container: &str,
        command: Vec<String>,
        desk: &mut Desk,
    ) -> Result<ErrandId, String> {
        let Some(sandbox) = self.sandbox else { return Err("container not found".into()) };
        let now = desk.ctx.now;
        let started = desk.ctx.runtime.exec(sandbox, container, command, now);
        desk.wake(sandbox, now.plus(1));
        started
    }

    /// The Pod's address.
    pub fn address(&self, desk: &Desk) -> String {
        if self.pod.spec.host_network == Some(true) {
            return desk.machine.ip.to_string();
        }
        self.sandbox.and_then(|id| desk.ctx.runtime.get(id)).map_or_else(String::new, |s| s.ip.to_string())
    }

    /// A command in the Pod has ended.
    pub fn errand_done(&mut self, id: ErrandId, outcome: Outcome, desk: &mut Desk) {
        if let Some(index) = self.errands.iter().position(|pending| pending.id == Some(id)) {
            let pending = self.errands.remove(index);
            self.settle(&pending, Ok(outcome), desk);
        }
    }

    /// Forgets the command or request of an instance's preStop hook: it has gone with the instance. The container's name, if there was one.
    pub fn drop_pre_stop(&mut self, instance: &str) -> Option<String> {
        let in_container = |pending: &Pending| pending.id.is_some() || pending.fetch.is_some();
        let of_hook = |pending: &Pending| {
            matches!(&pending.errand, Errand::PreStop { id } if id == instance) && in_container(pending)
        };
        let index = self.errands.iter().position(of_hook)?;
        Some(self.errands.remove(index).container)
    }

    /// A hook that only waits is over.
    pub fn hook_over(&mut self, number: u32, desk: &mut Desk) {
        if let Some(index) = self.errands.iter().position(|pending| pending.number == number) {
            let pending = self.errands.remove(index);
            self.settle(&pending, Ok(Outcome { code: 0, output: String::new() }), desk);
        }
    }

    /// Remembers a probe's command under way.
    pub fn expect(&mut self, id: ErrandId, errand: Errand, command: Vec<String>, container: &str) -> u32 {
        self.errand_number += 1;
        let number = self.errand_number;
        let container = container.into();
        self.errands.push(Pending {
            id: Some(id),
            errand,
            number,
            fetch: None,
            silence: None,
            command,
            container,
        });
        number
    }

    /// Waits for a probe's answer that will not come; `text` is said then.
    pub fn await_in_vain(&mut self, text: String, errand: Errand, container: &str) -> u32 {
        self.errand_number += 1;
        let number = self.errand_number;
        self.errands.push(Pending {
            id: None,
            errand,
            number,
            fetch: None,
            silence: Some(text),
            command: Vec::new(),
            container: container.into(),
        });
        number
    }

    /// Remembers a probe's request under way.
    pub fn await_answer(&mut self, fetch: Fetch, errand: Errand, container: &str) -> u32 {
        self.errand_number += 1;
        let number = self.errand_number;
        let (fetch, container) = (Some(fetch), container.into());
        let command = Vec::new();
        self.errands.push(Pending { id: None, errand, number, fetch, silence: None, command, container });
        number
    }

    /// A request that had to wait was answered, or will never be.
    pub fn served(&mut self, id: ServeId, response: Option<HttpResponse>, desk: &mut Desk) {
        let waits = |pending: &Pending| pending.fetch.as_ref().is_some_and(|fetch| fetch.id == id);
        let Some(index) = self.errands.iter().position(waits) else { return };
        let pending = self.errands.remove(index);
        let Some(fetch) = pending.fetch.clone() else { return };
        let fetched = match response {
            Some(response) => Fetched::Answer(response),
            None => Fetched::Failed(format!("Get \"{}\": EOF", fetch.url)),
        };
        match pending.errand {
            Errand::Probe { index, ticket } => self.probe_fetched(index, ticket, fetch, fetched, desk),
            _ => self.settle(&pending, fetched.for_hook(), desk),
        }
    }

    /// Forgets a probe's command or request: its time is over. What it was, for the message.
    pub fn abandon(&mut self, number: u32, desk: &mut Desk) -> Option<Abandoned> {
        let index = self.errands.iter().position(|pending| pending.number == number)?;
        let pending = self.errands.remove(index);
        if let (Some(id), Some(sandbox)) = (pending.id, self.sandbox) {
            desk.ctx.runtime.abandon(sandbox, id, desk.ctx.now);
        }
        Some(match (pending.fetch, pending.silence) {
            (Some(fetch), _) => Abandoned::Request(fetch.url),
            (None, Some(text)) => Abandoned::Connection(text),
            (None, None) => Abandoned::Command(pending.command.join(" ")),
        })
    }

    fn settle(&mut self, pending: &Pending, outcome: Result<Outcome, String>, desk: &mut Desk) {
        match pending.errand.clone() {
            Errand::PostStart { target, run } => {
                let error = self.hook_error(pending, outcome);
                self.post_started(target, run, error, desk);
            }
            Errand::PreStop { id } => {
                let error = self.hook_error(pending, outcome);
                self.pre_stopped(&id, error, desk);
            }
            Errand::Probe { index, ticket } => self.probe_answered(index, ticket, outcome, desk),
        }
    }

    fn hook_error(&self, pending: &Pending, outcome: Result<Outcome, String>) -> Option<String> {
        let pod = format!("{}_{}({})", self.key.name, self.key.namespace, self.uid);
        let command = pending.command.join(" ");
        let container = &pending.container;
        match outcome {
            Ok(outcome) if outcome.code == 0 => None,
            Ok(outcome) => Some(format!(
                "Exec lifecycle hook ([{command}]) for Container \"{container}\" in Pod \"{pod}\" failed - error: command '{command}' exited with {}: , message: {:?}",
                outcome.code, outcome.output
            )),
            Err(error) if pending.command.is_empty() => Some(format!(
                "HTTP lifecycle hook for Container \"{container}\" in Pod \"{pod}\" failed - error: {error}, message: \"\""
            )),
            Err(error) => Some(format!(
                "Exec lifecycle hook ([{command}]) for Container \"{container}\" in Pod \"{pod}\" failed - error: {error}, message: \"\""
            )),
        }
    }
}

/// The port a handler names, by number or by one of the container's port names.
pub(super) fn port_number(container: &Container, port: &IntOrString) -> Result<u16, String> {
    match port {
        IntOrString::Int(number) => {
            u16::try_from(*number).map_err(|_| format!("invalid port number: {number}"))
        }
        IntOrString::String(name) => {
            let named = container.ports.iter().flatten().find(|p| p.name.as_deref() == Some(name));
            match named {
                Some(port) => u16::try_from(port.container_port).map_err(|_| "invalid port number".into()),
                None => name.parse().map_err(|_| format!("strconv.Atoi: parsing {name:?}: invalid syntax")),
            }
        }
    }
}

/// Seconds a probe waits for its answer.
pub(super) fn timeout(probe: &Probe) -> u64 {
    u64::try_from(probe.timeout_seconds.unwrap_or(1)).unwrap_or(1).max(1)
}
