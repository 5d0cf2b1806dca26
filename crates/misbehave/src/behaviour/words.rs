//! A line of a behaviour as words: bare, quoted, or `key="quoted"`; `;` and `->` stand by themselves.

/// Splits a line. Within quotes `\r`, `\n`, `\t`, `\0`, `\xNN`, `\"` and `\\` are what they are in Rust; before any other
/// character a backslash stays.
///
/// # Errors
/// Where a quote is not closed or a `\x` has no two digits.
pub(crate) fn split(line: &str) -> Result<Vec<Vec<u8>>, String> {
    let mut words = Vec::new();
    let mut word: Option<Vec<u8>> = None;
    let mut bytes = line.bytes();
    while let Some(b) = bytes.next() {
        match b {
            b' ' | b'\t' => words.extend(word.take()),
            b'#' if word.is_none() => break,
            b';' => {
                words.extend(word.take());
                words.push(b";".to_vec());
            }
            b'"' => quoted(&mut bytes, word.get_or_insert_default())?,
            b => word.get_or_insert_default().push(b),
        }
    }
    words.extend(word);
    Ok(words)
}

fn quoted(bytes: &mut impl Iterator<Item = u8>, into: &mut Vec<u8>) -> Result<(), String> {
    loop {
        match bytes.next().ok_or("a quote is not closed")? {
            b'"' => return Ok(()),
            b'\\' => match bytes.next().ok_or("a quote is not closed")? {
                b'r' => into.push(b'\r'),
                b'n' => into.push(b'\n'),
                b't' => into.push(b'\t'),
                b'0' => into.push(0),
                b'"' => into.push(b'"'),
                b'\\' => into.push(b'\\'),
                b'x' => {
                    let digits = [bytes.next(), bytes.next()].map(|b| b.and_then(|b| char::from(b).to_digit(16)));
                    let [Some(high), Some(low)] = digits else { return Err("\\x takes two digits".to_owned()) };
                    into.push(u8::try_from(high * 16 + low).unwrap_or_default());
                }
                other => into.extend([b'\\', other]),
            },
            b => into.push(b),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_bare_quoted_or_both() {
        let words = split(r#"on FETCH args="a \"b\" \Seen \xff" -> no "x; y"; close fin # why"#).expect("words");
        let expected: [&[u8]; 9] =
            [b"on", b"FETCH", b"args=a \"b\" \\Seen \xff", b"->", b"no", b"x; y", b";", b"close", b"fin"];
        assert_eq!(words, expected);
    }

    #[test]
    fn what_is_not_closed_is_refused() {
        for line in ["say \"x", "say \"x\\", "say \"\\xf\""] {
            assert!(split(line).is_err(), "{line}");
        }
    }
}
