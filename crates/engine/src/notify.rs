//! Notifications of new mail: on the desktop, by the terminal, by its bell; on the desktop of what needs the user or is down,
//! too. A front end beside the screen and `watch`.
//!
//! [`Notifier`] decides what is shown when, and knows neither clock nor bus; [`run`] gives it the time, and passes its actions
//! to the desktop, on a thread of its own, or to the screen. Uses the vocabulary alone: it listens to the front end's events
//! ([`concerns`]), so that nothing here can delay anything.

#[cfg(all(feature = "desktop", unix, not(target_os = "macos")))]
mod bus;
mod desktop;
mod digest;
mod notifier;
#[cfg(all(feature = "desktop", unix, not(target_os = "macos")))]
mod open_notes;
mod places;
mod route;
mod run;
mod sequence;
#[cfg(all(feature = "desktop", not(all(unix, not(target_os = "macos")))))]
mod system;
#[cfg(test)]
mod tests;
mod trouble;

pub use desktop::DesktopThread;
pub use digest::{About, Digest, MailAction, Note};
pub use notifier::{Action, GAP, LONGEST_GAP, Notifier, SETTLE};
pub use route::has_default_route;
pub use run::{Outlets, OwnMail, run};
pub use sequence::{Alert, Shows, sequence};
pub use trouble::Trouble;

use mailwatch_proto::model::{EventKind, FaultClass, PhaseGroup};

/// Whether an event concerns notifications: new mail; that a watch is down, why, and that it is no more; and a suspend, after
/// which the time of day has changed.
#[must_use]
pub const fn concerns(kind: &EventKind) -> bool {
    match kind {
        EventKind::NewMail(_) | EventKind::Slept { .. } => true,
        EventKind::Phase { to, .. } => match to.group() {
            PhaseGroup::Live | PhaseGroup::Down | PhaseGroup::Resting => true,
            PhaseGroup::Busy => false,
        },
        EventKind::Fault { class, .. } => !matches!(class, FaultClass::History | FaultClass::Hook | FaultClass::Config),
        EventKind::Connected { .. }
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
        | EventKind::Retry { .. }
        | EventKind::Retuned { .. }
        | EventKind::Hook { .. }
        | EventKind::Canary { .. }
        | EventKind::Lost { .. }
        | EventKind::Wire(_) => false,
    }
}
