//! What the server generates for a new Job: a selector by its uid, and the labels that go with it (registry/batch/job/strategy.go).

use k8s_openapi::api::batch::v1::Job;

/// Fills in selector and labels, unless the Job brings its own selector.
pub fn generate_selector(job: &mut Job) {
    let name = job.metadata.name.clone().unwrap_or_default();
    let uid = job.metadata.uid.clone().unwrap_or_default();
    let Some(spec) = &mut job.spec else { return };
    if spec.manual_selector == Some(true) {
        return;
    }
    let labels = spec.template.metadata.get_or_insert_default().labels.get_or_insert_default();
    for (key, value) in [
        ("batch.kubernetes.io/controller-uid", &uid),
        ("batch.kubernetes.io/job-name", &name),
        ("controller-uid", &uid),
        ("job-name", &name),
    ] {
        // What the user has set is judged by validation.
        labels.entry(key.to_owned()).or_insert_with(|| value.clone());
    }
    if job.metadata.labels.as_ref().is_none_or(std::collections::BTreeMap::is_empty) {
        job.metadata.labels = Some(labels.clone());
    }
    let selector = spec.selector.get_or_insert_default().match_labels.get_or_insert_default();
    selector.entry("batch.kubernetes.io/controller-uid".to_owned()).or_insert(uid);
}
