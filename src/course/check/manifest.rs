//! Rules about manifests: files exist, every document decodes and is accepted by an API server, images are in the catalogue. What
//! depends on other objects (a namespace, a priority class) is found by the transcripts, which apply the files.

use crate::course::block::Code;
use crate::course::diagnostic::{Place, Report};
use crate::course::pack::Course;
use crate::course::quiz::Manifest;
use crate::course::suggest::closest;
use crate::kube::manifest::{self, Complaint, Document, Positions, Validation};
use crate::kube::{Object, manifest::Place as InFile};
use crate::os::{Catalogue, Reference};
use crate::sim::admission::{defaults, validation};
use serde_json::Value;

/// A manifest as it stands in a content file.
#[derive(Clone, Copy, Debug)]
pub struct Written<'a> {
    /// Its name in the learner's folder.
    pub name: &'a str,
    /// The text.
    pub text: &'a str,
    /// Where the first line of the text stands.
    pub place: Place,
    /// How an author says that a fault is meant.
    pub meant: &'a str,
}

/// Complains if a manifest's file is not in the chapter, or its text is not a manifest.
pub fn needed(course: &Course, chapter: &str, manifest: &Manifest, report: &mut Report) {
    match manifest {
        Manifest::Inline { text, place } => {
            let written = Written { name: "pod.yaml", text, place: *place, meant: "" };
            check(written, report);
            images(written, report);
        }
        Manifest::File { name, place } => {
            let Some(chapter) = course.chapter(chapter) else { return };
            if chapter.page().file(name).is_none() {
                let files = chapter.page().files();
                let known = files.iter().filter_map(|code| code.name.as_deref());
                let text = format!("there is no file '{name}' in {}", chapter.file.path);
                report.unknown(*place, text, name, known);
            }
        }
    }
}

/// Complains about each document of a manifest that a cluster would refuse.
pub fn check(written: Written<'_>, report: &mut Report) {
    for document in manifest::parse(written.text, written.name) {
        let refused = match document {
            Ok(document) => refusals(&document),
            Err(complaint) => vec![of_complaint(&complaint, None)],
        };
        for refusal in refused {
            let text = format!("a cluster refuses {}: {}", written.name, refusal.text);
            let how = refusal.suggestion.unwrap_or_else(|| written.meant.to_owned());
            report.error_hint(within(written.place, refusal.place), text, how);
        }
    }
}

/// Whether a code block is a manifest that a cluster should take.
pub fn is_manifest(code: &Code) -> bool {
    code.name.is_some() && !code.broken && ["yaml", "yml", "json"].contains(&code.language.as_str())
}

/// Whether a cluster would refuse a part of a manifest.
pub fn is_refused(text: &str) -> bool {
    let refused = |document: Result<Document, Complaint>| {
        document.map_or(true, |document| !refusals(&document).is_empty())
    };
    manifest::parse(text, "").into_iter().any(refused)
}

/// Why a document would not be stored.
struct Refused {
    text: String,
    place: Option<InFile>,
    suggestion: Option<String>,
}

fn of_complaint(complaint: &Complaint, positions: Option<&Positions>) -> Refused {
    let place = complaint.place.or_else(|| positions.and_then(|positions| positions.find("kind")));
    let meant = complaint.suggestion.as_ref().map(|meant| format!("did you mean '{meant}'?"));
    // What kubectl says of itself around the fault is of no use here.
    let text = complaint.text.split("error validating data: ").last().unwrap_or_default();
    let text = text.split("; if you choose to ignore").next().unwrap_or_default();
    Refused { text: text.replace('\n', "; "), place, suggestion: meant }
}

fn refusals(document: &Document) -> Vec<Refused> {
    let mut object = match document.object(Validation::Strict) {
        Ok((object, _)) => object,
        Err(complaint) => return vec![of_complaint(&complaint, Some(&document.positions))],
    };
    complete(&mut object);
    defaults::apply(&mut object);
    let faults = validation::create(&object);
    let refused = faults.iter().map(|fault| Refused {
        text: fault.to_string(),
        place: document.positions.find(&fault.field).or_else(|| document.positions.find("kind")),
        suggestion: None,
    });
    refused.collect()
}

/// What kubectl and the server add before the server judges.
fn complete(object: &mut Object) {
    let namespaced = object.kind().info().namespaced;
    let meta = object.meta_mut();
    if namespaced && meta.namespace.is_none() {
        meta.namespace = Some("default".to_owned());
    }
    let generated = meta.generate_name.as_ref().filter(|_| meta.name.is_none());
    meta.name = generated.map(|base| format!("{base}xxxxx")).or(meta.name.take());
}

/// A place in a text, as a place in the file that holds the text from `start` on.
fn within(start: Place, place: Option<InFile>) -> Place {
    place.map_or(start, |at| {
        let column = start.column - 1 + at.column;
        Place { column, ..start.below(at.line.saturating_sub(1)) }
    })
}

/// Warns of images that no registry of the simulation has; the Pod would wait for ever.
pub fn images(written: Written<'_>, report: &mut Report) {
    for document in manifest::parse(written.text, written.name).into_iter().flatten() {
        let mut found = Vec::new();
        images_in(&document.value, String::new(), &mut found);
        for (path, image) in found {
            if let Some(how) = unknown_image(&image) {
                let place = within(written.place, document.positions.find(&path));
                report.warn(place, format!("no registry has the image '{image}'"), how);
            }
        }
    }
}

/// The images of all containers at or below a value, with their paths.
fn images_in(value: &Value, path: String, found: &mut Vec<(String, String)>) {
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                let below = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                match value {
                    Value::String(image) if key == "image" && path.contains("ontainers[") => {
                        found.push((below, image.clone()));
                    }
                    _ => images_in(value, below, found),
                }
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                images_in(item, format!("{path}[{index}]"), found);
            }
        }
        _ => {}
    }
}

/// What to do about an image that cannot be pulled; `None` if it can, or if its name is no reference at all (which is a lesson).
fn unknown_image(image: &str) -> Option<String> {
    let reference = Reference::parse(image).ok()?;
    let catalogue = Catalogue::builtin();
    if catalogue.find(&reference).is_ok() {
        return None;
    }
    let written = reference.name();
    let short =
        |name: &'static str| name.strip_prefix("docker.io/").unwrap_or(name).trim_start_matches("library/");
    let bare = written.rsplit("docker.io/").next().unwrap_or(&written).trim_start_matches("library/");
    let known: Vec<&'static str> = catalogue.repositories().map(short).collect();
    let meant = "or write 'no-such-image' after the fence";
    Some(match closest(bare, known.iter().copied()) {
        Some(near) if near == bare => format!("it has other tags; take one of them, {meant}"),
        Some(near) => format!("did you mean '{near}'? {meant}"),
        None => format!("take one of assets/images.yaml, {meant}"),
    })
}
