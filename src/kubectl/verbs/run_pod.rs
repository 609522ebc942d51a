//! `kubectl run`.

use super::attach::{Attached, From};
use super::generate::{self, pairs};
use crate::kube::{Key, Kind, Object, Pod, SimTime};
use crate::kubectl::complaint::Complaint;
use crate::kubectl::containers;
use crate::kubectl::flags::{Flag, Offers, Takes, flag};
use crate::kubectl::run::{DryRun, Flow, Run};
use crate::kubectl::status;
use crate::kubectl::verb::{DRY_RUN, OUTPUT, Verb};
use crate::os::Reference;
use crate::sim::api::{DeleteOptions, patch};
use serde_json::{Value, json};

const FLAGS: &[Flag] =
    &[
        flag("image", Takes::Text, "The image for the container to run."),
        flag("port", Takes::Text, "The port that this container exposes."),
        flag("env", Takes::Texts, "Environment variables to set in the container.").short('e'),
        flag("labels", Takes::Text, "Comma separated labels to apply to the pod. Will override previous values.").short('l'),
        flag("annotations", Takes::Texts, "Annotations to apply to the pod."),
        flag("command", Takes::Switch, "If true and extra arguments are present, use them as the 'command' field in the container, rather than the 'args' field which is the default."),
        flag("restart", Takes::Text, "The restart policy for this Pod.  Legal values [Always, OnFailure, Never].")
            .default("Always")
            .offers(Offers::Words(&["Always", "OnFailure", "Never"])),
        flag("image-pull-policy", Takes::Text, "The image pull policy for the container.  If left empty, this value will not be specified by the client and defaulted by the server."),
        flag("privileged", Takes::Switch, "If true, run the container in privileged mode."),
        flag("overrides", Takes::Text, "An inline JSON override for the generated object. If this is non-empty, it is used to override the generated object. Requires that the object supply a valid apiVersion field."),
        flag("override-type", Takes::Text, "The method used to override the generated object: json, merge, or strategic.").default("merge"),
        flag("expose", Takes::Switch, "If true, create a ClusterIP service associated with the pod.  Requires `--port`."),
        flag("stdin", Takes::Switch, "Keep stdin open on the container in the pod, even if nothing is attached.").short('i'),
        flag("tty", Takes::Switch, "Allocate a TTY for the container in the pod.").short('t'),
        flag("attach", Takes::Switch, "If true, wait for the Pod to start running, and then attach to the Pod as if 'kubectl attach ...' were called.  Default false, unless '-i/--stdin' is set, in which case the default is true. With '--restart=Never' the exit code of the container process is returned."),
        flag("rm", Takes::Switch, "If true, delete the pod after it exits.  Only valid when attaching to the container, e.g. with '--attach' or with '-i/--stdin'."),
        flag("quiet", Takes::Switch, "If true, suppress prompt messages.").short('q'),
        flag("leave-stdin-open", Takes::Switch, "If the pod is started in interactive mode or with stdin, leave stdin open after the first attach completes. By default, stdin will be closed after the first attach completes."),
        flag("pod-running-timeout", Takes::Span, "The length of time (like 5s, 2m, or 3h, higher than zero) to wait until at least one pod is running").default("1m0s"),
        flag("field-manager", Takes::Text, "Name of the manager used to track field ownership."),
        flag("save-config", Takes::Switch, "If true, the configuration of current object will be saved in its annotation. Otherwise, the annotation will be unchanged. This flag is useful when you want to perform kubectl apply on this object in the future."),
        flag("force", Takes::Switch, "If true, immediately remove resources from API and bypass graceful deletion. Note that immediate deletion of some resources may result in inconsistency or data loss and requires confirmation."),
        flag("grace-period", Takes::Number, "Period of time in seconds given to the resource to terminate gracefully. Ignored if negative. Set to 1 for immediate shutdown. Can only be set to 0 when --force is true (force deletion).").default("-1"),
        flag("timeout", Takes::Span, "The length of time to wait before giving up on a delete, zero means determine a timeout from the size of the object"),
        flag("wait", Takes::Switch, "If true, wait for resources to be gone before returning. This waits for finalizers."),
        flag("detach-keys", Takes::Text, "the keys that detach"),
    ];

pub(super) const VERB: Verb = Verb {
    name: "run",
    path: "kubectl run",
    summary: "Create and run a particular image in a pod.",
    usage: "NAME --image=image [--env=\"key=value\"] [--port=port] [--dry-run=server|client] [--overrides=inline-json] [--command] -- [COMMAND] [args...] [options]",
    examples: "# A web server\nkubectl run web --image=nginx:1.27\n\n# Its manifest only\nkubectl run web --image=nginx:1.27 \
               --dry-run=client -o yaml\n\n# A shell that goes when it ends\nkubectl run tmp --rm -it --image=busybox:1.36 -- sh",
    flags: &[FLAGS, OUTPUT, DRY_RUN],
    run: start,
    ..Verb::EMPTY
};

fn start(run: &mut Run) -> Result<Flow, Complaint> {
    let attached = check(run)?;
    let name = run.args.words[0].clone();
    let value = pod(run, &name)?;
    let exposed = run.args.is("expose");
    if exposed {
        let port = port(run)?;
        let service = json!({"apiVersion": "v1", "kind": "Service",
            "metadata": {"name": name, "namespace": run.namespace},
            "spec": {"ports": [{"port": port, "protocol": "TCP", "targetPort": port}], "selector": {"run": name}},
            "status": {"loadBalancer": {}}});
        generate::make(run, Kind::Service, service, "created")?;
        if run.args.get("output") == Some("yaml") {
            run.out("---\n---\n");
        }
    }
    if attached {
        let object = crate::kubectl::documents::decode(run, Kind::Pod, &value)?;
        let write = run.write();
        let answer = run.cluster.create(object, &write);
        let object = run.accepted(answer)?;
        return Ok(attach(run, &object));
    }
    generate::finish(run, Kind::Pod, value)
}

/// Checks the flags in kubectl's order; whether the command attaches.
fn check(run: &mut Run) -> Result<bool, Complaint> {
    let args = run.args;
    let usage = |text: &str| Err(Complaint::Usage(text.to_owned(), run.verb.path));
    let Some(image) = args.get("image") else {
        return Err(Complaint::plain("required flag(s) \"image\" not set"));
    };
    if args.before_dash().is_empty() {
        return usage("NAME is required for run");
    }
    let (stdin, tty) = (args.is("stdin"), args.is("tty"));
    let attached = stdin || tty || args.is("attach");
    if image.is_empty() {
        return Err(Complaint::plain("--image is required"));
    }
    if Reference::parse(image).is_err() {
        return Err(Complaint::plain(format!("Invalid image name {image:?}: invalid reference format")));
    }
    if tty && !stdin {
        return usage("-i/--stdin is required for containers with -t/--tty=true");
    }
    if args.is("expose") && args.get("port").is_none() {
        return usage("--port must be set when exposing a service");
    }
    if args.is("rm") && !attached {
        return usage("--rm should only be used for attached containers");
    }
    if attached && run.dry_run() != DryRun::No {
        return usage(
            "--dry-run=[server|client] can't be used with attached containers options (--attach, --stdin, or --tty)",
        );
    }
    let overriding = args.or("override-type", "merge");
    if args.get("overrides").is_some() && !["json", "merge", "strategic"].contains(&overriding) {
        return Err(Complaint::plain(format!("invalid override type: {overriding}")));
    }
    let policy = args.or("image-pull-policy", "");
    if !["", "Always", "IfNotPresent", "Never"].contains(&policy) {
        return usage(&format!("invalid image pull policy: {policy}"));
    }
    let restart = args.or("restart", "Always");
    if !["Always", "OnFailure", "Never"].contains(&restart) {
        return usage(&format!("invalid restart policy: {restart}"));
    }
    Ok(attached)
}

fn port(run: &Run) -> Result<i64, Complaint> {
    let text = run.args.or("port", "0");
    text.parse::<i64>()
        .map_err(|_| Complaint::plain(format!("strconv.Atoi: parsing {text:?}: invalid syntax")))
}

/// The Pod the flags describe.
fn pod(run: &Run, name: &str) -> Result<Value, Complaint> {
    let args = run.args;
    let labels = args.get("labels").filter(|l| !l.is_empty());
    let labels = labels.map_or_else(|| Ok(json!({"run": name})), |text| pairs(text, "label"))?;
    let mut metadata = json!({"labels": labels, "name": name, "namespace": run.namespace});
    let mut annotations = json!({});
    for text in args.all("annotations") {
        let (key, value) = text
            .split_once('=')
            .ok_or_else(|| Complaint::plain(format!("unexpected annotation spec: {text}")))?;
        annotations[key] = value.into();
        metadata["annotations"] = annotations.clone();
    }
    let mut container = json!({"image": args.or("image", ""), "name": name, "resources": {}});
    let words = &args.words[1..];
    if !words.is_empty() {
        container[if args.is("command") { "command" } else { "args" }] = json!(words);
    }
    let mut env = Vec::new();
    for text in args.all("env") {
        let (key, value) = text
            .split_once('=')
            .filter(|(key, _)| !key.is_empty())
            .ok_or_else(|| Complaint::plain(format!("invalid env: {text}")))?;
        env.push(if value.is_empty() { json!({"name": key}) } else { json!({"name": key, "value": value}) });
    }
    if !env.is_empty() {
        container["env"] = env.into();
    }
    if args.get("port").is_some() {
        container["ports"] = json!([{"containerPort": port(run)?}]);
    }
    if let Some(policy) = args.get("image-pull-policy").filter(|p| !p.is_empty()) {
        container["imagePullPolicy"] = policy.into();
    }
    if args.is("privileged") {
        container["securityContext"] = json!({"privileged": true});
    }
    if args.is("stdin") {
        container["stdin"] = true.into();
        if !args.is("leave-stdin-open") {
            container["stdinOnce"] = true.into();
        }
    }
    if args.is("tty") {
        container["tty"] = true.into();
    }
    let mut pod = json!({"apiVersion": "v1", "kind": "Pod", "metadata": metadata,
        "spec": {"containers": [container], "dnsPolicy": "ClusterFirst", "restartPolicy": args.or("restart", "Always")},
        "status": {}});
    if let Some(text) = args.get("overrides").filter(|t| !t.is_empty()) {
        override_with(&mut pod, text, args.or("override-type", "merge"))?;
    }
    Ok(pod)
}

fn override_with(pod: &mut Value, text: &str, kind: &str) -> Result<(), Complaint> {
    let change: Value = serde_json::from_str(text).map_err(|_| Complaint::plain("Invalid JSON Patch"))?;
    let refused = crate::kubectl::run::refused;
    match kind {
        "json" => patch::json(pod, &change).map_err(refused),
        "strategic" => patch::strategic(Kind::Pod, pod, &change).map_err(refused),
        _ => {
            patch::merge(pod, &change);
            Ok(())
        }
    }
}

/// Waiting for the Pod to run, then attached to it, then for its end.
#[derive(Clone, Debug)]
pub struct Attaching {
    key: Key,
    container: String,
    remove: bool,
    deadline: SimTime,
    attached: Option<Attached>,
}

fn attach(run: &mut Run, object: &Object) -> Flow {
    let patience = run.args.span("pod-running-timeout").unwrap_or(60_000).max(0) as u64;
    let container = object.as_pod().and_then(|p| p.spec.containers.first()).map(|c| c.name.clone());
    Flow::wait(Attaching {
        key: object.key(),
        container: container.unwrap_or_default(),
        remove: run.args.is("rm"),
        deadline: run.now().plus(patience),
        attached: None,
    })
}

impl Attaching {
    /// Whether it passes standard input on.
    pub fn reads_input(&self) -> bool {
        self.attached.as_ref().is_some_and(Attached::reads_input)
    }

    /// Ctrl-C: on a terminal it is for the process in the container; whether it is.
    pub fn interrupt(&mut self) -> bool {
        self.attached.as_mut().is_some_and(Attached::interrupt)
    }

    /// Goes on as the Pod does.
    pub fn poll(&mut self, run: &mut Run) -> Result<Flow, Complaint> {
        let Some(pod) = run.cluster.store().get(&self.key).and_then(Object::as_pod).cloned() else {
            return Ok(Flow::Done);
        };
        let state =
            containers::status_of(&pod, &self.container).and_then(|s| s.state.clone()).unwrap_or_default();
        let over = status::is_final(&pod.status) || state.terminated.is_some();
        if let Some(attached) = &mut self.attached {
            attached.poll(run)?;
            return if over { self.end(run, &pod) } else { Ok(Flow::Until(SimTime::NEVER)) };
        }
        let ready = status::condition(&pod.status, "Ready") == Some("True");
        if over {
            self.attached = Some(Attached::to_log(run, &self.key, &self.container));
            return self.end(run, &pod);
        }
        if state.running.is_some() && ready {
            let mut attached = Attached::begin(run, &pod, &self.container, From::Start);
            attached.poll(run)?;
            self.attached = Some(attached);
            return Ok(Flow::Until(SimTime::NEVER));
        }
        if self.deadline <= run.now() {
            if self.remove {
                self.delete(run);
            }
            return Err(Complaint::plain("timed out waiting for the condition"));
        }
        Ok(Flow::Until(self.deadline))
    }

    fn end(&mut self, run: &mut Run, pod: &Pod) -> Result<Flow, Complaint> {
        let state = containers::status_of(pod, &self.container).and_then(|s| s.state.as_ref());
        let ended = state.and_then(|s| s.terminated.as_ref());
        // The exit code of a Pod that is not started again is known, and the Pod removed, once its phase is final (`waitForExitCode`).
        let always = pod.spec.restart_policy.as_deref() == Some("Always");
        if !(always && ended.is_some() || status::is_final(&pod.status)) {
            return Ok(Flow::Until(SimTime::NEVER));
        }
        let code = ended.map_or(0, |t| t.exit_code);
        if self.remove {
            self.delete(run);
        }
        if always || code == 0 {
            return Ok(Flow::Done);
        }
        let reason = ended.and_then(|t| t.reason.clone()).unwrap_or_default();
        run.warn(&format!("pod {}/{} terminated ({reason})", pod.namespace(), pod.name()));
        if let Some(message) = ended.and_then(|t| t.message.as_deref()).filter(|m| !m.is_empty()) {
            run.warn(message);
        }
        Ok(Flow::Exit(code))
    }

    fn delete(&self, run: &mut Run) {
        let write = run.write();
        if let Ok(written) = run.cluster.delete(&self.key, &DeleteOptions::default(), &write)
            && !run.args.is("quiet")
        {
            run.say(&super::delete::told(&written.object, "deleted"));
        }
    }
}
