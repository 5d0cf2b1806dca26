//! What the engine tells: the truth, and what happened.

use super::{App, Pane};
use crate::tui::log_line::describe;
use crate::tui::theme::Role;
use crate::tui::watch_history::WatchHistory;
use crate::tui::words;
use mailwatch_proto::model::{Board, Event, EventKind, MailKey, Phase};

impl App {
    pub(super) fn take_board(&mut self, board: Board) {
        if let Some(frozen) = &mut self.frozen {
            frozen.hold_board(board);
            return;
        }
        let same = self.board.watches.len() == board.watches.len()
            && self.board.watches.keys().zip(board.watches.keys()).all(|(old, new)| old == new);
        self.board = board;
        self.progress.take(&self.board);
        if !same || self.arrangement.moves(self.filter(Pane::Watches)) {
            self.arrange();
        }
    }

    pub(super) fn take_event(&mut self, event: Event) {
        if let Some(frozen) = &mut self.frozen {
            frozen.hold_event(event);
            return;
        }
        if let (EventKind::NewMail(mail), Some(watch)) = (&event.kind, &event.watch) {
            let (uidvalidity, uid) = (mail.uidvalidity, mail.uid);
            self.unconfirmed.push(MailKey { watch: watch.clone(), uidvalidity, uid });
        }
        let line = self.log_event(&event);
        if let Some(watch) = &event.watch {
            if !self.histories.contains_key(watch) {
                self.histories.insert(watch.clone(), WatchHistory::default());
            }
            if let Some(history) = self.histories.get_mut(watch) {
                history.take(&event, line);
            }
        }
    }

    /// Tells the event in the log; a prompt answer stands on DONE's own line.
    fn log_event(&mut self, event: &Event) -> Option<u64> {
        let mut told = describe(event)?;
        if let EventKind::DoneAnswered { took, status, late: false, .. } = &event.kind {
            let history = event.watch.as_ref().and_then(|watch| self.histories.get_mut(watch));
            let line = history.and_then(|history| history.last_done(event.conn)).and_then(|done| done.line);
            let answer = format!(", {} in {}", status.name(), words::show_span(*took));
            if line.is_some_and(|line| self.log.append(line, &answer)) {
                return None;
            }
        }
        if let (EventKind::Phase { to: Phase::Idling | Phase::Polling, .. }, Some(watch)) = (&event.kind, &event.watch)
        {
            // News is that a connection has come to it; that it goes on after each DONE is not.
            told.news = self.histories.entry(watch.clone()).or_default().watches_on(event.conn);
            told.role = Role::Live;
        }
        if let (EventKind::Verdict { text, .. }, Some(watch)) = (&event.kind, &event.watch) {
            // The fault just before it has said it.
            told.news &= !self.log.last_of(watch).is_some_and(|last| last.text.ends_with(text.as_str()));
        }
        Some(self.log.push(event.ts, event.watch.clone(), told))
    }
}
