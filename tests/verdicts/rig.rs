//! An engine on a dialler, and a front end that remembers what it was told.

use std::sync::Arc;
use std::time::Duration;

use imap_misbehave::{Encryption, Listening, NewMessage, Scenario, Server};
use mailwatch_engine::dial::{Dial, Dialler};
use mailwatch_engine::history::History;
use mailwatch_engine::link::{FrontEnd, link};
use mailwatch_engine::secret::{AccountSecrets, TypedPasswords};
use mailwatch_engine::{Engine, Parts, watch_ids};
use mailwatch_proto::model::{
    Account, Command, ConnId, Event, EventKind, Evidence, Origin, Phase, Snapshot, Timer, Verdict, WatchId,
};
use tokio::time::{Instant, timeout};

use crate::counted::{Count, Counted};
use crate::{MINUTE, S};

/// Long enough for a busy machine, short enough for a hang to be seen.
pub const BOUND: Duration = Duration::from_secs(20);

pub struct Rig {
    pub events: Vec<Event>,
    /// The engine's connections.
    pub count: Count,
    engine: Engine,
    front: FrontEnd,
    watches: Vec<WatchId>,
}

impl Rig {
    pub async fn start(account: Account, dial: impl Dial + 'static) -> Self {
        let (accounts, count) = (vec![account], Count::default());
        let watches: Vec<WatchId> = watch_ids(&accounts).collect();
        // With the trace, as a screen has it: only then what is over is kept on the board.
        let link = link(watches.clone(), 100_000, true);
        let engine = Engine::start(Parts {
            accounts,
            secrets: Arc::new(AccountSecrets::new(Arc::new(Dialler::new()), TypedPasswords::default())),
            dial: Arc::new(Counted { dial, count: count.clone() }),
            governor: mailwatch_engine::login_governor::LoginGovernor::in_process(),
            history: History::in_process(),
            publisher: link.publisher,
            commands: link.commands,
            confirmed: link.confirmed,
        })
        .await;
        Self { events: Vec::new(), count, engine, front: link.front_end, watches }
    }

    /// The next event, within a bound.
    pub async fn event(&mut self, within: Duration) -> Option<Event> {
        let event = timeout(within, self.front.event()).await.ok().flatten()?;
        if let (EventKind::NewMail(mail), Some(watch)) = (&event.kind, &event.watch) {
            self.front.confirm(mail.key(watch));
        }
        self.events.push(event.clone());
        Some(event)
    }

    /// Reads events until one fits.
    #[track_caller]
    pub fn until<'a>(
        &'a mut self,
        within: Duration,
        what: &'a str,
        fits: impl Fn(&EventKind) -> bool + 'a,
    ) -> impl Future<Output = Event> + 'a {
        let caller = std::panic::Location::caller();
        async move {
            let by = Instant::now() + within;
            loop {
                match self.event(by.saturating_duration_since(Instant::now())).await {
                    Some(event) if fits(&event.kind) => return event,
                    Some(_) => {}
                    None => panic!("{caller}: no {what} within {within:?}; events:\n{}", self.told()),
                }
            }
        }
    }

    pub async fn idling(&mut self) -> ConnId {
        let event =
            self.until(BOUND, "idling", |kind| matches!(kind, EventKind::Phase { to: Phase::Idling, .. })).await;
        event.conn.expect("a phase has its connection")
    }

    /// The next stall: its connection, its verdict, how long it was waited, its evidence.
    pub async fn stall(&mut self) -> (ConnId, Verdict, Duration, Evidence) {
        let event = self.until(BOUND, "a stall", |kind| matches!(kind, EventKind::Stalled { .. })).await;
        match (event.conn, event.kind) {
            (Some(conn), EventKind::Stalled { verdict, waited, evidence }) => (conn, verdict, waited, evidence),
            other => panic!("{other:?}"),
        }
    }

    /// The next replacement: the old connection, the new, how long it was blind.
    pub async fn replaced(&mut self) -> (ConnId, ConnId, Duration) {
        let event = self.until(BOUND, "a replacement", |kind| matches!(kind, EventKind::Replaced { .. })).await;
        match (event.conn, event.kind) {
            (Some(conn), EventKind::Replaced { by, blind }) => (conn, by, blind),
            other => panic!("{other:?}"),
        }
    }

    /// The first late answer: its connection, its age, the untagged responses that came before it.
    pub async fn late_answer(&mut self) -> (ConnId, Duration, u32) {
        let late = |kind: &EventKind| matches!(kind, EventKind::DoneAnswered { late: true, .. });
        let event = match self.events.iter().find(|event| late(&event.kind)) {
            Some(event) => event.clone(),
            None => self.until(BOUND, "a late answer", late).await,
        };
        match (event.conn, event.kind) {
            (Some(conn), EventKind::DoneAnswered { took, untagged, .. }) => (conn, took, untagged),
            other => panic!("{other:?}"),
        }
    }

    pub async fn mail(&mut self, subject: &str) {
        let fits = |kind: &EventKind| matches!(kind, EventKind::NewMail(mail) if mail.subject == subject);
        self.until(BOUND, subject, fits).await;
    }

    /// Lets time pass, taking what is told meanwhile. For a paused clock.
    pub async fn pass(&mut self, time: Duration) {
        let by = Instant::now() + time;
        loop {
            let left = by.saturating_duration_since(Instant::now());
            if self.event(left).await.is_none() && Instant::now() >= by {
                return;
            }
        }
    }

    pub fn command(&self, watch: usize, command: Command) {
        self.front.commander().send(&self.watches[watch], command).expect("the watch takes it");
    }

    pub fn snapshot(&self) -> Snapshot {
        let board = self.front.board.borrow();
        (**board.watches.get(&self.watches[0]).expect("the watch is on the board")).clone()
    }

    /// What was told of mails, in that order.
    pub fn subjects(&self) -> Vec<&str> {
        self.events
            .iter()
            .filter_map(|event| match &event.kind {
                EventKind::NewMail(mail) => Some(mail.subject.as_str()),
                _ => None,
            })
            .collect()
    }

    pub async fn stop(mut self) {
        self.engine.stop().await;
        drop(self.front);
        self.engine.close().await;
    }

    /// The events so far, a line each.
    pub fn told(&self) -> String {
        let Some(first) = self.events.first() else { return "none".to_owned() };
        let line = |event: &Event| {
            let mailbox = event.watch.as_ref().map_or("", |watch| &watch.mailbox);
            let conn = event.conn.map_or(0, |conn| conn.0);
            format!("{:>10.3} {mailbox} {conn} {:?}\n", (event.at - first.at).as_secs_f64(), event.kind)
        };
        self.events.iter().map(line).collect()
    }
}

/// A server on a real socket, and an engine on it.
pub struct Loopback {
    pub server: Server,
    pub rig: Rig,
    _listening: Listening,
}

impl Loopback {
    /// One watch of INBOX, with the shortest timers.
    pub async fn start(name: &str, encryption: Encryption) -> Self {
        Self::tuned(name, encryption, |_| ()).await
    }

    pub async fn tuned(name: &str, encryption: Encryption, tune: impl FnOnce(&mut Account)) -> Self {
        let server = Server::new(Scenario::by_name(name).expect("a scenario"));
        let listening = server.listen(encryption).await.expect("loopback");
        let mut account = mailwatch_tui::commands::demo::servers::account(&listening, "work", &["INBOX"]);
        set(&mut account, Timer::Done, S);
        set(&mut account, Timer::Reissue, 29 * MINUTE);
        set(&mut account, Timer::RetryMin, S);
        set(&mut account, Timer::RetryMax, S);
        tune(&mut account);
        for mailbox in &account.mailboxes {
            server.create(mailbox);
        }
        let rig = Rig::start(account, Dialler::new()).await;
        Self { server, rig, _listening: listening }
    }

    pub fn deliver(&self, subject: &str) {
        self.server.deliver("INBOX", NewMessage::new("Ann Lee <ann@example.org>", subject));
    }

    /// Waits until the server meets a condition.
    #[track_caller]
    pub fn wait<'a>(
        &'a self,
        what: &'a str,
        condition: impl Fn(&Server) -> bool + 'a,
    ) -> impl Future<Output = ()> + 'a {
        let caller = std::panic::Location::caller();
        async move {
            let met = timeout(BOUND, self.server.wait_until(condition)).await;
            assert!(met.is_ok(), "{caller}: not within {BOUND:?}: {what}; events:\n{}", self.rig.told());
        }
    }

    /// The commands that one connection received.
    pub fn commands(&self, conn: usize) -> Vec<String> {
        self.server.log().into_iter().filter(|logged| logged.conn == conn).map(|logged| logged.line).collect()
    }
}

pub fn set(account: &mut Account, timer: Timer, value: Duration) {
    account.timers.set(timer, Some(value), Origin::Config);
}
