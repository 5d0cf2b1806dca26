//! Finding what is new in the mailbox that is open: by UID and UIDVALIDITY, never by counts, and by nothing that a
//! server must be asked twice for.

mod anew;
mod fetch;
mod gather;
mod headers;
mod ladder;
mod news;

use std::time::SystemTime;

use self::anew::Anew;
pub use self::anew::CLOCK_MARGIN;
pub use self::fetch::FETCH_ITEMS;
use self::news::News;
use super::context::{Context, Event, Flow, Reply, Step};
use super::mailbox::{NextUid, Selected};
use super::question::{Answer, Decoded, Question, Seen, Suspect};
use crate::connection::task::{Appeared, Mailbox};
use crate::model::{Fault, WatchId};
use crate::response::Response;

/// Messages that a baseline looks at: those of the clocks' margin, in any but the busiest mailbox.
const LATEST: u32 = 20;

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

fn plan(seen: Option<Seen>, selected: &Selected, appeared: Option<&Appeared>) -> Plan {
    match seen {
        None => match appeared {
            None => Plan::Baseline,
            Some(appeared) => match appeared.renamed_from(selected.uidvalidity, selected.uidnext) {
                Some(before) => Plan::Renamed(before.uidnext),
                None => Plan::Anew(appeared.since),
            },
        },
        Some(seen) if seen.uidvalidity == selected.uidvalidity => Plan::From(seen.uidnext),
        Some(seen) => Plan::Anew(seen.last_alive),
    }
}

/// Brings the open mailbox up to date: finds, commits and reports what came.
#[derive(Debug)]
pub(super) struct Finding {
    of: WatchId,
    mailbox: Mailbox,
    /// The next UID as EXAMINE told it, and mails that earlier connections failed on: until news is looked for.
    hints: Hints,
    stage: Stage,
}

/// What helps to find news.
#[derive(Debug, Default)]
struct Hints {
    uidnext: Option<u32>,
    suspects: Vec<Suspect>,
}

#[derive(Debug)]
enum Stage {
    /// It was just opened.
    Opened { selected: Selected, known: Option<Mailbox>, appeared: Option<Appeared> },
    /// A baseline needs the next UID,
    NextUid(NextUid),
    /// and the latest messages,
    Latest(Latest),
    /// and is kept. Then what came meanwhile is news.
    Keeping { gap: bool },
    /// Only news is left to find.
    News(Box<News>),
    /// The UIDs mean other messages.
    Anew(Box<Anew>),
}

impl Finding {
    /// For a mailbox that was just opened. `known` is what this run of the program knows of it; `appeared` says that it
    /// appeared while others were watched.
    pub(super) fn opened(of: WatchId, selected: Selected, known: Option<Mailbox>, appeared: Option<Appeared>) -> Self {
        let mailbox = Mailbox {
            exists: selected.exists,
            unseen: known.and_then(|known| known.unseen),
            uidvalidity: selected.uidvalidity,
            uidnext: 1,
            epoch: known.map_or(0, |known| known.epoch),
        };
        let hints = Hints { uidnext: selected.uidnext, suspects: Vec::new() };
        Self { of, mailbox, hints, stage: Stage::Opened { selected, known, appeared } }
    }

    /// For a mailbox whose open view proved stale: what is new came while it was being watched.
    pub(super) fn reopened(of: WatchId, selected: Selected, known: Mailbox) -> Self {
        if known.uidvalidity != selected.uidvalidity {
            return Self::opened(of, selected, Some(known), None);
        }
        Self::news(of, Mailbox { exists: selected.exists, ..known }, false)
    }

    /// For a mailbox that stays open. `gap` says that nobody listened meanwhile.
    pub(super) fn news(of: WatchId, mailbox: Mailbox, gap: bool) -> Self {
        Self { of, mailbox, hints: Hints::default(), stage: Stage::News(Box::new(News::new(gap))) }
    }

    /// So many messages at least came since the last look, by the server's own count.
    #[cfg_attr(not(test), expect(dead_code, reason = "who looks does not count yet"))]
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

    fn seen(&mut self, context: &mut Context, seen: Result<Option<Seen>, Fault>, now: SystemTime) -> Flow<Mailbox> {
        let Stage::Opened { selected, known, appeared } = &self.stage else { return Ok(None) };
        let (selected, known) = (*selected, *known);
        let kept = seen.unwrap_or_else(|fault| {
            context.report_fault(fault);
            None
        });
        let seen = match (kept, known) {
            // Another program may be further on in the same file: what it has reported, this one has not.
            (Some(kept), Some(known)) if kept.uidvalidity == known.uidvalidity => {
                Some(Seen { uidnext: known.uidnext, ..kept })
            }
            (None, Some(known)) => Some(Seen {
                epoch: known.epoch,
                uidvalidity: known.uidvalidity,
                uidnext: known.uidnext,
                last_alive: now,
            }),
            (kept, _) => kept,
        };
        match plan(seen, &selected, appeared.as_ref()) {
            Plan::Baseline => {
                self.stage = Stage::NextUid(NextUid::new(selected));
                self.handle(context, Event::Begin)
            }
            Plan::From(uidnext) => {
                self.mailbox.uidnext = uidnext;
                // Nothing new, and the server says so: no need to ask.
                if selected.uidnext.is_some_and(|told| told <= uidnext) {
                    return Ok(Some(self.mailbox));
                }
                self.find(context, true)
            }
            Plan::Renamed(uidnext) => {
                self.mailbox.uidnext = uidnext;
                self.keep(context, Vec::new(), true);
                Ok(None)
            }
            Plan::Anew(since) => {
                let suspects = self.hints.suspects.clone();
                self.stage = Stage::Anew(Box::new(Anew::new(selected, since, suspects)));
                self.handle(context, Event::Begin)
            }
        }
    }

    fn keep(&mut self, context: &mut Context, known: Vec<Decoded>, gap: bool) {
        let Mailbox { epoch, uidvalidity, uidnext, .. } = self.mailbox;
        context.ask(Question::Keep { of: self.of.clone(), epoch, uidvalidity, uidnext, known });
        self.stage = Stage::Keeping { gap };
    }

    fn find(&mut self, context: &mut Context, gap: bool) -> Flow<Mailbox> {
        let Hints { uidnext, suspects } = std::mem::take(&mut self.hints);
        self.stage = Stage::News(Box::new(News::new(gap).told(uidnext).suspecting(suspects)));
        self.handle(context, Event::Begin)
    }
}

impl Step for Finding {
    type Done = Mailbox;

    fn handle(&mut self, context: &mut Context, event: Event) -> Flow<Mailbox> {
        match (&mut self.stage, event) {
            (Stage::Opened { .. }, Event::Begin) => {
                context.ask(Question::Seen(self.of.clone()));
                Ok(None)
            }
            (Stage::Opened { .. }, Event::Answer(Answer::Seen { seen, now, suspects })) => {
                self.hints.suspects = suspects;
                self.seen(context, seen, now)
            }
            (Stage::Keeping { gap }, Event::Answer(Answer::Kept(kept))) => {
                let gap = *gap;
                if let Err(fault) = kept {
                    context.report_fault(fault);
                }
                // What came between EXAMINE and now was announced already: IDLE would not tell it.
                self.find(context, gap)
            }
            (Stage::Opened { .. } | Stage::Keeping { .. }, _) => Ok(None),
            (Stage::NextUid(next), event) => {
                let Some(uidnext) = next.handle(context, event)? else { return Ok(None) };
                self.mailbox.uidnext = uidnext;
                if self.mailbox.exists == 0 {
                    self.keep(context, Vec::new(), false);
                    return Ok(None);
                }
                self.stage = Stage::Latest(Latest::issue(context, &self.mailbox));
                Ok(None)
            }
            (Stage::Latest(latest), event) => {
                if let Some(known) = latest.handle(context, event) {
                    self.keep(context, known, false);
                }
                Ok(None)
            }
            (Stage::News(news), event) => {
                Ok(news.handle(context, &self.of, &mut self.mailbox, event)?.map(|()| self.mailbox))
            }
            (Stage::Anew(anew), event) => {
                if anew.handle(context, &self.of, &mut self.mailbox, event)?.is_none() {
                    return Ok(None);
                }
                // What came between EXAMINE and now.
                self.find(context, true)
            }
        }
    }
}

/// What was there and came lately: it would look like news if the UIDVALIDITY changed within the clocks' margin.
#[derive(Debug)]
struct Latest {
    uidvalidity: u32,
    uidnext: u32,
    known: Vec<Decoded>,
}

impl Latest {
    fn issue(context: &mut Context, mailbox: &Mailbox) -> Self {
        let first = mailbox.exists.saturating_sub(LATEST - 1).max(1);
        context.issue("FETCH", format_args!("FETCH {first}:* {FETCH_ITEMS}"));
        Self { uidvalidity: mailbox.uidvalidity, uidnext: mailbox.uidnext, known: Vec::new() }
    }

    fn handle(&mut self, context: &mut Context, event: Event) -> Option<Vec<Decoded>> {
        match event {
            Event::Reply(Reply::Tagged(..)) => return Some(std::mem::take(&mut self.known)),
            Event::Reply(Reply::Untagged(Response::Fetch(fetched))) => {
                let message = (context.facts.subject.decode)(&fetched, self.uidvalidity, false);
                self.known.extend(message.filter(|message| message.mail.uid < self.uidnext));
            }
            Event::Reply(reply) => context.pass(reply),
            Event::Begin | Event::Answer(_) => {}
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_never_seen_is_a_baseline_and_other_uids_are_looked_at_anew() {
        let seen = Seen { uidvalidity: 1, uidnext: 7, last_alive: SystemTime::UNIX_EPOCH, epoch: 0 };
        let selected = |uidvalidity| Selected { exists: 3, uidvalidity, uidnext: Some(9) };
        assert_eq!(plan(None, &selected(1), None), Plan::Baseline);
        assert_eq!(plan(Some(seen), &selected(1), None), Plan::From(7));
        assert_eq!(plan(Some(seen), &selected(2), None), Plan::Anew(SystemTime::UNIX_EPOCH));
        let appeared = Appeared { since: SystemTime::UNIX_EPOCH, vanished: Vec::new() };
        assert_eq!(plan(None, &selected(1), Some(&appeared)), Plan::Anew(SystemTime::UNIX_EPOCH));
        let gone = Mailbox { exists: 0, unseen: None, uidvalidity: 1, uidnext: 4, epoch: 0 };
        let appeared = Appeared { vanished: vec![gone], ..appeared };
        assert_eq!(plan(None, &selected(1), Some(&appeared)), Plan::Renamed(4));
        assert_eq!(plan(Some(seen), &selected(1), Some(&appeared)), Plan::From(7), "what was kept counts more");
    }
}
