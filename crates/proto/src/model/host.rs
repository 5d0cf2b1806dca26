//! The hosts whose engines one board shows, and what is left of a watch that is not heard of.
//!
//! On such a board the account `work` of the host `mx1` is `mx1/work`; this machine's accounts have their own names. No
//! account's name has a `/` in a configuration, and no host's.

use std::time::{Instant, SystemTime};

use super::{CurrentConnection, Fault, FaultClass, Phase, Snapshot};

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

impl Snapshot {
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
            blind: super::Blind { since: None, ..self.blind },
            // One that runs would seem to go on.
            receipt: self.receipt.clone().filter(|receipt| receipt.answer.is_some()),
            ..self.clone()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{PhaseGroup, Timers, WatchId};

    #[test]
    fn a_hosts_account_is_told_from_this_machines() {
        for (account, parts) in [("work", ("", "work")), ("mx1/work", ("mx1", "work")), ("a/b/c", ("a", "b/c"))] {
            assert_eq!(split_host(account), parts);
        }
    }

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
