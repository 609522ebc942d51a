//! `podlab serve` as a client on a socket meets it: the address it prints, the kubeconfig it writes, requests, a watch, its end.
#![expect(clippy::unwrap_used, reason = "a test that cannot talk to its program should stop")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};

struct Server {
    child: Child,
    address: String,
    kubeconfig: std::path::PathBuf,
    _folder: tempfile::TempDir,
}

impl Server {
    fn start() -> Server {
        let folder = tempfile::tempdir().unwrap();
        let kubeconfig = folder.path().join("config");
        let mut child = Command::new(env!("CARGO_BIN_EXE_podlab"))
            .args(["serve", "--kubeconfig"])
            .arg(&kubeconfig)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        let address = line.split("http://").nth(1).unwrap().split(". ").next().unwrap().to_owned();
        Server { child, address, kubeconfig, _folder: folder }
    }

    fn send(&self, method: &str, path: &str, body: &str) -> TcpStream {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            self.address,
            body.len()
        )
        .unwrap();
        stream
    }

    fn call(&self, method: &str, path: &str, body: &str) -> String {
        let mut text = String::new();
        self.send(method, path, body).read_to_string(&mut text).unwrap();
        text
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

const PODS: &str = "/api/v1/namespaces/default/pods";
const WEB: &str = r#"{"metadata":{"name":"web"},"spec":{"containers":[{"name":"app","image":"nginx"}]}}"#;

#[test]
fn a_client_finds_the_cluster_and_changes_it() {
    let server = Server::start();
    let config = std::fs::read_to_string(&server.kubeconfig).unwrap();
    assert!(config.contains(&format!("server: http://{}", server.address)), "{config}");
    assert!(server.call("GET", "/version", "").contains("\"gitVersion\":\"v1.36.2\""));
    assert!(server.call("POST", PODS, WEB).starts_with("HTTP/1.1 201 "));
    assert!(server.call("GET", &format!("{PODS}/web"), "").contains("\"kind\":\"Pod\""));
    assert!(server.call("GET", &format!("{PODS}/none"), "").starts_with("HTTP/1.1 404 "));
    assert!(server.call("BREW", PODS, "").starts_with("HTTP/1.1 405 "));
}

#[test]
fn a_watch_goes_on_as_real_time_passes() {
    let server = Server::start();
    let mut watch = BufReader::new(server.send("GET", &format!("{PODS}?watch=1"), "")).lines();
    server.call("POST", PODS, WEB);
    let running = watch.by_ref().map(Result::unwrap).find(|line| line.contains("\"phase\":\"Running\""));
    assert!(running.is_some_and(|frame| frame.contains("\"type\":\"MODIFIED\"")));
}

#[cfg(unix)]
#[test]
fn asked_to_end_it_takes_its_kubeconfig_away() {
    let mut server = Server::start();
    assert!(server.kubeconfig.exists());
    let asked = Command::new("kill").arg(server.child.id().to_string()).status().unwrap();
    assert!(asked.success());
    assert!(server.child.wait().unwrap().success());
    assert!(!server.kubeconfig.exists());
}

#[test]
fn a_kubeconfig_that_is_there_is_never_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config");
    std::fs::write(&path, "mine").unwrap();
    let out = Command::new(env!("CARGO_BIN_EXE_podlab"))
        .args(["serve", "--kubeconfig"])
        .arg(&path)
        .output()
        .unwrap();
    let said = String::from_utf8(out.stderr).unwrap();
    assert!(!out.status.success() && said.contains("--kubeconfig"), "{said}");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "mine");
}
