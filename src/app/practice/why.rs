//! Why something is so: the Event that tells what holds a Pod up, and the chain of causes behind it.

use super::{NAMESPACE, Practice};
use crate::kube::{Key as ObjectKey, Object, Pod, SimTime};
use crate::sim::Change;

/// One link of a chain of causes.
#[derive(Clone, Debug, PartialEq)]
pub struct Why {
    /// When it happened.
    pub at: SimTime,
    /// One sentence.
    pub text: String,
    /// The chapter that teaches it, by id; empty if none does.
    pub chapter: String,
}

impl Practice {
    /// Why an object came to be as it was at `at` (or, without a time, as it is now), newest first. What holds a Pod up changes nothing
    /// in it but is told by an Event, so that Event begins the chain.
    pub fn why(&self, object: &ObjectKey, at: Option<SimTime>) -> Vec<Why> {
        let cluster = &self.shown().stage.cluster;
        let changes = || cluster.store().changes();
        let mine = || changes().filter(|change| change.key == *object);
        let Some(change) = mine().filter(|change| at.is_none_or(|at| change.at <= at)).last() else {
            return Vec::new();
        };
        let newest = mine().last().is_some_and(|last| last.revision == change.revision);
        let hangs = newest && change.object.as_pod().is_some_and(|pod| !pod.is_ready() && !is_over(pod));
        let told: Vec<&Change> =
            changes().filter(|other| hangs && tells_of_trouble(&other.object, object)).collect();
        // An Event that says no more than the STATUS does explains nothing.
        let told = told.iter().rfind(|told| !is_bare(&told.object)).or(told.last()).copied();
        let mut links: Vec<Why> = event_link(change).into_iter().collect();
        // An Event from before the last change may tell of what is over by now.
        let cause = match told.filter(|told| told.at >= change.at || is_waiting(change)) {
            Some(told) => {
                links.extend(event_link(told));
                told.cause
            }
            None => change.cause,
        };
        for cause in cluster.causes().chain(cause) {
            let link = Why { at: cause.at, text: cause.text.clone(), chapter: cause.chapter.to_owned() };
            // A thing tried again and again is one link, at its last time.
            if links.last().is_none_or(|last| last.text != link.text) {
                links.push(link);
            }
        }
        teach_event(&mut links);
        links
    }

    /// The newest Event that tells of trouble with something other than a Pod, such as a Pod that could not be created.
    pub fn refusal(&self) -> Option<ObjectKey> {
        let changes = self.shown().stage.cluster.store().changes();
        let refusals = changes.filter(|change| match &change.object {
            Object::Event(event) => {
                event.reason.as_deref() == Some("FailedCreate")
                    && event.involved_object.namespace.as_deref() == Some(NAMESPACE)
            }
            _ => false,
        });
        refusals.last().map(|change| change.key.clone())
    }
}

/// Whether a Pod's story is over, so that no Event tells why it does not go on.
fn is_over(pod: &Pod) -> bool {
    matches!(pod.status.phase.as_deref(), Some("Succeeded" | "Failed"))
}

/// Whether a change left its Pod waiting for something to start.
fn is_waiting(change: &Change) -> bool {
    change.object.as_pod().is_some_and(|pod| pod.status.phase.as_deref() == Some("Pending"))
}

/// Whether an object is an Event that tells what holds a Pod up.
fn tells_of_trouble(object: &Object, pod: &ObjectKey) -> bool {
    let Object::Event(event) = object else { return false };
    let of = &event.involved_object;
    // That an image is waited for is told by a normal Event.
    (event.type_.as_deref() == Some("Warning") || event.reason.as_deref() == Some("BackOff"))
        && of.name.as_deref() == Some(&*pod.name)
        && of.namespace.as_deref() == Some(&*pod.namespace)
}

/// An Event as the first link of a chain.
fn event_link(told: &Change) -> Option<Why> {
    let Object::Event(event) = &told.object else { return None };
    let (reason, message) = (event.reason.as_deref()?, event.message.as_deref().unwrap_or_default());
    let text = format!("Event {reason}: {}", message.trim_end());
    Some(Why { at: told.at, text, chapter: String::new() })
}

/// Whether an Event gives nothing but a word for a reason: `Error: ErrImagePull`.
fn is_bare(object: &Object) -> bool {
    let Object::Event(event) = object else { return false };
    let word = event.message.as_deref().and_then(|message| message.strip_prefix("Error: "));
    word.is_some_and(|word| !word.contains(' '))
}

/// An Event is taught by the chapter that teaches what led to it at last; where nothing is told of that, by what its reason is about.
fn teach_event(links: &mut [Why]) {
    let Some((event, causes)) = links.split_first_mut() else { return };
    let Some(said) = event.text.strip_prefix("Event ") else { return };
    let known = taught_by(said.split(':').next().unwrap_or_default(), said);
    let next = causes.first().map_or("", |cause| cause.chapter.as_str());
    let chapter = known.unwrap_or(next).to_owned();
    event.chapter = chapter;
}

/// The chapter about what keeps a Pod in the state that Events of this reason tell of.
fn taught_by(reason: &str, said: &str) -> Option<&'static str> {
    Some(match reason {
        "FailedMount" | "FailedAttachVolume" => "volumes",
        "FailedScheduling" => "scheduling",
        "ErrImageNeverPull" | "InspectFailed" => "images",
        "FailedCreate" if said.contains("exceeded quota") => "resources",
        "FailedCreate" => "controllers",
        _ => return None,
    })
}
