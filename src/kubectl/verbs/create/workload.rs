//! Generators of workloads: deployment, job, cronjob.

use crate::kube::Kind;
use crate::kubectl::complaint::Complaint;
use crate::kubectl::flags::{Flag, Takes, flag};
use crate::kubectl::run::{Flow, Run};
use crate::kubectl::verb::{DRY_RUN, OUTPUT, Verb, WRITE};
use crate::kubectl::verbs::generate::{finish, name, required};
use serde_json::{Value, json};

const IMAGE: Flag = flag(
    "image",
    Takes::Texts,
    "Image names to run. A deployment can have multiple images set for multi-container pod.",
);

pub(super) const DEPLOYMENT: Verb = Verb {
    name: "deployment",
    aliases: &["deploy"],
    path: "kubectl create deployment",
    summary: "Create a deployment with the specified name.",
    usage: "NAME --image=image -- [COMMAND] [args...] [options]",
    examples: "# Three web servers\nkubectl create deployment web --image=nginx:1.27 --replicas=3",
    flags: &[
        &[
            IMAGE,
            flag("replicas", Takes::Number, "Number of replicas to create. Default is 1.")
                .short('r')
                .default("1"),
            flag("port", Takes::Number, "The containerPort that this deployment exposes.").default("-1"),
        ],
        OUTPUT,
        DRY_RUN,
        WRITE,
    ],
    run: deployment,
    ..Verb::EMPTY
};

pub(super) const JOB: Verb = Verb {
    name: "job",
    path: "kubectl create job",
    summary: "Create a job with the specified name.",
    usage: "NAME --image=image [--from=cronjob/name] -- [COMMAND] [args...] [options]",
    examples: "# One command\nkubectl create job hello --image=busybox:1.36 -- echo hi\n\n# A CronJob's Job, now\n\
               kubectl create job now --from=cronjob/tick",
    flags: &[
        &[
            IMAGE,
            flag(
                "from",
                Takes::Text,
                "The name of the resource to create a Job from (only cronjob is supported).",
            ),
        ],
        OUTPUT,
        DRY_RUN,
        WRITE,
    ],
    run: job,
    ..Verb::EMPTY
};

pub(super) const CRON_JOB: Verb = Verb {
    name: "cronjob",
    aliases: &["cj"],
    path: "kubectl create cronjob",
    summary: "Create a cron job with the specified name.",
    usage: "NAME --image=image --schedule='0/5 * * * ?' -- [COMMAND] [args...] [flags] [options]",
    examples: "# Each minute\nkubectl create cronjob tick --image=busybox:1.36 --schedule='* * * * *' -- date",
    flags: &[
        &[
            IMAGE,
            flag("schedule", Takes::Text, "A schedule in the Cron format the job should be run with."),
            flag("restart", Takes::Text, "job's restart policy. supported values: OnFailure, Never"),
        ],
        OUTPUT,
        DRY_RUN,
        WRITE,
    ],
    run: cron_job,
    ..Verb::EMPTY
};

/// The name a container gets from its image.
fn base_name(image: &str) -> String {
    let last = image.rsplit('/').next().unwrap_or_default();
    last.split(['@', ':']).next().unwrap_or_default().replace('_', "-")
}

fn container(image: &str, name: &str, command: &[String]) -> Value {
    let mut container = json!({"image": image, "name": name, "resources": {}});
    if !command.is_empty() {
        container["command"] = json!(command);
    }
    container
}

fn deployment(run: &mut Run) -> Result<Flow, Complaint> {
    required(run, &["image"])?;
    let name = name(run)?;
    let images: Vec<&str> = run.args.all("image").collect();
    let command = run.args.after_dash();
    if images.len() > 1 && !command.is_empty() {
        return Err(Complaint::plain("cannot specify multiple --image options and command"));
    }
    let mut containers: Vec<Value> = images.iter().map(|i| container(i, &base_name(i), command)).collect();
    if let Some(port) = run.args.number("port").filter(|p| *p >= 0) {
        containers[0]["ports"] = json!([{"containerPort": port}]);
    }
    let value = json!({"apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {"labels": {"app": name}, "name": name, "namespace": run.namespace},
        "spec": {"replicas": run.args.number("replicas").unwrap_or(1), "selector": {"matchLabels": {"app": name}},
            "strategy": {}, "template": {"metadata": {"labels": {"app": name}},
            "spec": {"containers": containers}}}, "status": {}});
    finish(run, Kind::Deployment, value).map_err(|c| failed(c, "deployment"))
}

/// What a generator says of a refusal.
fn failed(complaint: Complaint, what: &str) -> Complaint {
    match complaint {
        Complaint::Refused { message, .. } => Complaint::plain(format!("failed to create {what}: {message}")),
        Complaint::Invalid { kind, name, faults, .. } => {
            let list = if faults.len() == 1 { faults[0].clone() } else { format!("[{}]", faults.join(", ")) };
            let group = match what {
                "deployment" => ".apps",
                _ => ".batch",
            };
            Complaint::plain(format!("failed to create {what}: {kind}{group} {name:?} is invalid: {list}"))
        }
        other => other,
    }
}

fn job(run: &mut Run) -> Result<Flow, Complaint> {
    let name = name(run)?;
    let (image, from) = (run.args.get("image").unwrap_or_default(), run.args.get("from").unwrap_or_default());
    if image.is_empty() == from.is_empty() {
        return Err(Complaint::plain("either --image or --from must be specified"));
    }
    let command = run.args.after_dash();
    if !from.is_empty() && !command.is_empty() {
        return Err(Complaint::plain("cannot specify --from and command"));
    }
    let mut value = json!({"apiVersion": "batch/v1", "kind": "Job",
        "metadata": {"name": name, "namespace": run.namespace},
        "spec": {"template": {"metadata": {}, "spec": {"containers": [container(image, &name, command)],
            "restartPolicy": "Never"}}}, "status": {}});
    if !from.is_empty() {
        let (kind, source) = from.split_once('/').unwrap_or((from, ""));
        let object = run.get(crate::kubectl::select::kind(kind)?, source)?;
        if object.kind() != Kind::CronJob {
            return Err(Complaint::plain("from must be an existing cronjob"));
        }
        let owner = object.to_value();
        value["spec"] = owner.pointer("/spec/jobTemplate/spec").cloned().unwrap_or_default();
        value["metadata"]["annotations"] = json!({"cronjob.kubernetes.io/instantiate": "manual"});
        value["metadata"]["ownerReferences"] = json!([{"apiVersion": "batch/v1", "kind": "CronJob", "name": source,
            "uid": object.meta().uid, "controller": true}]);
    }
    finish(run, Kind::Job, value).map_err(|c| failed(c, "job"))
}

fn cron_job(run: &mut Run) -> Result<Flow, Complaint> {
    required(run, &["image", "schedule"])?;
    let name = name(run)?;
    let image = run.args.or("image", "");
    let restart = run.args.get("restart").filter(|r| !r.is_empty()).unwrap_or("OnFailure");
    let value = json!({"apiVersion": "batch/v1", "kind": "CronJob",
        "metadata": {"name": name, "namespace": run.namespace},
        "spec": {"jobTemplate": {"metadata": {"name": name}, "spec": {"template": {"metadata": {},
            "spec": {"containers": [container(image, &name, run.args.after_dash())], "restartPolicy": restart}}}},
            "schedule": run.args.or("schedule", "")}, "status": {}});
    finish(run, Kind::CronJob, value).map_err(|c| failed(c, "cronjob"))
}
