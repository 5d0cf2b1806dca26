//! A trial connection for a front end: reports each step. Ends when dropped.

use std::sync::Arc;

use super::message::{Password, Reply};
use crate::check;
use crate::login_governor::LoginGovernor;
use mailwatch_proto::model::Account;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

/// A trial that runs, or has ended.
#[derive(Debug)]
pub(super) struct Trial(JoinHandle<()>);

impl Trial {
    /// Begins. The reader of the replies sets the pace.
    pub(super) fn begin<S: Send + 'static>(
        number: u64,
        account: Account,
        password: Option<Password>,
        (governor, replies): (LoginGovernor, mpsc::Sender<Reply<S>>),
    ) -> Self {
        Self(tokio::spawn(async move {
            let (tx, mut steps) = mpsc::unbounded_channel();
            let step_replies = replies.clone();
            let trial = async move {
                let dialler = Arc::new(crate::secret::dialler());
                check::check(&account, dialler, governor, password.map(|Password(secret)| secret), &tx).await
            };
            let forward = async move {
                while let Some(step) = steps.recv().await {
                    if step_replies.send(Reply::Step(number, step)).await.is_err() {
                        return;
                    }
                }
            };
            let (well, ()) = tokio::join!(trial, forward);
            // The screen may have ended.
            let _ = replies.send(Reply::Tried(number, well)).await;
        }))
    }
}

impl Drop for Trial {
    fn drop(&mut self) {
        self.0.abort();
    }
}
