//! Another configuration while the engine runs.

use mailwatch_tui::demo::NewMessage;
use mailwatch_tui::engine::Reconfigured;
use mailwatch_tui::model::{EventKind, Origin, Phase, Timer};

use crate::harness::{MINUTE, Rig, S, account, set};

#[tokio::test(start_paused = true)]
async fn an_account_that_did_not_change_keeps_its_connection() {
    let mut rig = Rig::start("healthy");
    rig.idling().await;
    let before = (rig.snapshot().conn, rig.phases());
    let mut other = account(&["INBOX"]);
    other.name = "other".to_owned();
    let done = rig.reconfigure(vec![rig.account.clone(), other]).await;
    assert_eq!(done, Reconfigured { added: 1, kept: 1, ..Reconfigured::default() });
    assert_eq!(done.to_string(), "config read: 1 added, 1 kept");
    rig.idling().await;
    assert_eq!((rig.snapshot().conn, rig.snapshot().phase), (before.0, Phase::Idling));
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
    assert_eq!(rig.reconfigure(vec![account]).await.to_string(), "nothing changed");
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
