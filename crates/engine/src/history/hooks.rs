//! Owed hooks: queued before they run, and kept until they succeed or all tries are used up.
//!
//! A hook acts on the world and not on a reader: among the programs that share the file, the first to queue it for a mail
//! runs it. Settled hooks stay known for as long as everything else.

use std::time::SystemTime;

use rusqlite::{OptionalExtension, params};

use super::database::Database;
use super::moment::to_millis;
use super::watch_key::WatchKey;
use mailwatch_proto::model::HookEvent;

/// Something that a hook is to run for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwedHook {
    /// The watch.
    pub key: WatchKey,
    /// The hook.
    pub event: HookEvent,
    /// Identifies it for this watch and hook: a mail's epoch, UIDVALIDITY and UID, else a random number.
    pub what: String,
    /// The hook's input: a JSON object, without a line end.
    pub line: String,
}

impl OwedHook {
    /// Identifies a mail.
    #[must_use]
    pub fn mail(epoch: u32, uidvalidity: u32, uid: u32) -> String {
        format!("{epoch}/{uidvalidity}/{uid}")
    }

    /// Identifies anything else; never the same twice.
    #[must_use]
    pub fn anything() -> String {
        format!("{:016x}", fastrand::u64(..))
    }
}

impl Database<'_> {
    /// Queues a hook, unless it was queued before.
    pub(super) fn owe_hook(
        &self,
        watch: i64,
        event: HookEvent,
        what: &str,
        line: &str,
        at: SystemTime,
    ) -> rusqlite::Result<()> {
        self.db
            .prepare_cached(
                "INSERT INTO hook (watch, event, what, at, line, owner) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
                 ON CONFLICT (watch, event, what) DO NOTHING",
            )?
            .execute(params![watch, event.name(), what, to_millis(at), line, self.owner.id])?;
        Ok(())
    }

    /// What this run owes the hook of the oldest entry. Takes over what ended runs left.
    pub(super) fn owed_hooks(
        &self,
        (account, login): (&str, &str),
        events: &[HookEvent],
        limit: u32,
    ) -> rusqlite::Result<Vec<OwedHook>> {
        self.inherit_hooks(account, login)?;
        let mut oldest: Option<(i64, HookEvent)> = None;
        for event in events {
            let at: Option<i64> = self
                .db
                .prepare_cached(
                    "SELECT min(at) FROM hook JOIN watch ON watch.id = hook.watch
                     WHERE settled IS NULL AND owner = ?3 AND event = ?4 AND account = ?1 AND login = ?2",
                )?
                .query_row(params![account, login, self.owner.id, event.name()], |row| row.get(0))
                .optional()?
                .flatten();
            oldest = at.map(|at| (at, *event)).into_iter().chain(oldest).min();
        }
        let Some((_, event)) = oldest else { return Ok(Vec::new()) };
        self.db
            .prepare_cached(
                "SELECT mailbox, what, line FROM hook JOIN watch ON watch.id = hook.watch
                 WHERE settled IS NULL AND owner = ?3 AND event = ?4 AND account = ?1 AND login = ?2
                 ORDER BY at, hook.id LIMIT ?5",
            )?
            .query_map(params![account, login, self.owner.id, event.name(), limit], |row| {
                let key = WatchKey { account: account.to_owned(), login: login.to_owned(), mailbox: row.get(0)? };
                Ok(OwedHook { key, event, what: row.get(1)?, line: row.get(2)? })
            })?
            .collect()
    }

    /// Takes over what ended runs left. A running program runs its own.
    fn inherit_hooks(&self, account: &str, login: &str) -> rusqlite::Result<()> {
        let others: Vec<String> = self
            .db
            .prepare_cached(
                "SELECT DISTINCT owner FROM hook JOIN watch ON watch.id = hook.watch
                 WHERE settled IS NULL AND owner <> ?3 AND account = ?1 AND login = ?2",
            )?
            .query_map(params![account, login, self.owner.id], |row| row.get(0))?
            .collect::<rusqlite::Result<_>>()?;
        for other in others.iter().filter(|other| self.owner.has_ended(other)) {
            self.db
                .prepare_cached(
                    "UPDATE hook SET owner = ?4 WHERE settled IS NULL AND owner = ?3
                     AND watch IN (SELECT id FROM watch WHERE account = ?1 AND login = ?2)",
                )?
                .execute(params![account, login, other, self.owner.id])?;
        }
        Ok(())
    }

    /// Settles hooks, and drops their lines: nobody needs a person's mail later.
    pub(super) fn settle_hooks(&self, hooks: &[OwedHook], at: SystemTime) -> rusqlite::Result<()> {
        for hook in hooks {
            let Some(watch) = self.watch(&hook.key)? else { continue };
            self.db
                .prepare_cached(
                    "UPDATE hook SET settled = ?4, line = '' WHERE watch = ?1 AND event = ?2 AND what = ?3",
                )?
                .execute(params![watch, hook.event.name(), hook.what, to_millis(at)])?;
        }
        Ok(())
    }
}
