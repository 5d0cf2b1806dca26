//! The rungs: what is asked on each, and which one follows.

use super::{ENOUGH, Haul, Ladder, Stage, suspicion};
use crate::connection::dialogue::context::Context;
use crate::connection::dialogue::facts::Partial;
use crate::connection::dialogue::finding::fetch::{BARE_ITEMS, FETCH_ITEMS, WHOLE_ITEMS};
use crate::connection::dialogue::finding::gather::{LOOK, Want, set};
use crate::connection::dialogue::finding::headers::Asking;
use crate::connection::task::Mailbox;
use crate::model::{Status, WatchId};

/// Messages that a look by sequence number begins with.
const LAST: u32 = 20;

impl Ladder {
    pub(super) fn begin(&mut self, context: &mut Context, of: &WatchId, mailbox: &Mailbox) -> Option<Haul> {
        self.exists = mailbox.exists;
        if let Want::These(uids) = &self.want {
            // They are known to be there.
            let (uids, template) = (uids.clone(), self.bare(context, mailbox));
            for uid in uids {
                self.gather.add(uid, &template);
            }
            return self.headers(context, of, mailbox, false);
        }
        // Some servers refuse a FETCH in an empty mailbox.
        if mailbox.exists == 0 {
            return self.finish(context, of, mailbox);
        }
        context.facts.fetching.careful |= !self.suspects.is_empty();
        if context.facts.fetching.careful {
            self.list(context, mailbox);
        } else {
            self.all(context, of, mailbox, context.facts.fetching.partial != Partial::Refused);
        }
        None
    }

    fn all(&mut self, context: &mut Context, of: &WatchId, mailbox: &Mailbox, partial: bool) {
        let items = if partial { FETCH_ITEMS } else { WHOLE_ITEMS };
        context.issue("UID FETCH", format_args!("UID FETCH {} {items}", self.want.set()));
        context.risk(suspicion(of, mailbox, 0));
        self.exists = mailbox.exists;
        self.stage = Stage::All { partial };
    }

    pub(super) fn after_all(
        &mut self,
        context: &mut Context,
        of: &WatchId,
        mailbox: &Mailbox,
        partial: bool,
        status: Status,
        unread: bool,
    ) -> Option<Haul> {
        let brought = self.gather.count() > 0;
        Self::learn_partial(context, partial, brought);
        match status {
            Status::Ok if self.gather.first_nameless().is_some() => {
                self.last(context, mailbox);
                self.some()
            }
            Status::Ok if unread || self.is_short() || self.has_holes() => {
                self.list(context, mailbox);
                self.some()
            }
            Status::Ok => self.headers(context, of, mailbox, false),
            // Its refusals mean that there is nothing, as was seen before: the last messages prove it.
            Status::No | Status::Bad if !brought && context.facts.fetching.refuses_nothing && self.is_open() => {
                self.last(context, mailbox);
                None
            }
            Status::No | Status::Bad if !brought && partial => {
                self.all(context, of, mailbox, false);
                None
            }
            Status::No => {
                context.issue("NOOP", "NOOP");
                self.stage = Stage::Noop;
                self.some()
            }
            Status::Bad => {
                self.list(context, mailbox);
                self.some()
            }
        }
    }

    fn learn_partial(context: &mut Context, partial: bool, brought: bool) {
        let known = &mut context.facts.fetching.partial;
        match (partial, brought) {
            (true, true) => *known = Partial::Taken,
            // It was asked for whole because the part was refused.
            (false, true) if *known == Partial::Unknown => *known = Partial::Refused,
            (false | true, _) => {}
        }
    }

    /// Whether it has no upper end: then the last messages tell whether there is something.
    const fn is_open(&self) -> bool {
        matches!(self.want, Want::From(_))
    }

    /// Whether less was found than the server's own count promised.
    fn is_short(&self) -> bool {
        self.gather.count() < self.promised.min(LOOK)
    }

    fn has_holes(&self) -> bool {
        self.is_open() && self.gather.has_holes(self.exists)
    }

    pub(super) fn list(&mut self, context: &mut Context, mailbox: &Mailbox) {
        context.issue("UID FETCH", format_args!("UID FETCH {} {BARE_ITEMS}", self.want.set()));
        self.exists = mailbox.exists;
        self.stage = Stage::List;
    }

    pub(super) fn after_list(
        &mut self,
        context: &mut Context,
        of: &WatchId,
        mailbox: &Mailbox,
        status: Status,
        unread: bool,
    ) -> Option<Haul> {
        let refused = self.refusal.is_some();
        let nothing = refused && self.gather.count() == 0;
        if !self.is_open() {
            // What may be above is asked for by another look.
            return self.headers(context, of, mailbox, true);
        }
        if status != Status::Ok || unread || nothing || self.is_short() || self.gather.first_nameless().is_some() {
            self.last(context, mailbox);
            return self.some();
        }
        self.headers(context, of, mailbox, true)
    }

    /// The last messages, as many as were promised and some more.
    fn last(&mut self, context: &mut Context, mailbox: &Mailbox) {
        let promised = u32::try_from(self.promised.min(LOOK)).unwrap_or(LAST);
        let first = mailbox.exists.saturating_sub(promised.max(LAST) - 1).max(1);
        let first = self.gather.first_nameless().map_or(first, |nameless| nameless.min(first));
        self.last_from(context, mailbox, first);
    }

    fn last_from(&mut self, context: &mut Context, mailbox: &Mailbox, first: u32) {
        context.issue("FETCH", format_args!("FETCH {first}:* {BARE_ITEMS}"));
        self.exists = mailbox.exists;
        self.stage = Stage::Last { first, below: false };
    }

    pub(super) fn after_last(
        &mut self,
        context: &mut Context,
        of: &WatchId,
        mailbox: &Mailbox,
        status: Status,
        first: u32,
        below: bool,
    ) -> Option<Haul> {
        let reached = below || first == 1;
        if status == Status::Ok && reached && self.gather.first_nameless().is_none() && !self.is_short() {
            // A refusal meant that there is nothing.
            context.facts.fetching.refuses_nothing |= self.refusal.is_some() && self.gather.count() == 0;
            return self.headers(context, of, mailbox, true);
        }
        let span = mailbox.exists.saturating_sub(first);
        if status == Status::Ok && !reached && usize::try_from(span).is_ok_and(|span| span < LOOK) {
            let first = mailbox.exists.saturating_sub(span.saturating_mul(4).max(LAST)).max(1);
            self.last_from(context, mailbox, first);
            return self.some();
        }
        // The next rung. A set of UIDs, not of sequence numbers, which some servers mix up in a search.
        let from = self.want.lowest();
        let many = usize::try_from(mailbox.exists).is_ok_and(|exists| exists > LOOK);
        let until = u32::try_from(LOOK).map_or(u32::MAX, |look| from.saturating_add(look));
        let set = if many { format!("{from}:{until}") } else { format!("{from}:*") };
        context.issue("UID SEARCH", format_args!("UID SEARCH UID {set}"));
        self.stage = Stage::Search;
        self.some()
    }

    pub(super) fn after_search(
        &mut self,
        context: &mut Context,
        of: &WatchId,
        mailbox: &Mailbox,
        status: Status,
    ) -> Option<Haul> {
        // Every rung refused: what there is may be more than what was found.
        self.headers.unsure = status != Status::Ok && self.refusal.is_some();
        self.headers(context, of, mailbox, true)
    }

    /// All that are there are known. Headers are asked for as far as they are missing.
    fn headers(&mut self, context: &mut Context, of: &WatchId, mailbox: &Mailbox, alone: bool) -> Option<Haul> {
        let lacking = self.gather.lacking();
        // Two connections failed on them not long ago.
        let poison: Vec<u32> = lacking.iter().copied().filter(|uid| self.is_poison(*uid)).collect();
        for uid in poison {
            self.gather.give_up(uid);
        }
        let lacking = self.gather.lacking();
        let alone = alone && self.refusal.is_some();
        let suspects = &self.suspects;
        // Of several that a connection did not survive another than the suspected one may be to blame.
        let single = suspects.values().any(|suspect| suspect.uid > 0 && suspect.failed < ENOUGH);
        self.headers.plan(lacking, |uid| suspects.contains_key(&uid), alone, single);
        self.ask_headers(context, of, mailbox)
    }

    fn is_poison(&self, uid: u32) -> bool {
        self.suspects.get(&uid).is_some_and(|suspect| suspect.failed >= ENOUGH && !suspect.due)
    }

    pub(super) fn ask_headers(&mut self, context: &mut Context, of: &WatchId, mailbox: &Mailbox) -> Option<Haul> {
        let partial = context.facts.fetching.partial != Partial::Refused;
        let Some(asking) = self.headers.next(partial) else { return self.finish(context, of, mailbox) };
        self.ask(context, of, mailbox, asking, partial);
        self.some()
    }

    fn ask(&mut self, context: &mut Context, of: &WatchId, mailbox: &Mailbox, asking: Asking, partial: bool) {
        let items = if partial { FETCH_ITEMS } else { WHOLE_ITEMS };
        context.issue("UID FETCH", format_args!("UID FETCH {} {items}", set(asking.uids().iter().copied())));
        let first = asking.uids().first().copied().unwrap_or_default();
        context.risk(suspicion(of, mailbox, first));
        self.stage = Stage::Headers(asking);
    }

    pub(super) fn after_headers(
        &mut self,
        context: &mut Context,
        of: &WatchId,
        mailbox: &Mailbox,
        asking: Asking,
        status: Status,
    ) -> Option<Haul> {
        let left: Vec<u32> = asking.uids().iter().copied().filter(|uid| self.gather.lacks(*uid)).collect();
        let brought = left.len() < asking.uids().len();
        let partial = match &asking {
            Asking::Together(_) => context.facts.fetching.partial != Partial::Refused,
            Asking::Alone { partial, .. } => *partial,
        };
        self.headers.brought |= brought;
        Self::learn_partial(context, partial, brought && status == Status::Ok);
        let answered = std::mem::take(&mut self.answered);
        match (asking, status) {
            (Asking::Together(_), Status::Ok) => {
                // What was told of and has no headers has none. Of the rest nothing is known yet.
                let (bare, rest): (Vec<u32>, Vec<u32>) = left.into_iter().partition(|uid| answered.contains(uid));
                self.give_up(&bare);
                self.headers.again(&rest, brought || !bare.is_empty());
            }
            (Asking::Together(_), Status::No | Status::Bad) => self.headers.again(&left, brought),
            (Asking::Alone { .. }, Status::Ok) if left.is_empty() => {}
            (Asking::Alone { .. }, Status::Ok) => {
                self.give_up(&left);
                self.fail(left.first().copied().unwrap_or_default());
            }
            (Asking::Alone { .. }, Status::No | Status::Bad) if brought => {}
            (Asking::Alone { uid, partial: true }, Status::No | Status::Bad)
                if context.facts.fetching.partial == Partial::Unknown =>
            {
                self.ask(context, of, mailbox, Asking::Alone { uid, partial: false }, false);
                return self.some();
            }
            (Asking::Alone { uid, .. }, Status::No | Status::Bad) => {
                let uid = uid.first().copied().unwrap_or_default();
                self.fail(uid);
                context.facts.fetching.careful = true;
                context.ask(suspicion(of, mailbox, uid));
                self.stage = Stage::Suspecting(uid);
                return None;
            }
        }
        self.ask_headers(context, of, mailbox)
    }

    /// One alone brought nothing. After some the rest is told without.
    fn fail(&mut self, uid: u32) {
        if self.headers.fail(uid) {
            let rest = self.headers.drain();
            self.give_up(&rest);
        }
    }

    fn give_up(&mut self, uids: &[u32]) {
        for uid in uids {
            self.gather.give_up(*uid);
        }
    }
}
