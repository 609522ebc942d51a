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
    let spin = Box_::start("busybox:1.36", &["sh", "-c", "while true; do :; done"]).until(600_000);
    assert!(spin.exits.is_empty());
    assert!(spin.system.cpu_time(spin.cell, SimTime(600_000)) > 500_000);
    let bomb = Box_::start("busybox:1.36", &["sh", "-c", "f() { f | f & }; f; sleep 100"]).until(5000);
    assert!(bomb.system.processes(bomb.cell, SimTime(5000)).len() <= MAX_PROCESSES);
    assert_eq!(sh("f() { f; }; f").2, 2);
}
