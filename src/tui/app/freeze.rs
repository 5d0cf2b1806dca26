//! A display held still: what comes meanwhile waits, and is shown when it goes on.

use std::collections::VecDeque;

use super::App;
use crate::tui::log::LOG_LIMIT;
use mailwatch_proto::model::{Board, Event, EventKind};

/// Events that wait while the display is frozen.
#[derive(Debug, Default)]
pub(super) struct Frozen {
    events: VecDeque<Event>,
    board: Option<Board>,
    dropped: u64,
}

impl Frozen {
    /// Keeps the latest truth for later.
    pub(super) fn hold_board(&mut self, board: Board) {
        self.board = Some(board);
    }

    /// How many events wait or had to go.
    pub(super) fn waiting(&self) -> u64 {
        self.events.len() as u64 + self.dropped
    }

    /// Keeps an event for later. Mail is never dropped: it is told exactly once, here or nowhere.
    pub(super) fn hold_event(&mut self, event: Event) {
        if self.events.len() >= LOG_LIMIT {
            let droppable = self.events.iter().position(|event| !matches!(event.kind, EventKind::NewMail(_)));
            if droppable.and_then(|index| self.events.remove(index)).is_some() {
                self.dropped += 1;
            }
        }
        self.events.push_back(event);
    }
}

impl App {
    pub(super) fn toggle_freeze(&mut self) {
        let Some(frozen) = self.frozen.take() else {
            self.frozen = Some(Frozen::default());
            return;
        };
        if let Some(board) = frozen.board {
            self.take_board(board);
        }
        for event in frozen.events {
            self.take_event(event);
        }
        if frozen.dropped > 0 {
            self.notice = Some(format!("{} events were dropped while the display was frozen", frozen.dropped));
        }
    }
}
