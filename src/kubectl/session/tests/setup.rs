//! What people set up before they begin, and what the client does without its server.

use super::*;

#[test]
fn aliases_are_made_listed_used_and_completed() {
    let mut desk = Desk::with_pod();
    desk.says("alias kgp='kubectl get pods' kn='kubectl config set-context --current --namespace'", "");
    desk.says("kgp -o name; kgp -o name | wc -l", "pod/web\n1\n");
    desk.says("alias", "kgp='kubectl get pods'\nkn='kubectl config set-context --current --namespace'\n");
    desk.says(
        "kn kube-system; kgp",
        "Context \"podlab\" modified.\nNo resources found in kube-system namespace.\n",
    );
    desk.run("kn default");
    desk.says("for i in 1; do", "");
    desk.says("kgp -o name; done", "pod/web\n");
    assert_eq!(desk.complete("kgp w"), ["web"]);
    assert_eq!(desk.complete("kn kube-s"), ["kube-system"]);
    assert_eq!(desk.complete("kg"), ["kgp"]);
    desk.says("type kgp", "kgp is an alias for kubectl get pods\n");
    assert_eq!(desk.run("unalias kgp; kgp").1, 0);
    assert_eq!(desk.run("kgp").1, 127);
}

#[test]
fn the_lines_of_the_cheat_sheet_go_through() {
    let mut desk = Desk::with_pod();
    desk.says("source <(kubectl completion bash)", "");
    desk.says("alias k=kubectl; complete -o default -F __start_kubectl k", "");
    desk.says("k get pod web -o name", "pod/web\n");
    desk.says(
        "kubectl completion tcsh",
        "error: Unsupported shell type \"tcsh\".\nSee 'kubectl completion -h' for help and examples\n",
    );
}

#[test]
fn curl_asks_what_a_port_forward_leads_to() {
    let mut desk = Desk::with_pod();
    // A Pod without a probe is ready before its server listens.
    desk.run("sleep 2");
    desk.run("kubectl port-forward pod/web 8080:80 > /dev/null &");
    desk.says("curl -s localhost:8080 | grep -c 'Welcome to nginx!</title>'", "1\n");
    desk.says("curl -s -o /dev/null -w '%{http_code}\\n' localhost:8080/nope", "404\n");
}

#[test]
fn what_is_tried_by_the_client_alone_is_not_judged_by_the_server() {
    let mut desk = Desk::new();
    let text = "apiVersion: v1\nkind: Pod\nmetadata: {name: va}\nspec: {foo: bar, restartPolicy: 5, containers: [{name: a}]}\n";
    desk.session.write_file("va.yaml", text);
    for verb in ["apply", "create", "replace"] {
        let done = if verb == "replace" { "replaced" } else { "created" };
        desk.says(
            &format!("kubectl {verb} -f va.yaml --dry-run=client"),
            &format!("pod/va {done} (dry run)\n"),
        );
        desk.says(
            &format!("kubectl {verb} -f va.yaml --dry-run=client -o yaml | grep '^  foo'"),
            "  foo: bar\n",
        );
    }
    assert_eq!(desk.run("kubectl apply -f va.yaml --dry-run=server").1, 1);
    desk.says("kubectl label -f va.yaml a=b --local -o yaml | grep -c foo", "1\n");
    desk.says(
        "kubectl patch -f va.yaml -p '{\"spec\":{\"x\":1}}' --local -o yaml | grep -c -e foo -e x:",
        "2\n",
    );
    desk.session.write_file("typed.yaml", &text.replace('5', "Never"));
    desk.says("kubectl set image -f typed.yaml a=b --local -o yaml | grep -c -e foo -e 'image: b'", "1\n");
}

#[test]
fn a_strategy_that_excludes_the_defaults_can_be_applied() {
    let mut desk = Desk::new();
    let with = |strategy: &str| {
        format!(
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: d}}\nspec:\n  selector: {{matchLabels: {{a: b}}}}\n{strategy}  template: \
             {{metadata: {{labels: {{a: b}}}}, spec: {{containers: [{{name: c, image: \"nginx:1.27\"}}]}}}}\n"
        )
    };
    desk.session.write_file("d.yaml", &with(""));
    desk.says("kubectl apply -f d.yaml", "deployment.apps/d created\n");
    desk.session.write_file("d.yaml", &with("  strategy: {type: Recreate}\n"));
    desk.says("kubectl apply -f d.yaml", "deployment.apps/d configured\n");
    desk.says("kubectl get deploy d -o jsonpath='{.spec.strategy}'", "{\"type\":\"Recreate\"}");
    desk.says("kubectl apply -f d.yaml", "deployment.apps/d unchanged\n");
}

#[test]
fn small_mistakes_are_told_as_the_tool_tells_them() {
    let mut desk = Desk::with_pod();
    let nowhere = "Error from server (NotFound): namespaces \"nope\" not found\n";
    for verb in [
        "exec a -- ls",
        "attach a",
        "port-forward a 80",
        "wait pod/a --for=condition=Ready",
        "debug a --image=b",
    ] {
        let (told, code) = desk.run(&format!("kubectl -n nope {verb}"));
        assert!(code == 1 && told == nowhere, "{verb}: {told}");
    }
    desk.run("kubectl create job j --image=nginx:1.27");
    desk.says("kubectl expose job j --port=80", "error: cannot expose a Job.batch\n");
    desk.says("kubectl label pods", "error: at least one label update is required\n");
    desk.says("kubectl label pods a=b", "error: resource(s) were provided, but no name was specified\n");
    desk.says(
        "kubectl set image deploy/nope",
        "Error from server (NotFound): deployments.apps \"nope\" not found\n",
    );
    let (told, _) = desk.run("kubectl create deployment d --image=nginx --record");
    assert!(told.starts_with("error: unknown flag: --record"), "{told}");
    desk.says(
        "mkdir e; kubectl apply -f e",
        "error: error reading [e]: recognized file extensions are [.json .yaml .yml]\n",
    );
    desk.says(
        "kubectl kustomize e",
        "error: unable to find one of 'kustomization.yaml', 'kustomization.yml' or 'Kustomization' in directory '/home/learner/e'\n",
    );
}
