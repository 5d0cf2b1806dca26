//! A server that was found for a mail address, and where.

use std::fmt;

use mailwatch_proto::model::{Auth, TlsMode};

/// Where a server was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Way {
    /// The table of providers, with the provider's name.
    Table(String),
    /// An SRV record of that name (RFC 6186).
    Srv(String),
    /// An autoconfig file at that URL.
    Autoconfig(String),
}

impl fmt::Display for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Table(provider) => write!(f, "the table of providers: {provider}"),
            Self::Srv(name) => write!(f, "the DNS record {name}"),
            Self::Autoconfig(url) => f.pad(url),
        }
    }
}

/// The server of a mail address. Text from DNS and the web is sanitised; the host holds only characters of host names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Where it was found.
    pub way: Way,
    /// The server's name.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the connection is encrypted. Never [`TlsMode::Off`], unless the table says so.
    pub tls: TlsMode,
    /// How to log in, the usual way first; at least one.
    pub auth: Vec<Auth>,
    /// The login name.
    pub user: String,
    /// What the user must check before using it, in a sentence.
    pub caution: Option<String>,
    /// A note about the provider, in a sentence.
    pub note: Option<String>,
}
