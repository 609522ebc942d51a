//! Who is found at which address, and what entry points make of their words.

use super::*;

/// A container of an image that runs a command, in a machine with an address.
fn with_address(image: &str, argv: &[&str]) -> Box_ {
    let image = Catalogue::builtin().find(&Reference::parse(image).unwrap()).unwrap();
    let path = ("PATH".to_owned(), DEFAULT_PATH.to_owned());
    let env = std::iter::once(path).chain(image.env.clone()).collect();
    let user = image.run_as().unwrap();
    let mut system = System::new("web");
    system.set_addresses(vec!["10.244.0.7".to_owned()]);
    let mut volumes = Volumes::default();
    let cell = system.add_cell(CellSpec { root: image.root, env, user, ..CellSpec::default() });
    let argv = argv.iter().map(|word| (*word).to_owned()).collect();
    let pid = system.spawn(SimTime(0), cell, Spawn { argv, ..Spawn::default() }, &mut volumes).unwrap();
    let (out, err, exits, notices) = (String::new(), String::new(), Vec::new(), Vec::new());
    Box_ { system, volumes, cell, pid, out, err, exits, notices }.until(3_000)
}

/// Whether somebody answers at the machine's address, and at its loopback address.
fn reached(made: &Box_, port: u16) -> (bool, bool) {
    let at = |ip: &str| made.system.listens(format!("{ip}:{port}").parse().unwrap());
    (at("10.244.0.7"), at("127.0.0.1"))
}

#[test]
fn a_server_at_the_loopback_address_is_found_by_its_neighbours_alone() {
    let servers: [(&str, &[&str], u16); 9] = [
        ("busybox:1.36", &["httpd", "-f", "-p", "127.0.0.1:8080"], 8080),
        ("busybox:1.36", &["nc", "-l", "-s", "127.0.0.1", "-p", "7000"], 7000),
        ("python:3.12", &["python3", "-m", "http.server", "--bind", "127.0.0.1", "9000"], 9000),
        ("redis:7", &["redis-server", "--bind", "127.0.0.1"], 6379),
        ("redis:7", &["docker-entrypoint.sh", "--bind", "127.0.0.1", "-::1"], 6379),
        ("memcached:1.6", &["memcached", "-l", "127.0.0.1"], 11211),
        ("mongo:7", &["mongod"], 27017),
        ("hashicorp/http-echo", &["/hello", "-text=hi", "-listen=127.0.0.1:5678"], 5678),
        (
            "node:22",
            &["node", "-e", "require('http').createServer((q, r) => r.end('hi')).listen(3000, '127.0.0.1')"],
            3000,
        ),
    ];
    for (image, argv, port) in servers {
        let made = with_address(image, argv);
        assert_eq!(reached(&made, port), (false, true), "{argv:?}\n{}{}", made.out, made.err);
    }
}

#[test]
fn a_server_at_the_machines_address_is_not_found_at_the_loopback_address() {
    let made = with_address("busybox:1.36", &["httpd", "-f", "-p", "10.244.0.7:8080"]);
    assert_eq!(reached(&made, 8080), (true, false));
    let everywhere = with_address("busybox:1.36", &["httpd", "-f", "-p", "0.0.0.0:8080"]);
    assert_eq!(reached(&everywhere, 8080), (true, true));
}

#[test]
fn a_port_is_taken_for_all_addresses_or_for_the_one() {
    let mut made = with_address("busybox:1.36", &["httpd", "-f", "-p", "127.0.0.1:8080"]);
    let said = |made: &mut Box_, argv: &[&str]| made.exec(4_000, argv).0;
    assert_eq!(said(&mut made, &["httpd", "-p", "8080"]), "httpd: bind: Address already in use\n");
    assert_eq!(said(&mut made, &["httpd", "-p", "10.244.0.7:8080"]), "");
    assert_eq!(reached(&made, 8080), (true, true));
    let strange = said(&mut made, &["httpd", "-p", "10.1.2.3:81"]);
    assert_eq!(strange, "httpd: bind: Cannot assign requested address\n");
    let listed = said(&mut made, &["netstat", "-tln"]);
    assert!(listed.contains("127.0.0.1:8080 ") && listed.contains("10.244.0.7:8080 "), "{listed}");
}

#[test]
fn nginx_listens_where_its_configuration_says() {
    let script = "printf 'events{} http{server{listen 127.0.0.1:81; return 200 ngx;} server{listen 82; listen 127.0.0.1:82; \
                  return 200 all;}}' > /etc/nginx/nginx.conf; exec nginx -g 'daemon off;'";
    let mut made = with_address("nginx:1.27", &["sh", "-c", script]);
    assert_eq!((reached(&made, 81), reached(&made, 82)), ((false, true), (true, true)), "{}", made.err);
    let (out, _) = made.exec(4_000, &["nginx"]);
    assert!(
        out.ends_with("nginx: [emerg] bind() to 0.0.0.0:82 failed (98: Address already in use)\n"),
        "{out}"
    );
}

#[test]
fn an_entry_point_puts_its_server_before_what_is_no_command() {
    let running = |image: &str, argv: &[&str]| {
        let made = with_address(image, argv);
        made.system
            .processes(made.cell, SimTime(3_000))
            .into_iter()
            .map(|process| process.command)
            .collect::<Vec<_>>()
    };
    assert_eq!(
        running("redis:7", &["docker-entrypoint.sh", "--appendonly", "yes"]),
        ["redis-server --appendonly yes"]
    );
    assert_eq!(
        running("mongo:7", &["docker-entrypoint.sh", "--replSet", "rs0"]),
        ["mongod --replSet rs0 --bind_ip_all"]
    );
    assert_eq!(running("memcached:1.6", &["docker-entrypoint.sh", "-m", "64"]), ["memcached -m 64"]);
    assert_eq!(running("redis:7", &["docker-entrypoint.sh", "sleep", "60"]), ["sleep 60"]);
    let node = with_address("node:22", &["docker-entrypoint.sh", "-e", "console.log(\"up\")"]);
    assert_eq!(node.out, "up\n");
    let missing = with_address("node:22", &["docker-entrypoint.sh", "server.js"]);
    assert!(missing.err.contains("Cannot find module '/server.js'"), "{}", missing.err);
    let nginx = with_address("nginx:1.27", &["/docker-entrypoint.sh", "-g", "daemon off;"]);
    assert_eq!(nginx.exits.first().map(|exit| exit.1), Some(127));
}
