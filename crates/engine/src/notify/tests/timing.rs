//! The notifier alone: each test is a day in its life.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;
use crate::notify::{Action, Alert, Digest, GAP, LONGEST_GAP, Notifier, SETTLE};
use mailwatch_proto::model::{Quiet, Sequence};

/// A notifier and its time: what it told, and when.
struct Rig {
    clock: Clock,
    notifier: Notifier,
    told: Vec<(Duration, Action)>,
}

impl Rig {
    fn new(settings: Notifications) -> Self {
        Self::in_zone(settings, TimeZone::UTC)
    }

    fn in_zone(settings: Notifications, zone: TimeZone) -> Self {
        Self { clock: Clock::new(), notifier: Notifier::new(settings, zone), told: Vec::new() }
    }

    fn mail(&mut self, at: Duration, subject: &str) {
        self.pass_until(at);
        let now = self.clock.after(at);
        let actions = self.notifier.take(&mail(subject, now), now);
        self.keep(at, actions);
    }

    /// Does what is due until then, each at its moment.
    fn pass_until(&mut self, end: Duration) {
        while let Some(due) = self.notifier.due().map(|due| due.saturating_duration_since(self.clock.0)) {
            if due > end {
                return;
            }
            let actions = self.notifier.tick(self.clock.after(due));
            self.keep(due, actions);
        }
    }

    fn keep(&mut self, at: Duration, actions: Vec<Action>) {
        self.told.extend(actions.into_iter().map(|action| (at, action)));
    }

    /// What was told on the desktop until then: when, and the title.
    fn titles(&mut self, end: Duration) -> Vec<(Duration, String)> {
        self.pass_until(end);
        let title = |action: &Action| match action {
            Action::Desktop(digest) => Some(digest.note().title),
            Action::Trouble(trouble) => Some(trouble.note().title),
            Action::Screen(_) | Action::Ask(_) => None,
        };
        self.told.iter().filter_map(|(at, action)| Some((*at, title(action)?))).collect()
    }
}

fn quiet(hours: &str) -> Notifications {
    Notifications { quiet: Quiet::parse(hours).ok(), ..on_the_desktop() }
}

fn at(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

#[test]
fn a_mail_that_comes_alone_is_told_in_half_a_second() {
    let mut rig = Rig::new(on_the_desktop());
    rig.mail(at(0), "Friday?");
    assert_eq!(rig.titles(HOUR), [(SETTLE, "Ann Lee".to_owned())]);
    assert_eq!(rig.notifier.due(), None, "nothing is held, and nothing wakes it");
}

#[test]
fn mails_that_come_together_are_told_together() {
    let mut rig = Rig::new(on_the_desktop());
    for n in 0..20 {
        rig.mail(Duration::from_millis(n), "x");
    }
    assert_eq!(rig.titles(HOUR), [(SETTLE, "20 new mails".to_owned())]);
}

#[test]
fn what_comes_while_one_is_shown_waits_for_its_gap() {
    let mut rig = Rig::new(on_the_desktop());
    rig.mail(at(0), "x");
    rig.mail(at(2), "x");
    rig.mail(at(3), "x");
    let told = [(SETTLE, "Ann Lee".to_owned()), (SETTLE + GAP, "2 new mails".to_owned())];
    assert_eq!(rig.titles(HOUR), told);
}

#[test]
fn a_flood_is_told_ever_more_seldom_and_a_pause_makes_it_forgotten() {
    let mut rig = Rig::new(on_the_desktop());
    for second in 0..3600 {
        rig.mail(at(second), "x");
    }
    let told = rig.titles(HOUR);
    let gaps: Vec<_> = told.windows(2).map(|pair| pair[1].0.saturating_sub(pair[0].0).as_secs()).collect();
    assert_eq!(gaps[..6], [10, 20, 40, 80, 160, 300]);
    assert!(gaps[6..].iter().all(|gap| *gap == LONGEST_GAP.as_secs()), "{gaps:?}");
    let after = HOUR * 2;
    rig.mail(after, "x");
    rig.mail(after + at(2), "x");
    let told = rig.titles(HOUR * 3);
    let last: Vec<_> = told[told.len() - 2..].iter().map(|(at, _)| *at).collect();
    assert_eq!(last, [after + SETTLE, after + SETTLE + GAP]);
}

#[test]
fn quiet_hours_hold_everything_back_and_tell_it_at_their_end() {
    let mut rig = Rig::new(quiet("22:00-07:00"));
    rig.mail(at(0), "noon");
    rig.mail(HOUR * 11, "in the evening");
    rig.mail(HOUR * 15, "in the night");
    let told = [(SETTLE, "Ann Lee".to_owned()), (HOUR * 19, "2 new mails in quiet hours".to_owned())];
    assert_eq!(rig.titles(HOUR * 48), told);
}

#[test]
fn what_waits_as_quiet_hours_begin_is_told_at_their_end() {
    let mut rig = Rig::new(quiet("12:00-13:00"));
    rig.notifier = Notifier::new(quiet("12:01-13:00"), TimeZone::UTC);
    rig.mail(at(55), "x");
    rig.mail(at(58), "x");
    assert_eq!(
        rig.titles(HOUR * 24),
        [(at(55) + SETTLE, "Ann Lee".to_owned()), (HOUR, "1 new mail in quiet hours".to_owned()),]
    );
}

#[test]
fn quiet_hours_are_those_of_the_clock_on_the_wall() {
    // At noon in UTC it is 21:00 in Tokyo.
    let tokyo = jiff::tz::Offset::constant(9).to_time_zone();
    let mut rig = Rig::in_zone(quiet("22:00-07:00"), tokyo);
    rig.mail(at(0), "at nine");
    rig.mail(HOUR, "at ten");
    let told = [(SETTLE, "Ann Lee".to_owned()), (HOUR * 10, "1 new mail in quiet hours".to_owned())];
    assert_eq!(rig.titles(HOUR * 24), told);
}

#[test]
fn after_a_suspend_the_clock_on_the_wall_is_asked_again() {
    let mut rig = Rig::new(quiet("12:00-13:00"));
    rig.mail(at(0), "x");
    // Two hours passed on the wall, and a minute on the clock that stands still in suspend.
    let now = Now { wall: rig.clock.after(HOUR * 2).wall, ..rig.clock.after(at(60)) };
    let slept = event(None, EventKind::Slept { slept: HOUR * 2 }, now);
    let actions = rig.notifier.take(&slept, now);
    assert!(matches!(actions.as_slice(), [Action::Desktop(digest)] if digest.quiet), "{actions:?}");
}

#[test]
fn a_clock_that_was_set_back_makes_it_wait_again() {
    let mut rig = Rig::new(quiet("11:00-12:30"));
    rig.mail(at(0), "x");
    let due = rig.notifier.due().expect("the end of the hours");
    let early = Now { at: due, wall: rig.clock.after(at(60)).wall };
    assert_eq!(rig.notifier.tick(early), []);
    assert_eq!(rig.notifier.due(), Some(due + at(29 * 60)));
}

#[test]
fn an_account_that_is_silent_tells_nothing_and_the_others_do() {
    let silent = BTreeSet::from(["lists".to_owned()]);
    let mut rig = Rig::new(Notifications { silent, ..on_the_desktop() });
    let now = rig.clock.after(at(0));
    assert_eq!(rig.notifier.take(&mail_to(WatchId::new("lists", "INBOX"), "x", now), now), []);
    assert_eq!(rig.notifier.due(), None);
    rig.mail(at(1), "y");
    assert_eq!(rig.titles(HOUR).len(), 1);
}

#[test]
fn each_way_that_is_on_is_told() {
    let settings = Notifications { bell: true, terminal: Some(Sequence::Osc9), ..on_the_desktop() };
    let mut rig = Rig::new(settings);
    rig.mail(at(0), "Friday?");
    rig.pass_until(HOUR);
    let mut digest = Digest::default();
    let now = rig.clock.after(at(0));
    if let Event { watch: Some(watch), kind: EventKind::NewMail(mail), .. } = mail("Friday?", now) {
        digest.add(&watch, &mail);
    }
    let alert = Alert { bell: true, note: Some((Sequence::Osc9, digest.note())) };
    assert_eq!(rig.told, [(SETTLE, Action::Screen(alert)), (SETTLE, Action::Desktop(digest))]);
}

#[test]
fn a_bell_alone_shows_no_text() {
    let mut rig = Rig::new(Notifications { bell: true, ..Notifications::default() });
    rig.mail(at(0), "x");
    rig.pass_until(HOUR);
    assert_eq!(rig.told, [(SETTLE, Action::Screen(Alert { bell: true, note: None }))]);
}

#[test]
fn other_settings_are_in_force_at_once() {
    let mut rig = Rig::new(quiet("11:00-13:00"));
    rig.mail(at(0), "x");
    // No quiet hours any more: what they held is told.
    assert_eq!(rig.notifier.retune(on_the_desktop(), rig.clock.after(at(60))).len(), 1);
    rig.mail(at(61), "y");
    // Nobody wants to be told: what was held is dropped.
    assert_eq!(rig.notifier.retune(Notifications::default(), rig.clock.after(at(62))), []);
    assert_eq!(rig.notifier.retune(on_the_desktop(), rig.clock.after(HOUR)), []);
    assert_eq!(rig.notifier.due(), None);
}

#[test]
fn the_end_of_the_program_tells_what_waits_for_its_gap_and_leaves_quiet_hours_quiet() {
    let mut rig = Rig::new(on_the_desktop());
    rig.mail(at(0), "x");
    rig.mail(at(2), "x");
    assert_eq!(rig.notifier.finish(rig.clock.after(at(3))).len(), 1);
    let mut rig = Rig::new(quiet("11:00-13:00"));
    rig.mail(at(0), "x");
    assert_eq!(rig.notifier.finish(rig.clock.after(at(3))), []);
}

#[test]
fn hours_that_a_change_of_the_clocks_moves_still_end() {
    let berlin = TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").expect("a zone");
    // 02:30 does not exist on 29 March 2026, and exists twice on 25 October.
    for (month, day) in [(3, 28), (10, 24)] {
        let evening = datetime(2026, month, day, 23, 0, 0, 0).to_zoned(berlin.clone()).expect("a moment").timestamp();
        let clock = Clock::new();
        let after =
            |passed: Duration| Now { at: clock.0 + passed, wall: std::time::SystemTime::from(evening) + passed };
        let mut notifier = Notifier::new(quiet("22:00-02:30"), berlin.clone());
        let now = after(Duration::ZERO);
        assert_eq!(notifier.take(&mail("x", now), now), []);
        let due = notifier.due().expect("an end").duration_since(clock.0);
        assert!(due > HOUR * 3 && due <= HOUR * 5, "{due:?}");
        assert_eq!(notifier.tick(after(due)).len(), 1);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_mail_is_told_once_never_in_quiet_hours_and_never_two_at_a_time(
        pauses in prop::collection::vec(prop_oneof![0..700_u64, 0..30_000_u64, 0..20_000_000_u64], 1..60),
    ) {
        let hours = Quiet::parse("22:00-07:00").expect("hours");
        let mut rig = Rig::new(quiet("22:00-07:00"));
        let mut now = Duration::ZERO;
        for pause in &pauses {
            now += Duration::from_millis(*pause);
            rig.mail(now, "x");
        }
        rig.pass_until(now + HOUR * 24);
        let count = |action: &Action| match action {
            Action::Desktop(digest) => digest.count(),
            Action::Trouble(_) | Action::Screen(_) | Action::Ask(_) => 0,
        };
        prop_assert_eq!(rig.told.iter().map(|(_, action)| count(action)).sum::<usize>(), pauses.len());
        for (at, _) in &rig.told {
            let minute = (12 * 60 + at.as_secs() / 60) % (24 * 60);
            prop_assert!(!hours.holds(u16::try_from(minute).expect("a minute of the day")), "{:?}", at);
        }
        for pair in rig.told.windows(2) {
            prop_assert!(pair[1].0 >= pair[0].0 + GAP, "{:?}", pair);
        }
    }
}
