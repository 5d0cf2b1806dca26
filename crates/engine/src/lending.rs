//! What an account's action connection asks of its allocator: a connection of the account's for a while, in a watch's place
//! where all are in use.

use tokio::sync::{mpsc, oneshot};

use mailwatch_proto::allocation::Loan;

/// What is asked.
#[derive(Debug)]
pub enum LoanOrder {
    /// A connection is wanted.
    Lend {
        /// Whether the server has just refused it, for there are too many.
        refused: bool,
        /// What comes of it.
        answer: oneshot::Sender<Loan>,
    },
    /// It is not wanted any more.
    Returned,
}

/// The end that asks. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Lender(mpsc::UnboundedSender<LoanOrder>);

/// A connection that may be made. When this is dropped it is not wanted any more: the connection is closed before.
#[derive(Debug)]
pub struct Borrowed(mpsc::UnboundedSender<LoanOrder>);

/// The end that asks, and the allocator's.
#[must_use]
pub fn lending() -> (Lender, mpsc::UnboundedReceiver<LoanOrder>) {
    let (orders, wanted) = mpsc::unbounded_channel();
    (Lender(orders), wanted)
}

impl Lender {
    /// Begins to want one.
    #[must_use]
    pub fn borrow(&self) -> Borrowed {
        Borrowed(self.0.clone())
    }
}

impl Borrowed {
    /// Waits until it may be made, or may not; `None` where the account ends. `refused`: the server has just refused it.
    pub async fn ask(&self, refused: bool) -> Option<Loan> {
        let (answer, answered) = oneshot::channel();
        self.0.send(LoanOrder::Lend { refused, answer }).ok()?;
        answered.await.ok()
    }
}

impl Drop for Borrowed {
    fn drop(&mut self) {
        // An allocator that has ended has nothing to give back.
        let _ = self.0.send(LoanOrder::Returned);
    }
}
