//! The fields of a `kustomization.yaml`, and what is said of those podlab does not know what to do with.

use crate::kube::manifest::{self, Truths};
use crate::kubectl::complaint::Complaint;
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// A kustomization.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Kustomization {
    pub resources: Vec<String>,
    pub bases: Vec<String>,
    pub components: Vec<String>,
    pub namespace: String,
    pub name_prefix: String,
    pub name_suffix: String,
    pub common_labels: BTreeMap<String, String>,
    pub labels: Vec<Label>,
    pub common_annotations: BTreeMap<String, String>,
    pub images: Vec<Image>,
    pub replicas: Vec<Replica>,
    pub config_map_generator: Vec<Generator>,
    pub secret_generator: Vec<Generator>,
    pub generator_options: Options,
    pub patches: Vec<Patch>,
    pub patches_strategic_merge: Vec<String>,
    #[serde(rename = "patchesJson6902")]
    pub patches_json: Vec<Patch>,
}

/// Labels, and where they go besides the metadata.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Label {
    pub pairs: BTreeMap<String, String>,
    pub include_selectors: bool,
    pub include_templates: bool,
    pub fields: Vec<Field>,
}

/// A field of the objects of one kind.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Field {
    pub group: String,
    pub version: String,
    pub kind: String,
    pub path: String,
    pub create: bool,
}

/// An image and what it becomes.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Image {
    pub name: String,
    pub new_name: String,
    pub tag_suffix: String,
    pub new_tag: String,
    pub digest: String,
}

/// How many replicas a workload gets.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Replica {
    pub name: String,
    pub count: i64,
}

/// A config map or Secret to make.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Generator {
    pub name: String,
    pub namespace: String,
    pub behavior: String,
    #[serde(rename = "type")]
    pub kind: String,
    pub literals: Vec<String>,
    pub files: Vec<String>,
    pub envs: Vec<String>,
    pub env: String,
    pub options: Options,
}

/// How generated objects look.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Options {
    pub labels: BTreeMap<String, String>,
    pub annotations: BTreeMap<String, String>,
    pub disable_name_suffix_hash: bool,
    pub immutable: bool,
}

/// A patch and what it is for.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Patch {
    pub path: String,
    #[serde(rename = "patch")]
    pub text: String,
    pub target: Option<Target>,
    pub options: BTreeMap<String, bool>,
}

/// Which objects a patch is for; every text is a pattern for the whole.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Target {
    pub group: String,
    pub version: String,
    pub kind: String,
    pub name: String,
    pub namespace: String,
    pub label_selector: String,
    pub annotation_selector: String,
}

/// Fields podlab reads.
const KNOWN: &[&str] = &[
    "apiVersion",
    "kind",
    "metadata",
    "resources",
    "bases",
    "components",
    "namespace",
    "namePrefix",
    "nameSuffix",
    "commonLabels",
    "labels",
    "commonAnnotations",
    "images",
    "replicas",
    "configMapGenerator",
    "secretGenerator",
    "generatorOptions",
    "patches",
    "patchesStrategicMerge",
    "patchesJson6902",
];

/// Fields of kustomize that podlab does not read.
const NOT_SIMULATED: &[&str] = &[
    "buildMetadata",
    "configurations",
    "crds",
    "generators",
    "helmCharts",
    "helmChartInflationGenerator",
    "helmGlobals",
    "imageTags",
    "inventory",
    "openapi",
    "replacements",
    "sortOptions",
    "transformers",
    "validators",
    "vars",
];

/// Fields on their way out, and what stands for them.
const DEPRECATED: &[(&str, &str)] = &[
    ("bases", "resources"),
    ("commonLabels", "labels"),
    ("patchesJson6902", "patches"),
    ("patchesStrategicMerge", "patches"),
];

/// Reads the text of the kustomization in `folder`; what is on its way out is remarked on in `warnings`.
pub(super) fn read(text: &str, folder: &str, warnings: &mut Vec<String>) -> Result<Kustomization, Complaint> {
    let invalid = |why: &str| Complaint::Plain(format!("invalid Kustomization: {why}"));
    let mut documents = manifest::values(text, Truths::Many)
        .map_err(|why| invalid(&if why.starts_with("yaml: ") { why } else { format!("yaml: {why}") }))?;
    if documents.is_empty() {
        return Err(Complaint::plain("kustomization.yaml is empty"));
    }
    let value = documents.remove(0);
    let Value::Object(fields) = &value else {
        return Err(invalid("json: cannot unmarshal into Go value of type types.Kustomization"));
    };
    let given = |field: &str| fields.get(field).is_some_and(|value| !value.is_null());
    if let Some(field) = fields.keys().find(|field| NOT_SIMULATED.contains(&field.as_str())) {
        return Err(Complaint::Raw(format!("podlab: {field} of a kustomization is not simulated")));
    }
    if let Some(field) = fields.keys().find(|field| !KNOWN.contains(&field.as_str())) {
        return Err(invalid(&format!("json: unknown field {field:?}")));
    }
    if !KNOWN[3..].iter().any(|field| given(field)) {
        return Err(Complaint::plain("kustomization.yaml is empty"));
    }
    if let Some(faults) = unlike(&value) {
        return Err(Complaint::Plain(format!("Failed to read kustomization file under {folder}:\n{faults}")));
    }
    for (old, new) in DEPRECATED.iter().filter(|(old, _)| given(old)) {
        warnings.push(format!(
            "# Warning: '{old}' is deprecated. Please use '{new}' instead. Run 'kustomize edit fix' to update your Kustomization \
             automatically."
        ));
    }
    let mut value = value;
    if let Value::Object(fields) = &mut value {
        fields.retain(|_, value| !value.is_null());
    }
    if let Some(fault) = super::shape::fault(&value) {
        return Err(invalid(&fault));
    }
    serde_json::from_value(value).map_err(|why| invalid(&format!("json: {why}")))
}

/// A kustomization need not say what it is, but must not say something else.
fn unlike(value: &Value) -> Option<String> {
    let text = |field: &str| value.get(field).and_then(Value::as_str).unwrap_or_default();
    let (kind, version) = (text("kind"), text("apiVersion"));
    let (kind, expected) = match kind {
        "" | "Kustomization" => ("Kustomization", "kustomize.config.k8s.io/v1beta1"),
        "Component" => ("Component", "kustomize.config.k8s.io/v1alpha1"),
        _ => return Some("kind should be Kustomization or Component".to_owned()),
    };
    let fits = version.is_empty() || version == expected;
    (!fits).then(|| format!("apiVersion for {kind} should be {expected}"))
}
