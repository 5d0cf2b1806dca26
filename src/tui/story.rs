//! The wire as a story: each line with its connection, a connection's making as one row that opens, an answer with the
//! command that it answers, and why a connection ended. Made from a watch's events; pure, knows no screen.
//!
//! A row is known by a number that stays when others come and go: see [`Story::get`].

mod connection;
mod row;
mod telling;
#[cfg(test)]
mod tests;

use std::time::SystemTime;

use self::connection::Connections;
pub use self::row::{Beside, Opening, Stage, StoryRow, Tone, What};
use super::ring::Ring;

/// How many lines are kept for a watch.
const LINES: usize = 500;

/// How many bytes of them are kept: lines may be long and watches many.
const BYTES: usize = 48 * 1024;

/// A row's number is its place among the rows, shifted by so many bits; below are the lines of an opening, from 1.
const INNER: u32 = 24;

/// A watch's story.
#[derive(Clone, Debug)]
pub struct Story {
    rows: Ring<StoryRow>,
    /// How many lines and how many bytes of them are kept, those of openings too.
    lines: usize,
    bytes: usize,
    connections: Connections,
    /// The highest connection's number: later ones are higher.
    highest: u64,
}

impl Default for Story {
    fn default() -> Self {
        Self { rows: Ring::new(LINES), lines: 0, bytes: 0, connections: Connections::default(), highest: 0 }
    }
}

impl Story {
    /// Whether there is nothing to tell.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// How many digits the connections' numbers have at most.
    #[must_use]
    pub fn digits(&self) -> u16 {
        u16::try_from(self.highest.checked_ilog10().unwrap_or(0) + 1).unwrap_or(u16::MAX)
    }

    /// The lowest number that a row may have.
    #[must_use]
    pub const fn first(&self) -> u64 {
        self.rows.first() << INNER
    }

    /// A number above all those of rows.
    #[must_use]
    pub fn end(&self) -> u64 {
        self.rows.end() << INNER
    }

    /// The row of a number, if it is still there.
    #[must_use]
    pub fn get(&self, number: u64) -> Option<&StoryRow> {
        let row = self.rows.get(number >> INNER)?;
        match (inner(number), &row.what) {
            (None, _) => Some(row),
            (Some(at), What::Opening(opening)) => opening.lines.get(at.checked_sub(opening.gone)?),
            (Some(_), What::Line(_) | What::Note(_)) => None,
        }
    }

    fn get_mut(&mut self, number: u64) -> Option<&mut StoryRow> {
        let row = self.rows.get_mut(number >> INNER)?;
        let Some(at) = inner(number) else { return Some(row) };
        match &mut row.what {
            What::Opening(opening) => opening.lines.get_mut(at.checked_sub(opening.gone)?),
            What::Line(_) | What::Note(_) => None,
        }
    }

    /// Whether a row is a line of an opening.
    #[must_use]
    pub fn is_inner(number: u64) -> bool {
        inner(number).is_some()
    }

    /// The numbers of the rows that are shown, in order: all but the lines of openings that are not open; with a `needle`,
    /// which is in lower case, all that contain it.
    #[must_use]
    pub fn shown(&self, needle: &str) -> Vec<u64> {
        let holds = |row: &StoryRow| needle.is_empty() || row.text.to_lowercase().contains(needle);
        let mut shown = Vec::with_capacity(self.rows.len());
        for (at, row) in self.rows.iter() {
            let number = at << INNER;
            if holds(row) {
                shown.push(number);
            }
            if let What::Opening(opening) = &row.what
                && (opening.open || !needle.is_empty())
            {
                let lines = opening.lines.iter().enumerate().filter(|(_, line)| holds(line));
                shown.extend(lines.map(|(index, _)| number + (opening.gone + index) as u64 + 1));
            }
        }
        shown
    }

    /// All rows in order, the lines of openings too.
    pub fn all(&self) -> impl Iterator<Item = &StoryRow> {
        self.rows.iter().flat_map(|(_, row)| {
            let lines = match &row.what {
                What::Opening(opening) => Some(opening.lines.iter()),
                What::Line(_) | What::Note(_) => None,
            };
            std::iter::once(row).chain(lines.into_iter().flatten())
        })
    }

    /// When the last thing before a row was, whether it is shown or not.
    #[must_use]
    pub fn moment_before(&self, number: u64) -> Option<SystemTime> {
        let row = self.rows.get(number >> INNER)?;
        if let (Some(at), What::Opening(opening)) = (inner(number), &row.what) {
            let before = at.checked_sub(opening.gone + 1).and_then(|at| opening.lines.get(at));
            return Some(before.map_or(row.ts, |line| line.ts));
        }
        let before = self.rows.get((number >> INNER).checked_sub(1)?)?;
        Some(match &before.what {
            What::Opening(opening) => opening.until,
            What::Line(_) | What::Note(_) => before.ts,
        })
    }

    /// Shows the lines of the opening that a row is, or belongs to, or hides them; returns the opening's number. `None`
    /// where there are none.
    pub fn toggle(&mut self, number: u64) -> Option<u64> {
        let What::Opening(opening) = &mut self.rows.get_mut(number >> INNER)?.what else { return None };
        if opening.lines.is_empty() {
            return None;
        }
        opening.open = !opening.open;
        Some(number >> INNER << INNER)
    }

    /// Shows the lines of the opening that a line belongs to, if they are not shown.
    pub fn reveal(&mut self, number: u64) {
        if !Self::is_inner(number) {
            return;
        }
        if let Some(StoryRow { what: What::Opening(opening), .. }) = self.rows.get_mut(number >> INNER) {
            opening.open = true;
        }
    }

    /// Appends a row; returns its number.
    fn push(&mut self, row: StoryRow) -> u64 {
        self.lines += 1;
        self.bytes += row.text.len();
        self.highest = self.highest.max(row.conn.map_or(0, |conn| conn.0));
        let (at, gone) = self.rows.push(row);
        if let Some(gone) = gone {
            self.count_out(&gone);
        }
        at << INNER
    }

    /// Drops the oldest lines beyond what is kept: those of an opening before its own row.
    fn trim(&mut self) {
        while self.lines > LINES || self.bytes > BYTES {
            let oldest = self.rows.first();
            if let Some(StoryRow { what: What::Opening(opening), .. }) = self.rows.get_mut(oldest)
                && let Some(line) = opening.lines.pop_front()
            {
                opening.gone += 1;
                self.lines -= 1;
                self.bytes -= line.text.len();
                continue;
            }
            let Some(row) = self.rows.pop() else { return };
            self.count_out(&row);
        }
    }

    fn count_out(&mut self, row: &StoryRow) {
        let lines = match &row.what {
            What::Opening(opening) => opening.lines.iter().map(|line| line.text.len()).collect(),
            What::Line(_) | What::Note(_) => Vec::new(),
        };
        self.lines -= 1 + lines.len();
        // An opening's own words change.
        self.bytes = self.bytes.saturating_sub(row.text.len() + lines.iter().sum::<usize>());
    }
}

/// Which line of an opening a number means, if it is one's.
fn inner(number: u64) -> Option<usize> {
    usize::try_from(number & ((1 << INNER) - 1)).ok()?.checked_sub(1)
}
