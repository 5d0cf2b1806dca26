//! Canaries: messages of this program's own, which it adds to a mailbox to time the announcement and removes again.
//!
//! Each is written down before it is added, so that what a kill leaves behind is found and removed later, and nothing is ever
//! removed that is not written here.

use std::time::{Duration, SystemTime};

use rusqlite::params;

use super::database::Database;
use super::handle::History;
use super::mails::Found;
use super::moment::{from_millis, millis, to_millis};
use super::names::key_at;
use super::watch_key::WatchKey;
use mailwatch_proto::model::Fault;

/// In the place of a time: it was not announced, though it was there for long enough.
pub(super) const UNANNOUNCED: i64 = -1;

/// What a canary has proven.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proven {
    /// It was announced, so long after the server took it.
    Announced(Duration),
    /// It was not.
    NotAnnounced,
    /// Neither.
    Nothing,
}

/// A canary that may be in its mailbox still.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Canary {
    /// The mailbox.
    pub key: WatchKey,
    /// Its Message-ID, without angle brackets.
    pub message_id: String,
    /// When it was written down.
    pub at: SystemTime,
}

impl Database<'_> {
    fn add_canary(&self, canary: &Canary) -> rusqlite::Result<()> {
        let watch = self.watch_or_new(&canary.key)?;
        self.db
            .prepare_cached("INSERT INTO canary (message_id, watch, at) VALUES (?1, ?2, ?3)")?
            .execute(params![canary.message_id, watch, to_millis(canary.at)])
            .map(drop)
    }

    fn canaries_left(&self, login: &str) -> rusqlite::Result<Vec<Canary>> {
        self.db
            .prepare_cached(
                "SELECT account, login, mailbox, message_id, at FROM canary JOIN watch ON watch.id = canary.watch
                 WHERE removed IS NULL AND login = ?1 ORDER BY canary.rowid",
            )?
            .query_map([login], |row| {
                Ok(Canary { key: key_at(row, 0)?, message_id: row.get(3)?, at: from_millis(row.get(4)?) })
            })?
            .collect()
    }

    fn last_canary(&self, key: &WatchKey) -> rusqlite::Result<Option<SystemTime>> {
        let Some(watch) = self.watch(key)? else { return Ok(None) };
        let last: Option<i64> = self
            .db
            .prepare_cached("SELECT max(at) FROM canary WHERE watch = ?1")?
            .query_row([watch], |row| row.get(0))?;
        Ok(last.map(from_millis))
    }

    fn canary_is_gone(&self, message_id: &str, proven: Proven, at: SystemTime) -> rusqlite::Result<()> {
        let announced = match proven {
            Proven::Announced(took) => Some(millis(took)),
            Proven::NotAnnounced => Some(UNANNOUNCED),
            Proven::Nothing => None,
        };
        self.db
            .prepare_cached(
                "UPDATE canary SET announced_ms = coalesce(?2, announced_ms), removed = ?3 WHERE message_id = ?1",
            )?
            .execute(params![message_id, announced, to_millis(at)])
            .map(drop)
    }

    /// Whether a mail is a canary: one that was written down here before, or another instance's by its headers, and seen from
    /// the beginning. All else is mail.
    pub(super) fn is_canary(&self, found: &Found) -> rusqlite::Result<bool> {
        if !found.is_seen() || found.canary {
            return Ok(found.canary && found.is_seen());
        }
        let Some(message_id) = &found.message_id else { return Ok(false) };
        self.db.prepare_cached("SELECT 1 FROM canary WHERE message_id = ?1")?.exists([message_id])
    }
}

impl History {
    /// Writes a canary down, before it is added to its mailbox. On the disk when it returns.
    ///
    /// # Errors
    /// Where it is not on the disk: then it must not be added.
    pub async fn add_canary(&self, canary: Canary) -> Result<(), Fault> {
        self.write(move |database| database.add_canary(&canary)).await?;
        match &*self.fault().borrow() {
            Some(fault) => Err(fault.clone()),
            None => Ok(()),
        }
    }

    /// The canaries of a login that may be in their mailboxes still, oldest first. `login` as in [`WatchKey::login`].
    ///
    /// # Errors
    /// Where the database refuses.
    pub async fn canaries_left(&self, login: &str) -> Result<Vec<Canary>, Fault> {
        let login = login.to_owned();
        self.read(move |database| database.canaries_left(&login)).await
    }

    /// When the last canary was added to this mailbox.
    ///
    /// # Errors
    /// Where the database refuses.
    pub async fn last_canary(&self, key: &WatchKey) -> Result<Option<SystemTime>, Fault> {
        let key = key.clone();
        self.read(move |database| database.last_canary(&key)).await
    }

    /// A canary is gone from its mailbox: removed, or never added.
    ///
    /// # Errors
    /// Where the database refuses.
    pub async fn canary_is_gone(&self, message_id: &str, proven: Proven) -> Result<(), Fault> {
        let (message_id, at) = (message_id.to_owned(), SystemTime::now());
        self.write(move |database| database.canary_is_gone(&message_id, proven, at)).await
    }
}
