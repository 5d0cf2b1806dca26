//! The tap itself: the transport that async-imap sees.
//!
//! Nothing moves unless the tap is read: [`Tap::send`] only queues, and the next poll of a read hands the bytes on. Who
//! sends and reads in one task, polling the read after sending, needs nothing more.

use std::fmt;
use std::io;
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Instant;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::Note;
use super::inbox::{Notes, Responses};
use super::outbox::{Outbox, Outgoing, Sent};
use mailwatch_proto::wire::check::{Checked, check};
use mailwatch_proto::wire::framer::{Caps, Framer, Kind};
use mailwatch_proto::wire::{Violation, trace};

/// Read at once, on the stack: an idle connection owns no buffer for it.
const PIECE: usize = 4096;

/// Pieces read in one poll without a response in them, before others get their turn.
const PIECES: usize = 16;

/// The transport under async-imap.
pub struct Tap<S> {
    pub(super) io: S,
    trace: bool,
    /// A login is under way: challenges are not shown.
    veiled: bool,
    blank_told: bool,
    heard: Option<Instant>,
    framer: Framer,
    responses: Responses,
    pub(super) notes: Notes,
    outbox: Outbox,
    write_error: Option<io::Error>,
    ended: Option<Ended>,
}

/// How the stream ended.
#[derive(Clone, Copy, Debug)]
enum Ended {
    /// Between two responses.
    Cleanly,
    /// Inside a response.
    Cut,
    /// By us.
    Violated(Violation),
}

impl<S: AsyncRead + AsyncWrite + Unpin> Tap<S> {
    /// Around a transport. `trace` says whether [`Note::Line`]s are wanted.
    pub fn new(io: S, trace: bool) -> Self {
        Self {
            io,
            trace,
            veiled: false,
            blank_told: false,
            heard: None,
            framer: Framer::new(Caps::STRANGER),
            responses: Responses::new(),
            notes: Notes::new(),
            outbox: Outbox::default(),
            write_error: None,
            ended: None,
        }
    }

    /// Queues a command. It leaves with the next poll of a read, also where the read then waits.
    pub fn send(&mut self, outgoing: Outgoing) {
        if self.write_error.is_none() {
            self.outbox.push(outgoing);
        }
    }

    /// The oldest note that was not yet taken. To be called until `None` after each poll of a read: where too many wait,
    /// reading stops until all are taken.
    pub fn note(&mut self) -> Option<Note> {
        self.notes.take()
    }

    /// Raises the caps, from 8 KiB each to 64 KiB a line and 1 MiB of literals.
    pub const fn logged_in(&mut self) {
        self.framer.set_caps(Caps::LOGGED_IN);
    }

    /// The transport.
    pub const fn io(&self) -> &S {
        &self.io
    }

    /// The transport, without what was read of it or queued for it.
    pub fn into_inner(self) -> S {
        self.io
    }

    /// When the last byte came from the server.
    pub const fn heard(&self) -> Option<Instant> {
        self.heard
    }

    /// How many bytes are queued that the kernel has not taken.
    pub fn unsent(&self) -> usize {
        self.outbox.unsent()
    }

    /// The heap that it holds, in bytes; its notes' texts aside.
    #[cfg(test)]
    pub(super) fn heap(&self) -> usize {
        self.framer.heap() + self.responses.heap() + self.notes.heap() + self.outbox.heap()
    }

    /// Moves what is queued towards the kernel. An error waits until there is nothing more to read: a server that said
    /// BYE and closed is still heard.
    fn drive(&mut self, cx: &mut Context<'_>) {
        while self.write_error.is_none() {
            match self.outbox.poll_drive(&mut self.io, cx) {
                Poll::Pending | Poll::Ready(Ok(Sent::Idle)) => return,
                Poll::Ready(Ok(Sent::Handed { shown, secret })) => {
                    self.veiled |= secret;
                    if self.trace {
                        self.notes.push(Note::Line(trace::sent(&shown)));
                    }
                }
                Poll::Ready(Ok(Sent::Flushed { at })) => self.notes.push(Note::Written { at }),
                Poll::Ready(Err(error)) => {
                    self.outbox.give_up();
                    self.write_error = Some(error);
                }
            }
        }
    }

    /// Frames and checks what came.
    fn take_in(&mut self, mut piece: &[u8]) {
        loop {
            match self.framer.feed(&mut piece) {
                Ok(true) => self.take_response(),
                Ok(false) => return,
                Err(violation) => {
                    self.framer = Framer::new(Caps::STRANGER);
                    self.ended = Some(Ended::Violated(violation));
                    return;
                }
            }
        }
    }

    fn take_response(&mut self) {
        let frame = self.framer.frame();
        if self.trace {
            self.notes.push(Note::Line(trace::received(frame, self.veiled)));
        }
        if frame.kind == Kind::Blank {
            // Means nothing, and may come in numbers.
            if !std::mem::replace(&mut self.blank_told, true) {
                self.notes.push(Note::Unparsed("(empty line)".to_owned()));
            }
            return;
        }
        let checked = check(frame);
        if frame.kind == Kind::Tagged && checked != Checked::Unreadable {
            // The login, if it was one, is over. This line is no challenge.
            self.veiled = false;
        }
        match checked {
            Checked::Readable => self.responses.push(frame.bytes),
            Checked::Repaired(repaired) => {
                if repaired.lost {
                    self.notes.push(Note::Unparsed(trace::shown(frame, self.veiled)));
                }
                self.responses.push(&repaired.bytes);
            }
            Checked::Unreadable => self.notes.push(Note::Unparsed(trace::shown(frame, self.veiled))),
        }
    }

    /// Nothing more will come. What there is of a response may be the server's last word, so it is told.
    fn end(&mut self) -> Ended {
        let frame = self.framer.frame();
        if !self.framer.is_inside() || frame.kind == Kind::Blank {
            return Ended::Cleanly;
        }
        self.notes.push(Note::Unparsed(trace::shown(frame, self.veiled)));
        Ended::Cut
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncRead for Tap<S> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        this.outbox.finish_draft();
        this.drive(cx);
        for _ in 0..PIECES {
            if buf.remaining() == 0 || this.responses.hand_out(buf) {
                return Poll::Ready(Ok(()));
            }
            match this.ended {
                Some(Ended::Cleanly) => return Poll::Ready(Ok(())),
                Some(Ended::Cut) => return Poll::Ready(Err(io::ErrorKind::UnexpectedEof.into())),
                Some(Ended::Violated(violation)) => {
                    return Poll::Ready(Err(io::Error::new(io::ErrorKind::InvalidData, violation)));
                }
                None => {}
            }
            if this.notes.is_full() {
                this.notes.wake_when_taken(cx.waker());
                return Poll::Pending;
            }
            let mut piece = [MaybeUninit::uninit(); PIECE];
            let mut piece = ReadBuf::uninit(&mut piece);
            match Pin::new(&mut this.io).poll_read(cx, &mut piece) {
                Poll::Pending => {
                    this.framer.rest();
                    this.responses.rest();
                    return match this.write_error.take() {
                        Some(error) => {
                            this.ended = Some(Ended::Cleanly);
                            Poll::Ready(Err(error))
                        }
                        None => Poll::Pending,
                    };
                }
                Poll::Ready(Err(error)) => {
                    this.ended = Some(this.end());
                    return Poll::Ready(Err(error));
                }
                Poll::Ready(Ok(())) if piece.filled().is_empty() => this.ended = Some(this.end()),
                Poll::Ready(Ok(())) => {
                    this.heard = Some(tokio::time::Instant::now().into_std());
                    this.take_in(piece.filled());
                }
            }
        }
        if this.responses.hand_out(buf) {
            return Poll::Ready(Ok(()));
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Tap<S> {
    /// Never waits: async-imap's commands are not cancel-safe otherwise.
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.get_mut().outbox.write(buf);
        Poll::Ready(Ok(buf.len()))
    }

    /// Ends the command. Tries to send it; whether it got away, only reading tells.
    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        this.outbox.finish_draft();
        this.drive(cx);
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        this.outbox.finish_draft();
        this.drive(cx);
        Pin::new(&mut this.io).poll_shutdown(cx)
    }
}

/// Sizes and states: neither what came nor what goes, nor the transport, whose buffers may show it.
impl<S> fmt::Debug for Tap<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tap")
            .field("outbox", &self.outbox)
            .field("responses", &self.responses.waiting())
            .field("notes", &self.notes.len())
            .field("ended", &self.ended)
            .finish_non_exhaustive()
    }
}
