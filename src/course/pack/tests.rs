use super::*;

fn pack(prefix: &str, files: &[(&str, &str)]) -> Pack {
    let files = files.iter().map(|(path, text)| ((*path).to_owned(), Cow::Owned(text.as_bytes().to_vec())));
    Pack { prefix: prefix.to_owned(), files: files.collect() }
}

const CHAPTER: &str = "---\ntitle: One\npart: I\n---\n## Idea\n";

#[test]
fn chapters_come_in_order_of_their_numbers() {
    let files = [("lessons/10-b.md", CHAPTER), ("lessons/02-a.md", CHAPTER), ("lessons/z.md", CHAPTER)];
    let (course, found) = load(vec![pack("", &files)]);
    assert_eq!(found, []);
    let ids: Vec<(&str, &str)> = course.chapters.iter().map(|c| (c.number.as_str(), c.id.as_str())).collect();
    assert_eq!(ids, [("02", "a"), ("10", "b"), ("", "z")]);
    assert_eq!(course.parts()[0].0, "I");
    let Block::Heading(heading) = &course.chapters[0].page().blocks[0] else { panic!() };
    assert_eq!(heading.place, Place::line(5));
}

#[test]
fn a_later_pack_replaces_by_id() {
    let other = "---\ntitle: Other\npart: I\n---\n";
    let first = pack("", &[("lessons/01-a.md", CHAPTER), ("lessons/02-b.md", CHAPTER)]);
    let second = pack("mine/", &[("lessons/05-a.md", other)]);
    let (course, found) = load(vec![first, second]);
    assert_eq!(found, []);
    let titles: Vec<&str> = course.chapters.iter().map(|c| c.front.title.as_str()).collect();
    assert_eq!(titles, ["Other", "One"], "at the place of the one before");
    assert_eq!(course.chapters[0].file.path, "mine/lessons/05-a.md");
}

#[test]
fn chapters_of_a_second_pack_follow_those_of_the_first() {
    let other = "---\ntitle: Other\npart: II\n---\n";
    let first = pack("", &[("lessons/01-a.md", CHAPTER), ("lessons/09-b.md", CHAPTER)]);
    let second = pack("mine/", &[("lessons/05-d.md", other), ("lessons/02-c.md", other)]);
    let (course, found) = load(vec![first, second]);
    assert_eq!(found, []);
    let ids: Vec<&str> = course.chapters.iter().map(|c| c.id.as_str()).collect();
    assert_eq!(ids, ["a", "b", "c", "d"]);
    let parts: Vec<(&str, usize)> = course.parts().into_iter().map(|(part, all)| (part, all.len())).collect();
    assert_eq!(parts, [("I", 2), ("II", 2)]);
}

#[test]
fn an_id_taken_twice_in_a_pack_is_complained_about() {
    let (course, found) = load(vec![pack("", &[("lessons/01-a.md", CHAPTER), ("lessons/02-a.md", CHAPTER)])]);
    assert_eq!(course.chapters.len(), 1);
    assert_eq!(
        found[0].to_string(),
        "lessons/02-a.md:1:1: error: the id is taken by lessons/01-a.md; rename one of the two"
    );
}

#[test]
fn a_chapter_of_ten_megabytes_is_refused_and_the_rest_works() {
    let big = "x".repeat(10_000_000);
    let (course, found) = load(vec![pack("", &[("lessons/01-a.md", &big), ("lessons/02-b.md", CHAPTER)])]);
    assert_eq!(found.len(), 1);
    assert!(found[0].text.contains("1 MiB"), "{}", found[0]);
    assert!(
        matches!(&course.chapters[0].page().blocks[0], Block::Problem(problem) if problem.text.contains("1 MiB"))
    );
    assert!(matches!(&course.chapters[1].page().blocks[0], Block::Heading(_)));
}

#[test]
fn a_chapter_without_front_matter_is_still_shown() {
    let (course, found) = load(vec![pack("", &[("lessons/01-the-idea.md", "Text.\n")])]);
    assert!(found[0].text.contains("no front matter"));
    assert_eq!(course.chapters[0].front.title, "the idea");
    assert_eq!(course.chapters[0].page().blocks.len(), 1);
}

#[test]
fn a_pack_for_a_newer_version_is_refused() {
    let newer = pack("new/", &[("pack.yaml", "title: x\nformat: 2\n"), ("lessons/01-a.md", CHAPTER)]);
    let (course, found) = load(vec![pack("", &[("lessons/02-b.md", CHAPTER)]), newer]);
    assert_eq!(course.chapters.len(), 1);
    assert_eq!(
        found[0].to_string(),
        "new/pack.yaml:2:9: error: the pack has format 2; this podlab reads format 1; get a newer podlab"
    );
}

#[test]
fn paths_outside_the_folders_of_a_pack_are_none_of_its_files() {
    let files =
        [("lessons/../../01-a.md", CHAPTER), ("README.md", CHAPTER), ("lessons/sub/01-a.md", CHAPTER)];
    assert!(load(vec![pack("", &files)]).0.chapters.is_empty());
}
