//! Commands whose untagged data is everybody's: CAPABILITY, NOOP, LOGOUT.

use std::time::Instant;

use super::context::{Context, Event, Flow, Reply, Step};
use crate::model::{Fault, Status};
use crate::refusal::At;
use crate::response::StatusText;

/// Takes an event of a command of which only the tagged reply counts, and passes the rest on.
fn finish(context: &mut Context, event: Event) -> Option<(Status, StatusText)> {
    match event {
        Event::Reply(Reply::Tagged(status, text)) => return Some((status, text)),
        Event::Reply(reply) => context.pass(reply),
        Event::Begin | Event::Answer(_) => {}
    }
    None
}

/// Asks for the capabilities. NO or BAD leaves what was known.
#[derive(Clone, Copy, Debug, Default)]
pub struct Capability {
    /// When the reply is late, where that is not as usual.
    by: Option<Instant>,
}

impl Capability {
    /// The same with the deadline of what went before.
    #[must_use]
    pub(super) const fn by(by: Instant) -> Self {
        Self { by: Some(by) }
    }
}

impl Step for Capability {
    type Done = ();

    fn handle(&mut self, context: &mut Context, event: Event) -> Flow<()> {
        if event == Event::Begin {
            let by = self.by.unwrap_or_else(|| context.by());
            context.issue_by("CAPABILITY", "CAPABILITY", by);
        }
        Ok(finish(context, event).map(|_| ()))
    }
}

/// Lets the server tell what it has to tell.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Noop;

impl Step for Noop {
    type Done = ();

    fn handle(&mut self, context: &mut Context, event: Event) -> Flow<()> {
        if event == Event::Begin {
            context.issue("NOOP", "NOOP");
        }
        match finish(context, event) {
            None => Ok(None),
            Some((Status::Ok, _)) => Ok(Some(())),
            Some((Status::No | Status::Bad, text)) => Err(context.refused("NOOP", &text, At::Session)),
        }
    }
}

/// Says goodbye. Whatever comes of it, the connection goes.
#[derive(Clone, Copy, Debug)]
pub struct Logout {
    by: Instant,
}

impl Logout {
    /// Waits for the reply until then.
    #[must_use]
    pub const fn by(by: Instant) -> Self {
        Self { by }
    }
}

impl Step for Logout {
    type Done = ();

    fn handle(&mut self, context: &mut Context, event: Event) -> Flow<()> {
        if event == Event::Begin {
            context.issue_by("LOGOUT", "LOGOUT", self.by);
        }
        Ok(finish(context, event).map(|_| ()))
    }

    fn failed(&mut self, _: Fault) -> Result<(), Fault> {
        Ok(())
    }
}
