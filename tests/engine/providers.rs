//! What is known of a provider, at work: its quirks reach the wire.

use imap_misbehave::NewMessage;
use mailwatch_proto::model::{EventKind, FaultClass, Phase, Quirks};

use crate::harness::{MINUTE, Rig};

fn sent(rig: &Rig, command: &str) -> usize {
    rig.server.log().iter().filter(|logged| logged.line.split(' ').nth(1) == Some(command)).count()
}

#[tokio::test(start_paused = true)]
async fn a_provider_that_requires_id_is_told_it_though_it_does_not_offer_it() {
    let quirks = Quirks { id_required: true, ..Quirks::default() };
    let mut rig = Rig::tuned("id-required", |account| account.quirks = quirks);
    rig.idling().await;
    let log = rig.server.log();
    let at = |command: &str| log.iter().position(|logged| logged.line.split(' ').nth(1) == Some(command));
    assert!(at("ID") > at("AUTHENTICATE").or(at("LOGIN")) && at("ID") < at("EXAMINE"), "{log:?}");

    let mut rig = Rig::start("id-required");
    rig.pass(MINUTE).await;
    assert_eq!(rig.snapshot().phase, Phase::Waiting);
    let refused = |kind: &EventKind| matches!(kind, EventKind::Fault { class: FaultClass::Auth, retry: true, .. });
    assert!(rig.count(refused) > 0 && sent(&rig, "ID") == 0);
}

#[tokio::test(start_paused = true)]
async fn a_provider_whose_noop_tells_nothing_is_polled_by_examine_alone() {
    for (by_status, noop) in [(true, false), (false, true)] {
        let quirks = Quirks { poll_by_status: by_status, ..Quirks::default() };
        let mut rig = Rig::tuned("status-only", |account| account.quirks = quirks);
        rig.pass(MINUTE).await;
        rig.server.deliver("INBOX", NewMessage::new("a@example.org", "polled"));
        rig.pass(10 * MINUTE).await;
        assert_eq!(rig.subjects(), ["polled"]);
        assert!(sent(&rig, "EXAMINE") > 3);
        assert_eq!(sent(&rig, "STATUS"), 1, "never of the mailbox that is open");
        assert_eq!(sent(&rig, "NOOP") > 0, noop);
    }
}
