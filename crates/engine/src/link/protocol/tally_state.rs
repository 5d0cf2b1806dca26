//! Counts of what happened, as the protocol writes them.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::name::Named;
use super::time::Ms;
use mailwatch_proto::model::{Canaries, Counts, HookRuns, RoundTrips, Tally};

/// All counts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct TallyState {
    /// By account.
    pub accounts: BTreeMap<Arc<str>, CountsState>,
    /// Events that were dropped because this front end did not read them in time.
    pub lost: u64,
}

/// The counts of one account since the engine started. They only grow.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct CountsState {
    /// New mails that were reported as they came.
    pub mails: u64,
    /// New mails that had come while the watch was blind.
    pub gap_mails: u64,
    /// New mails, by how they were found.
    pub found: BTreeMap<String, u64>,
    /// How late mails were told that came while somebody listened, where the server's clock is known.
    pub push_delays: RoundTripsState,
    /// Connections that reached the server's greeting.
    pub connections: u64,
    /// Connections that were begun in an earlier one's place.
    pub reconnects: u64,
    /// DONEs that were sent, by reason.
    pub done: BTreeMap<String, u64>,
    /// How long DONEs took.
    pub round_trips: RoundTripsState,
    /// DONEs that were answered after `done` had run out.
    pub late: u64,
    /// DONEs that were not answered in time, by verdict.
    pub stalls: BTreeMap<String, u64>,
    /// Faults, by class.
    pub faults: BTreeMap<String, u64>,
    /// Time in which a mail could have come unheard, of intervals that are over.
    pub blind_ms: Ms,
    /// Runs of hooks.
    pub hooks: HooksState,
    /// Messages of this program's own that were announced.
    pub canaries: u64,
    /// Those that were not.
    pub canaries_unannounced: u64,
}

/// How long DONEs took from being handed out to their tagged replies.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct RoundTripsState {
    /// Replies that took no longer than the bound of the same place, and longer than the one before.
    pub within: Vec<u64>,
    /// All replies.
    pub count: u64,
    /// All of their times together.
    pub sum_ms: Ms,
}

/// How hooks ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct HooksState {
    /// With exit code 0.
    pub succeeded: u64,
    /// With another.
    pub failed: u64,
    /// By a signal.
    pub killed: u64,
}

impl From<&Tally> for TallyState {
    fn from(tally: &Tally) -> Self {
        let accounts = tally.accounts.iter().map(|(account, counts)| (Arc::clone(account), counts.into()));
        Self { accounts: accounts.collect(), lost: tally.lost }
    }
}

impl From<TallyState> for Tally {
    fn from(state: TallyState) -> Self {
        let accounts = state.accounts.into_iter().map(|(account, counts)| (account, counts.into()));
        Self { accounts: accounts.collect(), lost: state.lost }
    }
}

impl From<&Counts> for CountsState {
    fn from(counts: &Counts) -> Self {
        let Counts {
            mails,
            gap_mails,
            found,
            push_delays,
            connections,
            reconnects,
            done,
            round_trips,
            late,
            stalls,
            faults,
            blind,
            hooks,
            canaries: Canaries { announced, unannounced },
        } = counts;
        Self {
            mails: *mails,
            gap_mails: *gap_mails,
            found: by_name(found),
            push_delays: push_delays.into(),
            connections: *connections,
            reconnects: *reconnects,
            done: by_name(done),
            round_trips: round_trips.into(),
            late: *late,
            stalls: by_name(stalls),
            faults: by_name(faults),
            blind_ms: (*blind).into(),
            hooks: (*hooks).into(),
            canaries: *announced,
            canaries_unannounced: *unannounced,
        }
    }
}

impl From<CountsState> for Counts {
    fn from(state: CountsState) -> Self {
        let CountsState {
            mails,
            gap_mails,
            found,
            push_delays,
            connections,
            reconnects,
            done,
            round_trips,
            late,
            stalls,
            faults,
            blind_ms,
            hooks,
            canaries,
            canaries_unannounced,
        } = state;
        Self {
            mails,
            gap_mails,
            found: by_value(&found),
            push_delays: push_delays.into(),
            connections,
            reconnects,
            done: by_value(&done),
            round_trips: round_trips.into(),
            late,
            stalls: by_value(&stalls),
            faults: by_value(&faults),
            blind: blind_ms.duration(),
            hooks: hooks.into(),
            canaries: Canaries { announced: canaries, unannounced: canaries_unannounced },
        }
    }
}

impl From<&RoundTrips> for RoundTripsState {
    fn from(RoundTrips { within, count, sum }: &RoundTrips) -> Self {
        Self { within: within.to_vec(), count: *count, sum_ms: (*sum).into() }
    }
}

impl From<RoundTripsState> for RoundTrips {
    fn from(RoundTripsState { within, count, sum_ms }: RoundTripsState) -> Self {
        let mut trips = Self { count, sum: sum_ms.duration(), ..Self::default() };
        for (place, said) in trips.within.iter_mut().zip(within) {
            *place = said;
        }
        trips
    }
}

impl From<HookRuns> for HooksState {
    fn from(HookRuns { succeeded, failed, killed }: HookRuns) -> Self {
        Self { succeeded, failed, killed }
    }
}

impl From<HooksState> for HookRuns {
    fn from(HooksState { succeeded, failed, killed }: HooksState) -> Self {
        Self { succeeded, failed, killed }
    }
}

fn by_name<T: Named>(counts: &BTreeMap<T, u64>) -> BTreeMap<String, u64> {
    counts.iter().map(|(value, count)| (value.its_name().to_owned(), *count)).collect()
}

/// Counts of what this version does not know are left out.
fn by_value<T: Named + Ord>(counts: &BTreeMap<String, u64>) -> BTreeMap<T, u64> {
    counts.iter().filter_map(|(name, count)| Some((T::known(name)?, *count))).collect()
}
