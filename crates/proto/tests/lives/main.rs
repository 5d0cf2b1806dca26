//! Whole lives of a watch against a server that answers anything, in virtual time, held against a model of what must be.
//!
//! A failing case prints its script; pasted into a test of its own it is played again. `LIVES=100000 cargo test -p
//! mailwatch-proto --test lives` plays that many, and a day for each twenty; what failed once is in `proptest-regressions` and is played first.

mod day;
mod script;
mod world;

use proptest::prelude::*;

use day::{Day, Mood};
use script::{Step, script};
use world::World;

/// How many lives are played.
fn cases() -> u32 {
    std::env::var("LIVES").ok().and_then(|lives| lives.parse().ok()).unwrap_or(256)
}

/// Plays a script and has the server come to its senses afterwards.
fn play(limit: usize, steps: &[(u16, Step)]) {
    let mut world = World::new(limit);
    for (pause, step) in steps {
        world.wait(u64::from(*pause));
        world.play(step);
    }
    world.recover();
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), max_shrink_iters: 20_000, ..ProptestConfig::default() })]

    /// Whatever a server answers and a user asks: DONE at most once an IDLE and only after `+`; the connection limit is
    /// held and every connection is accounted for; a rotation with room leaves no moment without a connection that
    /// hears; a late tick honours every deadline; no input leads to outputs without end; and once the server answers
    /// again, the watch hears of mail, and every mail has been told, once.
    #[test]
    fn whatever_happens_a_watch_keeps_its_promises(limit in 1..4_usize, steps in script()) {
        play(limit, &steps);
    }
}

/// How many days are played: a day is long.
fn days() -> u32 {
    std::env::var("LIVES").ok().and_then(|lives| lives.parse::<u32>().ok()).map_or(12, |lives| lives.div_ceil(20))
}

fn mood() -> impl Strategy<Value = Mood> {
    // A server that does one thing wrong, and goes on, can be the worst.
    let rarely = || prop_oneof![2 => Just(0_u8), 1 => 0..4_u8, 1 => 0..60_u8];
    let parts = (rarely(), 1..100_u8, rarely(), rarely(), rarely(), prop_oneof![1..5_u8, 1..60_u8]);
    parts.prop_map(|(fails, talks, silent, ends, mail, pace)| Mood { fails, talks, silent, ends, mail, pace })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: days(), max_shrink_iters: 40, ..ProptestConfig::default() })]

    /// A server that answers anything for 24 hours (OK, NO, BYE, silence, an end, garbage, counts that lie, IDLEs that it
    /// ends by itself) sees no more than the rates, whatever the timers are set to; when it comes to its senses the watch
    /// hears of mail within the longest pause, and all mail has been told once, of shared mailboxes too.
    #[test]
    fn for_a_day_no_server_sees_more_than_the_rates(
        seed: u64,
        mood in mood(),
        reissue in prop_oneof![Just(240_u64), 1..600_u64],
        poll in prop_oneof![Just(120_u64), 1..600_u64],
    ) {
        let mut day = Day::new(seed, mood, reissue, poll);
        day.pass(std::time::Duration::from_hours(24));
        day.hold();
        day.recover();
    }
}

#[test]
fn a_stall_is_replaced_before_the_old_connection_is_let_go() {
    let mut world = World::idling(2);
    world.play(&Step::Command(script::Asked::Done));
    world.wait(60);
    assert_eq!(world.conns().len(), 2, "the quarantined one is kept");
    world.recover();
}

#[test]
fn a_rotation_without_room_lets_the_old_one_go_first_and_comes_back() {
    let mut world = World::idling(1);
    world.expire_token();
    world.wait(30);
    world.recover();
    assert_eq!(world.conns().len(), 1);
}

#[test]
fn a_rotation_with_room_never_stops_hearing() {
    let mut world = World::idling(2);
    world.expire_token();
    for _ in 0..40 {
        world.wait(1);
        world.answer_all();
        assert!(world.hears(), "a connection idles at every moment");
    }
}

#[test]
fn a_mail_of_a_burst_is_told_once() {
    let mut world = World::idling(2);
    for _ in 0..20 {
        world.play(&Step::Deliver);
        world.play(&Step::Exists(0));
        world.wait(0);
        world.answer_all();
    }
    world.recover();
}
