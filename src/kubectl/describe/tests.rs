//! Descriptions as kubectl 1.32.4 printed them of the same objects, by way of `podlab serve`.

use super::*;
use crate::kube::Key;
use crate::sim::Cluster;
use crate::sim::api::Write;
use crate::sim::cluster::{ClusterConfig, NodeSpec};
use serde_json::json;

fn described(kind: Kind, value: Value) -> String {
    let nodes = vec![NodeSpec::named("worker-1")];
    let mut cluster = Cluster::new(ClusterConfig { seed: 1, nodes, namespaces: Vec::new() });
    let service =
        json!({"metadata": {"name": "svc", "namespace": "default"}, "spec": {"ports": [{"port": 80}]}});
    for (kind, value) in [(Kind::Service, service), (kind, value)] {
        let cause = cluster.command_cause("kubectl apply");
        cluster.create(Object::from_value(kind, value).unwrap(), &Write::user(cause)).unwrap();
    }
    let object = cluster.store().list(kind, Some("default")).last().unwrap().clone();
    describe(&object, Around { store: cluster.store(), now: cluster.now(), events: true })
}

fn named(mut value: Value) -> Value {
    value["metadata"] = json!({"name": "x", "namespace": "default"});
    value
}

#[test]
fn an_ingress_shows_where_each_path_leads() {
    let backend = |name: &str| json!({"service": {"name": name, "port": {"number": 80}}});
    let path = |name: &str| json!({"path": "/", "pathType": "Prefix", "backend": backend(name)});
    let text = described(
        Kind::Ingress,
        named(json!({"spec": {"ingressClassName": "nginx", "tls": [{"hosts": ["a.com"], "secretName": "t"}],
            "rules": [{"host": "a.com", "http": {"paths": [path("svc"), path("none")]}}]}})),
    );
    let wanted = "\
Name:             x
Labels:           <none>
Namespace:        default
Address:          
Ingress Class:    nginx
Default backend:  <default>
TLS:
  t terminates a.com
Rules:
  Host        Path  Backends
  ----        ----  --------
  a.com       
              /   svc:80 (<none>)
              /   none:80 (<error: services \"none\" not found>)
Annotations:  <none>
Events:       <none>
";
    assert_eq!(text, wanted);
}

#[test]
fn a_network_policy_says_what_it_lets_in_and_out() {
    let from = json!([{"podSelector": {"matchLabels": {"a": "b"}}}, {"namespaceSelector": {}},
        {"ipBlock": {"cidr": "10.0.0.0/8", "except": ["10.1.0.0/16"]}}]);
    let text = described(
        Kind::NetworkPolicy,
        named(
            json!({"spec": {"podSelector": {"matchLabels": {"app": "shop"}}, "policyTypes": ["Ingress", "Egress"],
            "ingress": [{"from": from, "ports": [{"port": 80, "protocol": "TCP"}]}]}}),
        ),
    );
    let wanted = "\
Name:         x
Namespace:    default
Created on:   2026-01-05 09:00:00 +0000 UTC
Labels:       <none>
Annotations:  <none>
Spec:
  PodSelector:     app=shop
  Allowing ingress traffic:
    To Port: 80/TCP
    From:
      PodSelector: a=b
    From:
      NamespaceSelector: <none>
    From:
      IPBlock:
        CIDR: 10.0.0.0/8
        Except: 10.1.0.0/16
  Allowing egress traffic:
    <none> (Selected pods are isolated for egress connectivity)
  Policy Types: Ingress, Egress
";
    assert_eq!(text, wanted);
}

#[test]
fn a_role_lists_its_rules_by_resource() {
    let text = described(
        Kind::Role,
        named(json!({"rules": [
            {"apiGroups": [""], "resources": ["pods", "pods/log"], "verbs": ["get", "list"]},
            {"apiGroups": ["apps"], "resources": ["deployments"], "resourceNames": ["x"], "verbs": ["*"]}]})),
    );
    let wanted = "\
Name:         x
Labels:       <none>
Annotations:  <none>
PolicyRule:
  Resources         Non-Resource URLs  Resource Names  Verbs
  ---------         -----------------  --------------  -----
  deployments.apps  []                 [x]             [*]
  pods/log          []                 []              [get list]
  pods              []                 []              [get list]
";
    assert_eq!(text, wanted);
}

#[test]
fn a_binding_names_its_role_and_its_subjects() {
    let group = "rbac.authorization.k8s.io";
    let text = described(
        Kind::RoleBinding,
        named(json!({"roleRef": {"apiGroup": group, "kind": "Role", "name": "r"}, "subjects": [
            {"kind": "User", "name": "bob", "apiGroup": group},
            {"kind": "ServiceAccount", "name": "default", "namespace": "default"}]})),
    );
    let wanted = "\
Name:         x
Labels:       <none>
Annotations:  <none>
Role:
  Kind:  Role
  Name:  r
Subjects:
  Kind            Name     Namespace
  ----            ----     ---------
  User            bob      
  ServiceAccount  default  default
";
    assert_eq!(text, wanted);
}

#[test]
fn an_autoscaler_shows_what_it_measures() {
    let cpu = json!({"type": "Resource",
        "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 50}}});
    let text = described(
        Kind::HorizontalPodAutoscaler,
        named(
            json!({"spec": {"scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "shop"},
            "minReplicas": 1, "maxReplicas": 5, "metrics": [cpu]}}),
        ),
    );
    let wanted = "\
Name:                                                  x
Namespace:                                             default
Labels:                                                <none>
Annotations:                                           <none>
CreationTimestamp:                                     Mon, 05 Jan 2026 09:00:00 +0000
Reference:                                             Deployment/shop
Metrics:                                               ( current / target )
  resource cpu on pods  (as a percentage of request):  <unknown> / 50%
Min replicas:                                          1
Max replicas:                                          5
Deployment pods:                                       0 current / 0 desired
Events:                                                <none>
";
    assert_eq!(text, wanted);
}

/// What `describe` prints of one of several objects of a cluster a second later.
fn described_among(objects: &[(Kind, Value)], key: &Key) -> String {
    let nodes = vec![NodeSpec::named("worker-1")];
    let mut cluster = Cluster::new(ClusterConfig { seed: 1, nodes, namespaces: Vec::new() });
    for (kind, value) in objects {
        let cause = cluster.command_cause("kubectl apply");
        cluster.create(Object::from_value(*kind, value.clone()).unwrap(), &Write::user(cause)).unwrap();
    }
    cluster.advance(SimTime::from_secs(1));
    let object = cluster.store().get(key).unwrap().clone();
    describe(&object, Around { store: cluster.store(), now: cluster.now(), events: true })
}

#[test]
fn a_namespace_shows_its_quotas_with_their_scopes_and_one_table_of_limits() {
    let range = |name: &str, max: Value| json!({"metadata": {"name": name, "namespace": "default"}, "spec": {"limits": [{"type": "Pod", "max": max}]}});
    let quota = json!({"metadata": {"name": "q", "namespace": "default"},
        "spec": {"hard": {"pods": "20"}, "scopes": ["NotTerminating"]}});
    let objects = [
        (Kind::ResourceQuota, quota),
        (Kind::LimitRange, range("a", json!({"memory": "1Gi"}))),
        (Kind::LimitRange, range("b", json!({"cpu": "2"}))),
    ];
    let text = described_among(&objects, &Key::new(Kind::Namespace, "", "default"));
    let wanted = "
Resource Quotas
  Name:    q
  Scopes:  NotTerminating
  * Matches all pods that do not have an active deadline. These pods usually include long running pods whose container command is not expected to terminate.
  Resource  Used  Hard
  --------  ---   ---
  pods      0     20

Resource Limits
 Type  Resource  Min  Max  Default Request  Default Limit  Max Limit/Request Ratio
 ----  --------  ---  ---  ---------------  -------------  -----------------------
 Pod   memory    -    1Gi  -                -              -
 Pod   cpu       -    2    -                -              -
";
    assert!(text.ends_with(wanted), "{text}");
}

#[test]
fn the_nodes_of_a_volume_stand_below_its_affinity() {
    let terms = json!([{"matchExpressions": [
        {"key": "kubernetes.io/hostname", "operator": "In", "values": ["worker-1"]}, {"key": "ssd", "operator": "Exists"}]}]);
    let volume = json!({"metadata": {"name": "v"}, "spec": {"capacity": {"storage": "1Gi"}, "accessModes": ["ReadWriteOnce"],
        "hostPath": {"path": "/data"}, "nodeAffinity": {"required": {"nodeSelectorTerms": terms}}}});
    let text =
        described_among(&[(Kind::PersistentVolume, volume)], &Key::new(Kind::PersistentVolume, "", "v"));
    let wanted = "
Capacity:          1Gi
Node Affinity:     
  Required Terms:  
    Term 0:        kubernetes.io/hostname in [worker-1]
                   ssd exists
Message:           
";
    assert!(text.contains(wanted), "{text}");
}
