//! `base64`.

use super::super::{Call, Output, Program};
use super::lines::Lines;
use super::{Filter, Kind, options};

const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

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
    let text = encoded(held);
    if wrap == 0 {
        out.push(1, &text);
        return;
    }
    for line in text.chunks(wrap) {
        out.push(1, line);
        out.text(1, "\n");
    }
}

fn encoded(bytes: &[u8]) -> Vec<u8> {
    let mut text = Vec::with_capacity(bytes.len() * 4 / 3 + 4);
    for three in bytes.chunks(3) {
        let at = |index: usize| u32::from(three.get(index).copied().unwrap_or(0));
        let bits = at(0) << 16 | at(1) << 8 | at(2);
        for place in 0..4 {
            let letter = LETTERS[(bits >> (18 - 6 * place) & 63) as usize];
            text.push(if place > three.len() { b'=' } else { letter });
        }
    }
    text
}

/// None if a letter is no digit of base 64 or bits are missing.
fn decoded(text: &[u8]) -> Option<Vec<u8>> {
    let digits: Option<Vec<u32>> = text
        .iter()
        .filter(|byte| !byte.is_ascii_whitespace() && **byte != b'=')
        .map(|byte| LETTERS.iter().position(|letter| letter == byte).map(|value| value as u32))
        .collect();
    let mut bytes = Vec::new();
    for four in digits?.chunks(4) {
        if four.len() == 1 {
            return None;
        }
        let bits = four.iter().fold(0, |bits, digit| bits << 6 | digit) << (6 * (4 - four.len()));
        bytes.extend(bits.to_be_bytes()[1..].iter().take(four.len() - 1));
    }
    Some(bytes)
}
