//! An account's settings, as checked by the configuration and used by the engine.

use std::fmt;
use std::path::PathBuf;

use super::{Hooks, LoginChoice, Network, OAuthClient, Timers, Wanted};

/// How a connection is encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TlsMode {
    /// TLS from the first byte (RFC 8314), port 993.
    Implicit,
    /// STARTTLS on port 143; never falls back to plaintext.
    StartTls,
    /// No TLS: loopback only.
    Off,
}

/// How the account authenticates.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Auth {
    /// LOGIN or AUTHENTICATE PLAIN.
    Password,
    /// XOAUTH2 or OAUTHBEARER.
    OAuth2,
}

/// Where the account's password or token comes from. Never the secret itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecretSource {
    /// The system's keyring.
    Keyring,
    /// The first line that a command prints; an argument list.
    Command(Vec<String>),
    /// An access token from an OAuth 2.0 issuer, by the refresh token in the keyring.
    OAuth(Box<OAuthClient>),
    /// A fixed secret of an embedded server, which is no secret. No configuration has it.
    Fixed(FixedSecret),
}

/// A fixed secret. Its `Debug` shows nothing of it.
#[derive(Clone, PartialEq, Eq)]
pub struct FixedSecret(pub String);

impl fmt::Debug for FixedSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FixedSecret")
    }
}

/// Where further trusted certificates come from.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Ca {
    /// A PEM file.
    File(PathBuf),
    /// PEM text: the embedded demo server's.
    Pem(String),
}

/// An account's provider's peculiarities; none where the provider is not known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Quirks {
    /// The provider's name.
    pub provider: Option<String>,
    /// It refuses mailboxes to a program that did not say its name (ID, RFC 2971), whether or not it offers ID.
    pub id_required: bool,
    /// Its NOOP does not announce new mail: without IDLE it is polled by STATUS.
    pub poll_by_status: bool,
    /// Where the password is made that mail programs need instead of the account's own.
    pub app_password: Option<String>,
    /// Which way a password goes, where the server's offers are not true.
    pub login: LoginChoice,
}

/// A login at a server, with the mailboxes to watch.
#[derive(Clone, Debug, PartialEq)]
pub struct Account {
    /// Its name in the configuration.
    pub name: String,
    /// The server's host name or address.
    pub host: String,
    /// The server's port.
    pub port: u16,
    /// How the connection is encrypted.
    pub tls: TlsMode,
    /// Certificates trusted besides the public roots.
    pub ca: Option<Ca>,
    /// Its proxy and its further settings of TLS.
    pub network: Network,
    /// The login name.
    pub user: String,
    /// How it authenticates.
    pub auth: Auth,
    /// Where the secret comes from.
    pub secret: SecretSource,
    /// What to watch, as a person writes it: names, patterns, uses ([`Wanted`]).
    pub mailboxes: Vec<String>,
    /// How many connections the account may have open at once.
    pub max_connections: u16,
    /// The timers its watches start with.
    pub timers: Timers,
    /// Whether `reissue` is learned from the server's answers.
    pub reissue_auto: bool,
    /// Its provider's peculiarities.
    pub quirks: Quirks,
    /// The commands that run on its events.
    pub hooks: Hooks,
}

impl Account {
    /// What to watch, read.
    pub fn wanted(&self) -> impl Iterator<Item = Wanted<'_>> {
        self.mailboxes.iter().map(|entry| Wanted::of(entry))
    }

    /// The first mailbox that is named; INBOX where none is, for what a pattern means is LIST's to say.
    #[must_use]
    pub fn first_name(&self) -> &str {
        let name = |wanted| match wanted {
            Wanted::Name(name) => Some(name),
            Wanted::Pattern(_) | Wanted::Use(_) => None,
        };
        self.wanted().find_map(name).unwrap_or("INBOX")
    }

    /// Whether each mailbox has its own connection and is known by name: no LIST is needed, and no connection is shared.
    #[must_use]
    pub fn is_plain(&self) -> bool {
        self.mailboxes.len() <= usize::from(self.max_connections) && !self.wanted().any(Wanted::is_listed)
    }
}
