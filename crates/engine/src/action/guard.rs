//! The transport that async-imap sees: no nesting, literal or line of a server reaches it unchecked.
//!
//! Responses are framed, capped and repaired first, and what the parser cannot read is left out. Commands leave in one
//! piece each. It answers async-imap's LOGIN itself, for the login is done: no secret ever reaches async-imap. And it
//! remembers what `Session` forgets: how the command was answered, and how the stream ended.

use std::fmt;
use std::io;
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::hand_out::{HandOut, is_awaited};
use crate::wire::Ended;
use mailwatch_proto::model::Status;
use mailwatch_proto::response::{Response, StatusText};
use mailwatch_proto::wire::framer::{Caps, Framer};
use mailwatch_proto::wire::read;

/// Read at once.
const PIECE: usize = 4096;

/// What a server may send in answer to one command, in bytes: a few literals of the largest size, or some ten thousand
/// mailboxes.
const ANSWER: usize = 4 * 1024 * 1024;

/// A guarded transport, after login.
pub struct Guard<S> {
    io: S,
    framer: Framer,
    hand_out: HandOut,
    /// What is left of the command that async-imap is writing.
    command: Vec<u8>,
    /// How much of it the transport has taken.
    taken: usize,
    /// Whether it is written to its end, and on its way.
    begun: bool,
    /// async-imap has not sent its LOGIN yet.
    login_awaited: bool,
    /// What is written next is no command but its literal.
    literal_awaited: bool,
    /// The tag of the command that was sent last.
    tag: String,
    /// Its tagged reply, once it has come.
    answer: Option<(Status, StatusText)>,
    bye: Option<StatusText>,
    /// How much came in answer to it, in bytes.
    received: usize,
    /// How many responses to it were left out.
    left_out: usize,
    ended: Option<Ended>,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Guard<S> {
    /// Around a transport that is logged in. The framer may have begun a response.
    pub fn new(io: S, mut framer: Framer) -> Self {
        framer.set_caps(Caps::LOGGED_IN);
        Self {
            io,
            framer,
            hand_out: HandOut::default(),
            command: Vec::new(),
            taken: 0,
            begun: false,
            login_awaited: true,
            literal_awaited: false,
            tag: String::new(),
            answer: None,
            bye: None,
            received: 0,
            left_out: 0,
            ended: None,
        }
    }

    /// The tagged reply to the last command, if it has come.
    pub const fn answer(&self) -> Option<&(Status, StatusText)> {
        self.answer.as_ref()
    }

    /// The server's BYE, if it has said so.
    pub const fn bye(&self) -> Option<&StatusText> {
        self.bye.as_ref()
    }

    /// Says that what is written next belongs to the command that was sent last.
    pub const fn await_literal(&mut self) {
        self.literal_awaited = true;
    }

    /// How many responses to the last command were left out because no parser reads them.
    pub const fn left_out(&self) -> usize {
        self.left_out
    }

    /// How the stream ended, if it has.
    pub const fn ended(&self) -> Option<&Ended> {
        self.ended.as_ref()
    }

    /// Whether the connection, which is not read between two commands, still stands as far as is known. What came
    /// meanwhile is dropped.
    pub fn stands(&mut self, cx: &mut Context<'_>) -> bool {
        self.received = 0;
        while self.ended.is_none() {
            match self.poll_piece(cx) {
                Poll::Pending => break,
                Poll::Ready(()) => self.hand_out.clear(),
            }
        }
        self.ended.is_none() && self.bye.is_none()
    }

    /// Reads a piece and takes its responses in.
    fn poll_piece(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let mut piece = [MaybeUninit::uninit(); PIECE];
        let mut piece = ReadBuf::uninit(&mut piece);
        let Poll::Ready(polled) = Pin::new(&mut self.io).poll_read(cx, &mut piece) else {
            self.framer.rest();
            return Poll::Pending;
        };
        match polled {
            Err(error) => self.ended = Some(Ended::Failed(error)),
            Ok(()) if piece.filled().is_empty() => {
                self.ended = Some(if self.framer.is_inside() { Ended::Cut } else { Ended::Closed });
            }
            Ok(()) => self.take_in(piece.filled()),
        }
        Poll::Ready(())
    }

    fn take_in(&mut self, mut piece: &[u8]) {
        self.received += piece.len();
        if self.received > ANSWER {
            let what = format!("the server sent more than {} MiB in answer to one command", ANSWER / 1024 / 1024);
            self.ended = Some(Ended::Failed(io::Error::other(what)));
            return;
        }
        loop {
            match self.framer.feed(&mut piece) {
                Ok(true) => self.take_response(),
                Ok(false) => return,
                Err(violation) => {
                    self.ended = Some(Ended::Violated(violation));
                    return;
                }
            }
        }
    }

    fn take_response(&mut self) {
        let Some(read) = read(self.framer.frame()).filter(|read| is_awaited(&read.bytes)) else {
            self.left_out += 1;
            return;
        };
        if let Response::Bye(text) = &read.response {
            self.bye.get_or_insert_with(|| text.clone());
        }
        if self.tag.is_empty() || self.answer.is_some() {
            // It belongs to no command: async-imap would take it for the next one's.
            return;
        }
        if let Response::Tagged { tag, status, text } = &read.response
            && *tag == self.tag
        {
            self.answer = Some((*status, text.clone()));
        }
        self.left_out += usize::from(read.lost);
        self.hand_out.push(&read.bytes);
    }

    /// A command has been written to its end: async-imap's LOGIN is answered, any other is on its way.
    fn begin(&mut self) {
        let first = self.command.split(|&b| b == b' ').next().unwrap_or_default();
        if self.login_awaited {
            self.login_awaited = false;
            let reply = [first, b" OK done before\r\n"].concat();
            self.hand_out.push(&reply);
            self.command.clear();
            return;
        }
        if !std::mem::take(&mut self.literal_awaited) {
            self.tag = String::from_utf8_lossy(first).into_owned();
            (self.answer, self.received, self.left_out) = (None, 0, 0);
        }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncRead for Guard<S> {
    /// Never ends well: async-imap reads only while a reply is owed, and takes an end for one.
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        loop {
            if buf.remaining() == 0 || this.hand_out.fill(buf) {
                return Poll::Ready(Ok(()));
            }
            if this.ended.is_some() {
                return Poll::Ready(Err(io::ErrorKind::UnexpectedEof.into()));
            }
            ready!(this.poll_piece(cx));
        }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Guard<S> {
    /// Keeps it until the flush, so that a command leaves in one piece.
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.get_mut().command.extend_from_slice(buf);
        Poll::Ready(Ok(buf.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if !this.begun && !this.command.is_empty() {
            this.begun = true;
            this.begin();
        }
        while this.taken < this.command.len() {
            match ready!(Pin::new(&mut this.io).poll_write(cx, &this.command[this.taken..])) {
                Ok(0) => return this.write_failed(io::ErrorKind::WriteZero.into()),
                Ok(count) => this.taken += count,
                Err(error) => return this.write_failed(error),
            }
        }
        (this.command, this.taken, this.begun) = (Vec::new(), 0, false);
        match ready!(Pin::new(&mut this.io).poll_flush(cx)) {
            Ok(()) => Poll::Ready(Ok(())),
            Err(error) => this.write_failed(error),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().io).poll_shutdown(cx)
    }
}

impl<S> Guard<S> {
    fn write_failed(&mut self, error: io::Error) -> Poll<io::Result<()>> {
        let kind = error.kind();
        self.ended.get_or_insert(Ended::Failed(error));
        Poll::Ready(Err(kind.into()))
    }
}

/// Sizes and states, nothing of what came or went.
impl<S> fmt::Debug for Guard<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Guard")
            .field("received", &self.received)
            .field("left_out", &self.left_out)
            .field("ended", &self.ended)
            .finish_non_exhaustive()
    }
}
