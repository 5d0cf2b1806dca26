//! A new epoch: the mailbox's UIDs mean other messages than before, by a new UIDVALIDITY (RFC 3501 §2.3.1.1) or because
//! they went back. What came meanwhile must be found all the same, and nothing is told twice.

use std::collections::BTreeSet;
use std::time::{Duration, SystemTime};

use super::baseline::CLOCK_MARGIN;
use super::fetch::{commit, committed};
use super::gather::{LOOK, Want};
use super::ladder::{Haul, Ladder, Over};
use super::recent::{Ending, Recent};
use crate::connection::dialogue::context::{Context, Event, Flow, Step as _};
use crate::connection::dialogue::mailbox::Selected;
use crate::connection::dialogue::question::{Answer, Decoded, Question, Suspect};
use crate::connection::dialogue::search::{Found, NextUid, Search, WINDOW};
use crate::connection::task::Mailbox;
use crate::model::{Fault, WatchId};

/// Messages that are looked at first, and in all, without SEARCH's help.
const CHUNK: u32 = 50;
const MOST: u32 = 5000;

/// SEARCH's unit of time.
const DAY: Duration = Duration::from_hours(24);

/// Why there is a new epoch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Why {
    /// Older messages are no news: until then nothing came unheard.
    pub(super) alive: SystemTime,
    /// Whether the mailbox may be another one under a new name.
    pub(super) renamed: bool,
}

/// News is what the server took after the last proof of life and what is not known under another UID. Everything else is
/// the new baseline.
#[derive(Debug)]
pub(super) struct Anew {
    selected: Selected,
    since: SystemTime,
    renamed: bool,
    uidnext: u32,
    ending: Ending,
    /// What the searches found.
    searched: BTreeSet<u32>,
    /// What may be news.
    uids: BTreeSet<u32>,
    /// Those that earlier connections failed on.
    suspects: Vec<Suspect>,
    /// What is news.
    batch: Vec<Decoded>,
    stage: Stage,
}

#[derive(Debug)]
enum Stage {
    NextUid(NextUid),
    Recent(Recent),
    /// The messages from there on are still to be searched.
    Searching(Search, Option<u32>),
    Fetching(Box<Ladder>),
    /// Which of these are known. How the fetch ended, where it has.
    Known(Vec<Decoded>, Box<Ladder>, Option<Over>),
    Committing,
}

impl Anew {
    pub(super) fn new(selected: Selected, why: &Why, suspects: Vec<Suspect>) -> Self {
        Self {
            selected,
            since: why.alive.checked_sub(CLOCK_MARGIN).unwrap_or(SystemTime::UNIX_EPOCH),
            renamed: why.renamed,
            uidnext: 1,
            ending: Ending::default(),
            searched: BTreeSet::new(),
            uids: BTreeSet::new(),
            suspects,
            batch: Vec::new(),
            stage: Stage::NextUid(NextUid::new(selected)),
        }
    }

    /// Whether messages came since the mailbox was opened, once it is done.
    pub(super) fn handle(
        &mut self,
        context: &mut Context,
        of: &WatchId,
        mailbox: &mut Mailbox,
        event: Event,
    ) -> Flow<bool> {
        match (&mut self.stage, event) {
            (Stage::NextUid(next), event) => {
                let Some(uidnext) = next.handle(context, event)? else { return Ok(None) };
                self.uidnext = uidnext;
                self.stage = Stage::Recent(Recent::new(self.selected.exists, self.since, CHUNK, MOST));
                self.handle(context, of, mailbox, Event::Begin)
            }
            (Stage::Recent(recent), event) => {
                let Some(ending) = recent.handle(context, mailbox, event)? else { return Ok(None) };
                self.uidnext = self.uidnext.max(ending.last.map_or(1, |last| last.saturating_add(1)));
                self.uids.clone_from(&ending.late);
                let whole = ending.whole;
                self.ending = ending;
                if whole { self.fetch(context, of, mailbox) } else { self.search(context, of, mailbox, 1) }?;
                Ok(None)
            }
            (Stage::Searching(search, next), event) => {
                let next = *next;
                if let Some(found) = search.handle(context, event)? {
                    self.searched(context, of, mailbox, found, next)?;
                }
                Ok(None)
            }
            (Stage::Fetching(ladder), event) => {
                let haul = ladder.handle(context, of, mailbox, event);
                self.haul(context, of, mailbox, haul)?;
                Ok(None)
            }
            (Stage::Known(..), Event::Answer(Answer::Known(known))) => {
                self.known(context, of, mailbox, known)?;
                Ok(None)
            }
            (Stage::Committing, Event::Answer(answer)) => {
                committed(context, answer);
                Ok(Some(self.ending.more))
            }
            (Stage::Known(..) | Stage::Committing, _) => Ok(None),
        }
    }

    /// The UIDs of messages that the server took since then. Without a set of messages where the answer fits a line's cap
    /// anyway: some servers take the numbers for UIDs.
    fn search(&mut self, context: &mut Context, of: &WatchId, mailbox: &mut Mailbox, first: u32) -> Result<(), Fault> {
        let exists = self.selected.exists;
        if first > exists {
            return self.fetch(context, of, mailbox);
        }
        let last = first.saturating_add(WINDOW - 1).min(exists);
        let since = search_since(self.since);
        let criteria = if exists <= WINDOW { since } else { format!("{first}:{last} {since}") };
        let mut search = Search::uids(criteria);
        search.handle(context, Event::Begin)?;
        self.stage = Stage::Searching(search, last.checked_add(1).filter(|next| *next <= exists));
        Ok(())
    }

    fn searched(
        &mut self,
        context: &mut Context,
        of: &WatchId,
        mailbox: &mut Mailbox,
        found: Found,
        next: Option<u32>,
    ) -> Result<(), Fault> {
        match found {
            Ok(uids) => self.searched.extend(uids),
            Err(text) => {
                let words = text.whole();
                context.contradiction(format!(
                    "SEARCH was refused ({words}): the program looks at the last messages instead"
                ));
                return self.fetch(context, of, mailbox);
            }
        }
        if let Some(next) = next {
            return self.search(context, of, mailbox, next);
        }
        let missed = self.ending.late.difference(&self.searched).count();
        if missed > 0 {
            context.contradiction(format!("SEARCH did not find {missed} messages that FETCH shows"));
        }
        let searched = std::mem::take(&mut self.searched);
        self.uids.extend(searched.difference(&self.ending.old));
        self.fetch(context, of, mailbox)
    }

    /// What may be news, as many at a time as one look tells.
    fn fetch(&mut self, context: &mut Context, of: &WatchId, mailbox: &mut Mailbox) -> Result<(), Fault> {
        if self.uids.is_empty() {
            let batch = std::mem::take(&mut self.batch);
            // One transaction: a new epoch is never kept without the mails that came with it.
            mailbox.uidnext = self.uidnext;
            commit(context, of, mailbox, self.uidnext, batch);
            self.stage = Stage::Committing;
            return Ok(());
        }
        let rest = self.uids.iter().nth(LOOK).copied().map(|first| self.uids.split_off(&first)).unwrap_or_default();
        let uids = std::mem::replace(&mut self.uids, rest);
        let mut ladder = Box::new(Ladder::new(Want::These(uids), true).suspecting(&self.suspects));
        let haul = ladder.handle(context, of, mailbox, Event::Begin);
        self.stage = Stage::Fetching(ladder);
        self.haul(context, of, mailbox, haul)
    }

    fn haul(
        &mut self,
        context: &mut Context,
        of: &WatchId,
        mailbox: &mut Mailbox,
        haul: Option<Haul>,
    ) -> Result<(), Fault> {
        let Some(Haul { mails, over }) = haul else { return Ok(()) };
        let late = |message: &Decoded| match message.internal_date {
            Some(at) => at > self.since,
            None => true,
        };
        let mails: Vec<Decoded> = mails.into_iter().filter(late).collect();
        if mails.is_empty() {
            return over.map_or(Ok(()), |over| self.over(context, of, mailbox, over));
        }
        let Stage::Fetching(ladder) = std::mem::replace(&mut self.stage, Stage::Committing) else { return Ok(()) };
        let identities = mails.iter().map(Decoded::identity).collect();
        let (of, epoch, renamed) = (of.clone(), mailbox.epoch, self.renamed);
        context.ask(Question::Known { of, epoch, renamed, mails: identities });
        self.stage = Stage::Known(mails, ladder, over);
        Ok(())
    }

    fn known(
        &mut self,
        context: &mut Context,
        of: &WatchId,
        mailbox: &mut Mailbox,
        known: Result<Vec<bool>, Fault>,
    ) -> Result<(), Fault> {
        let Stage::Known(mails, ladder, over) = std::mem::replace(&mut self.stage, Stage::Committing) else {
            return Ok(());
        };
        let known = known.unwrap_or_else(|fault| {
            context.report_fault(fault);
            Vec::new()
        });
        let known = known.into_iter().chain(std::iter::repeat(false));
        self.batch.extend(mails.into_iter().zip(known).filter(|(_, known)| !known).map(|(message, _)| message));
        self.stage = Stage::Fetching(ladder);
        over.map_or(Ok(()), |over| self.over(context, of, mailbox, over))
    }

    fn over(&mut self, context: &mut Context, of: &WatchId, mailbox: &mut Mailbox, over: Over) -> Result<(), Fault> {
        over.fault.map_or(Ok(()), Err)?;
        self.fetch(context, of, mailbox)
    }
}

/// SEARCH knows days only, in the server's own time zone: a day earlier is asked for, the rest is sorted out by
/// INTERNALDATE (RFC 3501 §6.4.4).
fn search_since(since: SystemTime) -> String {
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let day = since.checked_sub(DAY).unwrap_or(SystemTime::UNIX_EPOCH);
    let since_epoch = day.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let (year, month, day) = date(since_epoch.as_secs() / DAY.as_secs());
    format!("SINCE {day}-{}-{year}", MONTHS[month])
}

/// Year, month from 0, and day of the month, of a day counted from 1970-01-01.
fn date(days: u64) -> (u64, usize, u64) {
    let leap = |year: u64| year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let mut rest = days;
    // 146,097 days are 400 years in any place of the calendar.
    let mut year = 1970 + rest / 146_097 * 400;
    rest %= 146_097;
    while let Some(left) = rest.checked_sub(if leap(year) { 366 } else { 365 }) {
        (year, rest) = (year + 1, left);
    }
    let february = if leap(year) { 29 } else { 28 };
    let mut month = 0;
    for days in [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30] {
        let Some(left) = rest.checked_sub(days) else { break };
        (month, rest) = (month + 1, left);
    }
    (year, month, rest + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_search_goes_a_day_further_back() {
        let at = SystemTime::UNIX_EPOCH + Duration::from_hours(490_923);
        assert_eq!(search_since(at), "SINCE 1-Jan-2026");
        assert_eq!(search_since(SystemTime::UNIX_EPOCH), "SINCE 1-Jan-1970");
    }

    #[test]
    fn a_day_has_its_date() {
        for (days, expected) in [
            (0, (1970, 0, 1)),
            (58, (1970, 1, 28)),
            (59, (1970, 2, 1)),
            (789, (1972, 1, 29)),
            (11_016, (2000, 1, 29)),
            (11_017, (2000, 2, 1)),
            (20_453, (2025, 11, 31)),
            (20_454, (2026, 0, 1)),
            (47_540, (2100, 1, 28)),
            (47_541, (2100, 2, 1)),
            (146_097, (2370, 0, 1)),
        ] {
            assert_eq!(date(days), expected, "{days}");
        }
    }
}
