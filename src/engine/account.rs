//! What the watches of one account share: its password, the proof that it is right, and room for connections.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use secrecy::SecretString;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot, watch};

use super::now;
use super::tuning::Tuning;
use crate::history::Outcome;
use crate::imap::session::{Session, Sink};
use crate::model::{Account, Auth, ConnId, Fault, FaultClass, LINE_LIMIT, Next, Quirks, WatchId, sanitise};
use crate::secret::{self, Asked};

/// An account as its watches share it.
#[derive(Debug)]
pub struct Shared {
    /// Its settings.
    pub account: Account,
    /// Room for connections.
    pub budget: Budget,
    /// What was learned of the server's answers, where `reissue` is `auto`.
    pub learned: Option<watch::Sender<Tuning>>,
    asked: Asked,
    gate: tokio::sync::Mutex<Gate>,
}

/// What is known of the account's password. One login at a time passes until one has succeeded, so that a wrong
/// password costs one refused login and not one per mailbox: servers lock accounts for less.
#[derive(Debug, Default)]
struct Gate {
    password: Option<SecretString>,
    /// When it was had.
    had: Option<Instant>,
    proven: bool,
    refused: Option<Fault>,
    /// When it could last not be had, and why.
    missing: Option<(Instant, Fault)>,
}

/// A password that could not be had is not asked for again sooner: watches of one account ask one after the other, and
/// each question may be a prompt on the user's screen.
const ASK_AGAIN: Duration = Duration::from_secs(10);

/// A token is used for logins so soon after it was had, and asked for anew after that: it may live for minutes only, and
/// its command knows when to renew it.
const TOKEN_FRESH: Duration = Duration::from_secs(30);

/// A password for one login. Until the password is proven it keeps the others waiting.
#[derive(Debug)]
pub struct Pass<'a> {
    gate: Option<tokio::sync::MutexGuard<'a, Gate>>,
    shared: &'a Shared,
    /// The password.
    pub password: SecretString,
}

impl Shared {
    /// An account that nobody has logged into yet. What was `asked` of its user goes before its own source.
    #[must_use]
    pub fn new(account: Account, learned: Option<Tuning>, asked: Asked) -> Self {
        let budget = Budget::new(account.max_connections);
        let learned = learned.map(watch::Sender::new);
        Self { account, budget, learned, asked, gate: tokio::sync::Mutex::default() }
    }

    /// What a watch's `reissue` is to be by what was learned. The account's first watch tries the next age, the others
    /// keep to what is proven: a limit then costs one stall and not one per watch.
    #[must_use]
    pub fn reissue(&self, tuning: &Tuning, mailbox: &str, now: SystemTime) -> Duration {
        let first = self.account.mailboxes.first().is_none_or(|first| *WatchId::new("", first).mailbox == *mailbox);
        if first { tuning.value(now) } else { tuning.proven(now) }
    }

    /// An IDLE ended in a way that teaches something. Every watch of the account hears of a new value.
    pub fn learn(&self, outcome: &Outcome) {
        if let Some(learned) = &self.learned {
            learned.send_if_modified(|tuning| {
                let values = |tuning: &Tuning| (tuning.value(outcome.at), tuning.proven(outcome.at));
                let before = values(tuning);
                tuning.note(outcome);
                values(tuning) != before
            });
        }
    }

    /// The server in sentences: `host:port`.
    #[must_use]
    pub fn peer(&self) -> String {
        format!("{}:{}", self.account.host, self.account.port)
    }

    /// The password, from where the account says; asked for once, not once per connection.
    ///
    /// # Errors
    /// Where it cannot be had, or the server has refused it and the user has done nothing since.
    pub async fn pass(&self) -> Result<Pass<'_>, Fault> {
        let mut gate = self.gate.lock().await;
        if let Some(refused) = &gate.refused {
            return Err(refused.clone());
        }
        let fresh = match self.account.auth {
            Auth::Password => true,
            Auth::OAuth2 => gate.had.is_some_and(|at| now().saturating_duration_since(at) < TOKEN_FRESH),
        };
        let known = gate.password.clone().filter(|_| fresh);
        let password = if let Some(password) = known { password } else { self.ask(&mut gate).await? };
        let gate = (!gate.proven).then_some(gate);
        Ok(Pass { gate, shared: self, password })
    }

    async fn ask(&self, gate: &mut Gate) -> Result<SecretString, Fault> {
        if let Some((at, fault)) = &gate.missing
            && now().saturating_duration_since(*at) < ASK_AGAIN
        {
            return Err(fault.clone());
        }
        let had = match self.asked.password(&self.account) {
            Some(typed) => Ok(typed),
            None => secret::password(&self.account).await,
        };
        match had {
            Ok(password) => {
                gate.missing = None;
                gate.password = Some(password.clone());
                gate.had = Some(now());
                Ok(password)
            }
            Err(fault) => {
                gate.missing = Some((now(), fault.clone()));
                Err(fault)
            }
        }
    }

    /// The user acts (a key, a new configuration): what was refused may be tried again, with the password asked anew.
    pub async fn forgive(&self) {
        let mut gate = self.gate.lock().await;
        gate.missing = None;
        if gate.refused.take().is_some() {
            gate.password = None;
        }
    }
}

/// Logs in as the account says, by password or by token.
///
/// # Errors
/// As [`Session::login`].
pub async fn log_in(
    session: &mut Session,
    account: &Account,
    secret: &SecretString,
    by: Instant,
    sink: &impl Sink,
) -> Result<(), Fault> {
    match account.auth {
        Auth::Password => session
            .login(&account.user, secret, by, sink)
            .await
            .map_err(|fault| with_app_password(fault, &account.quirks)),
        Auth::OAuth2 => session.login_with_token(&account.user, secret, (&account.host, account.port), by, sink).await,
    }
}

/// A refused password may be the account's own, where the provider wants one that is made for mail programs.
fn with_app_password(mut fault: Fault, quirks: &Quirks) -> Fault {
    if let (FaultClass::Auth, Next::User, Some(place)) = (fault.class, fault.next, &quirks.app_password) {
        let provider = quirks.provider.as_deref().unwrap_or("The provider");
        let stop = if fault.message.ends_with('.') { "" } else { "." };
        let hint = format!("{stop} {provider} takes a password made for mail programs, not the account's own: {place}");
        fault.message.push_str(&sanitise(&hint, LINE_LIMIT));
    }
    fault
}

impl Pass<'_> {
    /// The server took it.
    pub fn accepted(self) {
        if let Some(mut gate) = self.gate {
            gate.proven = true;
        }
    }

    /// The login failed. A password that had been right once may have been changed, or the server may be at fault: it
    /// is asked for anew and tried once more, later. One that never was right needs the user.
    pub async fn failed(self, fault: Fault) -> Fault {
        if fault.class != FaultClass::Auth {
            return fault;
        }
        if let Some(mut gate) = self.gate {
            gate.password = None;
            if fault.next == Next::User {
                gate.refused = Some(fault.clone());
            }
            return fault;
        }
        let mut gate = self.shared.gate.lock().await;
        gate.password = None;
        gate.proven = false;
        // A token that was right has expired; a password that was right has been changed, or the server is at fault.
        let next = match self.shared.account.auth {
            Auth::Password => Next::RetryLater,
            Auth::OAuth2 => Next::Retry,
        };
        Fault { next, ..fault }
    }
}

/// Room for an account's connections. Stuck ones that are only kept to be looked at make room, the oldest first.
#[derive(Debug)]
pub struct Budget {
    room: Arc<Semaphore>,
    stuck: Mutex<BTreeMap<ConnId, oneshot::Sender<()>>>,
}

/// A place in the budget; given back when dropped.
pub type Place = OwnedSemaphorePermit;

impl Budget {
    fn new(max: u16) -> Self {
        Self { room: Arc::new(Semaphore::new(usize::from(max))), stuck: Mutex::default() }
    }

    /// A place for a connection; where there is none, the oldest stuck connection is asked to go.
    pub async fn place(&self) -> Option<Place> {
        if let Ok(place) = Arc::clone(&self.room).try_acquire_owned() {
            return Some(place);
        }
        // One that has gone already cannot make room: then the next is asked.
        while let Some((_, go)) = self.stuck.lock().unwrap_or_else(PoisonError::into_inner).pop_first() {
            if go.send(()).is_ok() {
                break;
            }
        }
        // Closed never: the semaphore lives as long as the budget.
        Arc::clone(&self.room).acquire_owned().await.ok()
    }

    /// Says that a connection is stuck and may be asked to go; the receiver is told when.
    pub fn offer(&self, conn: ConnId) -> oneshot::Receiver<()> {
        let (go, told) = oneshot::channel();
        self.stuck.lock().unwrap_or_else(PoisonError::into_inner).insert(conn, go);
        told
    }

    /// Says that a stuck connection has gone by itself.
    pub fn withdraw(&self, conn: ConnId) {
        self.stuck.lock().unwrap_or_else(PoisonError::into_inner).remove(&conn);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refused_password_is_told_where_the_right_one_is_made() {
        let place = Some("https://example.org/app-passwords".to_owned());
        let quirks = Quirks { provider: Some("Example".to_owned()), app_password: place, ..Quirks::default() };
        let refused = Fault::needs_user(FaultClass::Auth, "imap.example.org refuses the login: no");
        let told = with_app_password(refused.clone(), &quirks).message;
        assert_eq!(
            told,
            "imap.example.org refuses the login: no. Example takes a password made for mail programs, not the account's \
             own: https://example.org/app-passwords"
        );
        assert_eq!(with_app_password(refused.clone(), &Quirks::default()), refused);
        let limit = Fault::needs_user(FaultClass::Limit, "too many");
        assert_eq!(with_app_password(limit.clone(), &quirks), limit);
    }

    #[tokio::test]
    async fn without_room_the_oldest_stuck_connection_is_asked_to_go() {
        let budget = Budget::new(2);
        let first = budget.place().await.expect("room");
        let _second = budget.place().await.expect("room");
        let mut older = budget.offer(ConnId(1));
        let mut younger = budget.offer(ConnId(2));
        let third = budget.place();
        tokio::pin!(third);
        assert!(futures_util::poll!(&mut third).is_pending());
        assert_eq!(older.try_recv(), Ok(()));
        assert!(younger.try_recv().is_err());
        drop(first);
        assert!(third.await.is_some());
    }
}
