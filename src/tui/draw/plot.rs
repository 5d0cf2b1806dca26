//! A plot of DONE's answer time (upwards) against the IDLE's age (to the right), as rows of text: it scrolls within a
//! popup and takes its marks from the glyphs, which ratatui's `Chart` cannot do. What was not answered is a column up
//! to the top; the ages from which on most were not answered are shaded.

use std::collections::BTreeMap;
use std::time::Duration;

use super::fit::cells;
use super::row::Row;
use crate::tui::glyphs::Glyphs;
use crate::tui::theme::Role;
use mailwatch_proto::model::show_clock;

/// The scale reaches from 1 ms to 10 s; answers beyond stand at its edges.
const DECADES: f64 = 4.0;

/// A smaller plot is of no use.
pub const MIN_WIDTH: u16 = 24;
pub const MIN_HEIGHT: u16 = 5;

/// A lower plot has no row for the reissue and the legend.
const WITH_MARKER: u16 = 6;

/// The column of labels, with its rule.
const LABEL: u16 = 7;

/// How an IDLE of some age ended.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Mark {
    /// DONE was answered, usually after so long.
    Answered(Duration),
    /// A DONE that was not sent for the age was answered.
    Early(Duration),
    /// It was not answered.
    Failed,
}

/// What is plotted.
pub struct Plot<'a> {
    pub glyphs: &'a Glyphs,
    pub points: &'a [(Duration, Mark)],
    /// The age at which IDLE is issued again.
    pub reissue: Duration,
    /// The age from which on most were not answered.
    pub cliff: Option<Duration>,
}

/// What falls into one column.
#[derive(Clone, Copy, Default)]
struct Column {
    answered: Option<Duration>,
    early: Option<Duration>,
    failed: bool,
}

/// A share of the scale, from 0 to 1.
pub fn height_of(took: Duration) -> f64 {
    let millis = took.as_secs_f64() * 1000.0;
    (millis.max(1.0).log10() / DECADES).clamp(0.0, 1.0)
}

impl Plot<'_> {
    /// The plot in `width` × `height` cells; empty without room or points.
    #[must_use]
    pub fn rows(&self, width: u16, height: u16) -> Vec<Row> {
        if self.points.is_empty() || width < MIN_WIDTH || height < MIN_HEIGHT {
            return Vec::new();
        }
        let markers = u16::from(height >= WITH_MARKER);
        let (wide, high) = (width - LABEL, height - 1 - markers);
        let mut rows: Vec<Row> = self.grid(wide, high);
        rows.push(self.axis(wide));
        if markers > 0 {
            rows.push(self.marker(wide));
        }
        rows
    }

    /// The age at the right edge: the oldest IDLE or the reissue, with a little room beyond.
    fn span(&self) -> f64 {
        let oldest = self.points.iter().map(|(age, _)| *age).max().unwrap_or_default();
        (oldest.max(self.reissue).as_secs_f64() * 1.04).clamp(1.0, 1e9)
    }

    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of a width in cells")]
    fn column_of(&self, age: Duration, wide: u16) -> u16 {
        let share = age.as_secs_f64() / self.span();
        ((share * f64::from(wide - 1)).round() as u16).min(wide - 1)
    }

    /// Of several in one column the slowest counts.
    fn columns(&self, wide: u16) -> BTreeMap<u16, Column> {
        let mut columns: BTreeMap<u16, Column> = BTreeMap::new();
        for (age, mark) in self.points {
            let column = columns.entry(self.column_of(*age, wide)).or_default();
            match mark {
                Mark::Answered(took) => column.answered = column.answered.max(Some(*took)),
                Mark::Early(took) => column.early = column.early.max(Some(*took)),
                Mark::Failed => column.failed = true,
            }
        }
        columns
    }

    /// The plot proper, the top row first. The top row is for what was not answered; the scale lies below it.
    fn grid(&self, wide: u16, high: u16) -> Vec<Row> {
        let columns = self.columns(wide);
        let cliff = self.cliff.map(|from| self.column_of(from, wide));
        let note = self.cliff.map(|from| format!("ignored from {}", show_clock(from)));
        let scale = high - 1;
        (0..high)
            .map(|from_top| {
                let mut row = self.label(from_top, scale);
                for x in 0..wide {
                    let from_bottom = high - 1 - from_top;
                    let shaded = cliff.is_some_and(|cliff| x >= cliff);
                    let (role, glyph) = match columns.get(&x) {
                        Some(column) => self.cell(*column, from_bottom, from_top, scale, shaded),
                        None => self.ground(shaded),
                    };
                    match row.last_mut() {
                        Some((last, text)) if *last == role && x > 0 => text.push_str(glyph),
                        Some(_) | None => row.push((role, glyph.to_owned())),
                    }
                }
                match (&note, cliff) {
                    (Some(note), Some(cliff)) if from_top == 1 => noted(row, note, cliff, wide),
                    (Some(_) | None, _) => row,
                }
            })
            .collect()
    }

    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of a height in cells")]
    fn cell(&self, column: Column, from_bottom: u16, from_top: u16, scale: u16, shaded: bool) -> (Role, &'static str) {
        let eighths = |took| ((height_of(took) * f64::from(scale) * 8.0).round() as u16).max(1);
        // One failure among answers is the line's doing, and no cliff.
        if column.failed && (from_top == 0 || (shaded && column.answered.is_none())) {
            return (Role::Warn, self.glyphs.state.down);
        }
        match (column.answered, column.early) {
            (Some(took), _) => match eighths(took).saturating_sub(from_bottom * 8).min(8) {
                0 => self.ground(shaded),
                part => (Role::Bar, self.glyphs.graph.column[usize::from(part) - 1]),
            },
            (None, Some(took)) if (eighths(took) - 1) / 8 == from_bottom => (Role::Resting, self.glyphs.text.dot),
            (None, _) => self.ground(shaded),
        }
    }

    const fn ground(&self, shaded: bool) -> (Role, &'static str) {
        if shaded { (Role::Track, self.glyphs.graph.track) } else { (Role::Text, " ") }
    }

    fn label(&self, from_top: u16, scale: u16) -> Row {
        let text = match from_top {
            0 => "no OK",
            1 => "10 s",
            row if row == scale => "1 ms",
            row if scale >= 4 && row == 1 + scale / 2 => "100 ms",
            _ => "",
        };
        let role = if from_top == 0 && self.points.iter().any(|(_, mark)| *mark == Mark::Failed) {
            Role::Warn
        } else {
            Role::Dim
        };
        vec![(role, format!("{text:>6}")), (Role::Border, self.glyphs.border.vertical_left.to_owned())]
    }

    /// The ages under the plot, at round distances.
    fn axis(&self, wide: u16) -> Row {
        const TICKS: [u64; 10] = [1, 2, 5, 10, 20, 30, 60, 120, 300, 600];
        const ROOM: f64 = 10.0;
        let span = self.span();
        let least = span * ROOM / f64::from(wide);
        let step = TICKS.into_iter().find(|tick| Duration::from_secs(*tick).as_secs_f64() >= least);
        let step = step.map_or(least, |tick| Duration::from_secs(tick).as_secs_f64());
        let mut text = "0:00".to_owned();
        // A label takes more than a column, so there are fewer than columns.
        for tick in 1..wide {
            let age = step * f64::from(tick);
            if age > span {
                break;
            }
            let age = Duration::from_secs_f64(age);
            let label = show_clock(age);
            let at = usize::from(self.column_of(age, wide)).saturating_sub(label.len() / 2);
            if at + label.len() > usize::from(wide) {
                break;
            }
            let gap = at.saturating_sub(text.len());
            text.push_str(&" ".repeat(gap));
            text.push_str(&label);
        }
        vec![(Role::Dim, format!("{:>6} {text}", "age"))]
    }

    /// Where the reissue is, and what the marks mean.
    fn marker(&self, wide: u16) -> Row {
        let x = self.column_of(self.reissue, wide);
        let name = format!("reissue {}", show_clock(self.reissue));
        let after = format!("{} {name}", self.glyphs.list.up);
        let (at, text) = if x + cells(&after) <= wide {
            (x, after)
        } else {
            let before = format!("{name} {}", self.glyphs.list.up);
            ((x + 1).saturating_sub(cells(&before)), before)
        };
        let legend = [
            (Role::Bar, self.glyphs.graph.column[7], "answered"),
            (Role::Warn, self.glyphs.state.down, "not"),
            (Role::Resting, self.glyphs.text.dot, "other DONE"),
        ];
        let legend: Row = legend
            .into_iter()
            .flat_map(|(role, glyph, word)| [(role, format!("  {glyph}")), (Role::Dim, format!(" {word}"))])
            .collect();
        let legend_width: u16 = legend.iter().map(|(_, text)| cells(text)).sum();
        let blank = |count: u16| (Role::Text, " ".repeat(usize::from(count)));
        let end = at + cells(&text);
        let mut row = vec![blank(LABEL)];
        if end + legend_width <= wide {
            row.extend([blank(at), (Role::Strong, text), blank(wide - end - legend_width)]);
            row.extend(legend);
        } else if legend_width <= at {
            // "  " stands before the first mark.
            row.extend(legend);
            row.extend([blank(at - legend_width), (Role::Strong, text)]);
        } else {
            row.extend([blank(at), (Role::Strong, text)]);
        }
        row
    }
}

/// The row with a note at the cliff: inside the shade if there is room, else before it.
fn noted(row: Row, note: &str, cliff: u16, wide: u16) -> Row {
    let size = cells(note);
    let inside = wide.saturating_sub(cliff + 2) > size;
    let at = if inside { cliff + 2 } else { cliff.saturating_sub(size + 1) };
    if at + size > wide {
        return row;
    }
    let (start, end) = (usize::from(LABEL + at), usize::from(LABEL + at + size));
    let mut noted = Row::new();
    let mut x = 0;
    let mut put = false;
    for (role, text) in row {
        for c in text.chars() {
            if x == start {
                noted.push((Role::Warn, note.to_owned()));
                put = true;
            }
            if !(start..end).contains(&x) {
                match noted.last_mut() {
                    Some((last, text)) if *last == role && x != end => text.push(c),
                    Some(_) | None => noted.push((role, c.to_string())),
                }
            }
            x += 1;
        }
    }
    debug_assert!(put, "the note lies in the row");
    noted
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::glyphs::{ASCII, UNICODE};

    const S: fn(u64) -> Duration = Duration::from_secs;
    const MS: fn(u64) -> Duration = Duration::from_millis;

    fn text(rows: &[Row]) -> String {
        rows.iter().map(|row| row.iter().map(|(_, text)| text.as_str()).collect::<String>() + "\n").collect()
    }

    fn cliff() -> Vec<(Duration, Mark)> {
        let answered = [60, 120, 180, 240].map(|age| (S(age), Mark::Answered(MS(40))));
        let failed = [300, 330, 420].map(|age| (S(age), Mark::Failed));
        answered.into_iter().chain(failed).chain([(S(400), Mark::Early(MS(30)))]).collect()
    }

    #[test]
    fn what_was_ignored_stands_apart_from_what_was_answered() {
        let points = cliff();
        let plot = Plot { glyphs: &UNICODE, points: &points, reissue: S(240), cliff: Some(S(300)) };
        insta::assert_snapshot!(text(&plot.rows(70, 9)));
        let plot = Plot { glyphs: &ASCII, ..plot };
        let drawn = text(&plot.rows(40, 6));
        assert!(drawn.is_ascii() && drawn.contains("ignored from 5:00"), "{drawn}");
    }

    #[test]
    fn every_row_of_every_size_is_as_wide_as_it_may_be() {
        let points = cliff();
        let ancient = [(Duration::from_millis(u64::MAX), Mark::Failed)];
        let plot = Plot { glyphs: &UNICODE, points: &ancient, reissue: S(240), cliff: Some(S(300)) };
        assert_eq!(plot.rows(80, 10).len(), 10);
        for glyphs in [&UNICODE, &ASCII] {
            for (reissue, cliff) in [(1, None), (240, Some(S(300))), (1740, Some(S(60))), (240, Some(S(0)))] {
                let plot = Plot { glyphs, points: &points, reissue: S(reissue), cliff };
                for width in 0..130 {
                    for height in 0..14 {
                        let rows = plot.rows(width, height);
                        let fits = width >= MIN_WIDTH && height >= MIN_HEIGHT;
                        assert_eq!(rows.len(), if fits { usize::from(height) } else { 0 });
                        for row in &rows {
                            let taken: u16 = row.iter().map(|(_, text)| cells(text)).sum();
                            assert!(taken <= width, "{taken} in {width}x{height}\n{}", text(&rows));
                        }
                    }
                }
            }
        }
    }
}
