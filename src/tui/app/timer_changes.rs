//! The timers as the user wants them: settings requested that the board does not show yet, changes that can be taken
//! back, and what is being typed or moved by the mouse.

use std::time::{Duration, Instant};

use super::held::Held;
use super::typed::Typed;
use mailwatch_proto::model::{Command, Origin, Setting, Snapshot, Timer, WatchId};

/// How long the board may take to show a request: channels within the process, and a frame.
const PATIENCE: Duration = Duration::from_secs(2);

/// How many changes can be taken back.
const UNDO_LIMIT: usize = 100;

/// A change of a timer, with what each watch had before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The timer.
    pub timer: Timer,
    /// The settings before.
    pub from: Vec<(WatchId, Setting)>,
}

/// A setting that was requested and that the board does not show yet.
#[derive(Clone, Debug, PartialEq, Eq)]
struct PendingSetting {
    watch: WatchId,
    timer: Timer,
    to: Setting,
    /// What the board may show until it shows `to`, earlier requests included: so a second key press adds to the first.
    passing: Vec<Setting>,
    /// When it was requested.
    at: Instant,
}

impl PendingSetting {
    fn is_of(&self, watch: &WatchId, timer: Timer) -> bool {
        self.timer == timer && self.watch == *watch
    }

    /// Whether it counts though the board shows another setting.
    fn stands(&self, shown: Setting, now: Instant) -> bool {
        now.saturating_duration_since(self.at) < PATIENCE && self.passing.contains(&shown)
    }
}

/// The requests under way, and what can be taken back.
#[derive(Clone, Debug, Default)]
pub struct TimerChanges {
    undo: Vec<Change>,
    pending: Vec<PendingSetting>,
    /// What the mouse is changing.
    pub held: Option<Held>,
    /// The value being typed.
    pub typed: Option<Typed>,
}

impl TimerChanges {
    /// A watch's timers as requested.
    #[must_use]
    pub const fn of<'a>(&'a self, snapshot: &'a Snapshot, now: Instant) -> RequestedTimers<'a> {
        RequestedTimers { snapshot, changes: self, now }
    }

    /// Notes that a setting is requested; returns the command that asks for it. `shown` is what the board shows.
    pub fn request(
        &mut self,
        watch: &WatchId,
        timer: Timer,
        to: Setting,
        shown: Option<Setting>,
        now: Instant,
    ) -> Command {
        let mut passing = Vec::new();
        if let Some(shown) = shown {
            passing.push(shown);
            for earlier in
                self.standing(watch, timer, shown, now).iter().flat_map(|it| it.passing.iter().chain([&it.to]))
            {
                if !passing.contains(earlier) {
                    passing.push(*earlier);
                }
            }
        }
        self.pending.retain(|it| !it.is_of(watch, timer) && now.saturating_duration_since(it.at) < PATIENCE);
        self.pending.push(PendingSetting { watch: watch.clone(), timer, to, passing, at: now });
        match to {
            Setting::Value(value) => Command::Retune { timer, value, by: None },
            Setting::Auto => Command::Learn,
        }
    }

    /// Remembers a change, so that it can be taken back. The oldest gives way to it.
    pub fn remember(&mut self, change: Change) {
        if self.undo.len() == UNDO_LIMIT {
            self.undo.remove(0);
        }
        self.undo.push(change);
    }

    /// The last change, to be taken back.
    pub fn take_back(&mut self) -> Option<Change> {
        self.undo.pop()
    }

    /// Whether there is a change to take back.
    #[must_use]
    pub const fn can_take_back(&self) -> bool {
        !self.undo.is_empty()
    }

    /// Whether the wheel has changed a value that is not asked for yet.
    #[must_use]
    pub fn waits_for_rest(&self) -> bool {
        self.held.as_ref().is_some_and(|held| held.along.is_none())
    }

    /// What the mouse has moved the watch's timer to.
    fn held_of(&self, watch: &WatchId, timer: Timer) -> Option<Setting> {
        let held = self.held.as_ref().filter(|held| held.timer == timer)?;
        held.watches.contains(watch).then_some(held.to)
    }

    fn standing(&self, watch: &WatchId, timer: Timer, shown: Setting, now: Instant) -> Option<&PendingSetting> {
        self.pending.iter().find(|it| it.is_of(watch, timer) && it.stands(shown, now))
    }
}

/// A watch's timers as requested: what the board shows, but for what was requested since.
#[derive(Clone, Copy, Debug)]
pub struct RequestedTimers<'a> {
    snapshot: &'a Snapshot,
    changes: &'a TimerChanges,
    now: Instant,
}

impl RequestedTimers<'_> {
    /// What the timer is set to.
    #[must_use]
    pub fn setting(&self, timer: Timer) -> Setting {
        if let Some(held) = self.changes.held_of(&self.snapshot.id, timer) {
            return held;
        }
        let shown = self.snapshot.setting(timer);
        self.changes.standing(&self.snapshot.id, timer, shown, self.now).map_or(shown, |it| it.to)
    }

    /// Its value, learned or set; `None` where it is off.
    #[must_use]
    pub fn value(&self, timer: Timer) -> Option<Duration> {
        match self.setting(timer) {
            Setting::Value(value) => value,
            Setting::Auto => self.snapshot.timers.value(timer),
        }
    }

    /// Where the setting comes from.
    #[must_use]
    pub fn origin(&self, timer: Timer) -> Origin {
        match self.setting(timer) {
            setting if setting == self.snapshot.setting(timer) => self.snapshot.timers.tuned(timer).origin,
            Setting::Auto => Origin::Learned,
            Setting::Value(_) => Origin::You,
        }
    }

    /// Whether the user has set the timer to something else than the configuration.
    #[must_use]
    pub fn is_yours(&self, timer: Timer) -> bool {
        let learns = timer == Timer::Reissue && self.snapshot.learning.origin == Some(Origin::You);
        self.setting(timer) != self.snapshot.setting(timer)
            || self.snapshot.timers.tuned(timer).origin == Origin::You
            || learns
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mailwatch_proto::model::Timers;

    const MINUTES: fn(u64) -> Setting = |n| Setting::Value(Some(Duration::from_mins(n)));

    fn snapshot(now: Instant) -> Snapshot {
        Snapshot::new(WatchId::new("a", "INBOX"), Timers::default(), now)
    }

    fn set(snapshot: &mut Snapshot, minutes: u64) {
        snapshot.timers.set(Timer::Reissue, Some(Duration::from_mins(minutes)), Origin::You);
    }

    #[test]
    fn a_request_counts_until_the_board_shows_another_setting_or_patience_ends() {
        let now = Instant::now();
        let (mut changes, mut snapshot) = (TimerChanges::default(), snapshot(now));
        let shown = snapshot.setting(Timer::Reissue);
        let command = changes.request(&snapshot.id, Timer::Reissue, MINUTES(5), Some(shown), now);
        assert_eq!(command, Command::Retune { timer: Timer::Reissue, value: Some(Duration::from_mins(5)), by: None });
        let timers = changes.of(&snapshot, now);
        assert_eq!((timers.setting(Timer::Reissue), timers.origin(Timer::Reissue)), (MINUTES(5), Origin::You));
        assert_eq!(changes.of(&snapshot, now + PATIENCE).setting(Timer::Reissue), shown);
        set(&mut snapshot, 7);
        assert_eq!(changes.of(&snapshot, now).setting(Timer::Reissue), MINUTES(7), "somebody else has set it");
    }

    #[test]
    fn the_board_may_show_an_earlier_request_on_its_way_to_the_last() {
        let now = Instant::now();
        let (mut changes, mut snapshot) = (TimerChanges::default(), snapshot(now));
        for minutes in [5, 6] {
            let shown = snapshot.setting(Timer::Reissue);
            changes.request(&snapshot.id, Timer::Reissue, MINUTES(minutes), Some(shown), now);
        }
        set(&mut snapshot, 5);
        assert_eq!(changes.of(&snapshot, now).setting(Timer::Reissue), MINUTES(6));
    }

    #[test]
    fn the_oldest_change_gives_way_and_the_last_is_taken_back_first() {
        let mut changes = TimerChanges::default();
        for _ in 0..=UNDO_LIMIT {
            changes.remember(Change { timer: Timer::Poll, from: Vec::new() });
        }
        changes.remember(Change { timer: Timer::Done, from: Vec::new() });
        assert_eq!(changes.take_back().map(|change| change.timer), Some(Timer::Done));
        assert_eq!(std::iter::from_fn(|| changes.take_back()).count(), UNDO_LIMIT - 1);
    }
}
