//! A mail that cannot be read must not stop the mailbox, nor pass in silence.

use crate::row::Expect::{Commands, Faults, Flag, Logins, NeverFailed, NoFault, NoReconnect};
use crate::row::Step::{Behave, Drop, Expunge, Mail, Mails, Pass, Raw, Restart, ToldWithin};
use crate::row::{Row, row};

/// A mail with a Subject of its own size would not fit in here: `poison-huge` makes it.
pub const ROWS: &[Row] = &[
    // 1
    row("a mail whose headers bring NO is told without them, the others with", "MailKit#358", "poison-no")
        .steps(&[Mails(3), ToldWithin("2m"), Mail("After it"), ToldWithin("2m"), Pass("1h")])
        .blank(1)
        .expect(&[Logins(4), NeverFailed]),
    row("a mail whose headers bring NO does not come back after a restart", "MailKit#358", "poison-no")
        .steps(&[Mails(3), ToldWithin("2m"), Restart, Mail("After it"), ToldWithin("2m"), Pass("1h")])
        .blank(1)
        .expect(&[Logins(5), NeverFailed]),
    row("a mail whose headers bring NO is told where it came in a gap", "MailKit#358", "poison-no")
        .steps(&[Behave("greeting-close"), Drop, Mails(3), Pass("30s"), Behave("poison-no"), ToldWithin("10m")])
        .blank(1),
    row("a mail whose FETCH brings NO before anything is sent is told", "MailKit#358", "poison-no-first")
        .steps(&[Mails(3), ToldWithin("3m"), Mail("After it"), ToldWithin("2m"), Pass("1h")])
        .blank(1)
        .expect(&[Logins(5), NeverFailed]),
    row("a mail whose headers bring BAD is told without them", "MailKit#358", "poison-bad")
        .steps(&[Mails(3), ToldWithin("3m"), Mail("After it"), ToldWithin("2m"), Pass("1h")])
        .blank(1)
        .expect(&[Logins(5), NeverFailed]),
    row("a mail whose headers bring BYE is told without them", "MailKit#358", "poison-bye")
        .steps(&[Mails(3), ToldWithin("10m"), Mail("After it"), ToldWithin("5m"), Pass("1h")])
        .blank(1)
        .expect(&[Logins(8), NeverFailed]),
    row("a mail whose headers end the connection is told without them", "MailKit#358", "poison-close")
        .steps(&[Mails(3), ToldWithin("10m"), Mail("After it"), ToldWithin("5m"), Pass("1h")])
        .blank(1)
        .expect(&[Logins(8), NeverFailed]),
    row("a mail whose headers are never sent is told without them", "MailKit#358", "poison-silent")
        .steps(&[Mails(3), ToldWithin("10m"), Mail("After it"), ToldWithin("5m"), Pass("1h")])
        .blank(1)
        .expect(&[Logins(8), NeverFailed]),
    row("a mail of which nothing can be fetched is told", "MailKit#358", "poison-any")
        .steps(&[Mails(3), ToldWithin("10m"), Mail("After it"), ToldWithin("5m"), Pass("1h")])
        .blank(1)
        .expect(&[Logins(8), NeverFailed]),
    row("a mail that FETCH leaves out is told", "MailKit#358", "poison-dropped")
        .steps(&[Mails(3), ToldWithin("10m"), Mail("After it"), ToldWithin("5m"), Pass("1h")])
        .blank(1)
        .expect(&[Logins(6), NeverFailed]),
    row("what came before a NO counts", "MailKit#358", "poison-after-all")
        .steps(&[Mails(3), ToldWithin("1m"), Mail("After it"), ToldWithin("1m"), Pass("1h")])
        .expect(&[Logins(3), NeverFailed]),
    row(
        "several mails that cannot be read are told",
        "MailKit#358",
        "on FETCH uid=3 args=\"*BODY*\" -> drop-mail uid=3..5; tagged \"NO x\"
        on FETCH uid=4 args=\"*BODY*\" -> drop-mail uid=3..5; tagged \"NO x\"
        on FETCH uid=5 args=\"*BODY*\" -> drop-mail uid=3..5; tagged \"NO x\"",
    )
    .steps(&[Mails(5), ToldWithin("5m"), Pass("1h")])
    .blank(3)
    .expect(&[Logins(6), NeverFailed]),
    // 2
    row("a FETCH without UID is matched by its number", "nextcloud/mail#13507", "fetch-no-uid")
        .steps(&[Mail("One"), ToldWithin("10s"), Mails(3), ToldWithin("10s"), Pass("10m")])
        .expect(&[NoFault, NoReconnect]),
    row("a FETCH without UID is matched by its number after an EXPUNGE", "nextcloud/mail#13507", "fetch-no-uid")
        .steps(&[Expunge(1), Pass("1s"), Mail("One"), ToldWithin("10s"), Mails(3), ToldWithin("10s"), Pass("10m")])
        .expect(&[NoFault, NoReconnect]),
    // 3
    row("a mail whose FETCH lacks its headers is told without", "modern-email/defects#36", "fetch-no-body")
        .steps(&[Mail("One"), ToldWithin("1m"), Mail("Two"), ToldWithin("1m"), Pass("10m")])
        .blank(2)
        .expect(&[NoReconnect]),
    row("headers that come at the second time are read", "modern-email/defects#36", "fetch-no-body-once")
        .steps(ONE_AND_THREE)
        .expect(&[NoReconnect]),
    row("a mail whose headers are NIL is told without", "modern-email/defects#36", "fetch-nil-body")
        .steps(&[Mail("One"), ToldWithin("1m"), Pass("10m")])
        .blank(1)
        .expect(&[NoReconnect]),
    row("a FETCH without FLAGS and INTERNALDATE is a mail", "modern-email/defects#36", "fetch-no-flags")
        .steps(&[Mail("One"), ToldWithin("1m"), Pass("10m")])
        .expect(&[NoFault, NoReconnect]),
    row("items of one mail in several FETCHes belong together", "RFC 3501 7.4.2", "fetch-split")
        .steps(&[Mail("One"), ToldWithin("10s"), Mails(3), ToldWithin("10s"), Pass("10m")])
        .expect(&[NoFault, NoReconnect]),
    row("FETCHes may come in any order", "RFC 3501 7.4.2", "fetch-reversed")
        .steps(&[Mails(4), ToldWithin("10s"), Pass("10m")])
        .expect(&[NoFault, NoReconnect]),
    row("a FETCH that comes twice is one mail", "RFC 3501 7.4.2", "fetch-twice")
        .steps(&[Mails(4), ToldWithin("10s"), Pass("10m")])
        .expect(&[NoFault, NoReconnect]),
    row("mails that one FETCH leaves out are fetched again", "RFC 3501 7.4.2", "fetch-first-only")
        .steps(&[Mails(4), ToldWithin("2m"), Pass("10m")])
        .expect(&[Logins(3)]),
    row("a FETCH that nobody asked for is no mail", "RFC 3501 7.4.2", "fetch-unasked")
        .steps(&[Mail("One"), ToldWithin("10s"), Mails(3), ToldWithin("10s"), Pass("10m")])
        .expect(&[NoFault, NoReconnect]),
    // 4
    row("NO because a mail was expunged costs a NOOP and no login", "RFC 2180 4.1.2", "fetch-expunged-no")
        .steps(&[Mails(3), ToldWithin("1m"), Pass("10m")])
        .expect(&[NoReconnect, Commands("NOOP", 20)]),
    row("a mail that FETCH leaves out while EXISTS counts it is told", "RFC 2180 4.1.1", "fetch-expunged-silence")
        .steps(&[Mails(3), ToldWithin("2m"), Mail("After it"), ToldWithin("2m"), Pass("1h")])
        .blank(1)
        .expect(&[Logins(4), NeverFailed]),
    // 5, 6
    row("headers are asked for without a partial where that is refused by BAD", "hmailserver#475", "partial-bad")
        .steps(&[Mail("One"), ToldWithin("10s"), Mail("Two"), ToldWithin("10s"), Pass("10m")])
        .expect(&[NoReconnect]),
    row("headers are asked for without a partial where that is refused by NO", "hmailserver#475", "partial-no")
        .steps(&[Mail("One"), ToldWithin("10s"), Mail("Two"), ToldWithin("10s"), Pass("10m")])
        .expect(&[NoReconnect]),
    row("a partial may be ignored", "hmailserver#334", "partial-ignored")
        .steps(&[Mail("One"), ToldWithin("10s"), Mails(3), ToldWithin("10s"), Pass("10m")])
        .expect(&[NoFault, NoReconnect]),
    row("a mail with headers of 1.5 MB is told without them", "hmailserver#334", "poison-huge")
        .steps(&[Mails(3), ToldWithin("5m"), Mail("After it"), ToldWithin("2m"), Pass("1h")])
        .blank(1)
        .expect(&[Logins(4), NeverFailed]),
    // 7
    row("a section may be echoed with its length", "wildduck#32", "section-with-length")
        .steps(ONE_AND_THREE)
        .expect(CLEAN),
    row("a section may be echoed without its origin", "wildduck#32", "section-without-origin")
        .steps(ONE_AND_THREE)
        .expect(CLEAN),
    row("a literal may stand without a space before it", "greenmail#187", "section-glued")
        .steps(ONE_AND_THREE)
        .expect(CLEAN),
    row("a section may be echoed as BODY.PEEK", "greenmail#187", "section-peek").steps(ONE_AND_THREE).expect(CLEAN),
    row("the fields' names may be echoed in quotes", "greenmail#187", "section-quoted")
        .steps(ONE_AND_THREE)
        .expect(CLEAN),
    row("a section may be echoed with other fields", "greenmail#187", "section-other")
        .steps(ONE_AND_THREE)
        .expect(CLEAN),
    row("a section may be echoed as HEADER", "greenmail#187", "section-header").steps(ONE_AND_THREE).expect(CLEAN),
    row("a section may be echoed in small letters", "greenmail#187", "section-lower")
        .steps(ONE_AND_THREE)
        .expect(CLEAN),
    row("a section may be echoed empty", "greenmail#187", "section-nothing").steps(ONE_AND_THREE).expect(CLEAN),
    row("a section may be called RFC822.HEADER", "greenmail#187", "section-rfc822").steps(ONE_AND_THREE).expect(CLEAN),
    // 8
    row("a server out of quota is given time, and then the mail is told", "ha-email-sensor#16", "healthy")
        .steps(&[Behave("fetch-overquota"), Mail("One"), Pass("10m"), ToldWithin("1h")])
        .expect(&[Logins(20), NeverFailed]),
    row("a server that throttles is given time, and then the mail is told", "ha-email-sensor#16", "healthy")
        .steps(&[Behave("fetch-throttled"), Mail("One"), Pass("10m"), ToldWithin("1h")])
        .expect(&[Logins(20), NeverFailed]),
    row("a limit on FETCH is given time, and then the mail is told", "ha-email-sensor#16", "healthy")
        .steps(&[Behave("fetch-limit"), Mail("One"), Pass("10m"), ToldWithin("1h")])
        .expect(&[Logins(20), NeverFailed]),
    row("a mailbox in use is given time, and then the mail is told", "ha-email-sensor#16", "fetch-inuse")
        .steps(&[Mail("One"), ToldWithin("15m"), Pass("30m")])
        .expect(&[Logins(5), NeverFailed]),
    row("a storage that is unavailable is given time, and then the mail is told", "RFC 5530 3", "healthy")
        .steps(&[Behave("fetch-unavailable"), Mail("One"), ToldWithin("20m"), Pass("10m")])
        .expect(&[Logins(5), NeverFailed]),
    // 9, 10
    row("NO to a FETCH that finds nothing is nothing", "ImapEngine#20", "fetch-nothing-no")
        .steps(&[Mail("One"), ToldWithin("10s"), Pass("1h"), Mail("Two"), ToldWithin("10s")])
        .expect(&[NoReconnect]),
    row("BAD to a FETCH that finds nothing is nothing", "ImapEngine#20", "fetch-nothing-bad")
        .steps(&[Mail("One"), ToldWithin("10s"), Pass("1h"), Mail("Two"), ToldWithin("10s")])
        .expect(&[NoReconnect]),
    row("nothing is fetched from an empty mailbox", "node-imap#554", "fetch-empty-mailbox-bad")
        .old(0)
        .steps(&[Pass("1h"), Mail("One"), ToldWithin("10s")])
        .expect(&[NoFault, NoReconnect]),
    row("nothing is fetched from a mailbox that became empty", "imapflow#209", "fetch-empty-mailbox-bad")
        .steps(&[Expunge(1), Expunge(1), Pass("1h"), Mail("One"), ToldWithin("10s")])
        .expect(&[NoFault, NoReconnect]),
    row(
        "nothing is fetched from an empty mailbox that would cost the connection",
        "node-imap#554",
        "fetch-empty-mailbox-bye",
    )
    .old(0)
    .steps(&[Pass("1h"), Mail("One"), ToldWithin("10s"), Expunge(1), Pass("1h"), Mail("Two"), ToldWithin("10s")])
    .expect(CLEAN),
    // 11
    row("a reply that goes on is not late", "MailKit#394", "fetch-slow")
        .steps(&[Mails(8), ToldWithin("5m"), Pass("10m")])
        .expect(&[NoReconnect]),
    row("a slow server's mailbox of many mails is watched at once", "MailKit#394", "fetch-slow")
        .old(2000)
        .steps(&[Mail("One"), ToldWithin("2m"), Pass("10m")])
        .expect(&[NoReconnect]),
    row("a FETCH that brings nothing of use and never ends is ended", "MailKit#394", "fetch-never-ends")
        .steps(&[Mail("One"), ToldWithin("10m"), Pass("10m")])
        .expect(&[Logins(4)]),
    // Kinds of the same.
    row("`* OK` between FETCHes is no end of them", "RFC 3501 7.1.1", "fetch-ok-in-between")
        .steps(ONE_AND_THREE)
        .expect(CLEAN),
    row("EXISTS between FETCHes is no new mail", "RFC 3501 7.3.1", "fetch-exists-in-between").steps(ONE_AND_THREE),
    row("a tag may be answered in small letters", "RFC 3501 2.2.1", "fetch-lower-tag")
        .steps(ONE_AND_THREE)
        .expect(CLEAN),
    row("a connection that ends within the headers loses no mail", "seen", "fetch-cut-literal")
        .steps(&[Mails(3), ToldWithin("2m"), Pass("10m")])
        .expect(&[Logins(2), Faults(1)]),
    row("UIDs may reach the largest number", "RFC 3501 2.3.1.1", "uid-largest")
        .steps(&[Mail("One"), ToldWithin("10s"), Pass("10m")])
        .expect(CLEAN),
    row("UIDs may be beyond 2147483647", "RFC 3501 2.3.1.1", "uid-beyond").steps(ONE_AND_THREE).expect(CLEAN),
    row("a mail read elsewhere is told with its flag", "RFC 3501 2.3.2", "healthy")
        .steps(&[Behave("on FETCH -> value FLAGS \"(\\Seen)\""), Mail("One"), ToldWithin("10s")])
        .expect(&[Flag("\\Seen"), NoReconnect]),
    row("a mail is told without headers where PEEK is refused", "seen", "peek-bad")
        .steps(&[Mail("One"), ToldWithin("5m"), Pass("1h")])
        .blank(1)
        .expect(&[NeverFailed, Logins(6)]),
    row("a first answer after 25 s is an answer", "MailKit#394", "fetch-slow-start")
        .steps(&[Mail("One"), ToldWithin("2m"), Pass("10m")])
        .expect(&[NoReconnect]),
    row("headers without a byte are headers", "seen", "fetch-empty-body")
        .steps(&[Pass("1s"), Raw(b"\r\nx"), ToldWithin("1m"), Pass("10m")])
        .expect(&[NoReconnect]),
    row("a mail without a header of use is told", "RFC 5322 3.6", "healthy")
        .steps(&[
            Raw(b"X: y\r\n\r\nx\r\n"),
            Raw(b"\r\nx\r\n"),
            Raw(b"x"),
            Raw(b""),
            Mail("One"),
            ToldWithin("10s"),
            Pass("10m"),
        ])
        .expect(CLEAN),
];

const ONE_AND_THREE: &[crate::row::Step] = &[Mail("One"), ToldWithin("10s"), Mails(3), ToldWithin("10s"), Pass("10m")];
const CLEAN: &[crate::row::Expect] = &[NoFault, NoReconnect];
