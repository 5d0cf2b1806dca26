//! Which mail is new.

use crate::row::Expect::{Commands, Connections, Contradiction, Hints, Logins, NeverFailed, NoFault, NoReconnect};
use crate::row::Step::{
    Bare, Behave, Drop, Expunge, Flags, IdlesWithin, Mail, MailIn, Mails, Pass, Rename, Renumber, Restart, ToldWithin,
};
use crate::row::{Row, row};

pub const ROWS: &[Row] = &[
    // 12
    row("mail is told once where UIDs went back under the same UIDVALIDITY", "chatmail/core#2188", "uids-go-back")
        .steps(&[
            Mail("Before"),
            ToldWithin("10s"),
            Drop,
            Pass("10s"),
            Mail("After"),
            ToldWithin("1m"),
            Pass("1h"),
            Mail("Later"),
            ToldWithin("10s"),
        ])
        .expect(&[Contradiction, NeverFailed]),
    row("mail that came in the gap is told once where UIDs went back", "chatmail/core#2188", "uids-go-back")
        .steps(&[
            Mail("Before"),
            ToldWithin("10s"),
            Behave("greeting-close"),
            Drop,
            Pass("10s"),
            Mail("In the gap"),
            Behave("on start -> rewind"),
            ToldWithin("10m"),
            Restart,
            Pass("10m"),
        ])
        .expect(&[Contradiction, NeverFailed]),
    // 13, 14
    row("old mails are not told where EXAMINE has no UIDNEXT and `*` is nothing", "chatmail/core#4842", "uidnext-gone")
        .old(3000)
        .steps(QUIET_AND_ONE)
        .expect(&[NeverFailed]),
    row("old mails are not told where nothing gives UIDNEXT", "chatmail/core#4842", "uidnext-nowhere")
        .old(300)
        .steps(QUIET_AND_ONE)
        .expect(&[NeverFailed]),
    row("old mails are not told where STATUS is refused", "chatmail/core#4842", "uidnext-refused")
        .old(300)
        .steps(QUIET_AND_ONE)
        .expect(&[NeverFailed]),
    row("old mails are not told where UIDNEXT is 0", "node-imap#549", "uidnext-zero")
        .old(30)
        .steps(QUIET_AND_ONE)
        .expect(&[NeverFailed]),
    row("old mails are not told where UIDNEXT is 1", "node-imap#549", "uidnext-one")
        .old(30)
        .steps(QUIET_AND_ONE)
        .expect(&[NeverFailed]),
    row("old mails are not told where UIDNEXT is the last one's", "node-imap#549", "uidnext-low")
        .old(30)
        .steps(QUIET_AND_ONE)
        .expect(&[NeverFailed]),
    row("mail is told where UIDNEXT is far ahead", "node-imap#549", "uidnext-far")
        .old(30)
        .steps(QUIET_AND_ONE)
        .expect(&[NeverFailed]),
    row("old mails are not told where UIDVALIDITY is missing", "RFC 3501 2.3.1.1", "uidvalidity-gone")
        .old(30)
        .steps(QUIET_AND_ONE)
        .expect(&[NeverFailed]),
    row("old mails are not told where UIDVALIDITY is 0", "RFC 3501 2.3.1.1", "uidvalidity-zero")
        .old(30)
        .steps(QUIET_AND_ONE)
        .expect(&[NeverFailed]),
    row("old mails are not told where EXAMINE says 0 EXISTS first", "seen", "exists-late")
        .old(30)
        .steps(QUIET_AND_ONE)
        .expect(&[NeverFailed]),
    row("old mails are not told where EXAMINE has no EXISTS", "seen", "exists-gone")
        .old(30)
        .steps(QUIET_AND_ONE)
        .expect(&[NeverFailed]),
    row("an old mailbox of one mail is not told where UIDNEXT is 1", "node-imap#549", "uidnext-one")
        .old(1)
        .steps(QUIET_AND_ONE)
        .expect(&[NeverFailed]),
    row("the first mail of an empty mailbox is told where UIDNEXT is 1", "node-imap#549", "uidnext-one")
        .old(0)
        .steps(QUIET_AND_ONE)
        .expect(&[NeverFailed]),
    // 15, 16
    row("a mailbox made again is noticed by EXISTS alone", "Courier", "recreated-exists")
        .steps(&[Pass("40s"), Mail("Then"), ToldWithin("10s"), Pass("1h")])
        .besides(&["After the recreation"])
        .expect(&[NeverFailed]),
    row("a mailbox made again is noticed by its expunges", "Cyrus", "recreated-expunge")
        .steps(&[Pass("40s"), Mail("Then"), ToldWithin("10s"), Pass("1h")])
        .besides(&["After the recreation"])
        .expect(&[NeverFailed]),
    row("a mailbox made again is noticed by an ALERT", "Dovecot", "recreated-alert")
        .steps(&[Pass("40s"), Mail("Then"), ToldWithin("10s"), Pass("1h")])
        .besides(&["After the recreation"])
        .expect(&[NeverFailed]),
    row("a mailbox made again is noticed by an untagged NO", "Dovecot", "recreated-no")
        .steps(&[Pass("40s"), Mail("Then"), ToldWithin("10s"), Pass("1h")])
        .besides(&["After the recreation"])
        .expect(&[NeverFailed]),
    row("a mailbox made again without a word is noticed at the next reissue", "pymap", "recreated-silent")
        .steps(&[Pass("5m"), Mail("Then"), ToldWithin("10s"), Pass("1h")])
        .besides(&["After the recreation"])
        .expect(&[NeverFailed]),
    row("a mailbox made again is noticed by the BYE", "mox", "recreated-bye")
        .steps(&[Pass("40s"), Mail("Then"), ToldWithin("10s"), Pass("1h")])
        .besides(&["After the recreation"])
        .expect(&[NeverFailed]),
    row("a mailbox made again twice is noticed twice", "Cyrus", "recreated-twice")
        .steps(&[Pass("2m"), Mail("Then"), ToldWithin("10s"), Pass("1h")])
        .besides(&["After recreation 1", "After recreation 2"])
        .expect(&[NeverFailed]),
    row("a mailbox that was emptied and filled is no other", "Cyrus", "emptied-and-filled")
        .steps(&[Pass("40s"), Mail("Then"), ToldWithin("10s"), Pass("1h")])
        .besides(&["After the expunge"])
        .expect(&[NeverFailed]),
    // 17
    row("mails of a renamed mailbox are not told again", "Courier", "healthy")
        .has(&["box/a"])
        .watches(&["box/*"])
        .steps(&[
            MailIn("box/a", "One"),
            MailIn("box/a", "Two"),
            ToldWithin("10s"),
            Rename("box/a", "box/b"),
            Renumber("box/b"),
            IdlesWithin("15m"),
            MailIn("box/b", "Three"),
            ToldWithin("15m"),
            Pass("1h"),
        ])
        .expect(&[NeverFailed]),
    // 18
    row("mail of a gap is found where SEARCH takes numbers for UIDs", "pymap", "search-by-uid")
        .steps(IN_A_NEW_UIDVALIDITY)
        .expect(&[NeverFailed]),
    row("mail of a gap is found where SEARCH with a set is answered NO", "pymap", "search-no")
        .steps(IN_A_NEW_UIDVALIDITY)
        .expect(&[NeverFailed]),
    row("mail of a gap is found where SEARCH with a set is answered BAD", "pymap", "search-bad")
        .steps(IN_A_NEW_UIDVALIDITY)
        .expect(&[NeverFailed]),
    row("mail of a gap is found where SEARCH is refused", "pymap", "search-refused")
        .steps(IN_A_NEW_UIDVALIDITY)
        .expect(&[NeverFailed]),
    row("mail of a gap is found where SEARCH finds nothing", "pymap", "search-empty")
        .steps(IN_A_NEW_UIDVALIDITY)
        .expect(&[NeverFailed]),
    row("mail of a gap is found where SEARCH has no answer", "pymap", "search-without-answer")
        .steps(IN_A_NEW_UIDVALIDITY)
        .expect(&[NeverFailed]),
    row("mail of a gap is found where SEARCH is answered in parts", "RFC 3501 7.2.5", "search-split")
        .steps(IN_A_NEW_UIDVALIDITY)
        .expect(&[NeverFailed]),
    // 19
    row("RECENT alone is looked into at once", "imapfilter#283", "only-recent")
        .steps(ONE_BY_ONE)
        .expect(&[Hints(1), NoReconnect]),
    row("a FETCH alone is looked into at once", "imapfilter#66", "only-fetch")
        .steps(ONE_BY_ONE)
        .expect(&[Hints(1), NoReconnect]),
    row("EXISTS with an unchanged number is looked into at once", "imapfilter#283", "exists-unchanged")
        .steps(ONE_BY_ONE)
        .expect(&[Hints(1), NoReconnect]),
    row("mail that is never announced is told after the next DONE", "nmail#112", "never-announces")
        .steps(&[Mail("One"), ToldWithin("5m"), Mail("Two"), ToldWithin("5m")])
        .expect(&[NoFault, NoReconnect]),
    row("mail that is announced between DONE and its answer is told once", "seen", "announces-at-done")
        .steps(&[Mail("One"), ToldWithin("5m"), Mail("Two"), ToldWithin("5m")])
        .expect(&[NoFault, NoReconnect]),
    row("mail of which every second is announced is told", "seen", "announces-every-second")
        .steps(&[Mail("One"), ToldWithin("10s"), Mail("Two"), ToldWithin("5m"), Mail("Three"), ToldWithin("10s")])
        .expect(&[NoFault, NoReconnect]),
    row(
        "mail that is announced once a minute is told so",
        "Dovecot's mailbox_idle_check_interval",
        "announces-each-minute",
    )
    .steps(&[Mail("One"), ToldWithin("65s"), Mail("Two"), ToldWithin("65s")])
    .expect(&[NoFault, NoReconnect, Hints(0)]),
    row("mail that is announced late is told then", "seen", "announces-late")
        .steps(&[Mail("One"), ToldWithin("25s"), Mail("Two"), ToldWithin("25s")])
        .expect(&[NoFault, NoReconnect, Hints(0)]),
    row("EXISTS with one too many is a mail, once", "imapfilter#283", "exists-too-high")
        .steps(ONE_BY_ONE)
        .expect(&[NeverFailed, Logins(4)]),
    row("EXISTS repeated every 20 s costs little", "seen", "exists-repeated")
        .steps(&[Mail("One"), ToldWithin("10s"), Pass("2h"), Mail("Two"), ToldWithin("3m")])
        .expect(&[Commands("IDLE", 160), NoReconnect]),
    row("EXISTS repeated every 100 ms costs little", "seen", "exists-storm")
        .steps(&[Mail("One"), ToldWithin("10s"), Pass("30m"), Mail("Two"), ToldWithin("3m")])
        .expect(&[Commands("IDLE", 120), NoReconnect]),
    row("RECENT repeated costs little", "seen", "recent-repeated")
        .steps(&[Mail("One"), ToldWithin("10s"), Pass("2h"), Mail("Two"), ToldWithin("3m")])
        .expect(&[Commands("IDLE", 160), NoReconnect]),
    row("a number that falls without EXPUNGE is no end of the mailbox", "seen", "exists-falling")
        .steps(LATER)
        .expect(&[NeverFailed]),
    row("an EXPUNGE of a message that there is not is survived", "seen", "expunge-beyond")
        .steps(LATER)
        .expect(&[NeverFailed]),
    row("an EXPUNGE of message 0 is survived", "seen", "expunge-zero").steps(LATER).expect(&[NeverFailed]),
    row("VANISHED that nobody asked for is survived", "seen", "vanished").steps(LATER).expect(&[NeverFailed]),
    row("STATUS within IDLE is survived", "seen", "status-within-idle").steps(LATER).expect(&[NeverFailed]),
    row("LIST within IDLE is survived", "seen", "list-within-idle").steps(LATER).expect(&[NoFault]),
    row("a storm of flags delays no mail", "seen", "flags-storm").steps(LATER).expect(&[NeverFailed]),
    row("a storm of ALERTs delays no mail", "seen", "alert-storm").steps(LATER).expect(&[NeverFailed]),
    row("DONE answered NO loses no mail", "seen", "done-no").steps(ONE_BY_ONE).expect(&[NeverFailed]),
    row("DONE answered BAD loses no mail", "seen", "done-bad").steps(ONE_BY_ONE).expect(&[NeverFailed]),
    row("mail is told where DONE is not answered and the connection is replaced", "seen", "done-silent-tells")
        .steps(&[Mail("One"), ToldWithin("20s"), Mail("Two"), ToldWithin("10s"), Pass("1h")])
        .expect(&[NeverFailed, Connections(2)]),
    row("mail is told where NOOP shows nothing and there is no IDLE", "seen", "noop-tells-nothing")
        .steps(&[Mail("One"), ToldWithin("5m"), Pass("1h"), Mail("Two"), ToldWithin("5m"), Pass("10m")])
        .expect(&[NeverFailed, NoReconnect]),
    row("IDLE refused twice loses no mail", "seen", "idle-no-then-ok").steps(SLOWLY).expect(&[NeverFailed]),
    row("IDLE that is over at once is no busy loop", "seen", "idle-instantly-over")
        .steps(&[Mail("One"), ToldWithin("3m"), Pass("1h"), Mail("Two"), ToldWithin("3m")])
        .expect(&[Commands("IDLE", 200)]),
    row("IDLE answered OK without `+` is no busy loop", "seen", "idle-ok-without-plus")
        .steps(&[Mail("One"), ToldWithin("3m"), Pass("1h"), Mail("Two"), ToldWithin("3m")])
        .expect(&[Commands("IDLE", 200)]),
    row("STATUS with another UIDVALIDITY for ever costs little", "seen", "status-other-uidvalidity")
        .steps(SLOWLY)
        .expect(&[NeverFailed, Commands("EXAMINE", 30)]),
    row("an emptied search tells no mail again after a restart", "seen", "search-empty")
        .steps(&[Mails(3), ToldWithin("10s"), Restart, Pass("10m"), Mail("One"), ToldWithin("10s")])
        .expect(&[NeverFailed]),
    // 20
    row(
        "another UIDVALIDITY at each EXAMINE tells a mail without Message-ID once",
        "K-9#1074",
        "uidvalidity-each-time",
    )
    .steps(&[
        Bare("One"),
        ToldWithin("1m"),
        Drop,
        Pass("10m"),
        Drop,
        Bare("Two"),
        ToldWithin("10m"),
        Drop,
        Pass("1h"),
        Restart,
        Pass("10m"),
    ])
    .expect(&[NeverFailed]),
    row("another UIDVALIDITY at each EXAMINE tells a mail once", "K-9#1074", "uidvalidity-each-time")
        .steps(&[
            Mail("One"),
            ToldWithin("1m"),
            Drop,
            Pass("10m"),
            Drop,
            Mail("Two"),
            ToldWithin("10m"),
            Drop,
            Pass("1h"),
            Restart,
            Pass("10m"),
        ])
        .expect(&[NeverFailed]),
    row("UIDVALIDITY that flips between two tells a mail once", "K-9#1074", "uidvalidity-flips")
        .steps(&[
            Bare("One"),
            ToldWithin("1m"),
            Drop,
            Pass("10m"),
            Drop,
            Bare("Two"),
            ToldWithin("10m"),
            Drop,
            Pass("10m"),
            Drop,
            Pass("1h"),
        ])
        .expect(&[NeverFailed]),
    // 47
    row("mails read elsewhere are seen at once", "seen", "healthy")
        .old(5)
        .steps(&[
            crate::row::Step::UnseenWithin(5, "5s"),
            Flags(1, &["\\Seen"]),
            Flags(2, &["\\Seen"]),
            crate::row::Step::UnseenWithin(3, "1s"),
            Flags(1, &[]),
            crate::row::Step::UnseenWithin(4, "1s"),
            Expunge(5),
            crate::row::Step::UnseenWithin(3, "1s"),
            Mails(2),
            crate::row::Step::UnseenWithin(5, "5s"),
            ToldWithin("5s"),
        ])
        .expect(&[NoFault, NoReconnect]),
];

use crate::row::Step;

const QUIET_AND_ONE: &[Step] = &[
    Pass("10m"),
    Mail("One"),
    ToldWithin("3m"),
    Pass("10m"),
    Drop,
    Pass("10m"),
    Mails(2),
    ToldWithin("3m"),
    Restart,
    Pass("10m"),
];
const ONE_BY_ONE: &[Step] = &[Mail("One"), ToldWithin("10s"), Pass("10m"), Mail("Two"), ToldWithin("10s"), Pass("10m")];
const SLOWLY: &[Step] = &[Mail("One"), ToldWithin("4m"), Pass("10m"), Mail("Two"), ToldWithin("4m"), Pass("10m")];
const LATER: &[Step] = &[Pass("30s"), Mail("One"), ToldWithin("10s"), Pass("10m"), Mail("Two"), ToldWithin("10s")];
/// While nothing was watched, mail came and the mailbox got another UIDVALIDITY.
const IN_A_NEW_UIDVALIDITY: &[Step] = &[
    Mail("Before"),
    ToldWithin("10s"),
    Pass("10m"),
    Renumber("INBOX"),
    Mail("In the gap"),
    ToldWithin("10m"),
    Mail("Then"),
    ToldWithin("10s"),
    Pass("1h"),
];
