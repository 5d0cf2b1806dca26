//! One engine's part of the board that shows all of them.

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::time::Instant;

use super::scope::Scope;
use super::unreached::Unreached;
use crate::link::Publisher;
use mailwatch_proto::model::{Board, Event, Host, HostEngine, HostLink};

/// Keeps it up. Gone from the board when dropped: never, but with the board.
pub(super) struct Part {
    scope: Scope,
    publisher: Publisher,
    /// What the engine showed last.
    seen: Board,
    /// Whether the board has it as it was shown.
    is_shown: bool,
    host: Host,
}

impl Part {
    pub(super) fn new(host: Arc<str>, publisher: Publisher) -> Self {
        let scope = Scope::new(host);
        let host = Host {
            link: HostLink::Connecting,
            since: Instant::now().into_std(),
            said: String::new(),
            asks: false,
            engine: None,
        };
        let part = Self { scope, publisher, seen: Board::default(), is_shown: false, host };
        part.put_host();
        part
    }

    pub(super) fn name(&self) -> &str {
        self.scope.host()
    }

    pub(super) const fn link(&self) -> HostLink {
        self.host.link
    }

    fn put_host(&self) {
        self.publisher.change(|board| {
            board.hosts.insert(Arc::clone(self.scope.host()), Arc::new(self.host.clone()));
        });
    }

    /// An engine is there now.
    pub(super) fn linked(&mut self, engine: Option<HostEngine>, board: Board) {
        self.host =
            Host { link: HostLink::Up, since: Instant::now().into_std(), said: String::new(), asks: false, engine };
        self.is_shown = false;
        self.put_host();
        self.show(board);
    }

    /// It answers again.
    pub(super) fn answers(&mut self, board: Board) {
        let engine = self.host.engine.take();
        self.linked(engine, board);
    }

    /// Shows what it shows.
    pub(super) fn show(&mut self, new: Board) {
        let (scope, is_shown) = (&self.scope, std::mem::replace(&mut self.is_shown, true));
        let name = Arc::from(self.scope.host());
        let old = std::mem::take(&mut self.seen);
        self.publisher.change(|board| {
            for id in old.watches.keys().filter(|id| !new.watches.contains_key(*id)) {
                board.watches.remove(&scope.watch(id));
            }
            for (id, snapshot) in &new.watches {
                let is_known = is_shown && old.watches.get(id).is_some_and(|known| Arc::ptr_eq(known, snapshot));
                if !is_known {
                    let snapshot = scope.snapshot(snapshot);
                    board.watches.insert(snapshot.id.clone(), snapshot);
                }
            }
            replace(scope, &mut board.ages, &old.ages, &new.ages);
            replace(scope, &mut board.failed_hooks, &old.failed_hooks, &new.failed_hooks);
            replace(scope, &mut board.connection_limits, &old.connection_limits, &new.connection_limits);
            replace(scope, &mut board.canaries, &old.canaries, &new.canaries);
            if let Some(gaps) = new.gaps.get("") {
                board.gaps.insert(Arc::clone(&name), Arc::clone(gaps));
            }
            let [before, now] = [&old.fault, &new.fault].map(|fault| fault.as_ref().map(|fault| scope.fault(fault)));
            if now.is_some() || board.fault == before {
                board.fault = now;
            }
        });
        self.seen = new;
    }

    /// Nothing is known of it any more, since when and why.
    pub(super) fn unheard(&mut self, link: HostLink, since: Instant, why: Unreached) {
        let first = self.host.link.is_up();
        self.host.link = link;
        self.host.asks = matches!(why, Unreached::Asks(_));
        self.host.said = why.into_words();
        if first {
            self.host.since = since.into_std();
        }
        self.put_host();
        if !std::mem::take(&mut self.is_shown) {
            return;
        }
        let why = if self.name().is_empty() {
            "the engine has ended: this is what it saw last".to_owned()
        } else {
            format!("no link to {}: this is what it saw last", self.name())
        };
        // Nobody here knows whether it still comes.
        let canaries = std::mem::take(&mut self.seen.canaries);
        let (scope, seen) = (&self.scope, &self.seen);
        self.publisher.change(|board| {
            replace(scope, &mut board.canaries, &canaries, &BTreeMap::new());
            for snapshot in seen.watches.values() {
                let left = scope.snapshot(&Arc::new(snapshot.unheard(since.into_std(), &why)));
                board.watches.insert(left.id.clone(), left);
            }
        });
    }

    /// Tells what it tells.
    pub(super) fn tell(&self, event: Event) {
        self.publisher.publish(self.scope.event(event));
    }
}

/// Takes over what stands by account.
fn replace<T: Clone + PartialEq>(
    scope: &Scope,
    board: &mut BTreeMap<Arc<str>, T>,
    old: &BTreeMap<Arc<str>, T>,
    new: &BTreeMap<Arc<str>, T>,
) {
    for account in old.keys().filter(|account| !new.contains_key(*account)) {
        board.remove(&scope.account(account));
    }
    for (account, value) in new.iter().filter(|(account, value)| old.get(*account) != Some(value)) {
        board.insert(scope.account(account), value.clone());
    }
}
