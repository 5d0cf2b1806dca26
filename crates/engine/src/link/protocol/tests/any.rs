//! Any snapshot, board, count and past, from a seed: each choice, each optional value and each list comes up.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use fastrand::Rng;

use crate::link::protocol::name::Named;
use mailwatch_proto::model::{
    Ages, Answer, Blind, BlindInterval, Board, Canaries, ConnId, Counts, CurrentConnection, DueCanary, Evidence, Fault,
    Finding, Gaps, HookRuns, IdleEnd, LateResponses, Learning, Loss, MailboxCounts, Next, Past, PastQuarantine,
    PastReceipt, PastStall, QuarantineEnd, Quarantined, Receipt, RoundTrips, ServerInfo, SharingState, Snapshot, Span,
    TIMERS, Tally, Timers, TlsInfo, Unannounced, WatchId,
};

/// Makes anything.
pub(super) struct Any {
    pub(super) rng: Rng,
    pub(super) now: Instant,
}

impl Any {
    pub(super) fn new(seed: u64) -> Self {
        Self { rng: Rng::with_seed(seed), now: Instant::now() }
    }

    pub(super) fn number(&mut self) -> u64 {
        let bits = self.rng.u32(1..=64);
        self.rng.u64(..) >> (64 - bits)
    }

    pub(super) fn small(&mut self) -> u32 {
        self.rng.u32(..) >> self.rng.u32(0..32)
    }

    pub(super) fn bool(&mut self) -> bool {
        self.rng.bool()
    }

    pub(super) fn maybe<T>(&mut self, make: impl FnOnce(&mut Self) -> T) -> Option<T> {
        self.rng.bool().then(|| make(self))
    }

    pub(super) fn list<T>(&mut self, most: usize, mut make: impl FnMut(&mut Self) -> T) -> Vec<T> {
        (0..self.rng.usize(0..=most)).map(|_| make(self)).collect()
    }

    pub(super) fn one<T: Named>(&mut self) -> T {
        let all: Vec<T> = T::all().collect();
        self.pick(&all)
    }

    pub(super) fn pick<T: Clone>(&mut self, of: &[T]) -> T {
        of[self.rng.usize(0..of.len())].clone()
    }

    pub(super) fn text(&mut self) -> String {
        const PARTS: [&str; 9] = ["Grüße", "\"", "\\", "日本", "\u{1b}[2J", "\n", "\u{9b}", " ", "{}"];
        self.list(4, |any| any.pick(&PARTS)).concat()
    }

    /// Any duration that is whole microseconds, up to some years.
    pub(super) fn duration(&mut self) -> Duration {
        Duration::from_micros(self.number() % 100_000_000_000_000)
    }

    pub(super) fn millis(&mut self) -> Duration {
        Duration::from_millis(self.number() % 100_000_000_000)
    }

    pub(super) fn moment(&mut self) -> Instant {
        let (now, distance) = (self.now, self.duration());
        let moment = if self.rng.u8(0..4) == 0 { now.checked_add(distance) } else { now.checked_sub(distance) };
        moment.unwrap_or(now)
    }

    pub(super) fn wall(&mut self) -> SystemTime {
        SystemTime::UNIX_EPOCH + self.millis()
    }

    pub(super) fn watch(&mut self) -> WatchId {
        let account = self.pick(&["work", "home", "Müller"]);
        let mailbox = self.pick(&["INBOX", "lists/rust", "日本", "a \"b\""]);
        WatchId::new(account, mailbox)
    }

    pub(super) fn evidence(&mut self) -> Evidence {
        Evidence {
            acked: self.maybe(Self::bool),
            outq: self.maybe(Self::number),
            unacked: self.maybe(Self::number),
            retransmits: self.maybe(Self::number),
            backoff: self.maybe(Self::number),
            snd_wnd: self.maybe(Self::number),
            proxy: self.maybe(Self::bool),
        }
    }

    pub(super) fn fault(&mut self) -> Fault {
        let wait = self.duration();
        let next = self.pick(&[
            Next::AtOnce,
            Next::Retry,
            Next::Soon,
            Next::RetryLater,
            Next::After(wait),
            Next::User,
            Next::UserAfter(wait),
        ]);
        Fault { class: self.one(), message: self.text(), next }
    }

    fn receipt(&mut self) -> Receipt {
        let queued = self.moment();
        let later = |any: &mut Self| queued.checked_add(any.duration()).unwrap_or(queued);
        Receipt {
            reason: self.one(),
            idle_age: self.duration(),
            queued,
            written: self.maybe(later),
            acked: self.maybe(later),
            answer: self.maybe(|any| Answer { at: later(any), status: any.one(), untagged: any.small() }),
        }
    }

    fn finding(&mut self) -> Finding {
        let mails = self.list(2, Self::unannounced);
        Finding { verdict: self.one(), text: self.text(), evidence: self.maybe(Self::evidence), mails }
    }

    pub(super) fn unannounced(&mut self) -> Unannounced {
        Unannounced { uid: self.small(), received: self.maybe(Self::wall), found_after: self.millis() }
    }

    fn responses(&mut self) -> LateResponses {
        LateResponses { untagged: self.small(), exists: self.maybe(Self::small), heard: self.maybe(Self::moment) }
    }

    fn connection(&mut self) -> CurrentConnection {
        let address = |any: &mut Self| any.pick(&["192.0.2.1:993", "[2001:db8::1]:143"]).parse().expect("an address");
        let tls = |any: &mut Self| TlsInfo { version: any.pick(&["1.2", "1.3"]), cipher: any.text() };
        let server = ServerInfo {
            addr: self.maybe(address),
            proxy: self.maybe(Self::text),
            local: self.maybe(address),
            tls: self.maybe(tls),
            capabilities: self.list(3, Self::text).into(),
            id: self.maybe(Self::text),
        };
        CurrentConnection {
            id: self.maybe(Self::number).map(ConnId),
            server: Arc::new(server),
            heard: self.maybe(Self::moment),
            heartbeat: self.maybe(Self::duration),
            idle_since: self.maybe(Self::moment),
            replacing: self.bool(),
            attempt: self.small(),
        }
    }

    fn timers(&mut self) -> Timers {
        let mut timers = Timers::default();
        for spec in &TIMERS {
            timers.set(spec.timer, self.maybe(Self::duration), self.one());
        }
        timers
    }

    pub(super) fn snapshot(&mut self) -> Snapshot {
        let quarantined = |any: &mut Self| Quarantined {
            conn: ConnId(any.number()),
            since: any.moment(),
            receipt: any.receipt(),
            responses: any.responses(),
        };
        Snapshot {
            id: self.watch(),
            phase: self.one(),
            since: self.moment(),
            connection: self.connection(),
            deadline: self.maybe(|any| (any.moment(), any.one())),
            timers: self.timers(),
            learning: Learning { origin: self.maybe(Self::one), ceiling: self.maybe(Self::duration) },
            mailbox: MailboxCounts {
                new: self.small(),
                exists: self.maybe(Self::small),
                unseen: self.maybe(Self::small),
                muted: self.maybe(Self::moment),
            },
            receipt: self.maybe(Self::receipt),
            finding: self.maybe(Self::finding),
            fault: self.maybe(Self::fault),
            quarantined: self.maybe(quarantined),
            blind: Blind { today: self.duration(), last: self.maybe(Self::duration), since: self.maybe(Self::moment) },
            past: Arc::default(),
            sharing: SharingState {
                served: self.one(),
                served_by: self.maybe(Self::watch),
                serves: self.rng.usize(0..100),
            },
        }
    }

    fn ages(&mut self) -> Ages {
        let mut ages = Ages::default();
        for _ in 0..self.rng.usize(0..6) {
            let took = self.maybe(|any| any.millis().min(Duration::from_hours(1)));
            let end = self.pick(&[IdleEnd::Answered(took), IdleEnd::Early(took), IdleEnd::Failed]);
            ages.note(self.millis(), end);
        }
        ages
    }

    fn gaps(&mut self) -> Gaps {
        let span = |any: &mut Self| {
            let (a, b) = (any.wall(), any.wall());
            Span { from: a.min(b), to: a.max(b) }
        };
        Gaps::new(self.list(3, span), self.list(3, span))
    }

    fn due_canary(&mut self) -> DueCanary {
        DueCanary { mailbox: self.watch().mailbox, at: self.moment() }
    }

    pub(super) fn board(&mut self) -> Board {
        let watches = self.list(4, |any| Arc::new(any.snapshot()));
        Board {
            watches: watches.into_iter().map(|watch| (watch.id.clone(), watch)).collect(),
            ages: self.list(3, |any| (any.watch().account, Arc::new(any.ages()))).into_iter().collect(),
            fault: self.maybe(Self::fault),
            failed_hooks: self.list(3, |any| (any.watch().account, any.small())).into_iter().collect(),
            connection_limits: self.list(3, |any| (any.watch().account, any.rng.u16(..))).into_iter().collect(),
            canaries: self.list(3, |any| (any.watch().account, any.due_canary())).into_iter().collect(),
            gaps: self.maybe(Self::gaps).map(|gaps| (Arc::from(""), Arc::new(gaps))).into_iter().collect(),
            ..Board::default()
        }
    }

    fn counted<T: Named + Ord>(&mut self) -> BTreeMap<T, u64> {
        self.list(4, |any| (any.one(), any.number())).into_iter().collect()
    }

    fn counts(&mut self) -> Counts {
        let mut round_trips = RoundTrips { count: self.number(), sum: self.duration(), ..RoundTrips::default() };
        for within in &mut round_trips.within {
            *within = self.number();
        }
        Counts {
            mails: self.number(),
            gap_mails: self.number(),
            found: self.counted(),
            push_delays: round_trips.clone(),
            connections: self.number(),
            reconnects: self.number(),
            done: self.counted(),
            round_trips,
            late: self.number(),
            stalls: self.counted(),
            faults: self.counted(),
            blind: self.duration(),
            hooks: HookRuns { succeeded: self.number(), failed: self.number(), killed: self.number() },
            canaries: Canaries { announced: self.number(), unannounced: self.number() },
        }
    }

    pub(super) fn tally(&mut self) -> Tally {
        let accounts = self.list(3, |any| (any.watch().account, any.counts()));
        Tally { accounts: accounts.into_iter().collect(), lost: self.number() }
    }

    fn past_receipt(&mut self) -> PastReceipt {
        PastReceipt {
            at: self.wall(),
            conn: ConnId(self.number()),
            reason: self.one(),
            idle: self.duration(),
            written: self.maybe(Self::duration),
            acked: self.maybe(Self::duration),
            answered: self.maybe(Self::duration),
            status: self.maybe(Self::one),
            untagged: self.small(),
            late: self.bool(),
            stall: self.maybe(Self::one),
        }
    }

    fn loss(&mut self) -> Loss {
        let (verdict, class) = (self.one(), self.one());
        self.pick(&[Loss::Concluded(verdict), Loss::Fault(class), Loss::User, Loss::Rotation])
    }

    fn past_quarantine(&mut self) -> PastQuarantine {
        let answered = QuarantineEnd::Answered { took: self.duration(), status: self.one() };
        let ends = [answered, QuarantineEnd::Bye, QuarantineEnd::Gone, QuarantineEnd::GivenUp, QuarantineEnd::LetGo];
        PastQuarantine {
            conn: ConnId(self.number()),
            since: self.wall(),
            kept: self.duration(),
            responses: self.responses(),
            end: self.pick(&ends),
        }
    }

    pub(super) fn past(&mut self) -> Past {
        let interval = |any: &mut Self| BlindInterval { from: any.wall(), to: any.wall(), why: any.maybe(Self::loss) };
        let stall = |any: &mut Self| PastStall {
            at: any.wall(),
            conn: ConnId(any.number()),
            waited: any.duration(),
            finding: any.finding(),
        };
        Past {
            receipts: VecDeque::from(self.list(20, Self::past_receipt)),
            blind: VecDeque::from(self.list(12, interval)),
            quarantines: VecDeque::from(self.list(6, Self::past_quarantine)),
            stall: self.maybe(stall),
        }
    }
}
