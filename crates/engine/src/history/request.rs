//! What the handles ask of the store.

use std::time::SystemTime;

use tokio::sync::oneshot;

use super::database::Database;
use super::file::FILE;
use super::prune::Limits;
use super::record::Record;
use super::trouble::concerns_file;
use super::watch_key::WatchKey;
use mailwatch_proto::model::{Fault, FaultClass};

/// Work in a transaction, perhaps together with other requests, perhaps twice: on the file, then in memory.
pub(super) trait Request: Send {
    /// Whether it may change the database.
    fn writes(&self) -> bool;
    /// Whether it may be about mail: found, or told.
    fn concerns_mail(&self) -> bool;
    /// Whether it may ask for what is held back.
    fn wants_all(&self) -> bool;
    /// Does the work.
    fn run(&mut self, database: &Database<'_>) -> rusqlite::Result<()>;
    /// Answers, once the work is committed.
    fn reply(self: Box<Self>, outcome: Result<(), Fault>);
}

/// What the handles send.
pub(super) enum Message {
    /// Answered when committed.
    Request(Box<dyn Request>),
    /// Something is held that may wait some seconds.
    Held,
    /// Something is held that may not: all of it is written.
    Urgent,
    /// Keep no more than this.
    Limit(Limits),
    /// Write everything down and let go of the file; answered when done.
    Close(Box<dyn Request>),
}

/// What a call does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Reads anything.
    Read,
    /// Writes, and may read anything.
    Write,
    /// Reads what has to do with no record: mails, hooks and readers alone.
    ReadMails,
    /// Writes such.
    WriteMails,
}

impl Kind {
    const fn writes(self) -> bool {
        matches!(self, Self::Write | Self::WriteMails)
    }
}

/// A request with an answer.
pub(super) struct Call<F, T> {
    kind: Kind,
    work: F,
    done: Option<T>,
    reply: oneshot::Sender<Result<T, Fault>>,
}

impl<F, T> Call<F, T>
where
    F: FnMut(&Database<'_>) -> rusqlite::Result<T> + Send + 'static,
    T: Send + 'static,
{
    pub(super) fn boxed(kind: Kind, work: F) -> (Box<dyn Request>, oneshot::Receiver<Result<T, Fault>>) {
        let (reply, answer) = oneshot::channel();
        (Box::new(Self { kind, work, done: None, reply }), answer)
    }
}

impl<F, T> Request for Call<F, T>
where
    F: FnMut(&Database<'_>) -> rusqlite::Result<T> + Send,
    T: Send,
{
    fn writes(&self) -> bool {
        self.kind.writes()
    }

    fn concerns_mail(&self) -> bool {
        self.kind.writes()
    }

    fn wants_all(&self) -> bool {
        matches!(self.kind, Kind::Read | Kind::Write)
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

/// Writes what nobody waits for: records and proofs of life.
#[derive(Default)]
pub(super) struct Routine {
    pub(super) records: Vec<Record>,
    pub(super) proofs: Vec<(WatchKey, SystemTime)>,
}

impl Routine {
    /// As a request, where there is anything to write.
    pub(super) fn boxed(self) -> Option<Box<dyn Request>> {
        (!self.records.is_empty() || !self.proofs.is_empty()).then(|| Box::new(self) as Box<dyn Request>)
    }
}

impl Request for Routine {
    fn writes(&self) -> bool {
        true
    }

    fn concerns_mail(&self) -> bool {
        false
    }

    fn wants_all(&self) -> bool {
        false
    }

    fn run(&mut self, database: &Database<'_>) -> rusqlite::Result<()> {
        for record in &self.records {
            one(database.append(record))?;
        }
        for (key, at) in &self.proofs {
            one(database.keep_alive(key, *at))?;
        }
        Ok(())
    }

    fn reply(self: Box<Self>, _: Result<(), Fault>) {}
}

/// One that cannot be kept takes no other with it; what is wrong with the file concerns all.
fn one(written: rusqlite::Result<()>) -> rusqlite::Result<()> {
    match written {
        Err(error) if !concerns_file(&error) => {
            tracing::warn!(%error, "history.db: a record is not kept");
            Ok(())
        }
        written => written,
    }
}

/// Why a request was never answered.
pub(super) fn gone() -> Fault {
    Fault::needs_user(FaultClass::History, format!("{FILE} is no longer written: restart the program"))
}
