//! What was asked for and is not yet on the board, and what was changed and can be taken back.

use std::time::{Duration, Instant};

use crate::tui::app::{App, Effect};
use mailwatch_proto::model::{Command, Origin, Setting, Timer, WatchId};

/// How long a wanted may take to be seen on the board: channels within the process, and a frame.
const PATIENCE: Duration = Duration::from_secs(2);

/// Changes that can be taken back.
const UNDO_LIMIT: usize = 100;

/// A change of a timer: what each watch had.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Change {
    timer: Timer,
    from: Vec<(WatchId, Setting)>,
}

/// A setting asked for that the board does not show yet.
#[derive(Clone, Debug, PartialEq, Eq)]
struct PendingSetting {
    watch: WatchId,
    timer: Timer,
    to: Setting,
    /// What the board may show on its way there, what was requested shortly before included: the wanted is what counts, so
    /// that a second key press adds to the first.
    passing: Vec<Setting>,
    /// When it was asked for.
    at: Instant,
}

impl PendingSetting {
    fn is_of(&self, watch: &WatchId, timer: Timer) -> bool {
        self.timer == timer && self.watch == *watch
    }

    /// Whether it counts though the board shows something else.
    fn stands(&self, shown: Setting, now: Instant) -> bool {
        now.saturating_duration_since(self.at) < PATIENCE && self.passing.contains(&shown)
    }
}

/// What was changed, and what was asked for and is not yet on the board.
#[derive(Clone, Debug, Default)]
pub(in crate::tui::app) struct Changes {
    undo: Vec<Change>,
    pending: Vec<PendingSetting>,
}

impl App {
    pub(in crate::tui::app) fn undo(&mut self) -> Vec<Effect> {
        let Some(Change { timer, from }) = self.changes.undo.pop() else {
            self.notice = Some("nothing to take back".to_owned());
            return Vec::new();
        };
        self.notice = Some(match from.as_slice() {
            [(watch, setting)] => format!("{watch}: {timer} back to {setting}"),
            watches => format!("{timer} of {} watches as it was", watches.len()),
        });
        from.into_iter().map(|(watch, setting)| self.request_setting(watch, timer, setting)).collect()
    }

    /// What the selected watch's timer is set to: what was last requested while the board does not show another yet.
    pub(in crate::tui) fn requested(&self, timer: Timer) -> Option<Setting> {
        self.selected.as_ref().and_then(|id| self.requested_of(id, timer))
    }

    /// Its value, learned or not.
    #[expect(clippy::option_option, reason = "None: no watch is selected; Some(None): the timer is off")]
    pub(in crate::tui) fn requested_value(&self, timer: Timer) -> Option<Option<Duration>> {
        Some(match self.requested(timer)? {
            Setting::Value(value) => value,
            Setting::Auto => self.selection()?.timers.value(timer),
        })
    }

    /// Where the selected watch's timer has its setting from, the wanted included.
    pub(in crate::tui) fn requested_origin(&self, timer: Timer) -> Option<Origin> {
        let snapshot = self.selection()?;
        let requested = self.requested(timer)?;
        let shown = snapshot.timers.tuned(timer).origin;
        Some(match requested {
            setting if setting == snapshot.setting(timer) => shown,
            Setting::Auto => Origin::Learned,
            Setting::Value(_) => Origin::You,
        })
    }

    pub(in crate::tui) fn requested_of(&self, id: &WatchId, timer: Timer) -> Option<Setting> {
        let shown = self.board.watches.get(id)?.setting(timer);
        let mut pending = self.changes.pending.iter();
        let wanted = pending.find(|wanted| wanted.is_of(id, timer) && wanted.stands(shown, self.now.at));
        Some(wanted.map_or(shown, |wanted| wanted.to))
    }

    /// Whether the user has set this timer of the selected watch to something else than the configuration.
    pub(in crate::tui) fn is_yours(&self, timer: Timer) -> bool {
        let (Some(snapshot), Some(requested)) = (self.selection(), self.requested(timer)) else { return false };
        let learns = timer == Timer::Reissue && snapshot.learns == Some(Origin::You);
        requested != snapshot.setting(timer) || snapshot.timers.tuned(timer).origin == Origin::You || learns
    }

    pub(super) fn retune(&mut self, timer: Timer, to: Setting) -> Vec<Effect> {
        let had = |id: WatchId| self.requested_of(&id, timer).map(|setting| (id, setting));
        let from: Vec<_> = self.in_scope().into_iter().filter_map(had).filter(|(_, setting)| *setting != to).collect();
        if from.is_empty() {
            self.notice = Some(format!("{timer} is at its limit: {to}"));
            return Vec::new();
        }
        if self.changes.undo.len() == UNDO_LIMIT {
            self.changes.undo.remove(0);
        }
        let effects = from.iter().map(|(id, _)| self.request_setting(id.clone(), timer, to)).collect();
        self.changes.undo.push(Change { timer, from });
        effects
    }

    /// Asks for a setting, and remembers it until the board has it.
    fn request_setting(&mut self, watch: WatchId, timer: Timer, to: Setting) -> Effect {
        let now = self.now.at;
        let mut passing = Vec::new();
        if let Some(shown) = self.board.watches.get(&watch).map(|snapshot| snapshot.setting(timer)) {
            passing.push(shown);
            let before =
                self.changes.pending.iter().find(|wanted| wanted.is_of(&watch, timer) && wanted.stands(shown, now));
            for earlier in before.into_iter().flat_map(|wanted| wanted.passing.iter().chain([&wanted.to])) {
                if !passing.contains(earlier) {
                    passing.push(*earlier);
                }
            }
        }
        let pending = &mut self.changes.pending;
        pending.retain(|wanted| !wanted.is_of(&watch, timer) && now.saturating_duration_since(wanted.at) < PATIENCE);
        pending.push(PendingSetting { watch: watch.clone(), timer, to, passing, at: now });
        let command = match to {
            Setting::Value(value) => Command::Retune { timer, value },
            Setting::Auto => Command::Learn,
        };
        Effect::Ask(watch, command)
    }
}
