//! Where a server is and how it is reached: the keys that accounts and providers share.

use std::net::IpAddr;

use super::findings::Findings;
use super::problem::ProblemKind;
use super::read::Section;
use super::warning::WarningKind;
use mailwatch_proto::model::TlsMode;

/// Implicit TLS (RFC 8314 §7.3).
pub const IMAPS_PORT: u16 = 993;

/// STARTTLS and plaintext (RFC 3501 §2.1).
pub const IMAP_PORT: u16 = 143;

/// The ways to log in.
pub(super) const AUTH: [&str; 2] = ["password", "oauth2"];

pub(super) fn host<'t>(section: &Section<'t>, findings: &mut Findings) -> Option<&'t str> {
    let (host, at) = section.required("host", findings)?;
    let (found, help) = if host.parse::<IpAddr>().is_ok() {
        return Some(host);
    } else if host.contains("://") {
        ("://", "leave out the scheme: tls = \"implicit\" is the default, and the port has a key of its own")
    } else if host.contains('@') {
        ("@", "the user has a key of its own")
    } else if host.contains('[') {
        ("[ ]", "write an IPv6 address without brackets")
    } else if host.contains(':') {
        (":", "the port has a key of its own")
    } else if host.contains('/') {
        ("/", "write only the server's name")
    } else if host.contains(char::is_whitespace) {
        (" ", "write the server's name without spaces")
    } else if !host.is_ascii() {
        ("letters beyond ASCII", "write an international name in its ASCII form, xn--…")
    } else {
        return Some(host);
    };
    findings.problem(ProblemKind::Host { found, help }, at);
    None
}

/// The names that never leave this machine.
#[must_use]
pub fn is_loopback(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost") || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

const TLS_MODES: [(&str, TlsMode); 3] =
    [("implicit", TlsMode::Implicit), ("starttls", TlsMode::StartTls), ("off", TlsMode::Off)];

pub(super) fn tls(section: &Section<'_>, host: Option<&str>, findings: &mut Findings) -> Option<TlsMode> {
    const NAMES: [&str; 3] = [TLS_MODES[0].0, TLS_MODES[1].0, TLS_MODES[2].0];
    if section.entry("tls").is_none() {
        return Some(TlsMode::Implicit);
    }
    let (given, at) = section.string("tls", findings)?;
    let Some((_, mode)) = TLS_MODES.into_iter().find(|(name, _)| *name == given) else {
        findings.problem(ProblemKind::Choice { key: "tls", given: given.to_owned(), known: &NAMES }, at);
        return None;
    };
    if mode == TlsMode::Off && host.is_some_and(|host| !is_loopback(host)) {
        findings.problem(ProblemKind::Plaintext, at);
        return None;
    }
    Some(mode)
}

pub(super) fn port(section: &Section<'_>, tls: Option<TlsMode>, findings: &mut Findings) -> Option<u16> {
    if section.entry("port").is_none() {
        return Some(match tls? {
            TlsMode::Implicit => IMAPS_PORT,
            TlsMode::StartTls | TlsMode::Off => IMAP_PORT,
        });
    }
    let (port, at) = section.number("port", findings)?;
    match (port, tls) {
        (IMAP_PORT, Some(TlsMode::Implicit)) => {
            findings.warn(WarningKind::PortAndTls { port, usual: "starttls", tls: "implicit" }, at);
        }
        (IMAPS_PORT, Some(TlsMode::StartTls)) => {
            findings.warn(WarningKind::PortAndTls { port, usual: "implicit", tls: "starttls" }, at);
        }
        (_, Some(TlsMode::Implicit | TlsMode::StartTls | TlsMode::Off) | None) => {}
    }
    Some(port)
}
