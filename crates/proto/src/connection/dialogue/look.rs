//! The connection's own mailbox, which is open: looked at, and polled.

use super::commands::Noop;
use super::context::{Context, Event, Flow, Reply, Step};
use super::finding::Finding;
use super::mailbox::{Examine, Selected, count_after};
use super::own::{count, own_name};
use super::unseen::CountUnseen;
use crate::connection::task::Mailbox;
use crate::model::{FaultClass, WatchId};
use crate::response::Response;

/// Messages that an event says are gone.
fn expunged(event: &Event) -> u32 {
    match event {
        Event::Reply(Reply::Untagged(Response::Expunge(_))) => 1,
        Event::Reply(Reply::Untagged(Response::Vanished(gone))) => *gone,
        Event::Reply(_) | Event::Begin | Event::Answer(_) => 0,
    }
}

/// Looks for news in the own mailbox.
#[derive(Debug)]
pub(super) struct LookOwn {
    id: WatchId,
    mailbox: Mailbox,
    /// So many messages came since the last look, by the server's count; less those that are gone again.
    promised: u32,
    /// The first UID that was not looked at before.
    from: u32,
    /// Whether the unseen messages are to be counted.
    changed: bool,
    /// Whether the mailbox was opened again,
    again: bool,
    /// because less came than was promised.
    lacks: bool,
    stage: Looking,
}

#[derive(Debug)]
enum Looking {
    Start,
    /// It may be another one by now.
    Examine(Examine),
    /// What is new,
    News(Finding),
    /// where that is less than was promised, what is gone again,
    Noop(Noop),
    /// the unseen ones,
    Unseen(CountUnseen),
    /// and what came while they were asked for.
    More(Finding),
}

impl LookOwn {
    /// `promised`: so many messages at least came since the last look. `again`: it is opened again first. `changed`: the
    /// unseen messages are to be counted.
    pub(super) const fn new(id: WatchId, mailbox: Mailbox, promised: u32, again: bool, changed: bool) -> Self {
        let from = mailbox.uidnext;
        Self { id, mailbox, promised, from, changed, again, lacks: false, stage: Looking::Start }
    }

    fn go(&mut self, context: &mut Context, stage: Looking) -> Flow<Mailbox> {
        self.stage = stage;
        self.handle(context, Event::Begin)
    }

    /// Messages that were promised and not found.
    const fn missing(&self) -> u32 {
        // Each has a UID of its own.
        self.promised.saturating_sub(self.mailbox.uidnext.saturating_sub(self.from))
    }

    fn examine(&mut self, context: &mut Context) -> Flow<Mailbox> {
        self.again = true;
        let examine = Examine::new(own_name(context));
        self.go(context, Looking::Examine(examine))
    }

    /// News was looked for.
    fn looked(&mut self, context: &mut Context) -> Flow<Mailbox> {
        if self.missing() > 0 && !self.again {
            return self.go(context, Looking::Noop(Noop));
        }
        self.count_unseen(context)
    }

    fn count_unseen(&mut self, context: &mut Context) -> Flow<Mailbox> {
        if !self.changed {
            return Ok(Some(self.mailbox));
        }
        let unseen = CountUnseen::new(self.mailbox.exists);
        self.go(context, Looking::Unseen(unseen))
    }
}

impl Step for LookOwn {
    type Done = Mailbox;

    fn handle(&mut self, context: &mut Context, event: Event) -> Flow<Mailbox> {
        self.promised = self.promised.saturating_sub(expunged(&event));
        match &mut self.stage {
            Looking::Start if self.again => self.examine(context),
            Looking::Start => {
                let news = Finding::news(self.id.clone(), self.mailbox, false).promised(self.promised);
                self.go(context, Looking::News(news))
            }
            Looking::Examine(examine) => {
                let Some(selected) = examine.handle(context, event)? else { return Ok(None) };
                // What was there and accounted for.
                let exists = self.mailbox.exists.saturating_sub(self.missing());
                let lacks = self.lacks && selected.exists > exists;
                let known = Mailbox { exists, ..self.mailbox };
                let Mailbox { exists: before, uidvalidity, uidnext, .. } = self.mailbox;
                // Where it is as it was, pushes have kept up with it.
                self.changed |= selected != Selected { exists: before, uidvalidity, uidnext: Some(uidnext) };
                let news = Finding::reopened(self.id.clone(), selected, known, lacks);
                self.go(context, Looking::News(news))
            }
            Looking::News(news) => {
                match news.handle(context, event) {
                    Ok(Some(mailbox)) => self.mailbox = mailbox,
                    Ok(None) => return Ok(None),
                    // Without known news a refusal is no reason to drop a connection that answers. The next look asks
                    // again.
                    Err(fault) if !self.changed && self.promised == 0 && fault.class == FaultClass::Protocol => {
                        self.mailbox = news.mailbox();
                        context.report_fault(fault);
                        return self.count_unseen(context);
                    }
                    Err(fault) => return Err(fault),
                }
                self.looked(context)
            }
            Looking::Noop(noop) => {
                if let Event::Reply(Reply::Untagged(response)) = &event
                    && let Some(exists) = count_after(response, self.mailbox.exists)
                {
                    self.mailbox.exists = exists;
                }
                if noop.handle(context, event)?.is_none() {
                    return Ok(None);
                }
                let (promised, missing) = (self.promised, self.missing());
                if missing == 0 {
                    return self.count_unseen(context);
                }
                context.contradiction(format!(
                    "EXISTS rose by {promised}, and {} came: the mailbox is opened again",
                    promised - missing
                ));
                self.lacks = true;
                self.examine(context)
            }
            Looking::Unseen(unseen) => {
                let Some(more) = count(context, &mut self.mailbox, unseen, event)? else { return Ok(None) };
                if !more {
                    return Ok(Some(self.mailbox));
                }
                let news = Finding::news(self.id.clone(), self.mailbox, false);
                self.go(context, Looking::More(news))
            }
            Looking::More(news) => news.handle(context, event),
        }
    }
}

/// Asks for news of the own mailbox on a server without IDLE: NOOP, then EXAMINE, because some servers' NOOP shows
/// nothing; where that is known of the provider, EXAMINE alone. Never STATUS: the mailbox is open.
#[derive(Debug)]
pub(super) struct PollOwn {
    mailbox: Mailbox,
    /// Messages at the last look.
    before: u32,
    stage: Polling,
}

#[derive(Debug)]
enum Polling {
    Start,
    Noop(Noop),
    /// The open mailbox may be a stale view: it is opened anew.
    Examine(Examine),
    Finding(Finding),
    Unseen(CountUnseen),
    /// What came while they were asked for.
    More(Finding),
}

impl PollOwn {
    pub(super) const fn new(mailbox: Mailbox) -> Self {
        Self { mailbox, before: mailbox.exists, stage: Polling::Start }
    }

    fn go(&mut self, context: &mut Context, stage: Polling) -> Flow<Mailbox> {
        self.stage = stage;
        self.handle(context, Event::Begin)
    }
}

impl Step for PollOwn {
    type Done = Mailbox;

    fn handle(&mut self, context: &mut Context, event: Event) -> Flow<Mailbox> {
        match &mut self.stage {
            Polling::Start if context.facts.subject.poll_by_status => {
                let examine = Examine::new(own_name(context));
                self.go(context, Polling::Examine(examine))
            }
            Polling::Start => self.go(context, Polling::Noop(Noop)),
            Polling::Noop(noop) => {
                let gone = expunged(&event);
                self.before = self.before.saturating_sub(gone);
                if noop.handle(context, event)?.is_none() {
                    return Ok(None);
                }
                let examine = Examine::new(own_name(context));
                self.go(context, Polling::Examine(examine))
            }
            Polling::Examine(examine) => {
                let Some(selected) = examine.handle(context, event)? else { return Ok(None) };
                let known = Mailbox { exists: self.before, ..self.mailbox };
                let finding = Finding::reopened(context.facts.subject.id.clone(), selected, known, false);
                self.go(context, Polling::Finding(finding))
            }
            Polling::Finding(finding) => {
                let Some(mailbox) = finding.handle(context, event)? else { return Ok(None) };
                self.mailbox = mailbox;
                self.go(context, Polling::Unseen(CountUnseen::new(mailbox.exists)))
            }
            Polling::Unseen(unseen) => {
                let Some(more) = count(context, &mut self.mailbox, unseen, event)? else { return Ok(None) };
                if !more {
                    return Ok(Some(self.mailbox));
                }
                let news = Finding::news(context.facts.subject.id.clone(), self.mailbox, false);
                self.go(context, Polling::More(news))
            }
            Polling::More(finding) => finding.handle(context, event),
        }
    }
}
