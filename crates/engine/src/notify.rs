//! Notifications of new mail: on the desktop, by the terminal, by its bell. A front end beside the screen and `watch`.
//!
//! What is told when is decided by [`Notifier`], which knows neither clock nor bus; [`run`] gives it the time and what it
//! wants shown to the desktop, on a thread of its own, or to the screen. Knows the model, and the engine not at all: it
//! overhears what the front end is told ([`concerns`]), so that nothing here can hold anything up.

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

/// Whether an event has to do with notifications: new mail, and a suspend, after which every hour is another.
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
        | EventKind::Fault { .. }
        | EventKind::Retry { .. }
        | EventKind::Retuned { .. }
        | EventKind::Hook { .. }
        | EventKind::Lost { .. }
        | EventKind::Wire(_) => false,
    }
}
