//! The commands that print an account's secrets and that open its mails, from the configuration as it is when they are wanted.

use std::fmt;
use std::sync::Arc;

use mailwatch_engine::open_mail::open_command;
use mailwatch_engine::secret::SecretCommand;
use mailwatch_proto::model::{MailKey, WatchId, split_host};

/// What finds an account's commands: a sentence where there is none.
type Find = dyn Fn(&str) -> Result<Vec<SecretCommand>, String> + Send + Sync;

/// What finds the command that opens an account's mails: a sentence where there is none.
type FindOpen = dyn Fn(&str) -> Result<Vec<String>, String> + Send + Sync;

/// Finds an account's commands.
#[derive(Clone, Default)]
pub struct AccountCommands {
    secrets: Option<Arc<Find>>,
    open: Option<Arc<FindOpen>>,
}

impl AccountCommands {
    /// `find` reads files.
    pub fn new(find: impl Fn(&str) -> Result<Vec<SecretCommand>, String> + Send + Sync + 'static) -> Self {
        Self { secrets: Some(Arc::new(find)), open: None }
    }

    /// The same with what finds the command that opens mails; `find` reads files.
    #[must_use]
    pub fn opening(self, find: impl Fn(&str) -> Result<Vec<String>, String> + Send + Sync + 'static) -> Self {
        Self { open: Some(Arc::new(find)), ..self }
    }

    /// The command that opens an account's mails, with places for what names a mail.
    ///
    /// # Errors
    /// A sentence that says why there is none, and how to have one.
    pub fn open(&self, account: &str) -> Result<Vec<String>, String> {
        match &self.open {
            Some(find) => find(account),
            None => Err("no command opens this account's mails: open_command in its [[account]]".to_owned()),
        }
    }

    /// The command that opens a mail.
    ///
    /// # Errors
    /// A sentence that says why there is none.
    pub fn opener(&self, mail: &MailKey, message_id: Option<&str>) -> Result<Vec<String>, String> {
        let template = self.open(&mail.watch.account)?;
        let account = split_host(&mail.watch.account).1;
        let own = MailKey { watch: WatchId::new(account, &mail.watch.mailbox), ..mail.clone() };
        open_command(&template, &own, message_id).map_err(|why| why.to_string())
    }

    /// The commands of an account, in the order in which they are to run, the account's own last.
    ///
    /// # Errors
    /// A sentence that says why there is none.
    pub fn of(&self, account: &str) -> Result<Vec<SecretCommand>, String> {
        match &self.secrets {
            Some(find) => find(account),
            None => Err("no command prints the password of this account".to_owned()),
        }
    }
}

impl fmt::Debug for AccountCommands {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AccountCommands")
    }
}
