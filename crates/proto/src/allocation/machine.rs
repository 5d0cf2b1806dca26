//! The allocation of one account's mailboxes to its connections. No I/O: what is to be done comes out of `poll`.

#[cfg(test)]
mod properties;
mod room;
mod step;
#[cfg(test)]
mod tests;

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::SystemTime;

use self::step::{Change, Lending, Step};
use super::io::{Given, Input, Output};
use super::mailboxes::{MOST_MAILBOXES, Mailboxes};
use super::shares::{Share, Shares};
use crate::connection::task::{Appeared, ListedNames, Mailbox};
use crate::model::{EventKind, FaultClass, WatchId};

/// Who serves which mailbox.
#[derive(Debug)]
pub struct Allocation {
    account: Arc<str>,
    max_connections: usize,
    /// So many the server allows, where it allows fewer.
    learned: Option<usize>,
    /// The watches whose connections stood when it last refused one.
    standing: BTreeSet<WatchId>,
    /// Whether none stood.
    crowded: bool,
    lending: Lending,
    mailboxes: Mailboxes,
    /// The mailboxes with connections of their own.
    own: BTreeSet<WatchId>,
    shares: Shares,
    discovery: Option<WatchId>,
    /// When the mailboxes were last listed.
    listed: Option<SystemTime>,
    step: Step,
    /// The ends and returns that the step waits for.
    awaited: BTreeSet<WatchId>,
    /// What came meanwhile.
    later: VecDeque<Change>,
    outputs: VecDeque<Output>,
}

impl Allocation {
    /// Of an account with these `mailboxes`. The first outputs are there at once.
    #[must_use]
    pub fn new(account: &str, entries: &[String], max_connections: u16) -> Self {
        let mut allocation = Self {
            account: Arc::from(account),
            max_connections: usize::from(max_connections.max(1)),
            learned: None,
            standing: BTreeSet::new(),
            crowded: false,
            lending: Lending::None,
            mailboxes: Mailboxes::new(entries),
            own: BTreeSet::new(),
            shares: Shares::default(),
            discovery: None,
            listed: None,
            step: Step::Admitting { appeared: None, listed: false },
            awaited: BTreeSet::new(),
            later: VecDeque::new(),
            outputs: VecDeque::new(),
        };
        allocation.go_on();
        allocation
    }

    /// Takes what happened.
    pub fn handle(&mut self, input: Input) {
        match input {
            Input::Stop => self.stop(),
            Input::TakenBack(id, given) => self.taken_back(&id, given),
            Input::Ended { id, known, shared } => self.ended(&id, known, shared),
            Input::Listed { by, names, at } => self.later.push_back(Change::Listed { by, names, at }),
            Input::Configure(entries) => self.later.push_back(Change::Configured(entries)),
            Input::Limited { id, standing } => self.later.push_back(Change::Limited(id, standing)),
            Input::TryMore => self.later.push_back(Change::More),
            Input::Lend { refused, standing } => self.later.push_back(Change::Lend { refused, standing }),
            Input::Returned => self.later.push_back(Change::Returned),
        }
        self.go_on();
    }

    /// What is to be done next.
    pub fn poll(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// Whether everything that came was dealt with.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        self.outputs.is_empty() && matches!(self.step, Step::Settled | Step::Stopped)
    }

    /// Whether everything has ended.
    #[must_use]
    pub fn is_stopped(&self) -> bool {
        self.step == Step::Stopped
    }

    /// The account's `mailboxes`, where LIST must say what they mean.
    #[must_use]
    pub fn listed_entries(&self) -> Option<Vec<String>> {
        self.is_listed().then(|| self.mailboxes.entries().map(str::to_owned).collect())
    }

    fn is_listed(&self) -> bool {
        self.mailboxes.is_listed()
    }

    /// Takes the next steps, as far as nothing is awaited.
    fn go_on(&mut self) {
        while self.awaited.is_empty() {
            match std::mem::replace(&mut self.step, Step::Settled) {
                Step::Settled => match self.later.pop_front() {
                    Some(Change::Listed { by, names, at }) => self.take_list(&by, &names, at),
                    Some(Change::Configured(entries)) => self.configure(entries),
                    Some(Change::Limited(id, standing)) => self.limited(&id, standing),
                    Some(Change::More) => self.try_more(),
                    Some(Change::Lend { refused, standing }) => self.lend(refused, standing),
                    Some(Change::Returned) => self.returned_loan(),
                    None => return,
                },
                Step::Vanishing { since, vanished } => {
                    let appeared = since.map(|since| Appeared { since, vanished });
                    self.step = Step::Admitting { appeared, listed: true };
                }
                Step::Unnaming => self.step = Step::Admitting { appeared: None, listed: false },
                Step::Admitting { appeared, listed } => self.admit(appeared, listed),
                Step::Renewing(entries) => {
                    self.mailboxes = Mailboxes::new(&entries);
                    self.listed = None;
                    // What was listed meanwhile answers the entries before.
                    self.later.retain(|change| match change {
                        Change::Configured(_) | Change::Lend { .. } | Change::Returned => true,
                        Change::Listed { .. } | Change::Limited(..) | Change::More => false,
                    });
                    self.step = Step::Admitting { appeared: None, listed: false };
                }
                Step::Stopping => self.step = Step::Stopped,
                Step::Stopped => {
                    self.step = Step::Stopped;
                    return;
                }
            }
        }
    }

    /// LIST was answered: mailboxes that vanished end, those that appeared begin.
    fn take_list(&mut self, by: &WatchId, names: &ListedNames, at: SystemTime) {
        for entry in self.mailboxes.take(&names.names) {
            let message = format!(
                "no mailbox fits {entry} in mailboxes; LIST is asked again, and what appears is watched from then on"
            );
            self.tell(by, FaultClass::Mailbox, message);
        }
        if let Some(count) = self.mailboxes.take_surplus() {
            let message = format!("{count} mailboxes more than {MOST_MAILBOXES} fit mailboxes; they are not watched");
            self.tell(by, FaultClass::Limit, message);
        }
        self.step = Step::Vanishing { since: self.listed.replace(at), vanished: Vec::new() };
        self.dismiss();
    }

    /// The configuration was read again. Connections that serve their own mailbox alone are not touched by what happens to
    /// others; where mailboxes share connections, or are listed, everything begins anew.
    fn configure(&mut self, entries: Vec<String>) {
        if self.mailboxes.is_of(&entries) {
            return;
        }
        let mailboxes = Mailboxes::new(&entries);
        if [&self.mailboxes, &mailboxes].iter().all(|mailboxes| mailboxes.is_trivial(self.most())) {
            self.mailboxes = mailboxes;
            self.step = Step::Unnaming;
            self.dismiss();
        } else {
            self.step = Step::Renewing(entries);
            self.end_all();
        }
    }

    fn stop(&mut self) {
        if !matches!(self.step, Step::Stopping | Step::Stopped) {
            self.later.clear();
            self.step = Step::Stopping;
            self.end_all();
        }
    }

    /// Ends every connection; the shared mailboxes come back with theirs.
    fn end_all(&mut self) {
        for id in self.own.iter().chain(&self.discovery).cloned().collect::<Vec<_>>() {
            self.end(id);
        }
    }

    fn end(&mut self, id: WatchId) {
        if self.awaited.insert(id.clone()) {
            self.outputs.push_back(Output::End(id));
        }
    }

    /// Ends the mailboxes that are no longer wanted.
    fn dismiss(&mut self) {
        let wanted: BTreeSet<WatchId> = self.wanted().into_iter().collect();
        let gone = |id: &&WatchId| !wanted.contains(*id);
        let shared: Vec<WatchId> = self.shares.ids().filter(gone).cloned().collect();
        let own: Vec<WatchId> = self.own.iter().filter(gone).cloned().collect();
        for id in shared {
            self.take_back(id);
        }
        for id in own {
            self.end(id);
        }
    }

    /// Asks for a shared mailbox. Whether there is a connection to ask.
    fn take_back(&mut self, id: WatchId) -> bool {
        let Some(from) = self.shares.take_back(id.clone()) else { return false };
        self.awaited.insert(id.clone());
        self.outputs.push_back(Output::TakeBack { id, from });
        true
    }

    /// A shared mailbox came back. One that its connection did not have is gone from it: it begins as a new one.
    fn taken_back(&mut self, id: &WatchId, given: Option<Given>) {
        if self.shares.of(id) != Some(Share::Returning) {
            return;
        }
        self.awaited.remove(id);
        match given {
            Some(given) => self.returned(id.clone(), given),
            None => self.shares.remove(id),
        }
    }

    fn returned(&mut self, id: WatchId, given: Given) {
        self.awaited.remove(&id);
        let wanted = self.is_wanted(&id);
        match &mut self.step {
            Step::Vanishing { vanished, .. } if !wanted => {
                vanished.extend(given.known);
                self.shares.remove(&id);
                self.outputs.push_back(Output::Leave { id, vanished: true });
            }
            Step::Renewing(_) => {
                self.shares.remove(&id);
                self.outputs.push_back(Output::Leave { id, vanished: false });
            }
            Step::Stopping | Step::Stopped => self.shares.remove(&id),
            Step::Settled | Step::Vanishing { .. } | Step::Unnaming | Step::Admitting { .. } => self.shares.orphan(id),
        }
    }

    fn ended(&mut self, id: &WatchId, known: Option<Mailbox>, shared: Vec<(WatchId, Given)>) {
        let ordered = self.awaited.remove(id);
        let discovery = self.discovery.as_ref() == Some(id);
        if discovery {
            self.discovery = None;
        } else if !self.own.remove(id) {
            return;
        }
        if self.shares.end(id) {
            for (id, given) in shared {
                self.returned(id, given);
            }
            self.lose_shared();
        }
        match &mut self.step {
            Step::Vanishing { vanished, .. } if ordered => {
                vanished.extend(known);
                self.outputs.push_back(Output::Leave { id: id.clone(), vanished: true });
            }
            Step::Unnaming | Step::Renewing(_) => {
                self.outputs.push_back(Output::Leave { id: id.clone(), vanished: false });
            }
            Step::Admitting { .. } if discovery => {
                self.outputs.push_back(Output::Leave { id: id.clone(), vanished: false });
            }
            // It ended by itself: it begins again.
            Step::Settled => self.step = Step::Admitting { appeared: None, listed: false },
            Step::Vanishing { .. } | Step::Admitting { .. } | Step::Stopping | Step::Stopped => {}
        }
    }

    /// What did not come back with its connection was lost with it. Where it is wanted it begins as a new one.
    fn lose_shared(&mut self) {
        let renewing = matches!(self.step, Step::Renewing(_));
        for id in self.shares.lose() {
            self.awaited.remove(&id);
            if renewing || !self.is_wanted(&id) {
                self.outputs.push_back(Output::Leave { id, vanished: false });
            }
        }
    }

    /// Starts what is wanted and not there yet, in order; what finds no room shares.
    fn admit(&mut self, appeared: Option<Appeared>, listed: bool) {
        self.hand_over();
        let wanted = self.wanted();
        if !wanted.is_empty()
            && let Some(id) = self.discovery.clone()
        {
            // Its connection makes room for theirs.
            self.step = Step::Admitting { appeared, listed };
            self.end(id);
            return;
        }
        let mut returning = 0;
        let mut sharers = Vec::new();
        for id in wanted {
            if self.own.contains(&id) {
                continue;
            }
            let has_room = self.own.len() + returning < self.most();
            match self.shares.of(&id) {
                Some(Share::Served) if has_room => {
                    returning += usize::from(self.take_back(id));
                }
                Some(Share::Orphaned) if has_room => {
                    self.shares.remove(&id);
                    self.own.insert(id.clone());
                    self.outputs.push_back(Output::Promote(id));
                }
                None if has_room => {
                    self.own.insert(id.clone());
                    self.outputs.push_back(Output::Start { id, appeared: appeared.clone() });
                }
                Some(Share::Served | Share::Returning) => {}
                Some(Share::Orphaned) | None => sharers.push(id),
            }
        }
        self.choose_sharing();
        for id in sharers {
            self.share(id, appeared.as_ref());
        }
        if returning > 0 {
            self.step = Step::Admitting { appeared, listed };
            return;
        }
        if self.own.is_empty() && self.is_listed() && self.discovery.is_none() {
            let id = self.id(self.mailboxes.question());
            self.discovery = Some(id.clone());
            self.outputs.push_back(Output::Discover(id));
        }
        if listed {
            let there = self.mailboxes.listed().map(|name| self.id(name)).filter(|id| self.own.contains(id));
            self.outputs.extend(there.map(Output::Reconnect).collect::<Vec<_>>());
        }
    }

    fn wanted(&self) -> Vec<WatchId> {
        self.mailboxes.wanted().map(|name| self.id(name)).collect()
    }

    fn is_wanted(&self, id: &WatchId) -> bool {
        self.mailboxes.wanted().any(|name| self.id(name) == *id)
    }

    fn id(&self, mailbox: &str) -> WatchId {
        WatchId::new(&self.account, mailbox)
    }

    fn tell(&mut self, of: &WatchId, class: FaultClass, message: String) {
        self.outputs.push_back(Output::Tell(of.clone(), EventKind::Fault { class, message, retry: true }));
    }
}
