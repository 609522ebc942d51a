//! Commands that run side by side, and those that wait.

use super::*;
use crate::kubectl::base64;

fn manifest(name: &str, script: &str) -> String {
    format!(
        "apiVersion: v1\nkind: Pod\nmetadata: {{name: {name}}}\nspec:\n  restartPolicy: Never\n  containers:\n  - name: app\n    \
         image: busybox:1.36\n    command: [sh, -c, {script:?}]\n"
    )
}

impl Desk {
    /// A desk that has just applied a Pod which runs `script`.
    fn applying(script: &str) -> Desk {
        let mut desk = Desk::new();
        desk.session.write_file("task.yaml", &manifest("task", script));
        desk.session.start(&mut desk.cluster, "kubectl apply -f task.yaml");
        desk
    }

    fn ended(&mut self, job: JobId) -> (String, Option<i32>) {
        let code = self.session.finished(job);
        let written = self.session.drain(job);
        (String::from_utf8_lossy(&[written.stderr, written.stdout].concat()).into_owned(), code)
    }
}

#[test]
fn the_end_of_one_job_is_not_the_end_of_the_others() {
    let mut desk = Desk::applying("echo one; sleep 5; echo two");
    desk.until(SimTime(2000));
    let first = desk.session.start(&mut desk.cluster, "timeout 50 kubectl logs -f task");
    let second = desk.session.start(&mut desk.cluster, "timeout 50 kubectl logs -f task");
    let third = desk.session.start(&mut desk.cluster, "sleep 20; echo still here");
    desk.until(SimTime(60_000));
    assert_eq!(desk.ended(first), ("one\ntwo\n".to_owned(), Some(0)));
    assert_eq!(desk.ended(second), ("one\ntwo\n".to_owned(), Some(0)));
    assert_eq!(desk.ended(third), ("still here\n".to_owned(), Some(0)));
}

#[test]
fn who_follows_a_log_waits_for_the_container_and_is_told_once() {
    let mut desk = Desk::applying("echo one");
    desk.until(SimTime(200));
    let follows = desk.session.start(&mut desk.cluster, "kubectl logs -f task");
    let asks = desk.session.start(&mut desk.cluster, "kubectl logs task");
    desk.until(SimTime(10_000));
    let waits = "container \"app\" in pod \"task\" is waiting to start: ContainerCreating\n";
    assert_eq!(desk.ended(follows), (format!("{waits}one\n"), Some(0)));
    assert_eq!(desk.ended(asks), (format!("Error from server (BadRequest): {waits}"), Some(1)));
}

#[test]
fn a_token_names_its_service_account_and_its_end() {
    let mut desk = Desk::new();
    let (token, code) = desk.run("kubectl create token default --duration=20m");
    assert_eq!(code, 0);
    let claims = token.split('.').nth(1).expect("three parts").replace('-', "+").replace('_', "/");
    let claims: serde_json::Value =
        serde_json::from_slice(&base64::decode(&claims).expect("base 64")).expect("JSON");
    assert_eq!(claims["sub"], "system:serviceaccount:default:default");
    assert_eq!(
        claims["exp"].as_i64().zip(claims["iat"].as_i64()).map(|(end, start)| end - start),
        Some(1200)
    );
    desk.says(
        "kubectl create token nobody",
        "error: failed to create token: serviceaccounts \"nobody\" not found\n",
    );
}

fn stateful_set(strategy: &str) -> String {
    format!(
        "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {{name: db}}\nspec:\n  serviceName: db\n  replicas: 2\n  {strategy}\n  selector: \
         {{matchLabels: {{app: db}}}}\n  template:\n    metadata: {{labels: {{app: db}}}}\n    spec:\n      containers:\n      - {{name: app, \
         image: \"nginx:1.27\"}}\n"
    )
}

#[test]
fn what_is_said_of_a_stateful_set_depends_on_its_strategy() {
    let only = "error: rollout status is only available for RollingUpdate strategy type\n";
    for (strategy, said) in [
        ("", "partitioned roll out complete: 2 new pods have been updated...\n"),
        (
            "updateStrategy: {rollingUpdate: {partition: 1}}",
            "partitioned roll out complete: 2 new pods have been updated...\n",
        ),
        ("updateStrategy: {type: OnDelete}", only),
    ] {
        let mut desk = Desk::new();
        desk.session.write_file("db.yaml", &stateful_set(strategy));
        desk.run("kubectl apply -f db.yaml; kubectl wait --for=jsonpath='{.status.readyReplicas}'=2 sts/db");
        desk.says("kubectl rollout status sts/db", said);
    }
    let mut desk = Desk::new();
    desk.session.write_file("db.yaml", &stateful_set("updateStrategy: {type: RollingUpdate}"));
    desk.run("kubectl apply -f db.yaml; kubectl wait --for=jsonpath='{.status.readyReplicas}'=2 sts/db");
    let (text, _) = desk.run("kubectl rollout status sts/db");
    assert!(text.starts_with("statefulset rolling update complete 2 pods at revision db-"), "{text}");
}

#[test]
fn a_replication_controller_is_described_and_scaled_like_a_set() {
    let mut desk = Desk::new();
    desk.session.write_file(
        "rc.yaml",
        "apiVersion: v1\nkind: ReplicationController\nmetadata: {name: rc}\nspec:\n  template:\n    metadata: {labels: {app: rc}}\n    spec:\n      \
         containers:\n      - {name: c, image: \"nginx:1.27\"}\n",
    );
    desk.run("kubectl apply -f rc.yaml; kubectl scale rc/rc --replicas=2; sleep 5");
    let (text, _) = desk.run("kubectl describe rc rc");
    assert!(
        text.starts_with(
            "Name:         rc\nNamespace:    default\nSelector:     app=rc\nLabels:       app=rc\nAnnotations:  <none>\n\
             Replicas:     2 current / 2 desired\nPods Status:  2 Running / 0 Waiting / 0 Succeeded / 0 Failed\nPod Template:\n"
        ),
        "{text}"
    );
    assert!(text.contains("replication-controller  Created pod: rc-"), "{text}");
    desk.says("kubectl get rc --no-headers | tr -s ' ' | cut -d' ' -f1-4", "rc 2 2 2\n");
}
