//! Moving in a file's time: the board at a moment, what had happened by then, and where the next thing is.
//!
//! Copies of the state stand at every so many entries, so that a moment costs no more than the entries since the last copy.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use super::clock::Clock;
use super::entries::{Entry, What, entries};
use super::material::Material;
use super::state::State;
use super::watch::{is_trouble, silent};
use crate::history::{KeptMail, MailList, MailQuery};
use mailwatch_proto::model::{Board, Event, GAPS_KEPT, Gaps, Now, Span, WatchId};

/// Copies of the state: enough that a step is quick, few enough that they weigh little.
const COPIES: usize = 64;

/// Entries between two copies at least.
const APART: usize = 500;

/// An IDLE lasts 29 minutes at most (RFC 2177 §3), and leaves a record of its end. A longer silence of one is nobody's watch.
const SILENCE: Duration = Duration::from_mins(35);

/// A file's past.
#[derive(Debug)]
pub struct Replay {
    watches: Vec<WatchId>,
    entries: Vec<Entry>,
    /// The states before the entry of that place.
    copies: Vec<(usize, State)>,
    clock: Clock,
    mails: Vec<KeptMail>,
    /// When no engine ran.
    unwatched: Vec<Span>,
    begin: SystemTime,
    end: SystemTime,
    remark: Option<String>,
}

/// Which way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// To what came before.
    Back,
    /// To what comes after.
    Forth,
}

/// What to go to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// Whatever happened.
    Event,
    /// What went wrong.
    Trouble,
}

impl Replay {
    /// Of what a file keeps. `now` is any instant.
    #[must_use]
    pub fn new(material: Material, now: Instant) -> Self {
        let (remark, unwatched) = (material.remark.clone(), material.unwatched.clone());
        let (watches, entries, mails) = entries(material);
        let begin = entries.first().map_or(SystemTime::UNIX_EPOCH, |entry| entry.at);
        let end = entries.last().map_or(begin, |entry| entry.at);
        // What an entry looks back to, an IDLE's age or a blind interval, is at most so long before the first.
        let clock = Clock::new(begin.checked_sub(Duration::from_hours(24)).unwrap_or(begin), now);
        let mut copies = Vec::new();
        let apart = (entries.len() / COPIES).max(APART);
        let mut state = State::new(watches.len());
        for (place, entry) in entries.iter().enumerate() {
            if place % apart == 0 {
                copies.push((place, state.clone()));
            }
            state.take(entry, &watches);
        }
        Self { watches, entries, copies, clock, mails, unwatched, begin, end, remark }
    }

    /// The mails of a query that had come by a moment.
    #[must_use]
    pub fn mails(&self, query: &MailQuery, moment: SystemTime) -> MailList {
        query.among(self.mails.iter().filter(|mail| mail.at <= moment))
    }

    /// Whether there is nothing in it.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The first moment and the last.
    #[must_use]
    pub const fn span(&self) -> (SystemTime, SystemTime) {
        (self.begin, self.end)
    }

    /// What a reader is to know of the file.
    #[must_use]
    pub fn remark(&self) -> Option<&str> {
        self.remark.as_deref()
    }

    /// The moment on both clocks.
    #[must_use]
    pub fn now(&self, moment: SystemTime) -> Now {
        Now { at: self.clock.at(moment), wall: moment }
    }

    /// How many entries there are up to a moment, itself included.
    fn count(&self, moment: SystemTime) -> usize {
        self.entries.partition_point(|entry| entry.at <= moment)
    }

    /// What the entries up to a moment add up to.
    fn state(&self, moment: SystemTime) -> State {
        let count = self.count(moment);
        let copy = self.copies.partition_point(|(place, _)| *place <= count);
        let (place, mut state) = match copy.checked_sub(1).and_then(|copy| self.copies.get(copy)) {
            Some((place, state)) => (*place, state.clone()),
            None => (0, State::new(self.watches.len())),
        };
        for entry in &self.entries[place..count] {
            state.take(entry, &self.watches);
        }
        state
    }

    /// The board at a moment. `midnight` is when its day began.
    #[must_use]
    pub fn board(&self, moment: SystemTime, midnight: SystemTime) -> Board {
        let State { watches, ages, fault, failed_hooks } = self.state(moment);
        let blind = self.blind(midnight, moment);
        let silence = self.silence(moment).map(|(since, _)| self.clock.at(since));
        let known = self.watches.iter().zip(watches).enumerate().filter(|(_, (_, watch))| watch.has_begun());
        let watches = known.map(|(place, (id, watch))| {
            let mut snapshot = watch.snapshot(id, moment, blind[place], &self.clock);
            let own = watch.silent_since(moment, SILENCE).map(|since| self.clock.at(since));
            if let Some(since) = silence.or(own) {
                silent(&mut snapshot, since);
            }
            (id.clone(), Arc::new(snapshot))
        });
        let since = moment.checked_sub(GAPS_KEPT).unwrap_or(self.begin);
        let absent = self.unwatched.iter().filter(|span| span.to > since && span.to <= moment).copied();
        let gaps = [(Arc::from(""), Arc::new(Gaps::new(self.blind_spans(since, moment), absent)))].into();
        Board { watches: watches.collect(), ages, fault, failed_hooks, gaps, ..Board::default() }
    }

    /// The blind intervals that ended in a time.
    fn blind_spans(&self, from: SystemTime, to: SystemTime) -> impl Iterator<Item = Span> {
        let first = self.entries.partition_point(|entry| entry.at < from);
        self.entries[first..self.count(to).max(first)].iter().filter_map(|entry| match &entry.what {
            What::Blind(interval) => Some(Span { from: interval.from, to: interval.to }),
            What::Told(..) | What::Queued(_) | What::Over(_) | What::Stalled(_) | What::Server(..) => None,
        })
    }

    /// The blind time of each watch within an interval.
    fn blind(&self, from: SystemTime, to: SystemTime) -> Vec<Duration> {
        let mut sums = vec![Duration::ZERO; self.watches.len()];
        let first = self.entries.partition_point(|entry| entry.at < from);
        for entry in &self.entries[first..self.count(to).max(first)] {
            let (What::Blind(interval), Some(place)) = (&entry.what, entry.watch) else { continue };
            let within = interval.to.min(to).duration_since(interval.from.max(from)).unwrap_or_default();
            if let Some(sum) = sums.get_mut(place) {
                *sum = sum.saturating_add(within);
            }
        }
        sums
    }

    /// What was told up to a moment, oldest first: the last `most` events, and all of the time since `since`, but no more
    /// than ten times as many.
    pub fn told(&self, moment: SystemTime, since: SystemTime, most: usize) -> impl Iterator<Item = Event> {
        let count = self.count(moment);
        let recent = self.entries.partition_point(|entry| entry.at < since).min(count);
        let first = recent.min(count.saturating_sub(most)).max(count.saturating_sub(most.saturating_mul(10)));
        self.entries[first..count].iter().filter_map(|entry| self.event(entry))
    }

    /// What was told after one moment, up to another.
    pub fn between(&self, after: SystemTime, to: SystemTime) -> impl Iterator<Item = Event> {
        let first = self.count(after);
        self.entries[first..self.count(to).max(first)].iter().filter_map(|entry| self.event(entry))
    }

    fn event(&self, entry: &Entry) -> Option<Event> {
        let What::Told(conn, kind) = &entry.what else { return None };
        let watch = entry.watch.and_then(|place| self.watches.get(place)).cloned();
        Some(Event { ts: entry.at, at: self.clock.at(entry.at), watch, conn: *conn, kind: kind.clone() })
    }

    /// The next thing of that kind, or the one before: its moment, and its watch.
    #[must_use]
    pub fn next(
        &self,
        moment: SystemTime,
        wanted: Wanted,
        direction: Direction,
    ) -> Option<(SystemTime, Option<&WatchId>)> {
        let is_wanted = |entry: &&Entry| match (&entry.what, wanted) {
            (What::Told(_, kind), Wanted::Trouble) => is_trouble(kind),
            (What::Told(..), Wanted::Event) => true,
            (What::Queued(_) | What::Over(_) | What::Stalled(_) | What::Blind(_) | What::Server(..), _) => false,
        };
        let found = match direction {
            Direction::Forth => self.entries[self.count(moment)..].iter().find(is_wanted),
            Direction::Back => {
                let before = self.entries.partition_point(|entry| entry.at < moment);
                self.entries[..before].iter().rev().find(is_wanted)
            }
        };
        found.map(|entry| (entry.at, entry.watch.and_then(|place| self.watches.get(place))))
    }

    /// In which of so many equal parts of the time something went wrong.
    #[must_use]
    pub fn troubles(&self, parts: usize) -> Vec<bool> {
        let mut marks = vec![false; parts];
        for entry in &self.entries {
            if let What::Told(_, kind) = &entry.what
                && is_trouble(kind)
                && let Some(mark) = marks.get_mut(self.part(entry.at, parts))
            {
                *mark = true;
            }
        }
        marks
    }

    /// In which of so many equal parts of the time a moment lies.
    #[must_use]
    pub fn part(&self, moment: SystemTime, parts: usize) -> usize {
        let whole = self.end.duration_since(self.begin).unwrap_or_default().as_millis().max(1);
        let passed = moment.duration_since(self.begin).unwrap_or_default().as_millis();
        let count = u128::try_from(parts.saturating_sub(1)).unwrap_or(0);
        usize::try_from((passed * count + whole / 2) / whole).unwrap_or(0).min(parts.saturating_sub(1))
    }

    /// The silence that a moment lies in: longer than any watch is silent, so that none ran, as far as the file tells.
    #[must_use]
    pub fn silence(&self, moment: SystemTime) -> Option<(SystemTime, SystemTime)> {
        let count = self.count(moment);
        let before = self.entries.get(count.checked_sub(1)?)?.at;
        let next = self.entries.get(count)?.at;
        let long = next.duration_since(before).is_ok_and(|long| long > SILENCE);
        (long && moment > before).then_some((before, next))
    }
}

#[cfg(test)]
mod tests;
