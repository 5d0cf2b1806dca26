//! What the program around the screen is asked for, and what it answers.

use std::sync::Arc;

use super::{App, Effect, Popup};
use crate::tui::host::{Reply, Request};
use mailwatch_engine::config::ConfigError;

/// A configuration that cannot be used, and how far its text is scrolled.
#[derive(Clone, Debug)]
pub struct Problem {
    /// What is wrong with it.
    pub error: Arc<ConfigError>,
    /// Rows above the first that is seen.
    pub offset: usize,
}

impl App {
    /// Says what runs, until it is answered.
    pub(super) fn begin(&mut self, what: &'static str) {
        self.pending = Some(what);
    }

    pub(super) fn write_evidence(&mut self) -> Vec<Effect> {
        self.begin("writing the evidence");
        vec![Effect::Request(Request::Evidence)]
    }

    pub(super) fn reload(&mut self) -> Vec<Effect> {
        self.begin("reading the configuration");
        vec![Effect::Request(Request::Reload)]
    }

    pub(super) fn take_reply(&mut self, reply: Reply) -> Vec<Effect> {
        match reply {
            Reply::Alert(alert) => return vec![Effect::Alert(alert)],
            Reply::Notice(said) => {
                self.notice = Some(said);
                return Vec::new();
            }
            Reply::Found(address, server) => {
                self.take_found(&address, server.map(|server| *server));
                return Vec::new();
            }
            Reply::Step(number, step) => {
                self.take_step(number, step);
                return Vec::new();
            }
            Reply::Tried(number, well) => {
                self.take_tried(number, well);
                return Vec::new();
            }
            Reply::Done(said) | Reply::Failed(said) => {
                self.end_adding();
                self.notice = Some(said);
            }
            Reply::Read { said, ui } => {
                self.unready = None;
                if matches!(self.popup, Some(Popup::Problem(_) | Popup::Welcome(_))) {
                    self.popup = None;
                }
                self.added();
                self.restyle(ui);
                self.notice = Some(said);
            }
            Reply::Config(error) => self.take_problem(error),
            Reply::Wrong(wrong) => self.take_wrong(wrong),
            Reply::NotKept(why) => self.take_not_kept(why),
        }
        self.pending = None;
        Vec::new()
    }

    /// Where nothing is watched yet and nothing is wrong but that there is no account, the ways on say so.
    fn take_problem(&mut self, error: Arc<ConfigError>) {
        self.end_adding();
        if self.unready.is_some() {
            self.unready = Some(Arc::clone(&error));
            if error.is_empty() {
                let what = if error.is_missing() {
                    "there is still no configuration"
                } else {
                    "there is still no account in it"
                };
                self.notice = Some(what.to_owned());
                self.popup = self.underneath();
                return;
            }
        }
        self.popup = Some(Popup::Problem(Problem { error, offset: 0 }));
    }

    /// Nobody took the request.
    pub(super) fn not_requested(&mut self) {
        self.pending = None;
        self.end_adding();
        if let Some(form) = self.form.as_mut().filter(|form| form.trial.is_some()) {
            form.leave_trial();
        }
        self.notice = Some("that cannot be done here".to_owned());
    }
}
