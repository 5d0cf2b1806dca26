//! IDLE and DONE as a connection machine hands them out.

use super::{Outgoing, Session};
use mailwatch_proto::idle::Line;

impl Session {
    /// The tag that the next command will have.
    #[must_use]
    pub fn upcoming_tag(&self) -> String {
        format!("A{}", self.tags + 1)
    }

    /// Sends IDLE, or its DONE. An IDLE takes the next tag: the machine was given [`Session::upcoming_tag`].
    pub fn send_line(&mut self, line: Line) {
        let outgoing = match line {
            Line::Idle => Outgoing::line(format!("{} IDLE", self.next_tag())),
            Line::Done => Outgoing::line("DONE").stamped(),
        };
        self.put(outgoing);
    }
}
