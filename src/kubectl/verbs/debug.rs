//! `kubectl debug`: a guest in a running Pod, a changed copy of a Pod, a Pod on a node (`kubectl/pkg/cmd/debug/debug.go`). Does not know
//! what the profiles add: that is in `profile`.

mod made;
mod profile;
mod visit;

pub use visit::Visiting;

use crate::kube::{Kind, Object, Pod};
use crate::kubectl::complaint::Complaint;
use crate::kubectl::flags::{Flag, Offers, Takes, flag};
use crate::kubectl::run::{Flow, Run, refused};
use crate::kubectl::select::{self, Target};
use crate::kubectl::verb::{Verb, Words};
use crate::sim::api::{Patch, Subresource};
use made::Wish;
use profile::Style;
use serde_json::{Value, json};

const PROFILES: &[&str] = &["legacy", "general", "baseline", "netadmin", "restricted", "sysadmin"];

const FLAGS: &[Flag] = &[
    flag("arguments-only", Takes::Switch, "If specified, everything after -- will be passed to the new container as Args instead of Command."),
    flag("attach", Takes::Switch, "If true, wait for the container to start running, and then attach as if 'kubectl attach ...' were called.  Default false, unless '-i/--stdin' is set, in which case the default is true."),
    flag("container", Takes::Text, "Container name to use for debug container.").short('c').offers(Offers::Containers),
    flag("copy-to", Takes::Text, "Create a copy of the target Pod with this name."),
    flag("custom", Takes::Text, "Path to a JSON or YAML file containing a partial container spec to customize built-in debug profiles.").offers(Offers::Files),
    flag("env", Takes::Texts, "Environment variables to set in the container."),
    flag("filename", Takes::List, "identifying the resource to debug").short('f').offers(Offers::Files),
    flag("image", Takes::Text, "Container image to use for debug container."),
    flag("image-pull-policy", Takes::Text, "The image pull policy for the container. If left empty, this value will not be specified by the client and defaulted by the server.")
        .offers(Offers::Words(&["Always", "IfNotPresent", "Never"])),
    flag("keep-annotations", Takes::Switch, "If true, keep the original pod annotations.(This flag only works when used with '--copy-to')"),
    flag("keep-init-containers", Takes::Switch, "Run the init containers for the pod. Defaults to true.(This flag only works when used with '--copy-to')").default("true"),
    flag("keep-labels", Takes::Switch, "If true, keep the original pod labels.(This flag only works when used with '--copy-to')"),
    flag("keep-liveness", Takes::Switch, "If true, keep the original pod liveness probes.(This flag only works when used with '--copy-to')"),
    flag("keep-readiness", Takes::Switch, "If true, keep the original pod readiness probes.(This flag only works when used with '--copy-to')"),
    flag("keep-startup", Takes::Switch, "If true, keep the original startup probes.(This flag only works when used with '--copy-to')"),
    flag("profile", Takes::Text, "Options are \"legacy\", \"general\", \"baseline\", \"netadmin\", \"restricted\" or \"sysadmin\".")
        .default("general")
        .offers(Offers::Words(PROFILES)),
    flag("quiet", Takes::Switch, "If true, suppress informational messages.").short('q'),
    flag("replace", Takes::Switch, "When used with '--copy-to', delete the original Pod."),
    flag("same-node", Takes::Switch, "When used with '--copy-to', schedule the copy of target Pod on the same node."),
    flag("set-image", Takes::List, "When used with '--copy-to', a list of name=image pairs for changing container images, similar to how 'kubectl set image' works."),
    flag("share-processes", Takes::Switch, "When used with '--copy-to', enable process namespace sharing in the copy.").default("true"),
    flag("stdin", Takes::Switch, "Keep stdin open on the container(s) in the pod, even if nothing is attached.").short('i'),
    flag("target", Takes::Text, "When using an ephemeral container, target processes in this container name.").offers(Offers::Containers),
    flag("tty", Takes::Switch, "Allocate a TTY for the debugging container.").short('t'),
];

pub(super) const VERB: Verb = Verb {
    name: "debug",
    path: "kubectl debug",
    summary: "Debug cluster resources using interactive debugging containers.",
    usage: "(POD | TYPE[[.VERSION].GROUP]/NAME) [ -- COMMAND [args...] ] [options]",
    examples: "# A shell beside the containers of the Pod web\nkubectl debug web -it --image=busybox:1.36\n\n# The same, seeing the \
               processes of its container app\nkubectl debug web -it --image=busybox:1.36 --target=app\n\n# A copy of the Pod in which \
               the container app sleeps instead of crashing\nkubectl debug web --copy-to=web-debug --container=app -- sleep 1d\n\n# A \
               copy with other images\nkubectl debug web --copy-to=web-debug --set-image=*=busybox:1.36\n\n# A shell on a node, whose \
               files are below /host\nkubectl debug node/worker-1 -it --image=busybox:1.36",
    flags: &[FLAGS],
    words: Words::Pods,
    run: debug,
    ..Verb::EMPTY
};

fn debug(run: &mut Run) -> Result<Flow, Complaint> {
    let wish = Wish::read(run)?;
    let mut last = Flow::Done;
    for word in wish.targets.clone() {
        let (kind, name) = match select::targets(std::slice::from_ref(&word)) {
            Ok(found) if word.contains('/') => match found.into_iter().next() {
                Some(Target::Named(kind, name)) => (kind, name),
                _ => (Kind::Pod, word),
            },
            Err(complaint) if word.contains('/') => return Err(complaint),
            _ => (Kind::Pod, word),
        };
        let object = select::named(run, kind, &name)?;
        let made = match &object {
            Object::Node(_) => Some(on_node(run, &wish, &name)?),
            Object::Pod(pod) if wish.copy_to.is_some() => copy(run, &wish, pod)?,
            Object::Pod(pod) => Some(guest(run, &wish, pod)?),
            _ => {
                let info = kind.info();
                let version = if info.group.is_empty() {
                    info.version.to_owned()
                } else {
                    format!("{}/{}", info.group, info.version)
                };
                return Err(Complaint::plain(format!(
                    "\"{version}, Kind={}\" not supported by debug",
                    kind.name()
                )));
            }
        };
        if let Some((pod, container)) = made.filter(|_| wish.attach) {
            last = Flow::wait(Visiting::new(&pod, container));
        }
    }
    Ok(last)
}

/// Adds an ephemeral container to a running Pod.
fn guest(run: &mut Run, wish: &Wish, pod: &Pod) -> Result<(Object, String), Complaint> {
    let name = wish.container_name(run, pod);
    let mut container = json!({"name": name, "image": wish.image, "terminationMessagePolicy": "File"});
    wish.fill(&mut container);
    if let Some(target) = &wish.target {
        container["targetContainerName"] = target.as_str().into();
    }
    wish.profile.apply(Style::Guest, &mut json!({}), &mut container);
    wish.customize(&mut container);
    if profile::needs_root(&container) && runs_as_somebody(pod) {
        run.warn(NON_ROOT);
    }
    let guests = pod.spec.ephemeral_containers.iter().flatten().map(|guest| guest.name.as_str());
    let order: Vec<Value> = guests.chain([name.as_str()]).map(|name| json!({"name": name})).collect();
    let change = Patch::Strategic(json!({"spec": {
        "$setElementOrder/ephemeralContainers": order, "ephemeralContainers": [container]}}));
    let (key, write) = (crate::kubectl::containers::key(pod), run.write());
    let answer = run.cluster.patch(&key, &change, Subresource::EphemeralContainers, &write);
    Ok((run.accepted(answer)?, name))
}

/// What is said of a guest whose rights its user takes away.
const NON_ROOT: &str = "Warning: Non-root user is configured for the entire target Pod, and some capabilities granted by debug profile may not \
                        work. Please consider using \"--custom\" with a custom profile that specifies \"securityContext.runAsUser: 0\".";

fn runs_as_somebody(pod: &Pod) -> bool {
    pod.spec.security_context.as_ref().and_then(|context| context.run_as_user).is_some_and(|user| user != 0)
}

/// Creates a changed copy of a Pod; no container if only images were changed.
fn copy(run: &mut Run, wish: &Wish, pod: &Pod) -> Result<Option<(Object, String)>, Complaint> {
    let (value, container) = wish.copy_of(run, pod)?;
    let object = create(run, &value)?;
    if run.args.is("replace") {
        let write = run.write();
        let options = crate::sim::api::DeleteOptions { grace_seconds: Some(0), ..Default::default() };
        run.cluster.delete(&crate::kubectl::containers::key(pod), &options, &write).map_err(refused)?;
    }
    Ok(container.map(|name| (object, name)))
}

/// Creates a Pod in the namespaces of a node.
fn on_node(run: &mut Run, wish: &Wish, node: &str) -> Result<(Object, String), Complaint> {
    let container = wish.container.clone().unwrap_or_else(|| "debugger".to_owned());
    let name = format!("node-debugger-{node}-{}", made::suffix(run, 0));
    if !run.args.is("quiet") {
        run.say(&format!("Creating debugging pod {name} with container {container} on node {node}."));
    }
    let mut debugger =
        json!({"name": container, "image": wish.image, "terminationMessagePolicy": "FallbackToLogsOnError"});
    wish.fill(&mut debugger);
    let mut pod = json!({"apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": name, "namespace": run.namespace, "labels": {"app.kubernetes.io/managed-by": "kubectl-debug"}},
        "spec": {"nodeName": node, "restartPolicy": "Never", "tolerations": [{"operator": "Exists"}]}});
    wish.profile.apply(Style::Node, &mut pod, &mut debugger);
    wish.customize(&mut debugger);
    pod["spec"]["containers"] = json!([debugger]);
    Ok((create(run, &pod)?, container))
}

fn create(run: &mut Run, value: &Value) -> Result<Object, Complaint> {
    let object = crate::kubectl::documents::decode(run, Kind::Pod, value)?;
    let write = run.write();
    let answer = run.cluster.create(object, &write);
    run.accepted(answer)
}
