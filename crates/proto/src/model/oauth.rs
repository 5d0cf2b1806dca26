//! An account's OAuth 2.0 client, as the configuration describes it. Never a secret itself.

/// A client of an issuer: how the account gets its access tokens. Its refresh token stands in the keyring.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
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
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
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
    /// Who gives the tokens for a mail server, where that is one of those whose endpoints are known.
    #[must_use]
    pub fn of_host(host: &str) -> Option<Self> {
        let host = host.to_ascii_lowercase();
        let within = |domains: &[&str]| {
            domains.iter().any(|domain| host.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.')))
        };
        if within(&["gmail.com", "googlemail.com"]) {
            return Some(Self::Google);
        }
        within(&["office365.com", "outlook.com"]).then_some(Self::Microsoft)
    }

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_issuer_of_a_known_server_is_known_and_of_one_that_only_sounds_like_it_is_not() {
        assert_eq!(Issuer::of_host("imap.gmail.com"), Some(Issuer::Google));
        assert_eq!(Issuer::of_host("Outlook.Office365.com"), Some(Issuer::Microsoft));
        for host in ["gmail.com", "imap.notgmail.com", "imap.gmail.com.example.org", "", "imap.example.org"] {
            assert_eq!(Issuer::of_host(host), None, "{host}");
        }
    }
}
