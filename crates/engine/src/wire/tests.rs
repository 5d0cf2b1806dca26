//! A scripted transport and what a wire makes of it, for the tests beside.

mod driving;

use std::collections::VecDeque;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::{Ended, Incoming, Wire};
use mailwatch_proto::response::Response;

/// What the scripted transport does with what is written to it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Sink {
    /// Takes and flushes it.
    #[default]
    Open,
    /// Takes it and does not flush it.
    Holding,
    /// Takes nothing now.
    Blocked,
    /// Fails.
    Broken,
}

/// Plays pieces to its reader, then its end; counts what is written to it.
#[derive(Debug, Default)]
pub(super) struct Script {
    pieces: VecDeque<Vec<u8>>,
    /// Waits instead of ending once the pieces are played.
    open: bool,
    sink: Sink,
    /// Takes so many bytes a write at most.
    takes: Option<usize>,
    writes: Vec<Vec<u8>>,
    flushes: usize,
}

impl Script {
    fn new<P: AsRef<[u8]>>(pieces: impl IntoIterator<Item = P>) -> Self {
        Self { pieces: pieces.into_iter().map(|piece| piece.as_ref().to_vec()).collect(), ..Self::default() }
    }

    fn open() -> Self {
        Self { open: true, ..Self::default() }
    }
}

impl AsyncRead for Script {
    fn poll_read(mut self: Pin<&mut Self>, _: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let Some(mut piece) = self.pieces.pop_front() else {
            return if self.open { Poll::Pending } else { Poll::Ready(Ok(())) };
        };
        let rest = piece.split_off(piece.len().min(buf.remaining()));
        if !rest.is_empty() {
            self.pieces.push_front(rest);
        }
        buf.put_slice(&piece);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Script {
    fn poll_write(mut self: Pin<&mut Self>, _: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        match self.sink {
            Sink::Broken => return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into())),
            Sink::Blocked => return Poll::Pending,
            Sink::Open | Sink::Holding => {}
        }
        let count = buf.len().min(self.takes.unwrap_or(usize::MAX));
        self.writes.push(buf[..count].to_vec());
        Poll::Ready(Ok(count))
    }

    fn poll_flush(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.sink == Sink::Holding {
            return Poll::Pending;
        }
        self.flushes += 1;
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

/// All that a wire made of a stream.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    incoming: Vec<Incoming>,
    end: Option<Ended>,
}

impl Outcome {
    fn responses(&self) -> Vec<&Response> {
        let responses = self.incoming.iter().filter_map(|incoming| match incoming {
            Incoming::Response(response) => Some(response),
            Incoming::Unparsed(_) | Incoming::Written(_) | Incoming::Line(_) => None,
        });
        responses.collect()
    }

    fn unparsed(&self) -> usize {
        self.incoming.iter().filter(|incoming| matches!(incoming, Incoming::Unparsed(_))).count()
    }

    fn lines(&self) -> Vec<&str> {
        let texts = self.incoming.iter().filter_map(|incoming| match incoming {
            Incoming::Line(line) => Some(line.text.as_str()),
            Incoming::Response(_) | Incoming::Unparsed(_) | Incoming::Written(_) => None,
        });
        texts.collect()
    }

    fn written(&self) -> bool {
        self.incoming.iter().any(|incoming| matches!(incoming, Incoming::Written(_)))
    }
}

/// One poll.
pub(super) fn poll<S: AsyncRead + AsyncWrite + Unpin>(wire: &mut Wire<S>) -> Poll<Result<Incoming, Ended>> {
    wire.poll_next(&mut Context::from_waker(Waker::noop()))
}

/// Polls a wire to its end, or until nothing more comes.
pub(super) fn drain(wire: &mut Wire<Script>) -> Outcome {
    let mut outcome = Outcome::default();
    loop {
        match poll(wire) {
            Poll::Ready(Ok(incoming)) => outcome.incoming.push(incoming),
            Poll::Ready(Err(end)) => {
                outcome.end = Some(end);
                return outcome;
            }
            Poll::Pending if wire.io().pieces.is_empty() => return outcome,
            Poll::Pending => {}
        }
    }
}

/// Two parsers would disagree over what is safe to hand to async-imap.
#[test]
fn there_is_one_parser_and_it_is_async_imap_s_own() {
    fn same(response: async_imap::imap_proto::Response<'static>) -> imap_proto::Response<'static> {
        response
    }
    assert!(
        imap_proto::Response::parse(b"* 1 EXISTS\r\n")
            .is_ok_and(|(_, response)| same(response.into_owned()) != imap_proto::Response::Expunge(1))
    );
    let lock = crate::repository::text("Cargo.lock");
    assert_eq!(lock.matches("name = \"imap-proto\"").count(), 1);
}
