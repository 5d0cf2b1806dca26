//! The form for a new account: its fields, which of them has the keys, what was typed, and the connection on trial. Pure.

mod entry;
mod fill;
mod spot;
mod text;
mod trial;

pub use spot::{Kept, Source, Spot};
pub use text::{Hidden, Text};
pub use trial::Trial;

use std::collections::BTreeSet;

use crossterm::event::KeyEvent;

use self::fill::usual_port;
use mailwatch_proto::model::{Auth, TlsMode};

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
    /// Whether it was said that one more Esc discards what was typed.
    pub closing: bool,
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
        let typed = |spot: &Spot| self.text(*spot).is_some_and(|text| !text.trimmed().is_empty());
        !self.password.is_empty() || self.own.iter().any(typed)
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
}

#[cfg(test)]
mod tests;
