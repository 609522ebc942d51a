use super::*;

fn read(text: &str) -> Transcript {
    let mut report = Report::new("t");
    let transcript = parse(text, Place::START, &mut report);
    assert!(report.found().is_empty(), "{:?}", report.found());
    transcript
}

fn compare(expected: &str, printed: &str) -> Result<(), Difference> {
    read(&format!("$ x\n{expected}")).steps[0].compare(printed)
}

#[test]
fn commands_continue_and_output_belongs_to_the_command_above() {
    let transcript = read("$ cat <<EOF\n> a\n>\n> EOF\na\n\n$ sleep 15\n$ kubectl get pods\nNAME\nweb\n");
    let commands: Vec<&str> = transcript.steps.iter().map(|step| step.command.as_str()).collect();
    assert_eq!(commands, ["cat <<EOF\na\n\nEOF", "sleep 15", "kubectl get pods"]);
    assert_eq!(transcript.steps[0].expected, ["a"]);
    assert_eq!(transcript.steps[2].expected, ["NAME", "web"]);
    assert_eq!(transcript.steps[2].lines, 8..10);
    assert_eq!(transcript.steps[2].place, Place::line(8));
}

#[test]
fn output_before_the_first_command_is_complained_about() {
    let mut report = Report::new("t");
    parse("\nlost\n$ x\n", Place { line: 5, column: 3 }, &mut report);
    assert_eq!(report.found()[0].line, 6);
}

#[test]
fn wildcards_stand_for_any_lines_and_any_text() {
    assert_eq!(compare("NAME   AGE\nweb    <any>s\n", "NAME   AGE\nweb    15s\n"), Ok(()));
    assert_eq!(compare("a\n...\nz\n", "a\nz\n"), Ok(()));
    assert_eq!(compare("a\n...\nz\n", "a\nz\ny\nz\n"), Ok(()));
    assert_eq!(compare("...\n", ""), Ok(()));
    assert_eq!(compare("a <any> b <any>\n", "a 1 b 2  "), Ok(()));
    assert_eq!(compare("", ""), Ok(()));
}

#[test]
fn the_first_line_that_differs_is_named() {
    let difference = compare("a\nb\nc\n", "a\nx\nc\n").unwrap_err();
    assert_eq!(difference.line, 2);
    assert_eq!(difference.to_string(), "expected 'b', got 'x'");
    assert_eq!(compare("a\n", "").unwrap_err().to_string(), "expected 'a', but the output ends");
    assert_eq!(compare("", "b\n").unwrap_err().to_string(), "expected the output to end, got 'b'");
    assert!(compare("a\n...\nz\n", "a\nb\n").is_err());
    assert!(compare("x<any>x\n", "x\n").is_err());
}

#[test]
fn blessing_keeps_the_patterns_that_still_hold() {
    let text = "$ a\nweb  <any>\nold\n$ b\nhead\n...\ntail\n$ c\nfine\n";
    let transcript = read(text);
    let printed =
        [(0, "web  5s\nnew\n".to_owned()), (1, "HEAD\nx\ny\ntail\n".to_owned()), (2, "fine\n".into())];
    let blessed = bless(text, &transcript, &printed);
    assert_eq!(blessed, "$ a\nweb  <any>\nnew\n$ b\nHEAD\n...\ntail\n$ c\nfine\n");
}

#[test]
fn a_transcript_blessed_with_what_was_printed_matches_it() {
    let text = "$ a\n...\nx\n...\n$ b\n";
    let printed = "1\n2\n";
    let after = bless(text, &read(text), &[(0, printed.into()), (1, "z".into())]);
    let transcript = read(&after);
    assert_eq!(transcript.steps[0].compare(printed), Ok(()));
    assert_eq!(transcript.steps[1].compare("z"), Ok(()));
}

#[test]
fn what_is_left_open_keeps_the_columns_of_a_table_in_their_places() {
    let text = "$ kubectl get pods\nNAME      READY   STATUS    RESTARTS     AGE\n\
                strange   2/2     Running   1 (<any> ago)   7s\nweb-<any>   1/1     Running   0          <any>\n\
                $ kubectl describe pod x\n  Warning  Failed <any> spec: no\n";
    assert_eq!(
        shown(text),
        "$ kubectl get pods\nNAME      READY   STATUS    RESTARTS     AGE\n\
         strange   2/2     Running   1 (… ago)    7s\nweb-…     1/1     Running   0            …\n\
         $ kubectl describe pod x\n  Warning  Failed … spec: no\n"
    );
    assert_eq!(shown("$ echo"), "$ echo");
    assert_eq!(shown("a <any>"), "a …");
}
