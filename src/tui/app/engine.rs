//! Whose engine the screen shows, and what is known of one that is gone.

use std::sync::Arc;
use std::time::Duration;

use super::App;
use super::watch_list::of_host;
use crate::tui::clock::Now;
use crate::tui::leave::Leave;
use crate::tui::linked::EngineIs;
use crate::tui::log_line;
use crate::tui::mails::Mails;
use mailwatch_engine::link::Ending;
use mailwatch_proto::model::Host;

/// The engine that is shown.
#[derive(Clone, Debug)]
pub struct ShownEngine {
    /// Whose it is, or was.
    pub is: EngineIs,
    /// Set once it has ended, until another takes its place: the board is then what it showed last.
    pub gone: Option<Gone>,
    /// Whether its first board is still to come.
    pub new: bool,
    /// What it has listed of the mails that came.
    pub mails: Mails,
}

/// An engine that has ended.
#[derive(Clone, Copy, Debug)]
pub struct Gone {
    /// When that was noticed. The counters stand still from then on.
    pub since: Now,
    /// The present moment, for the clock and the age.
    pub now: Now,
    /// Why, where it has said so.
    pub why: Option<Ending>,
    /// Whether another engine may take its place.
    pub standing_by: bool,
    /// The log's line about it.
    pub line: u64,
}

impl Default for ShownEngine {
    fn default() -> Self {
        Self { is: EngineIs::Own, gone: None, new: true, mails: Mails::default() }
    }
}

impl Gone {
    /// How old what is shown is.
    #[must_use]
    pub fn age(&self) -> Duration {
        self.now.at.saturating_duration_since(self.since.at)
    }

    /// The sentence below the headline.
    #[must_use]
    pub fn banner(&self) -> String {
        let ended = match self.why {
            None | Some(Ending::Left) => "the engine has ended",
            Some(Ending::Signal) => "the engine was stopped",
            Some(Ending::Restart) => "the engine restarts",
            Some(Ending::Fault) => "the engine has crashed",
            Some(Ending::HandedOver) => "the engine is being handed over",
        };
        let then = if self.standing_by {
            "this is what it saw last. Standing by for the next one"
        } else {
            "nothing is watched any more"
        };
        format!("{ended}: {then}")
    }

    /// The answer to a key that asks an engine for something.
    #[must_use]
    pub const fn refusal(&self) -> &'static str {
        if self.standing_by { "no engine: standing by" } else { "no engine: nothing is watched any more" }
    }
}

impl App {
    /// Begins on an engine.
    pub fn begin(&mut self, is: EngineIs, now: Now) {
        if let Some(line) = log_line::attached(&is, self.options.version) {
            self.log.push(now.wall, None, line);
        }
        self.engine.is = is;
    }

    /// Whether one of the hosts' engines is this process's, and watches something.
    fn has_own_engine(&self) -> bool {
        let own = |host: &Arc<Host>| host.link.is_up() && host.engine.is_none();
        self.board.hosts.get("").is_some_and(own) && of_host(&self.board, "").next().is_some()
    }

    /// How to leave so that the engine goes on: one of another process does anyway, and one that watches nothing is not
    /// kept.
    #[must_use]
    pub fn leave_kept(&self) -> Leave {
        let watches = self.engine.gone.is_none() && !self.board.watches.is_empty();
        match self.engine.is {
            EngineIs::Own if watches && self.options.configures => Leave::Keep,
            EngineIs::Hosts if self.has_own_engine() && self.options.configures => Leave::Keep,
            EngineIs::Own | EngineIs::Attached { .. } | EngineIs::Hosts => Leave::Quit,
        }
    }
}
