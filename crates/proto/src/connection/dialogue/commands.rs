//! Commands without data of their own: CAPABILITY, NOOP, LOGOUT.

use std::time::Instant;

use super::context::{Context, Event, Flow, Reply, Step};
use crate::model::{Fault, Status};
use crate::refusal::At;
use crate::response::StatusText;

/// Returns the tagged reply once it comes, and passes everything else on.
fn finish(context: &mut Context, event: Event) -> Option<(Status, StatusText)> {
    match event {
        Event::Reply(Reply::Tagged(status, text)) => return Some((status, text)),
        Event::Reply(reply) => context.pass(reply),
        Event::Begin | Event::Answer(_) => {}
    }
    None
}

/// Asks for the capabilities. NO or BAD leaves the known ones in place.
#[derive(Clone, Copy, Debug, Default)]
pub struct Capability {
    /// A deadline other than the usual one.
    by: Option<Instant>,
}

impl Capability {
    /// Keeps to an earlier command's deadline.
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

/// Gives the server an occasion to send what is pending.
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

/// Logs out. The connection ends whatever the server answers.
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
