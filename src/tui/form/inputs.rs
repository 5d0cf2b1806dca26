//! What was typed and chosen in the form's fields.

use crossterm::event::KeyEvent;

use super::field::{FormField, PasswordSource};
use super::input::{PasswordInput, TextInput};
use super::server::usual_port;
use mailwatch_proto::model::{Auth, TlsMode};

/// The fields' contents.
#[derive(Debug)]
pub struct Inputs {
    /// The mail address.
    pub address: TextInput,
    /// How to log in.
    pub auth: Auth,
    /// Where the password comes from.
    pub password_source: PasswordSource,
    /// The password.
    pub password: PasswordInput,
    /// The command that prints it, or a token.
    pub command: TextInput,
    /// The server's name.
    pub host: TextInput,
    /// Its port.
    pub port: TextInput,
    /// How the connection is encrypted.
    pub tls: TlsMode,
    /// The file of certificates to trust.
    pub ca: TextInput,
    /// The login name.
    pub user: TextInput,
    /// The account's name.
    pub name: TextInput,
}

impl Default for Inputs {
    fn default() -> Self {
        Self {
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
        }
    }
}

impl Inputs {
    /// The text of a field, if it has one that is shown.
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
            | FormField::Add => return None,
        })
    }

    /// Takes a key for a field; returns whether it was text or moved in it, and whether the content changed.
    pub fn key(&mut self, field: FormField, key: KeyEvent) -> (bool, bool) {
        if field == FormField::Password {
            let taken = self.password.key(key);
            return (taken, taken);
        }
        let Some(text) = self.text_mut(field) else { return (false, false) };
        let before = text.value().to_owned();
        let taken = text.key(key);
        (taken, text.value() != before)
    }

    /// Appends a character to a field of text.
    pub fn push(&mut self, field: FormField, c: char) {
        if field == FormField::Password {
            self.password.push(c);
        } else if let Some(text) = self.text_mut(field) {
            text.push(c);
        }
    }

    /// Goes to a field's next choice, or to the one before; returns whether it has any.
    pub fn cycle(&mut self, field: FormField, forward: bool) -> bool {
        const AUTHS: [Auth; 2] = [Auth::Password, Auth::OAuth2];
        const SOURCES: [PasswordSource; 3] =
            [PasswordSource::Keyring, PasswordSource::Command, PasswordSource::ThisRun];
        const MODES: [TlsMode; 3] = [TlsMode::Implicit, TlsMode::StartTls, TlsMode::Off];
        let next = |at: usize, count: usize| (at + if forward { 1 } else { count - 1 }) % count;
        match field {
            FormField::Auth => self.auth = AUTHS[next(self.auth as usize, AUTHS.len())],
            FormField::PasswordSource => {
                self.password_source = SOURCES[next(self.password_source as usize, SOURCES.len())];
            }
            FormField::Tls => self.set_tls(MODES[next(self.tls as usize, MODES.len())]),
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
        true
    }

    /// The usual port follows the encryption; another stays.
    fn set_tls(&mut self, tls: TlsMode) {
        let port = self.port.trimmed();
        let usual = port.is_empty() || port == usual_port(self.tls).to_string();
        self.tls = tls;
        if usual {
            self.port.set(usual_port(tls).to_string());
        }
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
            | FormField::Add => return None,
        })
    }
}
