//! Modified UTF-7 (RFC 3501 §5.1.3): printable ASCII stands for itself, `&` is `&-`, and anything else is UTF-16 in
//! base64 without padding, with `,` for `/`, between `&` and `-`.

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+,";

/// Writes a name.
#[must_use]
pub fn encode(name: &str) -> String {
    let mut written = String::with_capacity(name.len());
    let mut rest = name;
    while let Some(first) = rest.chars().next() {
        let plain = is_plain(first);
        let end = rest.find(|c| is_plain(c) != plain).unwrap_or(rest.len());
        let (run, after) = rest.split_at(end);
        if plain {
            written.push_str(&run.replace('&', "&-"));
        } else {
            shift(run, &mut written);
        }
        rest = after;
    }
    written
}

/// Reads a name; `None` where this is no modified UTF-7. What could have been written shorter, or otherwise, is read all
/// the same: servers do.
#[must_use]
pub fn decode(written: &str) -> Option<String> {
    if !written.bytes().all(|byte| (0x20..0x7f).contains(&byte)) {
        return None;
    }
    let mut name = String::with_capacity(written.len());
    let mut rest = written;
    while let Some((plain, after)) = rest.split_once('&') {
        let (shifted, after) = after.split_once('-')?;
        name.push_str(plain);
        if shifted.is_empty() {
            name.push('&');
        } else {
            unshift(shifted, &mut name)?;
        }
        rest = after;
    }
    name.push_str(rest);
    Some(name)
}

const fn is_plain(c: char) -> bool {
    matches!(c, ' '..='~')
}

fn shift(run: &str, written: &mut String) {
    written.push('&');
    let (mut bits, mut held) = (0_u32, 0_u32);
    for byte in run.encode_utf16().flat_map(u16::to_be_bytes) {
        (bits, held) = (bits << 8 | u32::from(byte), held + 8);
        while held >= 6 {
            held -= 6;
            written.push(digit(bits >> held));
        }
        bits &= (1 << held) - 1;
    }
    if held > 0 {
        written.push(digit(bits << (6 - held)));
    }
    written.push('-');
}

fn digit(bits: u32) -> char {
    char::from(ALPHABET[(bits & 63) as usize])
}

fn unshift(shifted: &str, name: &mut String) -> Option<()> {
    let (mut bits, mut held) = (0_u32, 0_u32);
    let mut units = Vec::with_capacity(shifted.len() / 2);
    for byte in shifted.bytes() {
        let digit = ALPHABET.iter().position(|known| *known == byte)?;
        (bits, held) = (bits << 6 | u32::try_from(digit).ok()?, held + 6);
        if held >= 16 {
            held -= 16;
            units.push(u16::try_from(bits >> held & 0xffff).ok()?);
        }
        bits &= (1 << held) - 1;
    }
    // What is left over is less than a digit, or half a unit.
    if held >= 6 || units.is_empty() {
        return None;
    }
    name.extend(char::decode_utf16(units).collect::<Result<Vec<char>, _>>().ok()?);
    Some(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_are_written_as_the_rfc_writes_them() {
        for (name, written) in [
            ("INBOX", "INBOX"),
            ("R&D", "R&-D"),
            ("Entw\u{fc}rfe", "Entw&APw-rfe"),
            ("\u{664e}\u{6558}/\u{53f0}\u{5317}", "&Zk5lWA-/&U,BTFw-"),
            ("~peter/mail/\u{53f0}\u{5317}/\u{65e5}\u{672c}\u{8a9e}", "~peter/mail/&U,BTFw-/&ZeVnLIqe-"),
            ("\u{1f600}", "&2D3eAA-"),
            ("", ""),
        ] {
            assert_eq!(encode(name), written);
            assert_eq!(decode(written).as_deref(), Some(name));
        }
    }

    #[test]
    fn what_servers_write_otherwise_is_read_and_what_is_none_is_not() {
        // Yandex: an `&` within base64.
        assert_eq!(decode("&BBAEMQQyACYEMwQ0BDU-").as_deref(), Some("\u{410}\u{431}\u{432}&\u{433}\u{434}\u{435}"));
        assert_eq!(decode("&AGE-").as_deref(), Some("a"));
        // Not closed, no base64, half a unit, half a pair, eight bits.
        for written in ["a&b", "R&D", "&!!-", "&AA-", "&2D0-", "&A-", "\u{fc}", "a\u{1b}b"] {
            assert_eq!(decode(written), None, "{written}");
        }
    }

    proptest! {
        #[test]
        fn any_name_comes_back_from_printable_ascii(name in any::<String>()) {
            let written = encode(&name);
            prop_assert!(written.bytes().all(|byte| (0x20..0x7f).contains(&byte)));
            prop_assert_eq!(decode(&written), Some(name));
        }

        #[test]
        fn whatever_is_written_is_read_without_a_panic(written in "[&A-Za-z0-9+,/-]{0,40}") {
            if let Some(name) = decode(&written) {
                prop_assert_eq!(decode(&encode(&name)), Some(name));
            }
        }
    }
}
