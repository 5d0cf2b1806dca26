//! Counts of what happened since the program started. They only grow, and there is one set for each account, so that their
//! number grows with the configuration and not with servers' data.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::{DoneReason, Event, EventKind, FaultClass, FoundBy, Mail, Phase, PhaseGroup, Verdict};

/// The upper bounds of [`RoundTrips`]: from a server in the next room to an answer that comes when `done`, or the time
/// that a quarantined connection is kept for, has run out.
pub const ROUND_TRIP_BOUNDS: [Duration; 15] = [
    Duration::from_millis(5),
    Duration::from_millis(10),
    Duration::from_millis(25),
    Duration::from_millis(50),
    Duration::from_millis(100),
    Duration::from_millis(250),
    Duration::from_millis(500),
    Duration::from_secs(1),
    Duration::from_millis(2500),
    Duration::from_secs(5),
    Duration::from_secs(10),
    Duration::from_secs(30),
    Duration::from_mins(1),
    Duration::from_mins(5),
    Duration::from_mins(30),
];

/// How long something took: DONEs from being handed out to their tagged replies, mails from being received to being told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct RoundTrips {
    /// Those that took no longer than the bound of the same place, and longer than the one before.
    pub within: [u64; ROUND_TRIP_BOUNDS.len()],
    /// All of them.
    pub count: u64,
    /// All of their times together.
    pub sum: Duration,
}

impl RoundTrips {
    fn add(&mut self, took: Duration) {
        if let Some(place) = ROUND_TRIP_BOUNDS.iter().position(|bound| took <= *bound) {
            self.within[place] += 1;
        }
        self.count += 1;
        self.sum += took;
    }
}

/// How hooks ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct HookRuns {
    /// With exit code 0.
    pub succeeded: u64,
    /// With another.
    pub failed: u64,
    /// Without one: a signal ended them.
    pub killed: u64,
}

/// How messages of this program's own fared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Canaries {
    /// They were announced.
    pub announced: u64,
    /// They were not.
    pub unannounced: u64,
}

/// The counts of one account.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Counts {
    /// New mails that were reported as they came.
    pub mails: u64,
    /// New mails that had come while the watch was blind, and were reported afterwards.
    pub gap_mails: u64,
    /// New mails, by how they were found.
    pub found: BTreeMap<FoundBy, u64>,
    /// How late mails were told that came while somebody listened, where the server's clock is known.
    pub push_delays: RoundTrips,
    /// Connections that reached the server's greeting.
    pub connections: u64,
    /// Connections that were begun in an earlier one's place, whether or not they succeeded.
    pub reconnects: u64,
    /// DONEs that were sent, by reason.
    pub done: BTreeMap<DoneReason, u64>,
    /// DONEs that were answered, late ones included.
    pub round_trips: RoundTrips,
    /// DONEs that were answered after `done` had run out.
    pub late: u64,
    /// DONEs that were not answered in time, by what was concluded.
    pub stalls: BTreeMap<Verdict, u64>,
    /// Faults, by class.
    pub faults: BTreeMap<FaultClass, u64>,
    /// Time in which a mail could have come unnoticed, of all mailboxes together. An interval counts once it is over.
    pub blind: Duration,
    /// Runs of hooks.
    pub hooks: HookRuns,
    /// Pushes that messages of this program's own have proven, or not.
    pub canaries: Canaries,
}

/// All counts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Tally {
    /// By account. One that has left the configuration stays: what it counted happened.
    pub accounts: BTreeMap<Arc<str>, Counts>,
    /// Events that were dropped because the front end did not read them in time.
    pub lost: u64,
}

impl Tally {
    /// Counts an event, if it is of a kind that is counted. Whether it was.
    pub fn count(&mut self, event: &Event) -> bool {
        event.watch.as_ref().is_some_and(|watch| self.account(&watch.account).count(&event.kind))
    }

    /// An account's counts, to be added to.
    pub fn account(&mut self, name: &Arc<str>) -> &mut Counts {
        self.accounts.entry(Arc::clone(name)).or_default()
    }
}

impl Counts {
    fn count(&mut self, kind: &EventKind) -> bool {
        match kind {
            EventKind::NewMail(mail) => self.count_mail(mail),
            EventKind::Connected { .. } => self.connections += 1,
            EventKind::Phase { from: Some(from), to: Phase::Connecting, by } if by.name().is_none() => {
                match from.group() {
                    // A rest is no lost connection.
                    PhaseGroup::Resting => return false,
                    PhaseGroup::Live | PhaseGroup::Busy | PhaseGroup::Down => self.reconnects += 1,
                }
            }
            EventKind::DoneSent { reason, .. } => *self.done.entry(*reason).or_default() += 1,
            EventKind::DoneAnswered { took, late, .. } => {
                self.round_trips.add(*took);
                self.late += u64::from(*late);
            }
            EventKind::Stalled { verdict, .. } => *self.stalls.entry(*verdict).or_default() += 1,
            EventKind::Fault { class, .. } => *self.faults.entry(*class).or_default() += 1,
            EventKind::Canary { announced: Some(_), .. } => self.canaries.announced += 1,
            EventKind::Canary { announced: None, .. } => self.canaries.unannounced += 1,
            EventKind::Hook { exit: Some(0), .. } => self.hooks.succeeded += 1,
            EventKind::Hook { exit: Some(_), .. } => self.hooks.failed += 1,
            EventKind::Hook { exit: None, .. } => self.hooks.killed += 1,
            EventKind::Phase { .. }
            | EventKind::Capabilities { .. }
            | EventKind::Exists { .. }
            | EventKind::Expunge { .. }
            | EventKind::Flags { .. }
            | EventKind::DoneAcked { .. }
            | EventKind::Verdict { .. }
            | EventKind::Replaced { .. }
            | EventKind::Heartbeat { .. }
            | EventKind::Unparsed { .. }
            | EventKind::Bye { .. }
            | EventKind::Alert { .. }
            | EventKind::Hint { .. }
            | EventKind::Contradiction { .. }
            | EventKind::Retry { .. }
            | EventKind::Retuned { .. }
            | EventKind::Slept { .. }
            | EventKind::Lost { .. }
            | EventKind::Wire(_) => return false,
        }
        true
    }

    fn count_mail(&mut self, mail: &Mail) {
        *if mail.gap { &mut self.gap_mails } else { &mut self.mails } += 1;
        *self.found.entry(mail.found).or_default() += 1;
        if let Some(late) = mail.late.filter(|_| !mail.gap && mail.found != FoundBy::Connect) {
            self.push_delays.add(late);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Instant, SystemTime};

    use super::*;
    use crate::model::{Mail, Served, Status, WatchId};

    fn tally(kinds: impl IntoIterator<Item = EventKind>) -> Counts {
        let watch = WatchId::new("work", "INBOX");
        let mut tally = Tally::default();
        for kind in kinds {
            let (ts, at) = (SystemTime::UNIX_EPOCH, Instant::now());
            tally.count(&Event { ts, at, watch: Some(watch.clone()), conn: None, kind });
        }
        tally.account(&watch.account).clone()
    }

    fn answered(took: Duration, late: bool) -> EventKind {
        EventKind::DoneAnswered { reason: DoneReason::Reissue, took, status: Status::Ok, untagged: 0, late }
    }

    #[test]
    fn a_mail_counts_by_how_it_was_found_and_its_delay_where_somebody_listened() {
        let mail = |found, late, gap| {
            let late = Some(Duration::from_secs(late));
            EventKind::NewMail(Mail { gap, found, late, ..Mail::default() })
        };
        let counts = tally([
            mail(FoundBy::Push, 0, false),
            mail(FoundBy::Done, 90, false),
            mail(FoundBy::Connect, 600, true),
            mail(FoundBy::Connect, 600, false),
        ]);
        assert_eq!(counts.found, [(FoundBy::Push, 1), (FoundBy::Done, 1), (FoundBy::Connect, 2)].into());
        assert_eq!((counts.push_delays.count, counts.push_delays.sum), (2, Duration::from_secs(90)));
    }

    #[test]
    fn a_round_trip_counts_once_within_the_first_bound_that_holds_it() {
        let [first, .., last] = ROUND_TRIP_BOUNDS;
        let longer = last + Duration::from_nanos(1);
        let counts = tally([answered(Duration::ZERO, false), answered(first, false), answered(longer, true)]);
        assert_eq!((counts.round_trips.within[0], counts.round_trips.within.iter().sum::<u64>()), (2, 2));
        assert_eq!((counts.round_trips.count, counts.round_trips.sum, counts.late), (3, first + longer, 1));
        assert!(ROUND_TRIP_BOUNDS.is_sorted());
    }

    #[test]
    fn a_reconnect_is_a_connection_begun_in_anothers_place() {
        let phase = |from, to, by| EventKind::Phase { from, to, by };
        let counts = tally([
            phase(None, Phase::Connecting, Served::Own),
            phase(Some(Phase::Paused), Phase::Connecting, Served::Own),
            phase(Some(Phase::CatchingUp), Phase::Connecting, Served::Status),
            phase(Some(Phase::Connecting), Phase::Waiting, Served::Own),
            phase(Some(Phase::Waiting), Phase::Connecting, Served::Own),
            phase(Some(Phase::Finishing), Phase::Connecting, Served::Own),
        ]);
        assert_eq!(counts.reconnects, 2);
    }

    #[test]
    fn mails_of_a_gap_and_ends_of_hooks_are_told_apart() {
        let mail = |gap| {
            let (from, subject) = (String::new(), String::new());
            EventKind::NewMail(Mail { uid: 1, uidvalidity: 1, from, subject, date: None, gap, ..Mail::default() })
        };
        let hook = |exit| EventKind::Hook { command: Vec::new(), exit, took: Duration::ZERO };
        let counts = tally([mail(false), mail(true), mail(true), hook(Some(0)), hook(Some(3)), hook(None)]);
        assert_eq!((counts.mails, counts.gap_mails), (1, 2));
        assert_eq!(counts.hooks, HookRuns { succeeded: 1, failed: 1, killed: 1 });
    }
}
