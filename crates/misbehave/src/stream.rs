//! A client's connection: in process, over TCP, over TLS; and the ways in which it can end.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, DuplexStream, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use crate::fault::Close;

/// How a listening server's connections are encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encryption {
    /// TLS from the first byte.
    Implicit,
    /// Plaintext until STARTTLS, LOGINDISABLED before it.
    StartTls,
    /// None.
    Off,
}

#[derive(Debug)]
pub(crate) enum Stream {
    InProcess(DuplexStream),
    Tcp(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
    /// Between plaintext and TLS, or closed.
    Gone,
}

/// How long a closed connection is still read, so that unread bytes do not turn its FIN into an RST.
const LINGER: Duration = Duration::from_secs(1);

impl Stream {
    pub(crate) const fn is_encrypted(&self) -> bool {
        matches!(self, Self::Tls(_))
    }

    /// Goes on under TLS. Nothing is left of the stream where that fails.
    pub(crate) async fn start_tls(&mut self, acceptor: &TlsAcceptor) -> io::Result<()> {
        match std::mem::replace(self, Self::Gone) {
            Self::Tcp(tcp) => {
                *self = Self::Tls(Box::new(acceptor.accept(tcp).await?));
                Ok(())
            }
            Self::InProcess(_) | Self::Tls(_) | Self::Gone => Err(io::ErrorKind::Unsupported.into()),
        }
    }

    fn tcp(&self) -> Option<&TcpStream> {
        match self {
            Self::Tcp(tcp) => Some(tcp),
            Self::Tls(tls) => Some(tls.get_ref().0),
            Self::InProcess(_) | Self::Gone => None,
        }
    }

    /// Ends the connection. In process every end looks the same: there is neither FIN nor RST.
    pub(crate) async fn close(mut self, how: Close) {
        // A client that is gone already cannot be told; there is nobody else to tell.
        match how {
            Close::Clean => {
                let _ = timeout(LINGER, self.shutdown()).await;
            }
            Close::Fin => match self.tcp() {
                Some(tcp) => drop(SockRef::from(tcp).shutdown(std::net::Shutdown::Write)),
                None => drop(self.shutdown().await),
            },
            Close::Rst => {
                if let Some(tcp) = self.tcp() {
                    drop(SockRef::from(tcp).set_linger(Some(Duration::ZERO)));
                }
                return;
            }
        }
        let mut rest = [0; 512];
        let drain = async { while matches!(self.read(&mut rest).await, Ok(n) if n > 0) {} };
        let _ = timeout(LINGER, drain).await;
    }
}

fn gone<T>() -> Poll<io::Result<T>> {
    Poll::Ready(Err(io::ErrorKind::NotConnected.into()))
}

impl AsyncRead for Stream {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::InProcess(stream) => Pin::new(stream).poll_read(cx, buf),
            Self::Tcp(stream) => Pin::new(stream).poll_read(cx, buf),
            Self::Tls(stream) => Pin::new(stream.as_mut()).poll_read(cx, buf),
            Self::Gone => gone(),
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::InProcess(stream) => Pin::new(stream).poll_write(cx, buf),
            Self::Tcp(stream) => Pin::new(stream).poll_write(cx, buf),
            Self::Tls(stream) => Pin::new(stream.as_mut()).poll_write(cx, buf),
            Self::Gone => gone(),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::InProcess(stream) => Pin::new(stream).poll_flush(cx),
            Self::Tcp(stream) => Pin::new(stream).poll_flush(cx),
            Self::Tls(stream) => Pin::new(stream.as_mut()).poll_flush(cx),
            Self::Gone => gone(),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::InProcess(stream) => Pin::new(stream).poll_shutdown(cx),
            Self::Tcp(stream) => Pin::new(stream).poll_shutdown(cx),
            Self::Tls(stream) => Pin::new(stream.as_mut()).poll_shutdown(cx),
            Self::Gone => gone(),
        }
    }
}
