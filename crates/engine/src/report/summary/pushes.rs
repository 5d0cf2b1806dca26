//! How each watch's mail was found, and how late, with a sentence for the provider where some was not announced.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

use super::markdown::code;
use crate::history::KeptPush;
use crate::report::cells::lateness;
use crate::report::files::watch;
use mailwatch_proto::model::FoundBy;

/// A mail that was found by looking and had waited for so long was not announced, whatever the clocks say.
const NOT_ANNOUNCED: Duration = Duration::from_secs(10);

/// The table and the sentences; nothing where no mail came.
pub(super) fn table(page: &mut String, pushes: &[KeptPush]) {
    if pushes.iter().all(|push| push.canary) {
        return;
    }
    let mut watches: BTreeMap<String, Vec<&KeptPush>> = BTreeMap::new();
    for push in pushes.iter().filter(|push| !push.canary) {
        watches.entry(watch(&push.key)).or_default().push(push);
    }
    let _ = writeln!(
        page,
        "## New mail: how it was found, and how late\n\n\
         | Watch | Mails | Announced in IDLE | By NOTIFY | By looking after DONE | By asking | After a gap | Late, median | Latest |\n\
         |---|---|---|---|---|---|---|---|---|"
    );
    for (watch, mails) in &watches {
        let of = |by| mails.iter().filter(|push| push.by == by).count();
        let [push, notify, done, poll, connect] = FoundBy::ALL.map(of);
        let late = delays(mails);
        let (median, latest) = (lateness(late.get(late.len() / 2).copied()), lateness(late.last().copied()));
        let _ = writeln!(
            page,
            "| {} | {} | {push} | {notify} | {done} | {poll} | {connect} | {median} | {latest} |",
            code(watch),
            mails.len()
        );
    }
    page.push('\n');
    for (watch, mails) in &watches {
        if let Some(said) = not_announced(mails) {
            let _ = writeln!(page, "{}: {said}\n", code(watch));
        }
    }
}

/// How late the mails were that came while somebody listened, where the server's clock was known.
fn delays(mails: &[&KeptPush]) -> Vec<Duration> {
    let listened = mails.iter().filter(|push| push.by != FoundBy::Connect);
    let mut late: Vec<Duration> = listened.filter_map(|push| push.late).collect();
    late.sort_unstable();
    late
}

/// What is to be said to the provider.
fn not_announced(mails: &[&KeptPush]) -> Option<String> {
    let idled = mails.iter().filter(|push| matches!(push.by, FoundBy::Push | FoundBy::Done)).count();
    let waited = |push: &&&KeptPush| push.by == FoundBy::Done && push.late.is_some_and(|late| late >= NOT_ANNOUNCED);
    let missed: Vec<_> = mails.iter().filter(waited).collect();
    let latest = missed.iter().filter_map(|push| push.late).max()?;
    Some(format!(
        "of {idled} mails that came while IDLE stood, {} there for up to {} and had not been announced: the server sent no \
         EXISTS (RFC 2177), and they were found by ending IDLE and looking. Their UIDs and times are in `pushes.csv`.",
        if missed.len() == 1 { "one was".to_owned() } else { format!("{} were", missed.len()) },
        lateness(Some(latest))
    ))
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;
    use crate::history::WatchKey;

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
        assert!(page.contains("of 3 mails that came while IDLE stood, one was there for up to 1m40s"), "{page}");
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
