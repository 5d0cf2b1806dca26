//! From a host name to a stream that IMAP can be spoken on: DNS, TCP, TLS. Explains what fails.

use std::fmt;
use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;

use tokio::io::{AsyncRead, AsyncWrite, DuplexStream};
use tokio::net::TcpStream;

use crate::model::{Account, Fault, TlsInfo, WireLine};

/// A stream to a server, with or without TLS.
pub trait Io: AsyncRead + AsyncWrite + Send + Unpin + fmt::Debug {
    /// The TCP socket below, for evidence and socket options; `None` for an in-process stream.
    fn tcp(&self) -> Option<&TcpStream>;
}

impl Io for TcpStream {
    fn tcp(&self) -> Option<&TcpStream> {
        Some(self)
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

/// Makes transports. Injected into the engine, so that tests run it on in-process streams.
pub trait Dial: Send + Sync + fmt::Debug {
    /// Dials the account's server. The caller holds the `connect` timer over it.
    fn dial<'a>(&'a self, account: &'a Account) -> Dialling<'a>;
}
