//! Reads one response: repaired where that is needed, parsed once.

use std::borrow::Cow;

use super::framer::{Frame, Kind};
use super::parse::{Read, parse};
use super::{depth, repair, repair_status};

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
