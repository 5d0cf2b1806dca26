//! Where a server is that nobody knows but the person who is asked: its name, its port, its encryption, who signed its
//! certificate. Each answer is tried as it is given; one that does not hold is asked for again, with the reason.

use std::path::{Path, PathBuf};

use super::asking::Asking;
use super::reach::{Reached, reach, resolves};
use super::stop::Stop;
use mailwatch_engine::config::{Draft, IMAP_PORT, IMAPS_PORT, is_loopback};
use mailwatch_proto::model::{Auth, FaultClass, TlsMode};

/// Where a server is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) tls: TlsMode,
    pub(super) ca_file: Option<String>,
}

/// What of it is asked for next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ask {
    Server,
    Encryption,
    Port,
    /// Nothing: it is tried again.
    Again,
    /// Nothing: it is taken as it is.
    Keep,
}

/// Asks where it is, and goes there. `before` is what was said already.
pub(super) async fn ask(before: Option<Place>, asking: &mut Asking<'_, '_, '_>) -> Result<Place, Stop> {
    let mut next = Ask::Server;
    let mut place = before.unwrap_or_else(|| Place {
        host: String::new(),
        port: IMAPS_PORT,
        tls: TlsMode::Implicit,
        ca_file: None,
    });
    loop {
        match next {
            Ask::Server => {
                let port = server(&mut place, asking).await?;
                if let Some(provider) = asking.providers.for_host(&place.host) {
                    asking.say(&format!("  a server of {}: its port and encryption are known", provider.name))?;
                    (place.port, place.tls) = (provider.port, provider.tls);
                } else {
                    if port == Some(IMAP_PORT) {
                        place.tls = TlsMode::StartTls;
                    }
                    encryption(&mut place, asking)?;
                    match port {
                        Some(port) => place.port = port,
                        None => self::port(&mut place, asking)?,
                    }
                }
            }
            Ask::Encryption => {
                encryption(&mut place, asking)?;
                port(&mut place, asking)?;
            }
            Ask::Port => port(&mut place, asking)?,
            Ask::Again => {}
            Ask::Keep => return Ok(place),
        }
        next = tried(&mut place, asking).await?;
        if next == Ask::Keep {
            return Ok(place);
        }
    }
}

/// Goes there, asks for certificates where those are what lacks; what to ask for next where it does not answer.
async fn tried(place: &mut Place, asking: &mut Asking<'_, '_, '_>) -> Result<Ask, Stop> {
    loop {
        let draft = place.draft();
        asking.say(&format!("Trying {} …", at(place)))?;
        let fault = match reach(&draft, asking).await? {
            Reached::Well(what) => {
                asking.say(&format!("  {what}"))?;
                return Ok(Ask::Keep);
            }
            Reached::Untrusted(fault) => {
                asking.refuse(&fault.message)?;
                if !ca_file(place, asking)? {
                    return Ok(Ask::Keep);
                }
                continue;
            }
            Reached::Not(fault) => fault,
        };
        asking.refuse(&fault.message)?;
        let usual = match fault.class {
            FaultClass::Dns => Ask::Server,
            FaultClass::Connect | FaultClass::Timeout | FaultClass::Proxy => Ask::Port,
            FaultClass::Tls
            | FaultClass::Auth
            | FaultClass::Secret
            | FaultClass::Mailbox
            | FaultClass::Limit
            | FaultClass::Protocol
            | FaultClass::Closed
            | FaultClass::History
            | FaultClass::Hook
            | FaultClass::Config => Ask::Encryption,
        };
        let ways = [
            ("server", Ask::Server),
            ("encryption", Ask::Encryption),
            ("port", Ask::Port),
            ("again", Ask::Again),
            ("keep", Ask::Keep),
        ];
        let usual = ways.iter().position(|(_, way)| *way == usual).unwrap_or_default();
        match asking.choose("Change what, try again, or keep it anyway?", &ways, usual)? {
            Ask::Again => {}
            other @ (Ask::Server | Ask::Encryption | Ask::Port | Ask::Keep) => return Ok(other),
        }
    }
}

/// Asks for the server's name until it is one that has an address; the port, where it stands behind it.
async fn server(place: &mut Place, asking: &mut Asking<'_, '_, '_>) -> Result<Option<u16>, Stop> {
    let mut usual = Some(place.host.clone()).filter(|host| !host.is_empty());
    loop {
        let question = "Server, its port behind it if you like (imap.example.org, 192.0.2.7:993)";
        let line = asking.text(question, usual.as_deref())?;
        let kept = usual.as_deref() == Some(&line);
        let (host, port) = parts(&line);
        let draft = Place { host: host.to_owned(), ..place.clone() }.draft();
        if let Some(why) = asking.wrong(&draft, "host") {
            asking.refuse(&why)?;
            continue;
        }
        if let (false, Some(fault)) = (kept, resolves(&draft, asking).await?) {
            asking.refuse(&format!("{}. Enter keeps it anyway", fault.message))?;
            usual = Some(line);
            continue;
        }
        host.clone_into(&mut place.host);
        return Ok(port);
    }
}

/// `host:port` in parts; an IPv6 address only in brackets.
fn parts(line: &str) -> (&str, Option<u16>) {
    if let Some((host, rest)) = line.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        return (host, rest.strip_prefix(':').and_then(|port| port.parse().ok()).filter(|port| *port > 0));
    }
    match line.split_once(':') {
        Some((host, port)) => match port.parse().ok().filter(|port| *port > 0) {
            Some(port) => (host, Some(port)),
            // An IPv6 address, or what is no name: that is said.
            None => (line, None),
        },
        None => (line, None),
    }
}

/// How the connection is encrypted. The usual port changes with it; one that was typed stays.
fn encryption(place: &mut Place, asking: &mut Asking<'_, '_, '_>) -> Result<(), Stop> {
    let here = is_loopback(&place.host);
    let all = [("implicit", TlsMode::Implicit), ("starttls", TlsMode::StartTls), ("off", TlsMode::Off)];
    // Elsewhere it would show everybody the password: the configuration refuses it too.
    let ways = if here { &all[..] } else { &all[..2] };
    let usual = ways.iter().position(|(_, tls)| *tls == place.tls).unwrap_or_default();
    let off = if here { ", or off: none, on this machine only" } else { "" };
    let question = format!("Encryption: implicit is TLS from the first byte (port 993), starttls begins without{off}.");
    let tls = asking.choose(&question, ways, usual)?;
    if tls == TlsMode::Off {
        asking.say("  warning: without TLS anyone who can listen on this machine reads the password and the mail")?;
    }
    if place.port == usual_port(place.tls) {
        place.port = usual_port(tls);
    }
    place.tls = tls;
    Ok(())
}

const fn usual_port(tls: TlsMode) -> u16 {
    match tls {
        TlsMode::Implicit => IMAPS_PORT,
        TlsMode::StartTls | TlsMode::Off => IMAP_PORT,
    }
}

fn port(place: &mut Place, asking: &mut Asking<'_, '_, '_>) -> Result<(), Stop> {
    loop {
        let line = asking.text("Port", Some(&place.port.to_string()))?;
        match line.parse() {
            Ok(port) if port > 0 => {
                place.port = port;
                return Ok(());
            }
            Ok(_) | Err(_) => asking.refuse("a port is a number from 1 to 65535")?,
        }
    }
}

/// Asks for the certificates of who signed the server's; whether there are any now.
fn ca_file(place: &mut Place, asking: &mut Asking<'_, '_, '_>) -> Result<bool, Stop> {
    let start = if place.tls == TlsMode::StartTls { " -starttls imap" } else { "" };
    asking.say(&format!(
        "  What it shows: openssl s_client -connect {}{start} -showcerts </dev/null. Trust it only if its owner says that it \
         is the right one",
        at(place)
    ))?;
    loop {
        let line = asking
            .line("File of certificates to trust (PEM: the CA's, or the server's own; Enter: none, for now): ")?;
        if line.is_empty() {
            return Ok(false);
        }
        let ca_file = Some(written(&line).to_string_lossy().into_owned());
        let with = Place { ca_file, ..place.clone() };
        if let Some(why) = asking.wrong(&with.draft(), "ca_file") {
            asking.refuse(&why)?;
        } else {
            *place = with;
            return Ok(true);
        }
    }
}

/// A file as the configuration names it, which takes a relative one from its own place: the person types it from where the
/// program was started.
fn written(line: &str) -> PathBuf {
    if let Some(rest) = line.strip_prefix("~/")
        && let Some(home) = std::env::home_dir()
    {
        return home.join(rest);
    }
    let path = Path::new(line);
    if path.exists() { std::path::absolute(path).unwrap_or_else(|_| path.to_owned()) } else { path.to_owned() }
}

fn at(place: &Place) -> String {
    if place.host.contains(':') {
        return format!("[{}]:{}", place.host, place.port);
    }
    format!("{}:{}", place.host, place.port)
}

impl Place {
    /// An account there, to see whether it holds.
    pub(super) fn draft(&self) -> Draft {
        let Self { host, port, tls, ca_file } = self.clone();
        Draft {
            name: "new".to_owned(),
            host,
            port,
            tls,
            ca_file,
            user: "new".to_owned(),
            auth: Auth::Password,
            command: None,
            oauth: None,
            mailboxes: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_may_stand_behind_the_servers_name() {
        let cases = [
            ("imap.example.org", ("imap.example.org", None)),
            ("127.0.0.1:39143", ("127.0.0.1", Some(39143))),
            ("::1", ("::1", None)),
            ("[::1]:1143", ("::1", Some(1143))),
            ("[::1]", ("::1", None)),
            // Said to be none by the configuration's own reader.
            ("imap.example.org:0", ("imap.example.org:0", None)),
            ("imaps://imap.example.org", ("imaps://imap.example.org", None)),
        ];
        for (line, wanted) in cases {
            assert_eq!(parts(line), wanted, "{line}");
        }
    }

    #[test]
    fn a_file_is_written_with_its_whole_path() {
        let cargo = written("Cargo.toml");
        assert!(cargo.is_absolute() && cargo.ends_with("Cargo.toml"), "{cargo:?}");
        assert_eq!(written("no-such.pem"), Path::new("no-such.pem"));
    }
}
