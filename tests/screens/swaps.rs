//! The loop takes another engine in place of the one before, under a paused clock.

use crossterm::event::{KeyCode, KeyModifiers};
use mailwatch_engine::link::Publisher;
use mailwatch_proto::model::{Board, Command, WatchId};
use mailwatch_tui::tui::EngineIs;
use mailwatch_tui::tui::clock::Now;
use tokio::time::sleep;

use crate::looping::{Running, engine, resting, start};
use crate::scene;

fn attached(pid: u32) -> EngineIs {
    EngineIs::Attached { role: "watch".to_owned(), since: scene::wall(), pid, version: "1.2.3".to_owned() }
}

/// Tells of one mail, the same each time.
fn tell(publisher: &Publisher, now: Now, subject: &str) {
    publisher.publish(scene::ago(
        now,
        0,
        Some(("work", "INBOX")),
        1,
        scene::mail("Ann Lee <ann@example.org>", subject),
    ));
}

/// A board without any watch that is live.
fn none(_: Now) -> Board {
    Board::default()
}

/// Ends the running engine; what is shown stands still from then on.
async fn end_engine(running: &mut Running) {
    let (next, linked) = engine(Board::default(), EngineIs::Own);
    drop(linked);
    drop(std::mem::replace(&mut running.engine, next));
    sleep(scene::millis(100)).await;
}

#[tokio::test(start_paused = true)]
async fn a_swap_is_drawn_within_a_tenth_of_a_second_and_the_front_end_before_is_dropped() {
    let mut running = start(none);
    sleep(scene::secs(1)).await;
    assert!(running.shown().contains("● 0 live"), "{}", running.shown());
    for pid in 1..20 {
        let (next, linked) = engine(scene::board(running.now), attached(pid));
        running.links.send(linked).await.expect("the loop runs");
        let mut before = std::mem::replace(&mut running.engine, next);
        sleep(scene::millis(100)).await;
        let shown = running.shown();
        assert!(shown.contains("● 3 live") && shown.contains("attached"), "{shown}");
        assert_eq!(before.confirmed.recv().await, None, "nobody confirms any more");
    }
}

#[tokio::test(start_paused = true)]
async fn no_key_is_lost_to_swaps() {
    const SWAPS: usize = 10;
    let mut running = start(scene::board);
    sleep(scene::secs(1)).await;
    let first = WatchId::new("gmail", "INBOX");
    let mut done = 0;
    for pid in 0..10 {
        running.press(KeyCode::Char('d'), KeyModifiers::NONE);
        let (next, linked) = engine(scene::board(running.now), attached(pid));
        running.links.send(linked).await.expect("the loop runs");
        running.press(KeyCode::Char('d'), KeyModifiers::NONE);
        sleep(scene::millis(50)).await;
        let mut before = std::mem::replace(&mut running.engine, next);
        let mut count = |commands: &mut mailwatch_engine::link::Commands| {
            while let Some(command) = commands.try_recv() {
                assert_eq!(command, Command::Done);
                done += 1;
            }
        };
        count(before.commands.get_mut(&first).expect("the first watch"));
        count(running.engine.commands.get_mut(&first).expect("the first watch"));
    }
    assert_eq!(done, 2 * SWAPS);
}

#[tokio::test(start_paused = true)]
async fn a_mail_is_confirmed_to_the_engine_that_told_of_it_and_shown_once() {
    let mut running = start(resting);
    sleep(scene::secs(1)).await;
    tell(&running.engine.publisher, running.now, "Friday?");
    let confirmed = running.engine.confirmed.recv().await.expect("the mail is confirmed");
    let (next, linked) = engine(resting(running.now), attached(1));
    running.links.send(linked).await.expect("the loop runs");
    let mut before = std::mem::replace(&mut running.engine, next);
    assert_eq!(before.confirmed.recv().await, None);
    // The next engine does not know, and tells of it again.
    tell(&running.engine.publisher, running.now, "Friday?");
    assert_eq!(running.engine.confirmed.recv().await, Some(confirmed));
    assert_eq!(running.shown().matches("Friday?").count(), 1, "{}", running.shown());
}

#[tokio::test(start_paused = true)]
async fn a_mail_that_no_frame_has_shown_is_confirmed_to_the_next_engine_alone() {
    let mut running = start(resting);
    sleep(scene::secs(1)).await;
    let (next, linked) = engine(resting(running.now), attached(1));
    // Both wait when the loop wakes up: the swap comes first.
    tell(&running.engine.publisher, running.now, "Friday?");
    running.links.send(linked).await.expect("the loop runs");
    let mut before = std::mem::replace(&mut running.engine, next);
    assert_eq!(before.confirmed.recv().await, None);
    sleep(scene::millis(100)).await;
    assert_eq!(running.shown().matches("Friday?").count(), 1, "{}", running.shown());
    tell(&running.engine.publisher, running.now, "Friday?");
    assert!(running.engine.confirmed.recv().await.is_some());
    assert_eq!(running.shown().matches("Friday?").count(), 1, "{}", running.shown());
}

#[tokio::test(start_paused = true)]
async fn an_engine_that_is_gone_is_said_with_its_age_until_the_next_one_comes() {
    let mut running = start(scene::board);
    sleep(scene::secs(1)).await;
    tell(&running.engine.publisher, running.now, "the last of all");
    end_engine(&mut running).await;
    let shown = running.shown();
    let headline = shown.lines().next().unwrap_or_default();
    assert!(headline.contains("engine gone, 0:00") && !headline.contains(" live"), "{shown}");
    let (last, end) = (shown.find("the last of"), shown.rfind("the engine has ended"));
    assert!(last.is_some() && last < end, "{shown}");
    let before = running.frames();
    sleep(scene::secs(7)).await;
    assert_eq!(running.frames() - before, 7);
    assert!(running.shown().contains("engine gone, 0:07"), "{}", running.shown());
    running.press(KeyCode::Char('d'), KeyModifiers::NONE);
    sleep(scene::millis(100)).await;
    assert!(running.shown().contains("no engine: standing by"), "{}", running.shown());
    let (next, linked) = engine(scene::board(running.now), EngineIs::Own);
    running.links.send(linked).await.expect("the loop runs");
    running.engine = next;
    sleep(scene::millis(100)).await;
    let shown = running.shown();
    assert!(shown.contains("● 3 live") && shown.contains("this screen is the engine now"), "{shown}");
}

#[tokio::test(start_paused = true)]
async fn another_processes_trace_is_wanted_only_while_it_can_be_seen() {
    let mut running = start(resting);
    sleep(scene::secs(1)).await;
    running.press(KeyCode::Char('z'), KeyModifiers::NONE);
    sleep(scene::millis(100)).await;
    assert!(running.engine.publisher.wants_wire(), "its own engine's always is");
    let (next, linked) = engine(resting(running.now), attached(1));
    running.links.send(linked).await.expect("the loop runs");
    running.engine = next;
    sleep(scene::millis(100)).await;
    assert!(!running.engine.publisher.wants_wire());
    for wanted in [true, false, true] {
        running.press(KeyCode::Char('z'), KeyModifiers::NONE);
        sleep(scene::millis(100)).await;
        assert_eq!(running.engine.publisher.wants_wire(), wanted);
    }
}
