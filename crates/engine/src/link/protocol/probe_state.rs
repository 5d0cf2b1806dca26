//! How a probe fares, as the protocol writes it.

use std::time::Instant;

use serde::{Deserialize, Serialize};

use super::name;
use super::receipt_state::{FaultState, FindingState};
use super::time::Ms;
use crate::probe::map::{Conduct, Known, Measured};
use crate::probe::{Plan, Stage, Update};
use mailwatch_proto::model::{Finding, Status};

/// What a probe tells.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum ProbeState {
    /// First: what is known, and what will be measured.
    Begun {
        /// What is known of each age.
        known: Vec<KnownState>,
        /// The ages that will be measured, the youngest first.
        ages_ms: Vec<Ms>,
        /// Connections at once.
        parallel: usize,
        /// How long a late answer is waited for.
        wait_ms: Ms,
        /// Why the history could not be read, where it could not.
        unread: Option<FaultState>,
    },
    /// An age's measurement has come so far.
    Stage {
        /// The age.
        age_ms: Ms,
        /// `connecting`, `idling`, `finishing`, `listening`, `again`, `delayed`.
        stage: String,
        /// Since when.
        since_ms: Option<Ms>,
    },
    /// An age is measured.
    Measured {
        /// The age.
        age_ms: Ms,
        /// What became of the IDLE; `null` where there was none to speak of.
        conduct: Option<ConductState>,
        /// Why there was none.
        fault: Option<FaultState>,
        /// Whether something of the mailbox came during it.
        #[serde(default)]
        disturbed: bool,
    },
    /// The server takes no more connections than so many.
    Narrowed {
        /// How many.
        room: usize,
        /// What it said.
        fault: FaultState,
    },
}

/// What earlier IDLEs of an age came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnownState {
    /// The age.
    pub age_ms: Ms,
    /// How many were answered.
    pub answered: u32,
    /// How many were not.
    pub failed: u32,
}

/// What became of a probe's IDLE.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "how", rename_all = "snake_case")]
pub enum ConductState {
    /// DONE was answered.
    Answered {
        /// From DONE to the tagged reply.
        took_ms: Ms,
        /// The reply's word.
        #[serde(with = "name")]
        status: Status,
    },
    /// DONE was not answered within `done`.
    Ignored {
        /// The conclusion.
        finding: FindingState,
        /// From DONE to a late answer, where one came.
        late_ms: Option<Ms>,
    },
    /// The connection was lost.
    Lost {
        /// The IDLE's age then.
        after_ms: Ms,
        /// How.
        text: String,
    },
    /// The server ended IDLE by itself.
    Ended {
        /// The IDLE's age then.
        after_ms: Ms,
        /// Its words.
        text: String,
    },
}

impl ProbeState {
    /// The form of what a probe tells.
    #[must_use]
    pub fn of(update: &Update, now: Instant) -> Self {
        match update {
            Update::Begun { known, plan: Plan { ages, parallel, wait }, unread } => Self::Begun {
                known: known.iter().map(KnownState::of).collect(),
                ages_ms: ages.iter().map(|age| (*age).into()).collect(),
                parallel: *parallel,
                wait_ms: (*wait).into(),
                unread: unread.as_ref().map(Into::into),
            },
            Update::Stage(age, stage) => {
                let (stage, since) = named(stage);
                let since_ms = since.map(|since| Ms::since(since, now));
                Self::Stage { age_ms: (*age).into(), stage: stage.to_owned(), since_ms }
            }
            Update::Measured(Measured { age, conduct, disturbed }) => Self::Measured {
                age_ms: (*age).into(),
                conduct: conduct.as_ref().ok().map(Into::into),
                fault: conduct.as_ref().err().map(Into::into),
                disturbed: *disturbed,
            },
            Update::Narrowed(room, fault) => Self::Narrowed { room: *room, fault: fault.into() },
        }
    }

    /// What it tells; `None` of a measurement that says neither what came of it nor why there was none.
    #[must_use]
    pub fn update(self, now: Instant) -> Option<Update> {
        Some(match self {
            Self::Begun { known, ages_ms, parallel, wait_ms, unread } => Update::Begun {
                known: known.iter().map(|known| known.known()).collect(),
                plan: Plan {
                    ages: ages_ms.into_iter().map(Ms::duration).collect(),
                    parallel,
                    wait: wait_ms.duration(),
                },
                unread: unread.map(Into::into),
            },
            Self::Stage { age_ms, stage, since_ms } => {
                let since = since_ms.map_or(now, |ago| ago.before(now));
                let stage = match stage.as_str() {
                    "idling" => Stage::Idling(since),
                    "finishing" => Stage::Finishing(since),
                    "listening" => Stage::Listening(since),
                    "again" => Stage::Again,
                    "delayed" => Stage::Delayed,
                    // The least of what a stage that this version does not know may be.
                    _ => Stage::Connecting,
                };
                Update::Stage(age_ms.duration(), stage)
            }
            Self::Measured { age_ms, conduct, fault, disturbed } => {
                let conduct = match (conduct, fault) {
                    (Some(conduct), _) => Ok(conduct.into()),
                    (None, Some(fault)) => Err(fault.into()),
                    (None, None) => return None,
                };
                Update::Measured(Measured { age: age_ms.duration(), conduct, disturbed })
            }
            Self::Narrowed { room, fault } => Update::Narrowed(room, fault.into()),
        })
    }
}

const fn named(stage: &Stage) -> (&'static str, Option<Instant>) {
    match stage {
        Stage::Connecting => ("connecting", None),
        Stage::Idling(since) => ("idling", Some(*since)),
        Stage::Finishing(since) => ("finishing", Some(*since)),
        Stage::Listening(since) => ("listening", Some(*since)),
        Stage::Again => ("again", None),
        Stage::Delayed => ("delayed", None),
    }
}

impl KnownState {
    fn of((age, Known { answered, failed }): &(std::time::Duration, Known)) -> Self {
        Self { age_ms: (*age).into(), answered: *answered, failed: *failed }
    }

    fn known(self) -> (std::time::Duration, Known) {
        (self.age_ms.duration(), Known { answered: self.answered, failed: self.failed })
    }
}

impl From<&Conduct> for ConductState {
    fn from(conduct: &Conduct) -> Self {
        match conduct.clone() {
            Conduct::Answered { took, status } => Self::Answered { took_ms: took.into(), status },
            Conduct::Ignored { verdict, text, evidence, late } => {
                let finding = FindingState { verdict, text, evidence: Some(evidence), mails: Vec::new() };
                Self::Ignored { finding, late_ms: late.map(Ms::from) }
            }
            Conduct::Lost { after, text } => Self::Lost { after_ms: after.into(), text },
            Conduct::Ended { after, text } => Self::Ended { after_ms: after.into(), text },
        }
    }
}

impl From<ConductState> for Conduct {
    fn from(state: ConductState) -> Self {
        match state {
            ConductState::Answered { took_ms, status } => Self::Answered { took: took_ms.duration(), status },
            ConductState::Ignored { finding, late_ms } => {
                let Finding { verdict, text, evidence, mails: _ } = finding.into();
                let evidence = evidence.unwrap_or_default();
                Self::Ignored { verdict, text, evidence, late: late_ms.map(Ms::duration) }
            }
            ConductState::Lost { after_ms, text } => Self::Lost { after: after_ms.duration(), text },
            ConductState::Ended { after_ms, text } => Self::Ended { after: after_ms.duration(), text },
        }
    }
}
