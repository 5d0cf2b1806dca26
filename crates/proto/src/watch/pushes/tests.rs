//! What pushes say, one at a time.

use super::*;
use crate::response::{Fetched, StatusText};

const A_WHILE: Duration = Duration::from_mins(2);

fn fetch(seq: u32, seen: bool) -> Response {
    Response::Fetch(Fetched { seq, seen: Some(seen), ..Fetched::default() })
}

#[test]
fn what_comes_without_an_announcement_is_a_hint() {
    let now = Instant::now();
    let mut pushes = Pushes::default();
    for (response, exists, hint) in [
        (Response::Exists(4), 3, None),
        (Response::Exists(4), 4, Some("EXISTS 4 again")),
        (fetch(5, false), 4, Some("FETCH of message 5, EXISTS 4")),
        (fetch(4, false), 4, None),
        (Response::Recent(0), 4, None),
        (Response::Expunge(4), 4, None),
    ] {
        assert_eq!(pushes.take(&response, Some(exists), now).as_deref(), hint, "{response:?}");
    }
    assert_eq!((pushes.promised(), pushes.again, pushes.recent), (0, false, None));
    pushes.take(&Response::Recent(1), Some(3), now);
    assert_eq!(pushes.due(Some(3), now), Some(now + ALONE).min(pushes.due(Some(3), now)));
    assert_eq!(pushes.recent, Some(now + ALONE));
    pushes.take(&Response::Exists(4), Some(3), now);
    assert_eq!(pushes.recent, None, "EXISTS explains it");
}

#[test]
fn a_mailbox_that_may_be_another_one_is_opened_again() {
    let now = Instant::now();
    let alert = Response::Status {
        status: Status::Ok,
        text: StatusText { code: Some(Code::Alert), text: "renamed".to_owned() },
    };
    let trouble =
        Response::Status { status: Status::No, text: StatusText { code: None, text: "Internal error".to_owned() } };
    for (response, exists) in [
        (Response::Expunge(1), 1),
        (Response::Vanished(3), 3),
        (Response::Exists(0), 3),
        (alert.clone(), 3),
        (trouble, 0),
    ] {
        let mut pushes = Pushes::default();
        pushes.looked(false, now);
        assert!(pushes.take(&response, Some(exists), now).is_some(), "{response:?}");
        assert!(pushes.opens_again(A_WHILE, now), "{response:?}");
    }
    let mut pushes = Pushes::default();
    pushes.looked(false, now);
    assert!(pushes.take(&Response::Expunge(1), Some(2), now).is_none() && !pushes.opens_again(A_WHILE, now));
    assert!(pushes.take(&alert, Some(3), now).is_some());
    pushes.looked(false, now);
    assert!(pushes.take(&alert, Some(3), now).is_none(), "each is looked into once");
    assert!(!pushes.opens_again(A_WHILE, now));
}

#[test]
fn a_quiet_mailbox_is_opened_again_after_a_while_and_one_with_mail_is_not() {
    let now = Instant::now();
    let mut pushes = Pushes::default();
    pushes.looked(false, now);
    assert!(!pushes.opens_again(A_WHILE, now + A_WHILE / 2));
    pushes.take(&Response::Exists(4), Some(3), now);
    assert!(!pushes.opens_again(A_WHILE, now + A_WHILE), "the mail first");
    pushes.looked(true, now);
    assert!(pushes.opens_again(A_WHILE, now + A_WHILE));
    assert!(!pushes.opens_again(A_WHILE, now + A_WHILE), "it has just been");
}

#[test]
fn what_lacks_seen_follows_flags_and_expunges_and_is_counted_again_where_it_is_not_kept() {
    let now = Instant::now();
    let mut pushes = Pushes::default();
    let mut which = Unseen::default();
    for seq in [2, 3] {
        which.note(seq, true);
    }
    pushes.counted(Kept::Which(which), now);
    pushes.take(&fetch(2, true), Some(3), now);
    assert_eq!((pushes.unseen(), pushes.begin_look(now)), (Some(1), false));
    pushes.take(&Response::Expunge(1), Some(3), now);
    pushes.take(&fetch(2, true), Some(2), now);
    assert_eq!(pushes.unseen(), Some(0), "message 3 is message 2 now");
    pushes.take(&Response::Vanished(1), Some(2), now);
    assert_eq!((pushes.unseen(), pushes.begin_look(now)), (None, false));
    assert_eq!(pushes.due(Some(1), now), Some(now + RECOUNT));
    assert_eq!(pushes.due(Some(Unseen::COUNTED + 1), now), None);
    assert!(pushes.begin_look(now + RECOUNT));
    assert_eq!(pushes.due(Some(1), now), None);
}

#[test]
fn a_push_tests_message_goes_without_a_word_whatever_goes_before_it() {
    let now = Instant::now();
    let mut pushes = Pushes::default();
    pushes.note_own(5);
    assert_eq!(pushes.take(&Response::Expunge(2), Some(5), now), None);
    assert_eq!(pushes.take_own_gone(), 0);
    // It is marked as deleted first. Another message's flags are told.
    for (seq, is_own) in [(4, true), (3, false), (4, true)] {
        assert_eq!(pushes.take(&fetch(seq, true), Some(4), now), None);
        assert_eq!((pushes.take_own_flagged(), pushes.take_own_flagged()), (is_own, false), "message {seq}");
    }
    assert_eq!(pushes.take(&Response::Expunge(4), Some(4), now), None);
    assert_eq!((pushes.take_own_gone(), pushes.take_own_gone()), (1, 0));
    // Alone in its mailbox it is no sign of another one.
    pushes.note_own(1);
    assert_eq!(pushes.take(&Response::Expunge(1), Some(1), now), None);
    assert!(pushes.take(&Response::Expunge(1), Some(1), now).is_some());
}
