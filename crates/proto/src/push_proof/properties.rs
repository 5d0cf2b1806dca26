//! Modelled servers and random mail: is one that announces ever accused, and one that does not always found?

use std::time::{Duration, Instant, SystemTime};

use super::{Arrival, PushProof, Stood};

const REISSUE: u64 = 240_000;
const POLL: u64 = 120_000;
const DAY: i64 = 86_400_000;

/// When a server announces.
#[derive(Clone, Copy, Debug)]
enum Announces {
    /// Within five seconds, at random.
    Soon,
    /// Never.
    Never,
    /// When it looks by itself: each so many milliseconds of an IDLE.
    Each(u64),
}

/// What mails are dated.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Dated {
    /// When they come.
    Fresh,
    /// Some are moved, copied or brought with dates of their own, alone or many at once.
    Mixed,
}

#[derive(Clone, Copy)]
struct Message {
    uid: u32,
    came: u64,
    date: SystemTime,
    announced: Option<u64>,
}

/// Milliseconds of chance.
fn whole(ms: f64) -> u64 {
    u64::try_from(Duration::from_secs_f64(ms / 1000.0).as_millis()).expect("a life")
}

/// A mailbox and the watch on it; time is in milliseconds.
struct Model {
    chance: fastrand::Rng,
    announces: Announces,
    dated: Dated,
    /// The server's clock less ours.
    offset: i64,
    /// The mean time between mails.
    mean: f64,
    coming: Vec<Message>,
    uid: u32,
    last: u64,
    base: Instant,
    proof: PushProof,
}

impl Model {
    fn new(seed: u64, announces: Announces, dated: Dated) -> Self {
        let mut chance = fastrand::Rng::with_seed(seed);
        let offset = chance.i64(-DAY..=DAY);
        let mean = 2_000.0 * 900_f64.powf(chance.f64());
        let (base, proof) = (Instant::now(), PushProof::default());
        Self { chance, announces, dated, offset, mean, coming: vec![], uid: 0, last: 5_000_000, base, proof }
    }

    fn at(&self, ms: u64) -> Instant {
        self.base + Duration::from_millis(ms)
    }

    /// A mail's date by the server's clock, in whole seconds.
    fn date(&self, ms: u64, older: u64) -> SystemTime {
        let server = 1_700_000_000_000 + i64::try_from(ms).expect("a life") + self.offset;
        let whole = u64::try_from(server).expect("positive") / 1000 * 1000;
        SystemTime::UNIX_EPOCH + Duration::from_millis(whole - older / 1000 * 1000)
    }

    /// Mails come, one or a batch of them.
    fn arrive(&mut self) {
        self.last += 1 + whole(-self.mean * self.chance.f64().max(1e-9).ln());
        let moved = self.dated == Dated::Mixed && self.chance.u8(0..10) < 3;
        let batch = if moved && self.chance.bool() { self.chance.u64(2..8) } else { 1 };
        let apart = if self.chance.bool() { 0 } else { 150 };
        for _ in 0..batch {
            // From a second to a year.
            let older = if moved { whole(1000.0 * 3.15e7_f64.powf(self.chance.f64())) } else { 0 };
            self.uid += 1;
            self.last += apart;
            let announced = match self.announces {
                Announces::Soon => Some(self.last + self.chance.u64(0..5_000)),
                Announces::Never | Announces::Each(_) => None,
            };
            let message = Message { uid: self.uid, came: self.last, date: self.date(self.last, older), announced };
            self.coming.push(message);
        }
    }

    /// The server's clock is known from the beginning, as by a message of our own.
    fn with_clock(mut self) -> Self {
        let (date, at) = (self.date(self.last, 0), self.at(self.last));
        self.proof.clock.observe(date, Some(at), at);
        self
    }

    /// One IDLE and the look after it. Returns when the look began, and whether a mail had waited for long.
    fn turn(&mut self, looked: u64) -> (u64, bool) {
        let from = looked + self.chance.u64(20..400);
        let limit = if self.proof.suspects() { POLL } else { REISSUE };
        while self.last < from + limit {
            self.arrive();
        }
        let told = match self.announces {
            Announces::Soon => self.coming.iter().filter_map(|mail| mail.announced).min().map(|at| at.max(from)),
            Announces::Never => None,
            Announces::Each(every) => {
                let looks = (1..).map(|n| from + n * every).take_while(|at| *at < from + limit);
                looks.into_iter().find(|at| self.coming.iter().any(|mail| mail.came <= *at))
            }
        };
        let told = told.filter(|at| *at < from + limit);
        let until = told.unwrap_or(from + limit);
        let next = until + self.chance.u64(1..300);
        let seen = next + self.chance.u64(1..300);
        let found: Vec<Message> = self.coming.extract_if(.., |mail| mail.came <= seen).collect();
        let arrivals: Vec<Arrival> = found
            .iter()
            .map(|mail| {
                let announced = told.filter(|at| mail.came <= *at);
                let absent = if announced.is_none() { told.unwrap_or(looked) } else { looked };
                let (announced, absent) = (announced.map(|at| self.at(at)), Some(self.at(absent)));
                Arrival { uid: mail.uid, date: Some(mail.date), announced, absent, added: None }
            })
            .collect();
        let stood = Stood { began: self.at(from), from: self.at(told.unwrap_or(from)), until: self.at(until) };
        self.proof.looked(Some(stood), &arrivals, self.at(seen));
        let waited = found.iter().any(|mail| mail.came > from + 6_000 && mail.came + 16_000 < until);
        (next, waited)
    }

    /// Turns until so many mails have come, twelve of them at least; whether the verdict ever stood.
    fn live(&mut self, mails: u32) -> bool {
        let (mut looked, mut stood, mut turns) = (self.last, false, 0);
        while self.uid < mails || turns < 12 {
            (looked, _) = self.turn(looked);
            turns += 1;
            stood |= !self.proof.unannounced().is_empty();
        }
        stood
    }
}

#[test]
fn a_server_that_announces_within_five_seconds_is_never_accused() {
    for seed in 0..1_000 {
        for dated in [Dated::Fresh, Dated::Mixed] {
            let model = || Model::new(seed, Announces::Soon, dated);
            assert!(!model().live(40), "seed {seed}, {dated:?}");
            assert!(!model().with_clock().live(40), "seed {seed}, {dated:?}, its clock is known");
        }
    }
}

#[test]
fn a_server_that_never_announces_is_suspected_from_the_first_mail_and_found_by_the_third() {
    for seed in 0..1_000 {
        let mut model = Model::new(seed, Announces::Never, Dated::Fresh).with_clock();
        let (mut looked, mut waited) = (model.last, 0);
        while waited < 3 {
            let (next, has_waited) = model.turn(looked);
            looked = next;
            waited += u32::from(has_waited);
            assert!(waited == 0 || model.proof.suspects(), "seed {seed}, {:?}", model.proof);
        }
        assert!(!model.proof.unannounced().is_empty(), "seed {seed}, {:?}", model.proof);
    }
}

#[test]
fn so_is_one_whose_clock_is_not_known_where_mails_come_in_pairs() {
    for seed in 0..1_000 {
        let mut model = Model::new(seed, Announces::Never, Dated::Fresh);
        model.mean = 10_000.0 + f64::from(model.chance.u16(0..10_000));
        assert!(model.live(40), "seed {seed}, {:?}", model.proof);
    }
}

#[test]
fn copies_among_its_mail_seldom_hide_it() {
    let found = |seed: &u64| {
        let mut model = Model::new(*seed, Announces::Never, Dated::Mixed).with_clock();
        model.mean = model.mean.min(300_000.0);
        model.live(60)
    };
    let found = (0..1_000).filter(found).count();
    assert!(found >= 950, "{found}");
}

#[test]
fn a_server_that_looks_each_minute_is_not_accused_for_long() {
    for seed in 0..1_000 {
        let mut model = Model::new(seed, Announces::Each(60_000), Dated::Fresh).with_clock();
        model.mean = model.mean.min(300_000.0);
        model.live(60);
        assert_eq!(model.proof.unannounced(), [], "seed {seed}, {:?}", model.proof);
    }
}

#[test]
fn its_interval_is_seen_without_its_clock() {
    for interval in [30, 60] {
        for seed in 0..1_000 {
            let mut model = Model::new(seed, Announces::Each(interval * 1_000), Dated::Fresh);
            model.mean = 20_000.0 + f64::from(model.chance.u16(0..40_000));
            let (mut looked, mut turns) = (model.last, 0);
            let interval = Some(Duration::from_secs(interval));
            while model.proof.rhythm.interval() != interval {
                (looked, _) = model.turn(looked);
                turns += 1;
                assert!(turns < 30, "seed {seed}, {:?}", model.proof);
            }
        }
    }
}

#[test]
fn a_server_that_announces_soon_has_no_interval() {
    for seed in 0..1_000 {
        for dated in [Dated::Fresh, Dated::Mixed] {
            let mut model = Model::new(seed, Announces::Soon, dated);
            let mut looked = model.last;
            for _ in 0..60 {
                (looked, _) = model.turn(looked);
                assert_eq!(model.proof.rhythm.interval(), None, "seed {seed}, {dated:?}, {:?}", model.proof);
            }
        }
    }
}
