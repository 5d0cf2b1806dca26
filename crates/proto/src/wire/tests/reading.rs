//! What is read as it came, what is mended, what is reported.

use super::through;

const NOTHING: [&str; 0] = [];

#[test]
fn what_the_parser_reads_goes_on_byte_for_byte() {
    for line in [
        "* OK [CAPABILITY IMAP4rev1 IDLE] Dovecot ready.\r\n",
        "* PREAUTH\r\n",
        "* BYE Session expired, please login again.\r\n",
        "+ idling\r\n",
        "+\r\n",
        "+ eyJzdGF0dXMiOiI0MDAifQ==\r\n",
        "A1 OK Idle completed (0.001 + 0.000 secs).\r\n",
        "A5 BAD\r\n",
        "A6 NO [AUTHENTICATIONFAILED] Invalid credentials (Failure)\r\n",
        "* OK [UIDVALIDITY 12] UIDs valid\r\n",
        "* OK Grüße {5}\r\n",
        "* NO [ALERT] Zu viele é\r\n",
        "* 23 EXISTS\r\n",
        "* 23 expunge \r\n",
        "* FLAGS (\\Answered \\Seen $Forwarded )\r\n",
        "* SEARCH 1 2 3\r\n",
        "* SEARCH\r\n",
        "* CAPABILITY IMAP4rev1 IDLE AUTH=PLAIN\r\n",
        "* LIST (\\HasNoChildren) \"/\" \"a {5}\"\r\n",
        "* LIST () NIL \"Entwürfe\"\r\n",
        "* STATUS INBOX (MESSAGES 3 UIDNEXT 9)\r\n",
        "* STATUS \"Entwürfe\" (MESSAGES 1 UIDNEXT 2)\r\n",
        "* ID (\"name\" \"Dovecot\")\r\n",
        "* VANISHED (EARLIER) 1:3\r\n",
        "* 1 FETCH (UID 4 BODY[HEADER.FIELDS (FROM)] {13}\r\nFrom: (((\r\n\r\n)\r\n",
        "* 1 FETCH (UID 4 FLAGS (\\Seen) MODSEQ (12) X-GM-MSGID 5 SAVEDATE NIL)\r\n",
    ] {
        let outcome = through([line]);
        assert_eq!(outcome.handed(), line);
        assert_eq!(outcome.unparsed(), NOTHING, "{line}");
    }
}

#[test]
fn what_is_plain_is_mended_and_not_reported() {
    for (line, mended) in [
        ("*  OK two spaces\r\n", "* OK two spaces\r\n"),
        (" * OK a space before\r\n", "* OK a space before\r\n"),
        ("* STATUS Lists Rust (MESSAGES 1 UIDNEXT 2)\r\n", "* STATUS {10}\r\nLists Rust (MESSAGES 1 UIDNEXT 2)\r\n"),
        ("* LIST () \"/\" Lists Rust\r\n", "* LIST () \"/\" {10}\r\nLists Rust\r\n"),
        ("* OK[ALERT] none\r\n", "* OK [ALERT] none\r\n"),
        ("* OK [ALERT]éx\r\n", "* OK [ALERT] éx\r\n"),
        ("* OK [ALERT]x\r\n", "* OK [ALERT] x\r\n"),
        ("+ [ALERT]é\r\n", "+ [ALERT] é\r\n"),
        ("A1  NO [ALERT]é\r\n", "A1 NO [ALERT] é\r\n"),
        ("* OK\ttab\r\n", "* OK tab\r\n"),
        ("* OK a\0b\rc\r\n", "* OK a b c\r\n"),
        ("* NO [BADCHARSET ({5}\r\n", "* NO  [BADCHARSET ({5}\r\n"),
        ("[ALERT] User is connected\r\n", "* OK [ALERT] User is connected\r\n"),
        ("[ALERT] OK then\r\n", "* OK [ALERT] OK then\r\n"),
        ("* [ALERT] User is connected\r\n", "* OK [ALERT] User is connected\r\n"),
        ("A5  bad\r\n", "A5 bad\r\n"),
        ("A5 BAD \r\n", "A5 BAD \r\n"),
        ("\t+ idling\r\n", "+ idling\r\n"),
        ("*  23  exists\r\n", "* 23 EXISTS\r\n"),
        ("* LIST (\\HasNoChildren) \"/\" \"a\\\"b\"\r\n", "* LIST (\\HasNoChildren) \"/\" {3}\r\na\"b\r\n"),
        ("* LIST () \"\\\\\" \"a\\\\b\"\r\n", "* LIST () \"\\\\\" {3}\r\na\\b\r\n"),
        ("* LIST () \"/\" \"New\" (\"OLDNAME\" (\"Old\"))\r\n", "* LIST () \"/\" {3}\r\nNew\r\n"),
        (
            "* LIST (\\NonExistent) \"/\" Gone (\"OLDNAME\" ({3}\r\nOld))\r\n",
            "* LIST (\\NonExistent) \"/\" {4}\r\nGone\r\n",
        ),
        ("*23 EXISTS\r\n", "* 23 EXISTS\r\n"),
        ("* 23EXISTS\r\n", "* 23 EXISTS\r\n"),
        ("* 23\tRECENT\r\n", "* 23 RECENT\r\n"),
        ("* 1  FETCH (FLAGS ())\r\n", "* 1 FETCH (FLAGS ())\r\n"),
        ("* CAPABILITY  IMAP4rev1  IDLE\r\n", "* CAPABILITY IMAP4rev1 IDLE\r\n"),
        ("* CAPABILITY IMAP4rev2 IDLE\r\n", "* CAPABILITY IMAP4rev1 IMAP4rev2 IDLE\r\n"),
        ("* 1 FETCH (UID 3 INTERNALDATE NIL)\r\n", "* 1 FETCH (UID 3 INTERNALDATE \"\")\r\n"),
        ("* 2 EXISTS\n", "* 2 EXISTS\r\n"),
        ("* 2 EXISTS\r\r\n", "* 2 EXISTS\r\n"),
    ] {
        let outcome = through([line]);
        assert_eq!(outcome.handed(), mended, "{line:?}");
        assert_eq!(outcome.unparsed(), NOTHING, "{line:?}");
    }
}

#[test]
fn what_is_mended_by_leaving_something_out_is_reported_too() {
    for (line, mended) in [
        ("* 23 EXISTS or so\r\n", "* 23 EXISTS\r\n"),
        ("* STATUS INBOX (MESSAGES 1 SIZE 5)\r\n", "* STATUS INBOX (MESSAGES 1)\r\n"),
    ] {
        let outcome = through([line]);
        assert_eq!(outcome.handed(), mended);
        assert_eq!(outcome.unparsed(), [line.trim_end()]);
    }
}

#[test]
fn what_nobody_reads_is_reported_and_the_stream_goes_on() {
    for line in [
        "* NAMESPACE ((\"\" \"/\")) NIL NIL",
        "* ESEARCH (TAG \"A1\") UID MIN 2",
        "* THREAD (2)(3 6 (4 23)(44 7 96))",
        "* XUNKNOWN what is this",
        "* 1 FETCH ()",
        "* 1 FETCH (INTERNALDATE NIL))",
        "* 1 FETCH (INTERNALDATE  NIL)",
        "* 1 FETCH (INTERNALDATE NIL INTERNALDATE NIL)",
        "* 99999999999 EXISTS",
        "* OKAY no status",
        "* CAPABILITY IDLE",
        "*",
        "Microsoft Exchange says hello",
        "A1 MAYBE later",
        "OK",
    ] {
        let outcome = through([format!("{line}\r\n* 1 EXISTS\r\n")]);
        assert_eq!(outcome.handed(), "* 1 EXISTS\r\n", "{line}");
        assert_eq!(outcome.unparsed(), [line]);
    }
}

#[test]
fn bytes_that_are_no_text_panic_nothing() {
    for line in [
        &b"* METADATA \"\xff\" /shared/comment\r\n"[..],
        b"* METADATA \"x\" (/shared/comment \"\xff\")\r\n",
        b"* LIST () \"/\" \xff\x00\r\n",
        b"\xff\xfe\xfd\r\n",
    ] {
        let outcome = through([line]);
        assert_eq!(outcome.handed(), "");
        assert_eq!(outcome.unparsed().len(), 1, "{line:?}");
    }
    assert_eq!(through([&b"* OK [ALERT]\xff\xff\r\n"[..]]).handed, b"* OK [ALERT] \xff\xff\r\n");
}

#[test]
fn many_brackets_cannot_hide_where_a_response_code_ends() {
    let flags = "[x]/y ".repeat(40);
    let line = format!("* OK [PERMANENTFLAGS ({flags})]é\r\n");
    let outcome = through([&line]);
    assert_eq!(outcome.handed(), line.replace("OK [", "OK  ["));
}

#[test]
fn empty_lines_are_reported_once() {
    let outcome = through(["\r\n", "\n", "  \r\n", "* 1 EXISTS\r\n", "\r\n"]);
    assert_eq!(outcome.handed(), "* 1 EXISTS\r\n");
    assert_eq!(outcome.unparsed(), ["(empty line)"]);
}

#[test]
fn deep_nesting_never_reaches_the_parser() {
    let deep = format!("* 1 FETCH (BODYSTRUCTURE {}", "(".repeat(5000));
    let by_quote = format!("* 1 FETCH (X (\") BODYSTRUCTURE {}", "(".repeat(5000));
    let by_atom = format!("* 1 FETCH (X y\" BODYSTRUCTURE {}", "(".repeat(5000));
    let literal = format!(" BODYSTRUCTURE {}", "(".repeat(5000));
    let by_literal = format!("* 1 FETCH (X y{{{}}}\r\n{literal}", literal.len());
    for line in [deep, by_quote, by_atom, by_literal] {
        let outcome = through([format!("{line}\r\n")]);
        assert_eq!(outcome.handed(), "");
        assert_eq!(outcome.unparsed().len(), 1);
    }
}

#[test]
fn parentheses_in_a_mail_s_headers_are_no_nesting() {
    let header = format!("Subject: {}\r\n\r\n", "(".repeat(500));
    let line = format!("* 1 FETCH (UID 1 BODY[HEADER] {{{}}}\r\n{header})\r\n", header.len());
    assert_eq!(through([&line]).handed(), line);
}

#[test]
fn a_mail_may_speak_of_a_date_that_is_none() {
    let header = "Subject: INTERNALDATE NIL panics\r\n\r\n";
    let line = format!("* 1 FETCH (BODY[HEADER] {{{}}}\r\n{header} UID 1)\r\n", header.len());
    assert_eq!(through([&line]).handed(), line);
    let both = line.replace("UID 1)", "INTERNALDATE NIL UID 1)");
    assert_eq!(through([&both]).handed(), line.replace("UID 1)", "INTERNALDATE \"\" UID 1)"));
}
