//! What goes out: whole commands, each handed to the transport in one piece, so that it becomes one TLS record.

use std::collections::VecDeque;
use std::fmt;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Instant;

use tokio::io::AsyncWrite;
use zeroize::Zeroizing;

/// What stands for a byte that would end a command and begin another.
const SUBSTITUTE: u8 = b'?';

/// A command, or a piece of one that the server must see before it answers. Goes out in one TLS record.
pub struct Outgoing {
    bytes: Zeroizing<Vec<u8>>,
    shown: String,
    stamp: bool,
    secret: bool,
}

impl Outgoing {
    /// A line without secrets; CRLF is added, the trace shows it as it is. A CR, LF or NUL in it, which no mailbox name
    /// may smuggle in, becomes `?`. After an AUTHENTICATE, challenges are not shown until the next tagged response.
    #[must_use]
    pub fn line(text: impl Into<String>) -> Self {
        let shown: String = text.into();
        let secret = shown.split(' ').nth(1).is_some_and(|word| word.eq_ignore_ascii_case("AUTHENTICATE"));
        Self { bytes: end_line(shown.as_bytes()), shown, stamp: false, secret }
    }

    /// A line with a secret in it; CRLF is added, the trace shows `shown` in its place. CR, LF and NUL become `?`: a
    /// secret that holds them must go as a literal. Until the next tagged response, challenges are not shown either.
    #[must_use]
    #[expect(clippy::needless_pass_by_value, reason = "taken, so that the secret is wiped here")]
    pub fn secret(bytes: Zeroizing<Vec<u8>>, shown: &str) -> Self {
        Self { bytes: end_line(&bytes), shown: shown.to_owned(), stamp: false, secret: true }
    }

    /// These bytes and no more, as a literal needs them; treated as a secret.
    #[must_use]
    pub fn raw(bytes: Zeroizing<Vec<u8>>, shown: &str) -> Self {
        Self { bytes, shown: shown.to_owned(), stamp: false, secret: true }
    }

    /// Asks for a [`Incoming::Written`](super::Incoming::Written).
    #[must_use]
    pub fn stamped(self) -> Self {
        Self { stamp: true, ..self }
    }
}

/// Says how much there is, and of what only as much as the trace may show.
impl fmt::Debug for Outgoing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outgoing")
            .field("bytes", &self.bytes.len())
            .field("shown", &self.shown)
            .field("stamp", &self.stamp)
            .finish_non_exhaustive()
    }
}

/// In a buffer that never grows: growing would leave a copy behind, unwiped.
fn end_line(text: &[u8]) -> Zeroizing<Vec<u8>> {
    let mut line = Zeroizing::new(Vec::with_capacity(text.len() + 2));
    line.extend(text.iter().map(|&b| if matches!(b, b'\r' | b'\n' | 0) { SUBSTITUTE } else { b }));
    line.extend_from_slice(b"\r\n");
    line
}

/// What [`Outbox::poll_drive`] got done, one step at a time.
#[derive(Debug)]
pub enum Sent {
    /// The transport took all of a command, which is to be shown as this.
    Handed {
        /// For the trace.
        shown: String,
        /// Whether challenges are a secret's from here on.
        secret: bool,
    },
    /// The kernel took all of a command that wanted to know.
    Flushed {
        /// When.
        at: Instant,
    },
    /// There is nothing left to do.
    Idle,
}

/// Commands on their way to the transport. Empty, it holds no heap.
pub struct Outbox {
    queue: VecDeque<Outgoing>,
    /// How much of the first was taken.
    taken: usize,
    /// How many bytes the transport took and may still hold.
    unflushed: usize,
    /// The last command handed over is still to be flushed; if it asks for a stamp, so it is noted.
    flushing: Option<bool>,
}

impl Outbox {
    /// Nothing waits.
    pub const fn new() -> Self {
        Self { queue: VecDeque::new(), taken: 0, unflushed: 0, flushing: None }
    }

    /// Puts a command behind the others.
    pub fn push(&mut self, outgoing: Outgoing) {
        self.queue.push_back(outgoing);
    }

    /// Bytes that the kernel has not got yet. What TLS may still hold counts.
    pub fn unsent(&self) -> usize {
        let queued: usize = self.queue.iter().map(|outgoing| outgoing.bytes.len()).sum();
        queued - self.taken + self.unflushed
    }

    /// Drops, and wipes, what can no longer be sent.
    pub fn give_up(&mut self) {
        *self = Self::new();
    }

    /// One step: hands the first command over, or flushes it.
    pub fn poll_drive<S>(&mut self, io: &mut S, cx: &mut Context<'_>) -> Poll<io::Result<Sent>>
    where
        S: AsyncWrite + Unpin,
    {
        if let Some(stamp) = self.flushing {
            ready!(Pin::new(&mut *io).poll_flush(cx))?;
            (self.unflushed, self.flushing) = (0, None);
            if stamp {
                return Poll::Ready(Ok(Sent::Flushed { at: tokio::time::Instant::now().into_std() }));
            }
        }
        while let Some(outgoing) = self.queue.front() {
            let rest = &outgoing.bytes[self.taken..];
            let count = if rest.is_empty() { 0 } else { ready!(Pin::new(&mut *io).poll_write(cx, rest))? };
            if count == 0 && !rest.is_empty() {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.taken += count;
            self.unflushed += count;
            if self.taken == outgoing.bytes.len()
                && let Some(outgoing) = self.queue.pop_front()
            {
                self.taken = 0;
                self.flushing = Some(outgoing.stamp);
                return Poll::Ready(Ok(Sent::Handed { shown: outgoing.shown, secret: outgoing.secret }));
            }
        }
        self.queue.shrink_to(0);
        Poll::Ready(Ok(Sent::Idle))
    }

    /// The heap that it holds, in bytes.
    #[cfg(test)]
    pub fn heap(&self) -> usize {
        self.queue.capacity() * size_of::<Outgoing>()
    }
}

/// Sizes only.
impl fmt::Debug for Outbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outbox")
            .field("commands", &self.queue.len())
            .field("unsent", &self.unsent())
            .finish_non_exhaustive()
    }
}
