//! An account's proxy and its rules for TLS: the account's own keys over those of `[network]`.

use std::net::IpAddr;
use std::ops::Range;
use std::path::Path;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use super::command::command;
use super::files::Files;
use super::findings::Findings;
use super::problem::ProblemKind;
use super::read::Section;
use super::server::is_loopback;
use mailwatch_proto::model::{
    ClientCertificate, Network, Pin, Proxy, ProxyKind, ProxyLogin, Roots, TlsMode, TlsRules, TlsVersion, sanitise,
};

/// How much of a path or a reason a message shows, in characters.
const SHOWN: usize = 200;

/// The network's settings, of `[network]` or of an account.
#[derive(Clone, Debug, Default)]
pub(super) struct Settings {
    proxy: Option<Via>,
    roots: Option<Roots>,
    min: Option<TlsVersion>,
}

/// What `proxy` says.
#[derive(Clone, Debug)]
enum Via {
    /// `off`: none, whatever `[network]` says.
    Nothing,
    Proxy(Proxy),
}

/// `[network]`, or the same keys of an account.
pub(super) fn read(section: &Section<'_>, findings: &mut Findings) -> Settings {
    Settings {
        proxy: proxy(section, findings),
        roots: choice(section, "roots", &ROOTS, [Roots::Bundled, Roots::Platform], findings),
        min: choice(section, "tls_min", &VERSIONS, [TlsVersion::V12, TlsVersion::V13], findings),
    }
}

const ROOTS: [&str; 2] = ["bundled", "platform"];
const VERSIONS: [&str; 2] = ["1.2", "1.3"];

/// An account's network. `[network]`'s proxy is not for this machine, which no proxy can reach for it.
pub(super) fn of_account(
    section: &Section<'_>,
    (host, tls): (Option<&str>, Option<TlsMode>),
    shared: &Settings,
    files: &Files<'_>,
    findings: &mut Findings,
) -> Network {
    let own = read(section, findings);
    if tls == Some(TlsMode::Off)
        && let (Some(Via::Proxy(_)), Some(entry)) = (&own.proxy, section.entry("proxy"))
    {
        findings.problem(ProblemKind::ProxyInTheClear, entry.key);
    }
    let usual = shared.proxy.as_ref().filter(|_| !host.is_some_and(is_loopback));
    let proxy = match own.proxy.as_ref().or(usual) {
        Some(Via::Proxy(proxy)) => Some(proxy.clone()),
        Some(Via::Nothing) | None => None,
    };
    let pins = pins(section, findings).unwrap_or_default();
    let client = client(section, files, findings);
    let roots = own.roots.or(shared.roots).unwrap_or_default();
    let min = own.min.or(shared.min).unwrap_or_default();
    Network { proxy, tls: TlsRules { roots, min, pins, client } }
}

fn choice<T: Copy>(
    section: &Section<'_>,
    key: &'static str,
    known: &'static [&'static str; 2],
    meant: [T; 2],
    findings: &mut Findings,
) -> Option<T> {
    let (given, at) = section.string(key, findings)?;
    let found = known.iter().zip(meant).find_map(|(name, meaning)| (*name == given).then_some(meaning));
    if found.is_none() {
        findings.problem(ProblemKind::Choice { key, given: given.to_owned(), known }, at);
    }
    found
}

fn proxy(section: &Section<'_>, findings: &mut Findings) -> Option<Via> {
    const COMMAND: &str = "proxy_password_command";
    let password_command = command(section, COMMAND, findings);
    let unused = |findings: &mut Findings| {
        if let Some(entry) = section.entry(COMMAND) {
            findings.problem(ProblemKind::ProxyCommandUnused, entry.key);
        }
    };
    if section.entry("proxy").is_none() {
        unused(findings);
        return None;
    }
    let (given, at) = section.required("proxy", findings)?;
    if given == "off" {
        unused(findings);
        return Some(Via::Nothing);
    }
    let address = match parse(given) {
        Ok(address) => address,
        Err(kind) => {
            findings.problem(kind, at);
            return None;
        }
    };
    let login = match (address.user, password_command) {
        (Some(user), Some(password_command)) => Some(ProxyLogin { user: user.to_owned(), password_command }),
        (Some(_), None) => {
            if section.entry(COMMAND).is_none() {
                findings.problem(ProblemKind::ProxyNoCommand, at);
            }
            return None;
        }
        (None, Some(_)) => {
            unused(findings);
            return None;
        }
        (None, None) => None,
    };
    Some(Via::Proxy(Proxy { kind: address.kind, host: address.host.to_owned(), port: address.port, login }))
}

/// The parts of a proxy's address.
#[derive(Debug, PartialEq, Eq)]
struct Address<'t> {
    kind: ProxyKind,
    user: Option<&'t str>,
    host: &'t str,
    port: u16,
}

/// `SCHEME://[USER@]HOST:PORT`, with an IPv6 address in brackets.
fn parse(given: &str) -> Result<Address<'_>, ProblemKind> {
    let wrong = |found, help| Err(ProblemKind::Proxy { found, help });
    let Some((scheme, rest)) = given.split_once("://") else {
        return wrong("has no scheme", "write proxy = \"socks5://HOST:PORT\" or \"http://HOST:PORT\", or \"off\"");
    };
    let rest = rest.strip_suffix('/').unwrap_or(rest);
    let (user, place) = match rest.rsplit_once('@') {
        Some((user, place)) => (Some(user), place),
        None => (None, rest),
    };
    // Whatever else is wrong: this comes first.
    if user.is_some_and(|user| user.contains(':')) {
        return Err(ProblemKind::ProxyPassword);
    }
    let kind = match scheme {
        "socks5h" | "socks" => return wrong("has another scheme", "write socks5://: names are looked up by the proxy"),
        "https" => {
            return wrong(
                "wants TLS to the proxy itself, which is not supported",
                "write http:// if the proxy accepts it: what goes through it is still TLS to the server",
            );
        }
        scheme => match ProxyKind::ALL.into_iter().find(|kind| kind.scheme() == scheme) {
            Some(kind) => kind,
            None => return wrong("has an unknown scheme", "write socks5:// or http://"),
        },
    };
    if user == Some("") {
        return wrong("has an empty user before its @", "write the user, or leave out the @");
    }
    let (host, port) = match place.strip_prefix('[') {
        Some(bracketed) => match bracketed.split_once(']') {
            Some((host, rest)) if host.parse::<IpAddr>().is_ok_and(|ip| ip.is_ipv6()) => (host, rest.strip_prefix(':')),
            Some(_) | None => return wrong("has no IPv6 address in its brackets", "write [2001:db8::1]:1080"),
        },
        None => match place.rsplit_once(':') {
            Some((host, _)) if host.contains(':') => {
                return wrong("has an IPv6 address without brackets", "write [2001:db8::1]:1080");
            }
            Some((host, port)) => (host, Some(port)),
            None => (place, None),
        },
    };
    if host.is_empty() || !host.is_ascii() || host.contains(|c: char| c.is_whitespace() || "/?#[]".contains(c)) {
        return wrong("has no host", "write a name or an address between :// and the port");
    }
    let Some(port) = port.and_then(|port| port.parse().ok()).filter(|port| *port > 0) else {
        return wrong("has no port", "write it after the host, as in socks5://127.0.0.1:1080, without a path");
    };
    Ok(Address { kind, user, host, port })
}

fn pins(section: &Section<'_>, findings: &mut Findings) -> Option<Vec<Pin>> {
    let (list, _) = section.list("pin_sha256", findings)?;
    let mut pins = Vec::with_capacity(list.len());
    for (text, at) in list {
        match BASE64_STANDARD.decode(text).ok().and_then(|bytes| Pin::try_from(bytes).ok()) {
            Some(pin) => pins.push(pin),
            None => findings.problem(ProblemKind::Pin, at),
        }
    }
    Some(pins)
}

fn client(section: &Section<'_>, files: &Files<'_>, findings: &mut Findings) -> Option<ClientCertificate> {
    const KEYS: [&str; 2] = ["client_cert", "client_key"];
    let [chain, key] = KEYS.map(|key| section.entry(key).and_then(|_| section.required(key, findings)));
    for (key, other) in [(KEYS[0], KEYS[1]), (KEYS[1], KEYS[0])] {
        if let (Some(entry), None) = (section.entry(key), section.entry(other)) {
            findings.problem(ProblemKind::Half { key, other }, entry.key);
        }
    }
    let (chain, key) = (chain?, key?);
    let mut checked = |(path, at): (&str, Range<usize>), key, check: fn(&[u8]) -> Result<(), String>| {
        let path = files.directory.join(path);
        if let Some(read) = files.read
            && let Err(reason) = read(&path).map_err(|error| error.to_string()).and_then(|bytes| check(&bytes))
        {
            findings.problem(ProblemKind::ClientFile { key, path: shown(&path), reason: sanitise(&reason, SHOWN) }, at);
        }
        path
    };
    let chain = checked(chain, KEYS[0], check_chain);
    let key = checked(key, KEYS[1], check_key);
    Some(ClientCertificate { chain, key })
}

fn shown(path: &Path) -> String {
    sanitise(&path.to_string_lossy(), SHOWN)
}

fn check_chain(pem: &[u8]) -> Result<(), String> {
    let found = CertificateDer::pem_slice_iter(pem).collect::<Result<Vec<_>, _>>();
    match found {
        Ok(found) if found.is_empty() => Err("it contains no certificate in PEM".to_owned()),
        Ok(_) => Ok(()),
        Err(error) => Err(format!("its PEM is damaged ({error})")),
    }
}

fn check_key(pem: &[u8]) -> Result<(), String> {
    let pem = zeroize::Zeroizing::new(String::from_utf8_lossy(pem).into_owned());
    if pem.contains("ENCRYPTED") {
        return Err("it is encrypted, and there is no way to ask for its passphrase".to_owned());
    }
    match PrivateKeyDer::from_pem_slice(pem.as_bytes()) {
        Ok(_) => Ok(()),
        Err(_) => Err("it contains no private key in PEM".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proxys_address_is_taken_apart() {
        let address = |kind, user, host, port| Address { kind, user, host, port };
        let cases = [
            ("socks5://127.0.0.1:1080", address(ProxyKind::Socks5, None, "127.0.0.1", 1080)),
            ("http://proxy.example.org:3128/", address(ProxyKind::Http, None, "proxy.example.org", 3128)),
            ("socks5://me@[2001:db8::1]:1080", address(ProxyKind::Socks5, Some("me"), "2001:db8::1", 1080)),
            ("http://me@corp.example@proxy:80", address(ProxyKind::Http, Some("me@corp.example"), "proxy", 80)),
        ];
        for (given, wanted) in cases {
            assert_eq!(parse(given).unwrap_or_else(|kind| panic!("{given}: {kind}")), wanted);
        }
    }

    #[test]
    fn a_password_in_a_proxys_address_is_what_is_complained_of_first() {
        for given in ["socks5://me:hunter2@proxy:1080", "ftp://me:hunter2@proxy", "http://:hunter2@"] {
            let kind = parse(given).expect_err(given);
            assert_eq!(kind, ProblemKind::ProxyPassword);
            assert!(!format!("{kind:?} {kind} {:?}", kind.help()).contains("hunter2"));
        }
    }

    #[test]
    fn what_is_no_proxy_is_refused() {
        let wrong = [
            "proxy:1080",
            "ftp://proxy:1080",
            "socks5h://proxy:1080",
            "https://proxy:443",
            "socks5://proxy",
            "socks5://:1080",
            "socks5://proxy:0",
            "socks5://proxy:1080/path",
            "socks5://2001:db8::1:1080",
            "socks5://[127.0.0.1]:1080",
            "socks5://[::1]",
            "socks5://@proxy:1080",
            "socks5://two words:1080",
        ];
        for given in wrong {
            assert!(matches!(parse(given), Err(ProblemKind::Proxy { .. })), "{given}");
        }
    }
}
