//! DONE on its way: when to look at the socket after it was written, and what the looks say.

use std::time::{Duration, Instant};

use super::sample::{Mark, Sample};
use crate::model::{Evidence, TcpSample};
use crate::verdict::DEAD_AFTER;

/// When to look after DONE was written: a delayed ACK takes 44 ms, a first retransmit some 200.
const LOOKS: [Duration; 2] = [Duration::from_millis(50), Duration::from_millis(500)];

/// And from then on so often.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Looks that are kept for a report: the first ones, and the last.
const LOOKS_KEPT: usize = 16;

/// What was seen of one DONE.
#[derive(Clone, Debug)]
pub struct TcpSampler {
    written: Instant,
    looks: usize,
    mark: Mark,
    last: Sample,
    /// The first look that saw DONE lost, by a retransmit or because it cannot leave: when, and how many retransmits.
    first_loss: Option<(Instant, u64)>,
    /// When that may be judged: a look of its own, or the next whole second would be waited for.
    judge: Option<Instant>,
    /// How long a loss must last before the path is dead.
    patience: Duration,
    acked: bool,
    seen: Vec<TcpSample>,
}

impl TcpSampler {
    /// Begins with the first look, right after the kernel took DONE.
    #[must_use]
    pub fn new(written: Instant, first: Sample) -> Self {
        let mark = Mark::after_flush(&first);
        let acked = !first.outq_lags && mark.acked(&first);
        let seen = vec![first.look(&mark, Duration::ZERO)];
        Self { written, looks: 0, mark, last: first, first_loss: None, judge: None, patience: DEAD_AFTER, acked, seen }
    }

    /// The same, which calls the path dead after a loss that lasted so long.
    #[must_use]
    pub fn judged_after(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }

    /// When to look next; never again once the peer has DONE.
    #[must_use]
    pub fn next(&self) -> Option<Instant> {
        if self.acked {
            return None;
        }
        let planned = self.planned();
        Some(self.judge.map_or(planned, |judge| planned.min(judge)))
    }

    /// Whether the peer's TCP has DONE.
    #[must_use]
    pub const fn is_acked(&self) -> bool {
        self.acked
    }

    /// What the peer's TCP must have acknowledged to have it.
    #[must_use]
    pub const fn mark(&self) -> Mark {
        self.mark
    }

    fn planned(&self) -> Instant {
        let after = LOOKS.get(self.looks).copied().unwrap_or_else(|| {
            let whole = u32::try_from(self.looks - LOOKS.len() + 1).unwrap_or(u32::MAX);
            LOOK_EVERY.saturating_mul(whole)
        });
        self.written + after
    }

    /// Takes a look.
    pub fn look(&mut self, now: Instant, sample: Sample) {
        // One look stands for all that were missed: what they would have seen is gone.
        while now >= self.planned() {
            self.looks += 1;
        }
        self.last = sample;
        self.acked = self.mark.acked(&sample);
        if self.seen.len() == LOOKS_KEPT {
            self.seen.pop();
        }
        self.seen.push(sample.look(&self.mark, now.saturating_duration_since(self.written)));
        let retransmits = sample.retransmits(&self.mark);
        if retransmits == 0 && !cannot_leave(&sample) {
            (self.first_loss, self.judge) = (None, None);
        } else if self.first_loss.is_none() {
            (self.first_loss, self.judge) = (Some((now, retransmits)), Some(now + self.patience));
        }
        if self.judge.is_some_and(|judge| judge <= now) {
            self.judge = None;
        }
    }

    /// Whether the path is dead: not acknowledged, and for some seconds retransmits have grown or nothing could leave.
    /// A closed window is none of the path's doing.
    #[must_use]
    pub fn is_dead(&self, now: Instant) -> bool {
        let grown = |(since, count): (Instant, u64)| {
            let still = self.last.retransmits(&self.mark) > count || cannot_leave(&self.last);
            now.saturating_duration_since(since) >= self.patience && still
        };
        !self.acked && self.last.snd_wnd != Some(0) && self.first_loss.is_some_and(grown)
    }
}

/// Whether nothing is on its way though the peer would take it: this machine has no link or no route. The kernel then
/// counts no retransmit, for it has not sent once.
fn cannot_leave(sample: &Sample) -> bool {
    let room = sample.snd_wnd.is_none_or(|window| window >= sample.outq);
    sample.outq > 0 && sample.unacked == Some(0) && sample.notsent > Some(0) && room
}

/// What TCP knows of a DONE that is not answered. `seen` is a look taken now; none where nothing is known here.
/// `proxied`: what acknowledges is a proxy of ours; otherwise the server's machine, or a gateway in its name.
#[must_use]
pub fn evidence(sampler: Option<&TcpSampler>, seen: Option<Sample>, proxied: bool, written: bool) -> Evidence {
    let Some(seen) = seen else { return Evidence::default() };
    let mark = sampler.map_or_else(|| Mark::after_flush(&seen), TcpSampler::mark);
    let mut evidence = seen.evidence(&mark, Some(proxied));
    if !written {
        // Not even our own kernel took all of it.
        evidence.acked = Some(false);
    }
    evidence
}

/// All that was seen of a DONE that is not answered, with the look taken now.
#[must_use]
pub fn looks(
    sampler: Option<&TcpSampler>,
    seen: Option<Sample>,
    written: Option<Instant>,
    now: Instant,
) -> Vec<TcpSample> {
    let mut looks = sampler.map_or_else(Vec::new, |sampler| sampler.seen.clone());
    if let (Some(written), Some(seen)) = (written, seen) {
        let mark = sampler.map_or_else(|| Mark::after_flush(&seen), TcpSampler::mark);
        looks.push(seen.look(&mark, now.saturating_duration_since(written)));
    }
    looks
}

#[cfg(test)]
mod tests {
    use super::*;

    const S: Duration = Duration::from_secs(1);

    #[test]
    fn it_looks_at_once_and_then_each_second_until_the_ack() {
        let start = Instant::now();
        let mut sampler = TcpSampler::new(start, Sample::of_thousand(28, 0));
        let mut looks = Vec::new();
        for _ in 0..5 {
            let at = sampler.next().expect("not acked");
            looks.push((at - start).as_millis());
            sampler.look(at, Sample::of_thousand(28, 0));
        }
        assert_eq!(looks, [50, 500, 1000, 2000, 3000]);
        sampler.look(start + 4 * S, Sample::of_thousand(0, 0));
        assert_eq!(sampler.next(), None);
    }

    #[test]
    fn where_the_queue_may_lack_what_was_just_written_a_first_empty_one_is_no_ack() {
        let start = Instant::now();
        let lagging = |outq| Sample { outq_lags: true, bytes_acked: None, ..Sample::of_thousand(outq, 0) };
        let mut sampler = TcpSampler::new(start, lagging(0));
        assert!(!sampler.is_acked());
        sampler.look(start + Duration::from_millis(50), lagging(28));
        assert!(!sampler.is_acked());
        sampler.look(start + Duration::from_millis(500), lagging(0));
        assert!(sampler.is_acked());
    }

    #[test]
    fn looks_that_were_missed_are_not_made_up_for() {
        let start = Instant::now();
        let mut sampler = TcpSampler::new(start, Sample::of_thousand(28, 0));
        sampler.look(start + 3 * S, Sample::of_thousand(28, 0));
        assert_eq!(sampler.next(), Some(start + 4 * S));
    }

    #[test]
    fn retransmits_that_grow_for_three_seconds_are_a_dead_path() {
        let start = Instant::now();
        let mut sampler = TcpSampler::new(start, Sample::of_thousand(28, 0));
        let mut dead = None;
        for (millis, retransmits) in [(50, 0), (500, 1), (1000, 2), (2000, 3), (3000, 3), (4000, 4), (5000, 4)] {
            let at = start + Duration::from_millis(millis);
            sampler.look(at, Sample::of_thousand(28, retransmits));
            if sampler.is_dead(at) {
                dead.get_or_insert(millis);
            }
        }
        assert_eq!(dead, Some(4000));
    }

    #[test]
    fn a_first_loss_is_judged_after_three_seconds_and_not_at_the_next_whole_one() {
        let start = Instant::now();
        let mut sampler = TcpSampler::new(start, Sample::of_thousand(28, 0));
        let mut looks = Vec::new();
        while looks.len() < 10
            && !looks.last().is_some_and(|&millis| sampler.is_dead(start + Duration::from_millis(millis)))
        {
            let due = sampler.next().expect("not acked");
            // A timer fires late, now more, now less.
            let at = due + Duration::from_millis(if due == start + S { 7 } else { 1 });
            let millis = u64::try_from((at - start).as_millis()).expect("seconds");
            let resent = [700, 1_400, 2_800, 5_600].iter().filter(|&&resent| resent <= millis).count();
            sampler.look(at, Sample::of_thousand(28, resent as u64));
            looks.push(millis);
        }
        assert_eq!(looks, [51, 501, 1007, 2001, 3001, 4001, 4008], "seen at 1007, judged 3 s later");
    }

    #[test]
    fn what_cannot_leave_this_machine_for_three_seconds_is_a_dead_path_without_a_retransmit() {
        let start = Instant::now();
        let unsent = Sample { unacked: Some(0), notsent: Some(28), ..Sample::of_thousand(28, 0) };
        // A route that is gone resets what the kernel counts of its attempts: 6.18, a blackhole route.
        let looks = [(50, 0), (500, 1), (1000, 0), (2000, 2), (3000, 0), (3050, 1)];
        let (mut sampler, mut closed) = (TcpSampler::new(start, unsent), TcpSampler::new(start, unsent));
        for (millis, backoff) in looks {
            let at = start + Duration::from_millis(millis);
            sampler.look(at, Sample { backoff: Some(backoff), ..unsent });
            closed.look(at, Sample { backoff: Some(backoff), snd_wnd: Some(0), ..unsent });
            assert_eq!(sampler.is_dead(at), millis == 3050, "{millis}");
            assert!(!closed.is_dead(at), "a closed window is not a dead path");
        }
    }

    #[test]
    fn on_another_network_a_loss_is_judged_sooner() {
        let start = Instant::now();
        let mut sampler = TcpSampler::new(start, Sample::of_thousand(28, 0)).judged_after(S);
        for (millis, retransmits) in [(50, 0), (500, 1), (1000, 2), (1500, 3)] {
            let at = start + Duration::from_millis(millis);
            sampler.look(at, Sample::of_thousand(28, retransmits));
            assert_eq!(sampler.is_dead(at), millis == 1500, "{millis}");
        }
    }

    #[test]
    fn a_path_that_loses_a_segment_and_recovers_is_not_dead() {
        let start = Instant::now();
        let mut sampler = TcpSampler::new(start, Sample::of_thousand(28, 0));
        sampler.look(start + S, Sample::of_thousand(28, 2));
        sampler.look(start + 2 * S, Sample::of_thousand(28, 0));
        sampler.look(start + 5 * S, Sample::of_thousand(28, 1));
        assert!(!sampler.is_dead(start + 5 * S));
    }
}
