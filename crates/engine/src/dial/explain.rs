//! Why a TLS handshake failed, in a sentence that says what to do. Decides by rustls' types, never by its words.

use std::fmt::Write as _;
use std::io;

use jiff::Timestamp;
use rustls::pki_types::UnixTime;
use rustls::{AlertDescription, CertificateError, Error, InvalidMessage, PeerIncompatible};

use super::pin::{self, Unpinned};
use super::server::Server;
use super::verifier::{SelfSigned, Weak, is_ca_as_server};
use mailwatch_proto::model::{Account, Ca, Fault, FaultClass, Pin, TlsMode, TlsVersion, sanitise};

/// How many of a certificate's names a message lists; some have a hundred.
const NAMES_SHOWN: usize = 6;

/// How much text from the server a message keeps, in characters.
const TEXT_LIMIT: usize = 200;

/// Explains a failed handshake. `place` is the server with the address that was dialled.
pub(super) fn handshake(error: &io::Error, server: &Server, place: &str, account: &Account) -> Fault {
    let Some(tls) = error.get_ref().and_then(|inner| inner.downcast_ref::<Error>()) else {
        return broken(error, place);
    };
    match tls {
        // Most likely its own issuer, made by `openssl req -x509`.
        refused if is_ca_as_server(refused) => passing(self_signed(place, account.ca.as_ref())),
        Error::InvalidCertificate(reason) => passing(certificate(reason, server, place, account)),
        Error::InvalidMessage(InvalidMessage::InvalidContentType | InvalidMessage::UnknownProtocolVersion) => {
            not_tls(server, place, account.tls)
        }
        Error::NoCertificatesPresented => passing(format!("{place} shows no certificate")),
        Error::PeerIncompatible(reason) => incompatible(reason, place, account),
        Error::AlertReceived(alert) => refused(*alert, server, place, account),
        Error::FailedToGetCurrentTime => {
            passing("this machine's clock cannot be read, so no certificate can be checked".to_owned())
        }
        _ => Fault::retry_after(
            FaultClass::Tls,
            format!("the TLS handshake with {place} failed: {}", sanitise(&tls.to_string(), TEXT_LIMIT)),
        ),
    }
}

/// Whether the certificate may be right, and only its issuer is not among those that are trusted: another CA file may help.
pub(super) fn is_untrusted(error: &io::Error) -> bool {
    let Some(tls) = error.get_ref().and_then(|inner| inner.downcast_ref::<Error>()) else { return false };
    let unknown = match tls {
        Error::InvalidCertificate(CertificateError::UnknownIssuer | CertificateError::BadSignature) => true,
        Error::InvalidCertificate(CertificateError::Other(other)) => other.0.is::<SelfSigned>(),
        _ => false,
    };
    unknown || is_ca_as_server(tls)
}

/// What this program offers: rustls' default provider has these and no others.
const OFFERS: &str =
    "This program offers TLS 1.3 and 1.2 with AES-GCM or ChaCha20-Poly1305, ECDHE by X25519, P-256 or P-384";

/// It passes like everything before a login: no secret was sent. The network may be another tomorrow, or the clock right.
fn passing(message: String) -> Fault {
    Fault::retry_after(FaultClass::Tls, message)
}

/// The connection failed below TLS.
fn broken(error: &io::Error, place: &str) -> Fault {
    let how = match error.kind() {
        io::ErrorKind::UnexpectedEof | io::ErrorKind::BrokenPipe => "closed the connection".to_owned(),
        io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionAborted => "reset the connection".to_owned(),
        _ => format!("failed ({})", sanitise(&error.to_string(), TEXT_LIMIT)),
    };
    let hint = "It may be overloaded, limit connections, or not speak TLS on this port";
    Fault::retry_after(FaultClass::Tls, format!("{place} {how} during the TLS handshake. {hint}"))
}

fn not_tls(server: &Server, place: &str, mode: TlsMode) -> Fault {
    match mode {
        TlsMode::StartTls => Fault::retry_after(
            FaultClass::Tls,
            format!(
                "{place} agreed to STARTTLS, but what came then was not TLS: a broken server, or someone in between"
            ),
        ),
        TlsMode::Implicit | TlsMode::Off => {
            let other = if server.port == 993 { "a port for TLS" } else { "port 993" };
            passing(format!(
                "{place} speaks without TLS: port {} is not for implicit TLS. Use tls = \"starttls\", or {other}",
                server.port
            ))
        }
    }
}

fn incompatible(reason: &PeerIncompatible, place: &str, account: &Account) -> Fault {
    match reason {
        PeerIncompatible::ServerDoesNotSupportTls12Or13
        | PeerIncompatible::ServerTlsVersionIsDisabledByOurConfig
        | PeerIncompatible::Tls12NotOffered
        | PeerIncompatible::Tls12NotOfferedOrEnabled => passing(too_old(place, account)),
        PeerIncompatible::NoCipherSuitesInCommon => passing(no_cipher(place)),
        other => passing(format!("{place} and this program have no TLS settings in common ({other:?}). {OFFERS}")),
    }
}

fn no_cipher(place: &str) -> String {
    format!("{place} and this program have no cipher in common. {OFFERS}")
}

fn too_old(place: &str, account: &Account) -> String {
    match account.network.tls.min {
        TlsVersion::V12 => format!(
            "{place} speaks only versions of TLS older than 1.2, which are insecure: its administrator must update it"
        ),
        TlsVersion::V13 => format!(
            "{place} does not speak TLS 1.3, which tls_min asks for: write tls_min = \"1.2\", or have its administrator update it"
        ),
    }
}

fn refused(alert: AlertDescription, server: &Server, place: &str, account: &Account) -> Fault {
    let client = account.network.tls.client.as_ref();
    match alert {
        AlertDescription::ProtocolVersion => passing(too_old(place, account)),
        AlertDescription::InsufficientSecurity => passing(no_cipher(place)),
        AlertDescription::UnrecognisedName => {
            passing(format!("{place} says that it is not {}: check host", server.host))
        }
        other if client.is_some() || other == AlertDescription::CertificateRequired => {
            of_client(other, place).unwrap_or_else(|| broken_off(other, place))
        }
        other => broken_off(other, place),
    }
}

fn broken_off(alert: AlertDescription, place: &str) -> Fault {
    // What a server says that has no cipher in common (RFC 8446 §6.2), among other things.
    let offers = if alert == AlertDescription::HandshakeFailure { format!(". {OFFERS}") } else { String::new() };
    passing(format!("{place} aborted the TLS handshake: alert {alert:?}{offers}"))
}

/// What an alert says about the client's certificate, if it is about that. In TLS 1.3 it comes after the client's handshake
/// has ended.
fn of_client(alert: AlertDescription, place: &str) -> Option<Fault> {
    match alert {
        AlertDescription::CertificateRequired => Some(passing(format!(
            "{place} wants a certificate from its clients: name yours as client_cert and client_key"
        ))),
        AlertDescription::BadCertificate
        | AlertDescription::UnsupportedCertificate
        | AlertDescription::CertificateRevoked
        | AlertDescription::CertificateExpired
        | AlertDescription::CertificateUnknown
        | AlertDescription::UnknownCA
        | AlertDescription::AccessDenied
        | AlertDescription::DecryptError => Some(passing(format!(
            "{place} does not accept the certificate in client_cert ({alert:?}): ask its administrator"
        ))),
        _ => None,
    }
}

/// The same for an error that ended a connection after its handshake.
pub(super) fn after_handshake(error: &io::Error, place: &str) -> Option<Fault> {
    match error.get_ref()?.downcast_ref::<Error>()? {
        Error::AlertReceived(alert) => of_client(*alert, place),
        _ => None,
    }
}

fn certificate(reason: &CertificateError, server: &Server, place: &str, account: &Account) -> String {
    match reason {
        CertificateError::UnknownIssuer => unknown_issuer(place, account.ca.as_ref()),
        CertificateError::NotValidForName => format!("{place} shows a certificate for another name: check host"),
        CertificateError::NotValidForNameContext { presented, .. } => wrong_name(presented, server, place),
        CertificateError::Expired => {
            format!("{place} shows a certificate that has expired: its administrator must renew it")
        }
        CertificateError::ExpiredContext { time, not_after } => format!(
            "{place} shows a certificate that expired on {}: its administrator must renew it, unless this machine's clock \
             is wrong ({})",
            moment(*not_after),
            moment(*time)
        ),
        CertificateError::NotValidYet => {
            format!("{place} shows a certificate that is not valid yet: check this machine's clock")
        }
        CertificateError::NotValidYetContext { time, not_before } => format!(
            "{place} shows a certificate that is valid only from {}: check this machine's clock, which says {}",
            moment(*not_before),
            moment(*time)
        ),
        CertificateError::Revoked => format!("{place} shows a certificate that was revoked: do not trust it"),
        CertificateError::BadSignature => bad_signature(place, account.ca.as_ref()),
        CertificateError::InvalidPurpose | CertificateError::InvalidPurposeContext { .. } => {
            format!("{place} shows a certificate that is not meant for servers: its administrator must replace it")
        }
        CertificateError::Other(other) if other.0.is::<SelfSigned>() => self_signed(place, account.ca.as_ref()),
        CertificateError::Other(other) => {
            if let Some(Unpinned(own)) = other.0.downcast_ref() {
                unpinned(place, own.as_ref())
            } else if let Some(weak) = other.0.downcast_ref() {
                too_weak(place, weak)
            } else {
                unusable(place, reason)
            }
        }
        other => unusable(place, other),
    }
}

fn unusable(place: &str, reason: &CertificateError) -> String {
    format!("{place} shows a certificate that cannot be used: {}", sanitise(&reason.to_string(), TEXT_LIMIT))
}

fn too_weak(place: &str, Weak { weakness, of_issuer }: &Weak) -> String {
    let whose = if *of_issuer { "whose issuer has" } else { "with" };
    format!("{place} shows a certificate {whose} {weakness}: its administrator must replace it")
}

fn unpinned(place: &str, own: Option<&Pin>) -> String {
    let own = own.map_or_else(|| "which cannot be read".to_owned(), |own| format!("\"{}\"", pin::show(own)));
    format!(
        "{place} shows a certificate whose key is not in pin_sha256: its key is {own}. If its administrator confirms that the key was renewed, put that there; otherwise someone may be in between"
    )
}

fn self_signed(place: &str, ca: Option<&Ca>) -> String {
    let message = format!("{place} shows a certificate that it signed itself, as anybody can");
    match ca {
        Some(Ca::File(path)) => {
            format!("{message}, and {} does not contain it: if it is the server's own, put it there", path.display())
        }
        Some(Ca::Pem(_)) | None => {
            format!("{message}. If it is the server's own, save it as PEM and name the file as the account's ca_file")
        }
    }
}

fn unknown_issuer(place: &str, ca: Option<&Ca>) -> String {
    let mut message = format!("{place} shows a certificate whose issuer is not trusted");
    match ca {
        Some(Ca::File(path)) => {
            // Writing to a String cannot fail.
            let _ = write!(message, ", and {} does not contain it either: put it there", path.display());
        }
        Some(Ca::Pem(_)) | None => message.push_str(
            ". If the issuer is your organisation's, save its certificate as PEM and name the file as the account's ca_file",
        ),
    }
    message
}

/// The issuer's name is known with another key: most often a CA that was made anew under the same name.
fn bad_signature(place: &str, ca: Option<&Ca>) -> String {
    let mut message = format!("{place} shows a certificate whose signature is not its issuer's");
    match ca {
        Some(Ca::File(path)) => {
            let _ = write!(message, ": if the certificate was renewed, put the new one into {}", path.display());
        }
        Some(Ca::Pem(_)) | None => message.push_str(": a broken server, or someone in between"),
    }
    message
}

fn wrong_name(presented: &[String], server: &Server, place: &str) -> String {
    let names: Vec<String> = presented.iter().map(|name| plain_name(name)).collect();
    let host = &server.host;
    if names.is_empty() {
        return format!("{place} shows a certificate without any name: its administrator must replace it");
    }
    let mut list = names.iter().take(NAMES_SHOWN).map(String::as_str).collect::<Vec<_>>().join(", ");
    if names.len() > NAMES_SHOWN {
        let _ = write!(list, " and {} more", names.len() - NAMES_SHOWN);
    }
    format!(
        "{place} shows a certificate for {list}, not for {host}: if this is the right server, set host to one of its names"
    )
}

/// rustls gives names in Rust's notation, `DnsName("imap.example.org")`, `IpAddress(192.0.2.1)`.
fn plain_name(presented: &str) -> String {
    let inner = presented.split_once('(').and_then(|(_, rest)| rest.strip_suffix(')')).unwrap_or(presented);
    sanitise(inner.trim_matches('"'), TEXT_LIMIT)
}

fn moment(time: UnixTime) -> String {
    i64::try_from(time.as_secs())
        .ok()
        .and_then(|seconds| Timestamp::from_second(seconds).ok())
        .map_or_else(|| "a time beyond all calendars".to_owned(), |time| time.to_string())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use mailwatch_proto::model::{Auth, Hooks, Network, Quirks, SecretSource, Timers};

    fn account(tls: TlsMode, ca: Option<Ca>) -> Account {
        Account {
            name: "work".to_owned(),
            host: "imap.example.org".to_owned(),
            port: 993,
            tls,
            ca,
            network: Network::default(),
            user: "me".to_owned(),
            auth: Auth::Password,
            secret: SecretSource::Keyring,
            mailboxes: vec!["INBOX".to_owned()],
            max_connections: 8,
            timers: Timers::default(),
            reissue_auto: false,
            quirks: Quirks::default(),
            hooks: Hooks::default(),
        }
    }

    fn explained(error: Error, account: &Account) -> Fault {
        let server = Server::of(account);
        handshake(&io::Error::new(io::ErrorKind::InvalidData, error), &server, &server.to_string(), account)
    }

    #[test]
    fn each_fault_says_what_to_do_and_passes_for_no_secret_was_sent() {
        let at = |seconds| UnixTime::since_unix_epoch(Duration::from_secs(seconds));
        let expired = CertificateError::ExpiredContext { time: at(1_600_000_000), not_after: at(1_500_000_000) };
        let early = CertificateError::NotValidYetContext { time: at(0), not_before: at(1_500_000_000) };
        let cases: [(Error, bool, &str); 13] = [
            (CertificateError::UnknownIssuer.into(), true, "ca_file"),
            (expired.into(), true, "2017-07-14T02:40:00Z"),
            (early.into(), true, "1970-01-01T00:00:00Z"),
            (CertificateError::Revoked.into(), true, "revoked"),
            (CertificateError::BadSignature.into(), true, "signature"),
            (CertificateError::BadEncoding.into(), true, "cannot be used"),
            (InvalidMessage::InvalidContentType.into(), true, "starttls"),
            (PeerIncompatible::ServerDoesNotSupportTls12Or13.into(), true, "older than 1.2"),
            (PeerIncompatible::NoCipherSuitesInCommon.into(), true, "AES-GCM"),
            (Error::AlertReceived(AlertDescription::ProtocolVersion), true, "older than 1.2"),
            (Error::AlertReceived(AlertDescription::HandshakeFailure), true, "HandshakeFailure"),
            (Error::AlertReceived(AlertDescription::UnrecognisedName), true, "check host"),
            (Error::DecryptError, true, "failed"),
        ];
        for (error, retry, words) in cases {
            let fault = explained(error, &account(TlsMode::Implicit, None));
            assert_eq!(fault.class, FaultClass::Tls);
            assert_eq!(fault.retry(), retry, "{}", fault.message);
            assert!(fault.message.contains("imap.example.org:993"), "{}", fault.message);
            assert!(fault.message.contains(words), "{}", fault.message);
        }
    }

    #[test]
    fn another_ca_file_helps_where_the_issuer_is_unknown_and_nowhere_else() {
        let signed_itself = CertificateError::Other(rustls::OtherError(std::sync::Arc::new(SelfSigned)));
        let cases: [(Error, bool); 5] = [
            (CertificateError::UnknownIssuer.into(), true),
            (CertificateError::BadSignature.into(), true),
            (Error::InvalidCertificate(signed_itself), true),
            (CertificateError::Expired.into(), false),
            (InvalidMessage::InvalidContentType.into(), false),
        ];
        for (error, helps) in cases {
            let told = error.to_string();
            assert_eq!(is_untrusted(&io::Error::new(io::ErrorKind::InvalidData, error)), helps, "{told}");
        }
        assert!(!is_untrusted(&io::ErrorKind::ConnectionReset.into()));
    }

    #[test]
    fn a_connection_that_ends_in_the_handshake_is_tried_again() {
        let account = account(TlsMode::Implicit, None);
        let server = Server::of(&account);
        for kind in [io::ErrorKind::UnexpectedEof, io::ErrorKind::ConnectionReset, io::ErrorKind::Other] {
            assert!(handshake(&kind.into(), &server, "there", &account).retry());
        }
    }

    #[test]
    fn many_names_are_cut_and_hostile_ones_tamed() {
        let server = Server { host: "imap.example.org".to_owned(), port: 993 };
        let names: Vec<String> = (0..9).map(|n| format!("DnsName(\"\u{1b}[2Jn{n}\")")).collect();
        let message = wrong_name(&names, &server, "there");
        assert!(message.contains("n5 and 3 more"), "{message}");
        assert!(!message.contains('\u{1b}'), "{message}");
        assert_eq!(plain_name("IpAddress(192.0.2.1)"), "192.0.2.1");
    }

    #[test]
    fn a_ca_file_that_lacks_the_issuer_or_holds_its_old_key_is_named() {
        let account = account(TlsMode::Implicit, Some(Ca::File("/etc/corp.pem".into())));
        for reason in [CertificateError::UnknownIssuer, CertificateError::BadSignature] {
            let fault = explained(reason.into(), &account);
            assert!(fault.message.contains("/etc/corp.pem"), "{}", fault.message);
        }
    }
}
