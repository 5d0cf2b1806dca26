//! The mails that came, as far as the screen has asked for them. Pure: what is wanted leaves as a request, answers are taken
//! in by their numbers, nothing is read to draw a frame.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use super::clock::Now;
use super::mail_list::{AGAIN, CameList};
use super::requests::{MailList, MailQuery};
use mailwatch_proto::model::{Event, EventKind, LATE, WatchId};

/// How far back the details look.
pub const DETAILS: Duration = Duration::from_hours(30 * 24);

/// Late mails in the details.
const LATE_MAILS: u32 = 12;

/// What was asked for, and what came.
#[derive(Clone, Debug, Default)]
pub struct Mails {
    numbers: u64,
    /// The last number of a reading or a marking.
    requests: u64,
    /// One watch's, for its details.
    of_watch: Option<OfWatch>,
    /// The UID of each watch's newest mail, of those that came since the screen began.
    newest: BTreeMap<WatchId, u32>,
    /// Those of the Mail pane. In a box: the loop carries all of the screen's state.
    pub came: Box<CameList>,
}

/// How late one watch's mails were.
#[derive(Clone, Debug)]
struct OfWatch {
    watch: WatchId,
    /// What was asked last, and when; the answer has the number.
    number: u64,
    asked: Instant,
    /// Whether mail came since.
    stale: bool,
    list: Option<MailList>,
}

impl Mails {
    /// How late the watch's mails of the last 30 days were, and the late ones; nothing until that is known.
    #[must_use]
    pub fn delays(&self, watch: &WatchId) -> Option<&MailList> {
        self.of_watch.as_ref().filter(|of| of.watch == *watch)?.list.as_ref()
    }

    /// What is to be asked, with its number, while this watch's details are open.
    #[must_use]
    pub fn want_delays(&mut self, watch: &WatchId, now: Now) -> Option<(u64, MailQuery)> {
        let before = self.of_watch.take().filter(|of| of.watch == *watch);
        if let Some(of) = &before
            && !(of.stale && now.at.saturating_duration_since(of.asked) >= AGAIN)
        {
            self.of_watch = before;
            return None;
        }
        self.numbers += 1;
        let list = before.and_then(|of| of.list);
        let watch = watch.clone();
        let since = now.wall.checked_sub(DETAILS).unwrap_or(now.wall);
        let query = MailQuery { since, watch: Some(watch.clone()), late: Some(LATE), most: LATE_MAILS };
        self.of_watch = Some(OfWatch { watch, number: self.numbers, asked: now.at, stale: false, list });
        Some((self.numbers, query))
    }

    /// The details are closed: the next time they are asked for anew.
    pub fn close_delays(&mut self) {
        self.of_watch = None;
    }

    /// What is to be asked, with its number, while the Mail pane is seen.
    #[must_use]
    pub fn want_list(&mut self, only: Option<&WatchId>, now: Now) -> Option<(u64, MailQuery)> {
        let query = self.came.want(self.numbers + 1, only, now)?;
        self.numbers += 1;
        Some((self.numbers, query))
    }

    /// The number of another request. It begins with the time, so that those of two screens differ.
    #[must_use]
    pub fn next_number(&mut self, now: Now) -> u64 {
        let began = now.wall.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_millis();
        self.requests = (self.requests + 1).max(u64::try_from(began).unwrap_or(1));
        self.requests
    }

    /// Takes in an answer, and of which host it is.
    pub fn take(&mut self, number: u64, host: &Arc<str>, list: MailList) {
        if let Some(of) = self.of_watch.as_mut().filter(|of| of.number == number) {
            of.list = Some(list);
        } else {
            self.came.take(number, host, list);
        }
    }

    /// The UID of a watch's newest mail, where one came.
    #[must_use]
    pub fn newest(&self, watch: &WatchId) -> Option<u32> {
        self.newest.get(watch).copied()
    }

    /// A mail came, or something became of others.
    pub fn mails_changed(&mut self, event: &Event) {
        if let (EventKind::NewMail(mail), Some(watch)) = (&event.kind, &event.watch) {
            self.newest.insert(watch.clone(), mail.uid);
        }
        if let Some(of) = self.of_watch.as_mut().filter(|of| Some(&of.watch) == event.watch.as_ref()) {
            of.stale = true;
        }
        self.came.came(event);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mailwatch_proto::model::Mail;

    fn told(watch: &WatchId) -> Event {
        let kind = EventKind::NewMail(Mail::default());
        Event { ts: SystemTime::now(), at: Instant::now(), watch: Some(watch.clone()), conn: None, kind }
    }

    #[test]
    fn details_are_asked_for_once_and_again_some_time_after_mail_came() {
        let (inbox, other) = (WatchId::new("work", "INBOX"), WatchId::new("work", "lists"));
        let mut now = Now { at: Instant::now(), wall: SystemTime::now() };
        let mut mails = Mails::default();
        let (first, query) = mails.want_delays(&inbox, now).expect("asked");
        assert_eq!((query.watch.as_ref(), query.late), (Some(&inbox), Some(LATE)));
        assert_eq!(mails.want_delays(&inbox, now), None);
        mails.take(first + 1, &"".into(), MailList::default());
        assert_eq!(mails.delays(&inbox), None, "another's answer");
        mails.take(first, &"".into(), MailList::default());
        assert!(mails.delays(&inbox).is_some() && mails.delays(&other).is_none());
        mails.mails_changed(&told(&inbox));
        assert_eq!(mails.want_delays(&inbox, now), None, "so soon");
        now.at += AGAIN;
        assert!(mails.want_delays(&inbox, now).is_some() && mails.delays(&inbox).is_some());
        assert!(mails.want_delays(&other, now).is_some(), "another watch");
    }
}
