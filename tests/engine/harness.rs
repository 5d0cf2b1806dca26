//! A server, an engine on it, and a front end that remembers what it was told.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::FutureExt as _;
use imap_misbehave::{Scenario, Server};
use mailwatch_engine::dial::{Dial, Dialling, Transport};
use mailwatch_engine::history::History;
use mailwatch_engine::link::{FrontEnd, link};
use mailwatch_engine::login_governor::LoginGovernor;
use mailwatch_engine::push_test::PushTest;
use mailwatch_engine::secret::{AccountSecrets, CredentialSource, TypedPasswords};
use mailwatch_engine::{Engine, Parts, Reconfigured, SystemEventSender, watch_ids};
use mailwatch_proto::model::{
    Account, Ages, Auth, Board, Command, Event, EventKind, FixedSecret, Hooks, Mail, Network, Origin, Phase, Quirks,
    SecretSource, Served, Snapshot, Timer, Timers, TlsMode, WatchId,
};

pub const S: Duration = Duration::from_secs(1);
pub const MINUTE: Duration = Duration::from_mins(1);

/// Dials into this process.
#[derive(Debug)]
pub struct InProcess(pub Server);

impl Dial for InProcess {
    fn dial<'a>(&'a self, _account: &'a Account) -> Dialling<'a> {
        let io = Box::new(self.0.connect());
        Box::pin(async { Ok(Transport { io, addr: None, proxy: None, tls: None, greeted: false, trace: Vec::new() }) })
    }
}

pub fn account(mailboxes: &[&str]) -> Account {
    Account {
        name: "work".to_owned(),
        host: "localhost".to_owned(),
        port: 143,
        tls: TlsMode::Off,
        ca: None,
        network: Network::default(),
        user: imap_misbehave::USER.to_owned(),
        auth: Auth::Password,
        secret: SecretSource::Fixed(FixedSecret(imap_misbehave::PASSWORD.to_owned())),
        mailboxes: mailboxes.iter().map(ToString::to_string).collect(),
        max_connections: 8,
        timers: Timers::default(),
        reissue_auto: false,
        quirks: Quirks::default(),
        hooks: Hooks::default(),
    }
}

pub fn scenario(name: &str) -> Scenario {
    Scenario::by_name(name).expect("a scenario")
}

pub struct Rig {
    pub server: Server,
    pub history: History,
    pub governor: LoginGovernor,
    pub account: Account,
    dial: Arc<dyn Dial>,
    engine: Option<Engine>,
    front: FrontEnd,
    pub events: Vec<Event>,
    confirm: bool,
}

impl Rig {
    /// INBOX of one account on a server that behaves so.
    pub fn start(name: &str) -> Self {
        Self::tuned(name, |_| ())
    }

    pub fn tuned(name: &str, tune: impl FnOnce(&mut Account)) -> Self {
        let mut account = account(&["INBOX"]);
        tune(&mut account);
        Self::on(Server::new(scenario(name)), account, History::in_process())
    }

    pub fn on(server: Server, account: Account, history: History) -> Self {
        let dial = Arc::new(InProcess(server.clone()));
        Self::dialled(server, account, history, dial)
    }

    /// With another way to connect.
    pub fn dialled(server: Server, account: Account, history: History, dial: Arc<dyn Dial>) -> Self {
        let secrets = Arc::new(AccountSecrets::new(Arc::clone(&dial), TypedPasswords::default()));
        Self::with_secrets(server, account, history, dial, secrets)
    }

    /// With another way to passwords and tokens.
    pub fn with_secrets(
        server: Server,
        account: Account,
        history: History,
        dial: Arc<dyn Dial>,
        secrets: Arc<dyn CredentialSource>,
    ) -> Self {
        let governor = LoginGovernor::in_process();
        let starting = engine(Arc::clone(&dial), secrets, &account, (&history, &governor));
        let (engine, front) = starting.now_or_never().expect("a history in process does not wait");
        let (engine, events) = (Some(engine), Vec::new());
        Self { server, history, governor, account, dial, engine, front, events, confirm: true }
    }

    /// The program ends and starts again, on the same history.
    pub async fn restart(&mut self) {
        self.stop().await;
        let dial = Arc::clone(&self.dial);
        let secrets = Arc::new(AccountSecrets::new(Arc::clone(&dial), TypedPasswords::default()));
        let (engine, front) = engine(dial, secrets, &self.account, (&self.history, &self.governor)).await;
        self.engine = Some(engine);
        self.front = front;
    }

    pub async fn stop(&mut self) {
        let Some(mut engine) = self.engine.take() else { return };
        engine.stop().await;
        while let Some(event) = self.front.try_event() {
            if self.confirm {
                confirm(&self.front, &event);
            }
            self.events.push(event);
        }
        // A front end that is gone confirms nothing more.
        self.front = link([], 1, false).front_end;
        engine.close().await;
    }

    /// The front end dies before it confirms anything more.
    pub fn confirm_nothing(&mut self) {
        self.confirm = false;
    }

    pub fn confirm_again(&mut self) {
        self.confirm = true;
    }

    /// The next event, within a bound of virtual time.
    pub async fn event(&mut self, within: Duration) -> Option<EventKind> {
        let event = tokio::time::timeout(within, self.front.event()).await.ok().flatten()?;
        if self.confirm {
            confirm(&self.front, &event);
        }
        let kind = event.kind.clone();
        self.events.push(event);
        Some(kind)
    }

    /// Reads events until one fits.
    #[track_caller]
    pub fn until<'a>(
        &'a mut self,
        within: Duration,
        what: &'a str,
        fits: impl Fn(&EventKind) -> bool + 'a,
    ) -> impl Future<Output = EventKind> + 'a {
        let caller = std::panic::Location::caller();
        async move {
            let by = tokio::time::Instant::now() + within;
            loop {
                let left = by.saturating_duration_since(tokio::time::Instant::now());
                match self.event(left).await {
                    Some(kind) if fits(&kind) => return kind,
                    Some(_) => {}
                    None => panic!("{caller}: no {what} within {within:?}; events:\n{}", self.told()),
                }
            }
        }
    }

    pub async fn idling(&mut self) {
        self.until(MINUTE, "idling", |kind| matches!(kind, EventKind::Phase { to: Phase::Idling, .. })).await;
    }

    pub async fn mail(&mut self) -> Mail {
        match self.until(10 * MINUTE, "new mail", |kind| matches!(kind, EventKind::NewMail(_))).await {
            EventKind::NewMail(mail) => mail,
            other => panic!("{other:?}"),
        }
    }

    /// Lets time pass, taking what is told meanwhile.
    pub async fn pass(&mut self, time: Duration) {
        let by = tokio::time::Instant::now() + time;
        loop {
            let left = by.saturating_duration_since(tokio::time::Instant::now());
            if self.event(left).await.is_none() && tokio::time::Instant::now() >= by {
                self.assert_on_time();
                return;
            }
        }
    }

    /// No watch with a connection of its own is behind its deadline: a service manager's watchdog takes that for stuck.
    pub fn assert_on_time(&self) {
        let now = now();
        for watch in self.front.board.borrow().watches.values().filter(|watch| watch.sharing.served == Served::Own) {
            let late = watch.deadline.map_or(Duration::ZERO, |(at, _)| now.saturating_duration_since(at));
            let what = (&watch.id, watch.phase, watch.deadline.map(|(_, timer)| timer));
            assert!(late < S, "{what:?} is {late:?} late; events:\n{}", self.told());
        }
    }

    /// The configuration is read again.
    pub async fn reconfigure(&mut self, accounts: Vec<Account>) -> Reconfigured {
        self.engine.as_mut().expect("it runs").reconfigure(accounts).await
    }

    /// A push test of the engine's own.
    pub fn push_test(&self) -> PushTest {
        let engine = self.engine.as_ref().expect("it runs");
        engine.push_test(&self.account.name, &self.account.mailboxes[0]).expect("the account is watched")
    }

    /// What a notifier beside the front end hears from now on.
    pub fn listen(&mut self) -> tokio::sync::mpsc::UnboundedReceiver<Event> {
        self.front.listen(mailwatch_engine::notify::concerns)
    }

    pub fn engine(&self) -> &Engine {
        self.engine.as_ref().expect("it runs")
    }

    pub fn board(&self) -> Board {
        self.front.board.borrow().clone()
    }

    /// How many connections the account has, where the server refused one more.
    pub fn connection_limit(&self) -> Option<u16> {
        self.front.board.borrow().connection_limits.get(&self.id().account).copied()
    }

    /// The watches on the board, and those that take commands: the same, or it fails.
    pub fn watches(&self) -> Vec<String> {
        let board: Vec<_> = self.front.board.borrow().watches.keys().cloned().collect();
        assert_eq!(board, self.front.commander().watches());
        board.iter().map(ToString::to_string).collect()
    }

    /// The machine wakes.
    pub fn slept(&self, slept: Duration) {
        self.machine().slept(slept);
    }

    /// The machine's network is another.
    pub fn network_changed(&self) {
        self.machine().network_changed();
    }

    /// Tells of what happens to the machine.
    pub fn machine(&self) -> SystemEventSender {
        self.engine.as_ref().expect("it runs").system_events()
    }

    pub fn command(&self, command: Command) {
        let id = self.id();
        self.front.commander().send(&id, command).expect("the watch takes it");
    }

    pub fn id(&self) -> WatchId {
        WatchId::new(&self.account.name, &self.account.mailboxes[0])
    }

    pub fn snapshot(&self) -> Snapshot {
        let board = self.front.board.borrow();
        (**board.watches.get(&self.id()).expect("the watch is on the board")).clone()
    }

    pub fn snapshot_of(&self, mailbox: &str) -> Option<Snapshot> {
        let board = self.front.board.borrow();
        board.watches.get(&WatchId::new(&self.account.name, mailbox)).map(|snapshot| (**snapshot).clone())
    }

    pub fn command_to(&self, mailbox: &str, command: Command) {
        let id = WatchId::new(&self.account.name, mailbox);
        self.front.commander().send(&id, command).expect("the watch takes it");
    }

    /// Takes what is told until the board is so.
    #[track_caller]
    pub fn until_board<'a>(
        &'a mut self,
        within: Duration,
        what: &'a str,
        fits: impl Fn(&Self) -> bool + 'a,
    ) -> impl Future<Output = ()> + 'a {
        let caller = std::panic::Location::caller();
        async move {
            let by = tokio::time::Instant::now() + within;
            while !fits(self) {
                let left = by.saturating_duration_since(tokio::time::Instant::now());
                assert!(!left.is_zero(), "{caller}: never {what} within {within:?}; events:\n{}", self.told());
                // A change of the board alone wakes nobody here.
                self.event(left.min(S / 10)).await;
            }
        }
    }

    /// The phase of each watch, by mailbox.
    pub fn phases_by_mailbox(&self) -> Vec<(String, Phase)> {
        let board = self.front.board.borrow();
        board.watches.iter().map(|(id, snapshot)| (id.mailbox.to_string(), snapshot.phase)).collect()
    }

    /// New mails with their mailboxes and whether they came in a gap.
    pub fn mails_by_mailbox(&self) -> Vec<(String, String, bool)> {
        let mail = |event: &Event| match (&event.kind, &event.watch) {
            (EventKind::NewMail(mail), Some(watch)) => {
                Some((watch.mailbox.to_string(), mail.subject.clone(), mail.gap))
            }
            _ => None,
        };
        self.events.iter().filter_map(mail).collect()
    }

    /// How the account's IDLEs ended, as the screen sees it.
    pub fn ages(&self) -> Ages {
        let board = self.front.board.borrow();
        board.ages.get(&self.id().account).map_or_else(Ages::default, |ages| (**ages).clone())
    }

    pub fn mails(&self) -> Vec<Mail> {
        self.events
            .iter()
            .filter_map(|event| match &event.kind {
                EventKind::NewMail(mail) => Some(mail.clone()),
                _ => None,
            })
            .collect()
    }

    pub fn subjects(&self) -> Vec<String> {
        self.mails().into_iter().map(|mail| mail.subject).collect()
    }

    pub fn phases(&self) -> Vec<Phase> {
        self.events
            .iter()
            .filter_map(|event| match event.kind {
                EventKind::Phase { to, .. } => Some(to),
                _ => None,
            })
            .collect()
    }

    pub fn count(&self, fits: impl Fn(&EventKind) -> bool) -> usize {
        self.events.iter().filter(|event| fits(&event.kind)).count()
    }

    /// The events so far, a line each.
    pub fn told(&self) -> String {
        let Some(first) = self.events.first() else { return "none".to_owned() };
        let line = |event: &Event| {
            let mailbox = event.watch.as_ref().map_or("", |watch| &*watch.mailbox);
            let at = (event.at - first.at).as_secs_f64();
            format!("{at:>10.3} {mailbox} {:?} {:?}\n", event.conn, event.kind)
        };
        self.events.iter().map(line).collect()
    }
}

fn confirm(front: &FrontEnd, event: &Event) {
    if let (EventKind::NewMail(mail), Some(watch)) = (&event.kind, &event.watch) {
        front.confirm(mail.key(watch));
    }
}

async fn engine(
    dial: Arc<dyn Dial>,
    secrets: Arc<dyn CredentialSource>,
    account: &Account,
    (history, governor): (&History, &LoginGovernor),
) -> (Engine, FrontEnd) {
    let accounts = vec![account.clone()];
    let link = link(watch_ids(&accounts), 100_000, true);
    let engine = Engine::start(Parts {
        accounts,
        dial,
        secrets,
        governor: governor.clone(),
        history: history.clone(),
        publisher: link.publisher,
        commands: link.commands,
        confirmed: link.confirmed,
    })
    .await;
    (engine, link.front_end)
}

pub fn set(account: &mut Account, timer: Timer, value: Duration) {
    account.timers.set(timer, Some(value), Origin::Config);
}

pub fn now() -> Instant {
    tokio::time::Instant::now().into_std()
}
