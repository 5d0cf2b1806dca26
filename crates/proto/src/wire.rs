//! What comes in on a connection, without I/O: cut into responses, checked, repaired, shown.
//!
//! A panic hook must not write a panic's payload: the parser's last resort is to panic over a stranger's text (see
//! `check`).

pub mod check;
pub mod depth;
pub mod framer;
pub mod repair;
mod repair_names;
pub mod repair_status;
pub mod trace;

use std::fmt;

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
