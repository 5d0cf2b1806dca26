//! Mends untagged data where its meaning is plain, so that no count and no state is missed over a space.

use super::depth::find;
use super::framer::Frame;
use super::parse::{Mended, Read, STATUS_ITEMS};
use super::{repair_fetch, repair_names};

/// RFC 3501 §2.3.3 knows no INTERNALDATE without a date; imap-proto 0.17 panics over one.
const NO_DATE: &[u8] = b"INTERNALDATE NIL";

/// Whether the parser would panic over it.
#[must_use]
pub fn must_mend(frame: Frame<'_>) -> bool {
    let metadata = word(frame.bytes).is_some_and(|word| word.eq_ignore_ascii_case(b"METADATA"));
    (metadata && std::str::from_utf8(frame.bytes).is_err())
        || no_date(frame).is_some()
        || repair_names::must_mend(frame)
}

/// The first mending that the parser reads.
#[must_use]
pub fn data(frame: Frame<'_>) -> Option<Read<'static>> {
    if word(frame.bytes).is_some_and(|word| word.eq_ignore_ascii_case(b"METADATA")) {
        return None;
    }
    if no_date(frame).is_some() {
        return dates(frame).and_then(Mended::read);
    }
    if repair_names::must_mend(frame) {
        return repair_names::names(frame).and_then(Mended::read);
    }
    let mendings: [fn(Frame<'_>) -> Option<Mended>; 6] =
        [count, spacing, capability, status_items, repair_names::names, repair_fetch::fetch];
    mendings.iter().find_map(|mend| mend(frame)?.read())
}

/// The word that says what it is.
fn word(bytes: &[u8]) -> Option<&[u8]> {
    bytes.trim_ascii_start().strip_prefix(b"*")?.split(u8::is_ascii_whitespace).find(|word| !word.is_empty())
}

/// `* 5  exists`, `*5 EXISTS`, `* 5 EXISTS or so`.
fn count(frame: Frame<'_>) -> Option<Mended> {
    let rest = frame.bytes.trim_ascii().strip_prefix(b"*")?.trim_ascii_start();
    let digits = rest.iter().take_while(|b| b.is_ascii_digit()).count();
    let (number, rest) = rest.split_at(digits);
    let mut words = rest.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
    let word = words.next()?;
    let known =
        ["EXISTS", "EXPUNGE", "RECENT"].into_iter().find(|known| word.eq_ignore_ascii_case(known.as_bytes()))?;
    let bytes = [b"* ", number, b" ", known.as_bytes(), b"\r\n"].concat();
    Some(Mended { bytes, lost: words.next().is_some() })
}

/// `INTERNALDATE NIL` becomes an empty date, which is none as well.
fn dates(frame: Frame<'_>) -> Option<Mended> {
    let at = no_date(frame)? + NO_DATE.len() - b"NIL".len();
    let bytes = [&frame.bytes[..at], b"\"\"", &frame.bytes[at + b"NIL".len()..]].concat();
    // The parser must not see a second one, and no server sends one date twice.
    let once = frame
        .outside()
        .all(|part| part.end <= at || find(&frame.bytes[part.start.max(at)..part.end], NO_DATE).is_none());
    once.then_some(Mended { bytes, lost: false })
}

/// Where `INTERNALDATE NIL` stands, outside of literals. What follows matters nothing: the panic is over the NIL.
fn no_date(frame: Frame<'_>) -> Option<usize> {
    frame.outside().find_map(|part| Some(part.start + find(&frame.bytes[part], NO_DATE)?))
}

/// Spaces before, after and, where nothing is quoted, between.
fn spacing(frame: Frame<'_>) -> Option<Mended> {
    let rest = frame.bytes.trim_ascii_start().strip_prefix(b"*")?.trim_ascii_start();
    let bytes = if frame.literals.is_empty() && !rest.contains(&b'"') {
        let words: Vec<&[u8]> = rest.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty()).collect();
        let line = words.join(&b' ');
        if find(&line, NO_DATE).is_some() {
            return None;
        }
        [b"* ", &line[..], b"\r\n"].concat()
    } else {
        [b"* ", rest].concat()
    };
    Some(Mended { bytes, lost: false })
}

/// A server of `IMAP4rev2` alone (RFC 9051), whose capabilities imap-proto 0.17 refuses because `IMAP4rev1` is missing. All that is
/// used here is the same in both.
fn capability(frame: Frame<'_>) -> Option<Mended> {
    let text = std::str::from_utf8(frame.bytes).ok()?;
    let mut words = text.split_ascii_whitespace().skip(1);
    let capability = words.next().is_some_and(|word| word.eq_ignore_ascii_case("CAPABILITY"));
    let words: Vec<&str> = words.collect();
    let newer = words.iter().any(|word| word.eq_ignore_ascii_case("IMAP4rev2"));
    (capability && newer)
        .then(|| Mended { bytes: format!("* CAPABILITY IMAP4rev1 {}\r\n", words.join(" ")).into_bytes(), lost: false })
}

/// `* STATUS … (MESSAGES 1 SIZE 5)`: without the items that imap-proto 0.17 does not know.
fn status_items(frame: Frame<'_>) -> Option<Mended> {
    if !word(frame.bytes)?.eq_ignore_ascii_case(b"STATUS") {
        return None;
    }
    let line = frame.bytes.trim_ascii().strip_suffix(b")")?;
    let open = line.iter().rposition(|&b| b == b'(')?;
    // A literal is the mailbox's name, which stands before.
    let items = std::str::from_utf8(&line[open + 1..]).ok()?;
    let items: Vec<&str> = items.split_ascii_whitespace().collect();
    let (pairs, []) = items.as_chunks::<2>() else { return None };
    let known: Vec<String> = pairs
        .iter()
        .filter(|[name, _]| STATUS_ITEMS.iter().any(|item| item.eq_ignore_ascii_case(name)))
        .map(|pair| pair.join(" "))
        .collect();
    let bytes = [&line[..=open], known.join(" ").as_bytes(), b")\r\n"].concat();
    Some(Mended { bytes, lost: known.len() < pairs.len() })
}
