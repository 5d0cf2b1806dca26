//! The mails that came, read back: by the engine, from the file, and as rows.

use super::*;
use crate::report::{self, Form, Kind, Listing};
use mailwatch_proto::model::{FoundBy, LATE, WatchId};

fn came(uid: u32, late: Option<u64>) -> Found {
    let found = found(uid);
    let mail = Mail { found: FoundBy::Done, late: late.map(Duration::from_secs), ..found.mail };
    Found { mail, ..found }
}

fn all() -> MailQuery {
    MailQuery { since: UNIX_EPOCH, watch: None, late: None, most: 100 }
}

#[tokio::test]
async fn mails_that_came_are_listed_newest_first_and_those_that_were_there_before_are_not() {
    let dir = tempfile::tempdir().expect("a directory");
    let history = opened(dir.path());
    let other = WatchKey { mailbox: "lists/rust".into(), ..inbox() };
    history.baseline(&inbox(), seen(3), vec![found(1), found(2)]).await.expect("kept");
    history.baseline(&other, seen(1), Vec::new()).await.expect("kept");
    history.found(&inbox(), seen(6), vec![came(3, Some(0)), came(4, Some(61)), came(5, None)]).await.expect("kept");
    history.found(&other, seen(2), vec![came(1, Some(7))]).await.expect("kept");

    let list = history.mails(all()).await.expect("read");
    let told: Vec<_> = list.mails.iter().map(|mail| (mail.watch().to_string(), mail.uid)).collect();
    let expected = [("work/lists/rust", 1), ("work/INBOX", 5), ("work/INBOX", 4), ("work/INBOX", 3)];
    assert_eq!(told, expected.map(|(watch, uid)| (watch.to_owned(), uid)));
    assert_eq!((list.delays.known(), list.delays.unknown), (3, 1));

    let late = MailQuery { watch: Some(WatchId::new("work", "INBOX")), late: Some(LATE), ..all() };
    let list = history.mails(late.clone()).await.expect("read");
    assert_eq!(list.mails.iter().map(|mail| mail.uid).collect::<Vec<_>>(), [4]);
    assert_eq!((list.delays.known(), list.delays.unknown), (2, 1), "all of the watch are counted");
    let mails = history.mails(all()).await.expect("read").mails;
    assert_eq!(late.among(mails.iter().rev()), list, "the same where a file is looked at");
    assert_eq!(history.mails(MailQuery { most: 1, ..all() }).await.expect("read").mails.len(), 1);

    end(history);
    let archive = Archive::open(dir.path()).expect("the file");
    let rows = report::rows(&archive, Kind::Mails, UNIX_EPOCH).expect("read");
    let json = report::json(Kind::Mails, &rows);
    assert!(
        json.starts_with("{\"ts\":") && json.contains("\"subject\":\"mail 4\"") && json.contains("\"late_ms\":61000")
    );
    let columns = report::columns(Kind::Mails).len();
    assert!(rows.iter().all(|row| row.fields().len() == columns));
    assert!(report::csv(Kind::Mails, &rows).contains("Ann Lee <ann@example.org>"));
    for width in [40, 60, 80, 120] {
        let table = report::table(Kind::Mails, &rows, &jiff::tz::TimeZone::UTC).render(Some(width));
        assert!(table.lines().all(|line| line.chars().count() <= width), "{width}:\n{table}");
        assert!(table.contains("mail 4"), "{width}:\n{table}");
    }
    let table = report::table(Kind::Mails, &rows, &jiff::tz::TimeZone::UTC).render(None);
    assert!(table.contains("Ann Lee  ") && !table.contains("ann@example.org"), "{table}");
    let listed = |form: &Form<'_>| {
        let watches = |key: &WatchKey| key.mailbox == "INBOX";
        let mut out = Vec::new();
        let listing =
            Listing { kind: Kind::Mails, from: UNIX_EPOCH, since: Duration::from_hours(24), watches: &watches };
        listing.write(&archive, form, &mut out).expect("read");
        String::from_utf8(out).expect("text")
    };
    let rows: Vec<_> = rows.into_iter().filter(|row| row.key().mailbox == "INBOX").collect();
    assert_eq!(listed(&Form::Json), report::json(Kind::Mails, &rows));
    assert_eq!(listed(&Form::Csv), report::csv(Kind::Mails, &rows));
    let zone = &jiff::tz::TimeZone::UTC;
    for columns in [None, Some(40), Some(80)] {
        let table = report::table(Kind::Mails, &rows, zone).render(columns);
        assert_eq!(listed(&Form::Table { zone, columns }), format!("{table}3 mails in the last 24h.\n"));
    }
}
