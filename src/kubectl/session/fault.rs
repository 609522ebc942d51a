//! `fault`: makes something of the simulated machines or the registry go wrong, or right again. No real shell has it; it stands for
//! the hand that pulls the plug.

use super::ssh::Failed;
use crate::sim::{Cluster, Fault};

/// `fault NAME [NODE|FACTOR] [SPAN]`: what it has to say, and its exit code.
pub(super) fn fault(cluster: &mut Cluster, argv: &[String]) -> Failed {
    let known = || {
        let names: Vec<&str> = Fault::names().collect();
        format!("usage: fault NAME [NODE|FACTOR] [SPAN]\nnames: {}", names.join(" "))
    };
    if argv.is_empty() {
        return (known(), 2);
    }
    match Fault::parse(&argv.join(" ")) {
        Err(why) => (format!("fault: {why}\n{}", known()), 2),
        Ok(fault) => match cluster.inject(&fault) {
            Err(why) => (format!("fault: {why}"), 1),
            Ok(_) => (String::new(), 0),
        },
    }
}
