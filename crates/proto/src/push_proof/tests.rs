//! What mails prove, one rule at a time.

use super::*;

const S: Duration = Duration::from_secs(1);
const MIN: Duration = Duration::from_mins(1);

/// A watch at a server whose clock is an hour ahead.
struct Rig {
    base: Instant,
    now: Instant,
    proof: PushProof,
    uid: u32,
}

impl Rig {
    fn new() -> Self {
        let base = Instant::now();
        Self { base, now: base, proof: PushProof::default(), uid: 0 }
    }

    /// The server's clock is known.
    fn with_clock() -> Self {
        let mut rig = Self::new();
        let at = rig.base + S;
        rig.proof.clock.observe(rig.date(at), Some(rig.base), at);
        rig.now = at + S;
        rig
    }

    fn date(&self, at: Instant) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_003_600 + (at - self.base).as_secs())
    }

    /// An IDLE of so many seconds; mails come so long after its beginning, each dated so long before it came, and are announced
    /// or not. Several come without being announced, or one ends the IDLE.
    fn idle(&mut self, length: Duration, mails: &[(Duration, Duration, bool)]) {
        let (from, until) = (self.now, self.now + length);
        let arrivals: Vec<Arrival> = mails
            .iter()
            .map(|(after, older, announced)| {
                self.uid += 1;
                let date = self.date(from + *after).checked_sub(*older);
                Arrival { uid: self.uid, date, announced: announced.then_some(until), absent: Some(from), added: None }
            })
            .collect();
        self.now = until + S;
        self.proof.looked(Some(Stood { began: from, from, until }), &arrivals, self.now);
    }

    fn stands(&self) -> (bool, usize) {
        (self.proof.suspects(), self.proof.unannounced().len())
    }
}

const NOT: bool = false;
const PUSHED: bool = true;
const FRESH: Duration = Duration::ZERO;

#[test]
fn one_mail_is_a_suspicion_and_two_of_two_idles_are_a_proof() {
    let mut rig = Rig::with_clock();
    rig.idle(4 * MIN, &[(MIN, FRESH, NOT)]);
    assert_eq!(rig.stands(), (true, 0));
    rig.idle(2 * MIN, &[(MIN, FRESH, NOT)]);
    assert_eq!(rig.stands(), (true, 2));
    let mails = rig.proof.unannounced();
    assert_eq!(mails.iter().map(|mail| mail.uid).collect::<Vec<_>>(), [1, 2]);
    assert!(mails.iter().all(|mail| mail.found_after >= 57 * S || mail.uid == 1), "{mails:?}");
}

#[test]
fn two_of_one_idle_are_one() {
    let mut rig = Rig::with_clock();
    rig.idle(4 * MIN, &[(MIN, FRESH, NOT), (2 * MIN, FRESH, NOT)]);
    assert_eq!(rig.stands(), (true, 0));
}

#[test]
fn without_the_servers_clock_a_pair_proves() {
    let mut rig = Rig::new();
    rig.idle(4 * MIN, &[(MIN, FRESH, NOT)]);
    assert_eq!(rig.stands(), (false, 0), "a date alone proves nothing");
    rig.idle(4 * MIN, &[(MIN, FRESH, NOT), (MIN + 11 * S, FRESH, NOT)]);
    assert_eq!(rig.stands(), (true, 0));
    rig.idle(2 * MIN, &[(30 * S, FRESH, NOT), (90 * S, FRESH, NOT)]);
    assert_eq!(rig.stands(), (true, 2));
}

#[test]
fn a_pair_proves_too_where_the_first_may_have_come_just_before_the_idle() {
    let mut rig = Rig::with_clock();
    // The clock is known to within some seconds, and the first comes within them.
    let pair = [(S, FRESH, NOT), (12 * S, FRESH, NOT)];
    rig.idle(15 * S, &pair);
    assert_eq!(rig.stands(), (true, 0));
    rig.idle(15 * S, &pair);
    assert_eq!(rig.stands(), (true, 2));
}

#[test]
fn a_mail_of_the_last_moment_proves_nothing() {
    let mut rig = Rig::with_clock();
    for _ in 0..10 {
        rig.idle(4 * MIN, &[(231 * S, FRESH, NOT)]);
        assert_eq!(rig.stands(), (false, 0));
    }
}

#[test]
fn a_copy_proves_nothing() {
    for older in [5 * MIN, 400_000 * MIN] {
        let mut rig = Rig::with_clock();
        for _ in 0..10 {
            rig.idle(4 * MIN, &[(2 * MIN, older, NOT), (2 * MIN + S, older + S, NOT)]);
            assert_eq!(rig.stands(), (false, 0));
        }
        let mut rig = Rig::new();
        for n in 1..10 {
            rig.idle(4 * MIN, &[(2 * MIN, n * older, NOT), (3 * MIN, FRESH, NOT)]);
            assert_eq!(rig.stands(), (false, 0), "older than the IDLE is long");
        }
    }
}

#[test]
fn one_that_is_dated_before_others_was_moved() {
    let mut rig = Rig::with_clock();
    rig.idle(4 * MIN, &[(3 * MIN, FRESH, NOT), (239 * S, 63 * S, NOT)]);
    let alone = rig.proof.last.iter().flatten().filter(|last| last.unannounced.is_some()).count();
    assert_eq!(alone, 1);
}

#[test]
fn three_announced_in_a_row_end_it() {
    let mut rig = Rig::with_clock();
    rig.idle(4 * MIN, &[(MIN, FRESH, NOT)]);
    rig.idle(2 * MIN, &[(MIN, FRESH, NOT)]);
    for left in (0..3).rev() {
        assert!(rig.proof.suspects());
        rig.idle(MIN, &[(MIN, FRESH, PUSHED)]);
        assert_eq!(rig.stands(), if left > 0 { (true, 2) } else { (false, 0) });
    }
}

#[test]
fn every_second_mail_is_not_enough() {
    let mut rig = Rig::with_clock();
    for _ in 0..3 {
        rig.idle(4 * MIN, &[(MIN, FRESH, NOT)]);
        rig.idle(MIN, &[(MIN, FRESH, PUSHED)]);
    }
    assert_eq!(rig.stands(), (true, 2));
}

#[test]
fn a_server_that_looks_by_itself_announces_late_and_always() {
    let mut rig = Rig::with_clock();
    for waits in [40, 55, 20, 50, 35] {
        rig.idle(MIN, &[((60 - waits) * S, FRESH, PUSHED)]);
    }
    assert!(rig.proof.cadence().is_some_and(|cadence| (45 * S..=60 * S).contains(&cadence)));
    for _ in 0..3 {
        rig.idle(4 * MIN, &[(182 * S, FRESH, NOT)]);
        assert_eq!(rig.stands(), (false, 0), "it had not looked yet");
    }
    rig.idle(4 * MIN, &[(5 * S, FRESH, NOT)]);
    assert_eq!(rig.stands(), (true, 0), "it should have looked three times");
}

#[test]
fn a_verdict_falls_when_mails_are_announced_that_had_waited_as_long() {
    let mut rig = Rig::with_clock();
    rig.idle(4 * MIN, &[(200 * S, FRESH, NOT)]);
    rig.idle(2 * MIN, &[(90 * S, FRESH, NOT)]);
    assert_eq!(rig.stands(), (true, 2));
    rig.idle(MIN, &[(5 * S, FRESH, PUSHED)]);
    assert_eq!(rig.stands(), (false, 0));
}

#[test]
fn it_takes_little_room() {
    assert!(size_of::<PushProof>() <= 512, "{}", size_of::<PushProof>());
}

#[test]
fn one_message_of_this_programs_own_is_a_proof_and_teaches_the_clock() {
    let mut rig = Rig::new();
    let (from, until) = (rig.now, rig.now + 2 * MIN);
    let added = Added { sent: from + 9 * S, taken: from + 10 * S };
    let own = |rig: &Rig, announced| Arrival {
        uid: 1,
        date: Some(rig.date(added.taken)),
        announced,
        absent: None,
        added: Some(added),
    };
    let mail = own(&rig, None);
    rig.proof.looked(Some(Stood { began: from, from, until }), &[mail], until + S);
    assert_eq!(rig.stands(), (true, 1));
    assert_eq!(rig.proof.unannounced()[0].found_after, 110 * S);
    assert!(rig.proof.clock(until + S).is_some(), "its date is known to a second");
    // Announced after a while it is no proof, and where it was not there for long.
    for (announced, until) in [(Some(added.taken + S), until), (None, added.taken + 9 * S)] {
        let mut rig = Rig::new();
        let mail = own(&rig, announced);
        rig.proof.looked(Some(Stood { began: from, from, until }), &[mail], until + S);
        assert_eq!(rig.stands(), (false, 0));
    }
}
