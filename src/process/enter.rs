//! To be the engine of the state directory, or to attach to the one that is.

mod attaching;

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use mailwatch_engine::engine_lock::EngineLock;
use mailwatch_engine::link::Ending;
use mailwatch_engine::secret::TypedPasswords;
use mailwatch_proto::model::Account;
use tokio::time::timeout;

pub use self::attaching::{Attached, NoEngine, enter, hello};

use crate::cli::Global;
use crate::tui::requests::{Password, Request, RequestClient};

/// What a front end of this process finds.
#[derive(Debug)]
pub enum Entered<A> {
    /// No engine runs: this process may be it.
    Own(EngineLock),
    /// One runs, and this process is attached to it.
    Attached(Box<A>),
}

/// The configuration's path as an engine and its front ends compare it: of one file there is one.
pub fn same_config(global: &Global) -> Option<PathBuf> {
    let path = global.config_path().ok()?;
    Some(path.canonicalize().or_else(|_| std::path::absolute(&path)).unwrap_or(path))
}

/// That an engine has ended, and why where it has said so.
pub fn gone(why: Option<Ending>) -> String {
    format!("mailwatch-tui has ended{}", why.map_or_else(String::new, |why| format!(": {}", why.words())))
}

/// The right to be an engine that attaches to none.
///
/// # Errors
/// Where the file of the lock cannot be made; a sentence where another process has it.
pub fn own(state: &Path) -> io::Result<Result<EngineLock, String>> {
    Ok(EngineLock::try_acquire(state)?.ok_or_else(|| {
        let state = state.display();
        format!(
            "an engine runs on {state} already: --own needs a state directory of its own: name another with --state-dir"
        )
    }))
}

/// An engine that does not take a password within this time keeps nobody waiting.
const PATIENCE: Duration = Duration::from_secs(2);

/// Hands what was typed to an engine that runs already; it keeps that in memory alone. One after the other: there may be more
/// accounts than requests that can wait.
pub async fn hand_over(typed: &TypedPasswords, accounts: &[Account], requests: &RequestClient) {
    for account in accounts {
        if let Some(password) = typed.password(account)
            && let Some(mut replies) = requests.ask(Request::Secret(account.name.clone(), Password(password)))
            && timeout(PATIENCE, replies.recv()).await.is_err()
        {
            tracing::warn!(account = %account.name, "the engine did not take the password that was typed");
        }
    }
}
