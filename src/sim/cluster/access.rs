//! What goes through the API server to a kubelet: logs, commands in containers, files, connections. Answers as those do, errors
//! included (`pkg/kubelet/kubelet_pods.go`, pkg/registry/core/pod/rest).

use super::Cluster;
use crate::kube::core::{ContainerState, ContainerStatus};
use crate::kube::{Key, Pod, SimTime};
use crate::os::{Chunk, HttpRequest, Reply, Request, Served, Signal};
use crate::sim::admission::pod::MIRROR_ANNOTATION;
use crate::sim::api::{Reason, Refusal};
use crate::sim::kubelet;
use crate::sim::nodes::Machine;
use crate::sim::runtime::{LogLine, SandboxId, VisitId};
use std::net::{Ipv4Addr, SocketAddrV4};

/// What a container is to run for somebody.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ExecOptions {
    /// Command and arguments.
    pub argv: Vec<String>,
    /// Whether input will be typed.
    pub stdin: bool,
    /// Whether it runs on a terminal.
    pub tty: bool,
}

/// Why something that goes through a kubelet did not come about.
#[derive(Clone, Debug, PartialEq)]
pub enum AccessError {
    /// The server refused at once.
    Refused(Refusal),
    /// The kubelet does not answer: the text, and the milliseconds until the server gives up.
    Unreachable(String, u64),
    /// The kubelet tried and failed; text as the kubelet gives it.
    Failed(String),
}

impl From<Refusal> for AccessError {
    fn from(refusal: Refusal) -> AccessError {
        AccessError::Refused(refusal)
    }
}

impl Cluster {
    fn pod_at(&self, key: &Key) -> Result<&Pod, Refusal> {
        self.store.get(key).and_then(|object| object.as_pod()).ok_or_else(|| Refusal::not_found(key))
    }

    /// The sandbox of a Pod and whether its node answers; `what` is the path the server asks for.
    fn reach(&self, key: &Key, what: &str, container: &str) -> Result<(&Pod, SandboxId), AccessError> {
        let pod = self.pod_at(key)?;
        let node = pod.spec.node_name.as_deref().unwrap_or_default();
        if node.is_empty() {
            return Err(AccessError::Refused(Refusal::new(
                Reason::BadRequest,
                format!("pod {} does not have a host assigned", key.name),
            )));
        }
        if let Some(machine) = self.machines.get(node).filter(|machine| !machine.is_heard()) {
            return Err(unreachable(machine, what, &format!("{}/{}/{container}", key.namespace, key.name)));
        }
        let kubelet = self.node_index.get(node).and_then(|index| self.kubelets.get(index.0 as usize));
        // A mirror stands for a Pod that its kubelet knows by another UID.
        let mirrored = pod.metadata.annotations.as_ref().and_then(|list| list.get(MIRROR_ANNOTATION));
        let uid = mirrored.map_or_else(|| pod.uid(), String::as_str);
        let sandbox = kubelet.and_then(|kubelet| kubelet.sandbox_of(uid));
        match sandbox {
            Some(sandbox) => Ok((pod, sandbox)),
            None => Err(AccessError::Failed(format!("container not found (\"{container}\")"))),
        }
    }

    /// The log of a container, or of its instance before this one. Following means asking again and skipping what was seen.
    pub fn logs(&self, key: &Key, container: &str, previous: bool) -> Result<Vec<LogLine>, AccessError> {
        let pod = self.pod_at(key)?;
        if pod.spec.node_name.as_deref().unwrap_or_default().is_empty() {
            return Ok(Vec::new());
        }
        let bad = |text: String| AccessError::Refused(Refusal::new(Reason::BadRequest, text));
        let reached = self.reach(key, "containerLogs", container);
        if let Err(error @ AccessError::Unreachable(..)) = reached {
            return Err(error);
        }
        let subject = format!("container \"{container}\" in pod \"{}\"", key.name);
        let id = instance(container_status(pod, container), &subject, previous).map_err(bad)?;
        let lost = || AccessError::Failed(format!("unable to retrieve container logs for {id}"));
        let (_, sandbox) = reached.map_err(|_| lost())?;
        let sandbox = self.runtime.get(sandbox).ok_or_else(lost)?;
        let instance = sandbox.containers.iter().find(|c| id.ends_with(&c.id)).ok_or_else(lost)?;
        // One dead instance of a container is kept: the newest.
        let newer_is_dead = sandbox
            .containers
            .iter()
            .any(|c| c.name == instance.name && c.attempt > instance.attempt && c.state.exit().is_some());
        if newer_is_dead { Err(lost()) } else { Ok(sandbox.log(instance)) }
    }

    /// Runs a command in a container.
    pub fn exec(
        &mut self,
        key: &Key,
        container: &str,
        options: &ExecOptions,
    ) -> Result<VisitId, AccessError> {
        let (_, sandbox) = self.reach(key, "exec", container)?;
        let running =
            self.runtime.get(sandbox).and_then(|s| s.newest(container)).is_some_and(|c| c.state.is_running());
        if !running {
            return Err(AccessError::Failed(format!("container not found (\"{container}\")")));
        }
        let now = self.now;
        let command = (options.argv.clone(), options.stdin, options.tty);
        let id = self
            .runtime
            .visit(sandbox, container, command, now)
            .map_err(|why| AccessError::Failed(self.exec_failed(key, &why)))?;
        self.wake(sandbox);
        Ok(id)
    }

    /// What containerd answers when runc cannot start a command in a running container.
    fn exec_failed(&self, key: &Key, why: &str) -> String {
        let subject = format!("{}/{}/{}", key.namespace, key.name, self.now.0);
        let id = crate::sim::chance::hex(self.seed, &subject, "exec", 64);
        format!(
            "failed to exec in container: failed to start exec \"{id}\": OCI runtime exec failed: exec failed: unable to start \
             container process: {why}"
        )
    }

    fn wake(&mut self, sandbox: SandboxId) {
        if self.runtime.is_node_shell(sandbox) {
            self.run_node_shell(sandbox);
            return;
        }
        let now = self.now;
        let (_, mut context) = self.parts();
        kubelet::wake(sandbox, now, &mut context);
    }

    /// What a command run by [`Cluster::exec`] has written since it was last asked.
    pub fn exec_output(&mut self, id: VisitId) -> Vec<Chunk> {
        self.runtime.visit_output(id)
    }

    /// Its exit code, once it has ended.
    pub fn exec_status(&self, id: VisitId) -> Option<i32> {
        self.runtime.visit_status(id)
    }

    /// Types into it; no bytes mean the end of its input.
    pub fn exec_input(&mut self, id: VisitId, bytes: Option<&[u8]>) {
        self.runtime.visit_input(id, bytes);
        self.wake(id.sandbox());
    }

    /// Sends it a signal.
    pub fn exec_signal(&mut self, id: VisitId, signal: Signal) {
        let now = self.now;
        self.runtime.visit_signal(id, signal, now);
        self.wake(id.sandbox());
    }

    /// Ctrl-C on the terminal of a command run by [`Cluster::exec`].
    pub fn exec_interrupt(&mut self, id: VisitId) {
        let now = self.now;
        self.runtime.visit_interrupt(id, now);
        self.wake(id.sandbox());
    }

    /// Ctrl-C on the terminal of a container's first process.
    pub fn attach_interrupt(&mut self, key: &Key, container: &str) {
        let Ok((_, sandbox)) = self.reach(key, "attach", container) else { return };
        let now = self.now;
        self.runtime.attach_interrupt(sandbox, container, now);
        self.wake(sandbox);
    }

    /// What the newest instance of a container has written behind the first `from` bytes, for `kubectl attach`.
    pub fn attach_output(&self, key: &Key, container: &str, from: usize) -> Vec<Chunk> {
        let reached = self.reach(key, "attach", container).ok();
        let sandbox = reached.and_then(|(_, sandbox)| self.runtime.get(sandbox));
        let found = sandbox.and_then(|sandbox| Some((sandbox, sandbox.newest(container)?)));
        found.map(|(sandbox, instance)| sandbox.written(instance, from)).unwrap_or_default()
    }

    /// Types into the first process of a container; no bytes mean the end of its input. Its output is in its log.
    pub fn attach_input(
        &mut self,
        key: &Key,
        container: &str,
        bytes: Option<&[u8]>,
    ) -> Result<(), AccessError> {
        let (_, sandbox) = self.reach(key, "attach", container)?;
        self.runtime.attach_input(sandbox, container, bytes);
        self.wake(sandbox);
        Ok(())
    }

    /// Sends a request to a port of a Pod, as `kubectl port-forward` does.
    pub fn http(&mut self, key: &Key, port: u16, request: HttpRequest) -> Result<Served, AccessError> {
        let (_, sandbox) = self.reach(key, "portForward", "")?;
        let now = self.now;
        // The runtime knocks from inside the Pod's network.
        let to = SocketAddrV4::new(Ipv4Addr::LOCALHOST, port);
        let sandbox = self.runtime.listener_beside(sandbox, to);
        let served = self.runtime.http(sandbox, to, request, now);
        self.wake(sandbox);
        Ok(served)
    }

    /// What somebody on a machine beside the cluster, in the network of its nodes, gets for a request.
    pub fn from_beside(&mut self, request: Request) -> Reply {
        let (_, mut context) = self.parts();
        let reply = context.answer_beside(request);
        self.settle();
        reply
    }

    /// What a container uses now: CPU time so far in milliseconds, memory in bytes.
    pub fn usage(&self, key: &Key, container: &str) -> Option<(u64, u64)> {
        let (_, sandbox) = self.reach(key, "stats", container).ok()?;
        let sandbox = self.runtime.get(sandbox)?;
        let found = sandbox.newest(container).filter(|c| c.state.is_running())?;
        Some((sandbox.system.cpu_time(found.cell, self.now), sandbox.system.memory(found.cell, self.now)))
    }

    /// Reads a file of a running container.
    pub fn read_file(&mut self, key: &Key, container: &str, path: &str) -> Result<Vec<u8>, AccessError> {
        let now = self.now;
        let (_, sandbox) = self.reach(key, "exec", container)?;
        self.runtime.read_file(sandbox, container, path, now).map_err(AccessError::Failed)
    }

    /// Writes a file of a running container.
    pub fn write_file(
        &mut self,
        key: &Key,
        container: &str,
        path: &str,
        bytes: &[u8],
    ) -> Result<(), AccessError> {
        let now: SimTime = self.now;
        let (_, sandbox) = self.reach(key, "exec", container)?;
        self.runtime.write_file(sandbox, container, (path, bytes), now).map_err(AccessError::Failed)
    }
}

/// What the API server says of a kubelet it does not reach: a kubelet that hangs, as the recorded ones did, takes connections and says
/// nothing; a machine without power is an address that nobody answers for (its neighbours give up on it after 3 s), one that is cut off
/// says nothing at all. Streams are dialed by themselves (apimachinery's `proxy`, "error dialing backend"), logs are fetched.
fn unreachable(machine: &Machine, what: &str, path: &str) -> AccessError {
    let place = format!("{}:10250", machine.address);
    let fetched = format!("Get \"https://{place}/{what}/{path}\"");
    let (why, wait) = if !machine.powered {
        ("connect: no route to host", 3_000)
    } else if machine.connected {
        return AccessError::Unreachable(format!("{fetched}: net/http: TLS handshake timeout"), 10_000);
    } else {
        ("i/o timeout", 30_000)
    };
    let text = if what == "containerLogs" {
        format!("{fetched}: dial tcp {place}: {why}")
    } else {
        format!("error dialing backend: dial tcp {place}: {why}")
    };
    AccessError::Unreachable(text, wait)
}

fn container_status<'a>(pod: &'a Pod, name: &str) -> Option<&'a ContainerStatus> {
    let status = &pod.status;
    let lists =
        [&status.container_statuses, &status.init_container_statuses, &status.ephemeral_container_statuses];
    lists.into_iter().flatten().flatten().find(|status| status.name == name)
}

/// The instance whose log is meant (`pkg/kubelet/kubelet_pods.go`, `validateContainerLogStatus`).
fn instance(status: Option<&ContainerStatus>, subject: &str, previous: bool) -> Result<String, String> {
    let status = status.ok_or_else(|| format!("{subject} is not available"))?;
    let ended = |state: &Option<ContainerState>| state.as_ref()?.terminated.as_ref()?.container_id.clone();
    let last = ended(&status.last_state);
    if previous {
        let subject = subject.trim_start_matches("container ");
        return last.ok_or_else(|| format!("previous terminated container {subject} not found"));
    }
    let state = status.state.clone().unwrap_or_default();
    if state.running.is_some() {
        return Ok(status.container_id.clone().unwrap_or_default());
    }
    if state.terminated.is_some() {
        return ended(&status.state).or(last).ok_or_else(|| format!("{subject} is terminated"));
    }
    if let Some(last) = last {
        return Ok(last);
    }
    Err(match state.waiting.and_then(|waiting| waiting.reason).as_deref() {
        Some("ErrImagePull") => format!("{subject} is waiting to start: image can't be pulled"),
        Some("ImagePullBackOff") => {
            format!("{subject} is waiting to start: trying and failing to pull image")
        }
        Some(reason) => format!("{subject} is waiting to start: {reason}"),
        None => format!("{subject} is waiting to start - no logs yet"),
    })
}
