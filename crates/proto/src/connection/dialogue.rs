//! What a connection says between two IDLEs, and before the first and after the last: the dialogues, without I/O.
//!
//! A [`Step`] is a part of a conversation: one command, or several in a row. An [`Exchange`] drives one: it takes what
//! the server says and how much time has passed, and hands out what is to be sent, asked of the host, and told. A
//! [`Dialogue`] is the exchange that a whole [`Task`] needs. No socket, no clock, no channel, no secret.

mod commands;
mod context;
mod enter;
mod exchange;
mod facts;
mod finding;
mod identify;
mod items;
mod list;
mod login;
mod mailbox;
mod notify;
mod own;
mod question;
mod secret;
mod task;
#[cfg(test)]
mod tests;

use std::time::Instant;

pub use self::commands::{Capability, Noop};
pub use self::context::{Context, Event, Flow, Reply, Step};
pub use self::enter::{Enter, Entered, Greet, Greeting};
pub use self::exchange::{Exchange, Input, Output};
pub use self::facts::{Decode, Facts, Subject};
pub use self::finding::{CLOCK_MARGIN, FETCH_ITEMS};
pub use self::identify::Identify;
pub use self::login::{Login, Trusted};
pub use self::mailbox::{Examine, Selected};
pub use self::question::{Answer, Decoded, Dialled, Permit, Question, Seen};
pub use self::secret::{LoginLine, Mechanism};
use self::task::TaskStep;
use super::task::{Outcome, Task};

/// The exchange that a task needs, from its first command to its outcome.
#[derive(Debug)]
pub struct Dialogue(Exchange<TaskStep>);

impl Dialogue {
    /// Begins a task on a connection of which this is known.
    #[must_use]
    pub fn start(task: Task, facts: Facts, now: Instant) -> Self {
        let reply = task::reply_limit(&task, now);
        let (step, facts) = TaskStep::new(task, facts);
        Self(Exchange::start(step, facts, reply, now))
    }

    /// Takes what happened.
    pub fn handle(&mut self, now: Instant, input: Input) {
        self.0.handle(now, input);
    }

    /// What is to be done next, in order. After [`Output::Ended`] nothing follows.
    pub fn poll(&mut self) -> Option<Output<Outcome>> {
        // The step turns every fault into an outcome; this is for the type alone.
        self.0.poll().map(|output| output.map(|ended| ended.unwrap_or_else(Outcome::Failed)))
    }

    /// When a tick is due; none while the host is asked, or at the end.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        self.0.deadline()
    }

    /// Whether the connection is to be read. Not while the host is asked: what comes then can wait.
    #[must_use]
    pub const fn reads(&self) -> bool {
        self.0.reads()
    }

    /// What is known of the connection by now.
    #[must_use]
    pub const fn facts(&self) -> &Facts {
        self.0.facts()
    }

    /// The same, once the dialogue is over.
    #[must_use]
    pub fn into_facts(self) -> Facts {
        self.0.into_facts()
    }
}
