//! A working day with a server whose conduct changes every few minutes, in moments: a paused clock, in-process streams.

use std::collections::BTreeSet;
use std::time::Duration;

use mailwatch_tui::demo::{self, NewMessage, Scenario, Server};
use mailwatch_tui::imap::dial::{Dial, Dialling, Transport};
use mailwatch_tui::model::{Account, Auth, EventKind, Phase, SecretSource, Timers, TlsMode, Verdict};

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
        Box::pin(async { Ok(Transport { io, addr: None, tls: None, greeted: false, trace: Vec::new() }) })
    }
}

fn account(max_connections: u16) -> Account {
    Account {
        name: "work".to_owned(),
        host: "localhost".to_owned(),
        port: 143,
        tls: TlsMode::Off,
        ca: None,
        user: demo::USER.to_owned(),
        auth: Auth::Password,
        secret: SecretSource::Demo,
        mailboxes: vec!["INBOX".to_owned()],
        max_connections,
        timers: Timers::default(),
        reissue_auto: false,
    }
}

async fn day(seed: u64, room: u16) {
    let mut chance = fastrand::Rng::with_seed(seed);
    let server = Server::new(Scenario::healthy());
    let mut rig = Rig::start(account(room), InProcess(server.clone())).await;
    rig.idling().await;
    let mut delivered = BTreeSet::new();
    let (mut left, mut until_change, mut until_mail) = (8 * 60 * MINUTE, S, S);
    while !left.is_zero() {
        let step = until_change.min(until_mail).min(left);
        rig.pass(step).await;
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
    audit(&rig, seed, &delivered);
    // One at work and one stuck, where there is room for it.
    assert_eq!(rig.count.peak(), usize::from(room.min(2)), "seed {seed}");
    server.wait_until(|server| server.open_connections() <= 2).await;
    assert_eq!(rig.count.open(), server.open_connections(), "seed {seed}");
    rig.stop().await;
    server.wait_until(|server| server.open_connections() == 0).await;
}

fn audit(rig: &Rig, seed: u64, delivered: &BTreeSet<u32>) {
    let (mut told, mut stalls, mut verdicts, mut blind) = (Vec::new(), 0, 0, Duration::ZERO);
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
            EventKind::Replaced { blind: one, .. } => blind += *one,
            EventKind::Lost { count } => panic!("seed {seed}: {count} events lost"),
            _ => {}
        }
    }
    let now = rig.snapshot();
    assert!(delivered.len() > 100 && stalls > 0, "seed {seed}: a dull day: {stalls} stalls");
    assert_eq!(verdicts, stalls, "seed {seed}: each stall has its verdict");
    assert_eq!(now.blind.today, blind, "seed {seed}");
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
