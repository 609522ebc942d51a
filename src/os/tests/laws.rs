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
];

fn script() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(PIECES);
    let joint = prop::sample::select(&["; ", "\n", " && ", " || ", " | ", " & "][..]);
    prop::collection::vec((piece, joint), 1..7)
        .prop_map(|parts| parts.iter().flat_map(|(piece, joint)| [*piece, *joint]).collect())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

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
