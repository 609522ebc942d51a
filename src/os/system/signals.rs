//! Delivery of signals, with the special rules of the first process of a namespace.

use super::super::cell::CellId;
use super::super::process::{Pid, ProcKey, Status};
use super::super::signal::{DefaultAction, Signal};
use super::System;
use crate::kube::SimTime;

impl System {
    /// A signal from outside (the container runtime): SIGKILL ends even the first process. False if there is no such process.
    pub fn signal(&mut self, now: SimTime, cell: CellId, pid: Pid, signal: Signal) -> bool {
        self.clock = self.clock.max(now);
        let Some(key) = self.key(cell, pid) else { return false };
        self.send(key, signal, true)
    }

    /// A signal to every process of a group (Ctrl-C at a terminal).
    pub fn signal_group(&mut self, now: SimTime, cell: CellId, group: Pid, signal: Signal) {
        self.clock = self.clock.max(now);
        let members: Vec<ProcKey> =
            self.keys_of(cell).into_iter().filter(|key| self.procs[key].group == group.0).collect();
        for key in members {
            self.send(key, signal, true);
        }
    }

    /// Sends a signal. The first process of a namespace sees from inside only what it has a handler for.
    pub(in super::super) fn send(&mut self, key: ProcKey, signal: Signal, outside: bool) -> bool {
        let Some(process) = self.procs.get_mut(&key) else { return false };
        let first = key.pid == 1;
        if signal == Signal::KILL {
            if !first || outside {
                self.end(key, Status::Signal(signal), false);
            }
            return true;
        }
        // A process that signals itself decides when its step is over.
        if process.program.handles(signal)
            || matches!(process.program, super::super::program::Program::Running)
        {
            if process.pending.len() < 64 {
                process.pending.push(signal);
            }
            self.wake(key);
            return true;
        }
        if process.ignored.contains(&signal) && signal != Signal::STOP {
            return true;
        }
        match signal.default_action() {
            DefaultAction::Terminate if !first => self.end(key, Status::Signal(signal), false),
            DefaultAction::Stop if !first => process.stopped = true,
            DefaultAction::Continue => {
                process.stopped = false;
                self.wake(key);
            }
            _ => {}
        }
        true
    }

    /// Programs that handle signals take them from `pending` themselves; what they no longer handle acts by default. True if the
    /// process is gone.
    pub(super) fn take_signals(&mut self, key: ProcKey) -> bool {
        let Some(process) = self.procs.get_mut(&key) else { return true };
        if process.pending.is_empty() {
            return false;
        }
        let (keep, act): (Vec<Signal>, Vec<Signal>) = std::mem::take(&mut process.pending)
            .into_iter()
            .partition(|signal| process.program.handles(*signal));
        process.pending = keep;
        for signal in act {
            self.send(key, signal, false);
        }
        !self.procs.contains_key(&key)
    }
}
