//! The vocabulary of all other modules. Plain data on std alone: no I/O, no clock, no channel.
//!
//! Durations are `std::time::Duration`; a moment is an `Instant` where it is compared and a `SystemTime` where it is
//! shown or kept. Text from a server is sanitised before it enters any of these types. With the feature `serde`, the types
//! without an `Instant` can be serialised.

mod account;
mod ages;
mod asker;
pub mod check;
mod event;
mod evidence;
mod fault;
mod gaps;
mod hooks;
mod host;
mod login;
mod network;
mod news;
mod notifications;
mod notify_rules;
mod oauth;
mod outcome;
mod past;
mod phase;
mod push;
mod push_delays;
mod quarantine;
mod reread;
#[cfg(feature = "serde")]
mod serialise;
mod snapshot;
mod tally;
mod text;
mod timers;
mod wanted;
mod words;

pub use account::{Account, Auth, Ca, FixedSecret, Quirks, SecretSource, TlsMode};
pub use ages::{AgeStep, Ages, Cliff, IdleEnd};
pub use asker::Asker;
pub use event::{Event, EventKind, Mail, MailKey, WireDirection, WireLine};
pub use evidence::{Answer, DoneReason, Evidence, Finding, Receipt, Status, TcpSample, Verdict};
pub use fault::{Fault, FaultClass, Next};
pub use gaps::{GAPS_KEPT, Gaps, Span};
pub use hooks::{HookEvent, Hooks};
pub use host::{Host, HostEngine, HostLink, split_host};
pub use login::{LoginChoice, LoginWay};
pub use network::{ClientCertificate, Network, Pin, Proxy, ProxyKind, ProxyLogin, Roots, TlsRules, TlsVersion};
pub use news::News;
pub use notifications::{Notifications, Quiet, QuietError, Sequence};
pub use notify_rules::{NotifyRules, Rule};
pub use oauth::{ClientSecret, Flow, Issuer, OAuthClient};
pub use outcome::{Fate, Outcome};
pub use past::{BlindInterval, Loss, PAST_INTERVALS, PAST_QUARANTINES, PAST_RECEIPTS, Past, PastReceipt, PastStall};
pub use phase::{Phase, PhaseGroup, Served};
pub use push::{FoundBy, Unannounced};
pub use push_delays::{DELAY_BOUNDS, DELAY_CLASSES, LATE, PushDelays};
pub use quarantine::{LateResponses, PastQuarantine, QuarantineEnd, Quarantined};
pub use reread::reread;
pub use snapshot::{
    Blind, Board, Command, CurrentConnection, DueCanary, Learning, MUTED, MailboxCounts, ServerInfo, SharingState,
    Snapshot, TlsInfo,
};
pub use tally::{Canaries, Counts, HookRuns, ROUND_TRIP_BOUNDS, RoundTrips, Tally};
pub use text::{LINE_LIMIT, one_line, sanitise};
pub use timers::{
    DurationError, Origin, Setting, TIMERS, Timer, TimerSpec, Timers, Tuned, parse_duration, show_clock, show_duration,
};
pub use wanted::{SPECIAL_USES, Wanted, fits};
pub use words::words;

use std::fmt;
use std::sync::Arc;
use std::time::{Instant, SystemTime};

/// One mailbox of one account: what a watch is known by. Cheap to clone.
///
/// `mailbox` is the name as a person writes it (UTF-8), not its modified UTF-7 form on the wire.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct WatchId {
    /// The account's name in the configuration.
    pub account: Arc<str>,
    /// The mailbox's name, `INBOX` in capitals.
    pub mailbox: Arc<str>,
}

impl WatchId {
    /// Names the watch of `mailbox` in `account`. `inbox` in any case is `INBOX` (RFC 3501 §5.1).
    #[must_use]
    pub fn new(account: &str, mailbox: &str) -> Self {
        let mailbox = if mailbox.eq_ignore_ascii_case("INBOX") { "INBOX" } else { mailbox };
        Self { account: account.into(), mailbox: mailbox.into() }
    }
}

impl fmt::Display for WatchId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.account, self.mailbox)
    }
}

/// A connection's number: unique while the program runs, in the order of dialling.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct ConnId(pub u64);

impl fmt::Display for ConnId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// One moment on both clocks.
///
/// Not serialised: it holds an `Instant`, which has no meaning outside this process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Now {
    /// To be compared.
    pub at: Instant,
    /// To be shown.
    pub wall: SystemTime,
}
