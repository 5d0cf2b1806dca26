//! From a host name to a stream for IMAP: DNS, TCP, TLS. Explains failures.
//!
//! Reads no IMAP except what STARTTLS needs, and sends nothing of the account's: the only secret that it knows is a proxy's
//! password.

mod deadline;
mod explain;
mod pem;
mod pin;
mod proxy;
mod race;
mod resolve;
mod server;
mod starttls;
mod trust;
mod verifier;

use std::fmt;
use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;

use tokio::io::{AsyncRead, AsyncWrite, DuplexStream};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use self::deadline::Deadline;
use self::proxy::login::PasswordCache;
pub use self::proxy::login::{PasswordFuture, ProxyPasswords};
pub use self::resolve::{Resolve, Resolving, SystemResolver};
use self::server::Server;
use self::trust::TrustStore;
use mailwatch_proto::model::{Account, Fault, FaultClass, Proxy, Timer, TlsInfo, TlsMode, WireLine};

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

impl<S: Io> Io for TlsStream<S> {
    fn tcp(&self) -> Option<&TcpStream> {
        self.get_ref().0.tcp()
    }
}

impl Io for DuplexStream {
    fn tcp(&self) -> Option<&TcpStream> {
        None
    }
}

/// A stream to a server, with its facts.
#[derive(Debug)]
pub struct Transport {
    /// The stream, TLS done.
    pub io: Box<dyn Io>,
    /// The peer's address, behind a proxy the proxy's; `None` for an in-process stream.
    pub addr: Option<SocketAddr>,
    /// The proxy in between, as messages name it.
    pub proxy: Option<String>,
    /// What TLS settled on; `None` without TLS.
    pub tls: Option<TlsInfo>,
    /// Whether the greeting was read already: after STARTTLS the server sends no second one (RFC 3501 §6.2.1).
    pub greeted: bool,
    /// The trace of the lines before TLS.
    pub trace: Vec<WireLine>,
}

/// What [`Dial::dial`] returns.
pub type Dialling<'a> = Pin<Box<dyn Future<Output = Result<Transport, Fault>> + Send + 'a>>;

/// How far dialling has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stage {
    /// The host's addresses are known, in the order in which they are tried; behind a proxy the proxy's.
    Resolved(Vec<SocketAddr>),
    /// TCP stands, to the proxy where there is one.
    Connected(SocketAddr),
    /// The proxy has connected to the server.
    Tunnelled {
        /// The proxy.
        proxy: String,
        /// The server, by name or address, as the proxy got it.
        server: String,
    },
    /// The server has shown a certificate whose issuer is not trusted; TLS does not stand.
    Untrusted,
    /// TLS stands.
    Secured {
        /// What it settled on.
        tls: Option<TlsInfo>,
        /// The server's key, as `pin_sha256` holds it.
        pin: Option<String>,
    },
}

/// Receives each stage.
pub type Stages = tokio::sync::mpsc::UnboundedSender<Stage>;

/// Makes transports. Injected into the engine, so that tests run it on in-process streams.
pub trait Dial: Send + Sync + fmt::Debug {
    /// Dials the account's server. The caller holds the `connect` timer over it.
    fn dial<'a>(&'a self, account: &'a Account) -> Dialling<'a>;

    /// The same, sending each stage as it is reached. An implementation without stages sends none.
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
    passwords: PasswordCache,
}

impl Dialler {
    /// A dialler that gets addresses from the system.
    #[must_use]
    pub fn new() -> Self {
        Self::with_resolver(SystemResolver::default())
    }

    /// A dialler that gets addresses from `resolver`.
    pub fn with_resolver(resolver: impl Resolve + 'static) -> Self {
        Self { resolver: Box::new(resolver), trust: TrustStore::default(), passwords: PasswordCache::default() }
    }

    /// The same, with a source for the passwords of proxies; without one a proxy that wants a login cannot be used.
    #[must_use]
    pub fn asking(mut self, source: impl ProxyPasswords + 'static) -> Self {
        self.passwords = PasswordCache::from(source);
        self
    }

    /// The same, which writes every connection's keys into the file that `SSLKEYLOGFILE` names. With that file all traffic
    /// can be read, passwords included.
    #[must_use]
    pub const fn logging_keys(mut self, log: bool) -> Self {
        self.trust.log_keys = log;
        self
    }

    /// A transport over a stream that leads to the account's server already, with TLS from its first byte. `place` is what
    /// messages call the server.
    ///
    /// # Errors
    /// As for a server that was dialled.
    pub async fn secure(&self, account: &Account, stream: impl Io + 'static, place: &str) -> Result<Transport, Fault> {
        let server = Server::of(account);
        let name = server.tls_name()?;
        let connector = TlsConnector::from(self.trust.config(account).await?);
        let deadline = Deadline::within(account.timers.limit(Timer::Connect));
        let tls = handshake(connector.connect(name, stream), (&server, place), account, &deadline, &|_| ()).await?;
        let info = tls_info(&tls);
        let io = Box::new(tls);
        Ok(Transport { io, addr: None, proxy: None, tls: info, greeted: false, trace: Vec::new() })
    }

    async fn connect(&self, account: &Account, stages: Option<Stages>) -> Result<Transport, Fault> {
        let reached = |stage| {
            if let Some(stages) = &stages {
                // The receiver may be gone.
                let _ = stages.send(stage);
            }
        };
        let server = Server::of(account);
        let deadline = Deadline::within(account.timers.limit(Timer::Connect));
        // Before the network: a CA file that cannot be read is reported even while the server is down.
        let security = match account.tls {
            TlsMode::Off => {
                server.must_be_loopback()?;
                None
            }
            TlsMode::Implicit | TlsMode::StartTls => {
                let name = server.tls_name()?;
                Some((TlsConnector::from(self.trust.config(account).await?), name))
            }
        };
        let Some((connector, name)) = security else { return self.in_the_clear(&server, &deadline, &reached).await };

        let proxy = account.network.proxy.as_ref();
        let (mut tcp, addr) = match proxy {
            None => {
                let addrs = resolve::addresses(self.resolver.as_ref(), &server, &deadline).await?;
                reach(&addrs, &server, &deadline, &reached).await?
            }
            Some(proxy) => Box::pin(self.through(proxy, &server, &deadline, &reached)).await?,
        };
        let place = proxy.map_or_else(|| server.at(addr), |proxy| format!("{server} through {proxy}"));

        let greeted = account.tls == TlsMode::StartTls;
        // Boxed: its lines have room in it, and most connections have no need of it.
        let trace =
            if greeted { Box::pin(starttls::negotiate(&mut tcp, &place, &deadline)).await? } else { Vec::new() };
        let tls = handshake(connector.connect(name, tcp), (&server, &place), account, &deadline, &reached).await?;
        let info = tls_info(&tls);
        let certificate = tls.get_ref().1.peer_certificates().and_then(|chain| chain.first());
        let pin = certificate.and_then(pin::of).map(|pin| pin::show(&pin));
        reached(Stage::Secured { tls: info.clone(), pin });
        let proxy = proxy.map(Proxy::to_string);
        Ok(Transport { io: Box::new(tls), addr: Some(addr), proxy, tls: info, greeted, trace })
    }

    /// Dials this machine without TLS, and never through a proxy, whose loopback is another machine's.
    async fn in_the_clear(
        &self,
        server: &Server,
        deadline: &Deadline,
        reached: &impl Fn(Stage),
    ) -> Result<Transport, Fault> {
        let mut addrs = resolve::addresses(self.resolver.as_ref(), server, deadline).await?;
        addrs.retain(server::is_loopback);
        if addrs.is_empty() {
            return Err(server.not_loopback());
        }
        let (tcp, addr) = reach(&addrs, server, deadline, reached).await?;
        // The peer's address counts, beside the one that was dialled: it is where the bytes go.
        if !server::is_loopback(&addr) {
            return Err(server.not_loopback());
        }
        let io = Box::new(tcp);
        Ok(Transport { io, addr: Some(addr), proxy: None, tls: None, greeted: false, trace: Vec::new() })
    }

    async fn through(
        &self,
        proxy: &Proxy,
        server: &Server,
        deadline: &Deadline,
        reached: &impl Fn(Stage),
    ) -> Result<(TcpStream, SocketAddr), Fault> {
        let first = Server::of_proxy(proxy);
        let to_it = async {
            let addrs = resolve::addresses(self.resolver.as_ref(), &first, deadline).await?;
            reach(&addrs, &first, deadline, reached).await
        };
        let (tcp, addr) = to_it.await.map_err(|fault| proxy::not_reached(&fault, proxy))?;
        let tcp = proxy::through(tcp, proxy, server, &self.passwords, deadline).await?;
        reached(Stage::Tunnelled { proxy: proxy.to_string(), server: server.to_string() });
        Ok((tcp, addr))
    }
}

/// Waits for TLS to stand with a server; `place` is what messages call it.
async fn handshake<S: Io>(
    connecting: tokio_rustls::Connect<S>,
    (server, place): (&Server, &str),
    account: &Account,
    deadline: &Deadline,
    reached: &impl Fn(Stage),
) -> Result<TlsStream<S>, Fault> {
    deadline
        .hold(FaultClass::Timeout, connecting, || {
            format!("{place} took the connection, but did not finish the TLS handshake")
        })
        .await?
        .map_err(|error| {
            if explain::is_untrusted(&error) {
                reached(Stage::Untrusted);
            }
            explain::handshake(&error, server, place, account)
        })
}

/// Connects to one of the addresses, and reports both stages.
async fn reach(
    addrs: &[SocketAddr],
    server: &Server,
    deadline: &Deadline,
    reached: &impl Fn(Stage),
) -> Result<(TcpStream, SocketAddr), Fault> {
    reached(Stage::Resolved(addrs.to_vec()));
    let (tcp, addr) = race::connect(addrs, server, deadline).await?;
    reached(Stage::Connected(addr));
    Ok((tcp, addr))
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

/// What an error of an established connection says about the client's certificate, if it is about that.
pub(super) fn client_refused(error: &std::io::Error, peer: &str) -> Option<Fault> {
    explain::after_handshake(error, peer)
}

fn tls_info<S>(tls: &TlsStream<S>) -> Option<TlsInfo> {
    let session = tls.get_ref().1;
    let version = match session.protocol_version()? {
        rustls::ProtocolVersion::TLSv1_2 => "1.2",
        rustls::ProtocolVersion::TLSv1_3 => "1.3",
        // rustls has no other version.
        _ => return None,
    };
    let suite = session.negotiated_cipher_suite()?.suite();
    // rustls marks TLS 1.3's suites with a 13 that IANA's registry does not have.
    let cipher = suite.as_str().map_or_else(|| format!("{suite:?}"), |name| name.replacen("TLS13_", "TLS_", 1));
    Some(TlsInfo { version, cipher })
}
