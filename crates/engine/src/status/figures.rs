//! The figures of `status`: the board, reduced to what a bar or a script asks for. Reads no clock.
//!
//! Two figures are equal where nothing between them is worth a line: a heartbeat, the next second.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use jiff::Timestamp;
use jiff::tz::TimeZone;

use mailwatch_proto::model::{
    Board, ConnId, DoneReason, Fault, MailboxCounts, Phase, PhaseGroup, Served, Snapshot, Timer, Verdict, WatchId,
};

/// The moment of a line, and the program that writes it.
#[derive(Clone, Debug)]
pub struct Moment {
    /// Now, to be compared.
    pub at: Instant,
    /// The same moment, to be shown.
    pub wall: SystemTime,
    /// What times of day are written in.
    pub zone: TimeZone,
    /// The program's process.
    pub pid: u32,
}

impl Moment {
    /// A moment on the wall clock.
    pub(super) fn wall_of(&self, at: Instant) -> Timestamp {
        let wall = match at.checked_duration_since(self.at) {
            Some(ahead) => self.wall.checked_add(ahead),
            None => self.wall.checked_sub(self.at.saturating_duration_since(at)),
        };
        Timestamp::try_from(wall.unwrap_or(self.wall)).unwrap_or_default()
    }
}

/// The state in a word: that of the worst watch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum State {
    /// One mailbox at least is not watched.
    Down,
    /// One watch at least is on its way.
    Busy,
    /// All watches hear of new mail.
    Live,
    /// All watches are paused.
    Paused,
    /// There is nothing to watch.
    Empty,
    /// No program runs.
    Off,
}

impl State {
    /// The word.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Down => "down",
            Self::Busy => "busy",
            Self::Live => "live",
            Self::Paused => "paused",
            Self::Empty => "empty",
            Self::Off => "off",
        }
    }

    /// The state of a single watch.
    pub(super) const fn of(standing: PhaseGroup) -> Self {
        match standing {
            PhaseGroup::Live => Self::Live,
            PhaseGroup::Busy => Self::Busy,
            PhaseGroup::Down => Self::Down,
            PhaseGroup::Resting => Self::Paused,
        }
    }
}

/// What `status` shows of a watch.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Watch {
    pub(super) id: WatchId,
    pub(super) conn: Option<ConnId>,
    pub(super) phase: Phase,
    pub(super) by: Served,
    pub(super) standing: PhaseGroup,
    pub(super) since: Instant,
    pub(super) replacing: bool,
    pub(super) mailbox: MailboxCounts,
    pub(super) finding: Option<(Verdict, String)>,
    pub(super) fault: Option<Fault>,
    pub(super) attempt: u32,
    pub(super) next: Option<(Instant, Timer)>,
    pub(super) done: Option<Done>,
    pub(super) blind_today: Duration,
    pub(super) blind_since: Option<Instant>,
}

/// The running or the last DONE.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Done {
    pub(super) reason: DoneReason,
    pub(super) idle: Duration,
    pub(super) took: Option<Duration>,
}

impl Watch {
    fn of(snapshot: &Snapshot) -> Self {
        let finding = snapshot.finding.as_ref().map(|finding| (finding.verdict, finding.text.clone()));
        let done = snapshot.receipt.as_ref().map(|receipt| Done {
            reason: receipt.reason,
            idle: receipt.idle_age,
            took: receipt.took(),
        });
        Self {
            id: snapshot.id.clone(),
            conn: snapshot.connection.id,
            phase: snapshot.phase,
            by: snapshot.sharing.served,
            standing: snapshot.standing(),
            since: snapshot.since,
            replacing: snapshot.connection.replacing,
            mailbox: snapshot.mailbox,
            finding,
            fault: snapshot.fault.clone(),
            attempt: snapshot.connection.attempt,
            next: snapshot.deadline,
            done,
            blind_today: snapshot.blind.today,
            blind_since: snapshot.blind.since,
        }
    }

    /// Blind time today, with the interval that runs.
    pub(super) fn blind(&self, now: Instant) -> Duration {
        let running = self.blind_since.map_or(Duration::ZERO, |since| now.saturating_duration_since(since));
        self.blind_today + running
    }

    /// When the running IDLE is ended with DONE.
    pub(super) fn next_done(&self) -> Option<Instant> {
        let (at, timer) = self.next.filter(|_| self.phase == Phase::Idling)?;
        matches!(timer, Timer::Reissue | Timer::Silence).then_some(at)
    }

    /// The watch's problem, if it has one.
    pub(super) fn problem(&self) -> Option<String> {
        if self.standing != PhaseGroup::Down && !self.replacing {
            return None;
        }
        let found = self.finding.as_ref().map(|(_, text)| text.clone());
        let why = self.fault.as_ref().map(ToString::to_string).or(found).unwrap_or_else(|| self.phase.to_string());
        Some(format!("{}: {why}", self.id))
    }
}

/// Everything that `status` shows.
#[derive(Clone, Debug, PartialEq)]
pub struct Figures {
    pub(super) watches: Vec<Watch>,
    pub(super) fault: Option<Fault>,
    /// How many runs of each account's hooks failed since the last success. Accounts without failures are left out.
    pub(super) failed_hooks: Vec<(Arc<str>, u32)>,
}

/// The sums over several watches.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Tally {
    pub(super) watches: usize,
    pub(super) live: usize,
    pub(super) busy: usize,
    pub(super) down: usize,
    pub(super) paused: usize,
    pub(super) failed: usize,
    pub(super) new: u64,
    /// The sum of what is known; `None` where nothing is.
    pub(super) exists: Option<u64>,
    pub(super) unseen: Option<u64>,
    pub(super) blind: Duration,
}

impl Figures {
    /// The figures of these accounts; of all where none is named.
    #[must_use]
    pub fn of(board: &Board, accounts: &[String]) -> Self {
        let asked = |account: &str| accounts.is_empty() || accounts.iter().any(|name| **name == *account);
        let watches = board.watches.values().filter(|snapshot| asked(&snapshot.id.account));
        let failed = board.failed_hooks.iter().filter(|(account, count)| **count > 0 && asked(account));
        Self {
            watches: watches.map(|snapshot| Watch::of(snapshot)).collect(),
            fault: board.fault.clone(),
            failed_hooks: failed.map(|(account, count)| (Arc::clone(account), *count)).collect(),
        }
    }

    /// The accounts, in order.
    pub(super) fn accounts(&self) -> BTreeSet<Arc<str>> {
        self.watches.iter().map(|watch| Arc::clone(&watch.id.account)).collect()
    }

    pub(super) fn tally(&self, now: Instant) -> Tally {
        Tally::of(&self.watches, now)
    }

    /// The DONE that is due first, and its watch.
    pub(super) fn next_done(&self) -> Option<(Instant, &WatchId)> {
        let dues = self.watches.iter().filter_map(|watch| Some((watch.next_done()?, &watch.id)));
        dues.min_by_key(|(at, _)| *at)
    }

    /// What is wrong with the program itself, or else with the first watch that has a problem, or else with hooks.
    pub(super) fn problem(&self) -> Option<String> {
        let own = self.fault.as_ref().map(ToString::to_string);
        own.or_else(|| self.watches.iter().find_map(Watch::problem)).or_else(|| self.hooks().next())
    }

    /// What is wrong with each account's hooks.
    pub(super) fn hooks(&self) -> impl Iterator<Item = String> {
        self.failed_hooks.iter().map(|(account, count)| {
            let noun = if *count == 1 { "hook" } else { "hooks" };
            format!("{account}: {count} {noun} failed since the last success")
        })
    }
}

impl Tally {
    pub(super) fn of<'a>(watches: impl IntoIterator<Item = &'a Watch>, now: Instant) -> Self {
        let mut tally = Self::default();
        for watch in watches {
            tally.watches += 1;
            match watch.standing {
                PhaseGroup::Live => tally.live += 1,
                PhaseGroup::Busy => tally.busy += 1,
                PhaseGroup::Down => tally.down += 1,
                PhaseGroup::Resting => tally.paused += 1,
            }
            tally.failed += usize::from(watch.phase == Phase::Failed);
            tally.new += u64::from(watch.mailbox.new);
            add(&mut tally.exists, watch.mailbox.exists);
            add(&mut tally.unseen, watch.mailbox.unseen);
            tally.blind += watch.blind(now);
        }
        tally
    }

    pub(super) const fn state(&self) -> State {
        match self {
            Self { down: 1.., .. } => State::Down,
            Self { busy: 1.., .. } => State::Busy,
            Self { live: 1.., .. } => State::Live,
            Self { paused: 1.., .. } => State::Paused,
            Self { .. } => State::Empty,
        }
    }
}

fn add(sum: &mut Option<u64>, known: Option<u32>) {
    if let Some(count) = known {
        *sum = Some(sum.unwrap_or(0) + u64::from(count));
    }
}
