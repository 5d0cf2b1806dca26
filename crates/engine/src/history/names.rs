//! Values of the vocabulary as the database keeps them: by name.

use rusqlite::Row;
use rusqlite::types::Type;

use super::watch_key::WatchKey;
use mailwatch_proto::model::{DoneReason, FaultClass, Loss, Status, Verdict};

pub(super) const REASONS: [DoneReason; 13] = [
    DoneReason::Reissue,
    DoneReason::NewMail,
    DoneReason::User,
    DoneReason::Silence,
    DoneReason::Retune,
    DoneReason::Rotate,
    DoneReason::Slept,
    DoneReason::Network,
    DoneReason::Pause,
    DoneReason::Shutdown,
    DoneReason::Turn,
    DoneReason::Hint,
    DoneReason::NotPushing,
];

pub(super) const STATUSES: [Status; 3] = [Status::Ok, Status::No, Status::Bad];

const CLASSES: [FaultClass; 14] = [
    FaultClass::Dns,
    FaultClass::Connect,
    FaultClass::Proxy,
    FaultClass::Tls,
    FaultClass::Auth,
    FaultClass::Secret,
    FaultClass::Mailbox,
    FaultClass::Limit,
    FaultClass::Protocol,
    FaultClass::Timeout,
    FaultClass::Closed,
    FaultClass::History,
    FaultClass::Hook,
    FaultClass::Config,
];

/// The loss of that name; `None` for one of a newer program. `closed` is a verdict and a class alike.
pub(crate) fn loss(name: &str) -> Option<Loss> {
    let verdicts = Verdict::ALL.into_iter().map(Loss::Concluded);
    let classes = CLASSES.into_iter().map(Loss::Fault);
    verdicts.chain(classes).chain([Loss::User, Loss::Rotation]).find(|loss| loss.name() == name)
}

/// The watch in three columns, from `first` on.
pub(super) fn key_at(row: &Row<'_>, first: usize) -> rusqlite::Result<WatchKey> {
    Ok(WatchKey { account: row.get(first)?, login: row.get(first + 1)?, mailbox: row.get(first + 2)? })
}

/// The value whose name a column holds.
pub(super) fn named<T: Copy>(
    row: &Row<'_>,
    column: usize,
    all: &[T],
    name: fn(T) -> &'static str,
) -> rusqlite::Result<T> {
    let found: String = row.get(column)?;
    all.iter().copied().find(|value| name(*value) == found).ok_or_else(|| {
        rusqlite::Error::FromSqlConversionFailure(column, Type::Text, format!("no such name: {found}").into())
    })
}
