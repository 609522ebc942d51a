use super::*;
use crate::course::block::{Link, Target};
use proptest::prelude::*;

fn read(text: &str) -> Page {
    page(Source { text, path: "lessons/01-x.md", line: 1, offset: 0, within: Within::Chapter })
}

fn clean(text: &str) -> Vec<Block> {
    let page = read(text);
    assert_eq!(page.problems, []);
    page.blocks
}

fn problems(text: &str) -> Vec<String> {
    read(text).problems.iter().map(ToString::to_string).collect()
}

fn text(text: &str) -> Inline {
    Inline::Text(text.to_owned())
}

#[test]
fn running_text_keeps_its_marks() {
    let blocks = clean("a *b* **c** ~~d~~ `e`\nf  \ng <br> h\n");
    let expected = vec![
        text("a "),
        Inline::Emphasis(vec![text("b")]),
        text(" "),
        Inline::Strong(vec![text("c")]),
        text(" "),
        Inline::Strike(vec![text("d")]),
        text(" "),
        Inline::Code("e".into()),
        Inline::SoftBreak,
        text("f"),
        Inline::HardBreak,
        text("g <br> h"),
    ];
    assert_eq!(blocks, [Block::Paragraph(expected)]);
}

#[test]
fn headings_get_the_ids_links_use() {
    let blocks = clean("## Where it *bites*\n\n## Where it bites\n\n### `OOMKilled`: 137?\n");
    let ids: Vec<&str> = blocks
        .iter()
        .map(|block| if let Block::Heading(heading) = block { heading.id.as_str() } else { "" })
        .collect();
    assert_eq!(ids, ["where-it-bites", "where-it-bites-1", "oomkilled-137"]);
}

#[test]
fn links_lead_to_chapters_headings_or_the_web() {
    let page =
        read("[a](09-crash.md) [b](../lessons/10-x.md#it) [c](#top) <https://k8s.io> [d](file:///etc/x)\n");
    let Block::Paragraph(inlines) = &page.blocks[0] else { panic!() };
    let targets: Vec<&Target> = inlines
        .iter()
        .filter_map(|i| if let Inline::Link(Link { target, .. }) = i { Some(target) } else { None })
        .collect();
    assert_eq!(
        targets,
        [
            &Target::Chapter { id: "crash".into(), heading: None },
            &Target::Chapter { id: "x".into(), heading: Some("it".into()) },
            &Target::Heading("top".into()),
            &Target::Web("https://k8s.io".into()),
            &Target::Nowhere("file:///etc/x".into()),
        ]
    );
    assert!(page.problems[0].text.contains("leads nowhere"));
    assert_eq!((page.problems[0].line, page.problems[0].column), (1, 72));
}

#[test]
fn lists_nest_and_tasks_are_ticked() {
    let blocks = clean("3. a\n   - b\n     - c\n4. d\n\n- [x] e\n- [ ] f\n");
    let Block::List(outer) = &blocks[0] else { panic!() };
    assert_eq!((outer.start, outer.items.len()), (Some(3), 2));
    let Block::List(inner) = &outer.items[0].blocks[1] else { panic!("{outer:?}") };
    assert_eq!(inner.items[0].blocks.len(), 2);
    let Block::List(tasks) = &blocks[1] else { panic!() };
    assert_eq!(tasks.items.iter().map(|item| item.done).collect::<Vec<_>>(), [Some(true), Some(false)]);
    let Block::List(loose) = &clean("- [x] a\n\n  b\n\n- c\n")[0] else { panic!() };
    assert_eq!(loose.items.iter().map(|item| item.done).collect::<Vec<_>>(), [Some(true), None]);
}

#[test]
fn tables_have_as_many_cells_as_columns() {
    let blocks = clean("| a | b | c |\n|:--|:-:|--:|\n| `1` | **2** |\n| 日本 | x | y | z |\n");
    let Block::Table(table) = &blocks[0] else { panic!() };
    assert_eq!(table.align, [Align::Left, Align::Center, Align::Right]);
    assert_eq!(table.rows.len(), 2);
    assert!(table.rows.iter().all(|row| row.len() == 3));
    assert_eq!(plain(&table.rows[1][0]), "日本");
}

#[test]
fn callouts_quotes_rules_and_html() {
    let blocks =
        clean("> [!WARNING]\n> Care.\n\n> just so\n\n---\n\n<div>\n<b>x</b>\n</div>\n\n<!-- hidden -->\n");
    assert!(matches!(&blocks[0], Block::Callout(Callout::Warning, inner) if inner.len() == 1));
    assert!(matches!(&blocks[1], Block::Quote(inner) if inner.len() == 1));
    assert_eq!(blocks[2], Block::Rule);
    let Block::Paragraph(html) = &blocks[3] else { panic!() };
    assert_eq!(html[0], text("<div>"));
    assert_eq!(blocks.len(), 4);
}

#[test]
fn footnotes_are_numbered_as_they_are_met() {
    let page = read("One[^b] two[^a] three[^b].\n\n[^a]: first\n\n[^b]: second\n");
    assert_eq!(page.problems, []);
    let notes: Vec<(usize, String)> =
        page.footnotes.iter().map(|n| (n.number, crate::course::block::plain_blocks(&n.blocks))).collect();
    assert_eq!(notes, [(1, "second\n".to_owned()), (2, "first\n".to_owned())]);
    assert_eq!(
        problems("x\n\n[^a]: lonely\n"),
        ["lessons/01-x.md:3:1: warning: footnote 'a' is never referred to"]
    );
}

#[test]
fn code_knows_its_name_its_markers_and_their_notes() {
    let blocks =
        clean("```yaml name=a/crash.yaml\na: 1 # (1)\nb: 2\nc: 3   #(2)\n```\n\n1. one\n2. two\n\nafter\n");
    let Block::Code(code) = &blocks[0] else { panic!() };
    assert_eq!(code.name.as_deref(), Some("a/crash.yaml"));
    assert_eq!(code.place, Some(Place::line(2)));
    assert_eq!(
        code.markers.iter().map(|m| (m.line, m.at, m.number)).collect::<Vec<_>>(),
        [(0, 5, 1), (2, 7, 2)]
    );
    assert_eq!(code.notes.len(), 2);
    assert_eq!(blocks.len(), 2);
    assert_eq!(
        problems("```yaml name=../x nam=y\na: 1 # (1)\n```\n\n1. one\n2. two\n"),
        [
            "lessons/01-x.md:1:1: error: '../x' is not a file name: letters, digits, '-', '_', '.' and '/'; \
             name a file inside the learner's folder",
            "lessons/01-x.md:1:1: error: a code block has no 'nam='; did you mean 'name'?",
            "lessons/01-x.md:2:1: warning: note 2 belongs to no marker of the block above; write '# (2)' at the end \
             of a line",
        ]
    );
    assert!(problems("```yaml\na: 1 # (1)\n```\n")[0].contains(":2:6: error: marker (1) has no note"));
}

#[test]
fn fenced_blocks_with_meaning_become_blocks_of_their_own() {
    let source = "x\n\n```console continue\n$ kubectl get pods\nNAME\n```\n\n```diagram pod=a.yaml\n```\n```quiz\n```\n\
                  ```quiz q1\n```\n```predict q2\n```\n```lab crash\n```\n```diagram\n```\n```console\nlost\n```\n";
    let page = read(source);
    let Block::Console(console) = &page.blocks[1] else { panic!() };
    assert!(console.continues);
    assert_eq!(console.transcript.steps[0].expected, ["NAME"]);
    assert_eq!(console.transcript.steps[0].place, Place::line(4));
    assert_eq!(&source[console.bytes.clone().unwrap()], console.text);
    assert!(
        matches!(&page.blocks[2], Block::Diagram(at) if at.file.id == "a.yaml" && at.file.place == Place::line(8))
    );
    assert!(matches!(&page.blocks[3], Block::Quiz(_)));
    assert!(matches!(&page.blocks[4], Block::Question(at) if at.id == "q1"));
    assert!(matches!(&page.blocks[5], Block::Predict(at) if at.id == "q2"));
    assert!(matches!(&page.blocks[6], Block::Lab(at) if at.id == "crash"));
    assert!(matches!(&page.blocks[7], Block::Problem(_)));
    let lines: Vec<usize> = page.problems.iter().map(|problem| problem.line).collect();
    assert_eq!(lines, [18, 21]);
}

#[test]
fn nothing_a_terminal_would_obey_gets_through() {
    let page = read("a&#27;[31m `b\u{9b}` [c](https://x/\u{202e}) \n\n```yaml\nd\u{7}\n```\n");
    let shown = format!("{page:?}");
    assert!(!shown.contains("\\u{1b}") && shown.contains('␛'), "{shown}");
    assert!(!page.walk().iter().any(|block| {
        let text = crate::course::block::plain_blocks(std::slice::from_ref(block));
        text.chars().any(crate::course::text::is_hostile)
    }));
}

#[test]
fn nesting_a_hundred_deep_is_flattened() {
    let deep = format!("{}x\n", ">".repeat(100));
    let list: String = (0..100).map(|n| "  ".repeat(n) + "- x\n").collect();
    let stress = format!("{}a{}", "*a _b ".repeat(100), "_ *".repeat(100));
    for source in [deep, list, stress] {
        let page = read(&source);
        assert!(crate::course::block::plain_blocks(&page.blocks).contains('x') || source.starts_with("*a"));
    }
}

proptest! {
    #[test]
    fn any_text_is_read(source in "(?s)([-*>#|`~\\[\\]()_!:^0-9. \n\tab<&;=]{0,200}|.{0,100})") {
        let page = read(&source);
        page.walk();
        page.files();
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        if let Ok(text) = crate::course::text::decode(&bytes) {
            read(&text);
        }
    }
}
