//! When a host's mailboxes went unwatched, or a mail could have come unheard: stretches of the last day on the wall clock.

use std::time::{Duration, SystemTime};

/// How far back stretches are kept: a local day, also one that a change of the clocks has made longer, and the hour before.
pub const GAPS_KEPT: Duration = Duration::from_hours(26);

/// Stretches that are kept of each kind. Of more, neighbours become one.
const MOST: usize = 200;

/// A stretch of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// Its beginning.
    pub from: SystemTime,
    /// Its end.
    pub to: SystemTime,
}

impl Span {
    /// How much of it lies between two moments.
    fn within(self, from: SystemTime, to: SystemTime) -> Option<Self> {
        let (from, to) = (self.from.max(from), self.to.min(to));
        (from < to).then_some(Self { from, to })
    }

    /// Its length.
    #[must_use]
    pub fn long(self) -> Duration {
        self.to.duration_since(self.from).unwrap_or_default()
    }
}

/// The stretches of one host, those of each kind in the order of time and apart from each other.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Gaps {
    blind: Vec<Span>,
    unwatched: Vec<Span>,
}

impl Gaps {
    /// Of stretches in any order, which may overlap.
    #[must_use]
    pub fn new(blind: impl IntoIterator<Item = Span>, unwatched: impl IntoIterator<Item = Span>) -> Self {
        Self { blind: union(blind.into_iter().collect()), unwatched: union(unwatched.into_iter().collect()) }
    }

    /// A watch was blind for a time that is over.
    pub fn blind(&mut self, span: Span) {
        let begin = span.to.checked_sub(GAPS_KEPT).unwrap_or(span.from);
        self.blind.retain(|known| known.to > begin);
        self.blind.push(span);
        self.blind = union(std::mem::take(&mut self.blind));
    }

    /// Takes in what is known of earlier.
    pub fn merge(&mut self, other: &Self) {
        let join = |own: &mut Vec<Span>, other: &[Span]| *own = union(own.iter().chain(other).copied().collect());
        join(&mut self.blind, &other.blind);
        join(&mut self.unwatched, &other.unwatched);
    }

    /// Each stretch in which a watch or more was blind.
    #[must_use]
    pub fn blind_spans(&self) -> &[Span] {
        &self.blind
    }

    /// Each stretch in which no engine ran.
    #[must_use]
    pub fn unwatched_spans(&self) -> &[Span] {
        &self.unwatched
    }

    /// How long a watch or more was blind between two moments, and, where one still is, since when until the later one.
    #[must_use]
    pub fn blind_between(&self, from: SystemTime, to: SystemTime, running: Option<SystemTime>) -> Duration {
        let running = running.map(|since| Span { from: since, to });
        let all = union(self.blind.iter().copied().chain(running).collect());
        all.into_iter().filter_map(|span| span.within(from, to)).map(Span::long).sum()
    }

    /// The parts of these moments' time in which no engine ran.
    pub fn unwatched_between(&self, from: SystemTime, to: SystemTime) -> impl Iterator<Item = Span> {
        self.unwatched.iter().filter_map(move |span| span.within(from, to))
    }
}

/// The same time in stretches that do not touch.
fn union(mut spans: Vec<Span>) -> Vec<Span> {
    spans.sort_unstable();
    spans.dedup_by(|next, before| {
        let touches = next.from <= before.to;
        if touches {
            before.to = before.to.max(next.to);
        }
        touches
    });
    spans.retain(|span| span.from < span.to);
    while spans.len() > MOST {
        let apart = |at: &usize| spans[*at].from.duration_since(spans[at - 1].to).unwrap_or_default();
        let Some(at) = (1..spans.len()).min_by_key(apart) else { break };
        spans[at - 1].to = spans[at].to;
        spans.remove(at);
    }
    spans
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000 + second)
    }

    fn span(from: u64, to: u64) -> Span {
        Span { from: at(from), to: at(to) }
    }

    #[test]
    fn what_is_blind_at_once_counts_once() {
        let mut gaps = Gaps::default();
        for (from, to) in [(100, 110), (105, 120), (50, 60), (100, 110)] {
            gaps.blind(span(from, to));
        }
        assert_eq!(gaps.blind_spans(), [span(50, 60), span(100, 120)]);
        assert_eq!(gaps.blind_between(at(0), at(200), None).as_secs(), 30);
        assert_eq!(gaps.blind_between(at(55), at(110), None).as_secs(), 15, "the parts inside");
        assert_eq!(gaps.blind_between(at(0), at(200), Some(at(115))).as_secs(), 110, "and what still runs");
    }

    #[test]
    fn unwatched_time_is_a_figure_of_its_own() {
        let gaps = Gaps::new([span(10, 20)], [span(100, 160), span(300, 300)]);
        assert_eq!(gaps.unwatched_between(at(0), at(130)).collect::<Vec<_>>(), [span(100, 130)]);
        assert_eq!(gaps.blind_between(at(0), at(200), None).as_secs(), 10);
    }

    #[test]
    fn the_list_stays_short_and_forgets_what_is_older_than_a_day() {
        let mut gaps = Gaps::default();
        for n in 0..1000 {
            gaps.blind(span(n * 10, n * 10 + 1));
        }
        assert_eq!(gaps.blind_spans().len(), MOST);
        assert!(gaps.blind_between(at(0), at(10_000), None) >= Duration::from_secs(1000), "never less than it was");
        let later = at(10_000) + GAPS_KEPT;
        gaps.blind(Span { from: later, to: later + Duration::from_secs(2) });
        assert_eq!(gaps.blind_spans().len(), 1);
    }
}
