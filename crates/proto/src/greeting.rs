//! Greetings of servers that speak something else than IMAP.

/// How a server speaks that is none of IMAP, known by its first bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Speech {
    Pop3,
    Smtp,
    Http,
    Ssh,
    Tls,
}

impl Speech {
    fn of(first: &[u8]) -> Option<Self> {
        let begins =
            |with: &str| first.get(..with.len()).is_some_and(|part| part.eq_ignore_ascii_case(with.as_bytes()));
        if begins("+OK") || begins("-ERR") {
            Some(Self::Pop3)
        } else if begins("220 ") || begins("220-") || begins("421 ") || begins("554 ") {
            Some(Self::Smtp)
        } else if begins("HTTP/") || begins("<!DOCTYPE") || begins("<html") {
            Some(Self::Http)
        } else if begins("SSH-") {
            Some(Self::Ssh)
        } else if is_tls(first) {
            Some(Self::Tls)
        } else {
            None
        }
    }

    const fn sentence(self) -> &'static str {
        match self {
            Self::Pop3 => "speaks POP3, not IMAP: check port (IMAP has 993, or 143 with starttls)",
            Self::Smtp => "speaks SMTP, not IMAP: check host and port (IMAP has 993, or 143 with starttls)",
            Self::Http => {
                "speaks HTTP, not IMAP: check host and port, or sign in to this network, whose portal may have answered"
            }
            Self::Ssh => "speaks SSH, not IMAP: check port (IMAP has 993, or 143 with starttls)",
            Self::Tls => TLS,
        }
    }
}

/// What to say of a server that begins with a record of TLS, after its name.
pub const TLS: &str = "speaks TLS from the first byte: use tls = \"implicit\" for this port";

/// Whether a stream that begins so is TLS: a record's type and its version (RFC 8446 §5.1). No line's end follows.
#[must_use]
pub const fn is_tls(first: &[u8]) -> bool {
    matches!(first, [0x14..=0x17, 3, 0..=4, ..])
}

/// What to say of a server that begins so, after its name, where it is known: `speaks POP3, …`. `first` may be the line as
/// it is shown, its control characters replaced.
#[must_use]
pub fn foreign(first: &[u8]) -> Option<&'static str> {
    Speech::of(first).map(Speech::sentence)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_speaks_something_else_is_named() {
        let cases: [(&[u8], &str); 9] = [
            (b"+OK POP3 ready", "POP3"),
            (b"-ERR [SYS/TEMP] busy", "POP3"),
            (b"220 mx.example.org ESMTP Postfix", "SMTP"),
            (b"220-hello", "SMTP"),
            (b"HTTP/1.1 400 Bad Request", "HTTP"),
            (b"<html><head>", "HTTP"),
            (b"SSH-2.0-OpenSSH_9.2", "SSH"),
            (b"\x15\x03\x01\x00\x02\x02\x46", "implicit"),
            (b"\x16\x03\x03\x00\x7a\x02", "implicit"),
        ];
        for (first, named) in cases {
            assert!(foreign(first).is_some_and(|told| told.contains(named)), "{named}");
        }
    }

    #[test]
    fn anything_else_may_still_become_imap() {
        for first in [&b""[..], b"* OK ready", b"hello", b"\x00\x01", b"22"] {
            assert_eq!(foreign(first), None);
        }
    }
}
