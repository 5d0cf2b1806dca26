//! The connection's own mailbox: opened, and opened again after others were looked at.

use std::sync::Arc;

use super::check_new::CheckNew;
use super::context::{Context, Event, Flow, Reply, Step};
use super::facts::Facts;
use super::finding::Finding;
use super::mailbox::{Examine, Figures, Selected, count_after};
use super::question::{Answer, Question};
use super::unseen::{CountUnseen, Counted};
use crate::connection::task::{Mailbox, Progress};
use crate::model::{Fault, FaultClass, Phase};
use crate::response::MailboxStatus;
use crate::unseen::Kept;

/// Whether the server refused the mailbox alone: a connection that serves others goes on, and asks for it again.
fn is_missing(fault: &Fault) -> bool {
    fault.class == FaultClass::Mailbox
}

pub(super) fn own_name(context: &Context) -> Arc<str> {
    Arc::clone(&context.facts.subject.id.mailbox)
}

/// Whether the connection's own mailbox is open.
pub(super) fn is_open(facts: &Facts) -> bool {
    facts.open.as_ref() == Some(&facts.subject.id.mailbox)
}

/// Opens the connection's own mailbox, as on a new connection or after a gap. None where the server says that it is not
/// there and the connection goes on for others.
#[derive(Debug)]
pub(super) struct OpenOwn {
    /// What this run knows of the mailbox.
    known: Option<Mailbox>,
    /// Whether another connection watches it meanwhile: then what is new is no gap.
    watched: bool,
    /// Whether the connection goes on without it.
    shares: bool,
    figures: Option<MailboxStatus>,
    stage: Opening,
}

#[derive(Debug)]
enum Opening {
    Start,
    Figures(Figures),
    Examine(Examine),
    Unreported(Selected),
    Finding(Finding),
    Unseen(Mailbox, CountUnseen),
    /// What came while that was asked.
    More(Finding),
}

impl OpenOwn {
    pub(super) const fn new(known: Option<Mailbox>, watched: bool, shares: bool) -> Self {
        Self { known, watched, shares, figures: None, stage: Opening::Start }
    }

    fn open(&mut self, context: &mut Context, event: Event) -> Flow<Mailbox> {
        match &mut self.stage {
            // STATUS of the mailbox that is open is never asked (RFC 3501 §6.3.10).
            Opening::Start if is_open(&context.facts) => {
                self.stage = Opening::Examine(Examine::new(own_name(context)));
                self.open(context, Event::Begin)
            }
            Opening::Start => {
                self.stage = Opening::Figures(Figures::new(own_name(context)));
                self.open(context, Event::Begin)
            }
            Opening::Figures(figures) => {
                let Some(told) = figures.handle(context, event)? else { return Ok(None) };
                self.figures = told;
                self.stage = Opening::Examine(Examine::after(own_name(context), told));
                self.open(context, Event::Begin)
            }
            Opening::Examine(examine) => {
                let Some(selected) = examine.handle(context, event)? else { return Ok(None) };
                context.facts.open = Some(own_name(context));
                context.report_phase(Phase::CatchingUp);
                context.ask(Question::Unreported(context.facts.subject.id.clone()));
                self.stage = Opening::Unreported(selected);
                Ok(None)
            }
            Opening::Unreported(selected) => {
                let Event::Answer(answer) = event else { return Ok(None) };
                unreported(context, answer);
                let (of, selected) = (context.facts.subject.id.clone(), *selected);
                let finding = match self.known.filter(|_| self.watched) {
                    Some(known) => Finding::reopened(of, selected, known, false),
                    None => Finding::opened(of, selected, self.known, context.facts.appeared.clone()),
                };
                self.stage = Opening::Finding(finding);
                self.open(context, Event::Begin)
            }
            Opening::Finding(finding) => {
                let Some(mailbox) = finding.handle(context, event)? else { return Ok(None) };
                context.facts.appeared = None;
                let unseen = self.figures.and_then(|figures| figures.unseen).or(mailbox.unseen);
                let mailbox = Mailbox { unseen, ..mailbox };
                self.stage = Opening::Unseen(mailbox, CountUnseen::new(mailbox.exists));
                self.open(context, Event::Begin)
            }
            Opening::Unseen(mailbox, unseen) => {
                let Some(more) = count(context, mailbox, unseen, event)? else { return Ok(None) };
                let mailbox = *mailbox;
                if !more {
                    return Ok(Some(mailbox));
                }
                self.stage = Opening::More(Finding::news(context.facts.subject.id.clone(), mailbox, false));
                self.open(context, Event::Begin)
            }
            Opening::More(finding) => finding.handle(context, event),
        }
    }
}

impl Step for OpenOwn {
    type Done = Option<Mailbox>;

    fn handle(&mut self, context: &mut Context, event: Event) -> Flow<Option<Mailbox>> {
        match self.open(context, event) {
            Ok(mailbox) => Ok(mailbox.map(Some)),
            Err(fault) if self.shares && is_missing(&fault) => {
                context.facts.open = None;
                context.report(Progress::Missing(fault));
                Ok(Some(None))
            }
            Err(fault) => Err(fault),
        }
    }
}

/// Has the unseen messages counted, and tells which they are. Whether messages came meanwhile, once that is done.
pub(super) fn count(
    context: &mut Context,
    mailbox: &mut Mailbox,
    unseen: &mut CountUnseen,
    event: Event,
) -> Flow<bool> {
    if let Event::Reply(Reply::Untagged(response)) = &event
        && let Some(exists) = count_after(response, mailbox.exists)
    {
        mailbox.exists = exists;
    }
    if unseen.check.is_some() {
        return check(context, mailbox, unseen, event);
    }
    let Some(counted) = unseen.handle(context, event)? else { return Ok(None) };
    let kept = match counted {
        Some(Counted { count, which }) => {
            mailbox.unseen = Some(count);
            which.map_or(Kept::Count(count), Kept::Which)
        }
        None => Kept::Nothing,
    };
    context.report(Progress::Unseen(kept));
    unseen.check = Some(CheckNew::new(std::mem::take(&mut context.facts.new), mailbox));
    check(context, mailbox, unseen, Event::Begin)
}

/// Asks what became of the mails that were new.
fn check(context: &mut Context, mailbox: &Mailbox, unseen: &mut CountUnseen, event: Event) -> Flow<bool> {
    let more = mailbox.exists > unseen.exists();
    let Some(check) = &mut unseen.check else { return Ok(Some(more)) };
    Ok(check.handle(context, event)?.map(|()| more))
}

/// Reports the mails that an earlier run found and did not report.
pub(super) fn unreported(context: &mut Context, answer: Answer) {
    match answer {
        Answer::Unreported(Ok(mails)) => context.report_mails(mails),
        Answer::Unreported(Err(fault)) => context.report_fault(fault),
        Answer::Forgiven
        | Answer::Dialled(_)
        | Answer::Permit(_)
        | Answer::AnotherWay(_)
        | Answer::LoginFailed(_)
        | Answer::Seen { .. }
        | Answer::Kept(_)
        | Answer::Committed { .. }
        | Answer::Suspected(_)
        | Answer::Known(_) => {}
    }
}

/// Opens the connection's own mailbox again after others were looked at. What came meanwhile is no gap: it is found at
/// once. None where the server says that it is not there and the connection goes on for others.
#[derive(Debug)]
pub(super) struct ReopenOwn {
    known: Mailbox,
    shares: bool,
    stage: Reopening,
}

#[derive(Debug)]
enum Reopening {
    Examine(Examine),
    Finding(Finding),
    Unseen(Mailbox, CountUnseen),
    /// What came while that was asked.
    More(Finding),
}

impl ReopenOwn {
    pub(super) fn new(facts: &Facts, known: Mailbox, shares: bool) -> Self {
        let name = Arc::clone(&facts.subject.id.mailbox);
        Self { known, shares, stage: Reopening::Examine(Examine::new(name)) }
    }
}

impl Step for ReopenOwn {
    type Done = Option<Mailbox>;

    fn handle(&mut self, context: &mut Context, event: Event) -> Flow<Option<Mailbox>> {
        match &mut self.stage {
            Reopening::Examine(examine) => {
                if event == Event::Begin {
                    context.facts.open = None;
                }
                let selected = match examine.handle(context, event) {
                    Ok(Some(selected)) => selected,
                    Ok(None) => return Ok(None),
                    Err(fault) if self.shares && is_missing(&fault) => {
                        context.report(Progress::Missing(fault));
                        return Ok(Some(None));
                    }
                    Err(fault) => return Err(fault),
                };
                context.facts.open = Some(own_name(context));
                let of = context.facts.subject.id.clone();
                self.stage = Reopening::Finding(Finding::reopened(of, selected, self.known, false));
                self.handle(context, Event::Begin)
            }
            Reopening::Finding(finding) => {
                let Some(mailbox) = finding.handle(context, event)? else { return Ok(None) };
                let mailbox = Mailbox { unseen: mailbox.unseen.or(self.known.unseen), ..mailbox };
                self.stage = Reopening::Unseen(mailbox, CountUnseen::new(mailbox.exists));
                self.handle(context, Event::Begin)
            }
            Reopening::Unseen(mailbox, unseen) => {
                let Some(more) = count(context, mailbox, unseen, event)? else { return Ok(None) };
                let mailbox = *mailbox;
                if !more {
                    return Ok(Some(Some(mailbox)));
                }
                self.stage = Reopening::More(Finding::news(context.facts.subject.id.clone(), mailbox, false));
                self.handle(context, Event::Begin)
            }
            Reopening::More(finding) => Ok(finding.handle(context, event)?.map(Some)),
        }
    }
}
