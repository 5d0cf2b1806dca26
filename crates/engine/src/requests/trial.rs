//! A trial connection for a front end: reports each step. Ends when dropped.

use std::sync::Arc;

use super::message::{Password, Reply};
use crate::check;
use crate::login_governor::LoginGovernor;
use mailwatch_proto::model::Account;
use secrecy::SecretString;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

/// A trial that runs, or has ended.
#[derive(Debug)]
pub(super) struct Trial(JoinHandle<()>);

impl Trial {
    /// Begins.
    pub(super) fn begin<S: Send + 'static>(
        number: u64,
        account: Account,
        password: Option<Password>,
        (governor, replies): (LoginGovernor, mpsc::Sender<Reply<S>>),
    ) -> Self {
        Self(tokio::spawn(async move {
            let password = password.map(|Password(secret)| secret);
            try_out(number, &account, password, governor, &replies).await;
        }))
    }
}

/// Tries the account, and tells each step and the end. The reader of the replies sets the pace.
pub(super) async fn try_out<S: Send + 'static>(
    number: u64,
    account: &Account,
    password: Option<SecretString>,
    governor: LoginGovernor,
    replies: &mpsc::Sender<Reply<S>>,
) {
    let (tx, mut steps) = mpsc::unbounded_channel();
    let trial = async move {
        let dialler = Arc::new(crate::secret::dialler());
        check::check(account, dialler, governor, password, &tx).await
    };
    let forward = async move {
        while let Some(step) = steps.recv().await {
            if replies.send(Reply::Step(number, step)).await.is_err() {
                return;
            }
        }
    };
    let (well, ()) = tokio::join!(trial, forward);
    // Who wanted it may have left.
    let _ = replies.send(Reply::Tried(number, well)).await;
}

impl Drop for Trial {
    fn drop(&mut self) {
        self.0.abort();
    }
}
