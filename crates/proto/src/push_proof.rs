//! Whether the server announces mail: what the mails prove that looks find. Pure.
//!
//! DONE's answer proves that the server listens, not that it speaks. A mail proves that the server did not announce it if it was
//! there for [`PROVES`] of an IDLE that stood all the time. A copy keeps its mail's date, and a server may look for mail now
//! and then only: a mail proves nothing where its date is older than the IDLE or than those of mails before it, where the
//! server has announced something since, or where mails that were announced had waited as long.

mod clock;
#[cfg(test)]
mod properties;
mod rhythm;
#[cfg(test)]
mod tests;

use std::time::{Duration, Instant, SystemTime};

pub use self::clock::{ClockOffset, ServerClock};
use self::rhythm::Rhythm;
use crate::model::{FoundBy, Unannounced};

/// A mail that was there for so long, and not announced, proves something: a server that announces does so within
/// seconds.
pub const PROVES: Duration = Duration::from_secs(10);

/// The mails that are judged by: the last.
const LAST: usize = 5;

/// So many announced in a row end a suspicion and a verdict.
const AMENDS: u8 = 3;

/// Announcements whose delays are remembered.
const DELAYS: usize = 8;

/// So many of them must have been late before the server is said to look by itself.
const LATE: usize = 3;

/// The server's clock stands still, or goes back, by so much between two deliveries: dates are taken when a delivery begins,
/// UIDs when it ends.
const OVERLAP: Duration = Duration::from_secs(2);

/// A mail that a look found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arrival {
    /// Its UID.
    pub uid: u32,
    /// Its INTERNALDATE.
    pub date: Option<SystemTime>,
    /// When the server announced it in IDLE, where it did.
    pub announced: Option<Instant>,
    /// When it was last seen not to be there.
    pub absent: Option<Instant>,
    /// When this program added it, where it is one of its own.
    pub added: Option<Added>,
}

/// When a message was added to its mailbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Added {
    /// APPEND was handed out: it was not there before.
    pub sent: Instant,
    /// The server had taken it.
    pub taken: Instant,
}

/// A push test's message that a look found. It is no mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Canary {
    /// Its UID.
    pub uid: u32,
    /// Its number in the mailbox; 0 where that is not known.
    pub seq: u32,
    /// How it was found.
    pub found: FoundBy,
    /// Its INTERNALDATE.
    pub received: Option<SystemTime>,
    /// When this program added it, where it did and the server has taken it.
    pub added: Option<Added>,
}

/// An IDLE that stood until DONE.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stood {
    /// The server's `+`.
    pub began: Instant,
    /// From when on: the server's `+`, or its last EXISTS. What is not counted in that came later.
    pub from: Instant,
    /// Until DONE was handed out.
    pub until: Instant,
}

/// One of the last mails.
#[derive(Clone, Copy, Debug)]
struct Last {
    uid: u32,
    date: Option<SystemTime>,
    /// Counts IDLEs.
    idle: u32,
    /// Whether it was announced in IDLE.
    announced: bool,
    /// How long it was there without being announced, as far as that is proven.
    unannounced: Option<Duration>,
    /// Whether this program added it itself.
    own: bool,
}

impl Last {
    fn shown(&self) -> Option<Unannounced> {
        let found_after = self.unannounced?;
        Some(Unannounced { uid: self.uid, received: self.date, found_after })
    }
}

/// What is known of a mailbox's announcements.
#[derive(Clone, Copy, Debug, Default)]
pub struct PushProof {
    clock: ServerClock,
    last: [Option<Last>; LAST],
    /// The two mails that the verdict stands on, or one that this program added.
    verdict: Option<(Last, Option<Last>)>,
    /// How late the last announcements were, in seconds, by the mail that had waited longest; the newest first.
    delays: [Option<u16>; DELAYS],
    rhythm: Rhythm,
    idles: u32,
    /// Mails that were announced since one was not.
    announced: u8,
}

impl PushProof {
    /// The server's clock, where it is known well enough.
    #[must_use]
    pub fn clock(&self, now: Instant) -> Option<ClockOffset> {
        self.clock.known(now)
    }

    /// A look found these mails, by UID. `stood`: the IDLE before it, which DONE ended. All moments are of the clock that goes
    /// on in a suspend.
    pub fn looked(&mut self, stood: Option<Stood>, mails: &[Arrival], now: Instant) {
        for mail in mails {
            if let Some(date) = mail.date {
                let looked = mail.announced.and_then(|at| self.rhythm.looked_before(at));
                let (absent, present) = match mail.added {
                    Some(Added { sent, taken }) => (Some(sent), taken),
                    None => (mail.absent.max(looked), mail.announced.unwrap_or(now)),
                };
                self.clock.observe(date, absent, present);
            }
        }
        let Some(stood) = stood else { return };
        if let Some(base) = self.clock.base() {
            self.rhythm.heard(stood, mails, base);
        }
        self.idles = self.idles.wrapping_add(1);
        let known = self.clock.known(now);
        let delay = (0..mails.len()).filter_map(|n| delay(known, &mails[n..], stood)).max();
        if let Some(delay) = delay {
            self.delays.rotate_right(1);
            self.delays[0] = Some(u16::try_from(delay.as_secs()).unwrap_or(u16::MAX));
        }
        for (n, mail) in mails.iter().enumerate() {
            let later = mails.get(n + 1..).unwrap_or_default();
            match mail.announced {
                Some(_) => self.was_announced(mail),
                None => self.was_not(mail, later, stood, now),
            }
        }
        self.conclude();
    }

    fn was_announced(&mut self, mail: &Arrival) {
        self.push(mail, None);
        self.announced = self.announced.saturating_add(1);
        if self.announced >= AMENDS {
            self.verdict = None;
            self.last.iter_mut().flatten().for_each(|last| last.unannounced = None);
        }
    }

    fn was_not(&mut self, mail: &Arrival, later: &[Arrival], stood: Stood, now: Instant) {
        let waited = self.proven(mail, later, stood, now).filter(|waited| *waited >= PROVES);
        if waited.is_some() {
            self.announced = 0;
        }
        // However many were not announced in an IDLE, they say no more than the one that waited longest.
        match self.last[0].filter(|last| last.idle == self.idles && !last.announced) {
            Some(last) if last.unannounced >= waited => {}
            Some(_) => self.last[0] = Some(self.entry(mail, waited)),
            None => self.push(mail, waited),
        }
    }

    /// How long the mail was there in the IDLE, by the clock where that is known well enough, else by the others of the
    /// same IDLE.
    fn proven(&self, mail: &Arrival, later: &[Arrival], stood: Stood, now: Instant) -> Option<Duration> {
        if let Some(Added { taken, .. }) = mail.added {
            return Some(stood.until.saturating_duration_since(taken.max(stood.from)));
        }
        let date = mail.date?;
        let newest = self.last.iter().flatten().filter_map(|last| last.date).max();
        if newest.is_some_and(|newest| date + OVERLAP < newest) {
            // Mails that are delivered are in the order of their dates. This one was moved or copied.
            return None;
        }
        match self.clock.known(now) {
            Some(clock) if clock.precedes(date, stood.from) => None,
            Some(clock) if !clock.may_precede(date, stood.from) => Some(clock.waited(date, stood.until)),
            Some(_) | None => longest(mail, later.iter(), stood.until.saturating_duration_since(stood.from)),
        }
    }

    fn push(&mut self, mail: &Arrival, unannounced: Option<Duration>) {
        self.last.rotate_right(1);
        self.last[0] = Some(self.entry(mail, unannounced));
    }

    fn entry(&self, mail: &Arrival, unannounced: Option<Duration>) -> Last {
        let announced = mail.announced.is_some();
        let own = mail.added.is_some();
        Last { uid: mail.uid, date: mail.date, idle: self.idles, announced, unannounced, own }
    }

    /// How long a mail must have waited to prove something: twice as long as any that was announced after all.
    fn needed(&self) -> Duration {
        let longest = self.longest_delay();
        if longest < PROVES { PROVES } else { longest * 2 }
    }

    fn longest_delay(&self) -> Duration {
        let longest = Duration::from_secs(self.delays.iter().flatten().copied().max().unwrap_or(0).into());
        longest.max(self.rhythm.interval().unwrap_or_default())
    }

    fn is_proof(&self, last: &Last) -> bool {
        last.unannounced.is_some_and(|waited| waited >= self.needed())
    }

    fn conclude(&mut self) {
        let mut proofs = self.last.iter().flatten().filter(|last| self.is_proof(last));
        let own = proofs.clone().find(|last| last.own);
        if let Some(newest) = proofs.next()
            && let Some(other) = proofs.find(|last| last.idle != newest.idle)
        {
            self.verdict = Some((*other, Some(*newest)));
        } else if let Some(own) = own {
            self.verdict = Some((*own, None));
        } else if self
            .verdict
            .is_some_and(|(first, second)| !std::iter::once(first).chain(second).all(|last| self.is_proof(&last)))
        {
            self.verdict = None;
        }
    }

    /// Whether a mail was not announced, so that IDLE is relied on less.
    #[must_use]
    pub fn suspects(&self) -> bool {
        self.verdict.is_some() || self.last.iter().flatten().any(|last| self.is_proof(last))
    }

    /// The mails that prove that the server does not announce; none while that is not proven.
    #[must_use]
    pub fn unannounced(&self) -> Vec<Unannounced> {
        let Some((first, second)) = self.verdict else { return Vec::new() };
        let mails: Vec<Last> = std::iter::once(first).chain(second).collect();
        let last: Vec<_> =
            self.last.iter().rev().flatten().filter(|last| self.is_proof(last)).filter_map(Last::shown).collect();
        if last.len() >= mails.len() { last } else { mails.iter().filter_map(Last::shown).collect() }
    }

    /// How often the server looks for mail by itself, about, where it announces late and that was seen.
    #[must_use]
    pub fn cadence(&self) -> Option<Duration> {
        if let Some(interval) = self.rhythm.interval() {
            return Some(interval);
        }
        let late = self.delays.iter().flatten().filter(|delay| Duration::from_secs((**delay).into()) >= PROVES);
        (late.count() >= LATE).then(|| self.longest_delay())
    }
}

/// How long the first of these mails had been there when it was announced, as far as that is known.
fn delay(known: Option<ClockOffset>, mails: &[Arrival], stood: Stood) -> Option<Duration> {
    let (mail, later) = mails.split_first()?;
    let at = mail.announced?;
    if let Some(Added { taken, .. }) = mail.added {
        return Some(at.saturating_duration_since(taken));
    }
    match known.zip(mail.date) {
        // It was moved or copied.
        Some((clock, date)) if mail.absent.is_some_and(|absent| clock.may_precede(date, absent)) => None,
        Some((clock, date)) => Some(clock.waited(date, at)),
        // Several that are announced at once came when the last of them did, or before.
        None => {
            let together = later.iter().filter(|other| other.announced == Some(at));
            longest(mail, together, at.saturating_duration_since(stood.from))
        }
    }
}

/// How long before another mail of the same IDLE this one came, by the server's own dates; none where they are further
/// apart than the IDLE was long.
fn longest<'a>(mail: &Arrival, others: impl Iterator<Item = &'a Arrival>, most: Duration) -> Option<Duration> {
    let date = mail.date?;
    let apart = others.filter_map(|other| other.date?.duration_since(date).ok());
    // A second for the dates' own.
    apart.filter(|apart| *apart + Duration::from_secs(1) <= most).max()
}
