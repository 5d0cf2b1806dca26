//! A mail provider: how its server is reached, and what is peculiar to it.

use std::collections::BTreeMap;
use std::time::Duration;

use mailwatch_proto::model::{Auth, Origin, Quirks, Timer, Timers, TlsMode};

/// The entry for all other servers.
pub(super) const GENERIC: &str = "generic";

/// A mail provider.
#[derive(Clone, Debug, PartialEq)]
pub struct Provider {
    /// What it is called.
    pub name: String,
    /// Domains of the addresses it serves, in small letters; one that ends with `.*` goes for any ending.
    pub domains: Vec<String>,
    /// Its IMAP server; empty in the entry `generic` alone, which no look-up gives.
    pub host: String,
    /// Further names of the server.
    pub hosts: Vec<String>,
    /// The server's port.
    pub port: u16,
    /// How the connection is encrypted.
    pub tls: TlsMode,
    /// How to log in, the usual way first; at least one.
    pub auth: Vec<Auth>,
    /// What the login name is.
    pub user: LoginName,
    /// How many connections it lets one account have.
    pub max_connections: Option<u16>,
    /// The timers it wants otherwise than built in.
    pub timers: Vec<(Timer, Option<Duration>)>,
    /// Whether `reissue` is learned.
    pub reissue_auto: bool,
    /// What the engine must know of it. It names no provider in the entry `generic`.
    pub quirks: Quirks,
    /// What else to know, in a sentence without a full stop.
    pub note: Option<String>,
    /// Where each figure is from, by its key.
    pub(super) sources: BTreeMap<String, String>,
}

/// What a provider takes for a login name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LoginName {
    /// The whole address.
    #[default]
    Address,
    /// What stands before the `@`.
    Local,
}

impl Provider {
    /// The login name for an address.
    #[must_use]
    pub fn login(&self, address: &str) -> String {
        let address = address.trim();
        match (self.user, address.rsplit_once('@')) {
            (LoginName::Local, Some((local, _))) => local.to_owned(),
            (LoginName::Address | LoginName::Local, _) => address.to_owned(),
        }
    }

    /// Where a figure is from: a url, or a project with `[code]` behind it. `key` is the figure's key in the table.
    #[must_use]
    pub fn source(&self, key: &str) -> Option<&str> {
        let of_host = ["domains", "hosts", "port", "tls", "auth"].contains(&key).then_some("host");
        self.sources.get(key).or_else(|| self.sources.get(of_host?)).map(String::as_str)
    }

    /// How many connections an account may have open where the configuration does not say: four fifths of the limit, so
    /// that a mail reader beside this program is not locked out.
    #[must_use]
    pub fn usual_connections(&self) -> Option<u16> {
        self.max_connections.map(|limit| (limit - limit.div_ceil(5)).max(1))
    }

    /// The built-in timers with the provider's over them.
    #[must_use]
    pub fn preset(&self) -> Timers {
        self.timers
            .iter()
            .fold(Timers::default(), |timers, (timer, value)| timers.with(*timer, *value, Origin::Provider))
    }

    pub(super) fn has_domain(&self, domain: &str) -> bool {
        self.domains.iter().any(|own| own == domain)
    }

    pub(super) fn has_domain_like(&self, domain: &str) -> bool {
        let begins = |own: &String| own.strip_suffix('*').is_some_and(|begin| domain.starts_with(begin));
        self.domains.iter().any(begins)
    }

    pub(super) fn has_host(&self, host: &str) -> bool {
        [&self.host].into_iter().chain(&self.hosts).any(|own| own.eq_ignore_ascii_case(host))
    }
}
