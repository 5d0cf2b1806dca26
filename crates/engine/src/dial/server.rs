//! The server's name: in the configuration, in messages, and for TLS.

use std::fmt;
use std::net::{IpAddr, SocketAddr};

use rustls::pki_types::ServerName;

use mailwatch_proto::model::{Account, Fault, FaultClass, Proxy};

/// A host and port to dial.
#[derive(Clone, Debug)]
pub(super) struct Server {
    /// The host, without brackets and without the trailing dot of a fully qualified name.
    pub(super) host: String,
    pub(super) port: u16,
}

impl Server {
    pub(super) fn of(account: &Account) -> Self {
        let host = account.host.trim();
        let host = host.strip_prefix('[').and_then(|inner| inner.strip_suffix(']')).unwrap_or(host);
        // Certificates and SNI know no trailing dot (RFC 6066 §3).
        let host = host.strip_suffix('.').unwrap_or(host);
        Self { host: host.to_owned(), port: account.port }
    }

    /// The proxy, which is dialled as a server is.
    pub(super) fn of_proxy(proxy: &Proxy) -> Self {
        Self { host: proxy.host.clone(), port: proxy.port }
    }

    /// The host as an address, if it is one; then no look-up is needed.
    pub(super) fn ip(&self) -> Option<IpAddr> {
        self.host.parse().ok()
    }

    /// The server with the address that answered: of several addresses one may be at fault.
    pub(super) fn at(&self, addr: SocketAddr) -> String {
        if self.ip().is_some() { self.to_string() } else { format!("{self} ({})", addr.ip()) }
    }

    /// The name that the certificate must bear.
    pub(super) fn tls_name(&self) -> Result<ServerName<'static>, Fault> {
        ServerName::try_from(self.host.clone()).map_err(|_| {
            let advice = if self.host.is_ascii() {
                "write it as imap.example.org or as an IP address"
            } else {
                "write it in its ASCII form, which begins with xn--"
            };
            Fault::needs_user(FaultClass::Config, format!("{:?} is not a host name: {advice}", self.host))
        })
    }

    /// Refuses an unencrypted connection to another machine.
    pub(super) fn must_be_loopback(&self) -> Result<(), Fault> {
        let local = match self.ip() {
            Some(ip) => ip.to_canonical().is_loopback(),
            None => self.host.eq_ignore_ascii_case("localhost"),
        };
        if local { Ok(()) } else { Err(self.not_loopback()) }
    }

    pub(super) fn not_loopback(&self) -> Fault {
        Fault::needs_user(
            FaultClass::Config,
            format!(
                "{self} is not this machine, and tls = \"off\" would send the password and the mail in the clear: use tls = \
                 \"implicit\" or \"starttls\""
            ),
        )
    }
}

impl fmt::Display for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

/// Whether bytes to this address stay on this machine. An IPv4-mapped IPv6 address counts as the IPv4 address.
pub(super) fn is_loopback(addr: &SocketAddr) -> bool {
    addr.ip().to_canonical().is_loopback()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server(host: &str) -> Server {
        Server { host: host.to_owned(), port: 143 }
    }

    #[test]
    fn only_this_machine_may_be_spoken_to_without_tls() {
        for host in ["localhost", "LOCALHOST", "127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1"] {
            assert_eq!(server(host).must_be_loopback(), Ok(()), "{host}");
        }
        for host in ["localhost.example.org", "10.0.0.1", "128.0.0.1", "::2", "0.0.0.0", "::ffff:10.0.0.1", "127.1"] {
            let fault = server(host).must_be_loopback().expect_err(host);
            assert_eq!(fault.class, FaultClass::Config);
            assert!(!fault.retry());
        }
    }

    #[test]
    fn an_address_is_told_apart_from_its_port() {
        assert_eq!(server("::1").to_string(), "[::1]:143");
        let addr = SocketAddr::from(([192, 0, 2, 1], 143));
        assert_eq!(server("imap.example.org").at(addr), "imap.example.org:143 (192.0.2.1)");
        assert_eq!(server("192.0.2.1").at(addr), "192.0.2.1:143");
    }

    #[test]
    fn what_no_certificate_can_name_is_refused_with_the_way_out() {
        assert!(server("imap.example.org").tls_name().is_ok());
        assert!(server("::1").tls_name().is_ok());
        assert!(server("bücher.example").tls_name().expect_err("not ASCII").message.contains("xn--"));
        assert!(!server("two words").tls_name().expect_err("a space").retry());
    }
}
