//! A dialler that counts the connections of the engine that are open at once, on the engine's side: there the count is
//! exact at every moment, at the server a FIN may still be on its way.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};

use mailwatch_engine::dial::{Dial, Dialling, Io};
use mailwatch_proto::model::Account;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

/// How many are open, and were at most.
#[derive(Clone, Debug, Default)]
pub struct Count(Arc<Figures>);

#[derive(Debug, Default)]
struct Figures {
    open: AtomicUsize,
    peak: AtomicUsize,
}

impl Count {
    pub fn peak(&self) -> usize {
        self.0.peak.load(Ordering::SeqCst)
    }

    pub fn open(&self) -> usize {
        self.0.open.load(Ordering::SeqCst)
    }

    fn more(&self) -> Self {
        let open = self.0.open.fetch_add(1, Ordering::SeqCst) + 1;
        self.0.peak.fetch_max(open, Ordering::SeqCst);
        self.clone()
    }
}

/// Dials as another does, and counts.
#[derive(Debug)]
pub struct Counted<D> {
    pub dial: D,
    pub count: Count,
}

impl<D: Dial> Dial for Counted<D> {
    fn dial<'a>(&'a self, account: &'a Account) -> Dialling<'a> {
        Box::pin(async move {
            let mut transport = self.dial.dial(account).await?;
            transport.io = Box::new(Stream { io: transport.io, count: self.count.more() });
            Ok(transport)
        })
    }
}

#[derive(Debug)]
struct Stream {
    io: Box<dyn Io>,
    count: Count,
}

impl Drop for Stream {
    fn drop(&mut self) {
        self.count.0.open.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Io for Stream {
    fn tcp(&self) -> Option<&TcpStream> {
        self.io.tcp()
    }
}

impl AsyncRead for Stream {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().io).poll_read(cx, buf)
    }
}

impl AsyncWrite for Stream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().io).poll_write(cx, buf)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().io).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().io).poll_shutdown(cx)
    }
}
