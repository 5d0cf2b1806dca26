//! The form for an account: its keys and buttons, and what they request.

use crossterm::event::{KeyCode, KeyEvent};

use super::requests;
use crate::tui::app::{App, Effect};
use crate::tui::form::FormField;
use crate::tui::keymap::{self, Action, Context};
use crate::tui::requests::Request;

/// What became of a key of the form.
pub enum FormKey {
    /// It did something in the form.
    Done(Vec<Effect>),
    /// It stands for an action.
    Action(Action),
}

/// A key while the form has them: text first, then the table's actions.
pub fn key(app: &mut App, key: KeyEvent) -> FormKey {
    let Some(form) = &mut app.popups.form else { return FormKey::Done(Vec::new()) };
    let closing = std::mem::take(&mut form.closing);
    if form.key(key) {
        return FormKey::Done(Vec::new());
    }
    if key.code == KeyCode::Char(' ') {
        return FormKey::Done(if form.cycle(true) { Vec::new() } else { press(app) });
    }
    let action = keymap::key_of(key).and_then(|key| app.options.keys.action(key, Context::Form));
    match action {
        Some(Action::Close) => {
            form.closing = closing;
            FormKey::Action(Action::Close)
        }
        Some(action) => FormKey::Action(action),
        None => FormKey::Done(Vec::new()),
    }
}

/// Focuses the next field, or the one before.
pub fn step(app: &mut App, forward: bool) -> Vec<Effect> {
    find(app.popups.form.as_mut().and_then(|form| form.step(forward)))
}

/// Goes to the next choice of the field, or to the one before.
pub fn cycle(app: &mut App, forward: bool) {
    if let Some(form) = &mut app.popups.form {
        form.cycle(forward);
    }
}

/// Enter: goes on from a field, or does what a button says.
pub fn press(app: &mut App) -> Vec<Effect> {
    let Some(form) = &mut app.popups.form else { return Vec::new() };
    match form.focus {
        FormField::Try => try_out(app),
        FormField::Stop => stop_trying(app),
        FormField::Back => {
            form.leave_trial();
            Vec::new()
        }
        FormField::Add => add(app),
        FormField::Address
        | FormField::Auth
        | FormField::PasswordSource
        | FormField::Password
        | FormField::Command
        | FormField::Host
        | FormField::Port
        | FormField::Tls
        | FormField::Ca
        | FormField::User
        | FormField::Name => step(app, true),
    }
}

/// A click focuses a field and presses a button; on the focused choice it goes to the next.
pub fn click(app: &mut App, field: FormField) -> Vec<Effect> {
    let Some(form) = &mut app.popups.form else { return Vec::new() };
    if form.focus == field {
        let cycled = form.cycle(true);
        return if cycled || form.inputs.text(field).is_some() || field == FormField::Password {
            Vec::new()
        } else {
            press(app)
        };
    }
    let mut effects = find(form.focus_on(field));
    if field.is_button() {
        effects.extend(press(app));
    }
    effects
}

/// Esc: leaves the trial, then the form; one with something typed at the second press.
pub fn close(app: &mut App) -> Vec<Effect> {
    match app.popups.form.as_mut().map(|form| (form.trial.as_ref().map(|trial| trial.end), form)) {
        Some((Some(None), _)) => return stop_trying(app),
        Some((Some(Some(_)), form)) => form.leave_trial(),
        Some((None, form)) if form.is_typed() && !form.closing => {
            form.closing = true;
            let key = app.options.keys.show(Action::Close);
            app.notices.say(format!("{key} again discards what you typed; any other key continues"));
        }
        Some((None, _)) | None => app.popups.close_form(),
    }
    Vec::new()
}

fn try_out(app: &mut App) -> Vec<Effect> {
    let Some(form) = &mut app.popups.form else { return Vec::new() };
    match form.entry() {
        Ok(entry) => vec![Effect::Request(Request::Try(form.begin_trial(), Box::new(entry)))],
        Err((field, sentence)) => {
            form.complain(field, sentence);
            Vec::new()
        }
    }
}

fn stop_trying(app: &mut App) -> Vec<Effect> {
    if let Some(form) = &mut app.popups.form {
        form.leave_trial();
    }
    vec![Effect::Request(Request::StopTrying)]
}

fn add(app: &mut App) -> Vec<Effect> {
    let Some(form) = &mut app.popups.form else { return Vec::new() };
    if form.adding {
        return Vec::new();
    }
    match form.entry() {
        Ok(entry) => {
            form.adding = true;
            requests::run(app, "adding the account", Request::Add(Box::new(entry)))
        }
        Err((field, sentence)) => {
            form.complain(field, sentence);
            Vec::new()
        }
    }
}

/// Asks for the server of an address that was typed.
fn find(address: Option<String>) -> Vec<Effect> {
    address.map(|address| Effect::Request(Request::Find(address))).into_iter().collect()
}
