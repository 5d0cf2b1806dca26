//! The tap under async-imap: frames what comes in, caps it, stamps it, and hands on only what the parser can read.
//!
//! It never blocks a writer: what is sent waits in the tap, and reading drives it out. So one future, the read, moves
//! both directions, and a peer that stopped reading can stall neither a timer nor our reading of it.

use std::fmt;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Instant;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use zeroize::Zeroizing;

use crate::model::WireLine;

/// A command, or a piece of one that the server must see before it answers. Goes out in one TLS record.
pub struct Outgoing {
    bytes: Zeroizing<Vec<u8>>,
    shown: String,
    stamp: bool,
}

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

/// The transport under async-imap.
pub struct Tap<S> {
    io: S,
}
