//! The wire around a stall: the trace's last lines, in memory until a stall makes them worth keeping, and the first
//! that follow it. Bounded in lines, characters and time; no clock of its own.

mod packed;

use std::time::{Duration, Instant, SystemTime};

use self::packed::Packed;
pub use self::packed::Traced;
use mailwatch_proto::model::{ConnId, WireLine, sanitise};

/// Lines before a stall: the IDLE, its DONE, and some of what came before.
const BEFORE: usize = 40;

/// What is kept of a line, in characters: each watch holds [`BEFORE`] of them.
const LENGTH: usize = 240;

/// Lines of the stuck connection after it: its late answer, and what comes with it.
const OF_STUCK: usize = 64;

/// Lines of all other connections after it: the replacement's login.
const OF_OTHERS: usize = 64;

/// For how long those are kept.
const OTHERS_FOR: Duration = Duration::from_mins(1);

/// The lines that wait for a stall, and how many more are to be kept after the last one.
#[derive(Debug, Default)]
pub struct StallTrace {
    before: Packed,
    after: Option<After>,
}

#[derive(Debug)]
struct After {
    stuck: Option<ConnId>,
    of_stuck: usize,
    of_others: usize,
    until: Instant,
}

impl StallTrace {
    /// Takes a line. Given back where a stall has made it one to be kept.
    pub fn take(&mut self, at: SystemTime, conn: Option<ConnId>, line: &WireLine, now: Instant) -> Option<Traced> {
        let traced =
            Traced { at, conn, line: WireLine { direction: line.direction, text: sanitise(&line.text, LENGTH) } };
        if self.after.as_mut().is_some_and(|after| after.wants(conn, now)) {
            return Some(traced);
        }
        if self.before.len() == BEFORE {
            self.before.drop_first();
        }
        self.before.push(&traced);
        None
    }

    /// A DONE was not answered: the lines before it, to be kept.
    pub fn stalled(&mut self, conn: Option<ConnId>, now: Instant) -> Vec<Traced> {
        let until = now + OTHERS_FOR;
        self.after = Some(After { stuck: conn, of_stuck: OF_STUCK, of_others: OF_OTHERS, until });
        std::mem::take(&mut self.before).unpack()
    }
}

impl After {
    fn wants(&mut self, conn: Option<ConnId>, now: Instant) -> bool {
        let left = if conn == self.stuck {
            &mut self.of_stuck
        } else if now < self.until {
            &mut self.of_others
        } else {
            return false;
        };
        let wants = *left > 0;
        *left = left.saturating_sub(1);
        wants
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mailwatch_proto::model::WireDirection;

    const STUCK: Option<ConnId> = Some(ConnId(1));
    const NEXT: Option<ConnId> = Some(ConnId(2));

    fn feed(trace: &mut StallTrace, conn: Option<ConnId>, text: &str, now: Instant) -> Option<String> {
        let line = WireLine { direction: WireDirection::Server, text: text.to_owned() };
        trace.take(SystemTime::UNIX_EPOCH, conn, &line, now).map(|traced| traced.line.text)
    }

    #[test]
    fn only_the_last_lines_before_a_stall_are_held_and_each_is_cut() {
        let (mut trace, now) = (StallTrace::default(), Instant::now());
        for n in 0..1000 {
            assert_eq!(feed(&mut trace, STUCK, &format!("{n}"), now), None);
        }
        feed(&mut trace, STUCK, &"x".repeat(10_000), now);
        let kept = trace.stalled(STUCK, now);
        assert_eq!(kept.len(), BEFORE);
        assert_eq!(kept.first().map(|traced| traced.line.text.as_str()), Some("961"));
        assert_eq!(kept.last().map(|traced| traced.line.text.chars().count()), Some(LENGTH + 1));
    }

    #[test]
    fn after_a_stall_the_stuck_connection_is_followed_to_its_late_answer_and_others_for_a_minute() {
        let (mut trace, now) = (StallTrace::default(), Instant::now());
        trace.stalled(STUCK, now);
        assert!(feed(&mut trace, NEXT, "* OK ready", now).is_some());
        let later = now + Duration::from_mins(20);
        assert_eq!(feed(&mut trace, NEXT, "* OK Still here", later), None);
        assert_eq!(feed(&mut trace, STUCK, "A5 OK late", later).as_deref(), Some("A5 OK late"));
    }

    #[test]
    fn a_server_that_floods_after_a_stall_is_kept_to_its_share() {
        let (mut trace, now) = (StallTrace::default(), Instant::now());
        trace.stalled(STUCK, now);
        let kept =
            |trace: &mut StallTrace, conn| (0..1000).filter(|_| feed(trace, conn, "* 1 EXISTS", now).is_some()).count();
        assert_eq!((kept(&mut trace, STUCK), kept(&mut trace, NEXT)), (OF_STUCK, OF_OTHERS));
    }

    #[test]
    fn no_line_is_kept_twice_where_one_stall_follows_another() {
        let (mut trace, now) = (StallTrace::default(), Instant::now());
        feed(&mut trace, STUCK, "A1 IDLE", now);
        assert_eq!(trace.stalled(STUCK, now).len(), 1);
        assert!(feed(&mut trace, NEXT, "A2 IDLE", now).is_some());
        assert_eq!(trace.stalled(NEXT, now).len(), 0);
    }
}
