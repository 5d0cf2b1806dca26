//! Bundles what a server can say without end, so that one that floods fills neither a log nor `history.db` nor a screen.
//!
//! Each kind of event has room for what servers say in earnest. Once that is used up, events of the kind are held and told
//! as one, with their number and the last one's text: after `SHORTEST` at first, later after up to `LONGEST`. What a
//! person or a script waits for (mails, verdicts, phases, DONEs) is never held. No clock: `now` is an argument.

#[cfg(test)]
mod tests;

use std::time::{Duration, Instant};

use crate::model::{ConnId, EventKind, sanitise, show_duration};

/// What is told of a kind at once, in bytes: 40 to 60 events.
const ROOM: u64 = 4096;

/// What an event takes of it beside its text: it is a row in `history.db`, too.
const ROW: u64 = 64;

/// So many bytes a second become free again: a mail each 8 seconds, or a heartbeat each 10, is never held.
const REGAINED: u64 = 8;

/// How long events are held at first,
const SHORTEST: Duration = Duration::from_secs(5);

/// and how long where the flood goes on: a line a minute.
const LONGEST: Duration = Duration::from_mins(1);

/// What is shown of a held text, in characters.
const TEXT: usize = 200;

/// The kinds that are bundled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Bundled {
    Exists,
    Expunge,
    Flags,
    Heartbeat,
    Unparsed,
    Bye,
    Alert,
    Hint,
    Contradiction,
}

/// One watch's events, of those kinds that came lately.
#[derive(Debug, Default)]
pub struct Bundles(Vec<Bundle>);

/// Events of one kind.
#[derive(Debug)]
struct Bundle {
    kind: Bundled,
    /// What was left at the moment beside it.
    room: u64,
    at: Instant,
    /// For how long the next are held.
    pause: Duration,
    held: Option<Box<Held>>,
}

/// Those that wait to be told as one.
#[derive(Debug)]
struct Held {
    since: Instant,
    due: Instant,
    count: u32,
    conn: Option<ConnId>,
    /// The last; where they can be added up, their sum.
    event: EventKind,
}

impl Bundles {
    /// Takes an event. Given back where it is to be told now.
    pub fn take(&mut self, conn: Option<ConnId>, event: EventKind, now: Instant) -> Option<EventKind> {
        let Some(kind) = kind_of(&event) else { return Some(event) };
        // What has been quiet for long is as if it had never been.
        self.0.retain(|bundle| bundle.kind == kind || !bundle.is_calm(now));
        let at = self.0.iter().position(|bundle| bundle.kind == kind).unwrap_or_else(|| {
            self.0.push(Bundle { kind, room: ROOM, at: now, pause: SHORTEST, held: None });
            self.0.len() - 1
        });
        self.0[at].take(conn, event, now)
    }

    /// When held events are to be told.
    #[must_use]
    pub fn due(&self) -> Option<Instant> {
        self.0.iter().filter_map(|bundle| Some(bundle.held.as_ref()?.due)).min()
    }

    /// The next of the held events whose time has come, until there is none.
    pub fn poll(&mut self, now: Instant) -> Option<(Option<ConnId>, EventKind)> {
        self.0.iter_mut().find(|bundle| bundle.held.as_ref().is_some_and(|held| held.due <= now))?.release(now)
    }

    /// The next of the held events, due or not: nothing comes any more.
    pub fn settle(&mut self, now: Instant) -> Option<(Option<ConnId>, EventKind)> {
        self.0.iter_mut().find(|bundle| bundle.held.is_some())?.release(now)
    }
}

impl Bundle {
    fn take(&mut self, conn: Option<ConnId>, event: EventKind, now: Instant) -> Option<EventKind> {
        if let Some(held) = &mut self.held {
            held.add(conn, event);
            return None;
        }
        (self.room, self.at) = (self.room_at(now), now);
        if self.room == ROOM {
            self.pause = SHORTEST;
        }
        let cost = ROW + text_of(&event).map_or(0, |text| text.len() as u64);
        // A text of any length is told where nothing was said before.
        if cost <= self.room || self.room == ROOM {
            self.room = self.room.saturating_sub(cost);
            return Some(event);
        }
        self.held = Some(Box::new(Held { since: now, due: now + self.pause, count: 1, conn, event }));
        None
    }

    fn release(&mut self, now: Instant) -> Option<(Option<ConnId>, EventKind)> {
        let held = self.held.take()?;
        self.pause = LONGEST.min(self.pause * 2);
        // What was regained meanwhile is spent on this.
        (self.room, self.at) = (0, now);
        Some((held.conn, held.told(now)))
    }

    fn room_at(&self, now: Instant) -> u64 {
        let regained = now.saturating_duration_since(self.at).as_secs().saturating_mul(REGAINED);
        ROOM.min(self.room.saturating_add(regained))
    }

    fn is_calm(&self, now: Instant) -> bool {
        self.held.is_none() && self.room_at(now) == ROOM
    }
}

impl Held {
    fn add(&mut self, conn: Option<ConnId>, event: EventKind) {
        self.count = self.count.saturating_add(1);
        self.conn = conn;
        self.event = sum(&self.event, event);
    }

    fn told(self, now: Instant) -> EventKind {
        let Self { since, count, event, .. } = self;
        if count == 1 {
            return event;
        }
        let over = show_duration(Some(Duration::from_secs(now.saturating_duration_since(since).as_secs())));
        let more = |text: &str| format!("{} (the last of {count} in {over})", sanitise(text, TEXT));
        match event {
            EventKind::Heartbeat { text } => EventKind::Heartbeat { text: more(&text) },
            EventKind::Unparsed { text } => EventKind::Unparsed { text: more(&text) },
            EventKind::Bye { text } => EventKind::Bye { text: more(&text) },
            EventKind::Alert { text } => EventKind::Alert { text: more(&text) },
            EventKind::Hint { text } => EventKind::Hint { text: more(&text) },
            EventKind::Contradiction { text } => EventKind::Contradiction { text: more(&text) },
            // They were added up, or are never held.
            event => event,
        }
    }
}

/// An event that says what both say, where a number says it; else the later one.
fn sum(before: &EventKind, event: EventKind) -> EventKind {
    match (before, event) {
        (EventKind::Exists { delta: before, .. }, EventKind::Exists { count, delta }) => {
            EventKind::Exists { count, delta: before.saturating_add(delta) }
        }
        (EventKind::Expunge { count: before }, EventKind::Expunge { count }) => {
            EventKind::Expunge { count: before.saturating_add(count) }
        }
        (EventKind::Flags { count: before }, EventKind::Flags { count }) => {
            EventKind::Flags { count: before.saturating_add(count) }
        }
        (_, event) => event,
    }
}

/// The kind as a bundle, where a server decides how often it comes.
const fn kind_of(event: &EventKind) -> Option<Bundled> {
    match event {
        EventKind::Exists { .. } => Some(Bundled::Exists),
        EventKind::Expunge { .. } => Some(Bundled::Expunge),
        EventKind::Flags { .. } => Some(Bundled::Flags),
        EventKind::Heartbeat { .. } => Some(Bundled::Heartbeat),
        EventKind::Unparsed { .. } => Some(Bundled::Unparsed),
        EventKind::Bye { .. } => Some(Bundled::Bye),
        EventKind::Alert { .. } => Some(Bundled::Alert),
        EventKind::Hint { .. } => Some(Bundled::Hint),
        EventKind::Contradiction { .. } => Some(Bundled::Contradiction),
        // These come once a mail, once a DONE or once a connection, and backoff and the pauses between turns keep those
        // rare; the rest comes from this machine.
        EventKind::Phase { .. }
        | EventKind::Connected { .. }
        | EventKind::Capabilities { .. }
        | EventKind::NewMail(_)
        | EventKind::DoneSent { .. }
        | EventKind::DoneAcked { .. }
        | EventKind::DoneAnswered { .. }
        | EventKind::Stalled { .. }
        | EventKind::Verdict { .. }
        | EventKind::Replaced { .. }
        | EventKind::Fault { .. }
        | EventKind::Retry { .. }
        | EventKind::Retuned { .. }
        | EventKind::Slept { .. }
        | EventKind::Hook { .. }
        | EventKind::Canary { .. }
        | EventKind::Lost { .. }
        // The trace has bounds of its own.
        | EventKind::Wire(_) => None,
    }
}

/// A bundled event's text.
fn text_of(event: &EventKind) -> Option<&str> {
    match event {
        EventKind::Heartbeat { text }
        | EventKind::Unparsed { text }
        | EventKind::Bye { text }
        | EventKind::Alert { text }
        | EventKind::Hint { text }
        | EventKind::Contradiction { text } => Some(text),
        EventKind::Exists { .. }
        | EventKind::Expunge { .. }
        | EventKind::Flags { .. }
        | EventKind::Phase { .. }
        | EventKind::Connected { .. }
        | EventKind::Capabilities { .. }
        | EventKind::NewMail(_)
        | EventKind::DoneSent { .. }
        | EventKind::DoneAcked { .. }
        | EventKind::DoneAnswered { .. }
        | EventKind::Stalled { .. }
        | EventKind::Verdict { .. }
        | EventKind::Replaced { .. }
        | EventKind::Fault { .. }
        | EventKind::Retry { .. }
        | EventKind::Retuned { .. }
        | EventKind::Slept { .. }
        | EventKind::Hook { .. }
        | EventKind::Canary { .. }
        | EventKind::Lost { .. }
        | EventKind::Wire(_) => None,
    }
}
