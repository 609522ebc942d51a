//! Starting one container: crash back-off, image, configuration, creation, first process, postStart hook, each with the events and the
//! reasons a real kubelet gives (`pkg/kubelet/kuberuntime/kuberuntime_container.go`, `startContainer`).

use super::backoff::Backoff;
use super::credentials;
use super::desk::{Desk, Said};
use super::etc;
use super::pull::{Look, Wanted};
use super::spec::{self, Role, Target};
use super::sync::{Flow, StartFailure, Step};
use super::worker::{Reason, Worker};
use super::{config, errands::Errand};
use crate::kube::core::Container as Spec;
use crate::kube::{Pod, SimTime};
use crate::sim::runtime::{Exit, ExitReason, State};
use std::borrow::Cow;
use std::sync::Arc;

impl Worker {
    /// Begins to start a container: unless it is in back-off, its image is next.
    pub fn start(&mut self, target: Target, desk: &mut Desk) -> Flow {
        let pod = self.pod.clone();
        let Some((name, container, field)) = subject(&pod, target) else { return Flow::Next };
        if let Some((wait, failed)) = self.crash_backoff(&name, &container, desk) {
            let pod = format!("{}_{}({})", self.key.name, self.key.namespace, self.events_uid());
            let message = format!("back-off {} restarting failed container={name} pod={pod}", wait.text());
            let text = format!("Back-off restarting failed container {name} in pod {pod}");
            let told = format!(
                "container {name} has ended before: the kubelet waits {} from its end before it starts it again",
                wait.text()
            );
            self.tell(&name, "crashloopbackoff", told, desk);
            desk.event(&self.events_pod(), Said::warning(&field, "BackOff", text), self.because);
            let until = Some(failed.plus(wait.wait));
            self.fail(target, StartFailure { name, reason: Reason::CrashLoopBackOff, message, until });
            return Flow::Next;
        }
        self.find_image(target, &container, &field, desk)
    }

    /// The wait in force for a container, with the end it counts from; raises the wait if there is none in force. Looks at what the
    /// sync saw when it began: a container this very sync has stopped does not count yet.
    fn crash_backoff(
        &mut self,
        name: &Arc<str>,
        container: &Spec,
        desk: &Desk,
    ) -> Option<(Backoff, SimTime)> {
        let sandbox = desk.ctx.runtime.get(self.sandbox?)?;
        let ended =
            |c: &crate::sim::runtime::Container| c.seen.as_ref().and_then(State::exit).map(|exit| exit.at);
        let failed = sandbox.containers.iter().rev().filter(|c| c.name == *name).find_map(ended)?;
        let key = (name.clone(), spec::spec_hash(container));
        // The runtime noted the end by the node's clock, and that clock says how long ago it was.
        let waited = u64::try_from(desk.wall().between(failed, desk.ctx.now)).unwrap_or(0);
        let entry = self.crashes.get(&key).copied();
        if let Some(wait) = Backoff::in_force(entry, failed, failed.plus(waited)) {
            return Some((wait, failed));
        }
        self.crashes.insert(key, Backoff::next(entry, failed, desk.ctx.now));
        None
    }

    fn find_image(&mut self, target: Target, container: &Spec, field: &str, desk: &mut Desk) -> Flow {
        let asked = container.image.clone().unwrap_or_default();
        let policy = container.image_pull_policy.as_deref().unwrap_or("IfNotPresent");
        match self.look_for_image(&Wanted { asked: &asked, policy, field }, desk) {
            Look::There => {
                self.steps().push_front(Step::Create(target));
                Flow::Next
            }
            Look::Pulling(millis) => {
                self.steps().push_front(Step::Pulled(target, desk.ctx.now));
                Flow::After(millis)
            }
            Look::Refused(why) => self.refuse(target, why, desk),
        }
    }

    /// The registry has answered.
    pub fn pulled(&mut self, target: Target, since: SimTime, desk: &mut Desk) -> Flow {
        let pod = self.pod.clone();
        let Some((name, container, field)) = subject(&pod, target) else { return Flow::Next };
        let asked = container.image.clone().unwrap_or_default();
        match self.end_of_pull((&asked, &field, &format!("container {name}")), since, desk) {
            Ok(()) => {
                self.steps().push_front(Step::Create(target));
                Flow::Next
            }
            Err(why) => self.refuse(target, why, desk),
        }
    }

    /// Refuses a start for a reason that is its own event text.
    fn refuse(&mut self, target: Target, why: (Reason, String), desk: &mut Desk) -> Flow {
        let text = format!("Error: {}", why.0.as_str());
        self.refuse_with(target, why, &text, desk)
    }

    fn refuse_with(
        &mut self,
        target: Target,
        (reason, message): (Reason, String),
        event: &str,
        desk: &mut Desk,
    ) -> Flow {
        let pod = self.pod.clone();
        if let Some((name, _, field)) = subject(&pod, target) {
            desk.event(&self.events_pod(), Said::warning(&field, "Failed", event), self.because);
            self.fail(target, StartFailure { name, reason, message, until: None });
        }
        Flow::Next
    }

    /// Makes the container from image and configuration.
    pub fn create(&mut self, target: Target, desk: &mut Desk) -> Flow {
        let pod = self.pod.clone();
        let Some((name, container, field)) = subject(&pod, target) else { return Flow::Next };
        if let Some(why) = self.missing_volume_image(&container) {
            return self.refuse(target, why, desk);
        }
        match config::prepare(self, &container, desk) {
            Err(message) => {
                let told = format!("container {name} cannot be configured: {message}");
                self.tell_failure("config-errors", told, desk);
                let text = format!("Error: {message}");
                self.refuse_with(target, (Reason::CreateContainerConfigError, message), &text, desk)
            }
            Ok(prepared) => {
                desk.create_container(self, target, &container, prepared);
                desk.event(
                    &self.events_pod(),
                    Said::normal(&field, "Created", "Container created"),
                    self.because,
                );
                self.steps().push_front(Step::Launch(target));
                Flow::After(desk.machine.latency.create)
            }
        }
    }

    /// Starts the container's first process.
    pub fn launch(&mut self, target: Target, desk: &mut Desk) -> Flow {
        let pod = self.pod.clone();
        let Some((name, container, field)) = subject(&pod, target) else { return Flow::Next };
        let Some(sandbox) = self.sandbox else { return Flow::Next };
        self.current().acted = true;
        let launched = match etc::without_place(self, &container, desk) {
            Some(why) => Err(why),
            None => desk.ctx.runtime.launch(sandbox, &name, desk.ctx.now),
        };
        match launched {
            Ok(wake) => {
                desk.wake(sandbox, wake);
                // A look at all containers that comes before this sync has ended sees the start, and asks for another sync.
                desk.await_relist(self.serial);
                self.tell(&name, chapter(target.role), format!("the kubelet started container {name}"), desk);
                desk.event(
                    &self.events_pod(),
                    Said::normal(&field, "Started", "Container started"),
                    self.because,
                );
                let hook = container.lifecycle.as_ref().and_then(|lifecycle| lifecycle.post_start.as_ref());
                if hook.is_some() {
                    self.steps().push_front(Step::Hook(target));
                } else {
                    self.current().started.push(name);
                }
                Flow::After(desk.machine.latency.start)
            }
            Err(why) => {
                let message = format!(
                    "failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: \
                     unable to start container process: error during container init: {why}"
                );
                self.steps().push_front(Step::Failed(target, Reason::RunContainerError, message));
                Flow::After(desk.machine.latency.failed_start)
            }
        }
    }

    /// The runtime has given up on the container's first process.
    pub fn start_failed(&mut self, target: Target, reason: Reason, message: &str, desk: &mut Desk) {
        let pod = self.pod.clone();
        let Some((name, _, field)) = subject(&pod, target) else { return };
        let exit = Exit {
            code: 128,
            at: desk.ctx.now,
            reason: ExitReason::StartError,
            message: Some(message.into()),
        };
        if let Some(instance) =
            self.sandbox.and_then(|id| desk.ctx.runtime.get_mut(id)).and_then(|s| s.newest_mut(&name))
        {
            instance.state = State::Exited(None, exit);
        }
        let told = format!("the runtime could not start the process of container {name}");
        self.tell(&name, "config-errors", told, desk);
        let text = format!("Error: {message}");
        desk.event(&self.events_pod(), Said::warning(&field, "Failed", text), self.because);
        self.fail(target, StartFailure { name, reason, message: message.into(), until: None });
    }

    /// Runs the postStart hook; the sync waits for its end.
    pub fn post_start(&mut self, target: Target, desk: &mut Desk) -> Flow {
        let pod = self.pod.clone();
        let Some((_, container, _)) = subject(&pod, target) else { return Flow::Next };
        let Some(hook) = container.lifecycle.as_ref().and_then(|lifecycle| lifecycle.post_start.clone())
        else {
            return Flow::Next;
        };
        let run = self.run;
        self.run_hook(&container, &hook, Errand::PostStart { target, run }, desk);
        Flow::Wait
    }

    /// The postStart hook has ended, well or with this error.
    pub fn post_started(&mut self, target: Target, run: u32, error: Option<String>, desk: &mut Desk) {
        if run != self.run {
            return;
        }
        let pod = self.pod.clone();
        let Some((name, _, field)) = subject(&pod, target) else { return };
        let Some(message) = error else {
            self.current().started.push(name);
            self.proceed(desk);
            return;
        };
        let told = format!("the postStart hook of container {name} failed, so the container is killed");
        self.tell(&name, "hooks", told, desk);
        desk.event(
            &self.events_pod(),
            Said::warning(&field, "FailedPostStartHook", "PostStartHook failed"),
            self.because,
        );
        self.fail(
            target,
            StartFailure { name: name.clone(), reason: Reason::PostStartHookError, message, until: None },
        );
        self.kill_named(&name, "FailedPostStartHook", desk);
        self.steps().push_front(Step::AwaitKills);
        self.proceed(desk);
    }

    /// Says at every sync which of the Pod's pull secrets do not exist; pulls are tried without them.
    pub fn warn_of_missing_pull_secrets(&mut self, desk: &mut Desk) {
        let wanted = self.pod.spec.image_pull_secrets.as_deref().unwrap_or_default();
        let missing = credentials::missing_secrets(wanted, &self.key.namespace, desk.ctx.store);
        if !missing.is_empty() {
            let text = format!(
                "Unable to retrieve some image pull secrets ({}); attempting to pull the image may not succeed.",
                missing.join(", ")
            );
            desk.event(
                &self.events_pod(),
                Said::warning("", "FailedToRetrieveImagePullSecret", text),
                self.because,
            );
        }
    }
}

/// A container's name, its spec and the field events about it point at.
fn subject(pod: &Pod, target: Target) -> Option<(Arc<str>, Cow<'_, Spec>, String)> {
    let container = spec::container(pod, target)?;
    let field = target.role.field(&container.name);
    Some((container.name.as_str().into(), container, field))
}

fn chapter(role: Role) -> &'static str {
    match role {
        Role::Init => "init-containers",
        Role::Sidecar => "sidecars",
        Role::Main => "kubelet",
        Role::Ephemeral => "debug-containers",
    }
}
