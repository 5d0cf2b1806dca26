//! Bytes from a client, cut into lines and commands with their literals. Bounded, so that no client can exhaust it.

use std::io;

use tokio::io::{AsyncRead, AsyncReadExt as _};

/// How much a client may send before something is complete.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    pub(crate) line: usize,
    pub(crate) literal: usize,
}

/// Before login nobody is trusted with more than a name and a password.
pub(crate) const BEFORE_LOGIN: Limits = Limits { line: 8 * 1024, literal: 4 * 1024 };

/// After login: a mail to APPEND, and the long UID sets of clients with many mails.
pub(crate) const LOGGED_IN: Limits = Limits { line: 64 * 1024, literal: 8 * 1024 * 1024 };

/// Literals in one command: LOGIN has two, SEARCH may have a few.
const MAX_LITERALS: usize = 16;

/// Read at a time. Small, because a thousand connections may be open and idle.
const CHUNK: usize = 1024;

/// What can be cut off what has arrived.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Framed {
    /// A command with its literals, without its last CRLF.
    Command(Vec<u8>),
    /// The client waits for `+` before it sends a literal.
    Continue,
    /// More must arrive.
    Incomplete,
    /// A line that has grown beyond the limit.
    LineTooLong,
    /// A literal beyond the limit was announced; the line so far. `sync`: the client has not sent it yet.
    LiteralTooLarge { line: Vec<u8>, sync: bool },
}

#[derive(Debug, Default)]
pub(crate) struct Input {
    buf: Vec<u8>,
    /// Where the line being read starts: after the last complete literal.
    start: usize,
    literals: usize,
    /// Up to where `+` was sent.
    continued: usize,
}

impl Input {
    /// Waits for more bytes; how many came, 0 at the end. Cancel-safe.
    pub(crate) async fn fill(&mut self, stream: &mut (impl AsyncRead + Unpin)) -> io::Result<usize> {
        if self.buf.capacity() - self.buf.len() < CHUNK {
            self.buf.reserve(CHUNK);
        }
        stream.read_buf(&mut self.buf).await
    }

    /// Whether more may be read: what nobody takes out must not grow for ever.
    pub(crate) fn has_room(&self) -> bool {
        self.buf.len() < LOGGED_IN.line + LOGGED_IN.literal
    }

    /// Forgets what has arrived: after STARTTLS nothing that came in plaintext counts (RFC 3501 §6.2.1).
    pub(crate) fn discard(&mut self) {
        *self = Self::default();
    }

    /// The next line without its end, as within IDLE and SASL. Beyond `limit` an error.
    pub(crate) fn line(&mut self, limit: usize) -> Result<Option<Vec<u8>>, ()> {
        match self.buf.iter().position(|&b| b == b'\n') {
            Some(end) => Ok(Some(self.take(end))),
            None if self.buf.len() > limit => Err(()),
            None => Ok(None),
        }
    }

    /// The next command.
    pub(crate) fn frame(&mut self, limits: Limits) -> Framed {
        loop {
            let Some(length) = self.buf[self.start..].iter().position(|&b| b == b'\n') else {
                let too_long = self.buf.len() - self.start > limits.line;
                return if too_long { Framed::LineTooLong } else { Framed::Incomplete };
            };
            if length > limits.line {
                return Framed::LineTooLong;
            }
            let end = self.start + length;
            let Some((size, sync)) = literal(without_cr(&self.buf[self.start..end])) else {
                return Framed::Command(self.take(end));
            };
            if size > limits.literal || self.literals == MAX_LITERALS {
                return Framed::LiteralTooLarge { line: self.take(end), sync };
            }
            let after = end + 1;
            if sync && self.continued < after {
                self.continued = after;
                return Framed::Continue;
            }
            if self.buf.len() < after + size {
                return Framed::Incomplete;
            }
            self.start = after + size;
            self.literals += 1;
        }
    }

    fn take(&mut self, end: usize) -> Vec<u8> {
        let rest = self.buf.split_off(end + 1);
        let mut taken = std::mem::replace(&mut self.buf, rest);
        taken.truncate(without_cr(&taken[..end]).len());
        (self.start, self.literals, self.continued) = (0, 0, 0);
        taken
    }
}

fn without_cr(line: &[u8]) -> &[u8] {
    line.strip_suffix(b"\r").unwrap_or(line)
}

/// The size that a line's end announces, and whether the client waits for `+` (not with `{n+}`, RFC 7888).
fn literal(line: &[u8]) -> Option<(usize, bool)> {
    let inner = line.strip_suffix(b"}")?;
    let open = inner.iter().rposition(|&b| b == b'{')?;
    let number = &inner[open + 1..];
    let (digits, sync) = number.strip_suffix(b"+").map_or((number, true), |digits| (digits, false));
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    // Too many digits for usize is too large in any case.
    let size = std::str::from_utf8(digits).ok()?.parse().unwrap_or(usize::MAX);
    Some((size, sync))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(bytes: &[u8]) -> Input {
        Input { buf: bytes.to_vec(), ..Input::default() }
    }

    #[test]
    fn a_command_is_cut_at_its_line_end() {
        let mut input = with(b"a NOOP\r\nb NOOP\nc");
        assert_eq!(input.frame(BEFORE_LOGIN), Framed::Command(b"a NOOP".to_vec()));
        assert_eq!(input.frame(BEFORE_LOGIN), Framed::Command(b"b NOOP".to_vec()));
        assert_eq!(input.frame(BEFORE_LOGIN), Framed::Incomplete);
    }

    #[test]
    fn a_synchronising_literal_asks_for_it_once() {
        let mut input = with(b"a LOGIN {2}\r\n");
        assert_eq!(input.frame(BEFORE_LOGIN), Framed::Continue);
        assert_eq!(input.frame(BEFORE_LOGIN), Framed::Incomplete);
        input.buf.extend_from_slice(b"\r\n {1+}\r\nx\r\n");
        assert_eq!(input.frame(BEFORE_LOGIN), Framed::Command(b"a LOGIN {2}\r\n\r\n {1+}\r\nx".to_vec()));
    }

    #[test]
    fn what_is_too_long_or_too_large_is_not_waited_for() {
        assert_eq!(with(&[b'x'; 9000]).frame(BEFORE_LOGIN), Framed::LineTooLong);
        let line = b"a LOGIN {99999999999999999999}".to_vec();
        let mut input = with(&[&line[..], b"\r\n"].concat());
        assert_eq!(input.frame(BEFORE_LOGIN), Framed::LiteralTooLarge { line, sync: true });
        assert!(matches!(with(b"a X {5000+}\r\n").frame(BEFORE_LOGIN), Framed::LiteralTooLarge { sync: false, .. }));
    }

    #[test]
    fn many_literals_in_one_command_are_too_many() {
        let mut input = with("{0+}\r\n".repeat(MAX_LITERALS + 1).as_bytes());
        assert!(matches!(input.frame(BEFORE_LOGIN), Framed::LiteralTooLarge { .. }));
    }
}
