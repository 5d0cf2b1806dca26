//! A watch's driver: the one `select!` that moves bytes and time, and does what the machine wants done.
//!
//! Nothing is decided here, and nothing is awaited but the `select!`: whatever a server does, commands and deadlines are
//! heard.

mod connections;
mod elsewhere;
mod held;
mod shared;
mod sources;
mod waits;
mod way;

use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::{Instant, SystemTime};

use futures_util::future::BoxFuture;
use tokio::sync::mpsc;

use self::connections::{Connections, Happened as OnConnection};
use self::held::Held;
use self::shared::Shared;
use self::sources::{Happened as Outside, Sources};
use self::waits::{renewed, until};
use self::way::Way;
use crate::clock::now;
use crate::learned_timing::LearnedTiming;
use crate::network::has_moved;
use crate::publish::{Report, StatusPublisher};
use crate::shared_mailbox::SharedMailbox;
use crate::task::{Step, TaskContext};
use crate::watch_handle::{Finished, WatchNotice, WatchOrder};
use mailwatch_proto::model::{Fault, WatchId};
use mailwatch_proto::view::Timed;
use mailwatch_proto::watch::{self, Input, Output, Watch};

/// Inputs that a watch takes without a pause between them before others get their turn: a server that floods delays another
/// account by milliseconds.
const TURN: usize = 64;

/// Mails that may wait for room in the front end's queue before the next are looked for: those of one look. The server keeps
/// the others meanwhile; they would fill this program's memory.
const WAITING: usize = 5000;

pub use self::connections::Numbers;
pub use self::sources::Sources as WatchSources;

/// Drives one watch.
pub struct Driver {
    watch: Watch,
    context: TaskContext,
    publisher: StatusPublisher,
    shared: Shared,
    sources: Sources,
    connections: Connections,
    /// The account's token is asked for.
    renewal: Option<BoxFuture<'static, Result<bool, Fault>>>,
    notices: mpsc::UnboundedSender<WatchNotice>,
    way: Way,
    held: Held,
}

/// What woke a driver.
enum Happened {
    Due,
    Outside(Outside),
    Room,
    Shared(WatchId, mailwatch_proto::model::Command),
    Connection(OnConnection),
    Renewed(Result<bool, Fault>),
}

impl std::fmt::Debug for Driver {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Driver").field("watch", &self.watch).finish_non_exhaustive()
    }
}

impl Driver {
    /// Of a watch that has not begun.
    #[must_use]
    pub fn new(
        watch: Watch,
        context: TaskContext,
        publisher: StatusPublisher,
        sources: Sources,
        notices: mpsc::UnboundedSender<WatchNotice>,
    ) -> Self {
        let mut driver = Self {
            watch,
            context,
            publisher,
            shared: Shared::default(),
            sources,
            connections: Connections::default(),
            renewal: None,
            notices,
            way: Way::default(),
            held: Held::default(),
        };
        if driver.sources.learns() {
            driver.tell_learned(now());
        }
        driver
    }

    /// Watches until the program ends.
    pub async fn run(&mut self) {
        for order in self.sources.pending_orders() {
            self.order(order, now());
        }
        let begun = now();
        self.watch.begin(begun);
        self.obey(begun);
        let mut unbroken = 0;
        loop {
            let sent = if self.held.must_send() { self.send().await } else { None };
            self.publish(now());
            if self.watch.is_over() {
                return;
            }
            if unbroken == TURN {
                unbroken = 0;
                tokio::task::yield_now().await;
            }
            unbroken += 1;
            let happened = if let Some(happened) = sent {
                happened
            } else {
                let mut next = pin!(self.next());
                let next = poll_fn(|cx| {
                    let polled = next.as_mut().poll(cx);
                    if polled.is_pending() {
                        unbroken = 0;
                    }
                    polled
                });
                next.await
            };
            self.take(happened, now());
        }
    }

    /// Lets the connections send, without waiting for anything.
    async fn send(&mut self) -> Option<Happened> {
        let mut next = pin!(self.next());
        poll_fn(|cx| match next.as_mut().poll(cx) {
            Poll::Ready(happened) => Poll::Ready(Some(happened)),
            Poll::Pending => Poll::Ready(None),
        })
        .await
    }

    /// Ends; returns what is left of it.
    #[must_use]
    pub fn into_finished(self) -> Finished {
        let Self { watch, publisher, mut shared, .. } = self;
        let remains = watch.into_remains();
        let shared = remains.shared.into_iter().filter_map(|mailbox| shared.part(mailbox)).collect();
        Finished { report: Report { view: remains.view, publisher }, known: remains.known, shared }
    }

    /// Goes on after a panic in the watch's own code.
    pub fn recover(&mut self) {
        self.renewal = None;
        let at = now();
        self.watch.recover(at);
        self.obey(at);
        let watch = &self.watch;
        self.connections.keep(|conn| watch.connections().any(|connection| connection.id() == conn));
    }

    async fn next(&mut self) -> Happened {
        let due = self.watch.due(now());
        let behind = self.publisher.is_behind() || self.shared.is_behind();
        let Self { watch, publisher, shared, sources, connections, renewal, .. } = self;
        let (stop, stopping) = (sources.stop().clone(), watch.is_stopping());
        tokio::select! {
            // Deadlines and commands first: a flood of bytes starves neither.
            biased;
            () = stop.cancelled(), if !stopping => Happened::Outside(Outside::Stop),
            () = until(due) => Happened::Due,
            outside = sources.next() => Happened::Outside(outside),
            () = publisher.publisher().room(), if behind => Happened::Room,
            (id, command) = shared.next() => Happened::Shared(id, command),
            happened = connections.next(watch) => Happened::Connection(happened),
            renewed = renewed(renewal) => Happened::Renewed(renewed),
        }
    }

    fn take(&mut self, happened: Happened, now: Instant) {
        for (conn, heard) in self.connections.heard() {
            self.watch.handle(now, Input::Heard(conn, heard));
        }
        match happened {
            Happened::Due => self.feed(Input::Tick, now),
            Happened::Outside(outside) => self.outside(outside, now),
            Happened::Room => {
                self.publisher.relieve();
                self.shared.relieve();
                if !self.is_far_behind() {
                    self.connections.start_waiting(&self.context);
                }
            }
            Happened::Shared(id, command) => self.feed(Input::SharedCommand(id, command), now),
            Happened::Connection(happened) => self.on_connection(happened, now),
            Happened::Renewed(renewed) => {
                self.renewal = None;
                self.feed(Input::Renewed(renewed), now);
            }
        }
    }

    fn is_far_behind(&self) -> bool {
        self.publisher.waiting() + self.shared.waiting() > WAITING
    }

    fn on_connection(&mut self, happened: OnConnection, now: Instant) {
        match happened {
            OnConnection::Step(conn, Step::Progress(of, progress)) => {
                self.feed(Input::Progress(conn, of, Box::new(progress)), now);
            }
            OnConnection::Step(conn, Step::Ended(outcome, connection)) => {
                let (tag, proxy) = self.connections.ended(conn, connection);
                if let Some(heard) = self.connections.heard_on(conn) {
                    self.watch.handle(now, Input::Heard(conn, heard));
                }
                self.feed(Input::Finished(conn, watch::Finished { outcome, tag, proxy }), now);
            }
            OnConnection::Incoming(conn, Ok(incoming)) => self.feed(Input::Incoming(conn, incoming), now),
            OnConnection::Incoming(conn, Err((fault, ending))) => self.feed(Input::Broken(conn, fault, ending), now),
            OnConnection::RoomNeeded(conn) => self.feed(Input::RoomNeeded(conn), now),
        }
    }

    fn outside(&mut self, outside: Outside, now: Instant) {
        match outside {
            Outside::Stop => self.feed(Input::Stop, now),
            Outside::Command(command) => self.feed(Input::Command(command), now),
            Outside::Order(order) => self.order(order, now),
            Outside::Learned => self.tell_learned(now),
            Outside::Elsewhere(of, done) => self.elsewhere(&of, done, now),
            Outside::Configured(configured) => self.feed(Input::Configured(configured), now),
            Outside::System { days, slept, clock_set, rerouted } => {
                if days {
                    self.feed(Input::NewDay, now);
                }
                if let Some((count, slept)) = slept {
                    self.context.state.woke(count, slept);
                    self.feed(Input::Clock(self.context.state.boot_clock()), now);
                    self.feed(Input::Slept(slept), now);
                }
                if clock_set {
                    self.feed(Input::ClockSet, now);
                }
                if rerouted {
                    let active = self.watch.active().map(mailwatch_proto::connection::Connection::id);
                    let tcp = active.and_then(|conn| self.connections.tcp(conn));
                    let moved = match active {
                        Some(_) => tcp.is_some_and(has_moved),
                        // Where the way to the server was never known, this may be it.
                        None => self.way.changed(self.watch.now().connection.server.addr),
                    };
                    self.feed(Input::Rerouted { moved }, now);
                }
            }
        }
    }

    fn order(&mut self, order: WatchOrder, now: Instant) {
        match order {
            WatchOrder::Share(mailbox) => {
                let SharedMailbox { mailbox, publisher, commands, key } = *mailbox;
                self.shared.insert(mailbox.id().clone(), publisher, commands, key);
                self.feed(Input::Share(Box::new(mailbox)), now);
            }
            WatchOrder::TakeBack(id) => {
                let mailbox = self.watch.give_back(&id, now);
                self.obey(now);
                self.tell();
                let mailbox = mailbox.and_then(|mailbox| self.shared.part(mailbox)).map(Box::new);
                // An allocator that has ended wants nothing back.
                let _ = self.notices.send(WatchNotice::TakenBack(*id, mailbox));
            }
            WatchOrder::List => self.feed(Input::List, now),
            WatchOrder::Reconnect => self.feed(Input::Again, now),
            WatchOrder::Connect => self.feed(Input::Room, now),
            WatchOrder::UserActs => self.feed(Input::UserActs, now),
        }
    }

    /// Hands the machine an input and does what follows.
    fn feed(&mut self, input: Input, now: Instant) {
        self.watch.handle(now, input);
        self.obey(now);
    }

    /// Does all that the machine wants done.
    fn obey(&mut self, now: Instant) {
        while let Some(output) = self.watch.poll() {
            match output {
                Output::Notice(of, notice) => {
                    if self.held.keep(of, notice) {
                        self.tell();
                    }
                }
                Output::Start(conn, task) => {
                    self.held.sends();
                    let must_wait = self.is_far_behind();
                    self.connections.start(conn, task, must_wait, &self.context);
                }
                Output::Send(conn, line) => {
                    self.held.sends();
                    self.connections.send(conn, line);
                }
                Output::Sample(conn) => {
                    let seen = self.connections.sample(conn);
                    self.watch.handle(now, Input::Sampled(conn, seen));
                }
                Output::UserTimeout(conn, limit) => self.connections.limit(conn, limit),
                Output::Notify(conn, notify) => self.connections.notify(conn, notify),
                Output::Drop(conn) => self.connections.drop(conn),
                Output::Offer(conn) => self.connections.offer(conn, &self.context),
                Output::Withdraw(conn) => self.connections.withdraw(conn, &self.context),
                Output::AskPermit => {
                    let granted = self.connections.reserve(&self.context);
                    self.watch.handle(now, Input::Permit(granted));
                }
                Output::Renew(serial) => {
                    let (account, secrets) = (Arc::clone(&self.context.state), Arc::clone(&self.context.secrets));
                    self.renewal = Some(Box::pin(async move { account.renew(serial, &secrets).await }));
                }
                Output::DropRenewal => self.renewal = None,
                Output::Learn(preset) => {
                    self.context.state.load_learned(&self.context.history, preset);
                    self.tell_learned(now);
                }
                Output::Listed(names) => {
                    // An allocator that is gone wants no more of it.
                    let _ = self.notices.send(WatchNotice::Listed { by: self.context.id.clone(), names });
                }
                Output::Limited { supposed } => {
                    self.context.state.connections.make_room();
                    let _ = self.notices.send(WatchNotice::Limited { id: self.context.id.clone(), supposed });
                }
            }
        }
    }

    /// What was learned so far. Nothing, until it has been read.
    fn tell_learned(&mut self, now: Instant) {
        let learned = {
            let LearnedTiming::Known(tuning) = &*self.sources.learned() else { return };
            let at = SystemTime::now();
            let value = self.context.state.reissue(tuning, &self.context.id.mailbox, at);
            Input::Learned { value, ceiling: tuning.ceiling(at) }
        };
        self.feed(learned, now);
    }

    /// Tells what was kept.
    fn tell(&mut self) {
        for (of, notice) in self.held.take() {
            self.notice(of.as_ref(), notice);
        }
    }

    fn notice(&mut self, of: Option<&WatchId>, notice: Timed) {
        let publisher = match of {
            Some(id) => self.shared.publisher(id),
            None => Some(&mut self.publisher),
        };
        let Some(outcome) = publisher.and_then(|publisher| publisher.take(notice)) else { return };
        self.context.state.learn(&outcome);
        self.publisher.publisher().change(|board| {
            let ages = board.ages.entry(Arc::clone(&self.context.id.account)).or_default();
            Arc::make_mut(ages).note(outcome.age, outcome.fate.end(outcome.took));
        });
    }

    /// Puts what changed on the board.
    fn publish(&mut self, now: Instant) {
        self.watch.present(now);
        self.obey(now);
        self.tell();
        self.context.sightings.knows(&self.context.key, self.watch.cadence());
        self.publisher.show(self.watch.view());
        for mailbox in self.watch.shared() {
            let id = mailbox.id().clone();
            if let Some(publisher) = self.shared.publisher(&id) {
                publisher.show(&mut mailbox.view);
            }
        }
    }
}
