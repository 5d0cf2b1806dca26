//! The connection on trial: its steps so far, the one under way, and how it ended.

use super::field::FormField;
use mailwatch_proto::model::check::{Outcome, Step, StepKind};

/// A connection on trial.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trial {
    /// Its number: steps of a trial that was stopped come late.
    pub number: u64,
    /// The steps that have ended.
    pub steps: Vec<Step>,
    /// Whether it went well, once it has ended.
    pub end: Option<bool>,
}

impl Trial {
    /// A trial without any step yet.
    #[must_use]
    pub const fn new(number: u64) -> Self {
        Self { number, steps: Vec::new(), end: None }
    }

    /// The step under way.
    #[must_use]
    pub fn doing(&self) -> Option<StepKind> {
        if self.end.is_some() || self.failed().is_some() {
            return None;
        }
        let last = self.steps.last().map(|step| step.kind);
        StepKind::ALL.into_iter().find(|kind| last.is_none_or(|last| *kind > last))
    }

    /// The step that failed.
    #[must_use]
    pub fn failed(&self) -> Option<StepKind> {
        let failed = self.steps.iter().find(|step| matches!(step.outcome, Outcome::Failed(_)))?;
        Some(failed.kind)
    }

    /// The steps after it.
    pub fn ahead(&self) -> impl Iterator<Item = StepKind> {
        let last = self.steps.last().map(|step| step.kind);
        let doing = self.doing();
        StepKind::ALL.into_iter().filter(move |kind| last.is_none_or(|last| *kind > last) && doing != Some(*kind))
    }
}

/// The field that a failed step is about.
#[must_use]
pub const fn field_of(step: StepKind, has_password: bool) -> FormField {
    match step {
        StepKind::Login if has_password => FormField::Password,
        StepKind::Login => FormField::Command,
        StepKind::Dns
        | StepKind::Tcp
        | StepKind::Proxy
        | StepKind::Tls
        | StepKind::Greeting
        | StepKind::Capabilities
        | StepKind::Id
        | StepKind::Examine
        | StepKind::Idle
        | StepKind::Done
        | StepKind::List => FormField::Host,
    }
}
