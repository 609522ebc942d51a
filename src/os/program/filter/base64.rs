//! `base64`.

use super::super::{Call, Output, Program};
use super::lines::Lines;
use super::{Filter, Kind, options};
use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, PAD};

/// Padding may be left out, as busybox allows.
const ENGINE: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    PAD.with_decode_padding_mode(DecodePaddingMode::Indifferent).with_decode_allow_trailing_bits(true),
);

pub(in super::super) fn base64(call: &mut Call<'_, '_>) -> Program {
    let options = match options(call, "dDw:i", &[("decode", 'd'), ("wrap", 'w'), ("ignore-garbage", 'i')]) {
        Ok(options) => options,
        Err(failed) => return failed,
    };
    let wrap = options.value('w').unwrap_or("76").to_owned();
    let Ok(wrap) = wrap.parse() else { return call.fail(&format!("invalid number '{wrap}'")) };
    let decode = options.has('d') || options.has('D');
    Filter::start(call, options.rest, Kind::Lines(Lines::Base64 { decode, wrap, held: Vec::new() }))
}

/// Codes or decodes everything.
pub(super) fn code(held: &[u8], decode: bool, wrap: usize, out: &mut Output) {
    if decode {
        match decoded(held) {
            Some(bytes) => out.push(1, &bytes),
            None => out.text(2, "base64: truncated input\n"),
        }
        return;
    }
    let text = ENGINE.encode(held);
    if wrap == 0 {
        out.text(1, &text);
        return;
    }
    for line in text.as_bytes().chunks(wrap) {
        out.push(1, line);
        out.text(1, "\n");
    }
}

/// None if a letter is no digit of base 64 or bits are missing.
fn decoded(text: &[u8]) -> Option<Vec<u8>> {
    let letters: Vec<u8> = text.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect();
    ENGINE.decode(letters).ok()
}
