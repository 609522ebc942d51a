//! The loop of the tutor: wait for something to happen, let the app take it in, do what it asks for, draw if something changed. The
//! only place where real time becomes simulated time. While nothing can change, it sleeps until a key is pressed.

use super::files;
use super::input;
use super::learn::changes::{self, Changes};
use super::terminal::{self, Guard};
use crate::app::learner::{Entry, Learner};
use crate::app::settings::{Settings, ThemeChoice, ThemeName};
use crate::app::{App, Effect, Msg};
use crate::ui::{self, theme::Links, theme::Theme};
use crossterm::event;
use std::io;
use std::time::{Duration, Instant};

/// Time between two looks at the simulation while something happens in it.
const TICK: Duration = Duration::from_millis(50);
/// The same when the learner wants little movement.
const CALM_TICK: Duration = Duration::from_millis(500);
/// The longest pause while nothing shown can change.
const LONGEST_PAUSE: Duration = Duration::from_secs(1);
/// Real time never counts for more than this beyond the pause: a suspended machine does not make the simulation jump.
const LONGEST: Duration = Duration::from_millis(500);

/// Something to keep for ever.
#[derive(Clone, Debug)]
pub enum Keep<'a> {
    /// What the learner did.
    Entry(&'a Entry),
    /// What the learner set.
    Settings(&'a Settings),
    /// Nothing: what follows from everything kept so far is wanted.
    Reckon(&'a App),
}

/// What the tutor starts from.
#[derive(Debug)]
pub struct Options<'a> {
    /// The state to start with.
    pub app: App,
    /// What coming to that state asks of the world.
    pub first: Vec<Effect>,
    /// A theme named on the command line, or `None` under `NO_COLOR`; it wins over the learner's settings.
    pub theme: Option<ThemeName>,
    /// Packs on disk to be read again when they change.
    pub changes: Option<Changes<'a>>,
}

/// Runs the tutor until the learner leaves. `keep` is called for everything to be kept, before the next frame is drawn; what it says
/// when it fails is shown, and what the learner did since is taken in afresh if it returns a newer record.
pub fn run(
    options: Options<'_>,
    keep: &mut dyn FnMut(Keep<'_>) -> Result<Option<Learner>, String>,
) -> io::Result<()> {
    let Options { mut app, first, theme, mut changes } = options;
    let chosen = theme.is_some() || app.settings.theme != ThemeChoice::Auto;
    let fitting = if chosen { super::colours::promised() } else { super::colours::fitting() };
    let calls = super::signals::Calls::listen()?;
    let mut guard = Guard::enter(app.settings.mouse.is_yes())?;
    let links = if terminal::follows_links() { Links::Followed } else { Links::Written };
    let mut before = now();
    let mut effects = first;
    effects.push(Effect::Draw);
    loop {
        let mut stage = Stage { guard: &mut guard, fitting, theme, links, keep };
        if stage.perform(&mut app, effects)? == Next::End || calls.end() {
            break;
        }
        effects = wait(&mut app, &mut before, changes.is_some())?;
        if let Some(msg) = changes.as_mut().and_then(|changes| changes.look(now())) {
            effects.extend(app.update(msg));
        }
        if calls.take_suspend() {
            effects.push(Effect::Suspend);
        }
    }
    let last = app.farewell();
    let mut stage = Stage { guard: &mut guard, fitting, theme, links, keep };
    stage.perform(&mut app, last)?;
    Ok(())
}

/// Waits for keys or for time to pass, and lets the app take in what came.
fn wait(app: &mut App, before: &mut Instant, watching: bool) -> io::Result<Vec<Effect>> {
    let tick = if app.settings.calm.is_yes() { CALM_TICK } else { TICK };
    let moving = app.is_moving();
    let mut effects = Vec::new();
    if moving {
        let pause = app.quiet_for().unwrap_or_default().clamp(tick, LONGEST_PAUSE.max(tick));
        let ready = event::poll(pause.saturating_sub(before.elapsed()))?;
        let passed = before.elapsed();
        // Time comes first: what is typed now happens now.
        if passed >= tick {
            *before = now();
            effects.extend(app.update(Msg::Tick(passed.min(pause + LONGEST))));
        }
        if ready {
            effects.extend(take_events(app)?);
        }
    } else if watching && !event::poll(changes::EVERY)? {
        *before = now();
    } else {
        // Nothing can change by itself: this blocks.
        let first = event::read()?;
        effects.extend(input::message(first).map(|msg| app.update(msg)).unwrap_or_default());
        effects.extend(take_events(app)?);
        *before = now();
    }
    Ok(effects)
}

/// Takes in everything that is already there, so that a burst of keys costs one frame.
fn take_events(app: &mut App) -> io::Result<Vec<Effect>> {
    let mut effects = Vec::new();
    while event::poll(Duration::ZERO)? {
        if let Some(msg) = input::message(event::read()?) {
            effects.extend(app.update(msg));
        }
        let stop = |effect: &Effect| matches!(effect, Effect::Quit | Effect::Suspend);
        if effects.iter().any(stop) || app.is_unpainted() {
            break;
        }
    }
    Ok(effects)
}

/// Whether the tutor goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Next {
    Go,
    End,
}

/// What effects act on.
struct Stage<'a> {
    guard: &'a mut Guard,
    fitting: ThemeName,
    theme: Option<ThemeName>,
    links: Links,
    keep: &'a mut dyn FnMut(Keep<'_>) -> Result<Option<Learner>, String>,
}

impl Stage<'_> {
    fn perform(&mut self, app: &mut App, effects: Vec<Effect>) -> io::Result<Next> {
        let (mut draw, mut next) = (false, Next::Go);
        for effect in effects {
            let kept = match &effect {
                Effect::Record(entry) => (self.keep)(Keep::Entry(entry)),
                Effect::KeepSettings(settings) => {
                    self.guard.use_mouse(settings.mouse.is_yes())?;
                    (self.keep)(Keep::Settings(settings))
                }
                Effect::Reckon => (self.keep)(Keep::Reckon(app)),
                Effect::Draw => {
                    draw = true;
                    Ok(None)
                }
                Effect::Suspend => {
                    self.guard.lend(super::signals::stop)?;
                    draw = true;
                    Ok(None)
                }
                Effect::SaveRun(steps) => files::save_run(steps).map(|()| None),
                Effect::Quit => {
                    next = Next::End;
                    Ok(None)
                }
            };
            match kept {
                Ok(None) => {}
                Ok(Some(learner)) => {
                    app.update(Msg::Reckoned(Box::new(learner)));
                }
                Err(why) => {
                    app.update(Msg::Unsaved(why));
                    draw = true;
                }
            }
        }
        if draw && next == Next::Go {
            self.draw(app)?;
        }
        Ok(next)
    }

    /// Draws until the frame and what it reports agree: at most a second time, when what is marked came out of sight.
    fn draw(&mut self, app: &mut App) -> io::Result<()> {
        let theme = Theme::named(self.theme_name(&app.settings)).with_links(self.links);
        for _ in 0..3 {
            let mut extents = None;
            self.guard.screen().draw(|frame| extents = Some(ui::draw(frame, app, theme)))?;
            let again = extents.map(|extents| app.update(Msg::Painted(extents))).unwrap_or_default();
            if !again.contains(&Effect::Draw) {
                break;
            }
        }
        Ok(())
    }

    fn theme_name(&self, settings: &Settings) -> ThemeName {
        match (self.theme, settings.theme) {
            (Some(forced), _) => forced,
            (None, ThemeChoice::Chosen(name)) => name,
            (None, ThemeChoice::Auto) => self.fitting,
        }
    }
}

/// The clock. Everything below takes time as an argument.
#[expect(clippy::disallowed_methods, reason = "this is the world: the loop turns real time into an argument")]
pub fn now() -> Instant {
    Instant::now()
}
