//! What a refusal means.

use crate::row::Expect::{
    Commands, Connections, FailedOnce, FaultNeverSays, FaultSays, Logins, NeverFailed, NoFault, NoReconnect,
};
use crate::row::Step::{
    self, Behave, ClockSet, CountAgain, Drop, FailsWithin, IdlesWithin, Mail, MailIn, Network, Pass, Reconfigure,
    Reconnect, Restart, Show, Start, ToldWithin,
};
use crate::row::{Certificate, Row, row};

// What passes by itself is waited for as long as a pause lasts at most, 5 minutes: its length is up to chance.

/// A passing refusal at the start.
const PASSES: &[Step] = &[Start, IdlesWithin("5m"), Mail("One"), ToldWithin("10s")];
/// The same once the mailbox has idled.
const PASSES_LATER: &[Step] = &[Pass("20m"), Mail("One"), ToldWithin("10s")];
const EIGHT: &[&str] = &["INBOX", "a", "b", "c", "d", "e", "f", "g"];
/// All have idled on connections of their own when the server takes two alone.
const LIMITED_LATER: &[Step] = &[
    Pass("1h"),
    Behave("limit-of-two"),
    Drop,
    Pass("100ms"),
    IdlesWithin("5s"),
    MailIn("e", "One"),
    MailIn("d", "Two"),
    Mail("Three"),
    ToldWithin("5s"),
    CountAgain,
    Pass("10m"),
];
const LIMITED_LATER_BY_BYE: &[Step] = &[
    Pass("1h"),
    Behave("limit-of-two-bye"),
    Drop,
    Pass("100ms"),
    IdlesWithin("5s"),
    MailIn("e", "One"),
    MailIn("d", "Two"),
    Mail("Three"),
    ToldWithin("5s"),
    CountAgain,
    Pass("10m"),
];
/// A wrong password for 10 minutes with a restart among them.
const WRONG: &[Step] = &[Start, Pass("5m"), Restart, Pass("5m")];

const fn passes(name: &'static str, source: &'static str, behaviour: &'static str) -> Row {
    row(name, source, behaviour).steps(PASSES).expect(&[NeverFailed, Logins(6)])
}

const fn wrong(name: &'static str, source: &'static str, behaviour: &'static str) -> Row {
    row(name, source, behaviour)
        .has(EIGHT)
        .watches(EIGHT)
        .steps(WRONG)
        .expect(&[Logins(3), Connections(30)])
        .not_idling()
}

pub const ROWS: &[Row] = &[
    // 21, 22
    passes("EXAMINE refused for want of a server passes", "imapfilter#146", "examine-unavailable"),
    row("the same on a mailbox that had idled", "offlineimap#291", "examine-unavailable-later")
        .steps(PASSES_LATER)
        .expect(&[NeverFailed, Logins(8)]),
    passes("EXAMINE refused with [TEMPFAIL] passes", "node-imap#340", "examine-tempfail"),
    passes("EXAMINE refused with [INUSE] passes", "RFC 5530 3", "examine-inuse"),
    row("EXAMINE refused by BAD passes", "seen", "examine-bad")
        .steps(&[Start, IdlesWithin("15m"), Mail("One"), ToldWithin("10s")])
        .expect(&[NeverFailed, Logins(6)]),
    passes("EXAMINE refused by BYE passes", "seen", "examine-bye"),
    passes("EXAMINE refused without a word passes", "seen", "examine-no-words"),
    passes("a login refused with [TEMPFAIL] passes", "node-imap#340", "login-tempfail"),
    passes("a login refused with [UNAVAILABLE] passes", "RFC 5530 3", "login-unavailable"),
    passes("a login refused with [SERVERBUG] passes", "RFC 5530 3", "login-serverbug"),
    passes("a login refused with [INUSE] passes", "RFC 5530 3", "login-inuse"),
    row("a mailbox that does not exist for an hour is watched once it does", "seen", "examine-nonexistent")
        .steps(&[Start, FailsWithin("2m"), Pass("3h"), Mail("One"), ToldWithin("10s")])
        .expect(&[Logins(12)]),
    row("a mailbox that may not be read for an hour is watched once it may", "seen", "examine-noperm")
        .steps(&[Start, FailsWithin("2m"), Pass("3h"), Mail("One"), ToldWithin("10s")])
        .expect(&[Logins(12)]),
    // 23
    passes("a login refused by a system error passes", "Mailpile#2242", "login-system-error"),
    passes("a login refused by an internal error passes", "Mew#220", "login-internal-error"),
    // 24
    row("a proven password refused three times is tried again", "davmail#349", "proven-refused")
        .steps(PASSES_LATER)
        .expect(&[Logins(6)]),
    row("a proven password refused without a code is tried again", "davmail#349", "proven-refused-bare")
        .steps(PASSES_LATER)
        .expect(&[Logins(6)]),
    row("a proven password refused by BYE is tried again", "davmail#349", "proven-bye")
        .steps(PASSES_LATER)
        .expect(&[Logins(6)]),
    row(
        "a password that has worked and has expired needs the user, and is tried again",
        "RFC 5530 3",
        "proven-expired",
    )
    .steps(&[FailsWithin("1m"), Pass("4h"), IdlesWithin("1m"), Mail("One"), ToldWithin("10s")])
    .expect(&[Logins(5), FaultSays("expired")]),
    // 25
    row("HTTP in place of IMAP passes", "owncloud/client#3861", "portal")
        .steps(&[Start, IdlesWithin("6m"), Mail("One"), ToldWithin("10s")])
        .expect(&[NeverFailed]),
    row("HTTP in place of IMAP passes at once on a network change", "mapbox-gl-native#943", "greeting-http")
        .steps(&[Start, Pass("10m"), Behave("healthy"), Network, IdlesWithin("15s")])
        .expect(&[NeverFailed]),
    row("POP3 in place of IMAP is named", "seen", "greeting-pop3")
        .steps(&[Start, Pass("2m")])
        .expect(&[FaultSays("POP3"), FaultNeverSays("Err")])
        .not_idling(),
    row("SMTP in place of IMAP is named", "seen", "greeting-smtp")
        .steps(&[Start, Pass("2m")])
        .expect(&[FaultSays("SMTP"), FaultNeverSays("Err")])
        .not_idling(),
    row("SSH in place of IMAP is named", "seen", "greeting-ssh")
        .steps(&[Start, Pass("2m")])
        .expect(&[FaultSays("SSH"), FaultNeverSays("Err")])
        .not_idling(),
    row("HTTP in place of IMAP is named", "seen", "greeting-http")
        .steps(&[Start, Pass("2m")])
        .expect(&[FaultSays("HTTP"), FaultNeverSays("Err")])
        .not_idling(),
    row("TLS in place of IMAP is named", "seen", "greeting-tls")
        .steps(&[Start, Pass("2m")])
        .expect(&[FaultSays("tls = \"implicit\""), FaultNeverSays("Err")])
        .not_idling(),
    row("a BYE for 30 s passes", "seen", "greeting-bye").steps(&[Start, IdlesWithin("10m")]).expect(&[NeverFailed]),
    row("a greeting after 15 s is one", "seen", "greeting-slow")
        .steps(&[Start, IdlesWithin("2m")])
        .expect(&[NeverFailed]),
    row("a greeting without text is one", "RFC 3501 7.1.1", "greeting-bare").steps(&[
        Start,
        IdlesWithin("1m"),
        Mail("One"),
        ToldWithin("10s"),
    ]),
    row("a greeting in small letters is one", "RFC 3501 9", "greeting-lower").steps(&[
        Start,
        IdlesWithin("1m"),
        Mail("One"),
        ToldWithin("10s"),
    ]),
    row("an empty line before a greeting is nothing", "seen", "greeting-empty-line")
        .steps(&[Start, IdlesWithin("1m"), Mail("One"), ToldWithin("10s")])
        .expect(&[NoFault, NoReconnect]),
    row("a greeting that is NO passes, and its words are said", "RFC 3501 7.1", "greeting-no")
        .steps(&[Start, Pass("10m"), Behave("healthy"), IdlesWithin("6m"), Mail("One"), ToldWithin("10s")])
        .expect(&[FaultSays("Not today"), NeverFailed, Logins(1), Connections(20)]),
    row("another certificate for 10 s passes", "owncloud/client#3861", "healthy")
        .under_tls(Certificate::Another)
        .has(&["a", "b", "c", "d", "e"])
        .watches(&["INBOX", "a", "b", "c", "d", "e"])
        .steps(&[Start, Pass("10s"), Show(Certificate::Right), IdlesWithin("15s"), Mail("One"), ToldWithin("10s")])
        .expect(&[NeverFailed, FaultSays("issuer is not trusted"), Logins(6)]),
    row("another certificate for 10 s passes where the mailbox had idled", "owncloud/client#3861", "healthy")
        .under_tls(Certificate::Right)
        .steps(&[
            Pass("1h"),
            Show(Certificate::Another),
            Drop,
            Pass("1m"),
            Show(Certificate::Right),
            IdlesWithin("15s"),
            Mail("One"),
            ToldWithin("10s"),
        ])
        .expect(&[NeverFailed, Logins(2)]),
    row("another certificate passes at once on a network change", "mapbox-gl-native#943", "healthy")
        .under_tls(Certificate::Another)
        .steps(&[
            Start,
            Pass("1h"),
            Show(Certificate::Right),
            Network,
            IdlesWithin("1s"),
            Mail("One"),
            ToldWithin("10s"),
        ])
        .expect(&[NeverFailed, Logins(1)]),
    // 26
    row("a certificate that is not valid yet passes at once when the clock is set", "lf-edge/eve#1456", "healthy")
        .under_tls(Certificate::NotYetValid)
        .steps(&[
            Start,
            Pass("1h"),
            Show(Certificate::Right),
            ClockSet,
            IdlesWithin("1s"),
            Mail("One"),
            ToldWithin("10s"),
        ])
        .expect(&[NeverFailed, FaultSays("clock"), Logins(1)]),
    // 27, 28
    wrong("a wrong password answered NO is tried three times in 10 minutes at most", "Mew#220", "wrong-no"),
    wrong("a wrong password answered by a code is tried three times in 10 minutes at most", "Mew#220", "wrong-code"),
    wrong("a wrong password answered BAD is tried three times in 10 minutes at most", "hydra#60", "wrong-bad"),
    wrong(
        "a wrong password answered BYE is tried three times in 10 minutes at most",
        "email-oauth2-proxy#228",
        "wrong-bye",
    ),
    wrong(
        "a wrong password answered by an end is tried three times in 10 minutes at most",
        "email-oauth2-proxy#228",
        "wrong-close",
    ),
    wrong("a login that is never answered is tried three times in 10 minutes at most", "seen", "wrong-silence"),
    wrong("a wrong password answered by garbage is tried three times in 10 minutes at most", "seen", "wrong-garbage"),
    row("a wrong password is said once", "hydra#60", "wrong-code")
        .steps(&[Start, FailsWithin("1m"), Pass("10m")])
        .expect(&[FailedOnce])
        .not_idling(),
    row("keys do not pass the governor", "seen", "wrong-code")
        .steps(&[
            Start,
            FailsWithin("1m"),
            Reconnect,
            Pass("1s"),
            Reconnect,
            Pass("1s"),
            Reconnect,
            Pass("1s"),
            Reconnect,
            Pass("1s"),
            Reconnect,
            Network,
            Pass("5m"),
        ])
        .expect(&[Logins(3)])
        .not_idling(),
    // 29
    row("LOGIN is tried where AUTH=PLAIN is refused as such", "K-9#2648", "plain-refused")
        .steps(&[Start, IdlesWithin("1m"), Mail("One"), ToldWithin("10s"), Drop, IdlesWithin("1m")])
        .expect(&[NeverFailed, Logins(3)]),
    row("LOGIN is tried where AUTH=PLAIN is answered BAD", "curl#8986", "plain-bad")
        .steps(&[Start, IdlesWithin("1m")])
        .expect(&[NeverFailed, Logins(2)]),
    row("LOGIN is tried where AUTH=PLAIN is answered [CANNOT]", "curl#8986", "plain-cannot")
        .steps(&[Start, IdlesWithin("1m")])
        .expect(&[NeverFailed, Logins(2)]),
    row("LOGIN is tried where AUTH=PLAIN ends the connection", "curl#8986", "plain-close")
        .steps(&[Start, IdlesWithin("2m")])
        .expect(&[Logins(3)]),
    row("AUTH=PLAIN is used where LOGIN is refused", "RFC 9051 6.2.3", "login-refused")
        .steps(&[Start, IdlesWithin("1m")])
        .expect(&[NeverFailed, Logins(2)]),
    // 30
    row("an address is shown as written", "MailSystem.NET#17", "webalert")
        .steps(&[Start, FailsWithin("1m"), Pass("1s")])
        .expect(&[FaultSays("https://accounts.example.org/signin?Aa=Bb&Cc")])
        .not_idling(),
    row("an administrator is named", "RFC 5530 3", "contact-admin")
        .steps(&[Start, FailsWithin("1m"), Pass("1s")])
        .expect(&[FaultSays("suspended"), Logins(1)])
        .not_idling(),
    // 33
    row("a limit of two is learned, and the rest share", "Dovecot", "limit-of-two")
        .has(&["a", "b", "c", "d", "e"])
        .watches(&["INBOX", "a", "b", "c", "d", "e"])
        .steps(&[
            Start,
            IdlesWithin("5s"),
            MailIn("e", "One"),
            MailIn("d", "Two"),
            MailIn("c", "Three"),
            Mail("Four"),
            ToldWithin("5s"),
        ])
        .expect(&[NeverFailed, Logins(12)]),
    row("a limit of two by BYE is learned, and the rest share", "Dovecot", "limit-of-two-bye")
        .has(&["a", "b", "c", "d", "e"])
        .watches(&["INBOX", "a", "b", "c", "d", "e"])
        .steps(&[Start, IdlesWithin("5s"), MailIn("e", "One"), MailIn("d", "Two"), ToldWithin("5s")])
        .expect(&[NeverFailed, Logins(12)]),
    row("a limit of two at the greeting is learned, and the rest share", "Dovecot", "limit-of-two-greeting")
        .has(&["a", "b", "c", "d", "e"])
        .watches(&["INBOX", "a", "b", "c", "d", "e"])
        .steps(&[Start, IdlesWithin("5s"), MailIn("e", "One"), MailIn("d", "Two"), ToldWithin("5s")])
        .expect(&[NeverFailed, Connections(14)]),
    row("a limit of two that closes connections without a word is learned too", "Courier", "limit-of-two-close")
        .has(&["a", "b", "c", "d", "e"])
        .watches(&["INBOX", "a", "b", "c", "d", "e"])
        .steps(&[Start, IdlesWithin("15s"), MailIn("e", "One"), MailIn("d", "Two"), ToldWithin("5s"), Pass("1h")])
        .expect(&[NeverFailed, Connections(40)]),
    row("a limit of one is learned, and the rest share", "Dovecot", "limit-of-one")
        .has(&["a", "b", "c"])
        .watches(&["INBOX", "a", "b", "c"])
        .steps(&[Start, IdlesWithin("5s"), MailIn("a", "One"), Mail("Four"), ToldWithin("5s")])
        .expect(&[NeverFailed, Logins(12)]),
    row("a limit of two that comes later is learned, and the rest share", "Dovecot", "healthy")
        .has(&["a", "b", "c", "d", "e"])
        .watches(&["INBOX", "a", "b", "c", "d", "e"])
        .steps(LIMITED_LATER)
        .expect(&[NeverFailed, Logins(0)]),
    row("a limit of two by BYE that comes later is learned, and the rest share", "Dovecot", "healthy")
        .has(&["a", "b", "c", "d", "e"])
        .watches(&["INBOX", "a", "b", "c", "d", "e"])
        .steps(LIMITED_LATER_BY_BYE)
        .expect(&[NeverFailed, Logins(0)]),
    // 46
    row("what needs the user is tried at once when asked for", "seen", "wrong-code")
        .steps(&[Start, FailsWithin("1m"), Behave("healthy"), CountAgain, Reconnect, IdlesWithin("5s")])
        .expect(&[Logins(1)]),
    row("what needs the user is tried at once when the configuration is read", "seen", "wrong-code")
        .steps(&[Start, FailsWithin("1m"), Behave("healthy"), CountAgain, Reconfigure, IdlesWithin("5s")])
        .expect(&[Logins(1)]),
    row("what needs the user is tried again by itself", "seen", "wrong-code")
        .steps(&[Start, FailsWithin("1m"), Behave("healthy"), Pass("61m"), IdlesWithin("1m")])
        .expect(&[Logins(3)]),
    // Kinds of the same.
    row("a LOGOUT that is not answered holds nothing up", "seen", "logout-ignored")
        .steps(&[Drop, IdlesWithin("1m"), Restart, IdlesWithin("1m"), Mail("One"), ToldWithin("10s")])
        .expect(&[NeverFailed]),
    passes("ID refused by NO is nothing", "seen", "id-no"),
    passes("ID refused by BAD is nothing", "seen", "id-bad"),
    row("CAPABILITY refused is survived", "seen", "capability-bad")
        .steps(&[Start, IdlesWithin("5m"), Mail("One"), ToldWithin("3m")])
        .expect(&[NeverFailed, Logins(3)]),
    passes("ENABLE refused is nothing", "seen", "enable-bad"),
    row("a server that refuses everything is not hammered", "seen", "everything-no")
        .steps(&[Start, Pass("2h"), Behave("healthy"), IdlesWithin("1h")])
        .expect(&[Logins(100), Commands("EXAMINE", 100)]),
    row("a server that does not know anything is not hammered", "seen", "everything-bad")
        .steps(&[Start, Pass("2h"), Behave("healthy"), IdlesWithin("1h")])
        .expect(&[Logins(100), Commands("EXAMINE", 100)]),
];
