//! What a request works on: the connection to the database, and what this run knows besides.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::time::SystemTime;

use rusqlite::{Connection, OptionalExtension, params};

use super::newest::Newest;
use super::owner::Owner;
use super::seen::Seen;
use super::watch_key::WatchKey;

/// The database during one request, with this run's owner and its proofs of life.
pub(super) struct Database<'a> {
    pub(super) db: &'a Connection,
    pub(super) owner: &'a Owner,
    pub(super) alive: &'a BTreeMap<WatchKey, Alive>,
    /// How far mailboxes are seen by what was written in this transaction.
    pub(super) noted: &'a RefCell<Vec<(WatchKey, Seen)>>,
    /// Where the newest receipts of each watch are.
    pub(super) newest: &'a RefCell<Newest>,
}

/// A watch's last proof of life in this run, and the last that is written down.
#[derive(Clone, Copy, Debug)]
pub(super) struct Alive {
    pub(super) last: SystemTime,
    pub(super) kept: Option<SystemTime>,
}

impl Database<'_> {
    /// The watch's last proof of life in this run.
    pub(super) fn last_alive(&self, key: &WatchKey) -> Option<SystemTime> {
        self.alive.get(key).map(|alive| alive.last)
    }

    /// The watch's row, if it has one.
    pub(super) fn watch(&self, key: &WatchKey) -> rusqlite::Result<Option<i64>> {
        self.db
            .prepare_cached("SELECT id FROM watch WHERE account = ?1 AND login = ?2 AND mailbox = ?3")?
            .query_row(params![key.account, key.login, key.mailbox], |row| row.get(0))
            .optional()
    }

    /// The watch's row, inserted if it is missing.
    pub(super) fn watch_or_new(&self, key: &WatchKey) -> rusqlite::Result<i64> {
        if let Some(id) = self.watch(key)? {
            return Ok(id);
        }
        self.db.prepare_cached("INSERT INTO watch (account, login, mailbox) VALUES (?1, ?2, ?3)")?.execute(params![
            key.account,
            key.login,
            key.mailbox
        ])?;
        Ok(self.db.last_insert_rowid())
    }
}
