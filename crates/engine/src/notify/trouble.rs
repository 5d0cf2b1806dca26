//! What is wrong with watches, and what of it was told: what needs the user is told at once, a watch that is down after a
//! while. One cause is told once, however many watches it has. The time is an argument.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::time::{Duration, Instant};

use mailwatch_proto::model::{FaultClass, Phase, PhaseGroup, WatchId, sanitise};

use super::digest::{About, Note};

/// A watch is told to be down after so long: a server's restart and a change of networks are over by then.
pub const PATIENCE: Duration = Duration::from_mins(5);

/// Accounts whose patience ends within this time are told of together: one outage is seen by each at another moment, by one at
/// once and by another after its DONE's deadline (10 s) and the one for a connection (20 s).
pub const TOGETHER: Duration = Duration::from_secs(30);

/// A cause that was told is not told again sooner: a server that comes and goes must not be told each time.
pub const AGAIN: Duration = Duration::from_hours(1);

/// Causes that are told by their message; the others are counted.
const LINES: usize = 4;

/// Watches that are named; the others are counted.
const WATCHES: usize = 3;

/// How much of a name is shown, in characters.
const NAME: usize = 60;

/// How much of a message is shown, in characters.
const MESSAGE: usize = 240;

/// What watches are down for: one account's faults of one class are one, but that each mailbox has its own of a mailbox.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Cause {
    account: String,
    class: Option<FaultClass>,
    mailbox: Option<String>,
}

/// A watch's last fault.
#[derive(Clone, Debug)]
struct Reason {
    class: FaultClass,
    message: String,
}

/// A watch that is down.
#[derive(Clone, Copy, Debug)]
struct Down {
    since: Instant,
    needs_user: bool,
    /// Nothing is to be told of it any more.
    over: bool,
}

impl Down {
    /// When it is to be told.
    fn due(self) -> Option<Instant> {
        let patience = if self.needs_user { Duration::ZERO } else { PATIENCE };
        (!self.over).then(|| self.since + patience)
    }
}

/// What is known of all watches.
#[derive(Debug, Default)]
pub(super) struct Troubles {
    reasons: BTreeMap<WatchId, Reason>,
    down: BTreeMap<WatchId, Down>,
    told: BTreeMap<Cause, Instant>,
}

impl Troubles {
    /// A watch has a fault.
    pub fn fault(&mut self, watch: &WatchId, class: FaultClass, message: &str) {
        self.reasons.insert(watch.clone(), Reason { class, message: message.to_owned() });
    }

    /// A watch is in another phase. Returns whether nothing is wrong with it any more.
    pub fn phase(&mut self, watch: &WatchId, to: Phase, at: Instant) -> bool {
        match to.group() {
            PhaseGroup::Down => {
                let down = Down { since: at, needs_user: false, over: false };
                let down = self.down.entry(watch.clone()).or_insert(down);
                down.needs_user |= to == Phase::Failed;
                false
            }
            PhaseGroup::Live | PhaseGroup::Resting => {
                self.reasons.remove(watch);
                self.down.remove(watch);
                true
            }
            // On the way, as often as it is tried.
            PhaseGroup::Busy => false,
        }
    }

    /// The machine was suspended: what is down has as long as if it had begun just now.
    fn woke(&mut self, at: Instant) {
        for down in self.down.values_mut().filter(|down| !down.needs_user) {
            down.since = at;
        }
    }

    /// What was to be told of watches that are down is put off: it counts as if they were down from now on.
    pub fn put_off(&mut self, trouble: &mut Trouble, at: Instant) {
        for (cause, affected) in trouble.causes.extract_if(.., |_, affected| !affected.needs_user) {
            for watch in affected.watches {
                if let Some(down) = self.down.get_mut(&watch) {
                    down.over = false;
                }
            }
            self.told.remove(&cause);
        }
        self.woke(at);
    }

    /// Nobody is to be told of anything.
    pub fn forget(&mut self) {
        *self = Self::default();
    }

    /// When something is to be told, unless it is over by then. Who is down waits for other accounts whose time is near; what
    /// is down is known, so that nobody waits for nothing.
    pub fn due(&self) -> Option<Instant> {
        let due = |needs_user| {
            let down = self.down.iter().filter(move |(_, down)| down.needs_user == needs_user);
            down.filter_map(|(watch, down)| Some((down.due()?, watch)))
        };
        let needed = due(true).map(|(at, _)| at).min();
        let down = due(false).min().map(|(first, of)| {
            let others = due(false).filter(|(at, watch)| watch.account != of.account && *at <= first + TOGETHER);
            others.map(|(at, _)| at).max().unwrap_or(first)
        });
        needed.into_iter().chain(down).min()
    }

    /// Adds what is to be told by now.
    pub fn tell(&mut self, trouble: &mut Trouble, at: Instant) {
        self.told.retain(|_, told| at.saturating_duration_since(*told) < AGAIN);
        let due = |(_, down): &(&WatchId, &Down)| down.due().is_some_and(|due| due <= at);
        let causes: BTreeSet<Cause> = self.down.iter().filter(due).map(|(watch, _)| self.cause(watch)).collect();
        for cause in causes {
            let is_new = !self.told.contains_key(&cause);
            let of_it: Vec<WatchId> = self.down.keys().filter(|watch| self.cause(watch) == cause).cloned().collect();
            for watch in of_it {
                let Some(down) = self.down.get_mut(&watch) else { continue };
                down.over = true;
                let needs_user = down.needs_user;
                if is_new || trouble.causes.contains_key(&cause) {
                    let reason = self.reasons.get(&watch).map(|reason| reason.message.as_str());
                    trouble.add(cause.clone(), watch, reason, needs_user);
                }
            }
            self.told.entry(cause).or_insert(at);
        }
    }

    fn cause(&self, watch: &WatchId) -> Cause {
        let class = self.reasons.get(watch).map(|reason| reason.class);
        let mailbox = (class == Some(FaultClass::Mailbox)).then(|| watch.mailbox.to_string());
        Cause { account: watch.account.to_string(), class, mailbox }
    }
}

/// What is told together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trouble {
    causes: BTreeMap<Cause, Affected>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Affected {
    watches: BTreeSet<WatchId>,
    message: String,
    needs_user: bool,
}

impl Trouble {
    /// Whether nothing is wrong.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.causes.is_empty()
    }

    /// Whether a watch of it is down, and may be up again by itself.
    pub(super) fn is_passing(&self) -> bool {
        self.causes.values().any(|affected| !affected.needs_user)
    }

    fn add(&mut self, cause: Cause, watch: WatchId, reason: Option<&str>, needs_user: bool) {
        let affected = self.causes.entry(cause).or_default();
        affected.watches.insert(watch);
        affected.needs_user |= needs_user;
        if affected.message.is_empty() {
            affected.message = sanitise(reason.unwrap_or_default(), MESSAGE);
        }
    }

    /// A watch is well again.
    pub(super) fn spare(&mut self, watch: &WatchId) {
        self.causes.retain(|_, affected| {
            affected.watches.remove(watch);
            !affected.watches.is_empty()
        });
    }

    /// Adds another, all of it later.
    pub(super) fn append(&mut self, later: Self) {
        for (cause, other) in later.causes {
            let affected = self.causes.entry(cause).or_default();
            affected.watches.extend(other.watches);
            affected.needs_user |= other.needs_user;
            affected.message = other.message;
        }
    }

    /// The text: of one cause whom it concerns and its message; of several how many watches are down, and the messages.
    #[must_use]
    pub fn note(&self) -> Note {
        let count: usize = self.causes.values().map(|affected| affected.watches.len()).sum();
        if let (1, Some((cause, affected))) = (self.causes.len(), self.causes.first_key_value()) {
            let account = sanitise(&cause.account, NAME);
            let (title, names) = match (affected.needs_user, affected.watches.first()) {
                (true, _) => (format!("{account} needs you"), affected.names()),
                (false, Some(watch)) if count == 1 => (format!("{} is down", name(watch)), String::new()),
                (false, _) => (format!("{count} watches of {account} are down"), affected.names()),
            };
            let lines = [affected.message.clone(), names].into_iter().filter(|line| !line.is_empty());
            return trouble(title, &lines.collect::<Vec<_>>().join("\n"));
        }
        let mut body = String::new();
        for (cause, affected) in self.causes.iter().take(LINES) {
            // Writing into a String does not fail.
            let _ = writeln!(body, "{}: {}", sanitise(&cause.account, NAME), affected.message);
        }
        let more = self.causes.len().saturating_sub(LINES);
        if more > 0 {
            let _ = writeln!(body, "and {more} more");
        }
        trouble(format!("{count} watches are down"), body.trim_end())
    }
}

fn trouble(title: String, body: &str) -> Note {
    Note { about: About::Trouble, title, body: body.to_owned(), actions: Vec::new() }
}

impl Affected {
    /// The watches, few of them by name.
    fn names(&self) -> String {
        let named: Vec<String> = self.watches.iter().take(WATCHES).map(name).collect();
        match self.watches.len().saturating_sub(WATCHES) {
            0 => named.join(", "),
            others => format!("{} and {others} more", named.join(", ")),
        }
    }
}

fn name(watch: &WatchId) -> String {
    sanitise(&watch.to_string(), NAME)
}
