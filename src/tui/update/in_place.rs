//! Tuning in a timer's row, in the pane and in the popup: digits typed, the bar drawn along, the wheel turned.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::layout::Position;

use super::{engine, set_timers};
use crate::tui::app::{App, Effect, Held, Pane, Track, TuningHit, Typed, step};
use crate::tui::draw;
use mailwatch_proto::model::{Setting, Timer};

/// The timer that digits, arrows, `+` and `-` are for: the popup's, the pane's while it has the keys; else reissue.
pub fn target(app: &App) -> Timer {
    match app.popups.tuning() {
        Some(tuning) => tuning.timer(),
        None if has_keys(app) => app.panes.timer(),
        None => Timer::Reissue,
    }
}

/// Whether the pane of the timers has the keys, and something to tune.
pub fn has_keys(app: &App) -> bool {
    app.popups.open.is_none()
        && app.panes.focused == Pane::Timers
        && app.watches.selected.is_some()
        && app.options.viewed.is_none()
}

/// Selects a timer of the pane; up is negative.
pub fn select_by(app: &mut App, by: i64) {
    let timers = draw::timers_shown(app);
    let chosen = app.panes.timer();
    let at = timers.iter().position(|timer| *timer == chosen).unwrap_or(0) as u64;
    let target = at.saturating_add_signed(by).min(timers.len().saturating_sub(1) as u64);
    app.panes.timer = usize::try_from(target).ok().and_then(|at| timers.get(at)).copied();
}

/// A key while a value is typed, or a digit that begins it; `None` if it is neither.
pub fn key(app: &mut App, key: KeyEvent) -> Option<Vec<Effect>> {
    let is_text = !key.modifiers.intersects(KeyModifiers::CONTROL | KeyModifiers::ALT);
    if app.timers.typed.is_some() {
        return match key.code {
            KeyCode::Char(c) if is_text => {
                type_in(app, c);
                Some(Vec::new())
            }
            KeyCode::Backspace => {
                if let Some(typed) = &mut app.timers.typed {
                    typed.pop();
                }
                Some(Vec::new())
            }
            KeyCode::Enter => Some(apply(app)),
            KeyCode::Esc => {
                discard(app);
                Some(Vec::new())
            }
            // Any other key is what it always is, and the value stays as it was.
            _ => {
                discard(app);
                None
            }
        };
    }
    let KeyCode::Char(digit @ '0'..='9') = key.code else { return None };
    let begins = is_text && app.filters.typing.is_none() && (app.popups.tuning().is_some() || has_keys(app));
    if !begins {
        return None;
    }
    if app.engine.gone.is_some() {
        engine::say_gone(app);
        return Some(Vec::new());
    }
    app.timers.typed = Some(Typed::new(target(app), digit));
    Some(Vec::new())
}

/// A character of the value being typed.
pub fn type_in(app: &mut App, c: char) {
    if let Some(typed) = &mut app.timers.typed {
        typed.push(c);
    }
}

/// Sets what was typed, unless it is no value: then it says why, beside the row.
pub fn apply(app: &mut App) -> Vec<Effect> {
    let Some(typed) = app.timers.typed.take() else { return Vec::new() };
    match typed.setting() {
        Ok(to) => {
            let effects = set_timers::set(app, typed.timer, to);
            set_timers::say_set(app, typed.timer, &effects);
            effects
        }
        Err(wrong) => {
            app.timers.typed = Some(Typed { wrong: Some(wrong), ..typed });
            Vec::new()
        }
    }
}

/// Drops what was typed.
pub fn discard(app: &mut App) {
    let Some(typed) = app.timers.typed.take() else { return };
    if let Some(snapshot) = app.selection() {
        let stays = app.timers_of(snapshot).setting(typed.timer);
        app.notices.say(format!("{} stays at {stays}", typed.timer));
    }
}

/// A press in the pane: selects the row; on its bar the value follows the button until it is released.
pub fn press(app: &mut App, at: Position) {
    let Some((timer, track)) = draw::timer_hit(app, at) else { return };
    app.panes.timer = Some(timer);
    if let Some(track) = track {
        begin(app, timer, track, at.x);
    }
}

/// The button was pressed on a bar.
pub fn begin(app: &mut App, timer: Timer, track: Track, column: u16) {
    if app.options.viewed.is_some() {
        return super::viewing::refuse(app);
    }
    if app.engine.gone.is_some() {
        return engine::say_gone(app);
    }
    let watches = app.tuned_watches();
    let to = Setting::Value(Some(track.value_at(timer, column)));
    app.timers.held = Some(Held { timer, watches, to, along: Some(track) });
}

/// The button is held and the mouse moved.
pub fn drag(app: &mut App, at: Position) {
    if let Some(Held { timer, to, along: Some(track), .. }) = &mut app.timers.held {
        *to = Setting::Value(Some(track.value_at(*timer, at.x)));
    }
}

/// The button was released.
pub fn release(app: &mut App) -> Vec<Effect> {
    if app.timers.waits_for_rest() { Vec::new() } else { settle(app) }
}

/// The wheel over a timer's row: a step a notch; up is longer. `None` where it is over none: elsewhere in the popup, over
/// rows that are neither a bar nor selected too, it scrolls.
pub fn wheel(app: &mut App, at: Position, longer: bool) -> Option<Vec<Effect>> {
    let timer = match app.popups.tuning() {
        Some(tuning) => match draw::tuning_at(app, at)? {
            TuningHit::Bar(timer, _) => timer,
            TuningHit::Timer(timer) if timer == tuning.timer() => timer,
            TuningHit::Timer(_) | TuningHit::Scope(_) => return None,
        },
        None => draw::timer_hit(app, at)?.0,
    };
    if app.options.viewed.is_some() {
        super::viewing::refuse(app);
        return Some(Vec::new());
    }
    if app.engine.gone.is_some() {
        engine::say_gone(app);
        return Some(Vec::new());
    }
    let watches = app.tuned_watches();
    let goes_on = app.timers.held.as_ref().is_some_and(|held| held.timer == timer && held.watches == watches);
    let effects = if goes_on { Vec::new() } else { settle(app) };
    let to = step(timer, app.timers_of(app.selection()?).value(timer), longer);
    app.timers.held = Some(Held { timer, watches, to, along: None });
    if let Some(tuning) = app.popups.tuning_mut() {
        tuning.select(timer);
    } else {
        app.panes.timer = Some(timer);
    }
    Some(effects)
}

/// Asks for what the mouse has changed.
pub fn settle(app: &mut App) -> Vec<Effect> {
    let Some(Held { timer, watches, to, .. }) = app.timers.held.take() else { return Vec::new() };
    if watches.iter().all(|id| app.setting_of(id, timer).is_none_or(|setting| setting == to)) {
        return Vec::new();
    }
    let effects = set_timers::set_of(app, watches, timer, to);
    set_timers::say_set(app, timer, &effects);
    effects
}
