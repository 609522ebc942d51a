//! Programs that do nothing but wait, or not even that.

use super::{Call, Program};

pub(super) fn true_(call: &mut Call<'_, '_>) -> Program {
    call.done(0)
}

pub(super) fn false_(call: &mut Call<'_, '_>) -> Program {
    call.done(1)
}

/// The container that holds a Pod's namespaces.
pub(super) fn pause(_call: &mut Call<'_, '_>) -> Program {
    Program::Pause
}

/// Milliseconds of a duration such as `10`, `0.5`, `2m`, `1h`, `1d`.
pub(in super::super) fn millis(text: &str) -> Option<u64> {
    let digits = text.trim_end_matches(|letter: char| letter.is_ascii_alphabetic());
    let unit = match &text[digits.len()..] {
        "" | "s" => 1.0,
        "m" => 60.0,
        "h" => 3600.0,
        "d" => 86_400.0,
        "ms" => 0.001,
        _ => return None,
    };
    let plain = !digits.is_empty() && digits.chars().all(|letter| letter.is_ascii_digit() || letter == '.');
    let value: f64 = if plain { digits.parse().ok()? } else { return None };
    Some((value * unit * 1000.0).min(1e15) as u64)
}

pub(super) fn sleep(call: &mut Call<'_, '_>) -> Program {
    let args = call.args();
    if args.is_empty() {
        call.error("BusyBox v1.35.0 () multi-call binary.\n\nUsage: sleep [N]...\n\nPause for a time equal to the total of the args given, where each arg can\nhave an optional suffix of (s)econds, (m)inutes, (h)ours, or (d)ays");
        return call.done(1);
    }
    let mut total: u64 = 0;
    for arg in &args {
        let duration =
            if matches!(arg.as_str(), "infinity" | "inf") { Some(u64::MAX / 4) } else { millis(arg) };
        match duration {
            Some(duration) => total = total.saturating_add(duration),
            None => return call.fail(&format!("invalid number '{arg}'")),
        }
    }
    Program::Sleep(call.ctx.now().plus(total))
}

/// Microseconds.
pub(super) fn usleep(call: &mut Call<'_, '_>) -> Program {
    let micros = call.args().first().and_then(|text| text.parse::<u64>().ok());
    match micros {
        Some(micros) => Program::Sleep(call.ctx.now().plus(micros / 1000)),
        None => call.fail("invalid number"),
    }
}
