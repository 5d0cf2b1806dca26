//! Notifications of new mail: on the desktop, by the terminal, by its bell. A front end beside the screen and `watch`.
//!
//! [`Notifier`] decides what is shown when, and knows neither clock nor bus; [`run`] gives it the time, and passes its actions
//! to the desktop, on a thread of its own, or to the screen. Uses the vocabulary alone: it listens to the front end's events
//! ([`concerns`]), so that nothing here can delay anything.

#[cfg(feature = "desktop")]
mod daemon;
mod desktop;
mod digest;
mod notifier;
mod run;
mod sequence;
#[cfg(test)]
mod tests;

pub use desktop::DesktopThread;
pub use digest::{Digest, Note};
pub use notifier::{Action, GAP, LONGEST_GAP, Notifier, SETTLE};
pub use run::{Outlets, run};
pub use sequence::{Alert, Shows, sequence};

use mailwatch_proto::model::EventKind;

/// Whether an event concerns notifications: new mail, and a suspend, after which the time of day has changed.
#[must_use]
pub const fn concerns(kind: &EventKind) -> bool {
    match kind {
        EventKind::NewMail(_) | EventKind::Slept { .. } => true,
        EventKind::Phase { .. }
        | EventKind::Connected { .. }
        | EventKind::Capabilities { .. }
        | EventKind::Exists { .. }
        | EventKind::Expunge { .. }
        | EventKind::Flags { .. }
        | EventKind::DoneSent { .. }
        | EventKind::DoneAcked { .. }
        | EventKind::DoneAnswered { .. }
        | EventKind::Stalled { .. }
        | EventKind::Verdict { .. }
        | EventKind::Replaced { .. }
        | EventKind::Heartbeat { .. }
        | EventKind::Unparsed { .. }
        | EventKind::Bye { .. }
        | EventKind::Alert { .. }
        | EventKind::Hint { .. }
        | EventKind::Contradiction { .. }
        | EventKind::Fault { .. }
        | EventKind::Retry { .. }
        | EventKind::Retuned { .. }
        | EventKind::Hook { .. }
        | EventKind::Lost { .. }
        | EventKind::Wire(_) => false,
    }
}
