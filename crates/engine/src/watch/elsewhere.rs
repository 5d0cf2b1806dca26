//! News of mailboxes that are not open: what NOTIFY tells, and what the user asks of a guest.

use std::time::Instant;

use super::{Activity, Watch};
use mailwatch_proto::connection::task::Notify;
use mailwatch_proto::model::{Command, DoneReason, EventKind, Origin, Timer, WatchId};
use mailwatch_proto::response::{Code, MailboxStatus, Response};

/// So many looks may find mail that NOTIFY did not tell of before it is no longer relied on.
const UNTOLD: u32 = 2;

impl Watch {
    /// The server told of another mailbox, or that it tells no more.
    pub(super) fn elsewhere(&mut self, response: &Response, now: Instant) {
        match response {
            Response::MailboxStatus(name, status) => self.told_of(&name.0, *status, now),
            Response::List(_) => {
                if let Some(crew) = &mut self.crew {
                    crew.list_wished = crew.lists;
                }
            }
            Response::Status { text, .. } => {
                if matches!(&text.code, Some(Code::Other(code)) if code == "NOTIFICATIONOVERFLOW") {
                    self.overflow(now);
                }
            }
            Response::Continue { .. }
            | Response::Tagged { .. }
            | Response::Preauth(_)
            | Response::Bye(_)
            | Response::Capability(_)
            | Response::Exists(_)
            | Response::Expunge(_)
            | Response::Vanished(_)
            | Response::Fetch(_)
            | Response::Search(_)
            | Response::Id(_)
            | Response::Other => {}
        }
    }

    fn told_of(&mut self, mailbox: &str, status: MailboxStatus, now: Instant) {
        let Some(crew) = &mut self.crew else { return };
        let Some(guest) = crew.guests.values_mut().find(|guest| *guest.id().mailbox == *mailbox) else { return };
        let Some(known) = guest.known else {
            guest.wished = !guest.is_paused();
            return;
        };
        if known.has_news(&status) {
            guest.wished = !guest.is_paused();
        } else {
            guest.figures(&status, now);
        }
    }

    /// The server lost count. Everything is looked at, and it is asked once more to tell; a second time it is not
    /// trusted again on this connection.
    fn overflow(&mut self, now: Instant) {
        let Some(crew) = self.crew.as_mut().filter(|crew| crew.carries()) else { return };
        let again = std::mem::replace(&mut crew.overflowed, true);
        crew.list_wished = crew.lists;
        crew.guests.values_mut().for_each(|guest| guest.wished = !guest.is_paused());
        crew.overflow = Some(if again { Notify::Never } else { Notify::Overflowed });
        if let Activity::Idling(live, _) | Activity::Polling(live, _) = &mut self.activity {
            crew.take_overflow(live);
        }
        let next = if again { "mailboxes are asked in turn from now on" } else { "all are looked at" };
        self.report.tell(EventKind::Alert { text: format!("NOTIFY overflowed: {next}") }, now);
    }

    /// A look found mail that NOTIFY had not told of. Once that may be a mail of this very moment; after that the server
    /// does not notice what is delivered past it: Dovecot, a maildir that another program delivers into.
    pub(super) fn untold(&mut self, mailbox: &str, now: Instant) {
        let Some(crew) = &mut self.crew else { return };
        crew.untold = crew.untold.saturating_add(1);
        if crew.untold == UNTOLD {
            crew.overflow = Some(Notify::Never);
            let text = format!("NOTIFY did not tell of new mail in {mailbox}: mailboxes are asked in turn from now on");
            self.report.tell(EventKind::Alert { text }, now);
        }
    }

    /// News from elsewhere end the IDLE as new mail does: at once, and a burst costs little. That mailboxes came or went
    /// is no mail; in a burst it is due with the turn.
    pub(super) fn wish_elsewhere(&mut self, now: Instant) {
        let Some(crew) = &self.crew else { return };
        if crew.guests.values().any(|guest| guest.wished && !guest.is_paused()) {
            self.wish_mail(now);
        } else if crew.list_wished && self.after_pause(now) <= now {
            self.end_idle(DoneReason::Turn, now);
        }
    }

    pub(super) fn is_list_wished(&self) -> bool {
        self.crew.as_ref().is_some_and(|crew| crew.list_wished)
    }

    pub(super) fn guest_command(&mut self, id: &WatchId, command: Command, now: Instant) {
        let Some(guest) = self.crew.as_mut().and_then(|crew| crew.guests.get_mut(id)) else { return };
        match command {
            Command::Done | Command::Resume => {
                guest.resume();
                guest.wished = true;
                match self.activity {
                    Activity::Idling(..) => self.take_turn(now),
                    Activity::Polling(..) => self.poll(now),
                    Activity::Waiting(_) => self.connect(now),
                    // The connection needs the user, and this is one.
                    Activity::Resting if self.leaving.is_none() => self.again(now),
                    Activity::Resting | Activity::Working(_) | Activity::Over => {}
                }
            }
            Command::Reconnect => {
                guest.resume();
                self.reconnect_all(now);
            }
            Command::Pause => guest.pause(),
            Command::Retune { timer: Timer::Poll, value } => {
                let from = guest.report.now().timers.value(Timer::Poll);
                guest.report.touch().timers.set(Timer::Poll, value, Origin::You);
                guest.due = guest.due.min(now + guest.report.now().timers.limit(Timer::Poll));
                if from != value {
                    let kind = EventKind::Retuned { timer: Timer::Poll, from, to: value, origin: Origin::You };
                    guest.report.tell(kind, now);
                }
            }
            // The others are the connection's.
            Command::Retune { timer, value } => self.set_timer(timer, value, now),
            Command::Learn => self.wish_learned(now),
        }
    }
}
