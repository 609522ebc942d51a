//! What holds for any script.

use proptest::prelude::*;

use super::*;

/// Pieces of scripts, whole and broken.
const PIECES: &[&str] = &[
    "echo a",
    "sleep 1",
    "sleep 0.3",
    "false",
    "x=$((x+1))",
    "echo $x",
    "(sleep 2; echo b) &",
    "wait",
    "cat",
    "ls / | head -2",
    "while true; do sleep 1; done",
    "for i in 1 2 3; do echo $i; done",
    "exit 3",
    "kill $$",
    "trap 'echo t' TERM",
    "echo x > /tmp/f",
    "cat /tmp/f",
    "f() { f | f & }; f",
    "yes",
    "yes | head -1",
    "while :; do :; done",
    "seq 9 | awk '{s+=$1} END {print s}'",
    "if true; then",
    "fi",
    "done",
    "$(",
    "'",
    "{",
    "read y",
    "echo ${x:-1}",
    "expr 1 + x",
    "timeout 1 sleep 5",
    "find /tmp -exec echo {} \\;",
    "set -e",
    "tail -f /tmp/f /etc/passwd",
    "tail -F /tmp/later",
    "echo more >> /tmp/f",
    "nc -l -p 80 &",
    "nc localhost 80",
    "httpd -p 8080",
    "wget -qO- localhost:8080",
    "ps -o pid,comm",
    "top -bn1",
    "netstat -tlnp",
    "ip route",
    "md5sum /etc/passwd",
    "diff /etc/passwd /etc/group",
    "seq 5 | xargs -n 2 echo",
    "cat <<E\nx $x\nE",
    "case $x in a*) echo y;; *) echo z;; esac",
    "printf '%5d|%s\\n' 3 a",
    "echo $((1/0))",
    "sed 's/\\(a\\)/[\\1]/g' /etc/passwd",
    "dd if=/dev/zero of=/tmp/z bs=1M count=3",
    "head -c 100 /dev/urandom | wc -c",
    "exec 3>/tmp/f",
    "sh -c 'echo $0 $1' a b",
    "eval \"$x\"",
    "mount",
    "kill -9 $!",
    "tail /dev/zero",
    "cp -r / /tmp/all",
    "date +%s",
    "sort -u /etc/passwd | uniq -c",
    "awk 'BEGIN { while (1) print 1 }'",
    "echo ${x#*/} ${x%%a} ${#x}",
    "ls -laR / | tail -1",
];

/// What a mutation puts into a script.
const NOISE: &[&str] = &[
    "'",
    "\"",
    "`",
    "$(",
    ")",
    "${",
    "}",
    "((",
    "))",
    "|",
    "&",
    ";",
    "<",
    ">",
    "<<",
    "\\",
    "\n",
    "*",
    "[",
    "]",
    "!",
    "#",
    "~",
    "\u{0}",
    "é",
    "-",
    " ",
    "=",
    "999999999999",
];

/// As many cases as `PROPTEST_CASES` says, or few.
fn config() -> ProptestConfig {
    let asked = ProptestConfig { failure_persistence: None, ..ProptestConfig::default() };
    let cases = if asked.cases == 256 { 48 } else { asked.cases };
    ProptestConfig { cases, ..asked }
}

/// A script with some of its bytes cut out, doubled or replaced.
fn mutated() -> impl Strategy<Value = String> {
    let change = (any::<prop::sample::Index>(), 0_usize..12, prop::sample::select(NOISE));
    (script(), prop::collection::vec(change, 1..5)).prop_map(|(script, changes)| {
        let mut letters: Vec<char> = script.chars().collect();
        for (place, length, noise) in changes {
            let at = place.index(letters.len() + 1);
            let end = (at + length).min(letters.len());
            letters.splice(at..end, noise.chars());
        }
        letters.into_iter().collect()
    })
}

fn script() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(PIECES);
    let joint = prop::sample::select(&["; ", "\n", " && ", " || ", " | ", " & "][..]);
    prop::collection::vec((piece, joint), 1..7)
        .prop_map(|parts| parts.iter().flat_map(|(piece, joint)| [*piece, *joint]).collect())
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn scripts_with_mistakes_leave_the_system_bounded(script in mutated(), bash in any::<bool>()) {
        let (image, shell) = if bash { ("debian:12", "bash") } else { ("busybox:1.36", "sh") };
        let done = Box_::start(image, &[shell, "-c", &script]).until(20_000);
        prop_assert!(done.system.procs.len() <= MAX_PROCESSES, "{} processes", done.system.procs.len());
        prop_assert!(done.system.pipes.len() <= 4 * MAX_PROCESSES, "{} pipes", done.system.pipes.len());
        prop_assert!(done.system.disk_usage(done.cell) <= 4 << 30);
        prop_assert!(done.out.len() + done.err.len() <= 64 << 20);
    }

    #[test]
    fn any_script_leaves_the_system_bounded(script in script()) {
        let done = Box_::start("busybox:1.36", &["sh", "-c", &script]).until(20_000);
        prop_assert!(done.system.procs.len() <= MAX_PROCESSES, "{} processes", done.system.procs.len());
        prop_assert!(done.out.len() + done.err.len() <= 64 << 20);
    }

    #[test]
    fn time_in_pieces_gives_the_same_output_as_time_at_once(script in script(), step in 70u64..2_500) {
        prop_assume!(!script.contains("yes") && !script.contains("f | f") && !script.contains(":; do :"));
        let whole = Box_::start("busybox:1.36", &["sh", "-c", &script]).until(10_000);
        let mut parts = Box_::start("busybox:1.36", &["sh", "-c", &script]);
        for now in (0..10_000).step_by(step as usize) {
            parts.advance(now);
        }
        parts.advance(10_000);
        prop_assert_eq!((whole.out, whole.err, whole.exits), (parts.out, parts.err, parts.exits));
    }
}
