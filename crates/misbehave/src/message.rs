//! A mail to be delivered, and its bytes: headers with encoded words (RFC 2047), then the text.

use std::fmt::Write as _;
use std::time::SystemTime;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;

/// A mail for [`Server::deliver`](super::Server::deliver).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewMessage {
    from: String,
    to: String,
    subject: String,
    text: String,
    html: bool,
    message_id: Option<String>,
    date: Option<SystemTime>,
    received: Option<SystemTime>,
    raw: Option<Vec<u8>>,
    flags: Vec<String>,
}

impl NewMessage {
    /// A mail from `Name <address>` with this subject, both in plain UTF-8.
    #[must_use]
    pub fn new(from: &str, subject: &str) -> Self {
        Self {
            from: from.to_owned(),
            to: super::USER.to_owned(),
            subject: subject.to_owned(),
            text: "Hello,\r\n\r\nthis mail was written by the demo.\r\n".to_owned(),
            html: false,
            message_id: None,
            date: None,
            received: None,
            raw: None,
            flags: Vec::new(),
        }
    }

    /// A mail of exactly these bytes, however broken.
    #[must_use]
    pub fn raw(bytes: impl Into<Vec<u8>>) -> Self {
        Self { raw: Some(bytes.into()), ..Self::new("", "") }
    }

    /// Its text, instead of a greeting.
    #[must_use]
    pub fn text(mut self, text: &str) -> Self {
        text.clone_into(&mut self.text);
        self
    }

    /// Its text as a page, and nothing else.
    #[must_use]
    pub fn html(self, page: &str) -> Self {
        Self { html: true, ..self.text(page) }
    }

    /// Its Message-ID with the angle brackets, instead of one of its own.
    #[must_use]
    pub fn message_id(mut self, id: &str) -> Self {
        self.message_id = Some(id.to_owned());
        self
    }

    /// Its Date header, instead of the moment of delivery.
    #[must_use]
    pub const fn dated(mut self, date: SystemTime) -> Self {
        self.date = Some(date);
        self
    }

    /// Its INTERNALDATE, instead of the moment of delivery.
    #[must_use]
    pub const fn received(mut self, at: SystemTime) -> Self {
        self.received = Some(at);
        self
    }

    /// A flag that it has from the start, such as `\Seen`.
    #[must_use]
    pub fn flag(mut self, flag: &str) -> Self {
        self.flags.push(flag.to_owned());
        self
    }

    pub(crate) fn flags(&self) -> &[String] {
        &self.flags
    }

    pub(crate) fn internal_date(&self, now: SystemTime) -> Timestamp {
        timestamp(self.received.unwrap_or(now))
    }

    /// The mail's bytes; `id` is its Message-ID where it was not given one.
    pub(crate) fn bytes(&self, now: SystemTime, id: &str) -> Vec<u8> {
        if let Some(raw) = &self.raw {
            return raw.clone();
        }
        let date = timestamp(self.date.unwrap_or(now)).strftime("%a, %d %b %Y %H:%M:%S +0000");
        let id = self.message_id.as_deref().unwrap_or(id);
        let (from, to) = (address(&self.from), address(&self.to));
        let mut head = format!("From: {from}\r\nTo: {to}\r\nSubject: {}\r\n", encoded(&self.subject));
        let kind = if self.html { "html" } else { "plain" };
        // Writing to a String cannot fail.
        let _ = write!(
            head,
            "Date: {date}\r\nMessage-ID: {id}\r\nMIME-Version: 1.0\r\nContent-Type: text/{kind}; charset=utf-8\r\n\
             Content-Transfer-Encoding: 8bit\r\n\r\n{}",
            self.text
        );
        head.into_bytes()
    }
}

pub(crate) fn timestamp(at: SystemTime) -> Timestamp {
    // Out of jiff's years only where a test asks for it; the epoch serves as well as any date then.
    Timestamp::try_from(at).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// `Name <address>` with the name as encoded words where it needs them.
fn address(text: &str) -> String {
    let Some((name, rest)) = text.split_once('<') else { return encoded(text) };
    let name = name.trim();
    let quoted = if name.is_empty() {
        String::new()
    } else if name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b' ') {
        format!("{name} ")
    } else if is_printable(name) {
        format!("\"{}\" ", name.replace('\\', "\\\\").replace('"', "\\\""))
    } else {
        format!("{} ", encoded(name))
    };
    format!("{quoted}<{rest}")
}

fn is_printable(text: &str) -> bool {
    text.bytes().all(|b| (b' '..=b'~').contains(&b))
}

/// Encoded words where the text is not plain ASCII, each of at most 75 characters (RFC 2047 §2), folded.
fn encoded(text: &str) -> String {
    /// So that `=?utf-8?B?` and `?=` with its base64 stay within 75.
    const CHUNK: usize = 45;
    if is_printable(text) {
        return text.to_owned();
    }
    let mut words = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let mut end = rest.len().min(CHUNK);
        while !rest.is_char_boundary(end) {
            end -= 1;
        }
        words.push(format!("=?utf-8?B?{}?=", STANDARD.encode(&rest[..end])));
        rest = &rest[end..];
    }
    words.join("\r\n ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rendered(message: &NewMessage) -> String {
        String::from_utf8(message.bytes(SystemTime::UNIX_EPOCH, "<1@demo>")).expect("UTF-8")
    }

    #[test]
    fn a_plain_mail_has_plain_headers() {
        let text = rendered(&NewMessage::new("Ann Lee <ann@example.org>", "Friday?"));
        assert!(text.starts_with("From: Ann Lee <ann@example.org>\r\nTo: demo@example.org\r\nSubject: Friday?\r\n"));
        assert!(text.contains("Date: Thu, 01 Jan 1970 00:00:00 +0000\r\nMessage-ID: <1@demo>\r\n"));
    }

    #[test]
    fn other_letters_become_words_that_a_mail_parser_reads_back() {
        let subject = "Grüße aus 東京 👩\u{200d}💻, a subject that is long enough to need more than a single word";
        let bytes = NewMessage::new("Jörg Müller <j@example.net>", subject).bytes(SystemTime::UNIX_EPOCH, "<1@demo>");
        assert!(bytes.is_ascii());
        let parsed = mail_parser::MessageParser::default().parse(&bytes).expect("a mail");
        assert_eq!(parsed.subject(), Some(subject));
        let from = parsed.from().and_then(|from| from.first()).expect("a sender");
        assert_eq!((from.name(), from.address()), (Some("Jörg Müller"), Some("j@example.net")));
    }

    #[test]
    fn line_ends_in_a_subject_make_no_header_of_their_own() {
        let text = rendered(&NewMessage::new("a@example.org", "x\r\nBcc: y"));
        assert!(!text.contains("\r\nBcc:"));
    }
}
