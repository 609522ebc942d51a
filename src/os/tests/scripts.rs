//! The shell's language, against what dash, bash and busybox print (fixed expectations).

use super::*;

#[track_caller]
fn check(script: &str, out: &str, code: i32) {
    let (stdout, stderr, exit) = sh(script);
    assert_eq!((stdout.as_str(), exit), (out, code), "{script}\nstderr: {stderr}");
}

#[test]
fn commands_run_in_order_and_the_last_one_gives_the_exit_code() {
    check("echo hi", "hi\n", 0);
    check("exit 3", "", 3);
    check("false; echo $?", "1\n", 0);
    check("true && echo yes || echo no", "yes\n", 0);
    check("false && echo yes || echo no", "no\n", 0);
    check("! false; echo $?", "0\n", 0);
    check("echo a; false", "a\n", 1);
    check("{ echo a; echo b; } ; (exit 4); echo $?", "a\nb\n4\n", 0);
}

#[test]
fn words_are_expanded_as_posix_says() {
    check("x=1; echo $x ${x} \"$x\" '$x'", "1 1 1 $x\n", 0);
    check("echo ${x:-d} ${x-e} ${x:+f}; echo ${x:=g} $x", "d e\ng g\n", 0);
    check("x=a.tar.gz; echo ${x%.*} ${x%%.*} ${x#*.} ${x##*.} ${#x}", "a.tar a tar.gz gz 8\n", 0);
    check("x='a  b'; echo $x; echo \"$x\"", "a b\na  b\n", 0);
    check("set -- a 'b c' d; echo $#; for i in \"$@\"; do echo \"<$i>\"; done", "3\n<a>\n<b c>\n<d>\n", 0);
    check("set -- a b; echo \"$*\"; IFS=,; echo \"$*\"", "a b\na,b\n", 0);
    check("echo $((1+2*3)) $(( (1+2)*3 ))", "7 9\n", 0);
    check("i=0; i=$((i+1)); echo $i; : $((i+=5)); echo $i", "1\n6\n", 0);
    check("echo \"a$(echo b; echo c)d\"", "ab\ncd\n", 0);
    check("echo `echo x` $(echo $(echo y))", "x y\n", 0);
    check("x=$(exit 3); echo $?", "3\n", 0);
    check("IFS=:; x=a:b::c; for i in $x; do echo \"[$i]\"; done", "[a]\n[b]\n[]\n[c]\n", 0);
    check("x=hello; echo ${x:1:3} ${x/l/L} ${x//l/L}", "ell heLlo heLLo\n", 0);
    check("echo {1..3} ~", "{1..3} /root\n", 0);
    check("set -u; echo $nope; echo after", "", 2);
}

#[test]
fn control_structures_work() {
    check("for i in 1 2 3; do echo $i; done", "1\n2\n3\n", 0);
    check("i=0; while [ $i -lt 3 ]; do i=$((i+1)); [ $i = 2 ] && continue; echo $i; done", "1\n3\n", 0);
    check("until true; do echo no; done; echo done", "done\n", 0);
    check("for i in 1 2; do for j in a b; do [ $j = b ] && continue 2; echo $i$j; done; done", "1a\n2a\n", 0);
    check("if [ 1 -gt 2 ]; then echo a; elif [ 2 = 2 ]; then echo b; else echo c; fi", "b\n", 0);
    check("case abc in x) echo x;; a*|b) echo a;; *) echo other;; esac", "a\n", 0);
    check("f() { local x=2; echo $1 $x; return 5; }; x=1; f arg; echo $? $x", "arg 2\n5 1\n", 0);
    check("for ((i=0; i<3; i++)); do echo $i; done", "0\n1\n2\n", 0);
    check("[[ abc == a* && 1 -lt 2 ]] && echo yes", "yes\n", 0);
    check("set -e; false; echo no", "", 1);
    check("set -e; if false; then :; fi; false || true; echo yes", "yes\n", 0);
    check("eval 'x=5; echo $x'; . /etc/nope; echo no", "5\n", 2);
}

#[test]
fn aliases_stand_for_the_beginning_of_a_command() {
    check(
        "alias hi='echo hello'\nhi you | cat\nfor i in 1 2; do hi $i; done",
        "hello you\nhello 1\nhello 2\n",
        0,
    );
    check("alias a=b b='echo x'; alias", "a='b'\nb='echo x'\n", 0);
    check("alias up='echo a | grep'\nup a; echo $(up a)", "a\na\n", 0);
    check("alias hi='echo hello'; hi", "", 127);
    check("alias hi='echo hello'\nunalias hi; alias hi\nhi", "", 127);
    check("alias x='echo it''s'\n\nx there", "its there\n", 0);
    check("printf -- '--- %s\\n' a", "--- a\n", 0);
}

/// The same for bash.
#[track_caller]
fn check_bash(script: &str, out: &str) {
    let done = Box_::start("bash:5", &["bash", "-c", script]).until(3_600_000);
    let (stdout, stderr, exit) = (done.out, done.err, done.exits.first().map_or(-1, |exit| exit.1));
    assert_eq!((stdout.as_str(), exit), (out, 0), "{script}\nstderr: {stderr}");
}

#[test]
fn bash_has_arrays() {
    check_bash("a=(foo bar 'b z'); echo ${a[1]} $a ${#a[@]} ${#a[2]} ${a[-1]}", "bar foo 3 3 b z\n");
    check_bash("i=1; a=(x y z); echo ${a[$i]} ${a[i+1]} $((a[0]=5, a[0]*2)); echo ${a[0]}", "y z 10\n5\n");
    check_bash(
        "a=(1 '2 3'); for x in \"${a[@]}\"; do echo \"<$x>\"; done; echo \"${a[*]}\"",
        "<1>\n<2 3>\n1 2 3\n",
    );
    check_bash(
        "a=(); echo ${#a[@]}; for x in \"${a[@]}\"; do echo no; done; a+=(p q); a+=(r); echo ${a[@]:1}",
        "0\nq r\n",
    );
    check_bash(
        "a=([3]=x y); echo \"${!a[@]}\" \"${a[3]}\"; unset 'a[3]'; echo ${!a[@]}; a[7]=z; echo ${!a[*]}",
        "3 4 x\n4\n4 7\n",
    );
    check_bash(
        "declare -A m=([one]=1 [two]=2); m[three]=3; echo ${m[two]} ${#m[@]} ${!m[@]}; k=one; echo ${m[$k]}",
        "2 3 one three two\n1\n",
    );
    check_bash("f() { local a=(in); echo ${a[0]}; }; a=(out); f; echo ${a[0]}", "in\nout\n");
    check_bash(
        "echo 'a b c' | { read -ra w; echo ${#w[@]} ${w[2]}; }; a=($(seq 3)); echo ${a[2]} {1..3}",
        "3 c\n3 1 2 3\n",
    );
    check_bash(
        "[[ job-17 =~ ^([a-z]+)-([0-9]+)$ ]] && echo ${BASH_REMATCH[2]} ${BASH_REMATCH[1]}",
        "17 job\n",
    );
    check_bash(
        "a=(x y); declare -p a; IFS=,; echo \"${a[*]}\"; b=(\"${a[@]/#/p}\"); echo ${b[1]}",
        "declare -a a=([0]=\"x\" [1]=\"y\")\nx,y\npy\n",
    );
    check_bash("set -- a b c; echo ${@:2} ${@:1:1}", "b c a\n");
}

#[test]
fn a_number_that_is_no_process_is_refused() {
    let (_, err, code) = sh("kill +1 $((1 << 63)); kill -9 -9223372036854775808");
    assert!(code != 0 && err.contains("No such process"), "{err}");
}

#[test]
fn other_shells_have_none() {
    let (out, err, code) = sh("x=1; echo ${x[0]}");
    assert_eq!((out.as_str(), code), ("", 2), "{err}");
    assert!(err.contains("bad substitution"), "{err}");
    let (out, err, code) = sh("echo before\na=(1 2)");
    assert_eq!((out.as_str(), code), ("", 2), "{err}");
    assert!(err.contains("syntax error: unexpected \"(\""), "{err}");
}

#[test]
fn pipes_and_redirections_work() {
    check("echo hello > /tmp/f; echo more >> /tmp/f; read x < /tmp/f; echo $x", "hello\n", 0);
    check("echo a b c | while read x y; do echo $y; done", "b c\n", 0);
    check("read x <<E\nhere $((1+1))\nE\necho $x", "here 2\n", 0);
    check("read x <<'E'\n$HOME\nE\necho $x", "$HOME\n", 0);
    check("{ echo out; echo err >&2; } 2>&1 | while read l; do echo \"<$l>\"; done", "<out>\n<err>\n", 0);
    check("echo x > /dev/null; echo y >&2", "", 0);
    check("(echo a; exit 3) | true; echo $?; set -o pipefail; (exit 3) | true; echo $?", "0\n3\n", 0);
    check("exec 3>/tmp/z; echo via >&3; exec 3>&-; read v < /tmp/z; echo $v", "via\n", 0);
    assert_eq!(sh("echo x > /nodir/f").1, "sh: can't create /nodir/f: nonexistent directory\n");
    assert_eq!(sh("nosuchcmd --serve"), (String::new(), "sh: nosuchcmd: not found\n".to_owned(), 127));
}

#[test]
fn traps_jobs_and_waiting_work() {
    check("trap 'echo bye' EXIT; echo hi; exit 2", "hi\nbye\n", 2);
    check("sleep 5 & wait $!; echo $?", "0\n", 0);
    check("(exit 7) & wait $!; echo $?", "7\n", 0);
    check("sleep 100 & kill $!; wait $!; echo $?", "143\n", 0);
    check("trap 'echo usr' USR1; kill -USR1 $$; echo after", "usr\nafter\n", 0);
    check("kill -9 $$; echo survived", "survived\n", 0);
}

#[test]
fn pid_1_ignores_sigterm_without_a_handler_and_runs_its_trap_with_one() {
    let mut plain = Box_::start("busybox:1.36", &["sh", "-c", "while true; do sleep 1; done"]).until(2500);
    plain.system.signal(SimTime(2500), plain.cell, plain.pid, Signal::TERM);
    let mut plain = plain.until(10_000);
    assert!(plain.exits.is_empty());
    plain.system.signal(SimTime(10_000), plain.cell, plain.pid, Signal::KILL);
    assert_eq!(plain.until(10_000).exits, [(10_000, 137)]);
    let mut trapped = Box_::start(
        "busybox:1.36",
        &["sh", "-c", r#"trap "echo got SIGTERM; exit 0" TERM; echo started; while true; do sleep 1; done"#],
    )
    .until(2500);
    trapped.system.signal(SimTime(2500), trapped.cell, trapped.pid, Signal::TERM);
    let trapped = trapped.until(5000);
    assert_eq!(
        (trapped.out.as_str(), trapped.exits.as_slice()),
        ("started\ngot SIGTERM\n", &[(3000, 0)][..])
    );
}

#[test]
fn the_last_command_takes_the_shells_place() {
    let done = Box_::start("busybox:1.36", &["sh", "-c", "echo hi; sleep 3600"]).until(10);
    assert_eq!(
        done.system
            .processes(done.cell, SimTime(10))
            .iter()
            .map(|process| (process.pid.0, process.command.clone()))
            .collect::<Vec<_>>(),
        [(1, "sleep 3600".to_owned())]
    );
    assert_eq!(done.system.next_wake(), Some(SimTime(3_600_000)));
}

#[test]
fn endless_things_are_bounded() {
    let spin = Box_::start("busybox:1.36", &["sh", "-c", "while true; do :; done"]).until(60_000);
    assert!(spin.exits.is_empty());
    assert!(spin.system.cpu_time(spin.cell, SimTime(60_000)) > 50_000);
    let bomb = Box_::start("busybox:1.36", &["sh", "-c", "f() { f | f & }; f; sleep 100"]).until(30);
    assert!(bomb.system.processes(bomb.cell, SimTime(30)).len() <= MAX_PROCESSES);
    let long = Box_::start("busybox:1.36", &["sh", "-c", "f() { f | f & }; f; sleep 100"]).until(20_000);
    assert!(long.system.processes(long.cell, SimTime(20_000)).len() <= MAX_PROCESSES);
    assert_eq!(sh("f() { f; }; f").2, 2);
    check("cd /tmp; echo 999999999999>f; cat f", "999999999999\n", 0);
    Box_::start("busybox:1.36", &["sh", "-c", "yes | xargs -n 1 true"]).until(5_000);
    check("x=a; for i in $(seq 40); do x=$x$x; done; echo ${#x}", "1048576\n", 0);
}

#[test]
fn moving_many_bytes_takes_time() {
    let moved = Box_::start("busybox:1.36", &["sh", "-c", "head -c 40000000 /dev/zero | wc -c"]).until(5);
    assert_eq!(moved.out, "");
    let mut moved = moved;
    moved.advance(5_000);
    assert_eq!(moved.out, "40000000\n");
    let filled =
        Box_::start("busybox:1.36", &["sh", "-c", "head -c 300M /dev/zero > /tmp/x; wc -c < /tmp/x"]);
    assert_eq!(filled.until(2_000).out, "314572800\n");
}

#[test]
fn programs_do_what_the_recordings_show() {
    check(
        "n=$(cat /s/n 2>/dev/null || echo 0); n=$((n+1)); mkdir /s; echo $n > /s/n; echo run $n; [ $n -ge 3 ]",
        "run 1\n",
        1,
    );
    check("touch /tmp/ok; (sleep 8; rm /tmp/ok) & sleep 5; ls /tmp; sleep 5; ls /tmp", "ok\n", 0);
    check("for i in $(seq 3); do sleep 1; done; date", "Mon Jan  5 09:00:03 UTC 2026\n", 0);
    check("echo b; echo a | cat - /etc/hostname", "b\na\nweb\n", 0);
    check("printf 'b 2\\na 1\\nc 3\\n' | sort | head -2 | grep -v b | wc -l", "1\n", 0);
    check("yes | head -2", "y\ny\n", 0);
    check(
        "seq 10 | tail -2; seq 3 | tac; echo a:b:c | cut -d: -f2,3; echo hello | tr a-y b-z",
        "9\n10\n3\n2\n1\nb:c\nifmmp\n",
        0,
    );
    check("echo 'a-b' | sed 's/\\(a\\)-\\(b\\)/\\2-\\1/; s/b/X/g'; seq 5 | sed -n '2,3p'", "X-a\n2\n3\n", 0);
    check("env | sort | grep -E '^(HOSTNAME|PWD|SHLVL)'", "HOSTNAME=web\nPWD=/\nSHLVL=1\n", 0);
    check("env a-b=1 c=2 sh -c env | grep -E '^(a-b|c)='", "c=2\n", 0);
    check("env a-b=1 env | grep a-b", "a-b=1\n", 0);
    check("timeout 2 sleep 10; echo $?; timeout 5 true; echo $?", "124\n0\n", 0);
    check("mkdir -p /a/b; touch /a/b/f; find /a -name f; ls /nosuch; echo $?", "/a/b/f\n1\n", 0);
    check("printf 'x y' | xargs -n 1 echo got", "got x\ngot y\n", 0);
    check(
        "echo text > /tmp/f; cp /tmp/f /tmp/g; mv /tmp/g /tmp/h; cat /tmp/h; wc -c < /tmp/h; ln -s h /tmp/l; readlink /tmp/l; rm /tmp/l; ls /tmp",
        "text\n5\nh\nf\nh\n",
        0,
    );
    assert_eq!(sh("ls /nosuch").1, "ls: /nosuch: No such file or directory\n");
    assert_eq!(sh("cat /etc/app.conf").1, "cat: can't open '/etc/app.conf': No such file or directory\n");
    assert_eq!(
        sh("wget -qO- localhost"),
        (String::new(), "wget: can't connect to remote host (127.0.0.1): Connection refused\n".to_owned(), 1)
    );
}

#[test]
fn nginx_serves_logs_and_ends_as_recorded() {
    let mut web = Box_::start("nginx:1.27", &[]).until(100);
    assert_eq!(web.out, "/docker-entrypoint.sh: Configuration complete; ready for start up\n");
    assert_eq!(
        web.err,
        "2026/01/05 09:00:00 [notice] 1#1: nginx/1.27.5\n2026/01/05 09:00:00 [notice] 1#1: start worker processes\n"
    );
    let (page, code) = web.exec(200, &["wget", "-qO-", "localhost"]);
    assert!(page.contains("<title>Welcome to nginx!</title>") && code == 0, "{page} {code}");
    let request = HttpRequest {
        method: "GET".into(),
        path: "/nope".into(),
        peer: "10.244.0.1".into(),
        ..HttpRequest::default()
    };
    let served =
        web.system.serve_http(SimTime(300), "10.244.0.2:80".parse().unwrap(), request, &mut web.volumes);
    assert!(matches!(served, Served::Response(HttpResponse { status: 404, .. })), "{served:?}");
    assert_eq!(
        web.exec(400, &["ps"]).0,
        "PID   USER     COMMAND\n    1 root     nginx -g daemon off;\n    3 root     ps\n"
    );
    assert_eq!(web.exec(500, &["kill", "1"]).1, 0);
    web.advance(600);
    assert!(
        web.out.ends_with(
            "10.244.0.1 - - [05/Jan/2026:09:00:00 +0000] \"GET /nope HTTP/1.1\" 404 153 \"-\" \"-\" \"-\"\n"
        ),
        "{}",
        web.out
    );
    assert!(
        web.notices.iter().any(|notice| matches!(notice, Notice::Exited { main: true, code: 0, .. })),
        "{:?}",
        web.notices
    );
}

#[test]
fn memory_over_the_limit_is_an_oom_kill() {
    for (rule, expected) in [(OomRule::Container, vec![137]), (OomRule::Process, vec![])] {
        let image = Catalogue::builtin().find(&Reference::parse("busybox").unwrap()).unwrap();
        let env = vec![("PATH".to_owned(), DEFAULT_PATH.to_owned())];
        let spec = CellSpec {
            root: image.root,
            env,
            memory_limit: Some(32 << 20),
            oom: rule,
            ..CellSpec::default()
        };
        let argv = ["sh", "-c", r#"echo parent; tail /dev/zero; echo "child exit code $?"; sleep 3600"#]
            .map(str::to_owned)
            .to_vec();
        let hog = Box_::with(spec, argv).until(10_000);
        assert_eq!(hog.exits.iter().map(|exit| exit.1).collect::<Vec<_>>(), expected);
        assert_eq!(hog.system.oom_kills(hog.cell), 1);
        if rule == OomRule::Process {
            assert_eq!((hog.out.as_str(), hog.err.as_str()), ("parent\nchild exit code 137\n", "Killed\n"));
        }
    }
}

#[test]
fn an_interactive_shell_takes_lines() {
    let mut desk = Box_::start("ubuntu", &["true"]);
    let spawn = Spawn { argv: vec!["bash".to_owned()], stdin: Stdin::Open, tty: true, ..Spawn::default() };
    desk.system.set_foreign(desk.cell, &["kubectl"]);
    desk.pid = desk.system.spawn(SimTime(0), desk.cell, spawn, &mut desk.volumes).unwrap();
    assert!(desk.system.make_interactive(desk.cell, desk.pid));
    assert_eq!(
        desk.system.feed_line(SimTime(0), desk.cell, desk.pid, "for i in 1 2; do"),
        LineStatus::Incomplete
    );
    assert_eq!(
        desk.system.feed_line(SimTime(0), desk.cell, desk.pid, "echo {a,b}$i; done"),
        LineStatus::Complete
    );
}
