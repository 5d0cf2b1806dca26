//! The handle that the engine and front ends hold: mails and hooks, kept and read back through the store's thread.

use std::collections::BTreeSet;
use std::fmt;
use std::path::Path;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use tokio::sync::watch;

use super::database::Database;
use super::file::{self, FILE};
use super::held::Held;
use super::hooks::OwedHook;
use super::mails::{Found, MailUid};
use super::request::{Call, Kind, Message, gone};
use super::seen::Seen;
use super::store::Store;
use super::watch_key::WatchKey;
use mailwatch_proto::model::{Fault, FaultClass, HookEvent, Mail};

/// Requests in one transaction: enough to share a commit, few enough that none waits long.
const BATCH: usize = 256;

/// The handle. Cheap to clone; dropping the last one ends the thread.
#[derive(Clone)]
pub struct History {
    channel: Channel,
    pub(super) held: Arc<Held>,
    fault: watch::Receiver<Option<Fault>>,
    /// The state directory, where it has one.
    state: Option<Arc<Path>>,
}

#[derive(Clone)]
enum Channel {
    Thread(mpsc::Sender<Message>),
    /// Called inline, under a lock for one call: a thread would let tokio's paused clock run away.
    InProcess(Arc<Mutex<Store>>),
}

impl fmt::Debug for History {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let channel = match &self.channel {
            Channel::Thread(_) => "thread",
            Channel::InProcess(_) => "in process",
        };
        f.debug_struct("History").field("channel", &channel).field("held", &self.held).finish_non_exhaustive()
    }
}

impl History {
    /// Opens or makes `history.db` in the state directory; blocks for as long as that takes.
    ///
    /// Never fails: where the file cannot be used (locked, read-only, full, written by a newer program), the history
    /// is in memory, the fault says why, and the file is tried again, after a second and ever more rarely. A damaged file is
    /// moved aside. What was lost of a file, while the program ran or not, is begun anew from `watermark.json`.
    #[must_use]
    pub fn open(state_dir: &Path) -> (Self, Option<Fault>) {
        Self::open_with(state_dir, file::BUSY, |_| {})
    }

    pub(super) fn open_with(
        state_dir: &Path,
        busy: Duration,
        adjust: impl FnOnce(&mut Store),
    ) -> (Self, Option<Fault>) {
        let state = std::path::absolute(state_dir).unwrap_or_else(|_| state_dir.to_owned());
        let path = state.join(FILE);
        let (mut store, fault) = Store::open(&path, SystemTime::now(), busy);
        adjust(&mut store);
        let (held, faults) = (store.held(), store.fault());
        let (sender, receiver) = mpsc::channel();
        match thread::Builder::new().name("history".to_owned()).spawn(move || serve(store, &receiver)) {
            Ok(_) => {
                let state = Some(Arc::from(state));
                (Self { channel: Channel::Thread(sender), held, fault: faults, state }, fault)
            }
            Err(error) => {
                let message = format!("no thread for {FILE} ({error}): new entries are kept in memory only");
                (Self::in_process(), Some(Fault::needs_user(FaultClass::History, message)))
            }
        }
    }

    /// A history in memory without a thread: for the demo's and the tests' clocks.
    #[must_use]
    pub fn in_process() -> Self {
        Self::around(Store::in_memory())
    }

    fn around(store: Store) -> Self {
        let (held, fault) = (store.held(), store.fault());
        Self { held, fault, channel: Channel::InProcess(Arc::new(Mutex::new(store))), state: None }
    }

    /// The state directory, where its file is in one.
    pub(crate) fn state(&self) -> Option<&Path> {
        self.state.as_deref()
    }

    /// Copies everything into a new `history.db` in a directory, for an [`Archive`](super::Archive) to read, with what is
    /// in memory alone.
    ///
    /// # Errors
    /// Where the file cannot be written: a sentence that says why.
    pub async fn copy_into(&self, dir: &Path) -> Result<(), String> {
        let path = dir.join(FILE).to_string_lossy().into_owned();
        // A fault of the directory is not one of this history.
        let copy = move |database: &Database<'_>| {
            Ok(database.db.execute("VACUUM INTO ?1", [&path]).map(drop).map_err(|error| format!("{path}: {error}")))
        };
        self.read(copy).await.map_err(|fault| fault.message)?
    }

    /// What is wrong with the file; `None` while all is well. That a damaged file was moved aside stays. Each change is
    /// worth an event.
    #[must_use]
    pub fn fault(&self) -> watch::Receiver<Option<Fault>> {
        self.fault.clone()
    }

    /// How far the mailbox was seen; `None` where it was never watched.
    ///
    /// # Errors
    /// Where the database refuses.
    pub async fn seen(&self, key: &WatchKey) -> Result<Option<Seen>, Fault> {
        let key = key.clone();
        self.read(move |database| database.seen(&key)).await
    }

    /// Commits how far the mailbox is seen, without reporting any mail. `known` are mails that are there already: their
    /// Message-IDs keep them from being reported should the UIDVALIDITY change soon.
    ///
    /// # Errors
    /// Where the database refuses.
    pub async fn baseline(&self, key: &WatchKey, seen: Seen, known: Vec<Found>) -> Result<(), Fault> {
        let key = key.clone();
        self.write(move |database| database.baseline(&key, &seen, &known)).await
    }

    /// Commits mails as found, moves `uidnext` on, and returns those that this run must report.
    ///
    /// Committed when it returns, together with the hooks that are owed for them. `seen.last_alive` is the moment of
    /// finding. A mail that an earlier run found is not among them ([`History::unreported`] has it, if it was not
    /// reported); one that another running program has found is: each tells its own user.
    ///
    /// # Errors
    /// Where the database refuses: then nothing was committed.
    pub async fn found(&self, key: &WatchKey, seen: Seen, mails: Vec<Found>) -> Result<Vec<Mail>, Fault> {
        let key = key.clone();
        self.call(Kind::WriteMails, move |database| database.found(&key, &seen, &mails)).await
    }

    /// Mails that were found and not reported, oldest first, each with `gap`. For the start of a watch: mails that this
    /// run found and is about to report are among them. Those of another running program are not.
    ///
    /// # Errors
    /// Where the database refuses.
    pub async fn unreported(&self, key: &WatchKey) -> Result<Vec<Mail>, Fault> {
        let key = key.clone();
        self.write(move |database| database.unreported(&key)).await
    }

    /// Commits mails as reported. Those that were never found are skipped.
    ///
    /// # Errors
    /// Where the database refuses.
    pub async fn reported(&self, keys: Vec<(WatchKey, MailUid)>) -> Result<(), Fault> {
        let at = SystemTime::now();
        self.call(Kind::WriteMails, move |database| database.reported(&keys, at)).await
    }

    /// Queues an owed hook. Never waits and never drops; [`History::owed_hooks`] has it afterwards.
    pub fn owe_hook(&self, hook: OwedHook, at: SystemTime) {
        let (call, _) = Call::boxed(Kind::WriteMails, move |database| {
            let watch = database.watch_or_new(&hook.key)?;
            database.owe_hook(watch, hook.event, &hook.what, &hook.line, at)
        });
        self.send(Message::Request(call));
    }

    /// What this run owes an account's hooks among `events`: the oldest entry, and the others of the same hook, oldest
    /// first, `limit` at most. Includes what ended runs left; another running program runs its own. `login` as in
    /// [`WatchKey::login`].
    ///
    /// # Errors
    /// Where the database refuses.
    pub async fn owed_hooks(
        &self,
        account: &str,
        login: &str,
        events: Vec<HookEvent>,
        limit: u32,
    ) -> Result<Vec<OwedHook>, Fault> {
        let (account, login) = (account.to_owned(), login.to_owned());
        self.call(Kind::WriteMails, move |database| database.owed_hooks((&account, &login), &events, limit)).await
    }

    /// Settles hooks that have succeeded, or used up all tries.
    ///
    /// # Errors
    /// Where the database refuses.
    pub async fn settle_hooks(&self, hooks: Vec<OwedHook>, at: SystemTime) -> Result<(), Fault> {
        self.call(Kind::WriteMails, move |database| database.settle_hooks(&hooks, at)).await
    }

    /// A proof of life. Never waits; written to disk at most once a minute for each watch, and at the end.
    pub fn alive(&self, key: &WatchKey, at: SystemTime) {
        if self.held.proof(key.clone(), at) {
            self.send(Message::Held);
        }
    }

    /// The Message-IDs of the watch's mails that were found, or came, since then. They hold across a new UIDVALIDITY.
    ///
    /// # Errors
    /// Where the database refuses.
    pub async fn reported_message_ids(&self, key: &WatchKey, since: SystemTime) -> Result<BTreeSet<String>, Fault> {
        let key = key.clone();
        self.read(move |database| database.reported_message_ids(&key, since)).await
    }

    /// Writes down everything that was asked so far and lets go of the file, so that the program may end. What is asked for
    /// later opens it again.
    pub async fn close(&self) {
        let (call, answer) = Call::boxed(Kind::Write, |_| Ok(()));
        self.send(Message::Close(call));
        // No answer means that the thread is gone, and there is nothing to wait for.
        let _ = answer.await;
    }

    pub(super) async fn read<T: Send + 'static>(
        &self,
        work: impl FnMut(&Database<'_>) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, Fault> {
        self.call(Kind::Read, work).await
    }

    pub(super) async fn write<T: Send + 'static>(
        &self,
        work: impl FnMut(&Database<'_>) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, Fault> {
        self.call(Kind::Write, work).await
    }

    /// Has the store do this, and waits for its answer.
    pub(super) async fn call<T: Send + 'static>(
        &self,
        kind: Kind,
        work: impl FnMut(&Database<'_>) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, Fault> {
        let (call, answer) = Call::boxed(kind, work);
        self.send(Message::Request(call));
        answer.await.unwrap_or_else(|_| Err(gone()))
    }

    pub(super) fn send(&self, message: Message) {
        match &self.channel {
            // An error means that the thread is gone: the request is dropped, and its answer says so.
            Channel::Thread(sender) => drop(sender.send(message)),
            Channel::InProcess(store) => {
                store.lock().unwrap_or_else(PoisonError::into_inner).serve([message]);
            }
        }
    }
}

/// The thread: sleeps on the channel, takes all that waits, tends the store, and ends with the last handle.
fn serve(mut store: Store, receiver: &mpsc::Receiver<Message>) {
    loop {
        let first = match store.due() {
            Some(due) => match receiver.recv_timeout(due.saturating_duration_since(Instant::now())) {
                Ok(message) => Some(message),
                Err(RecvTimeoutError::Timeout) => None,
                Err(RecvTimeoutError::Disconnected) => break,
            },
            None => match receiver.recv() {
                Ok(message) => Some(message),
                Err(mpsc::RecvError) => break,
            },
        };
        if let Some(first) = first {
            store.serve(std::iter::once(first).chain(receiver.try_iter().take(BATCH - 1)));
        }
        store.tend(Instant::now());
    }
    store.finish();
}
