//! A connection's two directions over one transport: commands out, each in one piece; responses in, each parsed once.
//!
//! It never blocks a writer: what is sent waits here, and polling drives it out. So one future moves both directions, and
//! a peer that stopped reading can stall neither a timer nor our reading of it.

mod outbox;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::fmt;
use std::io;
use std::mem::MaybeUninit;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, ready};
use std::time::Instant;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, ReadBuf};
use tokio_util::bytes::BufMut as _;

pub use mailwatch_proto::connection::Incoming;
use mailwatch_proto::wire::framer::Framer;
use mailwatch_proto::wire::{Decoder, Violation};

pub use outbox::Outgoing;
use outbox::{Outbox, Sent};

/// Read at once, on the stack: an idle connection owns no buffer for it.
const PIECE: usize = 4096;

/// Of a large literal so much is read at once at most, straight to where it stays.
const LITERAL: usize = 64 * 1024;

/// Pieces read in one poll without anything in them, before others get their turn.
const PIECES: usize = 16;

/// Why nothing more comes.
#[derive(Debug)]
pub enum Ended {
    /// The peer closed between two responses.
    Closed,
    /// The peer closed inside a response.
    Cut,
    /// The peer broke a cap.
    Violated(Violation),
    /// The transport failed.
    Failed(io::Error),
}

/// Whether more is to be read.
#[derive(Debug)]
enum Reading {
    Open,
    /// The reason, until it is taken.
    Ended(Ended),
    Over,
}

/// A transport that IMAP is spoken on.
///
/// Nothing moves unless it is polled: [`Wire::send`] only queues. Who sends and polls in one task, polling after
/// sending, needs nothing more.
pub struct Wire<S> {
    io: S,
    decoder: Decoder,
    outbox: Outbox,
    /// What came and was not taken yet.
    arrived: VecDeque<Incoming>,
    heard: Option<Instant>,
    write_error: Option<io::Error>,
    reading: Reading,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Wire<S> {
    /// Around a transport. `trace` asks for [`Incoming::Line`]s.
    pub const fn new(io: S, trace: bool) -> Self {
        Self {
            io,
            decoder: Decoder::new(trace),
            outbox: Outbox::new(),
            arrived: VecDeque::new(),
            heard: None,
            write_error: None,
            reading: Reading::Open,
        }
    }

    /// Queues a command. It leaves with the next poll, also where that poll then waits.
    pub fn send(&mut self, outgoing: Outgoing) {
        if self.write_error.is_none() {
            self.outbox.push(outgoing);
        }
    }

    /// Raises the caps, from 8 KiB each to 64 KiB a line and 1 MiB of literals.
    pub const fn logged_in(&mut self) {
        self.decoder.logged_in();
    }

    /// The transport.
    pub const fn io(&self) -> &S {
        &self.io
    }

    /// The transport, and the framer with what it has begun. What came and was not taken, and what was not sent, is lost.
    pub fn into_parts(self) -> (S, Framer) {
        (self.io, self.decoder.into_framer())
    }

    /// When the last byte came from the server.
    pub const fn heard(&self) -> Option<Instant> {
        self.heard
    }

    /// The next thing that comes, in the order in which it happened. Cancel-safe.
    ///
    /// # Errors
    /// Once nothing more comes. A second poll after that returns [`Ended::Closed`].
    pub fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Result<Incoming, Ended>> {
        self.drive(cx);
        for _ in 0..PIECES {
            if let Some(incoming) = self.arrived.pop_front() {
                return Poll::Ready(Ok(incoming));
            }
            match std::mem::replace(&mut self.reading, Reading::Over) {
                Reading::Open => self.reading = Reading::Open,
                Reading::Ended(ended) => return Poll::Ready(Err(ended)),
                Reading::Over => return Poll::Ready(Err(Ended::Closed)),
            }
            match self.poll_read(cx) {
                Poll::Pending => return self.wait(),
                Poll::Ready(Err(error)) => {
                    self.end();
                    self.reading = Reading::Ended(Ended::Failed(error));
                }
                Poll::Ready(Ok(false)) => {
                    let cut = self.end();
                    self.reading = Reading::Ended(if cut { Ended::Cut } else { Ended::Closed });
                }
                Poll::Ready(Ok(true)) => self.heard = Some(tokio::time::Instant::now().into_std()),
            }
        }
        if let Some(incoming) = self.arrived.pop_front() {
            return Poll::Ready(Ok(incoming));
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    /// Nothing more comes for now: gives memory back. A write's error counts only now, so that a server that said BYE
    /// and closed is still heard.
    fn wait(&mut self) -> Poll<Result<Incoming, Ended>> {
        self.decoder.rest();
        self.arrived.shrink_to(0);
        match self.write_error.take() {
            Some(error) => {
                self.reading = Reading::Over;
                Poll::Ready(Err(Ended::Failed(error)))
            }
            None => Poll::Pending,
        }
    }

    /// Moves what is queued towards the kernel.
    fn drive(&mut self, cx: &mut Context<'_>) {
        while self.write_error.is_none() {
            match self.outbox.poll_drive(&mut self.io, cx) {
                Poll::Pending | Poll::Ready(Ok(Sent::Idle)) => return,
                Poll::Ready(Ok(Sent::Handed { shown, secret })) => {
                    if secret {
                        self.decoder.veil();
                    }
                    self.arrived.extend(self.decoder.sent(&shown).map(Incoming::from));
                }
                Poll::Ready(Ok(Sent::Flushed { at })) => self.arrived.push_back(Incoming::Written(at)),
                Poll::Ready(Err(error)) => {
                    self.outbox.give_up();
                    self.write_error = Some(error);
                }
            }
        }
    }

    /// Reads a piece, and takes in what it completes. `false` at the stream's end.
    fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<bool>> {
        if self.decoder.owed() >= PIECE {
            let io = &mut self.io;
            return self.decoder.read_literal(|literal, owed| {
                let count = owed.min(LITERAL);
                literal.reserve(count);
                pin!(io.read_buf(&mut literal.limit(count))).poll(cx).map_ok(|count| count > 0)
            });
        }
        let mut piece = [MaybeUninit::uninit(); PIECE];
        let mut piece = ReadBuf::uninit(&mut piece);
        ready!(Pin::new(&mut self.io).poll_read(cx, &mut piece))?;
        if !piece.filled().is_empty() {
            self.take_in(piece.filled());
        }
        Poll::Ready(Ok(!piece.filled().is_empty()))
    }

    fn take_in(&mut self, piece: &[u8]) {
        let arrived = &mut self.arrived;
        if let Err(violation) = self.decoder.feed(piece, |item| arrived.push_back(item.into())) {
            self.reading = Reading::Ended(Ended::Violated(violation));
        }
    }

    /// Whether the stream ended inside a response.
    fn end(&mut self) -> bool {
        let arrived = &mut self.arrived;
        self.decoder.end(|item| arrived.push_back(item.into()))
    }
}

#[cfg(test)]
impl<S> Wire<S> {
    /// How many bytes are queued that the kernel has not taken.
    fn unsent(&self) -> usize {
        self.outbox.unsent()
    }

    /// The heap that it holds, in bytes; texts aside.
    fn heap(&self) -> usize {
        self.decoder.heap() + self.arrived.capacity() * size_of::<Incoming>() + self.outbox.heap()
    }
}

/// Sizes and states: neither what came nor what goes, nor the transport, whose buffers may show it.
impl<S> fmt::Debug for Wire<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wire")
            .field("outbox", &self.outbox)
            .field("arrived", &self.arrived.len())
            .field("reading", &self.reading)
            .finish_non_exhaustive()
    }
}
