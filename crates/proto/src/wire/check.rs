//! Whether async-imap can read a response: its parser is asked first, here, where a panic ends nothing.
//!
//! What the parser is known to panic over is kept from it, so that catching a panic stays the last resort: the panic
//! hook runs before it is caught, and would write the stranger's text that stands in the panic's message.

use std::panic::{AssertUnwindSafe, catch_unwind};

use imap_proto::Response;

use super::framer::{Frame, Kind};
use super::repair::{self, Repaired};
use super::{depth, repair_status};

/// The steps in which async-imap 0.12 reads: what is longer, its parser sees in parts first.
const BLOCK: usize = 4096;

/// What became of a response.
#[derive(Debug, PartialEq, Eq)]
pub enum Checked {
    /// The parser reads it: it goes on byte for byte.
    Readable,
    /// The parser reads what was made of it.
    Repaired(Repaired),
    /// Nobody reads it.
    Unreadable,
}

/// Asks the parser, and mends what it cannot read but is plain.
#[must_use]
pub fn check(frame: Frame<'_>) -> Checked {
    let (as_it_is, mended) = match frame.kind {
        Kind::Blank => return Checked::Unreadable,
        Kind::Data if !depth::is_safe(frame) => return Checked::Unreadable,
        Kind::Data => (!repair::must_mend(frame), repair::data as fn(Frame<'_>) -> Option<Repaired>),
        Kind::Continuation | Kind::Status | Kind::Tagged => {
            (!repair_status::must_mend(frame), repair_status::status as fn(Frame<'_>) -> Option<Repaired>)
        }
    };
    if as_it_is && is_readable(frame.bytes) {
        return Checked::Readable;
    }
    match mended(frame) {
        Some(repaired) if repaired.bytes == frame.bytes => Checked::Readable,
        Some(repaired) => Checked::Repaired(repaired),
        None => Checked::Unreadable,
    }
}

/// Whether async-imap reads exactly this as one response, also in the parts in which it comes to see it.
#[must_use]
pub fn is_readable(bytes: &[u8]) -> bool {
    // The ID response's parser, for one, takes a part for a whole that is wrong, and async-imap closes the stream.
    let mut parts = (BLOCK..bytes.len()).step_by(BLOCK);
    guarded(|| {
        let parts_wait = parts.all(|end| Response::parse(&bytes[..end]).is_err_and(|error| error.is_incomplete()));
        parts_wait && Response::parse(bytes).is_ok_and(|(rest, _)| rest.is_empty())
    })
}

/// Runs a question to the parser; a panic is a no.
pub fn guarded(question: impl FnOnce() -> bool) -> bool {
    // Nothing outlives the question but its answer, so that nothing can be left half done.
    catch_unwind(AssertUnwindSafe(question)).unwrap_or(false)
}
