//! Programs that take memory or CPU time: `tail /dev/zero`, `stress`.

use super::super::system::Step;
use super::{Call, Ctx, Program};
use crate::kube::SimTime;

/// Bytes a growing process gains each millisecond (a loaded core fills about 400 MiB a second).
const GROWTH: u64 = 400 << 10;

/// A process that holds memory or a CPU for a while.
#[derive(Clone, Debug)]
pub(in super::super) struct Load {
    until: Option<SimTime>,
    /// What it says at its end.
    last: String,
}

/// `tail /dev/zero` keeps all it reads.
pub(super) fn endless_tail(call: &mut Call<'_, '_>) -> Program {
    let key = call.ctx.key;
    call.ctx.sys.set_load(key, |load| (load.growth, load.cpu) = (GROWTH, 1000));
    Program::Load(Load { until: None, last: String::new() })
}

/// `stress` and `stress-ng`: `--cpu N`, `--vm N --vm-bytes SIZE`, `--timeout T`.
pub(super) fn stress(call: &mut Call<'_, '_>) -> Program {
    let words = call.args();
    let after = |names: &[&str]| {
        let spaced = words
            .iter()
            .position(|word| names.contains(&word.as_str()))
            .and_then(|index| words.get(index + 1))
            .cloned();
        spaced.or_else(|| {
            words.iter().find_map(|word| {
                word.split_once('=')
                    .filter(|(name, _)| names.contains(name))
                    .map(|(_, value)| value.to_owned())
            })
        })
    };
    let number = |names: &[&str]| after(names).and_then(|text| text.parse::<u64>().ok()).unwrap_or(0);
    let (cpus, workers) = (number(&["--cpu", "-c"]), number(&["--vm", "-m"]));
    let bytes = after(&["--vm-bytes"]).map_or(256 << 20, |text| super::filter_size(&text));
    if cpus + workers + number(&["--io", "-i"]) == 0 {
        call.line("`stress' imposes certain types of compute stress on your system\n\nUsage: stress [OPTION [ARG]] ...");
        return call.done(i32::from(!words.iter().any(|word| word == "--help")));
    }
    let (io, hdd) = (number(&["--io", "-i"]), number(&["--hdd", "-d"]));
    call.line(&format!(
        "stress: info: [{}] dispatching hogs: {cpus} cpu, {io} io, {workers} vm, {hdd} hdd",
        call.ctx.key.pid
    ));
    let until = after(&["--timeout", "-t"])
        .and_then(|text| super::millis(&text))
        .map(|wait| call.ctx.now().plus(wait));
    hog(call, workers * bytes, (cpus + workers) * 1000, until)
}

/// `vish/stress`: `-cpus 2`, `-mem-total 250Mi`.
pub(super) fn vish_stress(call: &mut Call<'_, '_>) -> Program {
    let words = call.args();
    let after = |name: &str| {
        words
            .iter()
            .position(|word| word.trim_start_matches('-') == name)
            .and_then(|index| words.get(index + 1))
            .cloned()
    };
    let bytes = after("mem-total").map_or(0, |text| super::filter_size(&text));
    let cpus: u64 = after("cpus").and_then(|text| text.parse().ok()).unwrap_or(0);
    hog(call, bytes, cpus * 1000, None)
}

fn hog(call: &mut Call<'_, '_>, bytes: u64, cpu: u64, until: Option<SimTime>) -> Program {
    let key = call.ctx.key;
    let mut out = std::mem::take(&mut call.out);
    out.flush(call.ctx);
    call.ctx.sys.set_load(key, |load| {
        (load.growth, load.memory_cap, load.cpu) =
            (if bytes > 0 { GROWTH * 4 } else { 0 }, bytes + (1 << 20), cpu);
    });
    Program::Load(Load { until, last: format!("stress: info: [{}] successful run completed\n", key.pid) })
}

impl Load {
    pub fn step(&mut self, ctx: &mut Ctx<'_>) -> Step {
        if self.until.is_some_and(|until| ctx.now() >= until) {
            ctx.write(1, self.last.as_bytes());
            return Step::Exit(0);
        }
        let load = ctx.process().load;
        let now = ctx.now();
        let full = load.memory_at(now) >= load.memory_cap;
        if load.growth == 0 || full {
            return Step::Wait(self.until);
        }
        let room = ctx.sys.headroom(ctx.key, ctx.volumes);
        if room == 0 {
            let cell = ctx.cell();
            // Over the limit by the least there is: the next page.
            let key = ctx.key;
            ctx.sys.set_load(key, |load| load.memory += 4096);
            ctx.sys.check_memory(cell, ctx.volumes);
            return Step::Wait(Some(now.plus(1)));
        }
        let left = room.min(load.memory_cap.saturating_sub(load.memory_at(now)));
        let crossing = now.plus(left.div_ceil(load.growth).max(1));
        Step::Wait(Some(self.until.map_or(crossing, |until| until.min(crossing))))
    }
}
