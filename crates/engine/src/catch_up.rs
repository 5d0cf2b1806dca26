//! Finding what is new: by UID and UIDVALIDITY, never by counts, and by nothing that a server must be asked twice for.

mod anew;
mod news;

use std::time::{Duration, Instant, SystemTime};

use super::guest::Fresh;
use super::headers::{Decoded, decode};
use super::hook::HookSignal;
use super::job::{Teller, Told};
use crate::clock::now;
use crate::history::{Found, History, Seen, WatchKey};
use crate::session::{FETCH_ITEMS, Incoming, Reply, Selected, Session, Sink};
use mailwatch_proto::model::{Fault, FaultClass, Timer, Timers};
use mailwatch_proto::response::{MailboxStatus, Response, StatusText};

/// How long a FETCH may run in all while its data keeps coming, in `reply` timers.
const PATIENCE: u32 = 20;

/// Messages that a baseline looks at: those of the clocks' margin, in any but the busiest mailbox.
const LATEST: u32 = 20;

/// How much before the last proof of life a message may have been taken and still count as unheard, after a change of
/// UIDVALIDITY: two machines' clocks differ.
pub const CLOCK_MARGIN: Duration = Duration::from_mins(10);

/// What is known of a watch's mailbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mailbox {
    /// Messages in it.
    pub exists: u32,
    /// Messages without `\Seen`, where the server told.
    pub unseen: Option<u32>,
    /// Its UIDVALIDITY.
    pub uidvalidity: u32,
    /// The first UID that was not looked at yet.
    pub uidnext: u32,
}

impl Mailbox {
    /// Whether these figures differ from what was seen in a way that new mail makes. Without UIDNEXT the count must do,
    /// and without either a look.
    #[must_use]
    pub fn has_news(&self, status: &MailboxStatus) -> bool {
        if status.uidvalidity.is_some_and(|told| told != self.uidvalidity) {
            return true;
        }
        match (status.uidnext, status.messages) {
            (Some(uidnext), _) => uidnext > self.uidnext,
            (None, Some(messages)) => messages > self.exists,
            (None, None) => false,
        }
    }
}

/// What must be done about a mailbox that was just opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Plan {
    /// Never seen before: what is there is the baseline.
    Baseline,
    /// Seen up to here.
    From(u32),
    /// Seen up to here under another name, which is not kept yet.
    Renamed(u32),
    /// The UIDs mean other messages now; what came since then is news.
    Anew(SystemTime),
}

fn plan(seen: Option<Seen>, selected: &Selected, fresh: Option<&Fresh>) -> Plan {
    match seen {
        None => match fresh {
            None => Plan::Baseline,
            Some(fresh) => match fresh.renamed_from(selected.uidvalidity, selected.uidnext) {
                Some(before) => Plan::Renamed(before.uidnext),
                None => Plan::Anew(fresh.since),
            },
        },
        Some(seen) if seen.uidvalidity == selected.uidvalidity => Plan::From(seen.uidnext),
        Some(seen) => Plan::Anew(seen.last_alive),
    }
}

/// What a catch-up runs on.
#[derive(Debug)]
pub struct CatchUp<'a> {
    /// The connection.
    pub session: &'a mut Session,
    /// Where it is kept.
    pub history: &'a History,
    /// The watch's key there.
    pub key: &'a WatchKey,
    /// The timers in force.
    pub timers: Timers,
    /// Where it is told.
    pub teller: &'a Teller,
    /// Where it is said that hooks are owed.
    pub bell: &'a HookSignal,
}

impl CatchUp<'_> {
    fn by(&self) -> Instant {
        now() + self.timers.limit(Timer::Reply)
    }

    /// Brings a mailbox that was just opened up to date. `known` is what this run of the program knows of it; `fresh`
    /// says that it appeared while others were watched.
    ///
    /// # Errors
    /// Where the connection fails. A history that cannot be used is told, and the watching goes on.
    pub async fn opened(
        &mut self,
        selected: Selected,
        known: Option<Mailbox>,
        fresh: Option<&Fresh>,
    ) -> Result<Mailbox, Fault> {
        let kept = match self.history.seen(self.key).await {
            Ok(seen) => seen,
            Err(fault) => {
                self.teller.tell(Told::Fault(fault)).await;
                None
            }
        };
        let seen = match (kept, known) {
            // Another program may be further on in the same file: what it has told, this one has not.
            (Some(kept), Some(known)) if kept.uidvalidity == known.uidvalidity => {
                Some(Seen { uidnext: known.uidnext, ..kept })
            }
            (None, Some(known)) => {
                Some(Seen { uidvalidity: known.uidvalidity, uidnext: known.uidnext, last_alive: SystemTime::now() })
            }
            (kept, _) => kept,
        };
        let mut mailbox = Mailbox {
            exists: selected.exists,
            unseen: known.and_then(|known| known.unseen),
            uidvalidity: selected.uidvalidity,
            uidnext: 1,
        };
        match plan(seen, &selected, fresh) {
            Plan::Baseline => {
                mailbox.uidnext = self.uidnext(&selected).await?;
                let known = self.latest(&mailbox).await?;
                self.keep(&mailbox, known).await;
                // What came between EXAMINE and now was announced already: IDLE would not tell it.
                self.news(&mut mailbox, false).await?;
            }
            Plan::From(uidnext) => {
                mailbox.uidnext = uidnext;
                // Nothing new, and the server says so: no need to ask.
                if selected.uidnext.is_none_or(|told| told > uidnext) {
                    self.news(&mut mailbox, true).await?;
                }
            }
            Plan::Renamed(uidnext) => {
                mailbox.uidnext = uidnext;
                self.keep(&mailbox, Vec::new()).await;
                self.news(&mut mailbox, true).await?;
            }
            Plan::Anew(since) => self.anew(&mut mailbox, &selected, since).await?,
        }
        Ok(mailbox)
    }

    /// Brings a mailbox up to date whose open view proved stale: what is new came while it was being watched.
    ///
    /// # Errors
    /// Where the connection fails.
    pub async fn reopened(&mut self, selected: Selected, known: Mailbox) -> Result<Mailbox, Fault> {
        if known.uidvalidity != selected.uidvalidity {
            return self.opened(selected, Some(known), None).await;
        }
        let mut mailbox = Mailbox { exists: selected.exists, ..known };
        self.news(&mut mailbox, false).await?;
        Ok(mailbox)
    }

    async fn uidnext(&mut self, selected: &Selected) -> Result<u32, Fault> {
        match selected.uidnext {
            Some(uidnext) => Ok(uidnext),
            None => self.session.find_uidnext(selected.exists, self.by(), self.teller).await,
        }
    }

    /// What was there and came lately: it would look like news if the UIDVALIDITY changed within the clocks' margin.
    async fn latest(&mut self, mailbox: &Mailbox) -> Result<Vec<Found>, Fault> {
        if mailbox.exists == 0 {
            return Ok(Vec::new());
        }
        let first = mailbox.exists.saturating_sub(LATEST - 1).max(1);
        let tag = self.session.issue("FETCH", &format!("FETCH {first}:* {FETCH_ITEMS}"), self.by());
        let mut known = Vec::new();
        loop {
            match self.session.reply(&tag, self.teller).await? {
                Reply::Tagged(..) => return Ok(known),
                Reply::Untagged(Response::Fetch(fetched)) => {
                    let message = decode(&fetched, mailbox.uidvalidity, false);
                    known.extend(message.filter(|message| message.mail.uid < mailbox.uidnext).map(Decoded::found));
                }
                Reply::Untagged(response) => self.teller.give(Incoming::Response(response)).await,
                Reply::Unparsed(text) => self.teller.give(Incoming::Unparsed(text)).await,
                Reply::Continue(_) => {}
            }
        }
    }

    async fn keep(&self, mailbox: &Mailbox, known: Vec<Found>) {
        if let Err(fault) = self.history.baseline(self.key, seen_of(mailbox), known).await {
            self.teller.tell(Told::Fault(fault)).await;
        }
    }
}

fn refused(text: &StatusText) -> Fault {
    Fault::retry_after(FaultClass::Protocol, format!("the server refused UID FETCH with: {}", text.whole()))
}

fn seen_of(mailbox: &Mailbox) -> Seen {
    Seen { uidvalidity: mailbox.uidvalidity, uidnext: mailbox.uidnext, last_alive: SystemTime::now() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_news_where_a_mail_may_be_behind_them() {
        let seen = Mailbox { exists: 3, unseen: Some(1), uidvalidity: 7, uidnext: 12 };
        let told = |messages, uidnext, uidvalidity| MailboxStatus { messages, uidnext, uidvalidity, unseen: None };
        for (status, news) in [
            (told(Some(3), Some(12), Some(7)), false),
            (told(Some(4), Some(13), Some(7)), true),
            (told(Some(3), Some(13), None), true),
            (told(Some(2), Some(12), None), false),
            (told(Some(3), Some(12), Some(8)), true),
            (told(Some(4), None, None), true),
            (told(Some(2), None, Some(7)), false),
            (told(None, None, Some(7)), false),
        ] {
            assert_eq!(seen.has_news(&status), news, "{status:?}");
        }
    }

    #[test]
    fn what_was_never_seen_is_a_baseline_and_other_uids_are_looked_at_anew() {
        let seen = Seen { uidvalidity: 1, uidnext: 7, last_alive: SystemTime::UNIX_EPOCH };
        let selected = |uidvalidity| Selected { exists: 3, uidvalidity, uidnext: Some(9) };
        assert_eq!(plan(None, &selected(1), None), Plan::Baseline);
        assert_eq!(plan(Some(seen), &selected(1), None), Plan::From(7));
        assert_eq!(plan(Some(seen), &selected(2), None), Plan::Anew(SystemTime::UNIX_EPOCH));
        let fresh = Fresh { since: SystemTime::UNIX_EPOCH, vanished: Vec::new() };
        assert_eq!(plan(None, &selected(1), Some(&fresh)), Plan::Anew(SystemTime::UNIX_EPOCH));
        let gone = Mailbox { exists: 0, unseen: None, uidvalidity: 1, uidnext: 4 };
        let fresh = Fresh { vanished: vec![gone], ..fresh };
        assert_eq!(plan(None, &selected(1), Some(&fresh)), Plan::Renamed(4));
        assert_eq!(plan(Some(seen), &selected(1), Some(&fresh)), Plan::From(7), "what was kept counts more");
    }
}
