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
fn watch_repeats_in_simulated_time() {
    let done = Box_::start("busybox:1.36", &["watch", "-n", "5", "date +%s"]).until(11_000);
    assert_eq!(done.out.matches("Every 5.0s: date +%s").count(), 3, "{}", done.out);
}
