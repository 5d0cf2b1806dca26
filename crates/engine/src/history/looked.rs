//! NEW: which of each mailbox's mails came since the user last looked.
//!
//! Each watch has a cursor that only the user moves, by resetting NEW. Where no screen was open for long it moves by itself: who
//! comes back after a month begins with what comes from then on.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use rusqlite::params;

use super::database::Database;
use super::handle::History;
use super::moment::{from_millis, to_millis};
use super::request::{Call, Message};
use super::watch_key::WatchKey;
use mailwatch_proto::model::{Fault, FoundBy};

/// After so long without a screen nobody waits for a count of what came: a week is longer than a long weekend, and its mails can
/// still be read in the list.
const FORGOTTEN: Duration = Duration::from_hours(7 * 24);

/// A watch's mails since the user last looked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NewMails {
    /// How many were told.
    pub count: u32,
    /// Of what is found on connecting, what the server received before this is not among them.
    pub since: Option<SystemTime>,
}

impl Database<'_> {
    fn new_mails(&self) -> rusqlite::Result<Vec<(WatchKey, NewMails)>> {
        let mut rows = self.db.prepare_cached(
            "SELECT account, login, mailbox, looked.since, (
                 SELECT count(*) FROM mail
                 WHERE mail.watch = watch.id AND mail.seq > coalesce(looked.seq, 0) AND told IS NOT NULL AND reported = 1
                     AND NOT (how IS ?1 AND internal IS NOT NULL AND internal < coalesce(looked.since, internal)))
             FROM watch LEFT JOIN looked ON looked.watch = watch.id",
        )?;
        let rows = rows.query_map([FoundBy::Connect.name()], |row| {
            let key = WatchKey { account: row.get(0)?, login: row.get(1)?, mailbox: row.get(2)? };
            let since: Option<i64> = row.get(3)?;
            Ok((key, NewMails { since: since.map(from_millis), count: row.get(4)? }))
        })?;
        rows.collect()
    }

    fn reset_new(&self, key: &WatchKey) -> rusqlite::Result<()> {
        let Some(watch) = self.watch(key)? else { return Ok(()) };
        self.db
            .prepare_cached(
                "INSERT INTO looked (watch, seq) SELECT ?1, coalesce(max(seq), 0) FROM mail WHERE true
                 ON CONFLICT (watch) DO UPDATE SET seq = max(seq, excluded.seq)",
            )?
            .execute([watch])?;
        Ok(())
    }

    fn look(&self, at: SystemTime, is_screen: bool) -> rusqlite::Result<bool> {
        let last: i64 =
            self.db.prepare_cached("SELECT coalesce(max(at), 0) FROM screen")?.query_row([], |row| row.get(0))?;
        let begins = at.duration_since(from_millis(last)).is_ok_and(|away| away >= FORGOTTEN);
        if begins {
            self.db
                .prepare_cached(
                    "INSERT INTO looked (watch, seq, since) SELECT id, (SELECT coalesce(max(seq), 0) FROM mail), ?1
                     FROM watch WHERE true
                     ON CONFLICT (watch) DO UPDATE SET seq = max(seq, excluded.seq), since = excluded.since",
                )?
                .execute([to_millis(at)])?;
        }
        if is_screen {
            self.db.prepare_cached("UPDATE screen SET at = max(at, ?1)")?.execute(params![to_millis(at)])?;
        }
        Ok(begins)
    }
}

impl History {
    /// What each watch's user has not looked at yet, of what was told.
    ///
    /// # Errors
    /// Where the database refuses.
    pub async fn new_mails(&self) -> Result<BTreeMap<WatchKey, NewMails>, Fault> {
        self.read(|database| database.new_mails().map(BTreeMap::from_iter)).await
    }

    /// An engine begins, or a screen is open (`is_screen`). Whether nobody has looked for so long that NEW begins at nothing:
    /// then it does.
    ///
    /// # Errors
    /// Where the database refuses.
    pub async fn look(&self, at: SystemTime, is_screen: bool) -> Result<bool, Fault> {
        self.write(move |database| database.look(at, is_screen)).await
    }

    /// The user has looked at what was found in this watch's mailbox. Never waits; what is asked for afterwards knows of it.
    pub fn reset_new(&self, key: &WatchKey) {
        let key = key.clone();
        let (call, _) = Call::boxed(true, move |database| database.reset_new(&key));
        self.send(Message::Request(call));
    }
}
