//! The ages that are tried: the preset and the multiples of a step, between a floor and 28 minutes.

use std::time::Duration;

/// RFC 2177 §3 advises to end IDLE before 29 minutes: the last whole minute below.
pub const MAX: Duration = Duration::from_mins(28);

/// One step, unless the preset itself is shorter.
const STEP: Duration = Duration::from_mins(1);

/// What the configuration takes at least, so that a step is never nothing.
const MIN_PRESET: Duration = Duration::from_secs(1);

/// No IDLE is older: ages beyond it come from a clock that was set, and would only use memory.
const OLDEST: Duration = Duration::from_hours(1);

/// The ages that are tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Levels {
    preset: Duration,
    step: Duration,
}

impl Levels {
    pub fn new(preset: Duration) -> Self {
        let preset = preset.clamp(MIN_PRESET, MAX);
        // A scaled demo and a provider that cuts IDLE within a minute climb in steps of their own size.
        let step = if preset < STEP { preset / 4 } else { STEP };
        Self { preset, step }
    }

    pub const fn preset(&self) -> Duration {
        self.preset
    }

    pub const fn step(&self) -> Duration {
        self.step
    }

    /// The youngest age that is ever chosen.
    pub const fn floor(&self) -> Duration {
        self.step
    }

    /// How far an age may lie from a level and still mean it: timers fire late, and ages are kept in milliseconds.
    pub fn slack(&self) -> Duration {
        self.step / 20
    }

    /// The oldest level that an IDLE of this age has reached; zero below the first.
    pub fn reached(&self, age: Duration) -> Duration {
        let age = age.min(OLDEST) + self.slack();
        let steps = u32::try_from(age.as_nanos() / self.step.as_nanos()).unwrap_or(u32::MAX);
        let whole = self.step.saturating_mul(steps);
        if self.preset <= age { whole.max(self.preset) } else { whole }
    }

    /// The age as it is compared: that of a level where it is meant, itself between two.
    pub fn snap(&self, age: Duration) -> Duration {
        let age = age.min(OLDEST);
        let level = self.reached(age);
        if age.abs_diff(level) <= self.slack() { level } else { age }
    }

    /// The level to try after `level`; none after the last.
    pub fn next(&self, level: Duration) -> Option<Duration> {
        let whole = self.reached(level + self.step).min(MAX);
        let next = if level < self.preset && self.preset < whole { self.preset } else { whole };
        (next > level).then_some(next)
    }

    /// The ceiling that a failure at `age` asks for: a step below it.
    pub fn below(&self, age: Duration) -> Duration {
        let room = age.saturating_sub(self.step);
        // Rounding must not lift it: the slack is for ages that were measured.
        let steps = u32::try_from(room.as_nanos() / self.step.as_nanos()).unwrap_or(u32::MAX);
        self.step.saturating_mul(steps).clamp(self.floor(), MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const S: fn(u64) -> Duration = Duration::from_secs;

    #[test]
    fn levels_are_whole_minutes_and_the_preset() {
        let levels = Levels::new(S(270));
        let mut climbed = vec![S(180)];
        while let Some(next) = levels.next(climbed[climbed.len() - 1]) {
            climbed.push(next);
        }
        assert_eq!(climbed[..5], [S(180), S(240), S(270), S(300), S(360)]);
        assert_eq!(climbed.last(), Some(&MAX));
    }

    #[test]
    fn an_age_a_little_late_is_its_level_and_one_between_two_is_itself() {
        let levels = Levels::new(S(240));
        let cases = [(S(300), S(300)), (S(302), S(300)), (Duration::from_millis(299_999), S(300)), (S(277), S(277))];
        for (age, snapped) in cases {
            assert_eq!(levels.snap(age), snapped, "{age:?}");
        }
        assert_eq!(levels.reached(S(277)), S(240));
        assert_eq!(levels.reached(S(30)), Duration::ZERO);
    }

    #[test]
    fn a_ceiling_lies_a_step_below_the_failure_and_never_under_the_floor() {
        let levels = Levels::new(S(240));
        for (fails, ceiling) in [(300, 240), (277, 180), (780, 720), (90, 60), (10, 60)] {
            assert_eq!(levels.below(S(fails)), S(ceiling), "{fails}");
        }
    }

    #[test]
    fn a_preset_under_a_minute_scales_the_steps() {
        let levels = Levels::new(S(12));
        assert_eq!((levels.step(), levels.floor(), levels.next(S(12))), (S(3), S(3), Some(S(15))));
        assert_eq!(Levels::new(Duration::ZERO).preset(), MIN_PRESET);
        assert_eq!(Levels::new(S(86_400)).preset(), MAX);
    }
}
