//! Bytes of a header into text: by the charset that is declared, else by what the bytes look like.

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use mail_parser::decoders::charsets::map::charset_decoder;

/// Bytes of a declared charset. Where the charset is not known, the bytes decide.
pub(super) fn declared(charset: &str, bytes: &[u8]) -> String {
    match charset.to_ascii_lowercase().as_str() {
        "utf-8" | "utf8" => String::from_utf8_lossy(bytes).into_owned(),
        // 8-bit bytes are none of ASCII: the declaration is worth nothing (RFC 1428 §3).
        "us-ascii" | "ascii" | "ansi_x3.4-1968" | "unknown-8bit" | "x-unknown" | "" => guessed(bytes),
        name => charset_decoder(name.as_bytes()).map_or_else(|| guessed(bytes), |decode| decode(bytes)),
    }
}

/// Bytes of which nothing is declared: UTF-8 where they are that (RFC 6532), else what they look like.
pub(crate) fn guessed(bytes: &[u8]) -> String {
    if let Ok(text) = std::str::from_utf8(bytes)
        && !text.contains('\u{1b}')
    {
        return text.to_owned();
    }
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Allow);
    detector.feed(bytes, true);
    // Without a top-level domain: a hint of one makes short texts worse. What it cannot tell is windows-1252.
    let encoding = detector.guess(None, Utf8Detection::Allow);
    let (text, _, _) = encoding.decode(bytes);
    text.into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn raw_bytes_are_read_by_what_they_look_like() {
        let cases: [(&[u8], &str); 6] = [
            (b"plain", "plain"),
            ("Grüße aus 東京".as_bytes(), "Grüße aus 東京"),
            (b"Gr\xfc\xdfe aus M\xfcnchen", "Grüße aus München"),
            (b"\xc4\xe3\xba\xc3\xa3\xac\xca\xc0\xbd\xe7", "你好，世界"),
            (b"\xf0\xd2\xc9\xd7\xc5\xd4, \xcd\xc9\xd2", "Привет, мир"),
            (b"\x1b$B%O%m!<!&%o!<%k%I\x1b(B", "ハロー・ワールド"),
        ];
        for (bytes, text) in cases {
            assert_eq!(guessed(bytes), text);
        }
    }

    #[test]
    fn a_charset_that_is_no_charset_is_none_declared() {
        for name in ["us-ascii", "unknown-8bit", "x-user-defined-nonsense", ""] {
            assert_eq!(declared(name, b"M\xfcnchen am Main, sch\xf6n"), "München am Main, schön", "{name}");
        }
        assert_eq!(declared("ISO-8859-1", b"Caf\xe9"), "Café");
        assert_eq!(declared("gb2312", b"\xc4\xe3\xba\xc3"), "你好");
        assert_eq!(declared("utf-7", b"+ZYeB9FH6ckh5Pg-"), "文致出版社");
        assert_eq!(declared("utf-8", b"a\xffb"), "a\u{fffd}b");
    }
}
