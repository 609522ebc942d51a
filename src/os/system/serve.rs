//! Requests to servers inside the system: from the host (probes, other Pods) and from neighbours over loopback.

use std::net::SocketAddrV4;

use super::super::net::{
    Failure, Health, HttpRequest, HttpResponse, Incoming, Reply, ReplyTo, RequestId, ServeId, Served,
};
use super::super::process::ProcKey;
use super::super::program::Program;
use super::super::volume::Volumes;
use super::{CellId, Notice, Pid, Stream, System};
use crate::kube::SimTime;

impl System {
    /// What the process that listens there says of a service's health over gRPC; none if it does not speak gRPC, or nobody listens.
    pub fn health(&self, to: SocketAddrV4, service: &str) -> Option<Health> {
        match &self.procs.get(&self.listener(to)?)?.program {
            Program::Server(server) => server.health(service),
            _ => None,
        }
    }

    /// Whether whoever listens there speaks TLS; of a program podlab does not know as a server it is believed.
    pub fn speaks_tls(&self, to: SocketAddrV4) -> bool {
        let server = self.listener(to).and_then(|server| self.procs.get(&server));
        match server.map(|process| &process.program) {
            Some(Program::Server(server)) => server.speaks_tls(to.port()),
            _ => true,
        }
    }

    /// Hands an HTTP request to whoever listens at `to`, and lets the system run.
    pub fn serve_http(
        &mut self,
        now: SimTime,
        to: SocketAddrV4,
        request: HttpRequest,
        volumes: &mut Volumes,
    ) -> Served {
        self.clock = self.clock.max(now);
        let Some(server) = self.listener(to) else { return Served::Refused };
        let request = HttpRequest { port: to.port(), ..request };
        let id = ServeId(self.fresh_id());
        self.deliver(server, Incoming::Http(ReplyTo::Host(id), request));
        let notices = self.run(now, volumes);
        let (answered, others): (Vec<Notice>, Vec<Notice>) = notices
            .into_iter()
            .partition(|notice| matches!(notice, Notice::Served { id: answer, .. } if *answer == id));
        self.notices.extend(others);
        match answered.into_iter().next() {
            Some(Notice::Served { response: Some(response), .. }) => Served::Response(response),
            Some(_) => Served::Response(HttpResponse::default()),
            None => Served::Pending(id),
        }
    }

    /// Hands bytes to whoever listens at `to`; what it says at once comes back. None if nobody listens.
    pub fn serve_tcp(
        &mut self,
        now: SimTime,
        to: SocketAddrV4,
        payload: &[u8],
        volumes: &mut Volumes,
    ) -> Option<Vec<u8>> {
        self.clock = self.clock.max(now);
        let server = self.listener(to)?;
        if payload.is_empty() {
            return Some(Vec::new());
        }
        let id = ServeId(self.fresh_id());
        self.deliver(server, Incoming::Tcp(ReplyTo::Host(id), payload.to_vec()));
        let notices = self.run(now, volumes);
        let (answered, others): (Vec<Notice>, Vec<Notice>) = notices
            .into_iter()
            .partition(|notice| matches!(notice, Notice::Served { id: answer, .. } if *answer == id));
        self.notices.extend(others);
        answered.into_iter().find_map(|notice| match notice {
            Notice::Served { response, .. } => {
                Some(response.map(|response| response.body).unwrap_or_default())
            }
            _ => None,
        })
    }

    pub(in super::super) fn deliver(&mut self, server: ProcKey, incoming: Incoming) {
        if let Some(process) = self.procs.get_mut(&server)
            && process.inbox.len() < 1024
        {
            process.inbox.push(incoming);
        }
        self.wake(server);
    }

    /// A neighbour's request that stays inside: delivered to the listener, or refused at once.
    pub(in super::super) fn local_request(
        &mut self,
        key: ProcKey,
        to: SocketAddrV4,
        make: impl FnOnce(ReplyTo) -> Incoming,
    ) -> RequestId {
        let id = RequestId(self.fresh_id());
        self.requests.insert(id, key);
        match self.listener(to) {
            Some(server) => self.deliver(server, make(ReplyTo::Process(key, id))),
            None => self.reply(ReplyTo::Process(key, id), Reply::Failed(Failure::Refused)),
        }
        id
    }

    /// Brings a server's answer to whoever asked.
    pub(in super::super) fn reply(&mut self, to: ReplyTo, reply: Reply) {
        match to {
            ReplyTo::Process(_, id) => {
                let clock = self.clock;
                self.answer(clock, id, reply);
            }
            ReplyTo::Host(id) => {
                let response = match reply {
                    Reply::Http(response, _) => Some(response),
                    Reply::Tcp(body) => Some(HttpResponse { body, ..HttpResponse::default() }),
                    _ => None,
                };
                self.notice(Notice::Served { id, response });
            }
        }
    }

    pub(super) fn reply_closed(&mut self, incoming: &Incoming) {
        let (Incoming::Http(to, _) | Incoming::Tcp(to, _)) = incoming;
        self.reply(*to, Reply::Failed(Failure::Closed));
    }

    /// Writes to the standard output or error of a foreign process. False if nobody reads any more (the process got SIGPIPE).
    pub fn foreign_write(
        &mut self,
        now: SimTime,
        (cell, pid): (CellId, Pid),
        (stream, bytes): (Stream, &[u8]),
        volumes: &mut Volumes,
    ) -> bool {
        self.clock = self.clock.max(now);
        let Some(key) = self.key(cell, pid) else { return false };
        super::super::program::foreign::write(self, key, stream, bytes, volumes)
    }

    /// Reads standard input of a foreign process: bytes, or `None` at its end; empty while there is nothing yet.
    pub fn foreign_read(&mut self, cell: CellId, pid: Pid, volumes: &mut Volumes) -> Option<Vec<u8>> {
        use super::super::descriptor::ReadResult;
        let key = self.key(cell, pid)?;
        match self.read_fd(key, 0, usize::MAX, volumes) {
            ReadResult::Data(bytes) => Some(bytes),
            ReadResult::Wait => Some(Vec::new()),
            ReadResult::End | ReadResult::Failed(_) => None,
        }
    }

    /// Whether a descriptor of a foreign process is a terminal.
    pub fn foreign_tty(&self, cell: CellId, pid: Pid, fd: u32) -> bool {
        self.key(cell, pid).is_some_and(|key| self.is_tty(key, fd))
    }

    /// Whether a foreign process still runs (Ctrl-C, SIGPIPE and `kill` end it).
    pub fn foreign_alive(&self, cell: CellId, pid: Pid) -> bool {
        self.key(cell, pid).is_some_and(|key| self.procs.contains_key(&key))
    }

    /// Ends a foreign process once its output is out.
    pub fn foreign_exit(&mut self, now: SimTime, cell: CellId, pid: Pid, code: i32) {
        self.clock = self.clock.max(now);
        if let Some(key) = self.key(cell, pid) {
            super::super::program::foreign::exit(self, key, code);
        }
    }
}
