//! NEW: which of each mailbox's mails came since the user last looked, are there still, and were not seen since.
//!
//! Each watch has a cursor that the user moves, by resetting NEW, and each mail after it says whether it is new. Where no screen was
//! open for long the cursor moves by itself: who comes back after a month begins with what comes from then on.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use rusqlite::params;

use super::database::Database;
use super::handle::History;
use super::moment::{from_millis, to_millis};
use super::request::{Call, Kind, Message};
use super::watch_key::WatchKey;
use mailwatch_proto::model::Fault;
use mailwatch_proto::new_mails as proto;
use mailwatch_proto::told::MailNumber;

/// After so long without a screen nobody waits for a count of what came: a week is longer than a long weekend, and its mails can
/// still be read in the list.
const FORGOTTEN: Duration = Duration::from_hours(7 * 24);

/// A watch's mails since the user last looked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewMails {
    /// Those that were told, and neither seen nor gone since.
    pub mails: proto::NewMails,
    /// Of what is found on connecting, what the server received before this is not among them.
    pub since: Option<SystemTime>,
    /// Until when they notify nobody.
    pub muted: Option<SystemTime>,
}

impl Database<'_> {
    fn new_mails(&self) -> rusqlite::Result<Vec<(WatchKey, NewMails)>> {
        let mut watches = self.db.prepare_cached(
            "SELECT account, login, mailbox, id, coalesce(looked.seq, 0), looked.since, looked.muted
             FROM watch LEFT JOIN looked ON looked.watch = watch.id",
        )?;
        // Rows of an index that has the new ones alone.
        let mut count = self.db.prepare_cached(
            "SELECT count(*) FROM mail INDEXED BY mail_new WHERE watch = ?1 AND new = 1 AND seq > ?2",
        )?;
        let mut newest = self.db.prepare_cached(
            "SELECT epoch, uidvalidity, uid FROM mail INDEXED BY mail_new WHERE watch = ?1 AND new = 1 AND seq > ?2
             ORDER BY seq DESC LIMIT ?3",
        )?;
        let most = i64::try_from(proto::NewMails::MOST).unwrap_or(i64::MAX);
        let mut all = Vec::new();
        let mut rows = watches.query([])?;
        while let Some(row) = rows.next()? {
            let key = WatchKey { account: row.get(0)?, login: row.get(1)?, mailbox: row.get(2)? };
            let (watch, seq): (i64, i64) = (row.get(3)?, row.get(4)?);
            let (since, muted): (Option<i64>, Option<i64>) = (row.get(5)?, row.get(6)?);
            let count = count.query_row([watch, seq], |row| row.get(0))?;
            let mails = newest
                .query_map([watch, seq, most], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
                .collect::<rusqlite::Result<Vec<MailNumber>>>()?;
            let mails = proto::NewMails::resume(count, &mails);
            all.push((key, NewMails { mails, since: since.map(from_millis), muted: muted.map(from_millis) }));
        }
        Ok(all)
    }

    /// The user has looked at all, or at what was found before a mail.
    fn reset_new(&self, key: &WatchKey, before: Option<MailNumber>) -> rusqlite::Result<()> {
        let Some(watch) = self.watch(key)? else { return Ok(()) };
        let [epoch, uidvalidity, uid] =
            before.map_or([None; 3], |(epoch, uidvalidity, uid)| [Some(epoch), Some(uidvalidity), Some(uid)]);
        self.db
            .prepare_cached(
                "INSERT INTO looked (watch, seq)
                     SELECT ?1, coalesce((SELECT seq - 1 FROM mail
                         WHERE watch = ?1 AND epoch = ?2 AND uidvalidity = ?3 AND uid = ?4), (SELECT max(seq) FROM mail), 0)
                     WHERE true
                 ON CONFLICT (watch) DO UPDATE SET seq = max(seq, excluded.seq)",
            )?
            .execute(params![watch, epoch, uidvalidity, uid])?;
        Ok(())
    }

    /// These are new no longer: they were seen, or are gone.
    fn not_new(&self, key: &WatchKey, of: (u32, u32), uids: &[u32], seen: bool) -> rusqlite::Result<()> {
        let Some(watch) = self.watch(key)? else { return Ok(()) };
        let mut old = self.db.prepare_cached(
            "UPDATE mail SET new = 0,
                 flags = iif(?5 AND instr(lower(' ' || flags || ' '), ' \\seen ') = 0, trim(flags || ' \\Seen'), flags)
             WHERE watch = ?1 AND epoch = ?2 AND uidvalidity = ?3 AND uid = ?4",
        )?;
        for uid in uids {
            old.execute(params![watch, of.0, of.1, uid, seen])?;
        }
        Ok(())
    }

    fn mute(&self, key: &WatchKey, until: Option<SystemTime>) -> rusqlite::Result<()> {
        let watch = self.watch_or_new(key)?;
        self.db
            .prepare_cached(
                "INSERT INTO looked (watch, seq, muted) VALUES (?1, 0, ?2) ON CONFLICT (watch) DO UPDATE SET muted = excluded.muted",
            )?
            .execute(params![watch, until.map(to_millis)])?;
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
        self.call(Kind::ReadMails, |database| database.new_mails().map(BTreeMap::from_iter)).await
    }

    /// An engine begins, or a screen is open (`is_screen`). Whether nobody has looked for so long that NEW begins at nothing:
    /// then it does.
    ///
    /// # Errors
    /// Where the database refuses.
    pub async fn look(&self, at: SystemTime, is_screen: bool) -> Result<bool, Fault> {
        self.call(Kind::WriteMails, move |database| database.look(at, is_screen)).await
    }

    /// The user has looked at what was found in this watch's mailbox; where a mail is named, at what was found before it. Never
    /// waits; what is asked for afterwards knows of it.
    pub fn reset_new(&self, key: &WatchKey, before: Option<MailNumber>) {
        let key = key.clone();
        let (call, _) = Call::boxed(Kind::WriteMails, move |database| database.reset_new(&key, before));
        self.send(Message::Request(call));
    }

    /// Until when this watch's user wants no notification. Never waits either.
    pub fn mute(&self, key: &WatchKey, until: Option<SystemTime>) {
        let key = key.clone();
        let (call, _) = Call::boxed(Kind::WriteMails, move |database| database.mute(&key, until));
        self.send(Message::Request(call));
    }

    /// These mails of an epoch and UIDVALIDITY are new no longer: they were seen, or are gone. Never waits either.
    pub fn not_new(&self, key: &WatchKey, of: (u32, u32), uids: Vec<u32>, seen: bool) {
        let key = key.clone();
        let (call, _) = Call::boxed(Kind::WriteMails, move |database| database.not_new(&key, of, &uids, seen));
        self.send(Message::Request(call));
    }
}
