//! A header's fields as they came: split and unfolded, their bytes made text.

use super::charset;

/// The value of the first field of a name, unfolded; `None` where there is no such field. A header that was cut in the
/// middle of the field gives what is there.
pub(super) fn field(header: &[u8], name: &str) -> Option<String> {
    let mut lines = header.split(|byte| *byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    let mut value: Vec<u8> = loop {
        let line = lines.next()?;
        if line.is_empty() {
            return None;
        }
        let colon = line.iter().position(|byte| *byte == b':');
        if let Some(colon) = colon
            && line[..colon].trim_ascii_end().eq_ignore_ascii_case(name.as_bytes())
        {
            break line[colon + 1..].to_vec();
        }
    };
    for line in lines.take_while(|line| matches!(line.first(), Some(b' ' | b'\t'))) {
        // Unfolding takes the line end alone away (RFC 5322 §2.2.3).
        value.extend_from_slice(line);
    }
    Some(charset::guessed(value.trim_ascii()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_found_unfolded_and_ends_with_the_header() {
        let header = b"Received: x\r\n\tFrom: no\r\nFROM : Ann\r\n Lee\r\nSubject: a\n b\r\nSubject: second\r\n\r\nDate: body\r\n";
        assert_eq!(field(header, "From").as_deref(), Some("Ann Lee"));
        assert_eq!(field(header, "subject").as_deref(), Some("a b"));
        assert_eq!(field(header, "Date"), None);
        assert_eq!(field(b"", "From"), None);
        assert_eq!(field(b"Subject: cut in the mid", "Subject").as_deref(), Some("cut in the mid"));
        assert_eq!(field(b"Subject:", "Subject").as_deref(), Some(""));
    }
}
