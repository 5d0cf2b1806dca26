//! Every scenario that the server knows: none hangs the watch, none ends it, and mail is told.

use imap_misbehave::{NewMessage, PASSWORD, Scenario};
use mailwatch_proto::model::{Command, EventKind, Phase, Timer};

use crate::harness::{MINUTE, Rig, S, scenario, set};

/// As it stands at the end of SASL PLAIN's response for the demo's user.
const PASSWORD_BASE64: &str = "ZGVtby1zM2NyZXQtN2YzYQ";

/// Whatever a server did: once it behaves, the watch is well again within its longest backoff, and tells what came.
#[tokio::test(start_paused = true)]
async fn after_any_scenario_the_watch_comes_back_and_tells_what_came() {
    for (name, about) in Scenario::list() {
        let mut rig = Rig::start(&name);
        rig.pass(10 * MINUTE).await;
        rig.server.set_scenario(scenario("healthy"));
        // Those who need the user are helped by the user.
        if rig.snapshot().phase == Phase::Failed {
            rig.command(Command::Resume);
        }
        // What is there before the mailbox is first seen is no news.
        let watching = |rig: &Rig| rig.phases().iter().any(|phase| matches!(phase, Phase::Idling | Phase::Polling));
        while !watching(&rig) {
            rig.pass(MINUTE).await;
        }
        rig.server.deliver("INBOX", NewMessage::new("a@example.org", "after all"));
        let by = tokio::time::Instant::now() + 20 * MINUTE;
        while !rig.subjects().contains(&"after all".to_owned()) {
            assert!(tokio::time::Instant::now() < by, "{name} ({about}): not told\n{}", rig.told());
            rig.pass(MINUTE).await;
        }
        rig.pass(10 * MINUTE).await;
        let mut uids: Vec<_> = rig.mails().iter().map(|mail| (mail.uidvalidity, mail.uid)).collect();
        let told = uids.len();
        uids.sort_unstable();
        uids.dedup();
        assert_eq!(uids.len(), told, "{name}: told twice\n{}", rig.told());
        let phase = rig.snapshot().phase;
        assert!(matches!(phase, Phase::Idling | Phase::Polling), "{name}: {phase}");
        assert!(rig.server.open_connections() <= 2, "{name}: {} connections", rig.server.open_connections());
        assert_eq!(rig.count(|kind| matches!(kind, EventKind::Lost { .. })), 0, "{name}");
        let told = rig.told();
        for secret in [PASSWORD, PASSWORD_BASE64] {
            assert!(!told.contains(secret), "{name}: the password was told");
        }
    }
}

/// Looked at every few seconds, through commands, a suspend, another network and a reload.
#[tokio::test(start_paused = true)]
async fn no_watch_is_behind_its_deadline_whatever_server_and_user_do() {
    for (name, _) in Scenario::list() {
        let mut rig = Rig::start(&name);
        for second in (0_u32..800).step_by(5) {
            match second {
                260 => rig.command(Command::Done),
                290 => rig.command(Command::Retune { timer: Timer::Reissue, value: Some(90 * S), by: None }),
                400 => rig.slept(300 * S),
                450 => rig.command(Command::Pause),
                500 => rig.command(Command::Resume),
                550 => rig.network_changed(),
                620 => rig.command(Command::Reconnect),
                700 => {
                    let mut changed = rig.account.clone();
                    set(&mut changed, Timer::Done, 5 * S);
                    let _ = rig.reconfigure(vec![changed]).await;
                }
                _ => {}
            }
            rig.pass(5 * S).await;
        }
    }
}
