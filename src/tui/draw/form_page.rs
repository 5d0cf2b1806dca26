//! A page of the form while it is put together: sentences, fields, buttons.

use super::content::Marks;
use super::fit::wrap;
use super::row::Row;
use crate::tui::app::{App, Hit};
use crate::tui::form::{Form, FormField};
use crate::tui::theme::Role;

/// The pointer and a blank.
pub const POINTER: usize = 2;

/// A page of the form while it is put together.
pub struct Page<'a> {
    pub app: &'a App,
    pub width: u16,
    pub rows: Vec<Row>,
    pub marks: Marks,
}

impl Page<'_> {
    /// A sentence, as many rows as it takes.
    pub fn say(&mut self, role: Role, text: &str, indent: usize) {
        let room = self.width.saturating_sub(u16::try_from(indent).unwrap_or(0)).max(1);
        for line in wrap(text, room) {
            self.rows.push(vec![(role, " ".repeat(indent)), (role, line.to_owned())]);
        }
    }

    /// A button.
    pub fn button(&mut self, form: &Form, field: FormField, name: &str) {
        let focused = form.focus == field;
        let role = if focused { Role::TitleFocused } else { Role::Strong };
        let row = vec![(role, pointer(self.app, focused)), (role, format!("[ {name} ]"))];
        self.put(form, field, row);
    }

    /// A row that can be clicked.
    pub fn put(&mut self, form: &Form, field: FormField, row: Row) {
        self.marks.hits.push((self.rows.len(), Hit::FormField(field)));
        let begin = self.rows.len();
        self.rows.push(row);
        if form.focus == field {
            if let Some(said) = &form.error {
                let text = format!("{} {said}", self.app.glyphs().state.warn);
                self.say(Role::Warn, &text, POINTER);
            }
            self.marks.focus = begin..self.rows.len();
        }
    }
}

pub fn pointer(app: &App, focused: bool) -> String {
    if focused { format!("{} ", app.glyphs().list.pointer) } else { " ".repeat(POINTER) }
}
