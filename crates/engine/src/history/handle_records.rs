//! The handle's records: appended without waiting, and read back.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;
use std::time::{Duration, SystemTime};

use super::handle::History;
use super::prune::{Limits, prune_by_age};
use super::record::{KeptReceipt, Logged, Record, Stall};
use super::request::Message;
use super::watch_key::WatchKey;
use mailwatch_proto::model::{Ages, Event, EventKind, Fault, Gaps, Outcome, Past, Verdict, words};

/// Records that wait for the disk before the next are dropped and counted: some seconds of a slow disk.
pub(super) const RECORDS: usize = 4096;

/// Events that are never routine, by their names in `watch --json`. A mail is kept by itself: its line in the log may wait.
const AT_ONCE: [&str; 3] = ["stalled", "fault", "hook"];

/// Whether a kill may take an event of the last seconds. Two verdicts go with every DONE.
fn is_routine(kind: &EventKind) -> bool {
    if let EventKind::Verdict { verdict, .. } = kind {
        return matches!(verdict, Verdict::Live | Verdict::Finishing);
    }
    !AT_ONCE.contains(&kind.name())
}

impl History {
    /// Keeps a record. Never waits: where the disk is too far behind, the record is dropped and counted.
    pub fn append(&self, record: Record) {
        if self.held.waiting.fetch_add(1, Ordering::Relaxed) >= RECORDS {
            self.held.waiting.fetch_sub(1, Ordering::Relaxed);
            self.held.lost.fetch_add(1, Ordering::Relaxed);
            return;
        }
        let is_urgent = !record.is_routine();
        let wakes = self.held.record(record);
        if is_urgent {
            self.send(Message::Urgent);
        } else if wakes {
            self.send(Message::Held);
        }
    }

    /// Keeps an event in the log, in plain words, except lines of the trace. `key` is its watch's.
    pub fn log(&self, key: Option<&WatchKey>, event: &Event) {
        if matches!(event.kind, EventKind::Wire(_)) {
            return;
        }
        let line = Logged {
            at: event.ts,
            key: key.cloned(),
            conn: event.conn.map(|conn| conn.0),
            kind: event.kind.name().to_owned(),
            text: words(&event.kind),
        };
        self.append(if is_routine(&event.kind) { Record::Routine(line) } else { Record::Event(line) });
    }

    /// How many records were dropped since the start.
    #[must_use]
    pub fn lost(&self) -> u64 {
        self.held.lost.load(Ordering::Relaxed)
    }

    /// How many other programs use the same file now.
    ///
    /// # Errors
    /// Where the database refuses.
    pub async fn others(&self) -> Result<usize, Fault> {
        self.read(|database| Ok(database.owner.others())).await
    }

    /// The watch's receipts since then, oldest first.
    ///
    /// # Errors
    /// Where the database refuses.
    pub async fn receipts(&self, key: &WatchKey, since: SystemTime) -> Result<Vec<KeptReceipt>, Fault> {
        let key = key.clone();
        self.read(move |database| database.receipts(&key, since)).await
    }

    /// The watch's last DONEs and blind intervals, as many as the screen shows.
    ///
    /// # Errors
    /// Where the database refuses.
    pub async fn past(&self, key: &WatchKey) -> Result<Past, Fault> {
        let key = key.clone();
        self.read(move |database| database.past(&key)).await
    }

    /// How IDLEs of this login ended since then, oldest first. `login` as in [`WatchKey::login`].
    ///
    /// # Errors
    /// Where the database refuses.
    pub async fn outcomes(&self, host: &str, login: &str, since: SystemTime) -> Result<Vec<Outcome>, Fault> {
        let (host, login) = (host.to_owned(), login.to_owned());
        self.read(move |database| database.outcomes(&host, &login, since)).await
    }

    /// How IDLEs of this login ended from `since` to `until`, by age: the newest [`AGES`](super::AGES) of them. `login` as in
    /// [`WatchKey::login`].
    ///
    /// # Errors
    /// Where the database refuses.
    pub async fn ages(&self, host: &str, login: &str, since: SystemTime, until: SystemTime) -> Result<Ages, Fault> {
        let (host, login) = (host.to_owned(), login.to_owned());
        self.read(move |database| database.ages(&host, &login, since, until)).await
    }

    /// All stalls since then, oldest first.
    ///
    /// # Errors
    /// Where the database refuses.
    pub async fn stalls(&self, since: SystemTime) -> Result<Vec<Stall>, Fault> {
        self.read(move |database| database.stalls(since)).await
    }

    /// Each watch's blind time within the interval.
    ///
    /// # Errors
    /// Where the database refuses.
    pub async fn blind(&self, since: SystemTime, until: SystemTime) -> Result<BTreeMap<WatchKey, Duration>, Fault> {
        self.read(move |database| database.blind(since, until)).await
    }

    /// Each watch's blind time since local midnight.
    ///
    /// # Errors
    /// Where the database refuses.
    pub async fn blind_today(
        &self,
        now: SystemTime,
        tz: &jiff::tz::TimeZone,
    ) -> Result<BTreeMap<WatchKey, Duration>, Fault> {
        self.blind(local_midnight(now, tz), now).await
    }

    /// When engines did not run on this state directory, and when watches were blind, since then.
    ///
    /// # Errors
    /// Where the database refuses.
    pub async fn gaps(&self, since: SystemTime) -> Result<Gaps, Fault> {
        self.read(move |database| database.gaps(since)).await
    }

    /// The last `limit` lines of the log since then, oldest first.
    ///
    /// # Errors
    /// Where the database refuses.
    pub async fn logged(&self, since: SystemTime, limit: u32) -> Result<Vec<Logged>, Fault> {
        self.read(move |database| database.log(since, limit)).await
    }

    /// Keeps no more than this from now on. The file is pruned by itself: soon after the start, and every few minutes.
    pub fn limit(&self, limits: Limits) {
        self.send(Message::Limit(limits));
    }

    /// Drops what is older than the limits keep, at once.
    ///
    /// # Errors
    /// Where the database refuses.
    pub async fn prune(&self, limits: Limits, now: SystemTime) -> Result<(), Fault> {
        self.write(move |database| prune_by_age(database.db, limits, now)).await
    }
}

/// The beginning of the local day that `now` lies in.
fn local_midnight(now: SystemTime, tz: &jiff::tz::TimeZone) -> SystemTime {
    jiff::Timestamp::try_from(now)
        .ok()
        .and_then(|now| now.to_zoned(tz.clone()).start_of_day().ok())
        .map_or(now, |midnight| midnight.timestamp().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_every_done_says_is_routine_and_what_says_that_something_is_wrong_is_not() {
        let verdict = |verdict| EventKind::Verdict { verdict, text: String::new(), evidence: None, mails: Vec::new() };
        for known in Verdict::ALL {
            let is_usual = matches!(known, Verdict::Live | Verdict::Finishing);
            assert_eq!(is_routine(&verdict(known)), is_usual, "{known:?}");
        }
        assert!(is_routine(&EventKind::DoneAcked { took: Duration::ZERO }));
        // Its row among the mails is committed before it is told.
        assert!(is_routine(&EventKind::NewMail(mailwatch_proto::model::Mail::default())));
        assert!(!is_routine(&EventKind::Stalled {
            verdict: Verdict::PathDead,
            waited: Duration::ZERO,
            evidence: mailwatch_proto::model::Evidence::default()
        }));
    }
}
