//! Whatever a server lists, whatever is configured, and however connections end: checked against a model of the driver.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::allocation::Loan;

/// What happens to an account, in words that a failing case can be read by.
#[derive(Clone, Debug)]
enum Happening {
    /// The server has these mailboxes, and LIST names them.
    Lists(BTreeSet<usize>),
    /// The configuration is read again.
    Configured(usize),
    /// It is read again and the same.
    ConfiguredSame,
    /// What was ordered is done: ends and returns, the newest first where set.
    Obeys { newest_first: bool },
    /// A connection ends by itself.
    Breaks(usize),
    /// A connection is dropped, with what shares it, where one was to end.
    Dropped,
    /// The server refuses one of the connections, for there are too many.
    Limited(usize),
    /// It may allow one more.
    More,
    /// A connection is wanted for something else; the server has refused it, where set.
    Lend { refused: bool },
    /// It is not wanted any more.
    Returned,
}

const CONFIGURATIONS: [&[&str]; 7] = [
    &["INBOX"],
    &["INBOX", "m1", "m2"],
    &["m3", "m1", "m4", "m0"],
    &["*"],
    &["m1", "m%"],
    &["INBOX", "\\Sent", "m2"],
    &[],
];

fn happening() -> impl Strategy<Value = Happening> {
    prop_oneof![
        3 => prop::collection::btree_set(0..6_usize, 0..6).prop_map(Happening::Lists),
        1 => (0..CONFIGURATIONS.len()).prop_map(Happening::Configured),
        1 => Just(Happening::ConfiguredSame),
        5 => any::<bool>().prop_map(|newest_first| Happening::Obeys { newest_first }),
        1 => (0..8_usize).prop_map(Happening::Breaks),
        1 => Just(Happening::Dropped),
        2 => (0..8_usize).prop_map(Happening::Limited),
        1 => Just(Happening::More),
        2 => any::<bool>().prop_map(|refused| Happening::Lend { refused }),
        2 => Just(Happening::Returned),
    ]
}

fn strings(names: &[&str]) -> Vec<String> {
    names.iter().map(ToString::to_string).collect()
}

/// The driver as it should be: what runs, what shares, what is on the board.
#[derive(Debug)]
struct Driver {
    machine: Allocation,
    max_connections: usize,
    entries: Vec<String>,
    there: BTreeSet<usize>,
    /// Each connection, and the mailboxes that share it.
    connections: BTreeMap<WatchId, BTreeSet<WatchId>>,
    discovery: Option<WatchId>,
    asks: BTreeSet<WatchId>,
    /// Shared mailboxes that no connection has.
    in_hand: BTreeSet<WatchId>,
    board: BTreeSet<WatchId>,
    orders: Vec<Order>,
    /// The wishes for a connection for something else that are not answered, and whether each is one still.
    wishes: VecDeque<bool>,
    /// Whether one is used.
    lent: bool,
    seconds: u64,
}

#[derive(Clone, Debug)]
enum Order {
    End(WatchId),
    /// Of a mailbox, from a connection.
    TakeBack(WatchId, WatchId),
}

impl Driver {
    fn new(entries: &[&str], max_connections: u16) -> Self {
        let entries = strings(entries);
        let mut driver = Self {
            machine: Allocation::new("work", &entries, max_connections),
            max_connections: usize::from(max_connections),
            entries,
            there: BTreeSet::new(),
            connections: BTreeMap::new(),
            discovery: None,
            asks: BTreeSet::new(),
            in_hand: BTreeSet::new(),
            board: BTreeSet::new(),
            orders: Vec::new(),
            wishes: VecDeque::new(),
            lent: false,
            seconds: 0,
        };
        driver.perform();
        driver
    }

    /// Does what the machine wants, and fails where that cannot be done. How much there was.
    fn perform(&mut self) -> usize {
        let mut count = 0;
        while let Some(output) = self.machine.poll() {
            count += 1;
            self.output(output);
            let open = self.connections.len() + usize::from(self.discovery.is_some()) + usize::from(self.lent);
            assert!(open <= self.max_connections, "{open} connections");
        }
        count
    }

    fn output(&mut self, output: Output) {
        match output {
            Output::Start { id, .. } => {
                assert!(!self.serves(&id) && !self.in_hand.contains(&id), "{id} starts twice");
                self.connections.insert(id.clone(), BTreeSet::new());
                self.board.insert(id);
            }
            Output::Promote(id) => {
                assert!(self.in_hand.remove(&id), "{id} is not at hand");
                self.connections.insert(id, BTreeSet::new());
            }
            Output::Discover(id) => {
                assert!(self.discovery.is_none() && self.connections.is_empty());
                self.board.insert(id.clone());
                self.discovery = Some(id);
            }
            Output::End(id) => {
                assert!(
                    self.connections.contains_key(&id) || self.discovery.as_ref() == Some(&id),
                    "{id} does not run"
                );
                self.orders.push(Order::End(id));
            }
            Output::Share { id, over, .. } => {
                assert!(!self.serves(&id) && !self.in_hand.contains(&id), "{id} is shared twice");
                self.board.insert(id.clone());
                self.connections.get_mut(&over).expect("it runs").insert(id);
            }
            Output::ShareAgain { id, over } => {
                assert!(self.in_hand.remove(&id), "{id} is not at hand");
                self.connections.get_mut(&over).expect("it runs").insert(id);
            }
            Output::TakeBack { id, from } => self.orders.push(Order::TakeBack(id, from)),
            Output::List(id) => {
                assert!(self.connections.contains_key(&id), "{id} does not run");
                self.asks.insert(id);
            }
            Output::Reconnect(id) | Output::Connect(id) => {
                assert!(self.connections.contains_key(&id), "{id} does not run");
            }
            Output::Leave { id, .. } => {
                self.in_hand.remove(&id);
                assert!(!self.serves(&id), "{id} is served still");
                self.board.remove(&id);
            }
            // Who does not want it any more uses none.
            Output::Lent(loan) => {
                let wanted = self.wishes.pop_front().expect("each wish is answered once");
                self.lent = wanted && loan == Loan::Given;
            }
            Output::Tell(..) => {}
        }
    }

    fn serves(&self, id: &WatchId) -> bool {
        self.connections.contains_key(id) || self.connections.values().any(|shared| shared.contains(id))
    }

    fn obey(&mut self, order: Order) {
        match order {
            Order::End(id) => self.end(&id, false),
            Order::TakeBack(id, from) => {
                let shared = self.connections.get_mut(&from).expect("it runs");
                let given = shared.remove(&id).then(Given::default);
                if given.is_some() {
                    self.in_hand.insert(id.clone());
                }
                self.machine.handle(Input::TakenBack(id, given));
            }
        }
    }

    fn end(&mut self, id: &WatchId, dropped: bool) {
        self.asks.remove(id);
        let shared = self.connections.remove(id).unwrap_or_default();
        if self.discovery.as_ref() == Some(id) {
            self.discovery = None;
        }
        let given: Vec<_> = shared.into_iter().filter(|_| !dropped).map(|id| (id, Given::default())).collect();
        self.in_hand.extend(given.iter().map(|(id, _)| id.clone()));
        // What it was ordered goes with it.
        self.orders.retain(|(Order::End(of) | Order::TakeBack(_, of))| of != id);
        self.machine.handle(Input::Ended { id: id.clone(), known: None, shared: given });
    }

    fn happens(&mut self, happening: Happening) {
        self.seconds += 1;
        match happening {
            Happening::Lists(there) => {
                self.there = there;
                self.list();
            }
            Happening::Configured(which) => {
                self.entries = strings(CONFIGURATIONS[which]);
                self.machine.handle(Input::Configure(self.entries.clone()));
            }
            Happening::ConfiguredSame => {
                let settled = self.machine.is_settled();
                self.machine.handle(Input::Configure(self.entries.clone()));
                assert!(!settled || self.perform() == 0, "an unchanged configuration touched something");
            }
            Happening::Obeys { newest_first } => {
                let at = if newest_first { self.orders.len().saturating_sub(1) } else { 0 };
                if at < self.orders.len() {
                    let order = self.orders.remove(at);
                    self.obey(order);
                }
            }
            Happening::Breaks(which) => {
                if let Some(id) = self.connections.keys().nth(which).cloned() {
                    self.end(&id, false);
                }
            }
            Happening::Limited(place) => {
                let place = place % self.connections.len().max(1);
                if let Some(id) = self.connections.keys().nth(place).cloned() {
                    let standing = self.connections.keys().filter(|other| **other != id).cloned().collect();
                    self.machine.handle(Input::Limited { id, standing });
                }
            }
            Happening::More => self.machine.handle(Input::TryMore),
            Happening::Lend { refused } => {
                self.lent &= !refused;
                self.wishes.push_back(true);
                let standing = self.connections.keys().cloned().collect();
                self.machine.handle(Input::Lend { refused, standing });
            }
            Happening::Returned => {
                self.lent = false;
                self.wishes.iter_mut().for_each(|wanted| *wanted = false);
                self.machine.handle(Input::Returned);
            }
            Happening::Dropped => {
                let ending = self.orders.iter().find_map(|order| match order {
                    Order::End(id) => Some(id.clone()),
                    Order::TakeBack(..) => None,
                });
                if let Some(id) = ending {
                    self.end(&id, true);
                }
            }
        }
        self.perform();
    }

    /// Answers each connection that asks by LIST.
    fn list(&mut self) {
        let Some(by) = self.asks.first().or(self.discovery.as_ref()).cloned() else { return };
        let names = self.entries.iter().map(|entry| Some(self.fitting(entry))).collect();
        self.machine.handle(Input::Listed {
            by,
            names: ListedNames { names, ..ListedNames::default() },
            at: SystemTime::UNIX_EPOCH + Duration::from_secs(self.seconds),
        });
    }

    fn fitting(&self, entry: &str) -> Vec<String> {
        let all = self.there.iter().map(|number| format!("m{number}"));
        match entry {
            "*" | "m%" => all.collect(),
            "\\Sent" => all.filter(|name| name == "m5").collect(),
            _ => Vec::new(),
        }
    }

    /// Obeys until nothing is awaited, and checks who serves what.
    fn settle(&mut self) {
        for _ in 0..200 {
            if self.orders.is_empty() {
                break;
            }
            let order = self.orders.remove(0);
            self.obey(order);
            self.perform();
        }
        assert!(self.machine.is_settled(), "{self:?}");
    }

    fn check(&self, wanted: &BTreeSet<WatchId>) {
        let own: BTreeSet<WatchId> = self.connections.keys().cloned().collect();
        let shared: Vec<WatchId> = self.connections.values().flatten().cloned().collect();
        let served: BTreeSet<WatchId> = own.iter().chain(&shared).cloned().collect();
        assert_eq!(served.len(), own.len() + shared.len(), "a mailbox is served twice");
        assert_eq!(&served, wanted, "each wanted mailbox is served");
        assert_eq!(own.len(), wanted.len().min(self.machine.most()), "with room no mailbox shares");
        assert!(self.connections.values().filter(|shared| !shared.is_empty()).count() <= 1, "one connection is shared");
        let is_listed = self.machine.is_listed();
        assert_eq!(self.asks.len() + usize::from(self.discovery.is_some()), usize::from(is_listed), "one asks by LIST");
        let discovery = self.discovery.iter().cloned();
        assert_eq!(self.board, served.into_iter().chain(discovery).collect(), "the board shows what is served");
        assert!(self.in_hand.is_empty());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::default())]

    #[test]
    fn each_wanted_mailbox_is_served_once_whatever_happens(
        first in 0..CONFIGURATIONS.len(),
        max_connections in 1..5_u16,
        happenings in prop::collection::vec(happening(), 0..40),
    ) {
        let mut driver = Driver::new(CONFIGURATIONS[first], max_connections);
        for happening in happenings {
            driver.happens(happening);
        }
        driver.settle();
        // A last answer, so that what is wanted is known.
        driver.list();
        driver.perform();
        driver.settle();
        let wanted = driver.entries.iter().flat_map(|entry| match entry.as_str() {
            "*" | "m%" | "\\Sent" => driver.fitting(entry),
            name => vec![name.to_owned()],
        });
        let wanted = wanted.map(|name| WatchId::new("work", &name)).collect();
        driver.check(&wanted);
        driver.happens(Happening::Returned);
        driver.settle();
        driver.check(&wanted);
        driver.machine.handle(Input::Stop);
        driver.perform();
        driver.settle();
        prop_assert!(driver.machine.is_stopped() && driver.connections.is_empty());
    }

    #[test]
    fn named_mailboxes_that_fit_are_a_watch_each(count in 0..8_usize, room in 0..4_usize) {
        let names: Vec<String> = (0..count).map(|number| format!("m{number}")).collect();
        let max_connections = u16::try_from((count + room).max(1)).expect("few");
        let mut machine = Allocation::new("work", &names, max_connections);
        let outputs: Vec<Output> = std::iter::from_fn(|| machine.poll()).collect();
        let starts = names.iter().map(|name| Output::Start { id: WatchId::new("work", name), appeared: None });
        prop_assert_eq!(outputs, starts.collect::<Vec<_>>());
    }
}
