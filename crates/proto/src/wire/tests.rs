//! What a decoder makes of a stream, for the tests beside.

mod decoding;
mod fetching;
mod framing;
mod reading;

use super::framer::{Caps, Framer};
use super::{Decoder, Item, Violation, read};
use crate::model::WireLine;
use crate::response::Response;

/// All that was made of a stream.
#[derive(Debug, Default, PartialEq)]
struct Outcome {
    /// Each response that could be read, as the parser reads it.
    handed: Vec<u8>,
    items: Vec<Item>,
    /// Whether the stream ended inside a response.
    cut: bool,
    violation: Option<Violation>,
}

impl Outcome {
    fn handed(&self) -> String {
        String::from_utf8_lossy(&self.handed).into_owned()
    }

    fn responses(&self) -> Vec<&Response> {
        let responses = self.items.iter().filter_map(|item| match item {
            Item::Response(response) => Some(response),
            Item::Line(_) | Item::Unparsed(_) => None,
        });
        responses.collect()
    }

    fn unparsed(&self) -> Vec<&str> {
        let texts = self.items.iter().filter_map(|item| match item {
            Item::Unparsed(text) => Some(text.as_str()),
            Item::Line(_) | Item::Response(_) => None,
        });
        texts.collect()
    }

    fn lines(&self) -> Vec<&str> {
        let texts = self.items.iter().filter_map(|item| match item {
            Item::Line(WireLine { text, .. }) => Some(text.as_str()),
            Item::Unparsed(_) | Item::Response(_) => None,
        });
        texts.collect()
    }
}

/// Feeds all of a stream, and its end.
fn drain<P: AsRef<[u8]>>(decoder: &mut Decoder, pieces: impl IntoIterator<Item = P>, caps: Caps) -> Outcome {
    let mut outcome = Outcome::default();
    let mut framer = Framer::new(caps);
    for piece in pieces {
        let mut bytes = piece.as_ref();
        while outcome.violation.is_none() && framer.feed(&mut bytes).unwrap_or(false) {
            outcome.handed.extend(read(framer.frame()).iter().flat_map(|read| read.bytes.iter()));
        }
        if outcome.violation.is_none() {
            outcome.violation = decoder.feed(piece.as_ref(), |item| outcome.items.push(item)).err();
        }
    }
    if outcome.violation.is_none() {
        outcome.cut = decoder.end(|item| outcome.items.push(item));
    }
    outcome
}

/// What is made of a stream that ends.
fn through<P: AsRef<[u8]>>(pieces: impl IntoIterator<Item = P>) -> Outcome {
    drain(&mut Decoder::new(false), pieces, Caps::STRANGER)
}

/// The same of a stream after login.
fn through_later<P: AsRef<[u8]>>(pieces: impl IntoIterator<Item = P>, trace: bool) -> Outcome {
    let mut decoder = Decoder::new(trace);
    decoder.logged_in();
    drain(&mut decoder, pieces, Caps::LOGGED_IN)
}
