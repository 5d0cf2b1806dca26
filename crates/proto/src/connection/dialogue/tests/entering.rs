//! From dialling to a connection that is logged in.

use super::*;
use crate::connection::task::{Connect, Task, Work};
use crate::model::{Timer, Timers};

fn connect(retry_refused: bool, discovers: bool) -> Task {
    let (timers, known, watched, appeared) = (Timers::default(), None, false, None);
    Task::Connect(Connect { timers, known, watched, appeared, discovers, retry_refused, work: Work::default() })
}

#[test]
fn a_connection_is_made_and_its_mailbox_opened_step_by_step() {
    let mut looking_back = Facts::new(subject());
    looking_back.subject.looks_back = true;
    let known = play_task(
        connect(true, false),
        looking_back,
        "
        look back work/INBOX
        ? forgive
        A: forgiven
        ? dial
        A: dialled
        S: * OK ready
        - event connected
        - server None
        A1 CAPABILITY
        S: * CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR
        - response Capability([\"IMAP4rev1\", \"AUTH=PLAIN\", \"SASL-IR\"])
        S: A1 OK
        - phase authenticating
        ? permit
        A: permitted
        A2 AUTHENTICATE PLAIN ***
        S: A2 OK [CAPABILITY IMAP4rev1 IDLE ID ENABLE UTF8=ACCEPT] in
        trust
        accepted Plain
        - event capabilities
        A3 ID (\"name\" \"mailwatch-tui\" \"version\" \"VERSION\" \"vendor\" \"mailwatch-tui\")
        S: * ID (\"name\" \"Dovecot\")
        S: A3 OK
        - server Some(\"Dovecot\")
        A4 ENABLE UTF8=ACCEPT
        S: * ENABLED UTF8=ACCEPT
        S: A4 OK
        utf8
        - phase selecting
        A5 STATUS \"INBOX\" (MESSAGES UIDNEXT UIDVALIDITY UNSEEN)
        S: * STATUS INBOX (MESSAGES 0 UIDNEXT 1 UIDVALIDITY 7 UNSEEN 0)
        S: A5 OK
        A6 EXAMINE \"INBOX\"
        S: * 0 EXISTS
        S: * OK [UIDVALIDITY 7] ok
        - response Status { status: Ok, text: StatusText { code: Some(UidValidity(7)), text: \"ok\" } }
        S: A6 OK [UIDNEXT 1]
        - phase catching-up
        ? unreported work/INBOX
        A: unreported 3
        - mails 3
        ? seen work/INBOX
        A: seen 7 1
        - unseen 0
        END ready, INBOX open, looked at: 0 messages, 0 unseen, 7 1
    ",
    );
    assert!(known.utf8 && known.can("IDLE") && known.tags == 6);
}

#[test]
fn what_stands_in_the_way_of_a_connection_is_its_failure() {
    for (transcript, name) in [
        (
            "
            ? dial
            T: 20
            END failed timeout: no connection from imap.example.org:993 within the connect timer
            ",
            "no transport",
        ),
        (
            "
            ? dial
            A: unreachable
            END failed history: no route
            ",
            "no route",
        ),
        (
            "
            ? dial
            A: dialled
            T: 20
            END failed timeout: no greeting from imap.example.org:993 within the connect timer
            ",
            "silence",
        ),
        (
            "
            ? dial
            A: dialled
            S: * BYE full
            - response Bye(StatusText { code: None, text: \"full\" })
            END failed closed: imap.example.org:993 said BYE: full
            ",
            "bye",
        ),
        (
            "
            ? dial
            A: dialled
            S: * NO Not today
            END failed closed: imap.example.org:993 greets with NO: Not today
            ",
            "no",
        ),
        (
            "
            ? dial
            A: dialled
            S: unreadable
            - unparsed unreadable
            S: * 3 EXISTS
            END failed protocol: imap.example.org:993 does not greet as an IMAP server does: it begins with data
            ",
            "no greeting",
        ),
        (
            "
            ? dial
            A: dialled greeted
            - event connected
            - server None
            A1 CAPABILITY
            S: gone
            END failed closed: it is gone
            ",
            "gone",
        ),
        (
            "
            ? dial
            A: dialled
            S: * OK [CAPABILITY IMAP4rev1] ready
            - event connected
            - server None
            - phase authenticating
            ? permit
            A: forbidden
            END failed history: no password
            ",
            "no permit",
        ),
    ] {
        eprintln!("{name}");
        play_task(connect(false, false), Facts::new(subject()), transcript);
    }
}

#[test]
fn a_permitted_login_that_fails_is_told_to_the_host_however_it_fails() {
    let begin = "
        ? dial
        A: dialled
        S: * OK [CAPABILITY IMAP4rev1 AUTH=XOAUTH2 SASL-IR] ready
        - event connected
        - server None
        - phase authenticating
        ? permit
        A: permitted token
        A1 AUTHENTICATE XOAUTH2 ***
        S: + ZGV0YWlscw==
        resign \"\"
    ";
    for end in [
        "S: A1 NO no
        ? failed Some(XOAuth2) Some(ByProof) auth: imap.example.org:993 refused the token: noZGV0YWlscw==",
        "S: * BYE no
        - response Bye(StatusText { code: None, text: \"no\" })
        ? failed Some(XOAuth2) Some(ByProof) auth: imap.example.org:993 said BYE: no",
        "T: 30
        ? failed Some(XOAuth2) Some(Passing) timeout: imap.example.org:993 did not answer AUTHENTICATE in time",
        "S: gone
        ? failed Some(XOAuth2) Some(Dropped) closed: it is gone",
    ] {
        let transcript =
            format!("{begin}\n{end}\nA: failed as the host sees it\nEND failed history: as the host sees it");
        play_task(connect(false, false), Facts::new(subject()), &transcript);
    }
}

#[test]
fn a_connection_that_only_asks_which_mailboxes_there_are_opens_none_and_does_not_idle() {
    play_task(
        connect(false, true),
        Facts::new(subject()),
        "
        ? dial
        A: dialled
        S: * PREAUTH [CAPABILITY IMAP4rev1 IDLE] you are in
        - event connected
        - server None
        trust
        - event capabilities
        - server None
        - phase selecting
        END ready, none open, no mailbox
    ",
    );
    let timers = Timers::default();
    let enter = Enter::new(timers.limit(Timer::Connect), false);
    play(enter, Facts::new(Subject { id_required: true, ..subject() }), "
        ? dial
        A: dialled
        S: * PREAUTH [CAPABILITY IMAP4rev1] you are in
        - event connected
        - server None
        trust
        - event capabilities
        A1 ID (\"name\" \"mailwatch-tui\" \"version\" \"VERSION\" \"vendor\" \"mailwatch-tui\")
        S: A1 NO no
        - server None
        END Entered { server: ServerInfo { addr: None, proxy: None, local: None, tls: None, capabilities: [\"IMAP4rev1\"], id: None }, permit: None }
    ");
}
