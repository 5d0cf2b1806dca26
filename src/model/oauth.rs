//! An account's OAuth 2.0 client, as the configuration describes it. Never a secret itself.

/// A client of an issuer: how the account gets its access tokens. Its refresh token stands in the keyring.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OAuthClient {
    /// Who gives the tokens.
    pub issuer: Issuer,
    /// The client's id, as the issuer registered it.
    pub client_id: String,
    /// Where the client's secret comes from.
    pub client_secret: ClientSecret,
    /// What is asked for.
    pub scopes: Vec<String>,
    /// How a person agrees to it.
    pub flow: Flow,
}

/// Who gives tokens.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Issuer {
    /// Google, whose endpoints are known.
    Google,
    /// Microsoft, whose endpoints are known.
    Microsoft,
    /// Another, by its issuer identifier: its endpoints are found by discovery (RFC 8414).
    Url(String),
}

/// Where a client's secret comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClientSecret {
    /// It has none: a public client (RFC 6749 §2.1).
    None,
    /// The system's keyring, where `account login` puts it.
    Keyring,
    /// The first line that a command prints; an argument list.
    Command(Vec<String>),
}

/// How a person agrees.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Flow {
    /// In a browser on this machine: authorization code with PKCE over a loopback redirect (RFC 8252).
    Browser,
    /// In a browser anywhere, with a code to type (RFC 8628).
    Device,
}

impl Issuer {
    /// What names it to a person and in the keyring.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Google => "Google",
            Self::Microsoft => "Microsoft",
            Self::Url(url) => url,
        }
    }
}
