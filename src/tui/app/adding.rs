//! The first run and every further account: the ways on, the form, and what the program around answers to it.

use std::collections::BTreeSet;

use crossterm::event::{KeyCode, KeyEvent};

use super::{App, Effect, Leave, Popup, Problem};
use crate::tui::form::{Form, FormField, Trial};
use crate::tui::host::{Request, Server};
use crate::tui::keymap::{self, Action, Context};
use mailwatch_engine::config::Wrong;
use mailwatch_proto::model::check::Step;

/// A way on without a configuration that can be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WelcomeChoice {
    /// See what is wrong with it.
    Problem,
    /// Type an account.
    Account,
    /// The screen on embedded servers.
    Demo,
    /// A commented file to be edited.
    Sample,
    /// Read what was edited.
    Reload,
    /// Leave.
    Quit,
}

/// What a click in a popup means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hit {
    /// A way on.
    WelcomeChoice(WelcomeChoice),
    /// A field or a button of the form.
    FormField(FormField),
}

impl App {
    /// The ways on, in their order.
    #[must_use]
    pub fn welcome_choices(&self) -> &'static [WelcomeChoice] {
        match &self.unready {
            None => &[],
            Some(error) if !error.is_empty() => {
                &[WelcomeChoice::Problem, WelcomeChoice::Reload, WelcomeChoice::Demo, WelcomeChoice::Quit]
            }
            Some(error) if error.is_missing() => &[
                WelcomeChoice::Account,
                WelcomeChoice::Demo,
                WelcomeChoice::Sample,
                WelcomeChoice::Reload,
                WelcomeChoice::Quit,
            ],
            Some(_) => &[WelcomeChoice::Account, WelcomeChoice::Demo, WelcomeChoice::Reload, WelcomeChoice::Quit],
        }
    }

    /// What is open below what was closed: an account that is being typed; the ways on, while nothing can be watched.
    pub(super) fn underneath(&self) -> Option<Popup> {
        if self.form.is_some() {
            return Some(Popup::Form);
        }
        self.unready.is_some().then_some(Popup::Welcome(0))
    }

    pub(super) fn choose(&mut self, by: i64) {
        let last = self.welcome_choices().len().saturating_sub(1) as u64;
        if let Some(Popup::Welcome(row)) = &mut self.popup {
            *row = usize::try_from((*row as u64).saturating_add_signed(by).min(last)).unwrap_or(0);
        }
    }

    pub(super) fn go(&mut self, way: WelcomeChoice) -> Vec<Effect> {
        match way {
            WelcomeChoice::Problem => {
                if let Some(error) = self.unready.clone() {
                    self.popup = Some(Popup::Problem(Problem { error, offset: 0 }));
                }
                Vec::new()
            }
            WelcomeChoice::Account => {
                self.open_form();
                Vec::new()
            }
            WelcomeChoice::Demo => vec![Effect::Leave(Leave::Demo)],
            WelcomeChoice::Sample => {
                self.begin("writing the sample");
                vec![Effect::Request(Request::Sample)]
            }
            WelcomeChoice::Reload => self.reload(),
            WelcomeChoice::Quit => vec![Effect::Leave(Leave::Quit)],
        }
    }

    pub(super) fn go_chosen(&mut self) -> Vec<Effect> {
        let Some(Popup::Welcome(row)) = self.popup else { return Vec::new() };
        self.welcome_choices().get(row).map_or_else(Vec::new, |way| self.go(*way))
    }

    pub(super) fn open_form(&mut self) {
        if !self.options.configures {
            self.notice = Some("the demo has its own accounts: start mailwatch-tui without it to add yours".to_owned());
            return;
        }
        if self.unready.as_ref().is_some_and(|error| !error.is_empty()) {
            self.notice = Some("the configuration has problems: mend them first".to_owned());
            return;
        }
        if self.form.is_none() {
            let taken: BTreeSet<_> = self.board.watches.keys().map(|id| id.account.to_string()).collect();
            self.form = Some(Form::new(taken));
        }
        self.popup = Some(Popup::Form);
    }

    /// A key while the form has them: text first, then the table's actions.
    pub(super) fn form_key(&mut self, key: KeyEvent) -> Vec<Effect> {
        let Some(form) = &mut self.form else { return Vec::new() };
        let closing = std::mem::take(&mut form.closing);
        if form.key(key) {
            return Vec::new();
        }
        if key.code == KeyCode::Char(' ') {
            return if form.turn(true) { Vec::new() } else { self.press() };
        }
        let action = keymap::key_of(key).and_then(|key| self.options.keys.action(key, Context::Form));
        if let (Some(Action::Close), Some(form)) = (action, &mut self.form) {
            form.closing = closing;
        }
        action.map_or_else(Vec::new, |action| self.act(action))
    }

    pub(super) fn next_field(&mut self, forward: bool) -> Vec<Effect> {
        let find = self.form.as_mut().and_then(|form| form.step(forward));
        find.map_or_else(Vec::new, |address| vec![Effect::Request(Request::Find(address))])
    }

    /// The next choice, or the one before.
    pub(super) fn turn(&mut self, forward: bool) {
        if let Some(form) = &mut self.form {
            form.turn(forward);
        }
    }

    /// Enter: on from a field, or what a button says.
    pub(super) fn press(&mut self) -> Vec<Effect> {
        let Some(form) = &mut self.form else { return Vec::new() };
        match form.focus {
            FormField::Try => self.try_out(),
            FormField::Stop => self.stop_trying(),
            FormField::Back => {
                form.leave_trial();
                Vec::new()
            }
            FormField::Add => self.add(),
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
            | FormField::Name => self.next_field(true),
        }
    }

    /// A click on a field gives it the keys, on a button presses it, on a choice that has the keys turns it.
    pub(super) fn click_field(&mut self, field: FormField) -> Vec<Effect> {
        let Some(form) = &mut self.form else { return Vec::new() };
        if form.focus == field {
            let turned = form.turn(true);
            return if turned || form.text(field).is_some() || field == FormField::Password {
                Vec::new()
            } else {
                self.press()
            };
        }
        let find = form.focus_on(field);
        let mut effects: Vec<_> = find.map(|address| Effect::Request(Request::Find(address))).into_iter().collect();
        if matches!(field, FormField::Try | FormField::Stop | FormField::Back | FormField::Add) {
            effects.extend(self.press());
        }
        effects
    }

    fn try_out(&mut self) -> Vec<Effect> {
        let Some(form) = &mut self.form else { return Vec::new() };
        match form.entry() {
            Ok(entry) => vec![Effect::Request(Request::Try(form.begin_trial(), Box::new(entry)))],
            Err((field, sentence)) => {
                form.complain(field, sentence);
                Vec::new()
            }
        }
    }

    fn stop_trying(&mut self) -> Vec<Effect> {
        if let Some(form) = &mut self.form {
            form.leave_trial();
        }
        vec![Effect::Request(Request::StopTrying)]
    }

    fn add(&mut self) -> Vec<Effect> {
        let Some(form) = &mut self.form else { return Vec::new() };
        if form.adding {
            return Vec::new();
        }
        match form.entry() {
            Ok(entry) => {
                form.adding = true;
                self.begin("adding the account");
                vec![Effect::Request(Request::Add(Box::new(entry)))]
            }
            Err((field, sentence)) => {
                form.complain(field, sentence);
                Vec::new()
            }
        }
    }

    /// Esc: the trial, then the form; one with something typed in it at the second press.
    pub(super) fn close_form(&mut self) -> Vec<Effect> {
        match self.form.as_mut().map(|form| (form.trial.as_ref().map(|trial| trial.end), form)) {
            Some((Some(None), _)) => return self.stop_trying(),
            Some((Some(Some(_)), form)) => form.leave_trial(),
            Some((None, form)) if form.is_typed() && !form.closing => {
                form.closing = true;
                let key = self.options.keys.show(Action::Close);
                self.notice = Some(format!("{key} again discards what was typed; any other key goes on"));
            }
            Some((None, _)) | None => self.form = None,
        }
        Vec::new()
    }

    pub(super) fn take_found(&mut self, address: &str, server: Option<Server>) {
        if let Some(form) = &mut self.form {
            form.found(address, server);
        }
    }

    pub(super) fn take_step(&mut self, number: u64, step: Step) {
        let trial = self.form.as_mut().and_then(|form| form.trial.as_mut());
        if let Some(Trial { steps, .. }) = trial.filter(|trial| trial.number == number) {
            steps.push(step);
        }
    }

    pub(super) fn take_tried(&mut self, number: u64, well: bool) {
        if let Some(form) = &mut self.form {
            form.end_trial(number, well);
        }
    }

    pub(super) fn take_wrong(&mut self, wrong: Wrong) {
        self.end_adding();
        let Some(form) = &mut self.form else {
            self.notice = Some(wrong.message);
            return;
        };
        let field = wrong.key.as_deref().and_then(Form::field_of_key).unwrap_or(FormField::Host);
        form.complain(field, wrong.message);
    }

    pub(super) fn take_not_kept(&mut self, why: String) {
        self.end_adding();
        let Some(form) = &mut self.form else {
            self.notice = Some(why);
            return;
        };
        form.complain(
            FormField::PasswordSource,
            format!("{why}. Or have a command print the password, or keep it for this run only"),
        );
    }

    /// The account stands in the configuration, and is watched.
    pub(super) fn added(&mut self) {
        if self.form.as_ref().is_some_and(|form| form.adding) {
            self.form = None;
            if matches!(self.popup, Some(Popup::Form)) {
                self.popup = None;
            }
        }
    }

    pub(super) fn end_adding(&mut self) {
        if let Some(form) = &mut self.form {
            form.adding = false;
        }
    }
}
