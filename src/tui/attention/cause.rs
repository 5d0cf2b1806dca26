//! What is the matter with a watch, as far as anything is.

use std::sync::Arc;

use crate::tui::stall::{Stall, StallKind};
use crate::tui::words;
use mailwatch_proto::model::{FaultClass, Next, Phase, Snapshot, Verdict};

/// What is the matter with a watch. Watches of one cause are one thing that is wrong; the order is that of urgency.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cause {
    /// It waits for the user.
    NeedsUser(Arc<str>, FaultClass),
    /// It is down, and tried again. Of a fault that no account alone can have, all accounts are one cause.
    Down(Option<Arc<str>>, FaultClass),
    /// DONE is, or was, not answered.
    Stalled(Arc<str>, Stalled),
    /// Mail is not announced.
    NotPushing(Arc<str>),
    /// The server is silent for longer than it ever was.
    Quiet(Arc<str>),
}

/// How DONE stays without an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stalled {
    /// The server's machine has it.
    Ignored,
    /// It did not arrive.
    PathDead,
    /// The server's window is closed.
    NotReading,
    /// There is no evidence.
    NotKnown,
}

pub fn cause_of(snapshot: &Snapshot, stall: Option<Stall>) -> Option<Cause> {
    let account = || Arc::clone(&snapshot.id.account);
    let down = matches!(snapshot.phase, Phase::Failed | Phase::Waiting) || words::is_retrying(snapshot);
    if let Some(fault) = snapshot.fault.as_ref().filter(|_| down && !snapshot.connection.replacing) {
        return Some(match fault.next {
            Next::User | Next::UserAfter(_) => Cause::NeedsUser(account(), fault.class),
            Next::AtOnce | Next::Retry | Next::Soon | Next::RetryLater | Next::After(_) => {
                Cause::Down((!is_of_the_way(fault.class)).then(account), fault.class)
            }
        });
    }
    if snapshot.phase.is_at_rest() {
        return None;
    }
    let verdict = snapshot.finding.as_ref().map(|finding| finding.verdict);
    if let Some(stalled) = verdict.and_then(stalled) {
        return Some(Cause::Stalled(account(), stalled));
    }
    if let Some(stall) = stall {
        let concluded = snapshot.past.stall.as_ref().and_then(|past| stalled(past.finding.verdict));
        let stalled = match stall.kind {
            StallKind::Unacked => Stalled::PathDead,
            StallKind::Ignored | StallKind::Late => {
                concluded.filter(|known| *known != Stalled::PathDead).unwrap_or(Stalled::Ignored)
            }
        };
        return Some(Cause::Stalled(account(), stalled));
    }
    match verdict? {
        Verdict::NotPushing => Some(Cause::NotPushing(account())),
        Verdict::Quiet => Some(Cause::Quiet(account())),
        // Nothing is wrong; DONE finds out within seconds whether something is; where the watch is down its fault has said
        // it above; a stall has too.
        Verdict::Live
        | Verdict::Finishing
        | Verdict::Slept
        | Verdict::Closed
        | Verdict::Limited
        | Verdict::Refused
        | Verdict::ServerIgnoring
        | Verdict::PathDead
        | Verdict::ServerNotReading
        | Verdict::NotKnown => None,
    }
}

/// How DONE stays without an answer, by what was concluded.
const fn stalled(verdict: Verdict) -> Option<Stalled> {
    match verdict {
        Verdict::ServerIgnoring => Some(Stalled::Ignored),
        Verdict::PathDead => Some(Stalled::PathDead),
        Verdict::ServerNotReading => Some(Stalled::NotReading),
        Verdict::NotKnown => Some(Stalled::NotKnown),
        Verdict::Live
        | Verdict::Finishing
        | Verdict::Quiet
        | Verdict::Slept
        | Verdict::Closed
        | Verdict::Limited
        | Verdict::Refused
        | Verdict::NotPushing => None,
    }
}

/// Whether a fault is one of the way to the server: then several accounts have it for one reason.
const fn is_of_the_way(class: FaultClass) -> bool {
    match class {
        FaultClass::Dns | FaultClass::Connect | FaultClass::Proxy | FaultClass::Timeout | FaultClass::Closed => true,
        FaultClass::Tls
        | FaultClass::Auth
        | FaultClass::Secret
        | FaultClass::Mailbox
        | FaultClass::Limit
        | FaultClass::Protocol
        | FaultClass::History
        | FaultClass::Hook
        | FaultClass::Config => false,
    }
}
