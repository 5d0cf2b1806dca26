//! Everything a connection says besides IDLE, from greeting to LOGOUT, without I/O.
//!
//! A [`Step`] is one command, or several in a row. An [`Exchange`] drives a step: it takes responses and time, and hands
//! out lines to send, questions to the host, and progress. A [`Dialogue`] is the exchange of a whole [`Task`]. No socket,
//! no clock, no channel, no secret.

mod check_new;
mod commands;
mod context;
mod enter;
mod exchange;
mod facts;
mod finding;
mod identify;
mod identity;
mod items;
mod list;
mod login;
mod look;
mod mailbox;
mod notify;
mod own;
mod plan;
mod question;
mod search;
mod secret;
mod task;
#[cfg(test)]
mod tests;
mod under_way;
mod unseen;

use std::time::Instant;

pub use self::commands::{Capability, Logout};
pub use self::context::{Context, Event, Flow, Reply, Step};
pub use self::enter::{Enter, Entered, Greet, Greeting};
pub use self::exchange::{Exchange, Input, Output};
pub use self::facts::{Decode, Facts, Fetching, ListForm, Partial, Subject};
pub use self::finding::{CLOCK_MARGIN, FETCH_ITEMS};
pub use self::identify::{EnableUtf8, Identify};
pub use self::identity::Identity;
pub use self::login::{Login, Trusted};
pub use self::mailbox::{Examine, Selected};
pub use self::plan::LoginPlan;
pub use self::question::{Answer, Decoded, Dialled, LoginFailure, Permit, Question, Seen, Suspect};
pub use self::secret::{LoginLine, Mechanism};
pub use self::task::TaskStep;
use super::task::Task;

/// A task's exchange, from its first command to its outcome. A fault is an outcome too: it always ends with `Ok`.
pub type Dialogue = Exchange<TaskStep>;

impl Dialogue {
    /// Begins a task on the connection that `facts` describes.
    #[must_use]
    pub fn task(task: Task, facts: Facts, now: Instant) -> Self {
        let reply = task::reply_limit(&task, now);
        let (step, facts) = TaskStep::new(task, facts);
        Self::start(step, facts, reply, now)
    }
}
