//! From a host name to a stream that IMAP can be spoken on: DNS, TCP, TLS. Explains what fails.
//!
//! Reads no byte of IMAP but what STARTTLS needs, and never sends anything of the account's: it knows no secret.

mod deadline;
mod explain;
mod own_certificate;
mod race;
mod resolve;
mod server;
mod starttls;
mod trust;

use std::fmt;
use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;

use tokio::io::{AsyncRead, AsyncWrite, DuplexStream};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use self::deadline::Deadline;
pub use self::resolve::{Resolve, Resolving, SystemResolver};
use self::server::Server;
use self::trust::TrustStore;
use crate::model::{Account, Fault, FaultClass, Timer, TlsInfo, TlsMode, WireLine};

/// A stream to a server, with or without TLS.
pub trait Io: AsyncRead + AsyncWrite + Send + Sync + Unpin + fmt::Debug {
    /// The TCP socket below, for evidence and socket options; `None` for an in-process stream.
    fn tcp(&self) -> Option<&TcpStream>;
}

impl Io for TcpStream {
    fn tcp(&self) -> Option<&TcpStream> {
        Some(self)
    }
}

impl Io for TlsStream<TcpStream> {
    fn tcp(&self) -> Option<&TcpStream> {
        Some(self.get_ref().0)
    }
}

impl Io for DuplexStream {
    fn tcp(&self) -> Option<&TcpStream> {
        None
    }
}

/// A stream to a server, and what is known of it.
#[derive(Debug)]
pub struct Transport {
    /// The stream, TLS done.
    pub io: Box<dyn Io>,
    /// The peer's address; `None` for an in-process stream.
    pub addr: Option<SocketAddr>,
    /// What TLS settled on; `None` without TLS.
    pub tls: Option<TlsInfo>,
    /// Whether the greeting was read already: after STARTTLS the server does not greet again (RFC 3501 §6.2.1).
    pub greeted: bool,
    /// The trace of what was said before TLS.
    pub trace: Vec<WireLine>,
}

/// What [`Dial::dial`] returns.
pub type Dialling<'a> = Pin<Box<dyn Future<Output = Result<Transport, Fault>> + Send + 'a>>;

/// How far dialling has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stage {
    /// The host's addresses are known, in the order in which they are tried.
    Resolved(Vec<SocketAddr>),
    /// TCP stands.
    Connected(SocketAddr),
    /// TLS stands.
    Secured(Option<TlsInfo>),
}

/// Whoever wants to know how far dialling has come.
pub type Stages = tokio::sync::mpsc::UnboundedSender<Stage>;

/// Makes transports. Injected into the engine, so that tests run it on in-process streams.
pub trait Dial: Send + Sync + fmt::Debug {
    /// Dials the account's server. The caller holds the `connect` timer over it.
    fn dial<'a>(&'a self, account: &'a Account) -> Dialling<'a>;

    /// The same, telling each stage as it is reached; one that has no stages tells none.
    fn dial_in_stages<'a>(&'a self, account: &'a Account, stages: Stages) -> Dialling<'a> {
        drop(stages);
        self.dial(account)
    }
}

/// Dials real servers. One for the whole program: connections share its TLS settings and its sessions.
#[derive(Debug)]
pub struct Dialler {
    resolver: Box<dyn Resolve>,
    trust: TrustStore,
}

impl Dialler {
    /// A dialler that asks the system for addresses.
    #[must_use]
    pub fn new() -> Self {
        Self::with_resolver(SystemResolver::default())
    }

    /// A dialler that asks `resolver` for addresses.
    pub fn with_resolver(resolver: impl Resolve + 'static) -> Self {
        Self { resolver: Box::new(resolver), trust: TrustStore::default() }
    }

    async fn connect(&self, account: &Account, stages: Option<Stages>) -> Result<Transport, Fault> {
        let reached = |stage| {
            if let Some(stages) = &stages {
                // Whoever asked may have gone.
                let _ = stages.send(stage);
            }
        };
        let server = Server::of(account);
        let deadline = Deadline::within(account.timers.limit(Timer::Connect));
        // Before the network: a CA file that cannot be read is told even while the server is down.
        let security = match account.tls {
            TlsMode::Off => {
                server.must_be_loopback()?;
                None
            }
            TlsMode::Implicit | TlsMode::StartTls => {
                let name = server.tls_name()?;
                Some((TlsConnector::from(self.trust.config(account.ca.as_ref()).await?), name))
            }
        };

        let mut addrs = resolve::addresses(self.resolver.as_ref(), &server, &deadline).await?;
        if security.is_none() {
            addrs.retain(server::is_loopback);
        }
        if addrs.is_empty() {
            return Err(server.not_loopback());
        }
        reached(Stage::Resolved(addrs.clone()));
        let (mut tcp, addr) = race::connect(&addrs, &server, &deadline).await?;
        reached(Stage::Connected(addr));
        let place = server.at(addr);
        let Some((connector, name)) = security else {
            // The address that was dialled is not the whole truth: the peer's is what the bytes go to.
            if !server::is_loopback(&addr) {
                return Err(server.not_loopback());
            }
            return Ok(Transport { io: Box::new(tcp), addr: Some(addr), tls: None, greeted: false, trace: Vec::new() });
        };

        let greeted = account.tls == TlsMode::StartTls;
        let trace = if greeted { starttls::negotiate(&mut tcp, &place, &deadline).await? } else { Vec::new() };
        let tls = deadline
            .hold(FaultClass::Timeout, connector.connect(name, tcp), || {
                format!("{place} took the connection, but did not finish the TLS handshake")
            })
            .await?
            .map_err(|error| explain::handshake(&error, &server, &place, account))?;
        let info = tls_info(&tls);
        reached(Stage::Secured(info.clone()));
        Ok(Transport { io: Box::new(tls), addr: Some(addr), tls: info, greeted, trace })
    }
}

impl Default for Dialler {
    fn default() -> Self {
        Self::new()
    }
}

impl Dial for Dialler {
    fn dial<'a>(&'a self, account: &'a Account) -> Dialling<'a> {
        Box::pin(self.connect(account, None))
    }

    fn dial_in_stages<'a>(&'a self, account: &'a Account, stages: Stages) -> Dialling<'a> {
        Box::pin(self.connect(account, Some(stages)))
    }
}

fn tls_info(tls: &TlsStream<TcpStream>) -> Option<TlsInfo> {
    let session = tls.get_ref().1;
    let version = match session.protocol_version()? {
        rustls::ProtocolVersion::TLSv1_2 => "1.2",
        rustls::ProtocolVersion::TLSv1_3 => "1.3",
        // rustls speaks no other.
        _ => return None,
    };
    let suite = session.negotiated_cipher_suite()?.suite();
    // rustls marks TLS 1.3's suites with a 13 that IANA's registry does not have.
    let cipher = suite.as_str().map_or_else(|| format!("{suite:?}"), |name| name.replacen("TLS13_", "TLS_", 1));
    Some(TlsInfo { version, cipher })
}
