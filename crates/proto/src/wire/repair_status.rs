//! Mends status responses and continuations: somebody waits for them, and their meaning is plain in the first words.
//!
//! Their text is kept as it is but for what no line can hold.

use imap_proto::Response;

use super::framer::{Frame, Kind, is_status};
use super::parse::{Mended, Read, guarded};

/// Brackets in a response code that are tried as its end: keywords in PERMANENTFLAGS may hold some (`[Gmail]/All`).
const BRACKETS: usize = 16;

/// Whether the parser may not see it as it is: it cuts off the byte behind a response code unseen, which loses a letter,
/// or panics inside of one (`[ALERT]é`); and a response code alone it takes for a tag.
#[must_use]
pub fn must_mend(frame: Frame<'_>) -> bool {
    (frame.kind == Kind::Status && !frame.bytes.starts_with(b"* "))
        || frame.bytes.windows(2).any(|pair| pair[0] == b']' && !matches!(pair[1], b' ' | b'\r'))
}

/// Takes a status response or a continuation apart and puts it together as the RFC has it.
#[must_use]
pub fn status(frame: Frame<'_>) -> Option<Read<'static>> {
    let line = frame.bytes.trim_ascii();
    let (opening, text) = match frame.kind {
        Kind::Continuation => (b"+".to_vec(), &line[1..]),
        Kind::Status => {
            let rest = line.strip_prefix(b"*").unwrap_or(line).trim_ascii_start();
            let (word, text) = if rest.starts_with(b"[") { (&b"OK"[..], rest) } else { first_word(rest)? };
            ([b"* ", word].concat(), text)
        }
        Kind::Tagged => {
            let (tag, rest) = line.split_at(line.iter().position(|&b| b == b' ' || b == b'\t')?);
            let (word, text) = first_word(rest.trim_ascii_start())?;
            ([tag, b" ", word].concat(), text)
        }
        Kind::Blank | Kind::Data => return None,
    };
    let text: Vec<u8> =
        text.trim_ascii().iter().map(|&b| if matches!(b, 0 | b'\r' | b'\n') { b' ' } else { b }).collect();
    if text.is_empty() {
        return Mended { bytes: [&opening[..], b"\r\n"].concat(), lost: false }.read();
    }
    let separated = match code(&text) {
        Some(end) => [&text[..end], b" ", text[end..].trim_ascii_start()].concat(),
        None => text.clone(),
    };
    // With a space before it, nothing is a response code any more.
    let harmless = [b" ", &text[..]].concat();
    let risky = code(&text).is_none() && text.windows(2).any(|pair| pair[0] == b']' && !pair[1].is_ascii());
    [separated, harmless]
        .into_iter()
        .skip(usize::from(risky && text[0] == b'['))
        .map(|text| [&opening[..], b" ", &text[..], b"\r\n"].concat())
        .find_map(|bytes| Mended { bytes, lost: false }.read())
}

/// A status word and what follows it.
fn first_word(rest: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = rest.iter().position(|b| !b.is_ascii_alphabetic()).unwrap_or(rest.len());
    let (word, text) = rest.split_at(end);
    (is_status(word) && matches!(text.first(), None | Some(b' ' | b'\t' | b'['))).then_some((word, text))
}

/// Where the response code ends that `text` begins with, if the parser knows one there.
fn code(text: &[u8]) -> Option<usize> {
    if text.first() != Some(&b'[') {
        return None;
    }
    let brackets = text.iter().enumerate().filter(|(_, b)| **b == b']').map(|(index, _)| index + 1);
    brackets.take(BRACKETS).find(|&end| {
        let probe = [b"* OK ", &text[..end], b" x\r\n"].concat();
        guarded(|| match Response::parse(&probe) {
            Ok((rest, Response::Data { outcome, .. })) => (rest.is_empty() && outcome.code.is_some()).then_some(()),
            Ok(_) | Err(_) => None,
        })
        .is_some()
    })
}
