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

pub use self::commands::{Capability, Logout};
pub use self::context::{Context, Event, Flow, Reply, Step};
pub use self::enter::{Enter, Entered, Greet, Greeting};
pub use self::exchange::{Exchange, Input, Output};
pub use self::facts::{Decode, Facts, Subject};
pub use self::finding::{CLOCK_MARGIN, FETCH_ITEMS};
pub use self::identify::{EnableUtf8, Identify};
pub use self::login::{Login, Trusted};
pub use self::mailbox::{Examine, Selected};
pub use self::question::{Answer, Decoded, Dialled, Permit, Question, Seen};
pub use self::secret::{LoginLine, Mechanism};
pub use self::task::TaskStep;
use super::task::Task;

/// The exchange that a task needs, from its first command to its outcome. Its fault is an outcome too: it ends with `Ok`.
pub type Dialogue = Exchange<TaskStep>;

impl Dialogue {
    /// Begins a task on a connection of which this is known.
    #[must_use]
    pub fn task(task: Task, facts: Facts, now: Instant) -> Self {
        let reply = task::reply_limit(&task, now);
        let (step, facts) = TaskStep::new(task, facts);
        Self::start(step, facts, reply, now)
    }
}
