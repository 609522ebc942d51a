//! What a `kubectl debug` was asked for, checked in kubectl's order, and the containers and Pods made of it.

use super::profile::{Profile, Style};
use crate::kube::Pod;
use crate::kubectl::complaint::Complaint;
use crate::kubectl::containers;
use crate::kubectl::run::Run;
use crate::sim::api::patch;
use crate::sim::chance;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// The wishes of a command line.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub(super) struct Wish {
    /// What is to be debugged, by name or `kind/name`.
    pub targets: Vec<String>,
    /// Whether somebody wants to be attached.
    pub attach: bool,
    /// The name of the container, if given.
    pub container: Option<String>,
    /// The image of the new container, empty if none was given.
    pub image: String,
    /// The name of the copy.
    pub copy_to: Option<String>,
    /// The container whose processes are to be seen.
    pub target: Option<String>,
    /// What is granted.
    pub profile: Profile,
    command: Vec<String>,
    arguments_only: bool,
    env: Vec<Value>,
    pull_policy: String,
    images: BTreeMap<String, String>,
    stdin: bool,
    tty: bool,
    custom: Option<Value>,
    keeps: Keeps,
}

/// What a copy keeps of its original.
#[derive(Clone, Debug)]
struct Keeps {
    /// Fields of the metadata that go.
    metadata: Vec<&'static str>,
    /// Probes that go.
    probes: Vec<&'static str>,
    init_containers: bool,
    node: bool,
    share: Option<bool>,
}

impl Keeps {
    fn read(run: &Run) -> Keeps {
        let args = run.args;
        let dropped = |pairs: &[(&str, &'static str)]| {
            pairs.iter().filter(|(flag, _)| !args.is(flag)).map(|(_, field)| *field).collect()
        };
        Keeps {
            metadata: dropped(&[("keep-labels", "labels"), ("keep-annotations", "annotations")]),
            probes: dropped(&[
                ("keep-liveness", "livenessProbe"),
                ("keep-readiness", "readinessProbe"),
                ("keep-startup", "startupProbe"),
            ]),
            init_containers: args.is_not_off("keep-init-containers"),
            node: args.is("same-node"),
            share: args.get("share-processes").map(|_| args.is("share-processes")),
        }
    }
}

/// Whether a text can be an image's name.
fn is_image(name: &str) -> bool {
    crate::os::Reference::parse(name).is_ok() && !name.contains(char::is_whitespace)
}

/// Five characters as kubectl puts them behind the names it makes up.
pub(super) fn suffix(run: &Run, n: u64) -> String {
    let revision = run.cluster.store().revision();
    chance::suffix(0, &format!("{revision}/{}", run.now().0), "debug", n, 5)
}

impl Wish {
    /// Reads the flags and refuses what does not go together (`Complete` and `Validate` of debug.go).
    pub fn read(run: &mut Run) -> Result<Wish, Complaint> {
        let args = run.args;
        let text = |flag: &str| args.get(flag).filter(|text| !text.is_empty()).map(str::to_owned);
        let name = args.or("profile", "general");
        let profile =
            Profile::parse(name).ok_or_else(|| Complaint::plain(format!("unknown profile: {name}")))?;
        if profile == Profile::Legacy {
            run.warn("--profile=legacy is deprecated and planned to be removed in v1.39. It is recommended to specify other profile, for \
                      example \"--profile=general\".");
        }
        let mut wish = Wish {
            targets: args.before_dash().to_vec(),
            attach: if args.get("attach").is_some() { args.is("attach") } else { args.is("stdin") },
            container: text("container"),
            image: text("image").unwrap_or_default(),
            copy_to: text("copy-to"),
            target: text("target"),
            profile,
            command: args.after_dash().to_vec(),
            arguments_only: args.is("arguments-only"),
            env: env(args.all("env"))?,
            pull_policy: args.or("image-pull-policy", "").to_owned(),
            images: images(args.all("set-image"))?,
            stdin: args.is("stdin"),
            tty: args.is("tty"),
            custom: None,
            keeps: Keeps::read(run),
        };
        wish.check(run)?;
        if let Some(path) = text("custom") {
            wish.custom = Some(custom(run, &path)?);
        }
        if args.has_files() {
            let manifests = crate::kubectl::manifests::read(run)?;
            if let Some(complaint) = manifests.errors.into_iter().next() {
                return Err(complaint);
            }
            let named = manifests.objects.iter().map(|m| format!("{}/{}", m.kind.info().plural, m.name));
            wish.targets.extend(named);
        }
        Ok(wish)
    }

    fn check(&self, run: &mut Run) -> Result<(), Complaint> {
        let args = run.args;
        let no = |text: &str| Err(Complaint::plain(text));
        if args.is("attach") && self.image.is_empty() && self.container.is_none() {
            return no(
                "you must specify --container or create a new container using --image in order to attach.",
            );
        }
        if self.copy_to.is_some() {
            if self.image.is_empty() && self.images.is_empty() && self.command.is_empty() {
                return no("you must specify --image, --set-image or command arguments.");
            }
            if !self.command.is_empty() && self.container.is_none() && self.image.is_empty() {
                return no("you must specify an existing container or a new image when specifying args.");
            }
        } else {
            for flag in ["replace", "same-node", "set-image"] {
                if args.get(flag).is_some() {
                    return no(&format!("--{flag} may only be used with --copy-to."));
                }
            }
            if self.image.is_empty() {
                return no("you must specify --image when not using --copy-to.");
            }
        }
        if !self.image.is_empty() && !is_image(&self.image) {
            return no(&format!("invalid image name {:?}: invalid reference format", self.image));
        }
        if self.targets.is_empty() && !args.has_files() {
            return no("NAME or filename is required for debug");
        }
        if !["", "Always", "IfNotPresent", "Never"].contains(&self.pull_policy.as_str()) {
            return no(&format!("invalid image pull policy: {}", self.pull_policy));
        }
        if let Some((name, image)) = self.images.iter().find(|(_, image)| !is_image(image)) {
            return no(&format!(
                "invalid image name {image:?} for container {name:?}: invalid reference format"
            ));
        }
        if let Some(target) = &self.target {
            if self.copy_to.is_some() {
                return no("--target is incompatible with --copy-to. Use --share-processes instead.");
            }
            if !args.is("quiet") {
                run.say(&format!(
                    "Targeting container {target:?}. If you don't see processes from this container it may be because the container \
                     runtime doesn't support this feature."
                ));
            }
        }
        if self.tty && !self.stdin {
            return no("-i/--stdin is required for containers with -t/--tty=true");
        }
        Ok(())
    }

    /// The name of the debugging container: the one given, or one made up and told.
    pub fn container_name(&self, run: &mut Run, pod: &Pod) -> String {
        if let Some(name) = &self.container {
            return name.clone();
        }
        let taken = containers::names(pod);
        let free = (0..=taken.len() as u64)
            .map(|n| format!("debugger-{}", suffix(run, n)))
            .find(|name| !taken.contains(name));
        let name = free.unwrap_or_default();
        if !run.args.is("quiet") {
            run.say(&format!("Defaulting debug container name to {name}."));
        }
        name
    }

    /// Puts command, environment and terminal into a container.
    pub fn fill(&self, container: &mut Value) {
        if !self.command.is_empty() {
            container[if self.arguments_only { "args" } else { "command" }] = json!(self.command);
            if let (false, Some(fields)) = (self.arguments_only, container.as_object_mut()) {
                fields.remove("args");
            }
        }
        if !self.env.is_empty() {
            container["env"] = json!(self.env);
        }
        if !self.pull_policy.is_empty() {
            container["imagePullPolicy"] = self.pull_policy.as_str().into();
        }
        container["stdin"] = self.stdin.into();
        container["tty"] = self.tty.into();
    }

    /// Puts what `--custom` says over a container.
    pub fn customize(&self, container: &mut Value) {
        if let Some(custom) = &self.custom {
            patch::merge(container, custom);
        }
    }

    /// Whether a copy gets other images and no debugging container.
    fn changes_images_alone(&self, pod: &Pod) -> bool {
        let named = self.container.as_deref();
        let known = pod.spec.containers.iter().any(|container| Some(container.name.as_str()) == named);
        self.image.is_empty() && !self.images.is_empty() && !known
    }

    /// The copy of a Pod, and the name of its debugging container, if it has one.
    pub fn copy_of(&self, run: &mut Run, pod: &Pod) -> Result<(Value, Option<String>), Complaint> {
        let original = crate::kube::Object::Pod(pod.clone()).to_value();
        let mut copy = json!({"apiVersion": "v1", "kind": "Pod",
            "metadata": {"name": self.copy_to, "namespace": pod.namespace()}, "spec": original["spec"]});
        for field in ["labels", "annotations"] {
            // Where only images change, no profile is applied.
            let goes = !self.changes_images_alone(pod)
                && self.profile.strips_copies()
                && self.keeps.metadata.contains(&field);
            if !goes && !original["metadata"][field].is_null() {
                copy["metadata"][field] = original["metadata"][field].clone();
            }
        }
        self.strip(&mut copy["spec"]);
        let mut containers = copy["spec"]["containers"].as_array().cloned().unwrap_or_default();
        for container in &mut containers {
            let name = container["name"].as_str().unwrap_or_default();
            if let Some(image) = self.images.get(name).or_else(|| self.images.get("*")) {
                container["image"] = image.as_str().into();
            }
        }
        let found =
            containers.iter().position(|c| self.container.as_deref().is_some_and(|name| c["name"] == name));
        let at = match found {
            Some(at) => at,
            None if self.image.is_empty() && !self.images.is_empty() => {
                copy["spec"]["containers"] = containers.into();
                return Ok((copy, None));
            }
            None if self.image.is_empty() => {
                return Err(Complaint::plain("you must specify image when creating new container"));
            }
            None => {
                let name = self.container_name(run, pod);
                containers.push(json!({"name": name, "terminationMessagePolicy": "File"}));
                containers.len() - 1
            }
        };
        self.fill(&mut containers[at]);
        if !self.image.is_empty() {
            containers[at]["image"] = self.image.as_str().into();
        }
        self.profile.apply(Style::Copy, &mut copy, &mut containers[at]);
        self.customize(&mut containers[at]);
        let name = containers[at]["name"].as_str().map(str::to_owned);
        copy["spec"]["containers"] = containers.into();
        Ok((copy, name))
    }

    /// Takes out of a spec what the copy is not to have.
    fn strip(&self, spec: &mut Value) {
        let Some(fields) = spec.as_object_mut() else { return };
        fields.remove("ephemeralContainers");
        if !self.keeps.node {
            fields.remove("nodeName");
        }
        if let Some(share) = self.keeps.share {
            fields.insert("shareProcessNamespace".to_owned(), share.into());
        }
        if !self.profile.strips_copies() {
            return;
        }
        if !self.keeps.init_containers {
            fields.remove("initContainers");
        }
        let lists =
            fields.iter_mut().filter(|(name, _)| matches!(name.as_str(), "containers" | "initContainers"));
        let containers = lists.filter_map(|(_, list)| list.as_array_mut()).flatten();
        for container in containers.filter_map(Value::as_object_mut) {
            for probe in &self.keeps.probes {
                container.remove(*probe);
            }
        }
    }
}

/// `NAME=value` pairs as environment variables.
fn env<'a>(pairs: impl Iterator<Item = &'a str>) -> Result<Vec<Value>, Complaint> {
    let variable = |text: &str| {
        let (name, value) = text.split_once('=').filter(|(name, _)| !name.is_empty())?;
        Some(if value.is_empty() { json!({"name": name}) } else { json!({"name": name, "value": value}) })
    };
    pairs.map(|text| variable(text).ok_or_else(|| Complaint::plain(format!("invalid env: {text}")))).collect()
}

/// `container=image` pairs.
fn images<'a>(pairs: impl Iterator<Item = &'a str>) -> Result<BTreeMap<String, String>, Complaint> {
    let pair = |text: &str| {
        let (name, image) = text.split_once('=')?;
        Some((name.to_owned(), image.to_owned()))
    };
    pairs
        .map(|text| {
            pair(text).ok_or_else(|| {
                Complaint::plain(format!("invalid argument {text:?} for \"--set-image\" flag: {text} must be formatted as key=value"))
            })
        })
        .collect()
}

/// A part of a container's spec from a file.
fn custom(run: &Run, path: &str) -> Result<Value, Complaint> {
    let text = run.desk.read(path);
    let text = text.ok_or_else(|| {
        Complaint::plain(format!(
            "must pass a valid container spec file path: open {path}: no such file or directory"
        ))
    })?;
    let value = serde_saphyr::from_str::<Value>(&text).ok().filter(Value::is_object);
    let mut value =
        value.ok_or_else(|| Complaint::plain(format!("{path} does not contain a valid container spec")))?;
    let fixed: &mut Map<String, Value> = match value.as_object_mut() {
        Some(fields) => fields,
        None => return Ok(value),
    };
    for field in ["name", "image", "command", "lifecycle", "volumeDevices"] {
        if fixed.contains_key(field) {
            return Err(Complaint::plain(format!("{field} can not be modified via custom profile")));
        }
    }
    Ok(value)
}
