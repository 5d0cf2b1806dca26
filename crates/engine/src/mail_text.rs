//! A mail as a person reads it: a few headers and its text, decoded and made harmless. Pure; nothing remote is fetched. What it
//! holds is nobody's but the reader's: its Debug shows sizes alone.

use std::borrow::Cow;
use std::fmt;

use mail_parser::{Message, MessageParser, MessagePart, MimeHeaders, PartType};

use crate::headers::{Heading, guessed, heading};
use mailwatch_proto::model::sanitise;

/// What is read of a mail, headers included, in bytes.
pub const READ: usize = 64 * 1024;

/// What is kept of a line, in characters: some screens of it.
const LINE: usize = 10_000;

/// Boundaries of parts within parts that are looked for.
const BOUNDARIES: usize = 20;

/// Lines that are kept.
const LINES: usize = 4_000;

/// Parts that are named, and what is kept of a name.
const NAMED: usize = 50;
const NAME: usize = 100;

/// Cells between two stops of a tabulator.
const TAB: usize = 8;

/// A mail's headers and text.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct MailText {
    /// Who wrote it, decoded.
    pub from: String,
    /// To whom.
    pub to: String,
    /// Who got a copy.
    pub cc: String,
    /// What it is about.
    pub subject: String,
    /// Its Date header as RFC 3339, where it could be read.
    pub date: Option<String>,
    /// Its text, in lines; empty where it has none.
    pub text: String,
    /// Whether the text was made from HTML.
    pub html: bool,
    /// Whether there is more of the mail than was read.
    pub cut: bool,
    /// Its other parts: a name, a type.
    pub parts: Vec<String>,
}

/// Sizes, and nothing of what a stranger has written to somebody.
impl fmt::Debug for MailText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (text, html, cut, parts) = (self.text.len(), self.html, self.cut, self.parts.len());
        write!(f, "MailText({text} bytes, html: {html}, cut: {cut}, {parts} other parts)")
    }
}

impl MailText {
    /// What the first bytes of a mail say; `cut` where there are more.
    #[must_use]
    pub fn of(bytes: &[u8], cut: bool) -> Self {
        let end = bytes.windows(4).position(|four| four == b"\r\n\r\n").unwrap_or(bytes.len());
        let Heading { from, to, cc, subject, date } = heading(&bytes[..end]);
        let head = Self { from, to, cc, subject, date, cut, ..Self::default() };
        let whole = closed(bytes, end);
        let Some(message) = MessageParser::default().parse(&*whole) else {
            return Self { text: clean(&guessed(bytes)), ..head };
        };
        let (text, html) = text(&message);
        let parts = message.attachments().take(NAMED).map(describe).collect();
        Self { text: clean(&text), html, parts, ..head }
    }
}

/// The mail with an end to each of its parts: one that has none, as where a mail was cut, would be taken for broken.
fn closed(bytes: &[u8], head: usize) -> Cow<'_, [u8]> {
    const BOUNDARY: &[u8] = b"boundary=";
    let begins = |at: &usize| bytes[*at..].get(..BOUNDARY.len()).is_some_and(|b| b.eq_ignore_ascii_case(BOUNDARY));
    let mut places = (0..bytes.len()).filter(begins).take(BOUNDARIES).peekable();
    if places.peek().is_none_or(|first| *first > head) {
        return Cow::Borrowed(bytes);
    }
    let mut boundaries: Vec<&[u8]> = places
        .map(|at| {
            let rest = &bytes[at + BOUNDARY.len()..];
            let (rest, ends): (&[u8], &[u8]) =
                rest.strip_prefix(b"\"").map_or((rest, b"; \t\r\n"), |quoted| (quoted, b"\"\r\n"));
            &rest[..rest.iter().position(|b| ends.contains(b)).unwrap_or(rest.len())]
        })
        .collect();
    boundaries.reverse();
    let mut whole = bytes.to_vec();
    for boundary in boundaries {
        whole.extend([b"\r\n--", boundary, b"--\r\n"].concat());
    }
    Cow::Owned(whole)
}

/// The text: of the parts that are to be read one after the other the plain ones, else those in HTML.
fn text(message: &Message<'_>) -> (String, bool) {
    let parts = || message.text_body.iter().filter_map(|id| message.part(*id));
    let plain: Vec<String> = parts().filter_map(|part| plain(message, part)).collect();
    if plain.iter().any(|text| !text.trim().is_empty()) {
        return (plain.join("\n\n"), false);
    }
    let html = |part: &MessagePart<'_>| match &part.body {
        PartType::Html(html) => Some(nanohtml2text::html2text(html)),
        PartType::Text(_)
        | PartType::Binary(_)
        | PartType::InlineBinary(_)
        | PartType::Message(_)
        | PartType::Multipart(_) => None,
    };
    let texts: Vec<String> = parts().filter_map(html).collect();
    (texts.join("\n\n"), !texts.is_empty())
}

/// A part's text, where it is plain. What declares no charset, or a wrong one, is read by what it looks like.
fn plain(message: &Message<'_>, part: &MessagePart<'_>) -> Option<String> {
    let PartType::Text(text) = &part.body else { return None };
    let raw = message.raw_message.get(part.raw_body_offset() as usize..part.raw_end_offset() as usize);
    let as_it_is = matches!(part.encoding, mail_parser::Encoding::None);
    if as_it_is && text.contains(char::REPLACEMENT_CHARACTER) {
        return raw.map(guessed);
    }
    Some(text.to_string())
}

/// A part that is not shown.
fn describe(part: &MessagePart<'_>) -> String {
    let kind = part.content_type().map_or_else(
        || "text/plain".to_owned(),
        |kind| kind.subtype().map_or_else(|| kind.ctype().to_owned(), |sub| format!("{}/{sub}", kind.ctype())),
    );
    let text = part.attachment_name().map_or_else(|| kind.clone(), |name| format!("{name} ({kind})"));
    sanitise(&text, NAME)
}

/// Lines that no terminal obeys: controls replaced, what hides or reorders dropped, tabulators made spaces, long silences
/// shortened.
fn clean(text: &str) -> String {
    let mut lines: Vec<String> = Vec::new();
    for line in text.lines() {
        let line = sanitise(&untabbed(line.trim_end()), LINE);
        let line = line.trim_end();
        if line.is_empty() && lines.last().is_none_or(String::is_empty) {
            continue;
        }
        if lines.len() == LINES {
            lines.push("…".to_owned());
            break;
        }
        lines.push(line.to_owned());
    }
    lines.truncate(lines.iter().rposition(|line| !line.is_empty()).map_or(0, |last| last + 1));
    lines.join("\n")
}

fn untabbed(line: &str) -> String {
    let mut out = String::with_capacity(line.len());
    let mut column = 0;
    for c in line.chars() {
        if c == '\t' {
            let blanks = TAB - column % TAB;
            out.extend(std::iter::repeat_n(' ', blanks));
            column += blanks;
        } else {
            out.push(c);
            column += 1;
        }
    }
    out
}

#[cfg(test)]
mod tests;
