//! Where processes listen: each socket is a port of one address of the machine, or of all its addresses. Knows nothing of what is said.

use std::collections::BTreeSet;
use std::net::{Ipv4Addr, SocketAddrV4};

use super::super::errno::Errno;
use super::super::net::is_loopback;
use super::super::process::ProcKey;
use super::System;

/// Whether two sockets cannot be open side by side: the same port, of the same address or one of them of all.
fn collide(one: SocketAddrV4, other: SocketAddrV4) -> bool {
    let everywhere = one.ip().is_unspecified() || other.ip().is_unspecified();
    one.port() == other.port() && (everywhere || one.ip() == other.ip())
}

impl System {
    /// Whether a process listens where something is sent to.
    pub fn listens(&self, to: SocketAddrV4) -> bool {
        self.listener(to).is_some()
    }

    /// The process that takes what is sent to an address and a port. Whoever listens at that very address comes before who listens
    /// at all of them.
    pub(super) fn listener(&self, to: SocketAddrV4) -> Option<ProcKey> {
        let everywhere = SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, to.port());
        let open = |at: SocketAddrV4| {
            self.listeners.get(&at).copied().filter(|owner| !self.bound.contains(&(at, *owner)))
        };
        open(to).or_else(|| open(everywhere))
    }

    /// Sockets that processes of the system have.
    pub fn sockets(&self) -> impl Iterator<Item = SocketAddrV4> {
        self.listeners.keys().copied()
    }

    /// Lets the system share its network with others: what is sent to the machine's own addresses and nobody inside listens to is the
    /// host's to answer.
    pub fn share_network(&mut self) {
        self.beyond = super::Beyond::All;
    }

    /// Whether others share its network.
    pub fn shares_network(&self) -> bool {
        matches!(self.beyond, super::Beyond::All)
    }

    /// Tells where the others in its network listen.
    pub fn set_neighbours(&mut self, sockets: BTreeSet<SocketAddrV4>) {
        self.neighbours = sockets;
    }

    /// Whether bind(2) would give a socket.
    pub(in super::super) fn may_listen(&self, at: SocketAddrV4) -> Result<(), Errno> {
        let own = |address: &String| address.parse() == Ok(*at.ip());
        if !at.ip().is_unspecified() && !at.ip().is_loopback() && !self.addresses.iter().any(own) {
            return Err(Errno::AddressNotAvailable);
        }
        let mut open = self.listeners.keys().chain(&self.neighbours);
        if open.any(|other| collide(*other, at)) { Err(Errno::AddressInUse) } else { Ok(()) }
    }

    /// Takes a socket that nobody else has; until the process listens, whoever connects is refused.
    pub(in super::super) fn bind(&mut self, key: ProcKey, at: SocketAddrV4) {
        if self.may_listen(at).is_ok() {
            self.bound.retain(|(_, owner)| self.procs.contains_key(owner));
            self.bound.insert((at, key));
            self.listeners.insert(at, key);
        }
    }

    /// Listens at a socket that the process has or takes, if nobody else has it.
    pub(in super::super) fn listen(&mut self, key: ProcKey, at: SocketAddrV4) {
        if !self.bound.remove(&(at, key)) && self.may_listen(at).is_ok() {
            self.listeners.insert(at, key);
        }
    }

    /// Who listens where.
    pub(in super::super) fn listening(&self) -> impl Iterator<Item = (SocketAddrV4, ProcKey)> {
        let all = self.listeners.iter().map(|(at, owner)| (*at, *owner));
        all.filter(|socket| !self.bound.contains(socket))
    }

    /// The address of this system that a host's name or address means, if it means one.
    pub(in super::super) fn own_address(&self, host: &str) -> Option<Ipv4Addr> {
        if is_loopback(host) {
            let address = host.parse().ok().filter(|address: &Ipv4Addr| !address.is_unspecified());
            return Some(address.unwrap_or(Ipv4Addr::LOCALHOST));
        }
        let known = self.addresses.iter().find(|address| *address == host);
        let known = known.or_else(|| self.addresses.first().filter(|_| host == self.hostname));
        match known {
            Some(address) => address.parse().ok(),
            None => (host == self.hostname).then_some(Ipv4Addr::LOCALHOST),
        }
    }

    /// Where a request ends, if it stays inside the system.
    pub(in super::super) fn inside(&self, host: &str, port: u16) -> Option<SocketAddrV4> {
        let outside = match &self.beyond {
            super::Beyond::Ports(ports) => ports.contains(&port),
            super::Beyond::All => true,
        };
        let to = SocketAddrV4::new(self.own_address(host)?, port);
        (self.listens(to) || !outside).then_some(to)
    }
}
