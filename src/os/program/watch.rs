//! `watch`: a command again and again, in the time of the simulation.

use super::super::system::Step;
use super::info::strftime;
use super::{Call, Ctx, Flushed, Output, Program};
use crate::kube::SimTime;
use k8s_openapi::jiff::Timestamp;

/// Columns of the heading where no terminal says otherwise.
const WIDTH: usize = 80;

/// A running `watch`.
#[derive(Clone, Debug)]
pub(in super::super) struct Watch {
    /// Milliseconds between the end of one run and the next.
    period: u64,
    headed: bool,
    command: String,
    child: Option<u32>,
    until: SimTime,
    out: Output,
}

pub(super) fn watch(call: &mut Call<'_, '_>) -> Program {
    let options = match super::Options::parse(&call.args(), "+n:td", &[("interval", 'n'), ("no-title", 't')])
    {
        Ok(options) => options,
        Err(bad) => return call.bad_option(&bad),
    };
    let seconds = options.value('n').unwrap_or("2");
    let Some(period) = super::millis(seconds) else {
        return call.fail(&format!("invalid number '{seconds}'"));
    };
    if options.rest.is_empty() {
        return call.fail("podlab: watch needs a command");
    }
    Program::Watch(Box::new(Watch {
        period: period.max(100),
        headed: !options.has('t'),
        command: options.rest.join(" "),
        child: None,
        until: SimTime(0),
        out: Output::default(),
    }))
}

impl Watch {
    pub fn step(&mut self, ctx: &mut Ctx<'_>) -> Step {
        if let Some(pid) = self.child {
            if ctx.reap(pid).is_none() {
                return Step::Wait(None);
            }
            self.child = None;
            self.until = ctx.now().plus(self.period);
        }
        if ctx.now() < self.until {
            return Step::Wait(Some(self.until));
        }
        if self.out.held() == 0 {
            let heading = self.heading(ctx.wall());
            self.out.text(1, &heading);
        }
        match self.out.flush(ctx) {
            Flushed::Clean => {}
            Flushed::Wait => return Step::Wait(None),
            Flushed::Broken => return ctx.broken_pipe(),
        }
        let argv = ["sh", "-c", &self.command].map(str::to_owned);
        let fds = ctx.process().fds.clone();
        match ctx.spawn(&argv, fds) {
            Ok(pid) => {
                self.child = Some(pid);
                Step::Again
            }
            Err(_) => Step::Exit(127),
        }
    }

    /// The cleared screen and the line above the output, as busybox has them.
    fn heading(&self, now: Timestamp) -> String {
        if !self.headed {
            return "\x1b[H\x1b[J".to_owned();
        }
        let (seconds, tenths) = (self.period / 1000, self.period / 100 % 10);
        let stamp = strftime(now, "%Y-%m-%d %H:%M:%S");
        let room = WIDTH - 1 - stamp.len();
        let left: String =
            format!("Every {seconds}.{tenths}s: {}", self.command).chars().take(room).collect();
        format!("\x1b[H\x1b[J{left:<room$}{stamp}\n\n")
    }
}
