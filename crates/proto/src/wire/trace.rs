//! How a response looks in the trace: one line, its literals as their sizes, nothing of a login's challenge.

use crate::model::{WireDirection, WireLine, one_line};

use super::framer::{Frame, Kind};

/// What we sent, as its sender wants it shown.
#[must_use]
pub fn sent(shown: &str) -> WireLine {
    WireLine { direction: WireDirection::Client, text: one_line(shown.as_bytes()) }
}

/// What came. `veiled` while a login is under way.
#[must_use]
pub fn received(frame: Frame<'_>, veiled: bool) -> WireLine {
    WireLine { direction: WireDirection::Server, text: shown(frame, veiled) }
}

/// A response as one harmless line. A challenge (RFC 3501 §6.2.2) may hold what a token was refused for, or echo it.
#[must_use]
pub fn shown(frame: Frame<'_>, veiled: bool) -> String {
    if veiled && frame.kind == Kind::Continuation {
        let empty = frame.bytes.trim_ascii().len() == 1;
        return if empty { "+" } else { "+ …" }.to_owned();
    }
    if frame.skipped > 0 {
        let rest = shown(Frame { skipped: 0, ..frame }, veiled);
        return format!("{rest} ({} bytes over the cap were skipped)", frame.skipped);
    }
    if frame.literals.is_empty() {
        return one_line(frame.bytes);
    }
    let mut line = Vec::new();
    let mut literals = frame.literals.iter();
    for part in frame.outside() {
        let part = &frame.bytes[part];
        let Some(literal) = literals.next() else {
            line.extend_from_slice(part);
            break;
        };
        let announcement = part.iter().rposition(|&b| b == b'{').unwrap_or(part.len());
        line.extend_from_slice(&part[..announcement]);
        line.extend_from_slice(format!("{{{} bytes}}", literal.len()).as_bytes());
    }
    one_line(&line)
}
