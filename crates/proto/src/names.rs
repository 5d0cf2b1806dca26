//! Mailbox names on the wire: modified UTF-7 (RFC 3501 §5.1.3), or UTF-8 as it is once UTF8=ACCEPT is enabled (RFC 6855).
//!
//! What a server names is a stranger's text: nothing here panics over it, and a name that cannot be written back as it
//! came is none.

use base64::Engine as _;
use base64::alphabet::IMAP_MUTF7;
use base64::engine::{GeneralPurpose, GeneralPurposeConfig};

use crate::model::sanitise;

/// Base64 without padding and with `,` for `/`. Bits left over are let pass: writing the name again finds them.
const MUTF7: GeneralPurpose = GeneralPurpose::new(
    &IMAP_MUTF7,
    GeneralPurposeConfig::new()
        .with_encode_padding(false)
        .with_decode_padding_mode(base64::engine::DecodePaddingMode::RequireNone)
        .with_decode_allow_trailing_bits(true),
);

/// The longest name that a server may give, in characters. A log would cut a longer one.
const LONGEST: usize = 500;

/// A mailbox's name as a command carries it, quoted.
#[must_use]
pub fn wire_name(mailbox: &str, utf8: bool) -> String {
    if utf8 {
        // RFC 6855 §3 allows UTF-8 within quotes. A control cannot go there, and no checked name has one.
        let plain: String = mailbox.chars().filter(|c| !c.is_control()).collect();
        return format!("\"{}\"", plain.replace('\\', "\\\\").replace('"', "\\\""));
    }
    // Modified UTF-7 is printable ASCII, so quotes always do.
    let encoded = utf7_imap::encode_utf7_imap(mailbox.to_owned());
    format!("\"{}\"", encoded.replace('\\', "\\\\").replace('"', "\\\""))
}

/// The name that a server wrote, as a person does. `None` where no command of ours could name that mailbox again, or
/// where it holds what may not reach a terminal.
#[must_use]
pub fn read_name(written: &str, utf8: bool) -> Option<String> {
    if written.eq_ignore_ascii_case("INBOX") {
        return Some("INBOX".to_owned());
    }
    let name = if utf8 { written.to_owned() } else { decode(written)? };
    let back = utf8 || utf7_imap::encode_utf7_imap(name.clone()) == written;
    (!name.is_empty() && back && sanitise(&name, LONGEST) == name).then_some(name)
}

fn decode(written: &str) -> Option<String> {
    let mut name = String::with_capacity(written.len());
    let mut rest = written;
    while let Some((plain, after)) = rest.split_once('&') {
        let (shifted, after) = after.split_once('-')?;
        name.push_str(plain);
        if shifted.is_empty() {
            name.push('&');
        } else {
            let bytes = MUTF7.decode(shifted).ok()?;
            let (units, []) = bytes.as_chunks::<2>() else { return None };
            let units = units.iter().map(|unit| u16::from_be_bytes(*unit));
            name.extend(char::decode_utf16(units).collect::<Result<Vec<char>, _>>().ok()?);
        }
        rest = after;
    }
    name.push_str(rest);
    Some(name)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_mailbox_name_cannot_leave_its_quotes() {
        assert_eq!(wire_name("INBOX", false), "\"INBOX\"");
        assert_eq!(wire_name("a\"b\\c", false), "\"a\\\"b\\\\c\"");
        assert_eq!(wire_name("Entwürfe", false), "\"Entw&APw-rfe\"");
        assert_eq!(wire_name("R&D", false), "\"R&-D\"");
        assert!(!wire_name("x\r\nA1 LOGOUT", false).contains('\r'));
        assert_eq!(wire_name("a\"Entwürfe & mehr", true), "\"a\\\"Entwürfe & mehr\"");
        assert!(!wire_name("x\r\nA1 LOGOUT", true).contains('\r'));
    }

    #[test]
    fn a_server_s_name_is_read_as_a_person_writes_it() {
        for (written, name) in [
            ("Entw&APw-rfe", "Entwürfe"),
            ("inbox", "INBOX"),
            ("R&-D", "R&D"),
            ("&Zk5lWA-/&U,BTFw-", "晎敘/台北"),
            ("~peter/mail/&U,BTFw-/&ZeVnLIqe-", "~peter/mail/台北/日本語"),
        ] {
            assert_eq!(read_name(written, false).as_deref(), Some(name));
        }
        assert_eq!(read_name("Entwürfe & mehr", true).as_deref(), Some("Entwürfe & mehr"));
    }

    #[test]
    fn a_name_that_could_not_be_written_back_or_shown_is_none() {
        // Not closed, no base64, half a unit, half a pair, ASCII in base64, an escape, raw UTF-8 that was not agreed on.
        for written in ["a&b", "&!!-", "&AA-", "&2D0-", "&AGE-", "&ABs-[2J", "ü", ""] {
            assert_eq!(read_name(written, false), None, "{written}");
        }
        assert_eq!(read_name("a\u{202e}b", true), None);
    }

    proptest! {
        #[test]
        fn whatever_a_server_writes_is_read_without_a_panic(written in ".{0,40}", utf8: bool) {
            if let Some(name) = read_name(&written, utf8) {
                prop_assert_eq!(read_name(&name, true), Some(name));
            }
        }

        #[test]
        fn a_name_that_goes_out_comes_back(name in "[a-zA-Z0-9 &/äöüß日本語😀~%*-]{1,30}") {
            let written = utf7_imap::encode_utf7_imap(name.clone());
            prop_assume!(!name.eq_ignore_ascii_case("inbox"));
            prop_assert_eq!(read_name(&written, false), Some(name));
        }
    }
}
