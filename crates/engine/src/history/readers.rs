//! Readers with a name: how far each was told, and which mails it is still owed.
//!
//! A cursor says up to which mail its reader was told all; `told` has those beyond it that were told already, for mails are
//! not always told in the order in which they were found.

use std::time::SystemTime;

use rusqlite::{Connection, OptionalExtension, params};

use super::database::Database;
use super::mails::{LATE_MAIL, MailUid, late_mail};
use super::moment::to_millis;
use super::watch_key::WatchKey;
use mailwatch_proto::model::Mail;

/// Characters of a name.
const NAME_LIMIT: usize = 64;

/// Of rows of `mail`: those that somebody was told, or is owed. What was there at a first look is neither.
const NEWS: &str = "(mail.told IS NOT NULL OR mail.reported = 0)";

/// Why a reader cannot have this name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "a reader's name has 1 to {NAME_LIMIT} letters (a to z), digits, dots, dashes or underscores, and begins with a letter or digit"
)]
pub struct NoReaderName;

/// Whether a reader may have this name.
///
/// # Errors
/// Where it may not.
pub fn check_reader_name(name: &str) -> Result<(), NoReaderName> {
    let begins = name.starts_with(|c: char| c.is_ascii_alphanumeric());
    let holds = name.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c));
    (begins && holds && name.len() <= NAME_LIMIT).then_some(()).ok_or(NoReaderName)
}

/// What a name begins with that one program has made for itself, for as long as it runs.
const PASSING: char = '~';

/// A name for as long as this program runs.
#[must_use]
pub fn passing_name() -> String {
    format!("{PASSING}{:016x}", fastrand::u64(..))
}

/// Whether a name is one program's own: it is forgotten once that says that it leaves.
#[must_use]
pub fn is_passing(name: &str) -> bool {
    name.starts_with(PASSING)
}

/// Whether a front end may attach by this name: a reader's, or a passing one.
///
/// # Errors
/// Where it may not.
pub fn check_attaching_name(name: &str) -> Result<(), NoReaderName> {
    check_reader_name(name.strip_prefix(PASSING).unwrap_or(name))
}

/// A mail that a reader is owed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwedMail {
    /// Its number: mails are numbered as they are found.
    pub seq: i64,
    /// Whose mailbox it is in.
    pub key: WatchKey,
    /// The mail, with `gap`.
    pub mail: Mail,
}

/// How a reader stands to a mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It is owed the mail of this number.
    Owed(i64),
    /// It was told, or has begun after it.
    Told,
    /// The database does not know the mail.
    NotKnown,
}

impl Database<'_> {
    /// Has a cursor of that name, from now on where there was none; `from_owed`: from the first mail that the engine's own
    /// reader is owed. The number of the last mail so far.
    pub(super) fn begin_reader(&self, name: &str, from_owed: bool, at: SystemTime) -> rusqlite::Result<i64> {
        let last: i64 = self.db.query_row("SELECT coalesce(max(seq), 0) FROM mail", [], |row| row.get(0))?;
        if self.use_reader(name, at)? {
            return Ok(last);
        }
        let owed: Option<i64> = if from_owed {
            self.db.query_row("SELECT min(seq) FROM mail WHERE reported = 0", [], |row| row.get(0))?
        } else {
            None
        };
        let seq = owed.map_or(last, |first| first - 1);
        self.db.prepare_cached("INSERT INTO cursor (name, seq, moved) VALUES (?1, ?2, ?3)")?.execute(params![
            name,
            seq,
            to_millis(at)
        ])?;
        self.db
            .prepare_cached("INSERT INTO told (reader, seq) SELECT ?1, seq FROM mail WHERE seq > ?2 AND reported = 1")?
            .execute(params![name, seq])?;
        Ok(last)
    }

    /// Notes that a reader is in use; whether there is one of that name.
    pub(super) fn use_reader(&self, name: &str, at: SystemTime) -> rusqlite::Result<bool> {
        let moved = self
            .db
            .prepare_cached("UPDATE cursor SET moved = max(moved, ?2) WHERE name = ?1")?
            .execute(params![name, to_millis(at)])?;
        Ok(moved > 0)
    }

    /// Forgets a reader.
    pub(super) fn forget_reader(&self, name: &str) -> rusqlite::Result<()> {
        // Its `told` goes with it.
        self.db.prepare_cached("DELETE FROM cursor WHERE name = ?1")?.execute([name])?;
        Ok(())
    }

    /// The mails of these accounts (all where none is named) that a reader is owed, after this number, in their order.
    pub(super) fn owed_mails(
        &self,
        name: &str,
        after: i64,
        accounts: &[String],
        limit: usize,
    ) -> rusqlite::Result<Vec<OwedMail>> {
        let mut mails = self.db.prepare_cached(&format!(
            "SELECT {LATE_MAIL}, mail.seq AS seq, account, login, mailbox FROM mail
                 JOIN watch ON watch.id = mail.watch JOIN cursor ON cursor.name = ?1
             WHERE mail.seq > cursor.seq AND mail.seq > ?2 AND {NEWS}
                 AND NOT EXISTS (SELECT 1 FROM told WHERE told.reader = ?1 AND told.seq = mail.seq)
             ORDER BY mail.seq"
        ))?;
        let mut rows = mails.query(params![name, after])?;
        let mut owed = Vec::new();
        while owed.len() < limit
            && let Some(row) = rows.next()?
        {
            let key = WatchKey { account: row.get("account")?, login: row.get("login")?, mailbox: row.get("mailbox")? };
            if is_wanted(accounts, &key.account) {
                owed.push(OwedMail { seq: row.get("seq")?, key, mail: late_mail(row)? });
            }
        }
        Ok(owed)
    }

    /// How a reader stands to these mails: one answer for each.
    pub(super) fn standing(&self, name: &str, mails: &[(WatchKey, MailUid)]) -> rusqlite::Result<Vec<Standing>> {
        let mut statement = self.db.prepare_cached(
            "SELECT mail.seq, mail.seq <= (SELECT seq FROM cursor WHERE name = ?1)
                 OR EXISTS (SELECT 1 FROM told WHERE told.reader = ?1 AND told.seq = mail.seq)
             FROM mail WHERE watch = ?2 AND epoch = ?3 AND uidvalidity = ?4 AND uid = ?5",
        )?;
        let one = |(key, MailUid { epoch, uidvalidity, uid }): &(WatchKey, MailUid)| {
            let Some(watch) = self.watch(key)? else { return Ok(Standing::NotKnown) };
            let found: Option<(i64, Option<bool>)> = statement
                .query_row(params![name, watch, epoch, uidvalidity, uid], |row| Ok((row.get(0)?, row.get(1)?)))
                .optional()?;
            Ok(match found {
                Some((_, Some(true))) => Standing::Told,
                Some((seq, Some(false) | None)) => Standing::Owed(seq),
                None => Standing::NotKnown,
            })
        };
        mails.iter().map(one).collect()
    }

    /// A reader of these accounts was told these mails.
    pub(super) fn tell(&self, name: &str, mails: &[i64], accounts: &[String], at: SystemTime) -> rusqlite::Result<()> {
        // One that was pruned while it was in use begins anew, with these mails told.
        self.begin_reader(name, false, at)?;
        for seq in mails {
            self.db
                .prepare_cached("INSERT OR IGNORE INTO told (reader, seq) VALUES (?1, ?2)")?
                .execute(params![name, seq])?;
        }
        let first = self.first_owed(name, accounts)?;
        self.db
            .prepare_cached(
                "UPDATE cursor SET seq = max(seq, coalesce(?2, (SELECT max(seq) FROM mail), 0)) WHERE name = ?1",
            )?
            .execute(params![name, first.map(|first| first - 1)])?;
        self.db
            .prepare_cached("DELETE FROM told WHERE reader = ?1 AND seq <= (SELECT seq FROM cursor WHERE name = ?1)")?
            .execute([name])?;
        Ok(())
    }

    fn first_owed(&self, name: &str, accounts: &[String]) -> rusqlite::Result<Option<i64>> {
        Ok(self.owed_mails(name, 0, accounts, 1)?.first().map(|owed| owed.seq))
    }
}

fn is_wanted(accounts: &[String], account: &str) -> bool {
    accounts.is_empty() || accounts.iter().any(|wanted| wanted == account)
}

/// Forgets readers that nobody has used since then.
pub(super) fn prune_readers(db: &Connection, oldest: i64) -> rusqlite::Result<()> {
    // Their `told` goes with them.
    db.prepare_cached("DELETE FROM cursor WHERE moved < ?1")?.execute([oldest])?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_what_a_command_line_takes_without_quotes() {
        for good in ["fleet", "a", "mx1.example-2_b", "7"] {
            assert_eq!(check_reader_name(good), Ok(()), "{good}");
        }
        for bad in ["", ".", "-v", "_x", "two words", "ä", "a/b", "\u{1b}[2J", &"x".repeat(65)] {
            assert_eq!(check_reader_name(bad), Err(NoReaderName), "{bad}");
        }
    }
}
