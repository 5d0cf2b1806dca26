//! The tuning popup: which timer is selected, and whose timers are changed.

use std::time::Duration;

use super::held::Track;
use crate::tui::requests::Place;
use mailwatch_proto::model::{Setting, TIMERS, Timer, WatchId};

/// The timers of the popup, in its order.
pub const TUNED: [Timer; TIMERS.len()] = [
    Timer::Reissue,
    Timer::Done,
    Timer::Silence,
    Timer::Poll,
    Timer::Reply,
    Timer::Connect,
    Timer::RetryMin,
    Timer::RetryMax,
];

/// How far `+` and `-` move reissue, from a minute on.
const REISSUE_STEP: Duration = Duration::from_secs(30);

/// What silence is set to when it leaves off and no heartbeat suggests better: what NATs are known to keep.
const SILENCE: Duration = Duration::from_mins(5);

/// Whose timers a change in the popup is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Scope {
    /// The selected watch's.
    #[default]
    Watch,
    /// Those of every watch of its account.
    Account,
    /// Every watch's.
    All,
}

impl Scope {
    /// Every scope, from the narrowest.
    pub const ALL: [Self; 3] = [Self::Watch, Self::Account, Self::All];

    const fn next(self) -> Self {
        match self {
            Self::Watch => Self::Account,
            Self::Account => Self::All,
            Self::All => Self::Watch,
        }
    }
}

/// What a click in the popup hits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TuningHit {
    /// A scope's name.
    Scope(Scope),
    /// A timer's row.
    Timer(Timer),
    /// A timer's bar.
    Bar(Timer, Track),
}

/// The popup's state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tuning {
    row: usize,
    /// Whose timers are changed.
    pub scope: Scope,
    /// The first row seen, if the user has scrolled; else the selected timer is kept in view.
    pub scrolled: Option<usize>,
}

impl Tuning {
    /// The popup, opened for a scope.
    #[must_use]
    pub fn new(scope: Scope) -> Self {
        Self { scope, ..Self::default() }
    }

    /// The selected timer.
    #[must_use]
    pub const fn timer(self) -> Timer {
        TUNED[self.row]
    }

    /// Whether the last timer is selected.
    #[must_use]
    pub const fn is_at_end(self) -> bool {
        self.row == TUNED.len() - 1
    }

    /// Moves the selection by so many timers; up is negative.
    pub fn select_by(&mut self, by: i64) {
        let target = (self.row as u64).saturating_add_signed(by).min(TUNED.len() as u64 - 1);
        self.row = usize::try_from(target).unwrap_or(0);
        self.scrolled = None;
    }

    /// Selects a timer.
    pub fn select(&mut self, timer: Timer) {
        self.row = TUNED.iter().position(|known| *known == timer).unwrap_or(self.row);
    }

    /// Goes to the next scope.
    pub const fn next_scope(&mut self) {
        self.scope = self.scope.next();
    }
}

/// Where the timers of a scope around a watch are saved. The configuration knows accounts and all, no single mailbox: a
/// watch's timers are saved for its account.
#[must_use]
pub fn saved_for(scope: Scope, watch: &WatchId) -> Place {
    match scope {
        Scope::Watch | Scope::Account => Place::Account(watch.account.clone()),
        Scope::All => Place::All,
    }
}

/// What the timer can be besides a value.
#[must_use]
pub const fn special(timer: Timer) -> Option<Setting> {
    if matches!(timer, Timer::Reissue) {
        Some(Setting::Auto)
    } else if timer.spec().can_be_off {
        Some(Setting::Value(None))
    } else {
        None
    }
}

/// Reissue, one press of `+` or `-` away from a value.
#[must_use]
pub fn step_reissue(value: Option<Duration>, longer: bool) -> Setting {
    let spec = Timer::Reissue.spec();
    let value = value.unwrap_or(spec.max);
    let to = if longer {
        value.saturating_add(step_up(value).min(REISSUE_STEP))
    } else {
        value.saturating_sub(step_down(value).min(REISSUE_STEP))
    };
    Setting::Value(Some(to.clamp(spec.min, spec.max)))
}

/// A timer, one step away from a value; the step suits the value's size. Beyond the largest value comes `off` or
/// `auto`, if the timer can be that.
#[must_use]
pub fn step(timer: Timer, value: Option<Duration>, longer: bool) -> Setting {
    let spec = timer.spec();
    match (value, longer) {
        (None, true) => Setting::Value(None),
        (None, false) => Setting::Value(Some(spec.max)),
        (Some(value), true) if value >= spec.max => special(timer).unwrap_or(Setting::Value(Some(spec.max))),
        (Some(value), true) => Setting::Value(Some((value + step_up(value)).clamp(spec.min, spec.max))),
        (Some(value), false) => Setting::Value(Some(value.saturating_sub(step_down(value)).clamp(spec.min, spec.max))),
    }
}

/// What a timer gets when it leaves `off` or `auto`: the value it had, else two and a half heartbeats, else a usual
/// one.
#[must_use]
pub fn back_from_special(timer: Timer, value: Option<Duration>, heartbeat: Option<Duration>) -> Setting {
    let beats = heartbeat.map(|beat| Duration::from_secs((beat * 5 / 2).as_secs()));
    let spec = timer.spec();
    Setting::Value(Some(value.or(beats).unwrap_or(SILENCE).clamp(spec.min, spec.max)))
}

/// The step from a value upwards: fine where the value is small.
const fn step_up(value: Duration) -> Duration {
    Duration::from_secs(match value.as_secs() {
        0..10 => 1,
        10..60 => 5,
        60..600 => 30,
        _ => 60,
    })
}

/// The step from a value downwards: the one that leads up to it.
const fn step_down(value: Duration) -> Duration {
    step_up(value.saturating_sub(Duration::from_secs(1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECS: fn(u64) -> Option<Duration> = |n| Some(Duration::from_secs(n));

    #[test]
    fn a_step_down_undoes_the_step_up() {
        for from in [1, 9, 10, 55, 60, 570, 600, 1200] {
            let Setting::Value(up) = step(Timer::Reply, SECS(from.min(540)), true) else { panic!("a value") };
            assert_eq!(step(Timer::Reply, up, false), Setting::Value(SECS(from.min(540))), "{from}");
        }
    }

    #[test]
    fn beyond_the_largest_value_is_what_the_timer_can_be_besides() {
        let max = |timer: Timer| Some(timer.spec().max);
        assert_eq!(step(Timer::Reissue, max(Timer::Reissue), true), Setting::Auto);
        assert_eq!(step(Timer::Silence, max(Timer::Silence), true), Setting::Value(None));
        assert_eq!(step(Timer::Done, max(Timer::Done), true), Setting::Value(max(Timer::Done)));
        assert_eq!(step(Timer::Silence, None, false), Setting::Value(max(Timer::Silence)));
    }

    #[test]
    fn silence_comes_back_from_off_to_what_the_heartbeat_suggests() {
        assert_eq!(back_from_special(Timer::Silence, None, SECS(120)), Setting::Value(SECS(300)));
        assert_eq!(back_from_special(Timer::Silence, None, SECS(100)), Setting::Value(SECS(250)));
        assert_eq!(back_from_special(Timer::Silence, None, None), Setting::Value(Some(SILENCE)));
        assert_eq!(back_from_special(Timer::Silence, SECS(60), SECS(120)), Setting::Value(SECS(60)));
    }

    #[test]
    fn the_selection_stops_at_both_ends() {
        let mut tuning = Tuning::default();
        tuning.select_by(-1);
        assert_eq!(tuning.timer(), Timer::Reissue);
        tuning.select_by(100);
        assert!(tuning.is_at_end() && tuning.timer() == Timer::RetryMax);
    }
}
