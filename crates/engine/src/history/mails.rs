//! How far each mailbox was seen, and its mails on their way from found to reported.

use std::collections::BTreeSet;
use std::time::SystemTime;

use rusqlite::{OptionalExtension, Row, params};

use super::database::Database;
use super::hooks::OwedHook;
use super::moment::{from_millis, millis, to_millis};
use super::seen::Seen;
use super::watch_key::WatchKey;
use mailwatch_proto::model::{FoundBy, HookEvent, Mail};

/// A mail in the mailbox, not necessarily a new one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The mail as it will be reported.
    pub mail: Mail,
    /// Its Message-ID, which identifies it after a new UIDVALIDITY.
    pub message_id: Option<String>,
    /// Its INTERNALDATE.
    pub internal_date: Option<SystemTime>,
    /// When the server announced it in IDLE, where it did.
    pub announced: Option<SystemTime>,
    /// Its RFC822.SIZE, where it was asked for: identifies a mail without Message-ID.
    pub size: Option<u32>,
    /// The line for its hook, where one is to run for it.
    pub hook: Option<String>,
    /// Whether its headers say that a push test added it, and none that it was sent.
    pub canary: bool,
}

impl Found {
    /// Whether it was seen at first sight.
    pub(crate) fn is_seen(&self) -> bool {
        self.mail.flags.iter().any(|flag| flag.eq_ignore_ascii_case("\\Seen"))
    }
}

/// One mail of a watch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct MailUid {
    /// The mailbox's epoch.
    pub epoch: u32,
    /// Its UIDVALIDITY.
    pub uidvalidity: u32,
    /// The mail's UID.
    pub uid: u32,
}

/// Between the flags in their column: no flag has a space in it (RFC 3501 §9).
const BETWEEN_FLAGS: &str = " ";

/// The columns of [`late_mail`].
pub(super) const LATE_MAIL: &str = "epoch, uidvalidity, uid, sender, subject, date, flags, headers, how, internal";

impl Database<'_> {
    pub(super) fn seen(&self, key: &WatchKey) -> rusqlite::Result<Option<Seen>> {
        let Some(watch) = self.watch(key)? else { return Ok(None) };
        let seen = self
            .db
            .prepare_cached("SELECT epoch, uidvalidity, uidnext, alive FROM seen WHERE watch = ?1")?
            .query_row([watch], |row| {
                Ok(Seen {
                    epoch: row.get(0)?,
                    uidvalidity: row.get(1)?,
                    uidnext: row.get(2)?,
                    last_alive: from_millis(row.get(3)?),
                })
            })
            .optional()?;
        // A proof of life that is not written down yet counts too.
        Ok(seen.map(|seen| Seen {
            last_alive: self.last_alive(key).map_or(seen.last_alive, |at| at.max(seen.last_alive)),
            ..seen
        }))
    }

    pub(super) fn baseline(&self, key: &WatchKey, seen: &Seen, known: &[Found]) -> rusqlite::Result<()> {
        let watch = self.watch_or_new(key)?;
        for found in known {
            self.insert(watch, seen, found, true)?;
        }
        self.db
            .prepare_cached(
                "INSERT INTO seen (watch, epoch, uidvalidity, uidnext, alive) VALUES (?1, ?2, ?3, ?4, ?5)
                 ON CONFLICT (watch) DO UPDATE SET epoch = excluded.epoch, uidvalidity = excluded.uidvalidity,
                     uidnext = excluded.uidnext, alive = max(alive, excluded.alive)",
            )?
            .execute(params![watch, seen.epoch, seen.uidvalidity, seen.uidnext, to_millis(seen.last_alive)])?;
        self.noted.borrow_mut().push((key.clone(), *seen));
        Ok(())
    }

    pub(super) fn found(&self, key: &WatchKey, seen: &Seen, mails: &[Found]) -> rusqlite::Result<Vec<Mail>> {
        let watch = self.watch_or_new(key)?;
        let mut new = Vec::new();
        for found in mails {
            let Found { mail, hook, .. } = found;
            if self.is_canary(found)? {
                self.insert(watch, seen, found, true)?;
                continue;
            }
            if self.insert(watch, seen, found, false)? || self.was_found_by_another(watch, mail)? {
                if let Some(line) = hook {
                    let what = OwedHook::mail(mail.epoch, mail.uidvalidity, mail.uid);
                    self.owe_hook(watch, HookEvent::NewMail, &what, line, seen.last_alive)?;
                }
                new.push(mail.clone());
            }
        }
        // Another program may have seen more of the same mailbox: never go back, except where its UIDs mean other messages.
        self.db
            .prepare_cached(
                "INSERT INTO seen (watch, epoch, uidvalidity, uidnext, alive) VALUES (?1, ?2, ?3, ?4, ?5)
                 ON CONFLICT (watch) DO UPDATE SET
                     uidnext = CASE
                         WHEN excluded.epoch < epoch THEN uidnext
                         WHEN (excluded.epoch, excluded.uidvalidity) = (epoch, uidvalidity)
                             THEN max(uidnext, excluded.uidnext)
                         ELSE excluded.uidnext END,
                     uidvalidity = iif(excluded.epoch < epoch, uidvalidity, excluded.uidvalidity),
                     epoch = max(epoch, excluded.epoch),
                     alive = max(alive, excluded.alive)",
            )?
            .execute(params![watch, seen.epoch, seen.uidvalidity, seen.uidnext, to_millis(seen.last_alive)])?;
        self.noted.borrow_mut().push((key.clone(), *seen));
        Ok(new)
    }

    /// Whether the mail is new to the file.
    fn insert(&self, watch: i64, seen: &Seen, found: &Found, reported: bool) -> rusqlite::Result<bool> {
        let Found { mail, message_id, internal_date, announced, size, hook: _, canary: _ } = found;
        // What was there at the first look was not found.
        let new = !reported;
        let at = to_millis(seen.last_alive);
        let inserted = self
            .db
            .prepare_cached(
                "INSERT INTO mail
                     (watch, epoch, uidvalidity, uid, sender, subject, date, message_id, internal, size, flags, headers,
                      how, announced, found, told, owner, reported, late_ms)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, NULL, ?16, ?17, ?18)
                 ON CONFLICT DO NOTHING",
            )?
            .execute(params![
                watch,
                mail.epoch,
                mail.uidvalidity,
                mail.uid,
                mail.from,
                mail.subject,
                mail.date,
                message_id,
                internal_date.map(to_millis),
                size,
                mail.flags.join(BETWEEN_FLAGS),
                mail.headers,
                new.then(|| mail.found.name()),
                announced.map(to_millis),
                at,
                self.owner.id,
                reported,
                mail.late.map(millis),
            ])?;
        Ok(inserted > 0)
    }

    /// Whether another program has found this mail while this one runs: each tells its own user. The other may have ended
    /// since, where this one is behind it.
    fn was_found_by_another(&self, watch: i64, mail: &Mail) -> rusqlite::Result<bool> {
        let row: Option<(String, i64)> = self
            .db
            .prepare_cached(
                "SELECT owner, found FROM mail WHERE watch = ?1 AND epoch = ?2 AND uidvalidity = ?3 AND uid = ?4",
            )?
            .query_row(params![watch, mail.epoch, mail.uidvalidity, mail.uid], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        Ok(row.is_some_and(|(owner, found)| {
            owner != self.owner.id && (found >= to_millis(self.owner.began) || !self.owner.has_ended(&owner))
        }))
    }

    pub(super) fn unreported(&self, key: &WatchKey) -> rusqlite::Result<Vec<Mail>> {
        let Some(watch) = self.watch(key)? else { return Ok(Vec::new()) };
        self.inherit(watch)?;
        self.db
            .prepare_cached(&format!(
                "SELECT {LATE_MAIL} FROM mail
                 WHERE watch = ?1 AND reported = 0 AND owner = ?2 ORDER BY found, epoch, uidvalidity, uid",
            ))?
            .query_map(params![watch, self.owner.id], late_mail)?
            .collect()
    }

    /// Takes over what ended runs left unreported. A running program reports its own.
    fn inherit(&self, watch: i64) -> rusqlite::Result<()> {
        let others: Vec<String> = self
            .db
            .prepare_cached("SELECT DISTINCT owner FROM mail WHERE watch = ?1 AND reported = 0 AND owner <> ?2")?
            .query_map(params![watch, self.owner.id], |row| row.get(0))?
            .collect::<rusqlite::Result<_>>()?;
        for other in others.iter().filter(|other| self.owner.has_ended(other)) {
            self.db
                .prepare_cached("UPDATE mail SET owner = ?3 WHERE watch = ?1 AND reported = 0 AND owner = ?2")?
                .execute(params![watch, other, self.owner.id])?;
        }
        Ok(())
    }

    pub(super) fn reported(&self, keys: &[(WatchKey, MailUid)], at: SystemTime) -> rusqlite::Result<()> {
        let mut update = self.db.prepare_cached(
            "UPDATE mail SET reported = 1, told = coalesce(told, ?5), new = iif(reported = 1, new,
                 instr(lower(' ' || flags || ' '), ' \\seen ') = 0 AND NOT (how IS ?6 AND internal IS NOT NULL
                     AND internal < coalesce((SELECT since FROM looked WHERE watch = ?1), internal)))
             WHERE watch = ?1 AND epoch = ?2 AND uidvalidity = ?3 AND uid = ?4",
        )?;
        let mut last: Option<(&WatchKey, Option<i64>)> = None;
        for (key, MailUid { epoch, uidvalidity, uid }) in keys {
            let watch = match last {
                Some((same, watch)) if same == key => watch,
                Some(_) | None => self.watch(key)?,
            };
            last = Some((key, watch));
            let Some(watch) = watch else { continue };
            update.execute(params![watch, epoch, uidvalidity, uid, to_millis(at), FoundBy::Connect.name()])?;
        }
        Ok(())
    }

    pub(super) fn reported_message_ids(&self, key: &WatchKey, since: SystemTime) -> rusqlite::Result<BTreeSet<String>> {
        let Some(watch) = self.watch(key)? else { return Ok(BTreeSet::new()) };
        self.db
            .prepare_cached(
                "SELECT message_id FROM mail
                 WHERE watch = ?1 AND message_id IS NOT NULL AND (found >= ?2 OR internal >= ?2)",
            )?
            .query_map(params![watch, to_millis(since)], |row| row.get(0))?
            .collect()
    }

    /// Writes a proof of life down. A watch without a baseline has no row for it yet.
    pub(super) fn keep_alive(&self, key: &WatchKey, at: SystemTime) -> rusqlite::Result<()> {
        let Some(watch) = self.watch(key)? else { return Ok(()) };
        self.db
            .prepare_cached("UPDATE seen SET alive = max(alive, ?2) WHERE watch = ?1")?
            .execute(params![watch, to_millis(at)])?;
        Ok(())
    }
}

/// A mail that is told later than it was found, from a row of [`LATE_MAIL`].
pub(super) fn late_mail(row: &Row<'_>) -> rusqlite::Result<Mail> {
    let flags: String = row.get(6)?;
    let how: Option<String> = row.get(8)?;
    Ok(Mail {
        epoch: row.get(0)?,
        uidvalidity: row.get(1)?,
        uid: row.get(2)?,
        from: row.get(3)?,
        subject: row.get(4)?,
        date: row.get(5)?,
        gap: true,
        flags: flags.split(BETWEEN_FLAGS).filter(|flag| !flag.is_empty()).map(str::to_owned).collect(),
        headers: row.get(7)?,
        found: how.and_then(|how| FoundBy::ALL.into_iter().find(|by| by.name() == how)).unwrap_or_default(),
        received: row.get::<_, Option<i64>>(9)?.map(from_millis),
        // It is told in another run, whose knowledge of the server's clock is its own.
        late: None,
    })
}
