use super::*;
use proptest::prelude::*;

fn tones(language: &str, text: &str) -> Vec<(Tone, String)> {
    let lines = highlight(language, text);
    lines
        .into_iter()
        .flatten()
        .filter(|span| !span.text.trim().is_empty())
        .map(|s| (s.tone, s.text))
        .collect()
}

fn tone_of(language: &str, text: &str, part: &str) -> Tone {
    let spans = tones(language, text);
    let found = spans.iter().find(|(_, text)| text.contains(part));
    found.unwrap_or_else(|| panic!("no '{part}' in {spans:?}")).0
}

const YAML: &str =
    "apiVersion: v1 # (1)\nspec:\n- name: \"web\"\n  replicas: 3\n  on: true\n  args: [a, 'b']\n";

#[test]
fn yaml_has_keys_text_numbers_and_remarks() {
    assert_eq!(tone_of("yaml", YAML, "apiVersion"), Tone::Key);
    assert_eq!(tone_of("yaml", YAML, "# (1)"), Tone::Comment);
    assert_eq!(tone_of("yaml", YAML, "v1"), Tone::Text);
    assert_eq!(tone_of("yaml", YAML, "web"), Tone::Text);
    assert_eq!(tone_of("yaml", YAML, "3"), Tone::Number);
    assert_eq!(tone_of("yaml", YAML, "true"), Tone::Constant);
    assert_eq!(tone_of("yaml", YAML, "-"), Tone::Punctuation);
    assert_eq!(tone_of("yml", YAML, "replicas"), Tone::Key);
}

#[test]
fn shell_and_json_are_known_and_other_languages_are_plain() {
    assert_eq!(tone_of("sh", "echo \"x\" # y\n", "# y"), Tone::Comment);
    assert_eq!(tone_of("json", "{\"a\": 12}\n", "12"), Tone::Number);
    assert_eq!(tones("klingon", "a: 1\n"), [(Tone::Plain, "a: 1".to_owned())]);
}

#[test]
fn a_transcript_shows_what_was_typed_and_what_was_printed() {
    let text = "$ kubectl get pods -w | grep 'a b'\nNAME  <any>s\n...\n> more\n";
    assert_eq!(tone_of("console", text, "$ "), Tone::Prompt);
    assert_eq!(tone_of("console", text, "kubectl"), Tone::Command);
    assert_eq!(tone_of("console", text, "grep"), Tone::Command);
    assert_eq!(tone_of("console", text, "-w"), Tone::Flag);
    assert_eq!(tone_of("console", text, "b'"), Tone::Text);
    assert_eq!(tone_of("console", text, "NAME"), Tone::Output);
    assert_eq!(tone_of("console", text, "<any>"), Tone::Placeholder);
    assert_eq!(tone_of("console", text, "..."), Tone::Placeholder);
}

proptest! {
    #[test]
    fn the_pieces_are_the_lines(text in "(?s)([-a-z:\"'#|>&*!\\[\\]{} $\n日]{0,120}|.{0,60})") {
        for language in ["yaml", "console", "sh", "json", ""] {
            let lines: Vec<String> = highlight(language, &text)
                .iter()
                .map(|spans| spans.iter().map(|span| span.text.as_str()).collect())
                .collect();
            prop_assert_eq!(lines, text.lines().collect::<Vec<_>>());
        }
    }
}
