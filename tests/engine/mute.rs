//! A muted watch: its mails are told and notify nobody, its troubles neither; for a time, over restarts.

use std::time::Duration;

use imap_misbehave::NewMessage;
use mailwatch_proto::model::{Command, Event, EventKind, Phase};

use crate::harness::{MINUTE, Rig, S, scenario};
use crate::mailboxes::{all_live, rig};

const HOUR: Duration = Duration::from_hours(1);

fn letter(subject: &str) -> NewMessage {
    NewMessage::new("Ann Lee <ann@example.org>", subject)
}

/// What was heard since: mails by their subjects, and the phases.
fn heard(events: &mut tokio::sync::mpsc::UnboundedReceiver<Event>) -> (Vec<String>, Vec<Phase>) {
    let (mut mails, mut phases) = (Vec::new(), Vec::new());
    while let Ok(event) = events.try_recv() {
        match event.kind {
            EventKind::NewMail(mail) => mails.push(mail.subject),
            EventKind::Phase { to, .. } => phases.push(to),
            _ => {}
        }
    }
    (mails, phases)
}

async fn deliver(rig: &mut Rig, subject: &str) {
    rig.server.deliver("INBOX", letter(subject));
    rig.mail().await;
    rig.pass(S).await;
}

#[tokio::test(start_paused = true)]
async fn mails_of_a_muted_watch_are_told_and_notify_nobody_until_its_time_is_over_or_the_user_ends_it() {
    let mut rig = Rig::start("healthy");
    let mut events = rig.listen();
    rig.idling().await;
    rig.command(Command::Mute(HOUR));
    rig.pass(S).await;
    deliver(&mut rig, "one").await;
    assert_eq!((heard(&mut events).0, rig.snapshot().mailbox.new), (vec![], 1));
    rig.pass(HOUR).await;
    deliver(&mut rig, "two").await;
    assert_eq!(heard(&mut events).0, ["two"]);
    rig.command(Command::Mute(HOUR));
    rig.pass(S).await;
    rig.command(Command::Unmute);
    rig.pass(S).await;
    deliver(&mut rig, "three").await;
    assert_eq!(heard(&mut events).0, ["three"]);
    assert_eq!(rig.subjects(), ["one", "two", "three"]);
}

#[tokio::test(start_paused = true)]
async fn a_muted_watch_that_goes_down_rests_for_who_listens_and_is_heard_of_as_it_comes_back() {
    let mut rig = Rig::start("healthy");
    let mut events = rig.listen();
    rig.idling().await;
    rig.command(Command::Mute(HOUR));
    rig.pass(S).await;
    heard(&mut events);
    rig.server.set_scenario(scenario("no-greeting"));
    rig.server.drop_connections();
    rig.pass(10 * MINUTE).await;
    assert!(rig.phases().contains(&Phase::Waiting), "{}", rig.told());
    let phases = heard(&mut events).1;
    assert!(phases.contains(&Phase::Paused) && !phases.contains(&Phase::Waiting), "{phases:?}");
    rig.server.set_scenario(scenario("healthy"));
    rig.pass(10 * MINUTE).await;
    assert!(heard(&mut events).1.contains(&Phase::Idling), "{}", rig.told());
}

#[tokio::test(start_paused = true)]
async fn it_stays_muted_over_a_restart_and_over_another_configuration() {
    let mut rig = Rig::start("healthy");
    rig.idling().await;
    rig.command(Command::Mute(HOUR));
    rig.pass(S).await;
    rig.restart().await;
    rig.idling().await;
    let left = rig.snapshot().mailbox.muted_for(crate::harness::now()).expect("muted still");
    assert!(left > 59 * MINUTE && left <= HOUR, "{left:?}");
    let mut account = rig.account.clone();
    account.max_connections = 5;
    rig.reconfigure(vec![account]).await;
    rig.until_board(MINUTE, "idling", |rig| rig.snapshot_of("INBOX").is_some_and(|w| w.phase == Phase::Idling)).await;
    assert!(rig.snapshot().mailbox.muted_for(crate::harness::now()).is_some());
    rig.command(Command::Unmute);
    rig.pass(S).await;
    rig.restart().await;
    rig.idling().await;
    assert_eq!(rig.snapshot().mailbox.muted, None);
}

#[tokio::test(start_paused = true)]
async fn a_mailbox_that_shares_a_connection_is_muted_alone() {
    let mut rig = rig("healthy", &["a", "b"], &["a", "b"], 1);
    let mut events = rig.listen();
    all_live(&mut rig, 2).await;
    rig.command_to("b", Command::Mute(HOUR));
    rig.pass(S).await;
    rig.server.deliver("a", letter("a"));
    rig.server.deliver("b", letter("b"));
    rig.until_board(10 * MINUTE, "both told", |rig| rig.mails().len() == 2).await;
    assert_eq!(heard(&mut events).0, ["a"]);
}
