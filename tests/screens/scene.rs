//! The scene of DESIGN's picture: five watches with different fates, and what happened to them.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use mailwatch_proto::model::{
    Ages, Answer, Blind, BlindInterval, Board, ConnId, DoneReason, Event, EventKind, Evidence, Fault, FaultClass,
    Finding, IdleEnd, LateResponses, Loss, Mail, Origin, Past, PastQuarantine, PastReceipt, PastStall, Phase,
    QuarantineEnd, Quarantined, Receipt, Served, ServerInfo, Snapshot, Status, Timer, Timers, TlsInfo, Verdict,
    WatchId, WireDirection, WireLine,
};
use mailwatch_tui::tui::clock::Now;

pub fn secs(n: u64) -> Duration {
    Duration::from_secs(n)
}

pub fn millis(n: u64) -> Duration {
    Duration::from_millis(n)
}

/// Tue 30 April 2024, 14:03:27 UTC.
pub fn wall() -> SystemTime {
    SystemTime::UNIX_EPOCH + secs(1_714_485_807)
}

fn before(now: Now, span: Duration) -> Instant {
    now.at.checked_sub(span).expect("the scene's now is late enough")
}

fn live(id: (&str, &str), now: Now) -> Snapshot {
    let mut snapshot = Snapshot::new(WatchId::new(id.0, id.1), Timers::default(), now.at);
    snapshot.connection.id = Some(ConnId(1));
    snapshot.phase = Phase::Idling;
    snapshot.mailbox.exists = Some(12_408);
    snapshot.finding = Some(Finding {
        verdict: Verdict::Live,
        text: "The server answers DONE.".to_owned(),
        evidence: None,
        mails: Vec::new(),
    });
    snapshot.connection.server = Arc::new(ServerInfo {
        proxy: None,
        addr: Some(SocketAddr::from(([192, 0, 2, 10], 993))),
        local: Some(SocketAddr::from(([192, 0, 2, 77], 51_034))),
        tls: Some(TlsInfo { version: "1.3", cipher: "TLS13_AES_256_GCM_SHA384".to_owned() }),
        capabilities: ["IMAP4rev1", "IDLE", "LITERAL+", "ID", "UIDPLUS", "CONDSTORE", "QRESYNC", "MOVE", "ESEARCH"]
            .map(str::to_owned)
            .into(),
        id: Some("Dovecot 2.3 (os Linux)".to_owned()),
    });
    snapshot
}

fn idle(snapshot: &mut Snapshot, now: Now, age: u64) {
    let sent = before(now, secs(age));
    snapshot.since = sent;
    snapshot.connection.idle_since = Some(sent);
    snapshot.connection.heard = Some(before(now, secs(41.min(age))));
    snapshot.deadline = Some((sent + snapshot.timers.limit(Timer::Reissue), Timer::Reissue));
}

fn receipt(queued: Instant, acked: Option<u64>, answered: Option<u64>) -> Receipt {
    Receipt {
        reason: DoneReason::Reissue,
        idle_age: secs(240),
        queued,
        written: Some(queued + Duration::from_micros(140)),
        acked: acked.map(|after| queued + millis(after)),
        answer: answered.map(|after| Answer { at: queued + millis(after), status: Status::Ok, untagged: 0 }),
    }
}

/// What became of a watch that has seen a good deal: the day before, too.
fn past(now: Now) -> Past {
    let at = |ago: u64| now.wall - secs(ago);
    let mut past = Past::default();
    let stalled = receipt(before(now, secs(11)), Some(19), None);
    for n in (1..=22u64).rev() {
        let mut receipt = receipt(before(now, secs(n)), Some(17 + n), Some(30 + n * n));
        receipt.reason = if n % 5 == 0 { DoneReason::NewMail } else { DoneReason::Reissue };
        receipt.idle_age = secs(240 - n * 7 % 90);
        past.receipt(PastReceipt::of(ConnId(3), &receipt, at(n * 290)));
    }
    let late = PastReceipt {
        answered: Some(secs(372)),
        status: Some(Status::Ok),
        untagged: 3,
        late: true,
        stall: None,
        ..PastReceipt::of(ConnId(2), &stalled, at(900))
    };
    past.receipt(late);
    let stall = Some(Verdict::ServerIgnoring);
    past.receipt(PastReceipt { stall, ..PastReceipt::of(ConnId(4), &stalled, at(11)) });
    for (ago, span, why) in [
        (60_000, 31, None),
        (2_000, 12, Some(Loss::Concluded(Verdict::PathDead))),
        (880, 4, Some(Loss::Concluded(Verdict::ServerIgnoring))),
        (500, 1, Some(Loss::User)),
    ] {
        past.interval(BlindInterval { from: at(ago), to: at(ago - span), why });
    }
    let responses = LateResponses { untagged: 3, exists: Some(12_406), heard: None };
    let end = QuarantineEnd::Answered { took: secs(372), status: Status::Ok };
    past.quarantine(PastQuarantine { conn: ConnId(2), since: at(890), kept: secs(362), responses, end });
    let evidence = Some(Evidence {
        acked: Some(false),
        outq: Some(28),
        unacked: Some(1),
        retransmits: Some(3),
        backoff: Some(3),
        snd_wnd: Some(64_128),
        proxy: Some(false),
    });
    let text = "DONE was not acknowledged in 3.4 s (3 retransmits): the path is dead. Look at NAT and firewall timeouts; set reissue under 5:00".to_owned();
    let finding = Finding { verdict: Verdict::PathDead, text, evidence, mails: Vec::new() };
    past.stall = Some(PastStall { at: at(2_000), conn: ConnId(2), waited: millis(3_400), finding });
    past
}

/// What is true in the scene.
pub fn board(now: Now) -> Board {
    let mut work = live(("work", "INBOX"), now);
    idle(&mut work, now, 161);
    (work.mailbox.new, work.mailbox.unseen) = (3, Some(12));
    work.receipt = Some(receipt(before(now, secs(161)), Some(19), Some(38)));
    work.connection.heartbeat = Some(secs(120));

    let mut rust = live(("work", "lists/rust"), now);
    idle(&mut rust, now, 12);
    (rust.mailbox.new, rust.mailbox.unseen) = (41, Some(118));
    rust.receipt = Some(receipt(before(now, secs(12)), Some(17), Some(41)));

    let mut home = live(("home", "INBOX"), now);
    home.phase = Phase::Finishing;
    home.since = before(now, secs(4));
    home.connection.idle_since = Some(before(now, secs(244)));
    home.mailbox.unseen = Some(0);
    home.receipt = Some(receipt(before(now, secs(4)), Some(22), None));
    home.deadline = Some((now.at + secs(6), Timer::Done));
    home.finding = Some(Finding {
        verdict: Verdict::Finishing,
        text: "DONE is acked.".to_owned(),
        evidence: None,
        mails: Vec::new(),
    });

    let mut gmail = live(("gmail", "INBOX"), now);
    gmail.phase = Phase::Connecting;
    gmail.connection.replacing = true;
    gmail.since = before(now, secs(1));
    gmail.connection.id = Some(ConnId(9));
    gmail.mailbox.unseen = Some(7);
    let unanswered = receipt(before(now, secs(11)), Some(19), None);
    gmail.receipt = Some(unanswered.clone());
    let responses = LateResponses { untagged: 2, exists: Some(12_409), heard: Some(before(now, millis(400))) };
    gmail.quarantined =
        Some(Quarantined { conn: ConnId(4), since: before(now, secs(1)), receipt: unanswered, responses });
    gmail.past = Arc::new(past(now));
    gmail.deadline = Some((now.at + secs(19), Timer::Connect));
    gmail.finding = Some(Finding {
        verdict: Verdict::ServerIgnoring,
        text: "The server's machine has DONE, its program has not answered: keep reissue under 5 minutes.".to_owned(),
        evidence: Some(Evidence {
            acked: Some(true),
            outq: Some(0),
            unacked: Some(0),
            retransmits: Some(0),
            backoff: Some(0),
            snd_wnd: Some(65_536),
            proxy: Some(false),
        }),
        mails: Vec::new(),
    });

    let mut old = live(("old", "INBOX"), now);
    old.phase = Phase::Waiting;
    old.connection.id = None;
    old.mailbox.exists = None;
    old.since = before(now, secs(36));
    old.connection.attempt = 4;
    old.deadline = Some((now.at + secs(24), Timer::RetryMin));
    old.fault = Some(Fault::retry_after(FaultClass::Timeout, "path dead: DONE was not acknowledged"));
    old.finding = Some(Finding {
        verdict: Verdict::PathDead,
        text: "DONE is not acknowledged.".to_owned(),
        evidence: None,
        mails: Vec::new(),
    });
    old.blind = Blind { today: secs(12), last: Some(secs(12)), since: None };

    let watches = [work, rust, home, gmail, old];
    Board {
        watches: watches.into_iter().map(|snapshot| (snapshot.id.clone(), Arc::new(snapshot))).collect(),
        ages: [("work", work_ages()), ("gmail", cliff())]
            .map(|(account, ages)| (Arc::from(account), Arc::new(ages)))
            .into(),
        ..Board::default()
    }
}

/// A server that answers at every age it was asked at, but for a cable that was pulled.
fn work_ages() -> Ages {
    let mut ages = Ages::default();
    for (n, took) in [31, 40, 36, 120, 38, 33, 35, 410, 37, 34, 39, 36].into_iter().enumerate() {
        ages.note(secs(240 - n as u64), IdleEnd::Answered(Some(millis(took))));
    }
    ages.note(secs(41), IdleEnd::Early(Some(millis(35))));
    ages.note(secs(77), IdleEnd::Failed);
    ages
}

/// A server that ignores DONE from 5 minutes on, unless new mail comes.
pub fn cliff() -> Ages {
    let mut ages = Ages::default();
    for (n, age) in [20, 64, 90, 121, 150, 182, 200, 240, 240, 240, 240, 240, 241, 270, 270].into_iter().enumerate() {
        ages.note(secs(age), IdleEnd::Answered(Some(millis(28 + 13 * (n as u64 % 5)))));
    }
    for age in [300, 301, 330, 360, 420] {
        ages.note(secs(age), IdleEnd::Failed);
    }
    for age in [35, 345, 395] {
        ages.note(secs(age), IdleEnd::Early(Some(millis(44))));
    }
    ages
}

/// Something that happened some milliseconds before the scene.
pub fn ago(now: Now, span: u64, watch: Option<(&str, &str)>, conn: u64, kind: EventKind) -> Event {
    Event {
        ts: now.wall - millis(span),
        at: before(now, millis(span)),
        watch: watch.map(|(account, mailbox)| WatchId::new(account, mailbox)),
        conn: Some(ConnId(conn)),
        kind,
    }
}

pub fn mail(from: &str, subject: &str) -> EventKind {
    let (from, subject) = (from.to_owned(), subject.to_owned());
    EventKind::NewMail(Mail { uid: 7, uidvalidity: 1, from, subject, date: None, gap: false, ..Mail::default() })
}

pub fn wire(direction: WireDirection, text: &str) -> EventKind {
    EventKind::Wire(WireLine { direction, text: text.to_owned() })
}

/// What happened in the scene.
pub fn events(now: Now) -> Vec<Event> {
    use WireDirection::{Client, Server};
    let work = Some(("work", "INBOX"));
    let gmail = Some(("gmail", "INBOX"));
    let old = Some(("old", "INBOX"));
    let reason = DoneReason::Reissue;
    let mut events = Vec::new();
    for (n, took) in [31, 40, 36, 120, 38, 33, 35, 410, 37, 34, 39, 36].into_iter().enumerate() {
        let before = 3_400_000 - n as u64 * 240_000;
        let answered =
            EventKind::DoneAnswered { reason, took: millis(took), status: Status::Ok, untagged: 0, late: false };
        events.push(ago(now, before, work, 1, EventKind::DoneSent { reason, idle: secs(240 - n as u64) }));
        events.push(ago(now, before - took, work, 1, answered));
    }
    let answered = EventKind::DoneAnswered { reason, took: millis(38), status: Status::Ok, untagged: 0, late: false };
    let evidence = Evidence { acked: Some(true), ..Evidence::default() };
    events.extend([
        ago(now, 401_000, work, 1, wire(Client, "A31 IDLE")),
        ago(now, 400_960, work, 1, wire(Server, "+ idling")),
        ago(now, 281_000, work, 1, wire(Server, "* OK Still here")),
        ago(now, 160_789, work, 1, EventKind::DoneSent { reason, idle: secs(240) }),
        ago(now, 160_789, work, 1, wire(Client, "DONE")),
        ago(now, 160_770, work, 1, EventKind::DoneAcked { took: millis(19) }),
        ago(now, 160_751, work, 1, wire(Server, "A31 OK Idle completed (240.1 secs).")),
        ago(now, 160_750, work, 1, answered),
        ago(now, 160_750, work, 1, wire(Client, "A32 IDLE")),
        ago(now, 160_711, work, 1, wire(Server, "+ idling")),
        ago(now, 42_000, work, 1, wire(Server, "* 12408 EXISTS")),
        ago(now, 41_000, work, 1, mail("Ann Lee <ann@example.org>", "Friday?")),
        ago(now, 36_000, old, 3, EventKind::Retry { attempt: 4, delay: secs(60) }),
        ago(
            now,
            20_000,
            work,
            1,
            EventKind::Retuned {
                timer: Timer::Reissue,
                from: Some(secs(270)),
                to: Some(secs(240)),
                origin: Origin::You,
                by: None,
            },
        ),
        ago(now, 11_000, gmail, 4, EventKind::DoneSent { reason, idle: secs(300) }),
        ago(now, 1_000, gmail, 4, EventKind::Stalled { verdict: Verdict::ServerIgnoring, waited: secs(10), evidence }),
    ]);
    events
}

/// The hour of the watch that is ignored.
pub fn hour(now: Now) -> Vec<Event> {
    let gmail = Some(("gmail", "INBOX"));
    let phases = [
        (3_300, Phase::Connecting),
        (3_290, Phase::Idling),
        (2_000, Phase::Waiting),
        (1_900, Phase::Connecting),
        (1_880, Phase::Idling),
        (700, Phase::Paused),
        (500, Phase::Connecting),
        (495, Phase::Idling),
    ];
    phases
        .map(|(seconds, to)| ago(now, seconds * 1000, gmail, 3, EventKind::Phase { from: None, to, by: Served::Own }))
        .into()
}
