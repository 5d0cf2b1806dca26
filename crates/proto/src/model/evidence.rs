//! The evidence of one DONE, and the program's conclusion from it.

use std::fmt;
use std::time::{Duration, Instant};

use super::Unannounced;

/// Why an IDLE was ended with DONE.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum DoneReason {
    /// The `reissue` timer.
    Reissue,
    /// The server announced new mail.
    NewMail,
    /// A key, SIGUSR1.
    User,
    /// The `silence` timer, or heartbeats that stopped.
    Silence,
    /// A timer was changed, and the running IDLE is older than the new value allows.
    Retune,
    /// Before a token or session expires.
    Rotate,
    /// The machine was suspended.
    Slept,
    /// The machine's addresses or its default route changed.
    Network,
    /// The user pauses the watch.
    Pause,
    /// The program ends.
    Shutdown,
    /// Other mailboxes that this connection serves are due, or mailboxes came and went.
    Turn,
    /// The server showed that mail may have come without announcing it, or that the mailbox may be another one.
    Hint,
    /// A mail was not announced: IDLE is relied on less, until mails are.
    NotPushing,
}

impl DoneReason {
    /// Every reason.
    pub const ALL: [Self; 13] = [
        Self::Reissue,
        Self::NewMail,
        Self::User,
        Self::Silence,
        Self::Retune,
        Self::Rotate,
        Self::Slept,
        Self::Network,
        Self::Pause,
        Self::Shutdown,
        Self::Turn,
        Self::Hint,
        Self::NotPushing,
    ];

    /// The reason's name, as events and the screen write it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Reissue => "reissue",
            Self::NewMail => "new-mail",
            Self::User => "user",
            Self::Silence => "silence",
            Self::Retune => "retune",
            Self::Rotate => "rotate",
            Self::Slept => "slept",
            Self::Network => "network",
            Self::Pause => "pause",
            Self::Shutdown => "shutdown",
            Self::Turn => "turn",
            Self::Hint => "hint",
            Self::NotPushing => "not-pushing",
        }
    }
}

impl fmt::Display for DoneReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A tagged reply's word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Status {
    /// The command was carried out.
    Ok,
    /// It was not.
    No,
    /// The server did not understand it.
    Bad,
}

impl Status {
    /// Every word.
    pub const ALL: [Self; 3] = [Self::Ok, Self::No, Self::Bad];

    /// The word on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ok => "OK",
            Self::No => "NO",
            Self::Bad => "BAD",
        }
    }
}

/// DONE's tagged reply.
///
/// Not serialised: it holds an `Instant`, which has no meaning outside this process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// When it was read.
    pub at: Instant,
    /// OK, NO or BAD.
    pub status: Status,
    /// Untagged responses between DONE and the reply.
    pub untagged: u32,
}

/// The stages of one DONE, each with its time.
///
/// Not serialised: it holds an `Instant`, which has no meaning outside this process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// Why DONE was sent.
    pub reason: DoneReason,
    /// The IDLE's age at DONE, from sending IDLE.
    pub idle_age: Duration,
    /// When the machine handed DONE out: `done` counts from here.
    pub queued: Instant,
    /// When the kernel had taken all of it.
    pub written: Option<Instant>,
    /// When the peer's TCP was seen to have it. Behind a proxy: the proxy's.
    pub acked: Option<Instant>,
    /// Its tagged reply.
    pub answer: Option<Answer>,
}

impl Receipt {
    /// From queued to the tagged reply; `None` while it is owed.
    #[must_use]
    pub fn took(&self) -> Option<Duration> {
        self.answer.as_ref().map(|answer| answer.at.saturating_duration_since(self.queued))
    }
}

/// What the program concludes from a watch's state; its name in events is [`Verdict::name`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Verdict {
    /// The push is alive: the server answers.
    Live,
    /// DONE is sent, its reply not yet due.
    Finishing,
    /// Silence beyond what this server's heartbeat taught.
    Quiet,
    /// The machine was suspended; the connection is being checked.
    Slept,
    /// FIN, RST or BYE.
    Closed,
    /// Too many connections.
    Limited,
    /// The login was refused.
    Refused,
    /// DONE is acknowledged by the server's TCP, and not answered.
    ServerIgnoring,
    /// DONE is not acknowledged, retransmits grow.
    PathDead,
    /// The peer's receive window is closed.
    ServerNotReading,
    /// DONE is not answered, and there is no TCP evidence.
    NotKnown,
    /// IDLE stands and DONE is answered, but mail was not announced.
    NotPushing,
}

impl Verdict {
    /// Every verdict.
    pub const ALL: [Self; 12] = [
        Self::Live,
        Self::Finishing,
        Self::Quiet,
        Self::Slept,
        Self::Closed,
        Self::Limited,
        Self::Refused,
        Self::ServerIgnoring,
        Self::PathDead,
        Self::ServerNotReading,
        Self::NotKnown,
        Self::NotPushing,
    ];

    /// The verdict's name, as events write it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Finishing => "finishing",
            Self::Quiet => "quiet",
            Self::Slept => "slept",
            Self::Closed => "closed",
            Self::Limited => "limited",
            Self::Refused => "refused",
            Self::ServerIgnoring => "server-ignoring",
            Self::PathDead => "path-dead",
            Self::ServerNotReading => "server-not-reading",
            Self::NotKnown => "not-known",
            Self::NotPushing => "not-pushing",
        }
    }

    /// Whether it concludes that DONE was not answered in time.
    #[must_use]
    pub const fn is_stall(self) -> bool {
        match self {
            Self::ServerIgnoring | Self::PathDead | Self::ServerNotReading | Self::NotKnown => true,
            Self::Live
            | Self::Finishing
            | Self::Quiet
            | Self::Slept
            | Self::Closed
            | Self::Limited
            | Self::Refused
            | Self::NotPushing => false,
        }
    }

    /// Whether nothing is wrong: the push is alive, or DONE's reply is not yet due.
    #[must_use]
    pub const fn is_healthy(self) -> bool {
        match self {
            Self::Live | Self::Finishing => true,
            Self::Quiet
            | Self::Slept
            | Self::Closed
            | Self::Limited
            | Self::Refused
            | Self::ServerIgnoring
            | Self::PathDead
            | Self::ServerNotReading
            | Self::NotKnown
            | Self::NotPushing => false,
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// The kernel's figures of DONE's way to the peer. `None`: not known (on this system, or not yet).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Evidence {
    /// Whether the peer's TCP acknowledged all of DONE's bytes.
    pub acked: Option<bool>,
    /// Bytes in the socket's send queue: not sent, or not acknowledged (SIOCOUTQ).
    pub outq: Option<u64>,
    /// Segments in flight (`tcpi_unacked`).
    pub unacked: Option<u64>,
    /// Timeouts of the oldest segment in a row (`tcpi_retransmits`); on macOS and Windows what was resent since DONE.
    pub retransmits: Option<u64>,
    /// Doublings of the retransmission timeout (`tcpi_backoff`).
    pub backoff: Option<u64>,
    /// The peer's receive window in bytes (`tcpi_snd_wnd`).
    pub snd_wnd: Option<u64>,
    /// Whether a proxy stands between: then the ack is the proxy's.
    pub proxy: Option<bool>,
}

/// One sample of the send side of a DONE's socket. `None`: this kernel does not report it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct TcpSample {
    /// Since DONE was written.
    pub after: Duration,
    /// Whether the peer's TCP had acknowledged all of DONE's bytes.
    pub acked: bool,
    /// Bytes not sent, or not acknowledged (SIOCOUTQ).
    pub outq: u64,
    /// Bytes not sent (`tcpi_notsent_bytes`).
    pub notsent: Option<u64>,
    /// Segments in flight (`tcpi_unacked`).
    pub unacked: Option<u64>,
    /// Timeouts of the oldest segment in a row (`tcpi_retransmits`); on macOS and Windows what was resent since DONE.
    pub retransmits: u64,
    /// Doublings of the retransmission timeout (`tcpi_backoff`).
    pub backoff: Option<u64>,
    /// Probes without an answer (`tcpi_probes`).
    pub probes: Option<u64>,
    /// Segments sent again since the connection began (`tcpi_total_retrans`).
    pub total_retrans: u64,
    /// The peer's receive window in bytes (`tcpi_snd_wnd`).
    pub snd_wnd: Option<u64>,
    /// The smoothed round trip time; zero before the first is measured.
    pub rtt: Duration,
    /// Since the last data came in.
    pub last_data_received: Option<Duration>,
}

/// A verdict with its sentence and its evidence.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Finding {
    /// Its name.
    pub verdict: Verdict,
    /// A sentence that an administrator can act on.
    pub text: String,
    /// The figures behind it, where TCP had a part in it.
    pub evidence: Option<Evidence>,
    /// The mails behind it, of [`Verdict::NotPushing`].
    pub mails: Vec<Unannounced>,
}
