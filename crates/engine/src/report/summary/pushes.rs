//! How each watch's mail was found, and how late, with a sentence for the provider where some was not announced.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

use super::markdown::code;
use crate::history::WatchKey;
use crate::report::cells::lateness;
use crate::report::figures::MailFigures;
use crate::report::files::watch;

/// The table and the sentences; nothing where no mail came.
pub(super) fn table(page: &mut String, watches: &BTreeMap<WatchKey, MailFigures>) {
    if watches.is_empty() {
        return;
    }
    let _ = writeln!(
        page,
        "## New mail: how it was found, and how late\n\n\
         | Watch | Mails | Announced in IDLE | By NOTIFY | By looking after DONE | By asking | After a gap | Late, median | Latest |\n\
         |---|---|---|---|---|---|---|---|---|"
    );
    for (key, mails) in watches {
        let [push, notify, done, poll, connect] = mails.found;
        let late = |seconds: Option<u64>| lateness(seconds.map(Duration::from_secs));
        let (median, latest) = (late(mails.late.median()), late(mails.late.most()));
        let _ = writeln!(
            page,
            "| {} | {} | {push} | {notify} | {done} | {poll} | {connect} | {median} | {latest} |",
            code(&watch(key)),
            mails.count()
        );
    }
    page.push('\n');
    for (key, mails) in watches.iter().filter(|(_, mails)| mails.missed > 0) {
        let _ = writeln!(page, "{}: {}\n", code(&watch(key)), not_announced(mails));
    }
}

/// What is to be said to the provider.
fn not_announced(mails: &MailFigures) -> String {
    let [push, _, done, ..] = mails.found;
    format!(
        "of {} mails that came during IDLE, {} there for up to {} and had not been announced: the server sent no \
         EXISTS (RFC 2177), and they were found by ending IDLE and looking. Their UIDs and times are in `pushes.csv`.",
        push + done,
        if mails.missed == 1 { "one was".to_owned() } else { format!("{} were", mails.missed) },
        lateness(Some(mails.longest))
    )
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;
    use crate::history::KeptPush;
    use mailwatch_proto::model::FoundBy;

    fn table(page: &mut String, pushes: &[KeptPush]) {
        let mut mails: BTreeMap<WatchKey, MailFigures> = BTreeMap::new();
        for push in pushes {
            mails.entry(push.key.clone()).or_default().add(push);
        }
        super::table(page, &mails);
    }

    fn push(uid: u32, by: FoundBy, late: Option<u64>) -> KeptPush {
        let key = WatchKey { account: "work".into(), login: "ann@localhost".into(), mailbox: "INBOX".into() };
        let late = late.map(Duration::from_secs);
        KeptPush {
            key,
            uid,
            at: SystemTime::UNIX_EPOCH,
            by,
            received: None,
            announced: None,
            told: None,
            late,
            canary: false,
        }
    }

    #[test]
    fn mails_are_counted_by_how_they_were_found_and_the_provider_is_told_what_it_did_not_announce() {
        let mut page = String::new();
        let pushes = [
            push(1, FoundBy::Push, Some(0)),
            push(2, FoundBy::Done, Some(100)),
            push(3, FoundBy::Done, Some(3)),
            push(4, FoundBy::Connect, Some(9000)),
        ];
        table(&mut page, &pushes);
        assert!(page.contains("| `work/INBOX` | 4 | 1 | 0 | 2 | 0 | 1 | 3s | 1m40s |"), "{page}");
        assert!(page.contains("of 3 mails that came during IDLE, one was there for up to 1m40s"), "{page}");
    }

    #[test]
    fn of_no_mail_and_of_mail_that_was_announced_nothing_is_said() {
        let mut page = String::new();
        table(&mut page, &[]);
        assert_eq!(page, "");
        table(&mut page, &[push(1, FoundBy::Push, None)]);
        assert!(page.contains("not known") && !page.contains("RFC 2177"), "{page}");
    }
}
