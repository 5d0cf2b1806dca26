//! The tasks: connect and open the mailbox, look for news, poll, log out; and the work that goes along.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::commands::{Logout, Noop};
use super::context::{Action, Context, Event, Flow, Reply, Step};
use super::enter::{Enter, Entered};
use super::facts::Facts;
use super::items::LookAtItems;
use super::list::Listing;
use super::look::{LookOwn, PollOwn};
use super::mailbox::count_after;
use super::notify::Notifying;
use super::own::{OpenOwn, ReopenOwn, is_open};
use super::question::Permit;
use crate::connection::task::{Connect, Mailbox, Opened, Outcome, OwnMailbox, Task, Work};
use crate::model::{Fault, Phase, Timer, WatchId};

/// How long a command's reply may take in this task.
pub(super) fn reply_limit(task: &Task, now: Instant) -> Duration {
    match task {
        Task::Connect(Connect { timers, .. }) | Task::Look { timers, .. } | Task::Poll { timers, .. } => {
            timers.limit(Timer::Reply)
        }
        Task::Logout { by } => by.saturating_duration_since(now),
    }
}

/// A task under way.
#[derive(Debug)]
pub struct TaskStep {
    /// Set where the connection is being made, once it is.
    opened: Option<Opened>,
    stage: Stage,
}

#[derive(Debug)]
enum Stage {
    /// The connection is made.
    Enter {
        enter: Box<Enter>,
        look_back: Option<WatchId>,
        own: OwnPlan,
        work: Work,
    },
    /// The own mailbox is looked at first.
    Look {
        look: LookOwn,
        work: Work,
    },
    /// The same, without IDLE.
    Poll {
        poll: PollOwn,
        work: Work,
    },
    /// It is not open: NOOP shows that the server lives.
    Noop {
        noop: Noop,
        known: Option<Mailbox>,
        work: Work,
    },
    /// The work that goes along.
    Work(Box<WorkStep>),
    Logout(Logout),
}

impl TaskStep {
    /// The task's step, and what is known of the connection once it is to be done.
    pub(super) fn new(mut task: Task, mut facts: Facts) -> (Self, Facts) {
        (facts.arrivals, facts.new) = match &mut task {
            Task::Connect(Connect { work, .. }) | Task::Look { work, .. } | Task::Poll { work, .. } => {
                (std::mem::take(&mut work.arrivals), std::mem::take(&mut work.new))
            }
            Task::Logout { .. } => Default::default(),
        };
        let stage = match task {
            Task::Connect(connect) => {
                let Connect { timers, known, watched, appeared, discovers, retry_refused, work } = connect;
                (facts.appeared, facts.discovers) = (appeared, discovers);
                let own = match work.own {
                    OwnMailbox::SetAside => OwnPlan::SetAside,
                    OwnMailbox::Open | OwnMailbox::Reopen => OwnPlan::Open { known, watched },
                };
                // Once a run, while the network causes a delay anyway.
                let look_back = (facts.subject.looks_back && known.is_none()).then(|| facts.subject.id.clone());
                let enter = Box::new(Enter::new(timers.limit(Timer::Connect), retry_refused));
                Stage::Enter { enter, look_back, own, work }
            }
            Task::Look { known, promised, again, changed, work, .. } => {
                match known.filter(|_| own_is_open(&facts, &work)) {
                    Some(mailbox) => {
                        let id = facts.subject.id.clone();
                        Stage::Look { look: LookOwn::new(id, mailbox, promised, again, changed), work }
                    }
                    None => Stage::Work(Box::new(WorkStep::between(known, work))),
                }
            }
            Task::Poll { known, work, .. } => match known.filter(|_| own_is_open(&facts, &work)) {
                Some(mailbox) => Stage::Poll { poll: PollOwn::new(mailbox), work },
                None => Stage::Noop { noop: Noop, known, work },
            },
            Task::Logout { by } => Stage::Logout(Logout::by(by)),
        };
        (Self { opened: None, stage }, facts)
    }

    fn entered(&mut self, context: &mut Context, entered: &Entered, own: OwnPlan, work: Work) -> Flow<Outcome> {
        let replace = |permit: Permit| {
            let real = permit.clock.boottime(context.now);
            permit.token?.span.map(|span| span.replace(real, permit.chance))
        };
        self.opened = Some(Opened {
            // A discovery connection has nothing to idle for: it asks again, and ends once there is a mailbox.
            idles: context.facts.can("IDLE") && !context.facts.discovers,
            token: entered.permit.and_then(|permit| permit.token),
            replace: entered.permit.and_then(replace),
        });
        context.report_phase(Phase::Selecting);
        self.work(context, WorkStep::new(own, work))
    }

    fn work(&mut self, context: &mut Context, work: WorkStep) -> Flow<Outcome> {
        self.stage = Stage::Work(Box::new(work));
        self.handle(context, Event::Begin)
    }

    fn ready(&mut self, context: &Context, mailbox: Option<Mailbox>) -> Outcome {
        let facts = &context.facts;
        let opened = self.opened.take();
        Outcome::Ready { opened, open: facts.open.clone(), notify: facts.notify.clone(), mailbox }
    }
}

/// Whether the own mailbox is open, and stays so.
fn own_is_open(facts: &Facts, work: &Work) -> bool {
    work.own == OwnMailbox::Open && is_open(facts)
}

impl Step for TaskStep {
    type Done = Outcome;

    fn handle(&mut self, context: &mut Context, event: Event) -> Flow<Outcome> {
        match &mut self.stage {
            Stage::Enter { enter, look_back, own, work } => {
                if let Some(of) = look_back.take() {
                    context.actions.push_back(Action::LookBack(of));
                }
                let Some(entered) = enter.handle(context, event)? else { return Ok(None) };
                let (own, work) = (*own, std::mem::take(work));
                self.entered(context, &entered, own, work)
            }
            Stage::Look { look, work } => {
                let Some(mailbox) = look.handle(context, event)? else { return Ok(None) };
                let work = WorkStep::between(Some(mailbox), std::mem::take(work));
                self.work(context, work)
            }
            Stage::Poll { poll, work } => {
                let Some(mailbox) = poll.handle(context, event)? else { return Ok(None) };
                let work = WorkStep::between(Some(mailbox), std::mem::take(work));
                self.work(context, work)
            }
            Stage::Noop { noop, known, work } => {
                if noop.handle(context, event)?.is_none() {
                    return Ok(None);
                }
                let work = WorkStep::between(*known, std::mem::take(work));
                self.work(context, work)
            }
            Stage::Work(work) => {
                let Some(mailbox) = work.handle(context, event)? else { return Ok(None) };
                Ok(Some(self.ready(context, mailbox)))
            }
            Stage::Logout(logout) => Ok(logout.handle(context, event)?.map(|()| Outcome::LoggedOut)),
        }
    }

    fn failed(&mut self, fault: Fault) -> Result<Outcome, Fault> {
        Ok(match &self.stage {
            // The connection ends whatever the server answered.
            Stage::Logout(_) => Outcome::LoggedOut,
            Stage::Enter { .. } | Stage::Look { .. } | Stage::Poll { .. } | Stage::Noop { .. } | Stage::Work(_) => {
                Outcome::Failed(fault)
            }
        })
    }
}

/// What becomes of the own mailbox while there is work.
#[derive(Clone, Copy, Debug)]
enum OwnPlan {
    /// It is as it was.
    Leave(Option<Mailbox>),
    /// It is opened.
    Open { known: Option<Mailbox>, watched: bool },
    /// It is set aside.
    SetAside,
}

/// LIST and NOTIFY as far as they are wanted, the own mailbox where it is to be opened, the shared ones, and the own one
/// again.
#[derive(Debug)]
struct WorkStep {
    own: OwnPlan,
    work: Work,
    mailbox: Option<Mailbox>,
    /// So many messages came into the own mailbox while it stayed open, and were not looked at.
    came: u32,
    stage: WorkStage,
}

#[derive(Debug)]
enum WorkStage {
    Start,
    List(Listing),
    Notify(Notifying),
    Open(OpenOwn),
    Items(LookAtItems),
    Reopen(ReopenOwn),
    /// What came into the own mailbox meanwhile.
    Look(LookOwn),
}

impl WorkStep {
    const fn new(own: OwnPlan, work: Work) -> Self {
        let mailbox = match own {
            OwnPlan::Leave(mailbox) => mailbox,
            OwnPlan::Open { .. } | OwnPlan::SetAside => None,
        };
        Self { own, work, mailbox, came: 0, stage: WorkStage::Start }
    }

    /// On a connection that was in use already.
    fn between(known: Option<Mailbox>, work: Work) -> Self {
        let own = match work.own {
            OwnMailbox::Open => OwnPlan::Leave(known),
            OwnMailbox::Reopen => OwnPlan::Open { known, watched: false },
            OwnMailbox::SetAside => OwnPlan::SetAside,
        };
        Self::new(own, work)
    }

    fn go(&mut self, context: &mut Context, stage: WorkStage) -> Flow<Option<Mailbox>> {
        self.stage = stage;
        self.handle(context, Event::Begin)
    }

    fn notify(&mut self, context: &mut Context) -> Flow<Option<Mailbox>> {
        match self.work.notify.as_ref().map(Arc::clone) {
            Some(names) => self.go(context, WorkStage::Notify(Notifying::new(names))),
            None => self.open(context),
        }
    }

    fn open(&mut self, context: &mut Context) -> Flow<Option<Mailbox>> {
        match self.own {
            OwnPlan::Leave(_) => {}
            OwnPlan::Open { known, watched } if !context.facts.discovers => {
                return self.go(context, WorkStage::Open(OpenOwn::new(known, watched, self.work.shares)));
            }
            OwnPlan::Open { .. } | OwnPlan::SetAside => self.mailbox = None,
        }
        self.items(context)
    }

    fn items(&mut self, context: &mut Context) -> Flow<Option<Mailbox>> {
        let items = std::mem::take(&mut self.work.items);
        self.go(context, WorkStage::Items(LookAtItems::new(items)))
    }

    fn reopen(&mut self, context: &mut Context) -> Flow<Option<Mailbox>> {
        match self.mailbox {
            Some(known) if !is_open(&context.facts) => {
                let reopen = ReopenOwn::new(&context.facts, known, self.work.shares);
                self.go(context, WorkStage::Reopen(reopen))
            }
            Some(mailbox) if self.came > 0 => {
                // It was announced, and IDLE would not tell it again.
                let look = LookOwn::new(context.facts.subject.id.clone(), mailbox, self.came, false, false);
                self.go(context, WorkStage::Look(look))
            }
            mailbox => Ok(Some(mailbox)),
        }
    }

    /// Counts what comes into the own mailbox while it stays open, and other things are done.
    fn note(&mut self, context: &Context, event: &Event) {
        let others = match self.stage {
            WorkStage::Start | WorkStage::List(_) | WorkStage::Notify(_) | WorkStage::Items(_) => true,
            WorkStage::Open(_) | WorkStage::Reopen(_) | WorkStage::Look(_) => false,
        };
        if let (true, Some(mailbox), Event::Reply(Reply::Untagged(response))) = (others, &mut self.mailbox, event)
            && is_open(&context.facts)
            && let Some(exists) = count_after(response, mailbox.exists)
        {
            self.came = self.came.saturating_add(exists).saturating_sub(mailbox.exists);
            mailbox.exists = exists;
        }
    }
}

impl Step for WorkStep {
    type Done = Option<Mailbox>;

    fn handle(&mut self, context: &mut Context, event: Event) -> Flow<Option<Mailbox>> {
        self.note(context, &event);
        match &mut self.stage {
            WorkStage::Start => match self.work.list.as_ref().map(Arc::clone) {
                Some(entries) => self.go(context, WorkStage::List(Listing::new(entries))),
                None => self.notify(context),
            },
            WorkStage::List(listing) => match listing.handle(context, event)? {
                Some(()) => self.notify(context),
                None => Ok(None),
            },
            WorkStage::Notify(notifying) => match notifying.handle(context, event)? {
                Some(()) => self.open(context),
                None => Ok(None),
            },
            WorkStage::Open(open) => match open.handle(context, event)? {
                Some(mailbox) => {
                    self.mailbox = mailbox;
                    self.items(context)
                }
                None => Ok(None),
            },
            WorkStage::Items(items) => match items.handle(context, event)? {
                Some(()) => self.reopen(context),
                None => Ok(None),
            },
            WorkStage::Reopen(reopen) => reopen.handle(context, event),
            WorkStage::Look(look) => Ok(look.handle(context, event)?.map(Some)),
        }
    }
}
