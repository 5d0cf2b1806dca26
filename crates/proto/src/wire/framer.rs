//! Cuts a stream of bytes into responses: literal-aware, capped, without I/O.
//!
//! A line may end in LF alone; a frame's lines always end in CRLF, as the parser wants them. However the bytes are
//! split into pieces, the frames and the violation are the same, and each byte is looked at a bounded number of times.

use std::ops::Range;

use super::Violation;

/// How much of a response is taken before the connection is given up, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Caps {
    /// All of a response but its literals.
    pub line: usize,
    /// All of a response's literals together.
    pub literal: usize,
    /// What is let go by unread of a FETCH whose literals are over that cap, for the sake of what else comes.
    pub skip: usize,
}

impl Caps {
    /// Before login a server has no reason to say much, and anybody may be it.
    pub const STRANGER: Self = Self { line: 8 * 1024, literal: 8 * 1024, skip: 0 };
    /// After login: room for a long SEARCH result and for a mail's headers.
    pub const LOGGED_IN: Self = Self { line: 64 * 1024, literal: 1024 * 1024, skip: 64 * 1024 * 1024 };
}

/// What a response is, by the way it opens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Nothing but spaces.
    Blank,
    /// `+`.
    Continuation,
    /// `* OK`, `* NO`, `* BAD`, `* BYE`, `* PREAUTH`, or a response code where one of these is missing.
    Status,
    /// Any other untagged response: the only kind that can hold a literal.
    Data,
    /// A tagged response, or anything else.
    Tagged,
}

/// A response's kind, by its first line.
#[must_use]
pub fn kind(line: &[u8]) -> Kind {
    let line = line.trim_ascii();
    match line.first() {
        None => Kind::Blank,
        Some(b'+') => Kind::Continuation,
        // Office 365 sends response codes without the `* OK` before them.
        Some(b'[') => Kind::Status,
        Some(b'*') => {
            let rest = line[1..].trim_ascii_start();
            let word = rest.split(|b| !b.is_ascii_alphabetic()).next().unwrap_or_default();
            let ends_well = matches!(rest.get(word.len()), None | Some(b' ' | b'\t' | b'['));
            if rest.starts_with(b"[") || (is_status(word) && ends_well) { Kind::Status } else { Kind::Data }
        }
        Some(_) => Kind::Tagged,
    }
}

/// Whether this is the word of an untagged status response (RFC 3501 §7.1), in any case.
#[must_use]
pub fn is_status(word: &[u8]) -> bool {
    ["OK", "NO", "BAD", "BYE", "PREAUTH"].iter().any(|status| word.eq_ignore_ascii_case(status.as_bytes()))
}

/// A whole response.
#[derive(Clone, Copy, Debug)]
pub struct Frame<'a> {
    /// All of it, its last CRLF included.
    pub bytes: &'a [u8],
    /// Where its literals' bytes are.
    pub literals: &'a [Range<usize>],
    /// What it is.
    pub kind: Kind,
    /// How many bytes of literals were over the cap and skipped; NIL stands in their place.
    pub skipped: usize,
}

impl Frame<'_> {
    /// Where that is which stands before, between and after the literals.
    pub fn outside(self) -> impl Iterator<Item = Range<usize>> {
        let starts = std::iter::once(0).chain(self.literals.iter().map(|literal| literal.end));
        let ends = self.literals.iter().map(|literal| literal.start).chain([self.bytes.len()]);
        // Where a stream ends inside a literal, nothing stands after it.
        starts.zip(ends).map(|(start, end)| start.min(end)..end)
    }
}

/// The state between two pieces of the stream.
#[derive(Debug)]
pub struct Framer {
    caps: Caps,
    bytes: Vec<u8>,
    literals: Vec<Range<usize>>,
    /// Known from the end of its first line on.
    kind: Option<Kind>,
    /// Where the line that is being read begins: 0, or behind a literal.
    segment: usize,
    /// How many bytes of a literal are still to come,
    owed: usize,
    /// and how many of one that is skipped.
    skipping: usize,
    /// Bytes that were skipped so far.
    skipped: usize,
    /// Bytes so far outside and inside literals.
    outside: usize,
    inside: usize,
    complete: bool,
}

impl Framer {
    /// At the start of a stream.
    #[must_use]
    pub const fn new(caps: Caps) -> Self {
        Self {
            caps,
            bytes: Vec::new(),
            literals: Vec::new(),
            kind: None,
            segment: 0,
            owed: 0,
            skipping: 0,
            skipped: 0,
            outside: 0,
            inside: 0,
            complete: false,
        }
    }

    /// Changes the caps for what comes from now on.
    pub const fn set_caps(&mut self, caps: Caps) {
        self.caps = caps;
    }

    /// Takes from the front of `input`, up to the end of a response. `true`: there is one in [`Framer::frame`] until
    /// the next call. `false`: the input is used up.
    ///
    /// # Errors
    /// Where a cap is broken. The stream has no meaning from there on.
    pub fn feed(&mut self, input: &mut &[u8]) -> Result<bool, Violation> {
        if self.complete {
            self.start_over();
        }
        while !input.is_empty() {
            if self.skipping > 0 {
                let gone = self.skipping.min(input.len());
                self.skipping -= gone;
                *input = &input[gone..];
                continue;
            }
            if self.owed > 0 {
                let (literal, rest) = input.split_at(self.owed.min(input.len()));
                self.bytes.extend_from_slice(literal);
                self.owed -= literal.len();
                *input = rest;
                self.segment = self.bytes.len();
                continue;
            }
            let room = self.caps.line.saturating_sub(self.outside);
            let window = &input[..room.min(input.len())];
            let Some(end) = window.iter().position(|&b| b == b'\n') else {
                if input.len() > room {
                    return Err(Violation::Line { cap: self.caps.line });
                }
                self.bytes.extend_from_slice(input);
                self.outside += input.len();
                *input = &[];
                break;
            };
            self.bytes.extend_from_slice(&window[..end]);
            self.outside += end + 1;
            *input = &input[end + 1..];
            if self.end_of_line()? {
                self.complete = true;
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// How much of a literal is still to come, in bytes.
    #[must_use]
    pub const fn owed(&self) -> usize {
        self.owed
    }

    /// Has `read` append to the literal that is still to come, so that a large one need not go through another buffer. It
    /// is told how much is owed; what it appends beyond that is dropped.
    pub fn read_literal<T>(&mut self, read: impl FnOnce(&mut Vec<u8>, usize) -> T) -> T {
        let before = self.bytes.len();
        let result = read(&mut self.bytes, self.owed);
        self.bytes.truncate(before + self.owed);
        self.owed -= self.bytes.len().saturating_sub(before);
        if self.bytes.len() > before {
            self.segment = self.bytes.len();
        }
        result
    }

    /// The response that is complete, or as much of it as has come.
    #[must_use]
    pub fn frame(&self) -> Frame<'_> {
        let kind = self.kind.unwrap_or_else(|| kind(&self.bytes));
        Frame { bytes: &self.bytes, literals: &self.literals, kind, skipped: self.skipped }
    }

    /// Whether a response has begun and not ended.
    #[must_use]
    pub const fn is_inside(&self) -> bool {
        !self.complete && (!self.bytes.is_empty() || self.outside > 0)
    }

    /// Gives the memory back where nothing is in it that is still needed.
    pub fn rest(&mut self) {
        if !self.is_inside() {
            *self = Self::new(self.caps);
        }
    }

    /// The heap that it holds, in bytes.
    #[must_use]
    pub const fn heap(&self) -> usize {
        self.bytes.capacity() + self.literals.capacity() * size_of::<Range<usize>>()
    }

    fn start_over(&mut self) {
        self.bytes.clear();
        self.literals.clear();
        self.kind = None;
        (self.segment, self.owed, self.outside, self.inside, self.complete) = (0, 0, 0, 0, false);
        (self.skipping, self.skipped) = (0, 0);
    }

    /// Ends the line with CRLF. `true` where the response ends with it; else a literal follows.
    fn end_of_line(&mut self) -> Result<bool, Violation> {
        while self.bytes.len() > self.segment && self.bytes.last() == Some(&b'\r') {
            self.bytes.pop();
        }
        let line = &self.bytes[self.segment..];
        let kind = *self.kind.get_or_insert_with(|| kind(line));
        let announced = if kind == Kind::Data { announced(line) } else { None };
        // By the size that is announced: nothing of it need ever come, and nothing is allocated for it.
        if let Some(size) = announced
            && self.inside.saturating_add(size) > self.caps.literal
        {
            return self.skip(size).map(|()| false);
        }
        self.bytes.extend_from_slice(b"\r\n");
        self.segment = self.bytes.len();
        let Some(size) = announced else { return Ok(true) };
        self.inside += size;
        self.literals.push(self.segment..self.segment + size);
        self.owed = size;
        Ok(false)
    }

    /// Puts NIL where a FETCH announces a literal over the cap, and lets its bytes go by: a mail of that size must not
    /// cost the connection.
    fn skip(&mut self, size: usize) -> Result<(), Violation> {
        let skipped = self.skipped.saturating_add(size);
        let announcement = self.bytes[self.segment..].iter().rposition(|&b| b == b'{');
        let (Some(at), true) = (announcement, is_fetch(&self.bytes) && skipped <= self.caps.skip) else {
            return Err(Violation::Literal { cap: self.caps.literal });
        };
        self.bytes.truncate(self.segment + at);
        if self.bytes.ends_with(b"~") {
            self.bytes.pop();
        }
        self.bytes.extend_from_slice(if self.bytes.ends_with(b" ") { b"NIL" } else { b" NIL" });
        self.segment = self.bytes.len();
        (self.skipping, self.skipped) = (size, skipped);
        Ok(())
    }
}

/// Whether a response is a FETCH.
fn is_fetch(bytes: &[u8]) -> bool {
    let Some(rest) = bytes.trim_ascii_start().strip_prefix(b"*") else { return false };
    let rest = rest.trim_ascii_start();
    let digits = rest.iter().take_while(|b| b.is_ascii_digit()).count();
    let word = rest[digits..].trim_ascii_start();
    digits > 0 && word.get(..b"FETCH".len()).is_some_and(|word| word.eq_ignore_ascii_case(b"FETCH"))
}

/// The size of the literal that a line announces at its end, if it does: `{5}`, `{5+}`, `~{5}` (RFC 3501 §4.3, RFC 7888,
/// RFC 3516). A size beyond all numbers is the largest number.
fn announced(line: &[u8]) -> Option<usize> {
    let line = line.strip_suffix(b"}")?;
    let line = line.strip_suffix(b"+").unwrap_or(line);
    let digits = line.iter().rev().take_while(|b| b.is_ascii_digit()).count();
    let (before, digits) = line.split_at(line.len() - digits);
    let before = before.strip_suffix(b"{")?;
    if digits.is_empty() || ends_inside_quotes(before) {
        return None;
    }
    let size = digits.iter().fold(0_usize, |n, b| n.saturating_mul(10).saturating_add(usize::from(b - b'0')));
    Some(size)
}

/// Whether a quoted string is open at the end of `line`: what looks like a literal there is text.
fn ends_inside_quotes(line: &[u8]) -> bool {
    let (mut open, mut escaped) = (false, false);
    for &b in line {
        match b {
            _ if escaped => escaped = false,
            b'\\' if open => escaped = true,
            b'"' => open = !open,
            _ => {}
        }
    }
    open
}
