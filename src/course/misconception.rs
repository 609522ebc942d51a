//! Things commonly believed that are not so, each with an experiment that shows it. Runs nothing.

use super::diagnostic::{Place, Report};
use super::fields::Fields;
use super::lab::Script;
use super::markdown;
use super::quiz::{Manifest, Prose, read::is_id};
use super::yaml::{self, Node, Value};

/// Something commonly believed that is not so.
#[derive(Clone, Debug, PartialEq)]
pub struct Misconception {
    /// Its id; wrong options of quizzes refer to it.
    pub id: String,
    /// What is believed.
    pub claim: Prose,
    /// What is so.
    pub truth: Prose,
    /// The id of the chapter that teaches it.
    pub chapter: String,
    /// Where the chapter is named.
    pub chapter_place: Place,
    /// What to try.
    pub experiment: Option<Experiment>,
    /// Where it stands.
    pub place: Place,
}

/// Something to try in the simulator.
#[derive(Clone, Debug, PartialEq)]
pub struct Experiment {
    /// What to apply.
    pub manifest: Manifest,
    /// For how many simulated seconds to watch.
    pub watch: usize,
    /// What to look at.
    pub look: Prose,
    /// Commands whose output shows what is so, on a fresh cluster whose shell sees the files.
    pub proof: Option<Script>,
}

/// The fields of a misconception.
pub const FIELDS: &[&str] = &["id", "claim", "truth", "chapter", "experiment"];
/// The fields of an experiment.
pub const EXPERIMENT: &[&str] = &["manifest", "yaml", "watch", "look", "proof"];

/// The misconceptions of a file; one that cannot be read is complained about and left out.
pub fn read(text: &str, report: &mut Report) -> Vec<Misconception> {
    let items = match yaml::read(text, 1, report) {
        Ok(Node { value: Value::List(items), .. }) => items,
        Ok(Node { value: Value::Null, .. }) => Vec::new(),
        Ok(node) => {
            report.error(node.place, format!("misconceptions are a list, this is {}", node.what()));
            Vec::new()
        }
        Err(trouble) => {
            report.error(trouble.place, trouble.text);
            Vec::new()
        }
    };
    let mut read: Vec<Misconception> = Vec::new();
    for node in &items {
        let Some(one) = misconception(node, report) else { continue };
        if read.iter().any(|known| known.id == one.id) {
            report.error(one.place, format!("the id '{}' is taken by a misconception above", one.id));
        } else {
            read.push(one);
        }
    }
    read
}

fn misconception(node: &Node, report: &mut Report) -> Option<Misconception> {
    let fields = Fields::of(node, "misconception", FIELDS, report)?;
    let id = fields.need_text("id", report);
    if let Some(id) = id.as_ref().filter(|id| !is_id(id)) {
        report.error(fields.place_of("id"), format!("'{id}' is not an id: a-z, 0-9 and '-', at most 80"));
    }
    let claim = prose(&fields, "claim", report);
    let truth = prose(&fields, "truth", report);
    let chapter = fields.need_text("chapter", report);
    let experiment = fields.get("experiment").and_then(|node| experiment(node, report));
    Some(Misconception {
        id: id?,
        claim: claim?,
        truth: truth?,
        chapter: chapter?,
        chapter_place: fields.place_of("chapter"),
        experiment,
        place: fields.place,
    })
}

fn experiment(node: &Node, report: &mut Report) -> Option<Experiment> {
    let fields = Fields::of(node, "experiment", EXPERIMENT, report)?;
    let manifest = match (fields.text("manifest", report), fields.text("yaml", report)) {
        (Some(name), None) => Some(Manifest::File { name, place: fields.place_of("manifest") }),
        (None, Some(text)) => Some(Manifest::Inline { text, place: fields.place_of("yaml") }),
        _ => {
            report
                .error(fields.place, "an experiment has either 'manifest' (a file of the chapter) or 'yaml'");
            None
        }
    };
    let watch = fields.need("watch", report).and(fields.whole("watch", 1..=86_400, report));
    let look = prose(&fields, "look", report);
    let proof = proof(&fields, report);
    Some(Experiment { manifest: manifest?, watch: watch?, look: look?, proof })
}

fn proof(fields: &Fields<'_>, report: &mut Report) -> Option<Script> {
    let text = fields.text("proof", report)?;
    let script = Script::of(fields.get("proof")?, text, report);
    Some(script)
}

fn prose(fields: &Fields<'_>, name: &str, report: &mut Report) -> Option<Prose> {
    let source = fields.need_text(name, report)?;
    let blocks = markdown::blocks(&source, fields.place_of(name), report);
    Some(Prose { source, blocks })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_of_misconceptions_is_read_and_mistakes_are_placed() {
        let mut report = Report::new("m");
        let text = "- { id: a, claim: x, truth: y, chapter: c, experiment: { yaml: 'a: 1', watch: 30, look: z } }\n\
                    - { id: a, claim: x, truth: y, chapter: c }\n- { id: b, claim: x, chapter: c }\n";
        let read = read(text, &mut report);
        assert_eq!(read.len(), 1);
        assert_eq!(read[0].experiment.as_ref().unwrap().watch, 30);
        let lines: Vec<usize> = report.found().iter().map(|problem| problem.line).collect();
        assert_eq!(lines, [2, 3]);
    }
}
