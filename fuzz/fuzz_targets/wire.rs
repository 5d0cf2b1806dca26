//! Any bytes through the decoder, whole and in pieces: `cargo +nightly fuzz run wire`, or on stable
//! `RUSTC_BOOTSTRAP=1 cargo fuzz run -s none wire`.
//!
//! libFuzzer's panic hook aborts, so that a panic of the parser which would be caught is found too, and can be kept from
//! the parser before it happens. A stack that overflows and memory that grows are found by the sanitizer.

#![no_main]

use imap_proto::Response;
use libfuzzer_sys::fuzz_target;
use mailwatch_proto::response::Response as Owned;
use mailwatch_proto::wire::framer::{Caps, Framer};
use mailwatch_proto::wire::{Decoder, Item, read};

/// What a decoder makes of the pieces, and whether they break a cap.
fn decode<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> (Vec<Item>, bool) {
    let mut decoder = Decoder::new(true);
    decoder.logged_in();
    let mut items = Vec::new();
    for piece in pieces {
        if decoder.feed(piece, |item| items.push(item)).is_err() {
            return (items, true);
        }
        decoder.rest();
    }
    decoder.end(|item| items.push(item));
    (items, false)
}

fuzz_target!(|stream: &[u8]| {
    let (items, violated) = decode([stream]);
    let pieces = stream.chunks(usize::from(*stream.first().unwrap_or(&0)) % 64 + 1);
    assert_eq!(decode(pieces), (items.clone(), violated), "pieces change nothing");

    // What is read is what the parser makes of the bytes that async-imap would be given.
    let responses = items.into_iter().filter_map(|item| match item {
        Item::Response(response) => Some(response),
        Item::Line(_) | Item::Unparsed(_) => None,
    });
    let mut framer = Framer::new(Caps::LOGGED_IN);
    let mut rest = stream;
    let mut said = Vec::new();
    while framer.feed(&mut rest).unwrap_or(false) {
        if let Some(read) = read(framer.frame()) {
            let (left, response) = Response::parse(&read.bytes).expect("only readable responses are handed on");
            assert!(left.is_empty());
            said.push(Owned::from(&response));
        }
    }
    assert_eq!(responses.collect::<Vec<_>>(), said);
});
