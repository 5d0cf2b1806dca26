//! What the handles ask of the store, and what both count.

use std::sync::atomic::{AtomicU64, AtomicUsize};
use std::time::SystemTime;

use tokio::sync::oneshot;

use super::database::Database;
use super::file::FILE;
use super::prune::Limits;
use super::record::Record;
use super::watch_key::WatchKey;
use mailwatch_proto::model::{Fault, FaultClass};

/// Work in a transaction, perhaps together with other requests, perhaps twice: on the file, then in memory.
pub(super) trait Request: Send {
    /// Whether it may change the database.
    fn writes(&self) -> bool;
    /// Whether it may be about mail: found, or told.
    fn concerns_mail(&self) -> bool;
    /// Does the work.
    fn run(&mut self, database: &Database<'_>) -> rusqlite::Result<()>;
    /// Answers, once the work is committed.
    fn reply(self: Box<Self>, outcome: Result<(), Fault>);
}

/// What the handles send.
pub(super) enum Message {
    /// Answered when committed.
    Request(Box<dyn Request>),
    /// Not answered.
    Append(Record),
    /// A proof of life.
    Alive(WatchKey, SystemTime),
    /// Keep no more than this.
    Limit(Limits),
    /// Write everything down and let go of the file; answered when done.
    Close(Box<dyn Request>),
}

/// What the handles and the store count together.
#[derive(Debug, Default)]
pub(super) struct QueueCounts {
    /// Records on their way.
    pub(super) waiting: AtomicUsize,
    /// Records that were dropped.
    pub(super) lost: AtomicU64,
}

/// A request with an answer.
pub(super) struct Call<F, T> {
    writes: bool,
    work: F,
    done: Option<T>,
    reply: oneshot::Sender<Result<T, Fault>>,
}

impl<F, T> Call<F, T>
where
    F: FnMut(&Database<'_>) -> rusqlite::Result<T> + Send + 'static,
    T: Send + 'static,
{
    pub(super) fn boxed(writes: bool, work: F) -> (Box<dyn Request>, oneshot::Receiver<Result<T, Fault>>) {
        let (reply, answer) = oneshot::channel();
        (Box::new(Self { writes, work, done: None, reply }), answer)
    }
}

impl<F, T> Request for Call<F, T>
where
    F: FnMut(&Database<'_>) -> rusqlite::Result<T> + Send,
    T: Send,
{
    fn writes(&self) -> bool {
        self.writes
    }

    fn concerns_mail(&self) -> bool {
        self.writes
    }

    fn run(&mut self, database: &Database<'_>) -> rusqlite::Result<()> {
        self.done = None;
        self.done = Some((self.work)(database)?);
        Ok(())
    }

    fn reply(self: Box<Self>, outcome: Result<(), Fault>) {
        let Self { done, reply, .. } = *self;
        // The caller may be gone: the work is done all the same.
        drop(reply.send(outcome.and_then(|()| done.ok_or_else(gone))));
    }
}

/// Writes a record.
pub(super) struct Append(pub(super) Record);

impl Request for Append {
    fn writes(&self) -> bool {
        true
    }

    fn concerns_mail(&self) -> bool {
        false
    }

    fn run(&mut self, database: &Database<'_>) -> rusqlite::Result<()> {
        database.append(&self.0)
    }

    fn reply(self: Box<Self>, _: Result<(), Fault>) {}
}

/// Writes a proof of life down.
pub(super) struct KeepAlive(pub(super) WatchKey, pub(super) SystemTime);

impl Request for KeepAlive {
    fn writes(&self) -> bool {
        true
    }

    fn concerns_mail(&self) -> bool {
        false
    }

    fn run(&mut self, database: &Database<'_>) -> rusqlite::Result<()> {
        database.keep_alive(&self.0, self.1)
    }

    fn reply(self: Box<Self>, _: Result<(), Fault>) {}
}

/// Why a request was never answered.
pub(super) fn gone() -> Fault {
    Fault::needs_user(FaultClass::History, format!("{FILE} is no longer written: restart the program"))
}
