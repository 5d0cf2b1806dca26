//! The login governor: one for the engine and for every other program on the same state directory, so that no answer of a
//! server, no key and no restart has an account locked. What is decided is `mailwatch_proto::logins`'s.

mod counts;
mod file;
#[cfg(test)]
mod tests;
mod ticket;

use std::path::Path;
use std::time::Duration;

use self::counts::Counts;
pub(crate) use self::counts::Whose;
pub use self::ticket::LoginTicket;
use mailwatch_proto::logins::{Logins, Turn, Wait};
use mailwatch_proto::model::{Account, LoginWay};

/// While logins of others decide, it is asked again so often: another program's are not announced.
const AGAIN: Duration = Duration::from_millis(500);

/// Counts logins. Cheap to clone.
#[derive(Clone, Debug)]
pub struct LoginGovernor(Counts);

impl LoginGovernor {
    /// One that keeps what it counts in this directory.
    #[must_use]
    pub fn open(state: &Path) -> Self {
        Self(Counts::new(Some(state)))
    }

    /// One that keeps nothing beyond its own life.
    #[must_use]
    pub fn in_process() -> Self {
        Self(Counts::new(None))
    }

    /// Permission for one login; `None` while logins under way decide: then ask again after [`Self::settled`].
    ///
    /// # Errors
    /// Where it is not due yet.
    pub(crate) async fn ask(&self, whose: &Whose) -> Result<Option<LoginTicket>, Wait> {
        self.ask_for(whose, false).await
    }

    /// The same for a login whose secret is at hand and goes out at once: that is written down with it.
    ///
    /// # Errors
    /// Likewise.
    pub(crate) async fn ask_with_secret(&self, whose: &Whose) -> Result<Option<LoginTicket>, Wait> {
        self.ask_for(whose, true).await
    }

    async fn ask_for(&self, whose: &Whose, begins: bool) -> Result<Option<LoginTicket>, Wait> {
        let (counts, of) = (self.0.clone(), whose.clone());
        let ask = move |logins: &mut Logins, run, at| match logins.ask(of.who(), run, at) {
            Turn::Granted(granted) => {
                if begins {
                    logins.sending(of.who(), granted);
                }
                Ok(Some(LoginTicket::new(counts, of, granted, begins)))
            }
            Turn::Busy => Ok(None),
            Turn::Wait(wait) => Err(wait),
        };
        self.0.with(ask).await
    }

    /// Resolves once a login may have been settled after this call.
    pub(crate) fn settled(&self) -> impl Future<Output = ()> {
        let settled = tokio::time::timeout(AGAIN, self.0.settled());
        // Either way it is asked again.
        async move { drop(settled.await) }
    }

    /// Why and how long a login would have to wait, if it would.
    pub(crate) async fn due(&self, whose: &Whose) -> Option<Wait> {
        let of = whose.clone();
        self.0.with(move |logins, _, at| logins.due(of.who(), at)).await
    }

    /// The user acts: the pause after a refusal is over.
    pub(crate) async fn act(&self, whose: &Whose) {
        let of = whose.clone();
        self.0.settle(move |logins, _, _| logins.act(of.who())).await;
    }

    /// The accounts' watches begin. Where the configuration of one is another than when its login was refused, in this run or
    /// before it, the user has acted; a start of the program ends the pause of a secret that has worked, too.
    pub(crate) async fn begins(&self, accounts: impl IntoIterator<Item = &Account>, reconfigured: bool) {
        let all: Vec<_> = accounts.into_iter().map(Whose::of).collect();
        // The file is written once for all of them.
        let begins = move |logins: &mut Logins, _, _| {
            for of in &all {
                if reconfigured {
                    logins.act(of.who());
                }
                logins.begins(of.who());
            }
        };
        self.0.settle(begins).await;
    }

    /// The account's secret was changed through this program: it has to prove itself, and is tried at once.
    pub async fn changed(&self, account: &Account) {
        let of = Whose::of(account);
        self.0.settle(move |logins, _, _| logins.changed(of.who())).await;
    }

    /// Whether the account's secret has worked, as far as this program has looked.
    #[must_use]
    pub fn is_proven(&self, account: &Account) -> bool {
        self.0.look(|logins| logins.is_proven(Whose::of(account).who()))
    }

    /// The way by which a login has last succeeded at this host, likewise.
    pub(crate) fn way(&self, host: &str) -> Option<LoginWay> {
        self.0.look(|logins| logins.way(host))
    }

    /// How often the file was written here.
    #[cfg(test)]
    fn writings(&self) -> usize {
        self.0.writings()
    }

    /// The machine has woken for the `count`th time: pauses have passed meanwhile.
    pub(crate) fn woke(&self, count: u64, slept: Duration) {
        self.0.woke(count, slept);
    }
}
