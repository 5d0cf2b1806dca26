//! What goes into a connection and what comes out of it.

use std::time::{Duration, Instant};

use super::quarantine::Late;
use super::sample::Sample;
use crate::idle::{Change, End, Line};
use crate::model::{DoneReason, Finding, Receipt, TcpSample, Timer, Timers, WireLine};
use crate::response::Response;
use crate::wire::Item;

/// What a connection is there for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// It is the watch's own: the mailbox is heard over it.
    Active,
    /// It is to take over from the active one.
    Standby,
    /// It was replaced, and ends with DONE and LOGOUT.
    Draining,
    /// Its DONE was not answered: it is read, to see whether an answer ever comes.
    Quarantined,
}

/// What reaches a connection.
#[derive(Clone, Copy, Debug)]
pub enum Input<'a> {
    /// A response of the server, outside of a task.
    Response(&'a Response),
    /// Bytes came that are no response.
    Noise,
    /// The kernel has taken the last byte of DONE.
    Written,
    /// The look at the socket that was asked for; none where nothing is known here.
    Sampled(Option<Sample>),
    /// The IDLE is to end.
    Done(DoneReason),
    /// The timers changed.
    Retune(Timers),
    /// Time has passed.
    Tick,
}

/// What a connection wants done, or tells, in order.
#[derive(Clone, Debug, PartialEq)]
pub enum Output {
    /// Send this, with the tag of `Connection::tag`.
    Send(Line),
    /// Look at the socket, and answer with [`Input::Sampled`] at once.
    Sample,
    /// Set the kernel's own limit on unacknowledged bytes; `None` clears it.
    UserTimeout(Option<Duration>),
    /// Something changed.
    Changed(Change),
    /// The IDLE is over and the connection is at rest, or of no more use.
    Ended(End),
    /// DONE was not answered.
    Stalled(Box<Stall>),
    /// Something came in quarantine.
    Late(Late),
}

/// A DONE that was not answered: what is concluded, and by what evidence.
#[derive(Clone, Debug, PartialEq)]
pub struct Stall {
    /// The DONE.
    pub receipt: Receipt,
    /// The conclusion.
    pub finding: Finding,
    /// From written; from queued where it never was.
    pub waited: Duration,
    /// What was seen of its way to the peer.
    pub looks: Vec<TcpSample>,
}

/// How a connection ended, as TCP tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// The server closed it (FIN).
    Closed,
    /// It was reset (RST): by the server, or by something on the path that had forgotten it.
    Reset,
    /// TCP gave it up: keepalive or unacknowledged bytes.
    GivenUp,
    /// This program closed it: the server broke a cap, or the stream broke otherwise.
    Broken,
}

/// Something that comes out of a connection's two directions.
#[derive(Clone, Debug, PartialEq)]
pub enum Incoming {
    /// A response.
    Response(Response),
    /// A response that the parser cannot read, or only in part; sanitised and cut.
    Unparsed(String),
    /// The kernel has taken the last byte of a DONE, at that moment.
    Written(Instant),
    /// A line of the trace. Made only where the trace is wanted.
    Line(WireLine),
}

impl From<Item> for Incoming {
    fn from(item: Item) -> Self {
        match item {
            Item::Line(line) => Self::Line(line),
            Item::Response(response) => Self::Response(response),
            Item::Unparsed(text) => Self::Unparsed(text),
        }
    }
}

/// What runs out next on a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Due {
    /// A timer.
    Timer(Timer),
    /// The next look at the socket.
    Look,
    /// The time that a quarantined connection is kept.
    Quarantine,
}
