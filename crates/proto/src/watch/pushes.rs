//! What the server pushes of the open mailbox between two looks: what came, what lacks `\Seen`, and hints that mail may
//! have come without an announcement, or that the mailbox may be another one by now.

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use super::Watch;
use crate::command_governor::Wish;
use crate::connection::Connection;
use crate::model::{DoneReason, EventKind, Status};
use crate::response::{Code, Fetched, Response};
use crate::unseen::{Kept, Unseen};

/// EXISTS mostly comes with RECENT: one that is alone after so long is a hint.
const ALONE: Duration = Duration::from_millis(250);

/// After a hint that brought nothing the next is followed so many times later, up to this: some servers repeat one as
/// their heartbeat, which is no reason to let mail wait.
const LATER: u32 = 4;
const LATEST: Duration = Duration::from_hours(1);

/// Unseen messages that cannot be kept one by one are counted again so often at the most.
const RECOUNT: Duration = Duration::from_secs(30);

/// Alerts, and untagged NO and BAD, that are remembered: each is looked into once.
const ALERTS: usize = 8;

/// Messages of push tests whose numbers are kept: there is one at a time.
const OWN: usize = 16;

/// What was pushed since the last look.
#[derive(Debug, Default)]
pub(super) struct Pushes {
    /// Messages at the mailbox's end that came.
    fresh: u32,
    /// Which messages lack `\Seen`, where that is kept.
    unseen: Option<Unseen>,
    /// When they were last counted.
    counted: Option<Instant>,
    /// Whether that is out of date.
    stale: bool,
    /// Whether the server refuses to count them.
    refused: bool,
    /// Whether the mailbox may be another one by now.
    again: bool,
    /// When it was opened.
    opened: Option<Instant>,
    /// When a RECENT that stands alone is followed.
    recent: Option<Instant>,
    /// When a hint is followed that came too soon after another.
    due: Option<Instant>,
    hints: Hints,
    alerts: BTreeSet<String>,
    own: Own,
}

/// Messages of push tests: what becomes of them is nobody's business.
#[derive(Clone, Debug, Default)]
struct Own {
    /// Their numbers.
    numbers: Vec<u32>,
    /// How many were expunged since that was asked.
    gone: u32,
    /// Whether the last FETCH was of one.
    flagged: bool,
}

/// How hints fared.
#[derive(Clone, Copy, Debug, Default)]
struct Hints {
    /// When one was last followed.
    last: Option<Instant>,
    /// How many brought nothing in a row.
    fruitless: u32,
    /// Whether the look that is to come is for one.
    followed: bool,
    /// Whether the mailbox is being opened again: EXAMINE says RECENT too, which is none.
    opening: bool,
}

impl Hints {
    /// When the next may be followed.
    fn earliest(&self, now: Instant) -> Instant {
        let pause = ALONE.saturating_mul(LATER.saturating_pow(self.fruitless)).min(LATEST);
        self.last.map_or(now, |at| now.max(at + pause))
    }
}

impl Pushes {
    /// So many messages at least came since the last look.
    pub(super) const fn promised(&self) -> u32 {
        self.fresh
    }

    /// Whether the mailbox is to be opened again: it may be another one by now. Some servers say nothing of that, so a quiet
    /// one that has been open for a while is opened again too, as on a server without IDLE.
    pub(super) fn opens_again(&mut self, a_while: Duration, now: Instant) -> bool {
        let old = self.opened.is_none_or(|at| now.saturating_duration_since(at) >= a_while);
        let opens = self.again || (self.fresh == 0 && old);
        if opens {
            self.opened = Some(now);
        }
        self.hints.opening = opens;
        opens
    }

    /// A look begins. Whether the unseen messages are to be counted in it.
    pub(super) fn begin_look(&mut self, now: Instant) -> bool {
        let old = self.stale || (self.unseen.is_none() && self.fresh > 0);
        let counts = old && !self.refused && self.recount(now) <= now;
        if counts {
            (self.counted, self.stale) = (Some(now), false);
        }
        counts
    }

    fn recount(&self, now: Instant) -> Instant {
        self.counted.map_or(now, |at| now.max(at + RECOUNT))
    }

    /// A look is over; whether it found anything.
    pub(super) fn looked(&mut self, found: bool, now: Instant) {
        self.opened.get_or_insert(now);
        (self.fresh, self.again, self.hints.opening) = (0, false, false);
        if std::mem::take(&mut self.hints.followed) {
            self.hints.fruitless = if found { 0 } else { self.hints.fruitless.saturating_add(1) };
        }
    }

    /// An IDLE is over: a look follows.
    pub(super) const fn idle_ended(&mut self) {
        (self.recent, self.due) = (None, None);
    }

    /// Another connection is in use.
    pub(super) fn forget(&mut self) {
        *self = Self { hints: Hints { followed: false, opening: false, ..self.hints }, ..Self::default() };
    }

    /// The unseen messages were counted, or cannot be.
    pub(super) fn counted(&mut self, kept: Kept, now: Instant) {
        (self.counted, self.stale) = (Some(now), false);
        (self.unseen, self.refused) = match kept {
            Kept::Which(which) => (Some(which), false),
            Kept::Count(_) => (None, false),
            Kept::Nothing => (None, true),
        };
    }

    /// How many messages lack `\Seen`, where that is kept.
    pub(super) fn unseen(&self) -> Option<u32> {
        self.unseen.as_ref().map(Unseen::count)
    }

    /// A message lacks `\Seen`, or has it.
    pub(super) fn flags(&mut self, seq: u32, unseen: bool) {
        match &mut self.unseen {
            Some(which) => which.note(seq, unseen),
            None => self.stale = true,
        }
    }

    /// The message of this number is a push test's.
    pub(super) fn note_own(&mut self, seq: u32) {
        let own = &mut self.own.numbers;
        if seq > 0 && own.len() < OWN && !own.contains(&seq) {
            own.push(seq);
        }
    }

    /// A message is gone. Whether it was a push test's.
    fn expunge_own(&mut self, seq: u32) -> bool {
        let Own { numbers, gone, .. } = &mut self.own;
        let before = numbers.len();
        numbers.retain(|own| *own != seq);
        numbers.iter_mut().filter(|own| **own > seq).for_each(|own| *own -= 1);
        let is_own = numbers.len() < before;
        *gone += u32::from(is_own);
        is_own
    }

    /// How many of the messages that were just expunged are a push test's.
    pub(super) fn take_own_gone(&mut self) -> u32 {
        std::mem::take(&mut self.own.gone)
    }

    /// Whether the flags that were just told are those of a push test's message.
    pub(super) fn take_own_flagged(&mut self) -> bool {
        std::mem::take(&mut self.own.flagged)
    }

    fn lose_count(&mut self) {
        (self.unseen, self.stale) = (None, true);
    }

    /// When something is due though nothing comes.
    fn due(&self, exists: Option<u32>, now: Instant) -> Option<Instant> {
        let counts = exists.is_some_and(|exists| exists <= Unseen::COUNTED);
        let recount = (self.stale && !self.refused && counts).then(|| self.recount(now));
        [self.recent, self.due, recount].into_iter().flatten().min()
    }

    /// Takes a response. The hint in it, where there is one.
    fn take(&mut self, response: &Response, exists: Option<u32>, now: Instant) -> Option<String> {
        let before = exists?;
        match response {
            Response::Exists(count) if *count > before => {
                self.fresh = self.fresh.saturating_add(count - before);
                self.recent = None;
                if *count > Unseen::MOST {
                    self.unseen = None;
                }
            }
            Response::Exists(count) if *count == before => {
                self.recent = None;
                return Some(format!("EXISTS {count} again"));
            }
            Response::Exists(count) => {
                self.lose_count();
                (self.fresh, self.again) = (0, true);
                return Some(format!("EXISTS fell from {before} to {count} without EXPUNGE"));
            }
            Response::Expunge(seq) => {
                self.fresh -= u32::from(self.fresh > 0 && *seq > before.saturating_sub(self.fresh));
                match &mut self.unseen {
                    Some(which) => which.expunge(*seq),
                    None => self.stale = true,
                }
                let is_own = self.expunge_own(*seq);
                return if is_own { None } else { self.emptied(before, 1) };
            }
            Response::Vanished(gone) => {
                self.fresh = self.fresh.saturating_sub(*gone);
                self.lose_count();
                return self.emptied(before, *gone);
            }
            Response::Fetch(fetched) => {
                self.own.flagged = self.own.numbers.contains(&fetched.seq);
                if let Some(seen) = fetched.seen {
                    self.flags(fetched.seq, !seen);
                }
                if fetched.seq > before {
                    self.recent = None;
                    return Some(format!("FETCH of message {}, EXISTS {before}", fetched.seq));
                }
            }
            Response::Recent(_) if std::mem::take(&mut self.hints.opening) => {}
            Response::Recent(count) if *count > 0 => {
                self.recent.get_or_insert(now + ALONE);
            }
            Response::Status { status, text } if *status != Status::Ok || text.code == Some(Code::Alert) => {
                let is_new = self.alerts.len() < ALERTS && self.alerts.insert(text.text.clone());
                if is_new {
                    self.again = true;
                    let what = if *status == Status::Ok { "ALERT" } else { status.name() };
                    return Some(format!("{what}: the mailbox may be another one"));
                }
            }
            Response::Recent(_)
            | Response::Status { .. }
            | Response::Continue { .. }
            | Response::Tagged { .. }
            | Response::Preauth(_)
            | Response::Bye(_)
            | Response::Capability(_)
            | Response::Search(_)
            | Response::MailboxStatus(..)
            | Response::List(_)
            | Response::Id(_)
            | Response::Other => {}
        }
        None
    }

    /// Messages are gone. The last of them may have gone with the mailbox.
    fn emptied(&mut self, before: u32, gone: u32) -> Option<String> {
        if before == 0 || gone < before {
            return None;
        }
        self.again = true;
        Some("all messages are gone: the mailbox may be another one".to_owned())
    }
}

impl Watch {
    /// Takes what a response says of the own mailbox, which is open; returns the hint in it. To be called before the count
    /// changes.
    pub(super) fn pushed(&mut self, response: &Response, now: Instant) -> Option<String> {
        if self.is_set_aside() {
            return None;
        }
        self.hear_announcement(response, now);
        let exists = self.view.now().mailbox.exists;
        let hint = self.seen.pushes.take(response, exists, now);
        self.follow_new(response, exists, now);
        self.show_unseen();
        hint
    }

    /// What is new follows what is pushed. What it is called by is perhaps not known: then it is asked for.
    fn follow_new(&mut self, response: &Response, exists: Option<u32>, now: Instant) {
        if let Response::Fetch(Fetched { seq, seen: Some(true), .. }) = response {
            self.view.seen_at(*seq, now);
        } else if let Response::Expunge(seq) = response {
            self.view.gone_at(*seq, now);
        } else if let Response::Vanished(_) = response {
            self.view.forget_places();
        } else if let Response::Exists(count) = response
            && exists.is_some_and(|before| *count < before)
        {
            self.view.forget_places();
        } else {
            return;
        }
        self.seen.pushes.stale |= self.view.new_mails().has_unplaced();
    }

    /// The user has marked these of a UIDVALIDITY as seen, over another connection: not every server pushes that.
    pub(super) fn marked(&mut self, uidvalidity: u32, uids: &[u32], now: Instant) {
        let (places, all) = self.view.marked(uidvalidity, uids, now);
        for seq in places {
            self.seen.pushes.flags(seq, false);
        }
        self.seen.pushes.stale |= !all;
        self.show_unseen();
    }

    /// What became of the mails that were new: these are gone, or the server does not say.
    pub(super) fn checked(&mut self, gone: Option<&[u32]>, now: Instant) {
        match gone {
            Some(gone) => self.view.not_new(gone, false, now),
            None => self.view.give_up_new(),
        }
    }

    /// The count of unseen messages follows what is pushed.
    pub(super) fn show_unseen(&mut self) {
        let unseen = self.seen.pushes.unseen();
        if unseen.is_some() && unseen != self.view.now().mailbox.unseen {
            self.view.touch().mailbox.unseen = unseen;
            if let Some(mailbox) = &mut self.seen.mailbox {
                mailbox.unseen = unseen;
            }
        }
    }

    /// The server showed that something may have happened: it is looked into as soon as the governor lets it, unless a look
    /// follows anyway.
    pub(super) fn hint(&mut self, text: String, now: Instant) {
        let idles = self.active().is_some_and(Connection::is_idling);
        if idles && self.pace.due().is_none() && self.seen.pushes.due.is_none() {
            self.view.tell(EventKind::Hint { text }, now);
            // In a mailbox without messages nothing is looked for: how many there are is to be told anew.
            self.seen.pushes.again |= self.view.now().mailbox.exists == Some(0);
            self.follow_hint(now);
        }
    }

    fn follow_hint(&mut self, now: Instant) {
        let pushes = &mut self.seen.pushes;
        let at = pushes.hints.earliest(now);
        pushes.due = (at > now).then_some(at);
        if pushes.due.is_none() {
            (pushes.hints.last, pushes.hints.followed) = (Some(now), true);
            self.want_turn(DoneReason::Hint, Wish::Server, now);
        }
    }

    /// When a hint is to be followed, or unseen messages are to be counted again.
    pub(super) fn pushes_due(&self, now: Instant) -> Option<Instant> {
        if self.is_set_aside() || !self.active().is_some_and(Connection::is_idling) {
            return None;
        }
        self.seen.pushes.due(self.view.now().mailbox.exists, now)
    }

    /// Time has passed.
    pub(super) fn tick_pushes(&mut self, now: Instant) {
        if self.pushes_due(now).is_none_or(|at| at > now) {
            return;
        }
        if self.seen.pushes.recent.take().is_some_and(|at| at <= now) {
            self.hint("RECENT without EXISTS".to_owned(), now);
        } else if self.seen.pushes.due.is_some_and(|at| at <= now) {
            self.follow_hint(now);
        } else {
            // Not before it is stale again, whatever the governor says.
            self.seen.pushes.counted = Some(now);
            self.want_turn(DoneReason::Hint, Wish::Timer, now);
        }
        self.drive(now);
    }
}
