//! What a watch's tasks are done with.

use std::sync::Arc;

use crate::account::AccountState;
use crate::dial::Dial;
use crate::headers::decode;
use crate::history::{History, WatchKey};
use crate::hook::HookSignal;
use crate::secret::CredentialSource;
use crate::sightings::Sightings;
use mailwatch_proto::connection::dialogue::{Facts, Subject};
use mailwatch_proto::model::WatchId;

/// Who wants the trace's lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trace {
    /// Nobody.
    Nobody,
    /// The evidence of a stall.
    Stalls,
    /// A screen besides, which also wants what is over.
    Screen,
}

/// What every task of a watch needs.
#[derive(Clone, Debug)]
pub struct TaskContext {
    /// The watch.
    pub id: WatchId,
    /// Its account.
    pub state: Arc<AccountState>,
    /// Its key in the history.
    pub key: WatchKey,
    /// Makes connections.
    pub dial: Arc<dyn Dial>,
    /// Gets the account's password or token.
    pub secrets: Arc<dyn CredentialSource>,
    /// Keeps what was seen.
    pub history: History,
    /// Signals that hooks are owed.
    pub hooks: HookSignal,
    /// The push tests' messages that are on their way.
    pub sightings: Sightings,
    /// Who wants the trace.
    pub trace: Trace,
}

impl TaskContext {
    pub(super) fn facts(&self) -> Facts {
        let account = &self.state.account;
        let facts = Facts::new(Subject {
            id: self.id.clone(),
            peer: self.state.peer().into(),
            id_required: account.quirks.id_required,
            poll_by_status: account.quirks.poll_by_status,
            looks_back: self.trace == Trace::Screen,
            decode,
        });
        Facts { written: self.state.spellings(), ..facts }
    }
}
