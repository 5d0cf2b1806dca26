//! The peer ends the connection: no stall, but a word for it and another connection at once.

use imap_misbehave::Encryption;
use mailwatch_proto::model::{EventKind, FaultClass, Verdict};

use crate::S;
use crate::rig::Loopback;

#[tokio::test]
async fn a_peer_that_ends_the_connection_is_closed_and_replaced_at_once() {
    for name in ["fin=200ms@1", "rst=200ms@1", "close=200ms@1", "bye=200ms@1", "bye-open=200ms@1"] {
        for encryption in [Encryption::Implicit, Encryption::Off] {
            let mut it = Loopback::start(name, encryption).await;
            let old = it.rig.idling().await;
            let ended = |kind: &EventKind| matches!(kind, EventKind::Fault { .. });
            let fault = it.rig.until(3 * S, "a fault", ended).await;
            let EventKind::Fault { class, retry, message } = fault.kind else { panic!("{fault:?}") };
            assert_eq!((class, retry), (FaultClass::Closed, true), "{name} {encryption:?}: {message}");
            let (gone, by, blind) = it.rig.replaced().await;
            assert_eq!(gone, old, "{name} {encryption:?}");
            assert!(by > old && blind < 10 * S, "{name} {encryption:?}: {blind:?}");
            let told = |verdict: Verdict| {
                let is =
                    |kind: &EventKind| matches!(kind, EventKind::Verdict { verdict: told, .. } if *told == verdict);
                it.rig.events.iter().filter(|event| is(&event.kind)).count()
            };
            assert_eq!(told(Verdict::Closed), 1, "{name} {encryption:?}\n{}", it.rig.told());
            let stalls = it.rig.events.iter().filter(|event| matches!(event.kind, EventKind::Stalled { .. }));
            assert_eq!(stalls.count(), 0, "{name} {encryption:?}");
            let byes = it.rig.events.iter().filter(|event| matches!(event.kind, EventKind::Bye { .. }));
            assert_eq!(byes.count(), usize::from(name.starts_with("bye")), "{name} {encryption:?}");
            it.deliver("after");
            it.rig.mail("after").await;
            it.wait("one is left", |server| server.open_connections() == 1).await;
            it.rig.stop().await;
        }
    }
}
