//! The map of ages and what became of them: measured, known from before, inferred; and what follows from it. Pure.

use std::time::Duration;

use mailwatch_proto::model::{Evidence, Fault, Timer, Verdict, show_duration};
use mailwatch_proto::model::{Fate, Outcome, Status};

/// What became of one IDLE.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Conduct {
    /// DONE was answered.
    Answered {
        /// From DONE to the tagged reply.
        took: Duration,
        /// The reply's word.
        status: Status,
    },
    /// DONE was not answered within `done`.
    Ignored {
        /// Who is at fault.
        verdict: Verdict,
        /// In a sentence.
        text: String,
        /// The figures behind it.
        evidence: Evidence,
        /// From DONE to a late answer, where one came.
        late: Option<Duration>,
    },
    /// The connection was lost: FIN, RST, BYE, or given up by TCP.
    Lost {
        /// The IDLE's age then.
        after: Duration,
        /// How. A stranger's text may be in it: sanitise before showing.
        text: String,
    },
    /// The server ended IDLE by itself.
    Ended {
        /// The IDLE's age then.
        after: Duration,
        /// Its words. A stranger's text: sanitise before showing.
        text: String,
    },
}

/// One age's result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Measured {
    /// The age.
    pub age: Duration,
    /// What became of the IDLE; a fault where there was none to speak of.
    pub conduct: Result<Conduct, Fault>,
    /// Whether something of the mailbox came during it: an answer then proves little, for new mail wakes some servers
    /// (MailKit#1697).
    pub disturbed: bool,
}

/// What the history knows of one age.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Known {
    /// IDLEs of that age whose DONE was answered.
    pub answered: u32,
    /// IDLEs of that age whose DONE was not, or whose connection proved dead.
    pub failed: u32,
}

impl Known {
    /// Counts the outcomes at that age.
    #[must_use]
    pub fn of(age: Duration, outcomes: &[Outcome]) -> Self {
        let near = (age / 50).max((age / 4).min(Duration::from_secs(1)));
        let mut known = Self::default();
        for outcome in outcomes.iter().filter(|outcome| outcome.age.abs_diff(age) < near) {
            match outcome.fate {
                Fate::Answered => known.answered += 1,
                Fate::Stalled | Fate::Dropped => known.failed += 1,
                Fate::CutShort => {}
            }
        }
        known
    }

    /// Whether it says anything.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.answered == 0 && self.failed == 0
    }
}

/// Whether an IDLE may grow so old.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// DONE is answered.
    Safe,
    /// It is not, or the connection dies.
    Unsafe,
    /// Some were answered and some were not.
    Mixed,
    /// Nothing is known.
    Unknown,
}

/// Where that comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Basis {
    /// Measured by this probe.
    Measured,
    /// Earlier IDLEs of this login.
    History,
    /// From other ages: an older one was answered, or a younger one was not.
    Inferred,
}

/// One age's row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The age.
    pub age: Duration,
    /// What this probe measured.
    pub measured: Option<Measured>,
    /// What the history knew.
    pub known: Known,
    /// Whether an IDLE may grow so old.
    pub standing: Standing,
    /// Where that comes from.
    pub basis: Basis,
}

impl Row {
    fn new(age: Duration, measured: Option<Measured>, known: Known) -> Self {
        let by_measure = measured.as_ref().and_then(standing);
        let (standing, basis) = match (by_measure, known) {
            (Some(standing), _) => (standing, Basis::Measured),
            (None, Known { answered: 0, failed: 0 }) => (Standing::Unknown, Basis::Inferred),
            (None, Known { failed: 0, .. }) => (Standing::Safe, Basis::History),
            (None, Known { answered: 0, .. }) => (Standing::Unsafe, Basis::History),
            (None, Known { .. }) => (Standing::Mixed, Basis::History),
        };
        Self { age, measured, known, standing, basis }
    }
}

/// What a measurement says of its age; nothing where the IDLE never stood or its end was no matter of DONE.
fn standing(measured: &Measured) -> Option<Standing> {
    match measured.conduct.as_ref().ok()? {
        // The mail that came may have brought the answer: that recommends nothing.
        Conduct::Answered { .. } => (!measured.disturbed).then_some(Standing::Safe),
        // A server that ends IDLE by itself hangs nowhere, but no IDLE grows so old with it either.
        Conduct::Ignored { .. } | Conduct::Lost { .. } | Conduct::Ended { .. } => Some(Standing::Unsafe),
    }
}

/// The whole map, the youngest age first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Map {
    /// A row an age.
    pub rows: Vec<Row>,
}

impl Map {
    /// Puts together what was measured and what was known.
    #[must_use]
    pub fn new(known: &[(Duration, Known)], measured: &[Measured]) -> Self {
        let row = |&(age, known): &(Duration, Known)| {
            Row::new(age, measured.iter().find(|measured| measured.age == age).cloned(), known)
        };
        let mut rows: Vec<Row> = known.iter().map(row).collect();
        rows.sort_by_key(|row| row.age);
        let seen: Vec<(Duration, Standing)> = rows.iter().map(|row| (row.age, row.standing)).collect();
        for row in rows.iter_mut().filter(|row| row.standing == Standing::Unknown) {
            let older = seen.iter().any(|&(age, standing)| age > row.age && standing == Standing::Safe);
            let younger = seen.iter().any(|&(age, standing)| age < row.age && standing == Standing::Unsafe);
            row.standing = match (older, younger) {
                (true, false) => Standing::Safe,
                (false, true) => Standing::Unsafe,
                (true, true) | (false, false) => Standing::Unknown,
            };
        }
        Self { rows }
    }

    fn sure(&self, standing: Standing) -> impl Iterator<Item = Duration> {
        self.rows.iter().filter(move |row| row.basis != Basis::Inferred && row.standing == standing).map(|row| row.age)
    }

    /// The oldest age that was answered, and no younger one failed.
    #[must_use]
    pub fn safe(&self) -> Option<Duration> {
        let first_bad = self.rows.iter().find(|row| matches!(row.standing, Standing::Unsafe | Standing::Mixed));
        let bound = first_bad.map(|row| row.age);
        self.sure(Standing::Safe).filter(|age| bound.is_none_or(|bound| *age < bound)).last()
    }

    /// The youngest age that failed, where all younger ones that are known were answered.
    #[must_use]
    pub fn cliff(&self) -> Option<Duration> {
        self.sure(Standing::Unsafe).next()
    }

    /// What to set `reissue` to, where that helps; nothing where age is not what decides.
    #[must_use]
    pub fn recommended(&self) -> Option<Duration> {
        self.safe().filter(|_| !self.is_scattered()).map(|safe| safe.min(Timer::Reissue.spec().max))
    }

    /// Whether some age older than the first that failed was answered: then age is not what decides.
    #[must_use]
    pub fn is_scattered(&self) -> bool {
        self.cliff().is_some_and(|cliff| self.sure(Standing::Safe).any(|age| age > cliff))
    }

    /// What follows, in a sentence or two.
    #[must_use]
    pub fn sentence(&self) -> String {
        let show = |age| show_duration(Some(age));
        match (self.safe(), self.cliff()) {
            _ if self.is_scattered() => {
                let cliff = self.cliff().map_or_else(String::new, show);
                format!(
                    "An IDLE of {cliff} failed, but an older one was answered, so age alone does not decide. Probe again \
                     before you change a timer"
                )
            }
            (Some(safe), Some(cliff)) => format!(
                "DONE was answered up to an age of {}, but not at {}: reissue = \"{}\" is safe by these measurements; \
                 the limit lies between the two",
                show(safe),
                show(cliff),
                show(self.recommended().unwrap_or(safe))
            ),
            (Some(safe), None) if self.rows.last().is_some_and(|row| row.age == safe) => format!(
                "DONE was answered at every age, up to {}: reissue = \"{}\" is safe by these measurements",
                show(safe),
                show(self.recommended().unwrap_or(safe))
            ),
            (Some(safe), None) => {
                format!("DONE was answered up to an age of {}; nothing is known of older ages", show(safe))
            }
            (None, Some(cliff)) => format!(
                "Even an IDLE of {} failed: probe younger ages with --ages; if none is answered, reissue is not the \
                 reason",
                show(cliff)
            ),
            (None, None) => "Nothing could be measured".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;
    use mailwatch_proto::model::FaultClass;

    const M: u64 = 60;

    fn at(minutes: u64) -> Duration {
        Duration::from_secs(minutes * M)
    }

    fn measured(minutes: u64, good: bool) -> Measured {
        let conduct = if good {
            Conduct::Answered { took: Duration::from_millis(40), status: Status::Ok }
        } else {
            Conduct::Ignored {
                verdict: Verdict::ServerIgnoring,
                text: String::new(),
                evidence: Evidence::default(),
                late: None,
            }
        };
        Measured { age: at(minutes), conduct: Ok(conduct), disturbed: false }
    }

    fn map(measures: &[(u64, bool)], known: &[(u64, u32, u32)], unknown: &[u64]) -> Map {
        let of = |minutes| {
            let found = known.iter().find(|row| row.0 == minutes);
            found.map_or_else(Known::default, |&(_, answered, failed)| Known { answered, failed })
        };
        let ages = measures.iter().map(|row| row.0).chain(known.iter().map(|row| row.0)).chain(unknown.iter().copied());
        let known: Vec<_> = ages.map(|minutes| (at(minutes), of(minutes))).collect();
        let measures: Vec<_> = measures.iter().map(|&(minutes, good)| measured(minutes, good)).collect();
        Map::new(&known, &measures)
    }

    fn standings(map: &Map) -> Vec<(u64, Standing, Basis)> {
        map.rows.iter().map(|row| (row.age.as_secs() / M, row.standing, row.basis)).collect()
    }

    #[test]
    fn the_cliff_lies_between_the_oldest_answer_and_the_youngest_failure() {
        let map = map(&[(2, true), (4, true), (5, false), (9, false)], &[], &[]);
        assert_eq!((map.safe(), map.cliff(), map.recommended()), (Some(at(4)), Some(at(5)), Some(at(4))));
        assert!(map.sentence().contains("up to an age of 4m, but not at 5m: reissue = \"4m\""), "{}", map.sentence());
    }

    #[test]
    fn what_was_not_measured_is_inferred_from_its_neighbours_and_said_to_be() {
        let map = map(&[(4, true), (9, false)], &[], &[1, 5, 28]);
        assert_eq!(
            standings(&map),
            [
                (1, Standing::Safe, Basis::Inferred),
                (4, Standing::Safe, Basis::Measured),
                (5, Standing::Unknown, Basis::Inferred),
                (9, Standing::Unsafe, Basis::Measured),
                (28, Standing::Unsafe, Basis::Inferred),
            ]
        );
        assert_eq!(map.safe(), Some(at(4)), "an inference is no ground for a recommendation");
    }

    #[test]
    fn what_the_history_knows_counts_until_it_is_measured_anew() {
        let known = [(4, 12, 0), (9, 0, 2), (15, 3, 1)];
        let before = map(&[], &known, &[]);
        assert_eq!(
            standings(&before),
            [
                (4, Standing::Safe, Basis::History),
                (9, Standing::Unsafe, Basis::History),
                (15, Standing::Mixed, Basis::History)
            ]
        );
        let known: Vec<_> = before.rows.iter().map(|row| (row.age, row.known)).collect();
        let after = Map::new(&known, &[measured(9, true)]);
        assert_eq!(standings(&after)[1], (9, Standing::Safe, Basis::Measured));
        assert_eq!(after.safe(), Some(at(9)));
    }

    #[test]
    fn without_a_failure_the_oldest_age_is_safe_and_without_an_answer_none_is() {
        let good = map(&[(4, true), (28, true)], &[], &[]);
        assert_eq!((good.safe(), good.cliff()), (Some(at(28)), None));
        assert!(good.sentence().contains("every age, up to 28m"), "{}", good.sentence());
        let bad = map(&[(1, false), (4, false)], &[], &[]);
        assert_eq!((bad.safe(), bad.recommended()), (None, None));
        assert!(bad.sentence().contains("Even an IDLE of 1m failed"), "{}", bad.sentence());
        let fault = Fault::needs_user(FaultClass::Auth, "no");
        let failed = Measured { age: at(1), conduct: Err(fault), disturbed: false };
        let none = Map::new(&[(at(1), Known::default())], &[failed]);
        assert_eq!(none.sentence(), "Nothing could be measured");
    }

    #[test]
    fn an_answer_above_a_failure_says_that_age_does_not_decide() {
        let map = map(&[(4, true), (5, false), (9, true)], &[], &[]);
        assert!(map.is_scattered());
        assert_eq!(map.safe(), Some(at(4)), "what is recommended stays below every failure");
        assert!(map.sentence().contains("age alone does not decide"), "{}", map.sentence());
    }

    #[test]
    fn an_answer_that_mail_may_have_brought_recommends_nothing() {
        let woken = Measured { disturbed: true, ..measured(9, true) };
        let map = Map::new(&[(at(4), Known::default()), (at(9), Known::default())], &[measured(4, true), woken]);
        assert_eq!((map.rows[1].standing, map.safe()), (Standing::Unknown, Some(at(4))));
    }

    #[test]
    fn outcomes_near_an_age_are_counted_as_of_it_and_those_cut_short_are_not() {
        let outcome = |seconds, fate| Outcome {
            host: "h".to_owned(),
            login: "me@h".to_owned(),
            at: SystemTime::UNIX_EPOCH,
            age: Duration::from_secs(seconds),
            fate,
            took: None,
        };
        let outcomes = [
            outcome(240, Fate::Answered),
            outcome(242, Fate::Stalled),
            outcome(239, Fate::CutShort),
            outcome(250, Fate::Answered),
            outcome(180, Fate::Dropped),
        ];
        assert_eq!(Known::of(at(4), &outcomes), Known { answered: 1, failed: 1 });
        assert_eq!(Known::of(at(3), &outcomes), Known { answered: 0, failed: 1 });
        assert!(Known::of(at(9), &outcomes).is_empty());
    }
}
