//! Keys and pastes: to the form, to the timer's value or the filter that is being typed, else to the table of actions.

use crossterm::event::{KeyEvent, KeyModifiers};
use zeroize::Zeroizing;

use super::account_form::FormKey;
use super::palette::Chosen;
use super::{account_form, actions, filtering, in_place, palette, tuning, user_commands};
use crate::tui::app::{App, Effect, FilterKey};
use crate::tui::keymap::{self, Action, Context};

/// A key that was pressed.
pub fn key(app: &mut App, key: KeyEvent) -> Vec<Effect> {
    app.notices.hush();
    if app.popups.is_form() {
        return match account_form::key(app, key) {
            FormKey::Done(effects) => effects,
            FormKey::Action(action) => actions::act(app, action),
        };
    }
    let mut effects = in_place::settle(app);
    match in_place::key(app, key) {
        Some(done) => effects.extend(done),
        None => effects.extend(other(app, key)),
    }
    effects
}

/// A key that is no part of a timer's value.
fn other(app: &mut App, key: KeyEvent) -> Vec<Effect> {
    match palette::key(app, key) {
        Some(Chosen::Done(effects)) => return effects,
        Some(Chosen::Action(action)) => return actions::act(app, action),
        None => {}
    }
    let is_text = app.filters.typing.is_some() && !key.modifiers.contains(KeyModifiers::CONTROL);
    if is_text && filtering::key(app, key.code) != FilterKey::NotText {
        return Vec::new();
    }
    let context = match (app.popups.tuning().is_some(), app.options.viewed.is_some()) {
        (true, _) => Context::Tuning,
        (false, true) => Context::File,
        (false, false) => Context::Screen,
    };
    let Some(pressed) = keymap::key_of(key) else { return Vec::new() };
    // Where a timer is selected its key for `auto` and `off` counts, whatever it is elsewhere.
    if in_place::has_keys(app) && app.options.keys.of(Action::Special).contains(&pressed) {
        return tuning::toggle_special(app);
    }
    let commands = context != Context::Tuning;
    // A letter of another layout counts by its key's place, where it has no meaning of its own.
    let keys = [Some(pressed), keymap::by_place(pressed)];
    let mut action = None;
    for key in keys.into_iter().flatten() {
        if let Some(effects) = commands.then(|| user_commands::key(app, key)).flatten() {
            app.filters.typing = None;
            return effects;
        }
        action = action.or_else(|| app.options.keys.action(key, context));
    }
    let Some(action) = action else { return Vec::new() };
    // The list below a filter can be moved through while the filter is typed; any other action ends the typing.
    if !action.is_move() {
        app.filters.typing = None;
    }
    actions::act(app, action)
}

/// A text that was pasted.
pub fn paste(app: &mut App, text: String) {
    // It may be a password.
    let text = Zeroizing::new(text);
    if app.popups.is_form() {
        if let Some(form) = &mut app.popups.form {
            form.paste(&text);
        }
        return;
    }
    if app.popups.palette().is_some() {
        return palette::paste(app, &text);
    }
    if app.timers.typed.is_some() {
        text.chars().for_each(|c| in_place::type_in(app, c));
        return;
    }
    for c in text.chars().filter(|c| !c.is_control()) {
        filtering::push(app, c);
    }
}
