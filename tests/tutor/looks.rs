//! How things look and move: themes, reduced motion, the editor's edges.

use crate::panes::has;
use crate::rig::Rig;
use podlab::app::settings::Wanted;
use podlab::app::{Effect, ThemeName};

#[test]
fn the_chosen_row_has_one_ground_in_every_theme() {
    for theme in ThemeName::ALL {
        let rig = Rig::new(80, 24).theme(*theme).press("Enter a").wait(12).press("2");
        let (_, y) = rig.find("nap    1/1     Running").expect("the chosen row");
        let grounds = rig.grounds(y);
        assert_eq!(grounds.len(), 1, "{}: {grounds:?}", theme.name());
    }
}

#[test]
fn with_reduced_motion_nothing_is_drawn_until_something_happens() {
    let mut rig = Rig::new(80, 24);
    rig.app.settings.calm = Wanted::Yes;
    let mut rig = rig.press("Enter");
    rig.effects.clear();
    let mut rig = rig.wait(3);
    assert!(!rig.effects.contains(&Effect::Draw), "the clock alone moves nothing");
    rig = rig.press("a");
    rig.effects.clear();
    let rig = rig.wait(3);
    assert!(rig.effects.contains(&Effect::Draw));
    has(&rig, &["nap    1/1     Running"]);
    let mut rig = Rig::new(80, 24);
    rig.app.settings.calm = Wanted::Yes;
    let mut rig = rig.press("t").text("Running").press("Enter");
    rig.send(podlab::app::Msg::Tick(std::time::Duration::from_millis(50)));
    has(&rig, &["Right.", "■ 30s"]);
}

#[test]
fn a_theme_named_on_the_command_line_is_told_beside_the_setting() {
    let mut rig = Rig::new(80, 24);
    rig.app.settings.forced = Some(ThemeName::Light);
    let rig = rig.press("o");
    has(&rig, &["this run uses light: --theme"]);
    let rig = rig.press("→");
    assert!(rig.effects.iter().any(|effect| matches!(effect, Effect::KeepSettings(_))));
    has(&rig, &["◂ dark ▸"]);
}

#[test]
fn the_editor_names_the_keys_of_its_search_and_marks_lines_that_go_on() {
    let rig = Rig::new(80, 24).press("Enter e").press("Ctrl-F");
    has(&rig, &["find: ", "Enter next  Esc back to the text"]);
    let long = format!("# {}", "word ".repeat(30));
    let rig = rig.press("Esc").text(&long);
    let rows = |rig: &Rig, sign: &str| rig.screen().lines().filter(|line| line.contains(sign)).count();
    assert!(rows(&rig, "‹") > 1, "{}", rig.screen());
    let rig = rig.press("Home");
    assert_eq!((rows(&rig, "‹"), rows(&rig, "›")), (0, 1), "{}", rig.screen());
}
