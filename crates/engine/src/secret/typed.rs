//! Secrets that a person gave for one run, where the account's own source has none: typed, or printed by a command that
//! could ask the person. In memory alone.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant, SystemTime};

use secrecy::{ExposeSecret, SecretString};

use super::credential::Credential;
use super::jwt::lifetime;
use super::keyring::keyring_user;
use super::password::password;
use crate::clock::now;
use mailwatch_proto::model::{Account, Auth, SecretSource, sanitise};

/// Passwords and tokens, by login: one goes only to the server that it was asked for.
#[derive(Clone, Debug, Default)]
pub struct TypedPasswords(Arc<BTreeMap<String, Arc<Typed>>>);

/// A password or token that a person gave.
#[derive(Debug)]
pub(super) struct Typed {
    secret: SecretString,
    /// When.
    at: Instant,
    /// How long it lives from then, where it is a token that says so.
    lives: Option<Duration>,
    /// Whether it was given out.
    used: AtomicBool,
}

impl Typed {
    fn new(secret: SecretString) -> Self {
        let lives = lifetime(secret.expose_secret(), SystemTime::now());
        Self { secret, at: now(), lives, used: AtomicBool::new(false) }
    }

    /// Whether it is asked for the first time.
    pub(super) fn is_new(&self) -> bool {
        !self.used.swap(true, Ordering::Relaxed)
    }

    /// The credential; `None` where a token's life is over.
    pub(super) fn credential(&self, auth: Auth) -> Option<Credential> {
        let lives = match auth {
            Auth::Password => None,
            Auth::OAuth2 => self.lives,
        };
        let over = lives.is_some_and(|lives| now().saturating_duration_since(self.at) >= lives);
        (!over).then(|| Credential { secret: self.secret.clone(), asked: self.at, lives })
    }
}

impl TypedPasswords {
    /// The password that was typed for this account.
    #[must_use]
    pub fn password(&self, account: &Account) -> Option<SecretString> {
        match account.auth {
            Auth::Password => self.of(account).map(|typed| typed.secret.clone()),
            Auth::OAuth2 => None,
        }
    }

    /// Each login with what was given for it.
    pub fn entries(&self) -> impl Iterator<Item = (&str, &SecretString)> {
        self.0.iter().map(|(login, typed)| (login.as_str(), &typed.secret))
    }

    /// These, as [`entries`](Self::entries) gave them.
    pub fn of_entries(entries: impl IntoIterator<Item = (String, SecretString)>) -> Self {
        let typed = entries.into_iter().map(|(login, secret)| (login, Arc::new(Typed::new(secret))));
        Self(Arc::new(typed.collect()))
    }

    /// What was given for this account; never for one whose tokens this program gets by itself.
    pub(super) fn of(&self, account: &Account) -> Option<Arc<Typed>> {
        match account.secret {
            SecretSource::Keyring | SecretSource::Command(_) | SecretSource::Fixed(_) => {
                self.0.get(&keyring_user(account)).cloned()
            }
            SecretSource::OAuth(_) => None,
        }
    }

    /// The same with another password for this account, or with none where its own source has it now.
    #[must_use]
    pub fn with(&self, account: &Account, typed: Option<SecretString>) -> Self {
        let mut all = BTreeMap::clone(&self.0);
        match typed {
            Some(secret) => all.insert(keyring_user(account), Arc::new(Typed::new(secret))),
            None => all.remove(&keyring_user(account)),
        };
        Self(Arc::new(all))
    }
}

/// Why there is no password.
#[derive(Debug, thiserror::Error)]
pub enum PromptError {
    /// Ctrl-C, Ctrl-D or Esc.
    #[error("nothing was changed")]
    Cancelled,
    /// Enter at once, or an empty first line.
    #[error("the password is empty; nothing was changed")]
    Empty,
    /// More than any server takes.
    #[error("the password is longer than 4096 bytes; nothing was changed")]
    TooLong,
    /// Not UTF-8, or with characters that no server takes.
    #[error("the password is not text; nothing was changed")]
    NotText,
    /// The terminal or standard input failed.
    #[error("the password cannot be read: {0}")]
    Io(#[from] io::Error),
}

/// Why no passwords were typed.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    /// The person did not type a password.
    #[error("no password for account {account}: {error}")]
    Prompt {
        /// The account.
        account: String,
        /// Why.
        error: PromptError,
    },
    /// The question could not be put.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// Asks for the password of each account whose own source has none, and shows the reason. Accounts with tokens are
/// skipped: nobody types a token. `ask` writes its question to the given stream.
///
/// # Errors
/// Where the person gives up; then nothing that was typed is kept.
pub async fn ask_missing(
    accounts: &[Account],
    to: &mut (dyn Write + Send),
    mut ask: impl FnMut(&str, &mut dyn Write) -> Result<SecretString, PromptError>,
) -> Result<TypedPasswords, AskError> {
    let mut typed = BTreeMap::new();
    for account in accounts.iter().filter(|account| account.auth == Auth::Password) {
        let login = keyring_user(account);
        if typed.contains_key(&login) {
            continue;
        }
        let Err(fault) = password(account).await else { continue };
        let name = sanitise(&account.name, 100);
        writeln!(to, "{name}: {}", fault.message)?;
        let question = format!("Password of {} for this run: ", sanitise(&login, 200));
        let secret = ask(&question, to).map_err(|error| AskError::Prompt { account: name, error })?;
        typed.insert(login, Arc::new(Typed::new(secret)));
    }
    Ok(TypedPasswords(Arc::new(typed)))
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use mailwatch_proto::model::{Hooks, Network, Quirks, Timers, TlsMode};

    fn account(name: &str, host: &str, auth: Auth, command: &[&str]) -> Account {
        Account {
            name: name.to_owned(),
            host: host.to_owned(),
            port: 993,
            tls: TlsMode::Implicit,
            ca: None,
            network: Network::default(),
            user: "me".to_owned(),
            auth,
            secret: SecretSource::Command(command.iter().map(ToString::to_string).collect()),
            mailboxes: vec!["INBOX".to_owned()],
            max_connections: 8,
            timers: Timers::default(),
            reissue_auto: false,
            quirks: Quirks::default(),
            hooks: Hooks::default(),
        }
    }

    #[tokio::test]
    async fn only_what_no_source_gives_is_asked_for_and_once_for_each_login() {
        let accounts = [
            account("has", "has.example", Auth::Password, &["printf", "own"]),
            account("lacks", "lacks.example", Auth::Password, &["false"]),
            account("again", "lacks.example", Auth::Password, &["false"]),
            account("token", "token.example", Auth::OAuth2, &["false"]),
        ];
        let (mut said, mut questions) = (Vec::new(), Vec::new());
        let asked = ask_missing(&accounts, &mut said, |question, _| {
            questions.push(question.to_owned());
            Ok(SecretString::from("hunter2"))
        });
        let asked = asked.await.expect("typed");
        assert_eq!(questions, ["Password of me@lacks.example for this run: "]);
        let said = String::from_utf8(said).expect("text");
        assert!(said.starts_with("lacks: password_command: `false` ended with exit code 1"), "{said}");
        let typed = |n: usize| asked.password(&accounts[n]).map(|secret| secret.expose_secret().to_owned());
        assert_eq!(
            [typed(0), typed(1), typed(2), typed(3)],
            [None, Some("hunter2"), Some("hunter2"), None].map(|known| known.map(str::to_owned))
        );
        let elsewhere = Account { host: "evil.example".to_owned(), ..accounts[1].clone() };
        assert!(asked.password(&elsewhere).is_none(), "it was typed for another server");
        assert!(!format!("{asked:?}").contains("hunter2"));
        let more = asked.with(&accounts[0], Some(SecretString::from("mine"))).with(&accounts[1], None);
        assert!(more.password(&accounts[1]).is_none() && asked.password(&accounts[1]).is_some());
        assert_eq!(more.password(&accounts[0]).expect("typed").expose_secret(), "mine");
    }

    #[tokio::test]
    async fn who_gives_up_is_told_of_which_account() {
        let accounts = [account("work", "h.example", Auth::Password, &["false"])];
        let gave_up = ask_missing(&accounts, &mut Vec::new(), |_, _| Err(PromptError::Cancelled)).await;
        assert_eq!(
            gave_up.expect_err("nothing typed").to_string(),
            "no password for account work: nothing was changed"
        );
    }
}
