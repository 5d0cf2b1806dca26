//! What servers' limits mean for an account, and connections that are lent to what is no watch.

use std::collections::BTreeSet;
use std::sync::Arc;

use tokio::time::Instant;

use super::Allocator;
use crate::lending::LoanOrder;
use mailwatch_proto::allocation::{Input, Loan};
use mailwatch_proto::model::{Phase, WatchId};

impl Allocator {
    /// A person wants a connection for a mail, or no longer.
    pub(super) fn loan(&mut self, order: LoanOrder) {
        match order {
            LoanOrder::Lend { refused, answer } => {
                let standing = self.standing(None);
                if refused && !self.allocation.spares() {
                    self.refused(&standing);
                }
                self.borrowers.push_back(answer);
                self.allocation.handle(Input::Lend { refused, standing });
            }
            LoanOrder::Returned => self.allocation.handle(Input::Returned),
        }
    }

    /// Says what came of the oldest wish. Who does not wait any more has said so, or will.
    pub(super) fn lent(&mut self, loan: Loan) {
        if let Some(borrower) = self.borrowers.pop_front() {
            let _ = borrower.send(loan);
        }
    }

    /// The watches whose connections stand, but one.
    pub(super) fn standing(&self, but: Option<&WatchId>) -> BTreeSet<WatchId> {
        let stands = |phase: Phase| match phase {
            Phase::Selecting
            | Phase::CatchingUp
            | Phase::Requested
            | Phase::Idling
            | Phase::Finishing
            | Phase::Polling => true,
            Phase::Connecting
            | Phase::Authenticating
            | Phase::Waiting
            | Phase::Paused
            | Phase::Failed
            | Phase::Ended => false,
        };
        let board = self.factory.context.publisher.board();
        let board = board.borrow();
        let own = board.watches.iter().filter(|(of, _)| self.watches.contains_key(*of) && Some(*of) != but);
        own.filter(|(_, shown)| stands(shown.phase)).map(|(of, _)| of.clone()).collect()
    }

    /// The server has refused one more than stand.
    pub(super) fn refused(&mut self, standing: &BTreeSet<WatchId>) {
        // Those that are about to stand are not counted yet: one at least will.
        let count = u16::try_from(standing.len().max(1)).unwrap_or(u16::MAX);
        let account = Arc::from(&*self.factory.state.account.name);
        self.factory.context.publisher.change(|board| {
            board.connection_limits.insert(account, count);
        });
        self.more.refused(Instant::now());
    }
}
