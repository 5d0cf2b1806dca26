//! The mouse: a click selects, a second one opens, the wheel scrolls what is under it, a key's name in the footer is
//! pressed, a column's name orders, an account's mark folds.

use crossterm::event::{KeyCode, MouseButton, MouseEvent, MouseEventKind};
use ratatui::layout::Position;

use super::{App, Effect, Hit, Pane, Popup};
use crate::tui::draw;
use crate::tui::keymap::Action;

/// Rows a turn of the wheel moves.
const WHEEL: i64 = 3;

impl App {
    pub(super) fn mouse(&mut self, mouse: MouseEvent) -> Vec<Effect> {
        let at = Position::new(mouse.column, mouse.row);
        match mouse.kind {
            MouseEventKind::Down(MouseButton::Left) => self.click(at),
            MouseEventKind::ScrollUp => self.wheel(at, -WHEEL),
            MouseEventKind::ScrollDown => self.wheel(at, WHEEL),
            MouseEventKind::Down(_)
            | MouseEventKind::Up(_)
            | MouseEventKind::Drag(_)
            | MouseEventKind::Moved
            | MouseEventKind::ScrollLeft
            | MouseEventKind::ScrollRight => Vec::new(),
        }
    }

    fn click(&mut self, at: Position) -> Vec<Effect> {
        self.notice = None;
        if let Some(action) = draw::footer_action(self, at) {
            if self.typing.is_some() {
                let code = if action == Action::Close { KeyCode::Esc } else { KeyCode::Enter };
                self.type_key(code);
                return Vec::new();
            }
            return self.act(action);
        }
        self.typing = None;
        if self.popup.is_some() {
            if !draw::popup_area(self).contains(at) {
                self.popup = None;
                return Vec::new();
            }
            return match draw::popup_hit(self, at) {
                Some(Hit::WelcomeChoice(way)) => self.go(way),
                Some(Hit::FormField(spot)) => self.click_field(spot),
                None => draw::tuning_at(self, at).map_or_else(Vec::new, |touch| self.touch_tuning(touch)),
            };
        }
        let layout = self.layout();
        if let Some(pane) = layout.tab_at(at) {
            self.pane = pane;
            return Vec::new();
        }
        let Some(pane) = layout.pane_at(at) else { return Vec::new() };
        self.pane = pane;
        if pane != Pane::Watches {
            return Vec::new();
        }
        if let Some(sort) = draw::sort_at(self, at) {
            self.sort_by(sort);
        } else if let Some(row) = layout.watch_row_at(at) {
            self.select(self.top + row);
            if self.folds() && self.is_mark(at) {
                self.toggle_fold();
            }
        }
        Vec::new()
    }

    /// The second press: folds an account, opens a watch's details. Elsewhere it is a click like the first.
    pub(super) fn double_click(&mut self, at: Position) -> Vec<Effect> {
        let row = self.layout().watch_row_at(at).filter(|row| self.top + row < self.rows.len());
        if self.popup.is_some() || row.is_none() || draw::footer_action(self, at).is_some() {
            return self.click(at);
        }
        // The first press has selected it, and folded or unfolded it already where it was on the mark.
        if !(self.folds() && self.is_mark(at)) {
            return self.act(Action::Details);
        }
        Vec::new()
    }

    /// Whether a position in the watches' table is where an account's row has its mark.
    fn is_mark(&self, at: Position) -> bool {
        self.layout().watch_table().is_some_and(|table| at.x < table.x + 3)
    }

    fn wheel(&mut self, at: Position, by: i64) -> Vec<Effect> {
        match self.popup {
            Some(Popup::Help(_) | Popup::Details(_) | Popup::Problem(_) | Popup::Form) => self.move_by(by),
            Some(Popup::Tuning(_)) => self.scroll_tuning(by),
            Some(Popup::Welcome(_)) => self.move_by(by.signum()),
            None => match self.layout().pane_at(at) {
                Some(Pane::Watches) => self.move_pane(Pane::Watches, by.signum()),
                Some(pane @ (Pane::Log | Pane::Wire)) => self.move_pane(pane, by),
                Some(Pane::Timers) | None => {}
            },
        }
        Vec::new()
    }
}
