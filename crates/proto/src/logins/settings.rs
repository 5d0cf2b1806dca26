//! What an account's logins depend on besides its secret, as a number to know it by: another number is another
//! configuration.

use std::hash::{Hash, Hasher};

use crate::model::{Account, SecretSource};

/// How an account logs in, told from another way. Sixteen bits: a change goes unseen once in 65,536 times, and no guess at
/// what stands in a command line can be confirmed by them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Settings(u16);

impl Settings {
    /// Those of this account: its server and the way there, its user, and where its secret comes from. Never the secret.
    #[must_use]
    pub fn of(account: &Account) -> Self {
        let mut hash = Fnv::default();
        (&account.host, account.port, account.tls, &account.ca, &account.network).hash(&mut hash);
        (&account.user, account.auth, account.quirks.login).hash(&mut hash);
        match &account.secret {
            SecretSource::Keyring => 0.hash(&mut hash),
            SecretSource::Command(command) => (1, command).hash(&mut hash),
            SecretSource::OAuth(client) => (2, client).hash(&mut hash),
            SecretSource::Fixed(_) => 3.hash(&mut hash),
        }
        let hash = hash.finish();
        let half = hash ^ (hash >> 32);
        let [.., high, low] = (half ^ (half >> 16)).to_be_bytes();
        Self(u16::from_be_bytes([high, low]))
    }
}

#[cfg(test)]
impl Settings {
    pub(super) const fn numbered(number: u16) -> Self {
        Self(number)
    }
}

/// FNV-1a: the standard library's own hash may be another in its next version.
struct Fnv(u64);

impl Default for Fnv {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl Hasher for Fnv {
    fn write(&mut self, bytes: &[u8]) {
        self.0 = bytes.iter().fold(self.0, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3));
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Auth, Hooks, LoginChoice, Network, Quirks, Timers, TlsMode};

    fn account() -> Account {
        Account {
            name: "work".to_owned(),
            host: "imap.example.org".to_owned(),
            port: 993,
            tls: TlsMode::Implicit,
            ca: None,
            network: Network::default(),
            user: "me".to_owned(),
            auth: Auth::Password,
            secret: SecretSource::Command(vec!["pass".to_owned(), "show".to_owned(), "work".to_owned()]),
            mailboxes: vec!["INBOX".to_owned()],
            max_connections: 8,
            timers: Timers::default(),
            reissue_auto: false,
            quirks: Quirks::default(),
            hooks: Hooks::default(),
        }
    }

    #[test]
    fn what_a_login_depends_on_makes_other_settings_and_nothing_else_does() {
        let of = |change: fn(&mut Account)| {
            let mut account = account();
            change(&mut account);
            Settings::of(&account)
        };
        let same: [fn(&mut Account); 3] = [
            |_| {},
            |account| account.mailboxes.push("Lists".to_owned()),
            |account| (account.max_connections, account.reissue_auto) = (2, true),
        ];
        let others: [fn(&mut Account); 7] = [
            |account| account.port = 143,
            |account| account.tls = TlsMode::StartTls,
            |account| account.user = "you".to_owned(),
            |account| account.auth = Auth::OAuth2,
            |account| account.secret = SecretSource::Keyring,
            |account| account.secret = SecretSource::Command(vec!["pass".to_owned(), "show work".to_owned()]),
            |account| account.quirks.login = LoginChoice::Login,
        ];
        let before = Settings::of(&account());
        assert!(same.into_iter().all(|change| of(change) == before));
        let mut all: Vec<u16> = others.into_iter().map(|change| of(change).0).chain([before.0]).collect();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), 8, "{all:?}");
    }
}
