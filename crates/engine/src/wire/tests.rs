//! A scripted transport and what a tap makes of it, for the tests beside.

mod checking;
mod client;
mod driving;
mod framing;

use std::collections::VecDeque;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::{Note, Tap};
use mailwatch_proto::wire::Violation;

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

/// All that a tap made of a stream.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Outcome {
    handed: Vec<u8>,
    notes: Vec<Note>,
    end: Option<io::ErrorKind>,
    violation: Option<Violation>,
}

impl Outcome {
    fn handed(&self) -> String {
        String::from_utf8_lossy(&self.handed).into_owned()
    }

    fn unparsed(&self) -> Vec<&str> {
        let texts = self.notes.iter().filter_map(|note| match note {
            Note::Unparsed(text) => Some(text.as_str()),
            Note::Line(_) | Note::Written { .. } => None,
        });
        texts.collect()
    }

    fn lines(&self) -> Vec<&str> {
        let texts = self.notes.iter().filter_map(|note| match note {
            Note::Line(line) => Some(line.text.as_str()),
            Note::Unparsed(_) | Note::Written { .. } => None,
        });
        texts.collect()
    }
}

/// One poll of a read into a buffer of this size.
pub(super) fn poll<S: AsyncRead + AsyncWrite + Unpin>(tap: &mut Tap<S>, size: usize) -> Poll<io::Result<Vec<u8>>> {
    let mut bytes = vec![0; size];
    let mut buf = ReadBuf::new(&mut bytes);
    let polled = Pin::new(tap).poll_read(&mut Context::from_waker(Waker::noop()), &mut buf);
    polled.map_ok(|()| buf.filled().to_vec())
}

/// Reads a tap to its end, or until nothing more comes.
pub(super) fn drain(tap: &mut Tap<Script>) -> Outcome {
    let mut outcome = Outcome::default();
    loop {
        let polled = poll(tap, 4096);
        let taken = outcome.notes.len();
        while let Some(note) = tap.note() {
            outcome.notes.push(note);
        }
        match polled {
            Poll::Ready(Ok(bytes)) if bytes.is_empty() => return outcome,
            Poll::Ready(Ok(bytes)) => outcome.handed.extend(bytes),
            Poll::Ready(Err(error)) => {
                outcome.end = Some(error.kind());
                outcome.violation = error.get_ref().and_then(|inner| inner.downcast_ref()).copied();
                return outcome;
            }
            Poll::Pending if tap.io().open && tap.io().pieces.is_empty() && outcome.notes.len() == taken => {
                return outcome;
            }
            Poll::Pending => {}
        }
    }
}

/// What a tap makes of a stream that ends.
pub(super) fn through<P: AsRef<[u8]>>(pieces: impl IntoIterator<Item = P>) -> Outcome {
    drain(&mut Tap::new(Script::new(pieces), false))
}

/// The same of a stream after login.
pub(super) fn through_later<P: AsRef<[u8]>>(pieces: impl IntoIterator<Item = P>, trace: bool) -> Outcome {
    let mut tap = Tap::new(Script::new(pieces), trace);
    tap.logged_in();
    drain(&mut tap)
}
