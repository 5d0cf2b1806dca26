//! The screen's state, in parts that own theirs, and what is asked of several of them at once. Pure: no I/O, no clock,
//! no terminal. `update` changes it, `draw` reads it.

mod engine;
mod filters;
mod frozen;
mod gaps;
mod held;
mod hosts;
mod message;
mod notices;
mod palette;
mod panes;
mod popups;
mod reading;
mod timer_changes;
mod totals;
mod tuning;
mod typed;
mod watch_list;

use std::collections::BTreeMap;
use std::time::Duration;

use ratatui::layout::Size;

use super::background::Ground;
use super::clock::{Now, Precision, show_wall};
use super::glyphs::Glyphs;
use super::log::Log;
use super::log_line;
use super::options::Options;
use super::stall::Stall;
use super::theme::Styles;
use super::viewed_file::ViewedFile;
use super::watch_history::WatchHistory;
use crate::tui::settings::Ui;
use mailwatch_proto::model::{Board, MailKey, Phase, Setting, Snapshot, Timer, WatchId};

pub use engine::{Gone, ShownEngine};
pub use filters::{FilterKey, FilterTarget, Filters};
pub use frozen::Frozen;
pub use held::{Held, Track};
pub use hosts::LostHost;
pub use message::{Effect, Input};
pub use notices::Notices;
pub use palette::{Palette, Said};
pub use panes::{Pane, Panes};
pub use popups::{Details, Hit, Popup, Popups, Problem, Question, Then, WelcomeChoice};
pub use reading::{Reading, SoFar};
pub use timer_changes::{Change, RequestedTimers, TimerChanges};
pub use totals::Totals;
pub use tuning::{Scope, TUNED, Tuning, TuningHit, back_from_special, saved_for, special, step, step_reissue};
pub use typed::{Typed, may_be};
pub use watch_list::{Heading, WatchList, of_account, of_host};

/// How often a visible timer is drawn.
const SECOND: Duration = Duration::from_secs(1);

/// After so long what is wrong is looked at anew, though nothing has come.
const LOOK_EACH: Duration = Duration::from_millis(500);

/// The same with reduced motion. Other frames meanwhile show the second in which they are drawn.
const CALM: Duration = Duration::from_secs(10);

/// The screen's state. Drawing reads it, [`App::update`] changes it.
#[derive(Debug)]
pub struct App {
    /// What the command line, the configuration and the terminal ask for.
    pub options: Options,
    /// The styles of the theme on this terminal.
    pub styles: Styles,
    /// Whose engine is shown, and whether it is gone.
    pub engine: ShownEngine,
    /// What is true now, or was when the display was frozen.
    pub board: Board,
    /// The moment for which counters are computed.
    pub now: Now,
    /// The terminal's size.
    pub size: Size,
    /// The table of watches and its selection.
    pub watches: WatchList,
    /// The panes, and which one has the keys.
    pub panes: Panes,
    /// What is open above them.
    pub popups: Popups,
    /// What happened.
    pub log: Log,
    /// What is remembered of each watch.
    pub histories: BTreeMap<WatchId, WatchHistory>,
    /// The lists' filters and the last search.
    pub filters: Filters,
    /// What the screen says of itself.
    pub notices: Notices,
    /// What waits while the display is frozen; `None` while it is not.
    pub frozen: Option<Frozen>,
    /// The timers as the user wants them.
    pub timers: TimerChanges,
}

impl App {
    /// A screen that knows nothing yet.
    #[must_use]
    pub fn new(options: Options, size: Size, now: Now) -> Self {
        let mut log = Log::default();
        for (account, about) in &options.about {
            log.push(now.wall, None, log_line::describe_account(account, about));
        }
        let mut app = Self {
            styles: Styles::new(&options.themes.chosen, options.depth),
            popups: Popups::new(&options.start),
            options,
            engine: ShownEngine::default(),
            board: Board::default(),
            now,
            size,
            watches: WatchList::default(),
            panes: Panes::default(),
            log,
            histories: BTreeMap::new(),
            filters: Filters::default(),
            notices: Notices::default(),
            frozen: None,
            timers: TimerChanges::default(),
        };
        app.engine.mails.came.show_only(app.options.preferences.accounts.clone());
        app.show_file();
        app
    }

    /// Takes in how the configuration wants the screen to look.
    pub fn restyle(&mut self, ui: Ui) {
        self.options.apply(ui);
        self.styles = Styles::new(&self.options.themes.chosen, self.options.depth);
    }

    /// The terminal's background is known: the theme follows it, where none was chosen.
    pub fn show_on(&mut self, ground: Ground) {
        self.options.themes.show_on(ground);
        // What is tried on in the list of commands stays.
        if self.popups.palette().is_none() {
            self.styles = Styles::new(&self.options.themes.chosen, self.options.depth);
        }
    }

    /// Moves the counters to a later moment; a frozen display stands still, a file at its moment, and what an engine that is
    /// gone has left.
    pub fn tick(&mut self, now: Now) {
        self.notices.pass(now.at);
        if let Some(file) = &self.options.viewed {
            self.now = file.now();
            return;
        }
        match &mut self.engine.gone {
            Some(gone) => gone.now = now,
            None if self.frozen.is_none() => {
                self.now = now;
                // The sentences have ages.
                if self.watches.totals.age(now.at) >= LOOK_EACH {
                    self.look_around();
                }
            }
            None => {}
        }
    }

    /// The mails whose lines the last frame could show: to be confirmed now that it was drawn.
    pub fn drawn(&mut self) -> Vec<MailKey> {
        self.log.take_unconfirmed()
    }

    /// Arranges the table's rows anew.
    pub fn arrange(&mut self) {
        let (histories, now) = (&self.histories, self.now);
        let stall = |snapshot: &Snapshot| Stall::of(snapshot, histories.get(&snapshot.id), now);
        self.watches.arrange(&self.board, self.filters.of_pane(Pane::Watches), stall);
    }

    /// The marks to draw with.
    #[must_use]
    pub const fn glyphs(&self) -> &'static Glyphs {
        Glyphs::of(self.options.characters)
    }

    /// Whether a visible timer runs, so that the screen must be drawn each second: the age of what an engine that is gone
    /// has left is one.
    #[must_use]
    pub fn is_ticking(&self) -> bool {
        let counts = || self.frozen.is_none() && self.board.watches.values().any(|snapshot| counts(snapshot));
        self.options.viewed.is_none() && (self.engine.gone.is_some() || self.lost_hosts().next().is_some() || counts())
    }

    /// How often a visible timer is drawn again; `None` while none runs.
    #[must_use]
    pub fn pace(&self) -> Option<Duration> {
        // A sentence goes after its time, though nothing else moves.
        let said = self.notices.notice.is_some().then_some(notices::STANDS);
        let ticks = if self.options.preferences.reduced_motion { CALM } else { SECOND };
        self.is_ticking().then_some(ticks).into_iter().chain(said).min()
    }

    /// Whether the display is frozen.
    #[must_use]
    pub const fn is_frozen(&self) -> bool {
        self.frozen.is_some()
    }

    /// How many events wait for the display to go on. They alone are no reason for a frame.
    #[must_use]
    pub fn waiting(&self) -> u64 {
        self.frozen.as_ref().map_or(0, Frozen::waiting)
    }

    /// The selected watch's snapshot.
    #[must_use]
    pub fn selection(&self) -> Option<&Snapshot> {
        self.board.watches.get(self.watches.selected.as_ref()?).map(AsRef::as_ref)
    }

    /// What is remembered of the selected watch.
    #[must_use]
    pub fn history(&self) -> Option<&WatchHistory> {
        self.histories.get(self.watches.selected.as_ref()?)
    }

    /// The same, to be changed.
    pub fn history_mut(&mut self) -> Option<&mut WatchHistory> {
        self.histories.get_mut(self.watches.selected.as_ref()?)
    }

    /// The watch's last stall, for as long as it is shown.
    #[must_use]
    pub fn stall(&self, snapshot: &Snapshot) -> Option<Stall> {
        Stall::of(snapshot, self.histories.get(&snapshot.id), self.now)
    }

    /// A watch's timers as requested.
    #[must_use]
    pub const fn timers_of<'a>(&'a self, snapshot: &'a Snapshot) -> RequestedTimers<'a> {
        self.timers.of(snapshot, self.now.at)
    }

    /// What a watch's timer is set to, as requested; `None` if there is no such watch.
    #[must_use]
    pub fn setting_of(&self, id: &WatchId, timer: Timer) -> Option<Setting> {
        self.board.watches.get(id).map(|snapshot| self.timers_of(snapshot).setting(timer))
    }

    /// The watches that a change of a timer is for: those of the tuning popup's scope, else the selected ones.
    #[must_use]
    pub fn tuned_watches(&self) -> Vec<WatchId> {
        match self.popups.tuning() {
            Some(tuning) => self.watches.in_scope(tuning.scope, &self.board),
            None => self.watches.selected_watches(&self.board),
        }
    }

    /// What the banner says: a fault of the program's own, seen whatever else is.
    #[must_use]
    pub fn banner(&self) -> Option<String> {
        if let Some(gone) = &self.engine.gone {
            return Some(gone.banner());
        }
        if let Some((from, to)) = self.options.viewed.as_ref().and_then(ViewedFile::silence) {
            let show = |at| show_wall(at, &self.options.zone, Precision::Date);
            return Some(format!("nothing was recorded from {} to {}: probably no engine ran", show(from), show(to)));
        }
        self.board.fault.as_ref().map(ToString::to_string)
    }
}

/// Whether a time of the watch runs on the screen.
fn counts(snapshot: &Snapshot) -> bool {
    // One that needs the user is tried again too, and for how long it is down is said.
    !snapshot.phase.is_at_rest() || snapshot.phase == Phase::Failed || snapshot.quarantined.is_some()
}
