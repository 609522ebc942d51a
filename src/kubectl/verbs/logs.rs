//! `kubectl logs` (`kubectl/pkg/cmd/logs`, `polymorphichelpers/logsforobject.go`).

use crate::kube::{Key, Kind, Pod, SimTime, gotext};
use crate::kubectl::complaint::Complaint;
use crate::kubectl::containers;
use crate::kubectl::excerpt::{self, Excerpt};
use crate::kubectl::flags::{Flag, Offers, Takes, flag};
use crate::kubectl::run::{Flow, Run};
use crate::kubectl::select::Filter;
use crate::kubectl::verb::{Verb, Words};
use crate::sim::cluster::AccessError;
use crate::sim::runtime::LogLine;
use k8s_openapi::jiff::Timestamp;

const FLAGS: &[Flag] = &[
    flag("follow", Takes::Switch, "Specify if the logs should be streamed.").short('f'),
    flag("previous", Takes::Switch, "If true, print the logs for the previous instance of the container in a pod if it exists.").short('p'),
    flag("container", Takes::Text, "Print the logs of this container").short('c').offers(Offers::Containers),
    flag("all-containers", Takes::Switch, "Get all containers' logs in the pod(s)."),
    flag("all-pods", Takes::Switch, "Get logs from all pod(s). Sets prefix to true."),
    flag("prefix", Takes::Switch, "Prefix each log line with the log source (pod name and container name)"),
    flag("tail", Takes::Number, "Lines of recent log file to display. Defaults to -1 with no selector, showing all log lines otherwise 10, if a selector is provided.").default("-1"),
    flag("since", Takes::Span, "Only return logs newer than a relative duration like 5s, 2m, or 3h. Defaults to all logs. Only one of since-time / since may be used."),
    flag("since-time", Takes::Text, "Only return logs after a specific date (RFC3339). Defaults to all logs. Only one of since-time / since may be used."),
    flag("timestamps", Takes::Optional("true"), "Include timestamps on each line in the log output"),
    flag("limit-bytes", Takes::Number, "Maximum bytes of logs to return. Defaults to no limit."),
    flag("selector", Takes::Text, "Selector (label query) to filter on, supports '=', '==', and '!='.(e.g. -l key1=value1,key2=value2). Matching objects must satisfy all of the specified label constraints.").short('l'),
    flag("max-log-requests", Takes::Number, "Specify maximum number of concurrent logs to follow when using by a selector. Defaults to 5.").default("5"),
    flag("ignore-errors", Takes::Switch, "If watching / following pod logs, allow for any errors that occur to be non-fatal"),
    flag("pod-running-timeout", Takes::Span, "The length of time (like 5s, 2m, or 3h, higher than zero) to wait until at least one pod is running").default("20s"),
    flag("insecure-skip-tls-verify-backend", Takes::Switch, "Skip verifying the identity of the kubelet that logs are requested from.  In theory, an attacker could provide invalid log content back. You might want to use this if your kubelet serving certificates have expired."),
];

pub(super) const VERB: Verb = Verb {
    name: "logs",
    path: "kubectl logs",
    summary: "Print the logs for a container in a pod or specified resource. If the pod has only one container, the container name is optional.",
    usage: "[-f] [-p] (POD | TYPE/NAME) [-c CONTAINER] [options]",
    examples: "# The log of a Pod\nkubectl logs web\n\n# Of the container that crashed\nkubectl logs web --previous\n\n# Follow it\n\
               kubectl logs -f web\n\n# Of one container\nkubectl logs web -c helper --tail=20",
    flags: &[FLAGS],
    words: Words::Pods,
    run: logs,
    ..Verb::EMPTY
};

/// How kubectl begins the message of a refused request.
const BAD_REQUEST: &str = "Error from server (BadRequest): ";
/// What the kubelet's refusals to show the log of a container that has not started yet have in common.
const NOT_STARTED: &str = " is waiting to start";

/// How lines are chosen and shown.
#[derive(Clone, Debug, Default)]
struct Form {
    previous: bool,
    timestamps: bool,
    prefix: bool,
    excerpt: Excerpt,
}

/// One log that is printed.
#[derive(Clone, Debug)]
struct Stream {
    key: Key,
    container: String,
    container_id: Option<String>,
    printed: usize,
    /// Whether its container has not started yet.
    waiting: bool,
}

impl Stream {
    fn of(pod: &Pod, container: String) -> Stream {
        Stream { key: containers::key(pod), container, container_id: None, printed: 0, waiting: false }
    }
}

/// A running `kubectl logs -f`.
#[derive(Clone, Debug)]
pub struct Following {
    streams: Vec<Stream>,
    form: Form,
}

fn logs(run: &mut Run) -> Result<Flow, Complaint> {
    let wanted = check(run)?;
    let form = form(run)?;
    let pods = pods(run)?;
    if pods.is_empty() {
        run.warn(&format!("No resources found in {} namespace.", run.namespace));
        return Ok(Flow::Done);
    }
    let mut streams = Vec::new();
    for pod in &pods {
        if run.args.is("all-containers") {
            // A real kubectl goes through them in no order at all; what ran first is the one that helps.
            let mut names = containers::names(pod);
            let inits = pod.spec.init_containers.as_deref().unwrap_or_default();
            names.sort_by_key(|name| !inits.iter().any(|init| init.name == *name));
            streams.extend(names.into_iter().map(|name| Stream::of(pod, name)));
            continue;
        }
        let (container, note) = containers::choose(pod, wanted.as_deref(), false)?;
        if let Some(note) = note {
            run.warn(&note);
        }
        streams.push(Stream::of(pod, container));
    }
    let follow = run.args.is("follow");
    let most = run.args.number("max-log-requests").unwrap_or(5);
    if follow && streams.len() as i64 > most {
        return Err(Complaint::plain(format!(
            "you are attempting to follow {} log streams, but maximum allowed concurrency is {most}, use --max-log-requests to \
             increase the limit",
            streams.len()
        )));
    }
    for stream in &mut streams {
        match first(run, stream, &form) {
            // Who follows waits for the start, and is told so once (as recorded).
            Err(complaint) if follow && complaint.to_string().contains(NOT_STARTED) => {
                run.err(complaint.to_string().trim_start_matches(BAD_REQUEST));
                stream.waiting = true;
            }
            Err(complaint) if run.args.is("ignore-errors") => {
                let text = complaint.to_string();
                run.say(&text.trim_end().replace(BAD_REQUEST, "error: "));
            }
            answer => answer?,
        }
    }
    if follow { Ok(Flow::wait(Following { streams, form })) } else { Ok(Flow::Done) }
}

/// Checks words and flags; the container that was asked for.
fn check(run: &mut Run) -> Result<Option<String>, Complaint> {
    let args = run.args;
    let (words, selector) = (args.words.len(), args.get("selector").is_some_and(|s| !s.is_empty()));
    let expected = "expected 'logs [-f] [-p] (POD | TYPE/NAME) [-c CONTAINER]'.\nPOD or TYPE/NAME is a required argument for the \
                    logs command";
    if (words == 0 && !selector) || words > 2 {
        return Err(Complaint::Usage(expected.to_owned(), run.verb.path));
    }
    if words > 0 && selector {
        return Err(Complaint::Usage(
            "only a selector (-l) or a POD name is allowed".to_owned(),
            run.verb.path,
        ));
    }
    let named = args.get("container").filter(|c| !c.is_empty());
    if words == 2 && named.is_some() {
        return Err(Complaint::plain("only one of -c or an inline [CONTAINER] arg is allowed"));
    }
    let container = named.or(args.words.get(1).map(String::as_str)).map(str::to_owned);
    if let Some(name) = container.as_deref().filter(|_| args.is("all-containers")) {
        return Err(Complaint::plain(format!(
            "--all-containers=true should not be specified with container name {name}"
        )));
    }
    if args.get("since").is_some() && args.get("since-time").is_some() {
        return Err(Complaint::plain("at most one of `sinceTime` or `sinceSeconds` may be specified"));
    }
    if args.number("tail").is_some_and(|n| n < -1) {
        return Err(Complaint::plain("--tail must be greater than or equal to -1"));
    }
    if args.number("limit-bytes").is_some_and(|n| n < 0) {
        return Err(Complaint::plain("--limit-bytes must be greater than 0"));
    }
    if args.span("pod-running-timeout").is_some_and(|span| span <= 0) {
        return Err(Complaint::plain("--pod-running-timeout must be higher than zero"));
    }
    Ok(container)
}

fn form(run: &Run) -> Result<Form, Complaint> {
    let args = run.args;
    let since = match (args.span("since"), args.get("since-time")) {
        (Some(span), _) => Some(SimTime(run.now().0.saturating_sub(span.max(0) as u64))),
        (None, Some(text)) => {
            let at = text.parse::<Timestamp>().map_err(|_| Complaint::plain(gotext::time_fault(text)))?;
            Some(SimTime::of(&k8s_openapi::apimachinery::pkg::apis::meta::v1::Time(at)))
        }
        (None, None) => None,
    };
    let default_tail =
        if args.get("selector").is_some() && args.get("tail").is_none() { Some(10) } else { None };
    let tail = args.number("tail").and_then(|n| usize::try_from(n).ok()).or(default_tail);
    Ok(Form {
        previous: args.is("previous"),
        timestamps: args.is("timestamps"),
        prefix: args.is("prefix"),
        excerpt: Excerpt {
            tail,
            since,
            limit: args
                .number("limit-bytes")
                .and_then(|n| usize::try_from(n).ok())
                .filter(|limit| *limit > 0),
        },
    })
}

/// The Pods whose logs are meant.
fn pods(run: &mut Run) -> Result<Vec<Pod>, Complaint> {
    let Some(word) = run.args.words.first() else {
        let filter = Filter::parse(run.args.get("selector"), None, Kind::Pod)?;
        let list = run.cluster.store().list(Kind::Pod, Some(run.namespace));
        return Ok(list.filter(|o| filter.matches(o)).filter_map(|o| o.as_pod().cloned()).collect());
    };
    let namespace = run.namespace.to_owned();
    let found = containers::pods(run, word).map_err(|complaint| match complaint {
        Complaint::Refused { reason, message, .. } => {
            let missing = run.cluster.store().get(&Key::new(Kind::Namespace, "", &namespace)).is_none();
            let what = if missing { format!("namespaces {namespace:?} not found") } else { message };
            Complaint::plain(format!("error from server ({reason}): {what} in namespace {namespace:?}"))
        }
        other => other,
    })?;
    if found.len() > 1 && !run.args.is("all-pods") {
        run.warn(&format!("Found {} pods, using pod/{}", found.len(), found[0].name()));
        return Ok(found.into_iter().take(1).collect());
    }
    Ok(found)
}

/// Prints a log from its start, as the form has it.
fn first(run: &mut Run, stream: &mut Stream, form: &Form) -> Result<(), Complaint> {
    let lines = match run.cluster.logs(&stream.key, &stream.container, form.previous) {
        // The kubelet has begun its answer by then: its error is the log.
        Err(AccessError::Failed(text)) => {
            run.out(text);
            return Ok(());
        }
        answer => answer.map_err(containers::log_error)?,
    };
    stream.printed = lines.len();
    stream.container_id = running_id(run, stream);
    let text = form.excerpt.text(&lines, |line| show(line, stream, form));
    run.out(text);
    Ok(())
}

fn show(line: &LogLine, stream: &Stream, form: &Form) -> String {
    let text = excerpt::line(line, form.timestamps.then_some(line.stamp));
    if form.prefix { format!("[pod/{}/{}] {text}", stream.key.name, stream.container) } else { text }
}

fn running_id(run: &Run, stream: &Stream) -> Option<String> {
    excerpt::running_id(run.cluster, &stream.key, &stream.container)
}

impl Following {
    /// Prints what the logs have grown by; ends when their containers have.
    pub fn poll(&mut self, run: &mut Run) -> Result<Flow, Complaint> {
        let form = self.form.clone();
        let mut open = Vec::new();
        for mut stream in std::mem::take(&mut self.streams) {
            if stream.waiting {
                stream.waiting = first(run, &mut stream, &form).is_err();
                if stream.waiting && run.cluster.store().get(&stream.key).is_some() {
                    open.push(stream);
                    continue;
                }
            }
            if let Ok(lines) = run.cluster.logs(&stream.key, &stream.container, false)
                && (stream.container_id.is_none()
                    || running_id(run, &stream).is_none_or(|id| Some(id) == stream.container_id))
            {
                let fresh = lines.get(stream.printed..).unwrap_or_default();
                let text: String = fresh.iter().map(|line| show(line, &stream, &form)).collect();
                stream.printed = lines.len().max(stream.printed);
                if !text.is_empty() {
                    run.out(text);
                }
            }
            if stream.container_id.is_some() && running_id(run, &stream) == stream.container_id {
                open.push(stream);
            }
        }
        self.streams = open;
        if self.streams.is_empty() { Ok(Flow::Done) } else { Ok(Flow::Until(SimTime::NEVER)) }
    }
}
