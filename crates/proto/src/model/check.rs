//! The steps of a check, their names, and what each failure means. The engine takes them, front ends show them.

use std::time::Duration;

use super::{Fault, FaultClass};

/// A step on the way to a watch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum StepKind {
    /// The host's addresses.
    Dns,
    /// A TCP connection.
    Tcp,
    /// The proxy's connection to the server; without a proxy there is no such step.
    Proxy,
    /// TLS and the certificate; STARTTLS where it is asked for.
    Tls,
    /// The server's first line.
    Greeting,
    /// The login.
    Login,
    /// What the server can do.
    Capabilities,
    /// What the server is (RFC 2971).
    Id,
    /// The mailbox, opened for reading.
    Examine,
    /// IDLE, up to its `+`.
    Idle,
    /// DONE, up to its tagged reply.
    Done,
    /// The account's mailboxes, on a connection for ordinary commands.
    List,
}

impl StepKind {
    /// Every step without a proxy, in order.
    pub const ALL: [Self; 11] = [
        Self::Dns,
        Self::Tcp,
        Self::Tls,
        Self::Greeting,
        Self::Login,
        Self::Capabilities,
        Self::Id,
        Self::Examine,
        Self::Idle,
        Self::Done,
        Self::List,
    ];

    /// Its name, in text and in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Dns => "dns",
            Self::Tcp => "tcp",
            Self::Proxy => "proxy",
            Self::Tls => "tls",
            Self::Greeting => "greeting",
            Self::Login => "login",
            Self::Capabilities => "capabilities",
            Self::Id => "id",
            Self::Examine => "examine",
            Self::Idle => "idle",
            Self::Done => "done",
            Self::List => "list",
        }
    }
}

/// How a step ended.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Outcome {
    /// Well, with what it found. A stranger's text may be in it: sanitise before showing.
    Done(String),
    /// It was not needed, or there is nothing to do it with, and why.
    LeftOut(String),
    /// It failed; no other follows.
    Failed(Fault),
}

/// A step with its time.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Step {
    /// Which.
    pub kind: StepKind,
    /// How long it took.
    pub took: Duration,
    /// How it ended.
    pub outcome: Outcome,
}

impl Step {
    /// What to do about a failure, beyond what its message says; nothing for a step that did not fail.
    #[must_use]
    pub const fn advice(&self) -> Option<&'static str> {
        let Outcome::Failed(fault) = &self.outcome else { return None };
        match fault.class {
            FaultClass::Limit => {
                Some("close other clients of this account, or wait until the server has forgotten their connections")
            }
            FaultClass::Timeout if matches!(self.kind, StepKind::Done) => {
                Some("`mailwatch-tui` replaces such a connection by itself; a shorter reissue may avoid it")
            }
            FaultClass::Timeout => {
                Some("the server or the path is silent at this step: try again, then ask its administrator")
            }
            FaultClass::Protocol | FaultClass::Closed => {
                Some("the server ended it: try again later, then show its administrator this text")
            }
            FaultClass::Tls => Some("nothing secret was sent"),
            // Their messages end with what to do.
            FaultClass::Dns
            | FaultClass::Connect
            | FaultClass::Proxy
            | FaultClass::Auth
            | FaultClass::Secret
            | FaultClass::Mailbox
            | FaultClass::History
            | FaultClass::Hook
            | FaultClass::Config => None,
        }
    }
}
