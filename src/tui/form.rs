//! The form for a new account: its fields, which of them has the keys, what was typed, and the connection on trial. Pure.

mod text;
mod trial;

pub use text::{Hidden, Text};
pub use trial::Trial;

use std::collections::BTreeSet;

use crossterm::event::KeyEvent;

use super::host::{Entry, Keep, Password, Server};
use crate::config::{Draft, IMAP_PORT, IMAPS_PORT};
use crate::model::check::StepKind;
use crate::model::{Auth, TlsMode};

/// What can have the keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Spot {
    /// The mail address.
    Address,
    /// How to log in.
    Auth,
    /// Where the password comes from.
    Kept,
    /// The password.
    Password,
    /// The command that prints it, or the token.
    Command,
    /// The server's name.
    Host,
    /// Its port.
    Port,
    /// How it is encrypted.
    Tls,
    /// Certificates to trust besides the public ones.
    Ca,
    /// The login name.
    User,
    /// The account's name.
    Name,
    /// Try a connection.
    Try,
    /// Let go of it.
    Stop,
    /// Back to the fields.
    Back,
    /// Add the account.
    Add,
}

/// Where the password comes from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Kept {
    /// The system's keyring.
    #[default]
    Keyring,
    /// A command.
    Command,
    /// Memory.
    ThisRun,
}

/// Where the server's settings come from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Source {
    /// There are none.
    #[default]
    None,
    /// They are being looked for.
    Looking,
    /// Somebody knows them, said in words.
    Known(String),
    /// Nobody does: a guess.
    Guess,
    /// Typed.
    Own,
}

/// The form.
#[derive(Debug)]
pub struct Form {
    /// What has the keys.
    pub focus: Spot,
    /// The mail address.
    pub address: Text,
    /// How to log in.
    pub auth: Auth,
    /// Where the password comes from.
    pub kept: Kept,
    /// The password.
    pub password: Hidden,
    /// The command.
    pub command: Text,
    /// The server's name.
    pub host: Text,
    /// Its port.
    pub port: Text,
    /// How it is encrypted.
    pub tls: TlsMode,
    /// The certificates' file.
    pub ca: Text,
    /// The login name.
    pub user: Text,
    /// The account's name.
    pub name: Text,
    /// Where host, port, TLS and login come from.
    pub source: Source,
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
    /// The first row seen, where the user has chosen it.
    pub scroll: Option<usize>,
    looked_up: String,
    own: BTreeSet<Spot>,
    taken: BTreeSet<String>,
    trials: u64,
}

impl Form {
    /// An empty form; `taken` are the names that other accounts have.
    #[must_use]
    pub fn new(taken: BTreeSet<String>) -> Self {
        Self {
            focus: Spot::Address,
            address: Text::default(),
            auth: Auth::Password,
            kept: Kept::default(),
            password: Hidden::default(),
            command: Text::default(),
            host: Text::default(),
            port: Text::default(),
            tls: TlsMode::Implicit,
            ca: Text::default(),
            user: Text::default(),
            name: Text::default(),
            source: Source::None,
            note: None,
            said: None,
            trial: None,
            works: false,
            adding: false,
            scroll: None,
            looked_up: String::new(),
            own: BTreeSet::new(),
            taken,
            trials: 0,
        }
    }

    /// What can have the keys now, in order.
    #[must_use]
    pub fn spots(&self) -> Vec<Spot> {
        match &self.trial {
            Some(Trial { end: None, .. }) => return vec![Spot::Stop],
            Some(Trial { end: Some(true), .. }) => return vec![Spot::Add, Spot::Back],
            Some(Trial { end: Some(false), .. }) => return vec![Spot::Back, Spot::Try, Spot::Add],
            None => {}
        }
        let mut spots = vec![Spot::Address, Spot::Auth];
        match (self.auth, self.kept) {
            (Auth::OAuth2, _) => spots.push(Spot::Command),
            (Auth::Password, Kept::Command) => spots.extend([Spot::Kept, Spot::Command]),
            (Auth::Password, Kept::Keyring | Kept::ThisRun) => spots.extend([Spot::Kept, Spot::Password]),
        }
        spots.extend([Spot::Host, Spot::Port, Spot::Tls, Spot::Ca, Spot::User, Spot::Name]);
        spots.extend(if self.works { [Spot::Add, Spot::Try] } else { [Spot::Try, Spot::Add] });
        spots
    }

    /// Moves the keys to another; an address that is to be looked up where that one was left.
    pub fn step(&mut self, forward: bool) -> Option<String> {
        let spots = self.spots();
        let at = spots.iter().position(|spot| *spot == self.focus).unwrap_or(0);
        let to = if forward { at + 1 } else { at + spots.len() - 1 };
        self.focus_on(spots[to % spots.len()])
    }

    /// Gives the keys to `spot`; an address that is to be looked up where that one was left.
    pub fn focus_on(&mut self, spot: Spot) -> Option<String> {
        let left = self.focus;
        self.focus = spot;
        self.scroll = None;
        (left == Spot::Address && spot != Spot::Address).then(|| self.addressed()).flatten()
    }

    /// Takes a key; whether it was text, or moved in it.
    pub fn key(&mut self, key: KeyEvent) -> bool {
        let spot = self.focus;
        let before = self.text(spot).map(|text| text.value().to_owned());
        let taken = if spot == Spot::Password {
            self.password.key(key)
        } else {
            self.text_mut(spot).is_some_and(|text| text.key(key))
        };
        if taken && (spot == Spot::Password || self.text(spot).map(Text::value) != before.as_deref()) {
            self.edited(spot);
        }
        taken
    }

    /// Takes what was pasted: of several lines the first.
    pub fn paste(&mut self, text: &str) {
        let line = text.trim_start_matches(['\r', '\n']).lines().next().unwrap_or("");
        let spot = self.focus;
        for c in line.chars().filter(|c| !c.is_control()) {
            if spot == Spot::Password {
                self.password.push(c);
            } else if let Some(text) = self.text_mut(spot) {
                text.push(c);
            }
        }
        self.edited(spot);
    }

    /// The next choice, or the one before; whether there are any.
    pub fn turn(&mut self, forward: bool) -> bool {
        let turned = |at: usize, count: usize| (at + if forward { 1 } else { count - 1 }) % count;
        match self.focus {
            Spot::Auth => {
                const ALL: [Auth; 2] = [Auth::Password, Auth::OAuth2];
                self.auth = ALL[turned(self.auth as usize, ALL.len())];
            }
            Spot::Kept => {
                const ALL: [Kept; 3] = [Kept::Keyring, Kept::Command, Kept::ThisRun];
                self.kept = ALL[turned(self.kept as usize, ALL.len())];
            }
            Spot::Tls => {
                const ALL: [TlsMode; 3] = [TlsMode::Implicit, TlsMode::StartTls, TlsMode::Off];
                let usual = self.port.trimmed().is_empty() || self.port.trimmed() == usual_port(self.tls).to_string();
                self.tls = ALL[turned(self.tls as usize, ALL.len())];
                if usual {
                    self.port.set(usual_port(self.tls).to_string());
                }
            }
            Spot::Address
            | Spot::Password
            | Spot::Command
            | Spot::Host
            | Spot::Port
            | Spot::Ca
            | Spot::User
            | Spot::Name
            | Spot::Try
            | Spot::Stop
            | Spot::Back
            | Spot::Add => return false,
        }
        self.edited(self.focus);
        true
    }

    /// What is known of an address's server. What was typed stays.
    pub fn found(&mut self, address: &str, server: Option<Server>) {
        if address != self.looked_up {
            return;
        }
        if [Spot::Host, Spot::Port, Spot::Tls].iter().any(|spot| self.own.contains(spot)) {
            self.source = Source::Own;
            return;
        }
        self.works = false;
        let Some(server) = server else {
            let domain = address.rsplit_once('@').map_or("", |(_, domain)| domain);
            self.host.set(format!("imap.{domain}"));
            (self.tls, self.source, self.note) = (TlsMode::Implicit, Source::Guess, None);
            self.port.set(usual_port(self.tls).to_string());
            return;
        };
        self.host.set(server.host);
        self.port.set(server.port.to_string());
        self.tls = server.tls;
        (self.source, self.note) = (Source::Known(server.source), server.note);
        if !self.own.contains(&Spot::Auth) {
            self.auth = server.auth;
        }
        if !self.own.contains(&Spot::User) {
            self.user.set(server.user);
        }
        // The fields below may be others now.
        if !self.spots().contains(&self.focus) {
            self.focus = Spot::Command;
        }
    }

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
                let text = needed(Spot::Command, "type the command that prints it")?;
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
            mailboxes: Vec::new(),
        };
        Ok(Entry { draft, password })
    }

    /// Begins a trial; its number.
    pub fn begin_trial(&mut self) -> u64 {
        self.trials += 1;
        self.trial = Some(Trial::new(self.trials));
        (self.said, self.scroll, self.works) = (None, None, false);
        self.focus = Spot::Stop;
        self.trials
    }

    /// A trial's end.
    pub fn end_trial(&mut self, number: u64, well: bool) {
        let Some(trial) = self.trial.as_mut().filter(|trial| trial.number == number) else { return };
        trial.end = Some(well);
        self.works = well;
        self.focus = self.spots()[0];
    }

    /// Back from the trial to the fields: to the one that the failure is about.
    pub fn leave_trial(&mut self) {
        let failed = self.trial.take().and_then(|trial| trial.failed());
        self.scroll = None;
        self.focus = match failed {
            None => self.spots().into_iter().find(|spot| matches!(spot, Spot::Add | Spot::Try)).unwrap_or(Spot::Try),
            Some(StepKind::Login) if self.spots().contains(&Spot::Password) => Spot::Password,
            Some(StepKind::Login) => Spot::Command,
            Some(
                StepKind::Dns
                | StepKind::Tcp
                | StepKind::Proxy
                | StepKind::Tls
                | StepKind::Greeting
                | StepKind::Capabilities
                | StepKind::Id
                | StepKind::Examine
                | StepKind::Idle
                | StepKind::Done,
            ) => Spot::Host,
        };
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

    /// The text of a field.
    #[must_use]
    pub const fn text(&self, spot: Spot) -> Option<&Text> {
        Some(match spot {
            Spot::Address => &self.address,
            Spot::Command => &self.command,
            Spot::Host => &self.host,
            Spot::Port => &self.port,
            Spot::Ca => &self.ca,
            Spot::User => &self.user,
            Spot::Name => &self.name,
            Spot::Auth | Spot::Kept | Spot::Password | Spot::Tls | Spot::Try | Spot::Stop | Spot::Back | Spot::Add => {
                return None;
            }
        })
    }

    const fn text_mut(&mut self, spot: Spot) -> Option<&mut Text> {
        Some(match spot {
            Spot::Address => &mut self.address,
            Spot::Command => &mut self.command,
            Spot::Host => &mut self.host,
            Spot::Port => &mut self.port,
            Spot::Ca => &mut self.ca,
            Spot::User => &mut self.user,
            Spot::Name => &mut self.name,
            Spot::Auth | Spot::Kept | Spot::Password | Spot::Tls | Spot::Try | Spot::Stop | Spot::Back | Spot::Add => {
                return None;
            }
        })
    }

    fn edited(&mut self, spot: Spot) {
        self.said = None;
        self.own.insert(spot);
        match spot {
            Spot::Host | Spot::Port | Spot::Tls => {
                self.source = Source::Own;
                self.works = false;
            }
            Spot::Auth | Spot::Password | Spot::Command | Spot::Ca | Spot::User => self.works = false,
            // Where it is kept, and what it is called, is nothing to the server.
            Spot::Kept | Spot::Name | Spot::Address | Spot::Try | Spot::Stop | Spot::Back | Spot::Add => {}
        }
    }

    /// The address was left: what follows from it is filled in, and it is to be looked up once.
    fn addressed(&mut self) -> Option<String> {
        let address = self.address.trimmed().to_owned();
        if address.is_empty() || address == self.looked_up {
            return None;
        }
        let domain = address.rsplit_once('@').map(|(_, domain)| domain).filter(|domain| !domain.is_empty());
        let Some(domain) = domain else {
            self.said = Some("a mail address has an @: me@example.org".to_owned());
            return None;
        };
        if !self.own.contains(&Spot::User) {
            self.user.set(&*address);
        }
        if !self.own.contains(&Spot::Name) {
            self.name.set(self.free_name(domain));
        }
        self.source = Source::Looking;
        self.looked_up.clone_from(&address);
        Some(address)
    }

    /// A name from a domain that no other account has.
    fn free_name(&self, domain: &str) -> String {
        let name = domain.split('.').next().unwrap_or(domain).replace('/', "-");
        let numbered = (2..).map(|n| format!("{name}-{n}"));
        let mut names = std::iter::once(name.clone()).chain(numbered);
        names.find(|name| !self.taken.contains(name)).unwrap_or_default()
    }
}

const fn usual_port(tls: TlsMode) -> u16 {
    match tls {
        TlsMode::Implicit => IMAPS_PORT,
        TlsMode::StartTls | TlsMode::Off => IMAP_PORT,
    }
}

#[cfg(test)]
mod tests;
