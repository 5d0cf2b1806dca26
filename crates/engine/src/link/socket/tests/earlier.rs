//! Who attaches for the first time sees what happened before.

use super::*;
use crate::history::WatchKey;
use mailwatch_proto::model::ConnId;

#[tokio::test]
async fn a_screen_that_attaches_begins_with_the_log_of_the_hours_before_each_line_once() {
    let rig = Rig::new();
    let history = History::in_process();
    let mut at = SystemTime::now() - Duration::from_hours(7);
    let key = WatchKey { account: "work".into(), login: "me@host".into(), mailbox: "INBOX".into() };
    let mut log = |kind| {
        at += Duration::from_hours(2);
        let event = Event { ts: at, at: Instant::now(), watch: Some(inbox()), conn: Some(ConnId(3)), kind };
        history.log(Some(&key), &event);
        event
    };
    // Two of an earlier run, and one that this run still has.
    let earlier = [EventKind::Heartbeat { text: "five hours ago".to_owned() }, EventKind::Expunge { count: 3 }];
    let logged = earlier.clone().map(&mut log);
    let kept = log(alert(1));
    let engine = rig.engine_with(history.clone());
    engine.publisher.publish(kept);
    let new = Attach { resume: Some(Resume { engine: String::new(), after: 0 }), ..all() };
    let mut front_end = rig.attach("state", &new).await.expect("an engine").front_end;
    for expected in logged {
        let event = timeout(BOUND, front_end.event()).await.expect("in time").expect("it goes on");
        // The number is another connection's in this run.
        assert_eq!((event.kind, event.watch, event.conn), (expected.kind, expected.watch, None));
    }
    assert_eq!(event(&mut front_end).await, Some(alert(1)));
    engine.tell(alert(2));
    assert_eq!(event(&mut front_end).await, Some(alert(2)));
    // Who only reads what comes is told nothing of it.
    let mut reader = rig.attached().await.front_end;
    engine.tell(alert(3));
    assert_eq!(event(&mut reader).await, Some(alert(3)));
}
