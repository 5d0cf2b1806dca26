//! A connection that IMAP is spoken on: lines out, responses in.
//!
//! It never decides when to reconnect: every failure leaves as a [`Fault`].

mod bearer;
mod command;
mod ending;
mod exchange;
mod idling;
mod secret;
mod steps;

use std::collections::VecDeque;
use std::future::poll_fn;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Instant;

pub(crate) use self::bearer::explain as explain_token;
pub use self::ending::Ending;
pub(crate) use self::ending::explain;
pub(crate) use self::exchange::Heard;
pub(crate) use self::secret::LoginLines;
pub use self::steps::LoginWith;
use super::dial::{Io, Transport};
pub use super::wire::Incoming;
use super::wire::{Outgoing, Wire};
use mailwatch_proto::model::{Fault, WireLine};
use mailwatch_proto::refusal::{self, At};
use mailwatch_proto::response::StatusText;
use mailwatch_proto::wire::framer::Framer;

/// Takes what a step did not ask for: untagged data, the trace.
pub trait Sink: Sync {
    /// Takes it. May wait for room: the step waits then, its deadline does not.
    fn give(&self, incoming: Incoming) -> impl Future<Output = ()> + Send;
}

/// Drops all of it.
#[derive(Clone, Copy, Debug)]
pub struct Discard;

impl Sink for Discard {
    async fn give(&self, _: Incoming) {}
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

    /// The latest capabilities, in the server's order.
    #[must_use]
    pub const fn capabilities(&self) -> &Arc<[String]> {
        &self.capabilities
    }

    /// Whether the server has this capability. Case does not matter (RFC 3501 §7.2.1).
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

    /// What the connection stands on, for another to speak on it: the stream, the framer with what it has begun, and
    /// whether names go as UTF-8. Nothing may be owed.
    pub(crate) fn into_parts(self) -> (Box<dyn Io>, Framer, bool) {
        let (io, framer) = self.wire.into_parts();
        (io, framer, self.utf8)
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
                if let Some(list) = response.capabilities() {
                    self.capabilities = list.into();
                }
                Poll::Ready(Ok(Incoming::Response(response)))
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

    /// The server is trusted with mail from now on: the caps rise.
    fn trust(&mut self) {
        self.wire.logged_in();
    }

    fn next_tag(&mut self) -> String {
        self.tags += 1;
        format!("A{}", self.tags)
    }

    /// What a BYE means.
    #[must_use]
    pub fn bye(&self, text: &StatusText, at: At) -> Fault {
        refusal::fault(&text.whole(), at, &format!("{} said BYE", self.peer))
    }
}
