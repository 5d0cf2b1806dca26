//! SEARCH and UID SEARCH (RFC 3501 §6.4.4): keys as a tree, matched against each message.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::fmt::rfc2822;
use jiff::tz::TimeZone;

use crate::arguments::Argument;
use crate::command::Reply;
use crate::mailbox::Message;
use crate::mime;
use crate::selected::line;
use crate::session::Session;
use crate::sets::Set;

/// A condition.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Key {
    All(Vec<Key>),
    Not(Box<Key>),
    Or(Box<Key>, Box<Key>),
    Flag(String),
    Recent,
    Numbers(Set),
    Uids(Set),
    Received(Order, Date),
    Sent(Order, Date),
    Larger(usize),
    Smaller(usize),
    Field(String, Vec<u8>),
    Body(Vec<u8>),
    Text(Vec<u8>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Order {
    Before,
    On,
    Since,
}

/// Why keys were not understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum NotUnderstood {
    Key,
    Charset,
}

/// What a key may ask beyond the message itself.
struct Place {
    number: u32,
    exists: u32,
    last_uid: u32,
    recent: bool,
}

impl Session {
    pub(crate) fn search(&mut self, arguments: &[Argument], by_uid: bool) -> Reply {
        let key = match parse(arguments) {
            Ok(key) => key,
            Err(NotUnderstood::Key) => return Reply::bad("Unknown or broken SEARCH key."),
            Err(NotUnderstood::Charset) => return Reply::no("[BADCHARSET (US-ASCII UTF-8)] Unknown charset."),
        };
        let Some(selected) = &self.selected else { return Reply::bad("No mailbox selected.") };
        let state = self.shared.state();
        let Some(mailbox) = state.mailboxes.get(&selected.name) else { return Reply::no("No such mailbox.") };
        let (exists, last_uid) = (selected.exists(), selected.last_uid());
        let mut found = String::new();
        for (number, uid) in selected.numbered() {
            let Some(message) = mailbox.message(uid) else { continue };
            let place = Place { number, exists, last_uid, recent: selected.is_recent(uid) };
            if key.matches(message, &place) {
                found.push(' ');
                found.push_str(&(if by_uid { uid } else { number }).to_string());
            }
        }
        line(&mut self.out, format_args!("* SEARCH{found}"));
        let text = "Search completed.".to_owned();
        if by_uid { Reply::Ok(text) } else { Reply::OkNumbered(text) }
    }
}

impl Key {
    fn matches(&self, message: &Message, place: &Place) -> bool {
        let header = || mime::split(&message.raw).0;
        match self {
            Self::All(keys) => keys.iter().all(|key| key.matches(message, place)),
            Self::Not(key) => !key.matches(message, place),
            Self::Or(one, other) => one.matches(message, place) || other.matches(message, place),
            Self::Flag(flag) => message.flags.iter().any(|set| set.eq_ignore_ascii_case(flag)),
            Self::Recent => place.recent,
            Self::Numbers(set) => set.contains(place.number, place.exists),
            Self::Uids(set) => set.contains(message.uid, place.last_uid),
            Self::Received(order, date) => order.holds(message.received, *date),
            Self::Sent(order, date) => sent(header()).is_some_and(|at| order.holds(at, *date)),
            Self::Larger(size) => message.raw.len() > *size,
            Self::Smaller(size) => message.raw.len() < *size,
            Self::Field(name, text) => mime::value(header(), name).is_some_and(|value| contains(&value, text)),
            Self::Body(text) => contains(mime::split(&message.raw).1, text),
            Self::Text(text) => contains(&message.raw, text),
        }
    }
}

impl Order {
    /// Whether a moment's day (in UTC, as INTERNALDATE is told here) stands so to a date.
    fn holds(self, at: Timestamp, date: Date) -> bool {
        let day = at.to_zoned(TimeZone::UTC).date();
        match self {
            Self::Before => day < date,
            Self::On => day == date,
            Self::Since => day >= date,
        }
    }
}

fn sent(header: &[u8]) -> Option<Timestamp> {
    let text = mime::value(header, "Date")?;
    rfc2822::DateTimeParser::new().parse_timestamp(text).ok()
}

fn contains(text: &[u8], part: &[u8]) -> bool {
    part.is_empty() || text.windows(part.len()).any(|window| window.eq_ignore_ascii_case(part))
}

fn parse(arguments: &[Argument]) -> Result<Key, NotUnderstood> {
    let mut rest = arguments;
    if let [charset, name, keys @ ..] = rest
        && charset.keyword().as_deref() == Some("CHARSET")
    {
        let known = name
            .bytes()
            .is_some_and(|name| name.eq_ignore_ascii_case(b"UTF-8") || name.eq_ignore_ascii_case(b"US-ASCII"));
        if !known {
            return Err(NotUnderstood::Charset);
        }
        rest = keys;
    }
    all_of(rest).ok_or(NotUnderstood::Key)
}

fn all_of(mut rest: &[Argument]) -> Option<Key> {
    let mut keys = Vec::new();
    while !rest.is_empty() {
        keys.push(next(&mut rest, 0)?);
    }
    (!keys.is_empty()).then_some(Key::All(keys))
}

/// `NOT NOT NOT …` and `OR OR OR …`: no client needs more.
const MAX_DEPTH: usize = 50;

fn next(rest: &mut &[Argument], depth: usize) -> Option<Key> {
    let (first, tail) = rest.split_first()?;
    *rest = tail;
    if depth > MAX_DEPTH {
        return None;
    }
    if let Argument::List(inner) = first {
        return all_of(inner);
    }
    let system = |name: &str| Key::Flag(format!("\\{name}"));
    let not = |key| Key::Not(Box::new(key));
    let keyword = first.keyword()?;
    Some(match keyword.as_str() {
        "ALL" => Key::All(Vec::new()),
        "SEEN" | "ANSWERED" | "DELETED" | "DRAFT" | "FLAGGED" => system(&keyword),
        "UNSEEN" | "UNANSWERED" | "UNDELETED" | "UNDRAFT" | "UNFLAGGED" => not(system(&keyword[2..])),
        "RECENT" => Key::Recent,
        "OLD" => not(Key::Recent),
        "NEW" => Key::All(vec![Key::Recent, not(system("Seen"))]),
        "KEYWORD" => Key::Flag(text(rest)?),
        "UNKEYWORD" => not(Key::Flag(text(rest)?)),
        "NOT" => not(next(rest, depth + 1)?),
        "OR" => Key::Or(Box::new(next(rest, depth + 1)?), Box::new(next(rest, depth + 1)?)),
        "UID" => Key::Uids(Set::parse(&bytes(rest)?)?),
        "BEFORE" => Key::Received(Order::Before, date(rest)?),
        "ON" => Key::Received(Order::On, date(rest)?),
        "SINCE" => Key::Received(Order::Since, date(rest)?),
        "SENTBEFORE" => Key::Sent(Order::Before, date(rest)?),
        "SENTON" => Key::Sent(Order::On, date(rest)?),
        "SENTSINCE" => Key::Sent(Order::Since, date(rest)?),
        "LARGER" => Key::Larger(text(rest)?.parse().ok()?),
        "SMALLER" => Key::Smaller(text(rest)?.parse().ok()?),
        "FROM" | "TO" | "CC" | "BCC" | "SUBJECT" => Key::Field(keyword, bytes(rest)?),
        "HEADER" => Key::Field(text(rest)?, bytes(rest)?),
        "BODY" => Key::Body(bytes(rest)?),
        "TEXT" => Key::Text(bytes(rest)?),
        _ => Key::Numbers(Set::parse(first.bytes()?)?),
    })
}

fn bytes(rest: &mut &[Argument]) -> Option<Vec<u8>> {
    let (first, tail) = rest.split_first()?;
    *rest = tail;
    first.bytes().map(<[u8]>::to_vec)
}

fn text(rest: &mut &[Argument]) -> Option<String> {
    String::from_utf8(bytes(rest)?).ok()
}

fn date(rest: &mut &[Argument]) -> Option<Date> {
    Date::strptime("%d-%b-%Y", text(rest)?).ok()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::arguments;

    fn finds(keys: &str) -> Option<bool> {
        let message = Message {
            uid: 7,
            revision: 1,
            flags: BTreeSet::from(["\\Flagged".to_owned()]),
            received: "2026-03-01T23:30:00Z".parse().expect("a time"),
            raw: b"From: Ann <ann@example.org>\r\nDate: Sat, 28 Feb 2026 10:00:00 +0000\r\n\r\nHello\r\n"
                .as_slice()
                .into(),
        };
        let place = Place { number: 2, exists: 3, last_uid: 9, recent: true };
        let key = parse(&arguments::parse(keys.as_bytes())?).ok()?;
        Some(key.matches(&message, &place))
    }

    #[test]
    fn keys_mean_what_the_rfc_says() {
        let yes = [
            "ALL",
            "UNSEEN",
            "NEW",
            "RECENT",
            "FLAGGED UNSEEN",
            "2",
            "1:*",
            "UID 7",
            "UID 5:8,100",
            "SINCE 1-Mar-2026",
            "BEFORE 02-Mar-2026",
            "ON 1-Mar-2026",
            "SENTON 28-Feb-2026",
            "NOT SEEN",
            "OR SEEN FLAGGED",
            "(UNSEEN (2))",
            "FROM ann",
            "HEADER From \"\"",
            "TEXT hello",
            "BODY HELLO",
            "SMALLER 1000",
            "CHARSET UTF-8 ALL",
        ];
        let no = ["SEEN", "OLD", "3", "UID 8", "UID 9:*", "SINCE 2-Mar-2026", "NOT ALL", "SUBJECT x", "LARGER 1000"];
        for keys in yes {
            assert_eq!(finds(keys), Some(true), "{keys}");
        }
        for keys in no {
            assert_eq!(finds(keys), Some(false), "{keys}");
        }
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        let deep = "NOT ".repeat(1000) + "ALL";
        for keys in ["", "NONSENSE", "UID", "SINCE yesterday", "OR ALL", "NOT", "CHARSET KOI8-R ALL", &deep] {
            assert_eq!(finds(keys), None, "{keys}");
        }
    }
}
