//! Changing timers from the screen: reissue by key, every timer in the popup, and taking it back.

use std::time::Duration;

use super::{App, Effect, Popup};
use crate::model::{Command, TIMERS, Timer, WatchId, show_duration};

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

/// How far `+` and `-` move reissue.
const REISSUE_STEP: Duration = Duration::from_secs(30);

/// Changes that can be taken back.
const UNDO_LIMIT: usize = 100;

/// The popup's state: which timer is selected.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tuning {
    row: usize,
}

/// A change of a timer.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Change {
    watch: WatchId,
    timer: Timer,
    from: Option<Duration>,
    to: Option<Duration>,
}

/// What was changed, and what was asked for and is not yet on the board.
#[derive(Clone, Debug, Default)]
pub(super) struct Changes {
    undo: Vec<Change>,
    /// The last wish, with the board's value when it was made: until that value moves, the wish is what counts, so
    /// that a second key press adds to the first.
    wish: Option<(Change, Option<Duration>)>,
}

impl Tuning {
    /// The selected timer.
    #[must_use]
    pub const fn timer(self) -> Timer {
        TUNED[self.row]
    }

    /// Selects another.
    pub fn select(&mut self, by: i64) {
        let target = (self.row as u64).saturating_add_signed(by).min(TUNED.len() as u64 - 1);
        self.row = usize::try_from(target).unwrap_or(0);
    }
}

impl App {
    pub(super) fn toggle_tuning(&mut self) {
        self.popup = match self.popup {
            Some(Popup::Tuning(_)) => None,
            Some(Popup::Help(_) | Popup::Details(_)) | None => {
                self.selected.is_some().then(|| Popup::Tuning(Tuning::default()))
            }
        };
    }

    pub(super) fn step_reissue(&mut self, longer: bool) -> Vec<Effect> {
        let Some(from) = self.wished(Timer::Reissue) else { return Vec::new() };
        let spec = Timer::Reissue.spec();
        let value = from.unwrap_or(spec.max);
        let to = if longer { value.saturating_add(REISSUE_STEP) } else { value.saturating_sub(REISSUE_STEP) };
        self.retune(Timer::Reissue, from, Some(to.clamp(spec.min, spec.max)))
    }

    /// Moves the popup's timer by a step that suits its size. Beyond the largest value is `off`, where it can be off.
    pub(super) fn step_tuned(&mut self, longer: bool) -> Vec<Effect> {
        let Some(Popup::Tuning(tuning)) = self.popup else { return Vec::new() };
        let timer = tuning.timer();
        let Some(from) = self.wished(timer) else { return Vec::new() };
        let spec = timer.spec();
        let to = match (from, longer) {
            (None, true) => None,
            (None, false) => Some(spec.max),
            (Some(value), true) if value >= spec.max && spec.can_be_off => None,
            (Some(value), true) => Some((value + step_at(value)).clamp(spec.min, spec.max)),
            (Some(value), false) => {
                let step = step_at(value.saturating_sub(Duration::from_secs(1)));
                Some(value.saturating_sub(step).clamp(spec.min, spec.max))
            }
        };
        self.retune(timer, from, to)
    }

    pub(super) fn undo(&mut self) -> Vec<Effect> {
        let Some(change) = self.changes.undo.pop() else {
            self.notice = Some("nothing to take back".to_owned());
            return Vec::new();
        };
        let Change { watch, timer, from, to } = change;
        self.notice = Some(format!("{watch}: {timer} back to {}", show_duration(from)));
        let board = self.board.watches.get(&watch).map(|snapshot| snapshot.timers.value(timer));
        let back = Change { watch: watch.clone(), timer, from: to, to: from };
        self.changes.wish = board.map(|value| (back, value));
        vec![Effect::Ask(watch, Command::Retune { timer, value: from })]
    }

    /// The selected watch's value: the one last wished while the board does not show another yet.
    #[expect(clippy::option_option, reason = "None: no watch is selected; Some(None): the timer is off")]
    pub(in crate::tui) fn wished(&self, timer: Timer) -> Option<Option<Duration>> {
        let snapshot = self.selection()?;
        let value = snapshot.timers.value(timer);
        Some(match &self.changes.wish {
            Some((wish, was)) if wish.watch == snapshot.id && wish.timer == timer && *was == value => wish.to,
            Some(_) | None => value,
        })
    }

    fn retune(&mut self, timer: Timer, from: Option<Duration>, to: Option<Duration>) -> Vec<Effect> {
        let Some(snapshot) = self.selection() else { return Vec::new() };
        if from == to {
            self.notice = Some(format!("{timer} is at its limit: {}", show_duration(to)));
            return Vec::new();
        }
        let (watch, was) = (snapshot.id.clone(), snapshot.timers.value(timer));
        let change = Change { watch: watch.clone(), timer, from, to };
        if self.changes.undo.len() == UNDO_LIMIT {
            self.changes.undo.remove(0);
        }
        self.changes.undo.push(change.clone());
        self.changes.wish = Some((change, was));
        vec![Effect::Ask(watch, Command::Retune { timer, value: to })]
    }
}

/// The step from a value upwards: fine where it is small.
const fn step_at(value: Duration) -> Duration {
    Duration::from_secs(match value.as_secs() {
        0..10 => 1,
        10..60 => 5,
        60..600 => 30,
        _ => 60,
    })
}
