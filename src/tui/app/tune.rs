//! Changing timers from the screen: reissue by key, every timer in the popup, for a watch, its account or all, and
//! taking it back.

use std::time::Duration;

use super::{App, Effect, Popup};
use crate::model::{Command, Origin, TIMERS, Timer, WatchId, show_duration};
use crate::tui::host::{Place, Request, Tuned};

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

/// How far `+` and `-` move reissue, where it is a minute or more.
const REISSUE_STEP: Duration = Duration::from_secs(30);

/// Changes that can be taken back.
const UNDO_LIMIT: usize = 100;

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

/// The popup's state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tuning {
    row: usize,
    /// Whose timers are changed.
    pub scope: Scope,
}

/// A change of a timer: what each watch had.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Change {
    timer: Timer,
    from: Vec<(WatchId, Option<Duration>)>,
}

/// A value asked for that the board does not show yet.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Wish {
    watch: WatchId,
    timer: Timer,
    to: Option<Duration>,
    /// The board's value when it was asked for: until that moves, the wish is what counts, so that a second key press
    /// adds to the first.
    was: Option<Duration>,
}

/// What was changed, and what was asked for and is not yet on the board.
#[derive(Clone, Debug, Default)]
pub(super) struct Changes {
    undo: Vec<Change>,
    wishes: Vec<Wish>,
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

    const fn widen(&mut self) {
        self.scope = match self.scope {
            Scope::Watch => Scope::Account,
            Scope::Account => Scope::All,
            Scope::All => Scope::Watch,
        };
    }
}

impl App {
    pub(super) fn toggle_tuning(&mut self) {
        let scope = if self.heading.is_some() { Scope::Account } else { Scope::Watch };
        self.popup = match self.popup {
            Some(Popup::Tuning(_)) => None,
            Some(Popup::Help(_) | Popup::Details(_) | Popup::Problem(_) | Popup::Welcome(_) | Popup::Form) | None => {
                self.selected.is_some().then(|| Popup::Tuning(Tuning { scope, ..Tuning::default() }))
            }
        };
    }

    pub(super) fn next_scope(&mut self) {
        if let Some(Popup::Tuning(tuning)) = &mut self.popup {
            tuning.widen();
        }
    }

    /// The watches that a change in the popup is for; outside of it, the selected ones.
    pub(in crate::tui) fn in_scope(&self) -> Vec<WatchId> {
        match (self.popup.as_ref(), &self.selected) {
            (Some(Popup::Tuning(Tuning { scope: Scope::All, .. })), _) => self.board.watches.keys().cloned().collect(),
            (Some(Popup::Tuning(Tuning { scope: Scope::Account, .. })), Some(id)) => {
                self.of_account(&id.account).cloned().collect()
            }
            (Some(Popup::Tuning(Tuning { scope: Scope::Watch, .. })), id) => id.iter().cloned().collect(),
            (
                Some(Popup::Help(_) | Popup::Details(_) | Popup::Problem(_) | Popup::Welcome(_) | Popup::Form) | None,
                _,
            )
            | (Some(Popup::Tuning(Tuning { scope: Scope::Account, .. })), None) => self.selected_watches(),
        }
    }

    pub(super) fn step_reissue(&mut self, longer: bool) -> Vec<Effect> {
        let Some(from) = self.wished(Timer::Reissue) else { return Vec::new() };
        let spec = Timer::Reissue.spec();
        let value = from.unwrap_or(spec.max);
        let to = if longer {
            value.saturating_add(step_at(value).min(REISSUE_STEP))
        } else {
            value.saturating_sub(step_down(value).min(REISSUE_STEP))
        };
        self.retune(Timer::Reissue, Some(to.clamp(spec.min, spec.max)))
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
            (Some(value), false) => Some(value.saturating_sub(step_down(value)).clamp(spec.min, spec.max)),
        };
        self.retune(timer, to)
    }

    pub(super) fn undo(&mut self) -> Vec<Effect> {
        let Some(Change { timer, from }) = self.changes.undo.pop() else {
            self.notice = Some("nothing to take back".to_owned());
            return Vec::new();
        };
        self.notice = Some(match from.as_slice() {
            [(watch, value)] => format!("{watch}: {timer} back to {}", show_duration(*value)),
            watches => format!("{timer} of {} watches as it was", watches.len()),
        });
        from.into_iter().map(|(watch, value)| self.wish(watch, timer, value)).collect()
    }

    /// The selected watch's value: the one last wished while the board does not show another yet.
    #[expect(clippy::option_option, reason = "None: no watch is selected; Some(None): the timer is off")]
    pub(in crate::tui) fn wished(&self, timer: Timer) -> Option<Option<Duration>> {
        self.selected.as_ref().and_then(|id| self.wished_of(id, timer))
    }

    #[expect(clippy::option_option, reason = "None: there is no such watch; Some(None): the timer is off")]
    fn wished_of(&self, id: &WatchId, timer: Timer) -> Option<Option<Duration>> {
        let value = self.board.watches.get(id)?.timers.value(timer);
        let mut wishes = self.changes.wishes.iter();
        let wish = wishes.find(|wish| wish.watch == *id && wish.timer == timer && wish.was == value);
        Some(wish.map_or(value, |wish| wish.to))
    }

    fn retune(&mut self, timer: Timer, to: Option<Duration>) -> Vec<Effect> {
        let had = |id: WatchId| self.wished_of(&id, timer).map(|value| (id, value));
        let from: Vec<_> = self.in_scope().into_iter().filter_map(had).filter(|(_, value)| *value != to).collect();
        if from.is_empty() {
            self.notice = Some(format!("{timer} is at its limit: {}", show_duration(to)));
            return Vec::new();
        }
        if self.changes.undo.len() == UNDO_LIMIT {
            self.changes.undo.remove(0);
        }
        let effects = from.iter().map(|(id, _)| self.wish(id.clone(), timer, to)).collect();
        self.changes.undo.push(Change { timer, from });
        effects
    }

    /// Asks for a value, and remembers it until the board has it.
    fn wish(&mut self, watch: WatchId, timer: Timer, to: Option<Duration>) -> Effect {
        let was = self.board.watches.get(&watch).map(|snapshot| snapshot.timers.value(timer));
        let shows = |wish: &Wish| {
            self.board.watches.get(&wish.watch).is_some_and(|known| known.timers.value(wish.timer) == wish.was)
        };
        self.changes.wishes.retain(|wish| (wish.watch != watch || wish.timer != timer) && shows(wish));
        if let Some(was) = was {
            self.changes.wishes.push(Wish { watch: watch.clone(), timer, to, was });
        }
        Effect::Ask(watch, Command::Retune { timer, value: to })
    }

    /// Saves what the user has tuned of the popup's watches. The configuration knows accounts and all, no single
    /// mailbox: a watch's timers are saved for its account.
    pub(super) fn save_tuned(&mut self) -> Vec<Effect> {
        let Some(Popup::Tuning(tuning)) = self.popup else { return Vec::new() };
        let Some(id) = self.selected.clone() else { return Vec::new() };
        let place = match tuning.scope {
            Scope::Watch | Scope::Account => Place::Account(id.account.clone()),
            Scope::All => Place::All,
        };
        let yours = |timer: &Timer| {
            let origin = self.board.watches.get(&id).map(|snapshot| snapshot.timers.tuned(*timer).origin);
            let wished = self.changes.wishes.iter().any(|wish| wish.watch == id && wish.timer == *timer);
            origin == Some(Origin::You) || wished
        };
        let tuned: Vec<Tuned> = TUNED
            .into_iter()
            .filter(yours)
            .filter_map(|timer| Some(Tuned { place: place.clone(), timer, value: self.wished(timer)? }))
            .collect();
        if tuned.is_empty() {
            self.notice = Some(format!("{id} has the timers of its configuration: nothing to save"));
            return Vec::new();
        }
        self.begin("saving");
        vec![Effect::Request(Request::Save(tuned))]
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

/// The step from a value downwards: the one that leads up to it.
const fn step_down(value: Duration) -> Duration {
    step_at(value.saturating_sub(Duration::from_secs(1)))
}
