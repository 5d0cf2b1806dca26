//! What drawing and the loop ask of the state; nothing is changed here.

use std::time::Duration;

use super::{App, FilterTarget, Pane, freeze};
use crate::tui::layout::Layout;
use crate::tui::table::Row;
use crate::tui::watch_history::WatchHistory;
use crate::tui::words::Stall;
use mailwatch_proto::model::{Phase, Snapshot};

/// The pace of what counts on the screen.
const SECOND: Duration = Duration::from_secs(1);

/// And where nothing is to move that need not. Whatever else is drawn meanwhile shows the second it is drawn in.
const CALM: Duration = Duration::from_secs(10);

impl App {
    /// Whether a visible timer runs, so that the screen must be drawn each second.
    #[must_use]
    pub fn is_ticking(&self) -> bool {
        self.frozen.is_none() && self.board.watches.values().any(|snapshot| is_running(snapshot))
    }

    /// How often a visible timer is drawn again; `None` while none runs.
    #[must_use]
    pub fn pace(&self) -> Option<Duration> {
        self.is_ticking().then_some(if self.options.reduced_motion { CALM } else { SECOND })
    }

    /// Whether the display is held still.
    #[must_use]
    pub const fn is_frozen(&self) -> bool {
        self.frozen.is_some()
    }

    /// How many events wait for the display to go on; counted for the next frame, for which they are no reason.
    #[must_use]
    pub fn waiting(&self) -> u64 {
        self.frozen.as_ref().map_or(0, freeze::Frozen::waiting)
    }

    /// The selected watch's snapshot.
    #[must_use]
    pub fn selection(&self) -> Option<&Snapshot> {
        self.board.watches.get(self.selected.as_ref()?).map(AsRef::as_ref)
    }

    /// The selected row.
    #[must_use]
    pub fn position(&self) -> Option<usize> {
        let is_selected = |row: &Row| match row {
            Row::Account(account) => self.heading.as_ref() == Some(account),
            Row::Watch(id) => self.heading.is_none() && self.selected.as_ref() == Some(id),
        };
        self.rows.iter().position(is_selected)
    }

    /// The selected watch's history.
    #[must_use]
    pub fn history(&self) -> Option<&WatchHistory> {
        self.histories.get(self.selected.as_ref()?)
    }

    /// The watch's last stall, while it is told of.
    #[must_use]
    pub fn stall(&self, snapshot: &Snapshot) -> Option<Stall> {
        Stall::of(snapshot, self.histories.get(&snapshot.id), self.now)
    }

    /// A pane's filter, empty where there is none.
    #[must_use]
    pub fn filter(&self, pane: Pane) -> &str {
        self.filter_of(FilterTarget::Pane(pane))
    }

    /// A list's filter, empty where there is none.
    #[must_use]
    pub fn filter_of(&self, field: FilterTarget) -> &str {
        self.filters.get(&field).map_or("", String::as_str)
    }

    /// Where everything stands.
    #[must_use]
    pub fn layout(&self) -> Layout {
        Layout::of(self, self.size)
    }

    /// What must be seen whatever else is: a fault of the program's own.
    #[must_use]
    pub fn banner(&self) -> Option<String> {
        if self.engine_ended {
            return Some("the engine has ended: nothing is watched any more".to_owned());
        }
        self.board.fault.as_ref().map(ToString::to_string)
    }
}

/// Whether something of the watch counts on screen.
fn is_running(snapshot: &Snapshot) -> bool {
    match snapshot.phase {
        Phase::Paused | Phase::Failed | Phase::Ended => snapshot.quarantined.is_some(),
        Phase::Connecting
        | Phase::Authenticating
        | Phase::Selecting
        | Phase::CatchingUp
        | Phase::Requested
        | Phase::Idling
        | Phase::Finishing
        | Phase::Polling
        | Phase::Waiting => true,
    }
}
