//! Rules about manifests: files exist, YAML is YAML, images are in the catalogue.

use crate::course::diagnostic::{Place, Report};
use crate::course::pack::Course;
use crate::course::quiz::Manifest;
use crate::course::suggest::closest;
use crate::os::{Catalogue, Reference};

/// Complains if a manifest's file is not in the chapter, or its text is not a manifest.
pub fn needed(course: &Course, chapter: &str, manifest: &Manifest, report: &mut Report) {
    match manifest {
        Manifest::Inline { text, place } => check(text, *place, report),
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

/// Complains about a manifest whose first line stands at `place`.
pub fn check(text: &str, place: Place, report: &mut Report) {
    images(text, place, report);
}

/// Images that no registry of the simulation has; the Pod would wait for ever.
fn images(text: &str, place: Place, report: &mut Report) {
    for (index, line) in text.lines().enumerate() {
        let bare = line.trim_start().trim_start_matches("- ");
        let Some(image) = bare.strip_prefix("image:") else { continue };
        let image = image.split(" #").next().unwrap_or(image).trim().trim_matches(['"', '\'']);
        let Ok(reference) = Reference::parse(image) else { continue };
        if Catalogue::builtin().find(&reference).is_ok() {
            continue;
        }
        let at = Place { column: line.len() - line.trim_start().len() + 1, ..place.below(index) };
        let short = |name: &'static str| {
            name.strip_prefix("docker.io/").unwrap_or(name).trim_start_matches("library/")
        };
        let written = reference.name();
        let near = closest(
            written.rsplit("docker.io/").next().unwrap_or(&written).trim_start_matches("library/"),
            Catalogue::builtin().repositories().map(short),
        );
        let how = near.map_or_else(
            || "add it to assets/images.yaml".to_owned(),
            |near| format!("did you mean '{near}'?"),
        );
        report.warn(at, format!("no registry has the image '{image}'"), how);
    }
}
