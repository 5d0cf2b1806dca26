//! What the handles ask of the keeper, and what they count together.

use std::sync::atomic::{AtomicU64, AtomicUsize};
use std::time::SystemTime;

use tokio::sync::oneshot;

use super::keeper::Desk;
use super::records::Record;
use super::{FILE, WatchKey};
use mailwatch_proto::model::{Fault, FaultClass};

/// Something to be done in a transaction, perhaps together with others, perhaps twice: on the file, then in memory.
pub(super) trait Request: Send {
    /// Whether it may change the database.
    fn writes(&self) -> bool;
    /// Does it.
    fn run(&mut self, desk: &Desk<'_>) -> rusqlite::Result<()>;
    /// Hands out what came of it, once that is committed.
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
    /// Write everything down; answered when that is done.
    Flush(Box<dyn Request>),
}

/// What the handles and the keeper count together.
#[derive(Debug, Default)]
pub(super) struct Load {
    /// Records on their way.
    pub(super) waiting: AtomicUsize,
    /// Records that were dropped.
    pub(super) lost: AtomicU64,
}

/// A request whose answer somebody awaits.
pub(super) struct Call<F, T> {
    writes: bool,
    work: F,
    done: Option<T>,
    reply: oneshot::Sender<Result<T, Fault>>,
}

impl<F, T> Call<F, T>
where
    F: FnMut(&Desk<'_>) -> rusqlite::Result<T> + Send + 'static,
    T: Send + 'static,
{
    pub(super) fn boxed(writes: bool, work: F) -> (Box<dyn Request>, oneshot::Receiver<Result<T, Fault>>) {
        let (reply, answer) = oneshot::channel();
        (Box::new(Self { writes, work, done: None, reply }), answer)
    }
}

impl<F, T> Request for Call<F, T>
where
    F: FnMut(&Desk<'_>) -> rusqlite::Result<T> + Send,
    T: Send,
{
    fn writes(&self) -> bool {
        self.writes
    }

    fn run(&mut self, desk: &Desk<'_>) -> rusqlite::Result<()> {
        self.done = None;
        self.done = Some((self.work)(desk)?);
        Ok(())
    }

    fn reply(self: Box<Self>, outcome: Result<(), Fault>) {
        let Self { done, reply, .. } = *self;
        // Who asked may be gone: what was asked is done all the same.
        drop(reply.send(outcome.and_then(|()| done.ok_or_else(gone))));
    }
}

/// Keeps a record.
pub(super) struct Append(pub(super) Record);

impl Request for Append {
    fn writes(&self) -> bool {
        true
    }

    fn run(&mut self, desk: &Desk<'_>) -> rusqlite::Result<()> {
        desk.append(&self.0)
    }

    fn reply(self: Box<Self>, _: Result<(), Fault>) {}
}

/// Writes a proof of life down.
pub(super) struct KeepAlive(pub(super) WatchKey, pub(super) SystemTime);

impl Request for KeepAlive {
    fn writes(&self) -> bool {
        true
    }

    fn run(&mut self, desk: &Desk<'_>) -> rusqlite::Result<()> {
        desk.keep_alive(&self.0, self.1)
    }

    fn reply(self: Box<Self>, _: Result<(), Fault>) {}
}

/// Why a request was never answered.
pub(super) fn gone() -> Fault {
    Fault::needs_user(FaultClass::History, format!("{FILE} is no longer served: restart the program"))
}
