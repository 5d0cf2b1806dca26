//! What the watches of one account share: its settings, what opens the door, and room for connections.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use secrecy::SecretString;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot, watch};

use super::gate::{Gate, Pass};
use crate::history::History;
use crate::secret::Obtain;
use crate::session::{Session, Sink};
use mailwatch_proto::lease::Awake;
use mailwatch_proto::model::Outcome;
use mailwatch_proto::model::{Account, Auth, ConnId, Fault, FaultClass, LINE_LIMIT, Next, Quirks, WatchId, sanitise};
use mailwatch_proto::tuning::Tuning;

/// An account as its watches share it.
#[derive(Debug)]
pub struct Shared {
    /// Its settings.
    pub account: Account,
    /// Room for connections.
    pub budget: Budget,
    /// What was learned of the server's answers.
    pub lessons: watch::Sender<Lessons>,
    gate: Gate,
    /// The mailbox that tries the next age, where the account does not begin with a name.
    first: OnceLock<Arc<str>>,
}

/// What was learned of the server's answers. Nothing, until a watch's `reissue` is to be `auto`.
#[derive(Clone, Debug)]
pub enum Lessons {
    /// Nobody asked.
    Unread,
    /// What was kept is being read, to begin at this preset.
    Reading(Duration),
    /// This.
    Known(Box<Tuning>),
}

impl Shared {
    /// An account that nobody has logged into yet.
    #[must_use]
    pub fn new(account: Account, learned: Option<Tuning>) -> Self {
        let budget = Budget::new(account.max_connections);
        let lessons = learned.map_or(Lessons::Unread, |tuning| Lessons::Known(Box::new(tuning)));
        Self { account, budget, lessons: watch::Sender::new(lessons), gate: Gate::default(), first: OnceLock::new() }
    }

    /// Has the server's answers learned from, those that were kept before first; nothing is done where they are. What
    /// ends while they are read is learned at the next start.
    pub fn study(self: &Arc<Self>, history: &History, preset: Duration) {
        let begun = self.lessons.send_if_modified(|lessons| {
            let known = match lessons {
                Lessons::Unread => None,
                Lessons::Reading(preset) => Some(*preset),
                Lessons::Known(tuning) => Some(tuning.preset()),
            };
            let anew = known != Some(Tuning::new(preset).preset());
            if anew {
                *lessons = Lessons::Reading(Tuning::new(preset).preset());
            }
            anew
        });
        if !begun {
            return;
        }
        let (shared, history) = (Arc::clone(self), history.clone());
        tokio::spawn(async move {
            let tuning = super::learned(&shared.account, preset, &history).await;
            shared.lessons.send_if_modified(|lessons| {
                // Another preset may have been asked for meanwhile.
                let awaited = matches!(lessons, Lessons::Reading(preset) if *preset == tuning.preset());
                if awaited {
                    *lessons = Lessons::Known(Box::new(tuning));
                }
                awaited
            });
        });
    }

    /// What a watch's `reissue` is to be by what was learned. The account's first watch tries the next age, the others
    /// keep to what is proven: a limit then costs one stall and not one per watch.
    #[must_use]
    pub fn reissue(&self, tuning: &Tuning, mailbox: &str, now: SystemTime) -> Duration {
        let named = || self.account.mailboxes.first().is_none_or(|first| *WatchId::new("", first).mailbox == *mailbox);
        let first = self.first.get().map_or_else(named, |first| **first == *mailbox);
        if first { tuning.value(now) } else { tuning.proven(now) }
    }

    /// Has this mailbox try the next age, unless another does already.
    pub fn lead_with(&self, mailbox: &Arc<str>) {
        self.first.get_or_init(|| Arc::clone(mailbox));
    }

    /// An IDLE ended in a way that teaches something. Every watch of the account hears of a new value.
    pub fn learn(&self, outcome: &Outcome) {
        self.lessons.send_if_modified(|lessons| {
            let Lessons::Known(tuning) = lessons else { return false };
            let values =
                |tuning: &Tuning| (tuning.value(outcome.at), tuning.proven(outcome.at), tuning.ceiling(outcome.at));
            let before = values(tuning);
            tuning.note(outcome);
            values(tuning) != before
        });
    }

    /// The server in sentences: `host:port`.
    #[must_use]
    pub fn peer(&self) -> String {
        format!("{}:{}", self.account.host, self.account.port)
    }

    /// The password or an access token for one login, from where the account says.
    ///
    /// # Errors
    /// Where it cannot be had, or the server has refused it and the user has done nothing since.
    pub async fn pass(&self, secrets: &Arc<dyn Obtain>) -> Result<Pass, Fault> {
        self.gate.pass(&self.account, secrets).await
    }

    /// Sees to it that there is a token newer than the one of this serial. Whether there is: a command may still give
    /// the old one.
    ///
    /// # Errors
    /// Where none can be had.
    pub async fn renew(&self, serial: u64, secrets: &Arc<dyn Obtain>) -> Result<bool, Fault> {
        self.gate.renew(serial, &self.account, secrets).await
    }

    /// The user acts (a key, a new configuration): what was refused may be tried again, with the password asked anew.
    pub async fn forgive(&self) {
        self.gate.forgive().await;
    }

    /// The clock that goes on in a suspend, as tokens age by it.
    #[must_use]
    pub fn awake(&self) -> Awake {
        self.gate.awake()
    }

    /// The machine has woken for the `count`th time: tokens have aged meanwhile.
    pub fn woke(&self, count: u64, slept: Duration) {
        self.gate.woke(count, slept);
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

    /// A place for a connection, where there is room for one now. Where there is none, the oldest stuck connection is
    /// asked to go, so that there may be soon.
    pub fn try_place(&self) -> Option<Place> {
        let place = Arc::clone(&self.room).try_acquire_owned().ok();
        if place.is_none() {
            self.ask_to_go();
        }
        place
    }

    /// Asks the oldest stuck connection to go. One that has gone already cannot make room: then the next is asked.
    fn ask_to_go(&self) {
        while let Some((_, go)) = self.stuck.lock().unwrap_or_else(PoisonError::into_inner).pop_first() {
            if go.send(()).is_ok() {
                break;
            }
        }
    }

    /// A place for a connection; where there is none, the oldest stuck connection is asked to go.
    pub async fn place(&self) -> Option<Place> {
        if let Ok(place) = Arc::clone(&self.room).try_acquire_owned() {
            return Some(place);
        }
        self.ask_to_go();
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
