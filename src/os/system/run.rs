//! The scheduler: which process runs next, for how long, and what happens when time passes.

use super::super::net::Request;
use super::super::process::{Pid, ProcKey, Status};
use super::super::program::{self, Ctx, Program};
use super::super::signal::Signal;
use super::super::volume::Volumes;
use super::{Notice, System};
use crate::kube::SimTime;

/// Steps a process may take before its first slice of CPU time is counted.
pub(super) const SLICE_STEPS: u32 = 20_000;
/// The first slices, in milliseconds.
const SLICE: u64 = 10;
/// So many slices in a row make a loop that is taken to be endless: from here on slices grow, and steps in each get fewer.
const PATIENCE: u32 = 30;
/// Slices after which they are as long as they get.
pub(super) const EXHAUSTED: u32 = PATIENCE + 7;

/// What a program wants after it ran for a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Step {
    /// More, now.
    Again,
    /// To wait for anything to happen, at the latest until then.
    Wait(Option<SimTime>),
    /// To end.
    Exit(i32),
}

impl System {
    /// Runs everything that can run up to and including `now`, timers in order. Bounded: a loop that never waits becomes a process
    /// that uses CPU time.
    pub fn run(&mut self, now: SimTime, volumes: &mut Volumes) -> Vec<Notice> {
        loop {
            self.run_ready(volumes);
            match self.timers.first().copied() {
                Some((at, key)) if at <= now => {
                    self.clock = self.clock.max(at);
                    self.timers.remove(&(at, key));
                    if let Some(process) = self.procs.get_mut(&key) {
                        process.timer = None;
                    }
                    self.wake(key);
                }
                _ => break,
            }
        }
        self.clock = self.clock.max(now);
        std::mem::take(&mut self.notices)
    }

    /// When something happens next without the host's doing.
    pub fn next_wake(&self) -> Option<SimTime> {
        if self.ready.is_empty() { self.timers.first().map(|(at, _)| *at) } else { Some(self.clock) }
    }

    fn run_ready(&mut self, volumes: &mut Volumes) {
        while let Some(key) = self.ready.pop_front() {
            let Some(process) = self.procs.get_mut(&key) else { continue };
            process.queued = false;
            if !process.stopped {
                self.turn(key, volumes);
            }
        }
    }

    /// Lets one process run until it waits, ends or used up its slice.
    fn turn(&mut self, key: ProcKey, volumes: &mut Volumes) {
        for _ in 0..64 {
            if self.take_signals(key) {
                return;
            }
            if let Some(until) = self.charge(key, 1) {
                self.set_timer(key, Some(until));
                return;
            }
            match self.step(key, volumes) {
                None => return,
                Some(Step::Again) => {}
                Some(Step::Exit(code)) => {
                    self.end(key, Status::Code(code), false);
                    return;
                }
                Some(Step::Wait(until)) => {
                    self.set_timer(key, until);
                    return;
                }
            }
        }
        self.wake(key);
    }

    fn step(&mut self, key: ProcKey, volumes: &mut Volumes) -> Option<Step> {
        let process = self.procs.get_mut(&key)?;
        let mut program = std::mem::replace(&mut process.program, Program::Running);
        let mut ctx = Ctx { sys: self, volumes, key };
        let step = program::step(&mut program, &mut ctx);
        // An exec put another program in place while this one ran: that one stays.
        let process = self.procs.get_mut(&key)?;
        if matches!(process.program, Program::Running) {
            process.program = program;
        }
        Some(step)
    }

    /// Counts steps of a process at one moment. When its slice is used up: the time at which it may go on.
    pub(in super::super) fn charge(&mut self, key: ProcKey, steps: u32) -> Option<SimTime> {
        let clock = self.clock;
        let process = self.procs.get_mut(&key)?;
        let spin = &mut process.spin;
        let cell = self.cells.get_mut(&process.cell)?;
        if spin.at != clock {
            let own = if spin.sliced { spin.slices + 1 } else { 0 };
            spin.slices = own.max(cell.weariness.slices(clock));
            (spin.at, spin.steps, spin.sliced) = (clock, 0, false);
        }
        spin.steps += steps;
        let over = spin.slices.saturating_sub(PATIENCE).min(7);
        if spin.steps < (SLICE_STEPS >> over) {
            return None;
        }
        let slice = if over == 7 { 1000 } else { SLICE << over };
        // A program may go on for a few steps before it is stopped: its slice counts once.
        if !std::mem::replace(&mut spin.sliced, true) {
            cell.weariness.add(clock);
            cell.cpu_used += slice;
        }
        // A container below one CPU gets its slice later.
        let stretched = cell
            .cpu_limit
            .filter(|limit| (1..1000).contains(limit))
            .map_or(slice, |limit| slice * 1000 / limit);
        Some(clock.plus(stretched))
    }

    pub(in super::super) fn wake(&mut self, key: ProcKey) {
        if let Some(process) = self.procs.get_mut(&key)
            && !process.queued
        {
            // A process that used up its slice goes on when its time has come, not when a pipe moves.
            if process.spin.sliced && process.spin.at == self.clock && process.timer.is_some() {
                return;
            }
            process.queued = true;
            self.ready.push_back(key);
        }
    }

    pub(in super::super) fn set_timer(&mut self, key: ProcKey, until: Option<SimTime>) {
        let Some(process) = self.procs.get_mut(&key) else { return };
        if let Some(old) = std::mem::replace(&mut process.timer, until) {
            self.timers.remove(&(old, key));
        }
        if let Some(until) = until {
            self.timers.insert((until, key));
        }
    }

    /// Ends a process: descriptors closed, children adopted, parent and host told; the last process of a container takes all with it.
    pub(in super::super) fn end(&mut self, key: ProcKey, status: Status, oom: bool) {
        let Some(process) = self.drop_process(key) else { return };
        let parent = ProcKey { namespace: key.namespace, pid: process.parent };
        if let Some(parent_process) = self.procs.get_mut(&parent) {
            // A parent that never asks keeps the latest only.
            if parent_process.ended_children.len() >= 4096 {
                parent_process.ended_children.remove(0);
            }
            parent_process.ended_children.push((key.pid, status));
            self.wake(parent);
        }
        for other in
            self.procs.values_mut().filter(|other| other.parent == key.pid && other.cell == process.cell)
        {
            // Orphans are nobody's to wait for.
            other.parent = 0;
        }
        if let Some(capture) = self.captures.get_mut(&key) {
            capture.ended = true;
        }
        if process.hosted {
            let signal = match status {
                Status::Signal(signal) => Some(signal),
                Status::Code(_) => None,
            };
            let (code, main, at) = (status.code(), process.main, self.clock);
            self.notices.push(Notice::Exited {
                at,
                cell: process.cell,
                pid: Pid(key.pid),
                code,
                signal,
                oom,
                main,
            });
        }
        if process.main || key.pid == 1 {
            self.end_all(process.cell, key, oom);
        }
    }

    /// The first process of a container ended: the kernel kills the others.
    fn end_all(&mut self, cell: super::CellId, first: ProcKey, oom: bool) {
        let others: Vec<ProcKey> = self
            .procs
            .iter()
            .filter(|(key, process)| {
                process.cell == cell || (first.pid == 1 && key.namespace == first.namespace)
            })
            .map(|(key, _)| *key)
            .collect();
        for key in others {
            self.end(key, Status::Signal(Signal::KILL), oom);
        }
    }

    /// Takes a process out of the machine and lets go of all it held.
    pub(super) fn drop_process(&mut self, key: ProcKey) -> Option<Box<super::Process>> {
        self.set_timer(key, None);
        let process = self.procs.remove(&key)?;
        for file in process.fds.values() {
            self.release(*file);
        }
        self.listeners.retain(|_, owner| *owner != key);
        self.requests.retain(|_, owner| *owner != key);
        for incoming in &process.inbox {
            self.reply_closed(incoming);
        }
        Some(process)
    }

    /// Asks the host something on behalf of a process.
    pub(in super::super) fn request(&mut self, key: ProcKey, request: Request) -> super::RequestId {
        let id = super::RequestId(self.fresh_id());
        self.requests.insert(id, key);
        if let Some(process) = self.procs.get(&key) {
            self.notices.push(Notice::Request { id, cell: process.cell, pid: Pid(key.pid), request });
        }
        id
    }

    pub(super) fn notice(&mut self, notice: Notice) {
        self.notices.push(notice);
    }
}
