//! A day of one connection and the mailboxes that share it, against a server that answers anything; then it comes to its
//! senses. What it may see of commands, turns and connections is counted.

mod login;
mod server;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use fastrand::Rng;
use mailwatch_proto::boot_clock::BootClock;
use mailwatch_proto::command_governor::{COMMANDS_A_MINUTE, FRUITLESS_AN_HOUR};
use mailwatch_proto::configured_timers::ConfiguredTimers;
use mailwatch_proto::connection::Incoming;
use mailwatch_proto::connection::task::Task;
use mailwatch_proto::idle::Line;
use mailwatch_proto::model::{Command, ConnId, DoneReason, EventKind, Phase, Timer, Timers, WatchId};
use mailwatch_proto::response::Response;
use mailwatch_proto::sharing::{SharedMailbox, Sharing};
use mailwatch_proto::view::{Notice, View};
use mailwatch_proto::watch::{Beginning, Input, Output, Supply, Watch};

use login::Door;

const HOUR: Duration = Duration::from_hours(1);
const MINUTE: Duration = Duration::from_mins(1);

/// The connection's own mailbox, and those that share it.
const MAILBOXES: [&str; 3] = ["INBOX", "lists/a", "lists/b"];

/// Commands that one task takes at the most.
const TASK: u32 = 5;

#[derive(Debug)]
struct Draws(u64, Rng);

impl Supply for Draws {
    fn number(&mut self) -> ConnId {
        self.0 += 1;
        ConnId(self.0)
    }

    fn chance(&mut self) -> f64 {
        self.1.f64()
    }
}

/// How the server is disposed, by weights in a hundred.
#[derive(Clone, Copy, Debug)]
pub struct Mood {
    /// A task ends otherwise than well.
    pub fails: u8,
    /// It says something in an IDLE whenever it may.
    pub talks: u8,
    /// What it owes it does not do.
    pub silent: u8,
    /// What it says ends the connection.
    pub ends: u8,
    /// It has mail.
    pub mail: u8,
    /// Seconds between two of its acts at the most.
    pub pace: u8,
}

/// A connection as the server sees it.
#[derive(Debug, Default)]
struct Conn {
    task: Option<Task>,
    /// Whether IDLE runs, and whether `+` was sent, and DONE came.
    idle: Option<(bool, bool)>,
    tags: u32,
    silent: bool,
    since: Option<Instant>,
}

/// What the server saw.
#[derive(Debug, Default)]
struct Seen {
    /// Commands of turns, and whether the turn brought mail.
    turns: Vec<(Instant, u32, bool)>,
    /// DONEs for the server's own words.
    news: Vec<Instant>,
    connections: Vec<Instant>,
}

pub struct Day {
    watch: Watch,
    now: Instant,
    rng: Rng,
    mood: Mood,
    conns: BTreeMap<ConnId, Conn>,
    seen: Seen,
    door: Door,
    /// The first UID that was looked at, and the next, by mailbox.
    uids: BTreeMap<WatchId, (Option<u32>, u32)>,
    told: BTreeSet<(WatchId, u32)>,
    /// Whether mail was told since the last task.
    mail: bool,
    /// The DONE that is out was for the server's words.
    news: Option<Instant>,
    exists: u32,
}

fn id(mailbox: &str) -> WatchId {
    WatchId::new("work", mailbox)
}

impl Day {
    pub fn new(seed: u64, mood: Mood, reissue: u64, poll: u64) -> Self {
        let now = Instant::now();
        let timers = Timers::default();
        let view = |mailbox| View::new(id(mailbox), timers, now);
        let entries: Arc<[String]> = ["INBOX".to_owned(), "lists/*".to_owned()].into();
        let mut sharing = Sharing::new(Some(entries), true);
        for mailbox in &MAILBOXES[1..] {
            sharing.insert(SharedMailbox::new(view(mailbox), None, now));
        }
        let watch = Watch::new(Beginning {
            view: view(MAILBOXES[0]),
            peer: "imap.example.org:993".to_owned(),
            supply: Box::new(Draws(0, Rng::with_seed(seed))),
            clock: BootClock::default(),
            configured: ConfiguredTimers { timers, auto: false },
            appeared: None,
            discovers: false,
            sharing: Some(sharing),
        });
        let mut day = Self {
            watch,
            now,
            rng: Rng::with_seed(seed),
            mood,
            conns: BTreeMap::new(),
            seen: Seen::default(),
            door: Door::new(now),
            uids: MAILBOXES.iter().map(|mailbox| (id(mailbox), (None, 10))).collect(),
            told: BTreeSet::new(),
            mail: false,
            news: None,
            exists: 9,
        };
        day.watch.begin(now);
        for (timer, seconds) in [(Timer::Reissue, reissue), (Timer::Poll, poll)] {
            let value = Some(Duration::from_secs(seconds));
            day.input(Input::Command(Command::Retune { timer, value, by: None }));
        }
        day
    }

    fn happens(&mut self, in_a_hundred: u8) -> bool {
        self.rng.u8(..100) < in_a_hundred
    }

    fn input(&mut self, input: Input) {
        self.watch.handle(self.now, input);
        self.obey();
        self.watch.present(self.now);
        self.obey();
    }

    fn obey(&mut self) {
        let mut count = 0;
        while let Some(output) = self.watch.poll() {
            // Mails may be many: a look after hours tells them all.
            count += usize::from(!matches!(output, Output::Notice(_, (_, Notice::Mail(..)))));
            assert!(count < 400, "outputs without end");
            match output {
                Output::Notice(of, (_, Notice::Mail(_, mail))) => {
                    let of = of.unwrap_or_else(|| id(MAILBOXES[0]));
                    assert!(self.told.insert((of.clone(), mail.uid)), "mail {} of {of} is told twice", mail.uid);
                }
                Output::Notice(None, (_, Notice::Event(_, EventKind::DoneSent { reason, .. }))) => {
                    self.news = (reason == DoneReason::NewMail).then_some(self.now);
                }
                Output::Start(conn, task) => {
                    if matches!(*task, Task::Connect(_)) {
                        self.seen.connections.push(self.now);
                    }
                    let silent = self.happens(self.mood.silent);
                    let entry = self.conns.entry(conn).or_default();
                    (entry.task, entry.silent, entry.since) = (Some(*task), silent, Some(self.now));
                }
                Output::Send(conn, line) => {
                    let silent = self.happens(self.mood.silent);
                    let entry = self.conns.entry(conn).or_default();
                    entry.silent = silent;
                    entry.idle = match line {
                        Line::Idle => {
                            entry.tags += 1;
                            Some((false, false))
                        }
                        Line::Done => entry.idle.map(|(plus, _)| (plus, true)),
                    };
                }
                Output::Sample(conn) => self.watch.handle(self.now, Input::Sampled(conn, None)),
                Output::AskPermit => self.watch.handle(self.now, Input::Permit(true)),
                Output::Drop(conn) => drop(self.conns.remove(&conn)),
                _ => {}
            }
        }
    }

    fn read(&mut self, conn: ConnId, incoming: Incoming) {
        if self.watch.reads(conn) {
            self.watch.handle(self.now, Input::Heard(conn, self.now));
            self.input(Input::Incoming(conn, incoming));
        }
    }

    fn say(&mut self, conn: ConnId, response: Response) {
        self.read(conn, Incoming::Response(response));
    }

    /// So much of the day passes.
    pub fn pass(&mut self, lasts: Duration) {
        let until = self.now + lasts;
        for steps in 0.. {
            assert!(steps < 2_000_000, "without end");
            let conns: Vec<ConnId> = self.conns.keys().copied().collect();
            let mut busy = false;
            for conn in &conns {
                busy |= self.owed(*conn, false);
            }
            if busy {
                continue;
            }
            if self.happens(self.mood.mail) {
                let mailbox = MAILBOXES[self.rng.usize(..MAILBOXES.len())];
                if let Some((_, next)) = self.uids.get_mut(&id(mailbox)) {
                    *next += 1;
                }
            }
            if self.happens(self.mood.fails / 4) {
                let (user, refusal) = (self.rng.usize(..8), self.refusal());
                self.door.another(user, refusal, self.now);
            }
            for conn in &conns {
                let idles = self.conns.get(conn).is_some_and(|conn| conn.task.is_none());
                if idles && self.happens(self.mood.talks) {
                    self.talk(*conn);
                }
            }
            let pause = Duration::from_millis(self.rng.u64(1..=u64::from(self.mood.pace.max(1)) * 1000));
            self.step(self.now + pause);
            if self.now >= until {
                return;
            }
        }
    }

    /// Until then, or until the watch wants to hear of time.
    fn step(&mut self, until: Instant) {
        let due = self.watch.due(self.now).map_or(until, |due| due.clamp(self.now, until));
        self.now = due;
        for _ in 0..6 {
            self.input(Input::Tick);
            if self.watch.due(self.now).is_none_or(|due| due > self.now) {
                break;
            }
        }
        if self.watch.now().phase == Phase::Failed && self.watch.due(self.now).is_none() {
            // A person looks in after a while.
            self.now = until;
            self.door.act();
            self.input(Input::Command(Command::Resume));
        }
    }

    /// What the server may have seen at the most.
    pub fn hold(&self) {
        let turns = &self.seen.turns;
        let fruitless = || turns.iter().filter(|(_, _, mail)| !mail);
        let commands: Vec<(Instant, u32)> = fruitless().map(|(at, commands, _)| (*at, *commands)).collect();
        let news: Vec<(Instant, u32)> = self.seen.news.iter().map(|at| (*at, 1)).collect();
        let mail: Vec<(Instant, u32)> = turns.iter().filter(|turn| turn.2).map(|turn| (turn.0, 1)).collect();
        let connections: Vec<(Instant, u32)> = self.seen.connections.iter().map(|at| (*at, 1)).collect();
        // A turn begins where the smallest fits, and may take more.
        let in_a_minute = most(&commands, MINUTE);
        assert!(in_a_minute <= COMMANDS_A_MINUTE + 2 * TASK, "{in_a_minute} commands in a minute");
        let in_an_hour = most(&news, HOUR);
        assert!(in_an_hour <= FRUITLESS_AN_HOUR, "{in_an_hour} looks for nothing in an hour");
        assert!(most(&mail, MINUTE) <= 240 + 20, "{} turns with mail in a minute", most(&mail, MINUTE));
        assert!(most(&connections, HOUR) <= 120, "{} connections in an hour", most(&connections, HOUR));
        self.door.hold();
    }

    /// The server comes to its senses: within the longest pause the watch hears of mail, and all of it has been told.
    pub fn recover(&mut self) {
        self.mood = Mood { fails: 0, talks: 0, silent: 0, ends: 0, mail: 0, pace: 1 };
        for (_, next) in self.uids.values_mut() {
            *next += 1;
        }
        let by = self.now + Duration::from_hours(6) + MINUTE;
        loop {
            for conn in self.conns.keys().copied().collect::<Vec<_>>() {
                while self.owed(conn, true) {}
            }
            let told = self.uids.iter().all(|(of, (first, next))| {
                first.is_some_and(|first| (first..*next).all(|uid| self.told.contains(&(of.clone(), uid))))
            });
            if told && matches!(self.watch.now().phase, Phase::Idling | Phase::Polling) {
                return;
            }
            assert!(self.now < by, "it does not come back: {}", self.watch.now().phase);
            let at = self.now + Duration::from_secs(20);
            self.step(at);
            // A proof of life; a sane server tells its count.
            let exists = self.uids[&id(MAILBOXES[0])].1 - 1;
            for conn in self.conns.keys().copied().collect::<Vec<_>>() {
                self.say(conn, Response::Exists(exists));
            }
        }
    }
}

/// The most that any span of this length holds.
fn most(seen: &[(Instant, u32)], span: Duration) -> u32 {
    let (mut most, mut sum, mut first) = (0, 0, 0);
    for (at, count) in seen {
        sum += count;
        while seen[first].0 + span <= *at {
            sum -= seen[first].1;
            first += 1;
        }
        most = most.max(sum);
    }
    most
}
