//! The providers: how a mail provider's server is reached and what is peculiar to it, from a table in the program and
//! from the user's own. Found by an address's domain or by a server's host; asks no network.

mod read;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::account::is_loopback;
use super::error::ConfigError;
use mailwatch_proto::model::{Auth, Origin, Quirks, Timer, Timers, TlsMode};

/// The table that comes with the program.
pub const BUILT_IN: &str = include_str!("../../../../assets/providers.toml");

/// The user's own table, beside the configuration.
pub const FILE: &str = "providers.toml";

/// The entry for whoever has no entry.
const GENERIC: &str = "generic";

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
    /// ID (RFC 2971) is required.
    pub id_required: bool,
    /// STATUS instead of NOOP.
    pub poll_by_status: bool,
    /// Where the password is made that mail programs need instead of the account's own.
    pub app_password: Option<String>,
    /// What else to know, in a sentence without a full stop.
    pub note: Option<String>,
    /// Where each figure is from, by its key.
    sources: BTreeMap<String, String>,
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

    /// What the engine must know of it.
    #[must_use]
    pub fn quirks(&self) -> Quirks {
        Quirks {
            provider: (self.name != GENERIC).then(|| self.name.clone()),
            id_required: self.id_required,
            poll_by_status: self.poll_by_status,
            app_password: self.app_password.clone(),
        }
    }

    fn has_domain(&self, domain: &str) -> bool {
        self.domains.iter().any(|own| own == domain)
    }

    fn has_domain_like(&self, domain: &str) -> bool {
        let begins = |own: &String| own.strip_suffix('*').is_some_and(|begin| domain.starts_with(begin));
        self.domains.iter().any(begins)
    }

    fn has_host(&self, host: &str) -> bool {
        [&self.host].into_iter().chain(&self.hosts).any(|own| own.eq_ignore_ascii_case(host))
    }
}

/// All known providers, the user's own first.
#[derive(Clone, Debug, PartialEq)]
pub struct Providers {
    own: Vec<Provider>,
    built_in: Vec<Provider>,
    /// The entry for whoever has none.
    generic: Provider,
}

impl Providers {
    /// Those that come with the program.
    ///
    /// # Panics
    /// Where the program's own table has problems, or lacks the entry for all others: tests see that it does not.
    #[must_use]
    pub fn built_in() -> Self {
        let path = PathBuf::from("assets").join(FILE);
        let built_in = read::parse(BUILT_IN, &path).expect("the program's own table has no problems");
        Self::new(Vec::new(), built_in).expect("the program's own table has the entry for all others")
    }

    fn new(own: Vec<Provider>, built_in: Vec<Provider>) -> Option<Self> {
        let generic = own.iter().chain(&built_in).find(|provider| provider.name == GENERIC)?.clone();
        Some(Self { own, built_in, generic })
    }

    /// With the user's own, read from `text`, which stands at `path`.
    ///
    /// # Errors
    /// With all problems of the text.
    pub fn with_own(text: &str, path: &Path) -> Result<Self, ConfigError> {
        let own = read::parse(text, path)?;
        let known = Self::built_in();
        Ok(Self::new(own, known.built_in.clone()).unwrap_or(known))
    }

    /// The providers that go with the configuration at this path: those of the program, and of a [`FILE`] beside it.
    ///
    /// # Errors
    /// Where that file is there and cannot be read, or has problems.
    pub fn beside(config: &Path) -> Result<Self, ConfigError> {
        let path = config.with_file_name(FILE);
        match super::read_file(&path) {
            Ok((text, _)) => Self::with_own(&text, &path),
            Err(ConfigError::Missing { .. }) => Ok(Self::built_in()),
            Err(error) => Err(error),
        }
    }

    /// The provider of a mail address, by its domain.
    #[must_use]
    pub fn for_address(&self, address: &str) -> Option<&Provider> {
        let (_, domain) = address.trim().rsplit_once('@')?;
        let domain = domain.trim_end_matches('.').to_lowercase();
        let exact = |layer: &'_ [Provider]| layer.iter().position(|provider| provider.has_domain(&domain));
        let like = |layer: &'_ [Provider]| layer.iter().position(|provider| provider.has_domain_like(&domain));
        self.layers().into_iter().find_map(|layer| exact(layer).or_else(|| like(layer)).map(|at| &layer[at]))
    }

    /// The provider of a server. What runs on this machine is nobody's: it may be a tunnel to anywhere.
    #[must_use]
    pub fn for_host(&self, host: &str) -> Option<&Provider> {
        let mut all = self.layers().into_iter().flatten();
        if is_loopback(host) { None } else { all.find(|provider| provider.has_host(host)) }
    }

    /// What an account is treated by: its server's provider; on this machine that of its address, where it runs here
    /// (Proton's bridge); else the entry for all others.
    #[must_use]
    pub fn for_account(&self, host: &str, user: &str) -> &Provider {
        let here = || self.for_address(user).filter(|provider| is_loopback(host) && provider.has_host(host));
        self.for_host(host).or_else(here).unwrap_or(&self.generic)
    }

    fn layers(&self) -> [&[Provider]; 2] {
        [&self.own, &self.built_in]
    }
}

#[cfg(test)]
mod tests;
