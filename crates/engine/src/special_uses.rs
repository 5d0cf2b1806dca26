//! Which mailboxes hold one's own mail, as servers say (RFC 6154): asked for by the action connection, when somebody wants
//! to know.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use crate::action::ActionConnection;

/// The uses of what one has written oneself.
const OWN: [&str; 2] = ["\\Sent", "\\Drafts"];

/// Asks the accounts that are watched. Cheap to clone; keeps no account.
#[derive(Clone, Debug, Default)]
pub struct SpecialUses(Arc<Mutex<BTreeMap<String, Weak<ActionConnection>>>>);

impl SpecialUses {
    /// An account is watched from now on.
    pub(crate) fn add(&self, account: &str, action: &Arc<ActionConnection>) {
        let mut accounts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        accounts.retain(|_, action| action.strong_count() > 0);
        accounts.insert(account.to_owned(), Arc::downgrade(action));
    }

    /// The mailboxes of an account that its server calls `\Sent` or `\Drafts`; `None` where it cannot be asked.
    pub async fn own_mail(&self, account: &str) -> Option<BTreeSet<String>> {
        let action = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(account).and_then(Weak::upgrade)?;
        match action.mailboxes_of(&OWN).await {
            Ok(names) => Some(names),
            Err(why) => {
                tracing::debug!(account, %why, "it is not known which mailboxes contain sent mail");
                None
            }
        }
    }
}
