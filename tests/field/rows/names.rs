//! Names, LIST, STATUS and NOTIFY.

use crate::row::Expect::{Commands, FaultSays, NeverFailed, NoFault, Watched};
use crate::row::Step::{self, Create, IdlesWithin, Mail, MailIn, Pass, Start, ToldWithin};
use crate::row::{Row, row};

const INBOX_AND_LISTS: &[&str] = &["INBOX", "lists/*"];
const SHARED: &[&str] = &["INBOX", "lists/A b", "lists/R&D"];
const SHARED_MAIL: &[Step] =
    &[MailIn("lists/A b", "One"), MailIn("lists/R&D", "Two"), Mail("Three"), ToldWithin("5m"), Pass("1h")];

/// Three mailboxes on one connection.
const fn shared(name: &'static str, source: &'static str, behaviour: &'static str) -> Row {
    row(name, source, behaviour).has(&["lists/A b", "lists/R&D"]).watches(SHARED).connections(1).steps(SHARED_MAIL)
}

pub const ROWS: &[Row] = &[
    // 31
    row("LIST refused is no busy loop, and INBOX is watched", "davmail#119", "list-no")
        .watches(INBOX_AND_LISTS)
        .steps(&[Start, Pass("10m"), Mail("One"), ToldWithin("10s")])
        .expect(&[Commands("LIST", 20), FaultSays("LIST failed"), NeverFailed]),
    row("LIST answered BAD is no busy loop, and INBOX is watched", "davmail#119", "list-bad")
        .watches(INBOX_AND_LISTS)
        .steps(&[Start, Pass("10m"), Mail("One"), ToldWithin("10s")])
        .expect(&[Commands("LIST", 20), NeverFailed]),
    row("a LIST that names nothing is no busy loop, and INBOX is watched", "davmail#119", "list-empty")
        .watches(INBOX_AND_LISTS)
        .steps(&[Start, Pass("10m"), Mail("One"), ToldWithin("10s")])
        .expect(&[Commands("LIST", 20), NeverFailed]),
    row("LIST answered BYE twice passes", "davmail#119", "list-bye")
        .has(&["lists/a"])
        .watches(INBOX_AND_LISTS)
        .steps(&[Start, Pass("30m"), MailIn("lists/a", "One"), ToldWithin("10s")])
        .expect(&[Commands("LIST", 20), NeverFailed]),
    // 32
    row("plain LIST is asked where RETURN is refused by NO", "jakarta mail-api#152", "list-return-no")
        .has(&["lists/a"])
        .watches(INBOX_AND_LISTS)
        .steps(&[MailIn("lists/a", "One"), ToldWithin("10s"), Pass("10m")])
        .expect(&[Commands("LIST", 20), NeverFailed]),
    row("plain LIST is asked where RETURN is refused by BAD", "jakarta mail-api#152", "list-return-bad")
        .has(&["lists/a"])
        .watches(INBOX_AND_LISTS)
        .steps(&[MailIn("lists/a", "One"), ToldWithin("10s"), Pass("10m")])
        .expect(&[Commands("LIST", 20), NeverFailed]),
    row("names without quotes are names", "RFC 3501 9", "list-unquoted")
        .has(&["lists/a"])
        .watches(INBOX_AND_LISTS)
        .steps(&[MailIn("lists/a", "One"), ToldWithin("10s"), Pass("10m")])
        .expect(&[NoFault]),
    row("a delimiter may be NIL", "RFC 3501 7.2.2", "list-nil-delimiter")
        .has(&["lists/a"])
        .watches(INBOX_AND_LISTS)
        .steps(&[MailIn("lists/a", "One"), ToldWithin("10s"), Pass("10m")])
        .expect(&[NoFault]),
    row("INBOX in small letters is INBOX", "RFC 3501 5.1", "list-lower")
        .has(&["lists/a"])
        .watches(&["*"])
        .steps(&[MailIn("lists/a", "One"), Mail("Two"), ToldWithin("10s"), Pass("10m")])
        .expect(&[NoFault]),
    row("a mailbox that is made later is watched", "seen", "healthy")
        .watches(INBOX_AND_LISTS)
        .steps(&[Create("lists/later"), Pass("10m"), MailIn("lists/later", "One"), ToldWithin("10s")])
        .expect(&[NeverFailed]),
    row("names that are all \\Noselect are no busy loop", "seen", "list-noselect")
        .has(&["lists/a"])
        .watches(INBOX_AND_LISTS)
        .steps(&[Start, Pass("1h"), Mail("One"), ToldWithin("10s")])
        .expect(&[Commands("LIST", 60), NeverFailed]),
    shared("STATUS of the selected mailbox is never asked", "RFC 3501 6.3.10", "no-notify+status-selected-no")
        .expect(&[NeverFailed]),
    // 34
    row("names are watched as the server writes them", "modern-email/defects#46", "names-raw")
        .watches(INBOX_AND_LISTS)
        .steps(&[Start, IdlesWithin("1m"), Pass("1m")])
        .expect(&[Watched(&["INBOX", "lists/R&D", "lists/Jürgen"]), NeverFailed]),
    row("a name in raw Latin-1 does not stop the others", "modern-email/defects#46", "names-latin1")
        .watches(INBOX_AND_LISTS)
        .steps(&[Start, Pass("30s"), Mail("One"), ToldWithin("10s"), Pass("10m")])
        .not_idling()
        .expect(&[Watched(&["INBOX"]), NeverFailed]),
    // 35
    shared("STATUS with an unquoted name is understood", "gromox#5", "no-notify+status-unquoted")
        .expect(&[NeverFailed]),
    shared("STATUS with a name in capitals is understood", "RFC 3501 5.1", "no-notify+status-upper")
        .expect(&[NeverFailed]),
    shared("mailboxes are watched where STATUS is refused", "gromox#5", "no-notify+status-no").expect(&[NeverFailed]),
    shared("mailboxes are watched where STATUS is unknown", "gromox#5", "no-notify+status-bad").expect(&[NeverFailed]),
    shared("mailboxes are watched where STATUS is empty", "gromox#5", "no-notify+status-empty").expect(&[NeverFailed]),
    shared("mailboxes are watched where STATUS is of another", "gromox#5", "no-notify+status-other")
        .expect(&[NeverFailed]),
    // 36, 37
    shared("NOTIFY is understood where names are decoded", "Dovecot 2.3", "notify-decoded")
        .steps(&[Pass("10s"), MailIn("lists/R&D", "Two"), ToldWithin("5s"), Pass("1h")])
        .expect(&[NeverFailed]),
    shared("NOTIFY with names without quotes is understood", "seen", "notify-unquoted").expect(&[NeverFailed]),
    shared("NOTIFY that tells MESSAGES alone is understood", "seen", "notify-messages-only").expect(&[NeverFailed]),
    shared("NOTIFY that is late is not accused", "Dovecot, mox", "notify-late")
        .steps(&[
            MailIn("lists/A b", "One"),
            MailIn("lists/R&D", "Two"),
            Mail("Three"),
            ToldWithin("30s"),
            Pass("10m"),
            MailIn("lists/A b", "Four"),
            ToldWithin("3s"),
        ])
        .expect(&[NeverFailed]),
    shared("NOTIFY refused by BAD is not asked for again and again", "seen", "notify-bad")
        .expect(&[Commands("NOTIFY", 30), NeverFailed]),
    shared("NOTIFY answered BYE is not asked for again and again", "seen", "notify-bye")
        .expect(&[Commands("NOTIFY", 30), NeverFailed]),
];
