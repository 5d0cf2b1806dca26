//! What must hold whatever comes.

use std::time::Duration;

use proptest::prelude::*;

use super::levels::{Levels, MAX};
use super::tests::{outcome, start};
use super::{Fate, Tuning};

const HOUR: Duration = Duration::from_hours(1);
const DAY: Duration = Duration::from_hours(24);

fn fate() -> impl Strategy<Value = Fate> {
    prop_oneof![5 => Just(Fate::Answered), 2 => Just(Fate::Stalled), 2 => Just(Fate::Dropped), 1 => Just(Fate::CutShort)]
}

/// Ages near the value as a share of it, and any others.
fn age() -> impl Strategy<Value = (f64, u64)> {
    (prop_oneof![2 => Just(1.0), 1 => 0.0..1.3], prop_oneof![9 => Just(0), 1 => 0..u64::MAX])
}

proptest! {
    #[test]
    fn whatever_comes_the_value_keeps_its_bounds_and_moves_the_right_way(
        preset in prop_oneof![Just(240_000), 0..2_000_000_u64],
        events in prop::collection::vec((age(), fate(), 0..400_000_u64), 0..400),
    ) {
        let levels = Levels::new(Duration::from_millis(preset));
        let mut tuning = Tuning::new(Duration::from_millis(preset));
        let mut now = start();
        let mut kept = Vec::new();
        for ((share, odd), fate, pause) in events {
            let age = tuning.value(now).mul_f64(share) + Duration::from_millis(odd);
            now += Duration::from_secs(pause);
            let before = tuning.value(now);
            kept.push(outcome(now, age, fate));
            tuning.note(&kept[kept.len() - 1]);
            let value = tuning.value(now);
            match fate {
                Fate::Answered => prop_assert!(value >= before, "an answer lowered it"),
                Fate::Stalled | Fate::Dropped => prop_assert!(value <= before, "a failure raised it"),
                Fate::CutShort => prop_assert_eq!(value, before),
            }
            for moment in [now, now + HOUR, now + 8 * DAY] {
                let value = tuning.value(moment);
                prop_assert!(levels.floor() <= value && value <= MAX);
                prop_assert!(tuning.ceiling(moment).is_none_or(|ceiling| value <= ceiling));
                prop_assert!(tuning.proven(moment) <= value);
                let is_whole = value.as_nanos().is_multiple_of(levels.step().as_nanos());
                prop_assert!(value == levels.preset() || value == MAX || is_whole);
            }
        }
        let replayed = Tuning::replay(Duration::from_millis(preset), &kept, now);
        prop_assert_eq!(replayed.value(now), tuning.value(now));
    }
}
