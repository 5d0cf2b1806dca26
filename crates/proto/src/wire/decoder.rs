//! A connection's bytes as responses: framed, capped, repaired, parsed once, and shown for the trace.
//!
//! However the bytes are split into pieces, the items are the same. Between two responses the decoder can give back all
//! of its memory ([`Decoder::rest`]).

use super::framer::{Caps, Framer, Kind};
use super::read::read;
use super::{Violation, trace};
use crate::greeting;
use crate::model::WireLine;
use crate::response::Response;

/// Something that came out of a connection's bytes.
#[derive(Clone, Debug, PartialEq)]
pub enum Item {
    /// A line of the trace; before the response that it shows. Made only where the trace is wanted.
    Line(WireLine),
    /// A response.
    Response(Response),
    /// A response that the parser cannot read, or that it could read only in part; sanitised and cut.
    Unparsed(String),
}

/// The state between two pieces of a connection's bytes.
#[derive(Debug)]
pub struct Decoder {
    framer: Framer,
    trace: bool,
    /// A login is under way: challenges are not shown.
    veiled: bool,
    blank_reported: bool,
    place: Place,
}

/// Where in the stream it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// Not all of the first line has come.
    Start,
    /// It has.
    Further,
}

impl Decoder {
    /// At the start of a connection, with the caps for a stranger. `trace` asks for [`Item::Line`]s.
    #[must_use]
    pub const fn new(trace: bool) -> Self {
        Self { framer: Framer::new(Caps::STRANGER), trace, veiled: false, blank_reported: false, place: Place::Start }
    }

    /// Raises the caps, from 8 KiB each to 64 KiB a line and 1 MiB of literals.
    pub const fn logged_in(&mut self) {
        self.framer.set_caps(Caps::LOGGED_IN);
    }

    /// Hides challenges from the trace until the next tagged response: a secret is on its way to the server.
    pub const fn veil(&mut self) {
        self.veiled = true;
    }

    /// A command as the trace shows it, if the trace is wanted.
    #[must_use]
    pub fn sent(&self, shown: &str) -> Option<Item> {
        self.trace.then(|| Item::Line(trace::sent(shown)))
    }

    /// Takes all of `bytes`; hands out what they complete, in order.
    ///
    /// # Errors
    /// Where a cap is broken, after what came before it, or the stream is TLS. It has no meaning from there on.
    pub fn feed(&mut self, mut bytes: &[u8], mut take: impl FnMut(Item)) -> Result<(), Violation> {
        loop {
            let fed = self.framer.feed(&mut bytes);
            if self.place == Place::Start && greeting::is_tls(self.framer.frame().bytes) {
                return Err(self.broken(Violation::Tls));
            }
            if fed != Ok(false) {
                self.place = Place::Further;
            }
            match fed {
                Ok(true) => self.take_response(&mut take),
                Ok(false) => return Ok(()),
                Err(violation) => return Err(self.broken(violation)),
            }
        }
    }

    /// What came is forgotten.
    fn broken(&mut self, violation: Violation) -> Violation {
        self.framer = Framer::new(Caps::STRANGER);
        violation
    }

    /// How much of a literal is still to come, in bytes.
    #[must_use]
    pub const fn owed(&self) -> usize {
        self.framer.owed()
    }

    /// See [`Framer::read_literal`]. A literal completes nothing: what follows it does.
    pub fn read_literal<T>(&mut self, read: impl FnOnce(&mut Vec<u8>, usize) -> T) -> T {
        self.framer.read_literal(read)
    }

    fn take_response(&mut self, take: &mut impl FnMut(Item)) {
        let frame = self.framer.frame();
        if self.trace {
            take(Item::Line(trace::received(frame, self.veiled)));
        }
        if frame.kind == Kind::Blank {
            // Means nothing, and may come in numbers.
            if !std::mem::replace(&mut self.blank_reported, true) {
                take(Item::Unparsed("(empty line)".to_owned()));
            }
            return;
        }
        let Some(read) = read(frame) else {
            take(Item::Unparsed(trace::shown(frame, self.veiled)));
            return;
        };
        if frame.kind == Kind::Tagged {
            // The login, if it was one, is over. This line is no challenge.
            self.veiled = false;
        }
        if read.lost {
            take(Item::Unparsed(trace::shown(frame, self.veiled)));
        }
        take(Item::Response(read.response));
    }

    /// Ends the stream. What there is of a response may be the server's last word, so it is handed out as unparsed.
    /// Returns whether the end came inside a response.
    pub fn end(&mut self, mut take: impl FnMut(Item)) -> bool {
        let frame = self.framer.frame();
        if !self.framer.is_inside() || frame.kind == Kind::Blank {
            return false;
        }
        take(Item::Unparsed(trace::shown(frame, self.veiled)));
        true
    }

    /// The framer, with the response that has begun.
    #[must_use]
    pub fn into_framer(self) -> Framer {
        self.framer
    }

    /// Gives the memory back, unless a response has begun.
    pub fn rest(&mut self) {
        self.framer.rest();
    }

    /// The heap that it holds, in bytes.
    #[must_use]
    pub const fn heap(&self) -> usize {
        self.framer.heap()
    }
}
