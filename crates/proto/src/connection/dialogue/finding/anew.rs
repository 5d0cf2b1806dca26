//! A new UIDVALIDITY: the mailbox's UIDs mean other messages than before, and what came meanwhile must be found all the
//! same (RFC 3501 §2.3.1.1).

use std::collections::BTreeSet;
use std::time::{Duration, SystemTime};

use super::fetch::{commit, committed};
use super::gather::{LOOK, Want};
use super::ladder::{Haul, Ladder};
use crate::connection::dialogue::context::{Context, Event, Flow, Step as _};
use crate::connection::dialogue::mailbox::{NextUid, Search, Selected};
use crate::connection::dialogue::question::{Answer, Decoded, Question, Suspect};
use crate::connection::task::Mailbox;
use crate::model::{Fault, WatchId};

/// Messages that one search looks at: their UIDs, of ten digits at most, fit a line's cap of 64 KiB.
const WINDOW: u32 = 5000;

/// How much before the last proof of life a message may have been taken and still count as unheard, after a change of
/// UIDVALIDITY: two machines' clocks differ.
pub const CLOCK_MARGIN: Duration = Duration::from_mins(10);

/// SEARCH's unit of time.
const DAY: Duration = Duration::from_hours(24);

/// News is what the server took after the last proof of life and what was not reported under its old UID. Everything
/// else is the new baseline.
#[derive(Debug)]
pub(super) struct Anew {
    selected: Selected,
    /// Older messages are no news.
    since: SystemTime,
    uidnext: u32,
    /// The Message-IDs of mails that were reported.
    known: BTreeSet<String>,
    /// What the searches found.
    uids: BTreeSet<u32>,
    /// Those that earlier connections failed on.
    suspects: Vec<Suspect>,
    /// What is news of them.
    batch: Vec<Decoded>,
    stage: Stage,
}

#[derive(Debug)]
enum Stage {
    NextUid(NextUid),
    MessageIds,
    /// The messages from there on are still to be searched.
    Searching(Search, Option<u32>),
    Fetching(Box<Ladder>),
    Committing,
}

impl Anew {
    pub(super) fn new(selected: Selected, since: SystemTime, suspects: Vec<Suspect>) -> Self {
        Self {
            selected,
            since: since.checked_sub(CLOCK_MARGIN).unwrap_or(SystemTime::UNIX_EPOCH),
            uidnext: 1,
            known: BTreeSet::new(),
            uids: BTreeSet::new(),
            suspects,
            batch: Vec::new(),
            stage: Stage::NextUid(NextUid::new(selected)),
        }
    }

    pub(super) fn handle(
        &mut self,
        context: &mut Context,
        of: &WatchId,
        mailbox: &mut Mailbox,
        event: Event,
    ) -> Flow<()> {
        match (&mut self.stage, event) {
            (Stage::NextUid(next), event) => {
                if let Some(uidnext) = next.handle(context, event)? {
                    self.uidnext = uidnext;
                    context.ask(Question::MessageIds { of: of.clone(), since: self.since });
                    self.stage = Stage::MessageIds;
                }
            }
            (Stage::MessageIds, Event::Answer(Answer::MessageIds(known))) => {
                match known {
                    Ok(known) => self.known = known,
                    Err(fault) => context.report_fault(fault),
                }
                self.search(context, of, mailbox, 1)?;
            }
            (Stage::Searching(search, next), event) => {
                let next = *next;
                if let Some(uids) = search.handle(context, event)? {
                    self.uids.extend(uids);
                    match next {
                        Some(next) => self.search(context, of, mailbox, next)?,
                        None => self.fetch(context, of, mailbox)?,
                    }
                }
            }
            (Stage::Fetching(ladder), event) => {
                let haul = ladder.handle(context, of, mailbox, event);
                self.haul(context, of, mailbox, haul)?;
            }
            (Stage::Committing, Event::Answer(answer)) => {
                committed(context, answer);
                return Ok(Some(()));
            }
            (Stage::Committing, Event::Reply(reply)) => context.pass(reply),
            (Stage::MessageIds | Stage::Committing, _) => {}
        }
        Ok(None)
    }

    /// The UIDs of messages that the server took since then, asked for in windows that each fit a line's cap.
    fn search(&mut self, context: &mut Context, of: &WatchId, mailbox: &mut Mailbox, first: u32) -> Result<(), Fault> {
        let exists = self.selected.exists;
        if first > exists {
            return self.fetch(context, of, mailbox);
        }
        let last = first.saturating_add(WINDOW - 1).min(exists);
        let mut search = Search::new(format!("{first}:{last} {}", search_since(self.since)));
        search.handle(context, Event::Begin)?;
        self.stage = Stage::Searching(search, last.checked_add(1).filter(|next| *next <= exists));
        Ok(())
    }

    /// What the searches found, as many at a time as one look tells.
    fn fetch(&mut self, context: &mut Context, of: &WatchId, mailbox: &mut Mailbox) -> Result<(), Fault> {
        if self.uids.is_empty() {
            let batch = std::mem::take(&mut self.batch);
            self.commit(context, of, mailbox, batch);
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
        self.batch.extend(mails.into_iter().filter(|message| {
            let later = message.internal_date.is_none_or(|at| at > self.since);
            let told = message.message_id.as_ref().is_some_and(|id| self.known.contains(id));
            later && !told
        }));
        let Some(over) = over else { return Ok(()) };
        over.fault.map_or(Ok(()), Err)?;
        self.fetch(context, of, mailbox)
    }

    /// One transaction: the new UIDVALIDITY is never kept without the mails that came with it.
    fn commit(&mut self, context: &mut Context, of: &WatchId, mailbox: &mut Mailbox, batch: Vec<Decoded>) {
        mailbox.uidnext = self.uidnext;
        commit(context, of, mailbox, self.uidnext, batch);
        self.stage = Stage::Committing;
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
