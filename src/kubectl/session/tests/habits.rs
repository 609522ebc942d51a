//! What people's fingers do at work: folders with a kustomization, pruning, contexts of other clusters, subresources, `--record`.
//! The texts are those of a real kubectl on the same objects.

use super::*;

#[test]
fn an_overlay_reaches_its_base_from_wherever_it_is_applied() {
    let mut desk = Desk::new();
    desk.run("mkdir -p base overlays/dev; cp pod.yaml base");
    desk.session.write_file("base/kustomization.yaml", "resources: [pod.yaml]\n");
    desk.session.write_file(
        "overlays/dev/kustomization.yaml",
        "resources: [../../base]\nnamePrefix: dev-\nnamespace: dev\n",
    );
    desk.run("kubectl create namespace dev");
    desk.says("kubectl apply -k overlays/dev", "pod/dev-web created\n");
    desk.says("cd overlays/dev; kubectl apply -k .", "pod/dev-web unchanged\n");
    desk.says("kubectl kustomize ../dev | grep -c 'name: dev-web'", "1\n");
    desk.says("kubectl kustomize /home/learner/overlays/dev | grep -c 'namespace: dev'", "1\n");
    desk.says("kubectl get -k . -o name; kubectl diff -k .", "pod/dev-web\n");
    desk.says("kubectl delete -k . --wait=false", "pod \"dev-web\" deleted from dev namespace\n");
    desk.says(
        "kubectl apply -k nodir",
        "error: must build at directory: not a valid directory: evalsymlink failure on 'nodir' : lstat \
         /home/learner/overlays/dev/nodir: no such file or directory\n",
    );
}

#[test]
fn what_was_applied_and_is_no_longer_in_the_files_is_pruned() {
    let mut desk = Desk::new();
    let map = |name: &str| {
        format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}, labels: {{app: x}}}}\n---\n")
    };
    desk.session.write_file("both.yaml", &(map("one") + "---\n" + &map("two")));
    desk.session.write_file("one.yaml", &map("one"));
    desk.says("kubectl apply -f both.yaml", "configmap/one created\nconfigmap/two created\n");
    desk.run("kubectl create configmap made; kubectl label configmap made app=x");
    let (told, code) = desk.run("kubectl apply --prune -f one.yaml");
    assert!(
        told.starts_with("error: all resources selected for prune without explicitly passing --all."),
        "{told}"
    );
    assert_eq!(code, 1);
    desk.says(
        "kubectl apply --prune -l app=x -f one.yaml --prune-allowlist=core/v1/ConfigMap --dry-run=server",
        "configmap/one unchanged (server dry run)\nconfigmap/two pruned (server dry run)\n",
    );
    desk.says(
        "kubectl apply --prune -l app=x -f one.yaml 2>/dev/null; kubectl get cm -l app=x -o name",
        "configmap/one unchanged\nconfigmap/two pruned\nconfigmap/made\nconfigmap/one\n",
    );
}

#[test]
fn a_context_leads_to_the_server_of_its_cluster() {
    let mut desk = Desk::new();
    desk.says(
        "kubectl config set-cluster far --server=https://10.1.2.3:6443; kubectl config set-credentials me --token=abc",
        "Cluster \"far\" set.\nUser \"me\" set.\n",
    );
    desk.says("kubectl config set-context far --cluster=far --user=me", "Context \"far\" created.\n");
    let refused =
        "The connection to the server 10.1.2.3:6443 was refused - did you specify the right host or port?\n";
    desk.says("kubectl get pods --context far", refused);
    desk.says(
        "kubectl config use far; kubectl get pods",
        &format!("Switched to context \"far\".\n{refused}"),
    );
    let (shown, _) = desk.run("kubectl config view --minify");
    assert!(
        shown.contains("    server: https://10.1.2.3:6443\n") && shown.contains("    token: REDACTED\n"),
        "{shown}"
    );
    desk.says(
        "kubectl config set clusters.far.server https://far.example; kubectl get pods",
        "Property \"clusters.far.server\" set.\nUnable to connect to the server: dial tcp: lookup far.example: no such host\n",
    );
    desk.says("kubectl config unset current-context", "Property \"current-context\" unset.\n");
    desk.says(
        "kubectl get pods",
        "The connection to the server localhost:8080 was refused - did you specify the right host or port?\n",
    );
    desk.says(
        "kubectl config delete-cluster far; kubectl config delete-user me; kubectl config delete-user me",
        "deleted cluster far from /home/learner/.kube/config\ndeleted user me from /home/learner/.kube/config\nerror: cannot delete user \
         me, not in /home/learner/.kube/config\n",
    );
}

#[test]
fn a_workload_shows_its_scale_and_takes_it() {
    let mut desk = Desk::new();
    desk.run("kubectl create deployment dep --image=nginx:1.27 --replicas=2; kubectl rollout status deployment dep");
    let (table, _) = desk.run("kubectl get deployment dep --subresource=scale");
    assert!(table.starts_with("NAME   DESIRED   AVAILABLE   AGE\ndep    2         2           "), "{table}");
    desk.says(
        "kubectl patch deployment dep --subresource=scale --type=merge -p '{\"spec\":{\"replicas\":3}}'",
        "scale.autoscaling/dep patched\n",
    );
    desk.says(
        "kubectl get deployment dep --subresource=scale -o jsonpath='{.kind} {.spec.replicas}'",
        "Scale 3",
    );
    let nowhere = "Error from server (NotFound): the server could not find the requested resource\n";
    desk.says("kubectl get deployment dep --subresource=resize", nowhere);
    desk.says("kubectl get service kubernetes --server-print=false | head -1", "NAME         AGE\n");
}

#[test]
fn a_recorded_command_is_the_cause_of_its_revision() {
    let mut desk = Desk::new();
    desk.run("kubectl create deployment dep --image=nginx:1.27; kubectl rollout status deployment dep");
    desk.says(
        "kubectl set image deployment/dep nginx=nginx:1.28 --record",
        "Flag --record has been deprecated, --record will be removed in the future\ndeployment.apps/dep image updated\n",
    );
    desk.run("kubectl rollout status deployment dep");
    desk.says(
        "kubectl rollout history deployment dep | tail -2 | head -1",
        "2         kubectl set image deployment/dep nginx=nginx:1.28 --record=true\n",
    );
}

#[test]
fn slips_are_told_before_anything_is_sent() {
    let mut desk = Desk::with_pod();
    for (line, told) in [
        ("kubectl run a --image=Nginx", "error: Invalid image name \"Nginx\": invalid reference format\n"),
        ("kubectl run a --image=nginx --env==x", "error: invalid env: =x\n"),
        ("kubectl run a --image=nginx --labels=x=y=z", "error: unexpected label spec: x=y=z\n"),
        ("kubectl label pod web a=b=c", "error: invalid label spec: a=b=c\n"),
        ("kubectl get pod ''", "error: resource name may not be empty\n"),
        ("kubectl get pods,", "error: the server doesn't have a resource type \"\"\n"),
        (
            "kubectl get pods --sort-by=.metadata.name --user=nobody",
            "error: auth info \"nobody\" does not exist\n",
        ),
        (
            "kubectl patch pod web -p '{bad'",
            "Error from server (BadRequest): invalid character 'b' looking for beginning of object key string\n",
        ),
        (
            "kubectl logs web --since-time=2020",
            "error: parsing time \"2020\" as \"2006-01-02T15:04:05Z07:00\": cannot parse \"\" as \"-\"\n",
        ),
        (
            "kubectl patch pod web -p '{\"spec\":{\"foo\":1}}' 2>&1 >/dev/null",
            "Warning: unknown field \"spec.foo\"\n",
        ),
        (
            "kubectl explain pod.spec.containers[0]",
            "error: invalid jsonpath syntax, first node must be field node\n",
        ),
    ] {
        desk.says(line, told);
    }
}

#[test]
fn a_service_gets_no_port_or_address_that_is_taken_or_out_of_range() {
    let mut desk = Desk::new();
    desk.run("kubectl create service nodeport a --tcp=80 --node-port=30080");
    for (line, told) in [
        (
            "nodeport b --tcp=80 --node-port=30080",
            "spec.ports[0].nodePort: Invalid value: 30080: provided port is already allocated",
        ),
        (
            "nodeport b --tcp=80 --node-port=80",
            "spec.ports[0].nodePort: Invalid value: 80: provided port is not in the valid range. The range of valid ports is 30000-32767",
        ),
        (
            "clusterip b --tcp=80 --clusterip=10.96.0.1",
            "spec.clusterIPs: Invalid value: [\"10.96.0.1\"]: failed to allocate IP 10.96.0.1: provided IP is already allocated",
        ),
        (
            "clusterip b --tcp=80 --clusterip=1.2.3.4",
            "spec.clusterIPs: Invalid value: [\"1.2.3.4\"]: failed to allocate IP 1.2.3.4: the provided IP (1.2.3.4) is not in the valid \
             range. The range of valid IPs is 10.96.0.0/12",
        ),
    ] {
        let (text, code) = desk.run(&format!("kubectl create service {line}"));
        assert!(text.ends_with(&format!("{told}\n")), "{line}: {text}");
        assert_eq!(code, 1, "{line}");
    }
    desk.says("kubectl annotate service a note=kept", "service/a annotated\n");
}

#[test]
fn a_limit_on_claims_is_compared_with_what_they_request() {
    let mut desk = Desk::new();
    desk.session.write_file(
        "limit.yaml",
        "apiVersion: v1\nkind: LimitRange\nmetadata: {name: l}\nspec: {limits: [{type: PersistentVolumeClaim, max: {storage: 2Gi}}]}\n",
    );
    desk.run("kubectl apply -f limit.yaml");
    for (size, told) in [
        ("1Gi", "persistentvolumeclaim/c created\n"),
        (
            "3Gi",
            "Error from server (Forbidden): error when creating \"STDIN\": persistentvolumeclaims \"c\" is forbidden: maximum storage usage \
             per PersistentVolumeClaim is 2Gi, but request is 3Gi\n",
        ),
    ] {
        let claim = format!(
            "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {{name: c}}\nspec: {{accessModes: [ReadWriteOnce], resources: \
             {{requests: {{storage: {size}}}}}}}\n"
        );
        desk.session.write_file("claim.yaml", &claim);
        desk.says("kubectl create -f - < claim.yaml", told);
        desk.run("kubectl delete pvc c --wait=false");
    }
}

#[test]
fn documents_without_anything_in_them_are_passed_over() {
    let mut desk = Desk::new();
    let map = |name: &str| format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}}}\n");
    desk.session.write_file("two.yaml", &format!("{}---\n---\n{}---\n", map("a"), map("b")));
    desk.says("kubectl apply -f two.yaml", "configmap/a created\nconfigmap/b created\n");
}

#[test]
fn a_taint_is_taken_from_a_node_by_a_list_without_it() {
    let mut desk = Desk::new();
    desk.run("kubectl taint node worker-1 a=b:PreferNoSchedule c=d:PreferNoSchedule");
    let one = "{\"spec\":{\"taints\":[{\"key\":\"c\",\"value\":\"d\",\"effect\":\"PreferNoSchedule\"}]}}";
    desk.says(&format!("kubectl patch node worker-1 -p '{one}'"), "node/worker-1 patched\n");
    desk.says("kubectl get node worker-1 -o jsonpath='{.spec.taints[*].key}'", "c");
}

#[test]
fn a_list_is_printed_item_by_item_as_it_would_be_as_a_whole() {
    let mut desk = Desk::new();
    desk.run("kubectl create configmap a --from-literal=x='1\\n2'; kubectl create configmap b");
    let (whole, _) = desk.run("kubectl get cm a b -o json");
    let whole: serde_json::Value = serde_json::from_str(&whole).unwrap_or_default();
    desk.says("kubectl get cm a b -o yaml", &crate::kubectl::yaml::to_string(&whole));
    desk.says("kubectl get cm a b -o custom-columns=N:.metadata.name --no-headers", "a\nb\n");
    desk.says(
        "kubectl get cm -l no=such -o yaml",
        "apiVersion: v1\nitems: []\nkind: List\nmetadata:\n  resourceVersion: \"\"\n",
    );
}

#[test]
fn what_a_generator_could_not_create_is_said_with_what_it_was_to_be() {
    let mut desk = Desk::new();
    for (line, told) in [
        (
            "serviceaccount default",
            "error: failed to create serviceaccount: serviceaccounts \"default\" already exists\n",
        ),
        (
            "service nodeport kubernetes --tcp=80",
            "error: failed to create NodePort service: services \"kubernetes\" already exists\n",
        ),
        ("job j --from=x", "error: the server doesn't have a resource type \"x\"\n"),
    ] {
        desk.says(&format!("kubectl create {line}"), told);
    }
    let (text, _) = desk.run("kubectl create quota A");
    assert!(
        text.starts_with("error: failed to create quota: ResourceQuota \"A\" is invalid: metadata.name: "),
        "{text}"
    );
    desk.run(
        "kubectl create deployment dep --image=nginx:1.27 --port=80; kubectl expose deployment dep; sleep 3",
    );
    desk.says("kubectl port-forward svc/dep 8080:81", "error: Service dep does not have a service port 81\n");
}

#[test]
fn kinds_of_a_server_that_are_not_kept_are_empty_or_say_so() {
    let mut desk = Desk::new();
    desk.says("kubectl get crd", "No resources found\n");
    desk.says("kubectl get resourceclaims", "No resources found in default namespace.\n");
    desk.says(
        "kubectl get csr mine",
        "Error from server (NotFound): certificatesigningrequests.certificates.k8s.io \"mine\" not found\n",
    );
    desk.says("kubectl get apiservices", "podlab: apiservices.apiregistration.k8s.io are not simulated\n");
    desk.says("kubectl get events", "No resources found in default namespace.\n");
}

#[test]
fn a_path_to_wait_for_has_to_lead_to_one_value() {
    let mut desk = Desk::with_pod();
    desk.says(
        "kubectl wait pod/web --for=jsonpath='{.spec.containers}'=x",
        "error: jsonpath leads to a nested object or list which is not supported\n",
    );
    desk.says(
        "kubectl wait pod/web --for=jsonpath='{.status.conditions[*].status}'=True",
        "error: given jsonpath expression matches more than one value\n",
    );
    desk.says("kubectl wait pod/web --for=jsonpath='{.status.phase}'=Running", "pod/web condition met\n");
}
