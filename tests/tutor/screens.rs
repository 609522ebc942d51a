//! Screens as text, at the reference size, wide, and tiny; and what keys do, read off the screen.

use crate::rig::Rig;
use podlab::app::{Effect, ThemeName};
use podlab::progress::Entry;

#[test]
fn the_map_greets_a_newcomer() {
    golden!("map_80x24", Rig::new(80, 24).screen());
}

#[test]
fn a_chapter_on_a_narrow_screen() {
    golden!("chapter_80x24", Rig::new(80, 24).press("Enter").screen());
}

#[test]
fn a_chapter_scrolled_to_its_end() {
    golden!("chapter_end_80x24", Rig::new(80, 24).press("Enter G").screen());
}

#[test]
fn the_middle_of_a_chapter_with_its_table_and_lists() {
    golden!("chapter_table_80x40", Rig::new(80, 40).press("Enter ]").screen());
}

#[test]
fn a_chapter_with_its_panes_on_a_wide_screen() {
    golden!("chapter_120x40", Rig::new(120, 40).press("Enter").screen());
}

#[test]
fn every_pane_shows_its_side_of_a_running_pod() {
    let on = |tabs: &str| Rig::new(80, 24).press("Enter a").wait(12).press(tabs).screen();
    let watch = on("Tab");
    assert!(watch.contains("NAME   READY   STATUS") && watch.contains("nap    1/1     Running"), "{watch}");
    let xray = on("Tab Tab");
    for part in ["x-ray: nap", "main  app   running, ready", "██", "node  worker-1 Ready", "not running"]
    {
        assert!(xray.contains(part), "{part}:\n{xray}");
    }
    let shell = on("Tab Tab Tab");
    assert!(shell.contains("$ kubectl apply -f nap.yaml") && shell.contains("pod/nap created"), "{shell}");
}

#[test]
fn help_lists_the_keys_of_the_place() {
    golden!("help_80x24", Rig::new(80, 24).press("Enter ?").screen());
}

#[test]
fn the_palette_finds_by_letters() {
    golden!("palette_80x24", Rig::new(80, 24).press(":").text("theme").screen());
}

#[test]
fn search_finds_words_in_all_chapters() {
    let rig = Rig::new(80, 24).press("/").text("kubelet");
    golden!("search_80x24", rig.screen());
    let rig = rig.press("Enter");
    assert!(rig.screen().contains("02 The second chapter"), "{}", rig.screen());
}

#[test]
fn settings_and_scores() {
    golden!("settings_80x24", Rig::new(80, 24).press("o").screen());
    golden!("scores_80x24", Rig::new(80, 24).press("s").screen());
}

#[test]
fn a_choice_before_and_after_the_answer() {
    let rig = Rig::new(80, 24).press("t").text("Running").press("Enter Enter Enter");
    golden!("choose_80x24", rig.screen());
    golden!("chosen_80x24", rig.press("2 Enter").screen());
}

#[test]
fn a_quiz_is_answered_kind_by_kind_and_every_answer_is_kept_before_the_next_question() {
    let mut rig = Rig::new(80, 24).press("t").text("Running").press("Enter Enter");
    assert!(rig.screen().contains("Right."), "{}", rig.screen());
    rig = rig.press("Enter");
    rig = answer(rig, "One or more", "Enter");
    rig = mark(rig, &["The IP address", "Volumes"]);
    rig = rig.press("Enter Enter ↓ Enter Enter").text("pending").press("Enter Enter");
    golden!("order_80x24", rig.screen());
    rig = sort(rig, &["scheduled", "pulled", "started"]).press("Enter Enter");
    assert!(rig.find("- SIGKILL").is_some() && rig.find("- SIGTERM").is_some(), "{}", rig.screen());
    rig = pair(rig);
    assert!(rig.find("✓ SIGKILL").is_some(), "{}", rig.screen());
    rig = rig.press("Enter");
    assert!(rig.find("right  143 → SIGTERM").is_some(), "{}", rig.screen());
    rig = rig.press("Enter ↓ Enter");
    golden!("last_answer_80x24", rig.screen());
    rig = rig.press("Enter");
    golden!("score_80x24", rig.screen());
    let kept = rig.effects.iter().filter(|e| matches!(e, Effect::Record(Entry::Answered(_)))).count();
    assert_eq!(kept, 8);
    let finished = |e: &Effect| matches!(e, Effect::Record(Entry::Finished { points, of: 8, .. }) if (points - 8.0).abs() < f64::EPSILON);
    assert!(rig.effects.iter().any(finished), "{:?}", rig.effects.last());
}

/// Goes down to the row that holds `text`, then presses `keys`.
fn answer(rig: Rig, text: &str, keys: &str) -> Rig {
    let (_, y) = rig.find(text).expect("the option");
    let (_, first) = rig.find("›1. ").expect("the first option, with nothing chosen");
    let downs = "↓ ".repeat(usize::from(y - first));
    rig.press(&format!("{downs}Space {keys} Enter"))
}

fn mark(mut rig: Rig, texts: &[&str]) -> Rig {
    for text in texts {
        let (_, y) = rig.find(text).expect("the option");
        let first = rig.screen().lines().position(|line| line.contains("[ ]") || line.contains("[x]"));
        let number = usize::from(y) - first.expect("options") + 1;
        rig = rig.press(&number.to_string());
    }
    rig
}

/// Carries each item to its place, the first one first.
fn sort(mut rig: Rig, items: &[&str]) -> Rig {
    for (place, item) in items.iter().enumerate() {
        let rows: Vec<String> =
            rig.screen().lines().filter(|l| items.iter().any(|i| l.contains(i))).map(str::to_owned).collect();
        let at = rows.iter().position(|row| row.contains(item)).expect("the item");
        rig = rig.press("g").press(&"↓ ".repeat(at)).press(&"K ".repeat(at - place));
    }
    rig
}

/// Tries partners for the first row until it is the right one, then gives the second row what is left.
fn pair(mut rig: Rig) -> Rig {
    for _ in 0..3 {
        let row = rig.screen().lines().find(|line| line.contains("137")).map(str::to_owned);
        if row.is_some_and(|row| row.contains("SIGKILL")) {
            break;
        }
        rig = rig.press("→");
    }
    rig.press("↓ →")
}

#[test]
fn a_prediction_is_played_before_it_is_graded_and_is_kept_at_once() {
    let rig = Rig::new(80, 24).press("t").text("Running").press("Enter");
    assert!(!rig.screen().contains("Right.") && rig.screen().contains("of 30s"), "{}", rig.screen());
    assert!(rig.effects.iter().any(|e| matches!(e, Effect::Record(Entry::Answered(_)))));
    let rig = rig.wait(6);
    for part in ["Right.", "■ 30s", "nap    1/1     Running"] {
        assert!(rig.screen().contains(part), "{part}:\n{}", rig.screen());
    }
}

#[test]
fn a_wrong_answer_names_the_belief_behind_it_and_leads_to_its_experiment() {
    let rig = Rig::new(120, 40).press("t").text("Running").press("Enter Enter Enter");
    let rig = answer(rig, "A machine", "");
    for part in
        ["Often believed: A Pod is a machine", "What is so:     A Pod runs on a node", "x see for yourself"]
    {
        assert!(rig.screen().contains(part), "{part}:\n{}", rig.screen());
    }
    let rig = rig.press("x").wait(5);
    for part in ["experiment", "The x-ray shows the node", "nap    1/1     Running"] {
        assert!(rig.screen().contains(part), "{part}:\n{}", rig.screen());
    }
    assert!(rig.press("Esc").screen().contains("Often believed"), "Esc leads back to the quiz");
}

#[test]
fn enter_leads_to_the_prediction_before_the_manifest_it_is_about() {
    let applied = |rig: &Rig| rig.screen().matches("│$ kubectl apply").count();
    let rig = Rig::new(120, 40).press("Enter");
    assert!(rig.footer().contains("Enter predict"), "{}", rig.footer());
    let rig = rig.press("← ←");
    assert!(rig.footer().contains("Enter predict first"), "{}", rig.footer());
    let rig = rig.press("Enter");
    assert!(rig.footer().contains("Say first what you expect"), "{}", rig.footer());
    assert_eq!(applied(&rig), 0, "{}", rig.screen());
    let rig = rig.press("Enter").text("Running").press("Enter Enter Enter");
    assert!(rig.footer().contains("a predict again"), "{}", rig.footer());
    let rig = rig.press("Enter");
    assert!(rig.footer().contains("Enter apply"), "{}", rig.footer());
    let rig = rig.press("Enter").wait(2);
    assert!(
        rig.footer().contains("Enter go on") && rig.footer().contains("a apply again"),
        "{}",
        rig.footer()
    );
    assert_eq!(applied(&rig), 1, "{}", rig.screen());
    let rig = rig.press("a").wait(1);
    assert_eq!(applied(&rig), 2, "{}", rig.screen());
}

#[test]
fn a_applies_at_once_what_waits_for_a_prediction() {
    let rig = Rig::new(80, 24).press("Enter a").wait(2);
    assert!(rig.screen().contains("nap    1/1     Running"), "{}", rig.screen());
}

#[test]
fn enter_pressed_once_too_often_answers_nothing() {
    let rig = Rig::new(80, 24).press("t").text("Running").press("Enter Enter Enter");
    assert!(rig.footer().contains("Enter nothing chosen yet"), "{}", rig.footer());
    let rig = rig.press("Enter Enter");
    assert!(rig.screen().contains("›1. "), "{}", rig.screen());
    assert!(rig.footer().contains("Choose first"), "{}", rig.footer());
    let rig = rig.press("Space");
    assert!(rig.footer().contains("Enter answer") && !rig.screen().contains('›'), "{}", rig.screen());
    let rig = rig.press("Enter");
    assert!(rig.screen().contains("yours"), "{}", rig.screen());
}

#[test]
fn a_quiz_taken_again_says_so() {
    let mut rig = Rig::new(80, 24);
    for points in [7.0, 5.0] {
        rig.app.learner.apply(&Entry::Finished { chapter: "first".into(), points, of: 8 });
    }
    let rig = rig.press("t");
    let words = "You have taken this quiz: best 7 of 8, latest 5 of 8.";
    assert!(rig.screen().contains(words) && rig.screen().contains("quiz, again:"), "{}", rig.screen());
}

#[test]
fn a_held_clock_shows_the_moment_and_a_running_one_whole_seconds() {
    let rig = Rig::new(80, 24).press("Enter").wait(2);
    assert!(rig.screen().contains("▶ ×1 2s"), "{}", rig.screen());
    assert!(rig.press("Space").screen().contains("paused ×1 2.0s"));
}

#[test]
fn a_running_clock_without_pods_draws_once_a_second() {
    let mut rig = Rig::new(80, 24).press("Enter");
    rig.effects.clear();
    let rig = rig.wait(3);
    let drawn = rig.effects.iter().filter(|effect| **effect == Effect::Draw).count();
    assert_eq!(drawn, 3, "{:?}", rig.effects);
}

#[test]
fn the_map_stands_where_one_comes_from_and_says_what_was_left_open() {
    let rig = Rig::new(80, 24).theme(ThemeName::None).press("↓ ↓ Enter");
    assert!(rig.screen().contains("02 The second chapter"), "{}", rig.screen());
    let chosen = |rig: &Rig| rig.styles().lines().position(|row| row.contains("RRRRRRRR"));
    let rig = rig.press("{ Esc");
    let (_, first) = rig.find("01 The first chapter").expect("its row");
    assert_eq!(chosen(&rig), Some(usize::from(first)), "{}", rig.screen());
    let rig = rig.press("t").text("Running").press("Enter Enter Enter m");
    assert!(rig.screen().contains("t with the quiz you left"), "{}", rig.screen());
}

#[test]
fn esc_leads_from_what_was_found_back_to_the_places_found() {
    let rig = Rig::new(80, 24).press("/").text("kubelet").press("Enter Esc Esc");
    assert!(rig.screen().contains("/ kubelet"), "{}", rig.screen());
}

#[test]
fn the_scores_lead_to_the_experiments() {
    let rig = Rig::new(80, 24).press("s");
    assert!(rig.footer().contains("r review  x experiments"), "{}", rig.footer());
    let rig = rig.press("x Enter").wait(1);
    assert!(rig.screen().contains("experiment"), "{}", rig.screen());
}

#[test]
fn a_run_is_saved_as_steps() {
    let rig = Rig::new(120, 40).press("Enter a").wait(3).press("S");
    let saved = rig.effects.iter().find_map(|effect| match effect {
        Effect::SaveRun(steps) => Some(steps.as_str()),
        _ => None,
    });
    let steps = saved.expect("a run is saved");
    assert!(steps.contains("> nap.yaml") && steps.contains("0.000 $ kubectl apply -f nap.yaml"), "{steps}");
    assert!(rig.footer().contains("podlab-run.steps"), "{}", rig.footer());
}

#[test]
fn content_that_changes_is_shown_at_the_same_place() {
    let mut rig = Rig::new(80, 24).press("Enter ]");
    let course = rig.app.course.clone();
    rig.send(podlab::app::Msg::Course { course: Box::new(course), problems: Vec::new() });
    assert!(rig.screen().contains("A table"), "{}", rig.screen());
    rig.send(podlab::app::Msg::Course { course: Box::default(), problems: Vec::new() });
    assert!(!rig.screen().contains("A table"), "what is gone leads to the map:\n{}", rig.screen());
    let mut rig = Rig::new(80, 24);
    assert!(rig.screen().contains("01 "), "{}", rig.screen());
    rig.send(podlab::app::Msg::Course { course: Box::default(), problems: Vec::new() });
    assert!(!rig.screen().contains("01 "), "the map has no rows of before:\n{}", rig.screen());
}

#[test]
fn a_quiz_left_in_the_middle_goes_on_where_it_was_left() {
    let rig = Rig::new(80, 24).press("t").text("Running").press("Enter Enter Enter Esc t");
    assert!(rig.screen().contains("What is a Pod?"), "{}", rig.screen());
    assert!(rig.screen().contains("2 of 8"), "{}", rig.screen());
}

#[test]
fn single_letters_are_text_where_text_is_typed() {
    let rig = Rig::new(80, 24).press("t").text("q?/a");
    assert!(rig.screen().contains("> q?/a"), "{}", rig.screen());
    let rig = Rig::new(80, 24).press("Enter Tab Tab Tab").text("q w");
    assert!(rig.screen().contains("$ q w"), "{}", rig.screen());
}

#[test]
fn applying_shows_the_command_it_stands_for() {
    let rig = Rig::new(120, 40).press("Enter a");
    assert!(rig.footer().contains("$ kubectl apply -f nap.yaml"), "{}", rig.footer());
    assert!(rig.screen().contains("│$ kubectl apply -f nap.yaml"), "{}", rig.screen());
}

#[test]
fn the_selected_row_stays_visible_without_any_colour() {
    let rig = Rig::new(80, 24).theme(ThemeName::None);
    assert!(!rig.styles().contains(['C', 'A']), "no cell is coloured");
    assert!(rig.styles().contains("RRRRRRRR"), "the chosen row is reversed:\n{}", rig.styles());
}

#[test]
fn resizing_keeps_the_place() {
    let mut rig = Rig::new(120, 40).press("Enter ]");
    assert!(rig.screen().contains("A table"));
    for (width, height) in [(80, 24), (60, 20), (100, 30), (120, 40)] {
        rig.resize(width, height);
        assert!(rig.screen().contains("A table"), "{width}×{height}:\n{}", rig.screen());
    }
}

#[test]
fn a_tiny_screen_says_so() {
    golden!("tiny_30x8", Rig::new(30, 8).screen());
    assert!(!Rig::new(1, 1).screen().is_empty());
}

#[test]
fn a_click_opens_a_chapter_and_the_footer_can_be_clicked() {
    let rig = Rig::new(80, 24);
    let (x, y) = rig.find("02 The second").expect("a row");
    let rig = rig.click(x, y).click(x, y);
    assert!(rig.screen().contains("02 The second chapter"), "{}", rig.screen());
    let (x, y) = rig.find("? help").expect("a hint");
    assert!(rig.click(x, y).screen().contains("keys of this place"));
}

#[test]
fn a_lab_ticks_its_goal_off_and_says_what_there_was_to_learn() {
    let rig = Rig::new(120, 40).press("Enter G").press("m ↓ Enter");
    golden!("lab_120x40", rig.screen());
    let rig = rig.press("h");
    assert!(rig.screen().contains("Hint 1 of 3"), "{}", rig.screen());
    let rig = rig.press("Tab Tab Tab").text("kubectl apply -f nap.yaml").press("Enter").wait(15);
    assert!(rig.screen().contains("Passed"), "{}", rig.screen());
    let passed = |e: &Effect| matches!(e, Effect::Record(Entry::Passed { lab, hints: 1 }) if lab == "mend");
    assert_eq!(rig.effects.iter().filter(|e| passed(e)).count(), 1);
}

#[test]
fn many_goals_leave_room_for_the_brief() {
    let one = "  - pod nap is Ready for 5s\n";
    let lab = include_str!("pack/mend.yaml");
    assert!(lab.contains(one));
    let goals: String = (1..=12).map(|n| format!("  - pod nap has label n={n}\n")).collect();
    let lab = lab.replace(one, &format!("{one}{goals}"));
    let rig = Rig::with(80, 24, &[("assets/labs/mend.yaml", &lab)]).press("Enter G").press("m ↓ Enter");
    assert!(rig.screen().contains("The Pod nap should be there"), "{}", rig.screen());
    assert!(rig.screen().contains("0 of 13 reached, 5 more to come"), "{}", rig.screen());
}

#[test]
fn time_can_be_held_stepped_and_taken_back() {
    let rig = Rig::new(120, 40).press("Enter a").wait(10).press("Space");
    assert!(rig.screen().contains("paused"), "{}", rig.screen());
    let rig = rig.press(", ,");
    assert!(rig.screen().contains("past"), "{}", rig.screen());
    let rig = rig.press("c");
    assert!(rig.screen().contains("▶"), "{}", rig.screen());
}

#[test]
fn nothing_is_drawn_when_nothing_changed() {
    let mut rig = Rig::new(80, 24);
    rig.effects.clear();
    rig.send(podlab::app::Msg::Tick(std::time::Duration::from_millis(100)));
    assert!(rig.effects.is_empty(), "the map does not move: {:?}", rig.effects);
    assert!(!rig.app.is_moving());
}
