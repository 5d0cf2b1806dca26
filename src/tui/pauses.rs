//! When a watch was paused: nobody watched its mailbox then, and it was no blind time.

use std::collections::VecDeque;
use std::time::SystemTime;

use mailwatch_proto::model::{Phase, Span};

/// Pauses that are kept.
const MOST: usize = 50;

/// A watch's pauses, oldest first.
#[derive(Clone, Debug, Default)]
pub struct Pauses {
    over: VecDeque<Span>,
    since: Option<SystemTime>,
}

impl Pauses {
    /// The watch entered a phase.
    pub fn phase(&mut self, to: Phase, ts: SystemTime) {
        if to == Phase::Paused {
            self.since = self.since.or(Some(ts));
        } else if let Some(from) = self.since.take().filter(|from| *from < ts) {
            if self.over.len() == MOST {
                self.over.pop_front();
            }
            self.over.push_back(Span { from, to: ts });
        }
    }

    /// The stretches between two moments; one that goes on ends with the later.
    pub fn between(&self, begin: SystemTime, end: SystemTime) -> impl Iterator<Item = Span> {
        let running = self.since.map(|from| Span { from, to: end });
        let part = move |span: Span| Span { from: span.from.max(begin), to: span.to.min(end) };
        self.over.iter().copied().chain(running).map(part).filter(|span| span.from < span.to)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_pause_lasts_until_the_next_phase_or_until_now() {
        let at = |seconds| SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
        let mut pauses = Pauses::default();
        for (seconds, to) in [(10, Phase::Idling), (20, Phase::Paused), (50, Phase::Connecting), (70, Phase::Paused)] {
            pauses.phase(to, at(seconds));
        }
        let spans: Vec<_> = pauses.between(at(30), at(90)).collect();
        assert_eq!(spans, [Span { from: at(30), to: at(50) }, Span { from: at(70), to: at(90) }]);
    }
}
