//! Logs as clients ask for them: the part of a log a query names, and what it grows by.

use super::calendar::Calendar;
use super::{Answer, Request, Response};
use crate::kube::{Key, Pod, SimTime};
use crate::kubectl::containers;
use crate::kubectl::excerpt::{self, Excerpt, running_id};
use crate::sim::Cluster;
use crate::sim::api::{Reason, Refusal};
use crate::sim::cluster::AccessError;
use crate::sim::runtime::LogLine;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use k8s_openapi::jiff::Timestamp;

/// A log that is followed.
#[derive(Clone, Debug)]
pub struct Follow {
    key: Key,
    container: String,
    container_id: Option<String>,
    printed: usize,
    form: Form,
    ready: String,
}

/// Which lines, and how.
#[derive(Clone, Debug)]
struct Form {
    timestamps: bool,
    excerpt: Excerpt,
    calendar: Calendar,
}

/// Answers a GET of `log`.
pub fn answer(
    cluster: &Cluster,
    calendar: Calendar,
    request: &Request,
    key: &Key,
) -> Result<Answer, Refusal> {
    let pod = cluster.store().get(key).and_then(|o| o.as_pod()).ok_or_else(|| Refusal::not_found(key))?;
    let container = container(pod, request.get("container"))?;
    let form = form(cluster, calendar, request)?;
    let lines = match cluster.logs(key, &container, request.is("previous")) {
        Ok(lines) => lines,
        // The kubelet has begun its answer by then: its error is the log.
        Err(AccessError::Failed(text)) => return Ok(Answer::Whole(Response::text(&text))),
        Err(AccessError::Refused(refusal)) => return Err(refusal),
        Err(AccessError::Unreachable(text, _)) => return Err(Refusal::new(Reason::InternalError, text)),
    };
    let text = form.excerpt.text(&lines, |line| form.show(line));
    if !request.is("follow") || request.is("previous") {
        return Ok(Answer::Whole(Response::text(&text)));
    }
    let container_id = running_id(cluster, key, &container);
    let follow =
        Follow { key: key.clone(), container, container_id, printed: lines.len(), form, ready: text };
    Ok(Answer::Follow(Box::new(follow)))
}

/// The container that is meant; the error is the server's.
fn container(pod: &Pod, asked: Option<&str>) -> Result<String, Refusal> {
    let bad = |text: String| Refusal::new(Reason::BadRequest, text);
    let names = containers::names(pod);
    let own = pod.spec.containers.iter().map(|c| c.name.clone()).collect::<Vec<_>>();
    let pod_name = pod.name();
    match (asked.filter(|name| !name.is_empty()), own.as_slice()) {
        (Some(name), _) if names.iter().any(|known| known == name) => Ok(name.to_owned()),
        (Some(name), _) => Err(bad(format!("container {name} is not valid for pod {pod_name}"))),
        (None, [only]) => Ok(only.clone()),
        (None, own) => {
            let init: Vec<String> =
                pod.spec.init_containers.iter().flatten().map(|c| c.name.clone()).collect();
            let choice = format!("choose one of: [{}]", own.join(" "));
            let others = if init.is_empty() {
                String::new()
            } else {
                format!(" or one of the init containers: [{}]", init.join(" "))
            };
            Err(bad(format!("a container name must be specified for pod {pod_name}, {choice}{others}")))
        }
    }
}

fn form(cluster: &Cluster, calendar: Calendar, request: &Request) -> Result<Form, Refusal> {
    let number = |name: &str| request.get(name).and_then(|text| text.parse::<u64>().ok());
    let since = match (number("sinceSeconds"), request.get("sinceTime")) {
        (Some(seconds), _) => Some(SimTime(cluster.now().0.saturating_sub(seconds.saturating_mul(1000)))),
        (None, Some(text)) => {
            let at = text.parse::<Timestamp>();
            let at = at.map_err(|error| Refusal::new(Reason::BadRequest, format!("sinceTime: {error}")))?;
            Some(SimTime::of(&Time(calendar.meant(at))))
        }
        (None, None) => None,
    };
    Ok(Form {
        timestamps: request.is("timestamps"),
        excerpt: Excerpt {
            tail: number("tailLines").map(|n| n as usize),
            since,
            limit: number("limitBytes").map(|n| n as usize),
        },
        calendar,
    })
}

impl Form {
    fn show(&self, line: &LogLine) -> String {
        let at = self.timestamps.then(|| self.calendar.shown(line.stamp));
        excerpt::line(line, at)
    }
}

impl Follow {
    /// What the log has grown by since the last call; `false` once its container has ended.
    pub fn text(&mut self, cluster: &Cluster) -> (String, bool) {
        let mut text = std::mem::take(&mut self.ready);
        let now_running = running_id(cluster, &self.key, &self.container);
        let replaced = now_running.is_some() && now_running != self.container_id;
        if !replaced && let Ok(lines) = cluster.logs(&self.key, &self.container, false) {
            let fresh = lines.get(self.printed..).unwrap_or_default();
            text.extend(fresh.iter().map(|line| self.form.show(line)));
            self.printed = lines.len().max(self.printed);
        }
        let goes_on = now_running.is_some() && !replaced;
        (text, goes_on)
    }
}
