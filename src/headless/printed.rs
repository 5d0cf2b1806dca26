//! What a reader of another process's engine has printed, should it see it again from the next engine.

use std::collections::{BTreeSet, VecDeque};
use std::io;
use std::sync::Arc;
use std::time::{Instant, SystemTime};

use mailwatch_proto::model::{Board, Event, EventKind, MailKey, WatchId};
use tokio::io::{AsyncWrite, AsyncWriteExt as _};

use super::{Format, json_line, text_line};

/// Mails that are remembered: the next engine tells those alone that the last had not marked as told.
const REMEMBERED: usize = 10_000;

/// Whose events are printed, and the mails that were, the last ones, while they came from another process's engine.
#[derive(Clone, Debug, Default)]
pub struct Printed {
    /// The accounts; all where none is named.
    accounts: Vec<Arc<str>>,
    mails: BTreeSet<MailKey>,
    order: VecDeque<MailKey>,
    /// Whether they come from another process's engine.
    reads: bool,
    begun: bool,
}

impl Printed {
    /// Of these accounts; of all where none is named.
    #[must_use]
    pub fn of(accounts: Vec<Arc<str>>) -> Self {
        Self { accounts, ..Self::default() }
    }

    /// Whether what happens to this watch is printed; what happens to none is.
    pub(super) fn is_of(&self, watch: Option<&WatchId>) -> bool {
        watch.is_none_or(|watch| self.accounts.is_empty() || self.accounts.contains(&watch.account))
    }

    /// From now on events come from another process's engine. The first time each watch's phase is printed: for this reader
    /// it begins with it.
    ///
    /// # Errors
    /// If the output fails.
    pub async fn begin(
        &mut self,
        out: &mut (impl AsyncWrite + Unpin),
        format: &Format,
        board: &Board,
    ) -> io::Result<()> {
        self.reads = true;
        if std::mem::replace(&mut self.begun, true) {
            return Ok(());
        }
        let mut lines = String::new();
        for watch in board.watches.values() {
            let kind = EventKind::Phase { from: None, to: watch.phase, by: watch.sharing.served };
            let (ts, at) = (SystemTime::now(), Instant::now());
            let event = Event { ts, at, watch: Some(watch.id.clone()), conn: watch.connection.id, kind };
            let line = match format {
                Format::Json => json_line(&event),
                Format::Text { zone, .. } => text_line(&event, zone),
            };
            lines.extend(line.into_iter().flat_map(|line| [line, "\n".to_owned()]));
        }
        out.write_all(lines.as_bytes()).await?;
        out.flush().await
    }

    /// From now on events come from this process's own engine.
    pub const fn owns(&mut self) {
        self.reads = false;
    }

    /// Whether it is to be printed.
    pub(super) fn is_new(&self, event: &Event) -> bool {
        if !self.is_of(event.watch.as_ref()) {
            return false;
        }
        let (EventKind::NewMail(mail), Some(watch)) = (&event.kind, &event.watch) else { return true };
        self.mails.is_empty() || !self.mails.contains(&mail.key(watch))
    }

    /// The mail's line is written.
    pub(super) fn has(&mut self, mail: &MailKey) {
        if !self.reads || !self.mails.insert(mail.clone()) {
            return;
        }
        if self.order.len() >= REMEMBERED
            && let Some(oldest) = self.order.pop_front()
        {
            self.mails.remove(&oldest);
        }
        self.order.push_back(mail.clone());
    }
}
