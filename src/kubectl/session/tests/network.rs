//! Who reaches whom: from Pods, from nodes, and from the learner's own machine beside them.

use super::*;

/// A web server whose Service has a port of every node, and a Pod to ask from.
fn with_node_port() -> Desk {
    let mut desk = Desk::with_pod();
    desk.run("kubectl label pod web app=web; kubectl expose pod web --port=80 --type=NodePort");
    desk.run("kubectl run ask --image=curlimages/curl --command -- sleep 9999");
    desk.run("kubectl wait --for=condition=Ready pod/ask");
    desk.run("port=$(kubectl get svc web -o jsonpath='{.spec.ports[0].nodePort}')");
    desk
}

/// The line for a question from somewhere, with the values of the cluster put in.
fn line(from: &str, target: &str) -> String {
    format!(
        "port=$(kubectl get svc web -o jsonpath='{{.spec.ports[0].nodePort}}'); service=$(kubectl get svc web -o \
         jsonpath='{{.spec.clusterIP}}'); pod=$(kubectl get pod web -o jsonpath='{{.status.podIP}}'); \
         node=$(kubectl get pod web -o jsonpath='{{.status.hostIP}}'); {from} {target} 2>&1 | grep -c 'Welcome to nginx!</title>'"
    )
}

const NODE: &str = "ssh worker-1 wget -qO- -T2";
const POD: &str = "kubectl exec ask -- curl -s -m2";
const OWN: &str = "wget -qO- -T2";

#[test]
fn a_port_of_every_node_leads_to_the_service_and_addresses_of_the_cluster_only_from_inside() {
    let mut desk = with_node_port();
    for (from, target, reached) in [
        (NODE, "localhost:$port", true),
        (NODE, "$node:$port", true),
        (NODE, "$service", true),
        (NODE, "$pod", true),
        (NODE, "web", false),
        (NODE, "$node:81", false),
        (POD, "$node:$port", true),
        (POD, "$service", true),
        (POD, "localhost:$port", false),
        (OWN, "$node:$port", true),
        (OWN, "worker-1:$port", true),
        (OWN, "$service", false),
        (OWN, "$pod", false),
        (OWN, "web", false),
    ] {
        let expected = if reached { "1\n" } else { "0\n" };
        assert_eq!(desk.run(&line(from, target)).0, expected, "{from} {target}");
    }
}

#[test]
fn a_service_that_keeps_to_its_node_takes_nothing_from_outside_where_it_has_no_pod() {
    let mut desk = with_node_port();
    desk.run("kubectl patch svc web -p '{\"spec\":{\"externalTrafficPolicy\":\"Local\"}}'");
    desk.says(&line(OWN, "$node:$port"), "1\n");
    desk.run("kubectl delete pod web --now");
    assert!(desk.run(&line(OWN, "worker-1:$port")).0.ends_with("\n0\n"));
}

#[test]
fn a_policy_sees_another_client_behind_a_port_of_a_node() {
    let mut desk = with_node_port();
    desk.session.write_file(
        "p.yaml",
        "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: p}\nspec:\n  podSelector: {matchLabels: {app: web}}\n  \
         policyTypes: [Ingress]\n",
    );
    desk.run("kubectl apply -f p.yaml");
    desk.says(&line(POD, "$service"), "0\n");
    // The node hands on what comes to its port under its own address, and a Pod's own node is never shut out.
    desk.says(&line(OWN, "worker-1:$port"), "1\n");
    desk.says(&line(NODE, "$pod"), "1\n");
}

const ACCOUNT: &str = "/var/run/secrets/kubernetes.io/serviceaccount";

/// What the API server says to the Pod with its token.
fn asks(path: &str) -> String {
    format!(
        "kubectl exec ask -- sh -c 'curl -s --cacert {ACCOUNT}/ca.crt -H \"Authorization: Bearer $(cat {ACCOUNT}/token)\" \
         https://kubernetes.default.svc{path}'"
    )
}

#[test]
fn the_api_server_answers_a_pod_by_the_rights_of_its_token() {
    let mut desk = with_node_port();
    let pods = "/api/v1/namespaces/default/pods";
    desk.says(&format!("{} | grep -c gitVersion", asks("/version")), "1\n");
    let (text, _) = desk.run(&asks(pods));
    assert!(
        text.contains("\"code\": 403")
            && text.contains("User \\\"system:serviceaccount:default:default\\\" cannot list")
    );
    desk.run("kubectl create role reader --verb=list --resource=pods");
    desk.run("kubectl create rolebinding reader --role=reader --serviceaccount=default:default");
    desk.says(&format!("{} | grep -c '\"image\": \"curlimages/curl\"'", asks(pods)), "1\n");
    desk.says(&format!("{} | grep code", asks(&format!("{pods}/web"))), "  \"code\": 403\n");
    desk.says("kubectl exec ask -- curl -sk -H 'Authorization: Bearer x.y.z' https://kubernetes.default/api | grep code", "  \"code\": 401\n");
    desk.says(
        "kubectl exec ask -- curl -sk https://kubernetes.default/api | grep -c system:anonymous",
        "1\n",
    );
    // Nobody the machine knows has signed the certificate.
    let (text, _) = desk.run("kubectl exec ask -- curl -s -S https://kubernetes.default/healthz 2>&1; echo");
    assert!(text.starts_with("curl: (60) SSL certificate problem"), "{text}");
}
