//! What a real kubectl (kustomize 5.5) made of the same folders.

use super::*;
use std::collections::BTreeMap;

/// What a folder comes to as text; files are given as name and text.
fn printed(files: &[(&str, &str)], folder: &str) -> String {
    let files: BTreeMap<String, Vec<u8>> =
        files.iter().map(|(name, text)| ((*name).to_owned(), text.as_bytes().to_vec())).collect();
    match build(&Desk::new(files), folder) {
        Ok(built) => {
            let texts: Vec<String> = built.objects.iter().map(crate::kubectl::yaml::to_string).collect();
            texts.join("---\n")
        }
        Err(complaint) => complaint.to_string(),
    }
}

const WEB: &str = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  selector: {matchLabels: {app: web}}\n  \
                   template:\n    metadata: {labels: {app: web}}\n    spec:\n      containers:\n      - name: web\n        image: \
                   nginx:1.27\n        envFrom: [{configMapRef: {name: settings}}]\n---\napiVersion: v1\nkind: Service\nmetadata: \
                   {name: web}\nspec: {selector: {app: web}, ports: [{port: 80}]}\n";

const BASE: &str = "resources: [web.yaml]\nconfigMapGenerator:\n- name: settings\n  literals: [color=blue, \"quoted='x y'\"]\n";

#[test]
fn generated_names_carry_their_hash_and_references_follow() {
    let text = printed(&[("base/kustomization.yaml", BASE), ("base/web.yaml", WEB)], "base");
    assert!(
        text.starts_with("apiVersion: v1\ndata:\n  color: blue\n  quoted: x y\nkind: ConfigMap\n"),
        "{text}"
    );
    let name = text.lines().find_map(|line| line.strip_prefix("  name: settings-")).unwrap_or_default();
    assert!(text.contains(&format!("            name: settings-{name}\n")), "{text}");
    assert_eq!(name.len(), 10);
}

#[test]
fn the_hash_is_the_one_that_kustomize_gives() {
    let generator = "secretGenerator: [{name: db, literals: [password=s3cr3t]}]\nnamePrefix: a-\n";
    let text = printed(&[("kustomization.yaml", generator)], ".");
    assert_eq!(
        text,
        "apiVersion: v1\ndata:\n  password: czNjcjN0\nkind: Secret\nmetadata:\n  name: a-db-25k92892fb\ntype: Opaque\n"
    );
}

#[test]
fn an_overlay_changes_what_its_base_made() {
    let overlay = "resources: [../base]\nnamespace: dev\nnamePrefix: dev-\nlabels: [{pairs: {team: a}, includeSelectors: true}]\n\
                   images: [{name: nginx, newTag: \"1.28\"}]\nreplicas: [{name: web, count: 3}]\npatches:\n- target: {kind: \
                   Service}\n  patch: '[{\"op\": \"replace\", \"path\": \"/spec/ports/0/port\", \"value\": 8080}]'\n- patch: |-\n    \
                   apiVersion: apps/v1\n    kind: Deployment\n    metadata: {name: web}\n    spec: {template: {spec: {containers: \
                   [{name: side, image: busybox}]}}}\n";
    let files =
        [("base/kustomization.yaml", BASE), ("base/web.yaml", WEB), ("o/kustomization.yaml", overlay)];
    let text = printed(&files, "o");
    for part in [
        "  name: dev-web\n  namespace: dev\nspec:\n  ports:\n  - port: 8080\n  selector:\n    app: web\n    team: a\n",
        "spec:\n  replicas: 3\n  selector:\n    matchLabels:\n      app: web\n      team: a\n",
        "      containers:\n      - image: busybox\n        name: side\n      - envFrom:\n        - configMapRef:\n            name: dev-settings-",
        "        image: nginx:1.28\n",
    ] {
        assert!(text.contains(part), "{part}\nis missing in\n{text}");
    }
}

#[test]
fn words_that_only_yaml_1_1_takes_for_truth_stay_words() {
    let object = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: n}\ndata: {a: yes}\n";
    let text = printed(&[("kustomization.yaml", "resources: [c.yaml]\n"), ("c.yaml", object)], ".");
    assert_eq!(text, "apiVersion: v1\ndata:\n  a: \"yes\"\nkind: ConfigMap\nmetadata:\n  name: \"n\"\n");
}

#[test]
fn what_is_wrong_is_told_in_kustomizes_words() {
    let told = |text: &str| printed(&[("d/kustomization.yaml", text), ("e/x.yaml", "a: b\n")], "d");
    assert_eq!(told("foo: 1\n"), "error: invalid Kustomization: json: unknown field \"foo\"\n");
    assert_eq!(told(""), "error: kustomization.yaml is empty\n");
    assert_eq!(told("vars: []\n"), "podlab: vars of a kustomization is not simulated\n");
    let lost = "evalsymlink failure on '/home/learner/d/a.yaml' : lstat /home/learner/d/a.yaml: no such file or directory";
    assert_eq!(
        told("resources: [a.yaml]\n"),
        format!(
            "error: accumulating resources: accumulation err='accumulating resources from 'a.yaml': {lost}': must build at directory: \
             not a valid directory: {lost}\n"
        )
    );
    assert_eq!(
        told("resources: [../e/x.yaml]\n"),
        "error: accumulating resources: accumulation err='accumulating resources from '../e/x.yaml': security; file \
         '/home/learner/e/x.yaml' is not in or below '/home/learner/d'': must build at directory: '/home/learner/e/x.yaml': file is not \
         directory\n"
    );
    assert_eq!(
        told("replicas: [{name: x, count: 2}]\n"),
        "error: resource with name x does not match a config with the following GVK [Deployment.[noVer].[noGrp] \
         StatefulSet.[noVer].[noGrp] ReplicaSet.[noVer].[noGrp] ReplicationController.[noVer].[noGrp]]\n"
    );
}

#[test]
fn folders_that_lead_to_each_other_are_refused() {
    let files =
        [("a/kustomization.yaml", "resources: [../b]\n"), ("b/kustomization.yaml", "resources: [../a]\n")];
    let text = printed(&files, "a");
    let end = "cycle detected: candidate root '/home/learner/a' contains visited root '/home/learner/a'\n";
    assert!(text.ends_with(end), "{text}");
}
