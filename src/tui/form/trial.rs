//! The connection on trial, as far as it is told.

use super::{Form, FormField};
use mailwatch_proto::model::check::{Outcome, Step, StepKind};

/// A connection on trial.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trial {
    /// Which one: steps of one that was let go come late.
    pub number: u64,
    /// What was told.
    pub steps: Vec<Step>,
    /// Whether it went well, once it has ended.
    pub end: Option<bool>,
}

impl Trial {
    /// One that has told nothing yet.
    #[must_use]
    pub const fn new(number: u64) -> Self {
        Self { number, steps: Vec::new(), end: None }
    }

    /// The step that is under way.
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

    /// The steps that were not come to.
    pub fn ahead(&self) -> impl Iterator<Item = StepKind> {
        let last = self.steps.last().map(|step| step.kind);
        let doing = self.doing();
        StepKind::ALL.into_iter().filter(move |kind| last.is_none_or(|last| *kind > last) && doing != Some(*kind))
    }
}

impl Form {
    /// Begins a trial; its number.
    pub fn begin_trial(&mut self) -> u64 {
        self.trials += 1;
        self.trial = Some(Trial::new(self.trials));
        (self.said, self.scroll, self.works) = (None, None, false);
        self.focus = FormField::Stop;
        self.trials
    }

    /// Takes in a step of a trial; one of a trial that was stopped comes late and is dropped.
    pub fn trial_step(&mut self, number: u64, step: Step) {
        if let Some(trial) = self.trial.as_mut().filter(|trial| trial.number == number) {
            trial.steps.push(step);
        }
    }

    /// A trial's end.
    pub fn end_trial(&mut self, number: u64, well: bool) {
        let Some(trial) = self.trial.as_mut().filter(|trial| trial.number == number) else { return };
        trial.end = Some(well);
        self.works = well;
        self.focus = self.fields()[0];
    }

    /// Back from the trial to the fields: to the one that the failure is about.
    pub fn leave_trial(&mut self) {
        let failed = self.trial.take().and_then(|trial| trial.failed());
        self.scroll = None;
        self.focus = match failed {
            None => self
                .fields()
                .into_iter()
                .find(|field| matches!(field, FormField::Add | FormField::Try))
                .unwrap_or(FormField::Try),
            Some(StepKind::Login) if self.fields().contains(&FormField::Password) => FormField::Password,
            Some(StepKind::Login) => FormField::Command,
            Some(
                StepKind::Dns
                | StepKind::Tcp
                | StepKind::Proxy
                | StepKind::Tls
                | StepKind::Greeting
                | StepKind::Capabilities
                | StepKind::Id
                | StepKind::Examine
                | StepKind::Idle
                | StepKind::Done,
            ) => FormField::Host,
        };
    }
}
