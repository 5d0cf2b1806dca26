//! The columns of the table of watches: which ones a width has room for, how wide they are, and which order each stands
//! for.

use crate::tui::table::Sort;

/// A column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Column {
    Watch,
    Phase,
    For,
    New,
    Unseen,
    Next,
    Answer,
    Heard,
    Blind,
    Verdict,
}

impl Column {
    /// Whether its texts are aligned to the right.
    pub const fn is_right(self) -> bool {
        match self {
            Self::For | Self::New | Self::Unseen | Self::Answer | Self::Heard | Self::Blind => true,
            Self::Watch | Self::Phase | Self::Next | Self::Verdict => false,
        }
    }

    /// The order that its header shows, and asks for with a click.
    pub const fn sort(self) -> Option<Sort> {
        match self {
            Self::Watch => Some(Sort::Name),
            Self::Phase => Some(Sort::State),
            Self::Next => Some(Sort::Next),
            Self::New => Some(Sort::New),
            Self::For | Self::Unseen | Self::Answer | Self::Heard | Self::Blind | Self::Verdict => None,
        }
    }
}

/// The columns with their widths, for a table of this width.
pub fn columns(width: u16, widest_name: u16) -> Vec<(Column, u16)> {
    use Column::{Answer, Blind, For, Heard, New, Next, Phase, Unseen, Verdict, Watch};
    let (mut columns, name_most): (Vec<(Column, u16)>, u16) = match width {
        0..30 => (vec![(Phase, 7)], 40),
        30..46 => (vec![(Phase, 11), (Next, 5)], 40),
        46..58 => (vec![(Phase, 11), (New, 4), (Next, 5)], 40),
        58..74 => (vec![(Phase, 11), (For, 5), (New, 5), (Next, 14)], 26),
        74..94 => (vec![(Phase, 11), (For, 5), (New, 5), (Next, 14), (Verdict, 14)], 24),
        94..112 => (vec![(Phase, 11), (For, 5), (New, 5), (Unseen, 6), (Next, 16), (Answer, 7), (Verdict, 14)], 24),
        112..122 => {
            (vec![(Phase, 13), (For, 5), (New, 5), (Unseen, 6), (Next, 22), (Answer, 7), (Heard, 5), (Verdict, 16)], 28)
        }
        122..150 => (
            vec![
                (Phase, 12),
                (For, 5),
                (New, 5),
                (Unseen, 6),
                (Next, 18),
                (Answer, 7),
                (Heard, 5),
                (Blind, 6),
                (Verdict, 18),
            ],
            32,
        ),
        _ => (
            vec![
                (Phase, 14),
                (For, 6),
                (New, 6),
                (Unseen, 6),
                (Next, 26),
                (Answer, 7),
                (Heard, 6),
                (Blind, 6),
                (Verdict, 20),
            ],
            40,
        ),
    };
    // Pointer, glyph and a blank; two blanks after each column.
    let fixed = 3 + columns.iter().map(|(_, width)| width + 2).sum::<u16>();
    let room = width.saturating_sub(fixed + u16::from(width >= 58));
    let name = widest_name.clamp(8, name_most).min(room.max(6));
    let mut spare = room.saturating_sub(name);
    if let Some((_, verdict)) = columns.iter_mut().find(|(column, _)| *column == Verdict) {
        *verdict += spare;
        spare = 0;
    }
    columns.insert(0, (Watch, if width < 58 { name + spare } else { name }));
    columns
}
