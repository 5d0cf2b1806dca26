//! Steps of adding an account: the sample, the password kept, the file's answer.

use std::io;
use std::path::Path;

use tokio::sync::watch;

use super::message::{Keep, Password, Reply};
use crate::config::{Refused, write_sample};
use crate::secret::{self, TypedPasswords};
use mailwatch_proto::model::{Account, LINE_LIMIT, sanitise};

/// Writes the sample where the configuration is to be.
pub(super) fn put_sample<S>(path: &Path, sample: &str) -> Reply<S> {
    let shown = sanitise(&path.to_string_lossy(), LINE_LIMIT);
    match write_sample(path, sample) {
        Ok(()) => Reply::Done(format!("{shown} is written: edit it, then read it again")),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            Reply::Failed(format!("{shown} already exists: edit it, then read it again"))
        }
        Err(error) => Reply::Failed(format!("{shown} cannot be written: {error}")),
    }
}

/// Keeps what was typed in the keyring, or in `typed` for this run.
///
/// # Errors
/// Where the keyring does not take it.
pub(super) async fn keep_password<S>(
    account: &Account,
    password: Option<(Password, Keep)>,
    typed: &watch::Sender<TypedPasswords>,
) -> Result<(), Reply<S>> {
    match password {
        Some((Password(password), Keep::Keyring)) => {
            secret::store(account, password).await.map_err(|fault| Reply::NotKept(fault.message))?;
            typed.send_modify(|typed| *typed = typed.with(account, None));
        }
        Some((Password(password), Keep::ThisRun)) => {
            typed.send_modify(|typed| *typed = typed.with(account, Some(password)));
        }
        None => {}
    }
    Ok(())
}

pub(super) fn not_taken<S>(refused: Refused) -> Reply<S> {
    match refused {
        Refused::File(error) => Reply::Config(error),
        Refused::Draft(wrong) => Reply::Wrong(wrong),
    }
}

pub(super) fn not_written<S>(path: &Path, error: &io::Error) -> Reply<S> {
    let shown = sanitise(&path.to_string_lossy(), LINE_LIMIT);
    Reply::Failed(format!("{shown} cannot be written: {error}; nothing was added"))
}
