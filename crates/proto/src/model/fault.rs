//! Faults, distinguished by what happens next.

use std::fmt;
use std::time::Duration;

/// A fault's class; its name in events is [`FaultClass::name`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum FaultClass {
    /// The host name has no address.
    Dns,
    /// No TCP connection.
    Connect,
    /// The proxy refused or failed.
    Proxy,
    /// No TLS, or a certificate that does not hold.
    Tls,
    /// The server refused the login.
    Auth,
    /// The password or token could not be had.
    Secret,
    /// The mailbox does not exist or cannot be opened.
    Mailbox,
    /// Too many connections.
    Limit,
    /// The server violated RFC 3501, or refused a command.
    Protocol,
    /// A timer ran out.
    Timeout,
    /// The connection ended: FIN, RST, BYE.
    Closed,
    /// `history.db` cannot be used.
    History,
    /// A hook failed.
    Hook,
    /// The configuration cannot be used.
    Config,
}

impl FaultClass {
    /// Every class.
    pub const ALL: [Self; 14] = [
        Self::Dns,
        Self::Connect,
        Self::Proxy,
        Self::Tls,
        Self::Auth,
        Self::Secret,
        Self::Mailbox,
        Self::Limit,
        Self::Protocol,
        Self::Timeout,
        Self::Closed,
        Self::History,
        Self::Hook,
        Self::Config,
    ];

    /// The class's name, as events and the screen write it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Dns => "dns",
            Self::Connect => "connect",
            Self::Proxy => "proxy",
            Self::Tls => "tls",
            Self::Auth => "auth",
            Self::Secret => "secret",
            Self::Mailbox => "mailbox",
            Self::Limit => "limit",
            Self::Protocol => "protocol",
            Self::Timeout => "timeout",
            Self::Closed => "closed",
            Self::History => "history",
            Self::Hook => "hook",
            Self::Config => "config",
        }
    }
}

impl fmt::Display for FaultClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// What a watch does after a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Next {
    /// A new connection at once: the server ended a session that had lasted as long as its sessions do. No fault of
    /// anyone's; one that had not lasted is treated as [`Next::Retry`].
    AtOnce,
    /// A new connection after the usual backoff.
    Retry,
    /// The same, and never after a long wait: nothing was asked of the server, which refused the connection at once, or
    /// there is no way to it.
    Soon,
    /// A new connection after a long backoff: trying sooner makes it worse.
    RetryLater,
    /// A new connection after so long: a login is not due sooner.
    After(Duration),
    /// It needs the user. Tried again all the same: at once when the user acts, else after half an hour, then less often.
    User,
    /// The same, tried again after so long.
    UserAfter(Duration),
}

/// Something that went wrong, in a sentence that names the server or file and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Fault {
    /// The class.
    pub class: FaultClass,
    /// The sentence. Sanitised, without secrets.
    pub message: String,
    /// What the watch does next.
    pub next: Next,
}

impl Fault {
    /// A fault after which the usual backoff and a new connection follow.
    pub fn retry_after(class: FaultClass, message: impl Into<String>) -> Self {
        Self { class, message: message.into(), next: Next::Retry }
    }

    /// A fault that needs the user.
    pub fn needs_user(class: FaultClass, message: impl Into<String>) -> Self {
        Self { class, message: message.into(), next: Next::User }
    }

    /// Whether it passes by itself. The program tries again in any case.
    #[must_use]
    pub const fn retry(&self) -> bool {
        match self.next {
            Next::AtOnce | Next::Retry | Next::Soon | Next::RetryLater | Next::After(_) => true,
            Next::User | Next::UserAfter(_) => false,
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.class, self.message)
    }
}

impl std::error::Error for Fault {}
