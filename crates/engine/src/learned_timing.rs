//! What was learned of a server's answers: how long it can be left idling. Read from the history when a watch asks.

use std::time::{Duration, SystemTime};

use crate::history::{History, KEPT};
use crate::identity::login_of;
use mailwatch_proto::model::{Account, Outcome};
use mailwatch_proto::tuning::Tuning;

/// What was learned. Nothing, until a watch's `reissue` is to be `auto`.
#[derive(Clone, Debug)]
pub enum LearnedTiming {
    /// No watch has asked.
    Unread,
    /// The history is being read, to begin at this preset.
    Reading(Duration),
    /// This.
    Known(Box<Tuning>),
}

impl LearnedTiming {
    /// Starts a reading that begins at this preset. Whether one is needed: the same may be known, or being read.
    pub fn begin(&mut self, preset: Duration) -> bool {
        let known = match self {
            Self::Unread => None,
            Self::Reading(preset) => Some(*preset),
            Self::Known(tuning) => Some(tuning.preset()),
        };
        // A tuning keeps its preset within bounds.
        let preset = Tuning::new(preset).preset();
        let needed = known != Some(preset);
        if needed {
            *self = Self::Reading(preset);
        }
        needed
    }

    /// Takes what was read, unless another preset was asked for meanwhile. Whether it was taken.
    pub fn finish(&mut self, tuning: Tuning) -> bool {
        let awaited = matches!(self, Self::Reading(preset) if *preset == tuning.preset());
        if awaited {
            *self = Self::Known(Box::new(tuning));
        }
        awaited
    }

    /// Learns from an IDLE that ended. Whether a value changed.
    pub fn note(&mut self, outcome: &Outcome) -> bool {
        let Self::Known(tuning) = self else { return false };
        let values =
            |tuning: &Tuning| (tuning.value(outcome.at), tuning.proven(outcome.at), tuning.ceiling(outcome.at));
        let before = values(tuning);
        tuning.note(outcome);
        values(tuning) != before
    }
}

/// Reads what was learned of an account's server before, beginning at the preset.
pub async fn read(account: &Account, preset: Duration, history: &History) -> Tuning {
    let now = SystemTime::now();
    let since = now.checked_sub(KEPT).unwrap_or(SystemTime::UNIX_EPOCH);
    // The history itself reports what it cannot read; learning begins anew then.
    let outcomes = history.outcomes(&account.host, &login_of(account), since).await.unwrap_or_default();
    Tuning::replay(preset, &outcomes, now)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_mins(1);

    #[test]
    fn the_history_is_read_once_for_a_preset() {
        let mut learned = LearnedTiming::Unread;
        assert!(learned.begin(4 * MINUTE));
        assert!(!learned.begin(4 * MINUTE), "it is being read");
        assert!(learned.finish(Tuning::new(4 * MINUTE)));
        assert!(!learned.begin(4 * MINUTE), "it is known");
        assert!(learned.begin(9 * MINUTE));
    }

    #[test]
    fn a_reading_for_a_preset_that_is_no_longer_asked_for_is_dropped() {
        let mut learned = LearnedTiming::Unread;
        learned.begin(4 * MINUTE);
        learned.begin(9 * MINUTE);
        assert!(!learned.finish(Tuning::new(4 * MINUTE)));
        assert!(learned.finish(Tuning::new(9 * MINUTE)));
        assert!(matches!(learned, LearnedTiming::Known(_)));
    }
}
