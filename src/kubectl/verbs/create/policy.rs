//! Generators of limits and policies: quota, poddisruptionbudget, priorityclass.

use super::config::failed;
use super::config::verb;
use crate::kube::Kind;
use crate::kube::selector::{Operator, Selector};
use crate::kubectl::complaint::Complaint;
use crate::kubectl::flags::{Takes, flag};
use crate::kubectl::run::{Flow, Run};
use crate::kubectl::verb::{DRY_RUN, OUTPUT, Verb, WRITE};
use crate::kubectl::verbs::generate::{finish, name, resource_list};
use serde_json::{Map, Value, json};

pub(super) const QUOTA: Verb = Verb {
    aliases: &["resourcequota"],
    ..verb(
        ("quota", "kubectl create quota"),
        (
            "Create a ResourceQuota.",
            "NAME [--hard=key1=value1,key2=value2] [--scopes=Scope1,Scope2] [options]",
        ),
        "# Two Pods at most\nkubectl create quota small --hard=pods=2",
        &[
            &[
                flag("hard", Takes::Text, "the limits: cpu=1,pods=2"),
                flag("scopes", Takes::Text, "the scopes"),
            ],
            OUTPUT,
            DRY_RUN,
            WRITE,
        ],
        quota,
    )
};

pub(super) const BUDGET: Verb = Verb {
    aliases: &["pdb"],
    ..verb(
        ("poddisruptionbudget", "kubectl create poddisruptionbudget"),
        ("Create a PodDisruptionBudget.", "NAME --selector=SELECTOR --min-available=N [options]"),
        "# One must stay\nkubectl create pdb web --selector=app=web --min-available=1",
        &[
            &[
                flag("selector", Takes::Text, "the labels of the Pods"),
                flag("min-available", Takes::Text, "how many must stay"),
                flag("max-unavailable", Takes::Text, "how many may go"),
            ],
            OUTPUT,
            DRY_RUN,
            WRITE,
        ],
        budget,
    )
};

pub(super) const PRIORITY_CLASS: Verb = Verb {
    aliases: &["pc"],
    ..verb(
        ("priorityclass", "kubectl create priorityclass"),
        ("Create a PriorityClass.", "NAME --value=VALUE --global-default=BOOL [options]"),
        "# Above the rest\nkubectl create priorityclass high --value=1000",
        &[
            &[
                flag("value", Takes::Number, "the priority"),
                flag("global-default", Takes::Switch, "for Pods that name none"),
                flag("description", Takes::Text, "what it is for"),
                flag("preemption-policy", Takes::Text, "PreemptLowerPriority or Never"),
            ],
            OUTPUT,
            DRY_RUN,
            WRITE,
        ],
        priority_class,
    )
};

fn quota(run: &mut Run) -> Result<Flow, Complaint> {
    let name = name(run)?;
    let mut spec = json!({});
    let hard = resource_list(run.args.or("hard", ""))?;
    if hard.as_object().is_some_and(|hard| !hard.is_empty()) {
        spec["hard"] = hard;
    }
    let scopes: Vec<&str> = run.args.or("scopes", "").split(',').filter(|s| !s.is_empty()).collect();
    if !scopes.is_empty() {
        spec["scopes"] = json!(scopes);
    }
    let metadata = json!({"name": name, "namespace": run.namespace});
    let value = json!({"apiVersion": "v1", "kind": "ResourceQuota", "metadata": metadata, "spec": spec, "status": {}});
    finish(run, Kind::ResourceQuota, value).map_err(|c| failed(c.while_doing("failed to create quota: ")))
}

fn budget(run: &mut Run) -> Result<Flow, Complaint> {
    let name = name(run)?;
    let args = run.args;
    let Some(selector) = args.get("selector").filter(|s| !s.is_empty()) else {
        return Err(Complaint::plain("a selector must be specified"));
    };
    let (field, flag, amount) = match (args.get("min-available"), args.get("max-unavailable")) {
        (Some(least), None) => ("minAvailable", "min-available", least),
        (None, Some(most)) => ("maxUnavailable", "max-unavailable", most),
        (None, None) => {
            return Err(Complaint::plain("one of min-available or max-unavailable must be specified"));
        }
        _ => return Err(Complaint::plain("min-available and max-unavailable cannot be both specified")),
    };
    let digits = amount.strip_suffix('%').unwrap_or(amount);
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err(Complaint::plain(format!("invalid format specified for {flag}")));
    }
    let mut spec = json!({"selector": label_selector(selector)?});
    spec[field] = amount.parse::<i32>().map_or_else(|_| json!(amount), |n| json!(n));
    let status =
        json!({"currentHealthy": 0, "desiredHealthy": 0, "disruptionsAllowed": 0, "expectedPods": 0});
    let value = json!({"apiVersion": "policy/v1", "kind": "PodDisruptionBudget",
        "metadata": {"name": name, "namespace": run.namespace}, "spec": spec, "status": status});
    finish(run, Kind::PodDisruptionBudget, value)
        .map_err(|c| failed(c.while_doing("failed to create poddisruptionbudgets: ")))
}

/// A selector in the grammar of `-l` as an object carries it (`ParseToLabelSelector` in `meta/v1/helpers.go`).
fn label_selector(text: &str) -> Result<Value, Complaint> {
    let parsed = Selector::parse(text)
        .map_err(|why| Complaint::Plain(format!("couldn't parse the selector string {text:?}: {why}")))?;
    let mut labels = Map::new();
    let mut expressions = Vec::new();
    for requirement in parsed.requirements {
        let key = &requirement.key;
        let operator = match requirement.operator {
            Operator::Equals => {
                labels.insert(key.clone(), requirement.values.concat().into());
                continue;
            }
            Operator::In => "In",
            Operator::NotIn => "NotIn",
            Operator::Exists => "Exists",
            Operator::DoesNotExist => "DoesNotExist",
            Operator::NotEquals => {
                return Err(Complaint::plain("\"!=\" is not a valid label selector operator"));
            }
            Operator::GreaterThan => {
                return Err(Complaint::plain("\"gt\" isn't supported in label selectors"));
            }
            Operator::LessThan => return Err(Complaint::plain("\"lt\" isn't supported in label selectors")),
        };
        let mut expression = json!({"key": key, "operator": operator});
        if !requirement.values.is_empty() {
            expression["values"] = json!(requirement.values);
        }
        expressions.push(expression);
    }
    let mut selector = Map::new();
    if !expressions.is_empty() {
        selector.insert("matchExpressions".to_owned(), expressions.into());
    }
    if !labels.is_empty() {
        selector.insert("matchLabels".to_owned(), labels.into());
    }
    Ok(Value::Object(selector))
}

fn priority_class(run: &mut Run) -> Result<Flow, Complaint> {
    let name = name(run)?;
    let args = run.args;
    let mut value = json!({"apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass", "metadata": {"name": name},
        "preemptionPolicy": args.or("preemption-policy", "PreemptLowerPriority"), "value": args.number("value").unwrap_or(0)});
    if args.is("global-default") {
        value["globalDefault"] = true.into();
    }
    if let Some(text) = args.get("description").filter(|t| !t.is_empty()) {
        value["description"] = text.into();
    }
    finish(run, Kind::PriorityClass, value)
        .map_err(|c| failed(c.while_doing("failed to create priorityclass: ")))
}
