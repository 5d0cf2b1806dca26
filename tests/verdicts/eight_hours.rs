//! A working day with a server whose conduct changes every few minutes, in moments: a paused clock, in-process streams.

use std::collections::BTreeSet;
use std::time::Duration;

use imap_misbehave::{NewMessage, Scenario, Server};
use mailwatch_engine::dial::{Dial, Dialling, Transport};
use mailwatch_proto::model::{
    Account, Auth, EventKind, Hooks, Network, Phase, Quirks, SecretSource, Timers, TlsMode, Verdict,
};

use crate::rig::Rig;
use crate::{MINUTE, S};

/// What goes wrong. None of them expunges mail, brings mail of its own or changes UIDVALIDITY: every UID is to be told.
const CONDUCT: [&str; 44] = [
    "healthy",
    "healthy",
    "healthy",
    "heartbeat",
    "heartbeat=20s",
    "ignores-done=0ms",
    "ignores-done=2m",
    "ignores-done-forever",
    "ignores-done-forever=3m",
    "late-done=20s",
    "late-done=3m",
    "silent=90s",
    "silent-idle=5s",
    "silent-idle=3m",
    "stops-reading",
    "rst=40s",
    "fin=40s",
    "close=70s",
    "bye=30s",
    "bye-open=30s",
    "session-expiry",
    "no-plus",
    "late-plus=40s",
    "no-greeting",
    "no-login-reply",
    "no-examine-reply",
    "ends-idle",
    "fetch-cut",
    "trickle",
    "odd-lines",
    "no-idle",
    "idle-no",
    "no-uidnext",
    "status-only",
    "limit-greeting",
    "limit-gmail",
    "limit-dovecot",
    "stale-tag",
    "slow-login=40s",
    "slow-examine=20s",
    "fetch-no",
    "fetch-unreadable",
    "fetch-empty",
    "preauth",
];

/// Dials into this process.
#[derive(Debug)]
struct InProcess(Server);

impl Dial for InProcess {
    fn dial<'a>(&'a self, _account: &'a Account) -> Dialling<'a> {
        let io = Box::new(self.0.connect());
        Box::pin(async { Ok(Transport { io, addr: None, proxy: None, tls: None, greeted: false, trace: Vec::new() }) })
    }
}

fn account(max_connections: u16) -> Account {
    Account {
        name: "work".to_owned(),
        host: "localhost".to_owned(),
        port: 143,
        tls: TlsMode::Off,
        ca: None,
        network: Network::default(),
        user: imap_misbehave::USER.to_owned(),
        auth: Auth::Password,
        secret: SecretSource::Fixed(mailwatch_proto::model::FixedSecret(imap_misbehave::PASSWORD.to_owned())),
        mailboxes: vec!["INBOX".to_owned()],
        max_connections,
        timers: Timers::default(),
        reissue_auto: false,
        quirks: Quirks::default(),
        hooks: Hooks::default(),
    }
}

/// Adds up what `replaced` told, beside what the board says of today.
struct Blindness {
    /// The first interval that belongs to today.
    from: usize,
    /// Days that may begin meanwhile: midnight comes by the machine's own clock.
    midnights: u64,
}

impl Blindness {
    fn new(over: Duration) -> Self {
        let here = jiff::Zoned::now();
        let midnight = here.tomorrow().and_then(|tomorrow| tomorrow.start_of_day()).expect("a day has an end");
        let left = Duration::try_from(here.duration_until(&midnight)).unwrap_or_default();
        // The machine's clock hardly moves while the simulated hours pass, so that midnight is as far away again.
        let midnights = if left > over { 0 } else { over.as_secs() / left.as_secs().max(1) + 2 };
        Self { from: 0, midnights }
    }

    /// Today is what was told since some midnight: all of it, each interval whole.
    fn check(&mut self, rig: &Rig, seed: u64) {
        let told: Vec<Duration> = rig
            .events
            .iter()
            .filter_map(|event| match event.kind {
                EventKind::Replaced { blind, .. } => Some(blind),
                _ => None,
            })
            .collect();
        let now = rig.snapshot().blind;
        assert_eq!(now.last, told.last().copied(), "seed {seed}");
        let from = (self.from..=told.len()).find(|&from| told[from..].iter().sum::<Duration>() == now.today);
        let from = from.unwrap_or_else(|| panic!("seed {seed}: {:?} is no sum of {:?}", now.today, &told[self.from..]));
        if from > self.from {
            self.midnights = self.midnights.checked_sub(1).expect("intervals go only at midnight");
            self.from = from;
        }
    }
}

async fn day(seed: u64, room: u16) {
    let mut chance = fastrand::Rng::with_seed(seed);
    let server = Server::new(Scenario::healthy());
    let mut rig = Rig::start(account(room), InProcess(server.clone())).await;
    rig.idling().await;
    let (mut delivered, mut blindness) = (BTreeSet::new(), Blindness::new(10 * 60 * MINUTE));
    let (mut left, mut until_change, mut until_mail) = (8 * 60 * MINUTE, S, S);
    while !left.is_zero() {
        let step = until_change.min(until_mail).min(left);
        rig.pass(step).await;
        blindness.check(&rig, seed);
        for timer in [&mut left, &mut until_change, &mut until_mail] {
            *timer = timer.saturating_sub(step);
        }
        if until_change.is_zero() {
            let name = CONDUCT[chance.usize(..CONDUCT.len())];
            server.set_scenario(Scenario::by_name(name).expect("a scenario"));
            until_change = S * chance.u32(60..600);
        }
        if until_mail.is_zero() {
            delivered.insert(server.deliver("INBOX", NewMessage::new("Ann Lee <ann@example.org>", "x")));
            until_mail = Duration::from_millis(chance.u64(0..300_000));
        }
    }
    // More than the longest backoff, and than the quarantine.
    server.set_scenario(Scenario::healthy());
    rig.pass(40 * MINUTE).await;
    blindness.check(&rig, seed);
    audit(&rig, seed, &delivered);
    // One at work and one quarantined, where there is room for it.
    assert_eq!(rig.count.peak(), usize::from(room.min(2)), "seed {seed}");
    server.wait_until(|server| server.open_connections() <= 2).await;
    assert_eq!(rig.count.open(), server.open_connections(), "seed {seed}");
    rig.stop().await;
    server.wait_until(|server| server.open_connections() == 0).await;
}

fn audit(rig: &Rig, seed: u64, delivered: &BTreeSet<u32>) {
    let (mut told, mut stalls, mut verdicts) = (Vec::new(), 0, 0);
    for event in &rig.events {
        match &event.kind {
            EventKind::NewMail(mail) => told.push(mail.uid),
            EventKind::Stalled { verdict, waited, .. } => {
                stalls += 1;
                // In process there is no TCP to ask.
                assert_eq!((*verdict, *waited), (Verdict::NotKnown, 10 * S), "seed {seed}");
            }
            EventKind::Verdict { verdict: Verdict::NotKnown, text, .. } => {
                verdicts += 1;
                assert!(text.contains("no answer to DONE"), "seed {seed}: {text}");
            }
            EventKind::Lost { count } => panic!("seed {seed}: {count} events lost"),
            _ => {}
        }
    }
    let now = rig.snapshot();
    assert!(delivered.len() > 100 && stalls > 0, "seed {seed}: a dull day: {stalls} stalls");
    assert_eq!(verdicts, stalls, "seed {seed}: each stall has its verdict");
    // A server that had no IDLE when this connection was made is polled until the next.
    assert!(matches!(now.phase, Phase::Idling | Phase::Polling), "seed {seed}: {}", now.phase);
    assert_eq!(now.blind.since, None, "seed {seed}");
    let distinct: BTreeSet<u32> = told.iter().copied().collect();
    assert_eq!(&distinct, delivered, "seed {seed}: none missed");
    assert_eq!(told.len(), distinct.len(), "seed {seed}: none told twice");
}

#[tokio::test(start_paused = true)]
async fn eight_hours_of_trouble_lose_no_mail_no_connection_and_no_second_of_blindness() {
    for (seed, room) in [(0, 8), (1, 8), (2, 8), (3, 2), (4, 1), (5, 1)] {
        day(seed, room).await;
    }
}
