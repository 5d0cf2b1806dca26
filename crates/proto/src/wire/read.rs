//! Reads one response: repaired where that is needed, parsed once, here, where a panic of the parser ends nothing.
//!
//! What the parser is known to panic over is kept from it, so that catching a panic stays the last resort: the panic
//! hook runs before it is caught, and would write the stranger's text that stands in the panic's message.

use std::borrow::Cow;
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::framer::{Frame, Kind};
use super::{depth, repair, repair_status};
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

/// Reads a response. `None` where the parser can read neither the original nor any repair of it.
#[must_use]
pub fn read(frame: Frame<'_>) -> Option<Read<'_>> {
    let must_mend = match frame.kind {
        Kind::Blank => return None,
        Kind::Data if !depth::is_safe(frame) => return None,
        Kind::Data => repair::must_mend(frame),
        Kind::Continuation | Kind::Status | Kind::Tagged => repair_status::must_mend(frame),
    };
    if !must_mend && let Some(response) = parse(frame.bytes) {
        return Some(Read { bytes: Cow::Borrowed(frame.bytes), response, lost: false });
    }
    let mut repaired = match frame.kind {
        Kind::Blank => None,
        Kind::Data => repair::data(frame),
        Kind::Continuation | Kind::Status | Kind::Tagged => repair_status::status(frame),
    }?;
    repaired.lost &= repaired.bytes != frame.bytes;
    Some(repaired)
}

/// What exactly these bytes say as one response, if the parser reads them.
pub(super) fn parse(bytes: &[u8]) -> Option<Response> {
    guarded(|| match imap_proto::Response::parse(bytes) {
        Ok(([], response)) => Some(Response::from(&response)),
        Ok(_) | Err(_) => None,
    })
}

/// Runs a question to the parser; a panic is a no.
pub(super) fn guarded<T>(question: impl FnOnce() -> Option<T>) -> Option<T> {
    // Nothing outlives the question but its answer, so that nothing can be left half done.
    catch_unwind(AssertUnwindSafe(question)).unwrap_or_default()
}
