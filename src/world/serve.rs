//! `podlab serve`: the simulated cluster behind an address, for a real kubectl. One thread, one cluster, real time: a simulated second
//! lasts a second. What requests mean is the business of `rest`; here are sockets, the clock and the kubeconfig.

/// Commands in containers, over WebSocket.
mod socket;

use super::args::Serve;
use super::setup;
use crate::kube::SimTime;
use crate::kube::time::EPOCH_SECONDS;
use crate::rest::calendar::Calendar;
use crate::rest::logs::Follow;
use crate::rest::watch::Watch;
use crate::rest::{self, Answer, Method, visit};
use crate::sim::Cluster;
use crate::sim::api::{Reason, Refusal};
use http_body_util::channel::{Channel, Sender};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::header::{HeaderMap, HeaderValue};
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use std::cell::RefCell;
use std::convert::Infallible;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::rc::Rc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::watch as signal;
use tokio::time::Instant;

/// How large a request may be, in bytes.
const MOST_BYTES: usize = 16 << 20;
/// How long the cluster is left alone at most, in real milliseconds.
const LONGEST_NAP: u64 = 1000;

type Body = UnsyncBoxBody<Bytes, Infallible>;

/// The cluster and all who wait for it.
#[derive(Debug)]
struct Hub {
    cluster: RefCell<Cluster>,
    calendar: Calendar,
    /// When simulated time was `base`.
    started: Instant,
    base: SimTime,
    /// Rung whenever something may have changed.
    bell: signal::Sender<()>,
}

impl Hub {
    fn new(cluster: Cluster) -> Hub {
        let base = cluster.now();
        let ahead_seconds = super::clock::unix_seconds() - EPOCH_SECONDS - (base.0 / 1000) as i64;
        let (bell, _) = signal::channel(());
        let calendar = Calendar { ahead_seconds };
        Hub { cluster: RefCell::new(cluster), calendar, started: Instant::now(), base, bell }
    }

    /// Does something with the cluster at the present time, and wakes those who wait for changes.
    fn with<T>(&self, act: impl FnOnce(&mut Cluster) -> T) -> T {
        let mut cluster = self.cluster.borrow_mut();
        cluster.advance(self.now());
        let before = cluster.store().revision();
        let result = act(&mut cluster);
        if cluster.store().revision() != before {
            drop(cluster);
            self.ring();
        }
        result
    }

    /// The simulated time that has come.
    fn now(&self) -> SimTime {
        self.base.plus(self.started.elapsed().as_millis() as u64)
    }

    fn ring(&self) {
        self.bell.send_replace(());
    }

    /// Lets the cluster live as real time passes; sleeps until something is due in it or somebody rings.
    async fn live(&self) {
        let mut rung = self.bell.subscribe();
        loop {
            let next = self.with(|cluster| cluster.next_at());
            self.ring();
            rung.mark_unchanged();
            let _ = tokio::time::timeout(nap(next, self.now()), rung.changed()).await;
        }
    }
}

/// How long to sleep if something is due at `next`.
fn nap(next: Option<SimTime>, now: SimTime) -> Duration {
    Duration::from_millis(next.map_or(LONGEST_NAP, |at| at.since(now)).clamp(1, LONGEST_NAP))
}

/// Runs the server until it is told to end.
pub fn run(args: &Serve, out: &mut dyn Write) -> io::Result<ExitCode> {
    let cluster = setup::stage(&args.nodes, args.seed, "default", setup::Files::new())?.cluster;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let local = tokio::task::LocalSet::new();
    local.block_on(&runtime, async move {
        // Before anything is written that has to be taken away at the end.
        let ended = ending()?;
        let listener = TcpListener::bind(&args.listen).await.map_err(|error| {
            io::Error::new(
                error.kind(),
                format!("cannot listen on {}: {error}; try --listen 127.0.0.1:0", args.listen),
            )
        })?;
        let address = listener.local_addr()?;
        let config = Kubeconfig::write(args.kubeconfig.as_deref(), &address.to_string())?;
        writeln!(out, "The simulated cluster answers at http://{address}. In another terminal:\n")?;
        writeln!(
            out,
            "    export KUBECONFIG={}\n    kubectl get nodes\n\nCtrl-C ends it.",
            config.path.display()
        )?;
        out.flush()?;
        let hub = Rc::new(Hub::new(cluster));
        let alive = Rc::clone(&hub);
        tokio::task::spawn_local(async move { alive.live().await });
        tokio::select! {
            () = accept(listener, hub) => {}
            () = ended => {}
        }
        Ok(ExitCode::SUCCESS)
    })
}

/// Comes with Ctrl-C.
#[cfg(not(unix))]
fn ending() -> io::Result<impl Future<Output = ()>> {
    Ok(async {
        let _ = tokio::signal::ctrl_c().await;
    })
}

/// Comes with a signal that ends the server. From now on none of them ends it in any other way.
#[cfg(unix)]
fn ending() -> io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut int = signal(SignalKind::interrupt())?;
    let (mut term, mut hup) = (signal(SignalKind::terminate())?, signal(SignalKind::hangup())?);
    Ok(async move {
        tokio::select! {
            _ = int.recv() => {}
            _ = term.recv() => {}
            _ = hup.recv() => {}
        }
    })
}

async fn accept(listener: TcpListener, hub: Rc<Hub>) {
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            // Too many connections at once: wait until some have gone.
            tokio::time::sleep(Duration::from_millis(100)).await;
            continue;
        };
        let hub = Rc::clone(&hub);
        tokio::task::spawn_local(async move {
            let service = hyper::service::service_fn(|request| respond(Rc::clone(&hub), request));
            let connection =
                hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service);
            // A client that breaks off is no fault of the server's.
            let _ = connection.with_upgrades().await;
        });
    }
}

async fn respond(hub: Rc<Hub>, mut request: Request<Incoming>) -> Result<Response<Body>, Infallible> {
    let upgrade = header(request.headers(), "upgrade").to_ascii_lowercase();
    let asked = match read(&mut request).await {
        Ok(asked) => asked,
        Err(refusal) => return Ok(whole(rest::Response::refusal(&refusal))),
    };
    if visit::is_visit(&asked) {
        return Ok(match hub.with(|cluster| open(cluster, &asked, &upgrade)) {
            Ok(visit) => socket::upgrade(hub, visit, request),
            Err(response) => whole(response),
        });
    }
    let answer = hub.with(|cluster| rest::answer(cluster, hub.calendar, &asked));
    Ok(match answer {
        Answer::Whole(response) => whole(response),
        Answer::Watch(watch) => stream("application/json", |sender| send_watch(hub, *watch, sender)),
        Answer::Follow(follow) => {
            stream("text/plain; charset=utf-8", |sender| send_log(hub, *follow, sender))
        }
    })
}

/// Opens a visit, if the client speaks WebSocket. A client that then tries the older protocol hears why the newer one failed, from a
/// copy of the cluster, so that its command does not run.
fn open(cluster: &mut Cluster, asked: &rest::Request, upgrade: &str) -> Result<visit::Visit, rest::Response> {
    if upgrade == "websocket" {
        return visit::open(cluster, asked);
    }
    visit::open(&mut cluster.clone(), asked)?;
    let text = "podlab runs commands over WebSocket only, as kubectl 1.31 and later do; use a newer kubectl";
    Err(rest::Response::refusal(&Refusal::new(Reason::BadRequest, text)))
}

fn header(headers: &HeaderMap, name: &str) -> String {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned()
}

/// A request in the words of `rest`.
async fn read(request: &mut Request<Incoming>) -> Result<rest::Request, Refusal> {
    let method = match request.method().as_str() {
        "GET" | "HEAD" => Method::Get,
        "POST" => Method::Post,
        "PUT" => Method::Put,
        "PATCH" => Method::Patch,
        "DELETE" => Method::Delete,
        other => {
            return Err(Refusal::new(
                Reason::MethodNotAllowed,
                format!("the server knows no method {other}"),
            ));
        }
    };
    let headers = request.headers();
    let (accept, content_type) = (header(headers, "accept"), header(headers, "content-type"));
    let command = header(headers, "kubectl-command");
    let decode = |text: &str| form_urlencoded::parse(text.as_bytes()).into_owned().collect::<Vec<_>>();
    // A path is encoded like the value of a pair, but for the plus sign, which names of objects do not hold.
    let path = decode(&format!("path={}", request.uri().path())).into_iter().map(|(_, path)| path).collect();
    let query = decode(request.uri().query().unwrap_or_default());
    let too_much =
        |_| Refusal::new(Reason::BadRequest, format!("the request is larger than {} MiB", MOST_BYTES >> 20));
    let body =
        Limited::new(request.body_mut(), MOST_BYTES).collect().await.map_err(too_much)?.to_bytes().to_vec();
    Ok(rest::Request { method, path, query, accept, content_type, command, body })
}

fn whole(answer: rest::Response) -> Response<Body> {
    let mut response = Response::new(Full::new(Bytes::from(answer.body)).boxed_unsync());
    *response.status_mut() = StatusCode::from_u16(answer.code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response.headers_mut().insert("content-type", HeaderValue::from_static(answer.content_type));
    for warning in answer.warnings {
        let quoted = warning.replace('\\', "\\\\").replace('"', "\\\"");
        if let Ok(value) = HeaderValue::from_str(&format!("299 - \"{quoted}\"")) {
            response.headers_mut().append("warning", value);
        }
    }
    response
}

/// A response that a task of its own goes on writing.
fn stream<F>(content_type: &'static str, write: impl FnOnce(Sender<Bytes, Infallible>) -> F) -> Response<Body>
where
    F: Future<Output = ()> + 'static,
{
    let (sender, body) = Channel::new(16);
    tokio::task::spawn_local(write(sender));
    let mut response = Response::new(body.boxed_unsync());
    response.headers_mut().insert("content-type", HeaderValue::from_static(content_type));
    response
}

async fn send_watch(hub: Rc<Hub>, mut watch: Watch, mut sender: Sender<Bytes, Infallible>) {
    let mut rung = hub.bell.subscribe();
    let end = watch.timeout_seconds.map(|seconds| Instant::now() + Duration::from_secs(seconds));
    loop {
        let (frames, goes_on) = watch.frames(&hub.cluster.borrow());
        for frame in frames {
            if sender.send_data(Bytes::from(format!("{frame}\n"))).await.is_err() {
                return;
            }
        }
        let at = end.unwrap_or_else(|| Instant::now() + Duration::from_hours(24));
        if !goes_on || tokio::time::timeout_at(at, rung.changed()).await.is_err() {
            return;
        }
    }
}

async fn send_log(hub: Rc<Hub>, mut follow: Follow, mut sender: Sender<Bytes, Infallible>) {
    let mut rung = hub.bell.subscribe();
    loop {
        let (text, goes_on) = follow.text(&hub.cluster.borrow());
        if !text.is_empty() && sender.send_data(Bytes::from(text)).await.is_err() {
            return;
        }
        if !goes_on || rung.changed().await.is_err() {
            return;
        }
    }
}

/// The kubeconfig of this server, removed when it ends.
#[derive(Debug)]
struct Kubeconfig {
    path: PathBuf,
}

impl Kubeconfig {
    fn write(path: Option<&Path>, address: &str) -> io::Result<Kubeconfig> {
        let own = || std::env::temp_dir().join(format!("podlab-{}.kubeconfig", std::process::id()));
        let path = path.map_or_else(own, Path::to_path_buf);
        let text = format!(
            "apiVersion: v1\nkind: Config\nclusters:\n- name: podlab\n  cluster:\n    server: http://{address}\nusers:\n\
             - name: learner\n  user: {{}}\ncontexts:\n- name: podlab\n  context:\n    cluster: podlab\n    user: learner\n\
             current-context: podlab\n"
        );
        // Never over a file that is there: it may be somebody's way into a real cluster.
        let file = std::fs::File::options().write(true).create_new(true).open(&path);
        let mut file = file.map_err(|error| {
            io::Error::new(
                error.kind(),
                format!(
                    "cannot write the kubeconfig {}: {error}; name another with --kubeconfig",
                    path.display()
                ),
            )
        })?;
        file.write_all(text.as_bytes())?;
        Ok(Kubeconfig { path })
    }
}

impl Drop for Kubeconfig {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.path);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cluster_in_which_nothing_is_due_lets_its_server_sleep() {
        let millis = |next, now| nap(next, SimTime(now)).as_millis();
        assert_eq!(millis(None, 90_000), 1000);
        assert_eq!(millis(Some(SimTime(90_010)), 90_000), 10);
        assert_eq!(millis(Some(SimTime::NEVER), 90_000), 1000);
        assert_eq!(millis(Some(SimTime(5)), 90_000), 1, "what is overdue is done at once, but not in a loop");
    }
}
