//! The last hour in a table's cells: of a watch as a strip of time, of an account's watches as a line of marks.

use super::paint::Paint;
use super::row::Row;
use crate::tui::glyphs::Glyphs;
use crate::tui::phase_timeline::{SLOTS, Stage, merged};
use crate::tui::theme::Role;
use crate::tui::words::State;
use mailwatch_proto::model::Snapshot;

/// The widths that an hour can be shown in: each divides its slots.
pub const WIDTHS: [u16; 8] = [60, 40, 30, 24, 20, 15, 12, 10];

/// The hour's width in a room of so many cells; `None` where it says nothing.
pub fn width(room: u16) -> Option<u16> {
    WIDTHS.into_iter().find(|width| *width <= room)
}

/// The last hour of a watch.
pub fn strip(paint: &mut Paint, (x, y, room): (u16, u16, u16), snapshot: &Snapshot) {
    let Some(width) = width(room) else { return };
    let app = paint.app;
    let (slots, _) = app.hour_of(snapshot);
    let marks = merged(&slots, SLOTS / u32::from(width));
    let row: Row = marks
        .chunk_by(|a, b| a == b)
        .map(|stages| {
            let (mark, role) = mark(stages[0], app.glyphs());
            (role, mark.repeat(stages.len()))
        })
        .collect();
    paint.put_row(x, y, room, &row);
}

/// A stage's mark: what was well is small, what was not stands out.
const fn mark(stage: Stage, glyphs: &Glyphs) -> (&'static str, Role) {
    match stage {
        Stage::NotRunning => (glyphs.text.dot, Role::Track),
        Stage::Idling | Stage::Polling => (glyphs.graph.well, Role::Live),
        Stage::Busy => (glyphs.graph.well, Role::Busy),
        Stage::Paused => (glyphs.state.resting, Role::Resting),
        Stage::NotPushing => ("?", Role::Warn),
        Stage::Waiting => (glyphs.state.down, Role::Down),
        Stage::Replacing => (glyphs.state.warn, Role::Warn),
        Stage::Failed => (glyphs.state.failed, Role::Down),
    }
}

/// A mark for each watch, or for several neighbours the worst of them, where they are more than cells.
pub fn marks(paint: &mut Paint, (x, y, room): (u16, u16, u16), states: &[State]) -> u16 {
    let each = states.len().div_ceil(usize::from(room.max(1))).max(1);
    let worst = |states: &[State]| states.iter().copied().min_by_key(|state| state.urgency());
    let marks: Vec<State> = states.chunks(each).filter_map(worst).collect();
    let row: Row = marks
        .chunk_by(|a, b| (a.glyph, a.role) == (b.glyph, b.role))
        .map(|run| (run[0].role, run[0].glyph.repeat(run.len())))
        .collect();
    paint.put_row(x, y, room, &row)
}
