//! An engine that ends tells its front ends why.

use super::*;
use crate::link::Ending;
use crate::link::socket::{Caller, NoAnswer};

#[tokio::test]
async fn an_engine_that_ends_says_why_after_what_has_happened() {
    for why in Ending::ALL {
        let rig = Rig::new();
        let engine = rig.engine();
        let mut front_end = rig.attached().await.front_end;
        engine.tell(EventKind::Heartbeat { text: "the last".to_owned() });
        engine.publisher.end(why);
        let mut heard = Vec::new();
        while let Some(event) = timeout(BOUND, front_end.event()).await.expect("it ends") {
            heard.push(event.kind);
        }
        assert_eq!(heard.len(), 1, "{heard:?}");
        assert_eq!(front_end.ending(), Some(why));
    }
}

#[tokio::test]
async fn one_that_is_killed_says_nothing_and_the_front_end_ends_all_the_same() {
    let rig = Rig::new();
    let engine = rig.engine();
    let mut front_end = rig.attached().await.front_end;
    drop(engine);
    assert!(timeout(BOUND, front_end.event()).await.expect("it ends").is_none());
    assert_eq!(front_end.ending(), None);
}

#[tokio::test]
async fn who_waits_for_an_answer_hears_it_too_and_nobody_is_served_any_more() {
    let rig = Rig::new();
    let engine = rig.engine();
    let state = rig.state("state");
    let paths = rig.paths("state");
    let mut caller = Caller::connect_at(&paths, &state, &hello(None)).await.expect("an engine");
    engine.publisher.end(Ending::Restart);
    let answer = timeout(BOUND, caller.board()).await.expect("an answer");
    // What it was sent before is read first, where it was.
    let ended = if answer.is_ok() { timeout(BOUND, caller.board()).await.expect("an answer") } else { answer };
    assert!(matches!(ended, Err(NoAnswer::Ended(Some(Ending::Restart)))), "{ended:?}");
    timeout(BOUND, engine.server.told()).await.expect("the socket ends");
    assert!(Caller::connect_at(&paths, &state, &hello(None)).await.is_err());
}
