//! What the program around the screen is asked for, and what it answers.

use std::sync::Arc;

use super::{App, Effect, Popup};
use crate::config::ConfigError;
use crate::tui::host::{Reply, Request};

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

    pub(super) fn reload(&mut self) -> Vec<Effect> {
        self.begin("reading the configuration");
        vec![Effect::Request(Request::Reload)]
    }

    pub(super) fn take_reply(&mut self, reply: Reply) {
        self.pending = None;
        match reply {
            Reply::Done(said) | Reply::Failed(said) => self.notice = Some(said),
            Reply::Read { said, ui } => {
                if matches!(self.popup, Some(Popup::Problem(_))) {
                    self.popup = None;
                }
                self.restyle(ui);
                self.notice = Some(said);
            }
            Reply::Config(error) => self.popup = Some(Popup::Problem(Problem { error, offset: 0 })),
        }
    }

    /// Nobody took the request.
    pub(super) fn not_requested(&mut self) {
        self.pending = None;
        self.notice = Some("that cannot be done here".to_owned());
    }
}
