//! Lines that some parser cannot read, each a scenario of its own: sent right after IDLE's `+`.

/// A line, what to call it, and what is odd about it.
pub(crate) struct OddLine {
    pub(crate) name: &'static str,
    pub(crate) about: &'static str,
    pub(crate) bytes: &'static [u8],
}

const fn odd(name: &'static str, about: &'static str, bytes: &'static [u8]) -> OddLine {
    OddLine { name, about, bytes }
}

/// Seen at servers, or allowed by an RFC that parsers overlook, or plain broken.
pub(crate) const ODD_LINES: [OddLine; 22] = [
    odd("odd-namespace", "an untagged NAMESPACE within IDLE", b"* NAMESPACE ((\"\" \"/\")) NIL NIL\r\n"),
    odd("odd-esearch", "an untagged ESEARCH", b"* ESEARCH (TAG \"A7\") UID COUNT 3\r\n"),
    odd("odd-thread", "an untagged THREAD", b"* THREAD (2)(3 6 (4 23)(44 7 96))\r\n"),
    odd("odd-unknown", "an untagged response that no RFC knows", b"* XSERVERLOAD 42 calm\r\n"),
    odd("odd-numbered", "a numbered response that no RFC knows", b"* 3 XMOVED\r\n"),
    odd("odd-blank", "a blank line", b"\r\n"),
    odd("odd-lf", "a line that ends with LF alone", b"* OK only a line feed\n"),
    odd("odd-spaces", "two spaces after the star", b"*  OK two spaces\r\n"),
    odd("odd-fetch-empty", "a FETCH that says nothing", b"* 1 FETCH ()\r\n"),
    odd("odd-fetch-unknown", "a FETCH of an unknown item", b"* 1 FETCH (X-MOOD happy)\r\n"),
    odd("odd-status", "STATUS with SIZE (RFC 8438)", b"* STATUS x (SIZE 5)\r\n"),
    odd("odd-alert", "a text that is not ASCII right after [ALERT]", "* OK [ALERT]éx\r\n".as_bytes()),
    odd("odd-code", "a response code without * OK", b"[ALERT] The mailbox is almost full\r\n"),
    odd("odd-star", "a star alone", b"*\r\n"),
    odd("odd-ok", "* OK without a text", b"* OK\r\n"),
    odd("odd-number", "a count beyond 32 bits", b"* 99999999999999999999 EXISTS\r\n"),
    odd("odd-utf8", "bytes that are no UTF-8", b"* OK \xff\xfe\x80 broken bytes\r\n"),
    odd("odd-nul", "a NUL in a text", b"* OK a\0b\r\n"),
    odd(
        "odd-escapes",
        "terminal escapes and reordering in a text",
        b"* OK \x1b[2J\x1b]0;owned\x07 \xc2\x9b31m \xe2\x80\xae reversed\r\n",
    ),
    odd("odd-date", "a FETCH whose INTERNALDATE is NIL", b"* 1 FETCH (INTERNALDATE NIL)\r\n"),
    odd("odd-plus", "a second continuation", b"+ idling once more\r\n"),
    odd("odd-quote", "a string that is never closed", b"* LIST () \"/\" \"INBOX\r\n"),
];
