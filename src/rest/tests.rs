use super::*;
use crate::sim::cluster::{ClusterConfig, NodeSpec};

fn cluster() -> Cluster {
    Cluster::new(ClusterConfig { seed: 1, nodes: vec![NodeSpec::named("worker-1")], namespaces: Vec::new() })
}

fn request(method: Method, address: &str, body: &Value) -> Request {
    let (path, query) = address.split_once('?').unwrap_or((address, ""));
    let pair = |text: &str| {
        let (key, value) = text.split_once('=').unwrap_or((text, ""));
        (key.to_owned(), value.to_owned())
    };
    Request {
        method,
        path: path.to_owned(),
        query: query.split('&').filter(|text| !text.is_empty()).map(pair).collect(),
        accept: "application/json".to_owned(),
        content_type: "application/json".to_owned(),
        command: String::new(),
        body: if body.is_null() { Vec::new() } else { body.to_string().into_bytes() },
    }
}

fn whole(cluster: &mut Cluster, request: &Request) -> (u16, Value) {
    match answer(cluster, Calendar::default(), request) {
        Answer::Whole(response) => {
            (response.code, serde_json::from_slice(&response.body).unwrap_or_default())
        }
        other => panic!("not a whole answer: {other:?}"),
    }
}

fn call(cluster: &mut Cluster, method: Method, address: &str, body: &Value) -> (u16, Value) {
    whole(cluster, &request(method, address, body))
}

fn pod(name: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "labels": {"app": name}},
        "spec": {"containers": [{"name": "app", "image": "nginx"}]}})
}

const PODS: &str = "/api/v1/namespaces/default/pods";

#[test]
fn an_object_lives_from_post_to_delete() {
    let mut cluster = cluster();
    let (code, made) = call(&mut cluster, Method::Post, PODS, &pod("web"));
    assert_eq!((code, &made["metadata"]["namespace"]), (201, &json!("default")));
    let at = format!("{PODS}/web");
    assert_eq!(
        call(&mut cluster, Method::Get, &at, &Value::Null).1["metadata"]["uid"],
        made["metadata"]["uid"]
    );
    let again = call(&mut cluster, Method::Post, PODS, &pod("web"));
    assert_eq!((again.0, &again.1["reason"]), (409, &json!("AlreadyExists")));
    let now = json!({"gracePeriodSeconds": 0});
    assert_eq!(call(&mut cluster, Method::Delete, &at, &now).0, 200);
    let gone = call(&mut cluster, Method::Get, &at, &Value::Null);
    assert_eq!((gone.0, &gone.1["message"]), (404, &json!("pods \"web\" not found")));
}

#[test]
fn unknown_fields_are_judged_as_the_client_asks() {
    let mut cluster = cluster();
    let mut wrong = pod("web");
    wrong["spec"]["nodeNam"] = json!("x");
    let strict =
        call(&mut cluster, Method::Post, &format!("{PODS}?fieldValidation=Strict&dryRun=All"), &wrong);
    assert_eq!(strict.0, 400);
    assert!(strict.1["message"].to_string().contains("unknown field"), "{strict:?}");
    let ask = request(Method::Post, &format!("{PODS}?fieldValidation=Warn&dryRun=All"), &wrong);
    let Answer::Whole(warned) = answer(&mut cluster, Calendar::default(), &ask) else { panic!("whole") };
    assert_eq!((warned.code, warned.warnings), (201, vec!["unknown field \"spec.nodeNam\"".to_owned()]));
    assert_eq!(
        call(&mut cluster, Method::Get, &format!("{PODS}/web"), &Value::Null).0,
        404,
        "a dry run stores nothing"
    );
    call(&mut cluster, Method::Post, PODS, &pod("web"));
    let change = json!({"metadata": {"labels": {"a": "b"}}, "spec": {"foo": 1}});
    let mut patch = request(Method::Patch, &format!("{PODS}/web?fieldValidation=Strict"), &change);
    patch.content_type = "application/strategic-merge-patch+json".to_owned();
    let (code, refused) = whole(&mut cluster, &patch);
    assert_eq!(code, 422);
    assert_eq!(
        refused["message"],
        "patch: Invalid value: \"map[metadata:map[labels:map[a:b]] spec:map[foo:1]]\": strict decoding error: unknown field \"spec.foo\""
    );
    let after = call(&mut cluster, Method::Get, &format!("{PODS}/web"), &Value::Null).1;
    assert_eq!(after["metadata"]["labels"]["a"], Value::Null);
}

#[test]
fn a_table_has_the_columns_kubectl_prints() {
    let mut cluster = cluster();
    call(&mut cluster, Method::Post, PODS, &pod("web"));
    let mut ask = request(Method::Get, PODS, &Value::Null);
    ask.accept = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json".to_owned();
    let (_, table) = whole(&mut cluster, &ask);
    assert_eq!(table["kind"], "Table");
    assert_eq!(table["columnDefinitions"][1]["name"], "READY");
    assert_eq!(table["rows"][0]["cells"][0], "web");
    assert_eq!(table["rows"][0]["object"]["metadata"]["labels"]["app"], "web");
}

#[test]
fn a_watch_tells_of_what_enters_and_leaves_its_selection() {
    let mut cluster = cluster();
    let ask = request(Method::Get, &format!("{PODS}?watch=true&labelSelector=app%3Dweb"), &Value::Null);
    let ask = Request {
        query: vec![("watch".into(), "1".into()), ("labelSelector".into(), "app=web".into())],
        ..ask
    };
    let Answer::Watch(mut watch) = answer(&mut cluster, Calendar::default(), &ask) else { panic!("a watch") };
    let mut seen = |cluster: &Cluster| -> Vec<String> {
        let (frames, goes_on) = watch.frames(cluster);
        assert!(goes_on);
        let told = |f: &Value| format!("{} {}", f["type"], f["object"]["metadata"]["name"]).replace('"', "");
        frames.iter().map(told).collect()
    };
    assert_eq!(seen(&cluster), Vec::<String>::new());
    call(&mut cluster, Method::Post, PODS, &pod("other"));
    call(&mut cluster, Method::Post, PODS, &pod("web"));
    assert_eq!(seen(&cluster).first().map(String::as_str), Some("ADDED web"));
    let mut relabel =
        request(Method::Patch, &format!("{PODS}/web"), &json!({"metadata": {"labels": {"app": "x"}}}));
    relabel.content_type = "application/merge-patch+json".to_owned();
    assert_eq!(whole(&mut cluster, &relabel).0, 200);
    assert_eq!(seen(&cluster), ["DELETED web"]);
}

#[test]
fn a_workload_scales_by_its_own_address() {
    let mut cluster = cluster();
    let deployment = json!({"metadata": {"name": "shop"}, "spec": {"replicas": 1, "selector": {"matchLabels": {"a": "b"}},
        "template": {"metadata": {"labels": {"a": "b"}}, "spec": {"containers": [{"name": "c", "image": "nginx"}]}}}});
    let all = "/apis/apps/v1/namespaces/default/deployments";
    assert_eq!(call(&mut cluster, Method::Post, all, &deployment).0, 201);
    let at = format!("{all}/shop/scale");
    let (code, scale) = call(&mut cluster, Method::Put, &at, &json!({"spec": {"replicas": 3}}));
    assert_eq!(
        (code, &scale["spec"]["replicas"], &scale["status"]["selector"]),
        (200, &json!(3), &json!("a=b"))
    );
    let whole = call(&mut cluster, Method::Get, &format!("{all}/shop"), &Value::Null).1;
    assert_eq!(whole["spec"]["replicas"], 3);
}

#[test]
fn every_kind_is_found_by_discovery_and_described() {
    let mut cluster = cluster();
    for info in crate::kube::kind::KINDS {
        let path = if info.group.is_empty() {
            "api/v1".to_owned()
        } else {
            format!("apis/{}/{}", info.group, info.version)
        };
        let list = call(&mut cluster, Method::Get, &format!("/{path}"), &Value::Null).1;
        let listed = list["resources"]
            .as_array()
            .unwrap()
            .iter()
            .any(|r| r["name"] == info.plural && r["kind"] == info.name);
        assert!(listed, "{}", info.name);
        let document = call(&mut cluster, Method::Get, &format!("/openapi/v3/{path}"), &Value::Null).1;
        let schemas = document["components"]["schemas"].as_object().unwrap();
        let own = |schema: &Value| schema["x-kubernetes-group-version-kind"][0]["kind"] == info.name;
        assert!(schemas.values().any(own), "{}", info.name);
    }
}

#[test]
fn any_request_is_answered() {
    let mut cluster = cluster();
    let paths = [
        "",
        "/",
        "/api",
        "/apis",
        "/apis/x/y/z",
        "/api/v1/namespaces",
        "/openapi/v3/none",
        PODS,
        "/api/v1/pods/%00",
    ];
    let bodies = [Value::Null, json!(3), json!([]), json!({"metadata": 3}), json!({"kind": "Service"})];
    for method in [Method::Get, Method::Post, Method::Put, Method::Patch, Method::Delete] {
        for path in paths {
            for body in &bodies {
                for part in
                    ["", "/web", "/web/status", "/web/scale", "/web/eviction", "/web/log", "/web/none"]
                {
                    let Answer::Whole(response) = answer(
                        &mut cluster,
                        Calendar::default(),
                        &request(method, &format!("{path}{part}"), body),
                    ) else {
                        panic!("nothing here goes on: {method:?} {path}{part}");
                    };
                    assert!(
                        response.code < 600 && response.code != 500,
                        "{method:?} {path}{part} {body}: {response:?}"
                    );
                }
            }
        }
    }
}

/// A Pod that runs.
fn running(cluster: &mut Cluster) {
    call(cluster, Method::Post, PODS, &pod("web"));
    cluster.advance(cluster.now().plus(20_000));
}

fn exec(query: &[(&str, &str)]) -> Request {
    let query = query.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
    Request { query, ..request(Method::Get, &format!("{PODS}/web/exec"), &Value::Null) }
}

#[test]
fn a_command_in_a_container_speaks_over_channels() {
    let mut cluster = cluster();
    running(&mut cluster);
    let ask = exec(&[
        ("command", "sh"),
        ("command", "-c"),
        ("command", "cat; echo no >&2; exit 3"),
        ("stdin", "true"),
    ]);
    let mut visit = visit::open(&mut cluster, &ask).unwrap();
    visit.take(&mut cluster, b"\0hello\n");
    cluster.advance(cluster.now().plus(1_000));
    let (first, goes_on) = visit.messages(&mut cluster);
    assert_eq!((first, goes_on), (vec![b"\x01hello\n".to_vec()], true));
    visit.take(&mut cluster, &[255, 0]);
    cluster.advance(cluster.now().plus(1_000));
    let (last, goes_on) = visit.messages(&mut cluster);
    assert_eq!((last[0].as_slice(), goes_on), (&b"\x02no\n"[..], false));
    let ending: Value = serde_json::from_slice(&last[1][1..]).unwrap();
    assert_eq!((last[1][0], &ending["details"]["causes"][0]["message"]), (3, &json!("3")));
}

#[test]
fn a_container_that_does_not_run_takes_no_command() {
    let mut cluster = cluster();
    let refused = visit::open(&mut cluster, &exec(&[("command", "ls")])).unwrap_err();
    assert_eq!(refused.code, 404, "there is no such Pod");
    running(&mut cluster);
    let refused = visit::open(&mut cluster, &exec(&[("command", "ls"), ("container", "none")])).unwrap_err();
    assert_eq!(refused.body, b"container not found (\"none\")");
    let mut visit = visit::open(&mut cluster, &exec(&[("command", "nope")])).unwrap();
    let (messages, goes_on) = visit.messages(&mut cluster);
    assert!(
        !goes_on && String::from_utf8_lossy(&messages[0]).contains("executable file not found"),
        "{messages:?}"
    );
}

#[test]
fn a_followed_log_grows_and_ends_with_its_container() {
    let mut cluster = cluster();
    let mut chatty = pod("web");
    chatty["spec"]["restartPolicy"] = json!("Never");
    chatty["spec"]["containers"][0] =
        json!({"name": "app", "image": "busybox", "command": ["sh", "-c", "echo one; sleep 5; echo two"]});
    call(&mut cluster, Method::Post, PODS, &chatty);
    cluster.advance(cluster.now().plus(3_000));
    let ask = Request {
        query: vec![("follow".into(), "true".into())],
        ..request(Method::Get, &format!("{PODS}/web/log"), &Value::Null)
    };
    let Answer::Follow(mut follow) = answer(&mut cluster, Calendar::default(), &ask) else {
        panic!("it is followed")
    };
    assert_eq!(follow.text(&cluster), ("one\n".to_owned(), true));
    cluster.advance(cluster.now().plus(30_000));
    assert_eq!(follow.text(&cluster), ("two\n".to_owned(), false));
}
