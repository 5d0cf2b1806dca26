//! Watching DONE on its way: looks at the socket until the peer's TCP has it, or the path is known to be dead.

use std::time::{Duration, Instant};

use super::{Activity, Watch};
use crate::engine::probe_after_written;
use crate::engine::verdict::DEAD_AFTER;
use crate::imap::idle::Input;
use crate::imap::tcp_evidence::{Mark, Sample, sample};
use crate::model::Evidence;

/// From DONE's writing until its ack the kernel may give the connection up after so long. Zero while idling: a value
/// overrides keepalive's number of probes (tcp(7)).
pub const USER_TIMEOUT: Duration = Duration::from_secs(20);

/// When to look after DONE was written: a delayed ACK takes 44 ms, a first retransmit some 200.
const LOOKS: [Duration; 2] = [Duration::from_millis(50), Duration::from_millis(500)];

/// And from then on so often.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// What was seen of one DONE.
#[derive(Clone, Copy, Debug)]
pub struct Probe {
    written: Instant,
    looks: usize,
    mark: Mark,
    last: Sample,
    /// The first look that saw a retransmit: when, and how many.
    first_loss: Option<(Instant, u64)>,
    acked: bool,
}

impl Probe {
    fn new(written: Instant, first: Sample) -> Self {
        let mark = Mark::after_flush(&first);
        let acked = mark.acked(&first);
        Self { written, looks: 0, mark, last: first, first_loss: None, acked }
    }

    /// When to look next; never again once the peer has DONE.
    pub fn next(&self) -> Option<Instant> {
        if self.acked {
            return None;
        }
        let after = LOOKS.get(self.looks).copied().unwrap_or_else(|| {
            let whole = u32::try_from(self.looks - LOOKS.len() + 1).unwrap_or(u32::MAX);
            LOOK_EVERY.saturating_mul(whole)
        });
        Some(self.written + after)
    }

    fn look(&mut self, now: Instant, sample: Sample) {
        self.looks += 1;
        self.last = sample;
        self.acked = self.mark.acked(&sample);
        if sample.retransmits > 0 {
            self.first_loss.get_or_insert((now, sample.retransmits));
        } else {
            self.first_loss = None;
        }
    }

    /// Whether the path is dead: not acknowledged, and retransmits have grown for some seconds.
    fn is_dead(&self, now: Instant) -> bool {
        let grown = |(since, count): (Instant, u64)| {
            now.saturating_duration_since(since) >= DEAD_AFTER && self.last.retransmits > count
        };
        !self.acked && self.first_loss.is_some_and(grown)
    }
}

impl Watch {
    /// The kernel has taken DONE: the first look, which sets the mark.
    pub(super) fn written(&mut self, now: Instant) {
        let Activity::Idling(live, _) = &self.activity else { return };
        probe_after_written(&live.session, Some(USER_TIMEOUT));
        let Some(first) = live.session.io().tcp().and_then(sample) else { return };
        let probe = Probe::new(now, first);
        let acked = probe.acked;
        self.probe = Some(probe);
        if acked {
            self.acked(now);
        }
    }

    /// A look is due.
    pub(super) fn sample(&mut self, now: Instant) {
        let (Activity::Idling(live, _), Some(probe)) = (&self.activity, &mut self.probe) else {
            self.probe = None;
            return;
        };
        let Some(seen) = live.session.io().tcp().and_then(sample) else {
            self.probe = None;
            return;
        };
        probe.look(now, seen);
        if probe.acked {
            self.acked(now);
        } else if probe.is_dead(now) {
            self.path_dead(now);
        }
    }

    fn acked(&mut self, now: Instant) {
        let Activity::Idling(live, idle) = &mut self.activity else { return };
        probe_after_written(&live.session, None);
        idle.handle(now, Input::Acked);
        self.drive(now);
    }

    /// What TCP knows of DONE now, on a connection whose DONE is not answered.
    pub(super) fn evidence(&self, session: &crate::imap::session::Session, written: bool) -> Evidence {
        // No proxy is built in: what acknowledges is the server's machine, or a gateway in its name.
        let proxy = Some(false);
        let Some(seen) = session.io().tcp().and_then(sample) else { return Evidence::default() };
        let mark = self.probe.map_or_else(|| Mark::after_flush(&seen), |probe| probe.mark);
        let mut evidence = seen.evidence(&mark, proxy);
        if !written {
            // Not even our own kernel took all of it.
            evidence.acked = Some(false);
        }
        evidence
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const S: Duration = Duration::from_secs(1);

    fn seen(outq: u64, retransmits: u64) -> Sample {
        Sample {
            outq,
            bytes_acked: Some(1000 - outq),
            unacked: u64::from(outq > 0),
            retransmits,
            backoff: retransmits,
            probes: 0,
            total_retrans: retransmits,
            snd_wnd: Some(64_000),
            notsent: Some(0),
            rtt: Duration::ZERO,
            last_data_received: Duration::ZERO,
            open: true,
        }
    }

    #[test]
    fn it_looks_at_once_and_then_each_second_until_the_ack() {
        let start = Instant::now();
        let mut probe = Probe::new(start, seen(28, 0));
        let mut looks = Vec::new();
        for _ in 0..5 {
            let at = probe.next().expect("not acked");
            looks.push((at - start).as_millis());
            probe.look(at, seen(28, 0));
        }
        assert_eq!(looks, [50, 500, 1000, 2000, 3000]);
        probe.look(start + 4 * S, seen(0, 0));
        assert_eq!(probe.next(), None);
    }

    #[test]
    fn retransmits_that_grow_for_three_seconds_are_a_dead_path() {
        let start = Instant::now();
        let mut probe = Probe::new(start, seen(28, 0));
        let mut dead = None;
        for (millis, retransmits) in [(50, 0), (500, 1), (1000, 2), (2000, 3), (3000, 3), (4000, 4), (5000, 4)] {
            let at = start + Duration::from_millis(millis);
            probe.look(at, seen(28, retransmits));
            if probe.is_dead(at) {
                dead.get_or_insert(millis);
            }
        }
        assert_eq!(dead, Some(4000));
    }

    #[test]
    fn a_path_that_loses_a_segment_and_recovers_is_not_dead() {
        let start = Instant::now();
        let mut probe = Probe::new(start, seen(28, 0));
        probe.look(start + S, seen(28, 2));
        probe.look(start + 2 * S, seen(28, 0));
        probe.look(start + 5 * S, seen(28, 1));
        assert!(!probe.is_dead(start + 5 * S));
    }
}
