//! Rates, with constructed time.

use proptest::prelude::*;

use super::*;

const S: Duration = Duration::from_secs(1);
const POLL: Duration = Duration::from_mins(2);

/// A connection on which turns begin as soon as they may.
struct Run {
    governor: CommandGovernor,
    now: Instant,
    /// When turns began, whose wish, and what they cost; those with mail cost nothing here.
    turns: Vec<(Instant, Wish, u32)>,
    /// When turns began that brought mail, with whose wish and no cost.
    mails: Vec<(Instant, Wish, u32)>,
}

impl Run {
    fn new() -> Self {
        Self { governor: CommandGovernor::default(), now: Instant::now(), turns: Vec::new(), mails: Vec::new() }
    }

    fn turn(&mut self, wish: Wish, commands: u32, mail: bool) -> Duration {
        let at = self.governor.earliest(wish, self.now);
        let waited = at - self.now;
        self.now = at;
        self.governor.begin(wish, self.now);
        if mail {
            self.governor.mail();
            self.mails.push((self.now, wish, 0));
        } else {
            self.turns.push((self.now, wish, commands.max(SMALLEST_TURN)));
        }
        self.governor.end(commands, POLL, self.now);
        waited
    }

    /// The most that any span of this length holds.
    fn most(&self, span: Duration, count: impl Fn(&(Instant, Wish, u32)) -> u32) -> u32 {
        most(&self.turns, span, count)
    }
}

fn most(turns: &[(Instant, Wish, u32)], span: Duration, count: impl Fn(&(Instant, Wish, u32)) -> u32) -> u32 {
    let starts = turns.iter().map(|turn| turn.0);
    let within = |start| turns.iter().filter(move |turn| turn.0 >= start && turn.0 < start + span);
    starts.map(|start| within(start).map(&count).sum()).max().unwrap_or(0)
}

fn fruitless(turn: &(Instant, Wish, u32)) -> u32 {
    u32::from(turn.1.is_servers())
}

#[test]
fn the_first_turn_is_at_once_and_fruitless_ones_are_ever_further_apart() {
    let mut run = Run::new();
    let waits: Vec<u128> = (0..12).map(|_| run.turn(Wish::Server, 3, false).as_millis()).collect();
    assert_eq!(waits, [0, 250, 500, 1000, 2000, 4000, 8000, 16_000, 32_000, 64_000, 120_000, 120_000]);
}

#[test]
fn mail_is_looked_for_at_once_in_a_burst_240_times_a_minute_in_all_and_ends_the_doubling() {
    let mut run = Run::new();
    let start = run.now;
    for _ in 0..5 {
        run.turn(Wish::Server, 3, false);
    }
    run.turn(Wish::Server, 3, true);
    let began = run.now;
    for _ in 0..50 {
        assert_eq!(run.turn(Wish::Server, 9, true), MAIL_PAUSE);
    }
    for _ in 0..600 {
        run.turn(Wish::Server, 9, true);
    }
    let minute = most(&run.mails, 60 * S, fruitless);
    assert!((200..=MAIL_TURNS_A_MINUTE).contains(&minute), "{minute}");
    assert!(began - start < 20 * S);
}

#[test]
fn in_the_long_run_nothing_found_is_looked_for_60_times_an_hour() {
    let mut run = Run::new();
    // Each mail ends the doubling, and the server says ten times as often that there is one.
    for n in 0..2000 {
        run.turn(Wish::Server, 3, n % 10 == 0);
    }
    assert!(run.most(3600 * S, fruitless) <= FRUITLESS_AN_HOUR);
}

#[test]
fn after_peace_doubling_begins_anew() {
    let mut run = Run::new();
    for _ in 0..6 {
        run.turn(Wish::Server, 3, false);
    }
    run.now += 2 * POLL;
    assert_eq!(run.turn(Wish::Server, 3, false), Duration::ZERO);
    assert_eq!(run.turn(Wish::Server, 3, false), FRUITLESS_PAUSE);
}

#[test]
fn no_timer_passes_sixty_commands_a_minute_and_a_key_is_answered_all_the_same() {
    let mut run = Run::new();
    for _ in 0..200 {
        run.turn(Wish::Timer, 3, false);
        run.now += S;
    }
    assert!(run.most(60 * S, |turn| turn.2) <= COMMANDS_A_MINUTE);
    assert_eq!(run.turn(Wish::Person, 3, false), Duration::ZERO);
}

#[test]
fn announced_mail_waits_for_no_timer_and_no_other_words_of_a_server() {
    for busy in [Wish::Timer, Wish::Server] {
        let mut run = Run::new();
        for _ in 0..200 {
            run.turn(busy, 3, false);
            run.turn(Wish::Timer, 3, false);
            run.now += S;
        }
        run.turn(Wish::Mail, 3, true);
        assert!(run.turn(Wish::Mail, 3, true) <= MAIL_PAUSE, "{busy:?}");
    }
}

#[test]
fn a_person_with_a_stone_on_the_key_is_held_to_the_same() {
    let mut run = Run::new();
    for _ in 0..500 {
        run.turn(Wish::Person, 3, false);
    }
    assert!(run.most(60 * S, |turn| turn.2) <= COMMANDS_A_MINUTE);
}

proptest! {
    #[test]
    fn whatever_happens_the_rates_hold(
        steps in proptest::collection::vec((0..4_u8, 0..9_u32, 0..6_u8, prop_oneof![Just(0_u64), 0..2000_u64, 0..200_000_u64]), 1..600)
    ) {
        let mut run = Run::new();
        for (wish, commands, mail, pause) in steps {
            let wish = [Wish::Mail, Wish::Server, Wish::Timer, Wish::Person][usize::from(wish)];
            let waited = run.turn(wish, commands, mail == 0);
            prop_assert!(waited <= POLL, "nothing waits longer than a poll: {waited:?}");
            run.now += Duration::from_millis(pause);
        }
        // A turn begins where three commands fit, and may take up to nine; so may one for announced mail.
        prop_assert!(run.most(60 * S, |turn| turn.2) <= COMMANDS_A_MINUTE + 11);
        prop_assert!(run.most(3600 * S, fruitless) <= FRUITLESS_AN_HOUR);
        prop_assert!(most(&run.mails, 60 * S, fruitless) <= MAIL_TURNS_A_MINUTE);
    }

    #[test]
    fn what_may_begin_then_may_begin_then(counts in proptest::collection::vec((1..40_u32, 0..30_u64), 1..60)) {
        let (mut minute, mut now) = (Minute::default(), Instant::now());
        for (commands, pause) in counts {
            let at = minute.earliest(commands, COMMANDS_A_MINUTE, now);
            prop_assert!(at >= now && at <= now + 65 * S);
            prop_assert!(minute.count(at) + commands <= COMMANDS_A_MINUTE);
            now = at;
            minute.add(commands, now);
            now += S * u32::try_from(pause).expect("small");
        }
    }
}
