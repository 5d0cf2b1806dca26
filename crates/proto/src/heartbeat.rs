//! How often this server says that it lives (`* OK Still here`), and when its silence means something. Pure.
//!
//! Some servers beat on the wall clock, through every IDLE (Dovecot); others begin anew with each IDLE, or after
//! whatever else they sent. So the time between two beats counts most where nothing happened between them; then the
//! time between any two; then the time from IDLE to its first beat.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// Times of each kind that are looked at: enough to outvote one that was off, few enough to learn a new cadence soon.
const LOOKED_AT: usize = 5;

/// Three beats are needed for a cadence: two times between them.
const NEEDED: usize = 2;

/// How far a time may lie from the median and agree with it: a fifth.
const TOLERANCE: u32 = 5;

/// Lines that come together are one beat.
const TOGETHER: Duration = Duration::from_millis(200);

/// One server's heartbeats on one watch.
#[derive(Clone, Debug, Default)]
pub struct Heartbeat {
    period: Option<Duration>,
    /// Between beats with nothing between them.
    clean: Times,
    /// Between any two beats.
    any: Times,
    /// From IDLE to the first beat.
    first: Times,
    /// The last beat on this connection.
    last: Option<Instant>,
    /// Whether something else happened since the last beat.
    disturbed: bool,
    /// The running IDLE.
    idling: Option<Idling>,
}

#[derive(Clone, Copy, Debug)]
struct Idling {
    since: Instant,
    beaten: bool,
    /// The last sign of life in it: silence counts from here.
    heard: Instant,
}

impl Heartbeat {
    /// Knows nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// IDLE was issued, or stands: call it once for each IDLE.
    pub const fn idle_began(&mut self, now: Instant) {
        self.idling = Some(Idling { since: now, beaten: false, heard: now });
        self.disturbed = true;
    }

    /// The IDLE is being ended: from now on other timers watch.
    pub const fn idle_ended(&mut self) {
        self.idling = None;
    }

    /// `* OK` came.
    pub fn beat(&mut self, now: Instant) {
        let since_last = self.last.map(|last| now.saturating_duration_since(last));
        if since_last.is_some_and(|time| time < TOGETHER) {
            return;
        }
        if let Some(time) = since_last {
            self.any.push(time);
            if !self.disturbed {
                self.clean.push(time);
            }
        }
        if let Some(idling) = &mut self.idling {
            if !idling.beaten {
                self.first.push(now.saturating_duration_since(idling.since));
            }
            idling.beaten = true;
            idling.heard = now;
        }
        self.last = Some(now);
        self.disturbed = false;
        if let Some(period) = self.learned() {
            self.period = Some(period);
        }
    }

    /// Anything else came from the server. It lives; some servers count their next beat from here.
    pub const fn heard(&mut self, now: Instant) {
        self.disturbed = true;
        if let Some(idling) = &mut self.idling {
            idling.heard = now;
        }
    }

    /// The connection is another one. The cadence is kept, but silence means nothing before the first beat on it.
    pub const fn forget(&mut self) {
        self.last = None;
        self.idling = None;
        self.disturbed = false;
    }

    /// The server was silent and answered DONE all the same: it does not beat as was learned. Learn anew.
    pub fn mistaken(&mut self) {
        self.period = None;
        self.clean = Times::default();
        self.any = Times::default();
        self.first = Times::default();
    }

    /// The time between beats, once 3 beats have shown it.
    #[must_use]
    pub const fn period(&self) -> Option<Duration> {
        self.period
    }

    /// When this IDLE's silence is beyond what was learned: 2.5 periods after the last sign of life, IDLE's own
    /// beginning included. `None` while not idling, and before the first beat on this connection.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        let (idling, period) = (self.idling?, self.period?);
        self.last?;
        idling.heard.checked_add(period.saturating_mul(5) / 2)
    }

    fn learned(&self) -> Option<Duration> {
        self.clean.cadence().or_else(|| self.any.cadence()).or_else(|| self.first.cadence_of(NEEDED + 1))
    }
}

/// The latest times of one kind.
#[derive(Clone, Debug, Default)]
struct Times(VecDeque<Duration>);

impl Times {
    fn push(&mut self, time: Duration) {
        if self.0.len() == LOOKED_AT {
            self.0.pop_front();
        }
        self.0.push_back(time);
    }

    fn cadence(&self) -> Option<Duration> {
        self.cadence_of(NEEDED)
    }

    /// The median, where `needed` times are there and agree; of four or more, one may be off.
    fn cadence_of(&self, needed: usize) -> Option<Duration> {
        if self.0.len() < needed {
            return None;
        }
        let mut sorted: Vec<Duration> = self.0.iter().copied().collect();
        sorted.sort_unstable();
        let median = sorted[sorted.len() / 2];
        let off = sorted.iter().filter(|time| time.abs_diff(median) > median / TOLERANCE).count();
        let allowed = usize::from(sorted.len() >= 4);
        (off <= allowed && !median.is_zero()).then_some(median)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const S: Duration = Duration::from_secs(1);

    /// A server's beats at these seconds, under IDLEs issued at those.
    fn run(idles: &[u32], beats: &[u32]) -> (Heartbeat, Instant) {
        let start = Instant::now();
        let mut heartbeat = Heartbeat::new();
        let mut all: Vec<(u32, bool)> = idles.iter().map(|at| (*at, false)).collect();
        all.extend(beats.iter().map(|at| (*at, true)));
        all.sort_unstable();
        for (at, is_beat) in all {
            let at = start + at * S;
            if is_beat {
                heartbeat.beat(at);
            } else {
                heartbeat.idle_ended();
                heartbeat.idle_began(at);
            }
        }
        (heartbeat, start)
    }

    #[test]
    fn a_cadence_is_learned_from_beats_that_agree_and_from_no_others() {
        // What they are, IDLEs, beats, and the period in seconds.
        type Case = (&'static str, &'static [u32], &'static [u32], Option<u64>);
        let cases: [Case; 11] = [
            ("three beats", &[0], &[120, 240, 360], Some(120)),
            ("two beats", &[0], &[120, 240], None),
            ("a little uneven", &[0], &[115, 240, 355, 475], Some(120)),
            ("chatter", &[0], &[10, 15, 200, 230, 700], None),
            ("one is missing", &[0], &[60, 120, 180, 240, 360], Some(60)),
            ("Dovecot under IDLEs of 4 minutes", &[0, 240, 480], &[30, 150, 270, 390, 510], Some(120)),
            ("Dovecot under IDLEs of 3 minutes", &[0, 180, 360, 540], &[50, 170, 290, 410, 530], Some(120)),
            ("beginning with IDLE, two in each", &[0, 270, 540], &[120, 240, 390, 510, 660, 780], Some(120)),
            ("beginning with IDLE, one in each", &[0, 170, 340, 510], &[120, 290, 460, 630], Some(170)),
            ("beginning with IDLEs of unlike length", &[0, 170, 420, 550], &[120, 290, 540, 670], Some(120)),
            ("a new cadence", &[0], &[120, 240, 360, 390, 420, 450, 480], Some(30)),
        ];
        for (what, idles, beats, period) in cases {
            assert_eq!(run(idles, beats).0.period(), period.map(Duration::from_secs), "{what}");
        }
    }

    #[test]
    fn silence_means_something_after_two_and_a_half_periods() {
        let (mut heartbeat, start) = run(&[0], &[120, 240, 360]);
        assert_eq!(heartbeat.deadline(), Some(start + 660 * S));
        heartbeat.beat(start + 480 * S);
        assert_eq!(heartbeat.deadline(), Some(start + 780 * S));
        heartbeat.heard(start + 500 * S);
        assert_eq!(heartbeat.deadline(), Some(start + 800 * S), "whatever comes proves life");
        heartbeat.idle_ended();
        assert_eq!(heartbeat.deadline(), None);
        heartbeat.idle_began(start + 600 * S);
        assert_eq!(heartbeat.deadline(), Some(start + 900 * S), "the answer to IDLE proves life");
    }

    #[test]
    fn a_server_that_begins_anew_with_each_idle_is_never_called_silent() {
        let start = Instant::now();
        let mut heartbeat = Heartbeat::new();
        for idle in 0..20_u32 {
            let issued = start + idle * 230 * S;
            heartbeat.idle_began(issued);
            for beat in [issued + 100 * S, issued + 200 * S] {
                assert!(heartbeat.deadline().is_none_or(|at| at > beat));
                heartbeat.beat(beat);
            }
            assert!(heartbeat.deadline().is_none_or(|at| at > issued + 230 * S));
            heartbeat.idle_ended();
        }
        assert_eq!(heartbeat.period(), Some(100 * S));
    }

    #[test]
    fn a_new_connection_keeps_the_cadence_and_needs_a_beat_before_silence_counts() {
        let (mut heartbeat, start) = run(&[0], &[120, 240, 360]);
        heartbeat.forget();
        heartbeat.idle_began(start + 400 * S);
        assert_eq!((heartbeat.period(), heartbeat.deadline()), (Some(120 * S), None));
        heartbeat.beat(start + 480 * S);
        assert_eq!(heartbeat.deadline(), Some(start + 780 * S));
        assert_eq!(heartbeat.period(), Some(120 * S), "the gap over the new connection is no gap");
    }

    #[test]
    fn a_server_that_was_silent_and_lives_is_learned_anew() {
        let (mut heartbeat, start) = run(&[0], &[120, 240, 360]);
        heartbeat.mistaken();
        assert_eq!((heartbeat.period(), heartbeat.deadline()), (None, None));
        for beat in [1000, 1600, 2200] {
            heartbeat.beat(start + beat * S);
        }
        assert!(heartbeat.period().is_some_and(|period| period >= 600 * S));
    }

    #[test]
    fn lines_that_come_together_are_one_beat() {
        let (mut heartbeat, start) = run(&[0], &[]);
        for beat in [60, 120, 180] {
            heartbeat.beat(start + beat * S);
            heartbeat.beat(start + beat * S + Duration::from_millis(1));
        }
        assert_eq!(heartbeat.period(), Some(60 * S));
    }
}
