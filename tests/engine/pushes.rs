//! Proof of push: how each mail was found, and what is said of a server that does not announce.

use std::time::{Duration, SystemTime};

use imap_misbehave::{Letters, NewMessage, Scenario};
use mailwatch_engine::push_test::PushStep;
use mailwatch_proto::model::{DoneReason, EventKind, FoundBy, Mail, Timer, Unannounced, Verdict};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use mailwatch_tui::commands::demo::mail::in_pairs;

use crate::harness::{MINUTE, Rig, S, now, scenario, set};

/// A watch that idles, and a server whose clock is an hour ahead; the wall clock does not follow tokio's.
struct Bench {
    rig: Rig,
    began: std::time::Instant,
    mails: u32,
}

impl Bench {
    async fn start(scenario: Scenario) -> Self {
        let mut rig = Rig::start("healthy");
        rig.server.set_scenario(scenario);
        rig.idling().await;
        Self { rig, began: now(), mails: 0 }
    }

    fn date(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_hours(490_000) + (now() - self.began)
    }

    /// A mail comes now, dated so long before.
    fn deliver(&mut self, older: Duration) {
        self.mails += 1;
        let date = self.date().checked_sub(older).expect("after 1970");
        let letter = NewMessage::new("Ann Lee <ann@example.org>", &self.mails.to_string()).received(date);
        self.rig.server.deliver("INBOX", letter);
    }

    /// Mails that come in one IDLE, at these moments of it, and the look after it.
    async fn idle(&mut self, at: &[u64], length: Duration) {
        let mut passed = 0;
        for at in at {
            self.rig.pass(S * u32::try_from(at - passed).expect("short")).await;
            passed = *at;
            self.deliver(Duration::ZERO);
        }
        self.rig.pass((length + S).saturating_sub(Duration::from_secs(passed))).await;
    }

    fn found(&self) -> Vec<FoundBy> {
        self.rig.mails().iter().map(|mail| mail.found).collect()
    }

    /// The verdicts of `not-pushing` that were told, each with its mails.
    fn accused(&self) -> Vec<Vec<Unannounced>> {
        let mails = |event: &mailwatch_proto::model::Event| match &event.kind {
            EventKind::Verdict { verdict: Verdict::NotPushing, mails, .. } => Some(mails.clone()),
            _ => None,
        };
        self.rig.events.iter().filter_map(mails).collect()
    }

    fn stands(&self) -> Option<Verdict> {
        self.rig.snapshot().finding.map(|finding| finding.verdict)
    }

    fn dones(&self, why: DoneReason) -> usize {
        self.rig.count(|kind| matches!(kind, EventKind::DoneSent { reason, .. } if *reason == why))
    }
}

#[tokio::test(start_paused = true)]
async fn a_server_that_never_announces_is_found_by_pairs_of_mails_and_named_with_them() {
    let mut bench = Bench::start(scenario("never-announces")).await;
    bench.idle(&[60, 90], 4 * MINUTE).await;
    assert_eq!((bench.stands(), bench.dones(DoneReason::NotPushing)), (Some(Verdict::Live), 0), "{}", bench.rig.told());
    bench.idle(&[30, 60], 2 * MINUTE).await;
    assert_eq!(bench.dones(DoneReason::NotPushing), 1, "suspected: looked for after `poll`\n{}", bench.rig.told());
    assert_eq!(bench.found(), [FoundBy::Done; 4]);
    assert_eq!(bench.stands(), Some(Verdict::NotPushing));
    let accused = bench.accused();
    let mails = accused.last().expect("told");
    assert_eq!(mails.len(), 2, "one of each IDLE: {mails:?}");
    assert!(mails.iter().all(|mail| mail.received.is_some() && mail.found_after >= 30 * S), "{mails:?}");
    // It goes on being looked at, and three that are announced end it.
    bench.rig.server.set_scenario(scenario("healthy"));
    for _ in 0..3 {
        assert_eq!(bench.stands(), Some(Verdict::NotPushing));
        bench.idle(&[20], 40 * S).await;
    }
    assert_eq!(bench.stands(), Some(Verdict::Live), "{}", bench.rig.told());
    assert_eq!(bench.found()[4..], [FoundBy::Push; 3]);
}

#[tokio::test(start_paused = true)]
async fn the_demos_server_that_announces_nothing_is_named_within_a_minute_and_looked_at_each_15_s() {
    let rig = Rig::tuned("never-announces", |account| {
        set(account, Timer::Reissue, 20 * S);
        set(account, Timer::Poll, 15 * S);
    });
    let began = now();
    let clock = move || SystemTime::UNIX_EPOCH + Duration::from_hours(490_000) + (now() - began);
    tokio::spawn(in_pairs(rig.server.clone(), "INBOX", Letters::new(1), clock));
    let mut bench = Bench { rig, began, mails: 0 };
    bench.rig.pass(MINUTE).await;
    assert_eq!(bench.stands(), Some(Verdict::NotPushing), "{}", bench.rig.told());
    let before = bench.rig.mails().len();
    bench.rig.pass(MINUTE).await;
    assert_eq!(bench.stands(), Some(Verdict::NotPushing), "{}", bench.rig.told());
    assert!(bench.rig.mails().len() >= before + 6, "two each 15 s\n{}", bench.rig.told());
    assert!(bench.found().iter().all(|found| *found == FoundBy::Done), "{:?}", bench.found());
}

#[tokio::test(start_paused = true)]
async fn what_is_announced_between_done_and_its_answer_was_not_announced_in_idle() {
    let mut bench = Bench::start(scenario("announces-at-done")).await;
    bench.idle(&[60, 90], 4 * MINUTE).await;
    bench.idle(&[30, 60], 2 * MINUTE).await;
    assert_eq!(bench.found(), [FoundBy::Done; 4], "{}", bench.rig.told());
    assert_eq!(bench.stands(), Some(Verdict::NotPushing));
}

#[tokio::test(start_paused = true)]
async fn a_server_that_announces_is_told_so_and_its_clock_is_learned() {
    let mut bench = Bench::start(Scenario::healthy()).await;
    // One after another, so that each was seen not to be there a moment before.
    for _ in 0..3 {
        bench.idle(&[2], 4 * S).await;
    }
    bench.idle(&[100], 102 * S).await;
    let mails = bench.rig.mails();
    assert!(mails.iter().all(|mail| mail.found == FoundBy::Push && mail.received.is_some()), "{mails:?}");
    let last: &Mail = mails.last().expect("told");
    assert!(last.late.is_some_and(|late| late < S), "{last:?}");
    assert_eq!((bench.stands(), bench.accused().len()), (Some(Verdict::Live), 0));
    assert_eq!(bench.dones(DoneReason::NotPushing), 0);
}

#[tokio::test(start_paused = true)]
async fn copies_and_mails_of_the_last_seconds_accuse_nobody() {
    let mut bench = Bench::start(scenario("never-announces")).await;
    for _ in 0..5 {
        // Copied into the mailbox in the middle of the IDLE, or fresh and just before DONE.
        bench.rig.pass(2 * MINUTE).await;
        bench.deliver(Duration::from_hours(5));
        bench.deliver(Duration::from_hours(4));
        bench.rig.pass(115 * S).await;
        bench.deliver(Duration::ZERO);
        bench.rig.pass(6 * S).await;
    }
    assert_eq!(bench.rig.mails().len(), 15);
    assert_eq!((bench.accused().len(), bench.dones(DoneReason::NotPushing)), (0, 0), "{}", bench.rig.told());
}

#[tokio::test(start_paused = true)]
async fn a_server_that_announces_every_second_mail_is_found_where_its_clock_is_known() {
    let mut bench = Bench::start(Scenario::healthy()).await;
    for _ in 0..2 {
        bench.idle(&[2], 4 * S).await;
    }
    bench.rig.server.set_scenario(scenario("announces-every-second"));
    let before = bench.rig.mails().len();
    for at in [60, 30, 60, 30] {
        bench.idle(&[at], 4 * MINUTE).await;
    }
    let found = bench.found()[before..].to_vec();
    let missed = found.iter().filter(|found| **found == FoundBy::Done).count();
    assert_eq!((missed, found.len()), (2, 4), "{found:?}\n{}", bench.rig.told());
    assert_eq!(bench.stands(), Some(Verdict::NotPushing), "{}", bench.rig.told());
    let late = bench.rig.mails().iter().filter(|mail| mail.late.is_some_and(|late| late > 20 * S)).count();
    assert_eq!(late, 2, "{}", bench.rig.told());
}

#[tokio::test(start_paused = true)]
async fn a_server_that_looks_by_itself_once_a_minute_is_live_and_said_to() {
    let mut bench = Bench::start(Scenario::healthy()).await;
    for _ in 0..2 {
        bench.idle(&[2], 4 * S).await;
    }
    bench.rig.server.set_scenario(scenario("announces-each-minute"));
    for at in [4, 20, 1, 50, 12, 3] {
        bench.idle(&[at], MINUTE).await;
    }
    assert_eq!((bench.accused().len(), bench.dones(DoneReason::NotPushing)), (0, 0), "{}", bench.rig.told());
    assert!(bench.found().iter().all(|found| *found == FoundBy::Push), "{}", bench.rig.told());
    let finding = bench.rig.snapshot().finding.expect("concluded");
    assert_eq!(finding.verdict, Verdict::Live);
    assert!(finding.text.ends_with("announces it about once a minute"), "{}", finding.text);
    let late = bench.rig.mails().iter().filter(|mail| mail.late.is_some_and(|late| late > 30 * S)).count();
    assert!(late >= 4, "{}", bench.rig.told());
}

#[tokio::test(start_paused = true)]
async fn a_push_test_waits_twice_as_long_as_the_server_is_known_to_take_to_look() {
    let mut bench = Bench::start(scenario("announces-each-minute")).await;
    for at in [4, 20, 1, 50, 12, 3] {
        bench.idle(&[at], MINUTE).await;
    }
    let finding = bench.rig.snapshot().finding.expect("concluded");
    assert!(finding.text.ends_with("announces it about once a minute"), "{}", finding.text);
    bench.rig.server.set_scenario(scenario("never-announces"));
    let (tx, mut told) = mpsc::unbounded_channel();
    assert!(!bench.rig.push_test().run(1, &CancellationToken::new(), &tx).await);
    drop(tx);
    let mut steps = Vec::new();
    while let Some(step) = told.recv().await {
        steps.push(step);
    }
    let not = |step: &PushStep| matches!(step, PushStep::NotAnnounced { waited, .. } if *waited == 2 * MINUTE);
    assert!(steps.iter().any(not), "{steps:?}");
}

#[tokio::test(start_paused = true)]
async fn a_server_that_announces_late_is_live_and_its_delay_is_the_true_one() {
    let mut bench = Bench::start(Scenario::healthy()).await;
    for _ in 0..2 {
        bench.idle(&[2], 4 * S).await;
    }
    bench.rig.server.set_scenario(scenario("announces-late"));
    let before = bench.rig.mails().len();
    // The IDLE began 3 s before, and so does each after it.
    let came = [5, 2, 4, 1, 3];
    for at in came {
        bench.idle(&[at], 19 * S).await;
    }
    assert_eq!((bench.accused().len(), bench.stands()), (0, Some(Verdict::Live)), "{}", bench.rig.told());
    for (mail, at) in bench.rig.mails()[before..].iter().zip(came) {
        let (late, true_delay) = (mail.late.expect("its clock is known"), Duration::from_secs(17 - at));
        assert!(late <= true_delay && late + 5 * S > true_delay, "{late:?} of {true_delay:?}\n{}", bench.rig.told());
    }
    let text = bench.rig.snapshot().finding.expect("concluded").text;
    assert!(text.contains("announces it about every"), "{text}");
}

#[tokio::test(start_paused = true)]
async fn a_hint_is_said_and_looked_into_at_once() {
    for (name, said) in [
        ("only-recent", "RECENT without EXISTS"),
        ("only-fetch", "FETCH of message 1, EXISTS 0"),
        ("exists-unchanged", "EXISTS 0 again"),
    ] {
        let mut bench = Bench::start(scenario(name)).await;
        bench.idle(&[30], 31 * S).await;
        let hint = bench.rig.events.iter().find_map(|event| match &event.kind {
            EventKind::Hint { text } => Some((event.at, text.clone())),
            _ => None,
        });
        let (at, text) = hint.unwrap_or_else(|| panic!("{name}: no hint\n{}", bench.rig.told()));
        assert_eq!(text, said, "{name}");
        let told = bench.rig.events.iter().find(|event| matches!(event.kind, EventKind::NewMail(_)));
        let told = told.unwrap_or_else(|| panic!("{name}: no mail\n{}", bench.rig.told()));
        assert!(told.at - at < S, "{name}\n{}", bench.rig.told());
        assert_eq!((bench.found(), bench.dones(DoneReason::Hint)), (vec![FoundBy::Push], 1), "{name}");
        // What brings nothing is followed more and more rarely, and the governor holds it besides.
        let dones = bench.rig.count(|kind| matches!(kind, EventKind::DoneSent { .. }));
        bench.rig.server.set_scenario(scenario("exists-storm"));
        bench.rig.pass(10 * MINUTE).await;
        let more = bench.rig.count(|kind| matches!(kind, EventKind::DoneSent { .. })) - dones;
        assert!(more <= 20, "{name}: {more}");
    }
}
