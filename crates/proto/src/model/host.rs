//! The hosts whose engines one board shows.
//!
//! On such a board the account `work` of the host `mx1` is `mx1/work`; this machine's accounts have their own names. No
//! account's name has a `/` in a configuration, and no host's.

use std::time::{Instant, SystemTime};

/// A host's engine, as the link to it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Host {
    /// How the link stands.
    pub link: HostLink,
    /// Since when it stands; of one that does not, when the engine was heard last, or since when it has been tried.
    pub since: Instant,
    /// What was said of it last, by the host or by ssh: why it does not stand. Sanitised.
    pub said: String,
    /// Whether ssh has ended where it may have wanted to ask somebody.
    pub asks: bool,
    /// The engine at its other end, or the one that was last.
    pub engine: Option<HostEngine>,
}

/// How the link to a host's engine stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum HostLink {
    /// It is made for the first time.
    Connecting,
    /// It stands, and answers.
    Up,
    /// It stands, and has not answered for a while.
    Silent,
    /// It is gone, and is made again.
    Lost,
}

/// An engine on another host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostEngine {
    /// What started it: `watch` or `screen`.
    pub role: String,
    /// Since when it has run.
    pub since: SystemTime,
    /// Its process there.
    pub pid: u32,
    /// The program's version there.
    pub version: String,
}

impl HostLink {
    /// Whether what is shown of the host is true now.
    #[must_use]
    pub const fn is_up(self) -> bool {
        match self {
            Self::Up => true,
            Self::Connecting | Self::Silent | Self::Lost => false,
        }
    }

    /// In a word.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Connecting => "connecting",
            Self::Up => "linked",
            Self::Silent => "no answer",
            Self::Lost => "link lost",
        }
    }
}

/// The host in an account's name on the board, and the account's own name there; this machine is the empty one.
#[must_use]
pub fn split_host(account: &str) -> (&str, &str) {
    account.split_once('/').unwrap_or(("", account))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hosts_account_is_told_from_this_machines() {
        for (account, parts) in [("work", ("", "work")), ("mx1/work", ("mx1", "work")), ("a/b/c", ("a", "b/c"))] {
            assert_eq!(split_host(account), parts);
        }
    }
}
