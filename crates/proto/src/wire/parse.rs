//! The parser's edge: bytes become an owned response here, where a panic of the parser ends nothing.
//!
//! What the parser is known to panic over is kept from it, so that catching a panic stays the last resort: the panic
//! hook runs before it is caught, and would write the stranger's text that stands in the panic's message.

use std::borrow::Cow;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::response::Response;

/// A response that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Read<'a> {
    /// As the parser reads it: as it came, or repaired.
    pub bytes: Cow<'a, [u8]>,
    /// What it says.
    pub response: Response,
    /// Whether a repair left something out: then the original is worth a report.
    pub lost: bool,
}

/// What may be what the server meant.
#[derive(Debug)]
pub struct Mended {
    /// All of it, CRLF included.
    pub bytes: Vec<u8>,
    /// Whether something was left out.
    pub lost: bool,
}

impl Mended {
    /// What it says, if the parser reads it.
    pub fn read(self) -> Option<Read<'static>> {
        let response = parse(&self.bytes)?;
        Some(Read { bytes: Cow::Owned(self.bytes), response, lost: self.lost })
    }
}

/// The items of a STATUS response that imap-proto 0.17 knows.
pub const STATUS_ITEMS: [&str; 6] = ["MESSAGES", "RECENT", "UIDNEXT", "UIDVALIDITY", "UNSEEN", "HIGHESTMODSEQ"];

/// What exactly these bytes say as one response, if the parser reads them.
pub fn parse(bytes: &[u8]) -> Option<Response> {
    guarded(|| match imap_proto::Response::parse(bytes) {
        Ok(([], response)) => Some(Response::from(&response)),
        Ok(_) | Err(_) => None,
    })
}

/// Runs a question to the parser; a panic is a no.
pub fn guarded<T>(question: impl FnOnce() -> Option<T>) -> Option<T> {
    // Nothing outlives the question but its answer, so that nothing can be left half done.
    catch_unwind(AssertUnwindSafe(question)).unwrap_or_default()
}
