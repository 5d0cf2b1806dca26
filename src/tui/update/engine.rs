//! The engine ends, and another takes its place: the screen goes on, and never takes the one's state for the other's.

use super::{events, requests};
use crate::tui::app::{App, Effect, Gone, Pane, TimerChanges};
use crate::tui::clock::Now;
use crate::tui::layout::ScreenLayout;
use crate::tui::linked::EngineIs;
use crate::tui::log_line;
use crate::tui::progress::Progress;
use mailwatch_engine::link::Ending;
use mailwatch_proto::model::show_clock;

impl App {
    /// Whether the trace's lines are wanted: always of the screen's own engine, of another only while they can be seen.
    #[must_use]
    pub fn wants_wire(&self) -> bool {
        match self.engine.is {
            EngineIs::Own => true,
            EngineIs::Attached { .. } | EngineIs::Hosts => {
                ScreenLayout::of(self, self.size).inside(Pane::Wire).is_some()
            }
        }
    }
}

/// The engine has ended: what it showed last stands still from now on.
pub fn ended(app: &mut App, why: Option<Ending>, standing_by: bool, now: Now) {
    if let Some(gone) = &mut app.engine.gone {
        gone.standing_by = standing_by;
        return;
    }
    thaw(app, now);
    let line = app.log.push(now.wall, None, log_line::engine_ended(&app.engine.is, why));
    for history in app.histories.values_mut() {
        history.phases.stopped(now.at);
    }
    let waited = requests::forget(app);
    app.engine.gone = Some(Gone { since: now, now, why, standing_by, line });
    app.look_around();
    if waited {
        say_gone(app);
    }
}

/// Another engine takes the place of the one before; its board follows.
pub fn linked(app: &mut App, is: EngineIs, now: Now) {
    thaw(app, now);
    let gone = app.engine.gone.take();
    app.now = now;
    let line = log_line::linked(&is);
    let told = gone
        .is_some_and(|gone| app.log.append(gone.line, &format!(": {}, {} later", line.text, show_clock(gone.age()))));
    if !told {
        app.log.push(now.wall, None, line);
    }
    if let Some(line) = log_line::attached(&is, app.options.version).filter(|line| line.news) {
        app.log.push(now.wall, None, line);
    }
    // Mails that no frame has shown were confirmed to nobody: the next engine reports them again.
    drop(app.log.take_unconfirmed());
    requests::forget(app);
    app.engine.mails.came.begin_anew();
    if !is.same_process(&app.engine.is) {
        for history in app.histories.values_mut() {
            history.end_connections();
        }
        app.timers = TimerChanges::default();
        app.watches.progress = Progress::default();
    }
    app.notices.say(match &is {
        EngineIs::Own => "this screen is the engine now",
        EngineIs::Attached { .. } | EngineIs::Hosts => "attached again",
    });
    (app.engine.is, app.engine.new) = (is, true);
}

/// Without an engine nobody can be asked for anything, and the key says so.
pub fn without_engine(app: &mut App, effects: Vec<Effect>) -> Vec<Effect> {
    if app.engine.gone.is_none() || !effects.iter().any(asks) {
        return effects;
    }
    requests::forget(app);
    say_gone(app);
    effects.into_iter().filter(|effect| !asks(effect)).collect()
}

/// Says that there is no engine.
pub fn say_gone(app: &mut App) {
    if let Some(gone) = app.engine.gone {
        app.notices.say(gone.refusal());
    }
}

const fn asks(effect: &Effect) -> bool {
    match effect {
        Effect::Ask(..) | Effect::AskAll(_) | Effect::Request(_) | Effect::Unlock(_) => true,
        Effect::Suspend
        | Effect::Redraw
        | Effect::Leave(_)
        | Effect::Copy(_)
        | Effect::Keep(..)
        | Effect::Alert(_)
        | Effect::LinkAgain(_)
        | Effect::Look(_)
        | Effect::AskHost(_)
        | Effect::OpenMail(..)
        | Effect::Run(_)
        | Effect::RunUsers(..) => false,
    }
}

/// Lets a frozen display go on: what it holds is of an engine that is gone.
fn thaw(app: &mut App, now: Now) {
    if app.is_frozen() {
        events::toggle_freeze(app);
        app.tick(now);
    }
}
