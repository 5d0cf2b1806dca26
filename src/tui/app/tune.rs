//! Changing timers from the screen: reissue by key, every timer in the popup, for a watch, its account or all, and
//! taking it back.

mod requested;

use std::time::Duration;

pub(super) use self::requested::Changes;
use super::{App, Effect, Popup};
use crate::tui::draw;
use crate::tui::host::{Place, Request, Tuned};
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

/// How far `+` and `-` move reissue, where it is a minute or more.
const REISSUE_STEP: Duration = Duration::from_secs(30);

/// What silence is set to where it is taken from off and no heartbeat says better: what a NAT is known to keep.
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
}

/// The popup's state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tuning {
    row: usize,
    /// Whose timers are changed.
    pub scope: Scope,
    /// The first row seen, where the text was scrolled; else the selected timer is kept in view.
    pub scrolled: Option<usize>,
}

/// What was clicked in the popup.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TuningHit {
    /// A scope's name.
    Scope(Scope),
    /// A timer's row.
    Timer(Timer),
    /// A timer's slider, at a value.
    Slider(Timer, Duration),
}

impl Tuning {
    /// The selected timer.
    #[must_use]
    pub const fn timer(self) -> Timer {
        TUNED[self.row]
    }

    /// Selects another.
    fn select(&mut self, by: i64) {
        let target = (self.row as u64).saturating_add_signed(by).min(TUNED.len() as u64 - 1);
        self.row = usize::try_from(target).unwrap_or(0);
        self.scrolled = None;
    }

    fn select_timer(&mut self, timer: Timer) {
        self.row = TUNED.iter().position(|known| *known == timer).unwrap_or(self.row);
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

    /// Selects another timer; beyond the last one the text is scrolled, and back.
    pub(super) fn move_tuning(&mut self, by: i64) {
        let Some(Popup::Tuning(tuning)) = &mut self.popup else { return };
        let at_end = tuning.row == TUNED.len() - 1;
        match (tuning.scrolled.is_some(), by) {
            (false, 1) if at_end => self.scroll_tuning(1),
            (true, 1) => self.scroll_tuning(1),
            (true, -1) => self.scroll_tuning(-1),
            (true | false, by) => tuning.select(by),
        }
    }

    /// Scrolls the popup's text.
    pub(super) fn scroll_tuning(&mut self, by: i64) {
        let (rows, height) = draw::popup_extent(self);
        let (from, resting) = draw::tuning_offsets(self);
        let Some(Popup::Tuning(tuning)) = &mut self.popup else { return };
        let most = rows.saturating_sub(height) as u64;
        let target = usize::try_from((from as u64).saturating_add_signed(by).min(most)).unwrap_or(0);
        // Back where the selected timer is in view by itself, the keys are the timers' again.
        tuning.scrolled = (target != resting).then_some(target);
    }

    pub(super) fn touch_tuning(&mut self, touch: TuningHit) -> Vec<Effect> {
        let Some(Popup::Tuning(tuning)) = &mut self.popup else { return Vec::new() };
        match touch {
            TuningHit::Scope(scope) => tuning.scope = scope,
            TuningHit::Timer(timer) => tuning.select_timer(timer),
            TuningHit::Slider(timer, value) => {
                tuning.select_timer(timer);
                return self.retune(timer, Setting::Value(Some(value)));
            }
        }
        Vec::new()
    }

    /// The watches that a change in the popup is for; outside of it, the selected ones.
    pub(in crate::tui) fn in_scope(&self) -> Vec<WatchId> {
        match &self.popup {
            Some(Popup::Tuning(Tuning { scope, .. })) => self.watches_of(*scope),
            Some(Popup::Help(_) | Popup::Details(_) | Popup::Problem(_) | Popup::Welcome(_) | Popup::Form) | None => {
                self.selected_watches()
            }
        }
    }

    /// The watches of a scope around the selected one.
    pub(in crate::tui) fn watches_of(&self, scope: Scope) -> Vec<WatchId> {
        match (scope, &self.selected) {
            (Scope::All, _) => self.board.watches.keys().cloned().collect(),
            (Scope::Account, Some(id)) => self.of_account(&id.account).cloned().collect(),
            (Scope::Watch, Some(id)) => vec![id.clone()],
            (Scope::Watch | Scope::Account, None) => Vec::new(),
        }
    }

    pub(super) fn step_reissue(&mut self, longer: bool) -> Vec<Effect> {
        let Some(value) = self.requested_value(Timer::Reissue) else { return Vec::new() };
        let spec = Timer::Reissue.spec();
        let value = value.unwrap_or(spec.max);
        let to = if longer {
            value.saturating_add(step_at(value).min(REISSUE_STEP))
        } else {
            value.saturating_sub(step_down(value).min(REISSUE_STEP))
        };
        self.retune(Timer::Reissue, Setting::Value(Some(to.clamp(spec.min, spec.max))))
    }

    /// Moves the popup's timer by a step that suits its size. Beyond the largest value is `off` or `auto`, where the
    /// timer can be that; from `auto` it goes on from the value that was learned.
    pub(super) fn step_tuned(&mut self, longer: bool) -> Vec<Effect> {
        let Some(Popup::Tuning(tuning)) = self.popup else { return Vec::new() };
        let timer = tuning.timer();
        let Some(from) = self.requested_value(timer) else { return Vec::new() };
        let spec = timer.spec();
        let to = match (from, longer) {
            (None, true) => Setting::Value(None),
            (None, false) => Setting::Value(Some(spec.max)),
            (Some(value), true) if value >= spec.max => special(timer).unwrap_or(Setting::Value(Some(spec.max))),
            (Some(value), true) => Setting::Value(Some((value + step_at(value)).clamp(spec.min, spec.max))),
            (Some(value), false) => {
                Setting::Value(Some(value.saturating_sub(step_down(value)).clamp(spec.min, spec.max)))
            }
        };
        self.retune(timer, to)
    }

    /// Puts the popup's timer to `auto` or `off`, or back to a value.
    pub(super) fn toggle_special(&mut self) -> Vec<Effect> {
        let Some(Popup::Tuning(tuning)) = self.popup else { return Vec::new() };
        let timer = tuning.timer();
        let Some(special) = special(timer) else {
            self.notice = Some(format!("{timer} always has a value"));
            return Vec::new();
        };
        if self.requested(timer) != Some(special) {
            return self.retune(timer, special);
        }
        let value = self.requested_value(timer).flatten();
        let heartbeat = self.selection().and_then(|snapshot| snapshot.heartbeat);
        let beats = heartbeat.map(|beat| Duration::from_secs((beat * 5 / 2).as_secs()));
        let spec = timer.spec();
        let to = value.or(beats).unwrap_or(SILENCE).clamp(spec.min, spec.max);
        self.retune(timer, Setting::Value(Some(to)))
    }

    /// Where the popup's scope is saved. The configuration knows accounts and all, no single mailbox: a watch's timers
    /// are saved for its account.
    pub(in crate::tui) fn saved_for(&self, scope: Scope) -> Option<Place> {
        let id = self.selected.as_ref()?;
        Some(match scope {
            Scope::Watch | Scope::Account => Place::Account(id.account.clone()),
            Scope::All => Place::All,
        })
    }

    /// Saves what the user has tuned of the popup's watches.
    pub(super) fn save_tuned(&mut self) -> Vec<Effect> {
        let Some(Popup::Tuning(tuning)) = self.popup else { return Vec::new() };
        let (Some(id), Some(place)) = (self.selected.clone(), self.saved_for(tuning.scope)) else { return Vec::new() };
        let tuned: Vec<Tuned> = TUNED
            .into_iter()
            .filter(|timer| self.is_yours(*timer))
            .filter_map(|timer| Some(Tuned { place: place.clone(), timer, setting: self.requested(timer)? }))
            .collect();
        if tuned.is_empty() {
            self.notice = Some(format!("{id} has the timers of its configuration: nothing to save"));
            return Vec::new();
        }
        self.begin("saving");
        vec![Effect::Request(Request::Save(tuned))]
    }
}

/// What the timer can be beside a value.
pub(in crate::tui) const fn special(timer: Timer) -> Option<Setting> {
    if matches!(timer, Timer::Reissue) {
        Some(Setting::Auto)
    } else if timer.spec().can_be_off {
        Some(Setting::Value(None))
    } else {
        None
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
