//! The phases of the last hour as a strip: a mark for each stretch, the time below it, and what the marks mean.

use std::time::{Duration, SystemTime};

use super::section::Section;
use crate::tui::app::App;
use crate::tui::clock::{Precision, show_wall};
use crate::tui::draw::content::heading;
use crate::tui::draw::fit::cells;
use crate::tui::draw::row::Row;
use crate::tui::glyphs::Glyphs;
use crate::tui::phase_timeline::{SLOT, SLOTS, Stage, merged};
use crate::tui::theme::Role;
use mailwatch_proto::model::{Snapshot, show_duration};

/// How many slots a mark may stand for: each divides the hour.
const PER_MARK: [u32; 13] = [1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 20, 30, 60];

/// From this many marks on there is a time at each quarter of an hour, else at each half.
const QUARTERS: usize = 30;

pub fn section(app: &App, snapshot: &Snapshot, width: u16) -> Section {
    let mut rows = vec![heading("The last hour")];
    let Some(per_mark) = PER_MARK.into_iter().find(|slots| SLOTS / slots <= u32::from(width)) else { return rows };
    let (slots, open) = app.hour_of(snapshot);
    let marks = merged(&slots, per_mark);
    let strip = Strip {
        begin: app.now.wall.checked_sub(open + SLOT * (SLOTS - 1)).unwrap_or(app.now.wall),
        mark: SLOT * per_mark,
        marks: marks.len(),
    };
    rows.push(painted(app.glyphs(), &marks));
    if let Some(blind) = strip.blind(app, snapshot) {
        rows.push(blind);
    }
    rows.push(strip.clock(app));
    rows.extend(legend(app.glyphs(), &marks, strip.mark, width));
    rows
}

/// A stage's mark, word and role.
const fn look(stage: Stage, glyphs: &Glyphs) -> (&'static str, &'static str, Role) {
    match stage {
        Stage::NotRunning => (glyphs.text.dot, "not watched", Role::Dim),
        Stage::Idling => (glyphs.state.live, "idling", Role::Live),
        Stage::Polling => (glyphs.state.polling, "polling", Role::Live),
        Stage::Busy => (glyphs.state.busy, "on the way", Role::Busy),
        Stage::Paused => (glyphs.state.resting, "paused", Role::Resting),
        Stage::NotPushing => ("?", "not pushing", Role::Warn),
        Stage::Waiting => (glyphs.state.down, "waiting", Role::Down),
        Stage::Replacing => (glyphs.state.warn, "replacing", Role::Warn),
        Stage::Failed => (glyphs.state.failed, "failed", Role::Down),
    }
}

/// The marks; neighbours of one stage share a piece.
fn painted(glyphs: &Glyphs, marks: &[Stage]) -> Row {
    let piece = |stages: &[Stage]| {
        let (mark, _, role) = look(stages[0], glyphs);
        (role, mark.repeat(stages.len()))
    };
    marks.chunk_by(|a, b| a == b).map(piece).collect()
}

struct Strip {
    /// The wall clock's time at its left edge.
    begin: SystemTime,
    /// What a mark stands for.
    mark: Duration,
    marks: usize,
}

impl Strip {
    /// The mark of a moment; `None` outside the strip.
    fn at(&self, moment: SystemTime) -> Option<usize> {
        let since = moment.duration_since(self.begin).ok()?;
        let at = usize::try_from(since.as_millis() / self.mark.as_millis().max(1)).ok()?;
        (at < self.marks).then_some(at)
    }

    /// Where the watch was blind, as known now; `None` if it never was.
    fn blind(&self, app: &App, snapshot: &Snapshot) -> Option<Row> {
        let mut blind = vec![false; self.marks];
        let running = snapshot.blind.since.map(|since| (super::section::wall(app, since), app.now.wall));
        let over = snapshot.past.blind.iter().map(|interval| (interval.from, interval.to));
        for (from, to) in over.chain(running) {
            let Some(last) = self.at(to) else { continue };
            let first = if from < self.begin { 0 } else { self.at(from).unwrap_or(last) };
            blind[first.min(last)..=last].fill(true);
        }
        if !blind.contains(&true) {
            return None;
        }
        let mark = |is: bool| if is { app.glyphs().graph.blind } else { " " };
        let piece = |cells: &[bool]| (Role::Warn, mark(cells[0]).repeat(cells.len()));
        let mut row: Row = blind.chunk_by(|a, b| a == b).map(piece).collect();
        row.push((Role::Warn, " blind".to_owned()));
        Some(row)
    }

    /// The round times, each at its mark.
    fn clock(&self, app: &App) -> Row {
        let step = Duration::from_mins(if self.marks >= QUARTERS { 15 } else { 30 });
        let mut line = String::new();
        let mut moment = after(self.begin, step);
        while let Some(at) = self.at(moment) {
            let label =
                format!("{}{}", app.glyphs().graph.tick, show_wall(moment, &app.options.zone, Precision::Minutes));
            let used = usize::from(cells(&line));
            // A tick whose time does not fit stands alone.
            let label =
                if at + usize::from(cells(&label)) <= self.marks { label } else { app.glyphs().graph.tick.to_owned() };
            if at >= used + usize::from(used > 0) {
                line.push_str(&" ".repeat(at - used));
                line.push_str(&label);
            }
            moment += step;
        }
        vec![(Role::Dim, line)]
    }
}

/// The first round time at or after a moment. Zones differ from UTC by whole quarters of an hour.
fn after(moment: SystemTime, step: Duration) -> SystemTime {
    let since = moment.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let past = Duration::from_secs(since.as_secs() % step.as_secs().max(1))
        + Duration::from_nanos(since.subsec_nanos().into());
    if past.is_zero() { moment } else { moment + step.saturating_sub(past) }
}

/// The strip's marks with their words, and how long each is.
fn legend(glyphs: &Glyphs, marks: &[Stage], mark: Duration, width: u16) -> Vec<Row> {
    let mut rows = vec![Row::new()];
    let mut used = 0;
    let each = vec![(Role::Dim, format!("each mark {}", show_duration(Some(mark))))];
    let there = Stage::ALL.into_iter().filter(|stage| marks.contains(stage));
    let words = there.map(|stage| {
        let (glyph, word, role) = look(stage, glyphs);
        vec![(role, format!("{glyph} ")), (Role::Text, word.to_owned())]
    });
    for entry in words.chain([each]) {
        let size: u16 = entry.iter().map(|(_, text)| cells(text)).sum();
        if used > 0 && used + 2 + size > width {
            rows.push(Row::new());
            used = 0;
        }
        let Some(row) = rows.last_mut() else { break };
        if used > 0 {
            row.push((Role::Text, "  ".to_owned()));
            used += 2;
        }
        row.extend(entry);
        used += size;
    }
    rows
}
