//! Encoded words (RFC 2047), read as mail programs write them and not only as the RFC allows.
//!
//! Base64 may lack its padding; a character may be split between two words that follow each other; a word may hold
//! spaces, stand inside quotes, or touch its neighbours; a language may follow the charset (RFC 2231 §5).

use std::borrow::Cow;

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use super::charset;

/// Takes what is there: with padding or without, with bits left over.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// One encoded word: its charset and its bytes.
struct Word<'a> {
    charset: &'a str,
    bytes: Vec<u8>,
}

impl Word<'_> {
    /// Whether a character of this word may go on in the next. Charsets with escape sequences begin anew in each word.
    fn goes_on_in(&self, next: &Self) -> bool {
        let charset = self.charset.to_ascii_lowercase();
        let escapes = ["iso-2022", "csiso2022", "utf-7", "hz"].iter().any(|name| charset.starts_with(name));
        !escapes && next.charset.eq_ignore_ascii_case(&charset)
    }
}

/// A field's value as text: its encoded words decoded, everything else as it is.
pub(super) fn decode(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    let mut rest = value;
    let mut run: Option<Word<'_>> = None;
    while !rest.is_empty() {
        let start = rest.find("=?").unwrap_or(rest.len());
        let Some((word, after)) = word(&rest[start..]) else {
            // `=?` that begins no word, or none at all.
            flush(&mut out, run.take());
            let end = (start + 2).min(rest.len());
            out.push_str(&rest[..end]);
            rest = &rest[end..];
            continue;
        };
        let between = &rest[..start];
        rest = after;
        // White space between two words is none (RFC 2047 §6.2).
        let adjacent = run.is_some() && between.chars().all(char::is_whitespace);
        match &mut run {
            Some(last) if adjacent && last.goes_on_in(&word) => {
                last.bytes.extend_from_slice(&word.bytes);
            }
            Some(_) | None => {
                flush(&mut out, run.take());
                if !adjacent {
                    out.push_str(between);
                }
                run = Some(word);
            }
        }
    }
    flush(&mut out, run);
    out
}

fn flush(out: &mut String, word: Option<Word<'_>>) {
    if let Some(word) = word {
        out.push_str(&charset::declared(word.charset, &word.bytes));
    }
}

/// The encoded word that the text begins with, and what follows it.
fn word(text: &str) -> Option<(Word<'_>, &str)> {
    let (charset, rest) = text.strip_prefix("=?")?.split_once('?')?;
    let charset = charset.split_once('*').map_or(charset, |(charset, _language)| charset);
    // No charset's name is longer, and a longer one is no encoded word.
    if charset.is_empty() || charset.len() > 45 || !charset.bytes().all(|byte| byte.is_ascii_graphic()) {
        return None;
    }
    let (encoding, rest) = rest.split_once('?')?;
    let (encoded, after) = rest.split_once("?=")?;
    let bytes = match encoding {
        "B" | "b" => base64(encoded)?,
        // `=?` ends no Q text early: `?=41` is a question mark and an escape only where it was written so.
        "Q" | "q" => quoted(encoded),
        _ => return None,
    };
    Some((Word { charset, bytes }, after))
}

fn base64(encoded: &str) -> Option<Vec<u8>> {
    // Padding in the middle: two words' worth in one, as some programs fold them.
    let mut bytes = Vec::with_capacity(encoded.len());
    for part in encoded.split_inclusive('=') {
        let part: Cow<'_, str> = part.chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '/')).collect();
        // Six bits are no byte: a last character alone says nothing.
        let whole = if part.len() % 4 == 1 { &part[..part.len() - 1] } else { &part };
        bytes.extend(LENIENT.decode(whole).ok()?);
    }
    Some(bytes)
}

fn quoted(encoded: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(encoded.len());
    let mut rest = encoded.as_bytes();
    while let [first, after @ ..] = rest {
        rest = after;
        match (first, after) {
            (b'=', [high, low, left @ ..]) => {
                let digit = |byte: &u8| char::from(*byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
                match (digit(high), digit(low)) {
                    (Some(high), Some(low)) => {
                        bytes.push(high << 4 | low);
                        rest = left;
                    }
                    _ => bytes.push(b'='),
                }
            }
            (b'_', _) => bytes.push(b' '),
            (byte, _) => bytes.push(*byte),
        }
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn words_are_read_as_they_are_written() {
        let cases = [
            ("plain =? text ?= here", "plain =? text ?= here"),
            ("=?utf-8?B?QmVzdGVsbGJlc3TDpHRpZ3VuZyBOci4gNDcxMQ?=", "Bestellbestätigung Nr. 4711"),
            ("=?utf-8?Q?Caf=C3?= =?utf-8?Q?=A9_au_lait?=", "Café au lait"),
            ("=?UTF-8?B?w4Q=?==?utf-8?q?_=C3=96?=", "Ä Ö"),
            ("=?utf-8?B?4pg=?=\r\n\t=?UTF-8?B?hQ==?=", "★"),
            ("=?iso-8859-1?Q?a?= b =?iso-8859-1?Q?=E9?=", "a b é"),
            ("=?iso-8859-1*fr?Q?=E9t=E9?=", "été"),
            ("=?iso-2022-jp?B?GyRCJE8bKEI=?= =?iso-2022-jp?B?GyRCJE8bKEI=?=", "はは"),
            ("=?utf-8?Q?with space?= after", "with space after"),
            ("=?utf-8?Q?a=ZZ=4?=", "a=ZZ=4"),
            ("=?utf-8?B?w4Q=w4Q=?=", "ÄÄ"),
            ("=?utf-8?X?abc?=", "=?utf-8?X?abc?="),
            ("=?utf-8?Q?never ended", "=?utf-8?Q?never ended"),
            ("=?=?utf-8?Q?a?=", "=?a"),
        ];
        for (value, text) in cases {
            assert_eq!(decode(value), text, "{value}");
        }
    }

    proptest! {
        #[test]
        fn whatever_is_split_into_words_comes_out_whole(text in "\\PC{1,40}", cuts in prop::collection::vec(1usize..9, 1..40)) {
            let mut left = text.as_bytes();
            let mut words = Vec::new();
            for (index, cut) in cuts.iter().cycle().enumerate() {
                if left.is_empty() { break }
                let (part, after) = left.split_at((*cut).min(left.len()));
                left = after;
                words.push(if index % 2 == 0 {
                    format!("=?utf-8?B?{}?=", base64::prelude::BASE64_STANDARD_NO_PAD.encode(part))
                } else {
                    let escaped = part.iter().fold(String::new(), |text, byte| format!("{text}={byte:02X}"));
                    format!("=?UTF-8?q?{escaped}?=")
                });
            }
            prop_assert_eq!(decode(&words.join("\r\n ")), text);
        }

        #[test]
        fn nothing_makes_it_panic_or_grow(value in "(=\\?|\\?=|\\?|utf-8|[BQ]|[a-z=_ ]){0,60}") {
            prop_assert!(decode(&value).len() <= value.len() * 3);
        }
    }
}
