//! Where responses end, and where a server's connection does.

use proptest::collection::vec;
use proptest::prelude::*;

use super::{drain, through, through_later};
use crate::response::Response;
use crate::wire::framer::Caps;
use crate::wire::{Decoder, Violation};

const NOTHING: [&str; 0] = [];

#[test]
fn a_literal_may_hold_anything() {
    let literal = "x\r\n* 9 EXISTS\r\nA1 OK {7}\r\n\"(";
    let line = format!("* 1 FETCH (UID 7 BODY[] {{{}}}\r\n{literal} FLAGS ())\r\n", literal.len());
    let outcome = through([&line]);
    assert_eq!(outcome.handed(), line);
    assert_eq!(outcome.unparsed(), NOTHING);
}

#[test]
fn several_literals_and_an_empty_one_belong_to_one_response() {
    let line = "* 1 FETCH (BODY[1] {3}\r\nabc BODY[2] {0}\r\n BODY[3] {2}\r\nxy)\r\n";
    assert_eq!(through([line, "+ ok\r\n"]).handed(), format!("{line}+ ok\r\n"));
}

#[test]
fn other_spellings_of_a_literal_are_framed_and_reported() {
    for size in ["{3+}", "~{3}"] {
        let outcome = through([format!("* 1 FETCH (BODY[] {size}\r\n\n\n\n)\r\n* 1 EXISTS\r\n")]);
        assert_eq!(outcome.handed(), "* 1 EXISTS\r\n");
        assert_eq!(outcome.unparsed().len(), 1);
    }
}

#[test]
fn text_that_ends_like_a_literal_is_text() {
    for line in [
        "* OK see {5}\r\n",
        "* BYE {500000000}\r\n",
        "A1 NO {5}\r\n",
        "+ {5}\r\n",
        "* ok[ALERT] {5}\r\n",
        "[ALERT] {5}\r\n",
        "* LIST () \"/\" \"an open quote {5}\r\n",
        "* XTEXT {}\r\n",
        "* XTEXT {x5}\r\n",
    ] {
        let outcome = through([line, "* 1 EXISTS\r\n"]);
        assert!(outcome.handed().ends_with("* 1 EXISTS\r\n"), "{line}");
        assert_eq!(outcome.violation, None, "{line}");
    }
}

#[test]
fn a_line_over_the_cap_ends_the_connection_after_what_came_before() {
    let line = |length: usize| format!("* OK {}\r\n", "x".repeat(length - 7));
    let (fits, breaks) = (line(8 * 1024), line(8 * 1024 + 1));
    assert_eq!(through([&fits]).handed(), fits);
    let outcome = through([fits.clone(), breaks.clone()]);
    assert_eq!(outcome.handed(), fits);
    assert_eq!(outcome.violation, Some(Violation::Line { cap: 8 * 1024 }));
    assert_eq!(through_later([&breaks], false).handed(), breaks);
    let outcome = through_later([line(64 * 1024 + 1)], false);
    assert_eq!(outcome.violation, Some(Violation::Line { cap: 64 * 1024 }));
}

#[test]
fn a_huge_literal_is_refused_by_its_size_alone() {
    for size in ["8193", "400000000", "99999999999999999999999999"] {
        let outcome = through([format!("* 1 FETCH (BODY[] {{{size}}}\r\n")]);
        assert_eq!(outcome.violation, Some(Violation::Literal { cap: 8 * 1024 }), "{size}");
    }
}

#[test]
fn literals_count_together() {
    let half = format!("{{{}}}\r\n{}", 600 * 1024, "x".repeat(600 * 1024));
    let outcome = through_later([format!("* 1 XFETCH (BODY[1] {half} BODY[2] {half})\r\n")], false);
    assert_eq!(outcome.violation, Some(Violation::Literal { cap: 1024 * 1024 }));
    let outcome = through_later([format!("* 1 FETCH (BODY[1] {half})\r\n").repeat(2)], false);
    assert_eq!(outcome.violation, None);
    assert_eq!(outcome.handed.len(), 2 * (half.len() + "* 1 FETCH (BODY[1] )\r\n".len()));
}

#[test]
fn a_fetch_with_a_literal_over_the_cap_is_read_without_it() {
    let subject = "x".repeat(1_500_000);
    let line =
        format!("* 4 FETCH (UID 9 BODY[HEADER.FIELDS (SUBJECT)] {{{}}}\r\n{subject} FLAGS ())\r\n", subject.len());
    let outcome = through_later(line.as_bytes().chunks(1000), true);
    assert_eq!(outcome.handed(), "* 4 FETCH (UID 9 BODY[HEADER.FIELDS (SUBJECT)] NIL FLAGS ())\r\n");
    let [Response::Fetch(fetched)] = outcome.responses()[..] else { panic!("{outcome:?}") };
    assert_eq!((fetched.uid, fetched.unreadable, fetched.header.as_ref()), (Some(9), true, None));
    assert_eq!(outcome.unparsed(), NOTHING);
    assert!(outcome.lines()[0].ends_with("(1500000 bytes over the cap were skipped)"), "{:?}", outcome.lines());
    // There is an end to it.
    let outcome = through_later(["* 4 FETCH (BODY[] {400000000}\r\n"], false);
    assert_eq!(outcome.violation, Some(Violation::Literal { cap: 1024 * 1024 }));
}

#[test]
fn what_is_skipped_takes_no_memory() {
    let mut decoder = Decoder::new(false);
    decoder.logged_in();
    let size = 60 * 1024 * 1024;
    let announced = format!("* 4 FETCH (UID 9 BODY[HEADER]{{{size}}}\r\n");
    decoder.feed(announced.as_bytes(), |item| panic!("{item:?}")).expect("it is within the cap");
    for _ in 0..size / 4096 {
        decoder.feed(&[b'x'; 4096], |item| panic!("{item:?}")).expect("it is skipped");
        assert!(decoder.heap() < 1024, "{}", decoder.heap());
    }
    let mut items = 0;
    decoder.feed(b")\r\n", |_| items += 1).expect("a line");
    assert_eq!(items, 1);
}

#[test]
fn a_hundred_megabytes_without_a_line_s_end_cost_a_line() {
    let mut decoder = Decoder::new(false);
    decoder.logged_in();
    let mut fed = 0;
    let violation = loop {
        assert!(decoder.heap() <= 128 * 1024, "{}", decoder.heap());
        fed += 4096;
        if let Err(violation) = decoder.feed(&[b'x'; 4096], |item| panic!("{item:?}")) {
            break violation;
        }
    };
    assert_eq!(violation, Violation::Line { cap: 64 * 1024 });
    assert!(fed <= 100 * 1024 * 1024 / 1000, "{fed} bytes were taken before it was given up");
    assert!(decoder.heap() < 1024);
}

#[test]
fn an_end_inside_a_response_is_unexpected_and_shows_what_there_was() {
    let outcome = through(["* 1 EXISTS\r\n* BYE autolog"]);
    assert_eq!(outcome.handed(), "* 1 EXISTS\r\n");
    assert!(outcome.cut);
    assert_eq!(outcome.unparsed(), ["* BYE autolog"]);
    assert!(through(["* 1 FETCH (BODY[] {10}\r\nabc"]).cut);
    assert!(!through(["* 1 EXISTS\r\n"]).cut);
}

/// Lines good and bad, and bytes from which lines may come about.
fn piece() -> impl Strategy<Value = Vec<u8>> {
    let known = prop::sample::select(vec![
        "* 1 EXISTS\r\n",
        "* OK Still here\r\n",
        "* OK [ALERT]é\r\n",
        "*  OK x {3}\r\n",
        "* 1 FETCH (BODY[] {5}\r\nab\r\n))\r\n",
        "* 1 FETCH (BODY[] {5}\r\nab\n(",
        "* LIST () \"/\" \"{3}\r\n",
        "A1 BAD\n",
        "+ idling\r\n",
        "\r\n",
        "* ESEARCH x\r\n",
        "* X {9000}\r\n",
        "* ID (\"a\" NIL)\r\n",
    ]);
    prop_oneof![
        8 => known.prop_map(|line| line.as_bytes().to_vec()),
        2 => vec(any::<u8>(), 0..12),
        2 => prop::sample::select(vec!["{4}\r\n", "\"", "(", "* ", "[", "\r", "\n", "\\"]).prop_map(|s| s.as_bytes().to_vec()),
        1 => (1_usize..9000).prop_map(|length| vec![b'x'; length]),
    ]
}

proptest! {
    #[test]
    fn however_the_bytes_are_split_the_outcome_is_the_same(
        pieces in vec(piece(), 0..12),
        cuts in vec(any::<prop::sample::Index>(), 0..24),
        trace in any::<bool>(),
    ) {
        let whole = pieces.concat();
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(whole.len() + 1)).collect();
        cuts.extend([0, whole.len()]);
        cuts.sort_unstable();
        let split = || cuts.windows(2).map(|pair| &whole[pair[0]..pair[1]]).filter(|part| !part.is_empty());
        let at_once = drain(&mut Decoder::new(trace), [&whole], Caps::STRANGER);
        prop_assert_eq!(&drain(&mut Decoder::new(trace), split(), Caps::STRANGER), &at_once);
        let bytewise = whole.chunks(1);
        prop_assert_eq!(&drain(&mut Decoder::new(trace), bytewise, Caps::STRANGER), &at_once);
    }

    /// As the wire does it: a literal's bytes go straight behind what there is of it.
    #[test]
    fn a_literal_that_is_read_to_where_it_stays_changes_nothing(
        pieces in vec(piece(), 0..12),
        sizes in vec(1_usize..9, 1..8),
    ) {
        let whole = pieces.concat();
        let at_once = drain(&mut Decoder::new(false), [&whole], Caps::STRANGER);
        let (mut decoder, mut items, mut rest) = (Decoder::new(false), Vec::new(), &whole[..]);
        let mut sizes = sizes.iter().cycle();
        let violation = loop {
            let size = sizes.next().map_or(1, |size| (*size).min(rest.len()));
            if rest.is_empty() {
                break None;
            }
            let before = rest;
            if decoder.owed() > 0 {
                rest = decoder.read_literal(|literal, owed| {
                    let (now, later) = rest.split_at(size.min(owed));
                    literal.extend_from_slice(now);
                    later
                });
            } else {
                let (now, later) = rest.split_at(size);
                rest = later;
                if let Err(violation) = decoder.feed(now, |item| items.push(item)) {
                    break Some(violation);
                }
            }
            prop_assert!(rest.len() < before.len());
        };
        prop_assert_eq!(violation, at_once.violation);
        if violation.is_none() {
            prop_assert_eq!(decoder.end(|item| items.push(item)), at_once.cut);
        }
        prop_assert_eq!(items, at_once.items);
    }

    #[test]
    fn what_is_handed_on_is_what_the_parser_reads(pieces in vec(piece(), 0..12)) {
        let outcome = through(pieces.iter().filter(|piece| !piece.is_empty()));
        let mut said = Vec::new();
        let mut rest = &outcome.handed[..];
        while !rest.is_empty() {
            let (after, response) = imap_proto::Response::parse(rest).expect("only readable responses are handed on");
            said.push(Response::from(&response));
            rest = after;
        }
        prop_assert_eq!(outcome.responses(), said.iter().collect::<Vec<_>>());
    }
}
