//! What comes while the display is frozen: it waits here, and is applied when the display goes on.

use std::collections::VecDeque;

use crate::tui::log::LOG_LIMIT;
use mailwatch_proto::model::{Board, Event, EventKind};

/// The events and the board that wait.
#[derive(Debug, Default)]
pub struct Frozen {
    /// The events, oldest first.
    pub events: VecDeque<Event>,
    /// The latest board, if one came.
    pub board: Option<Board>,
    /// How many events were dropped because there was no room.
    pub dropped: u64,
}

impl Frozen {
    /// How many events wait or were dropped.
    #[must_use]
    pub fn waiting(&self) -> u64 {
        self.events.len() as u64 + self.dropped
    }

    /// Keeps an event for later. It never drops a mail: mail is reported exactly once, here or nowhere.
    pub fn hold(&mut self, event: Event) {
        if self.events.len() >= LOG_LIMIT {
            let droppable = self.events.iter().position(|event| !matches!(event.kind, EventKind::NewMail(_)));
            if droppable.and_then(|index| self.events.remove(index)).is_some() {
                self.dropped += 1;
            }
        }
        self.events.push_back(event);
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Instant, SystemTime};

    use super::*;
    use mailwatch_proto::model::Mail;

    fn event(kind: EventKind) -> Event {
        Event { ts: SystemTime::UNIX_EPOCH, at: Instant::now(), watch: None, conn: None, kind }
    }

    #[test]
    fn what_is_dropped_is_counted_and_is_never_a_mail() {
        let mut frozen = Frozen::default();
        let (from, subject) = (String::new(), String::new());
        frozen.hold(event(EventKind::NewMail(Mail {
            uid: 1,
            uidvalidity: 1,
            from,
            subject,
            date: None,
            gap: false,
            ..Mail::default()
        })));
        for _ in 0..LOG_LIMIT + 10 {
            frozen.hold(event(EventKind::Bye { text: "x".to_owned() }));
        }
        assert_eq!((frozen.events.len(), frozen.dropped), (LOG_LIMIT, 11));
        assert!(matches!(frozen.events.front().map(|event| &event.kind), Some(EventKind::NewMail(_))));
        assert_eq!(frozen.waiting(), LOG_LIMIT as u64 + 11);
    }
}
