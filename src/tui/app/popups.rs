//! What is open above the panes, and what waits below it: the account being typed, the choices of the first run.

use std::sync::Arc;

use super::palette::{Palette, Said};
use super::reading::Reading;
use super::tuning::Tuning;
use crate::tui::form::{Form, FormField};
use crate::tui::log::Entry;
use crate::tui::options::Start;
use crate::tui::requests::{ShareOrder, Tuned};
use mailwatch_engine::config::ConfigError;
use mailwatch_proto::model::MailKey;

/// What is open above the panes.
#[derive(Clone, Debug)]
pub enum Popup {
    /// The help, scrolled by so many rows.
    Help(usize),
    /// The selected watch's details.
    Details(Details),
    /// The timers of the selected watch.
    Tuning(Tuning),
    /// A configuration that cannot be used.
    Problem(Problem),
    /// The choices without a configuration, one of them selected.
    Welcome(usize),
    /// An account being typed; its fields stand in [`Popups::form`].
    Form,
    /// Something that is done once it is confirmed.
    Question(Question),
    /// The list of every command.
    Palette(Palette),
    /// A mail that is read.
    Reading(Reading),
}

/// Something that is done once it is confirmed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// What it is about.
    pub title: &'static str,
    /// What is to be done.
    pub text: Vec<String>,
    /// What yes does, in a few words.
    pub yes: &'static str,
    /// What is done.
    pub then: Then,
}

/// What is done where a question is answered with yes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Then {
    /// These timers are written into the configuration.
    Save(Vec<Tuned>),
    /// An account's mailboxes share so many connections from now on.
    Share(ShareOrder),
    /// This page is opened.
    Open(String),
    /// These mails are marked as seen.
    Seen(Vec<MailKey>),
}

/// The details that are open.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Details {
    /// How many rows are scrolled away.
    pub offset: usize,
    /// The line of the log that they were opened from.
    pub entry: Option<Entry>,
}

/// A configuration that cannot be used.
#[derive(Clone, Debug)]
pub struct Problem {
    /// What is wrong with it.
    pub error: Arc<ConfigError>,
    /// How many rows are scrolled away.
    pub offset: usize,
}

impl Problem {
    /// A configuration's problem, seen from its first row on.
    #[must_use]
    pub const fn new(error: Arc<ConfigError>) -> Self {
        Self { error, offset: 0 }
    }
}

impl Popup {
    /// How many rows are scrolled away, if it is a text to be read.
    #[must_use]
    pub const fn offset(&self) -> Option<usize> {
        match self {
            Self::Help(offset)
            | Self::Details(Details { offset, .. })
            | Self::Problem(Problem { offset, .. })
            | Self::Reading(Reading { offset, .. }) => Some(*offset),
            Self::Tuning(_) | Self::Welcome(_) | Self::Form | Self::Question(_) | Self::Palette(_) => None,
        }
    }

    /// The same, to be changed.
    pub const fn offset_mut(&mut self) -> Option<&mut usize> {
        match self {
            Self::Help(offset)
            | Self::Details(Details { offset, .. })
            | Self::Problem(Problem { offset, .. })
            | Self::Reading(Reading { offset, .. }) => Some(offset),
            Self::Tuning(_) | Self::Welcome(_) | Self::Form | Self::Question(_) | Self::Palette(_) => None,
        }
    }
}

/// What can be done without a configuration that can be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WelcomeChoice {
    /// See what is wrong with it.
    Problem,
    /// Type an account.
    Account,
    /// See the screen on embedded servers.
    Demo,
    /// Write a commented file to edit.
    Sample,
    /// Read what was edited.
    Reload,
    /// Leave.
    Quit,
}

/// What a click in a popup hits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hit {
    /// A choice of the first run.
    Choice(WelcomeChoice),
    /// A field or a button of the form.
    FormField(FormField),
    /// One of the commands found.
    Command(usize),
}

/// The popups: the open one, and what waits below it.
#[derive(Debug, Default)]
pub struct Popups {
    /// What is open above the panes.
    pub open: Option<Popup>,
    /// The account being typed; it waits below what is opened above it.
    pub form: Option<Form>,
    /// Why there is nothing to watch: no configuration could be used yet.
    pub unready: Option<Arc<ConfigError>>,
    /// The commands of the session.
    pub said: Said,
    /// What was open when the list of commands was asked for: commands are for that.
    pub below: Option<Box<Popup>>,
}

impl Popups {
    /// What is open at the beginning.
    #[must_use]
    pub fn new(start: &Start) -> Self {
        let (open, unready) = match start {
            Start::Watching => (None, None),
            Start::Problem(error) if error.is_empty() => (Some(Popup::Welcome(0)), Some(Arc::clone(error))),
            Start::Problem(error) => (Some(Popup::Problem(Problem::new(Arc::clone(error)))), Some(Arc::clone(error))),
        };
        Self { open, form: None, unready, said: Said::default(), below: None }
    }

    /// Whether the form has the keys.
    #[must_use]
    pub const fn is_form(&self) -> bool {
        matches!(self.open, Some(Popup::Form))
    }

    /// Whether the help is open.
    #[must_use]
    pub const fn is_help(&self) -> bool {
        matches!(self.open, Some(Popup::Help(_)))
    }

    /// Whether the choices of the first run are open.
    #[must_use]
    pub const fn is_welcome(&self) -> bool {
        matches!(self.open, Some(Popup::Welcome(_)))
    }

    /// The tuning popup, if it is open.
    #[must_use]
    pub const fn tuning(&self) -> Option<Tuning> {
        match self.open {
            Some(Popup::Tuning(tuning)) => Some(tuning),
            Some(
                Popup::Help(_)
                | Popup::Details(_)
                | Popup::Problem(_)
                | Popup::Welcome(_)
                | Popup::Form
                | Popup::Question(_)
                | Popup::Palette(_)
                | Popup::Reading(_),
            )
            | None => None,
        }
    }

    /// The same, to be changed.
    pub const fn tuning_mut(&mut self) -> Option<&mut Tuning> {
        match &mut self.open {
            Some(Popup::Tuning(tuning)) => Some(tuning),
            Some(
                Popup::Help(_)
                | Popup::Details(_)
                | Popup::Problem(_)
                | Popup::Welcome(_)
                | Popup::Form
                | Popup::Question(_)
                | Popup::Palette(_)
                | Popup::Reading(_),
            )
            | None => None,
        }
    }

    /// The number of the reading whose answer is awaited.
    #[must_use]
    pub fn awaited(&self) -> Option<u64> {
        self.reading().and_then(Reading::awaited)
    }

    /// The mail that is read, if one is.
    #[must_use]
    pub const fn reading(&self) -> Option<&Reading> {
        if let Some(Popup::Reading(reading)) = &self.open { Some(reading) } else { None }
    }

    /// The same, to be changed.
    pub const fn reading_mut(&mut self) -> Option<&mut Reading> {
        if let Some(Popup::Reading(reading)) = &mut self.open { Some(reading) } else { None }
    }

    /// The list of commands, if it is open.
    #[must_use]
    pub const fn palette(&self) -> Option<&Palette> {
        if let Some(Popup::Palette(palette)) = &self.open { Some(palette) } else { None }
    }

    /// The same, to be changed.
    pub const fn palette_mut(&mut self) -> Option<&mut Palette> {
        if let Some(Popup::Palette(palette)) = &mut self.open { Some(palette) } else { None }
    }

    /// Opens the list of commands above what is open.
    pub fn open_palette(&mut self) {
        self.below = self.open.take().map(Box::new);
        self.open = Some(Popup::Palette(Palette::default()));
    }

    /// Closes the list of commands: what was open below it is open again.
    pub fn close_palette(&mut self) {
        if self.palette().is_some() {
            self.open = self.below.take().map(|below| *below);
        }
    }

    /// Opens the help, or closes it.
    pub fn toggle_help(&mut self) {
        self.open = if self.is_help() { None } else { Some(Popup::Help(0)) };
    }

    /// Shows the help from its first row on, if it is open; returns whether it is.
    pub const fn rewind_help(&mut self) -> bool {
        if let Some(Popup::Help(offset)) = &mut self.open {
            *offset = 0;
            return true;
        }
        false
    }

    /// Opens what waits below, if nothing is open; returns whether that is anything. An account being typed comes
    /// first, then the choices of the first run while there is nothing to watch.
    pub fn reopen(&mut self) -> bool {
        if self.open.is_none() {
            self.open = if self.form.is_some() {
                Some(Popup::Form)
            } else {
                self.unready.is_some().then_some(Popup::Welcome(0))
            };
            return self.open.is_some();
        }
        false
    }

    /// The choices of the first run, in their order.
    #[must_use]
    pub fn choices(&self) -> &'static [WelcomeChoice] {
        use WelcomeChoice::{Account, Demo, Problem, Quit, Reload, Sample};
        match &self.unready {
            None => &[],
            Some(error) if !error.is_empty() => &[Problem, Reload, Demo, Quit],
            Some(error) if error.is_missing() => &[Account, Demo, Sample, Reload, Quit],
            Some(_) => &[Account, Demo, Reload, Quit],
        }
    }

    /// Moves among the choices; up is negative.
    pub fn choose(&mut self, by: i64) {
        let last = self.choices().len().saturating_sub(1) as u64;
        if let Some(Popup::Welcome(row)) = &mut self.open {
            *row = usize::try_from((*row as u64).saturating_add_signed(by).min(last)).unwrap_or(0);
        }
    }

    /// The selected choice, while they are open.
    #[must_use]
    pub fn chosen(&self) -> Option<WelcomeChoice> {
        match self.open {
            Some(Popup::Welcome(row)) => self.choices().get(row).copied(),
            Some(
                Popup::Help(_)
                | Popup::Details(_)
                | Popup::Tuning(_)
                | Popup::Problem(_)
                | Popup::Form
                | Popup::Question(_)
                | Popup::Palette(_)
                | Popup::Reading(_),
            )
            | None => None,
        }
    }

    /// A configuration was read and is in force: what asked for one closes.
    pub fn ready(&mut self) {
        self.unready = None;
        if matches!(self.open, Some(Popup::Problem(_) | Popup::Welcome(_))) {
            self.open = None;
        }
        if self.form.as_ref().is_some_and(|form| form.adding) {
            self.close_form();
        }
    }

    /// Drops the form, open or not.
    pub fn close_form(&mut self) {
        self.form = None;
        if self.is_form() {
            self.open = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn the_form_waits_below_what_is_opened_above_it() {
        let mut popups = Popups { form: Some(Form::new(BTreeSet::new())), ..Popups::default() };
        assert!(popups.reopen() && popups.is_form());
        popups.toggle_help();
        assert!(popups.is_help() && !popups.reopen());
        popups.toggle_help();
        assert!(popups.reopen() && popups.is_form());
        popups.close_form();
        assert!(popups.open.is_none() && !popups.reopen());
    }

    #[test]
    fn an_account_in_force_closes_the_form_that_added_it_and_no_other() {
        for adding in [false, true] {
            let mut popups = Popups { form: Some(Form::new(BTreeSet::new())), ..Popups::default() };
            popups.form.as_mut().expect("it is there").adding = adding;
            popups.ready();
            assert_eq!(popups.form.is_none(), adding);
        }
    }
}
