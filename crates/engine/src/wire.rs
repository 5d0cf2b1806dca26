//! The tap under async-imap: frames what comes in, caps it, stamps it, and hands on only what the parser can read.
//!
//! It never blocks a writer: what is sent waits in the tap, and reading drives it out. So one future, the read, moves
//! both directions, and a peer that stopped reading can stall neither a timer nor our reading of it.
//! The panic hook that `main` installs must not write a panic's payload: the parser's last resort is to panic over a
//! stranger's text (see `check`).

mod inbox;
mod outbox;
mod tap;
#[cfg(test)]
mod tests;

use std::time::Instant;

pub use outbox::Outgoing;
pub use tap::Tap;

use mailwatch_proto::model::WireLine;

/// What the tap saw besides responses; in the order in which it happened.
#[derive(Clone, Debug, PartialEq)]
pub enum Note {
    /// A line of the trace. Made only where somebody wants it.
    Line(WireLine),
    /// A response that the parser cannot read, sanitised and cut.
    Unparsed(String),
    /// A command that asked for it ([`Outgoing::stamped`]) was handed to the kernel to its last byte.
    Written {
        /// When.
        at: Instant,
    },
}
