//! The board and the events of engines in other processes, for this process's front ends.

use std::sync::atomic::Ordering;

use super::Publisher;
use crate::link::front_end::FrontEnd;
#[cfg(unix)]
use crate::link::hosts::links::HostLinks;
use crate::link::hub::Attach;
use crate::link::way::{Remote, Way};
use mailwatch_proto::model::{Board, Event, Tally};

impl Publisher {
    /// Attaches a front end whose engine is in another process. It has that one's events up to this number.
    pub(in crate::link) fn attach_remote(&self, wants: &Attach, remote: Remote, after: u64) -> FrontEnd {
        self.0.readers().last = after;
        let front_end = FrontEnd::attach(&self.0, wants, Way::Remote(remote));
        front_end.goes_on(after);
        front_end
    }

    /// Attaches a front end of several hosts' engines.
    #[cfg(unix)]
    pub(in crate::link) fn attach_hosts(&self, remote: Remote, links: HostLinks) -> FrontEnd {
        FrontEnd::attach(&self.0, &Attach { wire: true, resume: None }, Way::Hosts(remote, links))
    }

    /// Publishes an event of another process's engine, with its number there.
    pub(in crate::link) fn forward(&self, number: u64, event: Event) {
        // Only what must not be missed is given back.
        let _ = self.0.give(event, false, Some(number));
    }

    /// Another process's engine has dropped events for this one.
    pub(in crate::link) fn lose(&self, count: u64) {
        for reader in &self.0.readers().all {
            reader.lost.fetch_add(count, Ordering::Relaxed);
        }
        self.0.tally.send_modify(|tally| tally.lost += count);
    }

    /// Takes over another process's board and counts. What this process's front ends have lost stays counted.
    pub(in crate::link) fn take_over(&self, change: impl FnOnce(&mut Board, &mut Tally)) {
        self.0.tally.send_modify(|tally| {
            let lost = tally.lost;
            self.0.board.send_modify(|board| change(board, tally));
            tally.lost = lost;
        });
    }
}
