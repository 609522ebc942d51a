//! Who reaches whom: what a command in a Pod prints, some seconds after everything has started.

use crate::kube::{Key, Kind, Object, SimTime};
use crate::os::{HttpRequest, Served};
use crate::sim::cluster::ExecOptions;
use crate::sim::{Cluster, ClusterConfig, DeleteOptions, Write};
use serde_json::{Value, json};

fn create(cluster: &mut Cluster, kind: Kind, value: Value) {
    let write = Write::user(cluster.command_cause("kubectl apply"));
    cluster.create(Object::from_value(kind, value).expect("an object"), &write).expect("accepted");
}

fn pod(name: &str, spec: Value) -> Value {
    json!({"metadata": {"name": name, "namespace": "default", "labels": {"app": name}}, "spec": spec})
}

fn script(text: &str) -> Value {
    json!({"name": "app", "image": "busybox:1.36", "command": ["sh", "-c", text]})
}

/// A cluster with these Pods and one to ask from, all started.
fn with(pods: &[(&str, Value)]) -> Cluster {
    let mut cluster = Cluster::new(ClusterConfig::default());
    for (name, spec) in pods {
        create(&mut cluster, Kind::Pod, pod(name, spec.clone()));
    }
    create(&mut cluster, Kind::Pod, pod("ask", json!({"containers": [script("sleep 36000")]})));
    cluster.advance(SimTime::from_secs(5));
    cluster
}

/// What a command in a container prints within ten seconds.
fn said(cluster: &mut Cluster, (name, container): (&str, &str), command: &str) -> String {
    let argv = ["sh", "-c", command].map(str::to_owned).to_vec();
    let options = ExecOptions { argv, ..ExecOptions::default() };
    let id = cluster.exec(&Key::pod("default", name), container, &options).expect("it runs");
    for _ in 0..100 {
        if cluster.exec_status(id).is_some() {
            break;
        }
        cluster.advance(cluster.now().plus(100));
    }
    let chunks = cluster.exec_output(id);
    chunks.iter().map(|chunk| String::from_utf8_lossy(&chunk.bytes).into_owned()).collect()
}

fn asked(cluster: &mut Cluster, command: &str) -> String {
    said(cluster, ("ask", "app"), command)
}

fn get<'a>(cluster: &'a Cluster, name: &str) -> &'a crate::kube::Pod {
    cluster.store().get(&Key::pod("default", name)).and_then(Object::as_pod).expect("the Pod")
}

fn ip(cluster: &Cluster, name: &str) -> String {
    get(cluster, name).status.pod_ip.clone().expect("an address")
}

fn service(spec: Value) -> Value {
    json!({"metadata": {"name": "web", "namespace": "default"}, "spec": spec})
}

#[test]
fn a_server_at_the_loopback_address_is_found_from_inside_alone() {
    let mut server = script("mkdir /www; echo hi > /www/index.html; httpd -f -p 127.0.0.1:8080 -h /www");
    server["readinessProbe"] = json!({"httpGet": {"port": 8080}, "periodSeconds": 1});
    let beside = json!({"name": "beside", "image": "busybox:1.36", "command": ["sleep", "36000"]});
    let mut cluster = with(&[("web", json!({"containers": [server, beside]}))]);
    let ip = ip(&cluster, "web");
    let refused = format!("wget: can't connect to remote host ({ip}): Connection refused\n");
    assert_eq!(asked(&mut cluster, &format!("wget -T 2 -qO- {ip}:8080")), refused);
    assert_eq!(said(&mut cluster, ("web", "beside"), &format!("wget -T 2 -qO- {ip}:8080")), refused);
    assert_eq!(said(&mut cluster, ("web", "beside"), "wget -qO- localhost:8080"), "hi\n");
    let request = HttpRequest { method: "GET".into(), path: "/".into(), ..HttpRequest::default() };
    let forwarded = cluster.http(&Key::pod("default", "web"), 8080, request).expect("a way in");
    assert!(matches!(forwarded, Served::Response(response) if response.body == b"hi\n"));
    let mut events = cluster.store().list(Kind::Event, Some("default"));
    let failed = format!("dial tcp {ip}:8080: connect: connection refused");
    assert!(events.any(|event| event.to_value()["message"].as_str().is_some_and(|m| m.ends_with(&failed))));
}

#[test]
fn pods_in_the_network_of_their_node_share_its_ports() {
    let nginx = json!({"hostNetwork": true, "containers": [{"name": "app", "image": "nginx:1.27"}]});
    let httpd = json!({"hostNetwork": true, "containers": [script("httpd -f -p 80; httpd -f -p 127.0.0.1:10250; httpd -p 81; sleep 36000")]});
    let mut cluster = with(&[("first", nginx.clone()), ("second", nginx), ("third", httpd)]);
    let log = |cluster: &Cluster, name: &str| {
        let lines = cluster.logs(&Key::pod("default", name), "app", false).expect("a log");
        lines.into_iter().map(|line| line.text).collect::<Vec<_>>()
    };
    assert_eq!(
        log(&cluster, "second").last().map(String::as_str),
        Some("nginx: [emerg] bind() to 0.0.0.0:80 failed (98: Address already in use)")
    );
    assert!(get(&cluster, "second").status.container_statuses.as_ref().unwrap()[0].restart_count > 0);
    assert_eq!(log(&cluster, "third"), ["httpd: bind: Address already in use"; 2]);
    // Each finds the others at their common localhost.
    let page = said(&mut cluster, ("third", "app"), "wget -qO- localhost:80 | grep -c nginx!");
    assert_eq!(page, "2\n");
    let sockets = said(&mut cluster, ("third", "app"), "netstat -tln | grep -c -E ':(22|80|81|10250) '");
    assert_eq!(sockets, "4\n");
}

#[test]
fn a_service_whose_last_pod_ends_is_answered_until_it_is_over() {
    let mut server = json!({"name": "app", "image": "nginx:1.27"});
    server["lifecycle"] = json!({"preStop": {"sleep": {"seconds": 8}}});
    let mut cluster = with(&[("web", json!({"containers": [server]}))]);
    create(
        &mut cluster,
        Kind::Service,
        service(json!({"selector": {"app": "web"}, "ports": [{"port": 80}]})),
    );
    cluster.advance(SimTime::from_secs(6));
    let write = Write::user(cluster.command_cause("kubectl delete pod web"));
    cluster.delete(&Key::pod("default", "web"), &DeleteOptions::default(), &write).unwrap();
    let ask = "wget -T 1 -qO- http://web 2>&1 | grep -o -E 'refused|Welcome to nginx!' | head -1";
    cluster.advance(SimTime::from_secs(12));
    assert_eq!(asked(&mut cluster, ask), "Welcome to nginx!\n");
    cluster.advance(SimTime::from_secs(18));
    assert_eq!(asked(&mut cluster, ask), "refused\n");
}

#[test]
fn pods_that_are_not_ready_are_found_by_name_where_they_are_published() {
    let mut server = script("sleep 36000");
    server["readinessProbe"] = json!({"exec": {"command": ["false"]}});
    let spec = json!({"hostname": "a", "subdomain": "web", "containers": [server]});
    let mut cluster = with(&[("web", spec)]);
    let headless = json!({"clusterIP": "None", "selector": {"app": "web"}, "publishNotReadyAddresses": true});
    create(&mut cluster, Kind::Service, service(headless));
    let found = format!("Name:\ta.web.default.svc.cluster.local\nAddress: {}\n", ip(&cluster, "web"));
    let said_so = asked(&mut cluster, "nslookup a.web");
    assert!(said_so.contains(&found), "{said_so}");
    let full = "hostname -f; hostname -d; hostname; hostname -s";
    assert_eq!(
        said(&mut cluster, ("web", "app"), full),
        "a.web.default.svc.cluster.local\nweb.default.svc.cluster.local\na\na\n"
    );
}

#[test]
fn an_address_and_another_name_have_records() {
    let mut cluster = with(&[]);
    create(
        &mut cluster,
        Kind::Service,
        service(json!({"type": "ExternalName", "externalName": "my.example.com"})),
    );
    let name = format!("{}.default.pod.cluster.local", ip(&cluster, "ask").replace('.', "-"));
    let record = asked(&mut cluster, &format!("nslookup {name}"));
    assert!(record.contains(&format!("Name:\t{name}\nAddress: {}\n", ip(&cluster, "ask"))), "{record}");
    let other = asked(&mut cluster, "nslookup web");
    assert!(other.contains("web.default.svc.cluster.local\tcanonical name = my.example.com\n"), "{other}");
    assert_eq!(asked(&mut cluster, "wget -qO- http://web"), "wget: bad address 'web'\n");
}

#[test]
fn containers_of_a_pod_share_memory_by_name_for_as_long_as_the_pod_runs() {
    let once = script("test -e /dev/shm/x || { echo hello > /dev/shm/x; exit 1; }; sleep 36000");
    let other = json!({"name": "other", "image": "busybox:1.36", "command": ["sleep", "36000"]});
    let mut cluster = with(&[("web", json!({"containers": [once, other]}))]);
    assert_eq!(said(&mut cluster, ("web", "other"), "cat /dev/shm/x; ls -d /dev/shm"), "hello\n/dev/shm\n");
    let space = said(&mut cluster, ("web", "other"), "df /dev/shm | tail -1 | awk '{print $2}'");
    assert_eq!(space, "65536\n");
    assert_eq!(asked(&mut cluster, "ls /dev/shm"), "");
}

#[test]
fn a_machine_without_power_is_not_found_and_one_that_is_cut_off_says_nothing() {
    use crate::sim::Fault;
    let mut cluster = with(&[]);
    let key = Key::pod("default", "ask");
    let host = get(&cluster, "ask").status.host_ip.clone().expect("a node");
    let ways = |cluster: &mut Cluster| {
        let log = format!("{:?}", cluster.logs(&key, "app", false).expect_err("no way"));
        let exec = format!("{:?}", cluster.exec(&key, "app", &ExecOptions::default()).expect_err("no way"));
        (log.replace('\\', ""), exec)
    };
    for (fault, why) in [
        (Fault::CutNetwork("worker-1".into()), "i/o timeout"),
        (Fault::PowerOff("worker-1".into()), "connect: no route to host"),
    ] {
        cluster.inject(&fault).unwrap();
        let (log, exec) = ways(&mut cluster);
        let dialed = format!("dial tcp {host}:10250: {why}");
        let fetched = format!("Get \"https://{host}:10250/containerLogs/default/ask/app\": {dialed}");
        assert!(log.contains(&fetched), "{log}");
        assert!(exec.contains(&format!("error dialing backend: {dialed}")), "{exec}");
    }
}
