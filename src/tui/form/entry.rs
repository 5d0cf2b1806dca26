//! From what was typed to an account to be, and from what is wrong with it back to its field.

use super::{Form, FormField, PasswordSource, TextInput};
use crate::tui::host::{Entry, Keep, Password};
use mailwatch_engine::config::Draft;
use mailwatch_proto::model::Auth;

impl Form {
    /// What was typed, as an account to be.
    ///
    /// # Errors
    /// With the first field that is not filled in, and a sentence.
    pub fn entry(&self) -> Result<Entry, (FormField, &'static str)> {
        let needed = |field: FormField, sentence| {
            let text = self.text(field).map_or("", TextInput::trimmed);
            if text.is_empty() { Err((field, sentence)) } else { Ok(text.to_owned()) }
        };
        let command = match (self.auth, self.password_source) {
            (Auth::Password, PasswordSource::Keyring | PasswordSource::ThisRun) => None,
            (Auth::OAuth2, _) | (Auth::Password, PasswordSource::Command) => {
                let lacking = match self.auth {
                    Auth::Password => "type the command that prints it",
                    Auth::OAuth2 => {
                        "type the command that prints a token. To log in in a browser instead, leave with Esc and run \
                         `mailwatch-tui account add` in a shell: R reads what it adds"
                    }
                };
                let text = needed(FormField::Command, lacking)?;
                let words = shlex::split(&text).filter(|words| !words.is_empty());
                Some(words.ok_or((FormField::Command, "a quote in the command is not closed"))?)
            }
        };
        let keep = match self.password_source {
            PasswordSource::Keyring => Keep::Keyring,
            PasswordSource::ThisRun | PasswordSource::Command => Keep::ThisRun,
        };
        if command.is_none() && self.password.is_empty() {
            return Err((FormField::Password, "type the password, or have a command print it"));
        }
        let password = command.is_none().then(|| (Password(self.password.secret()), keep));
        let ca_file = Some(self.ca.trimmed().to_owned()).filter(|file| !file.is_empty());
        let draft = Draft {
            host: needed(FormField::Host, "type the server's name")?,
            port: self
                .port
                .trimmed()
                .parse()
                .ok()
                .filter(|port| *port > 0)
                .ok_or((FormField::Port, "the port is a number from 1 to 65535: 993, or 143 for STARTTLS"))?,
            tls: self.tls,
            ca_file,
            user: needed(FormField::User, "type the login name, often the mail address")?,
            name: needed(FormField::Name, "type a name for the account, such as work")?,
            auth: self.auth,
            command,
            oauth: None,
            mailboxes: Vec::new(),
        };
        Ok(Entry { draft, password })
    }

    /// Says what is wrong, at its field.
    pub fn complain(&mut self, field: FormField, sentence: impl Into<String>) {
        self.trial = None;
        self.scroll = None;
        self.said = Some(sentence.into());
        self.focus = if self.fields().contains(&field) { field } else { FormField::Host };
    }

    /// The field of a key of the configuration.
    #[must_use]
    pub fn field_of_key(key: &str) -> Option<FormField> {
        Some(match key {
            "name" => FormField::Name,
            "host" => FormField::Host,
            "port" => FormField::Port,
            "tls" => FormField::Tls,
            "ca_file" => FormField::Ca,
            "user" => FormField::User,
            "auth" => FormField::Auth,
            "password_command" | "token_command" => FormField::Command,
            _ => return None,
        })
    }
}
