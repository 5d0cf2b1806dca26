//! The task of an account: starts and ends its watches as the allocation says. The one path for start, end and reload.

mod loans;
mod more;
mod orders;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use self::more::More;
pub use self::orders::{AllocatorHandle, AllocatorOrder};
use crate::clock::now;
use crate::lending::LoanOrder;
use crate::link::Commands;
use crate::publish::Report;
use crate::shared_mailbox::SharedMailbox;
use crate::told_mails::{Told, ToldByWatch};
use crate::watch_factory::WatchFactory;
use crate::watch_handle::{Finished, WatchHandle, WatchInit, WatchNotice, WatchOrder};
use mailwatch_proto::allocation::{Allocation, Given, Input, Loan, Output};
use mailwatch_proto::configured_timers::ConfiguredTimers;
use mailwatch_proto::connection::task::Appeared;
use mailwatch_proto::model::{Event, EventKind, Phase, WatchId};

/// How long the end of a watch may take before it is dropped.
const STOP_WITHIN: Duration = Duration::from_millis(1900);

/// An account's allocator.
#[derive(Debug)]
pub struct Allocator {
    allocation: Allocation,
    factory: WatchFactory,
    /// The timers for the watches, and those that a reload brings once what it ends has ended.
    config: watch::Sender<ConfiguredTimers>,
    next_config: Option<ConfiguredTimers>,
    watches: BTreeMap<WatchId, WatchHandle>,
    /// When those that end are dropped.
    deadlines: BTreeMap<WatchId, Instant>,
    /// Shared mailboxes that no connection has.
    in_hand: BTreeMap<WatchId, Box<SharedMailbox>>,
    told: ToldByWatch,
    /// The ways for commands that were made with the link.
    commands: BTreeMap<WatchId, Commands>,
    notices: mpsc::UnboundedSender<WatchNotice>,
    running: watch::Sender<BTreeSet<WatchId>>,
    /// Answers to reloads that are under way.
    waiting: Vec<oneshot::Sender<()>>,
    /// When a connection more than the server allowed is tried.
    more: More,
    /// Who wait for a connection that is to be lent, in the order of their wishes.
    borrowers: VecDeque<oneshot::Sender<Loan>>,
    /// Names the watches that have ended, once everything ends.
    ended: Option<mpsc::UnboundedSender<WatchId>>,
}

impl Allocator {
    /// Starts the watches of these `mailboxes`, and the task that goes on with them. `told` is what was told before;
    /// `commands` are the ways for commands that there are already.
    #[must_use]
    pub fn start(
        factory: WatchFactory,
        config: watch::Sender<ConfiguredTimers>,
        mailboxes: &[String],
        (told, commands): (ToldByWatch, BTreeMap<WatchId, Commands>),
        loans: mpsc::UnboundedReceiver<LoanOrder>,
    ) -> AllocatorHandle {
        let (notices, receiver) = mpsc::unbounded_channel();
        let (orders, orders_receiver) = mpsc::unbounded_channel();
        let account = &factory.state.account;
        let (running, runs) = watch::channel(BTreeSet::new());
        // What was met with another configuration says nothing of this one.
        factory.context.publisher.change(|board| {
            board.connection_limits.remove(&*account.name);
        });
        let mut allocator = Self {
            allocation: Allocation::new(&account.name, mailboxes, account.max_connections),
            factory,
            config,
            next_config: None,
            watches: BTreeMap::new(),
            deadlines: BTreeMap::new(),
            in_hand: BTreeMap::new(),
            told,
            commands,
            notices,
            running,
            waiting: Vec::new(),
            more: More::default(),
            borrowers: VecDeque::new(),
            ended: None,
        };
        allocator.perform();
        AllocatorHandle::new(orders, runs, tokio::spawn(allocator.run(orders_receiver, receiver, loans)))
    }

    async fn run(
        mut self,
        mut orders: mpsc::UnboundedReceiver<AllocatorOrder>,
        mut notices: mpsc::UnboundedReceiver<WatchNotice>,
        mut loans: mpsc::UnboundedReceiver<LoanOrder>,
    ) -> ToldByWatch {
        while !self.allocation.is_stopped() {
            let deadline = self.deadlines.values().min().copied();
            let more = self.more.due();
            tokio::select! {
                biased;
                Some(notice) = notices.recv() => self.notice(notice),
                Some(order) = orders.recv() => self.order(order),
                Some(order) = loans.recv() => self.loan(order),
                () = until(deadline) => self.drop_late(&mut notices).await,
                () = until(more) => {
                    self.more.tried(Instant::now());
                    self.allocation.handle(Input::TryMore);
                }
            }
            self.perform();
        }
        for shared in std::mem::take(&mut self.in_hand).into_values() {
            self.remember(*shared);
        }
        self.told
    }

    fn order(&mut self, order: AllocatorOrder) {
        match order {
            AllocatorOrder::Configure { mailboxes, config, earlier, done } => {
                self.factory.earlier = earlier;
                self.next_config = Some(*config);
                self.waiting.push(done);
                for watch in self.watches.values() {
                    // One that has ended takes no order.
                    let _ = watch.orders.send(WatchOrder::UserActs);
                }
                self.allocation.handle(Input::Configure(mailboxes));
            }
            AllocatorOrder::Stop { ended } => {
                self.ended = Some(ended);
                self.allocation.handle(Input::Stop);
            }
        }
    }

    fn notice(&mut self, notice: WatchNotice) {
        match notice {
            WatchNotice::Listed { by, mut names } => {
                self.factory.state.note_spellings(std::mem::take(&mut names.written));
                self.allocation.handle(Input::Listed { by, names, at: SystemTime::now() });
            }
            WatchNotice::TakenBack(id, shared) => {
                let given = shared.map(|shared| self.take(*shared).1);
                self.allocation.handle(Input::TakenBack(id, given));
            }
            WatchNotice::Limited { id, supposed } => self.limited(id, supposed),
            WatchNotice::Finished(id, finished) => self.finished(id, *finished),
        }
    }

    /// The server allows fewer connections: what it refused shares one that stands, and one more is tried later.
    fn limited(&mut self, id: WatchId, supposed: bool) {
        let standing = self.standing(Some(&id));
        if supposed && standing.is_empty() {
            return;
        }
        self.refused(&standing);
        self.allocation.handle(Input::Limited { id, standing });
    }

    /// Keeps a shared mailbox until the allocation gives it a connection.
    fn take(&mut self, shared: SharedMailbox) -> (WatchId, Given) {
        let (id, given) = (shared.id().clone(), Given { known: shared.known() });
        self.in_hand.insert(id.clone(), Box::new(shared));
        (id, given)
    }

    fn finished(&mut self, id: WatchId, finished: Finished) {
        let Some(watch) = self.watches.remove(&id) else { return };
        self.deadlines.remove(&id);
        let Finished { mut report, known, shared } = finished;
        self.told.insert(watch.key.clone(), report.take_told());
        let shared = shared.into_iter().map(|shared| self.take(shared)).collect();
        self.gone(&id);
        self.allocation.handle(Input::Ended { id: id.clone(), known, shared });
        self.perform_with(Some((id, report)));
    }

    /// Drops the watches that did not end in time, and what they served.
    async fn drop_late(&mut self, notices: &mut mpsc::UnboundedReceiver<WatchNotice>) {
        let now = Instant::now();
        let late: Vec<WatchId> = self.deadlines.extract_if(.., |_, at| *at <= now).map(|(id, _)| id).collect();
        for id in late {
            let Some(watch) = self.watches.get_mut(&id) else { continue };
            tracing::warn!(watch = %id, "a connection did not end in time and was dropped");
            watch.task.abort();
            let _ = (&mut watch.task).await;
            // What it reported in its last moment counts; after this nothing comes from it.
            while let Ok(notice) = notices.try_recv() {
                self.notice(notice);
            }
            if self.watches.remove(&id).is_some() {
                self.gone(&id);
                self.allocation.handle(Input::Ended { id, known: None, shared: Vec::new() });
            }
        }
    }

    fn gone(&self, id: &WatchId) {
        if let Some(ended) = &self.ended {
            // The engine may not listen.
            let _ = ended.send(id.clone());
        }
    }

    fn perform(&mut self) {
        self.perform_with(None);
    }

    /// Does what the allocation wants. `last` is what a watch that has just ended has left.
    fn perform_with(&mut self, mut last: Option<(WatchId, Report)>) {
        while let Some(output) = self.allocation.poll() {
            match output {
                Output::Start { id, appeared } => {
                    self.factory.state.lead_with(&id.mailbox);
                    let init = self.init(&id, appeared);
                    self.begin(id, init);
                }
                Output::Promote(id) => {
                    if let Some(shared) = self.in_hand.remove(&id) {
                        let init = WatchFactory::promoted(*shared);
                        self.begin(id, init);
                    }
                }
                Output::Discover(id) => {
                    let init = WatchInit { discovers: true, ..self.init(&id, None) };
                    self.begin(id, init);
                }
                Output::End(id) => self.end(id),
                Output::Share { id, over, appeared } => {
                    self.take_config();
                    let (commands, told) = (self.open(&id), self.take_told(&id));
                    let shared = self.factory.shared(&id, commands, appeared, told);
                    self.ask(&over, WatchOrder::Share(shared));
                }
                Output::ShareAgain { id, over } => {
                    if let Some(mut shared) = self.in_hand.remove(&id) {
                        shared.mailbox.forget_look();
                        self.ask(&over, WatchOrder::Share(shared));
                    }
                }
                Output::TakeBack { id, from } => self.ask(&from, WatchOrder::TakeBack(Box::new(id))),
                Output::List(id) => self.ask(&id, WatchOrder::List),
                Output::Reconnect(id) => self.ask(&id, WatchOrder::Reconnect),
                Output::Connect(id) => self.ask(&id, WatchOrder::Connect),
                Output::Leave { id, vanished } => {
                    let report = last.take_if(|(of, _)| *of == id).map(|(_, report)| report);
                    self.leave(&id, vanished, report);
                }
                Output::Lent(loan) => self.lent(loan),
                Output::Tell(of, kind) => self.tell(of, kind),
            }
        }
        if self.allocation.is_settled() {
            self.take_config();
            for done in self.waiting.drain(..) {
                // The engine may not wait.
                let _ = done.send(());
            }
        }
        self.running.send_if_modified(|running| {
            let changed = !running.iter().eq(self.watches.keys());
            if changed {
                *running = self.watches.keys().cloned().collect();
            }
            changed
        });
    }

    /// Applies the timers of the last reload. The watches that the reload ends have ended by now, and report no change.
    fn take_config(&mut self) {
        if let Some(config) = self.next_config.take() {
            self.config.send_if_modified(|old| std::mem::replace(old, config) != config);
        }
    }

    fn init(&mut self, id: &WatchId, appeared: Option<Appeared>) -> WatchInit {
        self.take_config();
        let (commands, told) = (self.open(id), self.take_told(id));
        self.factory.init(id, commands, appeared, told)
    }

    fn open(&mut self, id: &WatchId) -> Commands {
        self.commands.remove(id).unwrap_or_else(|| self.factory.context.publisher.open(id))
    }

    /// What was told by the last watch of this mailbox in this run; in the first is new what is from the runs before.
    fn take_told(&mut self, id: &WatchId) -> Told {
        let key = self.factory.key(id);
        self.told.remove(&key).unwrap_or_else(|| {
            let new = self.factory.earlier.new.get(&key).cloned().unwrap_or_default();
            Told { new, ..Told::default() }
        })
    }

    fn begin(&mut self, id: WatchId, init: WatchInit) {
        let init = WatchInit { entries: self.allocation.listed_entries().map(Arc::from), ..init };
        let watch = self.factory.start(&id, init, self.notices.clone(), CancellationToken::new());
        self.watches.insert(id, watch);
    }

    fn end(&mut self, id: WatchId) {
        let Some(watch) = self.watches.get(&id) else { return };
        watch.stop.cancel();
        if self.ended.is_none() {
            // While everything ends, commands still find the watch, and are refused as too late.
            self.factory.context.publisher.close([&id]);
        }
        self.deadlines.insert(id, Instant::now() + STOP_WITHIN);
    }

    /// A watch that has ended takes no order; its last notice brings back what it served.
    fn ask(&self, id: &WatchId, order: WatchOrder) {
        if let Some(watch) = self.watches.get(id) {
            let _ = watch.orders.send(order);
        }
    }

    fn leave(&mut self, id: &WatchId, vanished: bool, report: Option<Report>) {
        let shared = self.in_hand.remove(id);
        if vanished && let Some(mut report) = report {
            report.phase(Phase::Ended, now());
        }
        if let Some(shared) = shared {
            let key = shared.key.clone();
            let (mut report, ..) = shared.into_parts();
            if vanished {
                report.phase(Phase::Ended, now());
            }
            self.told.insert(key, report.take_told());
        }
        let publisher = &self.factory.context.publisher;
        publisher.close([id]);
        publisher.change(|board| {
            board.watches.remove(id);
        });
    }

    fn remember(&mut self, shared: SharedMailbox) {
        let key = shared.key.clone();
        self.told.insert(key, shared.into_parts().0.take_told());
    }

    fn tell(&self, of: WatchId, kind: EventKind) {
        let event = Event { ts: SystemTime::now(), at: now(), watch: Some(of), conn: None, kind };
        self.factory.context.publisher.publish(event);
    }
}

async fn until(deadline: Option<Instant>) {
    match deadline {
        Some(at) => tokio::time::sleep_until(at).await,
        None => std::future::pending().await,
    }
}
