//! Fenced blocks: the words after the fence, and what they mean. ```` ```yaml name=crash.yaml ```` is a file, `console` a
//! transcript, `diagram`, `quiz`, `predict` and `lab` stand for something else; any other language is just code.

use crate::course::block::{Block, Code, Console, Marker, Reference, Sketch};
use crate::course::diagnostic::{Diagnostic, Place, Report, Severity};
use crate::course::markdown::Within;
use crate::course::transcript;
use std::ops::Range;

/// A fenced block as it stands in a text.
#[derive(Clone, Debug)]
pub struct Fenced<'a> {
    /// The words after the fence.
    pub info: &'a str,
    /// Where the fence stands.
    pub fence: Place,
    /// The text within.
    pub text: String,
    /// Where the text within starts.
    pub place: Place,
    /// The bytes of the file that hold the text, if they are one piece.
    pub bytes: Option<Range<usize>>,
    /// What the block is part of.
    pub within: Within,
}

/// The languages with a meaning of their own.
pub const MEANINGS: &[&str] = &["console", "diagram", "quiz", "predict", "lab"];

/// The block a fenced block stands for.
pub fn block(fenced: Fenced<'_>, report: &mut Report) -> Option<Block> {
    let mut words = fenced.info.split_whitespace();
    let language = words.next().unwrap_or_default().to_lowercase();
    let words: Vec<&str> = words.collect();
    Some(match language.as_str() {
        "console" if fenced.within == Within::Chapter => console(fenced, &words, report),
        "diagram" => match words[..] {
            [word] if word.starts_with("pod=") => {
                let file = Reference { id: word["pod=".len()..].to_owned(), place: fenced.fence };
                Block::Diagram(Sketch { file, picture: Err(String::new()) })
            }
            _ => {
                problem(&fenced, "a diagram names a file of the chapter", "write ```diagram pod=FILE", report)
            }
        },
        "quiz" => match words[..] {
            [] => Block::Quiz(fenced.fence),
            [id] => Block::Question(Reference { id: id.to_owned(), place: fenced.fence }),
            _ => problem(&fenced, "a quiz block names one question or none", "write ```quiz ID", report),
        },
        "predict" => match words[..] {
            [id] => Block::Predict(Reference { id: id.to_owned(), place: fenced.fence }),
            _ => problem(&fenced, "a prediction names its question", "write ```predict ID", report),
        },
        "lab" => match words[..] {
            [id] => Block::Lab(Reference { id: id.to_owned(), place: fenced.fence }),
            _ => problem(&fenced, "a lab card names its lab", "write ```lab SLUG", report),
        },
        _ => Block::Code(code(fenced, language, &words, report)),
    })
}

fn console(fenced: Fenced<'_>, words: &[&str], report: &mut Report) -> Block {
    let continues = words.contains(&"continue");
    for word in words.iter().filter(|word| **word != "continue") {
        report.unknown(fenced.fence, format!("a console block has no '{word}'"), word, ["continue"]);
    }
    let transcript = transcript::parse(&fenced.text, fenced.place, report);
    if transcript.steps.is_empty() && fenced.text.trim().is_empty() {
        report.error_hint(fenced.fence, "a console block without a command", "start a line with '$ '");
    }
    Block::Console(Console {
        transcript,
        text: fenced.text,
        continues,
        place: fenced.place,
        bytes: fenced.bytes,
    })
}

fn code(fenced: Fenced<'_>, language: String, words: &[&str], report: &mut Report) -> Code {
    let mut name = None;
    let (mut broken, mut image_absent) = (false, false);
    for word in words {
        match word.split_once('=') {
            Some(("name", value)) if is_file_name(value) => name = Some(value.to_owned()),
            Some(("name", value)) => {
                let text = format!("'{value}' is not a file name: letters, digits, '-', '_', '.' and '/'");
                report.error_hint(fenced.fence, text, "name a file inside the learner's folder");
            }
            Some((key, _)) => {
                report.unknown(fenced.fence, format!("a code block has no '{key}='"), key, ["name"]);
            }
            None if *word == "broken" => broken = true,
            None if *word == "no-such-image" => image_absent = true,
            None => {
                let known = ["broken", "no-such-image"];
                report.unknown(fenced.fence, format!("a code block has no '{word}'"), word, known);
            }
        }
    }
    let markers = markers(&fenced.text);
    let (notes, place) = (Vec::new(), Some(fenced.place));
    Code { language, name, broken, image_absent, text: fenced.text, markers, notes, place }
}

/// Whether a name stays inside the learner's folder.
pub fn is_file_name(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./".contains(c);
    let inside = |part: &str| !part.is_empty() && part != "." && part != "..";
    name.len() <= 100 && name.chars().all(plain) && name.split('/').all(inside)
}

fn problem(fenced: &Fenced<'_>, text: &str, suggestion: &str, report: &mut Report) -> Block {
    report.error_hint(fenced.fence, text, suggestion);
    Block::Problem(Diagnostic {
        path: report.path().to_owned(),
        line: fenced.fence.line,
        column: fenced.fence.column,
        severity: Severity::Error,
        text: text.to_owned(),
        suggestion: suggestion.to_owned(),
    })
}

/// `# (1)` at the ends of lines.
fn markers(text: &str) -> Vec<Marker> {
    let marker = |(line, text): (usize, &str)| {
        let inner = text.trim_end().strip_suffix(')')?;
        let (before, number) = inner.rsplit_once('(')?;
        let before = before.trim_end();
        let at = before.strip_suffix('#').map(str::len)?;
        Some(Marker { line, at, number: number.trim().parse().ok()? })
    };
    text.lines().enumerate().filter_map(marker).collect()
}

/// Complains about markers without a note and notes without a marker.
pub fn check_notes(code: &Code, report: &mut Report) {
    let place = code.place.unwrap_or(Place::START);
    for marker in &code.markers {
        if !code.notes.iter().any(|note| note.number == marker.number) {
            let text = format!("marker ({}) has no note", marker.number);
            let how = "explain it in a numbered list directly below the block";
            report.error_hint(Place { column: marker.at + 1, ..place.below(marker.line) }, text, how);
        }
    }
    for note in &code.notes {
        if !code.markers.iter().any(|marker| marker.number == note.number) {
            let text = format!("note {} belongs to no marker of the block above", note.number);
            report.warn(place, text, format!("write '# ({})' at the end of a line", note.number));
        }
    }
}
