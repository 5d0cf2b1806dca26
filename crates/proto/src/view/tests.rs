//! What a view tells, and what it counts.

use super::*;
use crate::model::FoundBy;

fn view() -> (View, Instant) {
    let now = Instant::now();
    (View::new(WatchId::new("work", "INBOX"), Timers::default(), now), now)
}

fn notices(view: &mut View) -> Vec<Notice> {
    std::iter::from_fn(|| view.poll()).map(|(_, notice)| notice).collect()
}

#[test]
fn a_mail_is_told_once_also_where_another_left_off() {
    let (mut view, now) = view();
    let mail = |uid| Mail {
        uid,
        uidvalidity: 7,
        from: String::new(),
        subject: String::new(),
        date: None,
        gap: false,
        ..Mail::default()
    };
    view.mails(vec![mail(1), mail(2), mail(1)], now);
    view.mails(vec![mail(2)], now);
    assert_eq!(notices(&mut view).len(), 2);
    let (mut next, _) = self::view();
    next.remember(view.take_told());
    next.mails(vec![mail(1), mail(3)], now);
    assert_eq!(notices(&mut next), [Notice::Mail(None, mail(3))]);
}

#[test]
fn a_mailbox_that_is_set_aside_stays_as_it_is_and_shows_its_connections_phase_afterwards() {
    let (mut view, now) = view();
    view.phase(Phase::Idling, now);
    view.set_aside(Phase::Paused, now);
    view.phase(Phase::Finishing, now);
    assert_eq!((view.now().phase, view.connection_phase()), (Phase::Paused, Phase::Finishing));
    view.take_back(now);
    assert_eq!(view.now().phase, Phase::Finishing);
}

#[test]
fn only_another_verdict_is_told() {
    let (mut view, now) = view();
    view.conclude(crate::verdict::live(), now);
    view.conclude(crate::verdict::live(), now);
    assert_eq!(notices(&mut view).len(), 1);
}

#[test]
fn what_is_new_is_counted_until_the_user_has_looked_and_goes_on_where_an_earlier_run_left_off() {
    let (mut view, now) = view();
    let looked = SystemTime::UNIX_EPOCH + Duration::from_hours(1000);
    let mail = |uid, found, received| Mail { uid, found, received: Some(received), ..Mail::default() };
    view.count_new(NewMails::resume(3, &[]), Some(looked));
    assert_eq!(view.now().mailbox.new, 3);
    // What came before and is found on connecting alone is not new; a copy that keeps its old date is.
    view.mails(
        vec![mail(1, FoundBy::Connect, looked - Duration::from_secs(1)), mail(2, FoundBy::Connect, looked)],
        now,
    );
    view.mails(vec![mail(3, FoundBy::Push, looked - Duration::from_secs(1))], now);
    assert_eq!(view.now().mailbox.new, 5);
    assert_eq!(notices(&mut view).len(), 3, "all are told");
    view.reset_new(now);
    assert_eq!((view.now().mailbox.new, notices(&mut view)), (0, vec![Notice::Looked(None)]));
    view.mails(vec![mail(4, FoundBy::Push, looked)], now);
    assert_eq!(view.now().mailbox.new, 1);
}

#[test]
fn what_is_seen_or_gone_is_new_no_longer_and_what_lacks_seen_again_does_not_become_it_twice() {
    let (mut view, now) = view();
    let mail = |uid| Mail { uid, uidvalidity: 7, ..Mail::default() };
    for (seq, uid) in [(4, 11), (5, 12), (6, 13)] {
        view.place(seq, uid, true, now);
    }
    view.mails(vec![mail(11), mail(12), mail(13)], now);
    let seen = Mail { flags: vec!["\\seen".to_owned()], ..mail(14) };
    view.mails(vec![seen], now);
    assert_eq!((view.now().mailbox.new, notices(&mut view).len()), (3, 4), "one was seen before it was told");
    let not_new = |uid, seen| Notice::NotNew { of: (0, 7), uids: vec![uid], seen };
    view.gone_at(4, now);
    assert_eq!((view.now().mailbox.new, notices(&mut view)), (2, vec![not_new(11, false)]));
    view.seen_at(4, now);
    assert_eq!((view.now().mailbox.new, notices(&mut view)), (1, vec![not_new(12, true)]));
    view.place(4, 12, true, now);
    assert_eq!((view.now().mailbox.new, notices(&mut view)), (1, vec![]));
    assert_eq!(view.marked(8, &[13], now), (vec![], false), "another UIDVALIDITY");
    assert_eq!(view.marked(7, &[13, 1], now), (vec![5], false), "of one the number is not known");
    assert_eq!((view.now().mailbox.new, notices(&mut view)), (0, vec![not_new(13, true)]));
}

#[test]
fn no_more_are_new_than_lack_seen_and_the_history_hears_of_it() {
    let (mut view, now) = view();
    view.count_new(NewMails::resume(9, &[(0, 7, 20), (0, 7, 22)]), None);
    view.bound_new(5, now);
    assert_eq!((view.now().mailbox.new, notices(&mut view)), (5, vec![]), "which ones is not known");
    view.bound_new(2, now);
    assert_eq!((view.now().mailbox.new, notices(&mut view)), (2, vec![Notice::Looked(Some((0, 7, 20)))]));
}
