//! What outlives the program: what was seen of each mailbox, the mails found and reported, and the evidence.
//!
//! SQLite on a thread of its own, so that no disk can delay a watch. The thread sleeps on its channel and ends with
//! the last handle. Where the file cannot be used the history goes on in memory and says why; it never stops a watch.

mod archive;
mod evidence;
mod file;
mod hooks;
mod keeper;
mod look_back;
mod mails;
mod merge;
mod moment;
mod owner;
mod proof;
mod records;
mod request;
mod schema;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::fmt;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread;
use std::time::{Duration, SystemTime};

use tokio::sync::{oneshot, watch};

pub use self::archive::{Archive, Unreadable};
pub use self::hooks::OwedHook;
use self::keeper::{Desk, Keeper};
pub use self::proof::{KeptLine, KeptServer};
pub use self::records::{Blindness, KEPT, KeptReceipt, Logged, Record, Stall};
use self::request::{Call, Load, Message, Request, gone};
use mailwatch_proto::model::{Fault, FaultClass, HookEvent, Mail};

/// The file's name in the state directory.
pub const FILE: &str = "history.db";

/// IDLEs that are counted by age at once: a week of 8 mailboxes at 4 minutes, and some milliseconds of the thread.
pub const AGES: u32 = 20_000;

/// Requests in one transaction: enough to share a commit, few enough that nobody waits long for it.
const BATCH: usize = 256;

/// What a watch is known by across runs: the same mailbox of the same login under the same name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WatchKey {
    /// The account's name in the configuration.
    pub account: String,
    /// `user@host`: with another login or server it is another mailbox.
    pub login: String,
    /// The mailbox, as a person writes it.
    pub mailbox: String,
}

/// How far a mailbox has been seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seen {
    /// The mailbox's UIDVALIDITY.
    pub uidvalidity: u32,
    /// The first UID that was not seen.
    pub uidnext: u32,
    /// The last proof of life: until then nothing came unheard.
    pub last_alive: SystemTime,
}

/// A mail that is there, not necessarily a new one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The mail as it will be told.
    pub mail: Mail,
    /// Its Message-ID: what it is known by after a new UIDVALIDITY.
    pub message_id: Option<String>,
    /// Its INTERNALDATE.
    pub internal_date: Option<SystemTime>,
    /// What its hook is to be told, where one is to be run for it.
    pub hook: Option<String>,
}

/// The handle. Cheap to clone; the last one to be dropped ends the thread.
#[derive(Clone)]
pub struct History {
    way: Way,
    load: Arc<Load>,
    fault: watch::Receiver<Option<Fault>>,
}

#[derive(Clone)]
enum Way {
    Thread(mpsc::Sender<Message>),
    /// Called inline, under a lock that is held for one call: a thread would let tokio's paused clock run away.
    InProcess(Arc<Mutex<Keeper>>),
}

impl fmt::Debug for History {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let way = match &self.way {
            Way::Thread(_) => "thread",
            Way::InProcess(_) => "in process",
        };
        f.debug_struct("History").field("way", &way).field("load", &self.load).finish_non_exhaustive()
    }
}

impl History {
    /// Opens or makes `history.db` in the state directory; blocks for as long as that takes.
    ///
    /// Never fails: where the file cannot be used (locked, read-only, full, written by a newer program), the history
    /// is in memory, the fault says why, and the file is tried again later. A damaged file is moved aside.
    #[must_use]
    pub fn open(state_dir: &Path) -> (Self, Option<Fault>) {
        Self::open_with(state_dir, file::BUSY, |_| {})
    }

    fn open_with(state_dir: &Path, busy: Duration, adjust: impl FnOnce(&mut Keeper)) -> (Self, Option<Fault>) {
        let path = std::path::absolute(state_dir).unwrap_or_else(|_| state_dir.to_owned()).join(FILE);
        let (mut keeper, fault) = Keeper::open(&path, SystemTime::now(), busy);
        adjust(&mut keeper);
        let (load, faults) = (keeper.load(), keeper.fault());
        let (sender, receiver) = mpsc::channel();
        match thread::Builder::new().name("history".to_owned()).spawn(move || serve(keeper, &receiver)) {
            Ok(_) => (Self { way: Way::Thread(sender), load, fault: faults }, fault),
            Err(error) => {
                let message = format!("no thread for {FILE} ({error}): what is found is kept in memory only");
                (Self::in_process(), Some(Fault::needs_user(FaultClass::History, message)))
            }
        }
    }

    /// A history in memory without a thread: for the demo's and the tests' clocks.
    #[must_use]
    pub fn in_process() -> Self {
        Self::around(Keeper::in_memory())
    }

    fn around(keeper: Keeper) -> Self {
        Self { load: keeper.load(), fault: keeper.fault(), way: Way::InProcess(Arc::new(Mutex::new(keeper))) }
    }

    /// Writes what is kept into a new `history.db` in a directory, for an [`Archive`] to read: what is in this process's
    /// memory is in no file. Blocks for as long as that takes.
    ///
    /// # Errors
    /// Where the file cannot be written: a sentence that says why.
    pub async fn copy_into(&self, dir: &Path) -> Result<(), String> {
        let path = dir.join(FILE).to_string_lossy().into_owned();
        // The directory's trouble is none of the memory's.
        let copy = move |desk: &Desk<'_>| {
            Ok(desk.db.execute("VACUUM INTO ?1", [&path]).map(drop).map_err(|error| format!("{path}: {error}")))
        };
        self.read(copy).await.map_err(|fault| fault.message)?
    }

    /// What is wrong with the file; `None` while all is well. That a damaged file was moved aside stays said.
    /// Changes are worth an event.
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
        self.read(move |desk| desk.seen(&key)).await
    }

    /// Commits how far the mailbox is seen, without telling anything. `known` are mails that are there already: their
    /// Message-IDs keep them from being told should the UIDVALIDITY change soon.
    ///
    /// # Errors
    /// Where the database refuses.
    pub async fn baseline(&self, key: &WatchKey, seen: Seen, known: Vec<Found>) -> Result<(), Fault> {
        let key = key.clone();
        self.write(move |desk| desk.baseline(&key, &seen, &known)).await
    }

    /// Commits mails as found, moves `uidnext` on, and returns those that this run must tell.
    ///
    /// Committed when it returns, together with the hooks that are owed for them. `seen.last_alive` is the moment of finding. A mail that an earlier run found is not
    /// among them ([`History::unreported`] has it, if nobody was told); one that another program running now has found
    /// is: each tells its own user.
    ///
    /// # Errors
    /// Where the database refuses: then nothing was committed.
    pub async fn found(&self, key: &WatchKey, seen: Seen, mails: Vec<Found>) -> Result<Vec<Mail>, Fault> {
        let key = key.clone();
        self.write(move |desk| desk.found(&key, &seen, &mails)).await
    }

    /// Mails that were found and not reported, oldest first, each with `gap`. For the start of a watch: mails that this
    /// run found and is about to report are among them. Those of another running program are not.
    ///
    /// # Errors
    /// Where the database refuses.
    pub async fn unreported(&self, key: &WatchKey) -> Result<Vec<Mail>, Fault> {
        let key = key.clone();
        self.write(move |desk| desk.unreported(&key)).await
    }

    /// Commits mails as reported; each is its watch, UIDVALIDITY and UID. Those that were never found are passed over.
    ///
    /// # Errors
    /// Where the database refuses.
    pub async fn reported(&self, keys: Vec<(WatchKey, u32, u32)>) -> Result<(), Fault> {
        self.write(move |desk| desk.reported(&keys)).await
    }

    /// Queues what a hook is owed for. Never waits and never drops; [`History::owed_hooks`] asked afterwards has it.
    pub fn owe_hook(&self, hook: OwedHook, at: SystemTime) {
        let (call, _) = Call::boxed(true, move |desk| {
            let watch = desk.watch_or_new(&hook.key)?;
            desk.owe_hook(watch, hook.event, &hook.what, &hook.line, at)
        });
        self.send(Message::Request(call));
    }

    /// What this run owes an account's hooks among `events`: the oldest that is owed, and what else the same hook is
    /// owed for, oldest first, `limit` at most. With what runs that have ended left; what another running program owes
    /// is its own. `login` as in [`WatchKey::login`].
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
        self.write(move |desk| desk.owed_hooks((&account, &login), &events, limit)).await
    }

    /// These have done their work, or all tries are used up: they are owed no longer.
    ///
    /// # Errors
    /// Where the database refuses.
    pub async fn settle_hooks(&self, hooks: Vec<OwedHook>, at: SystemTime) -> Result<(), Fault> {
        self.write(move |desk| desk.settle_hooks(&hooks, at)).await
    }

    /// A proof of life. Never waits; on disk at most once a minute per watch, and at the end.
    pub fn alive(&self, key: &WatchKey, at: SystemTime) {
        self.send(Message::Alive(key.clone(), at));
    }

    /// The Message-IDs of the watch's mails that were found, or came, since then: across a new UIDVALIDITY.
    ///
    /// # Errors
    /// Where the database refuses.
    pub async fn told_message_ids(&self, key: &WatchKey, since: SystemTime) -> Result<BTreeSet<String>, Fault> {
        let key = key.clone();
        self.read(move |desk| desk.told_message_ids(&key, since)).await
    }

    /// Writes down everything that was asked so far. The program may end after it.
    pub async fn close(&self) {
        let (call, answer) = Call::boxed(true, |_| Ok(()));
        self.send(Message::Flush(call));
        // Without an answer there is no thread any more, and nothing to wait for.
        let _ = answer.await;
    }

    async fn read<T: Send + 'static>(
        &self,
        work: impl FnMut(&Desk<'_>) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, Fault> {
        let (call, answer) = Call::boxed(false, work);
        self.ask(call, answer).await
    }

    async fn write<T: Send + 'static>(
        &self,
        work: impl FnMut(&Desk<'_>) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, Fault> {
        let (call, answer) = Call::boxed(true, work);
        self.ask(call, answer).await
    }

    async fn ask<T>(&self, call: Box<dyn Request>, answer: oneshot::Receiver<Result<T, Fault>>) -> Result<T, Fault> {
        self.send(Message::Request(call));
        answer.await.unwrap_or_else(|_| Err(gone()))
    }

    fn send(&self, message: Message) {
        match &self.way {
            // An error means that the thread is gone: the request's answer then never comes, and says so.
            Way::Thread(sender) => drop(sender.send(message)),
            Way::InProcess(keeper) => {
                keeper.lock().unwrap_or_else(PoisonError::into_inner).serve([message]);
            }
        }
    }
}

/// The thread: sleeps on the channel, takes all that waits, and ends with the last handle.
fn serve(mut keeper: Keeper, receiver: &mpsc::Receiver<Message>) {
    while let Ok(first) = receiver.recv() {
        keeper.serve(std::iter::once(first).chain(receiver.try_iter().take(BATCH - 1)));
    }
    keeper.finish();
}
