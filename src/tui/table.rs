//! The rows of the table of watches: filtered, sorted, under their accounts. Pure.

use std::cmp::{Ordering, Reverse};
use std::collections::{BTreeMap, BTreeSet};
use std::iter::Peekable;
use std::str::Chars;
use std::sync::Arc;
use std::time::Instant;

use super::glyphs::UNICODE;
use super::stall::Stall;
use super::words::{self, State};
use mailwatch_proto::model::{Board, Phase, PhaseGroup, Snapshot, WatchId, split_host};

/// A row of the table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Row {
    /// A host's heading, where several are shown.
    Host(Arc<str>),
    /// An account's heading.
    Account(Arc<str>),
    /// A watch.
    Watch(WatchId),
}

impl Row {
    /// The watch, if it is one.
    #[must_use]
    pub const fn watch(&self) -> Option<&WatchId> {
        match self {
            Self::Host(_) | Self::Account(_) => None,
            Self::Watch(id) => Some(id),
        }
    }

    /// The length of what it is called in bytes, which is at least its width in cells.
    #[must_use]
    pub fn name_cells(&self) -> usize {
        match self {
            Self::Host(host) => host.len() + 2,
            Self::Account(account) => account.len() + 2,
            Self::Watch(id) => id.account.len() + 1 + id.mailbox.len(),
        }
    }
}

/// The order of the watches.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sort {
    /// By account and mailbox.
    #[default]
    Name,
    /// What needs the user first, then what is on its way, then what is well.
    State,
    /// The DONE, poll or attempt that comes first.
    Next,
    /// The most new mail first.
    New,
}

impl Sort {
    /// The next order; after the last comes the first.
    #[must_use]
    pub const fn next(self) -> Self {
        match self {
            Self::Name => Self::State,
            Self::State => Self::Next,
            Self::Next => Self::New,
            Self::New => Self::Name,
        }
    }

    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::State => "state",
            Self::Next => "next DONE",
            Self::New => "new mail",
        }
    }

    /// Whether the order rises: the least, first or soonest comes first.
    #[must_use]
    pub const fn is_rising(self) -> bool {
        match self {
            Self::Name | Self::Next => true,
            Self::State | Self::New => false,
        }
    }
}

/// How the table is arranged.
#[derive(Clone, Debug, Default)]
pub struct Arrangement {
    /// The order.
    pub sort: Sort,
    /// Whether the watches stand under their accounts.
    pub grouped: bool,
    /// The accounts whose watches are folded away.
    pub folded: BTreeSet<Arc<str>>,
    /// The hosts that are folded away, all of their watches.
    pub folded_hosts: BTreeSet<Arc<str>>,
}

impl Arrangement {
    /// Whether the rows can change while the set of watches does not.
    #[must_use]
    pub const fn moves(&self, filter: &str) -> bool {
        !filter.is_empty() || !matches!(self.sort, Sort::Name)
    }

    /// The rows, under their hosts where several are shown. An account stands where its first watch would. What the filter finds is shown even in a folded
    /// account.
    #[must_use]
    pub fn rows(&self, board: &Board, filter: &str, stall: impl Fn(&Snapshot) -> Option<Stall>) -> Vec<Row> {
        let terms = Terms::parse(filter);
        let mut watches: Vec<&Snapshot> =
            board.watches.values().map(AsRef::as_ref).filter(|snapshot| terms.pass(snapshot, &stall)).collect();
        // In the order of names first: sorting is stable.
        watches.sort_by(|a, b| by_name(&a.id, &b.id));
        match self.sort {
            Sort::Name => {}
            Sort::State => watches.sort_by_cached_key(|snapshot| urgency(snapshot, stall(snapshot))),
            Sort::Next => watches.sort_by_key(|snapshot| next(snapshot)),
            Sort::New => watches.sort_by_key(|snapshot| Reverse(snapshot.mailbox.new)),
        }
        if board.hosts.is_empty() {
            return self.under_accounts(&watches, &terms);
        }
        let mut by_host: BTreeMap<&str, Vec<&Snapshot>> = BTreeMap::new();
        for snapshot in watches {
            by_host.entry(split_host(&snapshot.id.account).0).or_default().push(snapshot);
        }
        let mut rows = Vec::new();
        for host in board.hosts.keys() {
            rows.push(Row::Host(Arc::clone(host)));
            if !self.folded_hosts.contains(host) || !terms.is_empty() {
                rows.extend(self.under_accounts(by_host.get(&**host).map_or(&[][..], Vec::as_slice), &terms));
            }
        }
        rows
    }

    /// The watches of one host.
    fn under_accounts(&self, watches: &[&Snapshot], terms: &Terms) -> Vec<Row> {
        if !self.grouped {
            return watches.iter().map(|snapshot| Row::Watch(snapshot.id.clone())).collect();
        }
        let mut rows = Vec::with_capacity(watches.len());
        let mut seen = BTreeSet::new();
        for first in watches {
            let account = &first.id.account;
            if !seen.insert(account) {
                continue;
            }
            rows.push(Row::Account(account.clone()));
            if !self.folded.contains(account) || !terms.is_empty() {
                let own = watches.iter().filter(|snapshot| snapshot.id.account == *account);
                rows.extend(own.map(|snapshot| Row::Watch(snapshot.id.clone())));
            }
        }
        rows
    }
}

/// Names as people order them: numbers by their value, whatever the case; an account's INBOX before its others.
fn by_name(a: &WatchId, b: &WatchId) -> Ordering {
    let inbox = |id: &WatchId| !id.mailbox.eq_ignore_ascii_case("INBOX");
    natural(&a.account, &b.account)
        .then_with(|| inbox(a).cmp(&inbox(b)))
        .then_with(|| natural(&a.mailbox, &b.mailbox))
        .then_with(|| a.cmp(b))
}

/// Compares two names: runs of digits as numbers, other characters without their case.
fn natural(a: &str, b: &str) -> Ordering {
    let (mut a, mut b) = (a.chars().peekable(), b.chars().peekable());
    loop {
        match (a.peek().copied(), b.peek().copied()) {
            (None, None) => return Ordering::Equal,
            (None, Some(_)) => return Ordering::Less,
            (Some(_), None) => return Ordering::Greater,
            (Some(x), Some(y)) if x.is_ascii_digit() && y.is_ascii_digit() => {
                let (x, y) = (number(&mut a), number(&mut b));
                match x.len().cmp(&y.len()).then_with(|| x.cmp(&y)) {
                    Ordering::Equal => {}
                    other => return other,
                }
            }
            (Some(x), Some(y)) => match x.to_lowercase().cmp(y.to_lowercase()) {
                Ordering::Equal => {
                    a.next();
                    b.next();
                }
                other => return other,
            },
        }
    }
}

/// The digits at the front, without leading zeros: of two such numbers the longer one is larger.
fn number(chars: &mut Peekable<Chars<'_>>) -> String {
    let mut digits = String::new();
    while let Some(digit) = chars.next_if(char::is_ascii_digit) {
        if digit != '0' || !digits.is_empty() {
            digits.push(digit);
        }
    }
    digits
}

/// How urgently a watch needs the user, the most urgent first: what only the user can mend comes before what is tried again.
fn urgency(snapshot: &Snapshot, stall: Option<Stall>) -> (u8, bool) {
    (State::of(snapshot, stall, &UNICODE).urgency(), !matches!(snapshot.phase, Phase::Failed))
}

/// When the watch acts by itself; those that wait for nothing come last.
fn next(snapshot: &Snapshot) -> (bool, Option<Instant>) {
    let at = snapshot.deadline.map(|(at, _)| at);
    (at.is_none(), at)
}

/// A filter: all words must be found in a watch's name, phase or verdict; a `!word` must not.
struct Terms(Vec<(bool, String)>);

impl Terms {
    fn parse(filter: &str) -> Self {
        let term = |word: &str| match word.strip_prefix('!') {
            Some(word) => (false, word.to_lowercase()),
            None => (true, word.to_lowercase()),
        };
        Self(filter.split_whitespace().map(term).filter(|(_, word)| !word.is_empty()).collect())
    }

    const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn pass(&self, snapshot: &Snapshot, stall: impl Fn(&Snapshot) -> Option<Stall>) -> bool {
        if self.is_empty() {
            return true;
        }
        let text = text_of(snapshot, stall(snapshot)).to_lowercase();
        self.0.iter().all(|(wanted, word)| text.contains(word) == *wanted)
    }
}

/// The words of a watch's row, without numbers.
fn text_of(snapshot: &Snapshot, stall: Option<Stall>) -> String {
    let phase = if snapshot.connection.replacing { "replacing" } else { snapshot.phase.name() };
    let group = match words::group(snapshot) {
        PhaseGroup::Live => "live",
        PhaseGroup::Busy => "busy",
        PhaseGroup::Down => "down",
        PhaseGroup::Resting => "paused",
    };
    let verdict = snapshot.finding.as_ref().map_or("", |finding| finding.verdict.name());
    let fault = snapshot.fault.as_ref().map_or_else(String::new, words::fault_phrase);
    let shown = stall;
    let stall = stall.map_or("", Stall::word);
    let state = State::of(snapshot, shown, &UNICODE).word;
    format!("{} {state} {phase} {group} {verdict} {fault} {stall}", snapshot.id)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use super::*;
    use mailwatch_proto::model::{Timer, Timers};

    fn board(now: Instant) -> Board {
        let watch = |account: &str, mailbox: &str, phase, due: Option<u64>, new| {
            let id = WatchId::new(account, mailbox);
            let mut snapshot = Snapshot::new(id.clone(), Timers::default(), now);
            (snapshot.phase, snapshot.mailbox.new) = (phase, new);
            snapshot.deadline = due.map(|due| (now + Duration::from_secs(due), Timer::Reissue));
            (id, Arc::new(snapshot))
        };
        let watches = [
            watch("home", "INBOX", Phase::Idling, Some(200), 3),
            watch("home", "lists", Phase::Waiting, Some(30), 0),
            watch("old", "INBOX", Phase::Paused, None, 9),
            watch("work", "INBOX", Phase::Failed, None, 0),
            watch("work", "lists", Phase::Idling, Some(100), 3),
        ];
        Board { watches: watches.into_iter().collect(), ..Board::default() }
    }

    fn shown(arrangement: &Arrangement, filter: &str) -> Vec<String> {
        let rows = arrangement.rows(&board(Instant::now()), filter, |_| None);
        let shown = |row: &Row| match row {
            Row::Host(host) => format!("<{host}>"),
            Row::Account(account) => format!("[{account}]"),
            Row::Watch(id) => id.to_string(),
        };
        rows.iter().map(shown).collect()
    }

    fn sorted(sort: Sort) -> Arrangement {
        Arrangement { sort, ..Arrangement::default() }
    }

    #[test]
    fn each_order_puts_first_what_it_is_named_after() {
        let cases = [
            (Sort::Name, ["home/INBOX", "home/lists", "old/INBOX", "work/INBOX", "work/lists"]),
            (Sort::State, ["work/INBOX", "home/lists", "home/INBOX", "work/lists", "old/INBOX"]),
            (Sort::Next, ["home/lists", "work/lists", "home/INBOX", "old/INBOX", "work/INBOX"]),
            (Sort::New, ["old/INBOX", "home/INBOX", "work/lists", "home/lists", "work/INBOX"]),
        ];
        for (sort, order) in cases {
            assert_eq!(shown(&sorted(sort), ""), order, "{sort:?}");
        }
    }

    #[test]
    fn names_are_ordered_as_people_order_them() {
        let mut names = ["box10", "Box2", "box02", "box1", "box", "ärger", "box2/a", "10", "9"];
        names.sort_by(|a, b| natural(a, b));
        assert_eq!(names, ["9", "10", "box", "box1", "Box2", "box02", "box2/a", "box10", "ärger"]);
        let mut ids = [("a", "Archive"), ("a", "INBOX"), ("a10", "x"), ("a9", "x")].map(|(a, m)| WatchId::new(a, m));
        ids.sort_by(by_name);
        assert_eq!(ids.map(|id| id.to_string()), ["a/INBOX", "a/Archive", "a9/x", "a10/x"]);
    }

    #[test]
    fn accounts_stand_over_their_watches_and_fold() {
        let mut arrangement = Arrangement { grouped: true, ..sorted(Sort::State) };
        let whole = ["[work]", "work/INBOX", "work/lists", "[home]", "home/lists", "home/INBOX", "[old]", "old/INBOX"];
        assert_eq!(shown(&arrangement, ""), whole);
        arrangement.folded.extend(["work".into(), "old".into()]);
        assert_eq!(shown(&arrangement, ""), ["[work]", "[home]", "home/lists", "home/INBOX", "[old]"]);
        assert_eq!(shown(&arrangement, "failed"), ["[work]", "work/INBOX"], "what is found is not folded away");
    }

    #[test]
    fn a_filter_finds_names_phases_and_states_and_every_word_counts() {
        let cases: [(&str, &[&str]); 6] = [
            ("WORK", &["work/INBOX", "work/lists"]),
            ("idling", &["home/INBOX", "work/lists"]),
            ("idling work", &["work/lists"]),
            ("down !failed", &["home/lists"]),
            ("  ", &["home/INBOX", "home/lists", "old/INBOX", "work/INBOX", "work/lists"]),
            ("nothing", &[]),
        ];
        for (filter, found) in cases {
            assert_eq!(shown(&Arrangement::default(), filter), found, "{filter:?}");
        }
    }
}
