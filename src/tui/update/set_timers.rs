//! Timers get another value: at once, and by a command to each watch.

use super::engine;
use crate::tui::app::{App, Change, Effect};
use crate::tui::keymap::Action;
use mailwatch_proto::model::{Setting, Timer, WatchId};

/// Sets a timer of every watch that the change is for.
pub fn set(app: &mut App, timer: Timer, to: Setting) -> Vec<Effect> {
    let watches = app.tuned_watches();
    set_of(app, watches, timer, to)
}

/// Sets a timer of these watches.
pub fn set_of(app: &mut App, watches: Vec<WatchId>, timer: Timer, to: Setting) -> Vec<Effect> {
    if app.engine.gone.is_some() {
        engine::say_gone(app);
        return Vec::new();
    }
    let had = |id: WatchId| app.setting_of(&id, timer).map(|setting| (id, setting));
    let from: Vec<_> = watches.into_iter().filter_map(had).filter(|(_, setting)| *setting != to).collect();
    if from.is_empty() {
        let spec = timer.spec();
        let is_end = [Some(spec.min), Some(spec.max)].map(Setting::Value).contains(&to);
        app.notices.say(if is_end {
            format!("{timer} is at its limit: {to}")
        } else {
            format!("{timer} is {to} already")
        });
        return Vec::new();
    }
    let effects = from.iter().map(|(id, _)| request(app, id.clone(), timer, to)).collect();
    app.timers.remember(Change { timer, from });
    effects
}

/// Says to what the timer was set, where it was.
pub fn say_set(app: &mut App, timer: Timer, effects: &[Effect]) {
    let [Effect::Ask(first, _), rest @ ..] = effects else { return };
    let Some(to) = app.setting_of(first, timer) else { return };
    let whom = if rest.is_empty() { first.to_string() } else { format!("{} watches", effects.len()) };
    let undo = app.options.keys.show(Action::Undo);
    app.notices.say(format!("{timer} {to} for {whom}; {undo} undoes"));
}

/// What has a watch take it.
pub fn request(app: &mut App, watch: WatchId, timer: Timer, to: Setting) -> Effect {
    let shown = app.board.watches.get(&watch).map(|snapshot| snapshot.setting(timer));
    let command = app.timers.request(&watch, timer, to, shown, app.now.at);
    Effect::Ask(watch, command)
}
