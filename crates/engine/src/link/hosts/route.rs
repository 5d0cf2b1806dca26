//! What a front end of all hosts asks for, each to the engine that it is for.

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::sync::mpsc;

use super::links::{Begun, Wanted};
use super::scope::{Scope, unscoped};
use crate::config::save::{Place, Tuned};
use crate::history::MailQuery;
use crate::link::commander::Order;
use crate::link::way::Wish;
use crate::requests::{Asked, ProbeOrder, PushOrder, Reply, Request, RequestQueue, ShareOrder};
use mailwatch_proto::model::{MailKey, split_host};

/// What comes to one engine's part.
#[derive(Debug)]
pub(super) enum ToPart<S> {
    /// A command, the watches by their own names.
    Order(Order),
    Wish(Wish),
    Asked(Asked<S>),
    /// Try now.
    Again,
    /// Go on with this.
    Begun(Begun),
}

/// Gives each its own.
pub(super) struct Router<S> {
    orders: mpsc::Receiver<Order>,
    wishes: mpsc::UnboundedReceiver<Wish>,
    requests: RequestQueue<S>,
    wanted: mpsc::UnboundedReceiver<Wanted>,
    parts: BTreeMap<Arc<str>, mpsc::UnboundedSender<ToPart<S>>>,
    /// Whom a request is for that concerns no account.
    aim: Arc<str>,
}

impl<S: Send + 'static> Router<S> {
    pub(super) fn new(
        orders: mpsc::Receiver<Order>,
        wishes: mpsc::UnboundedReceiver<Wish>,
        requests: RequestQueue<S>,
        wanted: mpsc::UnboundedReceiver<Wanted>,
    ) -> Self {
        Self { orders, wishes, requests, wanted, parts: BTreeMap::new(), aim: "".into() }
    }

    /// Makes the way to one more part.
    pub(super) fn add(&mut self, host: Arc<str>) -> mpsc::UnboundedReceiver<ToPart<S>> {
        let (part, inbox) = mpsc::unbounded_channel();
        self.parts.insert(host, part);
        inbox
    }

    /// Until the front end has ended.
    pub(super) async fn route(mut self) {
        loop {
            tokio::select! {
                biased;
                Some(wanted) = self.wanted.recv() => self.want(wanted),
                order = self.orders.recv() => match order {
                    Some(order) => self.order(order),
                    None => return,
                },
                Some(wish) = self.wishes.recv() => self.wish(wish),
                Some(asked) = self.requests.recv() => self.ask(asked),
            }
        }
    }

    fn want(&mut self, wanted: Wanted) {
        match wanted {
            Wanted::Again(host) => self.give(&host, ToPart::Again),
            Wanted::Aim(host) => self.aim = host,
            Wanted::Begun(host, begun) => self.give(&host, ToPart::Begun(begun)),
        }
    }

    fn give(&self, host: &str, message: ToPart<S>) {
        if let Some(part) = self.parts.get(host) {
            // A part ends with the router, or with a fault of its own.
            let _ = part.send(message);
        }
    }

    fn order(&self, Order { watches, command }: Order) {
        if watches.is_empty() {
            for part in self.parts.values() {
                let _ = part.send(ToPart::Order(Order { watches: Vec::new(), command }));
            }
            return;
        }
        let mut by_host: BTreeMap<&str, Vec<_>> = BTreeMap::new();
        for watch in &watches {
            let (host, own) = unscoped(watch);
            by_host.entry(host).or_default().push(own);
        }
        for (host, watches) in by_host {
            self.give(host, ToPart::Order(Order { watches, command }));
        }
    }

    fn wish(&self, wish: Wish) {
        match wish {
            Wish::Wire(on) => self.parts.values().for_each(|part| drop(part.send(ToPart::Wish(Wish::Wire(on))))),
            Wish::Past(watch) => {
                let (host, own) = unscoped(&watch);
                self.give(host, ToPart::Wish(Wish::Past(own)));
            }
            Wish::Confirm(mail) => {
                let (host, own) = unscoped(&mail.watch);
                self.give(host, ToPart::Wish(Wish::Confirm(MailKey { watch: own, ..mail.clone() })));
            }
            // Each link has its own.
            Wish::Ping => {}
        }
    }

    fn ask(&self, Asked { request, replies }: Asked<S>) {
        match request {
            Request::Secret(account, password) => {
                let (host, own) = split_host(&account);
                let request = Request::Secret(own.to_owned(), password);
                self.give(host, ToPart::Asked(Asked { request, replies }));
            }
            Request::LoggedIn(account) => {
                let (host, own) = split_host(&account);
                self.give(host, ToPart::Asked(Asked { request: Request::LoggedIn(own.to_owned()), replies }));
            }
            Request::Check(number, account) => {
                let (host, own) = split_host(&account);
                let request = Request::Check(number, own.to_owned());
                self.give(host, ToPart::Asked(Asked { request, replies }));
            }
            Request::Probe(order) => {
                let (host, own) = split_host(&order.account);
                let request = Request::Probe(Box::new(ProbeOrder { account: own.to_owned(), ..*order.clone() }));
                self.give(host, ToPart::Asked(Asked { request, replies }));
            }
            Request::Push(order) => {
                let (host, own) = split_host(&order.account);
                let request = Request::Push(PushOrder { account: own.to_owned(), ..order.clone() });
                self.give(host, ToPart::Asked(Asked { request, replies }));
            }
            Request::Save(timers) => self.save(timers, &replies),
            Request::Share(order) => {
                let (host, own) = split_host(&order.account);
                let request = Request::Share(ShareOrder { account: own.to_owned(), ..order.clone() });
                self.give(host, ToPart::Asked(Asked { request, replies }));
            }
            Request::Mails(number, query) => self.mails(number, &query, &replies),
            Request::Read(number, mail) => {
                let (host, own) = unscoped(&mail.watch);
                let request = Request::Read(number, MailKey { watch: own, ..mail.clone() });
                self.give(host, ToPart::Asked(Asked { request, replies }));
            }
            // Whose it is is known to that host alone.
            Request::StopReading(number) => self.parts.values().for_each(|part| {
                let request = Request::StopReading(number);
                let _ = part.send(ToPart::Asked(Asked { request, replies: replies.clone() }));
            }),
            Request::Seen(number, mails) => self.seen(number, mails, &replies),
            request @ (Request::Reload
            | Request::Restart
            | Request::Evidence
            | Request::Sample
            | Request::Find(_)
            | Request::Try(..)
            | Request::StopTrying
            | Request::Report(_)
            | Request::Add(_)) => self.give(self.aimed(), ToPart::Asked(Asked { request, replies })),
        }
    }

    /// The mails of one watch are its host's; those of all watches come from each host, with its name.
    fn mails(&self, number: u64, query: &MailQuery, replies: &mpsc::Sender<Reply<S>>) {
        let scope = query.watch.as_ref().map(unscoped);
        let of = scope.as_ref().map(|(host, _)| *host);
        for (host, part) in self.parts.iter().filter(|(host, _)| of.is_none_or(|of| of == &***host)) {
            let watch = scope.as_ref().map(|(_, own)| own.clone());
            let request = Request::Mails(number, MailQuery { watch, ..query.clone() });
            let (named, mut answered) = mpsc::channel(1);
            let _ = part.send(ToPart::Asked(Asked { request, replies: named }));
            let (host, replies) = (Arc::clone(host), replies.clone());
            tokio::spawn(async move {
                while let Some(reply) = answered.recv().await {
                    let reply = match reply {
                        Reply::Mails(number, _, list) => Reply::Mails(number, Arc::clone(&host), list),
                        other => other,
                    };
                    // A front end that has ended needs none.
                    let _ = replies.send(reply).await;
                }
            });
        }
    }

    /// Each host's mails are marked there; what comes back has the names that the front end knows.
    fn seen(&self, number: u64, mails: Vec<MailKey>, replies: &mpsc::Sender<Reply<S>>) {
        let mut by_host: BTreeMap<String, Vec<MailKey>> = BTreeMap::new();
        for mail in mails {
            let (host, own) = unscoped(&mail.watch);
            by_host.entry(host.to_owned()).or_default().push(MailKey { watch: own, ..mail.clone() });
        }
        for (host, mails) in by_host {
            let (named, mut answered) = mpsc::channel(1);
            self.give(&host, ToPart::Asked(Asked { request: Request::Seen(number, mails), replies: named }));
            let (scope, replies) = (Scope::new(host.into()), replies.clone());
            tokio::spawn(async move {
                while let Some(reply) = answered.recv().await {
                    let reply = match reply {
                        Reply::Marked(number, mails, why) => {
                            let own = |mail: MailKey| MailKey { watch: scope.watch(&mail.watch), ..mail };
                            Reply::Marked(number, mails.into_iter().map(own).collect(), why)
                        }
                        other => other,
                    };
                    // A front end that has ended needs none.
                    let _ = replies.send(reply).await;
                }
            });
        }
    }

    /// The host aimed at, else this machine, else the first.
    fn aimed(&self) -> &str {
        let known = [&*self.aim, ""].into_iter().find(|host| self.parts.contains_key(*host));
        known.or_else(|| self.parts.keys().next().map(|host| &**host)).unwrap_or_default()
    }

    /// Each host's timers into its own configuration; what is for all accounts is for those of the host aimed at.
    fn save(&self, timers: Vec<Tuned>, replies: &mpsc::Sender<Reply<S>>) {
        let mut by_host: BTreeMap<String, Vec<Tuned>> = BTreeMap::new();
        for tuned in timers {
            let (host, place) = match &tuned.place {
                Place::All => (self.aimed(), Place::All),
                Place::Account(account) => {
                    let (host, own) = split_host(account);
                    (host, Place::Account(own.into()))
                }
            };
            by_host.entry(host.to_owned()).or_default().push(Tuned { place, ..tuned });
        }
        for (host, timers) in by_host {
            self.give(&host, ToPart::Asked(Asked { request: Request::Save(timers), replies: replies.clone() }));
        }
    }
}
