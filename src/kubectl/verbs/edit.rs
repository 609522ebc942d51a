//! `kubectl edit` (`kubectl/pkg/cmd/util/editor`): an object as text, changed by the learner, sent as a patch.

use crate::kube::{Key, Object, SimTime};
use crate::kubectl::complaint::Complaint;
use crate::kubectl::flags::{Flag, Takes, flag};
use crate::kubectl::output;
use crate::kubectl::run::{Flow, Run};
use crate::kubectl::session::EditorRequest;
use crate::kubectl::subresource;
use crate::kubectl::verb::{FILES, OUTPUT, RECORD, Verb, WRITE, Words};
use crate::kubectl::{merge, yaml};
use crate::sim::api::{Patch, Reason, Refusal, Subresource};
use serde_json::Value;

const FLAGS: &[Flag] = &[
    flag("output-patch", Takes::Switch, "Output the patch if the resource is edited."),
    flag("windows-line-endings", Takes::Switch, "Defaults to the line ending native to your platform."),
];

pub(super) const VERB: Verb = Verb {
    name: "edit",
    path: "kubectl edit",
    summary: "Edit a resource from the default editor.",
    usage: "(RESOURCE/NAME | -f FILENAME) [options]",
    examples: "# Edit a Pod\nkubectl edit pod web\n\n# Edit without an editor\nKUBE_EDITOR='sed -i s/1.27/1.28/' kubectl edit pod web",
    flags: &[FLAGS, subresource::FLAG, FILES, OUTPUT, WRITE, RECORD],
    words: Words::Objects,
    run: edit,
    ..Verb::EMPTY
};

/// What stands above every text.
const HEADER: &str = "# Please edit the object below. Lines beginning with a '#' will be ignored,\n# and an empty file will abort the edit. \
                      If an error occurs while saving this file will be\n# reopened with the relevant failures.\n#\n";

/// A text on its way through an editor.
#[derive(Clone, Debug)]
pub struct Editing {
    key: Key,
    /// What of the object is sent.
    sub: Subresource,
    file: String,
    original: Value,
    /// The text without its comments, as it was shown last.
    shown: String,
    /// Why the text is shown again.
    failures: Vec<String>,
    #[expect(clippy::option_option, reason = "not answered, given up, or a text")]
    answer: Option<Option<String>>,
}

fn edit(run: &mut Run) -> Result<Flow, Complaint> {
    let found = super::objects(run)?;
    if let Some(complaint) = found.errors.first() {
        return Err(complaint.clone());
    }
    let objects: Vec<_> = found.objects().cloned().collect();
    let [object] = objects.as_slice() else {
        return match objects.len() {
            0 => Err(Complaint::plain("edit cancelled, no objects found")),
            _ => Err(Complaint::Raw(
                "podlab: kubectl edit of several objects at once is not simulated".to_owned(),
            )),
        };
    };
    let sub = subresource::of(run, object.kind())?;
    if sub == Subresource::Scale {
        return Err(Complaint::Raw(
            "podlab: kubectl edit of the scale is not simulated; kubectl scale changes it".to_owned(),
        ));
    }
    let original = output::shown(object);
    let shown = if run.args.get("output") == Some("json") {
        output::json(&original)
    } else {
        yaml::to_string(&original)
    };
    let end = if run.args.get("output") == Some("json") { "json" } else { "yaml" };
    Ok(Flow::wait(Editing {
        key: object.key(),
        sub,
        file: format!("/tmp/kubectl-edit-{}.{end}", temporary(run, object)),
        original,
        shown,
        failures: Vec::new(),
        answer: None,
    }))
}

/// The number in a temporary file's name, a draw of 32 bits as Go's `CreateTemp` makes it.
fn temporary(run: &Run, object: &Object) -> u32 {
    let uid = object.meta().uid.as_deref().unwrap_or_default();
    let seed = uid.bytes().chain(run.now().0.to_le_bytes());
    seed.fold(0x811c_9dc5, |hash: u32, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

impl Editing {
    /// The text to edit, while nobody has answered.
    pub fn request(&self) -> Option<EditorRequest> {
        let text = || {
            let failures: String = self
                .failures
                .iter()
                .flat_map(|text| text.lines())
                .map(|line| format!("# {line}\n"))
                .collect();
            let end = if failures.is_empty() { "" } else { "#\n" };
            format!("{HEADER}{failures}{end}{}", self.shown)
        };
        self.answer.is_none().then(|| EditorRequest { name: self.file.clone(), text: text() })
    }

    /// The text as it was saved, or that it was not.
    pub fn answer(&mut self, text: Option<&str>) {
        self.answer = Some(text.map(str::to_owned));
    }

    /// Goes on once the editor is closed.
    pub fn poll(&mut self, run: &mut Run) -> Result<Flow, Complaint> {
        let Some(answer) = &self.answer else { return Ok(Flow::Until(SimTime::NEVER)) };
        let text = answer.as_ref().map(|text| without_comments(text));
        let Some(text) = text.filter(|text| *text != without_comments(&self.shown)) else {
            return self.unchanged(run);
        };
        if text.trim().is_empty() {
            run.warn("Edit cancelled, saved file was empty.");
            return Ok(Flow::Done);
        }
        match self.send(run, &text) {
            Ok(line) => {
                run.say(&line);
                Ok(Flow::Done)
            }
            Err(Refused::Again(failures)) => {
                (self.failures, self.shown, self.answer) = (failures, text, None);
                Ok(Flow::Until(SimTime::NEVER))
            }
            Err(Refused::End(complaint)) => {
                self.keep(run, &text);
                Err(complaint)
            }
        }
    }

    fn unchanged(&mut self, run: &mut Run) -> Result<Flow, Complaint> {
        if self.failures.is_empty() {
            run.warn("Edit cancelled, no changes made.");
            return Ok(Flow::Done);
        }
        let text = self.shown.clone();
        self.keep(run, &text);
        Err(Complaint::plain("Edit cancelled, no valid changes were saved."))
    }

    /// Keeps what the learner wrote.
    fn keep(&self, run: &mut Run, text: &str) {
        run.desk.write(&self.file, text.as_bytes());
        run.warn(&format!("A copy of your changes has been stored to {:?}", self.file));
    }

    fn send(&self, run: &mut Run, text: &str) -> Result<String, Refused> {
        let (plural, name) = (self.key.kind.info().plural, self.key.name.clone());
        let edited: Value = serde_saphyr::from_str(text).map_err(|error| {
            let first = error.to_string().lines().next().unwrap_or_default().to_owned();
            run.warn(&format!("error: {plural} {:?} is invalid", &*name));
            Refused::Again(vec![format!("The edited file had a syntax error: {first}")])
        })?;
        let named = |value: &Value| (value["kind"].clone(), value["metadata"]["name"].clone());
        if named(&edited) != named(&self.original) {
            let text = "At least one of apiVersion, kind and name was changed";
            return Err(Refused::End(Complaint::plain(text)));
        }
        if let Err(complaint) = crate::kubectl::documents::decode(run, self.key.kind, &edited) {
            run.warn(&format!("error: {plural} {:?} is invalid", &*name));
            let text = complaint.to_string();
            return Err(Refused::Again(
                std::iter::once(format!("{plural} {:?} was not valid:", &*name))
                    .chain(text.lines().map(|line| format!("* {line}")))
                    .collect(),
            ));
        }
        let patch = merge::two_way(self.key.kind, &self.original, &edited);
        let write = run.write();
        let answer = run.cluster.patch(&self.key, &Patch::Strategic(patch), self.sub, &write);
        match answer {
            Ok(written) => {
                run.record(&self.key);
                for warning in &written.warnings {
                    run.warn(&format!("Warning: {warning}"));
                }
                Ok(format!("{} edited", output::name(&written.object)))
            }
            Err(refusal) => Err(self.refused(run, &refusal)),
        }
    }

    fn refused(&self, run: &mut Run, refusal: &Refusal) -> Refused {
        let (plural, name) = (self.key.kind.info().plural, &*self.key.name);
        match refusal.reason {
            Reason::Invalid => {
                run.warn(&format!("error: {plural} {name:?} is invalid"));
                let causes = refusal.causes.iter().map(|cause| format!("* {cause}"));
                Refused::Again(
                    std::iter::once(format!("{plural} {name:?} was not valid:")).chain(causes).collect(),
                )
            }
            Reason::NotFound => {
                run.warn(&format!("error: {plural} {name:?} could not be found on the server"));
                Refused::End(Complaint::Exit(1))
            }
            _ => Refused::End(Complaint::plain(format!(
                "{plural} {name:?} could not be patched: {}\nYou can run `kubectl replace -f {}` to try this update again.",
                refusal.message, self.file
            ))),
        }
    }
}

/// Why a text did not become the object.
enum Refused {
    /// It is shown again, with this above it.
    Again(Vec<String>),
    /// That was it.
    End(Complaint),
}

fn without_comments(text: &str) -> String {
    text.lines().filter(|line| !line.starts_with('#')).map(|line| format!("{line}\n")).collect()
}
