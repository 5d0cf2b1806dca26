//! The sums of many rows, taken one by one.

use std::time::Duration;

use super::cells::span;
use super::rows::{Kind, Row, length};
use mailwatch_proto::model::{FoundBy, show_duration};

const DAY: u64 = 24 * 3600;

/// What rows of one kind come to.
#[derive(Clone, Debug)]
pub struct Tally {
    kind: Kind,
    rows: usize,
    /// Messages of this program's own, which are no mails.
    own: usize,
    blind: Duration,
    unanswered: usize,
    pushed: usize,
    latest: Option<Duration>,
}

impl Tally {
    /// No rows yet.
    #[must_use]
    pub const fn new(kind: Kind) -> Self {
        Self { kind, rows: 0, own: 0, blind: Duration::ZERO, unanswered: 0, pushed: 0, latest: None }
    }

    /// One more.
    pub fn add(&mut self, row: &Row) {
        self.rows += 1;
        match row {
            Row::Blind(blind) => self.blind += length(blind),
            Row::Receipt(receipt) => self.unanswered += usize::from(receipt.answered.is_none()),
            Row::Push(push) if push.canary => self.own += 1,
            Row::Push(push) => {
                self.pushed += usize::from(push.by == FoundBy::Push);
                self.latest = self.latest.max(push.late);
            }
            Row::Stall(_) | Row::Mail(_) => {}
        }
    }

    /// The sums in one sentence; `since` is how far back the rows reach.
    #[must_use]
    pub fn sentence(&self, since: Duration) -> String {
        let past = match since.as_secs() {
            seconds if seconds >= 2 * DAY && seconds.is_multiple_of(DAY) => format!("{} days", seconds / DAY),
            _ => show_duration(Some(since)),
        };
        let (what, whats) = match self.kind {
            Kind::Stalls => ("stall", "stalls"),
            Kind::Receipts => ("receipt", "receipts"),
            Kind::Blind => ("blind interval", "blind intervals"),
            Kind::Pushes | Kind::Mails => ("mail", "mails"),
        };
        let counted = match self.rows - self.own {
            0 => format!("No {whats}"),
            1 => format!("1 {what}"),
            count => format!("{count} {whats}"),
        };
        let more = match self.kind {
            Kind::Blind if self.rows > 0 => format!(", {} in all", span(self.blind)),
            Kind::Receipts if self.rows > 0 => format!(", {} not answered in time", self.unanswered),
            Kind::Pushes if self.rows > 0 => self.pushes(),
            Kind::Blind | Kind::Receipts | Kind::Stalls | Kind::Pushes | Kind::Mails => String::new(),
        };
        format!("{counted} in the last {past}{more}.")
    }

    fn pushes(&self) -> String {
        let latest = self
            .latest
            .map_or_else(String::new, |late| format!(", the latest reported {} after it was received", span(late)));
        let own = match self.own {
            0 => String::new(),
            1 => "; also 1 message of this program's own".to_owned(),
            count => format!("; also {count} messages of this program's own"),
        };
        format!(", {} of them announced by the server{latest}{own}", self.pushed)
    }
}
