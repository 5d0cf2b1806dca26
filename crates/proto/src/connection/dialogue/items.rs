//! Looking at shared mailboxes: STATUS of all that are due, then EXAMINE and FETCH where that shows something new.

use std::collections::VecDeque;
use std::sync::Arc;

use super::check_new::CheckNew;
use super::context::{Action, Context, Event, Flow, Step};
use super::finding::Finding;
use super::mailbox::{AllFigures, Asked, Examine, Selected};
use super::own::unreported;
use super::question::{Answer, Question, Seen};
use crate::connection::task::{Mailbox, Progress, WorkItem};
use crate::model::{Fault, FaultClass};
use crate::response::MailboxStatus;

/// Mailboxes that are asked for by STATUS at once, before those with news are opened. Few enough that news does not wait
/// for all the others, no reply is late, and neither side's buffers fill.
const AT_ONCE: usize = 16;

/// Whether a fault is about one mailbox: a FETCH that was refused, or an EXAMINE.
fn is_its_own(fault: &Fault) -> bool {
    matches!(fault.class, FaultClass::Mailbox | FaultClass::Protocol)
}

/// Progress is about this one from now on.
fn look_at(context: &mut Context, item: &WorkItem) {
    context.of = Some(item.id.clone());
    context.facts.arrivals.shared = Some(item.sought);
}

/// Looks at shared mailboxes. Another mailbox than the connection's own may be open afterwards.
#[derive(Debug)]
pub(super) struct LookAtItems {
    /// Not asked for by STATUS yet.
    rest: VecDeque<WorkItem>,
    /// Asked for by STATUS.
    asked: VecDeque<WorkItem>,
    answers: VecDeque<Asked>,
    stage: Stage,
}

#[derive(Debug)]
enum Stage {
    Start,
    Figures(AllFigures),
    Item(Box<LookAtItem>),
}

impl LookAtItems {
    pub(super) fn new(items: Vec<WorkItem>) -> Self {
        Self { rest: items.into(), asked: VecDeque::new(), answers: VecDeque::new(), stage: Stage::Start }
    }

    /// Goes on to the next mailbox whose figures are known, or asks for more figures.
    fn next(&mut self, context: &mut Context) -> Flow<()> {
        // STATUS of the mailbox that is open is never asked: EXAMINE tells more (RFC 3501 §6.3.10).
        let is_open = |item: &WorkItem| context.facts.open.as_ref() == Some(&item.id.mailbox);
        if self.asked.is_empty()
            && let Some(at) = self.rest.iter().position(is_open)
            && let Some(item) = self.rest.remove(at)
        {
            look_at(context, &item);
            let mut look = Box::new(LookAtItem { item, figures: None, stage: ItemStage::Start });
            if look.handle(context, Event::Begin)?.is_none() {
                self.stage = Stage::Item(look);
                return Ok(None);
            }
        }
        while let (Some(item), Some(answer)) = (self.asked.pop_front(), self.answers.pop_front()) {
            look_at(context, &item);
            match answer {
                Ok(figures) => {
                    let mut look = Box::new(LookAtItem { item, figures: Some(figures), stage: ItemStage::Start });
                    if look.handle(context, Event::Begin)?.is_none() {
                        self.stage = Stage::Item(look);
                        return Ok(None);
                    }
                }
                Err(fault) => context.report(Progress::Missing(fault)),
            }
        }
        (context.of, context.facts.arrivals.shared) = (None, None);
        if self.rest.is_empty() {
            return Ok(Some(()));
        }
        self.asked = self.rest.drain(..self.rest.len().min(AT_ONCE)).collect();
        let names = self.asked.iter().map(|item| Arc::clone(&item.id.mailbox)).collect();
        let mut figures = AllFigures::new(names);
        figures.handle(context, Event::Begin)?;
        self.stage = Stage::Figures(figures);
        Ok(None)
    }
}

impl Step for LookAtItems {
    type Done = ();

    fn handle(&mut self, context: &mut Context, event: Event) -> Flow<()> {
        match &mut self.stage {
            Stage::Start => {}
            Stage::Figures(figures) => {
                let Some(answers) = figures.handle(context, event)? else { return Ok(None) };
                self.answers = answers.into();
            }
            Stage::Item(look) => {
                if look.handle(context, event)?.is_none() {
                    return Ok(None);
                }
            }
        }
        self.next(context)
    }
}

/// Looks at one of them, given its figures.
#[derive(Debug)]
struct LookAtItem {
    item: WorkItem,
    /// What STATUS told, where it was asked.
    figures: Option<MailboxStatus>,
    stage: ItemStage,
}

#[derive(Debug)]
enum ItemStage {
    Start,
    Unreported,
    Seen,
    Examine(Examine),
    Finding(Finding, Selected),
    /// What became of the mails that were new.
    Check(CheckNew, Mailbox),
}

impl LookAtItem {
    fn known(&mut self, context: &mut Context) -> Flow<Mailbox> {
        if let Some(known) = self.item.known {
            return self.compare(context, Some(known));
        }
        context.ask(Question::Seen(self.item.id.clone()));
        self.stage = ItemStage::Seen;
        Ok(None)
    }

    /// What an earlier run saw of it, as far as STATUS can be compared with it.
    fn seen(&self, seen: Option<Seen>) -> Option<Mailbox> {
        let (seen, figures) = (seen?, self.figures?);
        let exists = figures.messages?;
        Some(Mailbox {
            exists,
            unseen: figures.unseen,
            uidvalidity: seen.uidvalidity,
            uidnext: seen.uidnext,
            epoch: seen.epoch,
        })
    }

    /// Whether mails that are new may have been seen: the count of the unseen is another, or too low, or was never compared.
    fn may_be_old(&self, seen: &Mailbox, figures: &MailboxStatus) -> bool {
        let new = u32::try_from(self.item.new.uids.len()).unwrap_or(u32::MAX);
        let differs = |unseen| seen.unseen != Some(unseen) || unseen < new;
        new > 0 && (self.item.known.is_none() || figures.unseen.is_some_and(differs))
    }

    fn compare(&mut self, context: &mut Context, seen: Option<Mailbox>) -> Flow<Mailbox> {
        if let (Some(seen), Some(figures)) = (seen, self.figures)
            && !seen.has_news(&figures)
            && !self.may_be_old(&seen, &figures)
        {
            return Ok(Some(Mailbox { exists: figures.messages.unwrap_or(seen.exists), ..seen }));
        }
        // A refused EXAMINE leaves none open (RFC 3501 §6.3.2).
        context.facts.open = None;
        self.stage = ItemStage::Examine(Examine::after(Arc::clone(&self.item.id.mailbox), self.figures));
        self.look(context, Event::Begin)
    }

    fn look(&mut self, context: &mut Context, event: Event) -> Flow<Mailbox> {
        match &mut self.stage {
            ItemStage::Start if self.item.begun => self.known(context),
            ItemStage::Start => {
                context.ask(Question::Unreported(self.item.id.clone()));
                self.stage = ItemStage::Unreported;
                Ok(None)
            }
            ItemStage::Unreported => {
                let Event::Answer(answer) = event else { return Ok(None) };
                unreported(context, answer);
                if context.facts.subject.looks_back {
                    context.actions.push_back(Action::LookBack(self.item.id.clone()));
                }
                self.known(context)
            }
            ItemStage::Seen => {
                let Event::Answer(Answer::Seen { seen, .. }) = event else { return Ok(None) };
                let seen = self.seen(seen.ok().flatten());
                self.compare(context, seen)
            }
            ItemStage::Examine(examine) => {
                let Some(selected) = examine.handle(context, event)? else { return Ok(None) };
                context.facts.open = Some(Arc::clone(&self.item.id.mailbox));
                let of = self.item.id.clone();
                let finding = match self.item.known.filter(|_| self.item.looked_at) {
                    Some(known) => Finding::reopened(of, selected, known, false),
                    None => Finding::opened(of, selected, self.item.known, self.item.appeared.clone()),
                };
                self.stage = ItemStage::Finding(finding, selected);
                self.look(context, Event::Begin)
            }
            ItemStage::Finding(finding, selected) => {
                let Some(mailbox) = finding.handle(context, event)? else { return Ok(None) };
                // All that is below was there when EXAMINE was answered, and was found by the FETCH after it; where the
                // last message is gone again, STATUS would look like news for ever.
                let uidnext = selected.uidnext.map_or(mailbox.uidnext, |told| told.max(mailbox.uidnext));
                let mailbox = Mailbox { uidnext, ..mailbox };
                let new = std::mem::take(&mut self.item.new);
                self.stage = ItemStage::Check(CheckNew::new(new, &mailbox), mailbox);
                self.look(context, Event::Begin)
            }
            ItemStage::Check(check, mailbox) => {
                let mailbox = *mailbox;
                Ok(check.handle(context, event)?.map(|()| mailbox))
            }
        }
    }
}

impl Step for LookAtItem {
    type Done = ();

    fn handle(&mut self, context: &mut Context, event: Event) -> Flow<()> {
        match self.look(context, event) {
            Ok(None) => Ok(None),
            Ok(Some(mailbox)) => {
                let unseen = self.figures.and_then(|figures| figures.unseen).or(mailbox.unseen);
                context.report(Progress::LookedAt(Mailbox { unseen, ..mailbox }));
                Ok(Some(()))
            }
            // The mailbox failed, not the connection: the others go on.
            Err(fault) if is_its_own(&fault) => {
                context.report(Progress::Missing(fault));
                Ok(Some(()))
            }
            Err(fault) => Err(fault),
        }
    }
}
