//! What a learner feels: start to first frame, key to frame, a tick of a running Pod, going back in time, a scenario on a pipe. Run with
//! `cargo bench --bench tutor`; compare with the budgets in docs/ARCHITECTURE.md.

use podlab::app::key::Key;
use podlab::app::learner::Learner;
use podlab::app::settings::{Settings, ThemeName};
use podlab::app::{App, Msg, Place};
use podlab::course::pack::{Pack, load};
use podlab::kube::SimTime;
use podlab::lab::past::{Past, Replayable};
use podlab::lab::rehearse;
use podlab::lab::scene::{Input, Scene};
use podlab::ui::{self, theme::Theme};
use podlab::world::files;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use std::time::Duration;

fn main() {
    divan::main();
}

const CRASH: &str = "apiVersion: v1\nkind: Pod\nmetadata: {name: crash}\nspec:\n  containers:\n  - {name: app, image: 'busybox:1.36', command: [sh, -c, 'echo boom; exit 1']}\n";

fn app() -> App {
    let built_in = files::built_in().into_iter().map(|(path, bytes)| (path, bytes.into())).collect();
    let (course, _) = load(vec![Pack { prefix: String::new(), files: built_in }]);
    App::new(course, Learner::default(), Settings::default())
}

fn paint(app: &mut App, screen: &mut Terminal<TestBackend>) {
    let mut extents = None;
    let _ = screen.draw(|frame| extents = Some(ui::draw(frame, app, Theme::named(ThemeName::Dark))));
    if let Some(extents) = extents {
        app.update(Msg::Painted(extents));
    }
}

fn screen() -> Terminal<TestBackend> {
    match Terminal::new(TestBackend::new(120, 40)) {
        Ok(screen) => screen,
        Err(never) => match never {},
    }
}

/// Content loaded, state made, map drawn.
#[divan::bench]
fn start_to_first_frame() {
    let mut app = app();
    paint(&mut app, &mut screen());
}

/// The same, opening in a chapter with its panes.
#[divan::bench]
fn start_to_first_chapter() {
    let mut app = app();
    app.start_at(Place::Chapter { id: "crashloopbackoff".into(), heading: None });
    paint(&mut app, &mut screen());
}

/// A line down in an open chapter.
#[divan::bench]
fn key_to_frame(bencher: divan::Bencher) {
    let (mut app, mut screen) = (app(), screen());
    let Ok(key) = "Down".parse::<Key>() else { return };
    app.start_at(Place::Chapter { id: "crashloopbackoff".into(), heading: None });
    paint(&mut app, &mut screen);
    bencher.bench_local(|| {
        app.update(Msg::Key(key));
        paint(&mut app, &mut screen);
    });
}

/// A crash loop of an hour, lived once.
fn hour() -> (Past<Scene>, SimTime) {
    let mut scene = Scene::new(rehearse::stage(1, [("crash.yaml", CRASH)]), Some("default"));
    let mut past = Past::new(scene.now(), scene.clone());
    let apply = Input::Line("kubectl apply -f crash.yaml".to_owned());
    scene.act(&apply);
    past.note(scene.now(), apply);
    let end = SimTime::from_secs(3600);
    while scene.now() < end {
        scene.advance(scene.now().plus(20_000));
        past.keep(scene.now(), &scene);
    }
    (past, end)
}

/// Going back to a moment of an hour-long session.
#[divan::bench(args = [10, 1_200, 3_500])]
fn rewind(bencher: divan::Bencher, second: u64) {
    let (past, _) = hour();
    bencher.bench_local(|| past.at(SimTime::from_secs(second)));
}

/// Ten simulated minutes of a crash loop, as `podlab sim` runs them.
#[divan::bench]
fn ten_minutes(bencher: divan::Bencher) {
    bencher.with_inputs(|| rehearse::stage(1, [("crash.yaml", CRASH)])).bench_local_values(|mut stage| {
        stage.start("kubectl apply -f crash.yaml");
        stage.advance(SimTime::from_secs(600));
        stage
    });
}

/// One tick of the tutor while a Pod runs.
#[divan::bench]
fn tick(bencher: divan::Bencher) {
    let mut app = app();
    app.start_at(Place::Chapter { id: "crashloopbackoff".into(), heading: None });
    bencher.bench_local(|| app.update(Msg::Tick(Duration::from_millis(50))));
}
