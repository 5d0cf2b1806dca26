//! Filters: typed into the pane that has the keys, kept until Esc.

use crossterm::event::KeyCode;

use super::{App, FilterTarget, Pane, Popup};

/// Longer than any line shown: a paste by mistake does not grow it.
const LIMIT: usize = 100;

impl App {
    /// A key while a filter is typed; whether it was for the filter.
    pub(super) fn type_key(&mut self, code: KeyCode) -> bool {
        match code {
            KeyCode::Char(c) => self.type_char(c),
            KeyCode::Backspace => {
                if let Some(field) = self.typing {
                    let mut text = self.filter_of(field).to_owned();
                    text.pop();
                    self.set_filter(field, text);
                }
            }
            KeyCode::Enter => self.typing = None,
            KeyCode::Esc => {
                if let Some(field) = self.typing.take() {
                    self.set_filter(field, String::new());
                }
            }
            _ => return false,
        }
        true
    }

    pub(super) fn type_char(&mut self, c: char) {
        let Some(field) = self.typing else { return };
        let mut text = self.filter_of(field).to_owned();
        if text.chars().count() < LIMIT {
            text.push(c);
            self.set_filter(field, text);
        }
    }

    pub(super) fn set_filter(&mut self, field: FilterTarget, text: String) {
        if field == FilterTarget::Pane(Pane::Log) {
            self.log.filter(&text);
        }
        if !text.is_empty() && matches!(field, FilterTarget::Pane(Pane::Log | Pane::Wire)) {
            self.needle = text.to_lowercase();
        }
        if text.is_empty() {
            self.filters.remove(&field);
        } else {
            self.filters.insert(field, text);
        }
        match (field, &mut self.popup) {
            (FilterTarget::Pane(Pane::Watches), _) => self.arrange(),
            (FilterTarget::Help, Some(Popup::Help(offset))) => *offset = 0,
            (FilterTarget::Pane(_) | FilterTarget::Help, _) => {}
        }
    }
}
