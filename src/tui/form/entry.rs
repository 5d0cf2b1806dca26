//! From what was typed to an account to be, and from what is wrong with it back to its field.

use super::{Form, Kept, Spot, Text};
use crate::tui::host::{Entry, Keep, Password};
use mailwatch_engine::config::Draft;
use mailwatch_proto::model::Auth;

impl Form {
    /// What was typed, as an account to be.
    ///
    /// # Errors
    /// With the first field that is not filled in, and a sentence.
    pub fn entry(&self) -> Result<Entry, (Spot, &'static str)> {
        let needed = |spot: Spot, sentence| {
            let text = self.text(spot).map_or("", Text::trimmed);
            if text.is_empty() { Err((spot, sentence)) } else { Ok(text.to_owned()) }
        };
        let command = match (self.auth, self.kept) {
            (Auth::Password, Kept::Keyring | Kept::ThisRun) => None,
            (Auth::OAuth2, _) | (Auth::Password, Kept::Command) => {
                let lacking = match self.auth {
                    Auth::Password => "type the command that prints it",
                    Auth::OAuth2 => {
                        "type the command that prints a token. To log in in a browser instead, leave with Esc and run \
                         `mailwatch-tui account add` in a shell: R reads what it adds"
                    }
                };
                let text = needed(Spot::Command, lacking)?;
                let words = shlex::split(&text).filter(|words| !words.is_empty());
                Some(words.ok_or((Spot::Command, "a quote in the command is not closed"))?)
            }
        };
        let keep = match self.kept {
            Kept::Keyring => Keep::Keyring,
            Kept::ThisRun | Kept::Command => Keep::ThisRun,
        };
        if command.is_none() && self.password.is_empty() {
            return Err((Spot::Password, "type the password, or have a command print it"));
        }
        let password = command.is_none().then(|| (Password(self.password.secret()), keep));
        let ca_file = Some(self.ca.trimmed().to_owned()).filter(|file| !file.is_empty());
        let draft = Draft {
            host: needed(Spot::Host, "type the server's name")?,
            port: self
                .port
                .trimmed()
                .parse()
                .ok()
                .filter(|port| *port > 0)
                .ok_or((Spot::Port, "the port is a number from 1 to 65535: 993, or 143 for STARTTLS"))?,
            tls: self.tls,
            ca_file,
            user: needed(Spot::User, "type the login name, often the mail address")?,
            name: needed(Spot::Name, "type a name for the account, such as work")?,
            auth: self.auth,
            command,
            oauth: None,
            mailboxes: Vec::new(),
        };
        Ok(Entry { draft, password })
    }

    /// Says what is wrong, at its field.
    pub fn complain(&mut self, spot: Spot, sentence: impl Into<String>) {
        self.trial = None;
        self.scroll = None;
        self.said = Some(sentence.into());
        self.focus = if self.spots().contains(&spot) { spot } else { Spot::Host };
    }

    /// The field of a key of the configuration.
    #[must_use]
    pub fn spot_of(key: &str) -> Option<Spot> {
        Some(match key {
            "name" => Spot::Name,
            "host" => Spot::Host,
            "port" => Spot::Port,
            "tls" => Spot::Tls,
            "ca_file" => Spot::Ca,
            "user" => Spot::User,
            "auth" => Spot::Auth,
            "password_command" | "token_command" => Spot::Command,
            _ => return None,
        })
    }
}
