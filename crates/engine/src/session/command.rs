//! How a command's strings are written: quoted where that is enough, as a literal where it is not (RFC 3501 §4.3).

use secrecy::{ExposeSecret, SecretString};
use zeroize::Zeroizing;

/// A string within quotes, or `None` where only a literal can carry it: controls and 8-bit characters.
#[must_use]
pub fn quoted(text: &str) -> Option<Zeroizing<String>> {
    if !text.bytes().all(|b| (0x20..0x7f).contains(&b)) {
        return None;
    }
    // Made at its full size at once, so that no half-grown copy of a password is left in freed memory.
    let mut out = Zeroizing::new(String::with_capacity(text.len() * 2 + 2));
    out.push('"');
    for c in text.chars() {
        if matches!(c, '"' | '\\') {
            out.push('\\');
        }
        out.push(c);
    }
    out.push('"');
    Some(out)
}

/// SASL PLAIN's initial response in base64 (RFC 4616): no authorization identity, user, password.
pub(super) fn sasl_plain(user: &str, password: &SecretString) -> Zeroizing<Vec<u8>> {
    let password = password.expose_secret();
    let mut plain = Zeroizing::new(Vec::with_capacity(user.len() + password.len() + 2));
    plain.push(0);
    plain.extend_from_slice(user.as_bytes());
    plain.push(0);
    plain.extend_from_slice(password.as_bytes());
    in_base64(&plain)
}

/// XOAUTH2's initial response in base64
/// (<https://developers.google.com/workspace/gmail/imap/xoauth2-protocol#the_sasl_xoauth2_mechanism>).
pub(super) fn sasl_xoauth2(user: &str, token: &SecretString) -> Zeroizing<Vec<u8>> {
    let token = token.expose_secret();
    let mut plain = Zeroizing::new(Vec::with_capacity(user.len() + token.len() + 32));
    for part in ["user=", user, "\x01auth=Bearer ", token, "\x01\x01"] {
        plain.extend_from_slice(part.as_bytes());
    }
    in_base64(&plain)
}

/// OAUTHBEARER's initial response in base64 (RFC 7628 §3.1): a GS2 header with the user (RFC 5801 §4: `,` and `=`
/// escaped), then host, port and token.
pub(super) fn sasl_oauthbearer(user: &str, token: &SecretString, host: &str, port: u16) -> Zeroizing<Vec<u8>> {
    let token = token.expose_secret();
    let (user, port) = (user.replace('=', "=3D").replace(',', "=2C"), port.to_string());
    let mut plain = Zeroizing::new(Vec::with_capacity(user.len() + token.len() + host.len() + 64));
    for part in ["n,a=", &user, ",\x01host=", host, "\x01port=", &port, "\x01auth=Bearer ", token, "\x01\x01"] {
        plain.extend_from_slice(part.as_bytes());
    }
    in_base64(&plain)
}

fn in_base64(plain: &[u8]) -> Zeroizing<Vec<u8>> {
    use base64::Engine as _;
    let mut encoded = Zeroizing::new(vec![0; plain.len().div_ceil(3) * 4]);
    let written = base64::engine::general_purpose::STANDARD.encode_slice(plain, &mut encoded);
    // The buffer has base64's exact size.
    encoded.truncate(written.unwrap_or(0));
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_and_backslashes_are_escaped_and_other_letters_need_a_literal() {
        assert_eq!(quoted(r#"a"b\c"#).as_deref().map(String::as_str), Some(r#""a\"b\\c""#));
        assert_eq!(quoted("").as_deref().map(String::as_str), Some("\"\""));
        for text in ["ü", "a\r\nb", "\u{7f}", "\0"] {
            assert_eq!(quoted(text), None, "{text:?}");
        }
    }

    #[test]
    fn plain_is_what_rfc_4616_shows() {
        let encoded = sasl_plain("tim", &SecretString::from("tanstaaftanstaaf"));
        assert_eq!(encoded.as_slice(), b"AHRpbQB0YW5zdGFhZnRhbnN0YWFm");
    }

    #[test]
    fn bearer_is_what_rfc_7628_and_google_show() {
        let token = SecretString::from("vF9dft4qmTc2Nvb3RlckBhdHRhdmlzdGEuY29tCg==");
        // RFC 7628 §4.1.
        let encoded = sasl_oauthbearer("user@example.com", &token, "server.example.com", 143);
        let shown = "bixhPXVzZXJAZXhhbXBsZS5jb20sAWhvc3Q9c2VydmVyLmV4YW1wbGUuY29tAXBvcnQ9MTQzAWF1dGg9QmVhcmVyI\
                     HZGOWRmdDRxbVRjMk52YjNSbGNrQmhkSFJoZG1semRHRXVZMjl0Q2c9PQEB";
        assert_eq!(encoded.as_slice(), shown.as_bytes());
        let encoded =
            sasl_xoauth2("someuser@example.com", &SecretString::from("ya29.vF9dft4qmTc2Nvb3RlckBhdHRhdmlzdGEuY29tCg"));
        let shown = "dXNlcj1zb21ldXNlckBleGFtcGxlLmNvbQFhdXRoPUJlYXJlciB5YTI5LnZGOWRmdDRxbVRjMk52YjNSbGNrQmhkSFJoZG1semRHRXVZMjl0Q2cBAQ==";
        assert_eq!(encoded.as_slice(), shown.as_bytes());
    }
}
