//! DONE: when it goes out, what follows its answer, and what follows where there is none.

use imap_misbehave::NewMessage;
use mailwatch_proto::model::{Command, DoneReason, EventKind, Origin, Phase, Status, Timer, Verdict};

use crate::harness::{MINUTE, Rig, S, now, set};

fn answered(kind: &EventKind) -> bool {
    matches!(kind, EventKind::DoneAnswered { late: false, .. })
}

#[tokio::test(start_paused = true)]
async fn a_watch_goes_through_its_phases_and_idles() {
    let mut rig = Rig::start("healthy");
    rig.idling().await;
    let phases = [
        Phase::Connecting,
        Phase::Authenticating,
        Phase::Selecting,
        Phase::CatchingUp,
        Phase::Requested,
        Phase::Idling,
    ];
    assert_eq!(rig.phases(), phases);
    assert!(matches!(rig.events[0].kind, EventKind::Phase { from: None, to: Phase::Connecting, .. }));
    assert_eq!(rig.snapshot().finding.map(|finding| finding.verdict), Some(Verdict::Live));
}

#[tokio::test(start_paused = true)]
async fn a_key_forces_done_and_idle_is_issued_again() {
    let mut rig = Rig::start("healthy");
    rig.idling().await;
    rig.pass(10 * S).await;
    rig.command(Command::Done);
    let kind = rig.until(S, "an answer", answered).await;
    let EventKind::DoneAnswered { reason, status, .. } = kind else { panic!("{kind:?}") };
    assert_eq!((reason, status), (DoneReason::User, Status::Ok));
    rig.idling().await;
    assert_eq!((rig.server.dones(), rig.server.idling()), (1, 1));
    let sent = rig.count(|kind| matches!(kind, EventKind::DoneSent { idle, .. } if *idle == 10 * S));
    assert_eq!(sent, 1);
}

#[tokio::test(start_paused = true)]
async fn a_day_of_still_here_every_two_minutes_takes_360_dones_without_drift() {
    let mut rig = Rig::start("heartbeat");
    rig.idling().await;
    rig.pass(24 * 60 * MINUTE + S).await;
    assert_eq!(rig.server.dones(), 360);
    assert_eq!(rig.count(answered), 360);
    assert_eq!(rig.count(|kind| matches!(kind, EventKind::Fault { .. })), 0);
    assert_eq!(rig.server.accepted(), 1, "one connection all day");
}

#[tokio::test(start_paused = true)]
async fn an_ignored_done_is_called_within_its_timer_and_replaced_before_the_old_one_goes() {
    let mut rig = Rig::start("ignores-done=3m@1");
    rig.idling().await;
    let begun = now();
    rig.until(5 * MINUTE, "DONE", |kind| matches!(kind, EventKind::DoneSent { .. })).await;
    assert_eq!((now() - begun).as_secs(), 240);
    let sent = now();
    let kind = rig.until(MINUTE, "a stall", |kind| matches!(kind, EventKind::Stalled { .. })).await;
    let EventKind::Stalled { verdict, waited, .. } = kind else { panic!("{kind:?}") };
    assert_eq!((verdict, waited, now() - sent), (Verdict::NotKnown, 10 * S, 10 * S));
    rig.until(MINUTE, "a replacement", |kind| matches!(kind, EventKind::Replaced { .. })).await;
    assert!(now() - sent < 11 * S, "at once");
    assert_eq!(rig.server.open_connections(), 2, "the quarantined one is kept");

    // New mail wakes the quarantined connection, and is told once.
    rig.pass(5 * MINUTE).await;
    rig.server.deliver("INBOX", NewMessage::new("Ann Lee <ann@example.org>", "Friday?"));
    let late =
        rig.until(MINUTE, "the late answer", |kind| matches!(kind, EventKind::DoneAnswered { late: true, .. })).await;
    let EventKind::DoneAnswered { took, .. } = late else { panic!("{late:?}") };
    assert!(took > 5 * MINUTE, "{took:?}");
    rig.pass(MINUTE).await;
    assert_eq!(rig.subjects(), ["Friday?"]);
    assert_eq!(rig.server.open_connections(), 1, "after its late answer it is let go");
}

#[tokio::test(start_paused = true)]
async fn a_retune_applies_to_the_running_idle_without_reconnecting() {
    let mut rig = Rig::start("healthy");
    rig.idling().await;
    let begun = now();
    rig.pass(30 * S).await;
    rig.command(Command::Retune { timer: Timer::Reissue, value: Some(90 * S), by: None });
    rig.until(5 * MINUTE, "DONE", |kind| matches!(kind, EventKind::DoneSent { .. })).await;
    assert_eq!((now() - begun).as_secs(), 90);
    rig.idling().await;
    rig.pass(60 * S).await;
    rig.command(Command::Retune { timer: Timer::Reissue, value: Some(30 * S), by: None });
    let retuned = |kind: &EventKind| matches!(kind, EventKind::DoneSent { reason: DoneReason::Retune, .. });
    rig.until(S, "DONE at once", retuned).await;
    assert_eq!(rig.server.accepted(), 1);
    assert_eq!(rig.count(|kind| matches!(kind, EventKind::Retuned { .. })), 2);
}

#[tokio::test(start_paused = true)]
async fn silence_is_ended_by_done() {
    let mut rig = Rig::tuned("healthy", |account| set(account, Timer::Silence, 30 * S));
    rig.idling().await;
    let silent = |kind: &EventKind| matches!(kind, EventKind::DoneSent { reason: DoneReason::Silence, .. });
    rig.until(31 * S, "DONE", silent).await;
}

#[tokio::test(start_paused = true)]
async fn pause_logs_out_and_resume_connects_anew() {
    let mut rig = Rig::start("healthy");
    rig.idling().await;
    rig.command(Command::Pause);
    rig.until(5 * S, "paused", |kind| matches!(kind, EventKind::Phase { to: Phase::Paused, .. })).await;
    assert!(rig.server.log().iter().any(|logged| logged.line.contains("LOGOUT")));
    assert_eq!(rig.count(|kind| matches!(kind, EventKind::Bye { .. })), 0, "the BYE that answers LOGOUT is no event");
    rig.server.deliver("INBOX", NewMessage::new("a@example.org", "while paused"));
    rig.pass(MINUTE).await;
    assert_eq!(rig.server.open_connections(), 0);
    rig.command(Command::Resume);
    let mail = rig.mail().await;
    assert_eq!((mail.subject.as_str(), mail.gap), ("while paused", true));
}

#[tokio::test(start_paused = true)]
async fn the_end_sends_done_and_logout_within_two_seconds() {
    for name in ["healthy", "ignores-done-forever", "no-logout-reply", "silent-idle=1s"] {
        let mut rig = Rig::start(name);
        rig.idling().await;
        rig.pass(5 * S).await;
        let begun = now();
        rig.stop().await;
        assert!(now() - begun <= 2 * S, "{name}: {:?}", now() - begun);
        rig.server.wait_until(|server| server.open_connections() == 0).await;
        assert!(rig.server.log().iter().any(|logged| logged.line.contains("DONE")), "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn after_a_suspend_idle_is_checked_within_five_seconds() {
    let mut rig = Rig::start("healthy");
    rig.idling().await;
    rig.slept(60 * MINUTE);
    rig.until(S, "slept", |kind| matches!(kind, EventKind::Slept { slept } if *slept == 60 * MINUTE)).await;
    let kind = rig.until(S, "an answer", answered).await;
    assert!(matches!(kind, EventKind::DoneAnswered { reason: DoneReason::Slept, .. }), "{kind:?}");
    rig.idling().await;
    let verdicts = rig.count(|kind| matches!(kind, EventKind::Verdict { verdict: Verdict::Slept, .. }));
    assert_eq!(verdicts, 1);

    let mut rig = Rig::start("silent-idle=1s@1");
    rig.idling().await;
    rig.pass(MINUTE).await;
    let begun = now();
    rig.slept(60 * MINUTE);
    rig.until(MINUTE, "a stall", |kind| matches!(kind, EventKind::Stalled { .. })).await;
    assert_eq!(now() - begun, 5 * S);
    rig.idling().await;
    assert!(now() - begun < 6 * S);
}

#[tokio::test(start_paused = true)]
async fn when_the_network_changes_idle_is_checked_and_who_waits_connects() {
    let mut rig = Rig::start("healthy");
    rig.idling().await;
    rig.network_changed();
    let kind = rig.until(S, "an answer", answered).await;
    assert!(matches!(kind, EventKind::DoneAnswered { reason: DoneReason::Network, .. }), "{kind:?}");
    rig.idling().await;

    let mut rig = Rig::start("silent-idle=1s@1");
    rig.idling().await;
    rig.pass(MINUTE).await;
    let begun = now();
    rig.network_changed();
    rig.until(MINUTE, "a stall", |kind| matches!(kind, EventKind::Stalled { .. })).await;
    assert_eq!(now() - begun, 5 * S);
    rig.idling().await;

    let mut rig = Rig::start("limit-greeting@1");
    rig.until(MINUTE, "a wait", |kind| matches!(kind, EventKind::Retry { .. })).await;
    let begun = now();
    rig.network_changed();
    rig.idling().await;
    assert!(now() - begun < S, "{:?}", now() - begun);
}

#[tokio::test(start_paused = true)]
async fn heartbeats_that_stop_are_quiet_and_probed_with_done() {
    // Beats every 10 s for as long as it answers; falls silent in its second minute.
    let mut rig = Rig::start("heartbeat=10s+silent-idle=65s@1");
    rig.idling().await;
    let begun = now();
    let quiet = |kind: &EventKind| matches!(kind, EventKind::Verdict { verdict: Verdict::Quiet, .. });
    rig.until(3 * MINUTE, "quiet", quiet).await;
    assert_eq!((now() - begun).as_secs(), 85, "two and a half periods after the last beat");
    assert_eq!(rig.snapshot().connection.heartbeat, Some(10 * S));
    let silent = |kind: &EventKind| matches!(kind, EventKind::DoneSent { reason: DoneReason::Silence, .. });
    rig.until(S, "DONE", silent).await;
    rig.until(MINUTE, "a stall", |kind| matches!(kind, EventKind::Stalled { .. })).await;
    rig.idling().await;
}

#[tokio::test(start_paused = true)]
async fn reissue_on_auto_finds_the_age_that_this_server_stands() {
    let mut rig = Rig::tuned("ignores-done-forever=4m30s", |account| account.reissue_auto = true);
    rig.idling().await;
    rig.pass(8 * 60 * MINUTE).await;
    let stalls = rig.count(|kind| matches!(kind, EventKind::Stalled { .. }));
    assert!((1..=3).contains(&stalls), "{stalls} stalls in a working day");
    let learned = rig.snapshot().timers.tuned(Timer::Reissue);
    assert_eq!((learned.value, learned.origin), (Some(4 * MINUTE), Origin::Learned));
    let climbed = |kind: &EventKind| matches!(kind, EventKind::Retuned { origin: Origin::Learned, .. });
    assert!(rig.count(climbed) >= 2, "up and down again");

    // What the user sets is the user's.
    rig.command(Command::Retune { timer: Timer::Reissue, value: Some(2 * MINUTE), by: None });
    rig.pass(60 * MINUTE).await;
    assert_eq!(rig.snapshot().timers.tuned(Timer::Reissue).origin, Origin::You);
}
