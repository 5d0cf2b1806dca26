//! Poison mails: those whose headers alone cost a refusal, silence or a connection.

use std::time::SystemTime;

use rusqlite::{OptionalExtension, params};

use super::database::Database;
use super::mails::Found;
use super::moment::{from_millis, to_millis};
use super::seen::Seen;
use super::watch_key::WatchKey;

/// What is known of a mail whose headers could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Poison {
    /// When its headers were last asked for.
    pub tried: SystemTime,
    /// How many connections failed on it.
    pub failures: u32,
}

impl Database<'_> {
    pub(super) fn poison(&self, key: &WatchKey, epoch: u32, uid: u32) -> rusqlite::Result<Option<Poison>> {
        let Some(watch) = self.watch(key)? else { return Ok(None) };
        self.db
            .prepare_cached("SELECT tried, failures FROM poison WHERE watch = ?1 AND epoch = ?2 AND uid = ?3")?
            .query_row(params![watch, epoch, uid], |row| {
                Ok(Poison { tried: from_millis(row.get(0)?), failures: row.get(1)? })
            })
            .optional()
    }

    /// All of an epoch, by UID.
    pub(super) fn poisons(&self, key: &WatchKey, epoch: u32) -> rusqlite::Result<Vec<(u32, Poison)>> {
        let Some(watch) = self.watch(key)? else { return Ok(Vec::new()) };
        self.db
            .prepare_cached("SELECT uid, tried, failures FROM poison WHERE watch = ?1 AND epoch = ?2 ORDER BY uid")?
            .query_map(params![watch, epoch], |row| {
                Ok((row.get(0)?, Poison { tried: from_millis(row.get(1)?), failures: row.get(2)? }))
            })?
            .collect()
    }

    /// Counts one more failure. Mails of ended epochs are forgotten.
    pub(super) fn remember_poison(
        &self,
        key: &WatchKey,
        (epoch, uid): (u32, u32),
        at: SystemTime,
    ) -> rusqlite::Result<Poison> {
        let watch = self.watch_or_new(key)?;
        let now = self.seen(key)?.map_or(epoch, |Seen { epoch, .. }| epoch);
        self.db.prepare_cached("DELETE FROM poison WHERE watch = ?1 AND epoch < ?2")?.execute(params![watch, now])?;
        self.db
            .prepare_cached(
                "INSERT INTO poison (watch, epoch, uid, tried, failures) VALUES (?1, ?2, ?3, ?4, 1)
                 ON CONFLICT (watch, epoch, uid) DO UPDATE SET tried = excluded.tried, failures = failures + 1
                 RETURNING failures",
            )?
            .query_row(params![watch, epoch, uid, to_millis(at)], |row| Ok(Poison { tried: at, failures: row.get(0)? }))
    }

    /// Mails that were told without headers were asked for once more: these came. None of them is asked for again.
    pub(super) fn reread(
        &self,
        key: &WatchKey,
        (epoch, uidvalidity): (u32, u32),
        uids: &[u32],
        read: &[Found],
    ) -> rusqlite::Result<()> {
        let Some(watch) = self.watch(key)? else { return Ok(()) };
        for Found { mail, message_id, size, .. } in read {
            self.db
                .prepare_cached(
                    "UPDATE mail SET sender = ?5, subject = ?6, date = ?7, message_id = ?8, size = coalesce(?9, size), headers = 1
                     WHERE watch = ?1 AND epoch = ?2 AND uidvalidity = ?3 AND uid = ?4 AND headers = 0",
                )?
                .execute(params![
                    watch,
                    epoch,
                    uidvalidity,
                    mail.uid,
                    mail.from,
                    mail.subject,
                    mail.date,
                    message_id,
                    size
                ])?;
        }
        uids.iter().try_for_each(|uid| self.forget_poison(key, epoch, *uid))
    }

    /// The mail's headers could be read after all.
    pub(super) fn forget_poison(&self, key: &WatchKey, epoch: u32, uid: u32) -> rusqlite::Result<()> {
        let Some(watch) = self.watch(key)? else { return Ok(()) };
        self.db
            .prepare_cached("DELETE FROM poison WHERE watch = ?1 AND epoch = ?2 AND uid = ?3")?
            .execute(params![watch, epoch, uid])
            .map(drop)
    }
}
