//! The form for a new account: its fields, which of them has the keys, what was typed, and the connection on trial. Pure.

mod entry;
mod field;
mod fill;
mod input;
mod trial;

pub use field::{FormField, PasswordSource, ServerSource};
pub use input::{PasswordInput, TextInput};
pub use trial::Trial;

use std::collections::BTreeSet;

use crossterm::event::KeyEvent;

use self::fill::usual_port;
use mailwatch_proto::model::{Auth, TlsMode};

/// The form.
#[derive(Debug)]
pub struct Form {
    /// What has the keys.
    pub focus: FormField,
    /// The mail address.
    pub address: TextInput,
    /// How to log in.
    pub auth: Auth,
    /// Where the password comes from.
    pub password_source: PasswordSource,
    /// The password.
    pub password: PasswordInput,
    /// The command.
    pub command: TextInput,
    /// The server's name.
    pub host: TextInput,
    /// Its port.
    pub port: TextInput,
    /// How it is encrypted.
    pub tls: TlsMode,
    /// The certificates' file.
    pub ca: TextInput,
    /// The login name.
    pub user: TextInput,
    /// The account's name.
    pub name: TextInput,
    /// Where host, port, TLS and login come from.
    pub source: ServerSource,
    /// What to know of this provider.
    pub note: Option<String>,
    /// What is wrong with what was typed.
    pub said: Option<String>,
    /// The connection on trial, or the last one.
    pub trial: Option<Trial>,
    /// Whether the connection as it is typed was tried and works.
    pub works: bool,
    /// Whether it is being added.
    pub adding: bool,
    /// Whether it was said that one more Esc discards what was typed.
    pub closing: bool,
    /// The first row seen, where the user has chosen it.
    pub scroll: Option<usize>,
    looked_up: String,
    own: BTreeSet<FormField>,
    taken: BTreeSet<String>,
    trials: u64,
}

impl Form {
    /// An empty form; `taken` are the names that other accounts have.
    #[must_use]
    pub fn new(taken: BTreeSet<String>) -> Self {
        Self {
            focus: FormField::Address,
            address: TextInput::default(),
            auth: Auth::Password,
            password_source: PasswordSource::default(),
            password: PasswordInput::default(),
            command: TextInput::default(),
            host: TextInput::default(),
            port: TextInput::default(),
            tls: TlsMode::Implicit,
            ca: TextInput::default(),
            user: TextInput::default(),
            name: TextInput::default(),
            source: ServerSource::None,
            note: None,
            said: None,
            trial: None,
            works: false,
            adding: false,
            closing: false,
            scroll: None,
            looked_up: String::new(),
            own: BTreeSet::new(),
            taken,
            trials: 0,
        }
    }

    /// Whether there is something typed that would be lost. A choice is made again with one key.
    #[must_use]
    pub fn is_typed(&self) -> bool {
        let typed = |field: &FormField| self.text(*field).is_some_and(|text| !text.trimmed().is_empty());
        !self.password.is_empty() || self.own.iter().any(typed)
    }

    /// What can have the keys now, in order.
    #[must_use]
    pub fn fields(&self) -> Vec<FormField> {
        match &self.trial {
            Some(Trial { end: None, .. }) => return vec![FormField::Stop],
            Some(Trial { end: Some(true), .. }) => return vec![FormField::Add, FormField::Back],
            Some(Trial { end: Some(false), .. }) => return vec![FormField::Back, FormField::Try, FormField::Add],
            None => {}
        }
        let mut fields = vec![FormField::Address, FormField::Auth];
        match (self.auth, self.password_source) {
            (Auth::OAuth2, _) => fields.push(FormField::Command),
            (Auth::Password, PasswordSource::Command) => fields.extend([FormField::PasswordSource, FormField::Command]),
            (Auth::Password, PasswordSource::Keyring | PasswordSource::ThisRun) => {
                fields.extend([FormField::PasswordSource, FormField::Password])
            }
        }
        fields.extend([
            FormField::Host,
            FormField::Port,
            FormField::Tls,
            FormField::Ca,
            FormField::User,
            FormField::Name,
        ]);
        fields.extend(if self.works { [FormField::Add, FormField::Try] } else { [FormField::Try, FormField::Add] });
        fields
    }

    /// Moves the keys to another; an address that is to be looked up where that one was left.
    pub fn step(&mut self, forward: bool) -> Option<String> {
        let fields = self.fields();
        let at = fields.iter().position(|field| *field == self.focus).unwrap_or(0);
        let to = if forward { at + 1 } else { at + fields.len() - 1 };
        self.focus_on(fields[to % fields.len()])
    }

    /// Gives the keys to `field`; an address that is to be looked up where that one was left.
    pub fn focus_on(&mut self, field: FormField) -> Option<String> {
        let left = self.focus;
        self.focus = field;
        self.scroll = None;
        (left == FormField::Address && field != FormField::Address).then(|| self.addressed()).flatten()
    }

    /// Takes a key; whether it was text, or moved in it.
    pub fn key(&mut self, key: KeyEvent) -> bool {
        let field = self.focus;
        let before = self.text(field).map(|text| text.value().to_owned());
        let taken = if field == FormField::Password {
            self.password.key(key)
        } else {
            self.text_mut(field).is_some_and(|text| text.key(key))
        };
        if taken && (field == FormField::Password || self.text(field).map(TextInput::value) != before.as_deref()) {
            self.edited(field);
        }
        taken
    }

    /// Takes what was pasted: of several lines the first.
    pub fn paste(&mut self, text: &str) {
        let line = text.trim_start_matches(['\r', '\n']).lines().next().unwrap_or("");
        let field = self.focus;
        for c in line.chars().filter(|c| !c.is_control()) {
            if field == FormField::Password {
                self.password.push(c);
            } else if let Some(text) = self.text_mut(field) {
                text.push(c);
            }
        }
        self.edited(field);
    }

    /// The next choice, or the one before; whether there are any.
    pub fn cycle(&mut self, forward: bool) -> bool {
        let turned = |at: usize, count: usize| (at + if forward { 1 } else { count - 1 }) % count;
        match self.focus {
            FormField::Auth => {
                const ALL: [Auth; 2] = [Auth::Password, Auth::OAuth2];
                self.auth = ALL[turned(self.auth as usize, ALL.len())];
            }
            FormField::PasswordSource => {
                const ALL: [PasswordSource; 3] =
                    [PasswordSource::Keyring, PasswordSource::Command, PasswordSource::ThisRun];
                self.password_source = ALL[turned(self.password_source as usize, ALL.len())];
            }
            FormField::Tls => {
                const ALL: [TlsMode; 3] = [TlsMode::Implicit, TlsMode::StartTls, TlsMode::Off];
                let usual = self.port.trimmed().is_empty() || self.port.trimmed() == usual_port(self.tls).to_string();
                self.tls = ALL[turned(self.tls as usize, ALL.len())];
                if usual {
                    self.port.set(usual_port(self.tls).to_string());
                }
            }
            FormField::Address
            | FormField::Password
            | FormField::Command
            | FormField::Host
            | FormField::Port
            | FormField::Ca
            | FormField::User
            | FormField::Name
            | FormField::Try
            | FormField::Stop
            | FormField::Back
            | FormField::Add => return false,
        }
        self.edited(self.focus);
        true
    }

    /// The text of a field.
    #[must_use]
    pub const fn text(&self, field: FormField) -> Option<&TextInput> {
        Some(match field {
            FormField::Address => &self.address,
            FormField::Command => &self.command,
            FormField::Host => &self.host,
            FormField::Port => &self.port,
            FormField::Ca => &self.ca,
            FormField::User => &self.user,
            FormField::Name => &self.name,
            FormField::Auth
            | FormField::PasswordSource
            | FormField::Password
            | FormField::Tls
            | FormField::Try
            | FormField::Stop
            | FormField::Back
            | FormField::Add => {
                return None;
            }
        })
    }

    const fn text_mut(&mut self, field: FormField) -> Option<&mut TextInput> {
        Some(match field {
            FormField::Address => &mut self.address,
            FormField::Command => &mut self.command,
            FormField::Host => &mut self.host,
            FormField::Port => &mut self.port,
            FormField::Ca => &mut self.ca,
            FormField::User => &mut self.user,
            FormField::Name => &mut self.name,
            FormField::Auth
            | FormField::PasswordSource
            | FormField::Password
            | FormField::Tls
            | FormField::Try
            | FormField::Stop
            | FormField::Back
            | FormField::Add => {
                return None;
            }
        })
    }

    fn edited(&mut self, field: FormField) {
        self.said = None;
        self.own.insert(field);
        match field {
            FormField::Host | FormField::Port | FormField::Tls => {
                self.source = ServerSource::Own;
                self.works = false;
            }
            FormField::Auth | FormField::Password | FormField::Command | FormField::Ca | FormField::User => {
                self.works = false
            }
            // Where it is kept, and what it is called, is nothing to the server.
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
