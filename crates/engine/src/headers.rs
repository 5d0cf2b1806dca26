//! A new message's headers, decoded and made harmless.

use std::time::{Duration, SystemTime};

use mail_parser::{Address, MessageParser};

use mailwatch_proto::connection::dialogue::Decoded;
use mailwatch_proto::model::{Mail, sanitise};
use mailwatch_proto::response::Fetched;

/// What is kept of a sender and of a subject, in characters: more than any screen shows, less than a flood.
const TEXT_LIMIT: usize = 400;

/// Decodes a FETCH response; `None` where it has no UID.
#[must_use]
pub fn decode(fetched: &Fetched, uidvalidity: u32, gap: bool) -> Option<Decoded> {
    let uid = fetched.uid?;
    let header = fetched.header.as_deref().unwrap_or_default();
    let parsed = MessageParser::new()
        .header_text(mail_parser::HeaderName::Subject)
        .header_address(mail_parser::HeaderName::From)
        .header_date(mail_parser::HeaderName::Date)
        .header_id(mail_parser::HeaderName::MessageId)
        .default_header_ignore()
        .parse_headers(header);
    let mut mail = Mail { uid, uidvalidity, gap, ..Mail::default() };
    let mut message_id = None;
    if let Some(parsed) = parsed {
        mail.from = parsed.from().map(sender).unwrap_or_default();
        mail.subject = sanitise(parsed.subject().unwrap_or_default().trim(), TEXT_LIMIT);
        mail.date = parsed.date().filter(|date| date.is_valid()).map(mail_parser::DateTime::to_rfc3339);
        message_id = parsed.message_id().map(|id| sanitise(id, TEXT_LIMIT));
    }
    let internal_date = fetched.internal_date.as_deref().and_then(internal_date);
    Some(Decoded { mail, message_id, internal_date })
}

fn sender(from: &Address<'_>) -> String {
    let Some(first) = from.first() else { return String::new() };
    let name = first.name.as_deref().map(str::trim).filter(|name| !name.is_empty());
    let text = match (name, first.address.as_deref()) {
        (Some(name), Some(address)) => format!("{name} <{address}>"),
        (Some(text), None) | (None, Some(text)) => text.to_owned(),
        (None, None) => String::new(),
    };
    sanitise(&text, TEXT_LIMIT)
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
    fn internal_dates_are_read() {
        let at = |text| internal_date(text).and_then(|at| at.duration_since(SystemTime::UNIX_EPOCH).ok());
        assert_eq!(at("17-Jul-1996 02:44:25 -0700"), Some(Duration::from_secs(837_596_665)));
        assert_eq!(at(" 7-Jul-1996 02:44:25 +0000"), Some(Duration::from_secs(836_707_465)));
        assert_eq!(at("NIL"), None);
    }
}
