//! The tap under async-imap: frames what comes in, caps it, stamps it, and hands on only what the parser can read.
//!
//! It never blocks a writer: what is sent waits in the tap, and reading drives it out. So one future, the read, moves
//! both directions, and a peer that stopped reading can stall neither a timer nor our reading of it.
//! The panic hook that `main` installs must not write a panic's payload: the parser's last resort is to panic over a
//! stranger's text (see `check`).

mod check;
mod depth;
mod framer;
mod inbox;
mod outbox;
mod repair;
mod repair_names;
mod repair_status;
mod tap;
#[cfg(test)]
mod tests;
mod trace;

use std::fmt;
use std::time::Instant;

pub use outbox::Outgoing;
pub use tap::Tap;

use crate::model::WireLine;

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

/// Why the tap closed a connection: the server broke a cap. Sits inside the `io::Error` that a read returns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Violation {
    /// A line over the cap.
    Line {
        /// The cap in bytes.
        cap: usize,
    },
    /// A response whose literals together are over the cap.
    Literal {
        /// The cap in bytes.
        cap: usize,
    },
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Line { cap } => write!(f, "the server sent a line of more than {} KiB", cap / 1024),
            Self::Literal { cap } => write!(f, "the server announced literals of more than {} KiB", cap / 1024),
        }
    }
}

impl std::error::Error for Violation {}
