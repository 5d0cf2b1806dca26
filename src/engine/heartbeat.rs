//! How often a server shows by itself that it lives, and when its silence means something. Pure.

use std::time::{Duration, Instant};

/// Gaps that are looked at: enough to see a cadence, few enough to follow a change.
const GAPS: usize = 5;

/// Gaps that must agree before there is a cadence.
const AGREE: usize = 2;

/// How far two gaps may lie apart and still agree, in parts of the cadence: timers and networks are no metronomes.
const TOLERANCE: u32 = 5;

/// A server's cadence, as learned from its `* OK Still here`.
///
/// It may beat through IDLEs that end and begin again (Dovecot aligns its beats to the wall clock), or count from each
/// IDLE: so a gap is taken from the beat before, or from the IDLE's begin, whichever came last.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Heartbeat {
    /// The last beat, or the begin of the IDLE where that was later.
    from: Option<Instant>,
    /// Whether this IDLE has brought a beat.
    beaten: bool,
    /// The last gaps between two beats of one IDLE, the oldest first.
    gaps: Vec<Duration>,
}

impl Heartbeat {
    /// An IDLE stands. What was learned stays; silence counts anew.
    pub fn idle_began(&mut self, now: Instant) {
        self.from = Some(now);
        self.beaten = false;
    }

    /// The server showed that it lives.
    pub fn beat(&mut self, now: Instant) {
        if self.beaten
            && let Some(from) = self.from
        {
            if self.gaps.len() == GAPS {
                self.gaps.remove(0);
            }
            self.gaps.push(now.saturating_duration_since(from));
        }
        self.from = Some(now);
        self.beaten = true;
    }

    /// The cadence, once gaps agree on one.
    #[must_use]
    pub fn period(&self) -> Option<Duration> {
        let mut sorted = self.gaps.clone();
        sorted.sort_unstable();
        let median = *sorted.get(sorted.len() / 2)?;
        let agree = sorted.iter().filter(|gap| gap.abs_diff(median) <= median / TOLERANCE).count();
        // Beats that come at once are a flood, no cadence.
        (agree >= AGREE && agree * 2 > sorted.len() && median >= Duration::from_secs(1)).then_some(median)
    }

    /// When silence begins to mean something: two and a half periods after the last beat, or after the IDLE's begin.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        let period = self.period()?;
        Some(self.from? + period * 5 / 2)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const S: Duration = Duration::from_secs(1);

    fn beating(start: Instant, at: &[u32]) -> Heartbeat {
        let mut heart = Heartbeat::default();
        heart.idle_began(start);
        for second in at {
            heart.beat(start + S * *second);
        }
        heart
    }

    #[test]
    fn three_beats_teach_a_cadence_and_two_and_a_half_periods_of_silence_are_quiet() {
        let start = Instant::now();
        assert_eq!(beating(start, &[70, 190]).period(), None, "one gap is no cadence");
        let heart = beating(start, &[70, 190, 310]);
        assert_eq!(heart.period(), Some(120 * S));
        assert_eq!(heart.deadline(), Some(start + 610 * S));
    }

    #[test]
    fn a_new_idle_counts_silence_anew_and_keeps_what_was_learned() {
        let start = Instant::now();
        let mut heart = beating(start, &[70, 190, 310]);
        heart.idle_began(start + 320 * S);
        assert_eq!(heart.deadline(), Some(start + 620 * S));
        // Aligned to the wall clock: the beat comes when it would have come anyway, and teaches no shorter cadence.
        heart.beat(start + 430 * S);
        heart.beat(start + 550 * S);
        assert_eq!(heart.period(), Some(120 * S));
    }

    #[test]
    fn gaps_that_do_not_agree_are_no_cadence() {
        let start = Instant::now();
        assert_eq!(beating(start, &[10, 40, 200, 210, 600]).period(), None);
        assert_eq!(beating(start, &[10, 10, 10, 10]).period(), None, "a flood is no cadence");
        assert_eq!(beating(start, &[]).deadline(), None);
    }

    #[test]
    fn one_late_beat_does_not_change_the_cadence_and_a_new_one_is_learned() {
        let start = Instant::now();
        assert_eq!(beating(start, &[0, 60, 120, 200, 260, 320]).period(), Some(60 * S));
        assert_eq!(beating(start, &[0, 60, 120, 180, 210, 240, 270, 300, 330]).period(), Some(30 * S));
    }
}
