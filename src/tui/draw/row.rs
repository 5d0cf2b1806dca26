//! Rows of text with roles: what popups and lists are made of before they are cells.

use super::fit::{cells, fit};
use crate::tui::theme::Role;

/// A piece of text with its role.
pub type Piece = (Role, String);

/// A row of pieces.
pub type Row = Vec<Piece>;

/// A row of exactly `width` cells: cut with an ellipsis, or filled up with blanks.
pub fn padded(row: Row, width: u16, ellipsis: &str) -> Row {
    let mut room = width;
    let mut out = Row::new();
    for (role, text) in row {
        let text = match fit(&text, room, ellipsis) {
            None => text,
            Some(head) => format!("{head}{}", if room > 0 { ellipsis } else { "" }),
        };
        room = room.saturating_sub(cells(&text));
        out.push((role, text));
    }
    out.push((Role::Text, " ".repeat(usize::from(room))));
    out
}
