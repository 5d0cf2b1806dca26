//! Another configuration while the engine runs.

use imap_misbehave::NewMessage;
use mailwatch_engine::Reconfigured;
use mailwatch_proto::model::{Command, EventKind, Origin, Phase, Timer};

use crate::harness::{MINUTE, Rig, S, account, set};

#[tokio::test(start_paused = true)]
async fn an_account_that_did_not_change_keeps_its_connection() {
    let mut rig = Rig::start("healthy");
    rig.idling().await;
    let before = (rig.snapshot().connection.id, rig.phases());
    let mut other = account(&["INBOX"]);
    other.name = "other".to_owned();
    let done = rig.reconfigure(vec![rig.account.clone(), other]).await;
    assert_eq!(done, Reconfigured { added: 1, kept: 1, ..Reconfigured::default() });
    assert_eq!(done.to_string(), "config read: 1 added, 1 kept");
    rig.idling().await;
    assert_eq!((rig.snapshot().connection.id, rig.snapshot().phase), (before.0, Phase::Idling));
    assert_eq!((rig.server.accepted(), rig.server.dones()), (2, 0));
    let own = rig.id();
    let phases = rig.events.iter().filter(|event| event.watch.as_ref() == Some(&own));
    assert_eq!(phases.filter(|event| matches!(event.kind, EventKind::Phase { .. })).count(), before.1.len());
    assert_eq!(rig.watches(), ["other/INBOX", "work/INBOX"]);
    rig.stop().await;
}

#[tokio::test(start_paused = true)]
async fn other_timers_reach_the_running_idle() {
    let mut rig = Rig::start("healthy");
    rig.idling().await;
    let mut account = rig.account.clone();
    set(&mut account, Timer::Reissue, 90 * S);
    let done = rig.reconfigure(vec![account.clone()]).await;
    assert_eq!((done.changed, done.kept), (1, 0));
    rig.until(91 * S, "DONE", |kind| matches!(kind, EventKind::DoneSent { .. })).await;
    assert_eq!(rig.snapshot().timers.tuned(Timer::Reissue).origin, Origin::Config);
    assert_eq!(rig.server.accepted(), 1);
    assert_eq!(rig.reconfigure(vec![account]).await.to_string(), "config read: no watch changed");
}

#[tokio::test(start_paused = true)]
async fn a_removed_account_ends_in_order_and_leaves_the_board() {
    let mut rig = Rig::start("healthy");
    rig.idling().await;
    let done = rig.reconfigure(Vec::new()).await;
    assert_eq!(done, Reconfigured { removed: 1, ..Reconfigured::default() });
    assert!(rig.watches().is_empty());
    assert!(rig.server.log().iter().any(|logged| logged.line.contains("LOGOUT")));
}

#[tokio::test(start_paused = true)]
async fn a_changed_account_starts_anew_and_tells_each_mail_once() {
    let mut rig = Rig::start("healthy");
    rig.idling().await;
    rig.confirm_nothing();
    rig.server.deliver("INBOX", NewMessage::new("a@example.org", "before"));
    assert_eq!(rig.mail().await.subject, "before");
    let mut account = rig.account.clone();
    account.max_connections = 4;
    assert_eq!(rig.reconfigure(vec![account]).await.changed, 1);
    rig.server.deliver("INBOX", NewMessage::new("a@example.org", "after"));
    rig.pass(MINUTE).await;
    assert_eq!(rig.subjects(), ["before", "after"]);
    assert_eq!(rig.server.accepted(), 2);
    assert_eq!(rig.server.open_connections(), 1);
}

#[tokio::test(start_paused = true)]
async fn auto_is_taken_from_the_configuration_and_given_back_on_the_running_idle() {
    let mut rig = Rig::start("healthy");
    rig.idling().await;
    let fixed = rig.account.clone();
    let mut auto = fixed.clone();
    auto.reissue_auto = true;
    assert_eq!(rig.reconfigure(vec![auto]).await.changed, 1);
    rig.pass(S).await;
    assert_eq!(rig.snapshot().learning.origin, Some(Origin::Config));
    assert_eq!(rig.snapshot().timers.tuned(Timer::Reissue).origin, Origin::Learned);
    assert_eq!(rig.reconfigure(vec![fixed]).await.changed, 1);
    rig.pass(S).await;
    assert_eq!((rig.snapshot().learning.origin, rig.server.accepted(), rig.server.dones()), (None, 1, 0));
    assert_eq!(rig.snapshot().timers.tuned(Timer::Reissue).origin, Origin::BuiltIn);
}

#[tokio::test(start_paused = true)]
async fn what_was_tuned_is_the_configurations_once_it_says_the_same() {
    let mut rig = Rig::start("healthy");
    rig.idling().await;
    let value = Some(90 * S);
    rig.command(Command::Retune { timer: Timer::Reissue, value, by: None });
    rig.pass(S).await;
    assert_eq!(rig.snapshot().timers.tuned(Timer::Reissue).origin, Origin::You);
    let mut account = rig.account.clone();
    set(&mut account, Timer::Reissue, 90 * S);
    rig.reconfigure(vec![account]).await;
    rig.pass(S).await;
    let tuned = rig.snapshot().timers.tuned(Timer::Reissue);
    assert_eq!((tuned.value, tuned.origin, rig.server.dones()), (value, Origin::Config, 0));
    // Away from it and back: it is the configuration's value again.
    for (value, origin) in [(120 * S, Origin::You), (90 * S, Origin::Config)] {
        rig.command(Command::Retune { timer: Timer::Reissue, value: Some(value), by: None });
        rig.pass(S).await;
        assert_eq!(rig.snapshot().timers.tuned(Timer::Reissue).origin, origin);
    }
    assert_eq!(rig.server.accepted(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_user_who_wants_reissue_learned_gets_what_was_kept_of_the_server() {
    let mut rig = Rig::start("ignores-done-forever=4m30s");
    rig.idling().await;
    rig.command(Command::Retune { timer: Timer::Reissue, value: Some(5 * MINUTE), by: None });
    rig.until(6 * MINUTE, "a stall", |kind| matches!(kind, EventKind::Stalled { .. })).await;
    rig.idling().await;
    rig.command(Command::Learn);
    rig.pass(S).await;
    let snapshot = rig.snapshot();
    assert_eq!((snapshot.learning.origin, snapshot.learning.ceiling), (Some(Origin::You), Some(4 * MINUTE)));
    assert_eq!(snapshot.timers.value(Timer::Reissue), Some(4 * MINUTE));
    let ages = rig.ages();
    assert_eq!(ages.totals().1, 1);
    assert_eq!(ages.cliff().map(|cliff| cliff.from.as_secs()), Some(300));
    rig.command(Command::Retune { timer: Timer::Reissue, value: Some(3 * MINUTE), by: None });
    rig.pass(S).await;
    assert_eq!(rig.snapshot().learning.origin, None);
    // What was seen in an earlier run is evidence, too.
    rig.restart().await;
    rig.pass(S).await;
    assert_eq!(rig.ages().cliff().map(|cliff| cliff.from.as_secs()), Some(300));
}
