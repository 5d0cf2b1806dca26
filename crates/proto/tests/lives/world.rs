//! The world of one watch: a server with a mailbox, a connection limit, an issuer of tokens, a clock. It does what the
//! watch wants done, and holds it against what must be.

mod server;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::{Duration, Instant};

use mailwatch_proto::boot_clock::BootClock;
use mailwatch_proto::configured_timers::ConfiguredTimers;
use mailwatch_proto::connection::Connection;
use mailwatch_proto::connection::sample::Sample;
use mailwatch_proto::connection::task::Task;
use mailwatch_proto::idle::Line;
use mailwatch_proto::model::{Command, ConnId, DoneReason, EventKind, Phase, Timers, WatchId};
use mailwatch_proto::sharing::Sharing;
use mailwatch_proto::view::{Notice, View};
use mailwatch_proto::watch::{Beginning, Input, Output, Supply, Watch};

const S: Duration = Duration::from_secs(1);

/// Outputs that one input may lead to, with all that follows at once.
const MOST_OUTPUTS: usize = 80;

/// Numbers one after another; chance that is always the same.
#[derive(Debug, Default)]
struct Draws(u64);

impl Supply for Draws {
    fn number(&mut self) -> ConnId {
        self.0 += 1;
        ConnId(self.0)
    }

    fn chance(&mut self) -> f64 {
        0.5
    }
}

/// An IDLE as the server sees it.
#[derive(Clone, Copy, Debug, Default)]
struct Idle {
    plus: bool,
    done: bool,
}

/// A connection as the server sees it.
#[derive(Debug, Default)]
pub struct Conn {
    task: Option<Task>,
    idle: Option<Idle>,
    tags: u32,
}

/// The room under the connection limit, and who waits for it.
#[derive(Debug, Default)]
struct Room {
    limit: usize,
    others: usize,
    queue: VecDeque<(ConnId, Task)>,
    offered: BTreeSet<ConnId>,
    reserved: bool,
    /// Whether the last question for room was answered with no.
    refused: bool,
}

pub struct World {
    watch: Watch,
    now: Instant,
    conns: BTreeMap<ConnId, Conn>,
    room: Room,
    renewal: bool,
    serial: u64,
    /// The token's life in seconds.
    life: u64,
    socket: Option<Sample>,
    uidnext: u32,
    /// The first UID that was not there when the mailbox was first seen.
    baseline: Option<u32>,
    told: BTreeSet<u32>,
    outputs: usize,
}

impl World {
    pub fn new(limit: usize) -> Self {
        let now = Instant::now();
        let timers = Timers::default();
        let watch = Watch::new(Beginning {
            view: View::new(WatchId::new("work", "INBOX"), timers, now),
            peer: "imap.example.org:993".to_owned(),
            supply: Box::new(Draws::default()),
            clock: BootClock::default(),
            configured: ConfiguredTimers { timers, auto: false },
            appeared: None,
            discovers: false,
            sharing: Some(Sharing::new(None, false)),
        });
        let mut world = Self {
            watch,
            now,
            conns: BTreeMap::new(),
            room: Room { limit, ..Room::default() },
            renewal: false,
            serial: 1,
            life: 1_000_000,
            socket: None,
            uidnext: 10,
            baseline: None,
            told: BTreeSet::new(),
            outputs: 0,
        };
        world.watch.begin(now);
        world.obey();
        world
    }

    /// Whose watch idles.
    pub fn idling(limit: usize) -> Self {
        let mut world = Self::new(limit);
        world.answer_all();
        assert!(world.hears());
        world
    }

    pub const fn conns(&self) -> &BTreeMap<ConnId, Conn> {
        &self.conns
    }

    /// Whether a connection hears of new mail.
    pub fn hears(&self) -> bool {
        let idles = self.conns.values().any(|conn| conn.idle.is_some_and(|idle| idle.plus && !idle.done));
        idles || self.watch.connections().any(|connection| connection.polling().is_some())
    }

    /// The token of the connections that are made from now on has the usual life; the one in use is about to end.
    pub fn expire_token(&mut self) {
        self.life = 30;
        self.watch.handle(self.now, Input::Command(Command::Reconnect));
        self.obey();
        self.answer_all();
        self.life = 1_000_000;
    }

    /// Time passes; timers fire as they are due.
    pub fn wait(&mut self, seconds: u64) {
        let until = self.now + S * u32::try_from(seconds).expect("a script's seconds");
        for fired in 0.. {
            let Some(due) = self.watch.due(self.now).filter(|due| *due <= until) else { break };
            assert!(fired < 20_000, "timers fire without end");
            self.now = self.now.max(due);
            self.tick();
        }
        self.now = until;
    }

    /// A tick, however late, honours every deadline.
    fn tick(&mut self) {
        for _ in 0..4 {
            self.input(Input::Tick);
            if self.watch.due(self.now).is_none_or(|due| due > self.now) {
                return;
            }
        }
        panic!("due at once after four ticks: {:?}", self.watch);
    }

    fn input(&mut self, input: Input) {
        self.outputs = 0;
        self.watch.handle(self.now, input);
        self.obey();
        self.watch.present(self.now);
        self.obey();
        self.hold();
    }

    /// What must hold at every moment.
    fn hold(&self) {
        let known: BTreeSet<ConnId> = self.watch.connections().map(Connection::id).collect();
        let held: BTreeSet<ConnId> =
            self.conns.keys().copied().chain(self.room.queue.iter().map(|(id, _)| *id)).collect();
        assert_eq!(known, held, "a connection is lost or left over");
        assert!(self.conns.len() <= self.room.limit, "the limit of {} is held", self.room.limit);
        let roles: BTreeSet<_> = self.watch.connections().map(Connection::role).collect();
        assert_eq!(roles.len(), known.len(), "one connection a role");
        let asleep = self.watch.due(self.now).is_none() && self.conns.values().all(|conn| conn.task.is_none());
        if asleep && self.room.queue.is_empty() {
            let phase = self.phase();
            assert!(matches!(phase, Phase::Paused | Phase::Failed), "nothing will ever happen again: {phase}");
        }
    }

    fn phase(&self) -> Phase {
        self.watch.now().phase
    }

    /// Does what the watch wants done.
    fn obey(&mut self) {
        while let Some(output) = self.watch.poll() {
            self.outputs += 1;
            assert!(self.outputs <= MOST_OUTPUTS, "outputs without end: {output:?}");
            match output {
                Output::Notice(None, (_, notice)) => self.notice(notice),
                Output::Start(conn, task) => self.start(conn, *task),
                Output::Send(conn, Line::Idle) => {
                    let conn = self.conns.get_mut(&conn).expect("IDLE on a connection");
                    assert!(conn.task.is_none() && conn.idle.is_none(), "IDLE amid something else");
                    conn.idle = Some(Idle::default());
                    conn.tags += 1;
                }
                Output::Send(conn, Line::Done) => {
                    let conn = self.conns.get_mut(&conn).expect("DONE on a connection");
                    let idle = conn.idle.as_mut().expect("DONE in an IDLE");
                    assert!(idle.plus, "DONE before +");
                    assert!(!std::mem::replace(&mut idle.done, true), "DONE twice");
                }
                Output::Sample(conn) => self.watch.handle(self.now, Input::Sampled(conn, self.socket)),
                Output::UserTimeout(conn, _) | Output::Notify(conn, _) => {
                    assert!(self.conns.contains_key(&conn), "of a connection");
                }
                Output::Drop(conn) => self.close(conn),
                Output::Offer(conn) => {
                    self.room.offered.insert(conn);
                }
                Output::Withdraw(conn) => {
                    self.room.offered.remove(&conn);
                }
                Output::AskPermit => {
                    self.room.reserved = self.has_room();
                    self.room.refused = !self.room.reserved;
                    let granted = self.room.reserved;
                    self.watch.handle(self.now, Input::Permit(granted));
                }
                Output::Renew(_) => self.renewal = true,
                Output::DropRenewal => self.renewal = false,
                Output::Learn(_) | Output::Listed(_) | Output::Limited { .. } | Output::Notice(Some(_), _) => {}
            }
        }
    }

    fn has_room(&self) -> bool {
        self.conns.len() + self.room.others + usize::from(self.room.reserved) < self.room.limit
    }

    fn start(&mut self, conn: ConnId, task: Task) {
        if let Task::Connect(connect) = &task {
            if connect.watched {
                assert!(std::mem::take(&mut self.room.reserved), "a second connection without room");
                self.conns.insert(conn, Conn { task: Some(task), ..Conn::default() });
            } else {
                self.room.queue.push_back((conn, task));
                self.admit();
            }
            return;
        }
        let conn = self.conns.get_mut(&conn).expect("a task on a connection");
        assert!(conn.task.is_none() && conn.idle.is_none(), "a task amid something else");
        conn.task = Some(task);
    }

    /// Lets in who waits for room; asks the oldest that may be asked to make it.
    fn admit(&mut self) {
        while self.has_room()
            && let Some((conn, task)) = self.room.queue.pop_front()
        {
            self.conns.insert(conn, Conn { task: Some(task), ..Conn::default() });
        }
        if !self.room.queue.is_empty()
            && let Some(asked) = self.room.offered.pop_first()
        {
            self.watch.handle(self.now, Input::RoomNeeded(asked));
        }
    }

    fn close(&mut self, conn: ConnId) {
        self.conns.remove(&conn);
        self.room.queue.retain(|(id, _)| *id != conn);
        self.admit();
    }

    fn notice(&mut self, notice: Notice) {
        match notice {
            Notice::Mail(_, mail) => assert!(self.told.insert(mail.uid), "mail {} is told twice", mail.uid),
            Notice::Event(_, EventKind::DoneSent { reason: DoneReason::Rotate, .. }) => {
                assert!(self.hears() || self.room.refused, "a rotation with room leaves no connection that hears");
            }
            Notice::Event(..)
            | Notice::Receipt { .. }
            | Notice::Stall(..)
            | Notice::Outcome { .. }
            | Notice::Alive
            | Notice::Blind(..)
            | Notice::Recovered { .. }
            | Notice::Server(..)
            | Notice::Earlier(_)
            | Notice::Looked(_)
            | Notice::Muted(_)
            | Notice::NotNew { .. }
            | Notice::QuarantineEnded(..) => {}
        }
    }
}
