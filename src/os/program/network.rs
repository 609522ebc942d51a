//! Programs that show the network of a container: `ip`, `ifconfig`, `route`, `netstat`, `ss`. One interface with the Pod's address beside
//! loopback, and a way out through the first address of its /24, as on the recorded cluster.

use std::fmt::Write as _;
use std::net::{Ipv4Addr, SocketAddrV4};

use super::{Call, Program};

/// The interface of the Pod.
struct Interface {
    address: Ipv4Addr,
    hardware: String,
}

fn interface(call: &Call<'_, '_>) -> Option<Interface> {
    let address: Ipv4Addr = call.ctx.sys.addresses.first()?.parse().ok()?;
    // CNI's bridge plugin takes the hardware address from the address.
    let [a, b, c, d] = address.octets();
    Some(Interface { address, hardware: format!("0a:58:{a:02x}:{b:02x}:{c:02x}:{d:02x}") })
}

impl Interface {
    fn with_last(&self, last: u8) -> Ipv4Addr {
        let [a, b, c, _] = self.address.octets();
        Ipv4Addr::new(a, b, c, last)
    }
}

const LOOPBACK: &str = "1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue qlen 1000\n    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00\n";

/// `ip address`, `ip link`, `ip route`
pub(super) fn ip(call: &mut Call<'_, '_>) -> Program {
    let words: Vec<String> = call.args().into_iter().filter(|word| !word.starts_with('-')).collect();
    let what = words.first().cloned().unwrap_or_default();
    let is = |name: &str| !what.is_empty() && name.starts_with(&what);
    let own = interface(call);
    let wanted = |name: &str| {
        !words.iter().any(|word| word == "lo" || word == "eth0") || words.iter().any(|word| word == name)
    };
    let mut text = String::new();
    if is("address") || is("link") {
        if wanted("lo") {
            text.push_str(LOOPBACK);
            if is("address") {
                text.push_str(
                    "    inet 127.0.0.1/8 scope host lo\n       valid_lft forever preferred_lft forever\n",
                );
            }
        }
        if let Some(own) = own.filter(|_| wanted("eth0")) {
            let _ = writeln!(
                text,
                "2: eth0@if3: <BROADCAST,MULTICAST,UP,LOWER_UP,M-DOWN> mtu 1500 qdisc noqueue qlen 1000\n    link/ether {} brd ff:ff:ff:ff:ff:ff",
                own.hardware
            );
            if is("address") {
                let _ = writeln!(
                    text,
                    "    inet {}/24 brd {} scope global eth0\n       valid_lft forever preferred_lft forever",
                    own.address,
                    own.with_last(255)
                );
            }
        }
    } else if is("route") {
        if let Some(own) = own {
            text = format!(
                "default via {} dev eth0 \n{}/24 dev eth0 scope link  src {} \n",
                own.with_last(1),
                own.with_last(0),
                own.address
            );
        }
    } else {
        return call.fail(&format!("podlab: ip {what} is not simulated (address, link and route are)"));
    }
    call.out.text(1, &text);
    call.done(0)
}

pub(super) fn ifconfig(call: &mut Call<'_, '_>) -> Program {
    let mut text = String::new();
    if let Some(own) = interface(call) {
        text = format!(
            "eth0      Link encap:Ethernet  HWaddr {}  \n          inet addr:{}  Bcast:{}  Mask:255.255.255.0\n          UP BROADCAST RUNNING MULTICAST  MTU:1500  Metric:1\n\n",
            own.hardware.to_uppercase(),
            own.address,
            own.with_last(255)
        );
    }
    text.push_str("lo        Link encap:Local Loopback  \n          inet addr:127.0.0.1  Mask:255.0.0.0\n          UP LOOPBACK RUNNING  MTU:65536  Metric:1\n\n");
    call.out.text(1, &text);
    call.done(0)
}

pub(super) fn route(call: &mut Call<'_, '_>) -> Program {
    call.line("Kernel IP routing table\nDestination     Gateway         Genmask         Flags Metric Ref    Use Iface");
    if let Some(own) = interface(call) {
        let gateway = own.with_last(1).to_string();
        let network = own.with_last(0).to_string();
        let default = if call.args().iter().any(|word| word == "-n") { "0.0.0.0" } else { "default" };
        call.line(&format!("{default:<15} {gateway:<15} 0.0.0.0         UG    0      0        0 eth0"));
        call.line(&format!("{network:<15} 0.0.0.0         255.255.255.0   U     0      0        0 eth0"));
    }
    call.done(0)
}

/// Who listens: where, number of the process and its name, for those of this container's namespace; others have no process to show.
fn listeners(call: &Call<'_, '_>) -> Vec<(SocketAddrV4, Option<(u32, String)>)> {
    let own = call.ctx.key;
    let sys = &call.ctx.sys;
    let inside = sys.listening().map(|(at, key)| {
        let process = sys.procs.get(&key).filter(|_| key.namespace == own.namespace);
        (at, process.map(|process| (key.pid, process.comm.to_string())))
    });
    let mut shown: Vec<_> = inside.chain(sys.neighbours.iter().map(|at| (*at, None))).collect();
    shown.sort_by_key(|(at, _)| (at.port(), *at.ip()));
    shown
}

/// `netstat -tln`, with the processes if `-p`.
pub(super) fn netstat(call: &mut Call<'_, '_>) -> Program {
    let letters: String =
        call.args().iter().filter_map(|word| word.strip_prefix('-').map(str::to_owned)).collect();
    if letters.contains('r') {
        return route(call);
    }
    let (servers, processes) = (letters.contains('l') || letters.contains('a'), letters.contains('p'));
    let which = if letters.contains('a') {
        "servers and established"
    } else if servers {
        "only servers"
    } else {
        "w/o servers"
    };
    let last = if processes { "PID/Program name    " } else { "" };
    call.line(&format!("Active Internet connections ({which})\nProto Recv-Q Send-Q Local Address           Foreign Address         State       {last}"));
    for (at, process) in
        listeners(call).into_iter().filter(|_| servers && !letters.contains('u') | letters.contains('t'))
    {
        let local = at.to_string();
        let who = process.map_or("-".to_owned(), |(pid, name)| format!("{pid}/{name}"));
        let who = if processes { who } else { String::new() };
        call.line(&format!("tcp        0      0 {local:<23} 0.0.0.0:*               LISTEN      {who}"));
    }
    call.done(0)
}

/// `ss -tln`, with the processes if `-p`.
pub(super) fn ss(call: &mut Call<'_, '_>) -> Program {
    let letters: String =
        call.args().iter().filter_map(|word| word.strip_prefix('-').map(str::to_owned)).collect();
    let servers = letters.contains('l') || letters.contains('a');
    call.line("State    Recv-Q   Send-Q     Local Address:Port     Peer Address:Port  Process   ");
    for (at, process) in listeners(call).into_iter().filter(|_| servers) {
        let (ip, port) = (at.ip().to_string(), at.port());
        let who = process
            .filter(|_| letters.contains('p'))
            .map_or(String::new(), |(pid, name)| format!("users:((\"{name}\",pid={pid},fd=3))"));
        call.line(&format!("LISTEN   0        4096     {ip:>15}:{port:<8}      0.0.0.0:*      {who}"));
    }
    call.done(0)
}
