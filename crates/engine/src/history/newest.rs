//! Where each watch's newest receipts are: read from the table's end when one is asked for, and then on from there.
//!
//! No index on disk says it: receipts come in turns from all watches, and each would write a page of its own.

use std::collections::{BTreeMap, VecDeque};

use rusqlite::{Connection, params};

use mailwatch_proto::model::PAST_RECEIPTS;

/// Of a watch. A DONE with a late answer has two rows.
const OF_A_WATCH: usize = 2 * PAST_RECEIPTS;

/// So many rows are looked at, whatever the number of watches: some milliseconds. What a watch did before is not shown any more
/// where others have done so much since.
const FEWEST: i64 = 20_000;

/// The numbers of the newest rows.
#[derive(Debug, Default)]
pub(super) struct Newest {
    /// The last row that was looked at.
    last: Option<i64>,
    /// Of each watch, oldest first.
    rows: BTreeMap<i64, VecDeque<i64>>,
}

impl Newest {
    /// Those of a watch, oldest first.
    pub(super) fn of(&mut self, db: &Connection, watch: i64) -> rusqlite::Result<Vec<i64>> {
        self.read_on(db)?;
        Ok(self.rows.get(&watch).map_or_else(Vec::new, |rows| rows.iter().copied().collect()))
    }

    fn read_on(&mut self, db: &Connection) -> rusqlite::Result<()> {
        let end: Option<i64> = db.prepare_cached("SELECT max(rowid) FROM receipt")?.query_row([], |row| row.get(0))?;
        if self.last > end {
            // Another file.
            *self = Self::default();
        }
        let Some(end) = end else { return Ok(()) };
        let after = match self.last {
            Some(last) => last,
            None => end.saturating_sub(rows_to_read(db)?),
        };
        let mut rows =
            db.prepare_cached("SELECT rowid, watch FROM receipt WHERE rowid > ?1 AND rowid <= ?2 ORDER BY rowid")?;
        let mut rows = rows.query(params![after, end])?;
        while let Some(row) = rows.next()? {
            let of_watch = self.rows.entry(row.get(1)?).or_default();
            of_watch.push_back(row.get(0)?);
            if of_watch.len() > OF_A_WATCH {
                of_watch.pop_front();
            }
        }
        self.last = Some(end);
        Ok(())
    }
}

/// As many as all watches together can show.
fn rows_to_read(db: &Connection) -> rusqlite::Result<i64> {
    let watches: i64 = db.prepare_cached("SELECT count(*) FROM watch")?.query_row([], |row| row.get(0))?;
    Ok(watches.saturating_mul(i64::try_from(OF_A_WATCH).unwrap_or(i64::MAX)).max(FEWEST))
}
