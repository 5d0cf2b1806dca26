//! Events as the protocol writes them: the objects of `watch --json`, numbered; and the lines of the trace.

use std::sync::Arc;
use std::time::{Instant, SystemTime};

use serde::de::{Deserialize, Deserializer};
use serde::ser::{Serialize, SerializeMap, Serializer};

use super::kind_state::KindState;
use super::time::Wall;
use crate::json;
use mailwatch_proto::model::{ConnId, Event, EventKind, Now, WatchId, WireDirection, WireLine};

/// An event with its number: `watch --json`'s object with `seq` before it, and a new mail's `epoch` after it.
#[derive(Clone, Debug, PartialEq)]
pub struct EventState {
    /// Its number. They grow by one, and begin anew with each engine.
    pub seq: u64,
    /// When it happened.
    pub ts: SystemTime,
    /// The watch it belongs to, if to one.
    pub watch: Option<WatchId>,
    /// The connection it belongs to, if to one.
    pub conn: Option<ConnId>,
    /// What it was; never a line of the trace.
    pub kind: EventKind,
}

/// A line of the trace.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct WireState {
    /// When it went.
    pub ts: Wall,
    /// The watch it belongs to, if to one.
    pub watch: Option<WatchId>,
    /// The connection it belongs to, if to one.
    pub conn: Option<u64>,
    /// Which way it went.
    pub direction: DirectionState,
    /// The line, secrets already replaced.
    pub text: String,
}

/// Which way a line of the trace went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum DirectionState {
    /// From the client.
    C,
    /// From the server.
    S,
}

impl EventState {
    /// The form of an event; `None` for a line of the trace.
    #[must_use]
    pub fn of(seq: u64, event: &Event) -> Option<Self> {
        let Event { ts, at: _, watch, conn, kind } = event;
        let is_line = matches!(kind, EventKind::Wire(_));
        (!is_line).then(|| Self { seq, ts: *ts, watch: watch.clone(), conn: *conn, kind: kind.clone() })
    }

    /// The event.
    #[must_use]
    pub fn event(self, now: Now) -> Event {
        let Self { seq: _, ts, watch, conn, kind } = self;
        Event { ts, at: moment(ts, now), watch, conn, kind }
    }
}

impl WireState {
    /// The form of a line of the trace; `None` for any other event.
    #[must_use]
    pub fn of(event: &Event) -> Option<Self> {
        let Event { ts, at: _, watch, conn, kind: EventKind::Wire(WireLine { direction, text }) } = event else {
            return None;
        };
        let direction = match direction {
            WireDirection::Client => DirectionState::C,
            WireDirection::Server => DirectionState::S,
        };
        let (watch, conn) = (watch.clone(), conn.map(|conn| conn.0));
        Some(Self { ts: Wall(*ts), watch, conn, direction, text: text.clone() })
    }

    /// The line as an event.
    #[must_use]
    pub fn event(self, now: Now) -> Event {
        let Self { ts: Wall(ts), watch, conn, direction, text } = self;
        let direction = match direction {
            DirectionState::C => WireDirection::Client,
            DirectionState::S => WireDirection::Server,
        };
        let kind = EventKind::Wire(WireLine { direction, text });
        Event { ts, at: moment(ts, now), watch, conn: conn.map(ConnId), kind }
    }
}

/// The same moment on the monotonic clock; one to come, or too long ago for it, is now.
fn moment(ts: SystemTime, now: Now) -> Instant {
    let ago = now.wall.duration_since(ts).unwrap_or_default();
    now.at.checked_sub(ago).unwrap_or(now.at)
}

impl Serialize for EventState {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { seq, ts, watch, conn, kind } = self;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("seq", seq)?;
        json::entries(*ts, watch.as_ref(), *conn, kind, &mut map)?;
        if let EventKind::NewMail(mail) = kind {
            // Without it the mail could not be confirmed.
            map.serialize_entry("epoch", &mail.epoch)?;
        }
        map.end()
    }
}

impl<'de> Deserialize<'de> for EventState {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(serde::Deserialize)]
        struct Form {
            seq: u64,
            ts: Wall,
            account: Option<Arc<str>>,
            mailbox: Option<Arc<str>>,
            conn: Option<u64>,
            #[serde(flatten)]
            kind: KindState,
        }
        let Form { seq, ts: Wall(ts), account, mailbox, conn, kind } = Form::deserialize(deserializer)?;
        let watch = account.zip(mailbox).map(|(account, mailbox)| WatchId { account, mailbox });
        Ok(Self { seq, ts, watch, conn: conn.map(ConnId), kind: kind.into() })
    }
}
