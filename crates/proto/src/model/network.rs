//! How an account's connections are made, beyond host and port: the proxy, and TLS.

use std::fmt;
use std::path::PathBuf;

/// Where an account's connections go through, and what they ask of TLS. By default: nothing, the built-in roots, TLS 1.2.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Network {
    /// What stands between here and the server.
    pub proxy: Option<Proxy>,
    /// Settings of TLS besides a valid certificate.
    pub tls: TlsRules,
}

impl Network {
    /// For another server than the account's own: without its pins and its client certificate.
    #[must_use]
    pub fn elsewhere(&self) -> Self {
        let tls = TlsRules { roots: self.tls.roots, min: self.tls.min, ..TlsRules::default() };
        Self { proxy: self.proxy.clone(), tls }
    }
}

/// A proxy, without its password.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Proxy {
    /// Its protocol.
    pub kind: ProxyKind,
    /// Its name or address, without brackets.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// The login, where it wants one.
    pub login: Option<ProxyLogin>,
}

/// A login at a proxy.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProxyLogin {
    /// The login name.
    pub user: String,
    /// A command that prints the password; an argument list.
    pub password_command: Vec<String>,
}

impl fmt::Display for Proxy {
    /// As the configuration writes it, without the user.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (scheme, host, port) = (self.kind.scheme(), &self.host, self.port);
        if host.contains(':') { write!(f, "{scheme}://[{host}]:{port}") } else { write!(f, "{scheme}://{host}:{port}") }
    }
}

/// A proxy's protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ProxyKind {
    /// SOCKS version 5 (RFC 1928). The server's name is looked up by the proxy.
    Socks5,
    /// HTTP's CONNECT (RFC 9110 §9.3.6). The server's name is looked up by the proxy.
    Http,
}

impl ProxyKind {
    /// Every kind.
    pub const ALL: [Self; 2] = [Self::Socks5, Self::Http];

    /// Its scheme in an address.
    #[must_use]
    pub const fn scheme(self) -> &'static str {
        match self {
            Self::Socks5 => "socks5",
            Self::Http => "http",
        }
    }
}

/// Settings of TLS besides a valid certificate.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TlsRules {
    /// Whose certificates are trusted.
    pub roots: Roots,
    /// The oldest version that is spoken.
    pub min: TlsVersion,
    /// SHA-256 of the `SubjectPublicKeyInfo` of the keys that the server may have; any where there is none. They narrow
    /// what is trusted and never widen it: the certificate must be valid as well.
    pub pins: Vec<Pin>,
    /// The client's certificate.
    pub client: Option<ClientCertificate>,
}

/// SHA-256 of a public key, as its `SubjectPublicKeyInfo` in DER (RFC 7469 §2.4).
pub type Pin = [u8; 32];

/// Whose certificates are trusted, besides the account's own `ca_file`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Roots {
    /// Mozilla's, built into the program.
    #[default]
    Bundled,
    /// Those that this system trusts.
    Platform,
}

/// A version of TLS.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TlsVersion {
    /// 1.2 (RFC 5246).
    #[default]
    V12,
    /// 1.3 (RFC 8446).
    V13,
}

/// The client's certificate, for a server that asks for one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClientCertificate {
    /// PEM: the certificate, then its issuers.
    pub chain: PathBuf,
    /// PEM: its private key, not encrypted.
    pub key: PathBuf,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proxy_is_shown_without_whoever_logs_in_there() {
        let proxy = Proxy {
            kind: ProxyKind::Socks5,
            host: "2001:db8::1".to_owned(),
            port: 1080,
            login: Some(ProxyLogin { user: "me".to_owned(), password_command: vec!["pass".to_owned()] }),
        };
        assert_eq!(proxy.to_string(), "socks5://[2001:db8::1]:1080");
        let named = Proxy { kind: ProxyKind::Http, host: "proxy.example.org".to_owned(), ..proxy };
        assert_eq!(named.to_string(), "http://proxy.example.org:1080");
    }

    #[test]
    fn another_server_is_reached_the_same_way_and_is_not_the_one_that_was_pinned() {
        let client = ClientCertificate { chain: "me.pem".into(), key: "me.key".into() };
        let tls = TlsRules { roots: Roots::Platform, min: TlsVersion::V13, pins: vec![[7; 32]], client: Some(client) };
        let elsewhere = Network { proxy: None, tls }.elsewhere().tls;
        assert_eq!((elsewhere.roots, elsewhere.min), (Roots::Platform, TlsVersion::V13));
        assert!(elsewhere.pins.is_empty() && elsewhere.client.is_none());
    }
}
