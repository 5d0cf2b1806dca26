//! What is fuzzed, as functions of bytes. libFuzzer drives them in `fuzz_targets`, and `tests/fuzz` with mutations of its own.
//! A panic is a finding.

use std::path::Path;
use std::sync::LazyLock;

use imap_proto::Response as Parsed;
use mailwatch_engine::config;
use mailwatch_engine::config::providers::Providers;
use mailwatch_engine::headers;
use mailwatch_engine::link::protocol::{BoardState, RequestState, ToEngine, ToFrontEnd};
use mailwatch_engine::replay::{Direction, Replay, Wanted, read_lines, read_report};
use mailwatch_engine::report::Redactor;
use mailwatch_engine::requests::Request;
use mailwatch_engine::status::{Figures, Format, Moment, Question, Shape};
use mailwatch_proto::connection::dialogue::Decoded;
use mailwatch_proto::model::{Board, Now, Tally, WireDirection, WireLine, words};
use mailwatch_proto::names;
use mailwatch_proto::response::{Fetched, Response};
use mailwatch_proto::wire::framer::{Caps, Framer};
use mailwatch_proto::wire::{Decoder, Item, read};
use mailwatch_tui::configuration;
use mailwatch_tui::tui::settings::Theme;

/// A target's name, which its corpus has too, and the function.
pub type Target = (&'static str, fn(&[u8]));

pub const TARGETS: [Target; 10] = [
    ("wire", wire),
    ("response", response),
    ("headers", headers),
    ("configuration", configuration),
    ("providers", providers),
    ("theme", theme),
    ("redaction", redaction),
    ("status-format", status_format),
    ("protocol", protocol),
    ("report", report),
];

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

/// What is decoded byte by byte, too: more takes long.
const BYTE_BY_BYTE: usize = 512;

/// Any bytes through the decoder: pieces change nothing, and what is read is what the parser makes of the bytes that
/// async-imap would be given.
pub fn wire(stream: &[u8]) {
    let (items, violated) = decode([stream]);
    let size = usize::from(*stream.first().unwrap_or(&0)) % 64 + 1;
    assert_eq!(decode(stream.chunks(size)), (items.clone(), violated), "pieces of {size} change something");
    if stream.len() <= BYTE_BY_BYTE {
        assert_eq!(decode(stream.chunks(1)), (items.clone(), violated), "single bytes change something");
    }

    let responses = items.into_iter().filter_map(|item| match item {
        Item::Response(response) => Some(response),
        Item::Line(_) | Item::Unparsed(_) => None,
    });
    let mut framer = Framer::new(Caps::LOGGED_IN);
    let mut rest = stream;
    let mut said = Vec::new();
    while framer.feed(&mut rest).unwrap_or(false) {
        if let Some(read) = read(framer.frame()) {
            let (left, response) = Parsed::parse(&read.bytes).expect("only readable responses are handed on");
            assert!(left.is_empty(), "the parser leaves bytes");
            said.push(Response::from(&response));
        }
    }
    assert_eq!(responses.collect::<Vec<_>>(), said);
}

/// Lines of a session: what is read of each can be shown, and none shows a secret or a control character.
pub fn response(stream: &[u8]) {
    let text = String::from_utf8_lossy(stream);
    // A name that a server wrote, and one that a person did.
    for name in text.lines().take(8) {
        for utf8 in [false, true] {
            let _ = names::read_name(name, utf8);
            let _ = names::other_form(name, utf8);
            harmless_name(&names::wire_name(name, utf8));
            harmless_name(&names::quoted(name));
        }
    }
    let (items, _) = decode([stream]);
    for item in items {
        match item {
            Item::Response(response) => {
                let _ = response.capabilities();
                if let Response::Fetch(fetched) = &response {
                    read_headers(fetched);
                }
            }
            Item::Line(line) => harmless(&line.text),
            Item::Unparsed(text) => harmless(&text),
        }
    }
}

/// A mail's header block.
pub fn headers(block: &[u8]) {
    read_headers(&Fetched { seq: 1, uid: Some(1), header: Some(block.to_vec()), ..Fetched::default() });
    if let Ok(date) = std::str::from_utf8(block) {
        let header = [b"Date: ", date.as_bytes(), b"\r\n\r\n"].concat();
        let internal_date = Some(date.to_owned());
        read_headers(&Fetched { seq: 1, uid: Some(1), header: Some(header), internal_date, ..Fetched::default() });
    }
}

/// A name on the wire ends no command: it is one line.
fn harmless_name(name: &str) {
    assert!(!name.contains(['\r', '\n']), "{name:?} is more than a line");
}

fn read_headers(fetched: &Fetched) {
    let Some(Decoded { mail, message_id, .. }) = headers::decode(fetched, 1, false) else { return };
    for text in [&mail.from, &mail.subject, message_id.as_ref().unwrap_or(&String::new())] {
        harmless(text);
        assert!(text.chars().count() <= 401, "{} characters are kept", text.chars().count());
    }
    if let Some(date) = &mail.date {
        date.parse::<jiff::Timestamp>().unwrap_or_else(|error| panic!("{date:?} is no RFC 3339: {error}"));
    }
}

/// What reaches a screen moves no cursor.
fn harmless(text: &str) {
    assert!(!text.contains(char::is_control), "{text:?} has a control character");
}

/// The program's format, read once: its table of providers is long.
static FORMAT: LazyLock<configuration::Format> = LazyLock::new(configuration::format);

/// A configuration: read, or refused with words that can be shown at any width.
pub fn configuration(text: &[u8]) {
    let Ok(text) = std::str::from_utf8(text) else { return };
    match config::parse(text, Path::new("config.toml"), &FORMAT) {
        Ok(config) => {
            for warning in &config.warnings {
                assert!(!format!("{warning:?}").is_empty());
            }
        }
        Err(error) => shown(&error),
    }
}

/// A table of providers of the user's own.
pub fn providers(text: &[u8]) {
    let Ok(text) = std::str::from_utf8(text) else { return };
    match FORMAT.providers.with_own(text, Path::new("providers.toml")) {
        Ok(all) => {
            let _ = all.for_account("imap.example.org", "me@example.org");
            let _ = all.for_address("me@gmail.com");
        }
        Err(error) => shown(&error),
    }
    if let Err(error) = Providers::parse(text, Path::new("providers.toml")) {
        shown(&error);
    }
}

/// A theme of the user's own.
pub fn theme(text: &[u8]) {
    let Ok(text) = std::str::from_utf8(text) else { return };
    match Theme::parse("mine", text, Path::new("mine.toml")) {
        Ok(theme) => {
            let _ = theme.is_coloured();
        }
        Err(error) => shown(&error),
    }
}

fn shown(error: &config::ConfigError) {
    for (width, colour) in [(1, false), (40, false), (80, true)] {
        assert!(!error.render(width, colour).is_empty());
    }
}

/// What is searched for in what a report says of the bytes.
const SECRET: &str = "Zq7Secret";

/// A server's line in a report: nothing that a mail holds in quotes is left of it, and no user's name.
pub fn redaction(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let redactor = Redactor::new(["ann.lee@example.org"], false);
    for direction in [WireDirection::Server, WireDirection::Client] {
        let _ = redactor.wire(&WireLine { direction, text: text.clone().into_owned() });
    }
    let _ = redactor.fault(&text);
    let quoted: String = text.chars().filter(|c| !matches!(c, '"' | '\\' | '\r' | '\n')).collect();
    let at = quoted.floor_char_boundary(quoted.len() / 2);
    let (before, after) = quoted.split_at(at);
    for line in [
        format!("* 5 FETCH (UID 9 BODY[HEADER.FIELDS (FROM SUBJECT)] \"{before}{SECRET}{after}\")"),
        format!("* 5 FETCH (UID 9 BODY[HEADER.FIELDS (FROM)]<0> \"{before}{SECRET}{after}\" FLAGS (\\Seen))"),
        format!("* 5 FETCH (ENVELOPE (\"{before}{SECRET}{after}\" NIL))"),
        format!("* 5 FETCH (BODYSTRUCTURE (\"{before}\" \"{SECRET}{after}\"))"),
        format!("* 5 FETCH (BODY[TEXT] \"{before}\\\"{SECRET}{after}\""),
    ] {
        let told = redactor.server(&line);
        assert!(!told.contains(SECRET), "{line:?} is told as {told:?}");
    }
}

/// A line of the user's own for `status`: read or refused, and what is made of it is one line.
pub fn status_format(text: &[u8]) {
    let Ok(text) = std::str::from_utf8(text) else { return };
    let Ok(format) = Format::parse(text) else { return };
    let (at, wall) = (std::time::Instant::now(), std::time::SystemTime::UNIX_EPOCH);
    let moment = Moment { at, wall, zone: jiff::tz::TimeZone::UTC, pid: 1 };
    for shape in [Shape::Format(format.clone()), Shape::Waybar(Some(format))] {
        let question = Question { shape, escape: None, accounts: Vec::new(), follow: false };
        let _ = question.line(&Figures::of(&Board::default(), &question.accounts), &moment);
        let _ = question.shape.off();
    }
}

/// A line of the engine's protocol, each way: refused in harmless words, or read, and then the same however often it is passed
/// on. What a front end makes of it can be shown.
pub fn protocol(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    for line in text.lines() {
        match ToEngine::parse(line) {
            Ok(message) => {
                let line = message.line();
                harmless(&line);
                assert_eq!(ToEngine::parse(&line).expect("what is written is read").line(), line);
                if let ToEngine::Request { request, .. } = message {
                    let request = RequestState::from(Request::from(request));
                    let _ = Request::from(request);
                }
            }
            Err(error) => harmless(&error.to_string()),
        }
        match ToFrontEnd::parse(line) {
            Ok(message) => {
                let line = message.line();
                harmless(&line);
                assert_eq!(ToFrontEnd::parse(&line).expect("what is written is read").line(), line);
                taken_in(message);
            }
            Err(error) => harmless(&error.to_string()),
        }
    }
}

/// What a front end does with a message.
fn taken_in(message: ToFrontEnd) {
    let now = Now { at: std::time::Instant::now(), wall: std::time::SystemTime::now() };
    match message {
        ToFrontEnd::Board(state) => {
            let (board, tally) = state.board(now.at);
            let state = BoardState::of(&board, &tally, 0, now.at);
            let _ = state.board(now.at);
        }
        ToFrontEnd::Change(change) => change.apply(&mut Board::default(), &mut Tally::default(), now.at),
        ToFrontEnd::Event(state) => {
            let event = state.event(now);
            let _ = words(&event.kind);
            assert!(event.at <= now.at);
        }
        ToFrontEnd::Wire(state) => {
            let _ = state.event(now);
        }
        ToFrontEnd::Past { past, .. } => {
            let _ = past.past(now.at);
        }
        ToFrontEnd::Reply { reply, .. } => {
            let _ = reply.reply(|| (), now.at);
        }
        ToFrontEnd::Hello(_)
        | ToFrontEnd::Refused { .. }
        | ToFrontEnd::Lost { .. }
        | ToFrontEnd::Answer(_)
        | ToFrontEnd::Ended { .. } => {}
    }
}

/// A report of anyone's, and the lines of its records: refused with words that can be shown, or there is a board at any moment
/// of it, whose names and sentences move no cursor.
pub fn report(bytes: &[u8]) {
    if let Err(error) = read_report(bytes) {
        harmless(&error.to_string());
    }
    let material = match read_lines(bytes) {
        Ok(material) => material,
        Err(error) => return harmless(&error.to_string()),
    };
    let replay = Replay::new(material, std::time::Instant::now());
    let (begin, end) = replay.span();
    for moment in [begin, begin + end.duration_since(begin).expect("it ends later") / 2, end] {
        let board = replay.board(moment, begin);
        for (id, snapshot) in &board.watches {
            harmless(&id.to_string());
            for text in [
                &snapshot.finding.as_ref().map(|finding| &finding.text),
                &snapshot.fault.as_ref().map(|fault| &fault.message),
            ] {
                harmless(text.map_or("", String::as_str));
            }
        }
        for event in replay.told(moment, begin, 100) {
            harmless(&mailwatch_proto::model::words(&event.kind));
        }
        for wanted in [Wanted::Event, Wanted::Trouble] {
            let next = replay.next(moment, wanted, Direction::Forth);
            assert!(next.is_none_or(|(next, _)| next > moment && next <= end));
        }
    }
}
