//! The current state: one value for each watch, and the board that holds them all.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::{
    Ages, Asker, ConnId, Fault, FaultClass, Finding, Gaps, Host, Origin, Past, Phase, PhaseGroup, Quarantined, Receipt,
    Served, Setting, Timer, Timers, Verdict, WatchId,
};

/// A version of TLS by name, `1.2` or `1.3`. An alias, because serde would borrow a plain `&str` from its input.
pub(super) type TlsName = &'static str;

/// What TLS settled on.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct TlsInfo {
    /// `1.2` or `1.3`.
    #[cfg_attr(feature = "serde", serde(deserialize_with = "super::serialise::tls_version"))]
    pub version: TlsName,
    /// The cipher suite's IANA name.
    pub cipher: String,
}

/// The server at the other end of the current connection.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct ServerInfo {
    /// The peer's address.
    pub addr: Option<SocketAddr>,
    /// The proxy in between; then `addr` is the proxy's.
    pub proxy: Option<String>,
    /// Our own end's address.
    pub local: Option<SocketAddr>,
    /// TLS, where it is in use.
    pub tls: Option<TlsInfo>,
    /// Capabilities after login, in the server's order.
    pub capabilities: Arc<[String]>,
    /// The ID command's reply (RFC 2971): `name version`, then the other fields. Sanitised, cut.
    pub id: Option<String>,
}

/// Time in which a mail could have come unheard.
///
/// Not serialised: it holds an `Instant`, which has no meaning outside this process.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Blind {
    /// Of this watch, today (local time).
    pub today: Duration,
    /// Of the last interval.
    pub last: Option<Duration>,
    /// Since when the watch has been blind, if it is known to be now.
    pub since: Option<Instant>,
}

/// The connection that the watch stands on now.
///
/// Not serialised: it holds an `Instant`, which has no meaning outside this process.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CurrentConnection {
    /// Its number, where there is one.
    pub id: Option<ConnId>,
    /// The server.
    pub server: Arc<ServerInfo>,
    /// When the last byte came from the server.
    pub heard: Option<Instant>,
    /// The time between the server's heartbeats, once learned.
    pub heartbeat: Option<Duration>,
    /// When the running IDLE was sent.
    pub idle_since: Option<Instant>,
    /// Whether a new connection is being made in a quarantined one's place.
    pub replacing: bool,
    /// How many attempts to connect have failed in a row.
    pub attempt: u32,
}

/// What is known of the mailbox.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MailboxCounts {
    /// Mails told since the user last looked: NEW was reset, here or on another screen.
    pub new: u32,
    /// Messages in it.
    pub exists: Option<u32>,
    /// Unseen ones.
    pub unseen: Option<u32>,
    /// Until when what happens to it notifies nobody, where the user has muted it.
    pub muted: Option<Instant>,
}

impl MailboxCounts {
    /// How long it stays muted; `None` where it is not.
    #[must_use]
    pub fn muted_for(&self, now: Instant) -> Option<Duration> {
        self.muted.and_then(|until| until.checked_duration_since(now)).filter(|left| !left.is_zero())
    }
}

/// How `reissue` is learned.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Learning {
    /// Who asked for a learned `reissue`, the configuration or the user; `None` where it has a fixed value.
    pub origin: Option<Origin>,
    /// The age that a learned `reissue` will not pass for now, where one was found.
    pub ceiling: Option<Duration>,
}

/// Whose connection the watch hears by, and who hears by its own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SharingState {
    /// How it hears of new mail.
    pub served: Served,
    /// The watch whose connection serves it, where it has none of its own.
    pub served_by: Option<WatchId>,
    /// How many other watches its connection serves.
    pub serves: usize,
}

/// Where a watch stands and what runs. Durations on screen are made from these and `now`.
///
/// Not serialised: it holds an `Instant`, which has no meaning outside this process.
#[derive(Clone, Debug, PartialEq)]
pub struct Snapshot {
    /// Which watch.
    pub id: WatchId,
    /// Its phase.
    pub phase: Phase,
    /// Since when it has been in it.
    pub since: Instant,
    /// The connection it stands on.
    pub connection: CurrentConnection,
    /// What runs out next, and when. Backoff shows as [`Timer::RetryMin`].
    pub deadline: Option<(Instant, Timer)>,
    /// The timers in force.
    pub timers: Timers,
    /// How `reissue` is learned.
    pub learning: Learning,
    /// The mailbox's figures.
    pub mailbox: MailboxCounts,
    /// The running or the last DONE.
    pub receipt: Option<Receipt>,
    /// The program's conclusion.
    pub finding: Option<Finding>,
    /// What went wrong last; cleared when IDLE stands.
    pub fault: Option<Fault>,
    /// The quarantined connection that is still being read.
    pub quarantined: Option<Quarantined>,
    /// Blind time.
    pub blind: Blind,
    /// The watch's past. Empty unless the front end has a screen.
    pub past: Arc<Past>,
    /// Whose connection it hears by.
    pub sharing: SharingState,
}

impl Snapshot {
    /// A watch that has not begun.
    #[must_use]
    pub fn new(id: WatchId, timers: Timers, now: Instant) -> Self {
        Self {
            id,
            phase: Phase::Connecting,
            since: now,
            connection: CurrentConnection::default(),
            deadline: None,
            timers,
            learning: Learning::default(),
            mailbox: MailboxCounts::default(),
            receipt: None,
            finding: None,
            fault: None,
            quarantined: None,
            blind: Blind::default(),
            past: Arc::default(),
            sharing: SharingState::default(),
        }
    }

    /// How a summary counts the watch: between one IDLE and the next it is as live as in it, so that no count changes with
    /// each DONE. A watch whose connection is being replaced is on its way.
    #[must_use]
    pub fn standing(&self) -> PhaseGroup {
        if self.connection.replacing {
            return PhaseGroup::Busy;
        }
        match self.phase {
            Phase::Finishing => PhaseGroup::Live,
            Phase::CatchingUp | Phase::Requested => match &self.finding {
                Some(finding) if finding.verdict.is_healthy() => PhaseGroup::Live,
                Some(_) | None => PhaseGroup::Busy,
            },
            Phase::Connecting
            | Phase::Authenticating
            | Phase::Selecting
            | Phase::Idling
            | Phase::Polling
            | Phase::Waiting
            | Phase::Paused
            | Phase::Failed
            | Phase::Ended => self.phase.group(),
        }
    }

    /// What a timer is set to.
    #[must_use]
    pub fn setting(&self, timer: Timer) -> Setting {
        if timer == Timer::Reissue && self.learning.origin.is_some() {
            Setting::Auto
        } else {
            Setting::Value(self.timers.value(timer))
        }
    }

    /// Whether its server does not announce its mail, as far as is known.
    #[must_use]
    pub fn is_not_pushing(&self) -> bool {
        self.finding.as_ref().is_some_and(|finding| finding.verdict == Verdict::NotPushing)
    }

    /// What can still be said of the watch when its host was heard last at that moment: its figures, and that nothing else
    /// is known.
    #[must_use]
    pub fn unheard(&self, since: Instant, why: &str) -> Self {
        let phase = if self.phase == Phase::Ended { Phase::Ended } else { Phase::Waiting };
        let server = self.connection.server.clone();
        Self {
            phase,
            since,
            connection: CurrentConnection { server, ..CurrentConnection::default() },
            deadline: None,
            finding: None,
            fault: Some(Fault::retry_after(FaultClass::Closed, why)),
            quarantined: None,
            blind: Blind { since: None, ..self.blind },
            // One that runs would seem to go on.
            receipt: self.receipt.clone().filter(|receipt| receipt.answer.is_some()),
            ..self.clone()
        }
    }
}

/// An account's next canary.
///
/// Not serialised: it holds an `Instant`, which has no meaning outside this process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DueCanary {
    /// The mailbox that it goes into.
    pub mailbox: Arc<str>,
    /// When it is due. It waits for its mailbox to be live, so this may be over.
    pub at: Instant,
}

/// The current state of every watch. Cloning it copies pointers.
///
/// Not serialised: it holds an `Instant`, which has no meaning outside this process.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Board {
    /// The watches by account and mailbox.
    pub watches: BTreeMap<WatchId, Arc<Snapshot>>,
    /// How IDLEs of each account ended, by age.
    pub ages: BTreeMap<Arc<str>, Arc<Ages>>,
    /// A fault of the program's own, not of a watch: `history.db`, the configuration.
    pub fault: Option<Fault>,
    /// How many runs of an account's hooks failed since one last succeeded; no entry where none did.
    pub failed_hooks: BTreeMap<Arc<str>, u32>,
    /// The connections that an account has, where its server refused one more although `max_connections` allows it.
    pub connection_limits: BTreeMap<Arc<str>, u16>,
    /// When the next canary of each account is due, where it has any.
    pub canaries: BTreeMap<Arc<str>, DueCanary>,
    /// When mailboxes went unwatched or a watch was blind in the last day, by host; this machine by an empty name.
    pub gaps: BTreeMap<Arc<str>, Arc<Gaps>>,
    /// Where one board shows several engines: each host by its name, this machine by an empty one. Otherwise empty.
    pub hosts: BTreeMap<Arc<str>, Arc<Host>>,
}

impl Board {
    /// The part of it that is about these accounts; all of it where none is named.
    #[must_use]
    pub fn of_accounts(&self, accounts: &[Arc<str>]) -> Self {
        if accounts.is_empty() {
            return self.clone();
        }
        let wanted = self.watches.iter().filter(|(id, _)| accounts.contains(&id.account));
        Self {
            watches: wanted.map(|(id, watch)| (id.clone(), Arc::clone(watch))).collect(),
            ages: part(&self.ages, accounts),
            fault: self.fault.clone(),
            failed_hooks: part(&self.failed_hooks, accounts),
            connection_limits: part(&self.connection_limits, accounts),
            canaries: part(&self.canaries, accounts),
            gaps: self.gaps.clone(),
            hosts: self.hosts.clone(),
        }
    }
}

/// What stands by account of these.
fn part<T: Clone>(whole: &BTreeMap<Arc<str>, T>, accounts: &[Arc<str>]) -> BTreeMap<Arc<str>, T> {
    let wanted = |account: &Arc<str>| Some((Arc::clone(account), whole.get(account)?.clone()));
    accounts.iter().filter_map(wanted).collect()
}

/// How long a watch may be muted: what lasts longer is said in the configuration.
pub const MUTED: RangeInclusive<Duration> = Duration::from_secs(1)..=Duration::from_hours(7 * 24);

/// What a front end asks of a watch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Command {
    /// End the running IDLE with DONE and issue it again; a poll where there is no IDLE.
    Done,
    /// Drop the connection and make a new one at once. Takes a `failed` watch up again.
    Reconnect,
    /// End IDLE, log out, and rest.
    Pause,
    /// Go on after a pause or a failure.
    Resume,
    /// Change a timer; it applies to the running IDLE at once.
    Retune {
        /// Which.
        timer: Timer,
        /// Its new value; `None` is `off`.
        value: Option<Duration>,
        /// Who wants that; `None` is the engine's own screen.
        by: Option<Asker>,
    },
    /// Let `reissue` be learned from the server's answers.
    Learn,
    /// The user has looked: what came until now is new no longer. Nothing is asked of the server.
    ResetNew,
    /// Its mails and troubles notify nobody for so long. Nothing is asked of the server.
    Mute(Duration),
    /// They notify again.
    Unmute,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_watch_that_is_not_heard_of_is_never_live() {
        let now = Instant::now();
        for phase in Phase::ALL {
            let mut snapshot = Snapshot::new(WatchId::new("mx1/work", "INBOX"), Timers::default(), now);
            snapshot.phase = phase;
            snapshot.connection.idle_since = Some(now);
            snapshot.mailbox.new = 3;
            let unheard = snapshot.unheard(now, "the link is lost");
            assert!(matches!(unheard.standing(), PhaseGroup::Down | PhaseGroup::Resting), "{phase:?}");
            assert!(unheard.deadline.is_none() && unheard.connection.idle_since.is_none() && unheard.mailbox.new == 3);
        }
    }
}
