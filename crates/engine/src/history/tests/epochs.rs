//! A mail is known by its epoch and UID, and across epochs and mailboxes by what COPY, MOVE and RENAME keep.

use super::*;

fn of_epoch(epoch: u32, uid: u32) -> Found {
    let found = found(uid);
    Found { mail: Mail { epoch, ..found.mail }, ..found }
}

fn seen_in(epoch: u32, uidnext: u32) -> Seen {
    Seen { epoch, ..seen(uidnext) }
}

fn identity(found: &Found) -> Identity {
    Identity {
        message_id: found.message_id.clone(),
        internal_date: found.internal_date,
        size: found.size,
        subject: found.mail.subject.clone(),
    }
}

/// Which of these the history knows in other epochs than this.
async fn known(history: &History, epoch: u32, among: Among, mails: &[&Found]) -> Vec<Option<(String, MailUid)>> {
    let mails = mails.iter().map(|found| identity(found)).collect();
    let known = history.known(&inbox(), epoch, among, mails).await.expect("read");
    known.into_iter().map(|known| known.map(|known| (known.mailbox, known.uid))).collect()
}

#[tokio::test(start_paused = true)]
async fn the_same_uid_in_a_new_epoch_is_another_mail_and_uidnext_may_go_back() {
    let history = History::in_process();
    let key = inbox();
    history.found(&key, seen_in(0, 50), vec![of_epoch(0, 49)]).await.expect("kept");
    let told = history.found(&key, seen_in(1, 50), vec![of_epoch(1, 49)]).await.expect("kept");
    assert_eq!(told.iter().map(|mail| (mail.epoch, mail.uid)).collect::<Vec<_>>(), [(1, 49)]);
    assert_eq!(history.found(&key, seen_in(1, 50), vec![of_epoch(1, 49)]).await, Ok(vec![]));
    history.found(&key, seen_in(2, 3), vec![]).await.expect("kept");
    let seen = history.seen(&key).await.expect("read").expect("it was seen");
    assert_eq!((seen.epoch, seen.uidnext), (2, 3));
    // A program that is behind does not take the mailbox back.
    history.found(&key, seen_in(1, 60), vec![]).await.expect("kept");
    let seen = history.seen(&key).await.expect("read").expect("it was seen");
    assert_eq!((seen.epoch, seen.uidnext), (2, 3));
    history.reported(vec![(key.clone(), MailUid { epoch: 1, ..uid(49) })]).await.expect("kept");
    let owed = history.unreported(&key).await.expect("read");
    assert_eq!(owed.iter().map(|mail| (mail.epoch, mail.uid)).collect::<Vec<_>>(), [(0, 49)]);
}

#[tokio::test(start_paused = true)]
async fn flags_and_unread_headers_are_told_again_as_they_were() {
    let history = History::in_process();
    let mail = Mail { flags: vec!["\\Seen".into(), "$Junk".into()], headers: false, ..mail(1) };
    history.found(&inbox(), seen(2), vec![Found { mail: mail.clone(), ..found(1) }]).await.expect("kept");
    assert_eq!(history.unreported(&inbox()).await, Ok(vec![Mail { gap: true, ..mail }]));
}

#[tokio::test(start_paused = true)]
async fn a_mail_is_known_across_epochs_by_message_id_and_internaldate() {
    let history = History::in_process();
    let told = found(7);
    history.found(&inbox(), seen(8), vec![told.clone()]).await.expect("kept");
    let (same, of) = (of_epoch(1, 1), ("INBOX".to_owned(), uid(7)));
    let same = Found { message_id: told.message_id.clone(), internal_date: told.internal_date, ..same };
    let undated = Found { internal_date: None, ..same.clone() };
    let sent_again = Found { internal_date: Some(now() + Duration::from_mins(5)), ..same.clone() };
    let other = Found { message_id: Some("<other@example.org>".into()), ..same.clone() };
    for (mail, expected) in [(&same, Some(&of)), (&undated, Some(&of)), (&sent_again, None), (&other, None)] {
        assert_eq!(known(&history, 1, Among::Epochs, &[mail]).await, [expected.cloned()], "{mail:?}");
    }
    assert_eq!(
        known(&history, 1, Among::Epochs, &[&same, &same]).await,
        [Some(of), None],
        "two equal mails, one known"
    );
    assert_eq!(known(&history, 0, Among::Epochs, &[&same]).await, [None], "its own epoch is no answer");
}

#[tokio::test(start_paused = true)]
async fn a_mail_without_message_id_is_known_by_internaldate_size_and_subject() {
    let history = History::in_process();
    let told = Found { message_id: None, size: Some(812), ..found(7) };
    history.found(&inbox(), seen(8), vec![told.clone()]).await.expect("kept");
    let with = |size, subject: &str, internal_date| Found {
        mail: Mail { subject: subject.into(), ..told.mail.clone() },
        size,
        internal_date,
        ..told.clone()
    };
    let at = told.internal_date;
    for (mail, is_known) in [
        (with(Some(812), "mail 7", at), true),
        (with(None, "mail 7", at), true),
        (with(Some(813), "mail 7", at), false),
        (with(Some(812), "mail 8", at), false),
        (with(Some(812), "mail 7", at.map(|at| at + Duration::from_secs(1))), false),
        (with(Some(812), "mail 7", None), false),
    ] {
        let known = known(&history, 1, Among::Epochs, &[&mail]).await;
        assert_eq!(known[0].is_some(), is_known, "{mail:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_renamed_mailboxs_mails_are_known_from_the_logins_other_mailboxes() {
    let history = History::in_process();
    let old = WatchKey { mailbox: "old".into(), ..inbox() };
    let stranger = WatchKey { account: "home".into(), login: "you@h".into(), ..inbox() };
    history.found(&old, seen(8), vec![found(7)]).await.expect("kept");
    history.found(&stranger, seen(9), vec![found(8)]).await.expect("kept");
    let mails = [&found(7), &found(8)];
    assert_eq!(known(&history, 0, Among::Epochs, &mails).await, [None, None]);
    let answers = known(&history, 0, Among::Mailboxes, &mails).await;
    assert_eq!(answers, [Some(("old".to_owned(), uid(7))), None]);
}

#[tokio::test(start_paused = true)]
async fn a_mail_that_cannot_be_read_is_remembered_with_its_failures_until_its_epoch_ends() {
    let history = History::in_process();
    let key = inbox();
    assert_eq!(history.poison(&key, 0, 5).await, Ok(None));
    let later = now() + Duration::from_mins(1);
    history.remember_poison(&key, 0, 5, now()).await.expect("kept");
    let twice = Poison { tried: later, failures: 2 };
    assert_eq!(history.remember_poison(&key, 0, 5, later).await, Ok(twice));
    assert_eq!(history.poison(&key, 0, 5).await, Ok(Some(twice)));
    assert_eq!((history.poison(&key, 1, 5).await, history.poison(&key, 0, 6).await), (Ok(None), Ok(None)));
    history.found(&key, seen_in(1, 1), vec![]).await.expect("kept");
    history.remember_poison(&key, 1, 9, later).await.expect("kept");
    assert_eq!(history.poison(&key, 0, 5).await, Ok(None));
    let once = Poison { tried: later, failures: 1 };
    assert_eq!(history.poisons(&key, 1).await, Ok(vec![(9, once)]));
    history.forget_poison(&key, 1, 9).await.expect("kept");
    assert_eq!(history.poison(&key, 1, 9).await, Ok(None));
}

#[tokio::test]
async fn headers_that_came_a_day_later_are_kept_and_the_mail_is_not_told_again() {
    let dir = tempfile::tempdir().expect("a directory");
    let history = opened(dir.path());
    let bare =
        |number| Found { mail: Mail { headers: false, subject: String::new(), ..mail(number) }, ..found(number) };
    let told = history.found(&inbox(), seen(4), vec![bare(1), bare(2), found(3)]).await.expect("kept");
    history.reported(told.iter().map(|mail| (inbox(), uid(mail.uid))).collect()).await.expect("kept");
    for number in [1, 2] {
        history.remember_poison(&inbox(), 0, number, now()).await.expect("kept");
    }
    let other = Found { mail: Mail { subject: "another".into(), ..mail(3) }, ..found(3) };
    let of = (0, mail(1).uidvalidity);
    history.reread(&inbox(), of, vec![1, 2], vec![found(1), other]).await.expect("kept");
    assert_eq!(history.poisons(&inbox(), 0).await, Ok(vec![]), "none is asked for a third time");
    assert_eq!(history.unreported(&inbox()).await, Ok(vec![]));
    end(history);
    let db = rusqlite::Connection::open(dir.path().join(FILE)).expect("opened");
    let mut rows = db.prepare("SELECT subject, headers FROM mail ORDER BY uid").expect("a statement");
    let rows = rows.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).expect("read");
    let rows: Vec<(String, bool)> = rows.collect::<rusqlite::Result<_>>().expect("read");
    assert_eq!(rows, [(mail(1).subject, true), (String::new(), false), (mail(3).subject, true)]);
}
