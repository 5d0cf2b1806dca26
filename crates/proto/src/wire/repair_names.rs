//! Mends LIST and STATUS where a mailbox's name, or what follows it, is more than the parser knows.
//!
//! imap-proto 0.17 leaves backslashes in quoted names as they are, and knows nothing of LIST's extended data (RFC 5258),
//! which NOTIFY's events carry. A literal carries any name.

use super::depth::find;
use super::framer::Frame;
use super::parse::{Mended, STATUS_ITEMS};

/// What names a mailbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    List,
    Status,
}

/// Whether the parser would read it, and a name in it wrongly.
pub fn must_mend(frame: Frame<'_>) -> bool {
    let escapes = |part: std::ops::Range<usize>| {
        [b"\\\"", b"\\\\"].iter().any(|e| find(&frame.bytes[part.clone()], *e).is_some())
    };
    kind(frame.bytes).is_some() && frame.outside().any(escapes)
}

/// The response with its name as a literal.
pub fn names(frame: Frame<'_>) -> Option<Mended> {
    let kind = kind(frame.bytes)?;
    let mut reader = Reader { rest: frame.bytes };
    // The star and the word have been seen.
    reader.word()?;
    let word = reader.word()?;
    let (before, name) = match kind {
        Kind::List => {
            let attributes = reader.list()?;
            let delimiter = reader.delimiter()?;
            ([b"* ", word, b" (", attributes, b") ", delimiter].concat(), reader.name(b"\r\n")?)
        }
        Kind::Status => (b"* STATUS".to_vec(), reader.name(b" (")?),
    };
    if name.contains(&0) || std::str::from_utf8(&name).is_err() {
        return None;
    }
    let mut bytes = [&before[..], format!(" {{{}}}\r\n", name.len()).as_bytes(), &name].concat();
    let mut lost = false;
    if kind == Kind::Status {
        let items = std::str::from_utf8(reader.list()?).ok()?;
        let items: Vec<&str> = items.split_ascii_whitespace().collect();
        let (pairs, []) = items.as_chunks::<2>() else { return None };
        let known: Vec<String> = pairs
            .iter()
            .filter(|[name, _]| STATUS_ITEMS.iter().any(|item| item.eq_ignore_ascii_case(name)))
            .map(|pair| pair.join(" "))
            .collect();
        lost = known.len() < pairs.len();
        bytes.extend_from_slice(format!(" ({})", known.join(" ")).as_bytes());
    }
    bytes.extend_from_slice(b"\r\n");
    Some(Mended { bytes, lost })
}

fn kind(bytes: &[u8]) -> Option<Kind> {
    let rest = bytes.trim_ascii_start().strip_prefix(b"*")?;
    let word = rest.split(u8::is_ascii_whitespace).find(|word| !word.is_empty())?;
    if word.eq_ignore_ascii_case(b"LIST") || word.eq_ignore_ascii_case(b"LSUB") {
        Some(Kind::List)
    } else if word.eq_ignore_ascii_case(b"STATUS") {
        Some(Kind::Status)
    } else {
        None
    }
}

struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    fn skip_spaces(&mut self) {
        self.rest = self.rest.trim_ascii_start();
    }

    fn take(&mut self, n: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(n)?;
        self.rest = rest;
        Some(taken)
    }

    fn word(&mut self) -> Option<&'a [u8]> {
        self.skip_spaces();
        let end = self.rest.iter().position(u8::is_ascii_whitespace)?;
        self.take(end).filter(|word| !word.is_empty())
    }

    /// What stands within parentheses: attributes and figures, which hold none themselves.
    fn list(&mut self) -> Option<&'a [u8]> {
        self.skip_spaces();
        self.rest = self.rest.strip_prefix(b"(")?;
        let inner = self.take(self.rest.iter().position(|&b| b == b')')?)?;
        self.take(1)?;
        Some(inner.trim_ascii())
    }

    fn delimiter(&mut self) -> Option<&'a [u8]> {
        self.skip_spaces();
        let quoted = if self.rest.starts_with(b"\"\\") { 4 } else { 3 };
        let delimiter = self.take(quoted)?;
        let known =
            delimiter.eq_ignore_ascii_case(b"NIL") || (delimiter.starts_with(b"\"") && delimiter.ends_with(b"\""));
        known.then_some(delimiter)
    }

    fn name(&mut self, until: &[u8]) -> Option<Vec<u8>> {
        self.skip_spaces();
        match self.rest.first()? {
            b'"' => self.quoted(),
            b'{' => self.literal(),
            _ => self.bare(until),
        }
    }

    /// A name that should have been quoted: it reaches to the last `until`, spaces in it. LIST's extended data (RFC 5258)
    /// stands in parentheses behind it.
    fn bare(&mut self, until: &[u8]) -> Option<Vec<u8>> {
        let extended = (until == b"\r\n").then(|| find(self.rest, b" (")).flatten();
        let end = extended.or_else(|| self.rest.windows(until.len()).rposition(|part| part == until))?;
        let name = self.take(end)?.trim_ascii();
        (!name.is_empty()).then(|| name.to_vec())
    }

    fn quoted(&mut self) -> Option<Vec<u8>> {
        let mut name = Vec::new();
        let mut escaped = false;
        for (index, &b) in self.rest.iter().enumerate().skip(1) {
            match b {
                _ if escaped => {
                    name.push(b);
                    escaped = false;
                }
                b'\\' => escaped = true,
                b'"' => {
                    self.take(index + 1)?;
                    return Some(name);
                }
                b'\r' | b'\n' => return None,
                _ => name.push(b),
            }
        }
        None
    }

    fn literal(&mut self) -> Option<Vec<u8>> {
        let close = self.rest.iter().position(|&b| b == b'}')?;
        let size: usize = std::str::from_utf8(&self.rest[1..close]).ok()?.parse().ok()?;
        self.take(close + 1)?;
        self.rest = self.rest.strip_prefix(b"\r\n")?;
        self.take(size).map(<[u8]>::to_vec)
    }
}
