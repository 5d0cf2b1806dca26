//! Rows as they are read, written at once: a list of a million rows costs the memory of one.

use std::io::{self, BufWriter, Write};
use std::time::{Duration, SystemTime};

use jiff::tz::TimeZone;

use super::fit::Layout;
use super::lines::{csv_head, csv_line, json_line};
use super::rows::{Kind, Row, cells, each_row, heads};
use super::tally::Tally;
use crate::history::{Archive, Interrupted, WatchKey};

/// Bytes that are written at a time.
const PIECE: usize = 64 * 1024;

/// How rows are written.
#[derive(Clone, Debug)]
pub enum Form<'a> {
    /// One JSON object a line.
    Json,
    /// CSV after RFC 4180.
    Csv,
    /// A table in local times, with a sentence below.
    Table {
        /// What its times are written in.
        zone: &'a TimeZone,
        /// The terminal's columns; `None` where nothing need fit.
        columns: Option<usize>,
    },
}

/// What is listed.
pub struct Listing<'a> {
    /// The kind of its rows.
    pub kind: Kind,
    /// The moment from which on they are listed.
    pub from: SystemTime,
    /// How long ago that is.
    pub since: Duration,
    /// Which watches.
    pub watches: &'a dyn Fn(&WatchKey) -> bool,
}

impl Listing<'_> {
    /// Writes it.
    ///
    /// # Errors
    /// Where the file cannot be read or the output not be written.
    pub fn write(&self, archive: &Archive, form: &Form<'_>, out: &mut dyn Write) -> Result<(), Interrupted> {
        // A terminal's writer has a system call for each line.
        let mut out = BufWriter::with_capacity(PIECE, out);
        match form {
            Form::Json => self.each(archive, |row| out.write_all(json_line(self.kind, row).as_bytes()))?,
            Form::Csv => {
                out.write_all(csv_head(self.kind).as_bytes())?;
                self.each(archive, |row| out.write_all(csv_line(row).as_bytes()))?;
            }
            Form::Table { zone, columns } => {
                let (mut layout, mut tally, mut any) = (Layout::new(heads(self.kind)), Tally::new(self.kind), false);
                self.each(archive, |row| {
                    any = true;
                    tally.add(row);
                    layout.measure(&cells(row, zone));
                    Ok(())
                })?;
                layout.fit(*columns);
                if any {
                    out.write_all(layout.head().as_bytes())?;
                }
                // The file's state is the same as a moment ago: an archive is the file of one moment.
                self.each(archive, |row| out.write_all(layout.line(&cells(row, zone)).as_bytes()))?;
                writeln!(out, "{}", tally.sentence(self.since))?;
            }
        }
        Ok(out.flush()?)
    }

    fn each(&self, archive: &Archive, mut each: impl FnMut(&Row) -> io::Result<()>) -> Result<(), Interrupted> {
        each_row(archive, self.kind, self.from, &mut |row| if (self.watches)(row.key()) { each(&row) } else { Ok(()) })
    }
}
