//! A connection that IMAP is spoken on: commands out, responses in, one deadline per command.
//!
//! It never decides when to reconnect: every failure leaves as a [`Fault`].

mod bearer;
mod command;
mod elsewhere;
mod ending;
mod idling;
mod list;
mod login;
mod mailbox;
mod opening;

use std::collections::VecDeque;
use std::future::poll_fn;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Instant;

pub use self::command::quoted;
pub use self::elsewhere::Asked;
pub use self::ending::Ending;
use self::ending::explain;
pub use self::mailbox::{FETCH_ITEMS, Selected};
pub use self::opening::Greeting;
use super::dial::{Io, Transport};
pub use super::wire::Incoming;
use super::wire::{Outgoing, Wire};
use mailwatch_proto::idle::{Idle, Line};
use mailwatch_proto::model::{Fault, FaultClass, Status, Timers, WireLine};
use mailwatch_proto::refusal::{self, At};
use mailwatch_proto::response::{Code, Response, StatusText};

/// Where a command sends what is not its own: untagged data, the trace.
pub trait Sink: Sync {
    /// Takes it. May wait for room: the command waits then, its deadline does not.
    fn give(&self, incoming: Incoming) -> impl Future<Output = ()> + Send;
}

/// A command that is under way.
#[derive(Clone, Debug)]
pub struct Tag {
    text: String,
    /// The command's name, for the sentence when its reply is late.
    what: &'static str,
    by: Instant,
}

impl Tag {
    /// Moves the deadline: for a command whose data keeps coming.
    pub const fn extend(&mut self, by: Instant) {
        self.by = by;
    }
}

/// What answers a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// `+`: the server waits for more.
    Continue(String),
    /// Untagged data.
    Untagged(Response),
    /// A response that no parser reads: it may have been the one that was waited for.
    Unparsed(String),
    /// The end.
    Tagged(Status, StatusText),
}

/// A connection to one server.
#[derive(Debug)]
pub struct Session {
    wire: Wire<Box<dyn Io>>,
    /// The trace of what was said before TLS, until it is taken.
    before: VecDeque<WireLine>,
    closed: Option<(Ending, Fault)>,
    tags: u32,
    peer: String,
    proxy: Option<String>,
    capabilities: Arc<[String]>,
    /// Whether names go as UTF-8 (RFC 6855).
    utf8: bool,
}

impl Session {
    /// Takes a transport. `peer` names the server in sentences; `trace` asks for the trace's lines.
    #[must_use]
    pub fn new(transport: Transport, peer: String, trace: bool) -> Self {
        Self {
            wire: Wire::new(transport.io, trace),
            before: if trace { transport.trace.into() } else { VecDeque::new() },
            closed: None,
            tags: 0,
            peer,
            proxy: transport.proxy,
            capabilities: Arc::default(),
            utf8: false,
        }
    }

    /// The capabilities told last, in the server's order.
    #[must_use]
    pub const fn capabilities(&self) -> &Arc<[String]> {
        &self.capabilities
    }

    /// Whether a capability was told. Case does not matter (RFC 3501 §7.2.1).
    #[must_use]
    pub fn can(&self, capability: &str) -> bool {
        self.capabilities.iter().any(|told| told.eq_ignore_ascii_case(capability))
    }

    /// When the last byte came from the server.
    #[must_use]
    pub fn heard(&self) -> Option<Instant> {
        self.wire.heard()
    }

    /// How the connection ended, if it has.
    #[must_use]
    pub fn ending(&self) -> Option<Ending> {
        self.closed.as_ref().map(|(ending, _)| *ending)
    }

    /// The proxy that stands between, as messages name it: TCP's evidence is of the way to it, and no further.
    #[must_use]
    pub fn proxy(&self) -> Option<&str> {
        self.proxy.as_deref()
    }

    /// The stream below, for TCP evidence.
    #[must_use]
    pub fn io(&self) -> &dyn Io {
        self.wire.io().as_ref()
    }

    /// The next thing that comes. Cancel-safe; drives what was sent as well.
    ///
    /// # Errors
    /// Where the connection has ended; from then on always.
    pub async fn next(&mut self) -> Result<Incoming, Fault> {
        poll_fn(|cx| self.poll_next(cx)).await
    }

    /// [`Session::next`] for a future that polls several things.
    pub fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Result<Incoming, Fault>> {
        if let Some(line) = self.before.pop_front() {
            return Poll::Ready(Ok(Incoming::Line(line)));
        }
        if let Some((_, fault)) = &self.closed {
            return Poll::Ready(Err(fault.clone()));
        }
        match ready!(self.wire.poll_next(cx)) {
            Ok(Incoming::Response(response)) => {
                self.learn(&response);
                Poll::Ready(Ok(Incoming::Response(response.named(self.utf8))))
            }
            Ok(incoming @ (Incoming::Unparsed(_) | Incoming::Written(_) | Incoming::Line(_))) => {
                Poll::Ready(Ok(incoming))
            }
            Err(ended) => {
                let (_, fault) = self.closed.insert(explain(&self.peer, &ended));
                Poll::Ready(Err(fault.clone()))
            }
        }
    }

    /// Sends a command, or the part of one that the server asked for.
    fn put(&mut self, outgoing: Outgoing) {
        self.wire.send(outgoing);
    }

    fn learn(&mut self, response: &Response) {
        let told = match response {
            Response::Capability(list) => Some(list),
            Response::Tagged { text, .. }
            | Response::Status { text, .. }
            | Response::Preauth(text)
            | Response::Bye(text) => match &text.code {
                Some(Code::Capability(list)) => Some(list),
                Some(Code::Alert | Code::UidNext(_) | Code::UidValidity(_) | Code::Other(_)) | None => None,
            },
            Response::Continue { .. }
            | Response::Exists(_)
            | Response::Expunge(_)
            | Response::Vanished(_)
            | Response::Fetch(_)
            | Response::Search(_)
            | Response::MailboxStatus(..)
            | Response::List(_)
            | Response::Id(_)
            | Response::Other => None,
        };
        if let Some(list) = told {
            self.capabilities = list.as_slice().into();
        }
    }

    /// Sends what an IDLE machine handed out.
    pub fn send(&mut self, idle: &Idle, line: Line) {
        self.put(match line {
            Line::Idle => Outgoing::line(format!("{} IDLE", idle.tag())),
            Line::Done => Outgoing::line("DONE").stamped(),
        });
    }

    /// Makes an IDLE machine for this connection's next tag.
    #[must_use]
    pub fn idle(&mut self, timers: Timers, now: Instant) -> Idle {
        Idle::start(self.next_tag(), timers, now)
    }

    fn next_tag(&mut self) -> String {
        self.tags += 1;
        format!("A{}", self.tags)
    }

    /// Sends a command whose text is no secret. Its reply is owed by `by`.
    pub fn issue(&mut self, what: &'static str, text: &str, by: Instant) -> Tag {
        let tag = self.next_tag();
        self.put(Outgoing::line(format!("{tag} {text}")));
        Tag { text: tag, what, by }
    }

    /// Sends LOGOUT without waiting for its reply.
    pub fn say_logout(&mut self, by: Instant) -> Tag {
        self.issue("LOGOUT", "LOGOUT", by)
    }

    /// The next that answers a command; everything else goes to the sink.
    ///
    /// # Errors
    /// Where the reply is late, the server says BYE, or the connection ends.
    pub async fn reply(&mut self, tag: &Tag, sink: &impl Sink) -> Result<Reply, Fault> {
        let late = tokio::time::sleep_until(tag.by.into());
        tokio::pin!(late);
        loop {
            let incoming = tokio::select! {
                // The deadline first: a flood of bytes must not starve it.
                biased;
                () = &mut late => return Err(self.late(tag)),
                incoming = self.next() => incoming?,
            };
            match incoming {
                Incoming::Response(Response::Tagged { tag: told, status, text }) if told == tag.text => {
                    return Ok(Reply::Tagged(status, text));
                }
                Incoming::Response(Response::Continue { text }) => return Ok(Reply::Continue(text)),
                Incoming::Response(Response::Bye(text)) => {
                    let fault = self.bye(&text, At::Session);
                    sink.give(Incoming::Response(Response::Bye(text))).await;
                    return Err(fault);
                }
                Incoming::Response(response) => return Ok(Reply::Untagged(response)),
                Incoming::Unparsed(text) => return Ok(Reply::Unparsed(text)),
                other @ (Incoming::Written(_) | Incoming::Line(_)) => sink.give(other).await,
            }
        }
    }

    /// Runs a command to its end; its untagged data goes to the sink.
    ///
    /// # Errors
    /// As [`Session::reply`]. NO and BAD are no error here: the caller knows what they mean.
    pub async fn finish(&mut self, tag: &Tag, sink: &impl Sink) -> Result<(Status, StatusText), Fault> {
        loop {
            match self.reply(tag, sink).await? {
                Reply::Tagged(status, text) => return Ok((status, text)),
                Reply::Untagged(response) => sink.give(Incoming::Response(response)).await,
                Reply::Unparsed(text) => sink.give(Incoming::Unparsed(text)).await,
                // Nobody asked for more: not ours to answer.
                Reply::Continue(_) => {}
            }
        }
    }

    fn late(&self, tag: &Tag) -> Fault {
        Fault::retry_after(FaultClass::Timeout, format!("{} did not answer {} in time", self.peer, tag.what))
    }

    /// What a BYE means.
    #[must_use]
    pub fn bye(&self, text: &StatusText, at: At) -> Fault {
        refusal::fault(&text.whole(), at, &format!("{} said BYE", self.peer))
    }

    /// What a NO or BAD to a command means.
    fn refused(&self, what: &str, text: &StatusText, at: At) -> Fault {
        refusal::fault(&text.whole(), at, &format!("{} refused {what}", self.peer))
    }
}
