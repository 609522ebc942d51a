use super::*;
use crate::course::Answer;
use crate::progress::entry::{Answered, Asked};

fn at(minute: i64) -> Moment {
    Moment::new(minute * 60_000, 0)
}

fn answered(question: &str, points: f64) -> Entry {
    Entry::Answered(Answered {
        chapter: "a".into(),
        question: question.into(),
        answer: Answer::Text("日本 'x'".into()),
        points,
        of: 1,
        asked: Asked::Quiz,
        misconceptions: vec!["m".into()],
    })
}

fn never(_: &Path) -> Result<PathBuf, String> {
    panic!("a sound file is not set aside")
}

#[test]
fn what_was_saved_is_there_after_opening_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("record.db");
    let entries = [
        Entry::Opened { chapter: "a".into() },
        answered("q1", 0.5),
        Entry::Read { chapter: "a".into(), block: 3, line: 2, done: true },
        Entry::Finished { chapter: "a".into(), points: 3.5, of: 8 },
        Entry::Passed { lab: "l".into(), hints: 1 },
    ];
    let mut opened = open(&path, never);
    assert_eq!(opened.notice, None);
    for (minute, entry) in entries.iter().enumerate() {
        opened.record.save(entry, at(minute as i64)).unwrap();
    }
    opened.record.keep_setting("tutor", "{\"speed\":1}").unwrap();
    opened.record.keep_setting("tutor", "{\"speed\":5}").unwrap();
    // No orderly end: the record is forgotten, not closed.
    std::mem::forget(opened);
    let again = open(&path, never).record;
    let logged = again.entries().unwrap();
    assert_eq!(logged.iter().map(|one| one.entry.clone()).collect::<Vec<_>>(), entries);
    assert_eq!(logged[4].at, at(4));
    assert_eq!(again.entries_after(logged[3].id).unwrap().len(), 1);
    assert_eq!(again.setting("tutor").unwrap().as_deref(), Some("{\"speed\":5}"));
    assert_eq!(again.setting("other").unwrap(), None);
}

#[test]
fn two_programs_write_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("record.db");
    let (mut one, mut two) = (open(&path, never).record, open(&path, never).record);
    for minute in 0..20 {
        one.save(&answered("q1", 1.0), at(minute)).unwrap();
        two.save(&answered("q2", 0.0), at(minute)).unwrap();
    }
    assert_eq!(one.entries().unwrap().len(), 40);
    assert_eq!(one.entries().unwrap(), two.entries().unwrap());
}

#[test]
fn a_damaged_file_is_set_aside_and_a_new_one_begun() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("record.db");
    for damage in [&b"this was never a database, but it is long enough to look like one"[..], &[0xff; 5000]] {
        std::fs::write(&path, damage).unwrap();
        let aside = folder.path().join("aside.db");
        let mut opened = open(&path, |from| {
            std::fs::rename(from, &aside).map_err(|error| error.to_string())?;
            Ok(aside.clone())
        });
        assert!(opened.notice.unwrap().contains("aside.db"));
        assert_eq!(std::fs::read(&aside).unwrap(), damage);
        opened.record.save(&answered("q1", 1.0), at(0)).unwrap();
        drop(opened.record);
        assert_eq!(open(&path, never).record.entries().unwrap().len(), 1);
    }
}

#[test]
fn a_file_damaged_in_its_middle_is_noticed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("record.db");
    let mut record = open(&path, never).record;
    for minute in 0..500 {
        record.save(&answered("q1", 1.0), at(minute)).unwrap();
    }
    drop(record);
    let mut bytes = std::fs::read(&path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle..middle + 9000].fill(0xAA);
    std::fs::write(&path, bytes).unwrap();
    let opened = open(&path, |_| Err("no room".into()));
    let notice = opened.notice.unwrap();
    assert!(notice.contains("damaged") && notice.contains("no room"), "{notice}");
}

#[test]
fn where_nothing_can_be_written_the_program_works_and_says_so() {
    let mut opened = open(Path::new("/nonexistent/folder/record.db"), never);
    let notice = opened.notice.unwrap();
    assert!(notice.contains("--data-dir"), "{notice}");
    opened.record.save(&answered("q1", 1.0), at(0)).unwrap();
    assert_eq!(opened.record.entries().unwrap().len(), 1);
}

#[test]
fn a_record_of_a_newer_version_is_left_alone_but_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("record.db");
    open(&path, never).record.save(&answered("q1", 1.0), at(0)).unwrap();
    Connection::open(&path).unwrap().pragma_update(None, "user_version", 99).unwrap();
    let opened = open(&path, never);
    assert!(opened.notice.unwrap().contains("newer podlab"));
    assert_eq!(opened.record.entries().unwrap().len(), 1);
    let version: i64 =
        Connection::open(&path).unwrap().query_row("PRAGMA user_version", [], |r| r.get(0)).unwrap();
    assert_eq!(version, 99);
}

#[test]
fn entries_are_never_changed_and_unknown_ones_are_kept() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("record.db");
    let mut record = open(&path, never).record;
    record.save(&answered("q1", 1.0), at(0)).unwrap();
    let db = Connection::open(&path).unwrap();
    assert!(db.execute("UPDATE log SET at = 0", []).is_err());
    db.execute(INSERT, params![0, 0, "danced", "a", "{\"danced\":{}}"]).unwrap();
    assert_eq!(record.entries().unwrap().len(), 1);
    let rows: i64 = db.query_row("SELECT count(*) FROM log", [], |row| row.get(0)).unwrap();
    assert_eq!(rows, 2);
}

#[test]
fn a_reset_forgets_all_or_one_chapter() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("record.db");
    for mut record in [Record::in_memory(), open(&path, never).record] {
        record.save(&answered("q1", 1.0), at(0)).unwrap();
        record.save(&Entry::Opened { chapter: "b".into() }, at(0)).unwrap();
        record.keep_setting("a", "b").unwrap();
        assert_eq!(record.reset(Some("a")).unwrap(), 1);
        assert_eq!(record.entries().unwrap().len(), 1);
        assert_eq!(record.reset(None).unwrap(), 1);
        assert_eq!(record.setting("a").unwrap().as_deref(), Some("b"));
    }
}
