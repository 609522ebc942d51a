//! Going on with a frame: lists, conditions, loops, and the ways out of them.

use std::sync::Arc;

use super::super::descriptor::ReadResult;
use super::super::process::Status;
use super::super::program::Ctx;
use super::super::signal::Signal;
use super::super::system::Step;
use super::execute::At;
use super::expand::{Expander, Stop};
use super::frame::Frame;
use super::script::{Node, NodeId, Script, Word};
use super::{Flavour, Shell};

/// Bytes of a command substitution at most.
const OUTPUT_MAX: usize = 8 << 20;

impl Shell {
    /// Goes on with a frame that was on top.
    pub(super) fn resume(&mut self, frame: Frame, ctx: &mut Ctx<'_>) -> Step {
        match frame {
            Frame::Run { script, node, tail } => self.begin(script, node, tail, ctx),
            Frame::Expand { script, node, tail, known } => {
                return self.expand(At { script, node, tail }, known, ctx);
            }
            Frame::Collect { .. } => return self.collect(frame, ctx),
            Frame::List { script, node, index, tail } => self.list(At { script, node, tail }, index, ctx),
            Frame::AndOr { script, node, index, tail } => self.and_or(script, node, index, tail),
            Frame::Not => self.status = i32::from(self.status == 0),
            Frame::If { script, node, arm, tail } => self.if_arm(script, node, arm, tail),
            Frame::While { script, node, in_condition, status } => {
                self.while_loop(script, node, in_condition, status);
            }
            Frame::For { script, node, words, index } => self.for_loop(script, node, words, index),
            Frame::ArithmeticFor { script, node, first } => self.arithmetic_for(script, node, first, ctx),
            Frame::Foreground { .. } => return self.foreground_step(frame, ctx),
            Frame::Wait { pids, all } => return self.wait_step(pids, all, ctx),
            Frame::Read(reading) => return self.read_step(*reading, ctx),
            Frame::Trap(status) => self.status = status,
            Frame::Rest(source) => self.run_source(&source, false),
            Frame::Time(since) => {
                let took = ctx.now().since(since);
                let (minutes, seconds) = (took / 60_000, (took % 60_000) as f64 / 1000.0);
                self.out.text(2, &format!("real\t{minutes}m {seconds:.2}s\nuser\t0m 0.00s\nsys\t0m 0.00s\n"));
            }
            Frame::Exit(code) => {
                if self.out.held() > 0 {
                    self.frames.push(Frame::Exit(code));
                    return Step::Again;
                }
                return Step::Exit(code);
            }
            Frame::Function { .. } | Frame::Sourced | Frame::Descriptors(_) | Frame::Assignments(_) => {
                self.leave(frame, ctx);
            }
        }
        Step::Again
    }

    /// Undoes what a frame changed for its own time.
    pub(super) fn leave(&mut self, frame: Frame, ctx: &mut Ctx<'_>) {
        match frame {
            Frame::Function { positional, locals } => {
                self.positional = positional;
                for (name, variable) in locals.into_iter().rev() {
                    self.variables.restore(&name, variable);
                }
            }
            Frame::Assignments(variables) => {
                for (name, variable) in variables.into_iter().rev() {
                    self.variables.restore(&name, variable);
                }
            }
            Frame::Descriptors(saved) => {
                for (fd, file) in saved.into_iter().rev() {
                    match file {
                        Some(file) => {
                            ctx.sys.set_fd(ctx.key, fd, file);
                            ctx.sys.release(file);
                        }
                        None => ctx.close(fd),
                    }
                }
            }
            Frame::Collect { fd, open: true, .. } => ctx.close(fd),
            _ => {}
        }
    }

    /// Leaves every frame.
    pub(super) fn unwind_all(&mut self, ctx: &mut Ctx<'_>) {
        while let Some(frame) = self.frames.pop() {
            self.leave(frame, ctx);
        }
    }

    /// `break` (the loop ends) and `continue` (it goes on): the `count`-th loop from the inside.
    pub(super) fn leave_loops(&mut self, count: usize, goes_on: bool, ctx: &mut Ctx<'_>) {
        let inside = self
            .frames
            .iter()
            .rev()
            .take_while(|frame| !matches!(frame, Frame::Function { .. }))
            .filter(|frame| frame.is_loop())
            .count();
        let mut left = count.min(inside);
        while left > 0 {
            let Some(frame) = self.frames.pop() else { return };
            if frame.is_loop() {
                left -= 1;
                if left == 0 && goes_on {
                    let frame = match frame {
                        Frame::While { script, node, status, .. } => {
                            Frame::While { script, node, in_condition: false, status }
                        }
                        other => other,
                    };
                    self.frames.push(frame);
                    return;
                }
            } else {
                self.leave(frame, ctx);
            }
        }
    }

    /// `return`: false if there is no function or sourced file to return from.
    pub(super) fn leave_function(&mut self, ctx: &mut Ctx<'_>) -> bool {
        if !self.frames.iter().any(|frame| matches!(frame, Frame::Function { .. } | Frame::Sourced)) {
            return false;
        }
        while let Some(frame) = self.frames.pop() {
            let last = matches!(frame, Frame::Function { .. } | Frame::Sourced);
            self.leave(frame, ctx);
            if last {
                return true;
            }
        }
        true
    }

    /// A command is over: `set -e` acts on its failure unless somebody looks at it.
    pub(super) fn complete(&mut self, status: i32) {
        self.status = status;
        if status != 0 && self.options.errexit && !self.frames.iter().any(Frame::is_condition) {
            self.exit(status);
        }
    }

    fn begin(&mut self, script: Arc<Script>, node: NodeId, tail: bool, ctx: &mut Ctx<'_>) {
        match &script.nodes[node] {
            Node::List(_) => self.frames.push(Frame::List { script, node, index: 0, tail }),
            Node::AndOr(first, _) => {
                let first = *first;
                self.frames.push(Frame::AndOr { script: Arc::clone(&script), node, index: 0, tail });
                self.frames.push(Frame::Run { script, node: first, tail: false });
            }
            Node::Pipeline { .. } => self.pipeline(script, node, tail, ctx),
            Node::Simple(_)
            | Node::Redirected(..)
            | Node::Case { .. }
            | Node::Arithmetic(_)
            | Node::Test(_)
            | Node::For { words: Some(_), .. } => {
                self.frames.push(Frame::Expand { script, node, tail, known: Vec::new() });
            }
            Node::For { .. } => {
                let words = Arc::clone(&self.positional);
                self.frames.push(Frame::For { script, node, words, index: 0 });
            }
            Node::ArithmeticFor { .. } => {
                self.frames.push(Frame::ArithmeticFor { script, node, first: true });
            }
            Node::Subshell(body) => self.subshell(&script, *body, tail, ctx),
            Node::If { arms, .. } => {
                let condition = arms[0].0;
                self.frames.push(Frame::If { script: Arc::clone(&script), node, arm: 0, tail });
                self.frames.push(Frame::Run { script, node: condition, tail: false });
            }
            Node::While { condition, .. } => {
                let condition = *condition;
                self.frames.push(Frame::While {
                    script: Arc::clone(&script),
                    node,
                    in_condition: true,
                    status: 0,
                });
                self.frames.push(Frame::Run { script, node: condition, tail: false });
            }
            Node::Function { name, body } => {
                self.functions.insert(name.clone(), (Arc::clone(&script), *body));
                self.status = 0;
            }
            Node::Unsupported(what) => {
                self.error(&format!("podlab: {what} is not simulated"));
                self.complete(2);
            }
        }
    }

    fn list(&mut self, at: At, index: usize, ctx: &mut Ctx<'_>) {
        let At { script, node, tail } = at;
        let Node::List(items) = &script.nodes[node] else { return };
        let Some((item, background)) = items.get(index).copied() else { return };
        let last = index + 1 == items.len();
        if !last {
            self.frames.push(Frame::List { script: Arc::clone(&script), node, index: index + 1, tail });
        }
        if background {
            self.background_job(&script, item, ctx);
        } else {
            self.frames.push(Frame::Run { script, node: item, tail: tail && last });
        }
    }

    fn and_or(&mut self, script: Arc<Script>, node: NodeId, index: usize, tail: bool) {
        let Node::AndOr(_, rest) = &script.nodes[node] else { return };
        let next = rest.iter().enumerate().skip(index).find(|(_, (and, _))| *and == (self.status == 0));
        let Some((found, (_, command))) = next else { return };
        let (last, command) = (found + 1 == rest.len(), *command);
        if !last {
            self.frames.push(Frame::AndOr { script: Arc::clone(&script), node, index: found + 1, tail });
        }
        self.frames.push(Frame::Run { script, node: command, tail: tail && last });
    }

    fn if_arm(&mut self, script: Arc<Script>, node: NodeId, arm: usize, tail: bool) {
        let Node::If { arms, otherwise } = &script.nodes[node] else { return };
        let next = if self.status == 0 {
            Some((arms[arm].1, None))
        } else if arm + 1 < arms.len() {
            Some((arms[arm + 1].0, Some(arm + 1)))
        } else {
            otherwise.map(|body| (body, None))
        };
        match next {
            Some((command, None)) => self.frames.push(Frame::Run { script, node: command, tail }),
            Some((command, Some(arm))) => {
                self.frames.push(Frame::If { script: Arc::clone(&script), node, arm, tail });
                self.frames.push(Frame::Run { script, node: command, tail: false });
            }
            None => self.status = 0,
        }
    }

    fn while_loop(&mut self, script: Arc<Script>, node: NodeId, in_condition: bool, status: i32) {
        let Node::While { condition, body, until } = &script.nodes[node] else { return };
        let (next, status) = if !in_condition {
            (*condition, self.status)
        } else if (self.status == 0) == *until {
            self.status = status;
            return;
        } else {
            (*body, status)
        };
        self.frames.push(Frame::While {
            script: Arc::clone(&script),
            node,
            in_condition: !in_condition,
            status,
        });
        self.frames.push(Frame::Run { script, node: next, tail: false });
    }

    fn for_loop(&mut self, script: Arc<Script>, node: NodeId, words: Arc<Vec<String>>, index: usize) {
        let Node::For { variable, body, .. } = &script.nodes[node] else { return };
        let Some(word) = words.get(index) else {
            if words.is_empty() {
                self.status = 0;
            }
            return;
        };
        if !self.assign(variable, word) {
            self.complete(1);
            return;
        }
        let body = *body;
        self.frames.push(Frame::For { script: Arc::clone(&script), node, words, index: index + 1 });
        self.frames.push(Frame::Run { script, node: body, tail: false });
    }

    fn arithmetic_for(&mut self, script: Arc<Script>, node: NodeId, first: bool, ctx: &mut Ctx<'_>) {
        let Node::ArithmeticFor { start, condition, update, body } = &script.nodes[node] else { return };
        let Some(_) = self.arithmetic_now(if first { start } else { update }, ctx) else { return };
        let goes_on =
            condition.0.is_empty() || self.arithmetic_now(condition, ctx).is_some_and(|value| value != 0);
        if goes_on {
            let body = *body;
            self.frames.push(Frame::ArithmeticFor { script: Arc::clone(&script), node, first: false });
            self.frames.push(Frame::Run { script, node: body, tail: false });
        }
    }

    fn arithmetic_now(&mut self, word: &Word, ctx: &mut Ctx<'_>) -> Option<i64> {
        let mut expander = Expander::new(self, ctx, &[]);
        let value = expander.arithmetic(word);
        let changes = expander.changes;
        for (name, value) in changes {
            self.assign(&name, &value);
        }
        match value {
            Ok(value) => Some(value),
            Err(Stop::Error(message)) => {
                self.error(&message);
                self.complete(1);
                None
            }
            Err(Stop::Command(_)) => {
                self.error("podlab: a command substitution here is not simulated");
                self.complete(1);
                None
            }
        }
    }

    fn collect(&mut self, frame: Frame, ctx: &mut Ctx<'_>) -> Step {
        let Frame::Collect { pid, fd, mut buffer, mut open, then } = frame else { return Step::Again };
        while open {
            match ctx.read(fd) {
                ReadResult::Data(data) => {
                    if buffer.len() < OUTPUT_MAX {
                        buffer.extend(data);
                    }
                    if ctx.sys.charge(ctx.key, 4).is_some() {
                        self.frames.push(Frame::Collect { pid, fd, buffer, open, then });
                        return Step::Again;
                    }
                }
                ReadResult::Wait => {
                    self.frames.push(Frame::Collect { pid, fd, buffer, open, then });
                    return Step::Wait(None);
                }
                ReadResult::End | ReadResult::Failed(_) => {
                    ctx.close(fd);
                    open = false;
                }
            }
        }
        let Some(status) = ctx.reap(pid) else {
            self.frames.push(Frame::Collect { pid, fd, buffer, open, then });
            return Step::Wait(None);
        };
        self.status = status.code();
        let Frame::Expand { script, node, tail, mut known } = *then else { return Step::Again };
        buffer.retain(|byte| *byte != 0);
        known.push(String::from_utf8_lossy(&buffer).into_owned());
        self.frames.push(Frame::Expand { script, node, tail, known });
        Step::Again
    }

    fn foreground_step(&mut self, frame: Frame, ctx: &mut Ctx<'_>) -> Step {
        let Frame::Foreground { pids, mut ended } = frame else { return Step::Again };
        for (pid, status) in pids.iter().zip(&mut ended) {
            if status.is_none() {
                *status = ctx.reap(*pid);
            }
        }
        if ended.iter().any(Option::is_none) {
            self.frames.push(Frame::Foreground { pids, ended });
            return Step::Wait(None);
        }
        let last = ended.last().copied().flatten().unwrap_or(Status::Code(0));
        if let Status::Signal(signal) = last {
            if let Some(text) = signal.epitaph() {
                self.out.text(2, &format!("{text}\n"));
            }
            if signal == Signal::INT && self.options.interactive {
                self.unwind_all(ctx);
                self.status = 130;
                return Step::Again;
            }
        }
        let failed = ended.iter().rev().flatten().map(|status| status.code()).find(|code| *code != 0);
        let code = if self.options.pipefail { failed.unwrap_or(0) } else { last.code() };
        self.complete(code);
        Step::Again
    }

    /// Begins the action of a trap if one is due and this is a moment for it.
    pub(super) fn take_signal(&mut self, ctx: &mut Ctx<'_>) -> bool {
        if self.frames.last().is_some_and(Frame::defers_traps) {
            return false;
        }
        let Some(process) = ctx.process_mut() else { return false };
        let signal = process.pending.remove(0);
        let waiting = matches!(self.frames.last(), Some(Frame::Wait { .. }));
        if waiting {
            self.frames.pop();
            self.status = 128 + i32::from(signal.0);
        }
        match self.traps.get(&signal.0).cloned() {
            Some(action) if !action.is_empty() => {
                self.frames.push(Frame::Trap(self.status));
                self.run_source(&action, false);
            }
            _ if signal == Signal::INT => {
                self.unwind_all(ctx);
                self.status = 130;
                if self.flavour != Flavour::Bash {
                    self.out.text(2, "\n");
                }
            }
            _ => {}
        }
        true
    }
}
