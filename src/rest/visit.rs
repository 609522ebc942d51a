//! A command run in a container (`exec`), or its first process (`attach`), over one connection of several channels: each message
//! begins with the number of its channel (the protocols `v4.channel.k8s.io` and `v5.channel.k8s.io`).

use super::address::{Address, Resource};
use super::{Request, Response};
use crate::kube::Key;
use crate::kubectl::containers;
use crate::os::{Chunk, Stream};
use crate::sim::Cluster;
use crate::sim::api::{Reason, Refusal};
use crate::sim::cluster::{AccessError, ExecOptions};
use crate::sim::runtime::VisitId;
use serde_json::{Value, json};

/// The protocols that are spoken, the preferred one first.
pub const PROTOCOLS: &[&str] = &["v5.channel.k8s.io", "v4.channel.k8s.io"];

const STDIN: u8 = 0;
const STDOUT: u8 = 1;
const STDERR: u8 = 2;
const ERROR: u8 = 3;
const CLOSE: u8 = 255;

/// A connection to a process in a container.
#[derive(Debug)]
pub struct Visit {
    tty: bool,
    to: To,
}

#[derive(Debug)]
enum To {
    /// A command of its own.
    Command(VisitId),
    /// The first process: its output from a byte on.
    First { key: Key, container: String, written: usize },
    /// Nothing: why the command could not be started.
    Nothing(String),
}

/// Whether a request opens such a connection.
pub fn is_visit(request: &Request) -> bool {
    matches!(Address::parse(&request.path), Some(Address::Resource(Resource { part: Some(part), .. }))
        if part == "exec" || part == "attach")
}

/// Opens the connection a request asks for, or says why there is none.
pub fn open(cluster: &mut Cluster, request: &Request) -> Result<Visit, Response> {
    let refused = |refusal: Refusal| Response::refusal(&refusal);
    let Some(Address::Resource(resource)) = Address::parse(&request.path) else {
        return Err(refused(super::nowhere()));
    };
    let key = resource.key().ok_or_else(|| refused(super::nowhere()))?;
    let pod = cluster.store().get(&key).and_then(|o| o.as_pod());
    let pod = pod.ok_or_else(|| refused(Refusal::not_found(&key)))?;
    let asked = request.get("container").filter(|name| !name.is_empty()).map(str::to_owned);
    let container = asked.unwrap_or_else(|| containers::names(pod).into_iter().next().unwrap_or_default());
    let tty = request.is("tty");
    if resource.part.as_deref() == Some("attach") {
        cluster.logs(&key, &container, false).map_err(closed)?;
        let written = cluster.attach_output(&key, &container, 0).iter().map(|chunk| chunk.bytes.len()).sum();
        return Ok(Visit { tty, to: To::First { key, container, written } });
    }
    let argv =
        request.query.iter().filter(|(name, _)| name == "command").map(|(_, word)| word.clone()).collect();
    let options = ExecOptions { argv, stdin: request.is("stdin"), tty };
    let to = match cluster.exec(&key, &container, &options) {
        Ok(id) => To::Command(id),
        // The container's runtime says no when the connection is open already.
        Err(AccessError::Failed(text)) if !text.starts_with("container not found") => To::Nothing(text),
        Err(error) => return Err(closed(error)),
    };
    Ok(Visit { tty, to })
}

/// A connection that does not come about: a kubelet answers in plain text, the server in objects.
fn closed(error: AccessError) -> Response {
    match error {
        AccessError::Refused(refusal) => Response::refusal(&refusal),
        AccessError::Unreachable(text, _) => Response::refusal(&Refusal::new(Reason::InternalError, text)),
        AccessError::Failed(text) => Response { code: 404, ..Response::text(&text) },
    }
}

impl Visit {
    /// Takes a message of the client.
    pub fn take(&mut self, cluster: &mut Cluster, message: &[u8]) {
        match message.split_first() {
            Some((&STDIN, bytes)) => self.input(cluster, Some(bytes)),
            Some((&CLOSE, [STDIN])) => self.input(cluster, None),
            // Sizes of terminals matter to no simulated program.
            _ => {}
        }
    }

    fn input(&mut self, cluster: &mut Cluster, bytes: Option<&[u8]>) {
        let bytes = match bytes {
            Some([]) => return,
            other => other,
        };
        match &self.to {
            To::Command(id) => {
                let interrupts = self.tty && bytes.is_some_and(|bytes| bytes.contains(&3));
                if interrupts {
                    cluster.exec_interrupt(*id);
                } else {
                    cluster.exec_input(*id, bytes);
                }
            }
            To::Nothing(_) => {}
            To::First { key, container, .. } => {
                // A container that has just ended takes no more input; its end is reported by `messages`.
                let _ = cluster.attach_input(key, container, bytes);
            }
        }
    }

    /// The client has gone: a command on its terminal is hung up, one without a terminal does not notice.
    pub fn hang_up(&self, cluster: &mut Cluster) {
        if let To::Command(id) = &self.to
            && self.tty
            && cluster.exec_status(*id).is_none()
        {
            cluster.exec_signal(*id, crate::os::Signal::HUP);
        }
    }

    /// The messages since the last call; `false` once the process has ended and the last of them says how.
    pub fn messages(&mut self, cluster: &mut Cluster) -> (Vec<Vec<u8>>, bool) {
        match &mut self.to {
            To::Nothing(why) => (vec![channel(ERROR, not_started(why).to_string().as_bytes())], false),
            To::Command(id) => {
                let mut messages = said(cluster.exec_output(*id), self.tty);
                let status = cluster.exec_status(*id);
                messages.extend(status.map(|code| channel(ERROR, ending(code).to_string().as_bytes())));
                (messages, status.is_none())
            }
            To::First { key, container, written } => {
                let chunks = cluster.attach_output(key, container, *written);
                *written += chunks.iter().map(|chunk| chunk.bytes.len()).sum::<usize>();
                let mut messages = said(chunks, self.tty);
                let pod = cluster.store().get(key).and_then(|o| o.as_pod());
                let status = pod.and_then(|pod| containers::status_of(pod, container));
                let runs = status.and_then(|s| s.state.as_ref()).is_some_and(|state| state.running.is_some());
                if !runs {
                    messages.push(channel(ERROR, ending(0).to_string().as_bytes()));
                }
                (messages, runs)
            }
        }
    }
}

/// Output as messages: on a terminal there is one stream.
fn said(chunks: Vec<Chunk>, tty: bool) -> Vec<Vec<u8>> {
    let number = |stream| if stream == Stream::Err && !tty { STDERR } else { STDOUT };
    chunks.into_iter().map(|chunk| channel(number(chunk.stream), &chunk.bytes)).collect()
}

fn channel(number: u8, bytes: &[u8]) -> Vec<u8> {
    [&[number], bytes].concat()
}

fn not_started(why: &str) -> Value {
    let message = format!(
        "Internal error occurred: Internal error occurred: error executing command in container: {why}"
    );
    json!({"metadata": {}, "status": "Failure", "reason": "InternalError", "code": 500, "message": message})
}

/// How a command ended, as clients expect it (`k8s.io/apimachinery` remotecommand).
fn ending(code: i32) -> Value {
    if code == 0 {
        return json!({"metadata": {}, "status": "Success"});
    }
    json!({
        "metadata": {}, "status": "Failure", "reason": "NonZeroExitCode",
        "message": format!("command terminated with non-zero exit code: exit status {code}"),
        "details": {"causes": [{"reason": "ExitCode", "message": code.to_string()}]},
    })
}
