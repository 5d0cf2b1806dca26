//! What was asked for and is not yet on the board, and what was changed and can be taken back.

use std::time::{Duration, Instant};

use crate::tui::app::{App, Effect};
use mailwatch_proto::model::{Command, Origin, Setting, Timer, WatchId};

/// How long a wish may take to be seen on the board: channels within the process, and a frame.
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
struct Wish {
    watch: WatchId,
    timer: Timer,
    to: Setting,
    /// What the board may show on its way there, what was wished shortly before included: the wish is what counts, so
    /// that a second key press adds to the first.
    passing: Vec<Setting>,
    /// When it was asked for.
    at: Instant,
}

impl Wish {
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
    wishes: Vec<Wish>,
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
        from.into_iter().map(|(watch, setting)| self.wish(watch, timer, setting)).collect()
    }

    /// What the selected watch's timer is set to: what was last wished while the board does not show another yet.
    pub(in crate::tui) fn wished(&self, timer: Timer) -> Option<Setting> {
        self.selected.as_ref().and_then(|id| self.wished_of(id, timer))
    }

    /// Its value, learned or not.
    #[expect(clippy::option_option, reason = "None: no watch is selected; Some(None): the timer is off")]
    pub(in crate::tui) fn wished_value(&self, timer: Timer) -> Option<Option<Duration>> {
        Some(match self.wished(timer)? {
            Setting::Value(value) => value,
            Setting::Auto => self.selection()?.timers.value(timer),
        })
    }

    /// Where the selected watch's timer has its setting from, the wish included.
    pub(in crate::tui) fn wished_origin(&self, timer: Timer) -> Option<Origin> {
        let snapshot = self.selection()?;
        let wished = self.wished(timer)?;
        let shown = snapshot.timers.tuned(timer).origin;
        Some(match wished {
            setting if setting == snapshot.setting(timer) => shown,
            Setting::Auto => Origin::Learned,
            Setting::Value(_) => Origin::You,
        })
    }

    pub(in crate::tui) fn wished_of(&self, id: &WatchId, timer: Timer) -> Option<Setting> {
        let shown = self.board.watches.get(id)?.setting(timer);
        let mut wishes = self.changes.wishes.iter();
        let wish = wishes.find(|wish| wish.is_of(id, timer) && wish.stands(shown, self.now.at));
        Some(wish.map_or(shown, |wish| wish.to))
    }

    /// Whether the user has set this timer of the selected watch to something else than the configuration.
    pub(in crate::tui) fn is_yours(&self, timer: Timer) -> bool {
        let (Some(snapshot), Some(wished)) = (self.selection(), self.wished(timer)) else { return false };
        let learns = timer == Timer::Reissue && snapshot.learns == Some(Origin::You);
        wished != snapshot.setting(timer) || snapshot.timers.tuned(timer).origin == Origin::You || learns
    }

    pub(super) fn retune(&mut self, timer: Timer, to: Setting) -> Vec<Effect> {
        let had = |id: WatchId| self.wished_of(&id, timer).map(|setting| (id, setting));
        let from: Vec<_> = self.in_scope().into_iter().filter_map(had).filter(|(_, setting)| *setting != to).collect();
        if from.is_empty() {
            self.notice = Some(format!("{timer} is at its limit: {to}"));
            return Vec::new();
        }
        if self.changes.undo.len() == UNDO_LIMIT {
            self.changes.undo.remove(0);
        }
        let effects = from.iter().map(|(id, _)| self.wish(id.clone(), timer, to)).collect();
        self.changes.undo.push(Change { timer, from });
        effects
    }

    /// Asks for a setting, and remembers it until the board has it.
    fn wish(&mut self, watch: WatchId, timer: Timer, to: Setting) -> Effect {
        let now = self.now.at;
        let mut passing = Vec::new();
        if let Some(shown) = self.board.watches.get(&watch).map(|snapshot| snapshot.setting(timer)) {
            passing.push(shown);
            let before = self.changes.wishes.iter().find(|wish| wish.is_of(&watch, timer) && wish.stands(shown, now));
            for earlier in before.into_iter().flat_map(|wish| wish.passing.iter().chain([&wish.to])) {
                if !passing.contains(earlier) {
                    passing.push(*earlier);
                }
            }
        }
        let wishes = &mut self.changes.wishes;
        wishes.retain(|wish| !wish.is_of(&watch, timer) && now.saturating_duration_since(wish.at) < PATIENCE);
        wishes.push(Wish { watch: watch.clone(), timer, to, passing, at: now });
        let command = match to {
            Setting::Value(value) => Command::Retune { timer, value },
            Setting::Auto => Command::Learn,
        };
        Effect::Ask(watch, command)
    }
}
