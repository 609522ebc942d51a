//! What `kubectl auth` and `--as` ask of the rights there are: whose, and how their list is printed.

use crate::kubectl::grid::Grid;
use crate::kubectl::run::Run;
use crate::sim::rights::{self, ordinary};
pub(super) use crate::sim::rights::{Subject, Wish};
use serde_json::Value;

/// The user of the kubeconfig, or the one that `--as` and `--as-group` name.
pub(super) fn subject(run: &Run) -> Subject {
    match run.args.get("as") {
        Some(user) => Subject::named(user, run.args.all("as-group").map(str::to_owned)),
        None => Subject::administrator(),
    }
}

/// Whether some rule grants the wish.
pub(super) fn allows(run: &Run, who: &Subject, wish: &Wish) -> bool {
    rights::allows(run.cluster.store(), who, wish)
}

/// The table of `--list`.
pub(super) fn list(run: &Run, who: &Subject) -> String {
    let mut all = rights::rules(run.cluster.store(), who, run.namespace);
    if who.groups.iter().any(|group| group == "system:masters") {
        all = ordinary("cluster-admin");
    }
    let words = |value: &Value| {
        let list = value.as_array().into_iter().flatten().filter_map(Value::as_str);
        list.collect::<Vec<_>>().join(" ")
    };
    all.sort_by_key(|rule| {
        (format!("{}]", words(&rule["verbs"])), words(&rule["apiGroups"]), words(&rule["resources"]))
    });
    let mut rows =
        vec![["Resources", "Non-Resource URLs", "Resource Names", "Verbs"].map(str::to_owned).to_vec()];
    for rule in &all {
        let rest = |resource: String| {
            let (urls, names) = (words(&rule["nonResourceURLs"]), words(&rule["resourceNames"]));
            vec![resource, format!("[{urls}]"), format!("[{names}]"), format!("[{}]", words(&rule["verbs"]))]
        };
        let resources = rule["resources"].as_array().filter(|list| !list.is_empty());
        let Some(resources) = resources else {
            rows.push(rest(String::new()));
            continue;
        };
        for resource in resources.iter().filter_map(Value::as_str) {
            for group in rule["apiGroups"].as_array().into_iter().flatten().filter_map(Value::as_str) {
                rows.push(rest(if group.is_empty() {
                    resource.to_owned()
                } else {
                    format!("{resource}.{group}")
                }));
            }
        }
    }
    Grid::default().print(rows.iter().map(Vec::as_slice))
}
