//! How a response looks in the trace: one line, its literals as their sizes, nothing of a login's challenge.

use crate::model::{WireDirection, WireLine, one_line};

use super::framer::{Frame, Kind};

/// What we sent, as its sender wants it shown.
pub fn sent(shown: &str) -> WireLine {
    WireLine { direction: WireDirection::Client, text: one_line(shown.as_bytes()) }
}

/// What came. `veiled` while a login is under way.
pub fn received(frame: Frame<'_>, veiled: bool) -> WireLine {
    WireLine { direction: WireDirection::Server, text: shown(frame, veiled) }
}

/// A response as one harmless line. A challenge (RFC 3501 §6.2.2) may hold what a token was refused for, or echo it.
pub fn shown(frame: Frame<'_>, veiled: bool) -> String {
    if veiled && frame.kind == Kind::Continuation {
        let empty = frame.bytes.trim_ascii().len() == 1;
        return if empty { "+" } else { "+ …" }.to_owned();
    }
    if frame.literals.is_empty() {
        return one_line(frame.bytes);
    }
    let mut line = Vec::new();
    let mut from = 0;
    for literal in frame.literals {
        let before = &frame.bytes[from..literal.start];
        let announcement = before.iter().rposition(|&b| b == b'{').unwrap_or(before.len());
        line.extend_from_slice(&before[..announcement]);
        line.extend_from_slice(format!("{{{} bytes}}", literal.len()).as_bytes());
        // A stream may end inside a literal.
        from = literal.end.min(frame.bytes.len());
    }
    line.extend_from_slice(&frame.bytes[from..]);
    one_line(&line)
}
