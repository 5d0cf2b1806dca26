//! The engine's side of the mailboxes that share a watch's connection: who publishes each, and what its user asks.

use std::collections::BTreeMap;
use std::future::poll_fn;
use std::task::Poll;

use crate::history::WatchKey;
use crate::link::Commands;
use crate::publish::StatusPublisher;
use crate::shared_mailbox::SharedMailbox;
use mailwatch_proto::model::{Command, WatchId};
use mailwatch_proto::sharing;

/// One of them.
#[derive(Debug)]
struct Ends {
    publisher: StatusPublisher,
    commands: Commands,
    key: WatchKey,
}

/// All of them.
#[derive(Debug, Default)]
pub(super) struct Shared(BTreeMap<WatchId, Ends>);

impl Shared {
    pub fn insert(&mut self, id: WatchId, publisher: StatusPublisher, commands: Commands, key: WatchKey) {
        self.0.insert(id, Ends { publisher, commands, key });
    }

    /// One that leaves, with its ends.
    pub fn part(&mut self, mailbox: sharing::SharedMailbox) -> Option<SharedMailbox> {
        let Ends { publisher, commands, key } = self.0.remove(mailbox.id())?;
        Some(SharedMailbox { mailbox, publisher, commands, key })
    }

    pub fn publisher(&mut self, id: &WatchId) -> Option<&mut StatusPublisher> {
        self.0.get_mut(id).map(|ends| &mut ends.publisher)
    }

    /// Which of them has this key.
    pub fn of(&self, key: &WatchKey) -> Option<WatchId> {
        self.0.iter().find(|(_, ends)| ends.key == *key).map(|(id, _)| id.clone())
    }

    /// Whether mails of one of them wait for room.
    pub fn is_behind(&self) -> bool {
        self.0.values().any(|ends| ends.publisher.is_behind())
    }

    /// How many wait.
    pub fn waiting(&self) -> usize {
        self.0.values().map(|ends| ends.publisher.waiting()).sum()
    }

    /// Tells them, as far as there is room.
    pub fn relieve(&mut self) {
        self.0.values_mut().for_each(|ends| ends.publisher.relieve());
    }

    /// What a user asks of one of them. Cancel-safe.
    pub async fn next(&mut self) -> (WatchId, Command) {
        poll_fn(|cx| {
            for (id, ends) in &mut self.0 {
                if let Poll::Ready(Some(command)) = ends.commands.poll_recv(cx) {
                    return Poll::Ready((id.clone(), command));
                }
            }
            Poll::Pending
        })
        .await
    }
}
