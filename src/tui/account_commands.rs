//! The commands that print an account's secrets, from the configuration as it is when they are wanted.

use std::fmt;
use std::sync::Arc;

use mailwatch_engine::secret::SecretCommand;

/// What finds an account's commands: a sentence where there is none.
type Find = dyn Fn(&str) -> Result<Vec<SecretCommand>, String> + Send + Sync;

/// Finds an account's commands.
#[derive(Clone, Default)]
pub struct AccountCommands(Option<Arc<Find>>);

impl AccountCommands {
    /// `find` reads files.
    pub fn new(find: impl Fn(&str) -> Result<Vec<SecretCommand>, String> + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(find)))
    }

    /// The commands of an account, in the order in which they are to run, the account's own last.
    ///
    /// # Errors
    /// A sentence that says why there is none.
    pub fn of(&self, account: &str) -> Result<Vec<SecretCommand>, String> {
        match &self.0 {
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
