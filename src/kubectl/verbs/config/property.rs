//! `kubectl config set` and `unset`: one value of the kubeconfig by its path.

use super::{one_word, unexpected};
use crate::kubectl::complaint::Complaint;
use crate::kubectl::desk::Desk;
use crate::kubectl::flags::{Takes, flag};
use crate::kubectl::run::Flow;
use crate::kubectl::verb::Verb;

pub(super) const SET: Verb = super::verb(
    ("set", "kubectl config set"),
    (
        "PROPERTY_NAME PROPERTY_VALUE [options]",
        "Set an individual value in a kubeconfig file.\n\n PROPERTY_NAME is a dot delimited name where each token represents either an \
         attribute name or a map key.  Map keys may not contain dots.",
    ),
    &[&[flag(
        "set-raw-bytes",
        Takes::Switch,
        "When writing a []byte PROPERTY_VALUE, write the given string directly without base64 decoding.",
    )]],
    |run| {
        let words = run.args.words.clone();
        let [path, value] = words.as_slice() else { return Err(unexpected(run)) };
        change(run.desk, path, Some(value))?;
        run.say(&format!("Property {path:?} set."));
        Ok(Flow::Done)
    },
);

pub(super) const UNSET: Verb = super::verb(
    ("unset", "kubectl config unset"),
    (
        "PROPERTY_NAME [options]",
        "Unset an individual value in a kubeconfig file.\n\n PROPERTY_NAME is a dot delimited name where each token represents either \
         an attribute name or a map key.  Map keys may not contain dots.",
    ),
    &[],
    |run| {
        let path = one_word(run)?;
        change(run.desk, &path, None)?;
        run.say(&format!("Property {path:?} unset."));
        Ok(Flow::Done)
    },
);

/// Sets the value at a path, or takes away what is there.
fn change(desk: &mut Desk, path: &str, value: Option<&str>) -> Result<(), Complaint> {
    let text = value.unwrap_or_default().to_owned();
    match (path.split('.').collect::<Vec<_>>().as_slice(), value) {
        (["current-context"], _) => desk.current = text,
        (["contexts", name], None) => drop(desk.contexts.remove(*name)),
        (["contexts", name, field], _) => {
            let context = desk.contexts.entry((*name).to_owned()).or_default();
            match *field {
                "cluster" => context.cluster = text,
                "user" => context.user = text,
                "namespace" => context.namespace = text,
                _ => return Err(unknown(path, "api.Context")),
            }
        }
        ([list @ ("clusters" | "users"), name, rest @ ..], _) => {
            let all = if *list == "clusters" { &mut desk.clusters } else { &mut desk.users };
            match (rest, value) {
                ([], None) => drop(all.remove(*name)),
                ([field], None) => drop(all.entry((*name).to_owned()).or_default().remove(*field)),
                ([field], Some("true")) => {
                    all.entry((*name).to_owned()).or_default().insert((*field).to_owned(), true.into());
                }
                ([field], Some(_)) => {
                    all.entry((*name).to_owned()).or_default().insert((*field).to_owned(), text.into());
                }
                _ => return Err(unknown(path, "api.Config")),
            }
        }
        _ => return Err(unknown(path, "api.Config")),
    }
    Ok(())
}

fn unknown(path: &str, kind: &str) -> Complaint {
    Complaint::plain(format!("unable to parse {path} after [] at {kind}"))
}
