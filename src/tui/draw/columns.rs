//! The columns of the table of watches: which ones a width has room for, how wide they are, and which order each stands
//! for.

use super::hour;
use crate::tui::settings::{Column, Columns};
use crate::tui::table::Sort;

/// Whether a column's texts are aligned to the right.
pub const fn is_right(column: Column) -> bool {
    match column {
        Column::Next | Column::Push | Column::Answer | Column::New | Column::Unseen | Column::Heard | Column::Blind => {
            true
        }
        Column::State | Column::Hour | Column::Verdict => false,
    }
}

/// The order that a column's header shows, and asks for with a click.
pub const fn sort(column: Column) -> Option<Sort> {
    match column {
        Column::State => Some(Sort::State),
        Column::Next => Some(Sort::Next),
        Column::New => Some(Sort::New),
        Column::Hour
        | Column::Push
        | Column::Answer
        | Column::Unseen
        | Column::Heard
        | Column::Blind
        | Column::Verdict => None,
    }
}

/// A column's least width.
const fn least(column: Column, table: u16) -> u16 {
    match column {
        Column::State if table < 30 => 8,
        Column::State if table < 58 => 11,
        Column::State => 17,
        Column::Hour => 10,
        Column::Next | Column::Heard => 5,
        Column::Answer => 7,
        Column::New => 4,
        Column::Push | Column::Unseen | Column::Blind => 6,
        Column::Verdict => 14,
    }
}

/// The order in which columns go where there is no room: the first of these first.
const GOING: [Column; 10] = [
    Column::Verdict,
    Column::Heard,
    Column::Blind,
    Column::Unseen,
    Column::Push,
    Column::Answer,
    Column::Hour,
    Column::New,
    Column::Next,
    Column::State,
];

/// On narrower tables the hour, and how fast DONE was answered, say too little beside the state.
const HOUR_FROM: u16 = 64;

/// From here on there is room for what can be left out.
const ALL_FROM: u16 = 150;

/// What is shown where nothing else was chosen.
fn usual(column: Column, table: u16) -> bool {
    match column {
        Column::State | Column::Next | Column::New => true,
        Column::Hour => table >= HOUR_FROM,
        Column::Answer => table >= 74,
        Column::Push => table >= 90,
        Column::Unseen | Column::Heard | Column::Blind | Column::Verdict => table >= ALL_FROM,
    }
}

/// A table's columns: the names', and the others with their widths.
pub struct Widths {
    /// The names' width.
    pub name: u16,
    /// The others, from left to right.
    pub others: Vec<(Column, u16)>,
}

/// The columns with their widths, for a table of this width.
pub fn columns(chosen: &Columns, width: u16, widest_name: u16) -> Widths {
    let mut others: Vec<(Column, u16)> = match chosen {
        Columns::Auto => Column::ALL.into_iter().filter(|column| usual(*column, width)).map(|it| (it, 0)).collect(),
        Columns::Chosen(chosen) => chosen.iter().map(|column| (*column, 0)).collect(),
    };
    for (column, size) in &mut others {
        *size = least(*column, width);
    }
    // Pointer, glyph and a mark or a blank; two blanks before each column, one at the end.
    let margin = 3 + u16::from(width >= 58);
    let taken = |others: &[(Column, u16)]| others.iter().map(|(_, size)| size + 2).sum::<u16>() + margin;
    let least_name = widest_name.clamp(6, 16);
    for going in GOING {
        if taken(&others) + least_name <= width {
            break;
        }
        if others.len() > 1 {
            others.retain(|(column, _)| *column != going);
        }
    }
    let room = width.saturating_sub(taken(&others));
    // What is left after the names makes the hour wider, then the verdict.
    let name = widest_name.clamp(6, 40).min(room.max(4));
    let mut spare = room.saturating_sub(name);
    if let Some((_, size)) = others.iter_mut().find(|(column, _)| *column == Column::Hour) {
        let wider = hour::width(*size + spare).unwrap_or(*size);
        spare -= wider - *size;
        *size = wider;
    }
    if let Some((_, size)) = others.iter_mut().find(|(column, _)| *column == Column::Verdict) {
        *size += spare;
        spare = 0;
    }
    Widths { name: name + spare, others }
}
