use super::*;
use proptest::prelude::*;

const POD: &str = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: x1\nspec:\n  containers:\n  - name: app\n    image: nginx:1.27\n";

fn complaint(text: &str) -> Complaint {
    let first = parse(text, "STDIN").into_iter().next().expect("a document");
    match first {
        Err(complaint) => complaint,
        Ok(document) => document.object(Validation::Strict).expect_err("refused"),
    }
}

#[test]
fn a_plain_pod_is_read() {
    let all = parse(POD, "STDIN");
    assert_eq!(all.len(), 1);
    let (object, warnings) = all[0].as_ref().expect("fine").object(Validation::Strict).expect("fine");
    assert_eq!(object.key().name.as_ref(), "x1");
    assert!(warnings.is_empty());
}

#[test]
fn a_fault_of_a_field_is_shown_at_its_place() {
    let slip = complaint(&format!("# one\n---\n{POD}    comand: [a]\n"));
    assert_eq!(
        slip.text,
        "Pod in version \"v1\" cannot be handled as a Pod: strict decoding error: unknown field \"spec.containers[0].comand\""
    );
    assert_eq!(slip.place, Some(Place { line: 11, column: 5 }));
    assert_eq!(slip.suggestion.as_deref(), Some("command"));
    let level = complaint(&format!("{POD}  image: nginx\n"));
    assert_eq!(level.suggestion.as_deref(), Some("containers[].image"));
    let level = complaint(&format!("{POD}    restartpolicy: x\n    nodeName: y\n"));
    assert_eq!(level.place, Some(Place { line: 10, column: 5 }));
    assert_eq!(level.suggestion.as_deref(), Some("spec.nodeName"));
}

#[test]
fn what_an_object_is_must_be_said() {
    for (from, to, text) in [
        (
            "apiVersion: v1\n",
            "",
            "error validating \"STDIN\": error validating data: apiVersion not set; if you choose to ignore these errors, turn validation off with --validate=false",
        ),
        (
            "apiVersion: v1",
            "apiVersion: 1",
            "error validating \"STDIN\": error validating data: apiVersion isn't string type; if you choose to ignore these errors, turn validation off with --validate=false",
        ),
        (
            "kind: Pod",
            "kind: pod",
            "pod in version \"v1\" cannot be handled as a Pod: no kind \"pod\" is registered for version \"v1\" in scheme \"pkg/api/legacyscheme/scheme.go:30\"",
        ),
        (
            "kind: Pod",
            "kind: Pdo",
            "resource mapping not found for name: \"x1\" namespace: \"\" from \"STDIN\": no matches for kind \"Pdo\" in version \"v1\"\nensure CRDs are installed first",
        ),
        (
            "name: x1",
            "name: 5",
            "unable to decode \"STDIN\": json: cannot unmarshal number into Go struct field ObjectMeta.metadata.name of type string",
        ),
        (
            "metadata:\n  name: x1",
            "metadata:\n  name:x1",
            "unable to decode \"STDIN\": json: cannot unmarshal string into Go struct field metadataOnlyObject.metadata of type v1.ObjectMeta",
        ),
    ] {
        assert_eq!(complaint(&POD.replace(from, to)).text, text);
    }
    assert!(complaint("- a\n").text.contains("invalid object to validate"));
    assert_eq!(
        complaint(&POD.replace("Pod", "Deployment")).suggestion.as_deref(),
        Some("apiVersion: apps/v1")
    );
}

#[test]
fn documents_lists_and_json_are_taken_apart() {
    let count = |text: &str| parse(text, "f").iter().filter(|d| d.is_ok()).count();
    assert_eq!(count(&format!("---\n{POD}---\n# nothing\n---\n{POD}")), 2);
    assert_eq!(count("# nothing\n"), 0);
    let json = r#"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"a"}}"#;
    assert_eq!(count(&format!("{json}\n{json}")), 2);
    assert_eq!(count(&format!("{json}\n---\n{POD}")), 2);
    assert_eq!(count(r#"{"apiVersion":"v1","kind":"Pod",}"#), 1);
    assert_eq!(
        count(
            "apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: Pod}\n- {apiVersion: v1, kind: Service}\n"
        ),
        2
    );
    assert_eq!(count("apiVersion: v1\nkind: PodList\nitems:\n- {metadata: {name: a}}\n"), 1);
    assert_eq!(complaint("{").text, "error parsing STDIN: unexpected EOF");
    assert_eq!(
        complaint("%YAML 1.2\n---\na: b\n").text,
        "error parsing STDIN: error converting YAML to JSON: yaml: found incompatible YAML document"
    );
    let two = parse(&format!("{POD}---\nkind: Pod\n foo: bar\n"), "STDIN");
    let last = two[1].as_ref().expect_err("a fault");
    assert_eq!(
        last.text,
        "error parsing STDIN: error converting YAML to JSON: yaml: line 2: mapping values are not allowed in this context"
    );
    assert_eq!(last.place.map(|p| p.line), Some(11));
}

#[test]
fn unknown_fields_may_be_warned_of_or_ignored() {
    let text = format!("{POD}  foo: bar\n");
    let document = parse(&text, "f").remove(0).expect("fine");
    let warnings = document.object(Validation::Warn).expect("accepted").1;
    assert_eq!(warnings, ["unknown field \"spec.foo\""]);
    assert!(document.object(Validation::Ignore).expect("accepted").1.is_empty());
}

#[test]
fn other_encodings_are_read_or_refused() {
    let wide: Vec<u8> =
        [0xff, 0xfe].into_iter().chain(POD.encode_utf16().flat_map(u16::to_le_bytes)).collect();
    assert!(parse_bytes(&wide, "f")[0].is_ok());
    assert!(parse(&format!("\u{feff}{POD}"), "f")[0].is_ok());
    assert!(parse_bytes(b"a: \xff\n", "f")[0].is_err());
}

#[test]
fn large_and_deep_files_are_refused_in_bounded_time() {
    let deep = (0..5000).map(|i| " ".repeat(i) + "a:").collect::<Vec<_>>().join("\n");
    for text in [
        "[".repeat(100_000),
        "{".repeat(100_000),
        "- ".repeat(50_000),
        "? ".repeat(50_000),
        "a: ".repeat(10_000),
        format!("a: {}", "[".repeat(10_000) + &"]".repeat(10_000)),
        deep,
        "x".repeat(MAX_BYTES + 1),
        format!("a: \"{}", "x\n".repeat(100_000)),
        "a: &a [*a]".into(),
        "a: &a {<<: *a}".into(),
    ] {
        let all = parse(&text, "f");
        assert!(all.iter().all(Result::is_err), "{}…", &text[..20.min(text.len())]);
    }
}

proptest! {
    #[test]
    fn no_bytes_make_the_reader_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        for document in parse_bytes(&bytes, "f").into_iter().flatten() {
            let _ = document.object(Validation::Strict);
        }
    }

    #[test]
    fn no_yamlish_text_makes_the_reader_panic(text in "([a-c{}\\[\\]:,\\-&*!|>'\"%@` \t\n#?<0-9.~]|: |- |kind: Pod\n|apiVersion: v1\n|---\n|&a |\\*a){0,60}") {
        for document in parse(&text, "f").into_iter().flatten() {
            let _ = document.object(Validation::Strict);
        }
    }
}
