//! The connection's own mailbox: opened, opened again after others were looked at, looked at, and polled.

use std::sync::Arc;

use super::commands::Noop;
use super::context::{Context, Event, Flow, Reply, Step};
use super::facts::Facts;
use super::finding::Finding;
use super::mailbox::{Examine, Figures, Selected, count_after};
use super::question::{Answer, Question};
use crate::connection::task::{Mailbox, Progress};
use crate::model::{Fault, FaultClass, Phase, WatchId};
use crate::response::MailboxStatus;

/// Whether the server said that the mailbox is not there.
fn is_missing(fault: &Fault) -> bool {
    fault.class == FaultClass::Mailbox && !fault.retry()
}

fn own_name(context: &Context) -> Arc<str> {
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
}

impl OpenOwn {
    pub(super) const fn new(known: Option<Mailbox>, watched: bool, shares: bool) -> Self {
        Self { known, watched, shares, figures: None, stage: Opening::Start }
    }

    fn open(&mut self, context: &mut Context, event: Event) -> Flow<Mailbox> {
        match &mut self.stage {
            Opening::Start => {
                // Before EXAMINE: STATUS on the open mailbox is discouraged (RFC 3501 §6.3.10).
                self.stage = Opening::Figures(Figures::new(own_name(context)));
                self.open(context, Event::Begin)
            }
            Opening::Figures(figures) => {
                let Some(told) = figures.handle(context, event)? else { return Ok(None) };
                self.figures = told;
                self.stage = Opening::Examine(Examine::new(own_name(context)));
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
                    Some(known) => Finding::reopened(of, selected, known),
                    None => Finding::opened(of, selected, self.known, context.facts.appeared.clone()),
                };
                self.stage = Opening::Finding(finding);
                self.open(context, Event::Begin)
            }
            Opening::Finding(finding) => {
                let Some(mailbox) = finding.handle(context, event)? else { return Ok(None) };
                context.facts.appeared = None;
                let unseen = self.figures.and_then(|figures| figures.unseen).or(mailbox.unseen);
                Ok(Some(Mailbox { unseen, ..mailbox }))
            }
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

/// Reports the mails that an earlier run found and did not report.
pub(super) fn unreported(context: &mut Context, answer: Answer) {
    match answer {
        Answer::Unreported(Ok(mails)) => context.report_mails(mails),
        Answer::Unreported(Err(fault)) => context.report_fault(fault),
        Answer::Forgiven
        | Answer::Dialled(_)
        | Answer::Permit(_)
        | Answer::LoginFailed(_)
        | Answer::Seen { .. }
        | Answer::Kept(_)
        | Answer::Committed { .. }
        | Answer::Suspected(_)
        | Answer::MessageIds(_) => {}
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
                self.stage = Reopening::Finding(Finding::reopened(of, selected, self.known));
                self.handle(context, Event::Begin)
            }
            Reopening::Finding(finding) => {
                let Some(mailbox) = finding.handle(context, event)? else { return Ok(None) };
                let unseen = mailbox.unseen.or(self.known.unseen);
                Ok(Some(Some(Mailbox { unseen, ..mailbox })))
            }
        }
    }
}

/// Counts messages while a command runs.
#[derive(Debug)]
struct Count {
    exists: u32,
    grew: bool,
}

impl Count {
    fn note(&mut self, event: &Event) {
        if let Event::Reply(Reply::Untagged(response)) = event
            && let Some(count) = count_after(response, self.exists)
        {
            self.grew |= count > self.exists;
            self.exists = count;
        }
    }
}

/// Looks for news in the own mailbox, which is open.
#[derive(Debug)]
pub(super) struct LookOwn {
    mailbox: Mailbox,
    /// Whether its figures are old.
    changed: bool,
    stage: Looking,
}

#[derive(Debug)]
enum Looking {
    /// What is new,
    News(Finding),
    /// the figures,
    Figures(Figures, Count),
    /// and what came while they were asked for.
    More(Finding),
}

impl LookOwn {
    pub(super) fn new(id: WatchId, mailbox: Mailbox, changed: bool) -> Self {
        Self { mailbox, changed, stage: Looking::News(Finding::news(id, mailbox, false)) }
    }
}

impl Step for LookOwn {
    type Done = Mailbox;

    fn handle(&mut self, context: &mut Context, event: Event) -> Flow<Mailbox> {
        match &mut self.stage {
            Looking::News(news) => {
                match news.handle(context, event) {
                    Ok(Some(mailbox)) => self.mailbox = mailbox,
                    Ok(None) => return Ok(None),
                    // Without known news a refusal is no reason to drop a connection that answers. The next look asks
                    // again.
                    Err(fault) if !self.changed && fault.class == FaultClass::Protocol => {
                        self.mailbox = news.mailbox();
                        context.report_fault(fault);
                    }
                    Err(fault) => return Err(fault),
                }
                if !self.changed {
                    return Ok(Some(self.mailbox));
                }
                let count = Count { exists: self.mailbox.exists, grew: false };
                self.stage = Looking::Figures(Figures::new(own_name(context)), count);
                self.handle(context, Event::Begin)
            }
            Looking::Figures(figures, count) => {
                count.note(&event);
                let Some(told) = figures.handle(context, event)? else { return Ok(None) };
                self.mailbox.unseen = told.and_then(|told| told.unseen).or(self.mailbox.unseen);
                self.mailbox.exists = count.exists;
                if !count.grew {
                    return Ok(Some(self.mailbox));
                }
                self.stage = Looking::More(Finding::news(context.facts.subject.id.clone(), self.mailbox, false));
                self.handle(context, Event::Begin)
            }
            Looking::More(news) => news.handle(context, event),
        }
    }
}

/// Asks for news of the own mailbox, which is open, on a server without IDLE: NOOP, then STATUS, because some servers'
/// NOOP shows nothing; where that is known of the provider, STATUS alone.
#[derive(Debug)]
pub(super) struct PollOwn {
    mailbox: Mailbox,
    count: Count,
    stage: Polling,
}

#[derive(Debug)]
enum Polling {
    Start,
    Noop(Noop),
    Figures(Figures),
    /// The open mailbox is a stale view: it is opened anew.
    Examine(Examine),
    Finding(Finding),
}

impl PollOwn {
    pub(super) const fn new(mailbox: Mailbox) -> Self {
        let count = Count { exists: mailbox.exists, grew: false };
        Self { mailbox, count, stage: Polling::Start }
    }

    fn figures(&mut self, context: &mut Context) -> Flow<Mailbox> {
        self.stage = Polling::Figures(Figures::new(own_name(context)));
        self.handle(context, Event::Begin)
    }

    fn told(&mut self, context: &mut Context, told: Option<MailboxStatus>) -> Flow<Mailbox> {
        self.mailbox.exists = self.count.exists;
        let more = told.is_some_and(|told| {
            told.uidnext.is_some_and(|uidnext| uidnext > self.mailbox.uidnext)
                || told.messages.is_some_and(|messages| messages > self.mailbox.exists)
                || told.uidvalidity.is_some_and(|uidvalidity| uidvalidity != self.mailbox.uidvalidity)
        });
        self.mailbox.unseen = told.and_then(|told| told.unseen).or(self.mailbox.unseen);
        if self.count.grew {
            self.stage = Polling::Finding(Finding::news(context.facts.subject.id.clone(), self.mailbox, false));
        } else if more {
            self.stage = Polling::Examine(Examine::new(own_name(context)));
        } else {
            return Ok(Some(self.mailbox));
        }
        self.handle(context, Event::Begin)
    }
}

impl Step for PollOwn {
    type Done = Mailbox;

    fn handle(&mut self, context: &mut Context, event: Event) -> Flow<Mailbox> {
        match &mut self.stage {
            Polling::Start if context.facts.subject.poll_by_status => self.figures(context),
            Polling::Start => {
                self.stage = Polling::Noop(Noop);
                self.handle(context, Event::Begin)
            }
            Polling::Noop(noop) => {
                self.count.note(&event);
                if noop.handle(context, event)?.is_none() {
                    return Ok(None);
                }
                self.figures(context)
            }
            Polling::Figures(figures) => {
                self.count.note(&event);
                let Some(told) = figures.handle(context, event)? else { return Ok(None) };
                self.told(context, told)
            }
            Polling::Examine(examine) => {
                let Some(selected) = examine.handle(context, event)? else { return Ok(None) };
                let of = context.facts.subject.id.clone();
                self.stage = Polling::Finding(Finding::reopened(of, selected, self.mailbox));
                self.handle(context, Event::Begin)
            }
            Polling::Finding(finding) => finding.handle(context, event),
        }
    }
}
