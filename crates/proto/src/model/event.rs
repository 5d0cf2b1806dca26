//! What happened: the events that front ends show and `watch --json` prints.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use super::snapshot::TlsName;
use super::{
    ConnId, DoneReason, Evidence, FaultClass, FoundBy, Origin, Phase, Served, Status, Timer, Unannounced, Verdict,
    WatchId,
};

/// Something that happened, with its time and place.
///
/// Not serialised: it holds an `Instant`, which has no meaning outside this process.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// The moment on the wall clock, to be shown.
    pub ts: SystemTime,
    /// The same moment on the monotonic clock, to be compared.
    pub at: Instant,
    /// The watch it belongs to, if to one.
    pub watch: Option<WatchId>,
    /// The connection it belongs to, if to one.
    pub conn: Option<ConnId>,
    /// What it was.
    pub kind: EventKind,
}

/// Identifies a mail for the whole of its mailbox's life (RFC 3501 §2.3.1.1).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct MailKey {
    /// The watch whose mailbox holds it.
    pub watch: WatchId,
    /// The mailbox's epoch: counts how often its UIDs began to mean other messages.
    pub epoch: u32,
    /// The mailbox's UIDVALIDITY.
    pub uidvalidity: u32,
    /// Its UID.
    pub uid: u32,
}

/// A new mail, as far as its headers tell.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Mail {
    /// Its UID.
    pub uid: u32,
    /// The mailbox's UIDVALIDITY.
    pub uidvalidity: u32,
    /// The sender, decoded: `Name <address>`, several authors with commas between. Empty where there is none.
    pub from: String,
    /// The subject, decoded. Empty where there is none.
    pub subject: String,
    /// The Date header as RFC 3339, where it could be read.
    pub date: Option<String>,
    /// Whether it came while the watch was blind.
    pub gap: bool,
    /// The mailbox's epoch: counts how often its UIDs began to mean other messages.
    pub epoch: u32,
    /// Its flags as they were when it was found, as the server writes them.
    pub flags: Vec<String>,
    /// Whether its headers could be read.
    pub headers: bool,
    /// How it was found.
    pub found: FoundBy,
    /// When the server received it, by the server's clock: its INTERNALDATE.
    pub received: Option<SystemTime>,
    /// From then until it was told, at least; where the server's clock is known, and the date is not one that a copy kept.
    pub late: Option<Duration>,
}

impl Default for Mail {
    /// A mail of which nothing is known but that its headers, which may be empty, were read.
    fn default() -> Self {
        Self {
            uid: 0,
            uidvalidity: 0,
            from: String::new(),
            subject: String::new(),
            date: None,
            gap: false,
            epoch: 0,
            flags: Vec::new(),
            headers: true,
            found: FoundBy::default(),
            received: None,
            late: None,
        }
    }
}

impl Mail {
    /// What identifies it.
    #[must_use]
    pub fn key(&self, watch: &WatchId) -> MailKey {
        MailKey { watch: watch.clone(), epoch: self.epoch, uidvalidity: self.uidvalidity, uid: self.uid }
    }

    /// The first sender's name; the address where there is none.
    #[must_use]
    pub fn sender(&self) -> &str {
        // Where another author follows, the first one's address ends before him.
        let first = self.from.split_once(">, ").map_or(self.from.as_str(), |(first, _)| first);
        // The address stands last: a name may contain anything.
        let name = first.rsplit_once('<').map_or(first, |(name, _)| name).trim().trim_matches('"');
        let sender = if name.is_empty() { first.trim_matches(['<', '>', ' ']) } else { name };
        if sender.is_empty() { "no sender" } else { sender }
    }

    /// The subject, or that there is none, or that it is not known.
    #[must_use]
    pub fn subject(&self) -> &str {
        if !self.headers && self.subject.is_empty() {
            return "headers could not be read";
        }
        if self.subject.is_empty() { "(no subject)" } else { &self.subject }
    }
}

/// Which way a line went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum WireDirection {
    /// From us, the client: `C`.
    Client,
    /// From the server: `S`.
    Server,
}

/// A line of the trace, secrets already replaced.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct WireLine {
    /// Which way it went.
    pub direction: WireDirection,
    /// The line, sanitised and cut.
    pub text: String,
}

/// What happened. Each kind but [`EventKind::Wire`] is a line of `watch --json`.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum EventKind {
    /// The watch's phase changed; the first has no `from`.
    Phase {
        /// The phase before.
        from: Option<Phase>,
        /// The phase now.
        to: Phase,
        /// How the watch hears of new mail.
        by: Served,
    },
    /// TCP, TLS and greeting are done.
    Connected {
        /// The peer's address; `None` for a transport without one.
        addr: Option<SocketAddr>,
        /// `1.2` or `1.3`; `None` without TLS.
        #[cfg_attr(feature = "serde", serde(deserialize_with = "super::serialise::optional_tls_version"))]
        tls: Option<TlsName>,
        /// From dialling to the greeting.
        took: Duration,
    },
    /// The server's capabilities after login.
    Capabilities {
        /// Whether IDLE is among them.
        idle: bool,
        /// All of them, in the server's order.
        list: Arc<[String]>,
    },
    /// `* n EXISTS` with another count than before.
    Exists {
        /// Messages in the mailbox.
        count: u32,
        /// The change since the last count.
        delta: i64,
    },
    /// Messages were expunged.
    Expunge {
        /// Responses in the burst.
        count: u32,
    },
    /// Flags changed.
    Flags {
        /// Responses in the burst.
        count: u32,
    },
    /// A mail that was not there before.
    NewMail(Mail),
    /// A push was proven by a message of this program's own, or was not.
    Canary {
        /// From the server's taking it to its EXISTS; nothing where it was not announced.
        announced: Option<Duration>,
        /// Whether it was removed and seen to be gone.
        removed: bool,
    },
    /// DONE was handed out.
    DoneSent {
        /// Why.
        reason: DoneReason,
        /// The IDLE's age, from sending IDLE.
        idle: Duration,
    },
    /// DONE was acknowledged by the peer's TCP.
    DoneAcked {
        /// From written.
        took: Duration,
    },
    /// DONE's tagged reply came.
    DoneAnswered {
        /// Why DONE was sent.
        reason: DoneReason,
        /// From queued.
        took: Duration,
        /// OK, NO or BAD.
        status: Status,
        /// Untagged responses between DONE and the reply.
        untagged: u32,
        /// Whether it came after `done` had run out.
        late: bool,
    },
    /// DONE was not answered in time.
    Stalled {
        /// The conclusion.
        verdict: Verdict,
        /// From written; from queued where it never was.
        waited: Duration,
        /// What TCP knew.
        evidence: Evidence,
    },
    /// The watch's verdict changed.
    Verdict {
        /// Its name.
        verdict: Verdict,
        /// Its sentence.
        text: String,
        /// What TCP knew, where it had a part in it.
        evidence: Option<Evidence>,
        /// The mails behind it, of `not-pushing`.
        mails: Vec<Unannounced>,
    },
    /// A new connection idles in the old one's place; the event's `conn` is the old one.
    Replaced {
        /// The new connection.
        by: ConnId,
        /// How long a mail could have come unheard; nothing where the old one was alive till then.
        blind: Duration,
    },
    /// `* OK Still here` and the like.
    Heartbeat {
        /// Its text.
        text: String,
    },
    /// A line that no parser reads.
    Unparsed {
        /// The line, cut.
        text: String,
    },
    /// The server said BYE.
    Bye {
        /// Its text.
        text: String,
    },
    /// The server sent an ALERT, which a user must see (RFC 3501 §7.1).
    Alert {
        /// Its text.
        text: String,
    },
    /// The server showed that mail may have come without announcing it: it is looked into at once.
    Hint {
        /// What the server said.
        text: String,
    },
    /// The server contradicted itself: it is looked into, once.
    Contradiction {
        /// What it said, and what was expected.
        text: String,
    },
    /// Something went wrong.
    Fault {
        /// Its class.
        class: FaultClass,
        /// Its sentence.
        message: String,
        /// Whether the program tries again by itself.
        retry: bool,
    },
    /// Backoff begins.
    Retry {
        /// Which attempt comes next, from 1.
        attempt: u32,
        /// How long it waits.
        delay: Duration,
    },
    /// A timer was changed.
    Retuned {
        /// Which.
        timer: Timer,
        /// Before; `None` is `off`.
        from: Option<Duration>,
        /// Now; `None` is `off`.
        to: Option<Duration>,
        /// Who changed it.
        origin: Origin,
        /// Which front end, where it was another process's.
        by: Option<String>,
    },
    /// The machine was suspended.
    Slept {
        /// For how long.
        slept: Duration,
    },
    /// A hook ended.
    Hook {
        /// Its argument list.
        command: Vec<String>,
        /// Its exit code; `None` where a signal ended it.
        exit: Option<i32>,
        /// How long it ran.
        took: Duration,
    },
    /// Events were dropped because this front end did not read them in time.
    Lost {
        /// How many.
        count: u64,
    },
    /// A line of the trace: for the screen, not a line of `watch --json`.
    Wire(WireLine),
}

impl EventKind {
    /// The kind's name in `watch --json`.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Phase { .. } => "phase",
            Self::Connected { .. } => "connected",
            Self::Capabilities { .. } => "capabilities",
            Self::Exists { .. } => "exists",
            Self::Expunge { .. } => "expunge",
            Self::Flags { .. } => "flags",
            Self::NewMail(_) => "new_mail",
            Self::DoneSent { .. } => "done_sent",
            Self::DoneAcked { .. } => "done_acked",
            Self::DoneAnswered { .. } => "done_answered",
            Self::Stalled { .. } => "stalled",
            Self::Verdict { .. } => "verdict",
            Self::Replaced { .. } => "replaced",
            Self::Heartbeat { .. } => "heartbeat",
            Self::Unparsed { .. } => "unparsed",
            Self::Bye { .. } => "bye",
            Self::Alert { .. } => "alert",
            Self::Canary { .. } => "canary",
            Self::Hint { .. } => "hint",
            Self::Contradiction { .. } => "contradiction",
            Self::Fault { .. } => "fault",
            Self::Retry { .. } => "retry",
            Self::Retuned { .. } => "retuned",
            Self::Slept { .. } => "slept",
            Self::Hook { .. } => "hook",
            Self::Lost { .. } => "lost",
            Self::Wire(_) => "wire",
        }
    }
}
