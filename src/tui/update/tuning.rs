//! Changing timers: reissue by key, every timer in the popup, for a watch, its account or all; and taking it back.

use super::set_timers::{request, set};
use super::{engine, in_place, requests};
use crate::tui::app::{
    App, Change, Effect, Popup, Scope, TUNED, Tuning, TuningHit, back_from_special, saved_for, special, step,
    step_reissue,
};
use crate::tui::draw;
use crate::tui::requests::{Request, Tuned};
use mailwatch_proto::model::Timer;

/// Opens the popup, or closes it.
pub fn toggle(app: &mut App) {
    let scope = if app.watches.heading.is_some() { Scope::Account } else { Scope::Watch };
    let opens = app.popups.tuning().is_none() && app.watches.selected.is_some();
    app.popups.open = opens.then(|| Popup::Tuning(Tuning::new(scope)));
}

/// Goes to the next scope.
pub fn next_scope(app: &mut App) {
    if let Some(tuning) = app.popups.tuning_mut() {
        tuning.next_scope();
    }
}

/// Selects another timer. From the last one on the text is scrolled, and back.
pub fn move_by(app: &mut App, by: i64) {
    let Some(tuning) = app.popups.tuning_mut() else { return };
    match (tuning.scrolled.is_some(), by) {
        (false, 1) if tuning.is_at_end() => scroll(app, 1),
        (true, 1) => scroll(app, 1),
        (true, -1) => scroll(app, -1),
        (true | false, by) => tuning.select_by(by),
    }
}

/// Scrolls the popup's text.
pub fn scroll(app: &mut App, by: i64) {
    let (rows, height) = draw::popup_extent(app);
    let (from, resting) = draw::tuning_offsets(app);
    let Some(tuning) = app.popups.tuning_mut() else { return };
    let most = rows.saturating_sub(height) as u64;
    let target = usize::try_from((from as u64).saturating_add_signed(by).min(most)).unwrap_or(0);
    // Where the selected timer is in view without scrolling, the keys move between timers again.
    tuning.scrolled = (target != resting).then_some(target);
}

/// A press in the popup, at a column of the screen.
pub fn click(app: &mut App, hit: TuningHit, column: u16) {
    let Some(tuning) = app.popups.tuning_mut() else { return };
    match hit {
        TuningHit::Scope(scope) => tuning.scope = scope,
        TuningHit::Timer(timer) => tuning.select(timer),
        TuningHit::Bar(timer, track) => {
            tuning.select(timer);
            in_place::begin(app, timer, track, column);
        }
    }
}

/// `+` and `-`: moves reissue; where timers are selected, the selected one.
pub fn nudge_reissue(app: &mut App, longer: bool) -> Vec<Effect> {
    let timer = in_place::target(app);
    if timer != Timer::Reissue {
        return nudge(app, longer);
    }
    let Some(snapshot) = app.selection() else { return Vec::new() };
    let to = step_reissue(app.timers_of(snapshot).value(Timer::Reissue), longer);
    set(app, Timer::Reissue, to)
}

/// Moves the selected timer by a step; from `auto` it goes on from the learned value.
pub fn nudge(app: &mut App, longer: bool) -> Vec<Effect> {
    let timer = in_place::target(app);
    let Some(snapshot) = app.selection() else { return Vec::new() };
    let to = step(timer, app.timers_of(snapshot).value(timer), longer);
    set(app, timer, to)
}

/// Puts the selected timer to `auto` or `off`, or back to a value.
pub fn toggle_special(app: &mut App) -> Vec<Effect> {
    let timer = in_place::target(app);
    let Some(special) = special(timer) else {
        app.notices.say(format!("{timer} always has a value"));
        return Vec::new();
    };
    let Some(snapshot) = app.selection() else { return set(app, timer, special) };
    let timers = app.timers_of(snapshot);
    let to = if timers.setting(timer) == special {
        back_from_special(timer, timers.value(timer), snapshot.connection.heartbeat)
    } else {
        special
    };
    set(app, timer, to)
}

/// Saves what the user has tuned of the popup's watches.
pub fn save(app: &mut App) -> Vec<Effect> {
    let (Some(tuning), Some(id)) = (app.popups.tuning(), app.watches.selected.clone()) else { return Vec::new() };
    let place = saved_for(tuning.scope, &id);
    let tuned: Vec<Tuned> = app.selection().map_or_else(Vec::new, |snapshot| {
        let timers = app.timers_of(snapshot);
        let yours = TUNED.into_iter().filter(|timer| timers.is_yours(*timer));
        yours.map(|timer| Tuned { place: place.clone(), timer, setting: timers.setting(timer) }).collect()
    });
    if tuned.is_empty() {
        app.notices.say(format!("{id} has the timers of its configuration: nothing to save"));
        return Vec::new();
    }
    requests::run(app, "saving", Request::Save(tuned))
}

/// Takes the last change back.
pub fn undo(app: &mut App) -> Vec<Effect> {
    if app.engine.gone.is_some() {
        engine::say_gone(app);
        return Vec::new();
    }
    let Some(Change { timer, from }) = app.timers.take_back() else {
        app.notices.say("nothing to undo");
        return Vec::new();
    };
    app.notices.say(match from.as_slice() {
        [(watch, setting)] => format!("{watch}: {timer} back to {setting}"),
        watches => format!("{timer} of {} watches as it was", watches.len()),
    });
    from.into_iter().map(|(watch, setting)| request(app, watch, timer, setting)).collect()
}
