//! The form for a new account: its fields, the focused one, what was typed, and the connection on trial. Pure.

mod entry;
mod field;
mod input;
mod inputs;
mod server;
mod trial;

pub use entry::field_of_key;
pub use field::{FormField, PasswordSource};
pub use input::{PasswordInput, TextInput};
pub use inputs::Inputs;
pub use server::{ServerLookup, ServerSource};
pub use trial::Trial;

use std::collections::BTreeSet;

use crossterm::event::KeyEvent;

use self::entry::Lacking;
use self::server::{domain_of, free_name, usual_port};
use crate::tui::requests::{Entry, FoundServer};
use mailwatch_proto::model::check::Step;
use mailwatch_proto::model::{Auth, TlsMode};

/// The form.
#[derive(Debug)]
pub struct Form {
    /// The focused field or button.
    pub focus: FormField,
    /// What was typed and chosen.
    pub inputs: Inputs,
    /// The fields that the user has changed: nothing writes over them.
    edited: BTreeSet<FormField>,
    /// What is known of the address's server.
    pub lookup: ServerLookup,
    /// What is wrong with what was typed, shown at the focused field.
    pub error: Option<String>,
    /// The connection on trial, or the last one.
    pub trial: Option<Trial>,
    /// How many trials there were.
    trials: u64,
    /// Whether the connection was tried as it is typed, and works.
    pub works: bool,
    /// Whether the account is being added.
    pub adding: bool,
    /// Whether the user knows that one more Esc discards what was typed.
    pub closing: bool,
    /// The first row seen, if the user has scrolled.
    pub scroll: Option<usize>,
    /// The names of the other accounts.
    taken: BTreeSet<String>,
}

impl Form {
    /// An empty form; `taken` are the names of the other accounts.
    #[must_use]
    pub fn new(taken: BTreeSet<String>) -> Self {
        Self {
            focus: FormField::Address,
            inputs: Inputs::default(),
            edited: BTreeSet::new(),
            lookup: ServerLookup::default(),
            error: None,
            trial: None,
            trials: 0,
            works: false,
            adding: false,
            closing: false,
            scroll: None,
            taken,
        }
    }

    /// Whether something typed would be lost. A choice does not count: one key makes it again.
    #[must_use]
    pub fn is_typed(&self) -> bool {
        let typed = |field: &FormField| self.inputs.text(*field).is_some_and(|text| !text.trimmed().is_empty());
        !self.inputs.password.is_empty() || self.edited.iter().any(typed)
    }

    /// The fields and buttons that can have the keys now, in order.
    #[must_use]
    pub fn fields(&self) -> Vec<FormField> {
        use FormField::{
            Add, Address, Auth as Login, Back, Ca, Command, Host, Name, Password, PasswordSource as Source, Port, Stop,
            Tls, Try, User,
        };
        match &self.trial {
            Some(Trial { end: None, .. }) => return vec![Stop],
            Some(Trial { end: Some(true), .. }) => return vec![Add, Back],
            Some(Trial { end: Some(false), .. }) => return vec![Back, Try, Add],
            None => {}
        }
        let mut fields = vec![Address, Login];
        match (self.inputs.auth, self.inputs.password_source) {
            (Auth::OAuth2, _) => fields.push(Command),
            (Auth::Password, PasswordSource::Command) => fields.extend([Source, Command]),
            (Auth::Password, PasswordSource::Keyring | PasswordSource::ThisRun) => fields.extend([Source, Password]),
        }
        fields.extend([Host, Port, Tls, Ca, User, Name]);
        fields.extend(if self.works { [Add, Try] } else { [Try, Add] });
        fields
    }

    /// Focuses the next field or the one before; returns an address to look up, if that one was left.
    pub fn step(&mut self, forward: bool) -> Option<String> {
        let fields = self.fields();
        let at = fields.iter().position(|field| *field == self.focus).unwrap_or(0);
        let to = if forward { at + 1 } else { at + fields.len() - 1 };
        self.focus_on(fields[to % fields.len()])
    }

    /// Focuses a field; returns an address to look up, if that one was left.
    pub fn focus_on(&mut self, field: FormField) -> Option<String> {
        let left = self.focus;
        self.focus = field;
        self.scroll = None;
        (left == FormField::Address && field != FormField::Address).then(|| self.leave_address()).flatten()
    }

    /// Takes a key; returns whether it was text or moved in it.
    pub fn key(&mut self, key: KeyEvent) -> bool {
        let (taken, changed) = self.inputs.key(self.focus, key);
        if changed {
            self.note_edit(self.focus);
        }
        taken
    }

    /// Takes what was pasted: the first of several lines.
    pub fn paste(&mut self, text: &str) {
        let line = text.trim_start_matches(['\r', '\n']).lines().next().unwrap_or("");
        for c in line.chars().filter(|c| !c.is_control()) {
            self.inputs.push(self.focus, c);
        }
        self.note_edit(self.focus);
    }

    /// Goes to the focused field's next choice, or to the one before; returns whether it has any.
    pub fn cycle(&mut self, forward: bool) -> bool {
        let cycled = self.inputs.cycle(self.focus, forward);
        if cycled {
            self.note_edit(self.focus);
        }
        cycled
    }

    /// What was typed, as an account.
    ///
    /// # Errors
    /// With the first field that lacks something, and a sentence about it.
    pub fn entry(&self) -> Result<Entry, Lacking> {
        entry::entry(&self.inputs)
    }

    /// Says what is wrong, at its field.
    pub fn complain(&mut self, field: FormField, sentence: impl Into<String>) {
        self.trial = None;
        self.scroll = None;
        self.error = Some(sentence.into());
        self.focus = if self.fields().contains(&field) { field } else { FormField::Host };
    }

    /// Takes in what is known of an address's server. What was typed stays.
    pub fn found(&mut self, address: &str, server: Option<FoundServer>) {
        if address != self.lookup.address {
            return;
        }
        if [FormField::Host, FormField::Port, FormField::Tls].iter().any(|field| self.edited.contains(field)) {
            self.lookup.source = ServerSource::Own;
            return;
        }
        self.works = false;
        let inputs = &mut self.inputs;
        let Some(server) = server else {
            inputs.host.set(format!("imap.{}", domain_of(address).unwrap_or("")));
            inputs.tls = TlsMode::Implicit;
            inputs.port.set(usual_port(inputs.tls).to_string());
            (self.lookup.source, self.lookup.note) = (ServerSource::Guess, None);
            return;
        };
        inputs.host.set(server.host);
        inputs.port.set(server.port.to_string());
        inputs.tls = server.tls;
        (self.lookup.source, self.lookup.note) = (ServerSource::Known(server.source), server.note);
        if !self.edited.contains(&FormField::Auth) {
            inputs.auth = server.auth;
        }
        if !self.edited.contains(&FormField::User) {
            inputs.user.set(server.user);
        }
        // The login may have other fields now.
        if !self.fields().contains(&self.focus) {
            self.focus = FormField::Command;
        }
    }

    /// Begins a trial; returns its number.
    pub fn begin_trial(&mut self) -> u64 {
        self.trials += 1;
        self.trial = Some(Trial::new(self.trials));
        (self.error, self.scroll, self.works) = (None, None, false);
        self.focus = FormField::Stop;
        self.trials
    }

    /// Takes in a step of a trial; one of a trial that was stopped comes late and is dropped.
    pub fn trial_step(&mut self, number: u64, step: Step) {
        if let Some(trial) = self.trial.as_mut().filter(|trial| trial.number == number) {
            trial.steps.push(step);
        }
    }

    /// Takes in a trial's end.
    pub fn end_trial(&mut self, number: u64, well: bool) {
        let Some(trial) = self.trial.as_mut().filter(|trial| trial.number == number) else { return };
        trial.end = Some(well);
        self.works = well;
        self.focus = self.fields()[0];
    }

    /// Goes back from the trial to the fields: to the one that the failure is about.
    pub fn leave_trial(&mut self) {
        let failed = self.trial.take().and_then(|trial| trial.failed());
        self.scroll = None;
        let fields = self.fields();
        self.focus = match failed {
            Some(step) => trial::field_of(step, fields.contains(&FormField::Password)),
            None => fields.into_iter().find(|field| field.is_button()).unwrap_or(FormField::Try),
        };
    }

    /// Fills in what follows from the address; returns it to be looked up, once.
    fn leave_address(&mut self) -> Option<String> {
        let address = self.inputs.address.trimmed().to_owned();
        if address.is_empty() || address == self.lookup.address {
            return None;
        }
        let Some(domain) = domain_of(&address) else {
            self.error = Some("a mail address has an @: me@example.org".to_owned());
            return None;
        };
        if !self.edited.contains(&FormField::User) {
            self.inputs.user.set(&*address);
        }
        if !self.edited.contains(&FormField::Name) {
            self.inputs.name.set(free_name(domain, &self.taken));
        }
        self.lookup.source = ServerSource::Looking;
        self.lookup.address.clone_from(&address);
        Some(address)
    }

    fn note_edit(&mut self, field: FormField) {
        self.error = None;
        self.edited.insert(field);
        match field {
            FormField::Host | FormField::Port | FormField::Tls => {
                self.lookup.source = ServerSource::Own;
                self.works = false;
            }
            FormField::Auth | FormField::Password | FormField::Command | FormField::Ca | FormField::User => {
                self.works = false;
            }
            // The server does not care where the password is kept or what the account is called.
            FormField::PasswordSource
            | FormField::Name
            | FormField::Address
            | FormField::Try
            | FormField::Stop
            | FormField::Back
            | FormField::Add => {}
        }
    }
}

#[cfg(test)]
mod tests;
