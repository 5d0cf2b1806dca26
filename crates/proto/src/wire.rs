//! A connection's incoming bytes, without I/O: cut into responses, capped, repaired, parsed once, shown.
//!
//! A panic hook must not write a panic's payload: the parser's last resort is to panic over a stranger's text (see
//! `parse`).

mod decoder;
mod depth;
pub mod framer;
mod parse;
mod read;
mod repair;
mod repair_fetch;
mod repair_names;
mod repair_status;
#[cfg(test)]
mod tests;
mod trace;

use std::fmt;

pub use decoder::{Decoder, Item};
pub use parse::Read;
pub use read::read;

use crate::greeting;

/// What a server did for which its connection is closed.
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
    /// Its first bytes are a record of TLS, where none was agreed on.
    Tls,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Line { cap } => write!(f, "the server sent a line of more than {} KiB", cap / 1024),
            Self::Literal { cap } => write!(f, "the server announced literals of more than {} KiB", cap / 1024),
            Self::Tls => write!(f, "the server {}", greeting::TLS),
        }
    }
}

impl std::error::Error for Violation {}
