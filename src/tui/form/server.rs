//! The server of a mail address: who knows it, and what is guessed from the address alone.

use std::collections::BTreeSet;

use mailwatch_engine::config::{IMAP_PORT, IMAPS_PORT};
use mailwatch_proto::model::TlsMode;

/// Where the server's settings come from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum ServerSource {
    /// There are none yet.
    #[default]
    None,
    /// The server is being looked up.
    Looking,
    /// It is known, from a source said in words.
    Known(String),
    /// It is not known: a guess.
    Guess,
    /// The user has typed it.
    Own,
}

/// The look-up of an address's server.
#[derive(Clone, Debug, Default)]
pub struct ServerLookup {
    /// Where host, port, TLS and login come from.
    pub source: ServerSource,
    /// What to know of this provider.
    pub note: Option<String>,
    /// The address that was looked up last.
    pub address: String,
}

/// The domain of a mail address.
#[must_use]
pub fn domain_of(address: &str) -> Option<&str> {
    address.rsplit_once('@').map(|(_, domain)| domain).filter(|domain| !domain.is_empty())
}

/// A name for an account, made of a domain, that no other account has.
#[must_use]
pub fn free_name(domain: &str, taken: &BTreeSet<String>) -> String {
    let name = domain.split('.').next().unwrap_or(domain).replace('/', "-");
    let numbered = (2..).map(|n| format!("{name}-{n}"));
    let mut names = std::iter::once(name.clone()).chain(numbered);
    names.find(|name| !taken.contains(name)).unwrap_or_default()
}

/// The port that servers usually listen on.
#[must_use]
pub const fn usual_port(tls: TlsMode) -> u16 {
    match tls {
        TlsMode::Implicit => IMAPS_PORT,
        TlsMode::StartTls | TlsMode::Off => IMAP_PORT,
    }
}
