use std::time::UNIX_EPOCH;

use super::moment::COUNTED;
use super::*;

const S: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_mins(1);
const RUN: Run = Run { pid: 1, chance: 1 };
const ME: Who<'static> = Who { host: "imap.example.org", user: "me", account: "work", settings: Settings::numbered(7) };

/// A moment of 2026.
fn at(since: Duration) -> SystemTime {
    UNIX_EPOCH + Duration::from_hours(24 * 365 * 56) + since
}

/// A login whose secret goes out.
#[track_caller]
fn granted(logins: &mut Logins, who: Who<'_>, since: Duration) -> Try {
    match logins.ask(who, RUN, at(since)) {
        Turn::Granted(granted) => {
            logins.sending(who, granted);
            granted
        }
        other => panic!("{other:?}"),
    }
}

fn refuse(logins: &mut Logins, refusal: Refusal, since: Duration) -> Option<Wait> {
    let granted = granted(logins, ME, since);
    logins.refused(ME, granted, refusal, at(since))
}

fn proven() -> Logins {
    let mut logins = Logins::default();
    let granted = granted(&mut logins, ME, Duration::ZERO);
    logins.accepted(ME, granted, Way::Plain, at(Duration::ZERO));
    logins
}

#[test]
fn a_secret_that_never_worked_needs_the_user_and_is_tried_after_half_an_hour_and_then_less_often() {
    let (mut logins, mut since) = (Logins::default(), Duration::ZERO);
    let mut pauses = Vec::new();
    for _ in 0..6 {
        let wait = refuse(&mut logins, Refusal::ByProof, since).expect("it waits");
        assert!(wait.needs_user);
        assert_eq!(
            logins.ask(ME, RUN, at(since + wait.pause.saturating_sub(S))),
            Turn::Wait(Wait { pause: S, ..wait })
        );
        pauses.push(wait.pause.as_secs() / 60);
        since += wait.pause;
    }
    assert_eq!(pauses, [30, 60, 120, 240, 360, 360]);
}

#[test]
fn a_proven_secret_is_tried_after_a_minute_doubling_and_needs_the_user_after_the_third() {
    let (mut logins, mut since) = (proven(), Duration::ZERO);
    let mut waits = Vec::new();
    for _ in 0..8 {
        let wait = refuse(&mut logins, Refusal::ByProof, since).expect("it waits");
        waits.push((wait.pause.as_secs() / 60, wait.needs_user));
        since += wait.pause;
    }
    let expected = [1, 2, 7, 8, 16, 32, 60, 60].into_iter().zip([false, false, true, true, true, true, true, true]);
    assert_eq!(waits, expected.collect::<Vec<_>>(), "after the third the count of ten minutes is longer");
    let taken = granted(&mut logins, ME, since);
    logins.accepted(ME, taken, Way::Plain, at(since));
    assert_eq!(refuse(&mut logins, Refusal::ByProof, since + S).map(|wait| wait.pause), Some(MINUTE));
}

#[test]
fn a_servers_own_trouble_passes_and_is_counted() {
    let mut logins = Logins::default();
    let first = refuse(&mut logins, Refusal::Passing, Duration::ZERO).expect("it waits");
    assert!(!first.needs_user && first.pause == 4 * S);
    assert_eq!(refuse(&mut logins, Refusal::Passing, 4 * S).map(|wait| wait.pause), Some(16 * S));
    let third = refuse(&mut logins, Refusal::Passing, 20 * S).expect("it waits");
    assert_eq!((third.pause, third.why), (COUNTED.saturating_sub(20 * S), Why::TooOften));
}

#[test]
fn the_user_shortens_a_pause_and_never_passes_the_count() {
    let mut logins = Logins::default();
    for n in 0..3 {
        let wait = refuse(&mut logins, Refusal::ByProof, n * S).expect("it waits");
        assert_eq!(wait.why, Why::Refused);
        logins.act(ME);
    }
    let Turn::Wait(wait) = logins.ask(ME, RUN, at(3 * S)) else { panic!("a fourth try") };
    assert_eq!((wait.why, wait.pause, wait.needs_user), (Why::TooOften, COUNTED.saturating_sub(3 * S), true));
    granted(&mut logins, ME, COUNTED);
}

#[test]
fn all_users_of_a_host_together_are_refused_ten_times() {
    let mut logins = Logins::default();
    let users: Vec<String> = (0..12).map(|n| format!("user{n}")).collect();
    let who = |n: usize| Who { host: "imap.example.org", user: &users[n], account: "a", ..ME };
    for n in 0..10 {
        let open = granted(&mut logins, who(n), S);
        logins.refused(who(n), open, Refusal::ByProof, at(S));
    }
    let Turn::Wait(wait) = logins.ask(who(11), RUN, at(2 * S)) else { panic!("an eleventh") };
    assert_eq!((wait.why, wait.pause), (Why::Host, COUNTED.saturating_sub(S)));
    granted(&mut logins, Who { host: "other.example.org", ..who(11) }, 2 * S);
}

#[test]
fn one_login_at_a_time_until_the_secret_is_known_and_then_three() {
    let mut logins = Logins::default();
    let first = granted(&mut logins, ME, S);
    assert_eq!(logins.ask(ME, RUN, at(S)), Turn::Busy);
    logins.accepted(ME, first, Way::Login, at(S));
    for _ in 0..3 {
        granted(&mut logins, ME, S);
    }
    assert_eq!(logins.ask(ME, RUN, at(S)), Turn::Busy);
    assert_eq!(logins.way("IMAP.example.org"), Some(Way::Login));
}

#[test]
fn too_many_connections_say_nothing_of_the_secret() {
    let mut logins = proven();
    for _ in 0..4 {
        assert_eq!(refuse(&mut logins, Refusal::Limited, S), None);
    }
    granted(&mut logins, ME, S);
}

#[test]
fn logins_whose_end_nobody_knows_count_and_do_not_shut_out_a_good_secret() {
    let mut logins = proven();
    for n in 0..3 {
        granted(&mut logins, ME, n * S);
    }
    logins.lost(RUN);
    let Turn::Wait(wait) = logins.ask(ME, RUN, at(3 * S)) else { panic!("a fourth at once") };
    assert_eq!(wait.pause, 9 * S);
    let next = granted(&mut logins, ME, 2 * MINUTE);
    assert_eq!(logins.ask(ME, RUN, at(2 * MINUTE)), Turn::Busy, "one by one");
    logins.accepted(ME, next, Way::Plain, at(2 * MINUTE));
    granted(&mut logins, ME, 2 * MINUTE);
    granted(&mut logins, ME, 2 * MINUTE);

    let mut unproven = Logins::default();
    for _ in 0..3 {
        let open = granted(&mut unproven, ME, S);
        unproven.abandoned(ME, open);
    }
    assert!(matches!(unproven.ask(ME, RUN, at(9 * MINUTE)), Turn::Wait(_)));
}

#[test]
fn a_login_that_was_abandoned_before_its_secret_went_out_counts_nothing() {
    let mut logins = Logins::default();
    for n in 0..20 {
        assert!(matches!(logins.ask(ME, RUN, at(n * S)), Turn::Granted(_)));
        logins.lost(RUN);
    }
    refuse(&mut logins, Refusal::ByProof, 20 * S).expect("it waits");
}

#[test]
fn a_secret_that_goes_out_by_another_way_counts_twice() {
    let mut logins = Logins::default();
    let first = granted(&mut logins, ME, S);
    let second = logins.another(ME, first, RUN, at(S)).expect("there is room");
    assert!(logins.refused(ME, second, Refusal::ByProof, at(S)).is_some());
    logins.act(ME);
    let third = granted(&mut logins, ME, 2 * S);
    assert_eq!(logins.another(ME, third, RUN, at(2 * S)), None);
    logins.refused(ME, third, Refusal::ByProof, at(2 * S));
    logins.act(ME);
    assert!(matches!(logins.ask(ME, RUN, at(3 * S)), Turn::Wait(Wait { why: Why::TooOften, .. })));
}

#[test]
fn a_changed_secret_is_tried_at_once_and_has_to_prove_itself() {
    let mut logins = proven();
    refuse(&mut logins, Refusal::ByProof, S);
    logins.changed(ME);
    assert!(!logins.is_proven(ME));
    assert!(refuse(&mut logins, Refusal::ByProof, 2 * S).expect("it waits").needs_user);
}

#[test]
fn a_clock_that_is_set_makes_nothing_longer_than_it_is() {
    let mut logins = Logins::default();
    refuse(&mut logins, Refusal::ByProof, Duration::from_hours(24 * 365));
    let Turn::Wait(wait) = logins.ask(ME, RUN, at(Duration::ZERO)) else { panic!("it waits") };
    assert_eq!(wait.pause, 30 * MINUTE);
    logins.act(ME);
    refuse(&mut logins, Refusal::ByProof, S);
    logins.act(ME);
    refuse(&mut logins, Refusal::ByProof, 2 * S);
    logins.act(ME);
    let Turn::Wait(wait) = logins.ask(ME, RUN, UNIX_EPOCH) else { panic!("three are counted") };
    assert_eq!(wait.pause, COUNTED);
}

#[test]
fn a_pause_ends_at_a_start_with_other_settings_and_the_count_does_not() {
    let mut logins = Logins::default();
    refuse(&mut logins, Refusal::ByProof, S);
    logins.begins(ME);
    assert!(
        matches!(logins.ask(ME, RUN, at(2 * S)), Turn::Wait(Wait { why: Why::Refused, .. })),
        "nothing has changed"
    );
    for n in 2..4 {
        let other = Who { settings: Settings::numbered(n), ..ME };
        logins.begins(other);
        let open = granted(&mut logins, other, u32::from(n) * S);
        logins.refused(other, open, Refusal::ByProof, at(u32::from(n) * S));
        logins.begins(other);
        assert!(logins.due(other, at(u32::from(n) * S)).is_some(), "it is what was refused last");
    }
    logins.begins(ME);
    let Turn::Wait(wait) = logins.ask(ME, RUN, at(4 * S)) else { panic!("a fourth try") };
    assert_eq!(wait.why, Why::TooOften);
}

#[test]
fn each_account_of_a_user_is_compared_with_its_own_settings() {
    let mut logins = Logins::default();
    let other = Who { account: "other", settings: Settings::numbered(8), ..ME };
    refuse(&mut logins, Refusal::ByProof, S);
    logins.begins(other);
    let open = granted(&mut logins, other, 2 * S);
    logins.refused(other, open, Refusal::ByProof, at(2 * S));
    logins.begins(ME);
    logins.begins(other);
    assert!(logins.due(ME, at(3 * S)).is_some() && logins.due(other, at(3 * S)).is_some());
}

#[test]
fn a_refusal_counts_for_ten_minutes_to_the_last_part_of_a_millisecond() {
    let users: Vec<String> = (0..HOST_REFUSALS).map(|n| format!("user{n}")).collect();
    let (mut logins, late) = (Logins::default(), Duration::from_micros(900));
    for user in &users {
        let who = Who { user, ..ME };
        let granted = granted(&mut logins, who, late);
        logins.refused(who, granted, Refusal::ByProof, at(late));
    }
    let asked = |logins: &mut Logins, since| logins.ask(ME, RUN, at(since));
    let early = WINDOW + Duration::from_micros(100);
    let Turn::Wait(Wait { pause, why: Why::Host, .. }) = asked(&mut logins, early) else { panic!("too early") };
    assert!(early + pause >= late + WINDOW);
    assert!(matches!(asked(&mut logins, early + pause), Turn::Granted(_)));
}
