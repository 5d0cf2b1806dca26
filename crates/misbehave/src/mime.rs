//! What FETCH and SEARCH need of a mail's bytes: headers, text, ENVELOPE and BODYSTRUCTURE.

use crate::mailboxes::astring;

/// A mail's header, its blank line included, and its text.
pub(crate) fn split(raw: &[u8]) -> (&[u8], &[u8]) {
    let mut start = 0;
    while let Some(length) = raw[start..].iter().position(|&b| b == b'\n') {
        let line = &raw[start..start + length];
        start += length + 1;
        if line.is_empty() || line == b"\r" {
            return raw.split_at(start);
        }
    }
    (raw, &[])
}

/// Header fields with their folded lines: name and the whole with its line ends.
pub(crate) fn fields(header: &[u8]) -> Vec<(&[u8], &[u8])> {
    let mut fields = Vec::new();
    let mut start = 0;
    while start < header.len() {
        let mut end = start;
        loop {
            end = header[end..].iter().position(|&b| b == b'\n').map_or(header.len(), |length| end + length + 1);
            if !header.get(end).is_some_and(|b| b" \t".contains(b)) {
                break;
            }
        }
        let field = &header[start..end];
        if let Some(colon) = field.iter().position(|&b| b == b':') {
            fields.push((field[..colon].trim_ascii_end(), field));
        }
        start = end;
    }
    fields
}

/// A field's text, unfolded.
pub(crate) fn value(header: &[u8], name: &str) -> Option<Vec<u8>> {
    let (name, field) = fields(header).into_iter().find(|(found, _)| found.eq_ignore_ascii_case(name.as_bytes()))?;
    let colon = field[name.len()..].iter().position(|&b| b == b':')? + name.len();
    let text: Vec<u8> = field[colon + 1..].iter().copied().filter(|b| !b"\r\n".contains(b)).collect();
    Some(text.trim_ascii().to_vec())
}

fn nstring(text: Option<&[u8]>) -> Vec<u8> {
    text.map_or_else(|| b"NIL".to_vec(), astring)
}

/// ENVELOPE (RFC 3501 §7.4.2). Sender and Reply-To are From where they are missing.
pub(crate) fn envelope(header: &[u8]) -> Vec<u8> {
    let from = value(header, "From");
    let or_from = |name: &str| value(header, name).or_else(|| from.clone());
    let parts = [
        nstring(value(header, "Date").as_deref()),
        nstring(value(header, "Subject").as_deref()),
        addresses(from.as_deref()),
        addresses(or_from("Sender").as_deref()),
        addresses(or_from("Reply-To").as_deref()),
        addresses(value(header, "To").as_deref()),
        addresses(value(header, "Cc").as_deref()),
        addresses(value(header, "Bcc").as_deref()),
        nstring(value(header, "In-Reply-To").as_deref()),
        nstring(value(header, "Message-ID").as_deref()),
    ];
    [b"(".as_slice(), &parts.join(&b' '), b")"].concat()
}

fn addresses(list: Option<&[u8]>) -> Vec<u8> {
    let all: Vec<u8> = list.into_iter().flat_map(commas).flat_map(|one| address(&one)).collect();
    if all.is_empty() { b"NIL".to_vec() } else { [b"(".as_slice(), &all, b")"].concat() }
}

/// Cuts at commas outside quotes.
fn commas(list: &[u8]) -> Vec<Vec<u8>> {
    let mut parts = vec![Vec::new()];
    let (mut quoted, mut escaped) = (false, false);
    for &b in list {
        match b {
            b',' if !quoted => {
                parts.push(Vec::new());
                continue;
            }
            b'"' if !escaped => quoted = !quoted,
            _ => {}
        }
        escaped = b == b'\\' && !escaped;
        if let Some(last) = parts.last_mut() {
            last.push(b);
        }
    }
    parts
}

/// One address as `(name NIL mailbox host)`.
fn address(text: &[u8]) -> Vec<u8> {
    let text = text.trim_ascii();
    if text.is_empty() {
        return Vec::new();
    }
    let open = text.iter().rposition(|&b| b == b'<');
    let (name, address) = match open {
        Some(open) => (text[..open].trim_ascii(), text[open + 1..].strip_suffix(b">").unwrap_or(&text[open + 1..])),
        None => (&[][..], text),
    };
    let name = match name.strip_prefix(b"\"").and_then(|name| name.strip_suffix(b"\"")) {
        Some(quoted) => unescaped(quoted),
        None => name.to_vec(),
    };
    let name = (!name.is_empty()).then_some(name);
    let at = address.iter().rposition(|&b| b == b'@');
    let (mailbox, host) = at.map_or((address, &[][..]), |at| (&address[..at], &address[at + 1..]));
    let parts = [nstring(name.as_deref()), b"NIL".to_vec(), astring(mailbox), astring(host)];
    [b"(".as_slice(), &parts.join(&b' '), b")"].concat()
}

fn unescaped(text: &[u8]) -> Vec<u8> {
    let mut escaped = false;
    let keep = |&b: &u8| {
        escaped = b == b'\\' && !escaped;
        !escaped
    };
    text.iter().copied().filter(keep).collect()
}

/// BODYSTRUCTURE of a mail as one part, whatever it holds: with its type, unless that is one of several parts, which
/// would need a structure of their own.
pub(crate) fn structure(raw: &[u8]) -> Vec<u8> {
    let (header, text) = split(raw);
    let content = value(header, "Content-Type").unwrap_or_default();
    let content = String::from_utf8_lossy(&content).into_owned();
    let mut parameters = content.split(';').map(str::trim);
    let (kind, sub) = parameters.next().and_then(|kind| kind.split_once('/')).unwrap_or(("text", "plain"));
    let whole = ["multipart", "message"].iter().any(|several| kind.eq_ignore_ascii_case(several));
    let (kind, sub) = if whole { ("application", "octet-stream") } else { (kind, sub) };
    let pairs: Vec<Vec<u8>> = parameters
        .filter_map(|pair| pair.split_once('='))
        .flat_map(|(name, value)| [astring(name.as_bytes()), astring(value.trim_matches('"').as_bytes())])
        .collect();
    let parameters = if pairs.is_empty() { b"NIL".to_vec() } else { [b"(", &pairs.join(&b' ')[..], b")"].concat() };
    let encoding = value(header, "Content-Transfer-Encoding").unwrap_or_else(|| b"7BIT".to_vec());
    let mut parts = vec![
        astring(kind.as_bytes()),
        astring(sub.as_bytes()),
        parameters,
        b"NIL NIL".to_vec(),
        astring(&encoding),
        text.len().to_string().into_bytes(),
    ];
    if kind.eq_ignore_ascii_case("text") {
        parts.push(text.split(|&b| b == b'\n').skip(1).count().to_string().into_bytes());
    }
    [b"(", &parts.join(&b' ')[..], b")"].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAIL: &[u8] =
        b"From: \"Lee, \\\"Ann\\\"\" <ann@example.org>, bob@example.net\r\nSubject: a\r\n b\r\nTo: x@y\r\n\
        Content-Type: text/plain; charset=\"utf-8\"\r\n\r\nHi\r\n";

    #[test]
    fn a_header_ends_with_its_blank_line() {
        assert_eq!(split(b"A: b\r\n\r\nc"), (b"A: b\r\n\r\n".as_slice(), b"c".as_slice()));
        assert_eq!(split(b"\r\nc"), (b"\r\n".as_slice(), b"c".as_slice()));
        assert_eq!(split(b"no end"), (b"no end".as_slice(), b"".as_slice()));
    }

    #[test]
    fn a_folded_field_is_one_value() {
        assert_eq!(value(split(MAIL).0, "SUBJECT").as_deref(), Some(b"a b".as_slice()));
        assert_eq!(value(split(MAIL).0, "Cc"), None);
    }

    #[test]
    fn an_envelope_has_its_ten_parts() {
        let from = r#"(("Lee, \"Ann\"" NIL "ann" "example.org")(NIL NIL "bob" "example.net"))"#;
        let expected = format!(r#"(NIL "a b" {from} {from} {from} ((NIL NIL "x" "y")) NIL NIL NIL NIL)"#);
        assert_eq!(String::from_utf8_lossy(&envelope(split(MAIL).0)), expected);
    }

    #[test]
    fn a_structure_tells_type_size_and_lines() {
        let expected = r#"("text" "plain" ("charset" "utf-8") NIL NIL "7BIT" 4 1)"#;
        assert_eq!(String::from_utf8_lossy(&structure(MAIL)), expected);
    }
}
