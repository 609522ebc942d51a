//! Editors: of the environment, of the tutor, on a node.

use super::*;

#[test]
fn an_editor_of_the_environment_changes_the_object() {
    let mut desk = Desk::with_pod();
    desk.says("KUBE_EDITOR='sed -i s/nginx:1.27/nginx:1.26/' kubectl edit pod web", "pod/web edited\n");
    desk.says("EDITOR=true kubectl edit pod web", "Edit cancelled, no changes made.\n");
    desk.says("EDITOR=false kubectl edit pod web", "error: there was a problem with the editor \"false\"\n");
    let (text, code) =
        desk.run("EDITOR='sed -i s/restartPolicy:.Always/restartPolicy:\\ Never/' kubectl edit pod web");
    assert!(text.starts_with(
        "error: pods \"web\" is invalid\nA copy of your changes has been stored to \"/tmp/kubectl-edit-"
    ));
    assert!(text.ends_with("error: Edit cancelled, no valid changes were saved.\n"));
    assert_eq!(code, 1);
}

#[test]
fn the_tutors_editor_answers_kubectl_and_vi() {
    let mut desk = Desk::with_pod();
    let job = desk.session.type_line(&mut desk.cluster, "kubectl edit pod web");
    let request = desk.session.editor_request().unwrap();
    assert!(request.text.starts_with("# Please edit the object below."));
    desk.session.editor_done(Some(&request.text.replace("nginx:1.27", "nginx:1.25")));
    desk.until(desk.cluster.now());
    assert_eq!(desk.session.drain(job).stdout, b"pod/web edited\n");
    desk.session.type_line(&mut desk.cluster, "vi note.txt");
    assert_eq!(desk.session.editor_request().unwrap().name, "/home/learner/note.txt");
    desk.session.editor_done(Some("kept\n"));
    desk.until(desk.cluster.now());
    desk.says("cat note.txt", "kept\n");
}

#[test]
fn a_static_pods_file_is_edited_on_its_node() {
    let mut desk = Desk::with_pod();
    let job = desk.session.type_line(&mut desk.cluster, "ssh worker-1");
    let wait = |desk: &mut Desk| desk.until(desk.cluster.now().plus(1000));
    wait(&mut desk);
    desk.session.write_input(job, b"cd /etc/kubernetes/manifests; vi own.yaml\n");
    wait(&mut desk);
    let request = desk.session.editor_request().unwrap();
    assert_eq!((request.name.as_str(), request.text.as_str()), ("/etc/kubernetes/manifests/own.yaml", ""));
    let pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: own}\nspec:\n  containers:\n  - {name: app, image: \"nginx:1.27\"}\n";
    desk.session.editor_done(Some(pod));
    wait(&mut desk);
    assert!(desk.session.editor_request().is_none());
    desk.session.write_input(job, b"nano own.yaml\n");
    wait(&mut desk);
    assert_eq!(desk.session.editor_request().unwrap().text, pod);
    desk.session.editor_done(None);
    desk.session.write_input(job, b"vi /bin/sh\nexit\n");
    desk.until(desk.cluster.now().plus(5000));
    assert_eq!(desk.session.finished(job), Some(1), "the last command's");
    let shown = String::from_utf8(desk.session.drain_terminal(job)).unwrap();
    assert!(shown.contains("podlab: /bin/sh belongs to the node's image"), "{shown}");
    desk.says(
        "kubectl get pod own-worker-1 -o name; ssh worker-1 vi x",
        "pod/own-worker-1\nvi: standard input is not a terminal\n",
    );
}
