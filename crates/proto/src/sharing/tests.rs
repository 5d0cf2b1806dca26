//! What a connection does for the mailboxes that share it, with constructed time.

use super::listing::LIST_EVERY;
use super::*;
use crate::model::{FaultClass, Mail, Phase, Timers};
use crate::response::{MailboxStatus, Named, StatusText};
use crate::view::View;

const S: Duration = Duration::from_secs(1);
const POLL: Duration = Duration::from_mins(2);
const CONN: Option<ConnId> = Some(ConnId(4));

fn id(name: &str) -> WatchId {
    WatchId::new("work", name)
}

fn mailbox(name: &str, now: Instant) -> SharedMailbox {
    SharedMailbox::new(View::new(id(name), Timers::default(), now), None, now)
}

/// Two mailboxes that were looked at over this connection, which serves them so.
fn shared(notify: &Notify) -> (Sharing, Instant) {
    let now = Instant::now();
    let mut sharing = Sharing::new(None, false);
    for name in ["a", "b"] {
        sharing.insert(mailbox(name, now));
    }
    for name in ["a", "b"] {
        look(&mut sharing, name, 5, now);
    }
    sharing.settle(notify);
    (sharing, now)
}

fn look(sharing: &mut Sharing, name: &str, uidnext: u32, now: Instant) -> Update {
    let found = Mailbox { exists: uidnext - 1, unseen: None, uidvalidity: 7, uidnext, epoch: 0 };
    sharing.progress(Some(&id(name)), Progress::LookedAt(found), CONN, now)
}

fn on() -> Notify {
    Notify::On(Arc::from([Arc::from("a"), Arc::from("b")]))
}

fn status(name: &str, uidnext: u32) -> Response {
    let status = MailboxStatus { uidnext: Some(uidnext), messages: Some(uidnext - 1), ..MailboxStatus::default() };
    Response::MailboxStatus(Named(name.to_owned()), status)
}

fn answered() -> ListedNames {
    ListedNames { names: vec![Some(Vec::new())], ..ListedNames::default() }
}

fn overflow() -> Response {
    let code = Some(Code::Other("NOTIFICATIONOVERFLOW".to_owned()));
    Response::Status { status: crate::model::Status::Ok, text: StatusText { code, text: String::new() } }
}

#[test]
fn where_nothing_tells_of_them_they_are_asked_once_in_a_poll() {
    let (sharing, now) = shared(&Notify::Never);
    assert_eq!(sharing.due(CONN, now, now), Some(now + POLL));
}

#[test]
fn where_notify_tells_of_them_nothing_is_due() {
    let (sharing, now) = shared(&on());
    assert_eq!(sharing.due(CONN, now, now), None);
    assert_eq!(sharing.due(Some(ConnId(5)), now, now), Some(now + POLL), "another connection has not looked at them");
}

#[test]
fn news_by_notify_are_a_reason_to_look_and_figures_are_not() {
    let (mut sharing, now) = shared(&on());
    assert_eq!(sharing.response(&status("a", 5), now), None);
    assert!(!sharing.is_look_requested());
    assert_eq!(sharing.response(&status("a", 6), now), None);
    assert!(sharing.is_look_requested());
    assert_eq!(sharing.due(CONN, now + S, now), Some(now + S), "when the pause after the last look is over");
    let names: Vec<_> = sharing.work(CONN, false, POLL, 99, now).items.into_iter().map(|item| item.id).collect();
    assert_eq!(names, [id("a")]);
}

#[test]
fn a_paused_mailbox_is_left_alone_until_it_is_wanted_again() {
    let (mut sharing, now) = shared(&Notify::Never);
    sharing.mailbox(&id("a")).expect("shared").pause();
    sharing.response(&status("a", 9), now);
    assert!(!sharing.is_look_requested());
    sharing.mailbox(&id("a")).expect("shared").resume();
    assert!(sharing.is_look_requested(), "what came meanwhile is a gap");
}

#[test]
fn an_overflow_is_asked_again_once_and_a_second_ends_the_trust() {
    let (mut sharing, now) = shared(&on());
    assert_eq!(sharing.response(&overflow(), now), Some(Overflow::First));
    assert!(sharing.is_look_requested(), "the program looks at all mailboxes");
    assert_eq!(sharing.settle(&on()), Some(Notify::Overflowed));
    assert_eq!(sharing.response(&overflow(), now), Some(Overflow::Again));
    assert_eq!(sharing.settle(&on()), Some(Notify::Never));
    sharing.connects(None, now);
    assert_eq!(sharing.settle(&on()), None, "another connection is trusted anew");
}

#[test]
fn mail_that_notify_did_not_tell_of_twice_ends_the_trust() {
    let (mut sharing, now) = shared(&on());
    assert_eq!(look(&mut sharing, "a", 6, now), Update::Nothing);
    let _ = sharing.work(CONN, false, POLL, 99, now);
    assert_eq!(look(&mut sharing, "b", 6, now), Update::Untold(Arc::from("b")));
    assert_eq!(sharing.settle(&on()), Some(Notify::Never));
}

#[test]
fn on_a_new_connection_all_are_looked_at_and_their_blind_time_is_told() {
    let (mut sharing, now) = shared(&Notify::Never);
    let own = View::new(id("INBOX"), Timers::default(), now);
    let lost = Some((ConnId(4), now, crate::model::Loss::User));
    sharing.connects(lost, now);
    assert_eq!(sharing.work(Some(ConnId(5)), true, POLL, 99, now).items.len(), 2);
    sharing.follow(&own, false, lost, now + S);
    let blind: Vec<_> = sharing.mailboxes().map(|mailbox| mailbox.view.now().blind.since).collect();
    assert_eq!(blind, [Some(now), Some(now)]);
}

#[test]
fn a_missing_own_mailbox_is_said_once_and_opened_again_with_the_next_task() {
    let (mut sharing, now) = shared(&Notify::Never);
    let fault = Fault::needs_user(FaultClass::Mailbox, "no such mailbox");
    let told = sharing.progress(None, Progress::Missing(fault.clone()), CONN, now);
    assert_eq!(told, Update::OwnMissing(fault.clone()));
    assert_eq!(sharing.progress(None, Progress::Missing(fault), CONN, now), Update::Nothing);
    assert!(sharing.is_set_aside());
    assert_eq!(sharing.work(CONN, false, POLL, 99, now).own, OwnMailbox::Reopen);
    assert!(sharing.own_opened());
    assert!(!sharing.is_set_aside());
}

#[test]
fn a_paused_own_mailbox_stays_set_aside_whatever_is_opened() {
    let (mut sharing, now) = shared(&Notify::Never);
    sharing.set_own(Some(SetAside::Paused));
    assert!(!sharing.own_opened());
    assert_eq!(sharing.work(CONN, false, POLL, 99, now).own, OwnMailbox::SetAside);
    sharing.set_own(Some(SetAside::Back));
    assert_eq!(sharing.due(CONN, now, now), Some(now), "it comes back at once");
}

#[test]
fn list_is_asked_along_with_a_look_and_by_itself_within_a_minute() {
    let now = Instant::now();
    let mut sharing = Sharing::new(Some(Arc::from(["lists/*".to_owned()])), true);
    assert!(sharing.work(CONN, true, POLL, 99, now).list.is_some());
    sharing.progress(None, Progress::Listed(answered()), CONN, now);
    assert_eq!(sharing.work(CONN, false, POLL, 99, now + S).list, None, "it was asked lately");
    assert_eq!(sharing.due(CONN, now, now), Some(now + LIST_EVERY));
    assert!(LIST_EVERY < 60 * S, "{LIST_EVERY:?}");
    assert!(sharing.work(CONN, false, POLL, 99, now + LIST_EVERY).list.is_some(), "what is due is asked");
    assert!(sharing.work(CONN, false, POLL, 99, now + 61 * S).list.is_some());
}

#[test]
fn a_refused_list_is_asked_again_after_a_pause_that_doubles_and_its_words_are_told_once() {
    let now = Instant::now();
    let mut sharing = Sharing::new(Some(Arc::from(["lists/*".to_owned()])), true);
    let fault = Fault::retry_after(FaultClass::Protocol, "refused LIST: not here");
    let refused = || ListedNames { names: vec![None], ..ListedNames::default() };
    assert!(sharing.work(CONN, true, POLL, 99, now).list.is_some());
    assert_eq!(sharing.progress(None, Progress::ListRefused(fault.clone()), CONN, now), Update::Refused(fault.clone()));
    sharing.progress(None, Progress::Listed(refused()), CONN, now);
    assert_eq!(sharing.due(CONN, now, now), Some(now + 120 * S), "not at once");
    sharing.response(&Response::List(crate::response::Listed::default()), now);
    assert!(!sharing.is_list_requested(), "whatever the server tells");
    assert_eq!(sharing.work(CONN, false, POLL, 99, now + 119 * S).list, None, "nor with a look that is made anyway");
    assert_eq!(sharing.work(Some(ConnId(5)), true, POLL, 99, now + 119 * S).list, None, "nor on another connection");
    let later = now + 120 * S;
    assert!(sharing.work(CONN, false, POLL, 99, later).list.is_some());
    assert_eq!(sharing.progress(None, Progress::ListRefused(fault), CONN, later), Update::Nothing, "it was said");
    sharing.progress(None, Progress::Listed(refused()), CONN, later);
    assert_eq!(sharing.due(CONN, later, later), Some(later + 240 * S));
    sharing.forgive();
    assert!(sharing.work(CONN, true, POLL, 99, later + S).list.is_some(), "the user has asked for it");
    sharing.progress(None, Progress::Listed(answered()), CONN, later + S);
    assert_eq!(sharing.due(CONN, later, later), Some(later + S + LIST_EVERY));
}

#[test]
fn a_connection_that_ends_over_list_is_a_refusal_too() {
    let now = Instant::now();
    let mut sharing = Sharing::new(Some(Arc::from(["lists/*".to_owned()])), true);
    assert!(sharing.work(CONN, true, POLL, 99, now).list.is_some());
    sharing.connects(None, now);
    assert!(sharing.work(CONN, true, POLL, 99, now).list.is_some(), "it was never asked");
    sharing.progress(None, Progress::ListBegun, CONN, now);
    sharing.connects(None, now + S);
    assert_eq!(sharing.work(CONN, true, POLL, 99, now + S).list, None);
}

#[test]
fn a_refused_notify_is_asked_for_again_after_ten_minutes() {
    let (mut sharing, now) = shared(&Notify::Never);
    assert!(sharing.work(CONN, false, POLL, 99, now).notify.is_some());
    let fault = Fault::retry_after(FaultClass::Protocol, "refused NOTIFY");
    let told = |sharing: &mut Sharing, now| sharing.progress(None, Progress::NotifyRefused(fault.clone()), CONN, now);
    assert_eq!(told(&mut sharing, now), Update::Refused(fault.clone()));
    sharing.connects(None, now + S);
    assert_eq!(sharing.work(CONN, true, POLL, 99, now + S).notify, None, "another connection is no reason");
    assert!(sharing.work(CONN, false, POLL, 99, now + 600 * S).notify.is_some());
    assert_eq!(told(&mut sharing, now + 600 * S), Update::Nothing);
    assert_eq!(sharing.work(CONN, false, POLL, 99, now + 1799 * S).notify, None);
    assert!(sharing.work(CONN, false, POLL, 99, now + 1800 * S).notify.is_some());
}

#[test]
fn mailboxes_that_are_told_late_in_one_look_are_one_race_and_one_that_is_told_after_all_is_none() {
    let (mut sharing, now) = shared(&on());
    assert_eq!(look(&mut sharing, "a", 6, now), Update::Nothing);
    assert_eq!(look(&mut sharing, "b", 6, now), Update::Nothing, "the same look");
    // NOTIFY's word comes half a second after the look.
    sharing.response(&status("a", 6), now + S / 2);
    let _ = sharing.work(CONN, false, POLL, 99, now + S);
    assert_eq!(look(&mut sharing, "a", 7, now + S), Update::Nothing);
    let _ = sharing.work(CONN, false, POLL, 99, now + 2 * S);
    assert_eq!(look(&mut sharing, "b", 7, now + 2 * S), Update::Untold("b".into()), "it was not told at all, again");
}

#[test]
fn a_status_in_another_case_or_form_is_known_and_the_exact_name_counts_more() {
    let now = Instant::now();
    let mut sharing = Sharing::new(None, false);
    for name in ["Lists Rust", "R&D", "r&d"] {
        sharing.insert(mailbox(name, now));
        look(&mut sharing, name, 5, now);
    }
    sharing.settle(&on());
    for (told, meant) in [("lists rust", "Lists Rust"), ("R&-D", "R&D"), ("r&d", "r&d")] {
        sharing.response(&status(told, 9), now);
        let asked: Vec<_> = sharing.mailboxes().filter(|it| it.is_requested()).map(|it| it.id().clone()).collect();
        assert_eq!(asked, [id(meant)], "{told}");
        look(&mut sharing, meant, 9, now);
    }
}

#[test]
fn what_is_found_for_a_mailbox_that_has_left_is_not_told_here() {
    let (mut sharing, now) = shared(&Notify::Never);
    let mail = Mail {
        uid: 5,
        uidvalidity: 7,
        from: String::new(),
        subject: String::new(),
        date: None,
        gap: false,
        ..Mail::default()
    };
    let _ = sharing.remove(&id("a"));
    assert_eq!(sharing.progress(Some(&id("a")), Progress::Mails(vec![mail.clone()]), CONN, now), Update::Nothing);
    sharing.progress(Some(&id("b")), Progress::Mails(vec![mail]), CONN, now);
    let told: Vec<_> = std::iter::from_fn(|| sharing.poll()).map(|(id, _)| id).collect();
    assert_eq!(told.into_iter().filter(|told| *told == id("a")).count(), 0);
}

#[test]
fn a_mailbox_shows_how_it_is_served_and_follows_its_connections_phase() {
    let (mut sharing, now) = shared(&on());
    let mut own = View::new(id("INBOX"), Timers::default(), now);
    own.touch().connection.id = CONN;
    own.phase(Phase::Idling, now);
    sharing.follow(&own, true, None, now);
    assert!(sharing.mailboxes().all(|mailbox| mailbox.view.now().phase == Phase::Idling));
    own.phase(Phase::Waiting, now);
    sharing.follow(&own, false, None, now);
    assert!(sharing.mailboxes().all(|mailbox| mailbox.view.now().phase == Phase::Waiting));
}
