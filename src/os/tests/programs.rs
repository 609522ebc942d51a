//! Small programs, against what busybox prints.

use super::*;

#[track_caller]
fn check(script: &str, out: &str, code: i32) {
    let (stdout, stderr, exit) = sh(script);
    assert_eq!((stdout.as_str(), exit), (out, code), "{script}\nstderr: {stderr}");
}

#[test]
fn awk_takes_fields_sums_and_prints() {
    check("printf 'a 1\nb 2\n' | awk '{print $2, $1}'", "1 a\n2 b\n", 0);
    check("printf 'a 1\nb 2\n' | awk '{s += $2} END {print s, NR}'", "3 2\n", 0);
    check("echo a:b:c | awk -F: '{print $NF, NF}'", "c 3\n", 0);
    check("printf 'x 5\ny 9\n' | awk '$2 > 6 {print $1}'", "y\n", 0);
    check("printf 'foo\nbar\n' | awk '/^b/'", "bar\n", 0);
    check("printf 'a\nb\na\n' | awk '{n[$1]++} END {for (k in n) print k, n[k]}'", "a 2\nb 1\n", 0);
    check(
        "awk 'BEGIN {printf \"%05.2f|%s|%d\\n\", 3.14159, \"x\", 7.9; print 1/3, 10/2, 2\"\"3}'",
        "03.14|x|7\n0.333333 5 23\n",
        0,
    );
    check("awk 'BEGIN {for (i = 0; i < 3; i++) if (i != 1) print i; exit 4}'", "0\n2\n", 4);
    check(
        "echo 'one two' | awk '{gsub(/o/, \"[&]\"); print toupper($1), length($0), substr($2, 2, 1)}'",
        "[O]NE 11 w\n",
        0,
    );
    check("echo 3 | awk -v n=2 'NR == 1 && $1 ~ /[0-9]/ {print $1 * n}'", "6\n", 0);
}

#[test]
fn awk_that_never_ends_or_is_no_program_is_refused() {
    check("awk 'BEGIN {while (1) x = x \"a\"}'", "", 2);
    check("awk '{print'", "", 1);
    check("awk 'BEGIN {print 1 > \"f\"}'", "", 1);
}

#[test]
fn sed_takes_so_many_lines_behind_an_address() {
    check("printf 'a\nb\nc\nd\n' | sed '/b/,+1d'", "a\nd\n", 0);
    check("printf 'a\nb\nc\nd\n' | sed -n '1,+0p;3,+9p'", "a\nc\nd\n", 0);
}

#[test]
fn expr_computes_and_compares() {
    check("expr 1 + 2 \\* 3", "7\n", 0);
    check("expr 3 - 3", "0\n", 1);
    check("expr abc : 'a\\(.*\\)'", "bc\n", 0);
    check("expr abc : ab; expr 10 \\> 9; expr length hello", "2\n1\n5\n", 0);
    check("expr 1 +", "", 2);
    check("expr 1 / 0", "", 2);
}

#[test]
fn base64_codes_and_decodes() {
    check("printf admin | base64; echo YWRtaW4= | base64 -d", "YWRtaW4=\nadmin", 0);
    check("printf a | base64; printf ab | base64; printf abc | base64", "YQ==\nYWI=\nYWJj\n", 0);
}

#[test]
fn cmp_says_where_files_differ() {
    check(
        "cd /tmp; echo ab > a; echo ac > b; cmp a b; cmp -s a a; echo $?",
        "a b differ: char 2, line 1\n0\n",
        0,
    );
}

#[test]
fn find_runs_commands_on_what_it_finds() {
    check("cd /tmp; echo 1 > a; echo 2 > b; find . -type f -exec cat {} \\;", "1\n2\n", 0);
    check("cd /tmp; echo 1 > a; echo 2 > b; find . -type f -exec echo {} +", "./a ./b\n", 0);
}

#[test]
fn awk_leaves_loops_forgets_entries_and_formats() {
    check(
        "awk 'BEGIN {for (i = 0; i < 9; i++) {if (i == 2) continue; if (i == 4) break; print i}}'",
        "0\n1\n3\n",
        0,
    );
    check(
        "awk 'BEGIN {a[1] = 1; a[2] = 2; delete a[1]; print length(a); delete a; print length(a)}'",
        "1\n0\n",
        0,
    );
    check("awk 'BEGIN {x = sprintf(\"%03d\", 7); print x}'", "007\n", 0);
}

#[test]
fn diff_shows_changes_as_busybox_and_as_gnu_do() {
    let files = "cd /tmp; printf 'a\nb\nc\n' > 1; printf 'a\nx\nc\nd\n' > 2; ";
    check(&format!("{files} diff 1 2"), "--- 1\n+++ 2\n@@ -1,3 +1,4 @@\n a\n-b\n+x\n c\n+d\n", 1);
    check(&format!("{files} diff 1 1; diff -q 1 2"), "Files 1 and 2 differ\n", 1);
    let script = format!("{files} diff 1 2");
    let done = Box_::start("debian:12", &["sh", "-c", &script]).until(1000);
    assert_eq!(done.out, "2c2\n< b\n---\n> x\n3a4\n> d\n");
}

#[test]
fn complaints_are_in_the_words_of_the_image() {
    let complaint = |image: &str, line: &str| Box_::start(image, &["sh", "-c", line]).until(1000).err;
    assert_eq!(
        complaint("busybox", "cat /x; ls /x"),
        "cat: can't open '/x': No such file or directory\nls: /x: No such file or directory\n"
    );
    assert_eq!(
        complaint("debian", "cat /x; ls /x; rm /x"),
        "cat: /x: No such file or directory\nls: cannot access '/x': No such file or directory\nrm: cannot remove '/x': No such file or directory\n"
    );
    assert_eq!(complaint("python:3-alpine", "cat /x"), "cat: can't open '/x': No such file or directory\n");
    assert_eq!(complaint("debian", "ps; vi"), "sh: 1: ps: not found\nsh: 1: vi: not found\n");
}

#[test]
fn sums_are_of_files_and_of_standard_input() {
    check(
        "printf abc > /tmp/f; md5sum /tmp/f; printf abc | sha256sum",
        "900150983cd24fb0d6963f7d28e17f72  /tmp/f\nba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad  -\n",
        0,
    );
}

#[test]
fn tail_follows_several_files_and_waits_for_one_that_is_to_come() {
    let script =
        "cd /tmp; echo a > 1; echo b > 2; (sleep 3; echo c >> 1; sleep 3; echo d > 3) & tail -F 1 2 3";
    let done = Box_::start("busybox:1.36", &["sh", "-c", script]).until(10_000);
    assert_eq!(done.out, "==> 1 <==\na\n\n==> 2 <==\nb\n\n==> 1 <==\nc\n\n==> 3 <==\nd\n");
    assert_eq!(
        done.err,
        "tail: can't open '3': No such file or directory\ntail: 3 has appeared; following end of new file\n"
    );
    let gone = Box_::start("busybox:1.36", &["sh", "-c", "tail -f /tmp/nope; echo $?"]).until(100);
    assert_eq!(
        (gone.out.as_str(), gone.err.as_str()),
        ("1\n", "tail: can't open '/tmp/nope': No such file or directory\ntail: no files\n")
    );
}

#[test]
fn nginx_writes_its_logs_where_the_image_or_a_volume_has_them() {
    let web = Box_::start("nginx:1.27", &["sh", "-c", "rm -r /var/log/nginx; mkdir /var/log/nginx; nginx; curl -s localhost/nope; cat /var/log/nginx/access.log; nginx -s quit"]).until(2000);
    assert!(web.out.contains("\"GET /nope HTTP/1.1\" 404 153"), "{}{}", web.out, web.err);
    assert_eq!(web.err, "");
}

#[test]
fn redis_keeps_values_and_its_client_shows_them() {
    let script = "redis-server > /tmp/log & sleep 1; redis-cli set a 1; redis-cli incr a; redis-cli get b; redis-cli lpush l x y; redis-cli lrange l 0 -1; redis-cli nope; printf 'ping\nget a\n' | redis-cli; kill %1; wait; redis-cli ping";
    let done = Box_::start("redis:7", &["sh", "-c", script]).until(5000);
    assert_eq!(
        done.out,
        "OK\n2\n\n2\ny\nx\nERR unknown command 'nope', with args beginning with: \n\nPONG\n2\n"
    );
    assert_eq!(done.err, "Could not connect to Redis at 127.0.0.1:6379: Connection refused\n");
}

#[test]
fn nc_gives_what_it_reads_to_whoever_connects() {
    check("echo hello | nc -l -p 9000 & sleep 1; nc localhost 9000; nc localhost 9000", "hello\n", 1);
}

#[test]
fn languages_run_what_fits_on_a_line_and_say_what_they_cannot() {
    let python = |code: &str| {
        let done = Box_::start("python:3.12", &["python3", "-c", code]).until(60_000);
        (done.out, done.err, done.exits.first().map_or(-1, |exit| exit.1))
    };
    assert_eq!(
        python("import time\nfor i in range(2):\n    print('n', i)\n    time.sleep(1)").0,
        "n 0\nn 1\n"
    );
    assert_eq!(python("import sys; print('bye'); sys.exit(3)"), ("bye\n".to_owned(), String::new(), 3));
    assert_eq!(python("while True: print('x')\n").2, -1);
    assert_eq!(python("class A: pass").1, "python3: podlab: this Python is not simulated: class A: pass\n");
    let endless = Box_::start(
        "python:3.12",
        &["python3", "-c", "import time\nwhile True:\n  print('x')\n  time.sleep(1)"],
    )
    .until(5000);
    assert_eq!(endless.out, "", "output into a pipe waits for its buffer");
    let pi = Box_::start("perl:5", &["perl", "-Mbignum=bpi", "-wle", "print bpi(30)"]).until(60_000);
    assert_eq!(pi.out, "3.14159265358979323846264338328\n");
}

#[test]
fn watch_repeats_in_simulated_time() {
    let done = Box_::start("busybox:1.36", &["watch", "-n", "5", "date +%s"]).until(11_000);
    assert_eq!(done.out.matches("Every 5.0s: date +%s").count(), 3, "{}", done.out);
}
