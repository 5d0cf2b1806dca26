//! Finding what is new in the mailbox that is open: by epoch and UID, never by counts, and by nothing that a server must
//! be asked twice for.

mod again;
mod anew;
mod baseline;
mod fetch;
mod gather;
mod headers;
mod ladder;
mod news;
mod plan;
mod recent;

use std::time::SystemTime;

use self::again::Again;
use self::anew::{Anew, Why};
use self::baseline::Baseline;
pub use self::baseline::CLOCK_MARGIN;
pub use self::fetch::FETCH_ITEMS;
use self::news::News;
use self::plan::{Plan, Rewind};
use super::context::{Context, Event, Flow, Reply, Step};
use super::mailbox::{Selected, count_after};
use super::question::{Answer, Decoded, Question, Seen, Suspect};
use super::search::LastUid;
use crate::connection::task::{Appeared, Mailbox};
use crate::model::{Fault, WatchId};

/// Brings the open mailbox up to date: finds, commits and reports what came.
#[derive(Debug)]
pub(super) struct Finding {
    of: WatchId,
    mailbox: Mailbox,
    /// The next UID as EXAMINE told it, and mails that earlier connections failed on: until news is looked for.
    hints: Hints,
    /// Whether messages came since it was opened.
    grew: bool,
    /// What is asked for once more at the end.
    again: Option<Box<Again>>,
    stage: Stage,
}

/// What helps to find news.
#[derive(Debug, Default)]
struct Hints {
    uidnext: Option<u32>,
    /// So many messages at least are to be found.
    promised: u32,
    suspects: Vec<Suspect>,
}

/// What is known of a mailbox that was just opened.
#[derive(Clone, Debug)]
struct Opened {
    selected: Selected,
    known: Option<Mailbox>,
    appeared: Option<Appeared>,
    /// Whether it was open before, and lacked what its count promised.
    reopened: bool,
    lacks: bool,
}

#[derive(Debug)]
enum Stage {
    /// It was just opened.
    Opened(Opened),
    /// It was never seen before.
    Baseline(Box<Baseline>),
    /// The baseline is kept. Then what came meanwhile is news.
    Keeping { gap: bool, more: bool },
    /// Nothing came, and the server says so.
    Nothing,
    /// Its UIDs seem to have gone back.
    Suspicious(Selected, Rewind, LastUid),
    /// Only news is left to find.
    News(Box<News>),
    /// The UIDs mean other messages.
    Anew(Box<Anew>),
    /// All is found. Headers that could not be read long ago are asked for.
    Again(Box<Again>),
}

impl Finding {
    /// For a mailbox that was just opened. `known` is what this run of the program knows of it; `appeared` says that it
    /// appeared while others were watched.
    pub(super) fn opened(of: WatchId, selected: Selected, known: Option<Mailbox>, appeared: Option<Appeared>) -> Self {
        Self::of(of, Opened { selected, known, appeared, reopened: false, lacks: false })
    }

    /// For a mailbox whose open view proved stale: what is new came while it was being watched. `lacks`: it lacked what its
    /// count promised.
    pub(super) fn reopened(of: WatchId, selected: Selected, known: Mailbox, lacks: bool) -> Self {
        let went_back = selected.uidnext.is_some_and(|told| told < known.uidnext);
        if known.uidvalidity != selected.uidvalidity || went_back || lacks {
            return Self::of(of, Opened { selected, known: Some(known), appeared: None, reopened: true, lacks });
        }
        let promised = selected.exists.saturating_sub(known.exists);
        let mailbox = Mailbox { exists: selected.exists, ..known };
        if promised == 0 && (selected.uidnext == Some(known.uidnext) || selected.exists == 0) {
            return Self { of, mailbox, hints: Hints::default(), grew: false, again: None, stage: Stage::Nothing };
        }
        Self::news(of, mailbox, false).promised(promised)
    }

    fn of(of: WatchId, opened: Opened) -> Self {
        let Opened { selected, known, .. } = &opened;
        let mailbox = Mailbox {
            exists: selected.exists,
            unseen: known.and_then(|known| known.unseen),
            uidvalidity: selected.uidvalidity,
            uidnext: 1,
            epoch: known.map_or(0, |known| known.epoch),
        };
        let hints = Hints { uidnext: selected.uidnext, ..Hints::default() };
        Self { of, mailbox, hints, grew: false, again: None, stage: Stage::Opened(opened) }
    }

    /// For a mailbox that stays open. `gap` says that nobody listened meanwhile.
    pub(super) fn news(of: WatchId, mailbox: Mailbox, gap: bool) -> Self {
        let stage = Stage::News(Box::new(News::new(gap)));
        Self { of, mailbox, hints: Hints::default(), grew: false, again: None, stage }
    }

    /// So many messages at least came since the last look, by the server's own count.
    pub(super) fn promised(mut self, promised: u32) -> Self {
        if let Stage::News(news) = &mut self.stage {
            news.promise(promised);
        }
        self
    }

    /// What is known of the mailbox by now.
    pub(super) const fn mailbox(&self) -> Mailbox {
        self.mailbox
    }

    fn seen(
        &mut self,
        context: &mut Context,
        opened: &Opened,
        seen: Result<Option<Seen>, Fault>,
        now: SystemTime,
    ) -> Flow<Mailbox> {
        let Opened { selected, known, appeared, reopened, lacks } = opened;
        let kept = seen.unwrap_or_else(|fault| {
            context.report_fault(fault);
            None
        });
        let seen = plan::join(kept, *known, now);
        self.mailbox.epoch = seen.map_or(0, |seen| seen.epoch);
        match plan::plan(seen, selected, *known, *lacks, appeared.as_ref()) {
            Plan::Baseline => {
                let suspects = std::mem::take(&mut self.hints.suspects);
                self.stage = Stage::Baseline(Box::new(Baseline::new(*selected, now, suspects)));
                self.handle(context, Event::Begin)
            }
            Plan::Nothing(uidnext) => {
                self.mailbox.uidnext = uidnext;
                Ok(Some(self.mailbox))
            }
            Plan::From(uidnext) => {
                self.mailbox.uidnext = uidnext;
                self.hints.promised = known.map_or(0, |known| selected.exists.saturating_sub(known.exists));
                self.find(context, !reopened)
            }
            Plan::Renamed(uidnext) => {
                self.mailbox.uidnext = uidnext;
                self.keep(context, Vec::new(), true, true);
                Ok(None)
            }
            Plan::Anew(why) => self.anew(context, *selected, &why),
            Plan::Suspicious(rewind) if selected.exists == 0 => self.rewound(context, *selected, &rewind, None),
            Plan::Suspicious(rewind) => {
                let rewind = Rewind { gap: !reopened, ..rewind };
                self.stage = Stage::Suspicious(*selected, rewind, LastUid::default());
                self.handle(context, Event::Begin)
            }
        }
    }

    /// The last UID is known: the mailbox was rewound, or the server's UIDNEXT is none.
    fn rewound(
        &mut self,
        context: &mut Context,
        selected: Selected,
        rewind: &Rewind,
        last: Option<u32>,
    ) -> Flow<Mailbox> {
        if let Some(uidnext) = rewind.denied_by(last) {
            if let (Some(told), Some(last)) = (rewind.told, last) {
                context.contradiction(format!(
                    "UIDNEXT is {told}, but there is UID {last}: the program does not rely on it"
                ));
            }
            self.hints.uidnext = None;
            self.mailbox.uidnext = uidnext;
            return self.find(context, rewind.gap);
        }
        context.contradiction(rewind.text(last, selected.uidvalidity));
        self.anew(context, selected, &rewind.why())
    }

    fn anew(&mut self, context: &mut Context, selected: Selected, why: &Why) -> Flow<Mailbox> {
        self.mailbox.epoch = self.mailbox.epoch.saturating_add(1);
        self.again = None;
        let suspects = self.hints.suspects.clone();
        self.stage = Stage::Anew(Box::new(Anew::new(selected, why, suspects)));
        self.handle(context, Event::Begin)
    }

    fn keep(&mut self, context: &mut Context, mut known: Vec<Decoded>, gap: bool, more: bool) {
        let Mailbox { epoch, uidvalidity, uidnext, .. } = self.mailbox;
        for message in &mut known {
            message.mail.epoch = epoch;
        }
        context.ask(Question::Keep { of: self.of.clone(), epoch, uidvalidity, uidnext, known });
        self.stage = Stage::Keeping { gap, more };
    }

    fn find(&mut self, context: &mut Context, gap: bool) -> Flow<Mailbox> {
        let Hints { uidnext, promised, suspects } = std::mem::take(&mut self.hints);
        let mut news = News::new(gap).told(uidnext).suspecting(suspects);
        news.promise(promised);
        self.stage = Stage::News(Box::new(news));
        self.handle(context, Event::Begin)
    }

    fn step(&mut self, context: &mut Context, event: Event) -> Flow<Mailbox> {
        match (&mut self.stage, event) {
            (Stage::Opened(_), Event::Begin) => {
                context.ask(Question::Seen(self.of.clone()));
                Ok(None)
            }
            (Stage::Opened(opened), Event::Answer(Answer::Seen { seen, now, suspects })) => {
                let opened = opened.clone();
                let uidnext = seen.as_ref().ok().copied().flatten().map_or(0, |seen| seen.uidnext);
                self.again = Again::of(&suspects, uidnext).map(Box::new);
                self.hints.suspects = suspects;
                self.seen(context, &opened, seen, now)
            }
            (Stage::Keeping { gap, more }, Event::Answer(Answer::Kept(kept))) => {
                let (gap, more) = (*gap, *more);
                if let Err(fault) = kept {
                    context.report_fault(fault);
                }
                // What came since EXAMINE was announced already: IDLE would not tell it.
                if more || self.grew { self.find(context, gap) } else { Ok(Some(self.mailbox)) }
            }
            (Stage::Nothing, _) => Ok(Some(self.mailbox)),
            (Stage::Opened(_) | Stage::Keeping { .. }, _) => Ok(None),
            (Stage::Baseline(baseline), event) => {
                let Some(base) = baseline.handle(context, &self.of, &mut self.mailbox, event)? else {
                    return Ok(None);
                };
                self.mailbox.uidnext = base.uidnext;
                // A server whose UIDNEXT lied may not hide what came now behind it.
                self.hints.uidnext = None;
                self.keep(context, base.known, false, base.more);
                Ok(None)
            }
            (Stage::Suspicious(selected, rewind, last), event) => {
                let Some(last) = last.handle(context, event)? else { return Ok(None) };
                let (selected, rewind) = (*selected, rewind.clone());
                self.rewound(context, selected, &rewind, last)
            }
            (Stage::News(news), event) => {
                Ok(news.handle(context, &self.of, &mut self.mailbox, event)?.map(|()| self.mailbox))
            }
            (Stage::Anew(anew), event) => {
                let Some(more) = anew.handle(context, &self.of, &mut self.mailbox, event)? else { return Ok(None) };
                // What came between EXAMINE and now.
                self.hints.uidnext = None;
                if more || self.grew { self.find(context, true) } else { Ok(Some(self.mailbox)) }
            }
            (Stage::Again(again), event) => {
                Ok(again.handle(context, &self.of, &mut self.mailbox, event)?.map(|()| self.mailbox))
            }
        }
    }

    /// All is found. What is asked for once more comes last.
    fn found(&mut self, context: &mut Context) -> Flow<Mailbox> {
        match self.again.take().filter(|_| self.mailbox.exists > 0) {
            Some(again) => {
                self.stage = Stage::Again(again);
                self.step(context, Event::Begin)
            }
            None => Ok(Some(self.mailbox)),
        }
    }
}

impl Step for Finding {
    type Done = Mailbox;

    fn handle(&mut self, context: &mut Context, event: Event) -> Flow<Mailbox> {
        let before = self.mailbox.exists;
        let after = match &event {
            Event::Reply(Reply::Untagged(response)) => count_after(response, before),
            Event::Reply(_) | Event::Begin | Event::Answer(_) => None,
        };
        if let Some(after) = after {
            self.grew |= after > before;
        }
        let done = match self.step(context, event) {
            Ok(Some(_)) => self.found(context),
            done => done,
        };
        // Whichever part of it heard of the count.
        self.mailbox.exists = after.unwrap_or(self.mailbox.exists);
        done.map(|done| done.map(|_| self.mailbox))
    }
}
