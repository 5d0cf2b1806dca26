//! The mouse: a click selects, the wheel scrolls what is under it, a key's name in the footer is pressed.

use crossterm::event::{KeyCode, MouseButton, MouseEvent, MouseEventKind};
use ratatui::layout::Position;

use super::{App, Effect, Pane, Popup};
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
            }
            return Vec::new();
        }
        let layout = self.layout();
        if let Some(pane) = layout.tab_at(at) {
            self.pane = pane;
            return Vec::new();
        }
        let Some(pane) = layout.pane_at(at) else { return Vec::new() };
        self.pane = pane;
        if pane == Pane::Watches
            && let Some(row) = layout.watch_row_at(at)
        {
            self.select(self.top + row);
        }
        Vec::new()
    }

    fn wheel(&mut self, at: Position, by: i64) -> Vec<Effect> {
        match self.popup {
            Some(Popup::Help(_) | Popup::Details(_) | Popup::Problem(_)) => self.move_by(by),
            Some(Popup::Tuning(_)) => self.move_by(by.signum()),
            None => match self.layout().pane_at(at) {
                Some(Pane::Watches) => self.move_pane(Pane::Watches, by.signum()),
                Some(pane @ (Pane::Log | Pane::Wire)) => self.move_pane(pane, by),
                Some(Pane::Timers) | None => {}
            },
        }
        Vec::new()
    }
}
