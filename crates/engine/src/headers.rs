//! A new message's headers, decoded and made harmless.

mod author;
mod charset;
mod date;
mod encoded_word;
mod fields;

use std::time::{Duration, SystemTime};

use mail_parser::{HeaderName, MessageParser};

pub(crate) use self::charset::guessed;
use self::fields::field;
use mailwatch_proto::connection::dialogue::Decoded;
use mailwatch_proto::model::{Mail, sanitise};
use mailwatch_proto::response::Fetched;

/// What is kept of a sender and of a subject, in characters: more than any screen shows, less than a flood.
const TEXT_LIMIT: usize = 400;

/// What is read of a field, in bytes: enough for [`TEXT_LIMIT`] characters in any encoding.
const FIELD_LIMIT: usize = 16 * 1024;

/// The field that names a push test's message.
pub(crate) const CANARY: &str = "X-Mailwatch-Canary";

/// Decodes a FETCH response; `None` where it has no UID.
#[must_use]
pub fn decode(fetched: &Fetched, uidvalidity: u32, gap: bool) -> Option<Decoded> {
    let uid = fetched.uid?;
    let header = fetched.header.as_deref().unwrap_or_default();
    let text = |name| field(header, name).map(|value| cut(value, FIELD_LIMIT)).unwrap_or_default();
    let mail = Mail {
        uid,
        uidvalidity,
        from: sanitise(&author::authors(&text("From")), TEXT_LIMIT),
        subject: sanitise(encoded_word::decode(&text("Subject")).trim(), TEXT_LIMIT),
        date: date::rfc3339(&text("Date")),
        gap,
        ..Mail::default()
    };
    let internal_date = fetched.internal_date.as_deref().and_then(internal_date);
    let (message_id, size, seq, canary) = (message_id(header), fetched.size, fetched.seq, is_canary(header));
    Some(Decoded { mail, message_id, internal_date, size, seq, canary, announced: None })
}

/// A mail's headers as a person reads them.
#[derive(Default)]
pub(crate) struct Heading {
    pub from: String,
    pub to: String,
    pub cc: String,
    pub subject: String,
    pub date: Option<String>,
}

/// Decodes a block of headers for a reader.
pub(crate) fn heading(header: &[u8]) -> Heading {
    let text = |name| field(header, name).map(|value| cut(value, FIELD_LIMIT)).unwrap_or_default();
    let people = |name| sanitise(&author::authors(&text(name)), TEXT_LIMIT);
    Heading {
        from: people("From"),
        to: people("To"),
        cc: people("Cc"),
        subject: sanitise(encoded_word::decode(&text("Subject")).trim(), TEXT_LIMIT),
        date: date::rfc3339(&text("Date")),
    }
}

/// Whether these are the headers of a push test's message that was added to the mailbox. A message that was sent has one of
/// the others: each server on the way writes it, and no sender can prevent that.
fn is_canary(header: &[u8]) -> bool {
    let has = |name| field(header, name).is_some();
    has(CANARY) && !has("Received") && !has("Return-Path")
}

fn cut(mut value: String, limit: usize) -> String {
    value.truncate(value.floor_char_boundary(limit));
    value
}

fn message_id(header: &[u8]) -> Option<String> {
    let parser = MessageParser::new().header_id(HeaderName::MessageId).default_header_ignore();
    let parsed = parser.parse_headers(header)?;
    parsed.message_id().map(|id| sanitise(id, TEXT_LIMIT))
}

/// Reads INTERNALDATE: `17-Jul-1996 02:44:25 -0700` (RFC 3501 §9, date-time).
fn internal_date(text: &str) -> Option<SystemTime> {
    let moment = jiff::fmt::strtime::parse("%d-%b-%Y %H:%M:%S %z", text.trim()).ok()?.to_timestamp().ok()?;
    let seconds = u64::try_from(moment.as_second()).ok()?;
    SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mail(header: &str) -> Decoded {
        let fetched = Fetched { uid: Some(7), header: Some(header.as_bytes().to_vec()), ..Fetched::default() };
        decode(&fetched, 1, false).expect("it has a UID")
    }

    #[test]
    fn encoded_words_are_decoded() {
        let decoded = mail(
            "From: =?utf-8?q?Ann_L=C3=A9e?= <ann@example.org>\r\nSubject: =?iso-8859-1?Q?Gr=FC=DFe?=\r\n =?utf-8?b?IGF1cyDmnbHkuqw=?=\r\nDate: Fri, 2 Jan 2026 03:04:05 +0200\r\nMessage-ID: <a@b>\r\n\r\n",
        );
        assert_eq!(decoded.mail.from, "Ann Lée <ann@example.org>");
        assert_eq!(decoded.mail.subject, "Grüße aus 東京");
        assert_eq!(decoded.mail.date.as_deref(), Some("2026-01-02T03:04:05+02:00"));
        assert_eq!(decoded.message_id.as_deref(), Some("a@b"));
    }

    #[test]
    fn a_message_without_headers_is_a_mail_all_the_same() {
        for header in ["", "\r\n", "garbage", "Subject\r\n\r\n", "Date: yesterday\r\n\r\n"] {
            let decoded = mail(header);
            assert_eq!((decoded.mail.uid, decoded.mail.from.as_str(), decoded.mail.date), (7, "", None), "{header:?}");
        }
    }

    #[test]
    fn hostile_headers_are_made_harmless() {
        let decoded = mail("From: \u{1b}]0;x\u{7}<a@b>\r\nSubject: =?utf-8?q?=1B=5B2J=E2=80=AEx?=\r\n\r\n");
        let texts = format!("{}{}", decoded.mail.from, decoded.mail.subject);
        assert!(!texts.chars().any(|c| c.is_control() || c == '\u{202e}'), "{texts:?}");
    }

    #[test]
    fn a_push_tests_message_is_told_from_one_that_was_sent() {
        let canary = "From: <me@x.example>\r\nX-Mailwatch-Canary: abc\r\n";
        for (more, is_one) in [
            ("", true),
            ("Received: from mx by mx\r\n", false),
            ("return-path: <eve@x.example>\r\n", false),
            ("Return-Path : <eve@x.example>\r\n", false),
        ] {
            assert_eq!(mail(&format!("{canary}{more}\r\n")).canary, is_one, "{more:?}");
            assert_eq!(mail(&format!("{more}{canary}\r\n")).canary, is_one, "{more:?}");
        }
        assert!(!mail("Subject: x\r\n X-Mailwatch-Canary: abc\r\n\r\n").canary);
    }

    #[test]
    fn raw_bytes_that_declare_nothing_are_read() {
        let header = b"From: J\xf6rg M\xfcller <j@x.example>\r\nSubject: Gr\xfc\xdfe aus K\xf6ln\r\n\r\n";
        let fetched = Fetched { uid: Some(7), header: Some(header.to_vec()), ..Fetched::default() };
        let decoded = decode(&fetched, 1, false).expect("it has a UID");
        assert_eq!(decoded.mail.from, "Jörg Müller <j@x.example>");
        assert_eq!(decoded.mail.subject, "Grüße aus Köln");
    }

    #[test]
    fn a_header_that_was_cut_gives_what_came() {
        let decoded = mail(&format!("From: Ann <a@x.example>\r\nSubject: {}", "x".repeat(65_000)));
        assert_eq!(decoded.mail.from, "Ann <a@x.example>");
        assert_eq!(decoded.mail.subject.chars().count(), TEXT_LIMIT + 1);
    }

    #[test]
    fn internal_dates_are_read() {
        let at = |text| internal_date(text).and_then(|at| at.duration_since(SystemTime::UNIX_EPOCH).ok());
        assert_eq!(at("17-Jul-1996 02:44:25 -0700"), Some(Duration::from_secs(837_596_665)));
        assert_eq!(at(" 7-Jul-1996 02:44:25 +0000"), Some(Duration::from_secs(836_707_465)));
        assert_eq!(at("NIL"), None);
    }
}
